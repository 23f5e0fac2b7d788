// Reading one layer of an image: to its last byte, or by its table of contents.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/error.h"
#include "image/source.h"
#include "inventory/layer.h"
#include "scan/cache.h"

namespace limpid::scan {

// `also_wanted` as inventory::read_layer has it.
Result<ReadLayer> read_to_end(image::LayerReader& reader, const inventory::LayerLimits& limits,
                              std::span<const inventory::Unread> also_wanted);

// Fetches little more than what detectors want (or what is also wanted). After any error but Code::cancelled, which is
// logged, the layer is to be read whole.
Result<ReadLayer> read_lazily(const image::ImageSource& source, std::size_t index, const inventory::LayerLimits& limits,
                              std::span<const inventory::Unread> also_wanted);

// What a person should know of layers that were read so; "" if there is none.
std::string note_of_lazy_layers(const image::Manifest& manifest);

}  // namespace limpid::scan
