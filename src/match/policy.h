// What the user does not want to see, and what shall fail a build: the one place that decides whether a finding is
// shown.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "inventory/types.h"
#include "match/match.h"
#include "match/types.h"

namespace limpid::match {

// One line of an ignore file: an id, and perhaps the last day on which it is ignored.
struct IgnoreRule {
  std::string id;
  std::optional<Date> until;
};

// `.trivyignore`, as Trivy reads it: one id a line, `#` comments, `exp:YYYY-MM-DD`; other words are ignored. A line
// with an expiry that is no date is dropped, with a warning.
inline constexpr std::uint64_t kIgnoreFileSizeMax = std::uint64_t{16} << 20;
std::vector<IgnoreRule> parse_trivyignore(std::string_view text, std::vector<std::string>& warnings);

using Statuses = std::vector<advisory::Status>;

struct Policy {
  std::vector<Severity> severities;  // empty: all. `low` takes `negligible` with it unless that is named, too
  // Vendors' statuses, empty: all that say that something is wrong. "Under investigation" and "not affected" are shown
  // only where they are named.
  Statuses statuses;
  Statuses ignored_statuses;
  bool only_fixed = false;
  bool only_unfixed = false;
  bool ignore_not_running = false;
  bool ignore_data_only = false;
  std::vector<IgnoreRule> ignore;
  Date today = base::today();

  // Gates, judged by what is left after all that.
  std::optional<Severity> fail_on;   // a finding of this severity or above
  bool fail_on_any = false;          // any finding
  bool fail_on_end_of_life = false;  // a release or package whose support has ended
};

// "HIGH,critical" → severities, "will_not_fix,affected" → statuses: in any case, with hyphens or underscores, and in
// other scanners' words. Code::usage names a word that is none, and those that there are.
Result<std::vector<Severity>> parse_severities(std::string_view list);
Result<Statuses> parse_statuses(std::string_view list);
// "high", "eol", "high,eol" → gates of the policy; of several severities the lowest.
Result<void> parse_gates(std::string_view list, Policy& policy);

// Whether findings of this status are shown at all.
bool shows(const Policy& policy, advisory::Status status);
// What the matcher has to find for this policy.
MatchOptions match_options(const Policy& policy);

// Why findings are not shown, and how many.
using Hidden = std::map<std::string, std::size_t>;

// Removes what the policy hides. The first reason that holds counts, in this order: severity, status, unfixed or fixed,
// not-running, data-only, ignored.
Hidden apply(const Policy& policy, Matches& matches);

// True if a gate of the policy trips over what was left. That a vendor denies a flaw trips none.
bool trips(const Policy& policy, const Matches& matches);
// True if nobody fixes the release any more, unless that is ignored.
bool release_ended(const Matches& matches);

}  // namespace limpid::match
