#include "base/duration.h"

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "base/text.h"

namespace limpid::base {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kNanosecondsMax = std::numeric_limits<std::int64_t>::max();  // 292 years, as in Go

struct Unit {
  std::string_view name;
  std::int64_t size;  // nanoseconds
};
// A unit stands before one that it begins with.
constexpr std::array<Unit, 8> kDurationUnits = {{{"ns", 1},
                                                 {"us", 1'000},
                                                 {"\u00b5s", 1'000},
                                                 {"\u03bcs", 1'000},
                                                 {"ms", 1'000'000},
                                                 {"s", 1'000'000'000},
                                                 {"m", 60'000'000'000},
                                                 {"h", 3'600'000'000'000}}};

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

// "1.5h": one number and its unit, in nanoseconds. Nothing if it is none or too large.
std::optional<std::int64_t> take_duration_part(std::string_view& text) {
  const std::string_view whole_digits = take_digits(text);
  std::string_view fraction_digits;
  if (strip_prefix(text, ".")) fraction_digits = take_digits(text);
  if (whole_digits.empty() && fraction_digits.empty()) return std::nullopt;
  std::int64_t unit = 0;
  for (const Unit& candidate : kDurationUnits) {
    if (!strip_prefix(text, candidate.name)) continue;
    unit = candidate.size;
    break;
  }
  const auto whole = parse_unsigned(whole_digits.empty() ? "0" : whole_digits);
  if (unit == 0 || !whole || *whole > static_cast<std::uint64_t>(kNanosecondsMax / unit)) return std::nullopt;
  std::int64_t sum = static_cast<std::int64_t>(*whole) * unit;
  double scale = static_cast<double>(unit);
  for (const char digit : fraction_digits) {
    scale /= 10;
    const auto part = std::int64_t{std::llround(scale * (digit - '0'))};
    if (sum > kNanosecondsMax - part) return std::nullopt;
    sum += part;
  }
  return sum;
}

}  // namespace

Result<milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return milliseconds{0};
  std::int64_t sum = 0;
  bool some = false;
  while (!text.empty()) {
    const auto part = take_duration_part(text);
    if (!part || sum > kNanosecondsMax - *part)
      return fail(Code::usage, {"no duration: write it as 900s, 2h, 1h30m or 250ms"});
    sum += *part;
    some = true;
  }
  if (!some) return fail(Code::usage, {"no duration: write it as 900s, 2h, 1h30m or 250ms"});
  // Upwards, since 0 often means "never" or "no limit".
  return milliseconds{sum / 1'000'000 + (sum % 1'000'000 == 0 ? 0 : 1)};
}

std::string print_duration(milliseconds duration) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kParts = {
      {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
  std::string text;
  std::int64_t rest = duration.count();
  for (const auto& [name, size] : kParts) {
    if (rest >= size) append(text, {rest / size, name});
    rest %= size;
  }
  return text.empty() ? "0" : text;
}

}  // namespace limpid::base
