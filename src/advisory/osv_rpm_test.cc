#include "advisory/osv_rpm.h"

#include <gtest/gtest.h>

#include "advisory/list.h"
#include "advisory/rpm_feed_for_test.h"

namespace limpid::advisory {
namespace {

TEST(OsvRpm, ModulesStandInTheSummary) {
  CollectingSink sink;
  const auto counts = read_text(
      osv_feed(), R"({"id": "ALSA-2031:0001", "summary": "Moderate: virt:rhel and virt-devel:rhel security update",
    "modified": "2031-01-02T00:00:00Z", "related": ["CVE-2031-0001"], "affected": [
    {"package": {"ecosystem": "AlmaLinux:8", "name": "libvirt"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0:8.0-1.module_el8.5"}]}]},
    {"package": {"ecosystem": "AlmaLinux:8", "name": "zlib"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1:1.2-3.el8"}]}]}]})",
      sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(sink.advisories[0].upstream, Lines{"CVE-2031-0001"});
  for (const auto* module : {"virt:rhel", "virt-devel:rhel"}) {
    EXPECT_EQ(answers(sink, {"almalinux:8", "libvirt", "7.0-1", "x86_64", module}),
              Lines{"ALSA-2031:0001 fixed 8.0-1.module_el8.5"});
  }
  EXPECT_EQ(answers(sink, {"almalinux:8", "libvirt", "7.0-1", "x86_64", "virt:av"}), Lines{});
  EXPECT_EQ(answers(sink, {"almalinux:8", "libvirt", "7.0-1"}), Lines{});
  EXPECT_EQ(answers(sink, {"almalinux:8", "zlib", "1:1.2-2.el8"}), Lines{"ALSA-2031:0001 fixed 1:1.2-3.el8"});
}

TEST(OsvRpm, RockyNamesSourcesAndVariants) {
  CollectingSink sink;
  const auto entry = [](std::string_view variant, std::string_view fixed) {
    return base::cat(
        {R"({"package": {"ecosystem": "Rocky Linux:9", "name": "zfoo", "purl": "pkg:rpm/rocky-linux/zfoo?distro=rocky-linux-)",
         variant, R"(&epoch=1"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": ")", fixed,
         R"("}]}]})"});
  };
  const auto counts =
      read_text(osv_feed(),
                base::cat({R"({"id": "RLSA-2031:0001", "summary": "t", "related": ["CVE-2031-0001"], "affected": [)",
                           entry("9-aarch64", "1:1.2-4.el9"), ",", entry("9-x86-64", "1:1.2-3.el9"), ",",
                           entry("9-4-legacy", "1:1.1-1.el9"), ",", entry("9-sig-cloud", "1:9-9"), "]}"}),
                sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->dropped.at("another product of the distribution"), 1U);
  EXPECT_EQ(answers(sink, {"rocky:9", "zfoo", "1.2-3.el9", "x86_64", "", KeyKind::source}), Lines{});
  EXPECT_EQ(answers(sink, {"rocky:9", "zfoo", "1.2-3.el9", "aarch64", "", KeyKind::source}),
            Lines{"RLSA-2031:0001 fixed 1.2-4.el9"});
}

TEST(OsvRpm, UpdatesThatFixNoFlawAreNone) {
  CollectingSink sink;
  const auto counts = read_text(osv_feed(), R"({"id": "ALBA-2031:0001", "summary": "bug fix", "affected": [
    {"package": {"ecosystem": "AlmaLinux:8", "name": "zlib"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2-3.el8"}]}]}]})",
                                sink);
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->dropped.at("not a security update"), 1U);
  EXPECT_TRUE(is_plain_update("SUSE-RU-2031:1-1"));
  EXPECT_FALSE(is_plain_update("SUSE-SU-2031:1-1"));
}

TEST(OsvRpm, RealRecordsOfOthers) {
  const auto path = shared_data("misc/openeuler/osv/OESA-2021-1001.json");
  LIMPID_SKIP_WITHOUT(path);
  const auto read = [](const std::string& name, CollectingSink& sink) {
    const auto counts = osv_feed().read({.path = shared_data(name), .name_space = {}}, sink);
    ASSERT_TRUE(counts) << counts.error().describe();
    EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
    EXPECT_TRUE(counts->dropped.empty()) << name;
  };
  CollectingSink openeuler, mageia, redhat, seal;
  read("misc/openeuler/osv/OESA-2021-1001.json", openeuler);
  EXPECT_EQ(openeuler.find("OESA-2021-1001")->upstream.size(), 7u);
  EXPECT_EQ(openeuler.find("OESA-2021-1001")->severity, "High");
  EXPECT_EQ(answers(openeuler, {"openeuler:20.03-LTS", "dnsmasq", "2.82-4.oe1", "x86_64", "", KeyKind::source}),
            Lines{"OESA-2021-1001 fixed 2.82-5.oe1"});
  EXPECT_EQ(answers(openeuler, {"openeuler:20.03-LTS", "dnsmasq", "2.82-5.oe1", "x86_64", "", KeyKind::source}),
            Lines{});
  EXPECT_EQ(answers(openeuler, {"openeuler:20.03-LTS-SP2", "dnsmasq", "2.82-4.oe1", "x86_64", "", KeyKind::source}),
            Lines{});
  read("misc/mageia/all.zip", mageia);
  EXPECT_EQ(mageia.find("MGASA-2025-0124")->upstream, Lines{"CVE-2024-56161"});
  EXPECT_EQ(answers(mageia, {"mageia:9", "microcode", "0.20241112-1.mga9.nonfree", "x86_64", "", KeyKind::source}),
            Lines{"MGASA-2025-0124 fixed 0.20250211-2.mga9.nonfree"});
  EXPECT_EQ(answers(mageia, {"mageia:8", "microcode", "0.20241112-1.mga9.nonfree", "x86_64", "", KeyKind::source}),
            Lines{});
  read("redhat/osv-bucket/all.zip", redhat);
  EXPECT_EQ(answers(redhat, {"rhel:8", "iwl100-firmware", "39.31.5.1-117.el8"}, true),
            Lines{"RHBA-2024:6202 fixed 39.31.5.1-118.2.el8_8.1 cpe:/o:redhat:rhel_eus:8.8::baseos"});
  read("misc/seal/vulnerabilities.zip", seal);
  EXPECT_EQ(answers(seal, {"seal:rhel:8", "seal-ImageMagick", "6.9.10.68-6.el7_9"}),
            Lines{"CVE-2025-55160 fixed 6.9.10.68-6.el7_9+sp999"});
  EXPECT_EQ(answers(seal, {"seal:rhel:8", "seal-ImageMagick", "6.9.10.68-5.el7_9"}), Lines{});  // before it came in
  EXPECT_EQ(answers(seal, {"rhel:8", "ImageMagick", "6.9.10.68-6.el7_9"}), Lines{});
}

// The counts are those of the data's manifest, less what it holds out.
TEST(OsvRpm, RealAlmaLinux) {
  const auto path = shared_data("almalinux/osv-database.tar.zst");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = osv_feed().read({.path = path, .name_space = {}}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 5'381U);
  EXPECT_TRUE(counts->skipped.empty());
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
}

}  // namespace
}  // namespace limpid::advisory
