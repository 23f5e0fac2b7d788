// updateinfo.xml and the JSON of updates, as the feeds of Amazon, AlmaLinux, Rocky and Fedora read them: every
// statement must be kept or counted.
#include <cstdint>
#include <fstream>
#include <string>

#include "advisory/feed.h"
#include "base/bytes.h"
#include "base/file.h"

namespace {

struct CountingSink final : limpid::advisory::Sink {
  std::uint64_t statements = 0;
  void advisory(limpid::advisory::Advisory&& advisory) override { statements += advisory.affected.size(); }
  void available(limpid::advisory::Available&& /*available*/) override {}
  void end_of_life(limpid::advisory::EndOfLife&& /*end_of_life*/) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  static const auto folder = base::TemporaryDirectory::make("fuzz").value();
  const auto path = folder.path() + "/updateinfo";
  std::ofstream(path, std::ios::binary) << base::as_text({data, size});
  for (const auto* name : {"amazon", "almalinux", "rocky", "fedora"}) {
    CountingSink sink;
    const auto counts = advisory::find_feed(name)->read({.path = path, .name_space = ""}, sink);
    if (!counts) continue;
    std::uint64_t dropped = 0;
    for (const auto& [reason, count] : counts->dropped) dropped += count;
    if (counts->statements != sink.statements + dropped) __builtin_trap();
  }
  return 0;
}
