// Durations as people write them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.h"

namespace limpid::base {

// "900s", "2h", "1h30m", "250ms" (Go's durations); a bare 0 is 0. Code::usage; the message does not repeat the text.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string print_duration(std::chrono::milliseconds duration);  // "1h30m", "250ms", "0"

}  // namespace limpid::base
