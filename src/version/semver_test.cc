#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "version/ordering_checks.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

TEST(Semver, OrdersAsItsSpecificationSays) {
  for (const char* statement : {
           "1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-alpha.beta < 1.0.0-beta < 1.0.0-beta.2 < 1.0.0-beta.11 < 1.0.0-rc.1 < "
           "1.0.0",
           "1.0.0+a = 1.0.0+b = 1.0.0", "1.0.0-1 < 1.0.0-a", "1.0.0-A < 1.0.0-a", "v1.2.3 = 1.2.3", "1.0.0-- > 1.0.0-0",
           "1.0.0-alpha-1 > 1.0.0-alpha.1", "1.2.3-0 < 1.2.3-00a", "1.0.0-99 < 1.0.0-100", "1.0.0-a.b < 1.0.0-a.b.c",
           "1.0.0-2 < 1.0.0-10 < 1.0.0-a", "2.0.0 < 10.0.0", "1.0.0-a < 1.0.0-a- < 1.0.0-a0 < 1.0.0-aa",
           "1.0.0-rc10 < 1.0.0-rc9",  // one identifier, and text
       })
    checks::expect_order(semver_ordering(), statement);
}

TEST(Semver, OrdersModulesOfGo) {
  for (const char* statement : {
           "v1.0.0 = v1.0.0+incompatible",
           "v1 = v1.0.0",
           "v1.0 < v1.0.1",
           "v1.10.0 > v1.9.0",
           "v2.0.0+incompatible > v1.9.9",
           "v1.2.3 < v1.2.4-0.20200101000000-abcdefabcdef < v1.2.4-alpha < v1.2.4",
           "v1.2.4-rc.1 < v1.2.4-rc.1.0.20200101000000-abcdefabcdef < v1.2.4-rc.2",
           "v1.0.0-20200101000000-abcdefabcdef < v1.0.0",
           "v0.0.0-20200101000000-abcdefabcdef < v0.0.0-20210101000000-abcdefabcdef",
           "v1.0.0-rc.1 < v1.0.0-rc1",
           // OSV's bounds of the standard library.
           "1.18.10 < 1.19.0-0 < 1.19.0-beta.1 < 1.19.0 < 1.19.1",
       })
    checks::expect_order(semver_ordering(), statement);
}

TEST(Semver, ReadsLooseForms) {
  for (const char* statement : {
           "0 = 0.0 = 0.0.0 = 0.0.0.0 < 0.0.0.0.1",
           "1 = v1 = V1.0 = =1.0.0 = =v1 = 1.0.0.0.0",
           "01.2.3 = 1.2.3",
           "1.2.3-01 = 1.2.3-1",
           "1.2.3beta = 1.2.3-beta",
           "1.2-beta = 1.2.0-beta = 1.2.0.0-beta",
           "1.2.3 < 1.2.3.4-rc < 1.2.3.4 < 1.2.3.10 < 1.2.4-0",
           "1.2.3.0.1 > 1.2.3.0",
           "1.2.3.0.1 < 1.2.3.1",
           "1.2.3- < 1.2.3-0 < 1.2.3",
           "1.2.3+ = 1.2.3",
           "1.2.3-a+b.c-d = 1.2.3-a",
           "1.2.3-rc_1 < 1.2.3",
           "9007199254740992.0.0 < 9007199254740993.0.0",
           "18446744073709551616 > 18446744073709551615",
       })
    checks::expect_order(semver_ordering(), statement);
  EXPECT_EQ(semver_ordering().parse(" \tv 1.2.3 \n").key, semver_ordering().parse("1.2.3").key);
}

TEST(Semver, RefusesWhatHasNoPlace) {
  for (const std::string_view raw : std::vector<std::string_view>{"",
                                                                  "v",
                                                                  "=",
                                                                  "latest",
                                                                  "(devel)",
                                                                  "go1.20",
                                                                  "1.x",
                                                                  "1.2.*",
                                                                  "*",
                                                                  "1.",
                                                                  ".1",
                                                                  "1..2",
                                                                  "1.2.3.",
                                                                  "1.2.3-a..b",
                                                                  "1.2.3-.a",
                                                                  "1.2.3-a.",
                                                                  "1.2.3 4",
                                                                  "1.2.3,4",
                                                                  "1.2.3_4",
                                                                  "1.2.3~rc1",
                                                                  "1.2.3-rc 1",
                                                                  "1.2.beta",
                                                                  "-1",
                                                                  "+1",
                                                                  "^1.2.3",
                                                                  "<2",
                                                                  "1.2.3-\xc3\xa9",
                                                                  "dev-master",
                                                                  std::string_view("1\0", 2)})
    checks::expect_invalid(semver_ordering(), raw);
}

const std::vector<std::string> kSeeds = {"1.2.3",
                                         "0.0.0-20200101000000-abcdefabcdef",
                                         "1.0.0-alpha.1",
                                         "1.0.0-rc.1+b",
                                         "10.20.30-beta.11",
                                         "1.0.0-a.b-c.0",
                                         "2.0.0-0.3.7+1",
                                         "1.0.0-alpha-1.x"};

TEST(Semver, KeepsTheLawsOfAnOrder) { checks::expect_laws(semver_ordering(), kSeeds, "0019aAZz.-", 20'000); }

// Where npm's loose mode and we part on purpose: it takes the hyphen before an empty pre-release for an identifier, and
// the third of four numbers and more apart ("1.2.34.5" is its 1.2.3-4.5).
bool is_read_otherwise_by_npm(std::string_view raw) {
  const std::size_t hyphen = raw.find('-');
  if (hyphen != std::string_view::npos && (hyphen + 1 == raw.size() || !base::is_alnum(raw[hyphen + 1])))
    return raw.substr(hyphen + 1, 1) != "-";
  const std::string_view core = raw.substr(0, raw.find_first_not_of("v=0123456789."));
  return std::count(core.begin(), core.end(), '.') > 2;
}

// npm's own library, when node has it. It is asked about what it accepts in loose mode; there we must agree.
TEST(Semver, AgreesWithNpm) {
  constexpr std::string_view kRequire = "require('semver')";
  // Where Debian keeps it, for a node that is not Debian's.
  setenv("NODE_PATH", "/usr/share/nodejs", 0);
  if (std::system(base::cat({"node -e \"", kRequire, "\" >/dev/null 2>&1"}).c_str()) != 0)
    GTEST_SKIP() << "no node with the module semver here (Debian: node-semver)";
  constexpr std::uint64_t kSeed = 20'090'929;
  constexpr std::size_t kPairs = 60'000;
  checks::Random random(kSeed);
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto near = [&](const std::string& text) { return checks::mutated(text, random, "0019aAZz.-+v"); };
  while (pairs.size() < kPairs) {
    const std::string& seed = kSeeds[checks::below(random, kSeeds.size())];
    pairs.emplace_back(near(seed), checks::below(random, 3) == 0 ? near(near(seed)) : near(seed));
  }

  std::string folder = ::testing::TempDir() + "/limpid-semver-oracle-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string input = folder + "/pairs";
  const std::string output = folder + "/answers";
  std::ofstream file(input);
  for (const auto& [a, b] : pairs) file << a << '\t' << b << '\n';
  file.close();
  const std::string script =
      base::cat({"const s = ", kRequire,
                 "; const out = []; for (const line of require('fs').readFileSync(0, 'latin1').split('\\n'))",
                 " { if (!line) continue; const [a, b] = line.split('\\t').map(x => s.parse(x, { loose: true }));",
                 " out.push(a && b ? s.compare(a, b) : '?'); } console.log(out.join('\\n'));"});
  const int status = std::system(base::cat({"node -e \"", script, "\" <'", input, "' >'", output, "'"}).c_str());
  std::ifstream answers(output);
  std::vector<std::string> lines;
  for (std::string line; std::getline(answers, line);) lines.push_back(line);
  for (const std::string& path : {input, output}) std::remove(path.c_str());
  std::remove(folder.c_str());
  ASSERT_EQ(status, 0);
  ASSERT_EQ(lines.size(), pairs.size());

  std::size_t compared = 0;
  for (std::size_t i = 0; i < pairs.size() && !HasFailure(); ++i) {
    const auto& [raw_a, raw_b] = pairs[i];
    if (lines[i] == "?" || is_read_otherwise_by_npm(raw_a) || is_read_otherwise_by_npm(raw_b)) continue;
    const Version a = semver_ordering().parse(raw_a);
    const Version b = semver_ordering().parse(raw_b);
    const std::string where = base::cat({"seed ", kSeed, ": '", raw_a, "' and '", raw_b, "'"});
    EXPECT_TRUE(a.valid && b.valid) << where << ": npm accepts them";
    const std::strong_ordering order = semver_ordering().compare(a, b);
    EXPECT_EQ(lines[i], order < 0 ? "-1" : order > 0 ? "1" : "0") << where;
    ++compared;
  }
  EXPECT_GT(compared, kPairs / 5);
  std::printf("npm's semver: %zu pairs compared\n", compared);
}

}  // namespace
}  // namespace limpid::version
