// How urgent a finding is: one number from how severe the flaw is, how likely it is to be exploited, and whether
// anything can be done about it. docs/risk.md has the formula and the reasons.
#pragma once

#include <optional>
#include <string_view>

#include "advisory/types.h"
#include "match/severity.h"

namespace limpid::match {

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
