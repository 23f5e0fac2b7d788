#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

TEST(Arch, EveryStatus) {
  CollectingSink sink;
  const auto counts = read_text(arch_feed(), R"([
 {"name":"AVG-1","packages":["zfoo","lib32-zfoo"],"status":"Fixed","severity":"High","type":"t","affected":"1.2-1",
  "fixed":"1:1.2-2","issues":["CVE-2031-0012","CVE-2031-0013"],"advisories":["ASA-203101-1"]},
 {"name":"AVG-2","packages":["zbar"],"status":"Vulnerable","fixed":null,"issues":["CVE-2031-0014"]},
 {"name":"AVG-3","packages":["zbar"],"status":"Testing","fixed":"2-1","issues":[]},
 {"name":"AVG-4","packages":["zbar"],"status":"Not affected","issues":["CVE-2031-0015"]},
 {"name":"AVG-5","packages":["zbar"],"status":"Unknown"},
 {"name":"AVG-6","packages":["zbar"],"status":"Fixed","fixed":null},
 {"name":"AVG-7","packages":["zbar"],"status":"Other"},
 {"packages":["zbar"],"status":"Vulnerable"}])",
                                sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 8u);
  EXPECT_EQ(counts->statements, 9u);
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"no name", 1}, {"unknown status", 2}}));
  const auto& fixed = sink.only("AVG-1", "arch", "zfoo");
  EXPECT_EQ(fixed.status, Status::fixed);
  EXPECT_EQ(fixed.ranges, (std::vector<Range>{{.introduced = "", .fixed = "1:1.2-2", .last_affected = ""}}));
  EXPECT_EQ(fixed.scheme, version::Scheme::pacman);
  EXPECT_EQ(sink.only("AVG-1", "arch", "lib32-zfoo").status, Status::fixed);
  const auto& group = *sink.find("AVG-1");
  EXPECT_EQ(group.upstream, (std::vector<std::string>{"CVE-2031-0012", "CVE-2031-0013"}));
  EXPECT_EQ(group.severity, "High");
  EXPECT_EQ(group.references, std::vector<std::string>{"https://security.archlinux.org/ASA-203101-1"});
  for (const auto* open : {"AVG-2", "AVG-3", "AVG-5"}) {
    EXPECT_EQ(sink.only(open, "arch", "zbar").status, Status::affected) << open;
    EXPECT_TRUE(sink.only(open, "arch", "zbar").ranges.empty()) << open;
  }
  EXPECT_EQ(sink.only("AVG-4", "arch", "zbar").status, Status::not_affected);
}

TEST(Arch, OtherDocumentsFail) {
  CollectingSink sink;
  for (const auto* bad : {"", "{\"a\":[]}x", "{\"a\":1}", "[3]", "[{\"name\":"})
    EXPECT_FALSE(read_text(arch_feed(), bad, sink)) << bad;
}

TEST(Arch, RealGroups) {
  const auto root = shared_data("arch");
  LIMPID_SKIP_WITHOUT(root);
  CollectingSink sink;
  const auto counts = arch_feed().read({.path = root, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 12u);
  EXPECT_EQ(sink.only("AVG-1", "arch", "lib32-gdk-pixbuf2").ranges[0].fixed, "2.36.0+2+ga7c869a-1");
  EXPECT_EQ(sink.only("AVG-20", "arch", "curl").ranges[0].fixed, "7.50.3-1");
  EXPECT_EQ(sink.only("AVG-1146", "arch", "squid").status, Status::affected);
  EXPECT_EQ(sink.find("AVG-1146")->upstream.size(), 3u);
}

}  // namespace
}  // namespace limpid::advisory
