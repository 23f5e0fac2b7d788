// POST /v1/layers: from a place where a layer's blob lies to a layer in the store.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "inventory/types.h"
#include "net/allow_list.h"
#include "service/config.h"
#include "service/metrics.h"
#include "service/v1/types.h"
#include "store/store.h"

namespace limpid::service::v1 {

// What the client is told; `reason` is for the log.
struct IndexOutcome {
  int status = 201;
  std::string message;  // "" with 201
  std::string reason;
  // If it was indexed just now: the row that was made of it, and the image's features, in order.
  store::NewLayer made = {};
  std::vector<store::HeldFeature> features = {};
};

class Indexer {
 public:
  // `node` names this process in leases.
  static Result<std::unique_ptr<Indexer>> make(const LayersConfig& config, std::string node, store::Store& store,
                                               Metrics& metrics);

  // Blocks until the layer is there or cannot be. Identical posts at once, on whatever node, do the work once.
  IndexOutcome post(const LayerRequest& request);
  // Makes running fetches end soon.
  void cancel() { cancelled_ = true; }

 private:
  Indexer(const LayersConfig& config, std::string node, store::Store& store, Metrics& metrics);

  using InventoryPointer = std::shared_ptr<const inventory::LayerInventory>;

  IndexOutcome index(const LayerRequest& request, const store::Layer* parent);
  IndexOutcome read(const LayerRequest& request, std::span<const inventory::Unread> wanted,
                    inventory::LayerInventory& layer);
  IndexOutcome merge(const LayerRequest& request, std::span<const InventoryPointer> chain,
                     inventory::LayerInventory& layer, inventory::ImageInventory& image);
  IndexOutcome keep(inventory::LayerInventory&& layer, const store::NewLayer& made);
  Result<std::vector<InventoryPointer>> inventories_of(const store::Layer& layer);
  Result<InventoryPointer> inventory_of(const Digest& diff_id);
  void remember(const InventoryPointer& inventory, std::uint64_t bytes);

  const LayersConfig config_;
  const std::string node_;
  store::Store& store_;
  Metrics& metrics_;
  net::AllowList allowed_;
  std::vector<std::string> folders_;  // canonical, with a slash at the end
  std::uint64_t detector_set_ = 0;
  std::atomic<bool> cancelled_ = false;

  std::mutex mutex_;
  std::condition_variable done_;
  std::set<std::string> running_;  // names that are being indexed in this process

  // Inventories of layers that were read or needed lately: a chain is posted layer by layer.
  std::mutex recent_mutex_;
  std::list<std::pair<InventoryPointer, std::uint64_t>> recent_;
  std::uint64_t recent_bytes_ = 0;
};

}  // namespace limpid::service::v1
