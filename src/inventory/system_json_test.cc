// The JSON lists of Container-Optimized OS and Bottlerocket.
#include <gtest/gtest.h>

#include "inventory/merge.h"
#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

using testing::file;
using testing::read_files;

ImageInventory image_of(std::vector<testing::MemoryEntry> entries) {
  const std::vector<LayerInventory> layers = {read_files(std::move(entries))};
  return merge_layers(layers);
}

constexpr const char* kCos = R"({"installedPackages":[{"category":"sys-libs","name":"zlib","version":"17162.336.17",
"ebuild_version":"1.2.11-r5"},{"category":"x","name":"no version"},7],"buildTimePackages":[{"name":"a","version":"1"}]})";

TEST(Cos, InstalledPackages) {
  const auto image =
      image_of({file("etc/os-release", "ID=cos\nVERSION_ID=97\n"), file("etc/cos-package-info.json", kCos)});
  ASSERT_EQ(image.packages.size(), 1u);
  const Package& p = image.packages[0];
  EXPECT_EQ(p.name_space, "cos:97");
  EXPECT_EQ(p.source_name, "sys-libs/zlib");
  EXPECT_EQ(p.source_version, "1.2.11-r5");
  EXPECT_EQ(purl(p), "pkg:cos/cos/zlib@17162.336.17?distro=cos-97&upstream=sys-libs%2Fzlib%401.2.11-r5");
  EXPECT_EQ(image.skipped.size(), 1u);
}

constexpr const char* kBottlerocket =
    R"({"Content":[{"Name":"glibc","Publisher":"bottlerocket-core-kit","Version":"2.43",
"Release":"1.17.br1","Epoch":"1","Architecture":"x86_64"},{"Name":"coreutils","Version":"9.10","Release":"1.br1","Epoch":"0"},
{"Name":"","Version":"1"}]})";

TEST(Bottlerocket, Inventory) {
  const auto image =
      image_of({file("usr/lib/os-release", "ID=bottlerocket\nVERSION_ID=1.34.0\n"),
                file("usr/share/bottlerocket/application-inventory.json", kBottlerocket),
                file("x86_64-bottlerocket-linux-gnu/sys-root/usr/share/bottlerocket/application-inventory.json",
                     R"({"Content":[{"Name":"other","Version":"1"}]})")});
  ASSERT_EQ(image.packages.size(), 3u);
  EXPECT_EQ(image.packages[0].name, "other");  // of a root of its own
  EXPECT_EQ(image.packages[0].name_space, "");
  EXPECT_EQ(image.packages[1].version, "9.10-1.br1");
  const Package& p = image.packages[2];
  EXPECT_EQ(p.version, "1:2.43-1.17.br1");
  EXPECT_EQ(p.name_space, "bottlerocket:1.34.0");
  EXPECT_EQ(p.maintainer, "bottlerocket-core-kit");
  EXPECT_EQ(p.scheme, version::Scheme::rpm);
  EXPECT_EQ(image.skipped.size(), 1u);
}

TEST(SystemJson, DamagedListsAreTold) {
  for (const auto* path : {"etc/cos-package-info.json", "usr/share/bottlerocket/application-inventory.json"}) {
    for (const std::string& bad : {std::string(), std::string("[]"), std::string("{}"), std::string("{\"Content\":{}}"),
                                   std::string("{\"installedPackages\":[{\"name\":"), std::string(100'000, '[')}) {
      const auto image = image_of({file(path, bad)});
      EXPECT_TRUE(image.packages.empty());
      ASSERT_EQ(image.skipped.size(), 1u) << path << ' ' << bad.substr(0, 30);
      EXPECT_EQ(image.skipped[0].path, path);
    }
  }
}

}  // namespace
}  // namespace limpid::inventory
