#include "advisory/list.h"
#include "advisory/sink_for_test.h"
#include "version/ordering.h"

namespace limpid::advisory {
namespace {

std::string feed_of(std::string_view distribution, std::string_view release, std::string_view flaw) {
  return base::cat({"{\"", distribution, R"(":[{"distroversion":")", release,
                    R"(","packages":[{"pkg":{"name":"zfoo","cves":{"CVE-2031-0015":)", flaw, "}}}]}]}"});
}

TEST(Rootio, RangesOfEachDistribution) {
  CollectingSink sink;
  ASSERT_TRUE(read_text(rootio_feed(), feed_of("debian", "12", R"({"vulnerable_ranges":["<1.2-3.root.io.1",
      ">1.2-3.root.io.1 <1.2-5"],"fixed_versions":["1.2-3.root.io.1","1.2-5"],"severity":"HIGH"})"),
                        sink));
  const auto& fixed = sink.only("CVE-2031-0015", "rootio:debian:12", "zfoo");
  EXPECT_EQ(fixed.status, Status::fixed);
  EXPECT_EQ(fixed.severity, "HIGH");
  EXPECT_EQ(fixed.ranges,
            (std::vector<Range>{{.introduced = "", .fixed = "1.2-3.root.io.1", .last_affected = ""},
                                {.introduced = "1.2-3.root.io.1+", .fixed = "1.2-5", .last_affected = ""}}));
  // The fixed build itself is outside, what follows it is not.
  const auto* ordering = version::find_ordering(version::Scheme::dpkg);
  const auto is_below = [&](const char* a, const char* b) {
    return ordering->compare(ordering->parse(a), ordering->parse(b)) < 0;
  };
  EXPECT_TRUE(is_below("1.2-3.root.io.1", "1.2-3.root.io.1+"));
  EXPECT_TRUE(is_below("1.2-3.root.io.1+", "1.2-3.root.io.2"));
  EXPECT_TRUE(is_below("1.2-3.root.io.1+", "1.2-4"));

  ASSERT_TRUE(
      read_text(rootio_feed(), feed_of("alpine", "3.17", R"({"vulnerable_ranges":[">1.6-r00099 <=1.7-r0"]})"), sink));
  const auto& open = sink.only("CVE-2031-0015", "rootio:alpine:v3.17", "zfoo");
  EXPECT_EQ(open.scheme, version::Scheme::apk);
  EXPECT_EQ(open.ranges, (std::vector<Range>{{.introduced = "1.6-r00100", .fixed = "", .last_affected = "1.7-r0"}}));
  // No range: every version.
  ASSERT_TRUE(read_text(rootio_feed(), feed_of("ubuntu", "22.04", R"({"fixed_versions":["2"]})"), sink));
  EXPECT_EQ(sink.only("CVE-2031-0015", "rootio:ubuntu:22.04", "zfoo").status, Status::affected);
}

TEST(Rootio, WhatIsNotUnderstoodIsDropped) {
  CollectingSink sink;
  const auto dropped = [&](const std::string& text) {
    const auto counts = read_text(rootio_feed(), text, sink);
    return counts && counts->dropped.size() == 1 ? counts->dropped.begin()->first : "?";
  };
  EXPECT_EQ(dropped(feed_of("slackware", "15", "{}")), "unknown release");
  EXPECT_EQ(dropped(feed_of("debian", "12", "3")), "unusable id or package name");
  for (const auto* range : {"1.2", "~1.2", "<", ">", "<1 <=2", " "})
    EXPECT_EQ(dropped(feed_of("debian", "12", base::cat({R"({"vulnerable_ranges":["<1",")", range, "\"]}"}))),
              "a range that is not understood")
        << range;
  EXPECT_EQ(dropped(feed_of("alpine", "3.17", R"({"vulnerable_ranges":[">9"]})")), "a range that is not understood");
  EXPECT_EQ(sink.statements(), 0u);
  for (const auto* bad : {"", "[1]", R"({"debian":[3]})", R"({"debian":[{"packages":[{}]}]})", R"({"debian":[)"})
    EXPECT_FALSE(read_text(rootio_feed(), bad, sink)) << bad;
}

TEST(Rootio, RealFiles) {
  const auto path = shared_data("misc/rootio/cve_feed.json");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = rootio_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(dropped_in_all(*counts), 0u);
  EXPECT_EQ(sink.only("CVE-2022-49043", "rootio:debian:12", "libxml2").ranges.size(), 2u);
  EXPECT_EQ(sink.only("CVE-2023-46853", "rootio:alpine:v3.17", "memcached").ranges[0].fixed, "1.6.17-r00071");
  EXPECT_EQ(sink.only("CVE-2023-29383", "rootio:ubuntu:22.04", "shadow").ranges[0].fixed,
            "1:4.8.1-2ubuntu2.2.root.io.2");
  CollectingSink other;
  const auto second = rootio_feed().read({.path = shared_data("misc/rootio/cve_feed"), .name_space = ""}, other);
  ASSERT_TRUE(second) << second.error().describe();
  EXPECT_EQ(other.only("CVE-2024-50382", "rootio:alpine:v3.19", "botan").ranges[0].fixed, "2.19.5-r00071");
}

}  // namespace
}  // namespace limpid::advisory
