// Does a statement apply to a version, and which version would be free of it?
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "match/evaluation.h"
#include "version/ordering.h"
#include "vulndb/database.h"

namespace limpid::match {

// A version as it is compared with a statement's bounds. Builds of a module for several contexts are one but for a hash
// behind their number, ".module+el8.10.0+23147+20b7d289", which has no order; but rpm's orders it all the same. The
// number counts RHEL's own builds: those that others `rebuilt` have one of their own, which tells nothing either.
version::Version parse_build(const version::Ordering& ordering, std::string_view text, bool rebuilt);

// Evaluates many statements on one package. Remembers the bounds that it has parsed, since the flaws of one package
// share their fixed versions; statements must outlive it (their texts are told apart by their place in the database).
class Evaluator {
 public:
  // Forgets the bounds: the statements that follow are of another package.
  void begin(version::Scheme scheme, bool rebuilt);
  // `installed` was parsed with the statement's scheme, by parse_build(). Bounds that are invalid in the scheme hold
  // nothing.
  Evaluation evaluate(const vulndb::Statement& statement, const version::Version& installed, std::string_view raw);

 private:
  bool holds(const vulndb::RangeView& range, const version::Version& installed, std::string_view raw);
  const version::Version& parsed(std::string_view bound);

  const version::Ordering* ordering_ = nullptr;
  version::Scheme scheme_ = version::Scheme::none;
  bool rebuilt_ = false;
  std::deque<std::pair<const char*, version::Version>> bounds_;
};

// The smallest fixed version above `installed` at which none of the statements applies any more; nothing if there is no
// such version among their bounds.
std::optional<std::string_view> version_free_of(const std::vector<const vulndb::Statement*>& statements,
                                                std::string_view installed, bool rebuilt);

// Whether the ends of its ranges are versions to upgrade to. Where the upstream says "affected" of nothing but bounded
// ranges, they are no more than where its knowledge ends.
bool ends_are_fixes(const vulndb::Statement& statement);

}  // namespace limpid::match
