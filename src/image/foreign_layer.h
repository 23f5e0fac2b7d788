// Foreign layers: listed by a manifest, but kept by their vendor, who forbids to pass them on (base layers of Windows).
// https://github.com/opencontainers/image-spec/blob/main/layer.md#non-distributable-layers
// Private to this room.
#pragma once

#include <memory>
#include <string>

#include "image/blob_store.h"
#include "image/source.h"

namespace limpid::image {

bool is_foreign(const LayerDescriptor& layer);

// `layer` from the first of its URLs that OpenOptions::foreign_layers_from allows, else a layer without entries that
// lists itself as skipped. Nothing that a registry may know of us is sent: neither credentials nor a certificate. The
// manifest that names the URLs is not trusted: its digests decide whether the bytes are the layer's.
Result<std::unique_ptr<LayerReader>> open_foreign(const LayerDescriptor& layer, std::string which,
                                                  const OpenOptions& options);

}  // namespace limpid::image
