#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

TEST(Kev, Entries) {
  CollectingSink sink;
  const auto counts = read_text(kev_feed(), R"({"catalogVersion":"2031.01.02","dateReleased":"2031-01-02T00:00:00Z",
 "count":5,"vulnerabilities":[
 {"cveID":"CVE-2031-0026","dateAdded":"2031-01-02","dueDate":"2031-01-23","knownRansomwareCampaignUse":"Known",
  "cwes":["CWE-79","x",3]},
 {"cveID":"CVE-2031-0027","dateAdded":"2031-01-03","knownRansomwareCampaignUse":"Unknown"},
 {"cveID":"CVE-2031-0028","dateAdded":"soon"},
 {"cveID":"ZDI-1","dateAdded":"2031-01-03"},{}]})",
                                sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->as_of, "2031-01-02T00:00:00Z");
  EXPECT_EQ(counts->records, 5u);
  EXPECT_EQ(counts->dropped.at("no date"), 1u);
  EXPECT_EQ(counts->dropped.at("no CVE id"), 2u);
  EXPECT_EQ(sink.enrichments.size(), 2u);
  const auto& first = sink.enrichment_of("CVE-2031-0026");
  EXPECT_EQ(first.kev_added, "2031-01-02");
  EXPECT_EQ(first.kev_due, "2031-01-23");
  EXPECT_TRUE(first.ransomware);
  EXPECT_EQ(first.cwes, std::vector<std::string>{"CWE-79"});
  EXPECT_FALSE(sink.enrichment_of("CVE-2031-0027").ransomware);
}

TEST(Kev, OtherDocumentsAndCutsFail) {
  CollectingSink sink;
  for (const auto* bad : {"[]", "{}", R"({"vulnerabilities":[]})", R"({"catalogVersion":"1","vulnerabilities":[3]})",
                          R"({"catalogVersion":"1","vulnerabilities":[{"cveID":)"})
    EXPECT_FALSE(read_text(kev_feed(), bad, sink)) << bad;
}

TEST(Kev, RealCatalogue) {
  const auto path = shared_data("kev");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = kev_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1'266u);
  EXPECT_EQ(sink.enrichments.size(), 1'266u);
  EXPECT_EQ(counts->as_of, "2025-08-25T17:04:19.9796Z");
  const auto& log4shell = sink.enrichment_of("CVE-2021-44228");
  EXPECT_EQ(log4shell.kev_added, "2021-12-10");
  EXPECT_EQ(log4shell.kev_due, "2021-12-24");
  EXPECT_TRUE(log4shell.ransomware);
  EXPECT_EQ(log4shell.cwes, (std::vector<std::string>{"CWE-20", "CWE-400", "CWE-502"}));
  EXPECT_EQ(sink.enrichment_of("CVE-2014-0160").kev_added, "2022-05-04");
  EXPECT_FALSE(sink.enrichment_of("CVE-2014-0160").ransomware);
}

}  // namespace
}  // namespace limpid::advisory
