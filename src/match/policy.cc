#include "match/policy.h"

#include <algorithm>

#include "base/text.h"

namespace limpid::match {

std::vector<IgnoreRule> parse_trivyignore(std::string_view text, std::vector<std::string>& warnings) {
  std::vector<IgnoreRule> rules;
  std::size_t number = 0;
  while (auto line = base::take_line(text)) {
    ++number;
    std::string_view rest = base::trim(*line);
    if (rest.empty() || rest.front() == '#') continue;
    IgnoreRule rule{std::string(base::take_word(rest)), std::nullopt};
    bool usable = true;
    for (std::string_view word = base::take_word(rest); !word.empty(); word = base::take_word(rest)) {
      if (!base::strip_prefix(word, "exp:")) continue;
      rule.until = base::parse_date(word);
      if (rule.until) continue;
      usable = false;
      warnings.push_back(
          base::cat({"line ", number, ": '", word, "' is no date (YYYY-MM-DD), so ", rule.id, " is not ignored"}));
    }
    if (usable) rules.push_back(std::move(rule));
  }
  return rules;
}

Result<std::vector<Severity>> parse_severities(std::string_view list) {
  std::vector<Severity> severities;
  for (const std::string_view word : base::split(list, ',')) {
    const auto severity = parse_severity(base::trim(word));
    if (!severity)
      return fail(Code::usage, {"'", word, "' is no severity: use critical, high, medium, low, negligible or unknown"});
    severities.push_back(*severity);
  }
  const auto names = [&](Severity severity) { return std::ranges::find(severities, severity) != severities.end(); };
  // Other scanners have no word below "low": who asks them for it expects to see everything minor.
  if (names(Severity::low) && !names(Severity::negligible)) severities.push_back(Severity::negligible);
  return severities;
}

namespace {

bool ignored(const Policy& policy, const Finding& finding) {
  return std::ranges::any_of(policy.ignore, [&](const IgnoreRule& rule) {
    if (rule.until && policy.today >= *rule.until) return false;
    return base::equal_ignoring_case(rule.id, finding.id) || base::equal_ignoring_case(rule.id, finding.advisory);
  });
}

}  // namespace

Hidden apply(const Policy& policy, std::vector<Finding>& findings) {
  Hidden hidden;
  const auto hides = [&](const Finding& finding) -> std::string_view {
    if (!policy.severities.empty() && std::ranges::find(policy.severities, finding.severity) == policy.severities.end())
      return "severity";
    if (policy.only_fixed && finding.fixed_in.empty()) return "unfixed";
    if (ignored(policy, finding)) return "ignored";
    return {};
  };
  std::erase_if(findings, [&](const Finding& finding) {
    const std::string_view why = hides(finding);
    if (!why.empty()) ++hidden[std::string(why)];
    return !why.empty();
  });
  return hidden;
}

bool trips(const Policy& policy, const std::vector<Finding>& findings) {
  return policy.fail_on &&
         std::ranges::any_of(findings, [&](const Finding& finding) { return finding.severity >= *policy.fail_on; });
}

}  // namespace limpid::match
