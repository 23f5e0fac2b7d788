// One update: fetch the feeds as far as they changed, compile them beside the database that is in use, and say what
// became of each. Used by the service's updater and by `limpid db update`.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "service/config.h"
#include "store/types.h"
#include "vulndb/database.h"

namespace limpid::service {

// A feed's upstream default places (docs/feeds.md lists them); where a feed consists of many files (Alpine's branches,
// OSV's ecosystems) each is fetched conditionally on its own.
const std::vector<FeedSource>& default_feeds();

struct UpdateOptions {
  UpdaterConfig config;
  // Holds what was fetched, one folder a feed, with the state of conditional fetches beside it. Made if missing.
  std::string folder;
  std::string output;                    // the compiled file; written beside and renamed
  std::vector<store::FeedState> before;  // from the last update, by name; for suspicious shrinking and last_success
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(const std::string& line)> progress;  // for people; may be empty
};

struct UpdateOutcome {
  std::vector<store::FeedState> feeds;  // each one that is configured
  bool compiled = false;                // a new output was written
  // The output holds the feeds' good files: it was compiled now, or nothing changed since it was. False if a feed that
  // an earlier update had read is not to be had here at all, so that a new output would lose what it said.
  bool current = false;
  vulndb::Info info;       // of the output, where compiled
  std::size_t failed = 0;  // feeds with a problem
};

// A feed that fails (unreachable, unreadable, shrunk below config.shrink_min of its last records) keeps its last good
// files, which are compiled as before, and its state says why. Fails as a whole only if nothing could be compiled or
// written, or on cancellation. Each file is retried with back-off and jitter (three attempts), Retry-After honoured up
// to a minute.
Result<UpdateOutcome> update_database(const UpdateOptions& options);

}  // namespace limpid::service
