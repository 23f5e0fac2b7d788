// OVAL definitions, as the feeds of Red Hat, SUSE, AlmaLinux, Oracle, Anolis OS and ALT Linux read them.
#include "base/bytes.h"
#include "feeds.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  for (const auto* feed : {"redhat-oval", "suse-oval", "almalinux", "oracle", "anolis", "altlinux"})
    fuzz::read_feed(feed, "definitions.xml", base::as_text({data, size}));
  return 0;
}
