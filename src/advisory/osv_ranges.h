// The events of an OSV range, evaluated as https://ossf.github.io/osv-schema/#evaluation says, as plain intervals.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "advisory/types.h"

namespace limpid::advisory {

struct OsvEvent {
  enum class Kind : unsigned char { introduced, fixed, last_affected, limit };
  Kind kind = Kind::introduced;
  std::string version;
};

struct OsvIntervals {
  std::vector<Range> ranges;  // sorted, disjoint
  bool valid = true;          // false: a version that the scheme does not know, and no ranges at all
};

// Sorts the events (upstreams do not) and walks them. "0" as introduced is the beginning of everything.
OsvIntervals evaluate_osv_events(version::Scheme scheme, const std::vector<OsvEvent>& events);

// Cuts what is open-ended at GHSA's remark on the last version known to be affected, "<= 1.2.3" or "< 1.2.3". Text of
// any other form changes nothing.
void apply_last_known_affected(version::Scheme scheme, std::string_view remark, std::vector<Range>& ranges);

// Removes those versions that lie in a range anyway.
void remove_covered_versions(version::Scheme scheme, const std::vector<Range>& ranges,
                             std::vector<std::string>& versions);

}  // namespace limpid::advisory
