// updateinfo.xml and the JSON of updates, as the feeds of Amazon, AlmaLinux, Rocky and Fedora read them.
#include "base/bytes.h"
#include "feeds.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  for (const auto* feed : {"amazon", "almalinux", "rocky", "fedora"})
    fuzz::read_feed(feed, "updateinfo", base::as_text({data, size}));
  return 0;
}
