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
// The table of contents of a layer that is read by it (toc.h): its JSON, of some 200'000 files, and that as stored.
inline constexpr std::uint64_t kTocSizeMax = std::uint64_t{64} << 20;
inline constexpr std::uint64_t kTocStoredMax = std::uint64_t{32} << 20;
inline constexpr std::uint64_t kTocMemoryMax = std::uint64_t{128} << 20;
// Bytes that are inflated in one such layer for nothing but what stands behind them: eStargz puts small files together.
inline constexpr std::uint64_t kLazyPassedMax = std::uint64_t{256} << 20;
// Requests for parts of one blob; more is slower than reading it whole.
inline constexpr std::uint64_t kRangeRequestsMax = 500;
inline constexpr std::uint64_t kExportSizeMax = std::uint64_t{128} << 30;

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
  std::uint64_t toc_size_max = kTocSizeMax;
  std::uint64_t toc_stored_max = kTocStoredMax;
  std::uint64_t toc_memory_max = kTocMemoryMax;  // of a table, parsed; set as the limit `memory`
  std::uint64_t lazy_passed_max = kLazyPassedMax;
  std::uint64_t range_requests_max = kRangeRequestsMax;
  std::uint64_t export_size_max = kExportSizeMax;  // of an image, by a daemon

  bool operator==(const ImageLimits&) const = default;
};

}  // namespace limpid::image
