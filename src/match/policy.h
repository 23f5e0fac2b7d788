// What the user does not want to see, and what shall fail a build.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "inventory/types.h"
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

struct Policy {
  std::vector<Severity> severities;  // empty: all. `low` takes `negligible` with it unless that is named, too
  bool only_fixed = false;
  std::vector<IgnoreRule> ignore;
  std::optional<Severity> fail_on;
  Date today = base::today();
};

// "HIGH,critical" → severities. Code::usage names a word that is none.
Result<std::vector<Severity>> parse_severities(std::string_view list);

// Why findings are not shown, and how many.
using Hidden = std::map<std::string, std::size_t>;

// Removes what the policy hides, in this order: severity, unfixed, ignored ids.
Hidden apply(const Policy& policy, std::vector<Finding>& findings);

// True if any finding reaches `fail_on`.
bool trips(const Policy& policy, const std::vector<Finding>& findings);

}  // namespace limpid::match
