// A layer read by its table of contents (toc.h) instead of its tar. Private to this room.
#pragma once

#include <memory>
#include <string>

#include "image/blob_store.h"
#include "image/source.h"

namespace limpid::image {

// If more than this part of a blob (1/n) is wanted, it is better read whole: Code::limit.
inline constexpr std::uint64_t kLazyPartMax = 2;

// `name` in `store` is the layer that `expected` describes. As ImageSource::open_layer_lazily says.
Result<std::unique_ptr<LayerReader>> read_layer_lazily(std::shared_ptr<const BlobStore> store, const std::string& name,
                                                       const LayerDescriptor& expected, const WantedSize& wanted,
                                                       const OpenOptions& options);

}  // namespace limpid::image
