// The rpm ordering against rpm itself, on generated pairs: rpm.vercmp of its Lua, all of them in one process.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/file.h"
#include "version/ordering_checks.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

using checks::below;
using checks::Random;

constexpr std::uint64_t kSeed = 19'971'103;
constexpr std::size_t kPairs = 40'000;

struct Pair {
  std::string a;
  std::string b;
};

// [epoch:]version[-release] of short runs, so that two of them often share their beginnings.
std::string generated(Random& random) {
  constexpr std::array<std::string_view, 24> kRuns = {"",  ".",  "_",  "+",  "~",  "~~",  "^",        "^^",
                                                      "a", "b",  "z",  "A",  "rc", "~rc", "^git",     ".el",
                                                      "-", ".~", ".^", "a~", "^a", "~^",  "\xc3\xa4", ":"};
  constexpr std::array<std::string_view, 12> kNumbers = {"",  "0",  "00", "1",   "01",  "2",
                                                         "9", "10", "11", "099", "100", "18446744073709551616"};
  std::string text;
  if (below(random, 4) == 0) text += base::cat({kNumbers[below(random, kNumbers.size())], ":"});
  text += kNumbers[below(random, kNumbers.size())];
  for (std::size_t turns = below(random, 4); turns > 0; --turns) {
    text += kRuns[below(random, kRuns.size())];
    text += kNumbers[below(random, kNumbers.size())];
  }
  if (below(random, 2) == 0) text += base::cat({"-", kNumbers[below(random, 11)]});
  return text;
}

// Pairs that lie close together more often than not: what tells a right order from a nearly right one.
std::vector<Pair> generate(std::size_t count) {
  const std::vector<std::string> real = {"1.0",
                                         "1:3.0.7-27.el9",
                                         "4.18.0-553.16.1.el8_10",
                                         "7.50.3-1.fc25",
                                         "2.34-100.el9_4.2",
                                         "1.1.1k-12.el8_9",
                                         "0-0.20.20240101git1a2b3c4.fc40",
                                         "2.0^20240101git1a2b3c4-1.fc39",
                                         "3.12.0~rc2-1.fc39",
                                         "150400.4.28.1",
                                         "2.31-150300.63.1",
                                         "5.15.145.2-1.cm2",
                                         "32:9.11.36-14.el8_10",
                                         "1:2.06-70.0.1.el9_3.1"};
  constexpr std::string_view kAlphabet = "0019abzAZ.+_~^-:";
  Random random(kSeed);
  std::vector<Pair> pairs;
  while (pairs.size() < count) {
    Pair pair;
    switch (below(random, 8)) {
      case 0:
        pair = {generated(random), generated(random)};
        break;
      case 1:
      case 2:
      case 3:
        pair.a = generated(random);
        pair.b = checks::mutated(pair.a, random, kAlphabet);
        break;
      case 4:
        pair = {real[below(random, real.size())], real[below(random, real.size())]};
        break;
      default:
        pair.a = real[below(random, real.size())];
        pair.b = checks::mutated(pair.a, random, kAlphabet);
        if (below(random, 2) == 0) pair.a = checks::mutated(pair.a, random, kAlphabet);
    }
    if (below(random, 2) == 0) std::swap(pair.a, pair.b);
    if (rpm_ordering().parse(pair.a).valid && rpm_ordering().parse(pair.b).valid) pairs.push_back(std::move(pair));
  }
  return pairs;
}

TEST(RpmOracle, AgreesWithRpmItself) {
  if (std::system("rpm --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no rpm here to ask";
  const auto folder = base::TemporaryDirectory::make("limpid-rpm-oracle-");
  ASSERT_TRUE(folder);
  const auto file = [&](std::string_view name) { return base::cat({folder->path(), "/", name}); };
  std::ofstream(file("script")) << "local out = io.open('" << file("answers") << "', 'w')\n"
                                << "for line in io.lines('" << file("pairs") << "') do\n"
                                << "  local a, b = line:match('^([^\\t]*)\\t([^\\t]*)$')\n"
                                << "  out:write(rpm.vercmp(a, b), '\\n')\n"
                                << "end\n"
                                << "out:close()\n";
  const std::vector<Pair> pairs = generate(kPairs);
  std::ofstream out(file("pairs"));
  for (const Pair& pair : pairs) out << pair.a << '\t' << pair.b << '\n';
  out.close();
  const std::string command = base::cat({"rpm --eval \"%{lua: dofile('", file("script"), "')}\" >/dev/null"});
  ASSERT_EQ(std::system(command.c_str()), 0);

  std::ifstream answers(file("answers"));
  std::string answer;
  std::size_t compared = 0, equal = 0;
  for (; compared < pairs.size() && std::getline(answers, answer) && !HasFailure(); ++compared) {
    const Pair& pair = pairs[compared];
    const std::strong_ordering order =
        rpm_ordering().compare(rpm_ordering().parse(pair.a), rpm_ordering().parse(pair.b));
    EXPECT_EQ(answer, order < 0   ? "-1"
                      : order > 0 ? "1"
                                  : "0")
        << base::cat({"seed ", kSeed, ": '", base::printable(pair.a), "' and '", base::printable(pair.b), "'"});
    if (order == 0) ++equal;
  }
  EXPECT_TRUE(HasFailure() || compared == pairs.size()) << "rpm gave too few answers: " << compared;
  EXPECT_GT(equal, kPairs / 20) << "too few equal pairs to prove equality";
  std::printf("rpm.vercmp: %zu pairs compared (%zu equal)\n", compared, equal);
}

}  // namespace
}  // namespace limpid::version
