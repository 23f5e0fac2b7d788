#include "scan/scan.h"

#include <thread>

#include <gtest/gtest.h>

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

// Layer 0 waits until it gets a spare thread, which there is only once the other reader has nothing left to do.
class PatientImage final : public MemoryImage {
 public:
  using MemoryImage::MemoryImage;
  Result<std::unique_ptr<image::LayerReader>> open_layer(std::size_t index) const override {
    LIMPID_ASSIGN(auto reader, MemoryImage::open_layer(index));
    if (index != 0) return reader;
    return std::make_unique<PatientReader>(std::move(reader), *this);
  }
  mutable std::size_t read_before = 0;  // layers that had been opened when the thread was there

 private:
  class PatientReader final : public image::LayerReader {
   public:
    PatientReader(std::unique_ptr<image::LayerReader> reader, const PatientImage& image)
        : reader_(std::move(reader)), image_(image) {}
    void may_use(base::SpareThreads& spare) override { spare_ = &spare; }
    archive::EntryReader& entries() override {
      while (!spare_->take()) std::this_thread::yield();
      image_.read_before = static_cast<std::size_t>(image_.opened());
      return reader_->entries();
    }
    Result<image::LayerDescriptor> finish() override {
      spare_->give();
      return reader_->finish();
    }

   private:
    std::unique_ptr<image::LayerReader> reader_;
    const PatientImage& image_;
    base::SpareThreads* spare_ = nullptr;
  };
};

TEST(Scan, ThreadsWithoutALayerHelpTheOthers) {
  const Files big = {{"etc/os-release", kRelease}, {"usr/big", std::string(10'000, 'b')}};
  const PatientImage several({big, {{"a", "a"}}, {{"b", "b"}}, {{"c", "c"}}});
  ASSERT_TRUE(scan_image(several, {.threads = 2, .distribution = {}, .limits = {}}));
  EXPECT_EQ(several.read_before, 4U);
  const PatientImage alone({big});
  ASSERT_TRUE(scan_image(alone, {.threads = 2, .distribution = {}, .limits = {}}));
  EXPECT_EQ(alone.read_before, 1U);
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

}  // namespace
}  // namespace limpid::scan
