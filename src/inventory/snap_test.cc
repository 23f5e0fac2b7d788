// Snaps: what they are, and the packages of Ubuntu's in them.
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

constexpr const char* kManifest = R"(name: zfoo
version: '1'
base: core22
architectures:
- amd64
parts:
  web:
    plugin: nil
    stage-packages: [curl=7.81.0-1ubuntu1.16, wget]
primed-stage-packages:
- libc6=2.35-0ubuntu3.1
- libc6:i386=2.35-0ubuntu3.1
- libc6=2.35-0ubuntu3.1
- 'bad name=1'
)";

TEST(Snap, ItselfAndItsPackages) {
  const auto image = image_of({file("etc/os-release", "ID=debian\nVERSION_ID=12\n"),
                               file("snap/zfoo/1/meta/snap.yaml", "name: zfoo\nversion: '1'\narchitectures: [amd64]\n"),
                               file("snap/zfoo/1/snap/manifest.yaml", kManifest)});
  ASSERT_EQ(image.packages.size(), 3u);
  EXPECT_EQ(image.packages[0].ecosystem, "Snap");
  EXPECT_EQ(image.packages[0].name_space, "snap");
  EXPECT_EQ(purl(image.packages[0]), "pkg:snap/zfoo@1");
  EXPECT_EQ(image.packages[0].arch, "amd64");
  EXPECT_EQ(purl(image.packages[1]), "pkg:deb/ubuntu/libc6@2.35-0ubuntu3.1?arch=amd64&distro=ubuntu-22.04");
  EXPECT_EQ(image.packages[2].arch, "i386");
  ASSERT_EQ(image.skipped.size(), 1u);
  EXPECT_EQ(image.skipped[0].path, "snap/zfoo/1/snap/manifest.yaml");
}

TEST(Snap, WithoutPrimedPackagesThoseThatWereAskedFor) {
  const auto image =
      image_of({file("snap/manifest.yaml",
                     "name: a\nbase: core18\nparts:\n  x:\n    stage-packages:\n    - curl=7.58.0-2\n    - wget\n")});
  ASSERT_EQ(image.packages.size(), 1u);
  EXPECT_EQ(image.packages[0].name, "curl");
  EXPECT_EQ(image.packages[0].name_space, "ubuntu:18.04");
}

TEST(Snap, ABaseSnapHasAnOsReleaseOfItsOwn) {
  const auto image = image_of({file("snap/core22/9/etc/os-release", "ID=ubuntu\nVERSION_ID=\"22.04\"\n"),
                               file("snap/core22/9/usr/share/snappy/dpkg.yaml", "packages:\n- zlib1g=1:1.2.11\n")});
  ASSERT_EQ(image.packages.size(), 1u);
  EXPECT_EQ(image.packages[0].version, "1:1.2.11");
  EXPECT_EQ(image.packages[0].name_space, "ubuntu:22.04");
  EXPECT_EQ(image.distribution.name_space, "");
}

TEST(Snap, HostileYaml) {
  std::string deep;
  for (int i = 0; i < 2'000; ++i) deep += '[';
  for (const std::string& bad : {std::string("a: &x [1]\nb: *x\n"), std::string("a: [\n"), "name: " + deep,
                                 std::string("? [a]\n: b\n"), std::string("\xff\xfe\x01")}) {
    const auto image = image_of({file("meta/snap.yaml", bad)});
    EXPECT_TRUE(image.packages.empty());
    EXPECT_EQ(image.skipped.size(), 1u) << bad.substr(0, 20);
  }
}

}  // namespace
}  // namespace limpid::inventory
