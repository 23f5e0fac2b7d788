// Debian's security tracker JSON, as the feed "debian" reads it.
#include <cstdint>
#include <fstream>
#include <string>

#include "advisory/feed.h"
#include "advisory/json_members.h"
#include "base/bytes.h"

namespace {

struct NullSink final : limpid::advisory::Sink {
  void advisory(limpid::advisory::Advisory&& /*advisory*/) override {}
  void available(limpid::advisory::Available&& /*available*/) override {}
  void end_of_life(limpid::advisory::EndOfLife&& /*end_of_life*/) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  // Every depth of the splitter, from memory; then the whole feed, which reads files.
  for (unsigned depth = 1; depth <= 3; ++depth) {
    const auto source = archive::memory_source({data, size});
    (void)advisory::split_members(*source, depth,
                                  [](std::span<const std::string>, std::string&) -> Result<void> { return {}; },
                                  {.key_size_max = 64, .value_size_max = 1024});
  }
  static const auto folder = base::TemporaryDirectory::make("fuzz").value();
  const auto path = folder.path() + "/tracker.json";
  std::ofstream(path, std::ios::binary) << base::as_text({data, size});
  NullSink sink;
  (void)advisory::find_feed("debian")->read({.path = path, .name_space = ""}, sink);
  return 0;
}
