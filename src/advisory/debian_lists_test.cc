#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kList =
    "[29 Mar 2031] DSA-9999-2 zfoo - regression update\n"
    "\t[bookworm] - zfoo 1.2-3+deb12u2\n"
    "[2 Jan 2031] DSA-9999-1 zfoo zbar - security update\n"
    "\t{CVE-2031-0001 CVE-2031-0002}\n"
    "        [bookworm] - zfoo 1.2-3+deb12u1\n"
    "\t[bookworm] - zbar <not-affected> (Vulnerable code not present)\n"
    "\t[trixie] - zfoo <unfixed>\n"
    "\t[bullseye] - zfoo <end-of-life>\n"
    "\t- zfoo 1.3-1\n"
    "\t[woody] - zfoo kernel-image-2.4.17-ia64\n"
    "\t[nextone] - zfoo 1\n"
    "\tNOTE: https://localhost/ - zfoo 9\n"
    "[01 Jan 2031] DLA-1-1 zqux - security update\n"
    "\t[buster] - zqux 3-1\n";

TEST(DebianLists, EveryKindOfLine) {
  CollectingSink sink;
  const auto counts = read_text(debian_lists_feed(), kList, sink, "DSA.list");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 3u);
  EXPECT_EQ(counts->statements, 9u);
  EXPECT_EQ(counts->dropped.at("no version"), 1u);
  EXPECT_EQ(counts->dropped.at("unknown release"), 1u);
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(counts->as_of, "2031-03-29");
  const auto of = [&](std::string_view release, std::string_view package) -> const Affected& {
    return sink.only("DSA-9999-1", release, package);
  };
  EXPECT_EQ(of("debian:12", "zfoo").ranges[0].fixed, "1.2-3+deb12u1");
  EXPECT_EQ(of("debian:12", "zfoo").key_kind, KeyKind::source);
  EXPECT_EQ(of("debian:12", "zbar").status, Status::not_affected);
  EXPECT_EQ(of("debian:13", "zfoo").status, Status::affected);
  EXPECT_EQ(of("debian:11", "zfoo").status, Status::end_of_life);
  EXPECT_EQ(of("debian:unstable", "zfoo").ranges[0].fixed, "1.3-1");
  const auto both = std::vector<std::string>{"CVE-2031-0001", "CVE-2031-0002"};
  EXPECT_EQ(sink.find("DSA-9999-1")->upstream, both);
  EXPECT_EQ(sink.find("DSA-9999-1")->published, "2031-01-02");
  EXPECT_EQ(sink.find("DSA-9999-1")->title, "zfoo zbar - security update");
  // A revision is about the flaws of what it revises.
  EXPECT_EQ(sink.find("DSA-9999-2")->upstream, both);
  EXPECT_TRUE(sink.find("DLA-1-1")->upstream.empty());
}

TEST(DebianLists, OtherFilesFail) {
  CollectingSink sink;
  for (const auto* bad : {"", "hello", "{}", "CVE-2031-0001 (x)\n"})
    EXPECT_FALSE(read_text(debian_lists_feed(), bad, sink, "DSA.list")) << bad;
}

TEST(DebianLists, RealLists) {
  const auto path = shared_data("debian");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = debian_lists_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 4'975u + 3'242u);
  EXPECT_EQ(counts->statements, 9'716u);
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_LE(dropped_in_all(*counts), 60u);
  EXPECT_EQ(counts->as_of, "2023-04-01");
  EXPECT_EQ(sink.only("DSA-5380-1", "debian:11", "xorg-server").ranges[0].fixed, "2:1.20.11-1+deb11u6");
  EXPECT_EQ(sink.find("DSA-5380-1")->upstream, std::vector<std::string>{"CVE-2023-1393"});
  EXPECT_EQ(sink.only("DSA-136", "debian:3.0", "openssl").ranges[0].fixed, "0.9.6c-2.woody.1");
  EXPECT_EQ(sink.find("DSA-136")->upstream.size(), 4u);
  EXPECT_EQ(sink.only("DLA-3377-1", "debian:10", "systemd").ranges[0].fixed, "241-7~deb10u9");
}

}  // namespace
}  // namespace limpid::advisory
