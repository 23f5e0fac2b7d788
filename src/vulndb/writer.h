// From collected records to the database file: numbers them, merges what belongs together, lays it out.
#pragma once

#include <string>

#include "base/error.h"
#include "vulndb/records.h"

namespace limpid::vulndb {

// Interns further strings, else leaves the records as they are.
Result<void> write_database(Records& records, const std::string& path);

}  // namespace limpid::vulndb
