// Whether anybody still fixes what is wrong with an image's release and its packages, on a given day.
#pragma once

#include <vector>

#include "base/date.h"
#include "inventory/types.h"
#include "match/types.h"
#include "vulndb/database.h"

namespace limpid::match {

// By the database's dates, else by the release's own word (os-release's SUPPORT_END). Where neither knows it the state
// is "unknown", never "supported".
Support support_of(const inventory::Distribution& distribution, const vulndb::Database& database, Date today);

// The release if it has less than regular support, and the packages that have less than it. Of a release that nobody
// fixes any more the packages are not told apart.
std::vector<Unsupported> find_unsupported(const inventory::ImageInventory& image, const Support& support,
                                          const vulndb::Database& database, Date today);

}  // namespace limpid::match
