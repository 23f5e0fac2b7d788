// The compiled database that a node uses: found, opened, made ready and swapped in while questions are answered.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "service/metrics.h"
#include "service/updater.h"
#include "service/v1/catalogue.h"
#include "service/v1/report_cache.h"
#include "store/store.h"

namespace limpid::service {

class DatabaseFiles {
 public:
  struct Options {
    std::string folder;  // of the service's data
    // --db: this file's content is used (a copy: its owner may write into it), and it is watched for a new one; "": the
    // store's
    std::string file;
    std::string default_file;    // what `limpid db update` writes: the first database where the store has none yet
    bool only_affected = false;  // notifications only for what some layer holds
  };
  DatabaseFiles(Options options, store::Store& store, v1::Catalogue& catalogue, v1::ReportCache& cache,
                Metrics& metrics, Updater& updater);
  ~DatabaseFiles();

  // Takes what there is now, and starts to watch. No database is no error: the node is not ready then.
  Result<void> start();
  // The store's database may be another one.
  void look();
  // The same at once: from its return on this node answers from it.
  Result<void> take();

  // Updater::Hooks::notifications.
  Result<std::vector<store::NewNotification>> notifications(const vulndb::Database* before,
                                                            const vulndb::Database& after,
                                                            const std::atomic<bool>* cancel) const;

 private:
  void watch(const std::stop_token& stop);
  void measure_feeds();
  Result<void> take_current();
  Result<void> take_file(const std::string& path);
  Result<void> take_published();
  Result<void> use(const std::string& path, std::int64_t generation);
  // Reports come from the namespaces of layers that are there: theirs are made ready before anybody asks.
  static Result<void> prepare(const v1::Compiled& compiled, std::span<const store::Namespace> held);
  bool has_others(const std::set<std::string, std::less<>>& namespaces) const;

  // Device, inode, size and time: another file in the same place.
  struct Identity {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t time = 0;
    bool operator==(const Identity&) const = default;
  };
  static Identity identity_of(const std::string& path);

  const Options options_;
  store::Store& store_;
  v1::Catalogue& catalogue_;
  v1::ReportCache& cache_;
  Metrics& metrics_;
  Updater& updater_;

  std::mutex taking_;  // held while a database is taken into use; never together with mutex_
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool look_ = false;
  Identity seen_;  // of the file that was taken, or that it is in vain to take
  std::jthread thread_;
};

}  // namespace limpid::service
