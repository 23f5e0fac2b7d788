// Versions of Alpine, Wolfi, Chainguard and their kin, as apk-tools 2.14 and 3 order them (apk-package(5)):
//
//   digits { "." digits } [ letter ] { "_" suffix [ digits ] } [ "~" hash ] [ "-r" digits ]
//
// apk compares token by token while both sides have the same kind of token with the same value. Where the kinds differ,
// a pre-release suffix is lower than anything, and else the kind that the grammar puts earlier is greater ("1.0.1" >
// "1.0a" > "1.0_p1" > "1.0~abc" > "1.0-r1" > "1.0"). So each token is a byte for its kind, higher for earlier kinds,
// then its value, and memcmp does the rest:
//
//   numbers       by value (see KeyWriter); but of two ".digits", if either begins with 0, apk compares the text, which
//                 puts all that begin with 0 below all others: these are kLeadingZero (a number of length 0 to the
//                 KeyWriter), the digits and a 0 byte
//   letter, hash  the bytes; a 0 byte after the hash
//   suffix        its rank; a pre-release's is also its kind
//
// White space around is trimmed. Where the grammar ends early, apk itself compares what it understood; we call it
// invalid.
#include <array>

#include "version/key.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

// Pre-release suffixes are kinds 1 to 4.
constexpr std::uint8_t kEnd = 5;
constexpr std::uint8_t kRevision = 6;
constexpr std::uint8_t kHash = 7;
constexpr std::uint8_t kSuffixNumber = 8;
constexpr std::uint8_t kPostSuffix = 9;
constexpr std::uint8_t kLetter = 10;
constexpr std::uint8_t kDigits = 11;

constexpr std::uint8_t kLeadingZero = 0;

constexpr std::array<std::string_view, 4> kPreSuffixes = {"alpha", "beta", "pre", "rc"};
constexpr std::array<std::string_view, 5> kPostSuffixes = {"cvs", "svn", "git", "hg", "p"};

template <std::size_t N>
std::size_t index_of(const std::array<std::string_view, N>& names, std::string_view name) {
  std::size_t index = 0;
  while (index < N && names[index] != name) ++index;
  return index;
}

template <class Predicate>
std::string_view take_while(std::string_view& text, Predicate belongs) {
  std::size_t length = 0;
  while (length < text.size() && belongs(text[length])) ++length;
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(length);
  return taken;
}

bool take_numbers(std::string_view& text, KeyWriter& key) {
  const std::string_view first = take_digits(text);
  if (first.empty()) return false;
  key.put_number(first);
  while (base::strip_prefix(text, ".")) {
    const std::string_view digits = take_digits(text);
    if (digits.empty()) return false;
    key.put(kDigits);
    if (digits.front() == '0') {
      key.put(kLeadingZero);
      key.put(digits);
      key.put(0);
    } else {
      key.put_number(digits);
    }
  }
  return true;
}

bool take_suffixes(std::string_view& text, KeyWriter& key) {
  while (base::strip_prefix(text, "_")) {
    const std::string_view name = take_while(text, base::is_lower);
    if (const std::size_t pre = index_of(kPreSuffixes, name); pre < kPreSuffixes.size()) {
      key.put(static_cast<std::uint8_t>(1 + pre));
    } else if (const std::size_t post = index_of(kPostSuffixes, name); post < kPostSuffixes.size()) {
      key.put(kPostSuffix);
      key.put(static_cast<std::uint8_t>(post));
    } else {
      return false;
    }
    if (const std::string_view number = take_digits(text); !number.empty()) {
      key.put(kSuffixNumber);
      key.put_number(number);
    }
  }
  return true;
}

bool take_hash(std::string_view& text, KeyWriter& key) {
  if (!base::strip_prefix(text, "~")) return true;
  const std::string_view hash = take_while(text, [](char c) { return base::is_digit(c) || (c >= 'a' && c <= 'f'); });
  key.put(kHash);
  key.put(hash);
  key.put(0);
  return !hash.empty();
}

bool take_revision(std::string_view& text, KeyWriter& key) {
  if (!base::strip_prefix(text, "-r")) return true;
  const std::string_view number = take_digits(text);
  key.put(kRevision);
  key.put_number(number);
  return !number.empty();
}

class Apk final : public Ordering {
 public:
  Scheme scheme() const override { return Scheme::apk; }
  std::string_view name() const override { return "apk"; }

  Version parse(std::string_view raw) const override {
    if (raw.size() > kLengthMax) return invalid_version(Scheme::apk, kTooLong);
    raw = base::trim(raw);
    KeyWriter key;
    if (!take_numbers(raw, key)) return invalid_version(Scheme::apk, "a number is missing");
    if (!raw.empty() && base::is_lower(raw.front())) {
      key.put(kLetter);
      key.put(static_cast<std::uint8_t>(raw.front()));
      raw.remove_prefix(1);
    }
    if (!take_suffixes(raw, key)) return invalid_version(Scheme::apk, "an unknown suffix after _");
    if (!take_hash(raw, key)) return invalid_version(Scheme::apk, "no commit hash after ~");
    if (!take_revision(raw, key)) return invalid_version(Scheme::apk, "no number after -r");
    if (!raw.empty()) return invalid_version(Scheme::apk, "something that does not belong behind the version");
    key.put(kEnd);
    return valid_version(Scheme::apk, key);
  }
};

}  // namespace

const Ordering& apk_ordering() {
  static const Apk ordering;
  return ordering;
}

}  // namespace limpid::version
