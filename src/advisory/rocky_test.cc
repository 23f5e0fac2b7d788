#include <gtest/gtest.h>

#include "advisory/list.h"
#include "advisory/rpm_feed_for_test.h"

namespace limpid::advisory {
namespace {

TEST(Rocky, APageOfTheApi) {
  CollectingSink sink;
  const auto counts = read_text(rocky_feed(), R"json({"total": 2, "advisories": [
    {"name": "RLSA-2031:0001", "kind": "Security", "severity": "Important", "synopsis": "Important: zfoo", "description": "d",
     "published_at": "2031-01-02T00:00:00Z", "updated_at": null,
     "cves": [{"cve": "CVE-2031-0010", "cvss3_scoring_vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}],
     "fixes": [{"source": "https://example.org/1"}],
     "packages": [
      {"nevra": "zfoo-0:1.2-3.el9.x86_64.rpm", "module_name": null, "module_stream": null, "product_name": "Rocky Linux 9 x86_64"},
      {"nevra": "zfoo-0:1.2-4.el9.aarch64.rpm", "module_name": null, "module_stream": null, "product_name": "Rocky Linux 9 aarch64"},
      {"nevra": "zfoo-0:1.2-3.el9.src.rpm", "module_name": null, "module_stream": null, "product_name": "Rocky Linux 9 x86_64"},
      {"nevra": "zjs-1:18-1.module+el8.x86_64.rpm", "module_name": "zjs", "module_stream": "18", "product_name": "Rocky Linux 8.4 x86_64 (Legacy)"},
      {"nevra": "zcloud-1-1.x86_64.rpm", "product_name": "Rocky SIG Cloud 9 x86_64"},
      {"nevra": "nonsense", "product_name": "Rocky Linux 9 x86_64"}]},
    {"name": "RLBA-2031:0002", "kind": "Bug Fix", "severity": "None", "cves": [],
     "packages": [{"nevra": "zbar-0:1-1.el9.x86_64.rpm", "product_name": "Rocky Linux 9 x86_64"}]}]})json",
                                sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 2U);
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(
      counts->dropped,
      (std::map<std::string, std::uint64_t>{
          {"source package", 1}, {"unknown release", 1}, {"package without a name", 1}, {"not a security update", 1}}));
  EXPECT_EQ(answers(sink, {"rocky:9", "zfoo", "1.2-3.el9", "x86_64"}), Lines{});
  EXPECT_EQ(answers(sink, {"rocky:9", "zfoo", "1.2-3.el9", "aarch64"}), Lines{"RLSA-2031:0001 fixed 1.2-4.el9"});
  EXPECT_EQ(answers(sink, {"rocky:8", "zjs", "1:18-0", "x86_64", "zjs:18"}),
            Lines{"RLSA-2031:0001 fixed 1:18-1.module+el8"});
  EXPECT_EQ(answers(sink, {"rocky:8", "zjs", "1:18-0", "x86_64", "zjs:20"}), Lines{});
  EXPECT_EQ(sink.advisories[0].upstream, Lines{"CVE-2031-0010"});
  EXPECT_EQ(sink.advisories[0].cvss.size(), 1U);
}

TEST(Rocky, UpdateInfoWithAModule) {
  CollectingSink sink;
  const auto counts =
      read_text(rocky_feed(), R"(<updates><update type="security"><id>RLSA-2031:0003</id><severity>Moderate</severity>
    <release>Rocky Linux 9</release><references><reference type="cve" id="CVE-2031-0011" href="u"/></references><pkglist>
    <collection short="a"><module name="zdb" stream="10" version="1" context="c" arch="x86_64"/>
     <package name="zdb" epoch="3" version="10.5" release="2.module+el9.1.0" arch="x86_64"/></collection>
    <collection short="b"><package name="zdb-old" epoch="0" version="1" release="2.module+el9.1.0" arch="x86_64"/>
     <package name="zlib" epoch="0" version="1" release="2.el9" arch="noarch"/></collection></pkglist></update></updates>)",
                sink, "updateinfo.xml");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->dropped.at("modular package without its module"), 1U);
  EXPECT_EQ(answers(sink, {"rocky:9", "zdb", "3:10.4-1", "x86_64", "zdb:10"}),
            Lines{"RLSA-2031:0003 fixed 3:10.5-2.module+el9.1.0"});
  EXPECT_EQ(answers(sink, {"rocky:9", "zdb", "3:10.4-1", "x86_64"}), Lines{});
  EXPECT_EQ(answers(sink, {"rocky:9", "zlib", "1-1.el9", "aarch64"}), Lines{"RLSA-2031:0003 fixed 1-2.el9"});
}

TEST(Rocky, ADocumentOfAnotherKindFails) {
  CollectingSink sink;
  EXPECT_FALSE(read_text(rocky_feed(), R"({"updates": []})", sink));
  EXPECT_FALSE(read_text(rocky_feed(), R"({"advisories": [1]})", sink));
  EXPECT_FALSE(read_text(rocky_feed(), R"({"advisories": [)", sink));
}

// Checked by hand against the files' text.
TEST(Rocky, Real) {
  CollectingSink sink;
  for (const auto* name : {"rocky/apollo-api", "rocky/updateinfo"}) {
    const auto path = shared_data(name);
    LIMPID_SKIP_WITHOUT(path);
    const auto counts = rocky_feed().read({.path = path, .name_space = {}}, sink);
    ASSERT_TRUE(counts) << counts.error().describe();
  }
  EXPECT_EQ(answers(sink, {"rocky:10", "delve", "1.24.1-1.el10_1"}), Lines{"RLSA-2025:21816 fixed 1.25.2-1.el10_1"});
  EXPECT_EQ(answers(sink, {"rocky:10", "delve", "1.25.2-1.el10_1"}), Lines{});
  EXPECT_EQ(answers(sink, {"rocky:9", "delve", "1.24.1-1.el9"}), Lines{});
  EXPECT_EQ(answers(sink, {"rocky:8", "openssl", "1:1.1.1k-5.el8_5"}), Lines{"RLSA-2022:1234 fixed 1:1.1.1k-6.el8_5"});
  EXPECT_EQ(answers(sink, {"rocky:8", "lz4", "1.8.3-2.el8"}), Lines{"RLSA-2021:2575 fixed 1.8.3-3.el8_4"});
  EXPECT_EQ(answers(sink, {"rocky:8", "lz4", "1.8.3-2.el8", "aarch64"}), Lines{});
  EXPECT_EQ(answers(sink, {"rocky:8", "firewalld", "0.8.2-6.el8"}), Lines{});  // a bug fix
}

}  // namespace
}  // namespace limpid::advisory
