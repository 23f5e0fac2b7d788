#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kRecord = R"({"cveMetadata":{"cveId":"CVE-2031-0024","state":"PUBLISHED",
 "datePublished":"2031-01-01T00:00:00.000Z","dateUpdated":"2031-01-02T00:00:00"},"containers":{
 "cna":{"providerMetadata":{"shortName":"redhat"},"tags":["disputed"],
  "metrics":[{"format":"CVSS","cvssV3_1":{"version":"3.1","vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}},
   {"other":{"type":"Red Hat severity rating","content":{"value":"Critical"}}},3],
  "problemTypes":[{"descriptions":[{"cweId":"CWE-506","description":"x"},{"description":"n/a"}]}]},
 "adp":[{"title":"CVE Program Container","references":[]},
  {"title":"CISA ADP Vulnrichment","providerMetadata":{"shortName":"CISA-ADP"},"metrics":[
   {"other":{"type":"ssvc","content":{"options":[{"Exploitation":"poc"},{"Automatable":"no"},
     {"Technical Impact":"partial"},{"New":"thing"}],"version":"2.0.3"}}},
   {"other":{"type":"kev","content":{"dateAdded":"2031-01-05","reference":"u"}}}]}]}})";

TEST(Cvelist, EveryContainerHasItsSay) {
  CollectingSink sink;
  const auto counts = read_text(cvelist_feed(), kRecord, sink, "CVE-2031-0024.json");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1u);
  EXPECT_EQ(counts->as_of, "2031-01-02T00:00:00Z");
  const auto& one = sink.enrichment_of("CVE-2031-0024");
  ASSERT_EQ(one.cvss.size(), 1u);
  EXPECT_EQ(one.cvss[0].source, "redhat");
  EXPECT_FALSE(one.cvss[0].primary);
  EXPECT_EQ(one.cvss[0].cvss.version, "3.1");
  EXPECT_EQ(one.cwes, std::vector<std::string>{"CWE-506"});
  EXPECT_EQ(one.exploitation, Enrichment::Exploitation::poc);
  EXPECT_EQ(one.automatable, Enrichment::Automatable::no);
  EXPECT_EQ(one.technical_impact, Enrichment::TechnicalImpact::partial);
  EXPECT_EQ(one.kev_added, "2031-01-05");
  EXPECT_TRUE(one.disputed);
  EXPECT_FALSE(one.rejected);
}

TEST(Cvelist, FolderOfRecordsAndOtherFiles) {
  const FeedFolder folder;
  folder.write("cves/2031/0xxx/CVE-2031-0024.json", kRecord);
  folder.write("cves/2031/0xxx/CVE-2031-0025.json",
               R"({"cveMetadata":{"cveId":"CVE-2031-0025","state":"REJECTED"},"containers":{"cna":{}}})");
  folder.write("cves/2031/0xxx/CVE-2031-0026.json", "{");
  folder.write("cves/deltaLog.json", "[]");
  CollectingSink sink;
  const auto counts = cvelist_feed().read({.path = folder.path(), .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 2u);
  ASSERT_EQ(counts->skipped.size(), 1u);
  EXPECT_TRUE(counts->skipped[0].path.ends_with("CVE-2031-0026.json"));
  EXPECT_TRUE(sink.enrichment_of("CVE-2031-0025").rejected);
}

TEST(Cvelist, WhatStandsAloneMustBeARecord) {
  CollectingSink sink;
  for (const auto* bad : {"", "{}", "[]", R"({"cveMetadata":3})", R"({"cveMetadata":{"cveId":"CVE-2031-1")"})
    EXPECT_FALSE(read_text(cvelist_feed(), bad, sink, "CVE-2031-0024.json")) << bad;
}

TEST(Cvelist, RealZip) {
  const auto path = shared_data("cvelistV5/cves.zip");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = cvelist_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 167u);
  EXPECT_TRUE(counts->skipped.empty());
  std::size_t rejected = 0, decided = 0, exploited = 0, disputed = 0;
  for (const auto& one : sink.enrichments) {
    rejected += one.rejected ? 1 : 0;
    decided += one.exploitation != Enrichment::Exploitation::unknown ? 1 : 0;
    exploited += one.kev_added.empty() ? 0 : 1;
    disputed += one.disputed ? 1 : 0;
  }
  EXPECT_EQ(rejected, 3u);
  EXPECT_EQ(decided, 39u);
  EXPECT_EQ(exploited, 2u);
  EXPECT_EQ(disputed, 2u);
  const auto& xz = sink.enrichment_of("CVE-2024-3094");
  EXPECT_EQ(xz.exploitation, Enrichment::Exploitation::none);
  EXPECT_EQ(xz.automatable, Enrichment::Automatable::yes);
  EXPECT_EQ(xz.technical_impact, Enrichment::TechnicalImpact::total);
  EXPECT_EQ(xz.cwes, std::vector<std::string>{"CWE-506"});
  EXPECT_EQ(xz.published, "2024-03-29T16:51:12.588Z");
}

}  // namespace
}  // namespace limpid::advisory
