// Debian's security tracker JSON, as the feed "debian" reads it.
#include "advisory/json_members.h"
#include "base/bytes.h"
#include "feeds.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  // Every depth of the splitter, from memory; then the whole feed, which reads files.
  for (unsigned depth = 1; depth <= 3; ++depth) {
    const auto source = archive::memory_source({data, size});
    (void)advisory::split_members(*source, depth,
                                  [](std::span<const std::string>, std::string&) -> Result<void> { return {}; },
                                  {.key_size_max = 64, .value_size_max = 1024});
  }
  fuzz::read_feed("debian", "tracker.json", base::as_text({data, size}));
  return 0;
}
