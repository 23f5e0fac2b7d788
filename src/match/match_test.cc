#include "match/match.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "match/testing.h"

namespace limpid::match {
namespace {

using advisory::Status;

MatchOptions on(std::string_view day) { return {base::parse_date(day).value()}; }

Matches match(const inventory::ImageInventory& image, const vulndb::Database& database,
              std::string_view day = "2024-06-01") {
  auto matches = match_image(image, database, on(day));
  EXPECT_TRUE(matches) << matches.error().describe();
  return *std::move(matches);
}

TEST(Match, ComparesTheSourceVersionWithTheSourcePackage) {  // a rebuild's +b2 is only in the binary's version
  const auto database =
      DatabaseMaker().feed("debian").statement("CVE-2024-1", "zfoo", Status::fixed, "1.2-3+deb12u1", "low**").make();
  const auto vulnerable = match(debian_image({debian_package("libzfoo1", "1.2-3+b2", "zfoo", "1.2-3")}), database);
  ASSERT_EQ(vulnerable.findings.size(), 1U);
  const Finding& finding = vulnerable.findings[0];
  EXPECT_EQ(finding.id, "CVE-2024-1");
  EXPECT_EQ(finding.status, Status::fixed);
  EXPECT_EQ(finding.fixed_in, "1.2-3+deb12u1");
  EXPECT_EQ(finding.severity, Severity::low);
  EXPECT_EQ(finding.severity_word, "low**");
  EXPECT_EQ(finding.severity_source, "debian");
  EXPECT_EQ(reason(finding, debian_package("libzfoo1", "1.2-3+b2", "zfoo", "1.2-3")),
            "source package zfoo 1.2-3: < 1.2-3+deb12u1");
  EXPECT_TRUE(match(debian_image({debian_package("libzfoo1", "1.2-3+deb12u1+b1", "zfoo", "1.2-3+deb12u1")}), database)
                  .findings.empty());
}

advisory::Enrichment rated(std::string cve, std::string vector, std::string source, bool primary) {
  advisory::Enrichment enrichment;
  enrichment.cve = std::move(cve);
  enrichment.cvss.push_back({{"3.1", std::move(vector)}, std::move(source), primary});
  return enrichment;
}

TEST(Match, WhereNoFeedHasAWordTheScoreOfTheCveSpeaks) {
  constexpr const char* kCritical = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
  constexpr const char* kMedium = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N";
  advisory::Advisory own;
  own.id = "OSV-1";
  own.upstream = {"CVE-2024-1004"};
  own.cvss = {{"3.1", kMedium}};
  own.affected.push_back({});
  own.affected[0].name_space = "debian:12";
  own.affected[0].package = "a";
  own.affected[0].scheme = version::Scheme::dpkg;
  own.affected[0].status = Status::affected;
  const auto database = DatabaseMaker()
                            .feed("debian")
                            .statement("CVE-2024-1001", "a", Status::affected, "", "not yet assigned")
                            .statement("CVE-2024-1002", "a", Status::affected, "", "low")
                            .statement("CVE-2024-1003", "a", Status::affected)
                            .feed("osv")
                            .add(std::move(own))
                            .feed("nvd")
                            .add(rated("CVE-2024-1001", kCritical, "nvd@nist.gov", true))
                            .add(rated("CVE-2024-1001", kMedium, "someone", false))
                            .add(rated("CVE-2024-1002", kCritical, "nvd@nist.gov", true))
                            .add(rated("CVE-2024-1003", "no vector", "nvd@nist.gov", true))
                            .add(rated("CVE-2024-1004", kCritical, "nvd@nist.gov", true))
                            .make();
  const auto matches = match(debian_image({debian_package("a", "1")}), database);
  ASSERT_EQ(matches.findings.size(), 4U);
  const auto of = [&](std::string_view id) { return *std::ranges::find(matches.findings, id, &Finding::id); };
  EXPECT_EQ(of("CVE-2024-1001").severity, Severity::critical);
  EXPECT_EQ(of("CVE-2024-1001").severity_source, "nvd@nist.gov");
  EXPECT_EQ(of("CVE-2024-1001").severity_word, "critical");
  EXPECT_EQ(of("CVE-2024-1002").severity, Severity::low);  // the distribution knows better
  EXPECT_EQ(of("CVE-2024-1002").severity_source, "debian");
  EXPECT_EQ(of("CVE-2024-1003").severity, Severity::unknown);
  EXPECT_EQ(of("CVE-2024-1004").severity, Severity::medium);  // the advisory's own vector comes first
  EXPECT_EQ(of("CVE-2024-1004").severity_source, "osv");
  EXPECT_EQ(matches.findings[0].id, "CVE-2024-1001");  // and they are sorted by it
}

TEST(Match, KeepsTheVendorsStatusWhereThereIsNoFix) {
  const auto database = DatabaseMaker()
                            .feed("debian")
                            .statement("CVE-2024-1", "a", Status::will_not_fix)
                            .statement("CVE-2024-2", "a", Status::fix_deferred)
                            .statement("CVE-2024-3", "a", Status::end_of_life)
                            .statement("CVE-2024-4", "a", Status::affected)
                            .make();
  std::vector<Status> statuses;
  for (const Finding& finding : match(debian_image({debian_package("a", "1")}), database).findings) {
    statuses.push_back(finding.status);
    EXPECT_EQ(finding.fixed_in, "");
  }
  EXPECT_EQ(statuses, (std::vector{Status::will_not_fix, Status::fix_deferred, Status::end_of_life, Status::affected}));
}

TEST(Match, TheEndOfARangeIsAFixOnlyWhereTheUpstreamSaysFixed) {
  const auto database = DatabaseMaker().feed("osv").statement("CVE-2024-1", "a", Status::affected, "2").make();
  const auto matches = match(debian_image({debian_package("a", "1")}), database);
  ASSERT_EQ(matches.findings.size(), 1U);
  EXPECT_EQ(matches.findings[0].status, Status::affected);
  EXPECT_EQ(matches.findings[0].fixed_in, "");
  EXPECT_TRUE(match(debian_image({debian_package("a", "2")}), database).findings.empty());
}

TEST(Match, UnderInvestigationIsAFindingOnlyWhereItIsAskedFor) {
  const auto database = DatabaseMaker()
                            .feed("debian")
                            .statement("CVE-2024-1", "a", Status::under_investigation, "", "high")
                            .statement("CVE-2024-2", "a", Status::affected, "", "low")
                            .make();
  const auto image = debian_image({debian_package("a", "1")});
  EXPECT_EQ(match(image, database).findings.size(), 1U);
  MatchOptions options = on("2024-06-01");
  options.under_investigation = true;
  const auto asked = match_image(image, database, options).value();
  ASSERT_EQ(asked.findings.size(), 2U);
  EXPECT_EQ(asked.findings[0].id, "CVE-2024-1");
  EXPECT_EQ(asked.findings[0].status, Status::under_investigation);
  EXPECT_EQ(asked.findings[0].fixed_in, "");
}

TEST(Match, DenialsAreToldWhereTheyAreAskedFor) {
  const auto database = DatabaseMaker()
                            .feed("debian")
                            .statement("CVE-2024-1", "a", Status::not_affected, "", "medium")
                            .statement("CVE-2024-2", "a", Status::fixed, "1")
                            .statement("CVE-2024-3", "b", Status::affected)
                            .feed("osv")
                            .statement("DEBIAN-CVE-2024-1", "a", Status::affected)
                            .statement("DEBIAN-CVE-2024-3", "b", Status::not_affected)
                            .make();
  const auto image = debian_image({debian_package("a", "1"), debian_package("b", "1")});
  MatchOptions options = on("2024-06-01");
  options.not_affected = true;
  const auto asked = match_image(image, database, options).value();
  ASSERT_EQ(asked.findings.size(), 2U);
  EXPECT_EQ(asked.findings[0].id, "CVE-2024-1");
  EXPECT_EQ(asked.findings[0].status, Status::not_affected);
  EXPECT_EQ(asked.findings[0].severity, Severity::medium);
  EXPECT_EQ(asked.findings[0].fixed_in, "");
  EXPECT_EQ(reason(asked.findings[0], image.packages[0]), "source package a 1: debian says that it is not affected");
  EXPECT_EQ(asked.findings[1].id, "CVE-2024-3");  // a copy's denial does not count where the distribution speaks
  EXPECT_EQ(asked.findings[1].status, Status::affected);
  EXPECT_EQ(match(image, database).findings.size(), 1U);
}

TEST(Match, TheDistributionsOwnFeedDecidesAndADenialSilences) {
  const auto database = DatabaseMaker()
                            .feed("debian")
                            .statement("CVE-2024-1", "a", Status::not_affected)
                            .statement("CVE-2024-2", "a", Status::fixed, "1.1", "high")
                            .feed("osv")
                            .statement("DEBIAN-CVE-2024-1", "a", Status::affected)
                            .statement("DEBIAN-CVE-2024-2", "a", Status::fixed, "9", "low")
                            .statement("DEBIAN-CVE-2024-3", "a", Status::fixed, "3", "medium")
                            .feed("debian-changelogs")
                            .statement("CVE-2024-3", "a", Status::fixed, "4")
                            .make();
  const auto matches = match(debian_image({debian_package("a", "1")}), database);
  ASSERT_EQ(matches.findings.size(), 2U);
  EXPECT_EQ(matches.findings[0].id, "CVE-2024-2");
  EXPECT_EQ(matches.findings[0].fixed_in, "1.1");
  EXPECT_EQ(matches.findings[0].severity, Severity::high);
  EXPECT_EQ(matches.findings[0].also, std::vector<std::string_view>{"osv"});
  EXPECT_EQ(matches.findings[1].id, "CVE-2024-3");
  EXPECT_EQ(matches.findings[1].feed, "osv");
  EXPECT_EQ(matches.findings[1].fixed_in, "3");
  // Where the first-hand feed says "fixed below what is installed", a copy that says otherwise is not believed.
  EXPECT_TRUE(match(debian_image({debian_package("a", "5")}), database).findings.empty());
}

TEST(Match, OneAdvisoryOfSeveralFlawsIsOneFindingEach) {
  const auto database = DatabaseMaker()
                            .feed("osv")
                            .statement("DSA-1-1", "a", Status::fixed, "2", "", {"CVE-2024-2", "CVE-2024-1"})
                            .statement("DSA-2-1", "a", Status::fixed, "3", "", {"CVE-2024-2"})
                            .statement("DSA-3-1", "a", Status::fixed, "2")
                            .make();
  const auto matches = match(debian_image({debian_package("a", "1")}), database);
  std::vector<std::pair<std::string, std::string>> found;
  for (const Finding& finding : matches.findings) found.emplace_back(finding.id, finding.fixed_in);
  // CVE-2024-2 is only gone once both records are satisfied.
  EXPECT_EQ(found, (std::vector<std::pair<std::string, std::string>>{
                       {"CVE-2024-1", "2"}, {"CVE-2024-2", "3"}, {"DSA-3-1", "2"}}));
}

TEST(Match, AlpineLooksUpOriginAndName) {
  inventory::Package package = debian_package("busybox-binsh", "1.36.1-r15", "busybox", "1.36.1-r15");
  package.name_space = "alpine:v3.19";
  package.scheme = version::Scheme::apk;
  inventory::ImageInventory image = debian_image({package});
  image.distribution.name_space = "alpine:v3.19";
  const auto database =
      DatabaseMaker()
          .feed("alpine")
          .statement("CVE-2024-1", "busybox", Status::fixed, "1.36.1-r16", "", {}, "alpine:v3.19")
          .statement("CVE-2024-2", "busybox-binsh", Status::fixed, "1.36.1-r17", "", {}, "alpine:v3.19")
          .statement("CVE-2024-3", "busybox", Status::fixed, "1.36.1-r15", "", {}, "alpine:v3.19")
          .make();
  const auto matches = match(image, database);
  ASSERT_EQ(matches.findings.size(), 2U);
  EXPECT_EQ(matches.findings[0].fixed_in, "1.36.1-r16");
  EXPECT_EQ(matches.findings[1].fixed_in, "1.36.1-r17");
}

// AVG-2779 names util-linux, of which util-linux-libs is built.
TEST(Match, ArchLinuxLooksUpNameAndBase) {
  advisory::Affected affected;
  affected.name_space = "arch";
  affected.package = "util-linux";
  affected.key_kind = advisory::KeyKind::binary;
  affected.scheme = version::Scheme::pacman;
  affected.status = Status::fixed;
  affected.ranges.push_back({"", "2.38-1", ""});
  advisory::Advisory record;
  record.id = "AVG-2779";
  record.upstream = {"CVE-2022-0563"};
  record.affected.push_back(affected);
  const auto database = DatabaseMaker().feed("arch").add(record).make();
  inventory::ImageInventory image = debian_image(
      {debian_package("util-linux", "2.37.3-1"), debian_package("util-linux-libs", "2.37.3-1", "util-linux"),
       debian_package("util-linux-libs", "2.38-1", "util-linux"), debian_package("other", "1-1")});
  image.distribution.name_space = "arch";
  for (auto& package : image.packages) {
    package.name_space = "arch";
    package.scheme = version::Scheme::pacman;
  }
  const auto matches = match(image, database);
  ASSERT_EQ(matches.findings.size(), 2U);
  for (const std::uint32_t i : {0U, 1U}) {
    EXPECT_EQ(matches.findings[i].package, i);
    EXPECT_EQ(matches.findings[i].id, "CVE-2022-0563");
    EXPECT_EQ(matches.findings[i].fixed_in, "2.38-1");
  }
}

TEST(Match, HeaderPackagesDoNotCarryTheKernelsFlaws) {
  const auto database = DatabaseMaker().feed("debian").statement("CVE-2024-1", "linux", Status::affected).make();
  const auto matches = match(debian_image({debian_package("linux-libc-dev", "6.1-1", "linux"),
                                           debian_package("linux-headers-6.1.0-1-amd64", "6.1-1", "linux"),
                                           debian_package("linux-image-6.1.0-1-amd64", "6.1-1", "linux")}),
                             database);
  ASSERT_EQ(matches.findings.size(), 1U);
  EXPECT_EQ(matches.findings[0].package, 2U);
  EXPECT_TRUE(matches.findings[0].not_running);  // what a container has of a kernel does not run
  ASSERT_EQ(matches.unmatched.size(), 2U);
  EXPECT_EQ(matches.unmatched[0].why, Unmatched::Why::headers_only);
}

TEST(Match, AWholeSystemsKernelRuns) {
  const auto database = DatabaseMaker().feed("debian").statement("CVE-2024-1", "linux", Status::affected).make();
  MatchOptions options = on("2024-06-01");
  options.kernel_runs = true;
  const auto image = debian_image(
      {debian_package("linux-image-6.1.0-1-amd64", "6.1-1", "linux"), debian_package("linux-perf", "6.1-1", "linux")});
  const auto system = match_image(image, database, options).value();
  for (const Finding& finding : system.findings) EXPECT_FALSE(finding.not_running);
  const auto container = match(image, database);
  ASSERT_EQ(container.findings.size(), 2U);
  EXPECT_TRUE(container.findings[0].not_running);
  EXPECT_FALSE(container.findings[1].not_running);  // a program, and programs do run
}

TEST(Match, ThirdPartiesAreListedNotMatched) {
  inventory::Package package = debian_package("docker-ce", "1");
  package.repository = inventory::Repository::third_party;
  const auto database = DatabaseMaker()
                            .feed("debian")
                            .statement("CVE-2024-1", "docker-ce", Status::affected)
                            .available("docker-ce", "2")
                            .make();
  const auto matches = match(debian_image({package}), database);
  EXPECT_TRUE(matches.findings.empty());
  EXPECT_TRUE(matches.outdated.empty());
  ASSERT_EQ(matches.unmatched.size(), 1U);
  EXPECT_EQ(matches.unmatched[0].why, Unmatched::Why::third_party);
}

TEST(Match, NewerVersionsAreToldVulnerabilityOrNot) {
  const auto database = DatabaseMaker()
                            .feed("debian-changelogs")
                            .statement("CVE-2024-1", "b", Status::fixed, "1")
                            .available("a", "1.1")
                            .available("b", "1")
                            .make();
  const auto matches = match(debian_image({debian_package("a", "1.0"), debian_package("b", "1")}), database);
  ASSERT_EQ(matches.outdated.size(), 1U);
  EXPECT_EQ(matches.outdated[0].available, "1.1");
}

TEST(Match, WhatNobodyKnowsNeverLooksClean) {
  const auto database = DatabaseMaker().feed("debian").statement("CVE-2024-1", "a", Status::affected).make();
  auto nobody = match(inventory::ImageInventory{}, database);
  EXPECT_FALSE(nobody.covered);
  EXPECT_EQ(nobody.warnings.size(), 1U);
  inventory::ImageInventory other = debian_image({debian_package("a", "1")});
  other.distribution.name_space = other.packages[0].name_space = "plan9:4";
  const auto uncovered = match(other, database);
  EXPECT_FALSE(uncovered.covered);
  ASSERT_EQ(uncovered.warnings.size(), 1U);
  EXPECT_EQ(uncovered.unmatched[0].why, Unmatched::Why::no_advisories);
  EXPECT_EQ(uncovered.support.state, Support::State::unknown);
}

TEST(Match, AnInvalidInstalledVersionIsUncertain) {
  const auto database = DatabaseMaker().feed("debian").statement("CVE-2024-1", "a", Status::fixed, "2").make();
  const auto matches = match(debian_image({debian_package("a", "no spaces allowed")}), database);
  ASSERT_EQ(matches.findings.size(), 1U);
  EXPECT_TRUE(matches.findings[0].uncertain);
}

TEST(Match, ArchitecturesConstrain) {
  advisory::Advisory record;
  record.id = "CVE-2024-1";
  record.affected.push_back({"debian:12",
                             "a",
                             advisory::KeyKind::source,
                             version::Scheme::dpkg,
                             Status::affected,
                             {{"", "", ""}},
                             {},
                             {"arm64"},
                             "",
                             {},
                             ""});
  const auto database = DatabaseMaker().feed("debian").add(record).make();
  inventory::Package arm = debian_package("a", "1");
  arm.arch = "arm64";
  inventory::Package all = debian_package("a", "1");
  all.arch = "all";
  EXPECT_EQ(match(debian_image({debian_package("a", "1"), arm, all}), database).findings.size(), 2U);
}

TEST(Match, RangesWithSeveralBranches) {
  advisory::Advisory record;
  record.id = "CVE-2024-1";
  record.affected.push_back({"debian:12",
                             "a",
                             advisory::KeyKind::source,
                             version::Scheme::dpkg,
                             Status::fixed,
                             {{"", "1.2.3", ""}, {"2.0", "", "2.4.1"}},
                             {"3.3"},
                             {},
                             "",
                             {},
                             ""});
  const auto database = DatabaseMaker().feed("osv").add(record).make();
  const auto outcome = [&](const char* version) -> std::string {
    const auto matches = match(debian_image({debian_package("a", version)}), database);
    return matches.findings.empty() ? "none" : base::cat({"affected, fixed in '", matches.findings[0].fixed_in, "'"});
  };
  EXPECT_EQ(outcome("1.0"), "affected, fixed in '1.2.3'");
  EXPECT_EQ(outcome("1.2.3"), "none");
  EXPECT_EQ(outcome("2.4.1"), "affected, fixed in ''");
  EXPECT_EQ(outcome("2.4.2"), "none");
  EXPECT_EQ(outcome("3.3"), "affected, fixed in ''");
}

TEST(Match, ACopyUnderADistributionsOwnNameIsThatCve) {
  const auto database = DatabaseMaker()
                            .feed("debian")
                            .statement("CVE-2024-1002", "a", Status::not_affected)
                            .feed("osv")
                            .statement("DEBIAN-CVE-2024-1001", "a", Status::affected)
                            .statement("DEBIAN-CVE-2024-1002", "a", Status::affected)
                            .make();
  const auto matches = match(debian_image({debian_package("a", "1")}), database);
  ASSERT_EQ(matches.findings.size(), 1U);
  EXPECT_EQ(matches.findings[0].id, "CVE-2024-1001");
  EXPECT_EQ(matches.findings[0].advisory, "DEBIAN-CVE-2024-1001");
}

// Packages with hundreds of statements, of which a few are read: the findings are those of a rule that looks at all.
TEST(Match, ReadsAllThatMattersOfLongHistories) {
  constexpr int kFlaws = 400, kPackages = 6;
  constexpr const char* kFeeds[] = {"debian", "osv", "debian-changelogs"};
  struct Said {
    Status status = Status::unknown;
    int fixed = 0;
  };
  std::uint32_t state = 20'261'126;
  const auto random = [&](std::uint32_t below) {
    state = state * 1'664'525 + 1'013'904'223;
    return (state >> 8) % below;
  };
  std::map<std::pair<int, int>, std::map<int, Said>> said;  // (package, flaw) to what each feed says
  DatabaseMaker maker;
  const auto id_of = [](int flaw, int feed) {
    const std::string cve = base::cat({"CVE-", 2000 + flaw % 20, "-", 1000 + flaw});
    return flaw % 10 == 7 ? base::cat({"OTHER-", flaw}) : feed == 1 && flaw % 3 == 0 ? "DEBIAN-" + cve : cve;
  };
  for (int feed = 0; feed < 3; ++feed) {
    maker.feed(kFeeds[feed]);
    for (int package = 0; package < kPackages; ++package)
      for (int flaw = 0; flaw < kFlaws; ++flaw) {
        if (random(3) == 0) continue;
        constexpr Status kStatuses[] = {Status::fixed, Status::fixed, Status::fixed, Status::affected,
                                        Status::not_affected};
        Said& one = said[{package, flaw}][feed];
        one.status = kStatuses[random(random(4) == 0 ? 5 : 3)];
        one.fixed = one.status == Status::fixed ? static_cast<int>(1 + random(20)) : 0;
        maker.statement(id_of(flaw, feed), base::cat({"p", package}), one.status,
                        one.fixed != 0 ? std::to_string(one.fixed) : "");
      }
  }
  const auto database = maker.make();
  std::vector<inventory::Package> packages;
  std::set<std::string> expected, found;
  for (int package = 0; package < kPackages; ++package) {
    const int version = 4 * package;  // all is open in the first, nearly nothing in the last
    packages.push_back(debian_package(base::cat({"p", package}), std::to_string(version)));
    for (int flaw = 0; flaw < kFlaws; ++flaw) {
      const auto& feeds = said[{package, flaw}];
      if (feeds.empty()) continue;
      const Said& best = feeds.begin()->second;  // feeds are in the order of their ranks
      if (best.status == Status::affected || (best.status == Status::fixed && version < best.fixed))
        expected.insert(base::cat({package, " ", flaw % 10 == 7 ? id_of(flaw, 0) : id_of(flaw, 2)}));
    }
  }
  const auto matches = match(debian_image(packages), database);
  for (const Finding& finding : matches.findings) found.insert(base::cat({finding.package, " ", finding.id}));
  EXPECT_EQ(found, expected);
  EXPECT_EQ(matches.findings.size(), expected.size());
  EXPECT_GT(expected.size(), 500U);
  EXPECT_TRUE(std::ranges::is_sorted(matches.findings, {}, &Finding::package));
}

TEST(Match, SaysTheSameWithAnyNumberOfThreads) {
  DatabaseMaker maker;
  maker.feed("debian");
  std::vector<inventory::Package> packages;
  for (int i = 0; i < 700; ++i) {
    const std::string source = base::cat({"s", i % 300});
    packages.push_back(debian_package(base::cat({"p", i}), "2", source, "2"));
    for (int flaw = 0; flaw < (i < 300 ? i % 7 : 0); ++flaw)
      maker.statement(base::cat({"CVE-2024-", 1000 + 7 * i + flaw}), source, Status::fixed,
                      std::to_string(1 + flaw % 4));
  }
  maker.feed("debian-lists").statement("DSA-1-1", "s7", Status::fixed, "9");
  const auto database = maker.make();
  const auto image = debian_image(packages);
  const auto told = [&](unsigned threads) {
    MatchOptions options = on("2024-06-01");
    options.threads = threads;
    const auto matches = match_image(image, database, options);
    EXPECT_TRUE(matches);
    std::string text;
    for (const Finding& finding : matches->findings)
      text += base::cat({finding.package, " ", finding.id, " ", finding.fixed_in, "\n"});
    return text;
  };
  const std::string alone = told(1);
  EXPECT_GT(alone.size(), 10'000U);
  for (const unsigned threads : {2U, 3U, 64U}) EXPECT_EQ(told(threads), alone) << threads;
}

}  // namespace
}  // namespace limpid::match
