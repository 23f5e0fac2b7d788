#include "archive/tar_header.h"

#include <algorithm>

namespace limpid::archive {
namespace {

constexpr std::size_t kChecksumOffset = 148;
constexpr std::size_t kChecksumLength = 8;
constexpr std::size_t kPrefixOffset = 345;

std::optional<std::uint64_t> octal(std::string_view text) {
  const auto is_filler = [](char c) { return c == ' ' || c == '\0'; };
  while (!text.empty() && is_filler(text.front())) text.remove_prefix(1);
  std::uint64_t value = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '7') {
    if (value >> 60 != 0) return std::nullopt;
    value = value << 3 | static_cast<std::uint64_t>(text.front() - '0');
    text.remove_prefix(1);
  }
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  // What follows a NUL is old memory of the writer.
  if (!text.empty() && text.front() != '\0') return std::nullopt;
  return value;
}

// Big-endian two's complement; the first bit only says that it is this form, the second is the sign.
std::optional<std::uint64_t> base256(Bytes field) {
  if ((field[0] & 0x40) != 0) return std::nullopt;
  std::uint64_t value = field[0] & 0x3f;
  for (const std::uint8_t byte : field.subspan(1)) {
    if (value >> 55 != 0) return std::nullopt;
    value = value << 8 | byte;
  }
  return value;
}

}  // namespace

bool is_zero(Bytes block) {
  std::uint8_t any = 0;
  for (const std::uint8_t byte : block) any |= byte;
  return any == 0;
}

bool TarHeader::checksum_holds() const {
  const std::optional<std::uint64_t> stored = number(kChecksumOffset, kChecksumLength);
  if (!stored) return false;
  // The field itself counts as blanks.
  std::uint32_t sum = kChecksumLength * ' ';
  for (const std::uint8_t byte : block_) sum += byte;
  for (const std::uint8_t byte : block_.subspan(kChecksumOffset, kChecksumLength)) sum -= byte;
  if (sum == *stored) return true;
  // Some old writers summed signed characters.
  const auto high = [](std::uint8_t byte) { return byte >= 0x80; };
  const auto high_bytes = std::ranges::count_if(block_, high) -
                          std::ranges::count_if(block_.subspan(kChecksumOffset, kChecksumLength), high);
  return static_cast<std::int64_t>(sum) - 256 * high_bytes == static_cast<std::int64_t>(*stored);
}

TarDialect TarHeader::dialect() const {
  const std::string_view magic = base::as_text(block_.subspan(257, 8));
  if (magic == std::string_view("ustar  \0", 8)) return TarDialect::gnu;
  if (!magic.starts_with(std::string_view("ustar\0", 6))) return TarDialect::v7;
  return base::as_text(block_.subspan(508, 4)) == std::string_view("tar\0", 4) ? TarDialect::star : TarDialect::ustar;
}

std::string_view TarHeader::prefix() const {
  switch (dialect()) {
    case TarDialect::v7:
      return {};
    case TarDialect::ustar:
      return text(kPrefixOffset, 155);
    case TarDialect::star:
      return text(kPrefixOffset, 131);
    case TarDialect::gnu:
      break;
  }
  // GNU keeps two times there. But what Go wrote before 1.8 (and so every layer that Docker made then) has GNU's magic
  // and a prefix, when a name had 100 to 255 bytes and a number needed base-256.
  const auto is_time = [this](std::size_t offset) { return block_[offset] == 0 || number(offset, 12); };
  if (is_time(kPrefixOffset) && is_time(kPrefixOffset + 12)) return {};
  const std::string_view prefix = text(kPrefixOffset, 155);
  return std::ranges::all_of(prefix, [](char c) { return static_cast<unsigned char>(c) < 0x80; }) ? prefix
                                                                                                  : std::string_view{};
}

std::uint32_t TarHeader::mode() const { return static_cast<std::uint32_t>(number(100, 8).value_or(0) & 07777); }

std::uint32_t TarHeader::device() const {
  if (dialect() == TarDialect::v7) return 0;
  // Clamped, so that an absurd number never becomes the 0 that marks a whiteout.
  constexpr std::uint64_t kMajorMax = 0xfff;
  constexpr std::uint64_t kMinorMax = 0xfffff;
  const std::uint64_t major = std::min(number(329, 8).value_or(kMajorMax), kMajorMax);
  const std::uint64_t minor = std::min(number(337, 8).value_or(kMinorMax), kMinorMax);
  return static_cast<std::uint32_t>(major << 20 | minor);
}

std::string_view TarHeader::text(std::size_t offset, std::size_t length) const {
  const std::string_view field = base::as_text(block_.subspan(offset, length));
  return field.substr(0, field.find('\0'));
}

std::optional<std::uint64_t> TarHeader::number(std::size_t offset, std::size_t length) const {
  const Bytes field = block_.subspan(offset, length);
  return (field[0] & 0x80) != 0 ? base256(field) : octal(base::as_text(field));
}

}  // namespace limpid::archive
