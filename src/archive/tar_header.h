// The 512-byte tar header: its fields in the dialects that are out there. Offsets as in POSIX.1-2017 pax, "ustar
// Interchange Format", and GNU tar's manual, "Standard".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace limpid::archive {

inline constexpr std::size_t kTarBlock = 512;

enum class TarDialect : std::uint8_t { v7, ustar, star, gnu };

// A view of one header block.
class TarHeader {
 public:
  explicit TarHeader(Bytes block) : block_(block) {}

  bool checksum_holds() const;
  TarDialect dialect() const;
  char type() const { return static_cast<char>(block_[156]); }
  std::string_view name() const { return text(0, 100); }
  std::string_view link_name() const { return text(157, 100); }
  // "" where the dialect keeps other things in those bytes.
  std::string_view prefix() const;
  // Nothing where the field is no number, is negative, or doesn't fit in 63 bits.
  std::optional<std::uint64_t> size() const { return number(124, 12); }
  std::uint32_t mode() const;
  std::uint32_t device() const;  // as in Entry

  // Text up to a NUL or the end of the field.
  std::string_view text(std::size_t offset, std::size_t length) const;
  // Octal between blanks and NULs, or GNU's base-256.
  std::optional<std::uint64_t> number(std::size_t offset, std::size_t length) const;

 private:
  Bytes block_;
};

bool is_zero(Bytes block);

}  // namespace limpid::archive
