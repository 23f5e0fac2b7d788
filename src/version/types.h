// The orderings that we know, by number. The numbers are stored in the vulnerability database: never reuse or renumber.
#pragma once

#include <cstdint>

namespace limpid::version {

enum class Scheme : std::uint8_t {
  none = 0,  // no ordering: versions are equal or not
  generic = 1,
  dpkg = 2,
  apk = 3,
  semver = 4,
  rpm = 5,
  pacman = 6,
  portage = 7,
  bitnami = 8,
};

}  // namespace limpid::version
