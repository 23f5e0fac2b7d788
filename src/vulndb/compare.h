// What differs between two databases, record by record: drives notifications, and tells which reports are stale. The
// cost is that of reading both once; memory holds a few bytes for each advisory.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "vulndb/database.h"

namespace limpid::vulndb {

// One advisory of one feed that says something else in one namespace now: it came, it went, a statement on a package of
// that namespace changed, or its texts did.
struct Changed {
  std::string name_space, feed, id;
  std::vector<std::string> packages;  // that a report may name it for, before or after; sorted, each once
  auto operator<=>(const Changed&) const = default;
};

// Sorted by namespace, feed, id. Both must be open with Access::map. Code::cancelled once *cancel is set.
Result<std::vector<Changed>> compare(const Database& before, const Database& after,
                                     const std::atomic<bool>* cancel = nullptr);

}  // namespace limpid::vulndb
