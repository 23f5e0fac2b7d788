// Versions of pacman (Arch Linux and its kin), as libalpm 13 orders them: [epoch:]version[-release].
// https://man.archlinux.org/man/vercmp.8 and, where that is silent, what alpm_pkg_vercmp does.
//
// Runs of letters and of digits, as in rpm, but what stands between them counts. The key has for each run how it
// follows the one before, its letters and kRunEnd or its number (see KeyWriter); then kEnd or kTrailing. With epoch,
// version and release in turn:
//
//   kLettersHere    "1.0a": below the end
//   kEnd            above that
//   kDigitsHere     "a1": above the end
//   kTrailing       separators and then the end
//   kSeparators + n behind n separators: the more the higher, then letters below digits
//
// Two things that libalpm says cannot be said by any order, as they contradict themselves. An absent release equals
// every release: here it stands below all. And "1.0.", "1.0..a" and "1.0.1" go round in a circle: here two separators
// in a row and separators at the end have a place, which is not in every case libalpm's. No package of Arch's has
// either.
#include "version/key.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

enum Follows : std::uint8_t { kLettersHere = 1, kEnd = 2, kDigitsHere = 3, kTrailing = 4, kSeparators = 4 };
constexpr std::uint8_t kLetters = 1;
constexpr std::uint8_t kDigits = 2;
constexpr std::size_t kSeparatorsMax = 250;  // more are counted as so many
constexpr std::uint8_t kRunEnd = 0;

void put_part(KeyWriter& key, std::string_view part) {
  while (true) {
    std::size_t separators = 0;
    while (separators < part.size() && !base::is_alnum(part[separators])) ++separators;
    part.remove_prefix(separators);
    if (part.empty()) {
      key.put(separators == 0 ? kEnd : kTrailing);
      return;
    }
    const bool digits = base::is_digit(part.front());
    if (separators == 0) {
      key.put(digits ? kDigitsHere : kLettersHere);
    } else {
      key.put(static_cast<std::uint8_t>(kSeparators + std::min(separators, kSeparatorsMax)));
      key.put(digits ? kDigits : kLetters);
    }
    if (digits) {
      key.put_number(take_digits(part));
      continue;
    }
    std::size_t length = 0;
    while (length < part.size() && base::is_alpha(part[length])) ++length;
    key.put(part.substr(0, length));
    key.put(kRunEnd);
    part.remove_prefix(length);
  }
}

class Pacman final : public Ordering {
 public:
  Scheme scheme() const override { return Scheme::pacman; }
  std::string_view name() const override { return "pacman"; }

  Version parse(std::string_view raw) const override {
    if (raw.size() > kLengthMax) return invalid_version(Scheme::pacman, kTooLong);
    if (base::trim(raw).empty()) return invalid_version(Scheme::pacman, "empty");
    if (raw.find('\0') != std::string_view::npos) return invalid_version(Scheme::pacman, "a NUL byte inside");
    KeyWriter key;
    put_evr(key, raw, put_part);
    return valid_version(Scheme::pacman, key);
  }
};

}  // namespace

const Ordering& pacman_ordering() {
  static const Pacman ordering;
  return ordering;
}

}  // namespace limpid::version
