// An image whose layers are blobs of a store: what every source but a plain directory comes to.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "image/blob_store.h"
#include "image/source.h"

namespace limpid::image {

class StoredImage final : public ImageSource {
 public:
  // `names` are the names in `store` of manifest.layers, one each.
  StoredImage(Manifest manifest, std::shared_ptr<const BlobStore> store, std::vector<std::string> names,
              OpenOptions options);
  const Manifest& manifest() const override { return manifest_; }
  Result<std::unique_ptr<LayerReader>> open_layer(std::size_t index) const override;
  void add_other(std::unique_ptr<ImageSource> image) { others_.push_back(std::move(image)); }
  std::vector<std::unique_ptr<ImageSource>> take_others() override { return std::exchange(others_, {}); }

 private:
  Manifest manifest_;
  std::shared_ptr<const BlobStore> store_;
  std::vector<std::string> names_;
  OpenOptions options_;
  std::vector<std::unique_ptr<ImageSource>> others_;
};

// manifest.name: the path as given, with what was asked for behind it, else with the first tag.
std::string name_of_image(const std::string& path, const std::string& reference, const std::vector<std::string>& tags);

}  // namespace limpid::image
