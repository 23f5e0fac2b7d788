// Calendar days, UTC. End-of-life and expiry are judged against a day that the caller names.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpid::base {

using Date = std::chrono::sys_days;

// Seconds since 1970, as the machine's clock says now.
std::int64_t seconds_now();

// "YYYY-MM-DD", anything after it ignored if it starts with 'T' or a blank (an RFC 3339 time).
std::optional<Date> parse_date(std::string_view text);
std::string format_date(Date date);
// The machine's day, or that of SOURCE_DATE_EPOCH where it is set
// (https://reproducible-builds.org/specs/source-date-epoch/).
Date today();

}  // namespace limpid::base

namespace limpid {
using base::Date;
}
