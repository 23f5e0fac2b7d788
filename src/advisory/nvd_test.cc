#include <set>

#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

std::vector<std::string> written(const Enrichment& enrichment) {
  std::vector<std::string> all;
  for (const auto& [cvss, source, primary] : enrichment.cvss)
    all.push_back(base::cat({cvss.version, " ", cvss.vector, " ", source, primary ? " primary" : ""}));
  return all;
}

constexpr std::string_view kPage = R"({"resultsPerPage":2,"totalResults":5,"format":"NVD_CVE","version":"2.0",
"timestamp":"2031-01-02T03:04:05.678","vulnerabilities":[
{"cve":{"id":"CVE-2031-0023","published":"2031-01-01T00:00:00.000","lastModified":"2031-01-02T00:00:00Z",
 "vulnStatus":"Received","cveTags":[{"sourceIdentifier":"x","tags":["disputed"]}],"cisaExploitAdd":"2031-01-03",
 "cisaActionDue":"2031-01-04","metrics":{
  "cvssMetricV31":[{"source":"cna@example.invalid","type":"Secondary","cvssData":{"version":"3.1",
   "vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/"}},{"source":"bad","type":"Primary"}],
  "cvssMetricV2":[{"source":"nvd@nist.gov","type":"Primary","cvssData":{"version":"2.0",
   "vectorString":"AV:N/AC:L/Au:N/C:P/I:P/A:P"}}],
  "cvssMetricV50":[{"source":"x","type":"Primary","cvssData":{"version":"5.0","vectorString":"CVSS:5.0/X:Y"}}]},
 "weaknesses":[{"description":[{"lang":"en","value":"CWE-79"},{"lang":"en","value":"NVD-CWE-noinfo"}]}]}},
{"cve":{"id":"CVE-2031-0024","vulnStatus":"Rejected","metrics":{}}},
{"cve":{"id":"none"}},{}]})";

TEST(Nvd, PageOfTheApi) {
  CollectingSink sink;
  const auto counts = read_text(nvd_feed(), kPage, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->as_of, "2031-01-02T03:04:05.678Z");
  EXPECT_EQ(counts->records, 4u);
  EXPECT_EQ(counts->dropped.at("no CVE id"), 2u);
  const auto& one = sink.enrichment_of("CVE-2031-0023");
  EXPECT_EQ(written(one), (std::vector<std::string>{
                              "3.1 CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H cna@example.invalid",
                              "2 AV:N/AC:L/Au:N/C:P/I:P/A:P nvd@nist.gov primary",
                          }));
  EXPECT_EQ(one.published, "2031-01-01T00:00:00.000Z");
  EXPECT_EQ(one.modified, "2031-01-02T00:00:00Z");
  EXPECT_EQ(one.kev_added, "2031-01-03");
  EXPECT_EQ(one.kev_due, "2031-01-04");
  EXPECT_EQ(one.cwes, std::vector<std::string>{"CWE-79"});
  EXPECT_TRUE(one.disputed);
  EXPECT_FALSE(one.rejected);
  EXPECT_TRUE(sink.enrichment_of("CVE-2031-0024").rejected);
}

TEST(Nvd, MirrorsAndTheOldForm) {
  CollectingSink sink;
  ASSERT_TRUE(read_text(nvd_feed(), R"({"cve_items":[{"id":"CVE-2031-0001","vulnStatus":"Analyzed"}]})", sink));
  const auto counts = read_text(nvd_feed(), R"({"CVE_data_timestamp":"2022-08-31T05:00Z","CVE_Items":[{"cve":{
 "CVE_data_meta":{"ID":"CVE-2031-0002"},"problemtype":{"problemtype_data":[{"description":[{"value":"CWE-22"}]}]},
 "description":{"description_data":[{"value":"** DISPUTED ** x"}]}},
 "impact":{"baseMetricV3":{"cvssV3":{"version":"3.0","vectorString":"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}},
  "baseMetricV2":{"cvssV2":{"version":"2.0","vectorString":"AV:N/AC:L/Au:N/C:P/I:P/A:P"}}},
 "publishedDate":"2022-08-30T22:15Z"}]})",
                                sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->as_of, "2022-08-31T05:00:00Z");
  const auto& old = sink.enrichment_of("CVE-2031-0002");
  EXPECT_EQ(written(old), (std::vector<std::string>{
                              "3.0 CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H nvd@nist.gov primary",
                              "2 AV:N/AC:L/Au:N/C:P/I:P/A:P nvd@nist.gov primary",
                          }));
  EXPECT_EQ(old.published, "2022-08-30T22:15:00Z");
  EXPECT_EQ(old.cwes, std::vector<std::string>{"CWE-22"});
  EXPECT_TRUE(old.disputed);
  EXPECT_EQ(sink.enrichment_of("CVE-2031-0001").cvss.size(), 0u);
}

TEST(Nvd, EveryCutFailsAndSoDoOtherDocuments) {
  for (std::size_t size = 0; size < kPage.size(); size += 5) {
    CollectingSink sink;
    ASSERT_FALSE(read_text(nvd_feed(), kPage.substr(0, size), sink)) << size;
  }
  CollectingSink sink;
  for (const auto* bad : {"{}", "[]", R"({"vulnerabilities":[3]})", R"({"vulnerabilities":[{]}]})"})
    EXPECT_FALSE(read_text(nvd_feed(), bad, sink)) << bad;
  EXPECT_TRUE(read_text(nvd_feed(), R"({"totalResults":59,"vulnerabilities":[]})", sink));
}

TEST(Nvd, RealPagesChain) {
  const auto path = shared_data("nvd/api-2.0");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = nvd_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 59u);
  EXPECT_EQ(dropped_in_all(*counts), 0u);
  EXPECT_EQ(counts->as_of, "2024-10-01T00:00:00.000Z");
  std::set<std::string> ids;
  for (const auto& enrichment : sink.enrichments) ids.insert(enrichment.cve);
  EXPECT_EQ(ids.size(), 59u);
  // Several assessments of one flaw, NVD's own among them.
  const auto scores = written(sink.enrichment_of("CVE-2024-5732"));
  ASSERT_EQ(scores.size(), 4u);
  EXPECT_TRUE(scores[0].starts_with("4.0 CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:L/SC:N/SI:N/SA:N/E:X"))
      << scores[0];
  EXPECT_EQ(scores[1], "3.1 CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H nvd@nist.gov primary");
  EXPECT_EQ(scores[2], "3.1 CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:L cna@vuldb.com");
  EXPECT_EQ(scores[3], "2 AV:N/AC:L/Au:N/C:P/I:P/A:P cna@vuldb.com");
  EXPECT_EQ(sink.enrichment_of("CVE-2024-5732").cwes, std::vector<std::string>{"CWE-287"});
}

TEST(Nvd, EveryRealFile) {
  for (const auto& [file, records] :
       {std::pair{"nvd/cves-2.0-page.json", 35U}, {"nvd/feeds-2.0", 59U}, {"nvd/nvdcve-1.1-sample.json.gz", 595U}}) {
    const auto path = shared_data(file);
    LIMPID_SKIP_WITHOUT(path);
    CollectingSink sink;
    const auto counts = nvd_feed().read({.path = path, .name_space = ""}, sink);
    ASSERT_TRUE(counts) << file << ": " << counts.error().describe();
    EXPECT_EQ(counts->records, records) << file;
    EXPECT_EQ(dropped_in_all(*counts), 0u) << file;
  }
}

}  // namespace
}  // namespace limpid::advisory
