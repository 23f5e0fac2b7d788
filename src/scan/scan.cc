#include "scan/scan.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/log.h"
#include "base/pool.h"
#include "inventory/distribution.h"
#include "inventory/merge.h"

namespace limpid::scan {
namespace {

using inventory::LayerInventory;
using inventory::Unread;

// One layer, from its first byte to its last.
Result<ReadLayer> read_one(const image::ImageSource& source, std::size_t index, const ScanOptions& options,
                           std::span<const Unread> also_wanted) {
  LIMPID_ASSIGN(const std::unique_ptr<image::LayerReader> reader, source.open_layer(index));
  ReadLayer layer;
  LIMPID_ASSIGN(layer.inventory, inventory::read_layer(reader->entries(), options.limits, also_wanted));
  LIMPID_ASSIGN(layer.measured, reader->finish());
  layer.inventory.diff_id = layer.measured.diff_id;
  for (Skipped& skipped : layer.inventory.skipped) skipped.layer = layer.measured.diff_id.to_string();
  if (options.progress != nullptr) options.progress->layer_done(index);
  return layer;
}

ReadLayer known_already(ReadLayer layer, std::size_t index, const ScanOptions& options) {
  if (options.progress != nullptr) options.progress->layer_known(index);
  return layer;
}

// The same, from the cache where it is known. Of several scans at once one reads the layer, and the others, when their
// turn comes, find it there.
Result<ReadLayer> know_one(const image::ImageSource& source, std::size_t index, const ScanOptions& options,
                           std::span<const Unread> also_wanted, LayerCache* cache) {
  LIMPID_TRY(base::check_cancelled(options.cancel));
  if (cache == nullptr) return read_one(source, index, options, also_wanted);
  const image::LayerDescriptor& promised = source.manifest().layers[index];
  if (auto known = cache->find(promised, also_wanted)) return known_already(*std::move(known), index, options);
  const CacheFolder::Locking turn = cache->take_turn(promised, also_wanted, options.cancel);
  LIMPID_TRY(base::check_cancelled(options.cancel));
  if (auto known = cache->find(promised, also_wanted)) return known_already(*std::move(known), index, options);
  base::log(base::LogLevel::debug, "layer cache: not known, read",
            {{"layer", index + 1}, {"diff_id", promised.diff_id.to_string()}});
  LIMPID_ASSIGN(ReadLayer layer, read_one(source, index, options, also_wanted));
  cache->keep(promised, layer, also_wanted);
  return layer;
}

// The layers to read: each distinct diff ID once (a layer may stand in an image twice), the largest first, so that no
// thread is left with the biggest one at the end.
std::vector<std::size_t> distinct_largest_first(const image::Manifest& manifest) {
  std::vector<std::size_t> order;
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const Digest& diff_id = manifest.layers[i].diff_id;
    if (diff_id.empty() || seen.emplace(diff_id.to_string(), i).second) order.push_back(i);
  }
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return manifest.layers[a].size > manifest.layers[b].size; });
  return order;
}

// Reads the layers of `order` on several threads; the first error ends it. `keep` runs under a lock.
template <class Keep>
Result<void> read_layers(const image::ImageSource& source, const std::vector<std::size_t>& order,
                         const ScanOptions& options, const std::map<std::uint32_t, std::vector<Unread>>& also_wanted,
                         LayerCache* cache, const Keep& keep) {
  std::mutex mutex;
  std::optional<Error> error;
  std::atomic<bool> stop = false;
  const auto read = [&](std::size_t index) {
    if (stop) return;
    const auto wanted = also_wanted.find(static_cast<std::uint32_t>(index));
    auto layer = know_one(source, index, options,
                          wanted == also_wanted.end() ? std::span<const Unread>{} : wanted->second, cache);
    const std::lock_guard lock(mutex);
    if (layer) return keep(index, *std::move(layer));
    stop = true;
    if (error) return;
    const Digest& digest = source.manifest().layers[index].digest;
    error =
        std::move(layer).error().within({"layer ", index + 1, " of ", source.manifest().layers.size(),
                                         digest.empty() ? "" : " (", digest.to_string(), digest.empty() ? "" : ")"});
  };
  const unsigned threads = options.threads == 0 ? base::processors() : options.threads;
  if (threads == 1 || order.size() == 1) {
    for (const std::size_t index : order) read(index);
  } else {
    base::Pool pool(static_cast<unsigned>(std::min<std::size_t>(threads, order.size())), order.size());
    for (const std::size_t index : order) pool.submit([&read, index] { read(index); });
    pool.wait();
  }
  if (error) return std::unexpected(std::move(*error));
  return {};
}

Result<ScannedImage> scan_layers(const image::ImageSource& source, const ScanOptions& options, LayerCache* cache) {
  if (!options.distribution.empty()) LIMPID_TRY(inventory::parse_distribution(options.distribution));
  ScannedImage scanned{source.manifest(), {}};
  image::Manifest& manifest = scanned.manifest;
  std::vector<LayerInventory> layers(manifest.layers.size());
  if (options.progress != nullptr) options.progress->image_begins(manifest);

  const auto keep = [&](std::size_t index, ReadLayer&& layer) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (i != index && (manifest.layers[i].diff_id.empty() || manifest.layers[i].diff_id != layer.measured.diff_id))
        continue;
      const std::string created_by = std::move(manifest.layers[i].created_by);
      manifest.layers[i] = layer.measured;
      manifest.layers[i].created_by = created_by;
      layers[i] = layer.inventory;
    }
  };
  LIMPID_TRY(read_layers(source, distinct_largest_first(manifest), options, {}, cache, keep));

  const inventory::MergeOptions merge{options.distribution};
  scanned.inventory = inventory::merge_layers(layers, merge);

  // Files that stand behind links are read in a second pass over just their layers; that may lead to one more link, but
  // never to an endless chain.
  constexpr int kPassesMax = 5;
  for (int pass = 0; pass < kPassesMax && !scanned.inventory.unread.empty(); ++pass) {
    std::map<std::uint32_t, std::vector<Unread>> wanted;
    std::vector<std::size_t> order;
    for (const Unread& unread : scanned.inventory.unread) {
      if (!wanted.contains(unread.layer)) order.push_back(unread.layer);
      wanted[unread.layer].push_back(unread);
    }
    LIMPID_TRY(read_layers(source, order, options, wanted, cache, [&](std::size_t index, ReadLayer&& layer) {
      inventory::add_reading(layers[index], std::move(layer.inventory));
    }));
    scanned.inventory = inventory::merge_layers(layers, merge);
  }
  for (const Unread& unread : scanned.inventory.unread)
    scanned.inventory.skipped.push_back({unread.wanted, scanned.inventory.layers.at(unread.layer).to_string(),
                                         SkipReason::unresolved,
                                         base::cat({"its bytes, at ", unread.path, ", could not be read"})});
  return scanned;
}

}  // namespace

Result<ScannedImage> scan_image(const image::ImageSource& source, const ScanOptions& options, LayerCache* cache) {
  auto scanned = scan_layers(source, options, cache);
  if (cache != nullptr) cache->tidy();  // also after a failure: what was read until then was kept
  return scanned;
}

}  // namespace limpid::scan
