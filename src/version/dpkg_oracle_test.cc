// The dpkg ordering against dpkg itself, on generated pairs: `dpkg --compare-versions`, one process a pair as that is
// its only interface, and perl's Dpkg::Version, which takes many more pairs at once.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "version/ordering_checks.h"
#include "version/schemes.h"

extern char** environ;

namespace limpid::version {
namespace {

using checks::below;
using checks::Random;

constexpr std::uint64_t kSeed = 19'930'816;
// Starting dpkg takes 1 to 10 ms, so a sanitized build, which checks our half only, asks less.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kDpkgPairs = 1'000;
#else
constexpr std::size_t kDpkgPairs = 20'000;
#endif
constexpr std::size_t kPerlPairs = 100'000;
constexpr std::size_t kRefusedPairs = kDpkgPairs / 50;
constexpr std::size_t kThreads = 2;  // more only wait for each other: starting dpkg is all there is to do

struct Pair {
  std::string a;
  std::string b;
};

std::string describe(const Pair& pair) {
  return base::cat({"seed ", kSeed, ": '", base::printable(pair.a), "' and '", base::printable(pair.b), "'"});
}

// [epoch:]upstream[-revision] of short runs, so that two of them often share their beginnings.
std::string generated(Random& random, std::string_view odd) {
  constexpr std::array<std::string_view, 22> kRuns = {"",  ".",  "+",  "~",  "~~", "-",    "a",       "b",
                                                      "z", "A",  "Z",  "rc", "+b", "~rc",  "+deb12u", "ubuntu",
                                                      ":", ".~", "+~", "a~", "~a", "+dfsg"};
  constexpr std::array<std::string_view, 12> kNumbers = {"",  "0",  "00", "1",   "01",  "2",
                                                         "9", "10", "11", "099", "100", "18446744073709551616"};
  std::string text;
  if (below(random, 5) == 0) text += base::cat({kNumbers[below(random, 11)], ":"});
  text += kNumbers[below(random, kNumbers.size())];
  for (std::size_t turns = below(random, 4); turns > 0; --turns) {
    text += kRuns[below(random, kRuns.size())];
    if (!odd.empty() && below(random, 6) == 0) text += odd[below(random, odd.size())];
    text += kNumbers[below(random, kNumbers.size())];
  }
  if (below(random, 3) == 0) text += base::cat({"-", kNumbers[below(random, 11)]});
  return text;
}

// Pairs that lie close together more often than not: what tells a right order from a nearly right one.
std::vector<Pair> generate(std::size_t count, std::string_view alphabet, std::string_view odd) {
  const std::vector<std::string> real = {"1.0",
                                         "1:2.36-9+deb12u10",
                                         "2.36-9+deb12u9",
                                         "1.1.1n-0+deb11u5",
                                         "3.0.11-1~deb12u2",
                                         "5.36.0-7+deb12u1",
                                         "1.0-1ubuntu0.1",
                                         "2:8.39-13ubuntu0.22.04.1",
                                         "1.0~rc1+git20230101.abcdef-1~bpo12+1",
                                         "20230311",
                                         "2023c-5+deb12u1",
                                         "1:1.2.13.dfsg-1",
                                         "0~git2023",
                                         "6.1.76-1",
                                         "7.88.1-10+deb12u5",
                                         "252.22-1~deb12u1",
                                         "1.0.0~20230101-1",
                                         "4.19.0-26-amd64"};
  Random random(kSeed);
  std::vector<Pair> pairs;
  while (pairs.size() < count) {
    Pair pair;
    switch (below(random, 8)) {
      case 0:
        pair = {generated(random, odd), generated(random, odd)};
        break;
      case 1:
      case 2:
      case 3:
        pair.a = generated(random, odd);
        pair.b = checks::mutated(pair.a, random, alphabet);
        break;
      case 4:
        pair = {real[below(random, real.size())], real[below(random, real.size())]};
        break;
      default:
        pair.a = real[below(random, real.size())];
        pair.b = checks::mutated(pair.a, random, alphabet);
        if (below(random, 2) == 0) pair.a = checks::mutated(pair.a, random, alphabet);
    }
    if (below(random, 2) == 0) std::swap(pair.a, pair.b);
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

// dpkg's exit status for `a RELATION b`: 0 true, 1 false, 2 refused; nothing when there is no dpkg to run.
std::optional<int> ask_dpkg(const std::string& a, const char* relation, const std::string& b) {
  // A blank in front keeps "-1" from looking like an option; dpkg trims it.
  const std::string left = " " + a;
  const std::string right = " " + b;
  std::array<const char*, 6> arguments = {"dpkg", "--compare-versions", left.c_str(), relation, right.c_str(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, "dpkg", &actions, nullptr, const_cast<char**>(arguments.data()), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return std::nullopt;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) == 127) return std::nullopt;
  return WEXITSTATUS(status);
}

// What our order claims, as a question that dpkg answers with "true" only if we are right.
const char* relation_of(std::strong_ordering order) { return order < 0 ? "lt" : order > 0 ? "gt" : "eq"; }

// Asks dpkg about every pair on several threads; the pairs that were answered, by kind.
struct Tally {
  std::atomic<std::size_t> valid = 0, invalid = 0, equal = 0, wrong = 0, unanswered = 0;
};
void ask_dpkg_about(const std::vector<Pair>& pairs, Tally& tally) {
  const Ordering& dpkg = dpkg_ordering();
  std::atomic<std::size_t> next = 0;
  std::mutex reporting;
  const auto work = [&] {
    for (std::size_t i = next++; i < pairs.size() && tally.wrong < 10; i = next++) {
      const Version a = dpkg.parse(pairs[i].a);
      const Version b = dpkg.parse(pairs[i].b);
      const bool valid = a.valid && b.valid;
      const std::strong_ordering order = dpkg.compare(a, b);
      if (const auto unparsed = dpkg.compare_texts(pairs[i].a, pairs[i].b); valid && unparsed && *unparsed != order) {
        ++tally.wrong;
        const std::lock_guard lock(reporting);
        ADD_FAILURE() << describe(pairs[i]) << ": another order without parsing";
      }
      const std::optional<int> status = ask_dpkg(pairs[i].a, valid ? relation_of(order) : "eq", pairs[i].b);
      if (!status) {
        ++tally.unanswered;
        continue;
      }
      ++(valid ? tally.valid : tally.invalid);
      if (valid && order == 0) ++tally.equal;
      if (*status == (valid ? 0 : 2)) continue;
      ++tally.wrong;
      const std::lock_guard lock(reporting);
      ADD_FAILURE() << describe(pairs[i]) << ": we say " << (valid ? relation_of(order) : "invalid")
                    << ", dpkg exits with " << *status;
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
}

TEST(DpkgOracle, AgreesWithDpkgItself) {
  if (ask_dpkg("1", "lt", "2") != 0) GTEST_SKIP() << "no dpkg here to ask";
  const Ordering& dpkg = dpkg_ordering();
  std::vector<Pair> pairs = generate(2 * kDpkgPairs, "0019abzAZ.+~-:", std::string_view("\x80\xc3\xff_/\n\x7f\x01", 8));
  std::size_t valid = 0;
  std::size_t refused = 0;
  std::erase_if(pairs, [&](const Pair& pair) {
    if (dpkg.parse(pair.a).valid && dpkg.parse(pair.b).valid) return ++valid > kDpkgPairs;
    // dpkg takes "" for "no version at all" here, though --validate-version refuses it.
    return base::trim(pair.a).empty() || base::trim(pair.b).empty() || ++refused > kRefusedPairs;
  });
  Tally tally;
  ask_dpkg_about(pairs, tally);
  EXPECT_EQ(tally.unanswered, 0U);
  EXPECT_GE(tally.valid, kDpkgPairs) << "too few pairs that dpkg can compare";
  EXPECT_GE(tally.invalid, kRefusedPairs);
  EXPECT_GT(tally.equal, kDpkgPairs / 20) << "too few equal pairs to prove equality";
  std::printf("dpkg --compare-versions: %zu pairs compared (%zu equal), %zu refused, %zu wrong\n", tally.valid.load(),
              tally.equal.load(), tally.invalid.load(), tally.wrong.load());
}

// A folder of the test's own, gone with it.
class Scratch {
 public:
  Scratch() {
    std::string pattern = ::testing::TempDir() + "/limpid-dpkg-oracle-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~Scratch() {
    for (const char* name : {"script", "pairs", "answers"}) unlink(file(name).c_str());
    rmdir(path_.c_str());
  }
  std::string file(std::string_view name) const { return base::cat({path_, "/", name}); }

 private:
  std::string path_;
};

std::size_t longest_number(std::string_view raw) {
  std::size_t longest = 0;
  std::size_t current = 0;
  for (const char c : raw) longest = std::max(longest, current = base::is_digit(c) ? current + 1 : 0);
  return longest;
}

TEST(DpkgOracle, AgreesWithPerlsDpkgVersion) {
  if (std::system("perl -MDpkg::Version -e 1 >/dev/null 2>&1") != 0) GTEST_SKIP() << "no perl with Dpkg::Version here";
  const Scratch scratch;
  std::ofstream(scratch.file("script")) << R"(
    use Dpkg::Version;
    while (<STDIN>) { chomp; my ($a, $b) = map { Dpkg::Version->new($_, check => 0) } split /\t/; print $a <=> $b, "\n"; }
  )";
  const Ordering& dpkg = dpkg_ordering();
  std::vector<Pair> pairs = generate(kPerlPairs, "0019abzAZ.+~-", "");
  // Perl's class is laxer about what it refuses, takes no sign before an epoch, and compares long numbers as floating
  // point.
  const auto unfit = [&](const std::string& raw) {
    return !dpkg.parse(raw).valid || !base::is_alnum(raw.front()) || longest_number(raw) > 15;
  };
  std::erase_if(pairs, [&](const Pair& pair) { return unfit(pair.a) || unfit(pair.b); });
  std::ofstream out(scratch.file("pairs"));
  for (const Pair& pair : pairs) out << pair.a << '\t' << pair.b << '\n';
  out.close();
  const std::string command = base::cat({"perl '", scratch.file("script"), "' <'", scratch.file("pairs"), "' >'",
                                         scratch.file("answers"), "' 2>/dev/null"});
  ASSERT_EQ(std::system(command.c_str()), 0);

  std::ifstream answers(scratch.file("answers"));
  std::string answer;
  std::size_t compared = 0;
  for (; compared < pairs.size() && std::getline(answers, answer) && !HasFailure(); ++compared) {
    const Pair& pair = pairs[compared];
    const std::strong_ordering order = dpkg.compare(dpkg.parse(pair.a), dpkg.parse(pair.b));
    EXPECT_EQ(answer, order < 0 ? "-1" : order > 0 ? "1" : "0") << describe(pair);
  }
  EXPECT_TRUE(HasFailure() || compared == pairs.size()) << "perl gave too few answers: " << compared;
  EXPECT_GT(compared, kPerlPairs / 2);
  std::printf("Dpkg::Version: %zu pairs compared\n", compared);
}

}  // namespace
}  // namespace limpid::version
