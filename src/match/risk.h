// How urgent a finding is: one number from how severe the flaw is, how likely it is to be exploited, and whether
// anything can be done about it. docs/risk.md has the formula and the reasons.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/types.h"
#include "match/cvss.h"
#include "match/severity.h"

namespace limpid::match {

// The CVSS vector that speaks for a flaw. Views into what it was chosen from.
struct RatedVector {
  std::string_view vector, source;
  CvssVersion version = CvssVersion::v3_1;
  double score = 0;  // base
};

// Of vectors that can be scored: those of the advisory itself before NVD's own before those of others; among equals the
// newest version, then the highest score. `source` is the name for the advisory's. Nothing if there is none.
std::optional<RatedVector> best_vector(const std::vector<advisory::Cvss>& own, std::string_view source,
                                       const advisory::Enrichment* enrichment);

// What risk is made of.
struct RiskFactors {
  double severity = 0;      // 0 to 10
  double exploitation = 0;  // 0 to 1
  double fixability = 0;    // 0 to 1
  double risk() const;      // 0.0 to 100.0, to one decimal
};
// `score` is the base score that speaks for the flaw, if any; `enrichment` may be null.
RiskFactors assess_risk(Severity severity, std::optional<double> score, const advisory::Enrichment* enrichment,
                        advisory::Status status);

}  // namespace limpid::match
