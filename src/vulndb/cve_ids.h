// CVE ids as numbers, and where their text is kept once somebody wants to see it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpid::vulndb {

// A CVE id as a number that orders as ids do: years from 1999 to 2062 in the upper 6 bits, the number in the lower 26.
// Nothing for text that is no such id.
std::optional<std::uint32_t> cve_key(std::string_view cve);
std::string cve_of_key(std::uint32_t key);

// "CVE-2031-0001" of "CVE-2031-0001" and of "UBUNTU-CVE-2031-0001"; "" for what names no CVE.
std::string_view cve_in(std::string_view name);

inline constexpr std::size_t kCveSizeMax = 17;  // "CVE-2062-67108863"
// Spells the id of a key; the number of characters.
std::size_t spell_cve(std::uint32_t key, char* to);

// The text of each advisory's id, spelt when it is first asked for: for views that stay while many threads ask a mapped
// database. Takes 20 bytes for each advisory that was asked for, in pages of 512.
class CveTexts {
 public:
  explicit CveTexts(std::uint32_t advisories);
  ~CveTexts();
  CveTexts(const CveTexts&) = delete;
  CveTexts& operator=(const CveTexts&) = delete;
  // `advisory` is below the number of advisories. The same key each time, or that of the first time counts.
  std::string_view get(std::uint32_t advisory, std::uint32_t key);

 private:
  static constexpr std::size_t kPageSize = 512;
  static constexpr std::uint8_t kBeingSpelt = 0xff;
  struct Text {
    std::atomic<std::uint8_t> size = 0;  // 0 until there is one
    std::array<char, 19> characters{};
  };
  struct Page {
    std::array<Text, kPageSize> texts;
  };
  std::vector<std::atomic<Page*>> pages_;
};

}  // namespace limpid::vulndb
