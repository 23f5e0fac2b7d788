#include "cvss/best_vector.h"

#include <tuple>

namespace limpid::cvss {

std::optional<RatedVector> best_vector(const std::vector<advisory::Cvss>& own, std::string_view source,
                                       const advisory::Enrichment* enrichment) {
  std::optional<RatedVector> best;
  int best_rank = 0;
  const auto offer = [&](const advisory::Cvss& cvss, std::string_view from, int rank) {
    const auto scores = score(cvss.vector);
    if (!scores) return;
    if (best && std::tuple(rank, scores->version, scores->base) <= std::tuple(best_rank, best->version, best->score))
      return;
    best = RatedVector{.vector = cvss.vector, .source = from, .version = scores->version, .score = scores->base};
    best_rank = rank;
  };
  for (const auto& cvss : own) offer(cvss, source, 3);
  if (enrichment != nullptr)
    for (const auto& [cvss, from, primary] : enrichment->cvss) offer(cvss, from, primary ? 2 : 1);
  return best;
}

}  // namespace limpid::cvss
