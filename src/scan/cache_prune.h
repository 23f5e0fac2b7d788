// Keeping a cache directory small: what is in it, and the removal of what was used longest ago.
#pragma once

#include <cstdint>
#include <string_view>

#include "scan/cache_folder.h"

namespace limpid::scan {

// How many names are looked at: far more than fit the default size, since no file counts less than a block of the disk.
inline constexpr std::size_t kCacheFilesMax = 500'000;
// What nobody can be writing any more, or waiting for: its process was killed.
inline constexpr std::int64_t kLeftOverSeconds = 600;

// The kinds of files; the names of entries go on with 64 hex digits. Anything else in the directory is not ours.
inline constexpr char kLayerEntry = 'L';
inline constexpr char kBlobEntry = 'B';
inline constexpr char kLazyEntry = 'T';  // a layer, by the digest of its table of contents
inline constexpr std::string_view kTurnFile = "turn-";
inline constexpr std::string_view kPruneFile = "pruning";

struct CacheUsage {
  std::uint64_t layers = 0;  // stored inventories
  std::uint64_t blobs = 0;   // blobs that are known
  std::uint64_t bytes = 0;   // of both, on disk
};
Result<CacheUsage> usage_of(const CacheFolder& folder);

struct Pruned {
  bool busy = false;  // another process is at it: nothing was done
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};
// Removes the entries that were used longest ago until the rest takes at most nine tenths of `size_max`, if it takes
// more than `size_max` (with 0 all), and what killed processes left. At most one process does so at a time.
Result<Pruned> prune(const CacheFolder& folder, std::uint64_t size_max);

}  // namespace limpid::scan
