#include "base/keyed_hash.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>

#include <sys/random.h>
#include <unistd.h>
#include <xxhash.h>

namespace limpid::base {
namespace {

using Secret = std::array<std::uint8_t, 192>;

Secret make_secret() {
  Secret secret{};
  if (::getrandom(secret.data(), secret.size(), GRND_NONBLOCK) == static_cast<ssize_t>(secret.size())) return secret;
  // Right after a machine has started there may be no randomness yet: then what else differs from run to run.
  const std::uint64_t now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  const std::uint64_t seed = now ^ static_cast<std::uint64_t>(::getpid()) << 48;
  for (std::size_t at = 0; at < secret.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t part = XXH3_64bits_withSeed(&at, sizeof at, seed);
    std::memcpy(secret.data() + at, &part, sizeof part);
  }
  return secret;
}

}  // namespace

std::size_t KeyedHash::operator()(std::string_view text) const {
  static const Secret secret = make_secret();
  return XXH3_64bits_withSecret(text.data(), text.size(), secret.data(), secret.size());
}

}  // namespace limpid::base
