// Which of the CVSS vectors on one flaw speaks for it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "advisory/types.h"
#include "cvss/score.h"

namespace limpid::cvss {

// The CVSS vector that speaks for a flaw. Views into what it was chosen from.
struct RatedVector {
  std::string_view vector, source;
  Version version = Version::v3_1;
  double score = 0;  // base
};

// Of vectors that can be scored: those of the advisory itself before NVD's own before those of others; among equals the
// newest version, then the highest score. `source` is the name for the advisory's. Nothing if there is none.
std::optional<RatedVector> best_vector(const std::vector<advisory::Cvss>& own, std::string_view source,
                                       const advisory::Enrichment* enrichment);

}  // namespace limpid::cvss
