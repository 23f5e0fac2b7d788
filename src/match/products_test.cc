// Which statements hold of an image by the products that its repositories offer. The repositories and their products
// are those of Red Hat's table.
#include "match/products.h"

#include <gtest/gtest.h>

#include "match/match.h"
#include "match/testing.h"

namespace limpid::match {
namespace {

using advisory::Affected;
using advisory::KeyKind;
using advisory::Status;
using inventory::RepositoryEvidence;

constexpr const char* kBaseOs = "cpe:/o:redhat:enterprise_linux:9::baseos";
constexpr const char* kAppStream = "cpe:/a:redhat:enterprise_linux:9::appstream";
constexpr const char* kWhole = "cpe:/o:redhat:enterprise_linux:9";

Affected statement(Status status, std::string product, std::string fixed = "") {
  Affected affected;
  affected.name_space = "rhel:9";
  affected.package = "zlib";
  affected.key_kind = KeyKind::binary;
  affected.scheme = version::Scheme::rpm;
  affected.status = status;
  affected.products = {std::move(product)};
  if (!fixed.empty()) affected.ranges.push_back({"", std::move(fixed), ""});
  return affected;
}
Affected fixed(std::string product, std::string version) {
  return statement(Status::fixed, std::move(product), std::move(version));
}

class Maker {
 public:
  Maker() { maker_.feed("redhat"); }
  Maker& add(std::string id, std::vector<Affected> affected) {
    advisory::Advisory record;
    record.id = std::move(id);
    record.affected = std::move(affected);
    maker_.add(std::move(record));
    return *this;
  }
  vulndb::Database make(bool table = true) {
    if (!table) return maker_.make();
    const auto eus = [](const char* minor) { return std::string("cpe:/o:redhat:rhel_eus:") + minor + "::baseos"; };
    return maker_.repository("rhel-9-for-x86_64-baseos-rpms", {kBaseOs})
        .repository("rhel-9-for-x86_64-appstream-rpms", {kAppStream})
        .repository("rhel-9-for-x86_64-baseos-eus-rpms", {eus("9.0"), eus("9.2")})
        .repository("rhel-9-for-x86_64-baseos-eus-rpms__9_DOT_2", {eus("9.2")})
        .repository("rhel-9-for-x86_64-baseos-e4s-rpms__9_DOT_2", {"cpe:/o:redhat:rhel_e4s:9.2::baseos"})
        .repository("rhocp-4.14-for-rhel-9-x86_64-rpms", {"cpe:/a:redhat:openshift:4.14::el9"})
        .make();
  }

 private:
  DatabaseMaker maker_;
};

RepositoryEvidence built_from(std::vector<std::string> content_sets, std::uint32_t layer = 0) {
  return {.layer = layer, .location = "m.json", .content_sets = std::move(content_sets), .configured = {}, .cpe = {}};
}
RepositoryEvidence configured(std::vector<std::string> ids) {
  return {.layer = 0, .location = "x.repo", .content_sets = {}, .configured = std::move(ids), .cpe = {}};
}

struct Installed {
  std::string version;
  std::vector<RepositoryEvidence> repositories;
  std::string release = "9.2";
  std::uint32_t layer = 0;
};
// "CVE-2024-1 fixed 1.2-3" of each finding.
std::string findings(const vulndb::Database& database, const Installed& installed) {
  inventory::ImageInventory image;
  image.distribution.name_space = "rhel:9";
  image.distribution.version_id = installed.release;
  image.repositories = installed.repositories;
  image.layers.resize(3);
  inventory::Package package;
  package.name_space = "rhel:9";
  package.scheme = version::Scheme::rpm;
  package.arch = "x86_64";
  package.name = package.source_name = "zlib";
  package.version = package.source_version = installed.version;
  package.layer = installed.layer;
  image.packages.push_back(std::move(package));
  const auto matches = match_image(image, database);
  EXPECT_TRUE(matches) << matches.error().describe();
  std::string text;
  for (const auto& finding : matches->findings) {
    base::append(text, {text.empty() ? "" : ", ", finding.id, " ", advisory::name_of(finding.status),
                        finding.fixed_in.empty() ? "" : " ", finding.fixed_in});
  }
  return text;
}

TEST(Products, CoverByComponentAndByPrefix) {
  EXPECT_TRUE(covers_product(kBaseOs, kBaseOs));
  EXPECT_TRUE(covers_product(kWhole, kBaseOs));
  EXPECT_TRUE(covers_product(kWhole, kAppStream));
  EXPECT_TRUE(covers_product("cpe:/a:redhat:openshift:4", "cpe:/a:redhat:openshift:4.13::el8"));
  EXPECT_TRUE(covers_product("cpe:/a:redhat:openshift:::el8", "cpe:/a:redhat:openshift:4.13::el8"));
  EXPECT_FALSE(covers_product("cpe:/a:redhat:openshift:4", "cpe:/a:redhat:openshift:40.1::el8"));
  EXPECT_FALSE(covers_product("cpe:/a:redhat:openshift:4::el9", "cpe:/a:redhat:openshift:4.13::el8"));
  EXPECT_FALSE(covers_product(kBaseOs, kAppStream));
  EXPECT_FALSE(covers_product(kBaseOs, kWhole));
  EXPECT_FALSE(covers_product("cpe:/o:redhat:rhel_eus:9.2::baseos", kBaseOs));
  EXPECT_FALSE(covers_product("", kBaseOs));
  EXPECT_FALSE(covers_product(kBaseOs, ""));
  EXPECT_FALSE(covers_product("cpe:2.3:o:redhat", kBaseOs));
}

TEST(Products, Kinds) {
  for (const auto* extended :
       {"cpe:/o:redhat:rhel_eus:9.2::baseos", "cpe:/a:redhat:rhel_e4s:8.1::appstream", "cpe:/o:redhat:rhel_els:7",
        "cpe:/o:redhat:enterprise_linux_eus:10.0", "cpe:/a:redhat:rhel_eus_long_life:8.4::appstream"}) {
    EXPECT_TRUE(is_extended_product(extended)) << extended;
    EXPECT_FALSE(is_base_product(extended)) << extended;
  }
  EXPECT_TRUE(is_base_product(kBaseOs));
  EXPECT_TRUE(is_base_product(kWhole));
  EXPECT_FALSE(is_base_product("cpe:/a:redhat:openshift:4.14::el9"));
  EXPECT_FALSE(is_extended_product("cpe:/a:redhat:openshift:4.14::el9"));
  EXPECT_FALSE(is_extended_product(kBaseOs));
}

TEST(Products, OnlyRepositoriesThatTheImageHas) {
  const auto database = Maker()
                            .add("CVE-2024-1", {fixed(kBaseOs, "1.2-3.el9")})
                            .add("CVE-2024-2", {fixed(kAppStream, "1.2-3.el9")})
                            .add("CVE-2024-3", {fixed("cpe:/a:redhat:openshift:4.14::el9", "1.2-3.el9")})
                            .add("CVE-2024-4", {fixed("cpe:/o:redhat:rhel_e4s:9.2::baseos", "1.2-1.el9_2.1")})
                            .make();
  EXPECT_EQ(findings(database, {"1.2-1.el9", {built_from({"rhel-9-for-x86_64-baseos-rpms"})}}),
            "CVE-2024-1 fixed 1.2-3.el9");
  EXPECT_EQ(findings(database, {"1.2-1.el9", {built_from({"rhel-9-for-x86_64-appstream-rpms__9"})}}),
            "CVE-2024-2 fixed 1.2-3.el9");  // the suffix is no part of the repository's id
  EXPECT_EQ(findings(database, {"1.2-1.el9",
                                {built_from({"rhel-9-for-x86_64-baseos-rpms", "rhocp-4.14-for-rhel-9-x86_64-rpms"})}}),
            "CVE-2024-1 fixed 1.2-3.el9, CVE-2024-3 fixed 1.2-3.el9");
  EXPECT_EQ(findings(database, {"1.2-1.el9_2", {built_from({"rhel-9-for-x86_64-baseos-e4s-rpms__9_DOT_2"})}}),
            "CVE-2024-4 fixed 1.2-1.el9_2.1");
}

// Without knowing, RHEL's own products count, and no others: that is never the same as clean.
TEST(Products, UnknownRepositoriesAreThoseOfRhel) {
  const auto all = [](bool table) {
    return Maker()
        .add("CVE-2024-1", {fixed(kBaseOs, "1.2-3.el9")})
        .add("CVE-2024-2", {fixed(kAppStream, "1.2-3.el9")})
        .add("CVE-2024-3", {fixed("cpe:/o:redhat:rhel_eus:9.2::baseos", "1.2-1.el9_2.1")})
        .make(table);
  };
  const std::string own = "CVE-2024-1 fixed 1.2-3.el9, CVE-2024-2 fixed 1.2-3.el9";
  const auto database = all(true);
  EXPECT_EQ(findings(database, {"1.2-1.el9", {}}), own);
  EXPECT_EQ(findings(database, {"1.2-1.el9", {built_from({"ubi-9-baseos-rpms"})}}), own);
  EXPECT_EQ(findings(database, {"1.2-1.el9", {configured({"epel", "docker-ce-stable"})}}), own);
  // What names layered products only, or is but a configuration, does not tell all.
  EXPECT_EQ(findings(database, {"1.2-1.el9", {built_from({"rhocp-4.14-for-rhel-9-x86_64-rpms"})}}), own);
  EXPECT_EQ(findings(database, {"1.2-1.el9", {configured({"rhel-9-for-x86_64-baseos-rpms"})}}), own);
  const auto without_table = all(false);
  EXPECT_EQ(findings(without_table, {"1.2-1.el9", {built_from({"rhel-9-for-x86_64-baseos-eus-rpms__9_DOT_2"})}}), own);
}

TEST(Products, TheFixIsTheOneOfTheImagesStream) {
  const auto database = Maker()
                            .add("CVE-2024-1", {fixed(kBaseOs, "1.2-9.el9_4"),
                                                fixed("cpe:/o:redhat:rhel_eus:9.0::baseos", "1.2-1.el9_0.1"),
                                                fixed("cpe:/o:redhat:rhel_eus:9.2::baseos", "1.2-4.el9_2.1")})
                            .make();
  const std::vector<RepositoryEvidence> eus = {
      built_from({"rhel-9-for-x86_64-baseos-rpms", "rhel-9-for-x86_64-baseos-eus-rpms"})};
  EXPECT_EQ(findings(database, {"1.2-1.el9", eus, "9.2"}), "CVE-2024-1 fixed 1.2-4.el9_2.1");
  EXPECT_EQ(findings(database, {"1.2-4.el9_2.1", eus, "9.2"}), "");
  EXPECT_EQ(findings(database, {"1.2-1.el9", eus, "9.0"}), "CVE-2024-1 fixed 1.2-1.el9_0.1");
  EXPECT_EQ(findings(database, {"1.2-1.el9_0.1", eus, "9.0"}), "");
  EXPECT_EQ(findings(database, {"1.2-4.el9_2.1", {built_from({"rhel-9-for-x86_64-baseos-rpms"})}, "9.2"}),
            "CVE-2024-1 fixed 1.2-9.el9_4");
}

// Flaws without a fix are stated of a whole release, which its minor releases are part of.
TEST(Products, WhatIsUnfixedInAReleaseIsSoInItsStreams) {
  const auto database = Maker()
                            .add("CVE-2024-1", {statement(Status::will_not_fix, kWhole)})
                            .add("CVE-2024-2", {fixed(kWhole, "1.2-3.el9")})
                            .add("CVE-2024-3", {statement(Status::affected, kWhole),
                                                fixed("cpe:/o:redhat:rhel_eus:9.2::baseos", "1.2-1.el9_2.1")})
                            .add("CVE-2024-4", {statement(Status::not_affected, kWhole)})
                            .make();
  const std::vector<RepositoryEvidence> eus = {built_from({"rhel-9-for-x86_64-baseos-eus-rpms__9_DOT_2"})};
  EXPECT_EQ(findings(database, {"1.2-1.el9_2", eus}), "CVE-2024-1 will_not_fix, CVE-2024-3 fixed 1.2-1.el9_2.1");
  EXPECT_EQ(findings(database, {"1.2-1.el9_2.1", eus}), "CVE-2024-1 will_not_fix");
}

TEST(Products, OfTheLayerThatBroughtThePackage) {
  const auto database = Maker()
                            .add("CVE-2024-1", {fixed(kBaseOs, "1.2-3.el9")})
                            .add("CVE-2024-2", {fixed("cpe:/a:redhat:openshift:4.14::el9", "1.2-3.el9")})
                            .make();
  const std::vector<RepositoryEvidence> layers = {
      built_from({"rhel-9-for-x86_64-baseos-rpms"}, 1),
      built_from({"rhel-9-for-x86_64-baseos-rpms", "rhocp-4.14-for-rhel-9-x86_64-rpms"}, 2)};
  EXPECT_EQ(findings(database, {"1.2-1.el9", layers, "9.2", 0}), "CVE-2024-1 fixed 1.2-3.el9");
  EXPECT_EQ(findings(database, {"1.2-1.el9", layers, "9.2", 1}), "CVE-2024-1 fixed 1.2-3.el9");
  EXPECT_EQ(findings(database, {"1.2-1.el9", layers, "9.2", 2}),
            "CVE-2024-1 fixed 1.2-3.el9, CVE-2024-2 fixed 1.2-3.el9");
}

// "Will not fix in OpenShift 4", whichever release of RHEL that stands upon.
TEST(Products, OfAProductThatStandsUponAnyRelease) {
  Affected affected = statement(Status::will_not_fix, "cpe:/a:redhat:openshift:4");
  affected.name_space = "rhel";
  affected.key_kind = KeyKind::source;
  const auto database = Maker().add("CVE-2024-1", {affected}).add("CVE-2024-2", {fixed(kBaseOs, "1.2-3.el9")}).make();
  EXPECT_EQ(findings(database, {"1.2-3.el9",
                                {built_from({"rhel-9-for-x86_64-baseos-rpms", "rhocp-4.14-for-rhel-9-x86_64-rpms"})}}),
            "CVE-2024-1 will_not_fix");
  EXPECT_EQ(findings(database, {"1.2-3.el9", {built_from({"rhel-9-for-x86_64-baseos-rpms"})}}), "");
  EXPECT_EQ(findings(database, {"1.2-3.el9", {}}), "");
}

TEST(Products, TheLabelOfAProduct) {
  const auto database = Maker().add("CVE-2024-2", {fixed("cpe:/a:redhat:openshift:4.14::el9", "1.2-3.el9")}).make();
  RepositoryEvidence labels = built_from({});
  labels.cpe = "cpe:/a:redhat:openshift:4.14::el9";
  EXPECT_EQ(findings(database, {"1.2-1.el9", {labels}}), "CVE-2024-2 fixed 1.2-3.el9");
}

}  // namespace
}  // namespace limpid::match
