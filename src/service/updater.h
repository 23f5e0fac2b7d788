// The thread that keeps the compiled database fresh: on an interval, on one node at a time (a lease in the store).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "service/config.h"
#include "service/metrics.h"
#include "store/store.h"
#include "vulndb/database.h"

namespace limpid::service {

class Updater {
 public:
  struct Hooks {
    // What changed between the database in use (nullptr: this is the first) and the new file, as notifications. The
    // first load is silent. Ends with Code::cancelled soon after *cancel was set.
    std::function<Result<std::vector<store::NewNotification>>(
        const vulndb::Database* before, const vulndb::Database& after, const std::atomic<bool>* cancel)>
        notifications;
    // This node shall answer from the database that an update has just published, before the update counts as done:
    // whoever reads "updater/last" and then asks finds the new data.
    std::function<Result<void>()> adopt;
  };

  // `folder` holds downloads and databases ("limpid-<generation>.db"; the one in use and the one before are kept).
  // Nothing runs before start().
  Updater(const UpdaterConfig& config, std::string folder, store::Store& store, Metrics& metrics, Hooks hooks);
  ~Updater();  // stops, cancelling a running update within 200 ms
  void start();
  void stop();

  // The file of the database that the nodes shall use: the store's current generation, fetched from it if it is not in
  // the folder. "" if there is none. Called by every node at start and when the store says Change::Kind::database.
  Result<std::string> current_file(store::DatabaseRecord& record);

  // Makes a database that an operator put at `path` the nodes' next one, as an update does with what it compiled;
  // nothing if it is the current one. The record is the store's current one then, which is another node's if that was
  // first.
  Result<store::DatabaseRecord> publish(const std::string& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Sets the metrics of a feed. The node that updates knows at once, the others ask the store now and then.
void measure_feed(const store::FeedState& feed, Metrics& metrics);

// The loop, as Clair's: due when the last success ("updater/last" in the store, UNIX seconds as text) is an interval
// ago; after a failure 1 min doubling up to the interval; after a run at least 1 min; jitter of up to a tenth. The
// lease "updater" is held for 10 min and renewed while an update runs. "updater/last" is the oldest last success among
// the configured feeds, and "updater/last/<feed>" each feed's own.

}  // namespace limpid::service
