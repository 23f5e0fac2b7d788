// CSAF documents, as the feeds "redhat", "suse" and "openeuler" read them.
#include "base/bytes.h"
#include "feeds.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  for (const auto* feed : {"redhat", "suse", "openeuler"})
    fuzz::read_feed(feed, "document.json", base::as_text({data, size}));
  return 0;
}
