// What `docker save` writes, in both generations: since Docker 1.10 a manifest.json that lists configs and layers;
// before it `repositories` and a folder per layer whose json names its parent.
// https://github.com/moby/moby/blob/master/image/spec/README.md
#include "image/docker_archive.h"

#include <algorithm>
#include <set>

#include "image/platform.h"
#include "image/reference.h"
#include "image/stored_image.h"

namespace limpid::image {
namespace {

constexpr std::size_t kHexSize = 64;

bool is_hex_id(std::string_view text) {
  return text.size() == kHexSize && Digest::parse(base::cat({"sha256:", text})).has_value();
}

// Docker 25's names of blobs promise a digest; older names only look as if they did (tools that edit images leave
// them as they were).
Digest promised_by(std::string_view name) {
  if (!base::strip_prefix(name, "blobs/sha256/") || !is_hex_id(name)) return {};
  return *Digest::parse(base::cat({"sha256:", name}));
}

class DockerArchive {
 public:
  DockerArchive(std::shared_ptr<const ArchiveStore> store, std::string path, std::string reference,
                const OpenOptions& options)
      : store_(std::move(store)), path_(std::move(path)), reference_(std::move(reference)), options_(options) {}

  Result<std::unique_ptr<ImageSource>> open() {
    if (store_->contains("manifest.json")) return open_listed();
    if (store_->contains("repositories")) return open_legacy();
    const std::vector<std::string> names = store_->names();
    if (names.empty()) return fail(Code::not_found, {"the archive is empty"});
    return fail(Code::not_found,
                {"neither manifest.json nor repositories is in the archive; there are: ", list_some(names)});
  }

 private:
  // A config that has been read, with the image that names it.
  struct Chosen {
    DockerImage image;
    Config config;
    Digest digest;
  };

  Result<std::unique_ptr<ImageSource>> open_listed() {
    LIMPID_ASSIGN(const std::string text,
                  read_blob(*store_, "manifest.json", {"manifest-size", options_.limits.manifest_size_max}));
    LIMPID_ASSIGN_WITHIN(std::vector<DockerImage> images, parse_docker_manifest(text, options_.limits),
                         {"manifest.json"});
    if (images.empty()) return fail(Code::not_found, {"manifest.json lists no image"});
    LIMPID_ASSIGN(const std::size_t index, choose(images));
    LIMPID_ASSIGN(Chosen chosen, read_config(std::move(images[index])));
    const std::size_t layers = chosen.image.layers.size();
    if (chosen.config.diff_ids.size() != layers)
      return fail(Code::invalid,
                  {"manifest.json lists ", layers, " layers, the config ", chosen.config.diff_ids.size(), " diff IDs"});
    Manifest manifest;
    manifest.config_digest = chosen.digest;
    manifest.tags = chosen.image.tags;
    for (std::size_t i = 0; i < layers; ++i) {
      const std::string& name = chosen.image.layers[i];
      LIMPID_ASSIGN_WITHIN(const std::uint64_t size, store_->size_of(name), {"layer ", i + 1, " of ", layers});
      manifest.layers.push_back({promised_by(name), chosen.config.diff_ids[i], {}, size, {}});
    }
    note_other_name(chosen, manifest);
    return finish(std::move(manifest), chosen.config, std::move(chosen.image.layers));
  }

  Result<std::size_t> choose(const std::vector<DockerImage>& images) const {
    if (reference_.empty()) {
      if (images.size() == 1) return std::size_t{0};
      return fail(Code::usage,
                  {"there are ", images.size(), " images; choose one by :TAG or @DIGEST. ", describe(images)});
    }
    if (const auto digest = Digest::parse(reference_)) return choose_by_digest(images, *digest);
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < images.size(); ++i) {
      const auto matches = [&](const std::string& tag) { return reference_matches(tag, reference_); };
      if (!std::any_of(images[i].tags.begin(), images[i].tags.end(), matches)) continue;
      if (found && images[*found].config != images[i].config)
        return fail(Code::usage,
                    {"'", reference_, "' could mean several images; write its whole name. ", describe(images)});
      if (!found) found = i;
    }
    if (!found) return fail(Code::not_found, {"no image is tagged '", reference_, "'. ", describe(images)});
    return *found;
  }

  Result<std::size_t> choose_by_digest(const std::vector<DockerImage>& images, const Digest& digest) const {
    for (std::size_t i = 0; i < images.size(); ++i) {
      LIMPID_ASSIGN(const std::string text,
                    read_blob(*store_, images[i].config, {"config-size", options_.limits.config_size_max}));
      if (base::sha256(base::as_bytes(text)) == digest) return i;
    }
    return fail(Code::not_found, {"no image has the ID ", reference_, ". ", describe(images)});
  }

  static std::string describe(const std::vector<DockerImage>& images) {
    std::vector<std::string> tags;
    std::size_t untagged = 0;
    for (const DockerImage& image : images) {
      tags.insert(tags.end(), image.tags.begin(), image.tags.end());
      untagged += image.tags.empty() ? 1 : 0;
    }
    std::string text = tags.empty() ? "None has a tag" : "Tags: " + list_some(tags);
    if (untagged != 0 && !tags.empty()) base::append(text, {"; untagged: ", untagged});
    return text;
  }

  Result<Chosen> read_config(DockerImage image) const {
    Chosen chosen;
    LIMPID_ASSIGN(const std::string text,
                  read_blob(*store_, image.config, {"config-size", options_.limits.config_size_max}));
    chosen.digest = base::sha256(base::as_bytes(text));
    const Digest promised = promised_by(image.config);
    if (!promised.empty() && promised != chosen.digest)
      return fail(Code::mismatch, {image.config, ": its bytes have the digest ", chosen.digest.to_string()});
    LIMPID_ASSIGN_WITHIN(chosen.config, parse_config(text, options_.limits), {"config ", image.config});
    chosen.image = std::move(image);
    return chosen;
  }

  static void note_other_name(const Chosen& chosen, Manifest& manifest) {
    std::string_view name = chosen.image.config;
    base::strip_prefix(name, "sha256:");
    base::strip_suffix(name, ".json");
    if (is_hex_id(name) && name != chosen.digest.hex())
      manifest.notes.push_back(base::cat({"the config is named ", chosen.image.config,
                                          ", but its bytes have the digest ", chosen.digest.to_string()}));
  }

  Result<std::unique_ptr<ImageSource>> open_legacy() {
    LIMPID_TRY(refuse_lost_manifest());
    LIMPID_ASSIGN(const std::string text,
                  read_blob(*store_, "repositories", {"manifest-size", options_.limits.manifest_size_max}));
    LIMPID_ASSIGN_WITHIN(const auto newest, parse_repositories(text, options_.limits), {"repositories"});
    LIMPID_ASSIGN(const std::string top, choose_legacy(newest));
    Manifest manifest;
    for (const auto& [tag, id] : newest)
      if (id == top) manifest.tags.push_back(tag);
    std::optional<Config> config;
    std::vector<std::string> names;
    std::set<std::string> visited;
    for (std::string id = top; !id.empty();) {
      if (!is_hex_id(id)) return fail(Code::invalid, {"'", id, "' is no ID of a layer"});
      if (!visited.insert(id).second) return fail(Code::invalid, {"the layers' parents lead back to ", id});
      if (names.size() >= options_.limits.layers_max)
        return fail(Code::limit, {"more layers than the limit layers=", options_.limits.layers_max});
      const std::string description = id + "/json";
      LIMPID_ASSIGN(const std::string json,
                    read_blob(*store_, description, {"config-size", options_.limits.config_size_max}));
      LIMPID_ASSIGN_WITHIN(LegacyLayer layer, parse_legacy_layer(json, options_.limits), {description});
      names.push_back(id + "/layer.tar");
      LIMPID_ASSIGN(const std::uint64_t size, store_->size_of(names.back()));
      manifest.layers.push_back({{}, {}, {}, size, std::move(layer.created_by)});
      if (!config) config = std::move(layer.config);
      id = std::move(layer.parent);
    }
    if (!config) return fail(Code::invalid, {"repositories names no layer"});
    std::reverse(names.begin(), names.end());
    std::reverse(manifest.layers.begin(), manifest.layers.end());
    manifest.notes.push_back("an archive of Docker before 1.10: it promises no digests, so none were compared");
    return finish(std::move(manifest), *config, std::move(names));
  }

  // A config beside the layers is of the newer generation: its manifest.json got lost, and with it the digests.
  Result<void> refuse_lost_manifest() const {
    for (const std::string& name : store_->names()) {
      std::string_view stem = name;
      if (base::strip_suffix(stem, ".json") && is_hex_id(stem))
        return fail(Code::not_found, {"manifest.json is missing, though the archive has a config (", name, ")"});
    }
    return {};
  }

  Result<std::string> choose_legacy(const std::map<std::string, std::string>& newest) const {
    std::set<std::string> found;
    std::vector<std::string> tags;
    for (const auto& [tag, id] : newest) {
      tags.push_back(tag);
      if (reference_.empty() || reference_matches(tag, reference_) || reference_ == "sha256:" + id) found.insert(id);
    }
    if (tags.empty()) return fail(Code::not_found, {"repositories lists no image"});
    if (found.empty()) return fail(Code::not_found, {"no image is tagged '", reference_, "'. Tags: ", list_some(tags)});
    if (found.size() > 1)
      return fail(Code::usage, {"there are ", found.size(), " images; choose one by :TAG. Tags: ", list_some(tags)});
    return *found.begin();
  }

  Result<std::unique_ptr<ImageSource>> finish(Manifest manifest, const Config& config, std::vector<std::string> names) {
    manifest.name = name_of_image(path_, reference_, manifest.tags);
    apply_config(config, manifest);
    LIMPID_TRY(judge_platform(options_.platform, manifest));
    return std::make_unique<StoredImage>(std::move(manifest), store_, std::move(names), options_);
  }

  std::shared_ptr<const ArchiveStore> store_;
  std::string path_;
  std::string reference_;
  const OpenOptions& options_;
};

}  // namespace

Result<std::unique_ptr<ImageSource>> open_docker_in(std::shared_ptr<const ArchiveStore> store, const std::string& path,
                                                    const std::string& reference, const OpenOptions& options) {
  return DockerArchive(std::move(store), path, reference, options).open();
}

Result<std::unique_ptr<ImageSource>> open_docker_archive(const std::string& path, const std::string& reference,
                                                         const OpenOptions& options) {
  LIMPID_ASSIGN(auto store, ArchiveStore::open(path, options, ArchiveStore::Purpose::read));
  return open_docker_in(std::move(store), path, reference, options);
}

}  // namespace limpid::image
