// The compiled databases that lie in a node's folder, one a generation: "limpid-7.db". Private to the updater.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "base/error.h"
#include "store/store.h"

namespace limpid::service {

// All calls from any thread.
class Generations {
 public:
  Generations(std::string folder, store::Store& store) : folder_(std::move(folder)), store_(store) {}

  std::string path_of(std::int64_t generation) const;
  // Updater::current_file().
  Result<std::string> current(store::DatabaseRecord& record);
  // Gives the file of `candidate` the generation's name as well.
  Result<void> offer(std::int64_t generation, const std::string& candidate);
  // Another node's file has the generation: ours of that hash goes, unless the other is the same.
  Result<void> withdraw(std::int64_t generation, const std::string& sha256);
  // Those older than the one before `current` go.
  void remove_old(std::int64_t current);

 private:
  bool has(const store::DatabaseRecord& record) const;
  Result<void> transfer(const store::DatabaseRecord& record) const;

  std::string folder_;
  store::Store& store_;
  std::mutex mutex_;  // over the names in the folder
};

}  // namespace limpid::service
