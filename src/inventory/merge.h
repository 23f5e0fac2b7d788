// From layers to an image: whiteouts, opaque directories, replaced files, links, and who introduced what.
// https://github.com/opencontainers/image-spec/blob/main/layer.md (Representing Changes)
#pragma once

#include <span>
#include <string_view>

#include "inventory/types.h"

namespace limpid::inventory {

struct MergeOptions {
  // "debian:12": overrides what the layers say of their distribution.
  std::string_view distribution;
};

// Layers bottom first. A pure function: the same layers give the same inventory.
ImageInventory merge_layers(std::span<const LayerInventory> layers, const MergeOptions& options = {});
// The same over inventories that others share: a service keeps a base layer's once.
ImageInventory merge_shared_layers(std::span<const LayerInventory* const> layers, const MergeOptions& options = {});

}  // namespace limpid::inventory
