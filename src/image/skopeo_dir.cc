#include "image/skopeo_dir.h"

#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "image/choose.h"

namespace limpid::image {
namespace {

constexpr std::uint64_t kVersionSizeMax = 100;
constexpr std::string_view kVersionBegins = "Directory Transport Version:";
constexpr const char* kManifest = "manifest.json";

// The names of a layout, as the folder has them.
class SkopeoDir final : public BlobStore {
 public:
  SkopeoDir(std::shared_ptr<const BlobStore> files, const Digest& root) : files_(std::move(files)), root_(root) {}

  Result<Blob> open(const std::string& name) const override { return files_->open(in_folder(name)); }
  Result<std::unique_ptr<archive::Source>> open_range(const std::string& name, std::uint64_t offset,
                                                      std::uint64_t size) const override {
    return files_->open_range(in_folder(name), offset, size);
  }
  bool contains(const std::string& name) const override { return files_->contains(in_folder(name)); }
  std::string manifest_name(const Digest& digest) const override {
    return digest == root_ ? kManifest : digest.hex() + ".manifest.json";
  }

 private:
  // "blobs/sha256/<hex>" is "<hex>"
  static std::string in_folder(const std::string& name) { return name.substr(name.rfind('/') + 1); }

  std::shared_ptr<const BlobStore> files_;
  Digest root_;
};

}  // namespace

bool is_skopeo_dir(const BlobStore& store) {
  if (!store.contains(kManifest) || !store.contains("version")) return false;
  const auto version = read_blob(store, "version", kVersionSizeMax);
  return version && version->starts_with(kVersionBegins);
}

Result<std::unique_ptr<ImageSource>> open_skopeo_dir(std::shared_ptr<const BlobStore> store, const std::string& path,
                                                     const OpenOptions& options) {
  LIMPID_ASSIGN(const std::string manifest,
                read_blob(*store, kManifest, {"manifest-size", options.limits.manifest_size_max}));
  Descriptor root;
  root.digest = base::sha256(base::as_bytes(manifest));
  root.size = manifest.size();
  ImageChooser chooser(std::make_shared<SkopeoDir>(std::move(store), root.digest), options,
                       ImageChooser::Reading::best_listed);
  return chooser.open({root}, std::nullopt, [&](const auto&) { return path; });
}

}  // namespace limpid::image
