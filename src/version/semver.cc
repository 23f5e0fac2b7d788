// Semantic versions (semver.org 2.0.0), as npm, Go, crates.io, Hex, Pub, Swift and OSV's SEMVER ranges order them.
//
// Read loosely, since an advisory's bound and a package's version meet here and neither was checked by a registry:
// whatever can be ordered is valid. Besides the strict form that means
//   - white space around, and any of `v`, `V`, `=` in front (as npm's loose mode): "v1.2.3", "=1.2.3";
//   - one number or more, absent ones being 0: "1" = "1.0" = "1.0.0" = "1.0.0.0", "1.2.3.4" > "1.2.3";
//   - numbers of any size, with leading zeros ignored, in pre-releases too: "01.2.3" = "1.2.3", "1.0.0-01" = "1.0.0-1";
//   - a pre-release without its hyphen where a letter follows a number: "1.2.3beta" = "1.2.3-beta";
//   - `_` in pre-releases; a pre-release of no identifiers, which is the lowest: "1.2.3-" < "1.2.3-0".
// Build metadata never counts ("1.0.0+a" = "1.0.0"; so Go's +incompatible is nothing), though Pub and Julia order by
// it: the ranges of advisories don't. Not valid is what no implementation gives a place to: "1.x", "1..2",
// "1.2.3-a..b", "latest", "(devel)", "go1.20".
//
// The key is: three numbers (see KeyWriter); then kMore and a number for each further one, up to the last that is not
// 0; then kRelease, or kPreRelease and the identifiers: kNumeric and a number, or kText, the bytes and a 0; and
// kListEnd.
#include "version/key.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

constexpr std::uint8_t kPreRelease = 0;
constexpr std::uint8_t kRelease = 1;
constexpr std::uint8_t kMore = 2;

constexpr std::uint8_t kListEnd = 0;
constexpr std::uint8_t kNumeric = 1;
constexpr std::uint8_t kText = 2;

constexpr bool is_identifier(char c) { return base::is_alnum(c) || c == '-' || c == '_'; }

// The numbers at the start of `text`, into the key; false if there is none or one is empty.
bool take_core(std::string_view& text, KeyWriter& key) {
  std::size_t written = 0;
  std::size_t zeros = 0;  // read and not written, for they count only if something follows
  for (;;) {
    const std::string_view number = take_digits(text);
    if (number.empty()) return false;
    if (written + zeros >= 3 && number.find_first_not_of('0') == std::string_view::npos) {
      ++zeros;
    } else {
      for (; zeros > 0; --zeros, ++written) {
        key.put(kMore);
        key.put_number("");
      }
      if (written >= 3) key.put(kMore);
      key.put_number(number);
      ++written;
    }
    if (!base::strip_prefix(text, ".")) break;
  }
  for (; written < 3; ++written) key.put_number("");
  return true;
}

// The identifiers of a pre-release, all of `text`; false if one is empty or holds a byte that does not belong.
bool put_pre_release(std::string_view text, KeyWriter& key) {
  while (!text.empty()) {
    std::size_t length = 0;
    bool numeric = true;
    for (; length < text.size() && is_identifier(text[length]); ++length)
      numeric = numeric && base::is_digit(text[length]);
    const std::string_view identifier = text.substr(0, length);
    text.remove_prefix(length);
    if (identifier.empty()) return false;
    if (numeric) {
      key.put(kNumeric);
      key.put_number(identifier);
    } else {
      key.put(kText);
      key.put(identifier);
      key.put(0);
    }
    if (text.empty()) break;
    if (!base::strip_prefix(text, ".") || text.empty()) return false;
  }
  key.put(kListEnd);
  return true;
}

class Semver final : public Ordering {
 public:
  Scheme scheme() const override { return Scheme::semver; }
  std::string_view name() const override { return "semver"; }

  Version parse(std::string_view raw) const override {
    if (raw.size() > kLengthMax) return invalid_version(Scheme::semver, kTooLong);
    raw = base::trim(raw);
    while (!raw.empty() &&
           (raw.front() == 'v' || raw.front() == 'V' || raw.front() == '=' || base::is_space(raw.front())))
      raw.remove_prefix(1);
    if (raw.empty()) return invalid_version(Scheme::semver, "empty");

    KeyWriter key;
    if (!take_core(raw, key)) return invalid_version(Scheme::semver, "a number is missing");
    raw = raw.substr(0, raw.find('+'));
    if (raw.empty()) {
      key.put(kRelease);
      return valid_version(Scheme::semver, key);
    }
    if (!base::strip_prefix(raw, "-") && !base::is_alpha(raw.front()))
      return invalid_version(Scheme::semver, "neither a number, a pre-release nor build metadata where one should be");
    key.put(kPreRelease);
    if (!put_pre_release(raw, key)) return invalid_version(Scheme::semver, "an empty or odd pre-release identifier");
    return valid_version(Scheme::semver, key);
  }
};

}  // namespace

const Ordering& semver_ordering() {
  static const Semver ordering;
  return ordering;
}

}  // namespace limpid::version
