// The reader of docker's archives over an archive that has been opened.
#pragma once

#include <memory>
#include <string>

#include "image/archive_store.h"
#include "image/source.h"

namespace limpid::image {

Result<std::unique_ptr<ImageSource>> open_docker_in(std::shared_ptr<const ArchiveStore> store, const std::string& path,
                                                    const std::string& reference, const OpenOptions& options);

}  // namespace limpid::image
