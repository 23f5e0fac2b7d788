// A layout inside a tar; what is in a layout is oci_layout_test's.
#include <gtest/gtest.h>

#include "image/source.h"
#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::descriptor;
using testing::error_of;
using testing::Folder;
using testing::gzip;
using testing::hex_of;
using testing::index_of;
using testing::LayoutFiles;
using testing::read_whole;
using testing::Tar;

const std::string kLayer = Tar().file("a", std::string(300'000, 'a')).end();

TEST(OciArchive, IsALayoutInATar) {
  const Folder folder;
  LayoutFiles files;
  const std::string manifest = files.image({kLayer, kLayer});
  files.set("index.json", index_of({descriptor(testing::kManifestType, manifest)}));
  for (const std::string& bytes : {files.tar(), gzip(files.tar())}) {
    const auto image = open_oci_archive(folder.write("o.tar", bytes), {}, {});
    ASSERT_TRUE(image) << error_of(image);
    EXPECT_EQ((*image)->manifest().digest.to_string(), testing::digest_of(manifest));
    for (const std::size_t index : {0U, 1U}) {
      const auto whole = read_whole(**image, index);
      ASSERT_TRUE(whole) << error_of(whole);
      EXPECT_EQ(whole->entries.at("a").size(), 300'000U);
    }
  }
}

TEST(OciArchive, VerifiesWhatItReads) {
  const Folder folder;
  LayoutFiles files;
  const std::string manifest = files.image({kLayer});
  files.set("index.json", index_of({descriptor(testing::kManifestType, manifest)}));
  const std::string layer = "blobs/sha256/" + hex_of(gzip(kLayer));
  std::string changed = gzip(kLayer);
  changed[4] = '\1';  // the time in gzip's header, which no check sum covers
  files.set(layer, changed);
  const auto image = open_oci_archive(folder.write("o.tar", files.tar()), {}, {});
  ASSERT_TRUE(image) << error_of(image);
  const auto whole = read_whole(**image, 0);
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code(), Code::mismatch);
  files.set("blobs/sha256/" + hex_of(manifest), manifest + " ");
  EXPECT_EQ(open_oci_archive(folder.write("o.tar", files.tar()), {}, {}).error().code(), Code::mismatch);
  files.files().erase("oci-layout");
  EXPECT_CONTAINS(error_of(open_oci_archive(folder.write("o.tar", files.tar()), {}, {})), "oci-layout is missing");
}

}  // namespace
}  // namespace limpid::image
