// Compact bytes for what we keep ourselves: fixed-width little-endian numbers, varints (seven bits a byte, lowest
// first, the top bit set on all but the last byte), and texts behind their length. Used by the vulnerability database's
// file and by stored inventories.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace limpid::base {

class Encoder {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void u16(std::uint16_t value) { fixed(value); }
  void u32(std::uint32_t value) { fixed(value); }
  void u64(std::uint64_t value) { fixed(value); }
  void varint(std::uint64_t value);
  void text(std::string_view value) {
    varint(value.size());
    bytes_.append(value);
  }
  void raw(std::string_view value) { bytes_.append(value); }

  std::size_t size() const { return bytes_.size(); }
  const std::string& bytes() const { return bytes_; }
  Bytes view() const { return base::as_bytes(bytes_); }
  void clear() { bytes_.clear(); }
  // Overwrites 8, 4 or 2 bytes that were written before.
  void patch_u64(std::size_t at, std::uint64_t value);
  void patch_u32(std::size_t at, std::uint32_t value);
  void patch_u16(std::size_t at, std::uint16_t value);

 private:
  template <class T>
  void fixed(T value) {
    char little[sizeof(T)];
    for (std::size_t i = 0; i < sizeof(T); ++i) little[i] = static_cast<char>((value >> (8 * i)) & 0xff);
    bytes_.append(little, sizeof(T));
  }
  std::string bytes_;
};

// Reads what an Encoder wrote out of bytes that may be hostile. Past the end, or after a number that cannot be, every
// further read gives nothing and ok() is false: ask once at the end, or before a loop over what was read.
class Decoder {
 public:
  explicit Decoder(Bytes bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  bool finished() const { return ok_ && at_ == bytes_.size(); }
  std::size_t position() const { return at_; }
  std::size_t remaining() const { return bytes_.size() - at_; }

  std::uint8_t u8() { return fixed<std::uint8_t>(); }
  std::uint16_t u16() { return fixed<std::uint16_t>(); }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  // Nearly all take one byte or two.
  std::uint64_t varint() {
    if (ok_ && remaining() >= 2) {
      const std::uint8_t* at = bytes_.data() + at_;
      if (at[0] < 0x80) {
        ++at_;
        return at[0];
      }
      if (at[1] < 0x80) {
        at_ += 2;
        return (at[0] & 0x7fU) | std::uint64_t{at[1]} << 7;
      }
    }
    return long_varint();
  }
  std::uint32_t varint32();
  std::string_view text();
  std::string_view raw(std::size_t size);
  // As after a number that cannot be: for one that means nothing where it stands.
  void refuse() { ok_ = false; }
  // A number of things of which each takes at least `size_min` bytes of what is left.
  std::size_t count(std::size_t size_min);

 private:
  std::uint64_t long_varint();
  template <class T>
  T fixed() {
    if (!take(sizeof(T))) return 0;
    return base::load_le<T>(bytes_.data() + at_ - sizeof(T));
  }
  bool take(std::size_t size) {
    if (!ok_ || size > remaining()) return ok_ = false;
    at_ += size;
    return true;
  }
  Bytes bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace limpid::base
