// A hash for tables whose keys others choose. Those of the standard library are fixed, so that a file can be written
// whose names all share one value and make every look-up as long as the table; of this one nobody outside the process
// knows the values (XXH3 with a secret of its own for each process).
#pragma once

#include <cstddef>
#include <string_view>

namespace limpid::base {

struct KeyedHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const;
};

}  // namespace limpid::base
