#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

TEST(Echo, EveryForm) {
  CollectingSink sink;
  const auto counts = read_text(echo_feed(), R"({"zbar":{},
 "zfoo":{"CVE-2031-0014":{"fixed_version":"1.2-3+echo.1","severity":"high"},"CVE-2031-0015":{"fixed_version":"0"},
         "CVE-2031-0016":{},"TEMP-0000000-F7A20F":{"fixed_version":"1"},"":{}}})",
                                sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 5u);
  EXPECT_EQ(counts->dropped,
            (std::map<std::string, std::uint64_t>{{"temporary id", 1}, {"unusable id or package name", 1}}));
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  const auto& fixed = sink.only("CVE-2031-0014", "echo", "zfoo");
  EXPECT_EQ(fixed.status, Status::fixed);
  EXPECT_EQ(fixed.ranges[0].fixed, "1.2-3+echo.1");
  EXPECT_EQ(fixed.severity, "high");
  EXPECT_EQ(fixed.scheme, version::Scheme::dpkg);
  EXPECT_EQ(fixed.key_kind, KeyKind::source);
  EXPECT_EQ(sink.only("CVE-2031-0015", "echo", "zfoo").status, Status::not_affected);
  EXPECT_EQ(sink.only("CVE-2031-0016", "echo", "zfoo").status, Status::affected);
}

TEST(Echo, OtherDocumentsFail) {
  CollectingSink sink;
  for (const auto* bad : {"", "[]", R"({"zfoo":[]})", R"({"zfoo":{"CVE-2031-0001":3}})", R"({"zfoo":{"CVE-2031)"})
    EXPECT_FALSE(read_text(echo_feed(), bad, sink)) << bad;
}

TEST(Echo, RealFiles) {
  const auto path = shared_data("misc/echo/data.json");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = echo_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 4u);
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"temporary id", 1}}));
  EXPECT_EQ(sink.only("CVE-2025-4091", "echo", "firefox-esr").ranges[0].fixed, "128.10.0esr-1~deb12u1");
  EXPECT_EQ(sink.only("CVE-2025-4084", "echo", "firefox-esr").status, Status::not_affected);
  EXPECT_EQ(sink.only("CVE-2025-4091", "echo", "firefox").status, Status::affected);
}

}  // namespace
}  // namespace limpid::advisory
