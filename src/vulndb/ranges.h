// Version ranges in the order of their scheme: whether one means anything, and what several cover together.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "version/ordering.h"

namespace limpid::vulndb {

struct Bounds {
  std::string_view introduced, fixed, last_affected;  // "" is an open end
  bool operator==(const Bounds&) const = default;

  bool has_end() const { return !fixed.empty() || !last_affected.empty(); }
  bool covers_everything() const { return introduced.empty() && !has_end(); }
};

enum class RangeProblem : std::uint8_t {
  none,
  no_ordering,  // a bound, and nothing to order it by
  invalid,      // a bound that is no version in the scheme, or two ends at once
  empty,        // no version lies in it
};
// `ordering` is null for a scheme without one.
RangeProblem problem_of(const Bounds& range, const version::Ordering* ordering);

// The ranges that cover the same versions, sorted, none touching another. Each must be without a problem. Of several
// spellings of one bound the shortest is kept, then the first in the order of bytes.
std::vector<Bounds> unite(const std::vector<Bounds>& ranges, const version::Ordering& ordering);
// The greater of two versions, with the same rule for spellings; an invalid one is below any valid one.
std::string_view greater(std::string_view a, std::string_view b, const version::Ordering* ordering);

}  // namespace limpid::vulndb
