// Reading one layer: one pass over its entries serves every detector.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "archive/entry.h"
#include "inventory/types.h"

namespace limpid::inventory {

// What one layer may make us remember. Beyond it, the layer's inventory says so in `skipped`.
struct LayerLimits {
  std::uint64_t wanted_bytes_max = std::uint64_t{512} << 20;  // read in all, not held at once
  std::size_t evidence_max = 1'000'000;
  std::size_t links_max = 500'000;
  std::size_t whiteouts_max = 1'000'000;
  std::size_t skipped_max = 1'000;
  // Paths of which only the fact that they stand in the layer is kept; more than any real layer has.
  std::size_t paths_max = 1'000'000;
  // Memory for all that is remembered, about: names are cheap in a compressed tar.
  std::uint64_t memory_max = std::uint64_t{128} << 20;
  // One file of interest. 0: as much as its detector reads by itself.
  std::uint64_t file_size_max = 0;
};

// `also_wanted`: the second reading of a layer, for what the first merge found behind links: the file at `path` is read
// as if it stood at `wanted`. Only those are read then, and each is answered, if only by saying that it is not there.
// Its answers are added to the first reading by add_reading(), and the layers merged again.
Result<LayerInventory> read_layer(archive::EntryReader& entries, const LayerLimits& limits = {},
                                  std::span<const Unread> also_wanted = {});

void add_reading(LayerInventory& layer, LayerInventory second);

}  // namespace limpid::inventory
