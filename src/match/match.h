// Findings = inventory × vulnerability database.
//
// One flaw appears once per package, under its CVE. Where several feeds speak of the same flaw in the same package, the
// distribution's own feed decides, then OSV's copy of it, then what changelogs say; "not affected" silences.
#pragma once

#include <string_view>

#include "base/error.h"
#include "inventory/types.h"
#include "match/types.h"
#include "vulndb/database.h"

namespace limpid::match {

struct MatchOptions {
  Date today = base::today();
  // What says of nothing that it is wrong, and becomes a finding only where it is asked for.
  bool under_investigation = false;
  bool not_affected = false;
  bool kernel_runs = false;  // a whole system, not a container: the kernel that is installed is the one that runs
  // False for packages that come from any images, each of which is to be judged as if it were alone: second namespaces
  // (spaces.h), which depend on the image, are not asked then.
  bool one_image = true;
  unsigned threads = 1;  // at most; the findings are the same with any number
};

Result<Matches> match_image(const inventory::ImageInventory& image, const vulndb::Database& database,
                            const MatchOptions& options = {});

// The order in which feeds are believed about one flaw in one package, the best first: first-hand statements 0, copies
// of them, what changelogs tell.
int rank_of_feed(std::string_view feed);
// OSV names a distribution's copy of a CVE after both ("DEBIAN-CVE-2024-1"): the flaw's own id.
std::string_view without_distribution(std::string_view id);

}  // namespace limpid::match
