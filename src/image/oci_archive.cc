// An OCI layout inside a tar, as skopeo, podman and buildx write it.
// https://github.com/opencontainers/image-spec/blob/main/image-layout.md
#include "image/archive_store.h"
#include "image/oci_layout.h"

namespace limpid::image {

Result<std::unique_ptr<ImageSource>> open_oci_archive(const std::string& path, const std::string& reference,
                                                      const OpenOptions& options) {
  LIMPID_ASSIGN(auto store, ArchiveStore::open(path, options, ArchiveStore::Purpose::read));
  return open_layout_in(std::move(store), path, reference, options);
}

}  // namespace limpid::image
