// Page tokens: Fernet (https://github.com/fernet/spec/blob/master/Spec.md), as Clair's were. They carry their state, so
// that any node with the same key understands them.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace limpid::service::v1 {

inline constexpr std::chrono::seconds kTokenLifetime{3'600};
inline constexpr std::chrono::seconds kTokenSkew{60};  // clocks of other nodes may be ahead by so much

class Tokens {
 public:
  // 64 hexadecimal digits, or 32 bytes in standard or URL-safe base64; "" makes a random key, whose tokens neither
  // survive a restart nor mean anything to another node. Code::usage otherwise.
  static Result<Tokens> make(std::string_view key);

  std::string seal(std::string_view payload, std::int64_t now) const;
  // Nothing for whatever is no valid token of this key, or is too old.
  std::optional<std::string> open(std::string_view token, std::int64_t now) const;

 private:
  std::array<std::uint8_t, 16> signing_{}, encryption_{};
};

}  // namespace limpid::service::v1
