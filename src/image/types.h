// What an image says about itself, independent of where it came from.
// https://github.com/opencontainers/image-spec (manifest.md, config.md, image-index.md)
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/digest.h"

namespace limpid::image {

struct Platform {
  std::string os = "linux";
  std::string architecture;  // as Go spells it: amd64, arm64, …
  std::string variant;       // v7, v8, …; "" for none
  std::string os_version;    // Windows
  bool operator==(const Platform&) const = default;
};
std::string to_string(const Platform& platform);  // "linux/arm/v7"

// A manifest's word on the table of contents inside a layer's blob, by which its files can be fetched one by one
// (docs/registries.md): what stands in the annotations of eStargz and zstd:chunked layers.
struct TocPromise {
  enum class Format : std::uint8_t { none, estargz, zstd_chunked };
  Format format = Format::none;
  Digest digest;                                      // eStargz: of the table's JSON; zstd:chunked: of it as stored
  std::uint64_t offset = 0, size = 0, json_size = 0;  // zstd:chunked: where it is stored in the blob; 0 if not told
};

struct LayerDescriptor {
  Digest digest;                       // of the blob as stored; empty where the source has no blobs (a directory)
  Digest diff_id;                      // of the uncompressed tar; empty for a directory
  std::string media_type;              // as declared; what is there is told from its bytes
  std::uint64_t size = 0;              // of the blob; 0 where it is not stated
  std::string created_by;              // the history entry that made it, "" where history and layers disagree
  std::vector<std::string> urls = {};  // where a foreign layer's vendor keeps it
  std::uint64_t tar_size = 0;          // of the uncompressed tar, once it has been read
  bool is_absent = false;              // it was not to be had, so that nothing of this was verified
  TocPromise toc = {};
  // Of a layer that was read by its table of contents: digest, diff ID and size are the manifest's word, not measured.
  bool lazy = false;
  std::uint64_t fetched = 0;  // lazy: bytes of the blob; 0 if they came from a cache
};

struct Manifest {
  std::string name;      // what the user asked for, with the tag if the source has one
  Digest digest;         // of the manifest's bytes; empty for a docker-archive and a directory
  Digest config_digest;  // docker's image ID; empty for a directory
  Platform platform;
  std::string created;  // RFC 3339, as stated
  std::string author;
  std::string user;
  std::vector<std::string> entrypoint, command, environment;
  std::map<std::string, std::string> labels;
  std::vector<std::string> tags;
  std::vector<LayerDescriptor> layers;  // bottom first
  std::vector<std::string> notes;       // what a person should know: the platform chosen, …
};

}  // namespace limpid::image
