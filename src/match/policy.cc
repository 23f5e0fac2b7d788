#include "match/policy.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace limpid::match {

using advisory::Status;

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

// In the order in which people read them.
constexpr std::array kStatuses = {
    Status::affected,     Status::fixed,       Status::under_investigation, Status::will_not_fix,
    Status::fix_deferred, Status::end_of_life, Status::not_affected,        Status::unknown,
};

bool contains(const Statuses& statuses, Status status) { return std::ranges::find(statuses, status) != statuses.end(); }

std::string status_names() {
  std::string names;
  for (const Status status : kStatuses)
    base::append(names, {names.empty() ? "" : status == kStatuses.back() ? " or " : ", ", advisory::name_of(status)});
  return names;
}

// "will-not-fix" and "Will_Not_Fix" are the same; none for a word that is no status.
Statuses statuses_of(std::string_view word) {
  std::string name = base::lower(word);
  std::ranges::replace(name, '-', '_');
  for (const Status status : kStatuses)
    if (name == advisory::name_of(status)) return {status};
  // Grype's, which has four.
  if (name == "wont_fix") return {Status::will_not_fix};
  if (name == "not_fixed") return {Status::affected, Status::fix_deferred, Status::end_of_life};
  return {};
}

}  // namespace

Result<Statuses> parse_statuses(std::string_view list) {
  Statuses statuses;
  for (const std::string_view part : base::split(list, ',')) {
    const std::string_view word = base::trim(part);
    const Statuses named = statuses_of(word);
    if (named.empty()) return fail(Code::usage, {"'", word, "' is no status: use ", status_names()});
    for (const Status status : named)
      if (!contains(statuses, status)) statuses.push_back(status);
  }
  return statuses;
}

Result<void> parse_gates(std::string_view list, Policy& policy) {
  for (const std::string_view part : base::split(list, ',')) {
    const std::string_view word = base::trim(part);
    if (base::equal_ignoring_case(word, "eol") || base::equal_ignoring_case(word, "end-of-life")) {
      policy.fail_on_end_of_life = true;
      continue;
    }
    const auto severity = parse_severity(word);
    if (!severity)
      return fail(Code::usage,
                  {"'", word, "' is no gate: use critical, high, medium, low, negligible, unknown or eol"});
    policy.fail_on = policy.fail_on ? std::min(*policy.fail_on, *severity) : *severity;
  }
  return {};
}

bool shows(const Policy& policy, Status status) {
  if (contains(policy.ignored_statuses, status)) return false;
  if (!policy.statuses.empty()) return contains(policy.statuses, status);
  return status != Status::under_investigation && status != Status::not_affected;
}

MatchOptions match_options(const Policy& policy) {
  MatchOptions options;
  options.today = policy.today;
  options.under_investigation = shows(policy, Status::under_investigation);
  options.not_affected = shows(policy, Status::not_affected);
  return options;
}

namespace {

bool is_ignored(const Policy& policy, std::string_view id) {
  return std::ranges::any_of(policy.ignore, [&](const IgnoreRule& rule) {
    if (rule.until && policy.today >= *rule.until) return false;
    return base::equal_ignoring_case(rule.id, id);
  });
}

// Why the finding is not shown, "" if it is.
std::string_view hidden_by(const Policy& policy, const Finding& finding) {
  if (!policy.severities.empty() && std::ranges::find(policy.severities, finding.severity) == policy.severities.end())
    return "severity";
  if (!shows(policy, finding.status)) return "status";
  if (policy.only_fixed && finding.fixed_in.empty()) return "unfixed";
  if (policy.only_unfixed && !finding.fixed_in.empty()) return "fixed";
  if (policy.ignore_not_running && finding.not_running) return "not-running";
  if (policy.ignore_data_only && finding.data_only) return "data-only";
  if (is_ignored(policy, finding.id) || is_ignored(policy, finding.advisory)) return "ignored";
  return {};
}

}  // namespace

Hidden apply(const Policy& policy, Matches& matches) {
  Hidden hidden;
  std::erase_if(matches.findings, [&](const Finding& finding) {
    const std::string_view why = hidden_by(policy, finding);
    if (!why.empty()) ++hidden[std::string(why)];
    return !why.empty();
  });
  std::erase_if(matches.unsupported, [&](const Unsupported& unsupported) {
    const bool ignored = is_ignored(policy, unsupported.id);
    if (ignored) ++hidden["ignored"];
    return ignored;
  });
  return hidden;
}

bool trips(const Policy& policy, const Matches& matches) {
  const auto ended = [](const Unsupported& one) { return one.state == Unsupported::State::ended; };
  if (policy.fail_on_end_of_life && std::ranges::any_of(matches.unsupported, ended)) return true;
  return std::ranges::any_of(matches.findings, [&](const Finding& finding) {
    if (finding.status == Status::not_affected) return false;
    return policy.fail_on_any || (policy.fail_on && finding.severity >= *policy.fail_on);
  });
}

bool release_ended(const Matches& matches) {
  return std::ranges::any_of(matches.unsupported, [](const Unsupported& one) {
    return !one.package && one.state == Unsupported::State::ended;
  });
}

}  // namespace limpid::match
