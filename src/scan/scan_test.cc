#include "scan/scan.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "scan/testing.h"

namespace limpid::scan {
namespace {

using testing::Files;
using testing::kRelease;
using testing::MemoryImage;
using testing::status;

TEST(Scan, ReadsEveryLayerOnManyThreads) {
  std::vector<Files> layers = {{{"etc/os-release", kRelease}}};
  std::string database;
  for (int i = 0; i < 40; ++i) {
    database += status(base::cat({"p", i}));
    layers.push_back({{"var/lib/dpkg/status", database}});
  }
  const MemoryImage image(layers);
  const auto scanned = scan_image(image, {.threads = 8, .distribution = {}, .limits = {}});
  ASSERT_TRUE(scanned) << scanned.error().describe();
  EXPECT_EQ(scanned->inventory.packages.size(), 40U);
  for (const auto& package : scanned->inventory.packages) EXPECT_EQ(package.name, base::cat({"p", package.layer - 1}));
}

TEST(Scan, ALayerThatStandsTwiceIsReadOnce) {
  const Files database = {{"var/lib/dpkg/status", status("a")}};
  const MemoryImage image({{{"etc/os-release", kRelease}}, database, {{"var/lib/dpkg/.wh.status", ""}}, database});
  const auto scanned = scan_image(image);
  ASSERT_TRUE(scanned);
  EXPECT_EQ(image.opened(1) + image.opened(3), 1);
  ASSERT_EQ(scanned->inventory.packages.size(), 1U);
  EXPECT_EQ(scanned->inventory.packages[0].layer, 3U);
}

TEST(Scan, AFileBehindALinkIsReadInASecondPass) {
  const MemoryImage image({{{"etc/os-release", kRelease}, {"opt/db/status", status("linked")}},
                           {{"usr/x", "x"}},
                           {{"var/lib/dpkg", "-> ../../opt/db"}}});
  const auto scanned = scan_image(image);
  ASSERT_TRUE(scanned);
  ASSERT_EQ(scanned->inventory.packages.size(), 1U);
  EXPECT_EQ(scanned->inventory.packages[0].name, "linked");
  EXPECT_EQ(scanned->inventory.packages[0].location, "var/lib/dpkg/status");
  EXPECT_EQ(image.opened(0), 2);
}

TEST(Scan, OneBadLayerFailsTheWhole) {
  for (const unsigned threads : {1U, 4U}) {
    MemoryImage image({{{"etc/os-release", kRelease}}, {{"broken", ""}}, {{"var/lib/dpkg/status", status("a")}}});
    image.promise(1).digest = {};
    const auto scanned = scan_image(image, {.threads = threads, .distribution = {}, .limits = {}});
    ASSERT_FALSE(scanned);
    EXPECT_EQ(scanned.error().describe(), "layer 2 of 3: diff ID is not what it should be");
  }
}

TEST(Scan, EndsWhenItIsCancelled) {
  const MemoryImage image({{{"etc/os-release", kRelease}}, {{"var/lib/dpkg/status", status("a")}}});
  const std::atomic<bool> cancel = true;
  ScanOptions options;
  options.cancel = &cancel;
  const auto scanned = scan_image(image, options);
  ASSERT_FALSE(scanned);
  EXPECT_EQ(scanned.error().code(), Code::cancelled);
  EXPECT_EQ(image.opened(0) + image.opened(1), 0);
}

TEST(Scan, TellsHowFarItIs) {
  class Told final : public Progress {
   public:
    void image_begins(const image::Manifest& manifest) override {
      base::append(text, {"image ", manifest.layers.size()});
    }
    void layer_known(std::size_t index) override { base::append(text, {" known ", index}); }
    void layer_done(std::size_t index) override { base::append(text, {" done ", index}); }
    std::shared_ptr<image::ReadCounters> layer_begins(const image::LayerDescriptor&) override { return nullptr; }
    std::string text;
  };
  const Files database = {{"var/lib/dpkg/status", status("a")}};
  const MemoryImage image({{{"etc/os-release", kRelease}}, database, database});
  const auto folder = base::TemporaryDirectory::make("limpid-progress-");
  CacheOptions cache_options;
  cache_options.folder = folder->path();
  const auto told = [&](LayerCache* cache) {
    Told progress;
    ScanOptions options;
    options.threads = 1;
    options.progress = &progress;
    EXPECT_TRUE(scan_image(image, options, cache));
    return progress.text;
  };
  // The larger one is read first, and the one that stands there twice once.
  EXPECT_EQ(told(nullptr), "image 3 done 1 done 0");
  LayerCache cache(cache_options);
  EXPECT_EQ(told(&cache), "image 3 done 1 done 0");
  EXPECT_EQ(told(&cache), "image 3 known 1 known 0");
}

}  // namespace
}  // namespace limpid::scan
