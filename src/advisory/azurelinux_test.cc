#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

std::string document(std::string_view patchable, std::string_view criteria, std::string_view severity = "High") {
  return base::cat({R"(<oval_definitions><generator><timestamp>2031-01-02T00:00:00Z</timestamp></generator><definitions>
<definition class="vulnerability" id="d"><metadata><title>CVE-2031-0001 in zfoo</title>
<reference ref_id="CVE-2031-0001" ref_url="https://localhost/1" source="CVE"/><patchable>)",
                    patchable, "</patchable><advisory_date>2031-01-01T00:00:00Z</advisory_date><severity>", severity,
                    "</severity></metadata><criteria operator=\"AND\">", criteria,
                    R"(</criteria></definition></definitions>
<tests><t id="below"><object object_ref="zfoo"/><state state_ref="below"/></t>
<t id="upto"><object object_ref="zfoo"/><state state_ref="upto"/></t>
<t id="above"><object object_ref="zfoo"/><state state_ref="above"/></t>
<t id="other"><object object_ref="zbar"/><state state_ref="below"/></t></tests>
<objects><o id="zfoo"><name>zfoo</name></o><o id="zbar"><name>zbar</name></o></objects>
<states><s id="below"><evr operation="less than">0: 1.20-1.azl3</evr></s>
<s id="upto"><evr operation="less than or equal">1:1.20-1.azl3</evr></s>
<s id="above"><evr operation="greater than">0:1.0-0</evr></s></states></oval_definitions>)"});
}

constexpr std::string_view kBelow = R"(<criterion test_ref="below"/>)";
constexpr std::string_view kUpTo = R"(<criterion test_ref="upto"/>)";
constexpr std::string_view kAbove = R"(<criterion test_ref="above"/>)";

FeedCounts read(const std::string& text, CollectingSink& sink, const std::string& name = "azurelinux-3.0-oval.xml") {
  const auto counts = read_text(azurelinux_feed(), text, sink, name);
  EXPECT_TRUE(counts) << counts.error().describe();
  return counts ? *counts : FeedCounts{};
}

TEST(AzureLinux, BoundsAndWhetherTheyAreFixes) {
  CollectingSink fixed;
  EXPECT_EQ(read(document("true", base::cat({kBelow, kAbove})), fixed).as_of, "2031-01-02T00:00:00Z");
  const auto& one = fixed.only("CVE-2031-0001", "azurelinux:3.0", "zfoo");
  EXPECT_EQ(one.status, Status::fixed);
  EXPECT_EQ(one.ranges, (std::vector<Range>{{.introduced = "1.0-0", .fixed = "1.20-1.azl3", .last_affected = ""}}));
  EXPECT_EQ(one.scheme, version::Scheme::rpm);
  EXPECT_EQ(one.key_kind, KeyKind::source);
  EXPECT_EQ(fixed.find("CVE-2031-0001")->severity, "High");
  EXPECT_EQ(fixed.find("CVE-2031-0001")->published, "2031-01-01T00:00:00Z");

  CollectingSink open;
  read(document("false", kUpTo), open, "cbl-mariner-2.0-oval.xml");
  const auto& two = open.only("CVE-2031-0001", "mariner:2.0", "zfoo");
  EXPECT_EQ(two.status, Status::affected);
  EXPECT_EQ(two.ranges, (std::vector<Range>{{.introduced = "", .fixed = "", .last_affected = "1:1.20-1.azl3"}}));
}

TEST(AzureLinux, WhatIsNotUnderstoodIsDropped) {
  CollectingSink sink;
  EXPECT_EQ(read(document("Not Applicable", kBelow), sink).dropped.at("not applicable"), 1u);
  for (const auto& criteria : {base::cat({kBelow, kUpTo}), base::cat({kBelow, R"(<criterion test_ref="other"/>)"}),
                               std::string(R"(<criterion test_ref="none"/>)"), std::string(),
                               std::string(R"(<criterion negate="true" test_ref="below"/>)")})
    EXPECT_EQ(read(document("true", criteria), sink).dropped.count("criteria that are not understood"), 1u) << criteria;
  EXPECT_EQ(sink.statements(), 0u);
  const auto unnamed = read_text(azurelinux_feed(), document("true", kBelow), sink, "oval.xml");
  ASSERT_FALSE(unnamed);
  EXPECT_EQ(unnamed.error().code(), Code::usage);
  ASSERT_TRUE(read_text(azurelinux_feed(), document("true", kBelow), sink, "oval.xml", "azurelinux:4.0"));
  sink.only("CVE-2031-0001", "azurelinux:4.0", "zfoo");
}

TEST(AzureLinux, RealFiles) {
  const auto path = shared_data("azurelinux");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = azurelinux_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1'222u + 2'436u);
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"not applicable", 1 + 132}}));
  std::map<std::string, std::size_t> by_release, open;
  for (const auto& advisory : sink.advisories)
    for (const auto& affected : advisory.affected) {
      ++by_release[affected.name_space];
      if (affected.status == Status::affected) ++open[affected.name_space];
    }
  EXPECT_EQ(by_release, (std::map<std::string, std::size_t>{{"azurelinux:3.0", 1'221}, {"mariner:2.0", 2'304}}));
  EXPECT_EQ(open, (std::map<std::string, std::size_t>{{"mariner:2.0", 160}}));
  EXPECT_EQ(sink.only("CVE-2024-47191", "azurelinux:3.0", "oath-toolkit").ranges[0].fixed, "2.6.7-3.azl3");
  EXPECT_EQ(sink.only("CVE-2023-51714", "mariner:2.0", "qt5-qtbase").ranges[0].fixed, "5.12.11-10.cm2");
  EXPECT_EQ(sink.only("CVE-2022-3857", "mariner:2.0", "syslinux").ranges[0].last_affected, "6.04-10.cm2");
  // "Not applicable" there: nothing may be said of it here.
  EXPECT_EQ(sink.find("CVE-2022-3294"), nullptr);
}

}  // namespace
}  // namespace limpid::advisory
