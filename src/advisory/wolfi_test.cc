#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kFile = R"(schema-version: 2.0.2

package:
  name: zfoo

advisories:
  - id: CGA-2hmx-pc95-g53j
    aliases:
      - CVE-2031-0001
      - GHSA-2222-3333-4444
    events:
      - timestamp: 2031-01-03T00:00:00Z
        type: fixed
        data:
          fixed-version: 1.2-r1
      - timestamp: 2031-01-01T00:00:00Z
        type: detection
        data:
          type: scan/v1
          data:
            componentName: x
            fixed-version: 9-r9

  - id: CGA-592m-j3jw-g82w
    aliases: [GHSA-5555-6666-7777]
    events:
      - {timestamp: "2031-01-01T00:00:00Z", type: detection}
      - timestamp: 2031-01-02T00:00:00Z
        type: false-positive-determination
        data: {type: component-vulnerability-mismatch, note: "no"}

  - id: CGA-6pm2-j37h-3fvw
    events:
      - timestamp: 2031-01-02T00:00:00Z
        type: pending-upstream-fix

  - id: CGA-aaaa-bbbb-cccc
    aliases: [CVE-2031-0002, CVE-2031-0003]
    events:
      - {timestamp: 2031-01-02T00:00:00Z, type: fix-not-planned}

  - id: CGA-dddd-bbbb-cccc
    aliases: [CVE-2031-0004]
    events: []

  - aliases: []
    events:
      - {timestamp: 2031-01-02T00:00:00Z, type: detection}
)";

TEST(Wolfi, TheNewestEventDecides) {
  CollectingSink sink;
  const auto counts = read_text(wolfi_feed(), kFile, sink, "zfoo.advisories.yaml");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 6u);
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"unknown status", 1}, {"no id", 1}}));
  EXPECT_EQ(counts->statements, sink.statements() + 2);
  EXPECT_EQ(counts->as_of, "2031-01-03T00:00:00Z");
  const auto& fixed = sink.only("CVE-2031-0001", "wolfi", "zfoo");
  EXPECT_EQ(fixed.status, Status::fixed);
  EXPECT_EQ(fixed.ranges, (std::vector<Range>{{.introduced = "", .fixed = "1.2-r1", .last_affected = ""}}));
  EXPECT_EQ(fixed.scheme, version::Scheme::apk);
  EXPECT_EQ(sink.find("CVE-2031-0001")->aliases,
            (std::vector<std::string>{"GHSA-2222-3333-4444", "CGA-2hmx-pc95-g53j"}));
  EXPECT_EQ(sink.only("GHSA-5555-6666-7777", "wolfi", "zfoo").status, Status::not_affected);
  EXPECT_EQ(sink.only("CGA-6pm2-j37h-3fvw", "wolfi", "zfoo").status, Status::affected);
  for (const auto* id : {"CVE-2031-0002", "CVE-2031-0003"})
    EXPECT_EQ(sink.only(id, "wolfi", "zfoo").status, Status::will_not_fix) << id;
  CollectingSink other;
  ASSERT_TRUE(read_text(wolfi_feed(), kFile, other, "zfoo.advisories.yaml", "chainguard"));
  EXPECT_EQ(other.only("CVE-2031-0001", "chainguard", "zfoo").status, Status::fixed);
}

TEST(Wolfi, OtherDocumentsFail) {
  CollectingSink sink;
  std::string deep = "package: ";
  for (int i = 0; i < 100; ++i) deep += "[";
  for (const std::string& bad :
       {std::string("[1]"), std::string("x"), std::string("package: {}"), std::string("a: [b"),
        std::string("package: &a {name: zfoo}\nadvisories: *a"), std::string("{[a]: b}"), deep})
    EXPECT_FALSE(read_text(wolfi_feed(), bad, sink, "zfoo.advisories.yaml")) << bad;
  EXPECT_TRUE(sink.advisories.empty());
}

TEST(Wolfi, RealFiles) {
  const auto path = shared_data("wolfi/advisories-yaml.tar.zst");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = wolfi_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_TRUE(counts->skipped.empty());
  EXPECT_EQ(counts->records, 18'822u);
  EXPECT_EQ(dropped_in_all(*counts), 0u);
  std::map<Status, std::size_t> by_status;
  for (const auto& advisory : sink.advisories)
    for (const auto& affected : advisory.affected) ++by_status[affected.status];
  EXPECT_EQ(by_status, (std::map<Status, std::size_t>{{Status::fixed, 13'238},
                                                      {Status::affected, 3'034 + 534 + 6},
                                                      {Status::will_not_fix, 138},
                                                      {Status::not_affected, 1'872}}));
  // Found, then judged: it affects Windows only.
  EXPECT_EQ(sink.only("CVE-2024-47535", "wolfi", "akhq").status, Status::not_affected);
}

}  // namespace
}  // namespace limpid::advisory
