#include "match/policy.h"

#include <gtest/gtest.h>

namespace limpid::match {
namespace {

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

TEST(Policy, HidesAndCounts) {
  Policy policy;
  policy.severities = {Severity::high, Severity::low};
  policy.only_fixed = true;
  policy.today = base::parse_date("2024-06-01").value();
  policy.ignore = {{"cve-ignored", std::nullopt}, {"CVE-EXPIRED", base::parse_date("2024-06-01")}};
  std::vector<Finding> findings = {finding("CVE-A", Severity::medium, "1"), finding("CVE-B", Severity::high),
                                   finding("CVE-IGNORED", Severity::high, "1"),
                                   finding("CVE-EXPIRED", Severity::low, "1")};
  EXPECT_EQ(limpid::match::apply(policy, findings), (Hidden{{"ignored", 1}, {"severity", 1}, {"unfixed", 1}}));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].id, "CVE-EXPIRED");
}

TEST(Policy, GatesTripAtASeverityAndAbove) {
  Policy policy;
  const std::vector findings = {finding("CVE-A", Severity::high)};
  EXPECT_FALSE(trips(policy, findings));
  policy.fail_on = Severity::high;
  EXPECT_TRUE(trips(policy, findings));
  policy.fail_on = Severity::critical;
  EXPECT_FALSE(trips(policy, findings));
  policy.fail_on = Severity::unknown;
  EXPECT_FALSE(trips(policy, {}));
}

}  // namespace
}  // namespace limpid::match
