// CVSS vectors: any text has scores within the scale, or none.
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "cvss/score.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto scores = limpid::cvss::score(limpid::base::as_text({data, size}));
  if (!scores) return 0;
  for (const double score : {scores->base, scores->temporal, scores->environmental}) {
    const double tenths = score * 10;
    if (!(score >= 0 && score <= 10) || std::abs(tenths - std::round(tenths)) > 1e-9) __builtin_trap();
  }
  return 0;
}
