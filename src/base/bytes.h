// Views of raw bytes, and integers in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace limpid::base {

using Bytes = std::span<const std::uint8_t>;

inline std::string_view as_text(Bytes bytes) {
  // The one place where bytes become text: char may alias anything.
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};  // NOLINT
}
inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};  // NOLINT
}

// Little-endian loads from possibly unaligned memory; the caller has checked that the bytes are there.
template <class T>
T load_le(const std::uint8_t* from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value | static_cast<T>(T{from[i]} << (8 * i)));
  return value;
}
template <class T>
T load_be(const std::uint8_t* from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(static_cast<T>(value << 8) | from[i]);
  return value;
}

}  // namespace limpid::base

namespace limpid {
using base::Bytes;
}
