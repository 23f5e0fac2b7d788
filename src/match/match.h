// Findings = inventory × vulnerability database.
//
// One flaw appears once per package, under its CVE. Where several feeds speak of the same flaw in the same package, the
// distribution's own feed decides, then OSV's copy of it, then what changelogs say; "not affected" silences.
#pragma once

#include "base/error.h"
#include "inventory/types.h"
#include "match/types.h"
#include "vulndb/database.h"

namespace limpid::match {

struct MatchOptions {
  Date today = base::today();
};

Result<Matches> match_image(const inventory::ImageInventory& image, const vulndb::Database& database,
                            const MatchOptions& options = {});

}  // namespace limpid::match
