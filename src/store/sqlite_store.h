// The store of one process: a file, one connection that writes, some that read, and a lock that keeps other processes
// away. The use cases are implemented in sqlite_layers.cc, sqlite_advisories.cc, sqlite_notifications.cc and
// sqlite_state.cc; what all of them stand on is in sqlite_store.cc.
#pragma once

#include <concepts>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/file.h"
#include "store/sqlite_connection.h"
#include "store/store.h"

namespace limpid::store::sqlite {

class SqliteStore final : public Store {
 public:
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options);

  Result<std::optional<Layer>> find_layer(std::string_view name) override;
  Result<std::vector<Layer>> ancestry(LayerId layer) override;
  Result<std::vector<HeldFeature>> features(LayerId layer) override;
  Result<PutLayer> put_layer(const NewLayer& layer) override;
  Result<bool> delete_layer(std::string_view name) override;

  Result<std::optional<std::string>> inventory(const Digest& diff_id, std::uint64_t detector_set) override;
  Result<void> put_inventory(const Digest& diff_id, std::uint64_t detector_set, std::string_view bytes) override;

  Result<std::vector<KnownFeature>> versions_of(std::string_view name_space, std::string_view package) override;
  Result<LayerPage> layers_introducing(std::span<const FeatureId> features, LayerId from, std::size_t limit) override;
  Result<std::vector<Namespace>> namespaces() override;

  Result<std::optional<CustomAdvisory>> advisory(std::string_view name_space, std::string_view name) override;
  Result<void> all_advisories(const std::function<void(CustomAdvisory&&)>& take) override;
  Result<void> put_advisory(const CustomAdvisory& advisory, version::Scheme scheme,
                            std::span<const NewNotification> notifications) override;
  Result<void> forget_advisory(const CustomAdvisory& advisory, std::span<const NewNotification> notifications) override;

  Result<std::optional<Notification>> notification(std::string_view name) override;
  Result<bool> delete_notification(std::string_view name, Seconds now) override;
  Result<std::optional<Notification>> claim_notification(std::string_view owner, Seconds now, Seconds renotify_before,
                                                         Seconds until) override;
  Result<bool> renew_claim(std::string_view name, std::string_view owner, Seconds until) override;
  Result<void> end_claim(std::string_view name, std::string_view owner, Seconds notified, Seconds not_before) override;
  Result<std::uint64_t> purge_notifications(Seconds deleted_before, Seconds created_before) override;
  Result<std::uint64_t> notifications_waiting(Seconds renotify_before) override;

  Result<std::optional<DatabaseRecord>> database() override;
  Result<void> publish_database(const DatabaseRecord& record, const std::string& path,
                                std::span<const NewNotification> notifications) override;
  Result<void> fetch_database(std::int64_t generation, const std::string& path) override;
  Result<std::vector<FeedState>> feed_states() override;
  Result<void> put_feed_state(const FeedState& state) override;

  Result<bool> acquire_lease(std::string_view name, std::string_view owner, std::chrono::seconds ttl) override;
  Result<void> release_lease(std::string_view name, std::string_view owner) override;
  Result<std::optional<std::string>> value(std::string_view key) override;
  Result<void> set_value(std::string_view key, std::string_view value) override;
  Result<void> ping() override;
  std::string_view engine() const override { return "sqlite"; }

 private:
  SqliteStore(const StoreOptions& options, std::string path, base::File lock);

  // Tells the observer of `work`, and its error where it happened.
  template <std::invocable Work>
  auto observed(std::string_view operation, const Work& work) -> std::invoke_result_t<Work> {
    const auto begin = std::chrono::steady_clock::now();
    auto result = work();
    if (options_.observer.call) {
      // A call that takes no time at all is one that the clock could not see.
      const auto took =
          std::max(std::chrono::nanoseconds{1}, std::chrono::nanoseconds{std::chrono::steady_clock::now() - begin});
      options_.observer.call(operation, took, !result);
    }
    if (!result) return std::unexpected(std::move(result).error().within({path_, ": ", operation}));
    return result;
  }

  // `work` with a connection that reads.
  template <std::invocable<Connection&> Work>
  auto read(std::string_view operation, const Work& work) -> std::invoke_result_t<Work, Connection&> {
    return observed(operation, [&]() -> std::invoke_result_t<Work, Connection&> {
      LIMPID_ASSIGN(const Connections::Taken taken, readers_.take(options_.wait_max));
      return work(*taken);
    });
  }

  // `work` in a transaction on the connection that writes: kept if it succeeds, undone if it fails. What it puts into
  // `change` gets its number in the same transaction and is told to the listener afterwards.
  template <std::invocable<Connection&, std::optional<Change>&> Work>
  auto write(std::string_view operation, const Work& work)
      -> std::invoke_result_t<Work, Connection&, std::optional<Change>&> {
    using Returned = std::invoke_result_t<Work, Connection&, std::optional<Change>&>;
    return observed(operation, [&]() -> Returned {
      std::optional<Change> change;
      Returned result = [&]() -> Returned {
        LIMPID_ASSIGN(const Connections::Taken taken, writer_.take(options_.wait_max));
        Connection& connection = *taken;
        LIMPID_TRY(connection.run(Sql::begin_write));
        Returned written = work(connection, change);
        if (written)
          if (Result<void> kept = commit(connection, change); !kept) written = std::unexpected(std::move(kept).error());
        if (!written) connection.roll_back();
        return written;
      }();
      if (result && change) tell(*change);
      return result;
    });
  }

  static Result<void> commit(Connection& connection, std::optional<Change>& change);
  // Returns when the listener has handled the change. Not while the writing connection is taken: other writers go on.
  void tell(const Change& change);
  void hand(const Change& change);

  StoreOptions options_;
  std::string path_;
  base::File lock_;  // before the connections: let go after they are closed
  Connections writer_, readers_;

  std::mutex told_mutex_;
  std::condition_variable told_changed_;
  ChangeNumber told_ = 0;     // the last change that the listener was handed
  bool owes_reload_ = false;  // it could not handle one; whoever hands the next owns this
};

// Steps that several use cases share, inside the caller's transaction.
Result<std::int64_t> namespace_id(Connection& connection, std::string_view name, version::Scheme scheme);
Result<void> insert_notifications(Connection& connection, std::span<const NewNotification> notifications);

}  // namespace limpid::store::sqlite
