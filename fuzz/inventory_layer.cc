// A layer's tar as it arrives, read as layers are, under small limits and under the usual ones: what was kept, stored
// and read again is the same, and what is beyond a limit is told.
#include <cstdint>
#include <string>
#include <vector>

#include "archive/source.h"
#include "archive/tar.h"
#include "base/bytes.h"
#include "inventory/layer.h"
#include "inventory/merge.h"
#include "inventory/stored.h"

namespace {

using namespace limpid;

void read(Bytes bytes, const archive::TarLimits& tar, const inventory::LayerLimits& limits) {
  const auto source = archive::memory_source(bytes);
  const auto entries = archive::open_tar(*source, tar);
  auto layer = inventory::read_layer(*entries, limits);
  if (!layer) return;
  if (layer->symlinks.size() > limits.links_max || layer->whiteouts.size() > limits.whiteouts_max ||
      layer->evidence.size() > limits.evidence_max || layer->skipped.size() > limits.skipped_max + 1)
    __builtin_trap();
  layer->diff_id = base::sha256(bytes);
  const auto packed = inventory::store(*layer);
  if (!packed) __builtin_trap();
  const auto again = inventory::restore(*packed);
  if (!again || again->skipped.size() != layer->skipped.size()) __builtin_trap();
  const std::vector layers{*layer, *again};
  (void)inventory::merge_layers(layers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  archive::TarLimits tar;
  tar.sparse_size_max = 1 << 20;
  read({data, size}, tar, {});
  inventory::LayerLimits few;
  few.wanted_bytes_max = 1'000;
  few.evidence_max = few.links_max = few.whiteouts_max = few.skipped_max = few.paths_max = 2;
  few.file_size_max = 700;
  tar.skipped_max = 1;
  tar.sparse_parts_max = 2;
  read({data, size}, tar, few);
  return 0;
}
