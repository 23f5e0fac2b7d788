#include "match/policy.h"

#include <gtest/gtest.h>

namespace limpid::match {
namespace {

using advisory::Status;

Finding finding(std::string_view id, Severity severity, std::string_view fixed = "") {
  Finding finding;
  finding.id = id;
  finding.severity = severity;
  finding.fixed_in = fixed;
  return finding;
}

TEST(TrivyIgnore, ReadsWhatTrivyReads) {
  std::vector<std::string> warnings;
  const auto rules = parse_trivyignore(
      "# comment\n\nCVE-1 why not\r\nCVE-2 exp:2024-06-01\nCVE-3 exp:soon\n  CVE-4\tx exp:2030-01-01 y\n", warnings);
  ASSERT_EQ(rules.size(), 3U);
  EXPECT_EQ(rules[0].id, "CVE-1");
  EXPECT_FALSE(rules[0].until);
  EXPECT_EQ(base::format_date(rules[1].until.value()), "2024-06-01");
  EXPECT_EQ(rules[2].id, "CVE-4");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("line 5"), std::string::npos) << warnings[0];
}

TEST(Severities, AreWordsInAnyCase) {
  EXPECT_EQ(parse_severities("HIGH, critical").value(), (std::vector{Severity::high, Severity::critical}));
  EXPECT_EQ(parse_severities("low").value(), (std::vector{Severity::low, Severity::negligible}));
  EXPECT_EQ(parse_severities("negligible,low").value(), (std::vector{Severity::negligible, Severity::low}));
  EXPECT_FALSE(parse_severities("hihg"));
  EXPECT_FALSE(parse_severities("high,"));
}

TEST(Statuses, AreWordsInAnyCaseAndInOthersSpelling) {
  EXPECT_EQ(parse_statuses("affected,will_not_fix").value(), (Statuses{Status::affected, Status::will_not_fix}));
  EXPECT_EQ(parse_statuses("Will-Not-Fix, END_OF_LIFE").value(), (Statuses{Status::will_not_fix, Status::end_of_life}));
  EXPECT_EQ(parse_statuses("wont-fix").value(), Statuses{Status::will_not_fix});
  EXPECT_EQ(parse_statuses("not-fixed").value(),
            (Statuses{Status::affected, Status::fix_deferred, Status::end_of_life}));
  EXPECT_EQ(parse_statuses("unknown,unknown").value(), Statuses{Status::unknown});
  for (const char* bad : {"", "fixd", "affected,", "all"}) {
    const auto statuses = parse_statuses(bad);
    ASSERT_FALSE(statuses) << bad;
    EXPECT_EQ(statuses.error().code(), Code::usage);
    EXPECT_NE(statuses.error().describe().find("under_investigation"), std::string::npos)
        << statuses.error().describe();
  }
}

TEST(Policy, HidesAndCounts) {
  Policy policy;
  policy.severities = {Severity::high, Severity::low};
  policy.only_fixed = true;
  policy.today = base::parse_date("2024-06-01").value();
  policy.ignore = {{"cve-ignored", std::nullopt}, {"CVE-EXPIRED", base::parse_date("2024-06-01")}};
  Matches matches;
  matches.findings = {finding("CVE-A", Severity::medium, "1"), finding("CVE-B", Severity::high),
                      finding("CVE-IGNORED", Severity::high, "1"), finding("CVE-EXPIRED", Severity::low, "1")};
  EXPECT_EQ(limpid::match::apply(policy, matches), (Hidden{{"ignored", 1}, {"severity", 1}, {"unfixed", 1}}));
  ASSERT_EQ(matches.findings.size(), 1U);
  EXPECT_EQ(matches.findings[0].id, "CVE-EXPIRED");
}

// One finding of each status, named by it.
Matches one_of_each_status() {
  Matches matches;
  for (const Status status :
       {Status::unknown, Status::fixed, Status::affected, Status::will_not_fix, Status::fix_deferred,
        Status::end_of_life, Status::under_investigation, Status::not_affected}) {
    matches.findings.push_back(finding(advisory::name_of(status), Severity::high));
    matches.findings.back().status = status;
  }
  return matches;
}
std::vector<std::string_view> left(const Policy& policy) {
  Matches matches = one_of_each_status();
  const Hidden hidden = limpid::match::apply(policy, matches);
  std::vector<std::string_view> ids;
  for (const Finding& one : matches.findings) ids.push_back(one.id);
  const std::size_t count = hidden.contains("status") ? hidden.at("status") : 0;
  EXPECT_EQ(count + ids.size(), 8U);
  return ids;
}

TEST(Policy, ShowsWhatIsWrongAndOtherStatusesWhereTheyAreNamed) {
  using Ids = std::vector<std::string_view>;
  EXPECT_EQ(left({}), (Ids{"unknown", "fixed", "affected", "will_not_fix", "fix_deferred", "end_of_life"}));
  Policy policy;
  policy.statuses = {Status::under_investigation, Status::not_affected};
  EXPECT_EQ(left(policy), (Ids{"under_investigation", "not_affected"}));
  EXPECT_TRUE(match_options(policy).under_investigation && match_options(policy).not_affected);
  policy.ignored_statuses = {Status::not_affected};
  EXPECT_EQ(left(policy), Ids{"under_investigation"});
  EXPECT_FALSE(match_options(policy).not_affected);
  policy = {};
  policy.ignored_statuses = {Status::will_not_fix, Status::unknown};
  EXPECT_EQ(left(policy), (Ids{"fixed", "affected", "fix_deferred", "end_of_life"}));
  EXPECT_FALSE(match_options(policy).under_investigation || match_options(policy).not_affected);
}

TEST(Policy, OnlyFixedAndOnlyUnfixedAreOpposites) {
  Policy policy;
  Matches matches;
  matches.findings = {finding("CVE-A", Severity::low, "1"), finding("CVE-B", Severity::low)};
  policy.only_unfixed = true;
  EXPECT_EQ(limpid::match::apply(policy, matches), (Hidden{{"fixed", 1}}));
  EXPECT_EQ(matches.findings.at(0).id, "CVE-B");
}

TEST(Policy, KernelsThatDoNotRunAreHiddenWhenThatIsAsked) {
  Policy policy;
  Matches matches;
  matches.findings = {finding("CVE-A", Severity::low), finding("CVE-B", Severity::low)};
  matches.findings[0].not_running = true;
  EXPECT_TRUE(limpid::match::apply(policy, matches).empty());
  policy.ignore_not_running = true;
  EXPECT_EQ(limpid::match::apply(policy, matches), (Hidden{{"not-running", 1}}));
  EXPECT_EQ(matches.findings.at(0).id, "CVE-B");
}

TEST(Policy, GatesTripAtASeverityAndAbove) {
  Policy policy;
  Matches matches;
  matches.findings = {finding("CVE-A", Severity::high)};
  EXPECT_FALSE(trips(policy, matches));
  policy.fail_on = Severity::high;
  EXPECT_TRUE(trips(policy, matches));
  policy.fail_on = Severity::critical;
  EXPECT_FALSE(trips(policy, matches));
  policy.fail_on_any = true;
  EXPECT_TRUE(trips(policy, matches));
  policy.fail_on = Severity::unknown;
  EXPECT_FALSE(trips(policy, {}));
  // A denial that was asked for is no reason to fail.
  matches.findings[0].status = Status::not_affected;
  EXPECT_FALSE(trips(policy, matches));
}

TEST(Policy, GatesAreSeveritiesAndTheEndOfLife) {
  Policy policy;
  ASSERT_TRUE(parse_gates("high,EOL,medium", policy));
  EXPECT_EQ(policy.fail_on, Severity::medium);
  EXPECT_TRUE(policy.fail_on_end_of_life);
  EXPECT_FALSE(parse_gates("end", policy));
  EXPECT_FALSE(parse_gates("", policy));

  Policy end;
  ASSERT_TRUE(parse_gates("end-of-life", end));
  EXPECT_FALSE(end.fail_on);
  Matches matches;
  const auto unsupported = [](Unsupported::State state, std::optional<std::uint32_t> package) {
    Unsupported one;
    one.state = state;
    one.package = package;
    one.id = package ? "EOL:debian:12/a" : "EOL:debian:12";
    return one;
  };
  matches.unsupported = {unsupported(Unsupported::State::extended, std::nullopt),
                         unsupported(Unsupported::State::limited, 0)};
  EXPECT_FALSE(trips(end, matches));
  matches.unsupported.push_back(unsupported(Unsupported::State::ended, 1));
  EXPECT_TRUE(trips(end, matches));
  EXPECT_FALSE(release_ended(matches));
  matches.unsupported[0].state = Unsupported::State::ended;
  EXPECT_TRUE(release_ended(matches));
  EXPECT_FALSE(trips({}, matches));
  // Accepted by its id, as a finding is.
  end.ignore = {{"eol:debian:12", std::nullopt}, {"EOL:debian:12/a", std::nullopt}};
  EXPECT_EQ(limpid::match::apply(end, matches), (Hidden{{"ignored", 3}}));
  EXPECT_FALSE(trips(end, matches) || release_ended(matches));
}

}  // namespace
}  // namespace limpid::match
