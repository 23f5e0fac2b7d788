// A layer blob as a stream of entries that is hashed as it passes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "archive/source.h"
#include "image/source.h"

namespace limpid::image {

// Code::unsupported for kinds of layer that are no tar at all, told before their bytes confuse anyone.
Result<void> check_media_type(std::string_view media_type);

// `blob_size` is what the store holds; it is compared with expected.size (unless that is 0) before a byte is read.
// Digests that `expected` leaves empty are measured (SHA-256), the others verified. `which` names the layer in errors.
Result<std::unique_ptr<LayerReader>> read_layer(std::unique_ptr<archive::Source> blob, std::uint64_t blob_size,
                                                LayerDescriptor expected, std::string which,
                                                const OpenOptions& options);

}  // namespace limpid::image
