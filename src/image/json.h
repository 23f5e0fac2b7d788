// The JSON documents of images, read strictly: OCI index, manifest, config and layout marker, and what `docker save`
// writes (manifest.json, repositories, and the per-layer json of its first generation).
// https://github.com/opencontainers/image-spec (image-index.md, manifest.md, descriptor.md, config.md),
// https://github.com/moby/moby/blob/master/image/spec/README.md
//
// Every function takes untrusted text. Refused: what is beyond its limit, a field that we use standing twice in one
// object (readers differ in which they believe), a document that is both index and manifest, negative sizes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "image/limits.h"
#include "image/types.h"

namespace limpid::image {

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::vector<std::string> urls;  // where else its bytes are: foreign layers
  std::string artifact_type;
  std::optional<Platform> platform;
  std::map<std::string, std::string> annotations;
};
struct Index {
  std::vector<Descriptor> manifests;
};
// The media type of the config of manifests that are no image's.
inline constexpr std::string_view kEmptyConfig = "application/vnd.oci.empty.v1+json";
struct ImageManifest {
  std::string media_type;
  std::string artifact_type;
  Descriptor config;
  std::vector<Descriptor> layers;
};

// Told apart by what the document holds, not by its media type, which is often wrong.
Result<std::variant<Index, ImageManifest>> parse_document(std::string_view text, const ImageLimits& limits = {});

struct HistoryEntry {
  std::string created_by;
  bool empty_layer = false;
};
struct Config {
  Platform platform;
  std::string created, author, user;
  std::vector<std::string> entrypoint, command, environment;
  std::map<std::string, std::string> labels;
  std::vector<Digest> diff_ids;
  std::vector<HistoryEntry> history;
};
Result<Config> parse_config(std::string_view text, const ImageLimits& limits = {});

// The marker file `oci-layout`: version 1.x.
Result<void> check_layout_marker(std::string_view text);

// One image of docker's manifest.json; paths are names of members.
struct DockerImage {
  std::string config;
  std::vector<std::string> tags;
  std::vector<std::string> layers;
};
Result<std::vector<DockerImage>> parse_docker_manifest(std::string_view text, const ImageLimits& limits = {});

// docker's `repositories`: "name:tag" → ID of the newest layer.
Result<std::map<std::string, std::string>> parse_repositories(std::string_view text, const ImageLimits& limits = {});

// ID/json of docker's first generation: the config of the image that ends with this layer.
struct LegacyLayer {
  Config config;  // without diff IDs and history
  std::string parent;
  std::string created_by;
};
Result<LegacyLayer> parse_legacy_layer(std::string_view text, const ImageLimits& limits = {});

// Copies what a report shows of a config, and names for each layer the history entry that made it; none is named where
// history and layers disagree in number.
void apply_config(const Config& config, Manifest& manifest);

}  // namespace limpid::image
