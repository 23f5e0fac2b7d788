// An App Container Image is a tar, compressed or not, of a file `manifest` and the folder rootfs/. The manifest may
// stand behind everything else, so the tar is read twice: once for it, and once as the only layer.
#include "image/aci.h"

#include <utility>

#include "archive/compression.h"
#include "archive/tar.h"
#include "image/blob_store.h"
#include "image/layer_reader.h"
#include "image/local_json.h"
#include "image/platform.h"
#include "image/reference.h"
#include "image/source.h"

namespace limpid::image {
namespace {

class AciReader final : public archive::EntryReader {
 public:
  explicit AciReader(archive::EntryReader& inner) : inner_(inner) {}

  Result<const archive::Entry*> next() override {
    constexpr std::string_view kRoot = "rootfs";
    for (;;) {
      LIMPID_ASSIGN(const archive::Entry* entry, inner_.next());
      if (entry == nullptr) return nullptr;
      if (entry->path != kRoot && !entry->path.starts_with("rootfs/")) continue;
      entry_ = *entry;
      entry_.path = entry->path == kRoot ? "" : entry->path.substr(kRoot.size() + 1);
      if (entry_.type == archive::EntryType::hard_link && entry_.link_target.starts_with("rootfs/"))
        entry_.link_target = entry_.link_target.substr(kRoot.size() + 1);
      return &entry_;
    }
  }
  Result<Bytes> content() override { return inner_.content(); }
  const SkippedList& skipped() const override { return inner_.skipped(); }

 private:
  archive::EntryReader& inner_;
  archive::Entry entry_;
};

class AciLayer final : public LayerReader {
 public:
  explicit AciLayer(std::unique_ptr<LayerReader> tar) : tar_(std::move(tar)), entries_(aci_entries(tar_->entries())) {}
  archive::EntryReader& entries() override { return *entries_; }
  Result<LayerDescriptor> finish() override { return tar_->finish(); }

 private:
  std::unique_ptr<LayerReader> tar_;
  std::unique_ptr<archive::EntryReader> entries_;
};

class AciImage final : public ImageSource {
 public:
  AciImage(std::string path, Manifest manifest, OpenOptions options)
      : path_(std::move(path)), manifest_(std::move(manifest)), options_(std::move(options)) {}
  const Manifest& manifest() const override { return manifest_; }
  Result<std::unique_ptr<LayerReader>> open_layer(std::size_t index) const override {
    if (index != 0) return fail(Code::internal, {"an App Container Image has one layer, not a layer ", index});
    LIMPID_ASSIGN(base::File file, base::File::open(path_));
    LIMPID_ASSIGN(Blob blob, blob_of_file(std::move(file)));
    LIMPID_ASSIGN(auto tar,
                  read_layer(std::move(blob.source), blob.size, manifest_.layers[0], "the image's tar", options_));
    return std::make_unique<AciLayer>(std::move(tar));
  }

 private:
  std::string path_;
  Manifest manifest_;
  OpenOptions options_;
};

Result<AciManifest> find_manifest(const Blob& blob, const OpenOptions& options) {
  const auto entries = archive::open_tar(*blob.source, options.tar);
  for (;;) {
    LIMPID_ASSIGN(const archive::Entry* entry, entries->next());
    if (entry == nullptr)
      return fail(Code::not_found, {"no App Container Image: there is no file 'manifest' in the tar"});
    if (entry->path != "manifest" || entry->type != archive::EntryType::file) continue;
    LIMPID_ASSIGN_WITHIN(const std::string text, archive::read_content(*entries, options.limits.config_size_max),
                         {"manifest"});
    LIMPID_ASSIGN_WITHIN(AciManifest manifest, parse_aci_manifest(text), {"manifest"});
    return manifest;
  }
}

}  // namespace

std::unique_ptr<archive::EntryReader> aci_entries(archive::EntryReader& inner) {
  return std::make_unique<AciReader>(inner);
}

Result<std::unique_ptr<ImageSource>> open_aci(const std::string& path, const OpenOptions& options) {
  LIMPID_ASSIGN(base::File file, base::File::open(path));
  LIMPID_ASSIGN(Blob blob, blob_of_file(std::move(file)));
  LIMPID_ASSIGN(blob.source, archive::decompress_any(std::move(blob.source), options.inflate));
  LIMPID_ASSIGN(const AciManifest aci, find_manifest(blob, options));
  Manifest manifest;
  manifest.name = path;
  if (!aci.name.empty())
    manifest.tags.push_back(aci.version.empty() ? aci.name : base::cat({aci.name, ":", aci.version}));
  LayerDescriptor layer;
  layer.size = blob.size;
  manifest.layers.push_back(std::move(layer));
  apply_config(aci.config, manifest);
  if (!aci.dependencies.empty())
    manifest.notes.push_back(base::cat(
        {"the image is to be laid over others, which are not in it and were not read: ", list_some(aci.dependencies)}));
  LIMPID_TRY(judge_platform(options.platform, manifest));
  return std::make_unique<AciImage>(path, std::move(manifest), options);
}

}  // namespace limpid::image
