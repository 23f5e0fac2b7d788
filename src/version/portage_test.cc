// The ordering of Gentoo's versions by hand, and against the algorithm of the Package Manager Specification, written
// down step by step below: Debian has no portage to ask.
#include <array>
#include <cstdio>

#include "version/ordering_checks.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

using checks::below;
using checks::Random;

TEST(Portage, OrdersAsTheSpecificationSays) {
  for (const char* statement : {
           "1.0 < 1.0.0",
           "1.02 < 1.1",
           "1.001 < 1.01",
           "1.010 = 1.01",
           "1.10 > 1.9",
           "1.1a > 1.1",
           "12.2.5 > 12.2b",
           "1.0b > 1.0_p1",
           "1_alpha < 1_beta < 1_pre < 1_rc < 1 < 1_p < 1_p1",
           "1.0_alpha < 1.0_alpha1",
           "1.0_p0 = 1.0_p",
           "1_rc1_p1 > 1_rc1",
           "1.0_rc1_alpha < 1.0_rc1",
           "1-r0 = 1",
           "1-r1 > 1",
           "9999 > 2024",
           "010 = 10",
           "1.0_p20240101-r2 > 1.0_p20240101-r1",
           "1.00 = 1.0",
           "1.09 < 1.1 < 1.10",
           "1.0-r010 = 1.0-r10",
           "6.4_p20230424 > 6.4",
           "1.1.1q < 1.1.1w < 3.0.2",
       })
    checks::expect_order(portage_ordering(), statement);
}

TEST(Portage, RefusesWhatTheSpecificationDoesNotAllow) {
  for (const char* raw : {"1.0_git1", "1.0-rc1", "1a.1", "1.",   ".1",   "a",    "1.0A", "1.0ab", "1.0-r", "1.0-r1-r2",
                          "1.0_",     "1.0-1",   "1.0 ", " 1.0", "1..0", "v1.0", "1.0*", "1.0+1", "1:1.0", "1.0-r1_p1"})
    checks::expect_invalid(portage_ordering(), raw);
}

TEST(Portage, KeepsTheLawsOfAnOrder) {
  checks::expect_laws(portage_ordering(),
                      {"1.0-r1", "6.4_p20230424", "1.0_rc1_p2-r3", "0.01.10a", "2024.01.02", "1_alpha_beta_p"},
                      "00119a._p-r", 20'000);
}

// The specification's algorithms 3.1 to 3.7 over the parts of two versions, as they stand there.
struct Parts {
  std::vector<std::string> numbers;
  std::string letter;
  std::vector<std::pair<std::string, std::string>> suffixes;
  std::string revision;
};

Parts taken_apart(std::string text) {
  Parts parts;
  if (const auto at = text.find("-r"); at != std::string::npos) {
    parts.revision = text.substr(at + 2);
    text.resize(at);
  }
  std::vector<std::string> pieces;
  for (const auto piece : base::split(text, '_')) pieces.emplace_back(piece);
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const auto digits = pieces[i].find_first_of("0123456789");
    parts.suffixes.emplace_back(pieces[i].substr(0, digits),
                                digits == std::string::npos ? std::string("0") : pieces[i].substr(digits));
  }
  std::string& numbers = pieces[0];
  if (base::is_lower(numbers.back())) {
    parts.letter = numbers.back();
    numbers.pop_back();
  }
  for (const auto number : base::split(numbers, '.')) parts.numbers.emplace_back(number);
  return parts;
}

// Generated numbers fit: that longer ones are compared by value is for ordering_test.cc.
int by_value(const std::string& a, const std::string& b) {
  const auto left = a.empty() ? 0 : std::stoull(a), right = b.empty() ? 0 : std::stoull(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

int by_fraction(std::string a, std::string b) {
  if (a.front() != '0' && b.front() != '0') return by_value(a, b);
  while (!a.empty() && a.back() == '0') a.pop_back();
  while (!b.empty() && b.back() == '0') b.pop_back();
  return a < b ? -1 : a > b ? 1 : 0;
}

int by_suffixes(const Parts& a, const Parts& b) {
  static const std::vector<std::string> kOrder = {"alpha", "beta", "pre", "rc", "p"};
  const std::size_t common = std::min(a.suffixes.size(), b.suffixes.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto rank = [](const std::string& word) { return std::ranges::find(kOrder, word) - kOrder.begin(); };
    const auto left = rank(a.suffixes[i].first), right = rank(b.suffixes[i].first);
    if (left != right) return left < right ? -1 : 1;
    if (const int order = by_value(a.suffixes[i].second, b.suffixes[i].second); order != 0) return order;
  }
  if (a.suffixes.size() > common) return a.suffixes[common].first == "p" ? 1 : -1;
  if (b.suffixes.size() > common) return b.suffixes[common].first == "p" ? -1 : 1;
  return 0;
}

int by_specification(const std::string& left, const std::string& right) {
  const Parts a = taken_apart(left), b = taken_apart(right);
  if (const int order = by_value(a.numbers[0], b.numbers[0]); order != 0) return order;
  for (std::size_t i = 1; i < std::min(a.numbers.size(), b.numbers.size()); ++i) {
    if (const int order = by_fraction(a.numbers[i], b.numbers[i]); order != 0) return order;
  }
  if (a.numbers.size() != b.numbers.size()) return a.numbers.size() < b.numbers.size() ? -1 : 1;
  if (a.letter != b.letter) return a.letter < b.letter ? -1 : 1;
  if (const int order = by_suffixes(a, b); order != 0) return order;
  return by_value(a.revision, b.revision);
}

std::string generated(Random& random) {
  constexpr std::array<std::string_view, 10> kNumbers = {"0", "00", "1", "01", "010", "9", "10", "100", "2", "099"};
  constexpr std::array<std::string_view, 5> kWords = {"_alpha", "_beta", "_pre", "_rc", "_p"};
  std::string text(kNumbers[below(random, kNumbers.size())]);
  for (std::size_t turns = below(random, 4); turns > 0; --turns)
    text += base::cat({".", kNumbers[below(random, kNumbers.size())]});
  if (below(random, 4) == 0) text.push_back(static_cast<char>('a' + below(random, 3)));
  for (std::size_t turns = below(random, 3); turns > 0; --turns) {
    text += kWords[below(random, kWords.size())];
    if (below(random, 2) == 0) text += kNumbers[below(random, kNumbers.size())];
  }
  if (below(random, 3) == 0) text += base::cat({"-r", kNumbers[below(random, kNumbers.size())]});
  return text;
}

TEST(PortageSpecification, AgreesOnGeneratedPairs) {
  constexpr std::uint64_t kSeed = 20'270'101;
  constexpr std::size_t kPairs = 40'000;
  Random random(kSeed);
  std::size_t compared = 0, equal = 0;
  while (compared < kPairs && !HasFailure()) {
    std::string a = generated(random);
    std::string b = below(random, 3) == 0 ? generated(random) : checks::mutated(a, random, "0019abp._-r");
    if (below(random, 2) == 0) std::swap(a, b);
    const Version left = portage_ordering().parse(a), right = portage_ordering().parse(b);
    if (!left.valid || !right.valid || a.size() > 40 || b.size() > 40) continue;
    ++compared;
    const std::strong_ordering order = portage_ordering().compare(left, right);
    const int ours = order < 0 ? -1 : order > 0 ? 1 : 0;
    EXPECT_EQ(by_specification(a, b), ours) << "seed " << kSeed << ": '" << a << "' and '" << b << "'";
    if (order == 0) ++equal;
  }
  EXPECT_GT(equal, kPairs / 50) << "too few equal pairs to prove equality";
  std::printf("PMS: %zu pairs compared (%zu equal)\n", compared, equal);
}

}  // namespace
}  // namespace limpid::version
