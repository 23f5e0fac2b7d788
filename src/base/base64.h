// Base64 (RFC 4648 sections 4 and 5): of credentials, and of tokens that stand in URLs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpid::base {

enum class Base64 : std::uint8_t { standard, url_safe };

// With padding.
std::string to_base64(std::string_view bytes, Base64 alphabet = Base64::standard);
// Either alphabet, with or without padding; nothing if it is neither, or a second spelling of the same bytes.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace limpid::base
