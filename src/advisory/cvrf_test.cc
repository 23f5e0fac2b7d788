#include "advisory/list.h"
#include "advisory/rpm_feed_for_test.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kSuse = R"(<?xml version="1.0"?><cvrfdoc xmlns="http://www.icasi.org/CVRF/schema/cvrf/1.1">
<DocumentTracking><Identification><ID>SUSE-SU-2031:0001-1</ID></Identification>
<InitialReleaseDate>2031-01-02T00:00:00Z</InitialReleaseDate><CurrentReleaseDate>2031-01-03T00:00:00Z</CurrentReleaseDate>
</DocumentTracking><ProductTree><Relationship ProductReference="zfoo-1.2-150500.3.1"
 RelatesToProductReference="SUSE Linux Enterprise Server 15 SP5"><FullProductName ProductID="x">x.rpm</FullProductName>
</Relationship></ProductTree><Vulnerability Ordinal="1"><Notes><Note Title="Vulnerability Description">Bad.</Note></Notes>
<CVE>CVE-2031-0001</CVE><ProductStatuses><Status Type="Fixed">
<ProductID>SUSE Linux Enterprise Server 15 SP5:zfoo-1.2-150500.3.1</ProductID>
<ProductID>SUSE Manager Server 4.3:zfoo-1.2-150500.3.1</ProductID><ProductID>SUSE Linux Enterprise Server 15 SP5:zfoo</ProductID>
<ProductID>SUSE Linux Enterprise Server 15 SP5:zfoo-debuginfo-1.2-150500.3.1</ProductID></Status>
<Status Type="Known Affected"><ProductID>openSUSE Leap 15.5:zbar</ProductID></Status>
<Status Type="Known Not Affected"><ProductID>openSUSE Leap 15.6:zbar</ProductID></Status>
<Status Type="Odd"><ProductID>openSUSE Leap 15.6:zbar</ProductID></Status></ProductStatuses>
<Threats><Threat Type="Impact"><Description>important</Description></Threat></Threats><CVSSScoreSets><ScoreSet>
<BaseScoreV3>7.5</BaseScoreV3><VectorV3>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N</VectorV3></ScoreSet></CVSSScoreSets>
<Remediations><Remediation Type="Vendor Fix"><URL>https://localhost/1</URL></Remediation></Remediations></Vulnerability>
<Vulnerability><ProductStatuses><Status Type="Fixed"><ProductID>openSUSE Leap 15.6:zbar-1-1</ProductID></Status>
</ProductStatuses></Vulnerability></cvrfdoc>)";

TEST(Cvrf, PackagesOfProducts) {
  CollectingSink sink;
  const auto counts = read_text(cvrf_feed(), kSuse, sink, "cvrf-1.xml");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 2u);
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"debugging symbols", 1},
                                                                   {"fixed without a version", 1},
                                                                   {"no CVE id", 1},
                                                                   {"product that is no release of a system", 1},
                                                                   {"unknown status", 1}}));
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(counts->as_of, "2031-01-03T00:00:00Z");
  EXPECT_EQ(answers(sink, {"sles:15.5", "zfoo", "1.2-150500.1.1"}), Lines{"CVE-2031-0001 fixed 1.2-150500.3.1"});
  EXPECT_EQ(answers(sink, {"sles:15.5", "zfoo", "1.2-150500.3.1"}), Lines{});
  EXPECT_EQ(answers(sink, {"opensuse-leap:15.5", "zbar", "1-1"}), Lines{"CVE-2031-0001 affected"});
  EXPECT_EQ(answers(sink, {"opensuse-leap:15.6", "zbar", "1-1"}), Lines{"CVE-2031-0001 not_affected"});
  const auto& advisory = *sink.find("CVE-2031-0001");
  EXPECT_EQ(advisory.severity, "important");
  EXPECT_EQ(advisory.description, "Bad.");
  EXPECT_EQ(advisory.published, "2031-01-02T00:00:00Z");
  EXPECT_EQ(advisory.references, std::vector<std::string>{"https://localhost/1"});
  ASSERT_EQ(advisory.cvss.size(), 1u);
  EXPECT_EQ(advisory.cvss[0].version, "3.1");
}

TEST(Cvrf, FilesOfReleases) {
  CollectingSink sink;
  const auto counts = read_text(cvrf_feed(), R"(<cvrfdoc><ProductTree><Branch Type="Product Name" Name="openEuler">
<FullProductName ProductID="openEuler-20.03-LTS" CPE="cpe:/a:openEuler:openEuler:20.03-LTS">openEuler-20.03-LTS</FullProductName>
</Branch><Branch Type="Package Arch" Name="aarch64">
<FullProductName ProductID="zfoo-1.0-9" CPE="cpe:/a:openEuler:openEuler:20.03-LTS">zfoo-1.0-9.oe1.aarch64.rpm</FullProductName>
<FullProductName ProductID="zfoo-1.0-9" CPE="cpe:/a:openEuler:openEuler:20.03-LTS">zfoo-1.0-9.oe1.src.rpm</FullProductName>
</Branch></ProductTree><Vulnerability><CVE>CVE-2031-0001</CVE><ProductStatuses><Status Type="Fixed">
<ProductID>openEuler-20.03-LTS</ProductID><ProductID>openEuler-20.03-LTS-SP1</ProductID></Status></ProductStatuses>
<CVSSScoreSets><ScoreSet><Vector>AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H</Vector></ScoreSet></CVSSScoreSets>
</Vulnerability></cvrfdoc>)",
                                sink, "cvrf-1.xml");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"product without packages, or without a fix", 1},
                                                                   {"package of a source", 1}}));
  EXPECT_EQ(answers(sink, {"openeuler:20.03-LTS", "zfoo", "1.0-8.oe1", "aarch64", "", KeyKind::source}),
            Lines{"CVE-2031-0001 fixed 1.0-9.oe1"});
  EXPECT_EQ(answers(sink, {"openeuler:20.03-LTS", "zfoo", "1.0-8.oe1", "aarch64"}), Lines{});
  EXPECT_EQ(sink.find("CVE-2031-0001")->cvss[0].vector, "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H");
}

TEST(Cvrf, CutsAndOtherDocumentsFail) {
  CollectingSink sink;
  for (std::size_t size = 0; size < kSuse.size(); size += 13)
    EXPECT_FALSE(read_text(cvrf_feed(), kSuse.substr(0, size), sink, "cvrf-1.xml")) << size;
  EXPECT_FALSE(read_text(cvrf_feed(), "<html/>", sink, "cvrf-1.xml"));
}

TEST(Cvrf, RealDocuments) {
  const auto root = shared_data("suse/cvrf-files");
  LIMPID_SKIP_WITHOUT(root);
  // Vulnerabilities, as their elements count.
  const std::map<std::string, std::uint64_t> records = {{"suse/cvrf-files", 71},
                                                        {"suse/cvrf/cvrf1.2.tar.bz2", 140},
                                                        {"suse/cvrf-cve/cvrf-cve.tar.bz2", 3},
                                                        {"misc/openeuler/cvrf-files", 12},
                                                        {"misc/openeuler/cvrf", 3}};
  for (const auto& [path, expected] : records) {
    CollectingSink sink;
    const auto counts = cvrf_feed().read({.path = shared_data(path), .name_space = ""}, sink);
    ASSERT_TRUE(counts) << counts.error().describe();
    EXPECT_EQ(counts->records, expected) << path;
    EXPECT_TRUE(counts->skipped.empty()) << path;
    EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts)) << path;
  }
  CollectingSink suse, openeuler;
  ASSERT_TRUE(cvrf_feed().read({.path = root, .name_space = ""}, suse));
  EXPECT_EQ(answers(suse, {"sles:12.3", "libopenssl0_9_8", "0.9.8j-106.9.1"}),
            Lines{"CVE-2019-1559 fixed 0.9.8j-106.12.1"});
  EXPECT_EQ(answers(suse, {"sles:12.3", "libopenssl0_9_8", "0.9.8j-106.12.1"}), Lines{});
  EXPECT_EQ(answers(suse, {"sles:12.5", "libopenssl0_9_8", "0.9.8j-106.9.1"}), Lines{});  // no product of SP5
  ASSERT_TRUE(cvrf_feed().read({.path = shared_data("misc/openeuler/cvrf-files"), .name_space = ""}, openeuler));
  const auto at = [&](const char* release, const char* version) {
    return answers(openeuler,
                   {base::cat({"openeuler:", release}), "sane-backends", version, "x86_64", "", KeyKind::source});
  };
  EXPECT_EQ(at("20.03-LTS", "1.0.28-8.oe1"), Lines{"CVE-2020-12867 fixed 1.0.28-9.oe1"});
  EXPECT_EQ(at("20.03-LTS-SP1", "1.0.28-9.oe1"), Lines{});
  EXPECT_EQ(at("20.03-LTS-SP2", "1.0.28-8.oe1"), Lines{});
}

}  // namespace
}  // namespace limpid::advisory
