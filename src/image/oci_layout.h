// The reader of OCI layouts, whatever store holds their files.
#pragma once

#include <memory>
#include <string>

#include "image/blob_store.h"
#include "image/source.h"

namespace limpid::image {

Result<std::unique_ptr<ImageSource>> open_layout_in(std::shared_ptr<const BlobStore> store, const std::string& path,
                                                    const std::string& reference, const OpenOptions& options);

}  // namespace limpid::image
