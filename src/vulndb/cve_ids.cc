#include "vulndb/cve_ids.h"

#include <algorithm>
#include <thread>

#include "base/text.h"

namespace limpid::vulndb {
namespace {

constexpr std::uint32_t kFirstYear = 1999, kYears = 64;
constexpr unsigned kNumberBits = 26;
constexpr std::size_t kDigitsMin = 4;

}  // namespace

std::optional<std::uint32_t> cve_key(std::string_view cve) {
  const std::string_view whole = cve;
  if (!base::strip_prefix(cve, "CVE-")) return std::nullopt;
  const auto year_text = base::take_until(cve, '-');
  const auto year = base::parse_unsigned(year_text);
  const auto number = base::parse_unsigned(cve);
  if (year_text.size() != 4 || !year || !number || *year < kFirstYear || *year >= kFirstYear + kYears ||
      *number >= (1U << kNumberBits))
    return std::nullopt;
  const auto key = static_cast<std::uint32_t>((*year - kFirstYear) << kNumberBits | *number);
  // Of two spellings of one number only the proper one is an id.
  std::array<char, kCveSizeMax> proper{};
  return whole == std::string_view(proper.data(), spell_cve(key, proper.data())) ? std::optional(key) : std::nullopt;
}

std::string cve_of_key(std::uint32_t key) {
  std::array<char, kCveSizeMax> text{};
  return {text.data(), spell_cve(key, text.data())};
}

std::string_view cve_in(std::string_view name) {
  if (const std::size_t at = name.find("-CVE-"); at != std::string_view::npos) name.remove_prefix(at + 1);
  return name.starts_with("CVE-") ? name : std::string_view();
}

std::size_t spell_cve(std::uint32_t key, char* to) {
  char* end = std::copy_n("CVE-", 4, to);
  std::uint32_t year = kFirstYear + (key >> kNumberBits);
  for (int digit = 3; digit >= 0; --digit, year /= 10) end[digit] = static_cast<char>('0' + year % 10);
  end += 4;
  *end++ = '-';
  std::array<char, 8> digits{};
  std::size_t count = 0;
  for (std::uint32_t number = key & ((1U << kNumberBits) - 1); number != 0 || count < kDigitsMin; number /= 10)
    digits[count++] = static_cast<char>('0' + number % 10);
  end = std::reverse_copy(digits.data(), digits.data() + count, end);
  return static_cast<std::size_t>(end - to);
}

CveTexts::CveTexts(std::uint32_t advisories) : pages_(advisories / kPageSize + 1) {}

CveTexts::~CveTexts() {
  for (auto& page : pages_) delete page.load(std::memory_order_relaxed);
}

std::string_view CveTexts::get(std::uint32_t advisory, std::uint32_t key) {
  auto& place = pages_[advisory / kPageSize];
  Page* page = place.load(std::memory_order_acquire);
  if (page == nullptr) {
    auto fresh = std::make_unique<Page>();
    if (place.compare_exchange_strong(page, fresh.get(), std::memory_order_acq_rel)) page = fresh.release();
  }
  Text& text = page->texts[advisory % kPageSize];
  std::uint8_t size = text.size.load(std::memory_order_acquire);
  if (size == 0 && text.size.compare_exchange_strong(size, kBeingSpelt, std::memory_order_acq_rel)) {
    size = static_cast<std::uint8_t>(spell_cve(key, text.characters.data()));
    text.size.store(size, std::memory_order_release);
  }
  while (size == kBeingSpelt) {  // by another thread: for some nanoseconds
    std::this_thread::yield();
    size = text.size.load(std::memory_order_acquire);
  }
  return {text.characters.data(), size};
}

}  // namespace limpid::vulndb
