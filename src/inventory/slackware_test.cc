// Slackware's packages by the names of their files.
#include <gtest/gtest.h>

#include "inventory/merge.h"
#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

using testing::file;
using testing::read_files;

TEST(Slackware, Packages) {
  const std::string text = "PACKAGE NAME:     xz-5.2.5\nFILE LIST:\n./\n";
  const std::vector<LayerInventory> layers = {read_files({
      file("etc/slackware-version", "Slackware 15.0\n"),
      file("var/lib/pkgtools/packages/aaa_glibc-solibs-2.33-x86_64-5", text),
      file("var/lib/pkgtools/packages/xz-5.2.5-x86_64-4_slack15.0", text),
      file("var/lib/pkgtools/packages/odd-1", text),
      file("var/lib/pkgtools/packages/README-1-x-1", "no package"),
      file("var/log/packages/zlib-1.2.8-i486-1", text),
  })};
  const auto image = merge_layers(layers);
  ASSERT_EQ(image.packages.size(), 3u);
  EXPECT_EQ(image.packages[0].name, "aaa_glibc-solibs");
  EXPECT_EQ(image.packages[0].version, "2.33-5");
  EXPECT_EQ(image.packages[1].version, "5.2.5-4_slack15.0");
  EXPECT_EQ(image.packages[1].arch, "x86_64");
  EXPECT_EQ(image.packages[2].name_space, "slackware:15.0");
  ASSERT_EQ(image.skipped.size(), 1u);
  EXPECT_EQ(image.skipped[0].path, "var/lib/pkgtools/packages/odd-1");
}

}  // namespace
}  // namespace limpid::inventory
