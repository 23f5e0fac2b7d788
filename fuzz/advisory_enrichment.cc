// The feeds that speak of CVEs: NVD's documents, CVE records, EPSS' table and the catalogue of exploited ones.
#include "base/bytes.h"
#include "feeds.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  for (const auto* feed : {"nvd", "cvelist", "epss", "kev"})
    fuzz::read_feed(feed, "CVE-2031-0001.json", base::as_text({data, size}));
  return 0;
}
