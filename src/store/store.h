// The memory of a service: use cases, not tables. SQLite serves one process with nothing to set up; PostgreSQL (15 or
// later) serves a cluster of equal nodes. The same suite (conformance.h) holds for both.
//
// Every call may be made from any thread at any time and either takes effect as a whole, durably, or not at all: after
// a call returned without an error, no crash of this process, of the server or of the machine loses it. Errors are
// Code::io where the engine or the way to it failed (the caller may try again), Code::mismatch where another writer
// came first, Code::invalid or Code::limit for arguments that no engine could keep (a NUL byte in a text, a name beyond
// kNameLengthMax). A broken connection is opened again with back-off, and a read that failed with it is repeated once.
//
// Changes. What nodes keep in memory (custom advisories, reports, the compiled database) is told stale by changes,
// which have one order for the whole cluster. A call that makes a change returns when this node's listener has handled
// it and every other live node has too, or after kPropagationMax (a node that hangs must not stop the others; it is
// logged). So whoever got the answer of a write reads what was written, at whichever node.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/types.h"

namespace limpid::store {

inline constexpr std::size_t kNameLengthMax = 1'024;  // of layers, namespaces, packages, versions, advisories, leases
inline constexpr std::chrono::milliseconds kPropagationMax{1'000};
// Longer ago, and beyond this many, changes are forgotten; a node that has missed some is told to reload.
inline constexpr std::int64_t kChangesKept = 100'000;

class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  // In the order of the changes, one at a time, on a thread of the store or of the caller that made the change. Must
  // not call a Store method that makes changes; may read. An error (which the store logs) says that it could not be
  // handled now. Then it does not count as handled, and sooner or later it is handed again, or reload() is called for
  // it, before any later change; until then connected(false) holds.
  virtual Result<void> changed(const Change& change) = 0;
  // Changes may have been missed (the connection was lost for long): everything in memory is to be read again.
  virtual Result<void> reload() = 0;
  // Whether changes made elsewhere reach this node now. While they don't, what is in memory may be stale.
  virtual void connected(bool yes) = 0;
};

// Told of each call's duration, for metrics. `operation` is a literal: "find_layer".
struct Observer {
  std::function<void(std::string_view operation, std::chrono::nanoseconds duration, bool failed)> call;
};

struct StoreOptions {
  std::string url;           // "sqlite:PATH", "postgresql://…" (anything that libpq takes), "postgres://…"
  unsigned connections = 8;  // PostgreSQL: at most so many at once, callers queue in order; SQLite: readers
  std::chrono::milliseconds wait_max{10'000};  // for a connection, then Code::io
  ChangeListener* listener = nullptr;          // must outlive the store; nullptr: nobody listens
  Observer observer;
};

enum class PutLayer : std::uint8_t { created, replaced, existed };

class Store {
 public:
  virtual ~Store() = default;

  // ── Layers ──
  virtual Result<std::optional<Layer>> find_layer(std::string_view name) = 0;
  // Bottom first, the layer itself last. Code::not_found if it is gone.
  virtual Result<std::vector<Layer>> ancestry(LayerId layer) = 0;
  // Of the layer and its ancestors, in no order, by one recursive query. Empty for a layer that is not there.
  virtual Result<std::vector<HeldFeature>> features(LayerId layer) = 0;
  // Makes the layer with its features and their namespaces. A layer of that name is left alone (existed) unless its
  // engine is lower: then its namespace, diff and engine are replaced, not its parent. Code::not_found if the parent
  // is gone.
  virtual Result<PutLayer> put_layer(const NewLayer& layer) = 0;
  // With all that descend from it; features and inventories stay. False if there is none.
  virtual Result<bool> delete_layer(std::string_view name) = 0;

  // ── Inventories: a function of (diff ID, detector set), as bytes that the caller understands ──
  // Where there is none of this detector set: the newest of another one.
  virtual Result<std::optional<std::string>> inventory(const Digest& diff_id, std::uint64_t detector_set) = 0;
  virtual Result<void> put_inventory(const Digest& diff_id, std::uint64_t detector_set, std::string_view bytes) = 0;

  // ── Who holds what ──
  // Every version known under this name or origin.
  virtual Result<std::vector<KnownFeature>> versions_of(std::string_view name_space, std::string_view package) = 0;
  // Layers that add any of `features`, each once, by ascending id from `from` on, at most `limit`. No table scan.
  virtual Result<LayerPage> layers_introducing(std::span<const FeatureId> features, LayerId from,
                                               std::size_t limit) = 0;
  // Sorted by name. Those of features and custom advisories.
  virtual Result<std::vector<Namespace>> namespaces() = 0;

  // ── Custom advisories and notifications ──
  virtual Result<std::optional<CustomAdvisory>> advisory(std::string_view name_space, std::string_view name) = 0;
  // All of them, tombstones too, for a node that starts; `from` is handed one at a time.
  virtual Result<void> all_advisories(const std::function<void(CustomAdvisory&&)>& take) = 0;
  // Writes it with its namespace (`scheme` is kept if the namespace is new) and, in the same transaction, the
  // notifications. Code::mismatch unless the stored revision is advisory.revision. Makes a change.
  virtual Result<void> put_advisory(const CustomAdvisory& advisory, version::Scheme scheme,
                                    std::span<const NewNotification> notifications) = 0;
  // Takes the row away altogether: the compiled advisory of that name, if any, is seen again. Code::mismatch as above.
  virtual Result<void> forget_advisory(const CustomAdvisory& advisory,
                                       std::span<const NewNotification> notifications) = 0;

  virtual Result<std::optional<Notification>> notification(std::string_view name) = 0;
  // Marks it read; the first time counts. False if there is none.
  virtual Result<bool> delete_notification(std::string_view name, Seconds now) = 0;
  // One that is not deleted, was never notified or not since `renotify_before`, and that nobody has claimed beyond
  // `now`; it is then claimed by `owner` until `until`. Oldest first among those never notified.
  virtual Result<std::optional<Notification>> claim_notification(std::string_view owner, Seconds now,
                                                                 Seconds renotify_before, Seconds until) = 0;
  // False if the claim was lost to somebody else meanwhile.
  virtual Result<bool> renew_claim(std::string_view name, std::string_view owner, Seconds until) = 0;
  // Ends the claim; notified == 0: the delivery failed, and nobody claims it again before `not_before`.
  virtual Result<void> end_claim(std::string_view name, std::string_view owner, Seconds notified,
                                 Seconds not_before) = 0;
  // Takes away those deleted before `deleted_before`, and those that were made before `created_before` and that nobody
  // deleted. How many.
  virtual Result<std::uint64_t> purge_notifications(Seconds deleted_before, Seconds created_before) = 0;
  virtual Result<std::uint64_t> notifications_waiting(Seconds renotify_before) = 0;

  // ── The compiled database ──
  virtual Result<std::optional<DatabaseRecord>> database() = 0;
  // Makes the file at `path` the nodes' database, together with the notifications of what changed. record.generation is
  // the current one plus one, else Code::mismatch. PostgreSQL keeps the bytes, too, and those of the generation before;
  // SQLite keeps the record only (its one node has the file). Makes a change.
  virtual Result<void> publish_database(const DatabaseRecord& record, const std::string& path,
                                        std::span<const NewNotification> notifications) = 0;
  // Writes the generation's bytes to `path` (not atomically: the caller renames after having checked the hash).
  // Code::not_found if they are not kept.
  virtual Result<void> fetch_database(std::int64_t generation, const std::string& path) = 0;

  virtual Result<std::vector<FeedState>> feed_states() = 0;  // by name
  virtual Result<void> put_feed_state(const FeedState& state) = 0;

  // ── The rest ──
  // Takes the lease if it is free, has run out, or is `owner`'s already. The clock is the store's. A store that serves
  // one process forgets leases with it.
  virtual Result<bool> acquire_lease(std::string_view name, std::string_view owner, std::chrono::seconds ttl) = 0;
  virtual Result<void> release_lease(std::string_view name, std::string_view owner) = 0;
  // Small texts under a name ("updater/last" is one that Harbor reads in PostgreSQL's table keyvalue).
  virtual Result<std::optional<std::string>> value(std::string_view key) = 0;
  virtual Result<void> set_value(std::string_view key, std::string_view value) = 0;
  // Asks the engine for a sign of life.
  virtual Result<void> ping() = 0;

  virtual std::string_view engine() const = 0;  // "sqlite", "postgresql"
};

// Opens and migrates. The schema is brought forward in one transaction under a lock; one from a newer version of ours
// is Code::unsupported. With a listener, listening has begun when this returns.
Result<std::unique_ptr<Store>> open_store(const StoreOptions& options);

// The URL without its password, for people.
std::string printable_url(std::string_view url);

}  // namespace limpid::store
