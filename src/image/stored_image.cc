#include "image/stored_image.h"

#include "image/foreign_layer.h"
#include "image/layer_reader.h"
#include "image/lazy_layer.h"

namespace limpid::image {

StoredImage::StoredImage(Manifest manifest, std::shared_ptr<const BlobStore> store, std::vector<std::string> names,
                         OpenOptions options)
    : manifest_(std::move(manifest)),
      store_(std::move(store)),
      names_(std::move(names)),
      options_(std::move(options)) {}

Result<std::unique_ptr<LayerReader>> StoredImage::open_layer(std::size_t index) const {
  if (index >= names_.size()) return fail(Code::internal, {"there is no layer ", index, " of ", names_.size()});
  const LayerDescriptor& expected = manifest_.layers[index];
  std::string which = base::cat({"layer ", index + 1, " of ", names_.size(), " (", names_[index], ")"});
  auto blob = store_->open(names_[index]);
  if (!blob) {
    if (is_foreign(expected) && blob.error().code() == Code::not_found)
      return open_foreign(expected, std::move(which), options_);
    return std::unexpected(std::move(blob).error().within({which}));
  }
  const std::uint64_t size = blob->size_is_known ? blob->size : expected.size;
  return read_layer(std::move(blob->source), size, expected, std::move(which), options_);
}

Result<std::unique_ptr<LayerReader>> StoredImage::open_layer_lazily(std::size_t index, const WantedSize& wanted) const {
  if (index >= names_.size()) return fail(Code::internal, {"there is no layer ", index, " of ", names_.size()});
  return read_layer_lazily(store_, names_[index], manifest_.layers[index], wanted, options_);
}

std::string name_of_image(const std::string& path, const std::string& reference, const std::vector<std::string>& tags) {
  if (Digest::parse(reference)) return base::cat({path, "@", reference});
  if (!reference.empty()) return base::cat({path, ":", reference});
  if (!tags.empty()) return base::cat({path, ":", tags.front()});
  return path;
}

}  // namespace limpid::image
