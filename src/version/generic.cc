// Versions of nobody's scheme: what binaries say about themselves, CPEs, ecosystems that we have no ordering for. One
// natural order that is right for plain numbers, for releases and pre-releases of semantic versions, and for the usual
// words (alpha, rc, patch ...); a guess beyond that, so what it decides alone is worth little confidence.
//
// White space around, one `v`, `V` or `=` in front, and what follows a space or a `+` are dropped, and so is "-fips".
// The rest is cut into runs of digits and of letters; other bytes only separate. Runs are compared one by one: numbers
// by value, words by their rank below, a number above any word, and a run that is missing as 0 or as the end:
//
//   -number < dev < alpha, a < beta, b < pre, preview, m, milestone < rc, cr < -other
//           < the end < p, pl, patch, post, sp, update, u < a letter < other < number
//
// "-number" and "-other" are a number, or a word that isn't named here, behind the first `-` or `~` after the leading
// numbers: a pre-release in semantic versions ("1.19.0-0" < "1.19.0-beta1" < "1.19.0-x" < "1.19.0"). "A letter" is one
// letter, or z and a letter, that a number stands before and nothing but the end or a hyphen behind: OpenSSL's patch
// letters ("1.0.2" < "1.0.2a" < "1.0.2z" < "1.0.2zh"; but "1.0a1" and "1.0-b" are pre-releases). Other words are
// compared by their bytes, without case. Zeros before a word or the end don't count, so "1.0-rc1" = "1-rc1", and "rc" =
// "rc0"; the first number always does.
//
// A version without a digit says nothing, and is not valid. The key is a byte for the rank of each run, then a number's
// value (see KeyWriter), a letter's length and bytes, another word's bytes and a 0.
#include <array>
#include <utility>

#include "version/key.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

enum Rank : std::uint8_t {
  kHyphenNumber,
  kDevelopment,
  kAlpha,
  kBeta,
  kPreview,
  kCandidate,
  kHyphenOther,
  kEnd,
  kPatch,
  kLetter,
  kOther,
  kNumber,
};

constexpr std::array<std::pair<std::string_view, Rank>, 18> kWords = {{
    {"dev", kDevelopment},
    {"alpha", kAlpha},
    {"a", kAlpha},
    {"beta", kBeta},
    {"b", kBeta},
    {"pre", kPreview},
    {"m", kPreview},
    {"rc", kCandidate},
    {"preview", kPreview},
    {"milestone", kPreview},
    {"cr", kCandidate},
    {"p", kPatch},
    {"pl", kPatch},
    {"patch", kPatch},
    {"post", kPatch},
    {"sp", kPatch},
    {"u", kPatch},
    {"update", kPatch},
}};

Rank rank_of(std::string_view word) {
  for (const auto& [known, rank] : kWords)
    if (base::equal_ignoring_case(known, word)) return rank;
  return kOther;
}

void put_lower(KeyWriter& key, std::string_view word) {
  for (const char c : word) key.put(static_cast<std::uint8_t>(base::to_lower(c)));
}

bool is_patch_letter(std::string_view word, std::string_view rest) {
  const bool short_enough = word.size() == 1 || (word.size() == 2 && base::to_lower(word.front()) == 'z');
  return short_enough && (rest.empty() || rest.front() == '-');
}

std::string_view without_decoration(std::string_view raw) {
  raw = base::trim(raw);
  if (!raw.empty() && (raw.front() == 'v' || raw.front() == 'V' || raw.front() == '=')) raw.remove_prefix(1);
  raw = base::take_word(raw);
  raw = raw.substr(0, raw.find('+'));
  base::strip_suffix(raw, "-fips");
  return raw;
}

// Writes the runs of one version, one after the other.
class Runs {
 public:
  explicit Runs(KeyWriter& key) : key_(key) {}

  void number(std::string_view digits) {
    saw_number_ = true;
    const bool first = std::exchange(first_, false);
    if (take_hyphen()) {
      zeros_ = 0;
      key_.put(kHyphenNumber);
      key_.put_number(digits);
      return;
    }
    if (!first && digits.find_first_not_of('0') == std::string_view::npos) {
      ++zeros_;
      return;
    }
    for (; zeros_ > 0; --zeros_) {
      key_.put(kNumber);
      key_.put_number("");
    }
    key_.put(kNumber);
    key_.put_number(digits);
  }

  void word(std::string_view word, bool after_digit, std::string_view rest) {
    zeros_ = 0;
    first_ = false;
    const bool hyphen = take_hyphen();
    in_core_ = false;
    if (after_digit && is_patch_letter(word, rest)) {
      key_.put(kLetter);
      key_.put(static_cast<std::uint8_t>(word.size()));
      put_lower(key_, word);
      return;
    }
    const Rank rank = rank_of(word);
    key_.put(rank == kOther && hyphen ? kHyphenOther : rank);
    if (rank != kOther) return;
    put_lower(key_, word);
    key_.put(0);
  }

  void separator(char c) { hyphen_ = hyphen_ || ((c == '-' || c == '~') && in_core_ && !first_); }

  // False if there was no number at all.
  bool end() {
    key_.put(kEnd);
    return saw_number_;
  }

 private:
  // Whether this run is the one behind the hyphen that ends the leading numbers.
  bool take_hyphen() {
    if (hyphen_) in_core_ = false;
    return std::exchange(hyphen_, false);
  }

  KeyWriter& key_;
  std::size_t zeros_ = 0;  // read and not written, for they count only if a number follows
  bool first_ = true;
  bool in_core_ = true;  // among the leading numbers
  bool hyphen_ = false;
  bool saw_number_ = false;
};

class Generic final : public Ordering {
 public:
  Scheme scheme() const override { return Scheme::generic; }
  std::string_view name() const override { return "generic"; }

  Version parse(std::string_view raw) const override {
    if (raw.size() > kLengthMax) return invalid_version(Scheme::generic, kTooLong);
    if (raw.find('\0') != std::string_view::npos) return invalid_version(Scheme::generic, "a NUL byte inside");
    std::string_view rest = without_decoration(raw);
    KeyWriter key;
    Runs runs(key);
    for (bool after_digit = false; !rest.empty();) {
      if (const std::string_view digits = take_digits(rest); !digits.empty()) {
        runs.number(digits);
        after_digit = true;
        continue;
      }
      std::size_t length = 0;
      while (length < rest.size() && base::is_alpha(rest[length])) ++length;
      if (length > 0) {
        const std::string_view word = rest.substr(0, length);
        rest.remove_prefix(length);
        runs.word(word, after_digit, rest);
      } else {
        runs.separator(rest.front());
        rest.remove_prefix(1);
      }
      after_digit = false;
    }
    if (!runs.end()) return invalid_version(Scheme::generic, "without any digit");
    return valid_version(Scheme::generic, key);
  }
};

}  // namespace

const Ordering& generic_ordering() {
  static const Generic ordering;
  return ordering;
}

}  // namespace limpid::version
