#include "base/encoding.h"

namespace limpid::base {

void Encoder::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) u8(static_cast<std::uint8_t>(value | 0x80));
  u8(static_cast<std::uint8_t>(value));
}

void Encoder::patch_u64(std::size_t at, std::uint64_t value) {
  for (std::size_t i = 0; i < 8; ++i) bytes_.at(at + i) = static_cast<char>((value >> (8 * i)) & 0xff);
}

void Encoder::patch_u32(std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes_.at(at + i) = static_cast<char>((value >> (8 * i)) & 0xff);
}

void Encoder::patch_u16(std::size_t at, std::uint16_t value) {
  for (std::size_t i = 0; i < 2; ++i) bytes_.at(at + i) = static_cast<char>((value >> (8 * i)) & 0xff);
}

std::uint64_t Decoder::long_varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = u8();
    if (!ok_) return 0;
    if (shift == 63 && byte > 1) break;
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80) == 0) return value;
  }
  ok_ = false;
  return 0;
}

std::uint32_t Decoder::varint32() {
  const std::uint64_t value = varint();
  if (value > 0xffff'ffffU) ok_ = false;
  return ok_ ? static_cast<std::uint32_t>(value) : 0;
}

std::string_view Decoder::raw(std::size_t size) {
  if (!take(size)) return {};
  return as_text(bytes_.subspan(at_ - size, size));
}

std::string_view Decoder::text() {
  const std::uint64_t size = varint();
  if (!ok_ || size > remaining()) {
    ok_ = false;
    return {};
  }
  return raw(size);
}

std::size_t Decoder::count(std::size_t size_min) {
  const std::uint64_t count = varint();
  if (!ok_ || count > remaining() / size_min) {
    ok_ = false;
    return 0;
  }
  return count;
}

}  // namespace limpid::base
