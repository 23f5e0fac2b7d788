#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kUpdates = R"(<?xml version="1.0"?><updates>
<update type="security" status="final"><id>BRSA-zfoo</id><title>zfoo CVE-2031-0006</title>
<issued date="2031-01-02T00:00:00Z"/><updated date="2031-01-03T00:00:00Z"/><severity>medium</severity>
<description>Bad.</description><references><reference href="u1" id="CVE-2031-0006" type="cve"/>
<reference href="u2" id="GHSA-2222-3333-4444" type="ghsa"/></references><pkglist><collection short="bottlerocket">
<name>Bottlerocket</name><package arch="x86_64" name="zfoo" version="1.2" release="3.br1" epoch="1"/>
<package arch="aarch64" name="zfoo" version="1.2" release="3.br1" epoch="1"/>
<package arch="x86_64" name="zbar" version="1.2" release="3.br1" epoch="0"/>
<package arch="x86_64" name="" version="1"/></collection></pkglist></update>
<update type="enhancement"><id>BRSA-other</id><pkglist><collection><package name="zfoo" version="2"/></collection>
</pkglist></update></updates>)";

TEST(Bottlerocket, Updates) {
  CollectingSink sink;
  const auto counts = read_text(bottlerocket_feed(), kUpdates, sink, "updateinfo.xml");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 2u);
  EXPECT_EQ(counts->statements, 4u);
  EXPECT_EQ(counts->dropped,
            (std::map<std::string, std::uint64_t>{{"no name or version", 1}, {"no security update", 1}}));
  const auto& everywhere = sink.only("BRSA-zfoo", "bottlerocket", "zfoo");
  EXPECT_EQ(everywhere.ranges[0].fixed, "1:1.2-3.br1");
  EXPECT_TRUE(everywhere.architectures.empty());
  EXPECT_EQ(everywhere.scheme, version::Scheme::rpm);
  EXPECT_EQ(sink.only("BRSA-zfoo", "bottlerocket", "zbar").architectures, std::vector<std::string>{"x86_64"});
  EXPECT_EQ(sink.only("BRSA-zfoo", "bottlerocket", "zbar").ranges[0].fixed, "1.2-3.br1");
  const auto& update = *sink.find("BRSA-zfoo");
  EXPECT_EQ(update.upstream, std::vector<std::string>{"CVE-2031-0006"});
  EXPECT_EQ(update.aliases, std::vector<std::string>{"GHSA-2222-3333-4444"});
  EXPECT_EQ(update.title, "zfoo CVE-2031-0006");
  EXPECT_EQ(update.published, "2031-01-02T00:00:00Z");
  EXPECT_EQ(update.severity, "medium");
  EXPECT_EQ(counts->as_of, "2031-01-03T00:00:00Z");
}

TEST(Bottlerocket, TomlOfTheRepository) {
  CollectingSink sink;
  const auto counts = read_text(bottlerocket_feed(), R"([advisory]
id = "BRSA-zfoo"
title = "kernel CVE-2031-0006"
cve = "CVE-2031-0006"
ghsa = "GHSA-2222-3333-4444"
severity = "moderate"
description = "Bad."

[[advisory.products]]
package-name = "kernel-5.15"
patched-version = "kernel-5.15.162-107.160.amzn2"

[[advisory.products]]
package-name = "kubernetes-1.28"
patched-version = "1.28.13"
patched-release = "0"
patched-epoch = "1"

[[advisory.products]]
package-name = "zbar"

[updateinfo]
issue-date = 2031-01-02T03:04:05Z
)",
                                sink, "BRSA-zfoo.toml");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1u);
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"no name or version", 1}}));
  // The release that the kernel's source has is not that of Bottlerocket's package.
  EXPECT_EQ(sink.only("BRSA-zfoo", "bottlerocket", "kernel-5.15").ranges[0].fixed, "5.15.162");
  EXPECT_EQ(sink.only("BRSA-zfoo", "bottlerocket", "kubernetes-1.28").ranges[0].fixed, "1:1.28.13-0");
  const auto& advisory = *sink.find("BRSA-zfoo");
  EXPECT_EQ(advisory.upstream, std::vector<std::string>{"CVE-2031-0006"});
  EXPECT_EQ(advisory.aliases, std::vector<std::string>{"GHSA-2222-3333-4444"});
  EXPECT_EQ(advisory.severity, "moderate");
  EXPECT_EQ(advisory.published, "2031-01-02T03:04:05Z");
  for (const auto* bad :
       {"", "advisory = 3", "[advisory]\nid = \"\"", "[advisory]\nid = \"BRSA-1\"\nproducts = [3]", "[advisory"})
    EXPECT_FALSE(read_text(bottlerocket_feed(), bad, sink, "BRSA-1.toml")) << bad;
}

TEST(Bottlerocket, CutsAndOtherDocumentsFail) {
  CollectingSink sink;
  for (std::size_t size = 0; size < kUpdates.size(); size += 13)
    EXPECT_FALSE(read_text(bottlerocket_feed(), kUpdates.substr(0, size), sink, "updateinfo.xml")) << size;
  EXPECT_FALSE(read_text(bottlerocket_feed(), "<html/>", sink, "updateinfo.xml"));
}

TEST(Bottlerocket, RealUpdates) {
  const auto root = shared_data("bottlerocket");
  LIMPID_SKIP_WITHOUT(root);
  CollectingSink sink;
  const auto counts = bottlerocket_feed().read({.path = root, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  // advisories-toml.tar.zst has 139 advisories on 195 packages.
  EXPECT_EQ(counts->records, 1u + 2u + 139u);
  EXPECT_TRUE(counts->skipped.empty());
  EXPECT_EQ(dropped_in_all(*counts), 0u);
  EXPECT_EQ(sink.only("GHSA-mgxf-pj6m-9494", "bottlerocket", "kernel").ranges[0].fixed, "0.3.3-b7d91846");
  EXPECT_EQ(sink.only("BRSA-1bwujdrkn6nc", "bottlerocket", "kernel-6.1").ranges[0].fixed,
            "6.1.140-1.1749663821.e27d1b03.br1");
  EXPECT_EQ(sink.only("BRSA-kdg8bd1th2gb", "bottlerocket", "glibc").ranges[0].fixed,
            "1:2.43-1.1773716061.e2e9d7a9.br1");
}

}  // namespace
}  // namespace limpid::advisory
