#include "image/json.h"

#include "image/json_text.h"
#include "image/source.h"

namespace limpid::image {
namespace {

Result<Platform> read_platform(dom::element element) {
  LIMPID_ASSIGN(const Fields fields, Fields::of(element, "platform", {"os", "architecture", "variant", "os.version"}));
  Platform platform;
  LIMPID_ASSIGN(platform.os, fields.text("os"));
  LIMPID_ASSIGN(platform.architecture, fields.text("architecture"));
  LIMPID_ASSIGN(platform.variant, fields.text("variant"));
  LIMPID_ASSIGN(platform.os_version, fields.text("os.version"));
  return platform;
}

Result<Descriptor> read_descriptor(dom::element element, std::string_view what) {
  LIMPID_ASSIGN(
      const Fields fields,
      Fields::of(element, what, {"mediaType", "digest", "size", "urls", "artifactType", "platform", "annotations"}));
  Descriptor descriptor;
  LIMPID_ASSIGN(descriptor.media_type, fields.text("mediaType"));
  LIMPID_ASSIGN(descriptor.artifact_type, fields.text("artifactType"));
  LIMPID_ASSIGN(descriptor.urls, fields.texts("urls"));
  LIMPID_ASSIGN(const std::string digest, fields.text("digest"));
  LIMPID_ASSIGN_WITHIN(descriptor.digest, Digest::parse(digest), {what});
  const auto size = fields.find("size");
  if (!size) return fail(Code::invalid, {what, " has no size"});
  std::int64_t number = 0;
  if (size->get(number) != simdjson::SUCCESS) return fields.wrong("size", "a whole number below 2^63");
  if (number < 0) return fail(Code::invalid, {what, " has the negative size ", number});
  descriptor.size = static_cast<std::uint64_t>(number);
  if (const auto platform = fields.find("platform")) {
    LIMPID_ASSIGN_WITHIN(descriptor.platform, read_platform(*platform), {what});
  }
  LIMPID_ASSIGN(descriptor.annotations, fields.text_map("annotations"));
  return descriptor;
}

Result<std::vector<Descriptor>> read_descriptors(const Fields& fields, std::string_view name, std::string_view limit,
                                                 std::uint64_t size_max) {
  std::vector<Descriptor> descriptors;
  if (!fields.has(name)) return descriptors;
  LIMPID_ASSIGN(const dom::array array, fields.list(name, limit, size_max));
  for (const dom::element item : array) {
    const std::string what = base::cat({name, "[", descriptors.size(), "]"});
    LIMPID_ASSIGN(Descriptor descriptor, read_descriptor(item, what));
    descriptors.push_back(std::move(descriptor));
  }
  return descriptors;
}

Result<void> read_diff_ids(dom::element element, Config& config, const ImageLimits& limits) {
  LIMPID_ASSIGN(const Fields fields, Fields::of(element, "rootfs", {"type", "diff_ids"}));
  LIMPID_ASSIGN(const std::string type, fields.text("type"));
  if (!type.empty() && type != "layers") return fail(Code::unsupported, {"rootfs.type '", type, "' is not 'layers'"});
  if (!fields.has("diff_ids")) return {};
  LIMPID_ASSIGN(const dom::array array, fields.list("diff_ids", "layers", limits.layers_max));
  for (const dom::element item : array) {
    std::string_view text;
    if (item.get(text) != simdjson::SUCCESS) return fields.wrong("diff_ids", "a list of texts");
    LIMPID_ASSIGN_WITHIN(const Digest digest, Digest::parse(text), {"rootfs.diff_ids[", config.diff_ids.size(), "]"});
    config.diff_ids.push_back(digest);
  }
  return {};
}

Result<void> read_history(const Fields& document, Config& config, const ImageLimits& limits) {
  if (!document.has("history")) return {};
  LIMPID_ASSIGN(const dom::array array, document.list("history", "history", limits.history_max));
  for (const dom::element item : array) {
    LIMPID_ASSIGN(const Fields fields, Fields::of(item, "history[]", {"created_by", "empty_layer"}));
    HistoryEntry entry;
    LIMPID_ASSIGN(entry.created_by, fields.text("created_by"));
    if (const auto empty = fields.find("empty_layer"))
      if (empty->get(entry.empty_layer) != simdjson::SUCCESS) return fields.wrong("empty_layer", "true or false");
    config.history.push_back(std::move(entry));
  }
  return {};
}

// The part of a config that both generations share.
Result<Config> read_config_head(const Fields& fields) {
  Config config;
  LIMPID_ASSIGN(config.platform.os, fields.text("os"));
  if (config.platform.os.empty()) config.platform.os = "linux";
  LIMPID_ASSIGN(config.platform.architecture, fields.text("architecture"));
  LIMPID_ASSIGN(config.platform.variant, fields.text("variant"));
  LIMPID_ASSIGN(config.platform.os_version, fields.text("os.version"));
  LIMPID_ASSIGN(config.created, fields.text("created"));
  LIMPID_ASSIGN(config.author, fields.text("author"));
  if (const auto runtime = fields.find("config")) LIMPID_TRY(read_runtime(*runtime, config));
  return config;
}

}  // namespace

Result<void> read_runtime(dom::element element, Config& config) {
  LIMPID_ASSIGN(const Fields fields, Fields::of(element, "config", {"User", "Env", "Entrypoint", "Cmd", "Labels"}));
  LIMPID_ASSIGN(config.user, fields.text("User"));
  LIMPID_ASSIGN(config.environment, fields.texts("Env"));
  LIMPID_ASSIGN(config.entrypoint, fields.texts("Entrypoint"));
  LIMPID_ASSIGN(config.command, fields.texts("Cmd"));
  LIMPID_ASSIGN(config.labels, fields.text_map("Labels"));
  return {};
}

Result<std::variant<Index, ImageManifest>> parse_document(std::string_view text, const ImageLimits& limits) {
  if (text.size() > limits.manifest_size_max)
    return fail(Code::limit,
                {"a manifest of ", text.size(), " bytes, beyond the limit manifest-size=", limits.manifest_size_max});
  Text json;
  LIMPID_ASSIGN(const dom::element root, json.parse(text, limits.json_depth_max));
  LIMPID_ASSIGN(const Fields fields, Fields::of(root, "the document",
                                                {"schemaVersion", "mediaType", "artifactType", "manifests", "config",
                                                 "layers", "fsLayers", "blobs"}));
  if (fields.has("manifests") && (fields.has("layers") || fields.has("config") || fields.has("fsLayers")))
    return fail(Code::invalid, {"the document claims to be both an index and a manifest"});
  if (fields.has("fsLayers"))
    return fail(Code::unsupported, {"a manifest of Docker's schema 1, which has no config; save the image anew"});
  if (const auto version = fields.find("schemaVersion")) {
    std::int64_t number = 0;
    if (version->get(number) != simdjson::SUCCESS || number != 2)
      return fail(Code::unsupported, {"schemaVersion is not 2"});
  }
  if (fields.has("config") || fields.has("layers")) {
    ImageManifest manifest;
    LIMPID_ASSIGN(manifest.media_type, fields.text("mediaType"));
    LIMPID_ASSIGN(manifest.artifact_type, fields.text("artifactType"));
    const auto config = fields.find("config");
    if (!config) return fail(Code::invalid, {"the manifest has layers, but no config"});
    LIMPID_ASSIGN(manifest.config, read_descriptor(*config, "config"));
    LIMPID_ASSIGN(manifest.layers, read_descriptors(fields, "layers", "layers", limits.layers_max));
    return manifest;
  }
  if (fields.has("blobs") && !fields.has("manifests")) {  // an artifact of the days before such had a config
    ImageManifest artifact;
    artifact.config.media_type = kEmptyConfig;
    LIMPID_ASSIGN(artifact.media_type, fields.text("mediaType"));
    LIMPID_ASSIGN(artifact.artifact_type, fields.text("artifactType"));
    LIMPID_ASSIGN(artifact.layers, read_descriptors(fields, "blobs", "layers", limits.layers_max));
    return artifact;
  }
  Index index;
  LIMPID_ASSIGN(index.manifests, read_descriptors(fields, "manifests", "manifests", limits.manifests_max));
  return index;
}

Result<Config> parse_config(std::string_view text, const ImageLimits& limits) {
  if (text.size() > limits.config_size_max)
    return fail(Code::limit,
                {"a config of ", text.size(), " bytes, beyond the limit config-size=", limits.config_size_max});
  Text json;
  LIMPID_ASSIGN(const dom::element root, json.parse(text, limits.json_depth_max));
  LIMPID_ASSIGN(const Fields fields, Fields::of(root, "the config",
                                                {"os", "architecture", "variant", "os.version", "created", "author",
                                                 "config", "rootfs", "history"}));
  LIMPID_ASSIGN(Config config, read_config_head(fields));
  if (const auto rootfs = fields.find("rootfs")) LIMPID_TRY(read_diff_ids(*rootfs, config, limits));
  LIMPID_TRY(read_history(fields, config, limits));
  return config;
}

Result<void> check_layout_marker(std::string_view text) {
  Text json;
  LIMPID_ASSIGN(const dom::element root, json.parse(text));
  LIMPID_ASSIGN(const Fields fields, Fields::of(root, "oci-layout", {"imageLayoutVersion"}));
  LIMPID_ASSIGN(const std::string version, fields.text("imageLayoutVersion"));
  if (!version.starts_with("1."))
    return fail(Code::unsupported, {"imageLayoutVersion '", version, "' is none that we know (1.x)"});
  return {};
}

Result<std::vector<DockerImage>> parse_docker_manifest(std::string_view text, const ImageLimits& limits) {
  Text json;
  LIMPID_ASSIGN(const dom::element root, json.parse(text, limits.json_depth_max));
  std::vector<DockerImage> images;
  if (root.is_null()) return images;
  dom::array array;
  if (root.get(array) != simdjson::SUCCESS) return fail(Code::invalid, {"not a list of images"});
  for (const dom::element item : array) {
    if (images.size() >= limits.manifests_max)
      return fail(Code::limit, {"more images than the limit manifests=", limits.manifests_max});
    const std::string what = base::cat({"image ", images.size()});
    LIMPID_ASSIGN(const Fields fields, Fields::of(item, what, {"Config", "RepoTags", "Layers"}));
    DockerImage image;
    LIMPID_ASSIGN(image.config, fields.text("Config"));
    LIMPID_ASSIGN(image.tags, fields.texts("RepoTags"));
    LIMPID_ASSIGN(image.layers, fields.texts("Layers"));
    if (image.config.empty()) return fail(Code::invalid, {what, " names no config"});
    if (image.layers.size() > limits.layers_max)
      return fail(Code::limit,
                  {what, " has ", image.layers.size(), " layers, beyond the limit layers=", limits.layers_max});
    images.push_back(std::move(image));
  }
  return images;
}

Result<std::map<std::string, std::string>> parse_repositories(std::string_view text, const ImageLimits& limits) {
  Text json;
  LIMPID_ASSIGN(const dom::element root, json.parse(text, limits.json_depth_max));
  std::map<std::string, std::string> newest;
  if (root.is_null()) return newest;
  dom::object names;
  if (root.get(names) != simdjson::SUCCESS) return fail(Code::invalid, {"not an object of image names"});
  for (const auto name : names) {
    dom::object tags;
    if (name.value.get(tags) != simdjson::SUCCESS)
      return fail(Code::invalid, {"'", name.key, "' is not an object of tags"});
    for (const auto tag : tags) {
      std::string_view id;
      if (tag.value.get(id) != simdjson::SUCCESS)
        return fail(Code::invalid, {"'", name.key, ":", tag.key, "' is not the text of an ID"});
      if (newest.size() >= limits.manifests_max)
        return fail(Code::limit, {"more images than the limit manifests=", limits.manifests_max});
      if (!newest.emplace(base::cat({name.key, ":", tag.key}), std::string(id)).second)
        return fail(Code::invalid, {"'", name.key, ":", tag.key, "' stands twice"});
    }
  }
  return newest;
}

Result<LegacyLayer> parse_legacy_layer(std::string_view text, const ImageLimits& limits) {
  Text json;
  LIMPID_ASSIGN(const dom::element root, json.parse(text, limits.json_depth_max));
  LIMPID_ASSIGN(const Fields fields, Fields::of(root, "the layer's json",
                                                {"parent", "os", "architecture", "variant", "os.version", "created",
                                                 "author", "config", "container_config"}));
  LegacyLayer layer;
  LIMPID_ASSIGN(layer.parent, fields.text("parent"));
  LIMPID_ASSIGN(layer.config, read_config_head(fields));
  if (const auto container = fields.find("container_config")) {
    LIMPID_ASSIGN(const Fields made, Fields::of(*container, "container_config", {"Cmd"}));
    LIMPID_ASSIGN(const std::vector<std::string> command, made.texts("Cmd"));
    layer.created_by = base::join(command, " ");
  }
  return layer;
}

void apply_config(const Config& config, Manifest& manifest) {
  manifest.platform = config.platform;
  manifest.created = config.created;
  manifest.author = config.author;
  manifest.user = config.user;
  manifest.entrypoint = config.entrypoint;
  manifest.command = config.command;
  manifest.environment = config.environment;
  manifest.labels = config.labels;
  std::size_t made = 0;
  for (const HistoryEntry& entry : config.history) made += entry.empty_layer ? 0 : 1;
  if (made != manifest.layers.size()) return;
  std::size_t layer = 0;
  for (const HistoryEntry& entry : config.history)
    if (!entry.empty_layer) manifest.layers[layer++].created_by = entry.created_by;
}

}  // namespace limpid::image
