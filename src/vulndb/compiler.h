// Compiles records to a database file. The same records, in whatever order they came, give the same bytes.
#pragma once

#include <memory>
#include <string>

#include "advisory/types.h"
#include "base/error.h"
#include "vulndb/database.h"

namespace limpid::vulndb {

class Compiler {
 public:
  Compiler();
  ~Compiler();
  Compiler(const Compiler&) = delete;
  Compiler& operator=(const Compiler&) = delete;

  // All records that follow belong to this feed, until the next call. Two inputs of one feed are one feed.
  void begin_feed(std::string_view name, std::string_view path);
  void add(advisory::Advisory&& advisory);
  void add(advisory::Available&& available);
  void add(advisory::EndOfLife&& end_of_life);
  void add(advisory::Enrichment&& enrichment);
  void add(advisory::PackageSupport&& support);
  void add(advisory::RepositoryProducts&& repository);
  // What became of that feed's input; statements the compiler itself drops (an invalid bound) are added to `dropped`.
  void end_feed(const FeedInfo& counts);

  // Writes atomically. Within one feed, of several fixed versions for one (id, namespace, package) the highest counts.
  Result<Info> write(const std::string& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::vulndb
