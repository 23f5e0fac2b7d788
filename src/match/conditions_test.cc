#include "match/conditions.h"

#include <gtest/gtest.h>

#include "match/match.h"
#include "match/products.h"
#include "match/testing.h"

namespace limpid::match {
namespace {

using advisory::Affected;
using advisory::KeyKind;
using advisory::Status;

Affected fixed(std::string name_space, std::string package, std::string version) {
  Affected affected;
  affected.name_space = std::move(name_space);
  affected.package = std::move(package);
  affected.key_kind = KeyKind::binary;
  affected.scheme = version::Scheme::rpm;
  affected.status = Status::fixed;
  affected.ranges.push_back({"", std::move(version), ""});
  return affected;
}
Affected unfixed(std::string name_space, std::string package, Status status, KeyKind key_kind = KeyKind::binary) {
  Affected affected = fixed(std::move(name_space), std::move(package), "");
  affected.ranges.clear();
  affected.status = status;
  affected.key_kind = key_kind;
  return affected;
}

class RpmDatabase {
 public:
  explicit RpmDatabase(std::string_view feed) { maker_.feed(feed); }
  RpmDatabase& add(std::string id, Affected affected, std::vector<std::string> cves = {}) {
    advisory::Advisory record;
    record.id = std::move(id);
    record.upstream = std::move(cves);
    record.affected.push_back(std::move(affected));
    maker_.add(std::move(record));
    return *this;
  }
  vulndb::Database make() { return maker_.make(); }

 private:
  DatabaseMaker maker_;
};

inventory::Package rpm(std::string name, std::string version, std::string module = "", std::string source = "") {
  inventory::Package package;
  package.name_space = "rhel:9";
  package.scheme = version::Scheme::rpm;
  package.arch = "x86_64";
  package.source_name = source.empty() ? name : std::move(source);
  const auto epoch = version.find(':');
  package.source_version = epoch == std::string::npos ? version : version.substr(epoch + 1);
  package.name = std::move(name);
  package.version = std::move(version);
  package.module = std::move(module);
  return package;
}

// "CVE-2024-1 fixed 1.2-3" of each finding, comma-separated; "unmatched" where nobody speaks of the package.
std::string findings(const vulndb::Database& database, inventory::Package package) {
  inventory::ImageInventory image;
  image.distribution.name_space = package.name_space;
  image.packages.push_back(std::move(package));
  const auto matches = match_image(image, database);
  EXPECT_TRUE(matches) << matches.error().describe();
  if (!matches->unmatched.empty()) return base::cat({"unmatched: ", name_of(matches->unmatched[0].why)});
  std::string text;
  for (const auto& finding : matches->findings) {
    base::append(text, {text.empty() ? "" : ", ", finding.id, " ", advisory::name_of(finding.status),
                        finding.fixed_in.empty() ? "" : " ", finding.fixed_in});
  }
  return text;
}

TEST(Conditions, AModulesFixIsForItsStreamOnly) {
  Affected modular = fixed("rhel:9", "nodejs", "1:18.20-1.module+el9");
  modular.module = "nodejs:18";
  const auto database = RpmDatabase("redhat").add("CVE-2024-1", modular).make();
  EXPECT_EQ(findings(database, rpm("nodejs", "1:18.19-1.module+el9", "nodejs:18")),
            "CVE-2024-1 fixed 1:18.20-1.module+el9");
  EXPECT_EQ(findings(database, rpm("nodejs", "1:18.19-1.module+el9", "nodejs:20")), "");
  EXPECT_EQ(findings(database, rpm("nodejs", "1:16.20-8.el9")), "");
  EXPECT_EQ(findings(database, rpm("nodejs", "1:18.20-1.module+el9", "nodejs:18")), "");
}

TEST(Conditions, WhatIsOfNoModuleDoesNotHitOne) {
  const auto database = RpmDatabase("redhat").add("CVE-2024-1", fixed("rhel:9", "nodejs", "1:16.20-9.el9")).make();
  EXPECT_EQ(findings(database, rpm("nodejs", "1:16.20-8.el9")), "CVE-2024-1 fixed 1:16.20-9.el9");
  EXPECT_EQ(findings(database, rpm("nodejs", "1:14.21-1.module+el9", "nodejs:14")), "");
}

TEST(Conditions, ProductsThatAnImageDoesNotHaveDoNotCount) {
  Affected base = fixed("rhel:9", "zlib", "1.2.11-41.el9");
  base.products = {"cpe:/o:redhat:enterprise_linux:9::baseos"};
  Affected eus = fixed("rhel:9", "zlib", "1.2.11-31.el9_0.9");
  eus.products = {"cpe:/o:redhat:rhel_eus:9.0::baseos"};
  Affected layered = unfixed("rhel:9", "zlib", Status::affected);
  layered.products = {"cpe:/a:redhat:openshift:4.14::el9"};
  const auto database =
      RpmDatabase("redhat").add("CVE-2024-1", base).add("CVE-2024-2", eus).add("CVE-2024-3", layered).make();
  EXPECT_EQ(findings(database, rpm("zlib", "1.2.11-30.el9")), "CVE-2024-1 fixed 1.2.11-41.el9");
  EXPECT_EQ(findings(database, rpm("zlib", "1.2.11-41.el9")), "");
  EXPECT_TRUE(is_base_product("cpe:/a:redhat:enterprise_linux:9::appstream"));
  EXPECT_TRUE(is_base_product("cpe:/a:redhat:rhel_extras_other:7"));
  EXPECT_FALSE(is_base_product("cpe:/a:redhat:rhel_eus:9.2::appstream"));
  EXPECT_FALSE(is_base_product("cpe:/a:redhat:openshift:4.14::el9"));
}

TEST(Conditions, VendorsWords) {
  const auto database = RpmDatabase("redhat")
                            .add("CVE-2024-1", unfixed("rhel:9", "tar", Status::will_not_fix, KeyKind::source))
                            .add("CVE-2024-2", unfixed("rhel:9", "tar", Status::under_investigation))
                            .add("CVE-2024-3", unfixed("rhel:9", "tar", Status::not_affected))
                            .add("CVE-2024-4", unfixed("rhel:9", "tar", Status::end_of_life))
                            .make();
  EXPECT_EQ(findings(database, rpm("tar", "2:1.34-6.el9")), "CVE-2024-1 will_not_fix, CVE-2024-4 end_of_life");
}

// A source package's file name has no epoch, and neither have the statements that go by it.
TEST(Conditions, SourcesAreComparedWithoutEpochs) {
  Affected by_source = fixed("fedora:40", "perl", "5.26.3-419.fc40");
  by_source.key_kind = KeyKind::source;
  const auto database = RpmDatabase("fedora").add("FEDORA-1", by_source, {"CVE-2024-1"}).make();
  auto package = rpm("perl-Errno", "0:1.28-419.fc40", "", "perl");
  package.name_space = "fedora:40";
  package.source_version = "5.26.3-419.fc40";
  EXPECT_EQ(findings(database, package), "");
  package.source_version = "5.26.3-418.fc40";
  EXPECT_EQ(findings(database, package), "CVE-2024-1 fixed 5.26.3-419.fc40");
}

TEST(Conditions, OneFlawOfTwoUpdatesIsOneFinding) {
  const auto database = RpmDatabase("oracle")
                            .add("ELSA-1", fixed("ol:8", "zlib", "1.2-3.el8"), {"CVE-2024-1"})
                            .add("ELSA-2", fixed("ol:8", "zlib", "1.2-5.el8"), {"CVE-2024-1"})
                            .make();
  auto package = rpm("zlib", "1.2-2.el8");
  package.name_space = "ol:8";
  EXPECT_EQ(findings(database, package), "CVE-2024-1 fixed 1.2-5.el8");
}

TEST(Conditions, FlavoursSayNothingOfEachOther) {
  const auto database = RpmDatabase("oracle")
                            .add("CVE-2024-1", fixed("ol:8", "openssl", "1:1.1.1k-12.el8_9"))
                            .add("CVE-2024-2", fixed("ol:8", "openssl", "10:1.1.1k-14.el8_6_fips"))
                            .make();
  const auto at = [&](const char* version) {
    auto package = rpm("openssl", version);
    package.name_space = "ol:8";
    return findings(database, package);
  };
  EXPECT_EQ(at("1:1.1.1k-9.el8"), "CVE-2024-1 fixed 1:1.1.1k-12.el8_9");
  EXPECT_EQ(at("10:1.1.1k-9.el8_6_fips"), "CVE-2024-2 fixed 10:1.1.1k-14.el8_6_fips");
  EXPECT_EQ(at("2:1.1.1g-15.ksplice1.el8_3"), "");
}

TEST(Conditions, RebuildsTakeTheNamespaceOfTheirOrigin) {
  const auto database = RpmDatabase("redhat")
                            .add("CVE-2024-1", fixed("rhel:7", "zlib", "1.2.7-21.el7_9"))
                            .add("CVE-2024-2", fixed("sles:15.5", "zlib", "1.2-3"))
                            .add("CVE-2024-3", fixed("amzn:2018.03", "zlib", "1.2-3"))
                            .add("CVE-2024-4", fixed("rocky:9", "zlib", "1.2-3"))
                            .add("CVE-2024-5", fixed("rhel:9", "zlib", "1.2-3"))
                            .make();
  const auto in = [&](const char* name_space, const char* version) {
    auto package = rpm("zlib", version);
    package.name_space = name_space;
    return findings(database, package);
  };
  EXPECT_EQ(in("centos:7", "1.2.7-18.el7"), "CVE-2024-1 fixed 1.2.7-21.el7_9");
  EXPECT_EQ(in("sles_sap:15.5", "1.2-2"), "CVE-2024-2 fixed 1.2-3");
  EXPECT_EQ(in("amzn:2017.09", "1.2-2"), "CVE-2024-3 fixed 1.2-3");
  EXPECT_EQ(in("rocky:9", "1.2-2"), "CVE-2024-4 fixed 1.2-3");      // it has its own
  EXPECT_EQ(in("almalinux:9", "1.2-2"), "CVE-2024-5 fixed 1.2-3");  // it has not
  EXPECT_EQ(in("centos:8", "1"), "unmatched: no-advisories");
  EXPECT_EQ(in("photon:4.0", "1"), "unmatched: no-advisories");
}

// peers.md 5.2: a release in the namespace of a system that has none would find nothing.
TEST(Conditions, WhatRollsHasNoRelease) {
  const auto database = RpmDatabase("bottlerocket")
                            .add("CVE-2024-1", fixed("bottlerocket", "zlib", "1.2-3"))
                            .add("CVE-2024-2", fixed("arch", "zlib", "1.2-3"))
                            .add("CVE-2024-3", fixed("rhel:9", "zlib", "1.2-3"))
                            .make();
  const auto in = [&](const char* name_space) {
    auto package = rpm("zlib", "1.2-2");
    package.name_space = name_space;
    return findings(database, package);
  };
  EXPECT_EQ(in("bottlerocket:1.34.0"), "CVE-2024-1 fixed 1.2-3");
  EXPECT_EQ(in("endeavouros"), "CVE-2024-2 fixed 1.2-3");
  EXPECT_EQ(in("springdale:9"), "CVE-2024-3 fixed 1.2-3");
  EXPECT_EQ(in("cachyos:20251228"), "unmatched: no-advisories");
}

// GLSA: one package in several slots, each with a fix of its own.
TEST(Conditions, SlotsHaveFixesOfTheirOwn) {
  const auto slotted = [](std::string slot, std::string version) {
    Affected affected = fixed("gentoo", "dev-lang/php", std::move(version));
    affected.scheme = version::Scheme::portage;
    affected.module = std::move(slot);
    return affected;
  };
  advisory::Advisory record;
  record.id = "GLSA-1";
  record.affected = {slotted("7.4", "7.4.9-r2"), slotted("!7.4", "8.2.1"), slotted("", "9")};
  record.affected[2].architectures = {"x86", "sparc"};
  DatabaseMaker maker;
  maker.feed("gentoo");
  maker.add(std::move(record));
  const auto database = maker.make();
  const auto php = [&](const char* slot, const char* version, const char* architecture = "amd64") {
    inventory::Package package = rpm("dev-lang/php", version, slot);
    package.name_space = "gentoo";
    package.scheme = version::Scheme::portage;
    package.arch = architecture;
    return findings(database, package);
  };
  EXPECT_EQ(php("7.4", "7.4.9-r1"), "GLSA-1 fixed 7.4.9-r2");
  EXPECT_EQ(php("7.4", "7.4.9-r2"), "");
  EXPECT_EQ(php("8.1", "8.1.30"), "GLSA-1 fixed 8.2.1");
  EXPECT_EQ(php("8.2", "8.2.1"), "");
  EXPECT_EQ(php("8.2", "8.2.1", "sparc"), "GLSA-1 fixed 9");
  EXPECT_EQ(php("8.2", "8.2.1", ""), "GLSA-1 fixed 9");
}

TEST(Conditions, OracleLinuxAsClairNamesIt) {
  auto package = rpm("zlib", "1.2-2");
  package.name_space = "oracle:8";
  EXPECT_EQ(findings(RpmDatabase("oracle").add("CVE-2024-1", fixed("ol:8", "zlib", "1.2-3")).make(), package),
            "CVE-2024-1 fixed 1.2-3");
  EXPECT_EQ(findings(RpmDatabase("redhat").add("CVE-2024-1", fixed("rhel:8", "zlib", "1.2-3")).make(), package),
            "CVE-2024-1 fixed 1.2-3");
}

// Clair's features have no architecture.
TEST(Conditions, AnUnknownArchitectureIsAny) {
  Affected arm = fixed("rhel:9", "zlib", "1.2-3.el9");
  arm.architectures = {"aarch64"};
  const auto database = RpmDatabase("redhat").add("CVE-2024-1", arm).make();
  auto package = rpm("zlib", "1.2-2.el9");
  EXPECT_EQ(findings(database, package), "");
  package.arch.clear();
  EXPECT_EQ(findings(database, package), "CVE-2024-1 fixed 1.2-3.el9");
}

TEST(Conditions, HeadersOfTheKernelHaveNoneOfItsCode) {
  const auto database =
      RpmDatabase("redhat").add("CVE-2024-1", unfixed("rhel:9", "kernel", Status::affected, KeyKind::source)).make();
  EXPECT_EQ(findings(database, rpm("kernel-headers", "5.14.0-1.el9", "", "kernel")), "unmatched: headers-only");
  EXPECT_EQ(findings(database, rpm("kernel-core", "5.14.0-1.el9", "", "kernel")), "CVE-2024-1 affected");
}

}  // namespace
}  // namespace limpid::match
