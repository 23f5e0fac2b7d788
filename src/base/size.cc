#include "base/size.h"

#include <array>
#include <limits>

namespace limpid::base {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;
};
constexpr std::array<Unit, 4> kUnits = {
    {{"TiB", std::uint64_t{1} << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}};

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t size = 1;
  for (const Unit& unit : kUnits) {
    if (!strip_suffix(text, unit.name)) continue;
    size = unit.size;
    text = trim_right(text);
    break;
  }
  const auto number = parse_unsigned(text);
  // Signed 64 bits are what files and databases count in.
  if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / size)
    return fail(Code::usage, {"no size: write a number of bytes, or one with KiB, MiB, GiB or TiB"});
  return *number * size;
}

std::string print_size(std::uint64_t size) {
  for (const Unit& unit : kUnits)
    if (size != 0 && size % unit.size == 0) return cat({size / unit.size, unit.name});
  return cat({size});
}

}  // namespace limpid::base
