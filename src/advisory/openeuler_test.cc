#include "advisory/list.h"
#include "advisory/openeuler_packages.h"
#include "advisory/rpm_feed_for_test.h"

namespace limpid::advisory {
namespace {

TEST(OpenEuler, ReleasesAndFiles) {
  EXPECT_EQ(openeuler_namespace("openEuler-24.03-LTS-SP1"), "openeuler:24.03-LTS-SP1");
  for (const auto* none : {"openEuler-", "openEuler", "Ubuntu-24.04", "openEuler-24 03", ""})
    EXPECT_EQ(openeuler_namespace(none), "") << none;
  RpmStatement statement;
  std::string_view why_not;
  EXPECT_TRUE(read_openeuler_file("vim-9.0-33.oe2203sp3.src.rpm", statement, why_not));
  EXPECT_EQ(statement.name, "vim");
  EXPECT_EQ(statement.version, "9.0-33.oe2203sp3");
  EXPECT_EQ(statement.architecture, "");
  EXPECT_EQ(statement.key_kind, KeyKind::source);
  for (const auto* none : {"vim-common-9.0-33.oe2203sp3.x86_64.rpm", "vim-help-9.0-33.oe2203sp3.noarch.rpm", "vim", ""})
    EXPECT_FALSE(read_openeuler_file(none, statement, why_not)) << none;
}

constexpr std::string_view kDocument = R"({"document":{"tracking":{"id":"openEuler-SA-2031-0001",
 "current_release_date":"2031-01-02T00:00:00+08:00"}},"product_tree":{"branches":[{"name":"openEuler","branches":[
 {"product":{"product_id":"openEuler-24.03-LTS","name":"openEuler-24.03-LTS"}},
 {"product":{"product_id":"other-1","name":"other-1"}}]}],"relationships":[
 {"product_reference":"zfoo-libs-1.2-3.oe2403.x86_64.rpm","relates_to_product_reference":"openEuler-24.03-LTS",
  "full_product_name":{"product_id":"a"}},
 {"product_reference":"zfoo-1.2-3.oe2403.src.rpm","relates_to_product_reference":"openEuler-24.03-LTS",
  "full_product_name":{"product_id":"b"}},
 {"product_reference":"zbar","relates_to_product_reference":"openEuler-24.03-LTS","full_product_name":{"product_id":"c"}},
 {"product_reference":"zbar","relates_to_product_reference":"other-1","full_product_name":{"product_id":"d"}}]},
 "vulnerabilities":[{"cve":"CVE-2031-0001","threats":[{"category":"impact","details":"Medium"}],
  "product_status":{"fixed":["a","b","nowhere"],"known_affected":["c","d"]}}]})";

TEST(OpenEuler, FilesOfReleases) {
  CollectingSink sink;
  const auto counts = read_text(openeuler_feed(), kDocument, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1u);
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"product id without a relationship", 1},
                                                                   {"product that is no release of the system", 1},
                                                                   {"package of a source", 1}}));
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(answers(sink, {"openeuler:24.03-LTS", "zfoo", "1.2-2", "x86_64", "", KeyKind::source}),
            Lines{"CVE-2031-0001 fixed 1.2-3.oe2403"});
  EXPECT_EQ(answers(sink, {"openeuler:24.03-LTS", "zfoo-libs", "1.2-2"}), Lines{});
  EXPECT_EQ(answers(sink, {"openeuler:24.03-LTS", "zbar", "1", "x86_64", "", KeyKind::source}),
            Lines{"CVE-2031-0001 affected"});
  EXPECT_EQ(sink.find("CVE-2031-0001")->severity, "Medium");
}

TEST(OpenEuler, RealDocuments) {
  const auto path = shared_data("misc/openeuler/csaf");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = openeuler_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 2u);
  EXPECT_TRUE(counts->skipped.empty());
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  const Lines fixed{"CVE-2025-29768 fixed 9.0.2092-18.oe2403sp1"};
  const auto at = [&](const char* release, const char* version) {
    return answers(sink, {base::cat({"openeuler:", release}), "vim", version, "aarch64", "", KeyKind::source});
  };
  EXPECT_EQ(at("24.03-LTS-SP1", "9.0.2092-17.oe2403sp1"), fixed);
  EXPECT_EQ(at("24.03-LTS-SP1", "9.0.2092-18.oe2403sp1"), Lines{});
  EXPECT_EQ(at("22.03-LTS-SP3", "9.0-33.oe2203sp3"), Lines{});
  EXPECT_EQ(at("24.03-LTS-SP2", "9.0.2092-17"), Lines{});  // no word on it
}

}  // namespace
}  // namespace limpid::advisory
