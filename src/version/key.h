// Sort keys: byte strings whose memcmp is a scheme's order. A scheme writes its parsed version into a KeyWriter on the
// stack, piece by piece, and takes the key out in one allocation (none at all for short keys).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/text.h"
#include "version/ordering.h"

namespace limpid::version {

class KeyWriter {
 public:
  void put(std::uint8_t byte) { bytes_[size_++] = byte; }
  void put(std::string_view text) {
    if (text.empty()) return;
    static_cast<void>(bytes_[size_ + text.size() - 1]);  // checked in every build
    std::memcpy(bytes_.data() + size_, text.data(), text.size());
    size_ += text.size();
  }
  // A decimal number of any length, ordered by value: the length without leading zeros, then the digits. Zero, and a
  // number that is absent, is a length of 0. Lengths from 255 take two more bytes.
  void put_number(std::string_view digits) {
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    const std::size_t length = digits.size();
    if (length < kLongNumber) {
      put(static_cast<std::uint8_t>(length));
    } else {
      put(kLongNumber);
      put(static_cast<std::uint8_t>(length >> 8));
      put(static_cast<std::uint8_t>(length & 0xff));
    }
    put(digits);
  }
  std::string take() const { return std::string(base::as_text({bytes_.data(), size_})); }

 private:
  static constexpr std::uint8_t kLongNumber = 255;
  // No scheme writes more than three bytes for a byte of its input, and some fixed bytes.
  std::array<std::uint8_t, 3 * kLengthMax + 64> bytes_;
  std::size_t size_ = 0;
};

// The number of digits that `text` begins with.
constexpr std::size_t digits_at_start(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && base::is_digit(text[count])) ++count;
  return count;
}
// Cuts the digits that `text` begins with off and returns them.
constexpr std::string_view take_digits(std::string_view& text) {
  const std::string_view digits = text.substr(0, digits_at_start(text));
  text.remove_prefix(digits.size());
  return digits;
}

// The key of a valid version is never empty, and that of an invalid one always is: so it stands below.
inline Version valid_version(Scheme scheme, const KeyWriter& key) { return {scheme, true, key.take(), {}}; }
inline Version invalid_version(Scheme scheme, std::string_view problem) {
  return {scheme, false, {}, std::string(problem)};
}
inline constexpr std::string_view kTooLong = "longer than 1024 bytes";

// [epoch:]version[-release], as rpm and pacman take it apart: only digits make an epoch ("a:1" is a version), and an
// absent release is the lowest of all. `put_part` lays out a version or a release.
template <class PutPart>
void put_evr(KeyWriter& key, std::string_view raw, const PutPart& put_part) {
  constexpr std::uint8_t kAbsent = 0;
  constexpr std::uint8_t kPresent = 1;
  std::string_view epoch;
  if (const std::size_t digits = digits_at_start(raw); digits < raw.size() && raw[digits] == ':') {
    epoch = raw.substr(0, digits);
    raw.remove_prefix(digits + 1);
  }
  key.put_number(epoch);
  const std::size_t hyphen = raw.rfind('-');
  put_part(key, raw.substr(0, hyphen));
  if (hyphen == std::string_view::npos) return key.put(kAbsent);
  key.put(kPresent);
  put_part(key, raw.substr(hyphen + 1));
}

}  // namespace limpid::version
