// Comparing many pairs of versions: what `limpid version compare SCHEME -` does.
#pragma once

#include <cstddef>
#include <iosfwd>

#include "version/ordering.h"

namespace limpid::version {

inline constexpr std::size_t kPairLineMax = 4'096;  // a longer line is no pair

// Reads lines "A<TAB>B" until the end and writes one line for each: `<`, `=` or `>`; or, when there is no order, a `?`,
// a tab and why: "invalid: A: …" or "invalid: B: …" for a version that the scheme does not accept, "invalid: …" for a
// line that is not a pair. CR before the end of a line is dropped. Code::io when reading or writing fails.
Result<void> compare_pairs(const Ordering& ordering, std::istream& pairs, std::ostream& out);

}  // namespace limpid::version
