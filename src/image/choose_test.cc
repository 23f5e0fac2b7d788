// Which of an index's images serves a platform, and all of them: the same of a layout, where every manifest is read,
// and of a registry, where only those are fetched that are wanted.
#include "image/choose.h"

#include <gtest/gtest.h>

#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::descriptor;
using testing::digest_of;
using testing::error_of;
using testing::Folder;
using testing::hex_of;
using testing::index_of;
using testing::kIndexType;
using testing::kManifestType;
using testing::LayoutFiles;
using testing::read_whole;
using testing::Tar;

// An index of images with these platforms, each with one file that is named for it.
class Platforms {
 public:
  explicit Platforms(const std::vector<std::string>& platforms) {
    std::vector<std::string> entries;
    for (const std::string& platform : platforms) {
      const std::vector<std::string_view> parts = base::split(platform, '/');
      const std::string manifest = files_.image({Tar().file("etc/platform", platform).end()}, parts[1]);
      std::string listed = base::cat({R"(,"platform":{"os":")", parts[0], R"(","architecture":")", parts[1], "\""});
      if (parts.size() > 2) base::append(listed, {R"(,"variant":")", parts[2], "\""});
      entries.push_back(descriptor(kManifestType, manifest, listed + "}"));
      manifests_.push_back(manifest);
    }
    add_no_images(entries);
    const std::string index = index_of(entries);
    files_.blob(index);
    root_ = descriptor(kIndexType, index);
    files_.set("index.json", index_of({root_}));
  }

  LayoutFiles& files() { return files_; }
  const std::string& manifest(std::size_t index) const { return manifests_[index]; }

  // What both ways of reading come to: the digests of the images' manifests, or an error.
  Result<std::vector<std::unique_ptr<ImageSource>>> open(const std::string& platform, ImageChooser::Reading reading) {
    OpenOptions options;
    options.platform = platform;
    const std::string folder = files_.write(folder_, base::cat({"layout", count_++}));
    LIMPID_ASSIGN(std::shared_ptr<const BlobStore> store, open_directory_store(folder));
    LIMPID_ASSIGN(auto document, parse_document(files_.files()["index.json"]));
    ImageChooser chooser(store, options, reading);
    LIMPID_ASSIGN(std::unique_ptr<ImageSource> first, chooser.open(std::get<Index>(document).manifests, std::nullopt,
                                                                   [](const auto&) { return std::string("name"); }));
    auto images = first->take_others();
    images.insert(images.begin(), std::move(first));
    return images;
  }
  std::string chosen(const std::string& platform) {
    std::string both[2];
    for (const bool all : {false, true}) {
      const auto images = open(platform, all ? ImageChooser::Reading::all : ImageChooser::Reading::best_listed);
      both[all] = !images ? error_of(images) : read_whole(*images->front(), 0)->entries["etc/platform"];
      EXPECT_EQ(images ? images->size() : 1U, 1U);
    }
    EXPECT_EQ(both[0], both[1]);
    return both[0];
  }

 private:
  // BuildKit's attestations, and an artifact.
  void add_no_images(std::vector<std::string>& entries) {
    const std::string attestation = files_.image({Tar().file("x", "y").end()}, "unknown");
    entries.push_back(descriptor(kManifestType, attestation,
                                 R"(,"platform":{"os":"unknown","architecture":"unknown"},"annotations":)"
                                 R"({"vnd.docker.reference.type":"attestation-manifest"})"));
  }

  Folder folder_;
  LayoutFiles files_;
  std::vector<std::string> manifests_;
  std::string root_;
  int count_ = 0;
};

TEST(Choose, Variants) {
  Platforms all({"linux/amd64", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm64/v8", "linux/s390x"});
  EXPECT_EQ(all.chosen("linux/arm/v7"), "linux/arm/v7");
  EXPECT_EQ(all.chosen("linux/arm/v6"), "linux/arm/v6");
  EXPECT_EQ(all.chosen("linux/arm/v5"), "linux/arm/v5");
  EXPECT_EQ(all.chosen("linux/arm"), "linux/arm/v7");
  EXPECT_EQ(all.chosen("armhf"), "linux/arm/v7");
  EXPECT_EQ(all.chosen("armel"), "linux/arm/v6");
  for (const char* arm64 : {"linux/arm64/v8", "linux/arm64", "arm64", "linux/aarch64"})
    EXPECT_EQ(all.chosen(arm64), "linux/arm64/v8");
  EXPECT_EQ(all.chosen("linux/amd64/v3"), "linux/amd64");
  EXPECT_TRUE(testing::contains(all.chosen("linux/riscv64"), "no image for the platform linux/riscv64; there are: "));

  Platforms old({"linux/arm/v6", "linux/arm/v5", "linux/arm64"});
  EXPECT_EQ(old.chosen("linux/arm/v7"), "linux/arm/v6");
  EXPECT_EQ(old.chosen("linux/arm64/v8"), "linux/arm64");
  EXPECT_EQ(old.chosen("linux/arm64/v9"), "linux/arm64");
}

TEST(Choose, TheIndexTellsTheVariant) {
  Platforms arms({"linux/arm/v6", "linux/arm/v7", "linux/arm64/v8"});
  const auto images = arms.open(std::string(kAllPlatforms), ImageChooser::Reading::best_listed);
  ASSERT_TRUE(images) << error_of(images);
  std::vector<std::string> platforms;
  for (const auto& image : *images) platforms.push_back(to_string(image->manifest().platform));
  EXPECT_EQ(platforms, (std::vector<std::string>{"linux/arm/v6", "linux/arm/v7", "linux/arm64/v8"}));
}

TEST(Choose, AllPlatforms) {
  const std::vector<std::string> platforms{"linux/amd64", "linux/arm/v7", "linux/s390x", "windows/amd64"};
  Platforms all(platforms);
  for (const auto reading : {ImageChooser::Reading::all, ImageChooser::Reading::best_listed}) {
    const auto images = all.open("all", reading);
    ASSERT_TRUE(images) << error_of(images);
    ASSERT_EQ(images->size(), platforms.size());
    for (std::size_t i = 0; i < platforms.size(); ++i) {
      const ImageSource& image = *(*images)[i];
      EXPECT_EQ(image.manifest().digest.to_string(), digest_of(all.manifest(i)));
      EXPECT_EQ(image.manifest().name, "name");
      auto layer = read_whole(image, 0);
      ASSERT_TRUE(layer) << error_of(layer);
      EXPECT_EQ(layer->entries["etc/platform"], platforms[i]);
    }
  }
}

TEST(Choose, APartIsNotAllPlatforms) {
  Platforms some({"linux/amd64", "linux/arm64"});
  some.files().files().erase("blobs/sha256/" + hex_of(some.manifest(1)));
  EXPECT_EQ(some.chosen("linux/amd64"), "linux/amd64");
  for (const auto reading : {ImageChooser::Reading::all, ImageChooser::Reading::best_listed}) {
    const auto images = some.open("all", reading);
    ASSERT_FALSE(images);
    EXPECT_EQ(images.error().code(), Code::not_found);
    EXPECT_CONTAINS(error_of(images), hex_of(some.manifest(1)));
  }
}

}  // namespace
}  // namespace limpid::image
