#include <algorithm>

#include "advisory/list.h"
#include "advisory/sink_for_test.h"
#include "base/text.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kEnded = R"(# List of packages whose security support ends before the distribution EOL
# 1. source package name

wpewebkit	2.38.6-1		2023-05-09	https://bugs.debian.org/1035794
php-horde.*	0			2025-03-22	incompatible with PHP8
lxd             5.0.2-5+deb12u6         2026-06-12
broken          1.0                     soon            no date
Upper           1.0                     2026-06-12      no package of Debian's
)";
constexpr std::string_view kLimited = R"(# security support is limited
binutils        Only suitable for trusted content
golang.*        See the release notes
)";

std::string written(const PackageSupport& support) {
  return base::cat({support.name_space, " ", support.package, support.is_prefix ? "*" : "",
                    support.state == PackageSupport::State::ended ? " ended " : " limited ", support.last_version, "|",
                    support.since, "|", support.detail});
}
std::vector<std::string> written(const CollectingSink& sink) {
  std::vector<std::string> all;
  for (const auto& support : sink.package_supports) all.push_back(written(support));
  std::ranges::sort(all);
  return all;
}
using Lines = std::vector<std::string>;

TEST(DebianSupport, ListsOfReleasesAndTheOneForAll) {
  const FeedFolder folder;
  folder.write("security-support-ended.deb12", kEnded);
  folder.write("security-support-ended.deb11", "# nothing\n");
  folder.write("security-support-ended", kEnded);  // the package's own release: a copy of one of the others
  folder.write("security-support-limited", kLimited);
  folder.write("README", "no list");
  CollectingSink sink;
  const auto counts = debian_support_feed().read({.path = folder.path(), .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(written(sink), (Lines{"debian:11 binutils limited ||Only suitable for trusted content",
                                  "debian:11 golang* limited ||See the release notes",
                                  "debian:12 binutils limited ||Only suitable for trusted content",
                                  "debian:12 golang* limited ||See the release notes",
                                  "debian:12 lxd ended 5.0.2-5+deb12u6|2026-06-12|",
                                  "debian:12 php-horde* ended |2025-03-22|incompatible with PHP8",
                                  "debian:12 wpewebkit ended 2.38.6-1|2023-05-09|https://bugs.debian.org/1035794"}));
  EXPECT_EQ(counts->records, 12U);
  EXPECT_EQ(counts->statements, 14U);
  EXPECT_EQ(dropped_in_all(*counts) + sink.package_supports.size(), counts->statements);
  EXPECT_EQ(counts->dropped.at("no date"), 2U);
  EXPECT_EQ(counts->dropped.at("unusable package name"), 2U);
}

TEST(DebianSupport, ANamespaceSaysWhoseItIs) {
  CollectingSink sink;
  ASSERT_TRUE(read_text(debian_support_feed(), kLimited, sink, "security-support-limited", "debian:13"));
  EXPECT_EQ(written(sink).front(), "debian:13 binutils limited ||Only suitable for trusted content");
  CollectingSink plain;
  ASSERT_TRUE(read_text(debian_support_feed(), kEnded, plain, "security-support-ended", "debian:12"));
  EXPECT_EQ(plain.package_supports.size(), 3U);
  // Of a folder only the lists of that release.
  const FeedFolder folder;
  folder.write("security-support-ended.deb11", "a 1 2024-01-01\n");
  folder.write("security-support-ended.deb12", "b 1 2024-01-01\n");
  CollectingSink one;
  ASSERT_TRUE(debian_support_feed().read({.path = folder.path(), .name_space = "debian:11"}, one));
  EXPECT_EQ(written(one), Lines{"debian:11 a ended 1|2024-01-01|"});
}

TEST(DebianSupport, WhatTellsNoReleaseIsCounted) {
  CollectingSink sink;
  const auto counts = read_text(debian_support_feed(), kLimited, sink, "security-support-limited");
  ASSERT_TRUE(counts);
  EXPECT_TRUE(sink.package_supports.empty());
  EXPECT_EQ(dropped_in_all(*counts), 2U);
}

TEST(DebianSupport, WhatIsNoListFails) {
  CollectingSink sink;
  EXPECT_FALSE(read_text(debian_support_feed(), "<html>\n<body>\n", sink, "security-support-ended.deb12"));
  EXPECT_FALSE(read_text(debian_support_feed(), kLimited, sink, "something-else"));
}

TEST(DebianSupport, RealLists) {
  const auto path = shared_data("debian/security-support");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = debian_support_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 16U + 16U + 8U + 0U + 21U + 32U);  // lines of the six files
  EXPECT_EQ(sink.package_supports.size(), 16U + 8U + 21U + 4U * 32U);
  const auto all = written(sink);
  const auto has = [&](std::string_view beginning) {
    return std::ranges::any_of(all, [&](const std::string& line) { return line.starts_with(beginning); });
  };
  EXPECT_TRUE(has("debian:12 suricata ended 1:6.0.10-1|2026-04-30|Upstream security support ended"));
  EXPECT_TRUE(has("debian:9 node-* ended |2020-02-20|"));
  EXPECT_TRUE(has("debian:12 rust* limited ||See https"));
  EXPECT_FALSE(has("debian:11 suricata"));
}

}  // namespace
}  // namespace limpid::advisory
