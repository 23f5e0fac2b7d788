#include "scan/scan.h"

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>

#include <gtest/gtest.h>

namespace limpid::scan {
namespace {

using Files = std::map<std::string, std::string>;

// Layers in memory, so that what is tested is which layers are read, how often, and on which threads.
class MemoryReader : public image::LayerReader, public archive::EntryReader {
 public:
  MemoryReader(const Files& files, image::LayerDescriptor descriptor)
      : files_(files), next_(files.begin()), descriptor_(std::move(descriptor)) {}

  archive::EntryReader& entries() override { return *this; }
  Result<image::LayerDescriptor> finish() override { return descriptor_; }

  Result<const archive::Entry*> next() override {
    if (next_ == files_.end()) return nullptr;
    entry_ = {};
    entry_.path = next_->first;
    std::string_view text = next_->second;
    if (base::strip_prefix(text, "-> ")) {
      entry_.type = archive::EntryType::symlink;
      entry_.link_target = std::string(text);
      text = {};
    }
    entry_.size = text.size();
    rest_ = text;
    ++next_;
    return &entry_;
  }
  Result<Bytes> content() override { return base::as_bytes(std::exchange(rest_, {})); }
  const SkippedList& skipped() const override { return skipped_; }

 private:
  const Files& files_;
  Files::const_iterator next_;
  image::LayerDescriptor descriptor_;
  archive::Entry entry_;
  std::string_view rest_;
  SkippedList skipped_;
};

class MemoryImage : public image::ImageSource {
 public:
  explicit MemoryImage(std::vector<Files> layers) : layers_(std::move(layers)), opened_(layers_.size()) {
    for (const Files& files : layers_) {
      std::string all;
      for (const auto& [path, text] : files) all += path + "\n" + text + "\n";
      image::LayerDescriptor descriptor;
      descriptor.diff_id = base::sha256(base::as_bytes(all));
      descriptor.size = all.size();
      manifest_.layers.push_back(descriptor);
    }
  }
  const image::Manifest& manifest() const override { return manifest_; }
  Result<std::unique_ptr<image::LayerReader>> open_layer(std::size_t index) const override {
    ++opened_[index];
    if (layers_[index].contains("broken")) return fail(Code::mismatch, {"diff ID is not what it should be"});
    return std::make_unique<MemoryReader>(layers_[index], manifest_.layers[index]);
  }
  int opened(std::size_t index) const { return opened_[index]; }

 private:
  std::vector<Files> layers_;
  mutable std::vector<std::atomic<int>> opened_;
  image::Manifest manifest_;
};

const std::string kRelease = "ID=debian\nVERSION_ID=12\n";
std::string status(std::string_view name) {
  return base::cat({"Package: ", name, "\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n"});
}

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
    const MemoryImage image({{{"etc/os-release", kRelease}}, {{"broken", ""}}, {{"var/lib/dpkg/status", status("a")}}});
    const auto scanned = scan_image(image, {.threads = threads, .distribution = {}, .limits = {}});
    ASSERT_FALSE(scanned);
    EXPECT_EQ(scanned.error().describe(), "layer 2 of 3: diff ID is not what it should be");
  }
}

}  // namespace
}  // namespace limpid::scan
