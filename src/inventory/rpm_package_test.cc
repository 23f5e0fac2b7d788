// Who built a package: by its vendor, its release, and where it names no vendor by who signed it.
#include "inventory/rpm_package.h"

#include <gtest/gtest.h>

namespace limpid::inventory {
namespace {

TEST(RpmPackage, RepositoriesByVendorAndRelease) {
  using enum Repository;
  EXPECT_EQ(rpm_repository("Red Hat, Inc.", "1.el9"), distribution);
  EXPECT_EQ(rpm_repository("CentOS", "1.el7"), distribution);
  EXPECT_EQ(rpm_repository("Oracle America", "1.el8"), distribution);
  EXPECT_EQ(rpm_repository("Fedora Project", "1.fc40"), distribution);
  EXPECT_EQ(rpm_repository("", "1.el9"), distribution);               // some distributions name none
  EXPECT_EQ(rpm_repository("Fedora Project", "3.el9"), third_party);  // EPEL
  EXPECT_EQ(rpm_repository("Remi's RPM repository <https://rpms.remirepo.net/>", "1.el9.remi"), third_party);
  EXPECT_EQ(rpm_repository("Docker", "1.el9"), third_party);
  EXPECT_EQ(rpm_repository("NVIDIA CORPORATION", "1"), third_party);
}

TEST(RpmPackage, VendorsOfFamilies) {
  EXPECT_EQ(is_rpm_vendor_of("rhel", "Red Hat, Inc."), true);
  EXPECT_EQ(is_rpm_vendor_of("rhel", "Microsoft Corporation"), false);
  EXPECT_EQ(is_rpm_vendor_of("mariner", "Microsoft Corporation"), true);
  EXPECT_EQ(is_rpm_vendor_of("almalinux", "CentOS"), false);
  EXPECT_EQ(is_rpm_vendor_of("opensuse-leap", "SUSE LLC <https://www.suse.com/>"), true);
  EXPECT_EQ(is_rpm_vendor_of("opensuse-leap", "openSUSE"), true);
  EXPECT_EQ(is_rpm_vendor_of("nobody", "Red Hat, Inc."), std::nullopt);
}

Package package(std::string vendor, std::string key) {
  Package made;
  made.repository = rpm_repository(vendor, "1.el9");
  made.maintainer = std::move(vendor);
  made.key_id = std::move(key);
  return made;
}
// "d" and "t" of each.
std::string told(std::vector<Package> packages) {
  tell_by_signatures(packages);
  std::string text;
  for (const Package& one : packages) text += one.repository == Repository::distribution ? 'd' : 't';
  return text;
}

TEST(RpmPackage, WithoutAVendorTheSignatureTells) {
  const std::string own = "199e2f91fd431d51", other = "c52feb6b621e9f35";
  EXPECT_EQ(told({package("Red Hat, Inc.", own), package("", other), package("", own), package("", "")}), "dtdd");
  EXPECT_EQ(told({package("Red Hat, Inc.", own), package("Red Hat, Inc.", other), package("", other)}), "ddd");
  EXPECT_EQ(told({package("", other), package("", own)}), "dd");                              // nothing to compare with
  EXPECT_EQ(told({package("Red Hat, Inc.", ""), package("", other)}), "dd");                  // nor here
  EXPECT_EQ(told({package("Docker", other), package("", other), package("x", own)}), "tdt");  // of no distribution
  EXPECT_EQ(told({package("Docker", other), package("Red Hat, Inc.", own), package("", other)}), "tdt");
  EXPECT_EQ(told({}), "");
}

}  // namespace
}  // namespace limpid::inventory
