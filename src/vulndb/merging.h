// What several statements of one feed under one (id, namespace, package, conditions) say together. The rules stand
// in docs/vulndb-format.md, "Merging"; none depends on the order in which the records came.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vulndb/ranges.h"
#include "vulndb/records.h"

namespace limpid::vulndb {

struct MergedStatement {
  advisory::Status status = advisory::Status::unknown;
  std::uint32_t severity = 0;
  std::vector<Bounds> ranges;           // with `versions` empty too: every version (or none, with not_affected)
  std::vector<std::uint32_t> versions;  // sorted by their text
};

// `parts` are indices of statements that share scheme and key. At least one.
MergedStatement merge_statements(const Records& records, std::span<const std::uint32_t> parts);

}  // namespace limpid::vulndb
