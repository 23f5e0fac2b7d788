// Gentoo's packages: names and versions, the files that make one package together, upgrades in a later layer.
#include <gtest/gtest.h>

#include "inventory/merge.h"
#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

using testing::file;
using testing::read_files;

ImageInventory merged(const std::vector<LayerInventory>& layers) { return merge_layers(layers); }

TEST(Portage, SeveralFilesMakeOnePackage) {
  const auto image = merged({read_files({
      file("etc/os-release", "ID=gentoo\nVERSION_ID=2.15\n"),
      file("var/db/pkg/dev-lang/python-3.12.3-r1/PF", "python-3.12.3-r1\n"),
      file("var/db/pkg/dev-lang/python-3.12.3-r1/SLOT", "3.12/3.12\n"),
      file("var/db/pkg/dev-lang/python-3.12.3-r1/LICENSE", "PSF-2\n"),
      file("var/db/pkg/dev-lang/python-3.12.3-r1/CHOST", "x86_64-pc-linux-gnu\n"),
      file("var/db/pkg/dev-lang/python-3.12.3-r1/repository", "gentoo\n"),
      file("var/db/pkg/dev-lang/python-3.12.3-r1/CONTENTS",
           "dir /etc\nobj /etc/os-release 0123 1\nobj /usr/bin/python 0123 1\nsym /a -> b 1\n"),
      file("var/db/pkg/dev-lang/python-2.7.18/SLOT", "2.7\n"),
      file("var/db/pkg/app-x/font-misc-1_p2/repository", "local-overlay\n"),
  })});
  ASSERT_EQ(image.packages.size(), 3u);
  const Package& font = image.packages[0];
  EXPECT_EQ(font.name, "app-x/font-misc");
  EXPECT_EQ(font.version, "1_p2");
  EXPECT_EQ(font.repository, Repository::third_party);
  EXPECT_EQ(image.packages[1].version, "2.7.18");
  EXPECT_EQ(image.packages[1].module, "2.7");
  const Package& p = image.packages[2];
  EXPECT_EQ(p.name, "dev-lang/python");
  EXPECT_EQ(p.version, "3.12.3-r1");
  EXPECT_EQ(p.module, "3.12");
  EXPECT_EQ(p.arch, "amd64");
  EXPECT_EQ(p.licenses, std::vector<std::string>{"PSF-2"});
  EXPECT_EQ(p.owned, std::vector<std::string>{"etc/os-release"});
  EXPECT_EQ(p.name_space, "gentoo");
  EXPECT_EQ(p.repository, Repository::distribution);
  EXPECT_EQ(p.scheme, version::Scheme::portage);
  EXPECT_EQ(purl(p), "pkg:ebuild/dev-lang/python@3.12.3-r1?arch=amd64&distro=gentoo");
  EXPECT_TRUE(image.skipped.empty());
}

TEST(Portage, NamesAndVersions) {
  const auto image = merged({read_files({
      file("var/db/pkg/a/b-c-1.0-r10/SLOT", "0\n"),
      file("var/db/pkg/a/font-7x13-2.0/SLOT", "0\n"),
      file("var/db/pkg/a/live-9999/SLOT", "0\n"),
      file("rootfs/var/db/pkg/a/other-1/SLOT", "0\n"),
      file("var/db/pkg/a/-MERGING-b-2/SLOT", "0\n"),
      file("var/db/pkg/a/noversion/SLOT", "0\n"),
      file("var/db/pkg/a/-1/SLOT", "0\n"),
      file("var/db/pkg/SLOT", "0\n"),
      file("usr/share/x-1/SLOT", "0\n"),
      file("varr/db/pkg/a/b-1/SLOT", "0\n"),
  })});
  std::string names;
  for (const Package& p : image.packages) base::append(names, {p.name, " ", p.version, ", "});
  EXPECT_EQ(names, "a/b-c 1.0-r10, a/font-7x13 2.0, a/live 9999, a/other 1, ");
  ASSERT_EQ(image.skipped.size(), 2u);
  EXPECT_EQ(image.skipped[0].path, "var/db/pkg/a/-1/SLOT");
  EXPECT_EQ(image.skipped[1].path, "var/db/pkg/a/noversion/SLOT");
}

TEST(Portage, AnUpgradeIsNoDeletedDatabase) {
  auto upgrade = read_files({file("var/db/pkg/a/b-2/SLOT", "0\n")});
  upgrade.whiteouts = {"var/db/pkg/a/b-1"};
  const auto base_layer = read_files({file("var/db/pkg/a/b-1/SLOT", "0\n"), file("var/db/pkg/a/c-1/SLOT", "0\n")});
  const auto image = merged({base_layer, upgrade});
  ASSERT_EQ(image.packages.size(), 2u);
  EXPECT_EQ(image.packages[0].version, "2");
  EXPECT_EQ(image.packages[0].layer, 1u);
  EXPECT_EQ(image.packages[1].layer, 0u);
  EXPECT_TRUE(image.skipped.empty());

  LayerInventory all_gone;
  all_gone.whiteouts = {"var/db/pkg"};
  EXPECT_EQ(merged({base_layer, all_gone}).skipped.size(), 2u);
}

}  // namespace
}  // namespace limpid::inventory
