#include "match/risk.h"

#include <algorithm>
#include <cmath>

namespace limpid::match {
namespace {

using advisory::Enrichment;

// The scores that a word stands for, and the one for it where no score is known.
struct Band {
  double low, high, middle;
};
Band band_of(Severity severity) {
  switch (severity) {
    case Severity::unknown:
      return {0, 10, 5};
    case Severity::negligible:
      return {0, 1, 0.5};
    case Severity::low:
      return {0.1, 3.9, 2.5};
    case Severity::medium:
      return {4, 6.9, 5.5};
    case Severity::high:
      return {7, 8.9, 8};
    case Severity::critical:
      return {9, 10, 9.5};
  }
  return {0, 10, 5};
}

constexpr double kExploitationUnknown = 0.3;  // nothing is known: as a probability of 1.5 %
constexpr double kExploitationLeast = 0.2;
constexpr double kExploitationOfPoc = 0.6;
constexpr double kNoFix = 0.7;

double exploitation_of(const Enrichment* enrichment) {
  if (enrichment == nullptr) return kExploitationUnknown;
  using Exploitation = Enrichment::Exploitation;
  if (!enrichment->kev_added.empty() || enrichment->exploitation == Exploitation::active) return 1;
  double factor = kExploitationUnknown;
  // The root spreads the small probabilities that nearly all flaws have.
  if (enrichment->epss)
    factor = kExploitationLeast + (1 - kExploitationLeast) * std::sqrt(enrichment->epss->probability / 1e6);
  return enrichment->exploitation == Exploitation::poc ? std::max(factor, kExploitationOfPoc) : factor;
}

}  // namespace

double RiskFactors::risk() const { return std::round(100 * severity * exploitation * fixability) / 10; }

RiskFactors assess_risk(Severity severity, std::optional<double> score, const Enrichment* enrichment,
                        advisory::Status status) {
  const Band band = band_of(severity);
  RiskFactors factors;
  factors.severity = score ? std::clamp(*score, band.low, band.high) : band.middle;
  factors.exploitation = exploitation_of(enrichment);
  factors.fixability = status == advisory::Status::fixed ? 1 : kNoFix;
  return factors;
}

}  // namespace limpid::match
