// A folder as `skopeo copy … dir:FOLDER` and Podman write it: a file "version", manifest.json, the manifests of an
// index as HEX.manifest.json, blobs by the hex digits of their digest alone. containers/image,
// docs/containers-transports.5.md.
#pragma once

#include <memory>
#include <string>

#include "image/blob_store.h"
#include "image/source.h"

namespace limpid::image {

// `store` holds the files of the folder.
bool is_skopeo_dir(const BlobStore& store);
Result<std::unique_ptr<ImageSource>> open_skopeo_dir(std::shared_ptr<const BlobStore> store, const std::string& path,
                                                     const OpenOptions& options);

}  // namespace limpid::image
