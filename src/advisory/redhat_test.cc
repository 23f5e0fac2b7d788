#include <gtest/gtest.h>

#include "advisory/list.h"
#include "advisory/rpm_feed_for_test.h"

namespace limpid::advisory {
namespace {

// A document with a repository, its extended-support sibling, a layered product, and packages in every state.
constexpr std::string_view kDocument = R"({
"document": {"tracking": {"id": "CVE-2031-0005", "status": "final", "current_release_date": "2031-01-02T00:00:00+00:00"}},
"product_tree": {
 "branches": [{"category": "vendor", "name": "Red Hat", "branches": [
  {"category": "product_name", "name": "AS9", "product": {"product_id": "AppStream-9.4.0.Z.MAIN", "name": "AS9",
   "product_identification_helper": {"cpe": "cpe:/a:redhat:enterprise_linux:9::appstream"}}},
  {"category": "product_name", "name": "EUS", "product": {"product_id": "AppStream-9.2.0.Z.EUS", "name": "EUS",
   "product_identification_helper": {"cpe": "cpe:/a:redhat:rhel_eus:9.2::appstream"}}},
  {"category": "product_name", "name": "OCP", "product": {"product_id": "OCP", "name": "OCP",
   "product_identification_helper": {"cpe": "cpe:/a:redhat:openshift:4"}}},
  {"category": "product_version", "name": "a", "product": {"product_id": "zfoo-libs-1:1.2-3.el9_4.x86_64", "name": "a",
   "product_identification_helper": {"purl": "pkg:rpm/redhat/zfoo-libs@1.2-3.el9_4?arch=x86_64&epoch=1"}}},
  {"category": "product_version", "name": "b", "product": {"product_id": "zfoo-libs-1:1.2-3.el9_4.aarch64", "name": "b",
   "product_identification_helper": {"purl": "pkg:rpm/redhat/zfoo-libs@1.2-3.el9_4?arch=aarch64&epoch=1"}}},
  {"category": "product_version", "name": "c", "product": {"product_id": "zfoo-libs-1:1.0-9.el9_2.x86_64", "name": "c",
   "product_identification_helper": {"purl": "pkg:rpm/redhat/zfoo-libs@1.0-9.el9_2?arch=x86_64&epoch=1"}}},
  {"category": "product_version", "name": "d", "product": {"product_id": "zfoo-1:1.2-3.el9_4.src", "name": "d",
   "product_identification_helper": {"purl": "pkg:rpm/redhat/zfoo@1.2-3.el9_4?arch=src&epoch=1"}}},
  {"category": "product_version", "name": "e", "product": {"product_id": "zfoo-debuginfo-1:1.2-3.el9_4.x86_64", "name": "e",
   "product_identification_helper": {"purl": "pkg:rpm/redhat/zfoo-debuginfo@1.2-3.el9_4?arch=x86_64&epoch=1"}}},
  {"category": "product_version", "name": "f", "product": {"product_id": "zjs-1:18-1.module+el9.x86_64::zjs:18", "name": "f",
   "product_identification_helper": {"purl": "pkg:rpm/redhat/zjs@18-1.module%2Bel9?arch=x86_64&epoch=1&rpmmod=zjs:18:9010:rhel9"}}},
  {"category": "product_version", "name": "g", "product": {"product_id": "zbar", "name": "g",
   "product_identification_helper": {"purl": "pkg:rpm/redhat/zbar?arch=src"}}},
  {"category": "product_version", "name": "h", "product": {"product_id": "zbaz", "name": "h",
   "product_identification_helper": {"purl": "pkg:rpm/redhat/zbaz"}}},
  {"category": "product_version", "name": "i", "product": {"product_id": "zjs:20/zjs", "name": "i"}},
  {"category": "product_version", "name": "j", "product": {"product_id": "img/zfoo", "name": "j",
   "product_identification_helper": {"purl": "pkg:oci/zfoo"}}}]}],
 "relationships": [
  {"full_product_name": {"product_id": "9:libs.x86"}, "product_reference": "zfoo-libs-1:1.2-3.el9_4.x86_64", "relates_to_product_reference": "AppStream-9.4.0.Z.MAIN"},
  {"full_product_name": {"product_id": "9:libs.arm"}, "product_reference": "zfoo-libs-1:1.2-3.el9_4.aarch64", "relates_to_product_reference": "AppStream-9.4.0.Z.MAIN"},
  {"full_product_name": {"product_id": "eus:libs.x86"}, "product_reference": "zfoo-libs-1:1.0-9.el9_2.x86_64", "relates_to_product_reference": "AppStream-9.2.0.Z.EUS"},
  {"full_product_name": {"product_id": "9:src"}, "product_reference": "zfoo-1:1.2-3.el9_4.src", "relates_to_product_reference": "AppStream-9.4.0.Z.MAIN"},
  {"full_product_name": {"product_id": "9:debug"}, "product_reference": "zfoo-debuginfo-1:1.2-3.el9_4.x86_64", "relates_to_product_reference": "AppStream-9.4.0.Z.MAIN"},
  {"full_product_name": {"product_id": "9:zjs"}, "product_reference": "zjs-1:18-1.module+el9.x86_64::zjs:18", "relates_to_product_reference": "AppStream-9.4.0.Z.MAIN"},
  {"full_product_name": {"product_id": "9:zbar"}, "product_reference": "zbar", "relates_to_product_reference": "AppStream-9.4.0.Z.MAIN"},
  {"full_product_name": {"product_id": "9:zbaz"}, "product_reference": "zbaz", "relates_to_product_reference": "AppStream-9.4.0.Z.MAIN"},
  {"full_product_name": {"product_id": "9:zjs20"}, "product_reference": "zjs:20/zjs", "relates_to_product_reference": "AppStream-9.4.0.Z.MAIN"},
  {"full_product_name": {"product_id": "9:img"}, "product_reference": "img/zfoo", "relates_to_product_reference": "AppStream-9.4.0.Z.MAIN"},
  {"full_product_name": {"product_id": "ocp:zbar"}, "product_reference": "zbar", "relates_to_product_reference": "OCP"}]},
"vulnerabilities": [{"cve": "CVE-2031-0005", "title": "zfoo: bad", "release_date": "2031-01-01T00:00:00+00:00",
 "notes": [{"category": "description", "text": "It is bad."}],
 "references": [{"category": "self", "url": "https://example.org/CVE-2031-0005"}],
 "product_status": {
  "fixed": ["9:libs.x86", "9:libs.arm", "eus:libs.x86", "9:src", "9:debug", "9:zjs", "nobody:knows"],
  "known_affected": ["9:zbar", "9:zjs20", "9:img", "ocp:zbar"],
  "known_not_affected": ["9:zbaz"]},
 "remediations": [
  {"category": "vendor_fix", "url": "https://example.org/RHSA-2031:1", "product_ids": ["9:libs.x86", "9:libs.arm"]},
  {"category": "no_fix_planned", "details": "Will not fix", "product_ids": ["9:zbar"]},
  {"category": "none_available", "details": "Fix deferred", "product_ids": ["9:zjs20"]}],
 "scores": [{"cvss_v3": {"baseScore": 7.5, "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}, "products": ["9:libs.x86"]}],
 "threats": [{"category": "impact", "details": "Important", "product_ids": ["9:libs.x86", "9:libs.arm", "9:zbar"]}]}]})";

Result<FeedCounts> read(std::string_view text, CollectingSink& sink) { return read_text(redhat_feed(), text, sink); }

TEST(RedHat, EveryState) {
  CollectingSink sink;
  const auto counts = read(kDocument, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1U);
  EXPECT_EQ(counts->as_of, "2031-01-02T00:00:00+00:00");
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"source package, fixed", 1},
                                                                   {"debugging symbols", 1},
                                                                   {"product id without a relationship", 1},
                                                                   {"not an rpm package", 1}}));
  ASSERT_EQ(sink.advisories.size(), 1U);
  const auto& advisory = sink.advisories[0];
  EXPECT_EQ(advisory.id, "CVE-2031-0005");
  EXPECT_EQ(advisory.title, "zfoo: bad");
  EXPECT_EQ(advisory.description, "It is bad.");
  EXPECT_EQ(advisory.published, "2031-01-01T00:00:00+00:00");
  EXPECT_EQ(advisory.references, (Lines{"https://example.org/CVE-2031-0005", "https://example.org/RHSA-2031:1"}));
  ASSERT_EQ(advisory.cvss.size(), 1U);
  EXPECT_EQ(advisory.cvss[0].version, "3.1");

  const auto at = [&](std::string package, std::string version, std::string module = {}) {
    return answers(sink,
                   {.name_space = "rhel:9",
                    .package = std::move(package),
                    .version = std::move(version),
                    .module = std::move(module)},
                   true);
  };
  EXPECT_EQ(at("zfoo-libs", "1:1.2-2.el9"),
            Lines{"CVE-2031-0005 fixed 1:1.2-3.el9_4 cpe:/a:redhat:enterprise_linux:9::appstream"});
  EXPECT_EQ(at("zfoo-libs", "1:1.0-1.el9"),
            (Lines{"CVE-2031-0005 fixed 1:1.0-9.el9_2 cpe:/a:redhat:rhel_eus:9.2::appstream",
                   "CVE-2031-0005 fixed 1:1.2-3.el9_4 cpe:/a:redhat:enterprise_linux:9::appstream"}));
  EXPECT_EQ(at("zfoo-libs", "1:1.2-3.el9_4"), Lines{});
  EXPECT_EQ(at("zjs", "1:18-0", "zjs:18"),
            Lines{"CVE-2031-0005 fixed 1:18-1.module+el9 cpe:/a:redhat:enterprise_linux:9::appstream"});
  EXPECT_EQ(at("zjs", "1:18-0", "zjs:20"), Lines{});  // another stream
  EXPECT_EQ(at("zjs", "1:18-0"), Lines{});            // of no module
  EXPECT_EQ(at("zbaz", "1"), Lines{"CVE-2031-0005 not_affected cpe:/a:redhat:enterprise_linux:9::appstream"});
  EXPECT_EQ(answers(sink, {"rhel:9", "zfoo-libs", "1:1.2-2.el9", "s390x"}), Lines{});  // another architecture
  EXPECT_EQ(answers(sink, {"rhel:9", "zbar", "9", "x86_64", "", KeyKind::source}), Lines{"CVE-2031-0005 will_not_fix"});
  EXPECT_EQ(answers(sink, {"rhel:9", "zjs", "9", "x86_64", "zjs:20", KeyKind::source}),
            Lines{"CVE-2031-0005 fix_deferred"});
  EXPECT_EQ(sink.only("CVE-2031-0005", "rhel:9", "zbar").severity, "Important");
  EXPECT_EQ(answers(sink, {"rhel", "zbar", "9", "x86_64", "", KeyKind::source}, true),
            Lines{"CVE-2031-0005 affected cpe:/a:redhat:openshift:4"});
}

// A document on the release and one with longer support, with packages as "product/name/version/arch" under each word.
std::string document_of(std::string_view id, const std::vector<std::pair<std::string, Lines>>& statuses) {
  std::string leaves, relationships, words;
  for (const auto& [product, cpe] : {std::pair("base", "enterprise_linux:8::appstream"),
                                     {"eus", "rhel_eus:8.4::appstream"},
                                     {"aus", "rhel_aus:8.2::appstream"}}) {
    base::append(leaves, {R"({"product":{"product_id":")", product,
                          R"(","product_identification_helper":{"cpe":"cpe:/a:redhat:)", cpe, R"("}}},)"});
  }
  for (const auto& [word, packages] : statuses) {
    base::append(words, {words.empty() ? "" : ",", "\"", word, "\":["});
    for (const auto& text : packages) {
      const auto parts = base::split(text, '/');
      base::append(leaves, {R"({"product":{"product_id":"P:)", text,
                            R"(","product_identification_helper":{"purl":"pkg:rpm/redhat/)", parts[1],
                            parts[2].empty() ? "" : "@", parts[2], "?arch=", parts[3], R"("}}},)"});
      base::append(relationships,
                   {relationships.empty() ? "" : ",", R"({"full_product_name":{"product_id":")", text,
                    R"("},"product_reference":"P:)", text, R"(","relates_to_product_reference":")", parts[0], R"("})"});
      base::append(words, {&text == &packages.front() ? "" : ",", "\"", text, "\""});
    }
    words += ']';
  }
  leaves.pop_back();
  return base::cat({R"({"document":{"tracking":{"id":")", id, R"("}},"product_tree":{"branches":[)", leaves,
                    R"(],"relationships":[)", relationships,
                    R"(]},"vulnerabilities":[{"cve":"CVE-2031-0006","product_status":{)", words, "}}]}"});
}

TEST(RedHat, WhatIsFixedWithLongerSupportOnlyStaysInTheRelease) {
  const Lines fixed{"eus/zfoo/1.2-3.el8_4/x86_64",   "eus/zfoo/1.2-3.el8_4/src", "eus/zfoo-libs/1.2-3.el8_4/x86_64",
                    "aus/zfoo/1.1-1.el8_2/x86_64",   "eus/zbar/2-1/x86_64",      "eus/zbar/2-1/src",
                    "eus/zbar-libs/2-1/x86_64",      "base/zbaz/3-2/x86_64",     "eus/zbaz/3-1/x86_64",
                    "eus/zperl-Errno/1-1.el8/x86_64"};
  const Lines unaffected{"base/zbar//src"};
  CollectingSink sink;
  const auto counts = read(document_of("CVE-2031-0006", {{"fixed", fixed}, {"known_not_affected", unaffected}}), sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  const auto of_base = [&](const char* package, const char* version) {
    Lines lines;
    for (auto& line : answers(sink, {"rhel:8", package, version, "s390x"}, true))
      if (line.contains("enterprise_linux")) lines.push_back(line);
    return lines;
  };
  const std::string stays = "CVE-2031-0006 will_not_fix 1.2-3.el8_4 cpe:/o:redhat:enterprise_linux:8";
  EXPECT_EQ(of_base("zfoo", "1.0-1.el8"), Lines{stays});
  EXPECT_EQ(of_base("zfoo", "1.2-2.el8"), Lines{stays});
  EXPECT_EQ(of_base("zfoo", "1.4-1.el8"), Lines{});  // nobody says anything of it
  EXPECT_EQ(of_base("zfoo-libs", "1.0-1.el8"), Lines{stays});
  // The source's, whether it is that version's or the only ones of which something is said.
  for (const char* package : {"zbar", "zbar-libs", "zperl-Errno", "zbaz"})
    EXPECT_EQ(of_base(package, "1-0"), Lines{}) << package;
}

TEST(RedHat, AnUpdatesDocumentTellsNothingOfOtherReleases) {
  CollectingSink sink;
  ASSERT_TRUE(read(document_of("RHSA-2031:0006", {{"fixed", {"eus/zfoo/1.2-3.el8_4/x86_64"}}}), sink));
  EXPECT_EQ(sink.statements(), 1U);
}

TEST(RedHat, ARelationshipWithoutAPackageIsCounted) {
  std::string text(kDocument);
  const std::string_view reference = R"("product_reference": "zbaz", )";
  ASSERT_NE(text.find(reference), std::string::npos);
  text.erase(text.find(reference), reference.size());
  CollectingSink sink;
  const auto counts = read(text, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->dropped.at("no package name"), 1U);
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
}

TEST(RedHat, DeletedDocumentsSayNothing) {
  CollectingSink sink;
  const auto counts = read(R"({"document":{"tracking":{"id":"CVE-2023-0118","status":"deleted"}}})", sink);
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->dropped.at("deleted"), 1U);
  EXPECT_TRUE(sink.advisories.empty());
}

TEST(RedHat, WhatIsNoDocumentFails) {
  CollectingSink sink;
  EXPECT_FALSE(read("{}", sink));
  EXPECT_FALSE(read("[1]", sink));
  EXPECT_FALSE(read(kDocument.substr(0, kDocument.size() / 2), sink));
}

// Relationships that lead in a circle end, and so do branches that nest as deep as JSON may.
TEST(RedHat, HostileTreesEnd) {
  CollectingSink sink;
  const auto counts = read(R"({"document": {"tracking": {}}, "product_tree": {"relationships": [
    {"full_product_name": {"product_id": "a"}, "product_reference": "a", "relates_to_product_reference": "b"},
    {"full_product_name": {"product_id": "b"}, "product_reference": "b", "relates_to_product_reference": "a"}]},
    "vulnerabilities": [{"cve": "CVE-2031-0001", "product_status": {"fixed": ["a", "b"]}}]})",
                           sink);
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->dropped.at("product id without a relationship"), 2U);
}

// Checked by hand against the documents' text.
class RedHatReal : public testing::Test {
 protected:
  void read(const std::string& name) {
    const auto path = shared_data(name);
    LIMPID_SKIP_WITHOUT(path);
    const auto before = sink_.statements();
    const auto counts = redhat_feed().read({.path = path, .name_space = {}}, sink_);
    ASSERT_TRUE(counts) << counts.error().describe();
    EXPECT_EQ(counts->statements, sink_.statements() - before + dropped_in_all(*counts));
    counts_ = *counts;
  }
  CollectingSink sink_;
  FeedCounts counts_;
};

TEST_F(RedHatReal, OpensslCve20240727) {
  read("redhat/csaf-vex/files/cve-2024-0727-openssl.json.zst");
  if (sink_.advisories.empty()) return;
  EXPECT_EQ(answers(sink_, {"rhel:9", "openssl-libs", "1:3.0.7-24.el9"}), Lines{"CVE-2024-0727 fixed 1:3.0.7-27.el9"});
  EXPECT_EQ(answers(sink_, {"rhel:9", "openssl-libs", "1:3.0.7-27.el9"}), Lines{});
  EXPECT_EQ(answers(sink_, {"rhel:8", "openssl-libs", "1:1.1.1k-12.el8_9"}), Lines{"CVE-2024-0727 fix_deferred"});
  EXPECT_EQ(answers(sink_, {"rhel:7", "openssl-libs", "1:1.0.2k-26.el7_9"}), Lines{"CVE-2024-0727 end_of_life"});
  EXPECT_EQ(answers(sink_, {"rhel:8", "edk2-ovmf", "20220126gitbb1bba3d77-6.el8"}),
            Lines{"CVE-2024-0727 will_not_fix"});
  EXPECT_EQ(answers(sink_, {"rhel:9", "openssl-fips-provider", "3.0.7-2.el9"}), Lines{"CVE-2024-0727 not_affected"});
  EXPECT_EQ(sink_.only("CVE-2024-0727", "rhel:8", "edk2-ovmf").severity, "Low");
}

TEST_F(RedHatReal, FirefoxCve20236212) {
  read("redhat/csaf-vex/cve-2023-6212.json");
  if (sink_.advisories.empty()) return;
  EXPECT_EQ(answers(sink_, {"rhel:6", "firefox", "1", "x86_64", "", KeyKind::source}),
            Lines{"CVE-2023-6212 end_of_life"});
  EXPECT_EQ(answers(sink_, {"rhel:7", "firefox", "115.4.0-1.el7_9"}), Lines{"CVE-2023-6212 fixed 115.5.0-1.el7_9"});
  EXPECT_EQ(answers(sink_, {"rhel:7", "firefox", "115.4.0-1.el7_9", "aarch64"}), Lines{});  // not built for it
  const auto base = answers(sink_, {"rhel:9", "firefox", "115.5.0-1.el9_2"}, true);
  EXPECT_EQ(base, Lines{"CVE-2023-6212 fixed 115.5.0-1.el9_3 cpe:/a:redhat:enterprise_linux:9::appstream"});
}

// Fixed in 9.2 and in 9.3, both for enterprise_linux:9, and in EUS of 9.0.
TEST_F(RedHatReal, CurlCve202338545) {
  read("redhat/csaf-vex/files/cve-2023-38545.json.zst");
  if (sink_.advisories.empty()) return;
  const auto at = [&](const char* version) { return answers(sink_, {"rhel:9", "curl", version}); };
  EXPECT_EQ(at("7.76.1-14.el9"),
            (Lines{"CVE-2023-38545 fixed 7.76.1-14.el9_0.9", "CVE-2023-38545 fixed 7.76.1-23.el9_2.4"}));
  EXPECT_EQ(at("7.76.1-23.el9_2.1"), Lines{"CVE-2023-38545 fixed 7.76.1-23.el9_2.4"});
  EXPECT_EQ(at("7.76.1-23.el9_2.4"), Lines{});
  EXPECT_EQ(at("7.76.1-23.el9_2.5"), Lines{});
  EXPECT_EQ(at("7.76.1-26.el9"), Lines{"CVE-2023-38545 fixed 7.76.1-26.el9_3.2"});
  EXPECT_EQ(at("7.76.1-26.el9_3.2"), Lines{});
  EXPECT_EQ(at("7.76.1-29.el9_4"), Lines{});
}

TEST_F(RedHatReal, ModulesOfCve202540907) {
  read("redhat/csaf-vex/files/cve-2025-40907-perl.json.zst");
  if (sink_.advisories.empty()) return;
  EXPECT_EQ(answers(sink_, {"rhel:9", "perl-FCGI", "1:0.79-8.el9_5"}), Lines{"CVE-2025-40907 fixed 1:0.79-8.1.el9_6"});
  EXPECT_EQ(answers(sink_, {"rhel:7", "perl-FCGI", "1:0.74-8.el7", "x86_64"}, true),
            (Lines{"CVE-2025-40907 fixed 1:0.74-8.el7_9.1 cpe:/o:redhat:rhel_els:7",
                   "CVE-2025-40907 will_not_fix 1:0.74-8.el7_9.1 cpe:/o:redhat:enterprise_linux:7"}));
  EXPECT_EQ(answers(sink_, {"rhel:10", "perl-FCGI", "1:0.82-13.el10"}),
            Lines{"CVE-2025-40907 fixed 1:0.82-13.1.el10_0"});
  EXPECT_EQ(answers(sink_, {"rhel:8", "perl-FCGI", "1:0.78-11.el8"}),
            Lines{});  // of no module: the flaw is in module's
  EXPECT_FALSE(answers(sink_, {"rhel:8", "perl-FCGI", "1:0.78-11.module+el8", "x86_64", "perl-FCGI:0.78"}).empty());
}

TEST_F(RedHatReal, DamagedModulesAreCounted) {
  read("redhat/csaf-vex/files/cve-2024-24786-bad-rpmmod.json");
  if (sink_.advisories.empty()) return;
  EXPECT_EQ(counts_.dropped, (std::map<std::string, std::uint64_t>{{"damaged or Flatpak module", 1}}));
  EXPECT_EQ(answers(sink_, {"rhel:10", "cri-tools", "1.0-1", "aarch64"}), Lines{"CVE-2024-24786 fixed 1.29.0-3.1.el9"});
  EXPECT_EQ(answers(sink_, {"rhel:10", "good-pkg", "9"}), Lines{"CVE-2024-24786 affected"});
}

TEST_F(RedHatReal, TheArchiveAndTheAdvisories) {
  read("redhat/csaf-vex");
  read("redhat/csaf-vex-v2");
  read("redhat/csaf-advisories");
  if (sink_.advisories.empty()) return;
  EXPECT_TRUE(counts_.skipped.empty());
  // RHSA-2023:3821, a module's update.
  EXPECT_EQ(
      answers(sink_, {"rhel:8", "ruby-libs", "2.7.4-137.module+el8.4.0+12025+dd0f76bf", "x86_64", "ruby:2.7"}).size(),
      3U);
  EXPECT_EQ(answers(sink_, {"rhel:8", "ruby-libs", "2.7.4-137.module+el8.4.0+12025+dd0f76bf", "x86_64", "ruby:3.1"}),
            Lines{});
}

}  // namespace
}  // namespace limpid::advisory
