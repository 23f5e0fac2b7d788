// Private to this room.
#pragma once

#include <cstdlib>
#include <string>

namespace limpid::image {

// The value of a variable, or "".
inline std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

}  // namespace limpid::image
