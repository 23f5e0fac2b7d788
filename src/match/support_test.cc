#include "match/support.h"

#include "match/match.h"
#include "match/testing.h"

namespace limpid::match {
namespace {

using advisory::PackageSupport;
using advisory::Status;

Date day(std::string_view text) { return base::parse_date(text).value(); }

Matches match(const inventory::ImageInventory& image, const vulndb::Database& database, std::string_view today) {
  MatchOptions options;
  options.today = day(today);
  auto matches = match_image(image, database, options);
  EXPECT_TRUE(matches) << matches.error().describe();
  return *std::move(matches);
}

TEST(Support, ReleasesPastTheirEndSaySo) {
  const auto database = DatabaseMaker()
                            .lifecycle("debian:12", "2026-06-10", "2028-06-30", "2033-06-30")
                            .feed("debian")
                            .statement("CVE-2024-1", "a", Status::affected)
                            .make();
  const auto image = debian_image({debian_package("b", "1")});
  EXPECT_EQ(match(image, database, "2026-06-10").support.state, Support::State::supported);
  EXPECT_TRUE(match(image, database, "2026-06-10").warnings.empty());
  EXPECT_TRUE(match(image, database, "2026-06-10").unsupported.empty());
  const auto extended = match(image, database, "2026-06-11");
  EXPECT_EQ(extended.support.state, Support::State::extended);
  ASSERT_EQ(extended.unsupported.size(), 1U);
  EXPECT_EQ(extended.unsupported[0].state, Unsupported::State::extended);
  EXPECT_EQ(extended.unsupported[0].until, "2026-06-10");
  const auto ended = match(image, database, "2028-07-01");
  EXPECT_EQ(ended.support.state, Support::State::ended);
  ASSERT_EQ(ended.warnings.size(), 1U);
  EXPECT_NE(ended.warnings[0].find("end of life on 2028-06-30"), std::string::npos) << ended.warnings[0];
  EXPECT_NE(ended.warnings[0].find("Paid support lasts until 2033-06-30"), std::string::npos) << ended.warnings[0];
  EXPECT_EQ(ended.warnings[0], ended.support.sentence);
  ASSERT_EQ(ended.unsupported.size(), 1U);
  EXPECT_EQ(ended.unsupported[0].id, "EOL:debian:12");
  EXPECT_FALSE(ended.unsupported[0].package);
  EXPECT_EQ(ended.unsupported[0].until, "2028-06-30");
  EXPECT_NE(match(image, database, "2033-07-01").warnings[0].find("Paid support ended on"), std::string::npos);
}

Support on(const vulndb::Database& database, std::string name_space, std::string_view today,
           inventory::Distribution distribution = {}) {
  distribution.name_space = std::move(name_space);
  return support_of(distribution, database, day(today));
}

TEST(Support, DatesOfDistributionsThatShareThem) {
  const auto database = DatabaseMaker()
                            .lifecycle("debian:11", "2024-08-14", "2026-08-31")
                            .lifecycle("sles:15.5", "2024-12-31", "", "2027-12-31")
                            .lifecycle("amzn:2018.03", "2023-12-31")
                            .lifecycle("nixos:24.05", "2024-12-31")
                            .lifecycle("centos:8", "2021-12-31")
                            .lifecycle("centos-stream:8", "2024-05-31")
                            .lifecycle("alpine:v3.19", "2025-11-01")
                            .lifecycle("postmarketos:23.12", "2024-07-16")
                            .make();
  EXPECT_EQ(on(database, "raspbian:11", "2025-01-01").state, Support::State::extended);
  EXPECT_EQ(on(database, "sles_sap:15.5", "2025-01-01").state, Support::State::ended);
  EXPECT_EQ(on(database, "amzn:2017.09", "2024-01-01").state, Support::State::ended);
  EXPECT_EQ(on(database, "nixos:24.05.1436.a7fd", "2024-01-01").state, Support::State::supported);
  inventory::Distribution stream;
  stream.name = "CentOS Stream";
  EXPECT_EQ(on(database, "centos:8", "2022-01-01").state, Support::State::ended);
  EXPECT_EQ(on(database, "centos:8", "2022-01-01", stream).state, Support::State::supported);
  inventory::Distribution phone;
  phone.id = "postmarketos";
  phone.version_id = "v23.12";
  EXPECT_EQ(on(database, "alpine:v3.19", "2025-01-01").state, Support::State::supported);
  EXPECT_EQ(on(database, "alpine:v3.19", "2025-01-01", phone).state, Support::State::ended);
}

TEST(Support, WhatNobodyKnowsIsUnknownAndNeverSupported) {
  const auto database = DatabaseMaker().lifecycle("debian:14", "").make();
  EXPECT_EQ(on(database, "plan9:4", "2024-01-01").state, Support::State::unknown);
  EXPECT_EQ(on(database, "debian:14", "2024-01-01").state, Support::State::unknown);
  EXPECT_EQ(on(database, "", "2024-01-01").state, Support::State::unknown);
  // A release's own word is better than none.
  inventory::Distribution own;
  own.support_end = "2025-05-13";
  EXPECT_EQ(on(database, "plan9:4", "2025-05-13", own).state, Support::State::supported);
  EXPECT_EQ(on(database, "plan9:4", "2025-05-14", own).state, Support::State::ended);
  own.support_end = "never";
  EXPECT_EQ(on(database, "plan9:4", "2025-05-14", own).state, Support::State::unknown);
}

TEST(Support, WhoPaysForUbuntuProIsSupportedLonger) {
  const auto database = DatabaseMaker().lifecycle("ubuntu:18.04", "2023-05-31", "", "2028-04-26").make();
  inventory::Distribution pro;
  pro.esm = {"esm-apps", "esm-infra"};
  EXPECT_EQ(on(database, "ubuntu:18.04", "2024-01-01").state, Support::State::ended);
  const Support support = on(database, "ubuntu:18.04", "2024-01-01", pro);
  EXPECT_EQ(support.state, Support::State::extended);
  EXPECT_NE(support.sentence.find("paid support"), std::string::npos) << support.sentence;
  EXPECT_EQ(on(database, "ubuntu:18.04", "2028-04-27", pro).state, Support::State::ended);
}

PackageSupport said(PackageSupport::State state, std::string package, bool is_prefix = false, std::string since = "",
                    std::string last_version = "") {
  PackageSupport support;
  support.name_space = "debian:12";
  support.package = std::move(package);
  support.is_prefix = is_prefix;
  support.state = state;
  support.since = std::move(since);
  support.last_version = std::move(last_version);
  support.detail = "because";
  return support;
}

TEST(Support, PackagesOfASupportedReleaseThatAreNot) {
  using enum PackageSupport::State;
  const auto database = DatabaseMaker()
                            .feed("debian-security-support")
                            .add(said(ended, "suricata", false, "2026-04-30", "1:6.0.10-1"))
                            .add(said(ended, "lxd", false, "2026-06-12"))
                            .add(said(limited, "golang", true))
                            .add(said(limited, "binutils"))
                            .make();
  auto third_party = debian_package("lxd", "1");
  third_party.repository = inventory::Repository::third_party;
  auto elsewhere = debian_package("binutils", "1");
  elsewhere.name_space = "debian:11";
  const auto image = debian_image({
      debian_package("suricata", "1:6.0.10-1+b1", "suricata", "1:6.0.10-1"),
      debian_package("golang-go", "2:1.19", "golang-defaults"),
      debian_package("libbinutils", "2.40", "binutils"),
      debian_package("suricata", "1:7.0.1-1~bpo12+1"),  // a back-port, which its own people look after
      debian_package("bash", "5"),
      third_party,
      elsewhere,
  });
  std::vector<std::string> found;
  for (const Unsupported& one : match(image, database, "2026-06-01").unsupported) {
    EXPECT_EQ(one.feed, "debian-security-support");
    EXPECT_EQ(one.detail, "because");
    found.push_back(base::cat({*one.package, " ", name_of(one.state), " ", one.id, " ", one.until}));
  }
  EXPECT_EQ(found, (std::vector<std::string>{"0 ended EOL:debian:12/suricata 2026-04-30",
                                             "1 limited EOL:debian:12/golang-defaults ",
                                             "2 limited EOL:debian:12/binutils "}));
  // Before the day it is only announced.
  EXPECT_EQ(match(image, database, "2026-04-29").unsupported.size(), 2U);
}

TEST(Support, OfAReleaseThatEndedThePackagesAreNotToldApart) {
  const auto database =
      DatabaseMaker().lifecycle("debian:12", "2026-06-10").add(said(PackageSupport::State::limited, "binutils")).make();
  const auto matches = match(debian_image({debian_package("binutils", "1")}), database, "2027-01-01");
  ASSERT_EQ(matches.unsupported.size(), 1U);
  EXPECT_FALSE(matches.unsupported[0].package);
}

}  // namespace
}  // namespace limpid::match
