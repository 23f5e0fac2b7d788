// pacman's database: arbitrary bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "inventory/layer.h"
#include "inventory/merge.h"
#include "inventory/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid::inventory;
  testing::MemoryReader reader(
      {testing::file("var/lib/pacman/local/x-1-1/desc", std::string(limpid::base::as_text({data, size})))}, 997);
  const auto layer = read_layer(reader);
  if (!layer) std::abort();  // the reader has no faults, and those of the content are not the layer's
  for (const auto& evidence : layer->evidence) {
    for (const auto& package : evidence.packages) {
      if (package.name.empty() || package.version.empty() || package.source_name.empty()) std::abort();
      if (purl(package).find_first_of(" \n\x1b") != std::string::npos) std::abort();
    }
  }
  merge_layers({&*layer, 1});
  return 0;
}
