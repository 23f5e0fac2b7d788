// Versions of Debian, Ubuntu and their kin, as dpkg 1.21 orders them (deb-version(7), and what `dpkg
// --compare-versions` does where that is silent): [epoch:]upstream[-revision].
//
// dpkg compares upstream and then revision by turns: a run of non-digits byte by byte (`~` below the end, the end below
// letters, letters below all else), then a run of digits by value. The key lays out the same turns:
//
//   epoch           4 bytes, big-endian
//   upstream        turns: the weights of the non-digits, kEnd, the number (see KeyWriter); after the last turn kEnd
//   revision        the same; an absent revision is one turn of nothing and 0, which is what "0" is as well
//
// The kEnd after a part's last number meets either another part's kEnd or the first weight of its next non-digits
// (never empty there), and so says what dpkg says: "1.0~" < "1.0" < "1.0a" < "1.0+". A trailing non-digit is followed
// by the number 0, as in dpkg, to which "1.a" and "1.a0" are equal.
//
// What dpkg only warns about (odd characters, no digit at the start) is valid. What it refuses is not.
#include <algorithm>
#include <array>
#include <climits>

#include "version/key.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

constexpr std::uint8_t kTilde = 0;
constexpr std::uint8_t kEnd = 1;

// dpkg's weights are -1 for `~`, the code for letters, and the code + 256 for the rest, where the code is a signed char
// (on amd64, whose order every mirror follows): bytes from 0x80 up count 128 to 255, above letters, below punctuation.
// Here is the same order in one byte each. Digits and NUL never stand in a run of non-digits.
constexpr std::array<std::uint8_t, 256> kWeights = [] {
  std::array<std::uint8_t, 256> weights{};
  std::uint8_t next = kEnd + 1;
  for (std::size_t byte = 0; byte < 0x80; ++byte)
    if (base::is_alpha(static_cast<char>(byte))) weights[byte] = next++;
  for (std::size_t byte = 0x80; byte < 0x100; ++byte) weights[byte] = next++;
  for (std::size_t byte = 1; byte < 0x80; ++byte)
    if (!base::is_alnum(static_cast<char>(byte))) weights[byte] = next++;
  weights['~'] = kTilde;
  return weights;
}();

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

// The epoch as strtol reads it, since dpkg does: space and a sign may precede it.
const char* parse_epoch(std::string_view text, std::uint32_t& epoch) {
  while (!text.empty() && base::is_space(text.front())) text.remove_prefix(1);
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const std::string_view digits = take_digits(text);
  if (digits.empty()) return "the epoch is empty";
  if (!text.empty()) return "the epoch is not a number";
  std::uint64_t value = 0;
  for (const char digit : digits) {
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    if (value > INT_MAX) return negative ? "the epoch is negative" : "the epoch is too big";
  }
  if (negative && value != 0) return "the epoch is negative";
  epoch = static_cast<std::uint32_t>(value);
  return nullptr;
}

void put_part(KeyWriter& key, std::string_view part) {
  do {
    std::size_t at = 0;
    for (; at < part.size() && !base::is_digit(part[at]); ++at) key.put(kWeights[static_cast<std::uint8_t>(part[at])]);
    key.put(kEnd);
    part.remove_prefix(at);
    key.put_number(take_digits(part));
  } while (!part.empty());
  key.put(kEnd);
}

std::string_view without_zeros(std::string_view digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

// As the keys of two parts would compare.
std::strong_ordering compare_parts(std::string_view a, std::string_view b) {
  const auto weight_of = [](std::string_view rest) {
    return rest.empty() || base::is_digit(rest.front()) ? kEnd : kWeights[static_cast<std::uint8_t>(rest.front())];
  };
  while (!a.empty() || !b.empty()) {
    for (;;) {
      const std::uint8_t of_a = weight_of(a), of_b = weight_of(b);
      if (of_a != of_b) return of_a <=> of_b;
      if (of_a == kEnd) break;
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
    const std::string_view number_a = without_zeros(take_digits(a)), number_b = without_zeros(take_digits(b));
    if (number_a.size() != number_b.size()) return number_a.size() <=> number_b.size();
    if (const auto order = number_a <=> number_b; order != 0) return order;
  }
  return std::strong_ordering::equal;
}

class Dpkg final : public Ordering {
 public:
  Scheme scheme() const override { return Scheme::dpkg; }
  std::string_view name() const override { return "dpkg"; }

  Version parse(std::string_view raw) const override {
    if (raw.size() > kLengthMax) return invalid_version(Scheme::dpkg, kTooLong);
    while (!raw.empty() && is_blank(raw.front())) raw.remove_prefix(1);
    while (!raw.empty() && is_blank(raw.back())) raw.remove_suffix(1);
    if (raw.empty()) return invalid_version(Scheme::dpkg, "empty");
    for (const char c : raw) {
      if (is_blank(c)) return invalid_version(Scheme::dpkg, "a blank inside");
      if (c == '\0') return invalid_version(Scheme::dpkg, "a NUL byte inside");
    }

    std::uint32_t epoch = 0;
    if (const std::size_t colon = raw.find(':'); colon != std::string_view::npos) {
      if (const char* problem = parse_epoch(raw.substr(0, colon), epoch)) return invalid_version(Scheme::dpkg, problem);
      raw.remove_prefix(colon + 1);
      if (raw.empty()) return invalid_version(Scheme::dpkg, "nothing after the epoch");
    }
    std::string_view revision;
    if (const std::size_t hyphen = raw.rfind('-'); hyphen != std::string_view::npos) {
      revision = raw.substr(hyphen + 1);
      raw = raw.substr(0, hyphen);
      if (revision.empty()) return invalid_version(Scheme::dpkg, "the revision is empty");
    }
    if (raw.empty()) return invalid_version(Scheme::dpkg, "the upstream version is empty");

    KeyWriter key;
    for (const int shift : {24, 16, 8, 0}) key.put(static_cast<std::uint8_t>(epoch >> shift));
    put_part(key, raw);
    put_part(key, revision);
    return valid_version(Scheme::dpkg, key);
  }

  std::optional<std::strong_ordering> compare_texts(std::string_view a, std::string_view b) const override {
    // What is rare is left to parse(): epochs, blanks around.
    for (const std::string_view text : {a, b})
      if (text.empty() || text.find(':') != std::string_view::npos || is_blank(text.front()) || is_blank(text.back()))
        return std::nullopt;
    const std::size_t hyphen_a = std::min(a.rfind('-'), a.size()), hyphen_b = std::min(b.rfind('-'), b.size());
    const auto order = compare_parts(a.substr(0, hyphen_a), b.substr(0, hyphen_b));
    if (order != 0) return order;
    return compare_parts(a.substr(std::min(hyphen_a + 1, a.size())), b.substr(std::min(hyphen_b + 1, b.size())));
  }
};

}  // namespace

const Ordering& dpkg_ordering() {
  static const Dpkg ordering;
  return ordering;
}

}  // namespace limpid::version
