#include <gtest/gtest.h>

#include "inventory/merge.h"
#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

using testing::file;
using testing::read_files;

constexpr const char* kOsRelease = "ID=arch\nBUILD_ID=rolling\n";
std::string desc(std::string_view name, std::string_view version, std::string_view base_name = "") {
  std::string text = base::cat({"%NAME%\n", name, "\n\n%VERSION%\n", version, "\n\n"});
  if (!base_name.empty()) base::append(text, {"%BASE%\n", base_name, "\n\n"});
  return text +
         "%ARCH%\nx86_64\n\n%PACKAGER%\nA <a@archlinux.org>\n\n%LICENSE%\nMIT\nBSD\n\n%PROVIDES%\n%NAME%\nother\n";
}

TEST(Alpm, FillsAPackage) {
  const LayerInventory layer = read_files(
      {file("etc/os-release", kOsRelease),
       file("var/lib/pacman/local/gcc-libs-1:14.1-1/desc", desc("gcc-libs", "1:14.1-1", "gcc")),
       file("x/var/lib/pacman/local/a-1-1/desc", desc("a", "1-1")), file("usr/share/desc", desc("no-package", "1-1")),
       file("varlib/pacman/local/a-1-1/desc", desc("no-package", "1-1")),
       file("var/lib/pacman/local/broken-1-1/desc", "%NAME%\n\n%VERSION%\n1\n")});
  const auto image = merge_layers({&layer, 1});
  ASSERT_EQ(image.packages.size(), 2U);
  EXPECT_EQ(image.packages[0].name_space, "");  // another root, of no known distribution
  const Package& p = image.packages[1];
  EXPECT_EQ(purl(p), "pkg:alpm/arch/gcc-libs@1%3A14.1-1?arch=x86_64&distro=arch&upstream=gcc");
  EXPECT_EQ(p.licenses, (std::vector<std::string>{"MIT", "BSD"}));
  EXPECT_EQ(p.maintainer, "A <a@archlinux.org>");
  EXPECT_EQ(p.scheme, version::Scheme::pacman);
  ASSERT_EQ(image.skipped.size(), 1U);
  EXPECT_EQ(image.skipped[0].path, "var/lib/pacman/local/broken-1-1/desc");
}

TEST(Opkg, IsReadAsDpkgs) {
  const LayerInventory layer =
      read_files({file("etc/openwrt_release", "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='23.05.2'\n"),
                  file("usr/lib/opkg/status",
                       "Package: ubus\nVersion: 2023.1-r1\nStatus: install user installed\n"
                       "Architecture: x86_64\n\n")});
  const auto image = merge_layers({&layer, 1});
  ASSERT_EQ(image.packages.size(), 1U);
  EXPECT_EQ(image.packages[0].name_space, "openwrt:23.05.2");
  EXPECT_TRUE(purl(image.packages[0]).starts_with("pkg:opkg/openwrt/ubus@2023.1-r1?"));
}

}  // namespace
}  // namespace limpid::inventory
