// The ordering of pacman by hand and against libalpm itself, on generated pairs.
#include <array>
#include <cstdio>

#include "version/ordering_checks.h"
#include "version/schemes.h"

extern "C" int alpm_pkg_vercmp(const char* a, const char* b);  // alpm.h wants libarchive's headers

namespace limpid::version {
namespace {

using checks::below;
using checks::Random;

TEST(Pacman, OrdersAsVercmpSays) {
  for (const char* statement : {
           "1.0-1 < 1.0-1.1 < 1.0-2",
           "1:1.0-1 > 2.0-1",
           "0:1.0-1 = 1.0-1",
           "1.0a < 1.0b < 1.0beta < 1.0p < 1.0pre < 1.0rc < 1.0 < 1.0.a < 1.0.1",
           "1.0.1 < 1.0.1.a",
           "1.0.a.1 < 1.0.1",
           "1.0.0 > 1.0",
           "001 = 1",
           "1_0 = 1.0 = 1+0",
           "1.0. > 1.0",
           "1..0 > 1.0",
           "1.0~rc1 > 1.0",
           "2.0 > 2.a",
           "1.0.r5.gabc > 1.0",
           "1.0.0.r10 > 1.0.0.r9",
           "1.0 < 1.0-1",
       })
    checks::expect_order(pacman_ordering(), statement);
}

TEST(Pacman, KeepsTheLawsOfAnOrder) {
  checks::expect_laws(pacman_ordering(),
                      {"1.0-1", "1:4.18.0.r553.gabc-16", "1.0rc1-1", "0.0a0", "2.0.20240101-1", "1-1-1"},
                      "0019aZ._~+-:", 20'000);
}

// [epoch:]version-release, of runs with one separator at most between them.
std::string generated(Random& random) {
  constexpr std::array<std::string_view, 14> kRuns = {".",  "_",   "+",  "~",  "a", "b",  "rc",
                                                      ".a", ".rc", "a.", ".r", "A", ".g", "beta"};
  constexpr std::array<std::string_view, 10> kNumbers = {"0", "00", "1",   "01",  "2",
                                                         "9", "10", "099", "100", "18446744073709551616"};
  std::string text;
  if (below(random, 4) == 0) text += base::cat({below(random, 3), ":"});
  text += kNumbers[below(random, kNumbers.size())];
  for (std::size_t turns = below(random, 4); turns > 0; --turns) {
    text += kRuns[below(random, kRuns.size())];
    text += kNumbers[below(random, kNumbers.size())];
  }
  if (below(random, 4) == 0) text += kRuns[4 + below(random, 5)];
  return text + base::cat({"-", 1 + below(random, 3), below(random, 4) == 0 ? ".1" : ""});
}

// What Arch's own packages keep to (pacman.cc).
bool ordinary(std::string_view raw) {
  const auto hyphen = raw.rfind('-');
  if (hyphen == std::string_view::npos || hyphen == 0 || hyphen + 1 == raw.size()) return false;
  bool separator = true;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool now = !base::is_alnum(raw[i]);
    if (now && separator) return false;
    separator = now;
  }
  return !separator;
}

TEST(PacmanOracle, AgreesWithLibalpm) {
  constexpr std::uint64_t kSeed = 20'020'224;
  constexpr std::size_t kPairs = 40'000;
  const std::array<std::string, 6> real = {"1:3.0.7-1",     "6.9.3.arch1-1", "2024b-1",
                                           "1.0.r5.gabc-2", "29.3-3",        "0.0.20240101-1"};
  Random random(kSeed);
  std::size_t compared = 0, equal = 0;
  while (compared < kPairs && !HasFailure()) {
    std::string a = below(random, 3) == 0 ? real[below(random, real.size())] : generated(random);
    std::string b = below(random, 3) == 0 ? generated(random) : checks::mutated(a, random, "0019abzAZ.+_-:");
    if (below(random, 2) == 0) std::swap(a, b);
    if (!ordinary(a) || !ordinary(b)) continue;
    ++compared;
    const std::strong_ordering order =
        pacman_ordering().compare(pacman_ordering().parse(a), pacman_ordering().parse(b));
    const int ours = order < 0 ? -1 : order > 0 ? 1 : 0;
    EXPECT_EQ(alpm_pkg_vercmp(a.c_str(), b.c_str()), ours) << "seed " << kSeed << ": '" << a << "' and '" << b << "'";
    if (order == 0) ++equal;
  }
  EXPECT_GT(equal, kPairs / 20) << "too few equal pairs to prove equality";
  std::printf("alpm_pkg_vercmp: %zu pairs compared (%zu equal)\n", compared, equal);
}

}  // namespace
}  // namespace limpid::version
