// Versions of Gentoo's packages: N(.N)*[letter](_suffix[N])*[-rN], with the suffixes alpha, beta, pre, rc and p.
// https://projects.gentoo.org/pms/latest/pms.html#x1-250003.2 (3.2 Version Specifications, 3.3 Version Comparison)
//
// The first number is compared by value. Of the others, one that begins with 0 is a decimal fraction, below each one
// that does not: "1.010" equals "1.01" and is less than "1.1". The key:
//
//   the first number (see KeyWriter)
//   for each further one: kFraction, its digits without zeros at their end, 0; or kNumber and the number
//   kNumbersEnd, then the letter or 0
//   for each suffix: its rank and its number; then kSuffixesEnd, which stands between rc and p
//   the number of the revision
#include <algorithm>
#include <array>
#include <utility>

#include "version/key.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

enum Number : std::uint8_t { kNumbersEnd = 0, kFraction = 1, kNumber = 2 };
constexpr std::uint8_t kFractionEnd = 0;
constexpr std::uint8_t kSuffixesEnd = 5;
constexpr std::array<std::pair<std::string_view, std::uint8_t>, 5> kSuffixes = {
    {{"alpha", 1}, {"beta", 2}, {"pre", 3}, {"rc", 4}, {"p", 6}}};

// What stands between the dots, up to the letter. False where no number is.
bool put_numbers(KeyWriter& key, std::string_view& rest) {
  auto digits = take_digits(rest);
  if (digits.empty()) return false;
  key.put_number(digits);
  while (base::strip_prefix(rest, ".")) {
    digits = take_digits(rest);
    if (digits.empty()) return false;
    if (digits.front() == '0') {
      key.put(kFraction);
      key.put(digits.substr(0, digits.find_last_not_of('0') + 1));
      key.put(kFractionEnd);
    } else {
      key.put(kNumber);
      key.put_number(digits);
    }
  }
  key.put(kNumbersEnd);
  return true;
}

bool put_suffixes(KeyWriter& key, std::string_view& rest) {
  while (base::strip_prefix(rest, "_")) {
    const std::string_view word = rest.substr(0, std::ranges::find_if_not(rest, base::is_lower) - rest.begin());
    const auto known = std::ranges::find(kSuffixes, word, &std::pair<std::string_view, std::uint8_t>::first);
    if (known == kSuffixes.end()) return false;
    rest.remove_prefix(word.size());
    key.put(known->second);
    key.put_number(take_digits(rest));
  }
  key.put(kSuffixesEnd);
  return true;
}

class Portage final : public Ordering {
 public:
  Scheme scheme() const override { return Scheme::portage; }
  std::string_view name() const override { return "portage"; }

  Version parse(std::string_view raw) const override {
    if (raw.size() > kLengthMax) return invalid_version(Scheme::portage, kTooLong);
    KeyWriter key;
    std::string_view rest = raw;
    if (!put_numbers(key, rest)) return invalid_version(Scheme::portage, "a number is missing");
    const bool letter = !rest.empty() && base::is_lower(rest.front());
    key.put(letter ? static_cast<std::uint8_t>(rest.front()) : std::uint8_t{0});
    if (letter) rest.remove_prefix(1);
    if (!put_suffixes(key, rest)) return invalid_version(Scheme::portage, "an unknown suffix");
    std::string_view revision;
    if (base::strip_prefix(rest, "-r")) {
      revision = take_digits(rest);
      if (revision.empty()) return invalid_version(Scheme::portage, "a revision without a number");
    }
    if (!rest.empty()) return invalid_version(Scheme::portage, "something that no version of Gentoo has at its end");
    key.put_number(revision);
    return valid_version(Scheme::portage, key);
  }
};

}  // namespace

const Ordering& portage_ordering() {
  static const Portage ordering;
  return ordering;
}

}  // namespace limpid::version
