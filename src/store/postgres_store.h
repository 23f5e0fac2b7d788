// The store of a cluster of equal nodes. The use cases are implemented in postgres_store_layers.cc,
// postgres_store_advisories.cc, postgres_store_notifications.cc, postgres_store_database.cc and
// postgres_store_state.cc; what all of them stand on is in postgres_store.cc.
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/postgres_changes.h"
#include "store/postgres_pool.h"
#include "store/store.h"

namespace limpid::store::postgres {

// How often a transaction is begun again that lost to others (a deadlock, a parent that got a child meanwhile).
inline constexpr int kAttemptsMax = 10;

// A change that a transaction has committed, and who else has to handle it. Nothing: nobody had the time to ask.
struct Made {
  Change change;
  std::optional<std::vector<NodeId>> others;
};

Made made_of(Change change, const Rows& numbered);
// Of rows that begin with a node's number.
std::vector<NodeId> nodes_of(const Rows& rows);

class PostgresStore final : public Store {
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
  std::string_view engine() const override { return "postgresql"; }

 private:
  explicit PostgresStore(const StoreOptions& options);
  Result<void> begin();

  // Tells the observer of `work`, and its error where it happened.
  template <std::invocable Work>
  auto observed(std::string_view operation, const Work& work) -> std::invoke_result_t<Work> {
    const Clock::time_point begin = Clock::now();
    auto result = work();
    if (options_.observer.call) {
      // A call that takes no time at all is one that the clock could not see.
      const auto took = std::max(std::chrono::nanoseconds{1}, std::chrono::nanoseconds{Clock::now() - begin});
      options_.observer.call(operation, took, !result);
    }
    if (!result) return std::unexpected(std::move(result).error().within({where_, ": ", operation}));
    return result;
  }

  // `work` with a connection, and once more with another if that one was lost.
  template <std::invocable<Connection&> Work>
  auto with_connection(const Work& work) -> std::invoke_result_t<Work, Connection&> {
    for (bool is_second = false;; is_second = true) {
      LIMPID_ASSIGN(const Pool::Taken taken, pool_.take(Clock::now() + options_.wait_max));
      taken->begin_work();
      auto result = work(*taken);
      if (result || is_second || !taken->is_lost()) return result;
    }
  }

  template <std::invocable<Connection&> Work>
  auto read(std::string_view operation, const Work& work) -> std::invoke_result_t<Work, Connection&> {
    return observed(operation, [&] { return with_connection(work); });
  }

  // `work` with a connection, for it to write in a transaction that it ends itself, or with one statement. It is undone
  // if `work` fails, and begun again if the failure lies in what others did and nothing was committed. What it puts
  // into `made` is told to the listeners.
  template <std::invocable<Connection&, std::optional<Made>&> Work>
  auto write(std::string_view operation, const Work& work)
      -> std::invoke_result_t<Work, Connection&, std::optional<Made>&> {
    return observed(operation, [&]() -> std::invoke_result_t<Work, Connection&, std::optional<Made>&> {
      for (int attempt = 1;; ++attempt) {
        std::optional<Made> made;
        auto result = [&]() -> std::optional<std::invoke_result_t<Work, Connection&, std::optional<Made>&>> {
          auto taken = pool_.take(Clock::now() + options_.wait_max);
          if (!taken) return std::unexpected(std::move(taken).error());
          Connection& connection = **taken;
          connection.begin_work();
          auto written = work(connection, made);
          if (!written) {
            connection.roll_back();
            if (attempt < kAttemptsMax && may_begin_again(connection, attempt)) return std::nullopt;
          }
          if (made) prune(connection, made->change.number);
          return written;
        }();
        if (!result) continue;
        if (made) tell(*made);
        return *std::move(result);
      }
    });
  }
  // Whether a failed transaction is proven not to have been committed, and may go better now.
  static bool may_begin_again(Connection& connection, int attempt);

  // Ends a transaction that makes a change: the change with its number, then COMMIT, in the batch's one round trip, and
  // all other nodes are notified.
  Result<Made> commit_change(Batch& batch, Change change) const;
  Result<std::optional<Made>> add_advisory(Connection& connection, const CustomAdvisory& advisory,
                                           std::int64_t name_space, const NewNotification& news);
  Result<std::optional<Made>> commit_advisory(Batch& batch, Change change, bool has_others);
  void prune(Connection& connection, ChangeNumber number);
  // Returns when this node's listener and the other nodes have handled the change, or after kPropagationMax.
  void tell(const Made& made);
  void tell_others(std::vector<NodeId>& nodes, ChangeNumber number, Clock::time_point deadline);

  StoreOptions options_;
  std::string where_;  // for people
  Pool pool_;
  Channels channels_;
  NodeId node_ = 0;
  std::atomic<bool> had_others_ = true;  // when the last change was written
  std::unique_ptr<Follower> follower_;   // none without a listener; last: its listener may read from the store
};

// The arrays of values that the statements about notifications take.
class NotificationColumns {
 public:
  explicit NotificationColumns(std::span<const NewNotification> notifications);
  std::span<const std::string_view> names() const { return names_; }
  std::span<const std::int64_t> created() const { return created_; }
  std::span<const std::string_view> old_revisions() const { return old_revisions_; }
  std::span<const std::string_view> new_revisions() const { return new_revisions_; }

 private:
  std::vector<std::string_view> names_, old_revisions_, new_revisions_;
  std::vector<std::int64_t> created_;
};

}  // namespace limpid::store::postgres
