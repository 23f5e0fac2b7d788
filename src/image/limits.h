// What the documents and archives that describe an image may make us read and remember. Messages write a limit as
// scan/limits.h names it and the command line takes it: "beyond the limit layers=1000".
#pragma once

#include <cstdint>

namespace limpid::image {

inline constexpr std::uint64_t kManifestSizeMax = std::uint64_t{4} << 20;
inline constexpr std::uint64_t kConfigSizeMax = std::uint64_t{8} << 20;
inline constexpr std::uint64_t kLayersMax = 1'000;
inline constexpr std::uint64_t kManifestsMax = 1'000;
// Parsed they take twice as much.
inline constexpr std::uint64_t kManifestsSizeMax = std::uint64_t{8} << 20;
inline constexpr std::uint64_t kIndexDepthMax = 3;
// History may be longer than the layers (entries without one), but not without end.
inline constexpr std::uint64_t kHistoryMax = 100'000;
inline constexpr std::uint64_t kJsonDepthMax = 64;
// Archives of images have a few members per layer.
inline constexpr std::uint64_t kMembersMax = 20'000;
inline constexpr std::uint64_t kFolderDepthMax = 256;

struct ImageLimits {
  std::uint64_t manifest_size_max = kManifestSizeMax;
  std::uint64_t config_size_max = kConfigSizeMax;
  std::uint64_t layers_max = kLayersMax;
  std::uint64_t manifests_max = kManifestsMax;           // of an index with those below it, of an archive
  std::uint64_t manifests_size_max = kManifestsSizeMax;  // of those together that are held at once
  std::uint64_t index_depth_max = kIndexDepthMax;        // of indexes in indexes
  std::uint64_t history_max = kHistoryMax;
  std::uint64_t json_depth_max = kJsonDepthMax;
  std::uint64_t members_max = kMembersMax;           // of an archive of images
  std::uint64_t folder_depth_max = kFolderDepthMax;  // of a root file system on disk

  bool operator==(const ImageLimits&) const = default;
};

}  // namespace limpid::image
