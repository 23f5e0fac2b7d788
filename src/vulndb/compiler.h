// Compiles records to a database file. The same records, in whatever order they came, give the same bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "advisory/types.h"
#include "base/error.h"
#include "vulndb/database.h"

namespace limpid::vulndb {

// Members may be called by several threads at once, each of which says which feed it speaks of: what they add is
// checked and kept one after the other. Not so begin_feed() and write().
class Compiler {
 public:
  using FeedNumber = std::uint32_t;  // of calls of begin_feed(), from 1

  Compiler();
  ~Compiler();
  Compiler(const Compiler&) = delete;
  Compiler& operator=(const Compiler&) = delete;

  // Records that name no feed belong to the one of the last call. Two inputs of one feed are one feed.
  FeedNumber begin_feed(std::string_view name, std::string_view path);
  void add(FeedNumber feed, advisory::Advisory&& advisory);
  void add(FeedNumber feed, advisory::Available&& available);
  void add(FeedNumber feed, advisory::EndOfLife&& end_of_life);
  void add(FeedNumber feed, advisory::Enrichment&& enrichment);
  void add(FeedNumber feed, advisory::PackageSupport&& support);
  void add(FeedNumber feed, advisory::RepositoryProducts&& repository);
  template <class Record>
  void add(Record&& record) {
    add(last_feed(), std::forward<Record>(record));
  }
  // What became of that feed's input; statements the compiler itself drops (an invalid bound) are added to `dropped`.
  void end_feed(FeedNumber feed, const FeedInfo& counts);
  void end_feed(const FeedInfo& counts) { end_feed(last_feed(), counts); }

  // Writes atomically. Within one feed, of several fixed versions for one (id, namespace, package) the highest counts.
  Result<Info> write(const std::string& path);

 private:
  FeedNumber last_feed() const;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::vulndb
