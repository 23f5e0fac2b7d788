// The detectors of rpm's databases and manifests, by way of a layer and its image.
#include <gtest/gtest.h>

#include "inventory/merge.h"
#include "inventory/rpm_package.h"
#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

using testing::bdb_of;
using testing::file;
using testing::HeaderBuilder;
using testing::names_in;
using testing::ndb_of;
using testing::read_files;
using testing::rpm_header;

const std::string kRedHat = "ID=rhel\nVERSION_ID=9.4\n";

ImageInventory image_of(std::vector<std::vector<testing::MemoryEntry>> layers) {
  std::vector<LayerInventory> read;
  for (auto& one : layers) read.push_back(read_files(std::move(one)));
  return merge_layers(read);
}

TEST(Rpm, FillsAPackage) {
  const auto image =
      image_of({{file("etc/os-release", kRedHat),
                 file("var/lib/rpm/Packages.db", ndb_of({{1, HeaderBuilder()
                                                                 .text(1000, "npm")
                                                                 .text(1001, "9.5.0")
                                                                 .text(1002, "1.el9")
                                                                 .numbers(1003, {2})
                                                                 .text(1011, "Red Hat, Inc.")
                                                                 .text(1014, "Artistic 2.0")
                                                                 .text(1022, "x86_64")
                                                                 .text(1044, "nodejs-18.14.2-1.el9.src.rpm")
                                                                 .text(5096, "nodejs:18:1:2:x86_64")
                                                                 .texts(1117, {"os-release", "npm"})
                                                                 .texts(1118, {"/etc/", "/usr/bin/"})
                                                                 .numbers(1116, {0, 1})
                                                                 .build()}}))}});
  ASSERT_EQ(image.packages.size(), 1U);
  const Package& p = image.packages[0];
  EXPECT_EQ(p.name_space, "rhel:9");
  EXPECT_EQ(p.ecosystem, "Red Hat");
  EXPECT_EQ(p.version, "2:9.5.0-1.el9");
  EXPECT_EQ(p.source_name, "nodejs");
  EXPECT_EQ(p.source_version, "18.14.2-1.el9");
  EXPECT_EQ(p.module, "nodejs:18");
  EXPECT_EQ(p.maintainer, "Red Hat, Inc.");
  EXPECT_EQ(p.licenses, (std::vector<std::string>{"Artistic 2.0"}));
  EXPECT_EQ(p.owned, (std::vector<std::string>{"etc/os-release"}));  // of its files, the one that a detector wants
  EXPECT_EQ(p.repository, Repository::distribution);
  EXPECT_EQ(p.detector, "rpm");
  EXPECT_EQ(p.location, "var/lib/rpm/Packages.db");
  EXPECT_EQ(purl(p),
            "pkg:rpm/redhat/npm@9.5.0-1.el9?arch=x86_64&distro=rhel-9&epoch=2&rpmmod=nodejs%3A18&"
            "upstream=nodejs-18.14.2-1.el9.src.rpm");
}

TEST(Rpm, AnEpochOfZeroIsNone) {
  const auto blob = HeaderBuilder().text(1000, "a").text(1001, "1").text(1002, "2").numbers(1003, {0}).build();
  EXPECT_EQ(names_in(read_files({file("var/lib/rpm/Packages.db", ndb_of({{1, blob}}))})),
            (std::vector<std::string>{"a-1-2"}));
}

TEST(Rpm, IsFoundInEveryPlaceAndByContentNotByName) {
  const std::string ndb = ndb_of({{1, rpm_header("a", "1")}}), bdb = bdb_of({{1, rpm_header("a", "1")}}, 4'096, false);
  for (const std::string folder : {"var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/"}) {
    for (const std::string name : {"Packages", "Packages.db", "rpmdb.sqlite"}) {
      for (const auto& content : {ndb, bdb}) {
        const auto image = image_of({{file("etc/os-release", kRedHat), file(folder + name, content)}});
        ASSERT_EQ(image.packages.size(), 1U) << folder << name;
        EXPECT_EQ(image.packages[0].name_space, "rhel:9");
      }
    }
  }
}

// rpm-ostree and Fedora link one place to the other.
TEST(Rpm, ALinkedFolderIsOneDatabase) {
  const auto image = image_of(
      {{file("etc/os-release", kRedHat), file("usr/lib/sysimage/rpm/Packages.db", ndb_of({{1, rpm_header("a", "1")}})),
        testing::symlink("var/lib/rpm", "../../usr/lib/sysimage/rpm")}});
  ASSERT_EQ(image.packages.size(), 1U);
  EXPECT_EQ(image.packages[0].name_space, "rhel:9");
  EXPECT_TRUE(image.unread.empty());
  EXPECT_TRUE(image.skipped.empty());
}

TEST(Rpm, AFurtherRootHasItsOwnDistribution) {
  const auto image =
      image_of({{file("etc/os-release", kRedHat), file("srv/root/etc/os-release", "ID=fedora\nVERSION_ID=40\n"),
                 file("srv/root/var/lib/rpm/Packages.db", ndb_of({{1, rpm_header("a", "1")}})),
                 file("srv/bare/usr/lib/sysimage/rpm/Packages.db", ndb_of({{1, rpm_header("b", "1")}}))}});
  ASSERT_EQ(image.packages.size(), 2U);
  EXPECT_EQ(image.packages[0].name_space, "");  // not the image's own
  EXPECT_EQ(image.packages[1].name_space, "fedora:40");
}

// Two databases in one folder, left over by an upgrade, and a hard link to one: each package once.
TEST(Rpm, TheSamePackageOfTwoDatabasesIsOne) {
  const auto image =
      image_of({{file("etc/os-release", kRedHat),
                 file("var/lib/rpm/Packages.db", ndb_of({{1, rpm_header("a", "1")}, {2, rpm_header("b", "1")}})),
                 file("var/lib/rpm/Packages", bdb_of({{9, rpm_header("a", "1")}}, 4'096, true)),
                 testing::hard_link("usr/share/rpm/Packages", "var/lib/rpm/Packages")}});
  EXPECT_EQ(image.packages.size(), 2U);
  ASSERT_EQ(image.unread.size(), 1U);  // the link is read with the second pass
  ASSERT_EQ(image.notes.size(), 1U);
  EXPECT_EQ(image.notes[0],
            "the packages of several databases of rpm are listed, which do not agree: var/lib/rpm/Packages, "
            "var/lib/rpm/Packages.db");
}

TEST(Rpm, AnUpgradeKeepsWhoIntroducedWhat) {
  const auto database = [](const testing::Blobs& blobs) { return file("var/lib/rpm/Packages.db", ndb_of(blobs)); };
  const auto image =
      image_of({{file("etc/os-release", kRedHat), database({{1, rpm_header("a", "1")}, {2, rpm_header("b", "1")}})},
                {database({{1, rpm_header("a", "1")}, {3, rpm_header("b", "2")}})}});
  ASSERT_EQ(image.packages.size(), 2U);
  EXPECT_EQ(image.packages[0].layer, 0U);
  EXPECT_EQ(image.packages[1].layer, 1U);
}

TEST(Rpm, APackageWithoutAUsableNameIsTold) {
  const auto layer = read_files({file(
      "var/lib/rpm/Packages.db", ndb_of({{1, HeaderBuilder().text(1000, "a").text(1002, "1").build()},
                                         {2, HeaderBuilder().text(1000, "a b").text(1001, "1").text(1002, "1").build()},
                                         {3, "no header"},
                                         {4, rpm_header("c", "1")}}))});
  EXPECT_EQ(names_in(layer), (std::vector<std::string>{"c-1-1.el9"}));
  ASSERT_EQ(layer.skipped.size(), 3U);
  EXPECT_EQ(layer.skipped[0].detail, "package 1 has no usable name, version and release");
  EXPECT_TRUE(layer.skipped[2].detail.starts_with("package 3: ")) << layer.skipped[2].detail;
}

TEST(Rpm, WhoBuiltIt) {
  for (const auto* vendor :
       {"Red Hat, Inc.", "CentOS", "Fedora Project", "openSUSE", "SUSE LLC <https://www.suse.com/>",
        "Microsoft Corporation", "VMware, Inc.", "Oracle America", "Amazon Linux", "AlmaLinux", ""}) {
    EXPECT_EQ(rpm_repository(vendor, "1"), Repository::distribution) << vendor;
  }
  for (const auto* vendor :
       {"Docker", "NodeSource", "PostgreSQL Global Development Group", "Remi's RPM repository", "(none)"}) {
    EXPECT_EQ(rpm_repository(vendor, "1"), Repository::third_party) << vendor;
  }
  EXPECT_EQ(rpm_repository("Fedora Project", "1.el9"), Repository::third_party);  // EPEL
  EXPECT_EQ(rpm_repository("Fedora Project", "1.fc40"), Repository::distribution);
  EXPECT_EQ(rpm_repository("Red Hat, Inc.", "1.el9"), Repository::distribution);
}

// "d" and "t" of packages by these vendors, in an image of that release.
std::string told(const std::string& release, const std::vector<std::string>& vendors) {
  std::vector<std::pair<std::uint32_t, std::string>> headers;
  for (std::uint32_t i = 0; i < vendors.size(); ++i)
    headers.emplace_back(i + 1, HeaderBuilder()
                                    .text(1000, base::cat({"p", i}))
                                    .text(1001, "1")
                                    .text(1002, "1.el9")
                                    .text(1011, vendors[i])
                                    .build());
  const auto image = image_of({{file("etc/os-release", release), file("var/lib/rpm/Packages.db", ndb_of(headers))}});
  std::string text;
  for (const Package& one : image.packages) text += one.repository == Repository::distribution ? 'd' : 't';
  return text;
}

TEST(Rpm, AnotherDistributionsVendorIsAThirdParty) {
  EXPECT_EQ(told(kRedHat, {"Red Hat, Inc.", "Microsoft Corporation", "", "CentOS"}), "dtdt");
  EXPECT_EQ(told("ID=almalinux\nVERSION_ID=9.4\n", {"CentOS", "AlmaLinux"}), "td");
  EXPECT_EQ(told("ID=\"opensuse-leap\"\nVERSION_ID=15.6\n", {"openSUSE", "SUSE LLC <https://www.suse.com/>"}), "dd");
  EXPECT_EQ(told("ID=nobody\nVERSION_ID=1\n", {"Red Hat, Inc.", "Microsoft Corporation"}), "dd");
  // None of its own: RHEL's name over what others built.
  EXPECT_EQ(told(kRedHat, {"AlmaLinux", "Docker", ""}), "dtd");
}

TEST(Rpm, SourcesThatAreNoneAreThePackageItself) {
  for (const auto* source : {"", "x", "x-1", "-1-2", "a b-1-2.src.rpm"}) {
    Package package;
    ASSERT_TRUE(fill_rpm_package({"n", "1", "2", "noarch", source, "", 3}, package));
    EXPECT_EQ(package.source_name, "n") << source;
    EXPECT_EQ(package.source_version, "1-2");
    EXPECT_EQ(package.version, "3:1-2");
  }
  Package package;
  ASSERT_TRUE(fill_rpm_package({"n", "1", "2", "noarch", "a-b-3.0-4.nosrc.rpm", "", 0}, package));
  EXPECT_EQ(package.source_name, "a-b");
  EXPECT_EQ(package.source_version, "3.0-4");
}

TEST(RpmManifest, TakesWholeLinesAndTellsOfOthers) {
  const auto layer =
      read_files({file("var/lib/rpmmanifest/container-manifest-2",
                       "vim\t9.0-1.cm2\t1\t1\tMicrosoft Corporation\t2\t45000\tx86_64\t2\tvim-9.0-1.cm2.src.rpm\r\n\n"
                       "no tabs\n"
                       "a\t1\t1\t1\tM\t(none)\t1\tx86_64\t0\ta-1-1.src.rpm\n"
                       "a\t1-1\t1\t1\tM\t(none)\t1\tx86_64\t-1\ta-1-1.src.rpm\n"
                       "b\t1-1\t1\t1\t(none)\t(none)\t1\t(none)\t(none)\t(none)")});
  EXPECT_EQ(names_in(layer), (std::vector<std::string>{"b-1-1", "vim-2:9.0-1.cm2"}));
  ASSERT_EQ(layer.skipped.size(), 3U);
  EXPECT_EQ(layer.skipped[0].detail, "line 3 names no package");
  const Package& b = layer.evidence[0].packages[1];
  EXPECT_EQ(b.arch, "");
  EXPECT_EQ(b.source_name, "b");
}

}  // namespace
}  // namespace limpid::inventory
