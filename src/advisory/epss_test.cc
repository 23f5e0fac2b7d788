#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

TEST(Epss, LinesAndTheirDate) {
  CollectingSink sink;
  const auto counts = read_text(epss_feed(),
                                "#model_version:v2031.01.01,score_date:2031-01-02T00:00:00+0000\n"
                                "cve,epss,percentile\r\n"
                                "CVE-2031-0025,0.00043,0.12\n"
                                "CVE-2031-0026,4.3e-05,1\n"
                                "\n"
                                "CVE-2031-0027,1.2,0.1\n"
                                "CVE-2031-0028,,\n"
                                "CVE-2031-0029,0.1,0.1,more\n"
                                "GHSA-1,0.1,0.1\n",
                                sink, "e.csv");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->as_of, "2031-01-02T00:00:00Z");
  EXPECT_EQ(counts->records, 6u);
  EXPECT_EQ(counts->statements, 6u);
  EXPECT_EQ(counts->dropped.at("no probability"), 3u);
  EXPECT_EQ(counts->dropped.at("no CVE id"), 1u);
  EXPECT_EQ(sink.enrichments.size(), 2u);
  EXPECT_EQ(sink.enrichment_of("CVE-2031-0025").epss, (Enrichment::Epss{430, 120'000}));
  EXPECT_EQ(sink.enrichment_of("CVE-2031-0026").epss, (Enrichment::Epss{43, 1'000'000}));
}

TEST(Epss, CutsAndOtherTablesFail) {
  CollectingSink sink;
  const auto code = [&](std::string_view text) {
    const auto counts = read_text(epss_feed(), text, sink, "e.csv");
    return counts ? Code::internal : counts.error().code();
  };
  EXPECT_EQ(code("cve,epss,percentile\nCVE-2031-0025,0.1,0.2"), Code::truncated);
  EXPECT_EQ(code("a,b\n1,2\n"), Code::invalid);
  EXPECT_EQ(code(""), Code::invalid);
  EXPECT_EQ(code("cve,epss,percentile\n"), Code::truncated);
}

TEST(Epss, RealScores) {
  const auto path = shared_data("epss/epss_scores-current.csv.gz");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = epss_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 324'152u);
  EXPECT_EQ(sink.enrichments.size(), 324'152u);
  EXPECT_EQ(counts->as_of, "2026-08-16T00:00:00Z");
  EXPECT_EQ(sink.enrichments.front().epss, (Enrichment::Epss{33'510, 876'500}));
  EXPECT_EQ(sink.enrichments.back().cve, "CVE-2026-74439");
  EXPECT_EQ(sink.enrichments.back().epss, (Enrichment::Epss{1'560, 52'950}));
}

}  // namespace
}  // namespace limpid::advisory
