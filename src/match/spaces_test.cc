#include "match/spaces.h"

#include "match/match.h"
#include "match/testing.h"

namespace limpid::match {
namespace {

using advisory::Status;
using Role = SecondSpace::Role;

inventory::Package package_of(std::string name_space, std::string name, std::string version) {
  auto package = debian_package(std::move(name), std::move(version));
  package.name_space = std::move(name_space);
  return package;
}

inventory::ImageInventory image_of(std::string name_space, std::vector<inventory::Package> packages) {
  auto image = debian_image(std::move(packages));
  image.distribution.name_space = std::move(name_space);
  return image;
}

std::vector<std::string> found(const inventory::ImageInventory& image, const vulndb::Database& database) {
  std::vector<std::string> lines;
  const auto matches = match_image(image, database);
  EXPECT_TRUE(matches) << matches.error().describe();
  if (!matches) return lines;
  for (const Finding& finding : matches->findings)
    lines.push_back(base::cat({finding.id, " ", advisory::name_of(finding.status), " ", finding.fixed_in,
                               finding.fixed_for_subscribers.empty() ? "" : " pro ", finding.fixed_for_subscribers}));
  return lines;
}
using Lines = std::vector<std::string>;

TEST(Spaces, WhatAnImageTellsOfItself) {
  const auto subscribed = [](std::string version, std::vector<std::string> services) {
    auto image = image_of("ubuntu:22.04", {package_of("ubuntu:22.04", "zfoo", std::move(version))});
    image.distribution.esm = std::move(services);
    return origins_of(image).subscribed;
  };
  EXPECT_FALSE(subscribed("1.0-1ubuntu1", {}));
  EXPECT_FALSE(subscribed("1.0-1ubuntu1", {"fips-updates"}));
  EXPECT_TRUE(subscribed("1.0-1ubuntu1", {"esm-apps"}));
  EXPECT_TRUE(subscribed("1.0-1ubuntu1+esm3", {}));
  EXPECT_TRUE(subscribed("1.0-1ubuntu1~esm1", {}));

  EXPECT_FALSE(origins_of(image_of("debian:12", {package_of("debian:12", "zfoo", "1-1")})).rootio);
  EXPECT_TRUE(origins_of(image_of("debian:12", {package_of("debian:12", "zfoo", "1-1.root.io.2")})).rootio);
  EXPECT_TRUE(origins_of(image_of("debian:12", {package_of("debian:12", "rootio-zfoo", "1-1")})).rootio);

  const auto openeuler = [](std::string version) {
    auto image = image_of("openeuler:24.03", {});
    image.distribution.version = std::move(version);
    return origins_of(image).release;
  };
  EXPECT_EQ(openeuler("24.03 (LTS-SP2)"), "openeuler:24.03-LTS-SP2");
  EXPECT_EQ(openeuler("24.03 (LTS)"), "openeuler:24.03-LTS");
  EXPECT_EQ(openeuler("24.03"), "openeuler:24.03");
  EXPECT_EQ(openeuler("24.03 ()"), "openeuler:24.03");
}

vulndb::Database ubuntu_database() {
  return DatabaseMaker()
      .feed("ubuntu")
      .statement("CVE-2031-1", "zfoo", Status::will_not_fix, "", "", {}, "ubuntu:22.04")
      .statement("CVE-2031-1", "zfoo", Status::fixed, "1.0-2+esm1", "", {}, "ubuntu:22.04+esm")
      .statement("CVE-2031-2", "zfoo", Status::fixed, "1.0-3", "", {}, "ubuntu:22.04")
      .statement("CVE-2031-2", "zfoo", Status::fixed, "1.0-1+esm9", "", {}, "ubuntu:22.04+esm")
      .statement("CVE-2031-3", "zfoo", Status::affected, "", "", {}, "ubuntu:22.04")
      .statement("CVE-2031-3", "zfoo", Status::not_affected, "", "", {}, "ubuntu:22.04+esm")
      .statement("CVE-2031-4", "zfoo", Status::affected, "", "", {}, "ubuntu:22.04+esm")
      .make();
}

TEST(Spaces, WithoutASubscriptionItsFixesAreOnlyTold) {
  const auto database = ubuntu_database();
  EXPECT_EQ(found(image_of("ubuntu:22.04", {package_of("ubuntu:22.04", "zfoo", "1.0-1")}), database),
            (Lines{"CVE-2031-1 will_not_fix  pro 1.0-2+esm1", "CVE-2031-2 fixed 1.0-3", "CVE-2031-3 affected "}));
}

TEST(Spaces, WithASubscriptionEitherFixWillDo) {
  const auto database = ubuntu_database();
  const auto with = [&](std::string version) {
    auto image = image_of("ubuntu:22.04", {package_of("ubuntu:22.04", "zfoo", std::move(version))});
    image.distribution.esm = {"esm-infra"};
    return found(image, database);
  };
  EXPECT_EQ(with("1.0-1"),
            (Lines{"CVE-2031-1 fixed 1.0-2+esm1", "CVE-2031-2 fixed 1.0-1+esm9", "CVE-2031-4 affected "}));
  EXPECT_EQ(with("1.0-1+esm9"), (Lines{"CVE-2031-1 fixed 1.0-2+esm1", "CVE-2031-4 affected "}));
  EXPECT_EQ(with("1.0-2+esm1"), (Lines{"CVE-2031-4 affected "}));
}

TEST(Spaces, ASubscriptionServesDerivativesToo) {
  const auto database = ubuntu_database();
  const auto with = [&](std::string version, std::vector<std::string> services) {
    auto image = image_of("linuxmint:21.3", {package_of("linuxmint:21.3", "zfoo", std::move(version))});
    image.distribution.parent = "ubuntu:22.04";
    image.distribution.esm = std::move(services);
    return found(image, database);
  };
  EXPECT_EQ(with("1.0-1", {}),
            (Lines{"CVE-2031-1 will_not_fix  pro 1.0-2+esm1", "CVE-2031-2 fixed 1.0-3", "CVE-2031-3 affected "}));
  EXPECT_EQ(with("1.0-1", {"esm-infra"}),
            (Lines{"CVE-2031-1 fixed 1.0-2+esm1", "CVE-2031-2 fixed 1.0-1+esm9", "CVE-2031-4 affected "}));
}

// rpms carry ".tuxcare.els1", debs "+tuxcare.els5".
TEST(Spaces, TuxCaresPackagesAreToldByTheirVersions) {
  const auto database =
      DatabaseMaker()
          .feed("debian")
          .statement("CVE-2031-1", "zfoo", Status::affected)
          .feed("osv")
          .statement("CVE-2031-1", "zfoo", Status::fixed, "1.0-1+tuxcare.els5", "", {}, "tuxcare:debian:12")
          .make();
  const auto at = [&](const char* version) { return found(debian_image({debian_package("zfoo", version)}), database); };
  EXPECT_EQ(at("1.0-1"), Lines{"CVE-2031-1 affected "});
  EXPECT_EQ(at("1.0-1+tuxcare.els4"), Lines{"CVE-2031-1 fixed 1.0-1+tuxcare.els5"});
  EXPECT_EQ(at("1.0-1+tuxcare.els5"), Lines{});
}

TEST(Spaces, SuppliersTakeTheReleasesPlaceForWhatTheySpeakOf) {
  const auto database =
      DatabaseMaker()
          .feed("debian")
          .statement("CVE-2031-1", "zfoo", Status::fixed, "1.0-9")
          .statement("CVE-2031-2", "zfoo", Status::affected)
          .statement("CVE-2031-3", "zfoo", Status::affected)
          .feed("rootio")
          .statement("CVE-2031-1", "zfoo", Status::fixed, "1.0-1.root.io.2", "", {}, "rootio:debian:12")
          .statement("CVE-2031-3", "rootio-zfoo", Status::not_affected, "", "", {}, "rootio:debian:12")
          .make();
  EXPECT_EQ(found(debian_image({debian_package("zfoo", "1.0-1")}), database),
            (Lines{"CVE-2031-1 fixed 1.0-9", "CVE-2031-2 affected ", "CVE-2031-3 affected "}));
  EXPECT_EQ(found(debian_image({debian_package("zfoo", "1.0-1.root.io.1")}), database),
            (Lines{"CVE-2031-1 fixed 1.0-1.root.io.2", "CVE-2031-2 affected "}));
  EXPECT_EQ(found(debian_image({debian_package("zfoo", "1.0-1.root.io.2")}), database), Lines{"CVE-2031-2 affected "});
}

TEST(Spaces, ADerivativeIsHeldAgainstWhatItIsMadeOf) {
  const auto mint = [](const char* version, const char* maintainer = "Ubuntu Developers") {
    auto image = image_of("linuxmint:21.3", {package_of("linuxmint:21.3", "zfoo", version)});
    image.distribution.parent = "ubuntu:22.04";
    image.packages[0].maintainer = maintainer;
    return image;
  };
  const auto database = ubuntu_database();
  EXPECT_EQ(found(mint("1.0-3"), database), (Lines{"CVE-2031-1 will_not_fix ", "CVE-2031-3 affected "}));
  for (const auto& own : {mint("1.0-1+mint1"), mint("1.0-1", "Somebody <root@linuxmint.com>")}) {
    const auto matches = match_image(own, database);
    ASSERT_TRUE(matches);
    EXPECT_TRUE(matches->findings.empty());
    EXPECT_EQ(matches->unmatched.at(0).why, Unmatched::Why::derivative);
    EXPECT_TRUE(matches->covered);
    EXPECT_NE(matches->warnings.at(0).find("takes from ubuntu:22.04"), std::string::npos);
  }
  // Once it has advisories of its own, these alone speak of it.
  const auto own = DatabaseMaker()
                       .feed("mint")
                       .statement("CVE-2031-5", "zfoo", Status::fixed, "1.0-1+mint2", "", {}, "linuxmint:21.3")
                       .feed("ubuntu")
                       .statement("CVE-2031-3", "zfoo", Status::affected, "", "", {}, "ubuntu:22.04")
                       .make();
  EXPECT_EQ(found(mint("1.0-1+mint1"), own), Lines{"CVE-2031-5 fixed 1.0-1+mint2"});
  // Nothing is known of either.
  const auto neither = DatabaseMaker().feed("debian").statement("CVE-2031-1", "zfoo", Status::affected).make();
  EXPECT_EQ(match_image(mint("1.0-1"), neither)->unmatched.at(0).why, Unmatched::Why::no_advisories);
  EXPECT_FALSE(match_image(mint("1.0-1"), neither)->covered);
}

TEST(Spaces, WhatADerivativeBuiltItself) {
  const auto own = [](const char* name_space, const char* version, const char* maintainer = "Debian <a@debian.org>") {
    auto package = package_of(name_space, "zfoo", version);
    package.maintainer = maintainer;
    return is_own(package);
  };
  EXPECT_TRUE(own("kali:2025.4", "2:1.0-0kali1"));
  EXPECT_TRUE(own("kali:2025.4", "1.0-1", "Kali Developers <devel@kali.org>"));
  EXPECT_FALSE(own("kali:2025.4", "1.0-1"));
  EXPECT_TRUE(own("raspbian:12", "1.0-1+rpi1"));
  EXPECT_FALSE(own("raspbian:12", "1.0-1+deb12u1"));
  EXPECT_TRUE(own("pop:22.04", "1.0~1648", "Jeremy <j@system76.com>"));
  EXPECT_FALSE(own("pop:22.04", "1.0-1", "popcon <popcon@debian.org>"));
}

TEST(Spaces, SealsPackagesAreAskedAboutNowhereElse) {
  const auto without = DatabaseMaker().feed("debian").statement("CVE-2031-1", "zfoo", Status::affected).make();
  const auto image = debian_image({debian_package("seal-zfoo", "1.0-1+sp1", "zfoo")});
  EXPECT_EQ(found(image, without), Lines{});
  EXPECT_EQ(match_image(image, without)->unmatched.at(0).why, Unmatched::Why::no_advisories);
  const auto with = DatabaseMaker()
                        .feed("debian")
                        .statement("CVE-2031-1", "zfoo", Status::affected)
                        .feed("osv")
                        .statement("CVE-2031-2", "zfoo", Status::fixed, "1.0-1+sp2", "", {}, "seal:debian:12")
                        .make();
  EXPECT_EQ(found(image, with), Lines{"CVE-2031-2 fixed 1.0-1+sp2"});
}

// A service holds features of many images against the database at once, and remembers what it found of each.
TEST(Spaces, PackagesOfAnyImagesTellNothingOfEachOther) {
  const auto database = ubuntu_database();
  auto image = image_of(
      "ubuntu:22.04", {package_of("ubuntu:22.04", "zfoo", "1.0-1"), package_of("ubuntu:22.04", "zbar", "1.0-1+esm1")});
  EXPECT_EQ(found(image, database).size(), 3U);
  MatchOptions options;
  options.one_image = false;
  const auto matches = match_image(image, database, options);
  ASSERT_TRUE(matches);
  ASSERT_EQ(matches->findings.size(), 3U);
  EXPECT_EQ(matches->findings[0].status, Status::will_not_fix);
  EXPECT_EQ(matches->findings[1].fixed_in, "1.0-3");
}

TEST(Spaces, RollingReleasesHaveOneNamespace) {
  const auto database =
      DatabaseMaker().feed("echo").statement("CVE-2031-1", "zfoo", Status::affected, "", "", {}, "echo").make();
  EXPECT_EQ(found(image_of("echo:1", {package_of("echo:1", "zfoo", "1")}), database), Lines{"CVE-2031-1 affected "});
}

}  // namespace
}  // namespace limpid::match
