#include "base/date.h"

#include <cstdlib>

#include "base/text.h"

namespace limpid::base {

std::optional<Date> parse_date(std::string_view text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  if (text.size() > 10 && text[10] != 'T' && text[10] != ' ') return std::nullopt;
  const auto year = parse_unsigned(text.substr(0, 4));
  const auto month = parse_unsigned(text.substr(5, 2));
  const auto day = parse_unsigned(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return Date{date};
}

std::string format_date(Date date) {
  const std::chrono::year_month_day parts{date};
  const auto two = [](unsigned number) { return cat({number < 10 ? "0" : "", number}); };
  std::string year = cat({static_cast<int>(parts.year())});
  if (year.size() < 4) year.insert(0, 4 - year.size(), '0');
  return cat({year, "-", two(static_cast<unsigned>(parts.month())), "-", two(static_cast<unsigned>(parts.day()))});
}

std::int64_t seconds_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

Date today() {
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH")) {
    if (const auto seconds = parse_unsigned(epoch))
      return std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds{*seconds}});
  }
  return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

}  // namespace limpid::base
