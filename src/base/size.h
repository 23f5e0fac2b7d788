// Sizes as people write them: in configuration files, on the command line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace limpid::base {

// "268435456", "256MiB" (also KiB, GiB, TiB). The message never repeats the text.
Result<std::uint64_t> parse_size(std::string_view text);
std::string print_size(std::uint64_t size);  // "10GiB", "1001"

}  // namespace limpid::base
