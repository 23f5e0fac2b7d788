// Applications of flatpak: which release is there, and which of the files counts.
#include <gtest/gtest.h>

#include "inventory/merge.h"
#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

using testing::file;
using testing::read_files;

constexpr std::string_view kApp = "var/lib/flatpak/app/org.z.Foo/x86_64/stable/0123/";

std::string version_of(std::string_view releases,
                       std::string_view path = "export/share/metainfo/org.z.Foo.metainfo.xml") {
  const std::vector<LayerInventory> layers = {read_files({file(
      base::cat({kApp, path}), base::cat({"<component><id>org.z.Foo</id><provides><id>other</id></provides><releases>",
                                          releases, "</releases></component>"}))})};
  const auto image = merge_layers(layers);
  EXPECT_TRUE(image.skipped.empty());
  if (image.packages.empty()) return "";
  EXPECT_EQ(image.packages[0].name, "org.z.Foo");
  EXPECT_EQ(image.packages[0].ecosystem, "Flatpak");
  return image.packages[0].version;
}

TEST(Flatpak, TheNewestRelease) {
  EXPECT_EQ(version_of("<release version='2.1' date='2024-05-02'/><release version='2.0' date='2023-05-02'/>"), "2.1");
  EXPECT_EQ(version_of("<release version='2.0' date='2023-05-02'/><release version='2.1' date='2024-05-02'/>"), "2.1");
  EXPECT_EQ(version_of("<release version='3'/><release version='2'/>"), "3");
  EXPECT_EQ(version_of("<release date='2024-05-02'/>"), "");
  EXPECT_EQ(version_of(""), "");
}

TEST(Flatpak, OnlyWhatIsExported) {
  EXPECT_EQ(version_of("<release version='2'/>", "files/share/metainfo/org.z.Foo.metainfo.xml"), "");
  const std::vector<LayerInventory> elsewhere = {
      read_files({file("usr/share/metainfo/a.metainfo.xml", "<component><id>a</id></component>")})};
  EXPECT_TRUE(elsewhere[0].evidence.empty());
}

TEST(Flatpak, DamagedFilesAreTold) {
  const std::string path = base::cat({kApp, "export/share/metainfo/a.metainfo.xml"});
  for (const auto* bad : {"", "<component>", "<a></b>", "no xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><component/>"}) {
    const std::vector<LayerInventory> layers = {read_files({file(path, bad)})};
    const auto image = merge_layers(layers);
    ASSERT_EQ(image.skipped.size(), 1u) << bad;
    EXPECT_EQ(image.skipped[0].path, path);
  }
}

}  // namespace
}  // namespace limpid::inventory
