#include "scan/cache_prune.h"

#include <algorithm>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace limpid::scan {
namespace {

constexpr std::size_t kHashSize = 64;

bool is_entry(std::string_view name, char kind) { return name.size() == 1 + kHashSize && name.front() == kind; }
bool is_entry(std::string_view name) {
  return is_entry(name, kLayerEntry) || is_entry(name, kBlobEntry) || is_entry(name, kLazyEntry);
}

bool is_left_over(const CacheFile& file, std::int64_t now, bool all) {
  if (!CacheFolder::is_temporary(file.name) && !std::string_view(file.name).starts_with(kTurnFile)) return false;
  return all || now - file.used > kLeftOverSeconds;
}

}  // namespace

Result<CacheUsage> usage_of(const CacheFolder& folder) {
  LIMPID_ASSIGN(const std::vector<CacheFile> files, folder.list(kCacheFilesMax));
  CacheUsage usage;
  for (const CacheFile& file : files) {
    if (!is_entry(file.name)) continue;
    ++(is_entry(file.name, kBlobEntry) ? usage.blobs : usage.layers);
    usage.bytes += file.bytes;
  }
  return usage;
}

Result<Pruned> prune(const CacheFolder& folder, std::uint64_t size_max) {
  Pruned pruned;
  const CacheFolder::Locking locking = folder.lock(std::string(kPruneFile), std::chrono::milliseconds(0));
  if (locking.waited) {
    pruned.busy = true;
    return pruned;
  }
  // Without a lock where there are none: to prune twice at once is only more work.
  LIMPID_ASSIGN(std::vector<CacheFile> files, folder.list(kCacheFilesMax));
  const auto remove = [&](const CacheFile& file) {
    if (!folder.remove(file.name)) return;
    ++pruned.files;
    pruned.bytes += file.bytes;
  };
  const std::int64_t now = ::time(nullptr);
  for (const CacheFile& file : files)
    if (is_left_over(file, now, size_max == 0)) remove(file);

  std::erase_if(files, [](const CacheFile& file) { return !is_entry(file.name); });
  std::uint64_t bytes = 0;
  for (const CacheFile& file : files) bytes += file.bytes;
  if (bytes <= size_max) return pruned;
  // A tenth of room, so that not every scan after this has to prune again.
  const std::uint64_t wanted = size_max - size_max / 10;
  std::ranges::sort(files, {}, &CacheFile::used);
  for (const CacheFile& file : files) {
    if (bytes <= wanted) break;
    remove(file);
    bytes -= file.bytes;
  }
  return pruned;
}

}  // namespace limpid::scan
