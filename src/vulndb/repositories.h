// What a vendor's repositories offer, as one small section (docs/vulndb-format.md). Reading it:
// Database::repositories().
#pragma once

#include "base/error.h"
#include "vulndb/output.h"
#include "vulndb/records.h"

namespace limpid::vulndb {

// Begins the section and appends all of it.
Result<void> write_repositories(const Records& records, Output& output);

}  // namespace limpid::vulndb
