// Versions of rpm (Red Hat's family, Fedora, SUSE, Amazon, Azure, Photon, …) as rpm 4.18 orders them:
// [epoch:]version[-release]. https://rpm-software-management.github.io/rpm/manual/dependencies.html (Versioning) and,
// where that is silent, what `rpm.vercmp` of rpm's own Lua does.
//
// rpm takes version and release apart into runs of letters and runs of digits; what stands between is only a border,
// but for `~` and `^`. At each place `~` stands below the end, `^` above it, letters above that, numbers highest. The
// key lays out the same:
//
//   epoch           a number (see KeyWriter)
//   version         for each run its kind; after kLetters the letters and kRunEnd, after kNumber the number; then kEnd
//   release         kAbsent, or kPresent and the same as the version
//
// Nothing with a visible character is invalid; what is no letter or digit of ASCII is a border. An absent release is
// the lowest of all. That it also satisfies every bound (a dependency's rule) is not for an order to say.
#include "version/key.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

enum Kind : std::uint8_t { kTilde = 0, kEnd = 1, kCaret = 2, kLetters = 3, kNumber = 4 };
constexpr std::uint8_t kRunEnd = 0;  // below every letter, so that "ab" stands below "abc"

void put_part(KeyWriter& key, std::string_view part) {
  while (!part.empty()) {
    const char c = part.front();
    if (base::is_digit(c)) {
      key.put(kNumber);
      key.put_number(take_digits(part));
      continue;
    }
    std::size_t length = 0;
    while (length < part.size() && base::is_alpha(part[length])) ++length;
    if (length != 0) {
      key.put(kLetters);
      key.put(part.substr(0, length));
      key.put(kRunEnd);
    } else {
      if (c == '~') key.put(kTilde);
      if (c == '^') key.put(kCaret);
      length = 1;
    }
    part.remove_prefix(length);
  }
  key.put(kEnd);
}

class Rpm final : public Ordering {
 public:
  Scheme scheme() const override { return Scheme::rpm; }
  std::string_view name() const override { return "rpm"; }

  Version parse(std::string_view raw) const override {
    if (raw.size() > kLengthMax) return invalid_version(Scheme::rpm, kTooLong);
    if (base::trim(raw).empty()) return invalid_version(Scheme::rpm, "empty");
    if (raw.find('\0') != std::string_view::npos) return invalid_version(Scheme::rpm, "a NUL byte inside");
    KeyWriter key;
    put_evr(key, raw, put_part);
    return valid_version(Scheme::rpm, key);
  }
};

}  // namespace

const Ordering& rpm_ordering() {
  static const Rpm ordering;
  return ordering;
}

}  // namespace limpid::version
