#include "match/severity.h"

#include <gtest/gtest.h>

namespace limpid::match {
namespace {

TEST(Severity, EveryUpstreamsWordHasItsPlace) {
  for (const auto& [word, severity] : {std::pair{"unimportant", Severity::negligible},
                                       {"low**", Severity::low},
                                       {"medium*", Severity::medium},
                                       {"MODERATE", Severity::medium},
                                       {"Important", Severity::high},
                                       {"critical", Severity::critical},
                                       {"not yet assigned", Severity::unknown},
                                       {"end-of-life", Severity::unknown},
                                       {"", Severity::unknown},
                                       {"**", Severity::unknown},
                                       {"9.8", Severity::critical},
                                       {"10.0", Severity::critical},
                                       {"0.0", Severity::negligible},
                                       {"7", Severity::unknown},
                                       {"11.0", Severity::unknown}})
    EXPECT_EQ(normalise_severity("any", word), severity) << word;
}

TEST(Severity, NamesRoundTrip) {
  for (const Severity severity : kSeverities) EXPECT_EQ(parse_severity(name_of(severity)), severity);
  EXPECT_EQ(parse_severity("low**"), std::nullopt);
}

TEST(Severity, WordsOfScores) {
  EXPECT_EQ(severity_of_score(cvss::Version::v3_1, 0), Severity::negligible);
  EXPECT_EQ(severity_of_score(cvss::Version::v3_1, 0.1), Severity::low);
  EXPECT_EQ(severity_of_score(cvss::Version::v4_0, 3.9), Severity::low);
  EXPECT_EQ(severity_of_score(cvss::Version::v3_1, 4.0), Severity::medium);
  EXPECT_EQ(severity_of_score(cvss::Version::v3_1, 6.9), Severity::medium);
  EXPECT_EQ(severity_of_score(cvss::Version::v3_0, 7.0), Severity::high);
  EXPECT_EQ(severity_of_score(cvss::Version::v3_0, 9.0), Severity::critical);
  EXPECT_EQ(severity_of_score(cvss::Version::v2, 10.0), Severity::high);
}

}  // namespace
}  // namespace limpid::match
