#include "service/v1/indexer.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "image/aci.h"
#include "image/layer_reader.h"
#include "inventory/detector.h"
#include "inventory/layer.h"
#include "inventory/merge.h"
#include "inventory/stored.h"
#include "service/v1/layer_blob.h"
#include "version/ordering.h"

namespace limpid::service::v1 {
namespace {

using inventory::LayerInventory;

// Of inventories that are kept in memory: chains that are being posted need no more. Packed; unpacked they take some
// five times that, small ones fifteen times.
constexpr std::uint64_t kRecentBytesMax = std::uint64_t{64} << 20;
constexpr std::size_t kRecentMax = 512;
// So long a layer waits that a node was reading when it died. A live one that renews too late only costs another node
// the same work: both come to the same.
constexpr std::chrono::seconds kLeaseTime{10};
constexpr std::chrono::milliseconds kLeaseRenewal{3'000};
constexpr std::chrono::milliseconds kWaitForOthers{20};

constexpr std::string_view kNotFound = "could not find layer";
constexpr std::string_view kBadArchive = "tarutil: could not extract the archive";
constexpr std::string_view kTooBig = "tarutil: could not extract one or more files from the archive: file too big";
constexpr std::string_view kUnsupported = "worker: OS and/or package manager are not supported";
constexpr std::string_view kParentUnknown = "worker: parent layer is unknown, it must be processed first";
constexpr std::string_view kDatabase = "database: an error occured when querying the backend";

// What no store could keep is the client's fault: a NUL byte, a name of a million letters.
IndexOutcome store_failed(const Error& error) {
  if (error.code() == Code::not_found)
    return {400, std::string(kParentUnknown), "the parent went while the layer was read"};
  if (error.code() == Code::invalid || error.code() == Code::limit) return {400, error.message(), error.describe()};
  return {500, std::string(kDatabase), error.describe()};
}

std::optional<IndexOutcome> missing(const LayerRequest& request) {
  const std::pair<const std::string*, std::string_view> required[] = {
      {&request.name, "name"}, {&request.path, "path"}, {&request.format, "format"}};
  for (const auto& [value, what] : required)
    if (value->empty())
      return IndexOutcome{400, base::cat({"could not process a layer which does not have a ", what}), "incomplete"};
  return std::nullopt;
}

std::string lease_of(const std::string& name) {
  std::string lease = base::cat({"layer/", name});
  if (lease.size() <= store::kNameLengthMax) return lease;
  return base::cat({"layer/", base::sha256(base::as_bytes(name)).hex()});
}

std::string reason_word(const IndexOutcome& outcome) {
  if (outcome.status == 500) return "store";
  if (outcome.message == kNotFound) return "fetch";
  if (outcome.message == kParentUnknown) return "parent";
  if (outcome.status == 422) return outcome.message == kUnsupported ? "unsupported" : "archive";
  return "request";
}

// Keeps a lease alive while a layer is read, however long that takes.
class LeaseKeeper {
 public:
  LeaseKeeper(store::Store& store, std::string name, std::string owner)
      : store_(store), name_(std::move(name)), owner_(std::move(owner)) {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      std::unique_lock lock(mutex_);
      while (!wake_.wait_for(lock, stop, kLeaseRenewal, [] { return false; }) && !stop.stop_requested())
        (void)store_.acquire_lease(name_, owner_, kLeaseTime);
    });
  }
  ~LeaseKeeper() {
    thread_.request_stop();
    thread_.join();
    (void)store_.release_lease(name_, owner_);
  }
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

 private:
  store::Store& store_;
  std::string name_, owner_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

// A key that rpm lists among its packages: nothing that could have a flaw.
constexpr std::string_view kRpmKey = "gpg-pubkey";

// A package as v1 shows it: dpkg's by their source, others by themselves, apk's with their origin beside. A source
// package of rpm has a version of its own, which is not the feature's.
store::Feature feature_of(const inventory::Package& package, std::string_view name_space) {
  store::Feature feature;
  feature.name_space = name_space;
  feature.scheme = package.scheme;
  if (package.scheme == version::Scheme::dpkg) {
    feature.name = package.source_name;
    feature.version = package.source_version;
  } else {
    feature.name = package.name;
    feature.version = package.version;
    const bool origin = package.scheme != version::Scheme::rpm && package.source_name != package.name;
    if (origin) feature.origin = package.source_name;
    feature.module = package.module;
  }
  return feature;
}

// The image's features as v1 shows them. What was there before an upgrade of the distribution keeps the namespace that
// it came from.
std::set<store::Feature> features_of(const inventory::ImageInventory& image, std::string_view name_space,
                                     const std::set<store::Feature>& before) {
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> known;
  for (const store::Feature& one : before) known[{one.name, one.version}] = one.name_space;
  std::set<store::Feature> features;
  for (const inventory::Package& package : image.packages) {
    if (package.kind != inventory::PackageKind::binary) continue;
    if (package.scheme == version::Scheme::rpm && package.name == kRpmKey) continue;
    store::Feature feature = feature_of(package, name_space);
    const version::Ordering* ordering = version::find_ordering(feature.scheme);
    if (ordering == nullptr || feature.version.empty() || !ordering->parse(feature.version).valid) continue;
    const auto kept = known.find({feature.name, feature.version});
    if (kept != known.end()) feature.name_space = kept->second;
    features.insert(std::move(feature));
  }
  return features;
}

// The features of a layer, given its parent's. Both are in order.
std::vector<store::HeldFeature> features_with(std::vector<store::HeldFeature>&& parents, const store::NewLayer& made) {
  std::vector<store::HeldFeature> features;
  features.reserve(parents.size() + made.added.size());
  auto added = made.added.begin();
  auto removed = made.removed.begin();
  const auto add_below = [&](const store::Feature* limit) {
    for (; added != made.added.end() && (limit == nullptr || *added < *limit); ++added)
      features.push_back({0, *added, made.name});
  };
  for (store::HeldFeature& one : parents) {
    add_below(&one.feature);
    if (removed != made.removed.end() && *removed == one.feature) {
      ++removed;
    } else {
      features.push_back(std::move(one));
    }
  }
  add_below(nullptr);
  return features;
}

}  // namespace

Indexer::Indexer(const LayersConfig& config, std::string node, store::Store& store, Metrics& metrics)
    : config_(config), node_(std::move(node)), store_(store), metrics_(metrics) {
  const Digest set = base::sha256(base::as_bytes(inventory::detector_set_id()));
  for (const char c : set.hex().substr(0, 16))
    detector_set_ = detector_set_ << 4 | static_cast<std::uint64_t>(base::is_digit(c) ? c - '0' : c - 'a' + 10);
  detector_set_ >>= 1;  // engines keep signed numbers
}

Result<std::unique_ptr<Indexer>> Indexer::make(const LayersConfig& config, std::string node, store::Store& store,
                                               Metrics& metrics) {
  std::unique_ptr<Indexer> indexer(new Indexer(config, std::move(node), store, metrics));
  if (config.only_listed) indexer->allowed_.only_listed();
  for (const std::string& from : config.from) {
    if (!from.starts_with('/') && !from.starts_with("./") && !from.starts_with("../")) {
      LIMPID_TRY_WITHIN(indexer->allowed_.allow(from), {"layers from"});
      continue;
    }
    std::error_code error;
    std::string folder = std::filesystem::canonical(from, error).string();
    if (error) return fail(Code::usage, {"layers from ", from, ": ", error.message()});
    if (!folder.ends_with('/')) folder += '/';
    indexer->folders_.push_back(std::move(folder));
  }
  return indexer;
}

IndexOutcome Indexer::post(const LayerRequest& request) {
  if (auto outcome = missing(request)) return *std::move(outcome);
  const std::string lease = lease_of(request.name);
  const auto deadline = std::chrono::steady_clock::now() + config_.timeout;
  {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return !running_.contains(request.name); });
    running_.insert(request.name);
  }
  struct Leave {
    Indexer& indexer;
    const std::string& name;
    ~Leave() {
      const std::lock_guard lock(indexer.mutex_);
      indexer.running_.erase(name);
      indexer.done_.notify_all();
    }
  } leave{*this, request.name};

  for (;;) {
    auto found = store_.find_layer(request.name);
    if (!found) return store_failed(found.error());
    if (*found && (*found)->engine >= kEngine) return {};
    store::Layer parent;
    const std::string& parent_name = *found ? (*found)->parent : request.parent;
    if (!parent_name.empty()) {
      auto known = store_.find_layer(parent_name);
      if (!known) return store_failed(known.error());
      if (!*known) return {400, std::string(kParentUnknown), base::cat({"no layer ", parent_name})};
      parent = **std::move(known);
    }
    // Another node may be at it: then its work is ours, too.
    const auto ours = store_.acquire_lease(lease, node_, kLeaseTime);
    if (!ours) return store_failed(ours.error());
    if (*ours) {
      const LeaseKeeper keeper(store_, lease, node_);
      // It may have come between the look and the lease.
      found = store_.find_layer(request.name);
      if (!found) return store_failed(found.error());
      if (*found && (*found)->engine >= kEngine) return {};
      IndexOutcome outcome = index(request, parent.id == 0 ? nullptr : &parent);
      if (outcome.status == 201) {
        metrics_.add("limpid_layers_indexed_total");
      } else {
        metrics_.add("limpid_layer_failures_total", {{"reason", reason_word(outcome)}});
      }
      return outcome;
    }
    if (cancelled_ || std::chrono::steady_clock::now() > deadline)
      return {400, std::string(kNotFound), "another node has been indexing it for too long"};
    std::this_thread::sleep_for(kWaitForOthers);
  }
}

void Indexer::remember(const InventoryPointer& inventory, std::uint64_t bytes) {
  const std::lock_guard lock(recent_mutex_);
  recent_.emplace_front(inventory, bytes);
  recent_bytes_ += bytes;
  while ((recent_bytes_ > kRecentBytesMax || recent_.size() > kRecentMax) && recent_.size() > 1) {
    recent_bytes_ -= recent_.back().second;
    recent_.pop_back();
  }
}

// nullptr where the store has none that can be read. One of another detector set (from before an upgrade of the
// program) says less or more than today's would, but not that nothing is there.
Result<Indexer::InventoryPointer> Indexer::inventory_of(const Digest& diff_id) {
  {
    const std::lock_guard lock(recent_mutex_);
    for (auto at = recent_.begin(); at != recent_.end(); ++at) {
      if (at->first->diff_id != diff_id) continue;
      recent_.splice(recent_.begin(), recent_, at);
      return recent_.front().first;
    }
  }
  LIMPID_ASSIGN(const std::optional<std::string> bytes, store_.inventory(diff_id, detector_set_));
  if (!bytes) return InventoryPointer();
  auto restored = inventory::restore(*bytes);
  if (!restored) {
    base::log(base::LogLevel::warn, "the inventory of an ancestor cannot be read",
              {{"diff_id", diff_id.to_string()}, {"why", restored.error().describe()}});
    return InventoryPointer();
  }
  auto inventory = std::make_shared<const LayerInventory>(*std::move(restored));
  remember(inventory, bytes->size());
  return inventory;
}

// Bottom first; empty if one of them is not to be had.
Result<std::vector<Indexer::InventoryPointer>> Indexer::inventories_of(const store::Layer& layer) {
  LIMPID_ASSIGN(const std::vector<store::Layer> chain, store_.ancestry(layer.id));
  std::vector<InventoryPointer> inventories;
  for (const store::Layer& one : chain) {
    if (one.diff_id.empty()) return std::vector<InventoryPointer>();
    LIMPID_ASSIGN(InventoryPointer inventory, inventory_of(one.diff_id));
    if (inventory == nullptr) return std::vector<InventoryPointer>();
    inventories.push_back(std::move(inventory));
  }
  return inventories;
}

// One pass over the blob; `wanted` as inventory::read_layer() takes it.
IndexOutcome Indexer::read(const LayerRequest& request, std::span<const inventory::Unread> wanted,
                           LayerInventory& layer) {
  BlobOptions options;
  options.allowed = &allowed_;
  options.folders = &folders_;
  options.size_max = config_.size_max;
  options.timeout = config_.timeout;
  options.insecure_tls = config_.insecure_tls;
  options.ca_file = config_.ca_file;
  options.cancel = &cancelled_;
  auto blob = open_blob(request.path, request.headers, options);
  if (!blob) return {400, std::string(kNotFound), blob.error().describe()};
  // The format is only looked at once the blob is there: clients rely on that order of complaints.
  const bool aci = base::equal_ignoring_case(request.format, "ACI");
  if (!aci && !base::equal_ignoring_case(request.format, "Docker"))
    return {400, base::cat({"unsupported image format '", request.format, "'"}), "format"};
  image::OpenOptions open;
  scan::apply(config_.limits, open);
  const std::shared_ptr<BlobState> state = blob->state;
  const auto run = [&]() -> Result<void> {
    LIMPID_ASSIGN(const std::unique_ptr<image::LayerReader> reader,
                  image::read_layer(std::move(blob->source), 0, {}, request.name, open));
    const std::unique_ptr<archive::EntryReader> rootfs = aci ? image::aci_entries(reader->entries()) : nullptr;
    const std::unique_ptr<archive::EntryReader> bounded = bounded_entries(aci ? *rootfs : reader->entries());
    LIMPID_ASSIGN(layer, inventory::read_layer(*bounded, config_.limits.layer, wanted));
    LIMPID_ASSIGN(const image::LayerDescriptor measured, reader->finish());
    layer.diff_id = measured.diff_id;
    return {};
  };
  const Result<void> outcome = run();
  if (outcome) return {};
  // 422 tells a client never to come back; that a connection broke says nothing of the layer.
  if (state->broken) return {400, std::string(kNotFound), outcome.error().describe()};
  return {422, std::string(outcome.error().code() == Code::limit ? kTooBig : kBadArchive), outcome.error().describe()};
}

// The layer on top of its chain, as an image. Files that only a link leads to are read in a second pass over the layer;
// those in lower layers cannot be, since only their inventories are left.
IndexOutcome Indexer::merge(const LayerRequest& request, std::span<const InventoryPointer> chain, LayerInventory& layer,
                            inventory::ImageInventory& image) {
  const auto all = [&] {
    std::vector<const LayerInventory*> layers;
    for (const InventoryPointer& one : chain) layers.push_back(one.get());
    layers.push_back(&layer);
    return inventory::merge_shared_layers(layers);
  };
  image = all();
  std::vector<inventory::Unread> wanted;
  for (const inventory::Unread& unread : image.unread)
    if (unread.layer == chain.size()) wanted.push_back(unread);
  if (wanted.empty()) return {};
  LayerInventory second;
  IndexOutcome outcome = read(request, wanted, second);
  if (outcome.status != 201) return outcome;
  if (second.diff_id != layer.diff_id) return {400, std::string(kNotFound), "the layer changed between two readings"};
  inventory::add_reading(layer, std::move(second));
  image = all();
  return {};
}

IndexOutcome Indexer::index(const LayerRequest& request, const store::Layer* parent) {
  LayerInventory layer;
  IndexOutcome outcome = read(request, {}, layer);
  if (outcome.status != 201) return outcome;
  for (const Skipped& skipped : layer.skipped)
    if (is_package_database(skipped.path) && skipped.reason == SkipReason::too_big)
      return {422, std::string(kTooBig), skipped.detail};

  std::vector<InventoryPointer> chain;
  std::vector<store::HeldFeature> parent_features;
  if (parent != nullptr) {
    auto inventories = inventories_of(*parent);
    if (!inventories) return store_failed(inventories.error());
    chain = *std::move(inventories);
    auto features = store_.features(parent->id);
    if (!features) return store_failed(features.error());
    parent_features = *std::move(features);
    std::ranges::sort(parent_features, {}, &store::HeldFeature::feature);
  }
  inventory::ImageInventory image;
  outcome = merge(request, chain, layer, image);
  if (outcome.status != 201) return outcome;

  store::NewLayer made;
  made.name = request.name;
  made.engine = kEngine;
  made.diff_id = layer.diff_id;
  made.parent_id = parent == nullptr ? 0 : parent->id;
  made.name_space = clair_namespace(image.distribution.name_space);
  if (made.name_space.empty() && parent != nullptr) made.name_space = parent->name_space;
  std::set<store::Feature> before;
  for (const store::HeldFeature& one : parent_features) before.insert(one.feature);
  std::set<store::Feature> now = features_of(image, made.name_space, before);
  // Without the inventories of all ancestors the layer was looked at alone, and says nothing of what it takes away.
  if (parent != nullptr && chain.empty()) now.insert(before.begin(), before.end());
  const auto homeless = std::ranges::find_if(now, [](const store::Feature& one) { return one.name_space.empty(); });
  if (homeless != now.end())
    return {422, std::string(kUnsupported), base::cat({"packages (", homeless->name, ", …) but no distribution"})};
  std::ranges::set_difference(now, before, std::back_inserter(made.added));
  std::ranges::set_difference(before, now, std::back_inserter(made.removed));
  outcome = keep(std::move(layer), made);
  if (outcome.status != 201) return outcome;
  outcome.features = features_with(std::move(parent_features), made);
  outcome.made = std::move(made);
  return outcome;
}

IndexOutcome Indexer::keep(LayerInventory&& layer, const store::NewLayer& made) {
  const auto bytes = inventory::store(layer);
  if (!bytes) return {422, std::string(kTooBig), bytes.error().describe()};
  if (auto kept = store_.put_inventory(layer.diff_id, detector_set_, *bytes); !kept) return store_failed(kept.error());
  const auto put = store_.put_layer(made);
  if (!put) return store_failed(put.error());
  remember(std::make_shared<const LayerInventory>(std::move(layer)), bytes->size());
  return {};
}

}  // namespace limpid::service::v1
