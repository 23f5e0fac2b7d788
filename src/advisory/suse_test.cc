#include <gtest/gtest.h>

#include "advisory/list.h"
#include "advisory/rpm_feed_for_test.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kDocument = R"({
"document": {"tracking": {"id": "CVE-2031-0020", "current_release_date": "2031-01-02T00:00:00Z"}},
"product_tree": {"branches": [{"branches": [
  {"category": "product_name", "product": {"product_id": "SUSE Linux Enterprise Server 15 SP5", "name": "SUSE Linux Enterprise Server 15 SP5"}},
  {"category": "product_name", "product": {"product_id": "SUSE Manager Server 4.3", "name": "SUSE Manager Server 4.3"}},
  {"category": "product_version", "product": {"product_id": "zfoo-1.2-150500.3.1.x86_64"}},
  {"category": "product_version", "product": {"product_id": "zbar"}}]}],
 "relationships": [
  {"full_product_name": {"product_id": "S:zfoo-1.2-150500.3.1.x86_64"}, "product_reference": "zfoo-1.2-150500.3.1.x86_64", "relates_to_product_reference": "SUSE Linux Enterprise Server 15 SP5"},
  {"full_product_name": {"product_id": "S:zfoo-1.2-150500.3.1.src"}, "product_reference": "zfoo-1.2-150500.3.1.src", "relates_to_product_reference": "SUSE Linux Enterprise Server 15 SP5"},
  {"full_product_name": {"product_id": "S:zall-1.2-1.1"}, "product_reference": "zall-1.2-1.1", "relates_to_product_reference": "SUSE Linux Enterprise Server 15 SP5"},
  {"full_product_name": {"product_id": "S:zbar"}, "product_reference": "zbar", "relates_to_product_reference": "SUSE Linux Enterprise Server 15 SP5"},
  {"full_product_name": {"product_id": "S:zbaz"}, "product_reference": "zbaz", "relates_to_product_reference": "SUSE Linux Enterprise Server 15 SP5"},
  {"full_product_name": {"product_id": "M:zbar"}, "product_reference": "zbar", "relates_to_product_reference": "SUSE Manager Server 4.3"}]},
"vulnerabilities": [{"cve": "CVE-2031-0020",
 "product_status": {"recommended": ["S:zfoo-1.2-150500.3.1.x86_64", "S:zfoo-1.2-150500.3.1.src", "S:zall-1.2-1.1"],
  "known_affected": ["S:zbar", "M:zbar"], "known_not_affected": ["S:zbaz"], "under_investigation": ["S:nobody"]},
 "threats": [{"category": "impact", "details": "moderate", "product_ids": ["S:zbar"]}]}]})";

TEST(Suse, EveryState) {
  CollectingSink sink;
  const auto counts = read_text(suse_feed(), kDocument, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"product id without a relationship", 1},
                                                                   {"product that is no release of a system", 1},
                                                                   {"source package", 1}}));
  EXPECT_EQ(answers(sink, {"sles:15.5", "zfoo", "1.2-150500.2.1"}), Lines{"CVE-2031-0020 fixed 1.2-150500.3.1"});
  EXPECT_EQ(answers(sink, {"sles:15.5", "zfoo", "1.2-150500.2.1", "aarch64"}), Lines{});
  EXPECT_EQ(answers(sink, {"sles:15.5", "zfoo", "1.2-150500.3.1"}), Lines{});
  EXPECT_EQ(answers(sink, {"sles:15.4", "zfoo", "1.2-150500.2.1"}), Lines{});
  EXPECT_EQ(answers(sink, {"sles:15.5", "zall", "1.1-1", "s390x"}), Lines{"CVE-2031-0020 fixed 1.2-1.1"});
  EXPECT_EQ(answers(sink, {"sles:15.5", "zbar", "1"}), Lines{"CVE-2031-0020 affected"});
  EXPECT_EQ(answers(sink, {"sles:15.5", "zbaz", "1"}), Lines{"CVE-2031-0020 not_affected"});
  EXPECT_EQ(sink.only("CVE-2031-0020", "sles:15.5", "zbar").severity, "moderate");
}

// The release has ended, its LTSS goes on: both are one namespace, and the fix is to be seen.
TEST(Suse, WhatIsFixedSomewhereIsNotUnfixed) {
  CollectingSink sink;
  std::string text = R"({"document":{"tracking":{"id":"CVE-2031-0021"}},"product_tree":{"branches":[)";
  for (const auto* product : {"SUSE Linux Enterprise Server 15 SP3", "SUSE Linux Enterprise Server 15 SP3-LTSS"})
    base::append(text, {R"({"product":{"product_id":")", product, R"(","name":")", product, R"("}},)"});
  text.back() = ']';
  text += R"(,"relationships":[
    {"full_product_name":{"product_id":"a"},"product_reference":"zfoo","relates_to_product_reference":"SUSE Linux Enterprise Server 15 SP3"},
    {"full_product_name":{"product_id":"b"},"product_reference":"zfoo-1.2-1.1.x86_64","relates_to_product_reference":"SUSE Linux Enterprise Server 15 SP3-LTSS"},
    {"full_product_name":{"product_id":"c"},"product_reference":"zbar","relates_to_product_reference":"SUSE Linux Enterprise Server 15 SP3"}]},
    "vulnerabilities":[{"cve":"CVE-2031-0021","product_status":{"known_affected":["a","c"],"recommended":["b"]}}]})";
  const auto counts = read_text(suse_feed(), text, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->statements, sink.statements());
  EXPECT_EQ(answers(sink, {"sles:15.3", "zfoo", "1.1-1.1"}), Lines{"CVE-2031-0021 fixed 1.2-1.1"});
  EXPECT_EQ(answers(sink, {"sles:15.3", "zfoo", "1.2-1.1"}), Lines{});
  EXPECT_EQ(answers(sink, {"sles:15.3", "zbar", "1"}), Lines{"CVE-2031-0021 affected"});
}

// Checked by hand against the documents' text.
TEST(Suse, Real) {
  CollectingSink sink;
  for (const auto* name : {"suse/csaf-vex", "suse/csaf"}) {
    const auto path = shared_data(name);
    LIMPID_SKIP_WITHOUT(path);
    const auto counts = suse_feed().read({.path = path, .name_space = {}}, sink);
    ASSERT_TRUE(counts) << counts.error().describe();
    EXPECT_TRUE(counts->skipped.empty());
  }
  EXPECT_EQ(answers(sink, {"sle-micro:6.0", "samba-client-libs", "4.19.4+git.330-1.1"}),
            Lines{"CVE-2023-5568 fixed 4.19.4+git.339.acf1ccaa02-1.22"});
  EXPECT_EQ(answers(sink, {"sle-micro:6.0", "samba-client-libs", "4.19.4+git.339.acf1ccaa02-1.22"}), Lines{});
  EXPECT_EQ(answers(sink, {"opensuse-tumbleweed", "ctdb", "4.19.1+git.1-1.1"}),
            Lines{"CVE-2023-5568 fixed 4.19.2+git.322.7e9201cef5-1.1"});
  EXPECT_EQ(answers(sink, {"sles:15.5", "samba", "4.17.9-1"}), Lines{"CVE-2023-5568 not_affected"});
}

}  // namespace
}  // namespace limpid::advisory
