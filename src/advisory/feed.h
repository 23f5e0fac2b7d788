// A feed: bytes in the form of one upstream → records. One file per feed in this folder, one line each in feeds().
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/types.h"
#include "base/error.h"
#include "base/skipped.h"

namespace limpid::advisory {

// Where a feed's records go. Implemented by the compiler of the database and by tests.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void advisory(Advisory&& advisory) = 0;
  virtual void available(Available&& available) = 0;
  virtual void end_of_life(EndOfLife&& end_of_life) = 0;
  virtual void enrichment(Enrichment&& /*enrichment*/) {}
  virtual void package_support(PackageSupport&& /*support*/) {}
  virtual void repository(RepositoryProducts&& /*repository*/) {}
  // Asked before each record (or file of small ones): a feed that hears yes ends with Code::cancelled.
  virtual bool is_cancelled() const { return false; }
};

// What a feed returns then.
inline std::unexpected<Error> cancelled() { return fail(Code::cancelled, {"cancelled"}); }

// What became of the input. `records` counts what the upstream calls a record (the feed's own header says which).
// Every statement of the input is either handed to the Sink or counted in `dropped` under a short, stable reason
// ("no ordering for ecosystem PyPI", "withdrawn", "temporary id", …). `statements` counts both.
struct FeedCounts {
  std::uint64_t records = 0;
  std::uint64_t statements = 0;
  std::map<std::string, std::uint64_t> dropped;
  SkippedList skipped;  // files or records that could not be read at all
  std::string as_of;    // the newest date that the data states, RFC 3339, "" if none
  void drop(std::string_view reason, std::uint64_t count = 1) {
    if (count != 0) dropped[std::string(reason)] += count;
  }
};

struct FeedInput {
  std::string path;        // a file or folder, as the feed expects it
  std::string name_space;  // given as NAME@NAMESPACE=PATH; "" lets the feed tell it from the data
};

class Feed {
 public:
  virtual ~Feed() = default;
  virtual std::string_view name() const = 0;         // "debian"; stored in the database
  virtual std::string_view description() const = 0;  // one line for `limpid help db build`
  // Fails only if the input as a whole cannot be read: a damaged part is counted and skipped, unless that could hide
  // statements silently (a cut JSON document fails).
  virtual Result<FeedCounts> read(const FeedInput& input, Sink& sink) const = 0;
};

// The registry: every feed there is.
const std::vector<const Feed*>& feeds();
const Feed* find_feed(std::string_view name);

// Dates of distributions' releases that are compiled into every database, so that a release past its end is recognised
// without any feed; the feeds distro-info and endoflife override them.
const std::vector<EndOfLife>& known_lifecycles();

}  // namespace limpid::advisory
