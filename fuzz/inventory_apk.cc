// apk's database of installed packages.
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
      {testing::file("lib/apk/db/installed", std::string(limpid::base::as_text({data, size})))}, 997);
  const auto layer = read_layer(reader);
  if (!layer) std::abort();  // the reader has no faults, and those of the content are not the layer's
  for (const auto& evidence : layer->evidence) {
    for (const auto& package : evidence.packages) {
      if (package.name.empty() || package.name.front() == '.' || package.version.empty()) std::abort();
    }
  }
  merge_layers({&*layer, 1});
  return 0;
}
