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

}  // namespace
}  // namespace limpid::match
