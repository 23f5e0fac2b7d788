// Feeds in local files → one database file: the one loop behind `limpid db build`, `limpid db update` and the service.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/feed.h"
#include "base/error.h"
#include "vulndb/compiler.h"

namespace limpid::service {

// What became of one input.
struct CompiledFeed {
  vulndb::FeedInfo info;
  SkippedList skipped;
};

class Compilation {
 public:
  // Starts with the life cycles that are known without any feed. Once *cancel is set, add() ends with Code::cancelled
  // before the next record.
  explicit Compilation(const std::atomic<bool>* cancel = nullptr);

  // `shown` stands in the database as the input's path, for people. After an error the compilation holds a part of the
  // input: it must not be written.
  Result<CompiledFeed> add(const advisory::Feed& feed, const advisory::FeedInput& input, std::string_view shown);

  struct Input {
    const advisory::Feed* feed = nullptr;
    advisory::FeedInput input;
    std::string shown;
  };
  // Several at once, by as many threads as there are processors, the largest first; what is written does not depend on
  // that. One result for each, in their order. After an error of one the others are ended.
  std::vector<Result<CompiledFeed>> add_all(const std::vector<Input>& inputs);
  Result<vulndb::Info> write(const std::string& path);

 private:
  Result<CompiledFeed> read(vulndb::Compiler::FeedNumber number, const Input& input, const std::atomic<bool>* stop);

  vulndb::Compiler compiler_;
  const std::atomic<bool>* cancel_;
};

// Reads the input as add() does, and keeps nothing of it but the counts.
Result<advisory::FeedCounts> count_feed(const advisory::Feed& feed, const advisory::FeedInput& input,
                                        const std::atomic<bool>* cancel = nullptr);

}  // namespace limpid::service
