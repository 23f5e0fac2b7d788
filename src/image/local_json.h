// The JSON of images on this machine: what the API of a container daemon answers, and the manifest of an App Container
// Image. https://docs.docker.com/reference/api/engine/ (ImageInspect, ImageHistory),
// https://github.com/appc/spec/blob/master/spec/aci.md#image-manifest-schema
//
// Every function takes untrusted text and refuses what json.h's refuse. Private to this room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "image/json.h"

namespace limpid::image {

struct Inspected {
  Digest id;
  bool id_is_manifest = false;  // as in containerd's store; else it is the config's digest
  Config config;                // without history
  std::vector<std::string> tags;
};
Result<Inspected> parse_inspected(std::string_view text);

// For each of `layers` layers, bottom first, what made it; "" for all where it cannot be told. The daemon's list has
// every step, the newest first, and of each only how many bytes it added.
Result<std::vector<std::string>> parse_daemon_history(std::string_view text, std::size_t layers);

// The "message" of an error's answer; "" where there is none.
std::string parse_daemon_message(std::string_view text);

// "currentContext" of docker's config.json; "" where there is none.
Result<std::string> parse_current_context(std::string_view text);
// The daemon in a context's meta.json.
struct ContextEndpoint {
  std::string host;  // its address
  bool skip_tls_verify = false;
};
Result<ContextEndpoint> parse_context(std::string_view text);

struct AciManifest {
  std::string name, version;
  Config config;
  std::vector<std::string> dependencies;  // names of the images below it
};
Result<AciManifest> parse_aci_manifest(std::string_view text);

}  // namespace limpid::image
