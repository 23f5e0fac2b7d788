// Layers that are known are not read again: a directory of stored inventories, for any number of processes at once.
//
// Two kinds of entries (cache_entry.h): what a blob turned out to be (diff ID, size), by its digest; and the inventory
// of a layer, by its diff ID. A layer is known if there is a verified entry for the very blob that the manifest names
// and it holds all that the manifest promises of it; where the manifest contradicts it, the layer is read, and the
// reading says what is wrong. Every key includes all else that the answer depends on: detectors, limits, the version.
//
// The cache can only save work: whatever is wrong with the directory or a file in it is told in the debug log, once,
// and the layer is read as if there were no cache.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "archive/compression.h"
#include "archive/tar.h"
#include "image/types.h"
#include "inventory/layer.h"
#include "inventory/types.h"
#include "scan/cache_folder.h"

namespace limpid::scan {

inline constexpr std::uint64_t kCacheSizeDefault = std::uint64_t{256} << 20;
// So long one scan waits for another that is reading the same layer, before it reads the layer as well.
inline constexpr std::chrono::seconds kTurnWait{20};

// A layer that was read to its end.
struct ReadLayer {
  inventory::LayerInventory inventory;
  image::LayerDescriptor measured;  // what LayerReader::finish() says
};

struct CacheOptions {
  std::string folder;
  std::uint64_t size_max = kCacheSizeDefault;  // with 0 nothing is kept
  // The limits that the layers are read under: part of every key.
  inventory::LayerLimits layer;
  archive::InflateLimits inflate;
  archive::TarLimits tar;
};

// Where the cache keeps its files, below CacheOptions::folder: that also holds the database.
std::string cache_files_folder(const std::string& folder);

// Thread-safe.
class LayerCache {
 public:
  explicit LayerCache(const CacheOptions& options);

  // `also_wanted` as given to inventory::read_layer: a second reading is an entry of its own, since its answers are a
  // function of the layer and of what was asked.
  std::optional<ReadLayer> find(const image::LayerDescriptor& promised,
                                std::span<const inventory::Unread> also_wanted) const;
  // For a layer that is not known: of several scans one reads it, the others wait. Look again after it.
  CacheFolder::Locking take_turn(const image::LayerDescriptor& promised, std::span<const inventory::Unread> also_wanted,
                                 const std::atomic<bool>* cancel = nullptr) const;
  // Only what was read to the end and verified. A layer of which nothing was promised is not kept: no manifest could
  // vouch for it.
  void keep(const image::LayerDescriptor& promised, const ReadLayer& layer,
            std::span<const inventory::Unread> also_wanted);
  // After a scan: removes what is too much, if anything was added.
  void tidy();

 private:
  struct Key {
    std::string text, file;
  };
  Key key_of(char kind, const Digest& digest, std::span<const inventory::Unread> also_wanted) const;
  std::optional<std::string> read(const Key& key) const;
  bool write(const Key& key, std::string_view content);
  void give_up(const Error& error);

  std::string path_;
  std::optional<CacheFolder> folder_;  // none: unusable
  std::uint64_t size_max_;
  std::string reading_;  // what all answers depend on besides the layer
  std::atomic<bool> writable_ = true;
  std::atomic<bool> written_ = false;
};

}  // namespace limpid::scan
