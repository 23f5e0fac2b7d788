// Classes of wrong findings that users of other scanners have met with rpm distributions, each guarded by a test that
// is named by it (docs/regressions.md). Statements and versions are facts of the advisories named.
#include <gtest/gtest.h>

#include "match/match.h"
#include "match/testing.h"

namespace limpid::match {
namespace {

using advisory::Affected;
using advisory::KeyKind;
using advisory::Status;

struct Fact {
  std::string id, name_space, package, fixed;
  std::string module = {};
  std::string update = {};  // the record that says so, where that has an id of its own
};
vulndb::Database database_of(std::string_view feed, const std::vector<Fact>& facts) {
  DatabaseMaker maker;
  maker.feed(feed);
  for (const Fact& fact : facts) {
    Affected affected;
    affected.name_space = fact.name_space;
    affected.package = fact.package;
    affected.key_kind = KeyKind::binary;
    affected.scheme = version::Scheme::rpm;
    affected.status = Status::fixed;
    affected.module = fact.module;
    affected.ranges.push_back({"", fact.fixed, ""});
    advisory::Advisory record;
    record.id = fact.update.empty() ? fact.id : fact.update;
    if (!fact.update.empty()) record.upstream = {fact.id};
    record.affected.push_back(std::move(affected));
    maker.add(std::move(record));
  }
  return maker.make();
}

inventory::Package rpm(std::string name_space, std::string name, std::string version, std::string module = "") {
  inventory::Package package;
  package.name_space = std::move(name_space);
  package.scheme = version::Scheme::rpm;
  package.arch = "x86_64";
  package.source_name = name;
  package.source_version = version.substr(version.find(':') + 1);
  package.name = std::move(name);
  package.version = std::move(version);
  package.module = std::move(module);
  return package;
}

Matches match(const vulndb::Database& database, std::vector<inventory::Package> packages) {
  inventory::ImageInventory image;
  image.distribution.name_space = packages.front().name_space;
  image.packages = std::move(packages);
  auto matches = match_image(image, database);
  EXPECT_TRUE(matches) << matches.error().describe();
  return *std::move(matches);
}
// "CVE-2024-1 1.2-3" of each finding.
std::string findings(const vulndb::Database& database, inventory::Package package) {
  const auto matches = match(database, {std::move(package)});
  std::string text;
  for (const auto& finding : matches.findings)
    base::append(text, {text.empty() ? "" : ", ", finding.id, " ", finding.fixed_in});
  return text;
}

// RHSA-2020:5620 fixed PostgreSQL 12, RHSA-2020:5619 9.6: the higher one is no fix of the lower.
TEST(RpmRegressions, AModuleStreamsFixDoesNotFlagAnotherStream) {
  const auto database = database_of(
      "redhat",
      {{"CVE-2020-25694", "rhel:8", "postgresql-server", "12.5-1.module+el8.3.0+9042+664538f4", "postgresql:12"},
       {"CVE-2020-25694", "rhel:8", "postgresql-server", "9.6.20-1.module+el8.3.0+8938+7f0e88b6", "postgresql:9.6"}});
  const auto at = [&](const char* version, const char* module) {
    return findings(database, rpm("rhel:8", "postgresql-server", version, module));
  };
  EXPECT_EQ(at("9.6.20-1.module+el8.3.0+8938+7f0e88b6", "postgresql:9.6"), "");
  EXPECT_EQ(at("9.6.19-1.module+el8.3.0+7709+4a1d1d8f", "postgresql:9.6"),
            "CVE-2020-25694 9.6.20-1.module+el8.3.0+8938+7f0e88b6");
  EXPECT_EQ(at("12.1-2.module+el8.1.1+4794+c82b6e09", "postgresql:12"),
            "CVE-2020-25694 12.5-1.module+el8.3.0+9042+664538f4");
  EXPECT_EQ(at("13.0-1.module+el8.3.0+1+1", "postgresql:13"), "");
}

TEST(RpmRegressions, AModulesFixDoesNotFlagAPackageOfNone) {
  const auto database = database_of(
      "redhat", {{"CVE-2023-28755", "rhel:8", "ruby-libs", "2.7.8-139.module+el8.8.0+18745+f1bef313", "ruby:2.7"}});
  EXPECT_EQ(findings(database, rpm("rhel:8", "ruby-libs", "2.5.9-110.el8")), "");
  EXPECT_EQ(findings(database, rpm("rhel:8", "ruby-libs", "2.7.6-138.module+el8.6.0+16148+54a2ba8b", "ruby:2.7")),
            "CVE-2023-28755 2.7.8-139.module+el8.8.0+18745+f1bef313");
}

TEST(RpmRegressions, AFixOfNoModuleDoesNotFlagAModulesPackage) {
  const auto database = database_of("redhat", {{"CVE-2025-40907", "rhel:9", "perl-FCGI", "1:0.79-8.1.el9_6"}});
  EXPECT_EQ(findings(database, rpm("rhel:9", "perl-FCGI", "1:0.78-12.module+el9.1.0+1+a", "perl-FCGI:0.78")), "");
  EXPECT_EQ(findings(database, rpm("rhel:9", "perl-FCGI", "1:0.79-8.el9_5")), "CVE-2025-40907 1:0.79-8.1.el9_6");
}

// One erratum has builds for several contexts, which differ in a hash only.
TEST(RpmRegressions, AnotherContextOfAFixedModuleIsFixed) {
  const auto database = database_of(
      "redhat",
      {{"CVE-2025-40907", "rhel:8", "perl-FCGI", "1:0.78-12.module+el8.10.0+23147+20b7d289", "perl-FCGI:0.78"},
       {"CVE-2025-40907", "rhel:8", "perl-FCGI", "1:0.78-12.module+el8.10.0+23147+df114ff4", "perl-FCGI:0.78"}});
  const auto at = [&](const char* name_space, const char* version) {
    return findings(database, rpm(name_space, "perl-FCGI", version, "perl-FCGI:0.78"));
  };
  const std::string hit = "CVE-2025-40907 1:0.78-12.module+el8.10.0+23147+20b7d289";  // the highest to rpm
  for (const char* hash : {"20b7d289", "63faba8d", "95b68fad", "df114ff4", "00000000", "ffffffff"})
    EXPECT_EQ(at("rhel:8", base::cat({"1:0.78-12.module+el8.10.0+23147+", hash}).c_str()), "") << hash;
  EXPECT_EQ(at("rhel:8", "1:0.78-12.module+el8.10.0+23146+ffffffff"), hit);
  EXPECT_EQ(at("rhel:8", "1:0.78-11.module+el8.6.0+23193+53aa8c2a.1"), hit);
  // A rebuild counts its builds for itself.
  EXPECT_EQ(at("rocky:8", "1:0.78-12.module+el8.10.0+557+48ba8b2f"), "");
  EXPECT_EQ(at("centos:8", "1:0.78-12.module_el8.10.0+557+48ba8b2f"), "");
  EXPECT_EQ(at("rocky:8", "1:0.78-11.module+el8.10.0+557+48ba8b2f"), hit);
  EXPECT_EQ(at("rocky:8", "1:0.78-12.module+el8.9.0+99999+48ba8b2f"), hit);
}

TEST(RpmRegressions, WhatFollowsAModulesContextCounts) {
  const auto database = database_of(
      "redhat", {{"CVE-2025-40907", "rhel:8", "perl-FCGI", "0.78-11.module+el8.2.0+23234+854d7c34.1", "a:1"}});
  const auto at = [&](const char* version) { return findings(database, rpm("rhel:8", "perl-FCGI", version, "a:1")); };
  EXPECT_EQ(at("0.78-11.module+el8.2.0+23234+edafdda3.1"), "");
  EXPECT_EQ(at("0.78-11.module+el8.2.0+23234+edafdda3.2"), "");
  EXPECT_NE(at("0.78-11.module+el8.2.0+23234+edafdda3"), "");
  EXPECT_NE(at("0.78-11.module+el8"), "");  // nothing to be cut
}

// EPEL, Docker, Remi: the distribution's advisories do not speak of them, and the result says which they are.
TEST(RpmRegressions, ThirdPartyPackagesAreCountedAndNamedNotMatched) {
  const auto database = database_of("redhat", {{"CVE-2024-21626", "rhel:9", "runc", "4:1.1.12-2.el9"}});
  auto docker = rpm("rhel:9", "runc", "1.1.4-1.el9");
  docker.repository = inventory::Repository::third_party;
  const auto matches = match(database, {docker, rpm("rhel:9", "runc", "4:1.1.9-1.el9")});
  ASSERT_EQ(matches.findings.size(), 1U);
  EXPECT_EQ(matches.findings[0].package, 1U);
  ASSERT_EQ(matches.unmatched.size(), 1U);
  EXPECT_EQ(matches.unmatched[0].package, 0U);
  EXPECT_EQ(matches.unmatched[0].why, Unmatched::Why::third_party);
}

// Oracle's builds for FIPS and for patching while they run have epochs above all others.
TEST(RpmRegressions, OracleFipsAndKspliceVersionsDoNotFlagOrdinaryPackages) {
  const auto database =
      database_of("oracle", {{"CVE-2022-0778", "ol:8", "openssl-libs", "10:1.1.1k-6.el8_5_fips"},
                             {"CVE-2021-3449", "ol:8", "openssl-libs", "2:1.1.1g-15.ksplice1.el8_3"}});
  EXPECT_EQ(findings(database, rpm("ol:8", "openssl-libs", "1:1.1.1k-12.el8_9")), "");
  EXPECT_EQ(findings(database, rpm("ol:8", "openssl-libs", "10:1.1.1k-5.el8_5_fips")),
            "CVE-2022-0778 10:1.1.1k-6.el8_5_fips");
  EXPECT_EQ(findings(database, rpm("ol:8", "openssl-libs", "2:1.1.1g-11.ksplice1.el8_3")),
            "CVE-2021-3449 2:1.1.1g-15.ksplice1.el8_3");
}

TEST(RpmRegressions, OrdinaryFixesDoNotClearOracleFipsPackages) {
  const auto database = database_of(
      "oracle", {{"CVE-2022-0778", "ol:8", "openssl-libs", "1:1.1.1k-6.el8_5", "", "ELSA-2022-1065"},
                 {"CVE-2022-0778", "ol:8", "openssl-libs", "10:1.1.1k-6.el8_5_fips", "", "ELSA-2022-9272"}});
  EXPECT_EQ(findings(database, rpm("ol:8", "openssl-libs", "1:1.1.1k-5.el8_5")), "CVE-2022-0778 1:1.1.1k-6.el8_5");
  EXPECT_EQ(findings(database, rpm("ol:8", "openssl-libs", "1:1.1.1k-6.el8_5")), "");
  EXPECT_EQ(findings(database, rpm("ol:8", "openssl-libs", "10:1.1.1k-5.el8_5_fips")),
            "CVE-2022-0778 10:1.1.1k-6.el8_5_fips");
}

// The Unbreakable Enterprise Kernel is a package of its own name, whatever the other kernel's version is.
TEST(RpmRegressions, OracleUekIsNotTheOrdinaryKernel) {
  const auto database = database_of("oracle", {{"CVE-2017-5753", "ol:6", "kernel-uek", "2.6.39-400.302.2.el6uek"},
                                               {"CVE-2017-5753", "ol:6", "kernel", "2.6.32-696.18.7.el6"}});
  EXPECT_EQ(findings(database, rpm("ol:6", "kernel-uek", "2.6.39-400.302.2.el6uek")), "");
  EXPECT_EQ(findings(database, rpm("ol:6", "kernel", "2.6.32-696.18.7.el6")), "");
  EXPECT_EQ(findings(database, rpm("ol:6", "kernel-uek", "2.6.39-400.298.1.el6uek")),
            "CVE-2017-5753 2.6.39-400.302.2.el6uek");
}

}  // namespace
}  // namespace limpid::match
