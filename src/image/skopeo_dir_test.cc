#include "image/skopeo_dir.h"

#include <gtest/gtest.h>

#include "image/source.h"
#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::descriptor;
using testing::error_of;
using testing::Folder;
using testing::hex_of;
using testing::index_of;
using testing::kManifestType;
using testing::LayoutFiles;
using testing::read_whole;
using testing::Tar;

// The files of a layout under the names that skopeo gives them.
class SkopeoDir : public ::testing::Test {
 protected:
  SkopeoDir() : manifest_(files_.image({Tar().file("etc/a", "alpha").end()})) {
    folder_.write("image/version", "Directory Transport Version: 1.1\n");
    for (const auto& [name, bytes] : files_.files())
      if (name.starts_with("blobs/")) folder_.write("image/" + name.substr(name.rfind('/') + 1), bytes);
  }
  auto open(const std::string& platform = {}) const {
    OpenOptions options;
    options.platform = platform;
    return open_image(folder_.path("image"), options);
  }

  Folder folder_;
  LayoutFiles files_;
  std::string manifest_;
};

TEST_F(SkopeoDir, IsRecognisedAndRead) {
  folder_.write("image/manifest.json", manifest_);
  const auto image = open();
  ASSERT_TRUE(image) << error_of(image);
  EXPECT_EQ((*image)->manifest().digest.hex(), hex_of(manifest_));
  EXPECT_EQ((*image)->manifest().name, folder_.path("image"));
  const auto whole = read_whole(**image, 0);
  ASSERT_TRUE(whole) << error_of(whole);
  EXPECT_EQ(whole->entries.at("etc/a"), "alpha");
}

TEST_F(SkopeoDir, ManifestsOfAnIndexStandUnderNamesOfTheirOwn) {
  folder_.write(
      "image/manifest.json",
      index_of({descriptor(kManifestType, manifest_, R"(,"platform":{"os":"linux","architecture":"s390x"})")}));
  EXPECT_CONTAINS(error_of(open()), hex_of(manifest_) + ".manifest.json");
  folder_.write("image/" + hex_of(manifest_) + ".manifest.json", manifest_);
  const auto image = open("linux/s390x");
  ASSERT_TRUE(image) << error_of(image);
  EXPECT_TRUE(read_whole(**image, 0));
}

TEST_F(SkopeoDir, WhatIsDamagedIsNamed) {
  folder_.write("image/manifest.json", "{");
  EXPECT_CONTAINS(error_of(open()), "manifest");
  folder_.write("image/manifest.json", manifest_ + " ");
  EXPECT_TRUE(open());  // nothing promises the manifest's own digest
  folder_.write("image/version", "1");
  const auto other = open();  // a root file system then, without anything
  ASSERT_TRUE(other);
  EXPECT_TRUE((*other)->manifest().digest.empty());
}

}  // namespace
}  // namespace limpid::image
