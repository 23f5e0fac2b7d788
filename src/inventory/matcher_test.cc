// The matcher against the plain reading of every interest, on chosen paths and on all small paths.
#include "inventory/matcher.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"

namespace limpid::inventory {
namespace {

class Fake final : public Detector {
 public:
  explicit Fake(std::vector<Interest> interests) : interests_(std::move(interests)) {}
  std::string_view name() const override { return "fake"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override { return interests_; }
  Result<void> read(const WantedFile&, Evidence&, SkippedList&) const override { return {}; }

 private:
  std::vector<Interest> interests_;
};

using enum Interest::Match;

std::vector<std::size_t> who(const Matcher& matcher, std::string_view path) {
  std::vector<std::size_t> all;
  const Wanted wanted = matcher.look(path);
  for (const auto& by : wanted.detectors()) all.push_back(by.detector);
  std::ranges::sort(all);
  return all;
}
using Who = std::vector<std::size_t>;

TEST(Matcher, EachKindOfInterest) {
  const Fake a({{exact, "etc/os-release", {}, 1}, {directory, "var/lib/dpkg/info", ".list", 2}});
  const Fake b({{basename, "package.json", {}, 3}, {suffix, ".gemspec", {}, 4}, {suffix, ".deps.json", {}, 5}});
  const Fake c({{nested, "lib/dpkg/status", {}, 6}, {directory, "status.d", {}, 7}, {suffix, ".json", {}, 8}});
  const Detector* all[] = {&a, &b, &c};
  const Matcher matcher{all};
  EXPECT_EQ(who(matcher, "etc/os-release"), Who{0});
  EXPECT_EQ(who(matcher, "x/etc/os-release"), Who{});
  EXPECT_EQ(who(matcher, "os-release"), Who{});
  EXPECT_EQ(who(matcher, "var/lib/dpkg/info/a.list"), Who{0});
  EXPECT_EQ(who(matcher, "var/lib/dpkg/info/a.md5sums"), Who{});
  EXPECT_EQ(who(matcher, "var/lib/dpkg/info/x/a.list"), Who{});
  EXPECT_EQ(who(matcher, "package.json"), (Who{1, 2}));
  EXPECT_EQ(who(matcher, "a/b/package.json"), (Who{1, 2}));
  EXPECT_EQ(who(matcher, "a/b/xpackage.json"), Who{2});
  EXPECT_EQ(who(matcher, "a/b/x.gemspec"), Who{1});
  EXPECT_EQ(who(matcher, ".gemspec"), Who{1});
  EXPECT_EQ(who(matcher, "x.gemspec/y"), Who{});
  EXPECT_EQ(who(matcher, "x.deps.json"), (Who{1, 2}));
  EXPECT_EQ(who(matcher, "lib/dpkg/status"), Who{2});
  EXPECT_EQ(who(matcher, "var/lib/dpkg/status"), Who{2});
  EXPECT_EQ(who(matcher, "xlib/dpkg/status"), Who{});
  EXPECT_EQ(who(matcher, "dpkg/status"), Who{});
  EXPECT_EQ(who(matcher, "status.d/any"), Who{2});
  EXPECT_EQ(who(matcher, "x/status.d/any"), Who{});
  EXPECT_EQ(who(matcher, "on"), Who{});
  EXPECT_EQ(who(matcher, "n"), Who{});
  EXPECT_EQ(who(matcher, ""), Who{});
}

TEST(Matcher, TheLargestSizeOfADetectorCounts) {
  const Fake a({{suffix, ".json", {}, 10}, {basename, "big.json", {}, 100}});
  const Detector* all[] = {&a};
  const Matcher matcher{all};
  EXPECT_EQ(matcher.look("x/big.json").by[0].size_max, 100u);
  EXPECT_EQ(matcher.look("x/small.json").by[0].size_max, 10u);
  EXPECT_EQ(matcher.look("x/big.json").count, 1u);
}

TEST(Matcher, BelowAFolderOfAnyRoot) {
  const Fake a({Interest{.match = basename, .text = "SLOT", .size_max = 1, .below = "var/db/pkg"}});
  const Fake b({Interest{.match = suffix, .text = ".xml", .size_max = 1, .below = "app"}});
  const Detector* all[] = {&a, &b};
  const Matcher matcher{all};
  EXPECT_EQ(who(matcher, "var/db/pkg/a/b-1/SLOT"), Who{0});
  EXPECT_EQ(who(matcher, "x/y/var/db/pkg/SLOT"), Who{0});
  EXPECT_EQ(who(matcher, "xvar/db/pkg/SLOT"), Who{});
  EXPECT_EQ(who(matcher, "var/db/pkgs/SLOT"), Who{});
  EXPECT_EQ(who(matcher, "SLOT"), Who{});
  EXPECT_EQ(who(matcher, "xapp/app/a.xml"), Who{1});
  EXPECT_EQ(who(matcher, "app.xml"), Who{});
}

TEST(Matcher, FoldersForTheirNames) {
  const Fake a({{folders, "nix/store", {}, 1}, {directory, "nix/store", ".drv", 1}});
  const Detector* all[] = {&a};
  const Matcher matcher{all};
  EXPECT_TRUE(matcher.look_at_folder("nix/store/a-1"));
  EXPECT_FALSE(matcher.look("nix/store/a-1"));
  EXPECT_TRUE(matcher.look("nix/store/a-1.drv"));
  for (const auto* path : {"", "nix", "nix/store", "nix/store/a/b", "x/nix/store/a"})
    EXPECT_FALSE(matcher.look_at_folder(path)) << path;
  EXPECT_TRUE(matcher.look("nix/store").ancestor);
}

TEST(Matcher, Ancestors) {
  const Fake a({{exact, "etc/os-release", {}, 1}, {directory, "var/lib/dpkg/info", ".list", 2}});
  const Fake b({{nested, "lib/apk/db/installed", {}, 3}, {basename, "package.json", {}, 4}});
  const Detector* all[] = {&a, &b};
  const Matcher matcher{all};
  for (const auto* path :
       {"etc", "var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/info", "lib", "usr/lib", "lib/apk", "x/y/lib/apk/db"}) {
    EXPECT_TRUE(matcher.look(path).ancestor) << path;
  }
  for (const auto* path : {"x/etc", "usr", "lib/dpkg", "xlib", "apk", "x/apk/db", "etc/os-release", "package.json"}) {
    EXPECT_FALSE(matcher.look(path).ancestor) << path;
  }
}

bool plainly(const Interest& interest, std::string_view path) {
  const auto slash = path.rfind('/');
  const auto name = path.substr(slash + 1);
  const auto parent = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  switch (interest.match) {
    case exact:
      return path == interest.text;
    case directory:
      return parent == interest.text && name.ends_with(interest.ending);
    case basename:
      return name == interest.text;
    case suffix:
      return name.ends_with(interest.text);
    case folders:
      return false;
    case nested:
      return path == interest.text || path.ends_with(base::cat({"/", interest.text}));
  }
  return false;
}

TEST(Matcher, EverySmallPath) {
  const std::vector<Interest> interests = {{exact, "ab/a", {}, 1}, {directory, "a/b", "a", 1}, {basename, "ba", {}, 1},
                                           {suffix, "bb", {}, 1},  {nested, "b/aa", {}, 1},    {directory, "b", {}, 1}};
  std::vector<Fake> fakes;
  for (const auto& interest : interests) fakes.push_back(Fake({interest}));
  std::vector<const Detector*> all;
  for (const auto& fake : fakes) all.push_back(&fake);
  const Matcher matcher{all};
  std::size_t hits = 0;
  for (std::size_t length = 1; length <= 8; ++length) {
    std::size_t variants = 1;
    for (std::size_t i = 0; i < length; ++i) variants *= 3;
    for (std::size_t variant = 0; variant < variants; ++variant) {
      std::string path;
      for (std::size_t i = 0, rest = variant; i < length; ++i, rest /= 3) path.push_back("ab/"[rest % 3]);
      if (path.starts_with('/') || path.ends_with('/') || path.find("//") != std::string::npos) continue;
      const Wanted wanted = matcher.look(path);
      for (std::size_t i = 0; i < interests.size(); ++i) {
        const bool by = std::ranges::any_of(wanted.detectors(), [&](const auto& one) { return one.detector == i; });
        ASSERT_EQ(by, plainly(interests[i], path)) << path << ' ' << i;
        hits += by ? 1u : 0u;
      }
    }
  }
  EXPECT_GT(hits, 100u);
}

// Every registered interest is found by a path made from it, and no path is wanted by more than there is room for.
TEST(Matcher, TheRegistry) {
  EXPECT_LE(detectors().size(), 0xffffu);
  std::string names;
  for (std::size_t i = 0; i < detectors().size(); ++i) {
    names += base::cat({detectors()[i]->name(), " "});
    for (const Interest& interest : detectors()[i]->interests()) {
      const std::string text(interest.text);
      std::string path = text;
      if (interest.match == suffix) path = "x" + text;
      if (interest.match == directory) path = text + "/x" + std::string(interest.ending);
      if (interest.match == folders) path = text + "/x";
      if (!interest.below.empty()) path = base::cat({interest.below, "/", path});
      const Wanted wanted = interest.match == folders ? matcher().look_at_folder(path) : matcher().look(path);
      EXPECT_TRUE(std::ranges::any_of(wanted.detectors(), [&](const auto& by) { return by.detector == i; })) << path;
      EXPECT_LT(wanted.count, Wanted::kDetectorsMax) << path;
      EXPECT_GT(interest.size_max, 0u) << path;
    }
  }
  EXPECT_NE(names.find("dpkg "), std::string::npos);
  EXPECT_EQ(detector_set_id().size(), 64u);
  EXPECT_EQ(detector_set_id(), detector_set_id());
}

// Not a measurement, a tripwire: 40,000 paths of a usual length, far above what any build should need.
TEST(Matcher, IsCheap) {
  std::vector<std::string> paths;
  for (int i = 0; i < 40'000; ++i) paths.push_back(base::cat({"usr/share/doc/package-", i, "/changelog.Debian.gz"}));
  const auto start = std::chrono::steady_clock::now();
  std::size_t wanted = 0;
  for (const auto& path : paths) wanted += matcher().look(path).count;
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(wanted, 0u);
  EXPECT_LT(took.count(), 500.0);
  RecordProperty("milliseconds", std::to_string(took.count()));
}

}  // namespace
}  // namespace limpid::inventory
