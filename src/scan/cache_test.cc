#include "scan/cache.h"

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "scan/cache_prune.h"
#include "scan/scan.h"
#include "scan/testing.h"

namespace limpid::scan {
namespace {

namespace fs = std::filesystem;
using testing::Files;
using testing::kRelease;
using testing::MemoryImage;
using testing::status;

// All that a scan says, so that two can be compared.
std::string told(const Result<ScannedImage>& scanned) {
  if (!scanned) return scanned.error().describe();
  std::string text;
  for (const image::LayerDescriptor& layer : scanned->manifest.layers)
    base::append(text, {layer.digest.to_string(), " ", layer.diff_id.to_string(), " ", layer.size, " ",
                        layer.media_type, " ", layer.created_by, "\n"});
  const inventory::ImageInventory& image = scanned->inventory;
  base::append(text, {image.distribution.name_space, " ", image.distribution.location, "\n"});
  for (const inventory::Package& package : image.packages)
    base::append(text, {inventory::purl(package), " ", package.name_space, " ", package.location, " ", package.detector,
                        " ", package.layer, "\n"});
  for (const Digest& layer : image.layers) base::append(text, {layer.to_string(), "\n"});
  for (const inventory::Unread& unread : image.unread) base::append(text, {unread.path, " ", unread.wanted, "\n"});
  for (const Skipped& skipped : image.skipped)
    base::append(text,
                 {skipped.path, " ", skipped.layer, " ", base::name_of(skipped.reason), " ", skipped.detail, "\n"});
  for (const std::string& note : image.notes) base::append(text, {note, "\n"});
  return text;
}

class CacheTest : public ::testing::Test {
 protected:
  CacheOptions options() const {
    CacheOptions made;
    made.folder = temporary_.path() + "/cache";
    return made;
  }
  std::string files() const { return cache_files_folder(options().folder); }
  // A process of its own, as far as the cache is concerned.
  std::string scan(const image::ImageSource& image) const {
    LayerCache cache(options());
    return told(scan_image(image, {}, &cache));
  }
  CacheUsage usage() const { return usage_of(CacheFolder::open(files(), false).value()).value(); }

  base::TemporaryDirectory temporary_ = base::TemporaryDirectory::make("limpid-test-").value();
};

const std::vector<Files> kPlain = {{{"etc/os-release", kRelease}}, {{"var/lib/dpkg/status", status("a")}}};

// Images of which some layers are read again for what stands behind links, or that hide each other's files.
const std::vector<std::vector<Files>> kImages = {
    kPlain,
    {{{"etc/os-release", kRelease}, {"opt/db/status", status("linked")}},
     {{"usr/x", "x"}},
     {{"var/lib/dpkg", "-> ../../opt/db"}}},
    // The same lower layers, and a link of another name to the same bytes.
    {{{"etc/os-release", kRelease}, {"opt/db/status", status("linked")}},
     {{"usr/x", "x"}},
     {{"var", "/"}, {"var/lib", "/"}, {"var/lib/dpkg", "/"}, {"var/lib/dpkg/status", "-> /opt/db/status"}}},
    {{{"etc/os-release", "-> ../opt/release"}, {"opt/release", kRelease}},
     {{"opt/first", status("chain")}},
     {{"opt/second", "-> first"}, {"var/lib/dpkg/status", "-> /opt/second"}}},
    {{{"a/content", status("hard")}, {"etc/os-release", kRelease}, {"var/lib/dpkg/status", "== a/content"}}},
    {{{"etc/os-release", kRelease}, {"var/lib/dpkg/status", status("gone")}}, {{"var/lib/dpkg/.wh.status", ""}}},
    {{{"etc/os-release", kRelease}, {"var/lib/dpkg/status", status("hidden")}},
     {{"var/lib/dpkg/.wh..wh..opq", ""}, {"var/lib/dpkg/status.d/b", status("b")}}},
    {{{"etc/os-release", kRelease}},
     {{"var/lib/dpkg/status", status("a")}},
     {{"var/lib/dpkg/.wh.status", ""}},
     {{"var/lib/dpkg/status", status("a")}}},
    {{{"var/lib/dpkg/status", "-> /nowhere"}, {"etc/os-release", "-> os-release"}}},
    {{{"etc/os-release", kRelease}, {"var/lib/dpkg/status", "Package: damaged\nVersion"}}},
    {{{"x", ""}}},
};

TEST_F(CacheTest, TheResultIsTheSameWithAndWithout) {
  for (std::size_t i = 0; i < kImages.size(); ++i) {
    const MemoryImage image(kImages[i]);
    const std::string without = told(scan_image(image));
    EXPECT_EQ(scan(image), without) << "image " << i << ", cold or with what other images left";
    const int opened = image.opened();
    EXPECT_EQ(scan(image), without) << "image " << i << ", from the cache";
    EXPECT_EQ(image.opened(), opened) << "image " << i << " was read again";
  }
  // Each alone, too: what one leaves must not be what the next one needs.
  for (const std::vector<Files>& layers : kImages) {
    fs::remove_all(files());
    const MemoryImage image(layers);
    const std::string without = told(scan_image(image));
    EXPECT_EQ(scan(image), without);
    EXPECT_EQ(scan(image), without);
  }
}

TEST_F(CacheTest, ASharedLayerIsKnownInAnotherImage) {
  const MemoryImage first(kPlain);
  scan(first);
  const MemoryImage second({kPlain[0], {{"var/lib/dpkg/status", status("b")}}});
  EXPECT_NE(scan(second).find("b@1"), std::string::npos);
  EXPECT_EQ(second.opened(0), 0);
  EXPECT_EQ(second.opened(1), 1);
}

TEST_F(CacheTest, WhatTheManifestPromisesOtherwiseIsRead) {
  const MemoryImage known(kPlain);
  scan(known);
  {
    MemoryImage image(kPlain);
    image.promise(0).diff_id = base::sha256(base::as_bytes("another"));
    scan(image);
    EXPECT_EQ(image.opened(0), 1);
  }
  {
    MemoryImage image(kPlain);
    ++image.promise(0).size;
    scan(image);
    EXPECT_EQ(image.opened(0), 1);
  }
  {
    MemoryImage image(kPlain);  // the same tar in another blob: nobody has verified that it is
    image.promise(0).digest = base::sha256(base::as_bytes("another"));
    scan(image);
    EXPECT_EQ(image.opened(0), 1);
  }
  {
    MemoryImage image(kPlain);
    image.promise(0).media_type = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted";
    scan(image);
    EXPECT_EQ(image.opened(0), 1);
  }
}

TEST_F(CacheTest, WithoutDiffIdsNothingIsKept) {
  MemoryImage image(kPlain);
  for (std::size_t i = 0; i < 2; ++i) image.promise(i).diff_id = {};
  // The reader measures a diff ID all the same, as of a tar of a root: no manifest could vouch for it later.
  scan(image);
  scan(image);
  EXPECT_EQ(image.opened(), 4);
  EXPECT_TRUE(fs::is_empty(files()));
}

TEST_F(CacheTest, WithoutABlobsDigestOnlyWhatIsUncompressedIsKnown) {
  MemoryImage image(kPlain);
  for (std::size_t i = 0; i < 2; ++i) image.promise(i).digest = {};
  const std::string without = told(scan_image(image));
  EXPECT_EQ(scan(image), without);
  EXPECT_EQ(scan(image), without);
  EXPECT_EQ(image.opened(0), 3) << "its blob is not the tar itself: which one it is only reading tells";
}

// What a registry sent packed, a daemon has unpacked.
TEST_F(CacheTest, ALayerIsKnownUnpackedToo) {
  const std::uint64_t tar_size = 10'240;
  MemoryImage packed(kPlain);
  for (std::size_t i = 0; i < 2; ++i) packed.measure(i).tar_size = tar_size;
  scan(packed);
  MemoryImage unpacked(kPlain);
  for (std::size_t i = 0; i < 2; ++i) {
    image::LayerDescriptor& promise = unpacked.promise(i);
    promise.digest = {};
    promise.size = 0;
    unpacked.measure(i).digest = promise.diff_id;
    unpacked.measure(i).size = unpacked.measure(i).tar_size = tar_size;
  }
  const std::string without = told(scan_image(unpacked));
  EXPECT_EQ(scan(unpacked), without);
  EXPECT_EQ(unpacked.opened(), 2) << "only without a cache";
  unpacked.promise(0).size = tar_size + 1;  // then it is no such tar
  scan(unpacked);
  EXPECT_EQ(unpacked.opened(0), 2);
}

TEST_F(CacheTest, ALayerThatWasNotThereIsNotKept) {
  MemoryImage image(kPlain);
  image.measure(1).is_absent = true;
  for (int i = 0; i < 2; ++i) scan(image);
  EXPECT_EQ(image.opened(0), 1);
  EXPECT_EQ(image.opened(1), 2);
}

TEST_F(CacheTest, OtherLimitsAreOtherEntries) {
  const MemoryImage image(kPlain);
  scan(image);
  CacheOptions other = options();
  other.layer.links_max = 7;
  LayerCache cache(other);
  ScanOptions reading;
  reading.limits = other.layer;
  ASSERT_TRUE(scan_image(image, reading, &cache));
  EXPECT_EQ(image.opened(0), 2);
  other = options();
  other.inflate.output_max = 1 << 20;
  LayerCache second(other);
  ASSERT_TRUE(scan_image(image, {}, &second));
  EXPECT_EQ(image.opened(0), 3);
}

TEST_F(CacheTest, OnlyWhatWasVerifiedIsKept) {
  const MemoryImage image({{{"etc/os-release", kRelease}}, {{"unverified", ""}}});
  for (int i = 0; i < 2; ++i) EXPECT_NE(scan(image).find("is not what it should be"), std::string::npos);
  EXPECT_EQ(image.opened(1), 2);
  EXPECT_LE(usage().layers, 1U);
}

TEST_F(CacheTest, DamagedEntriesAreReadAnewAndReplaced) {
  const MemoryImage image(kImages[1]);
  const std::string without = told(scan_image(image));
  scan(image);
  std::vector<std::string> paths;
  for (const auto& file : fs::directory_iterator(files())) paths.push_back(file.path());
  EXPECT_GE(paths.size(), 7U);  // three layers, at least one of them read twice, and their blobs
  for (const std::string& path : paths) {
    const auto size = fs::file_size(path);
    for (int kind = 0; kind < 4; ++kind) {
      if (kind == 0) fs::resize_file(path, size / 2);
      if (kind == 1) fs::resize_file(path, 0);
      if (kind == 2)
        std::fstream(path, std::ios::in | std::ios::out).seekp(static_cast<std::streamoff>(size / 2)).put('#').put('!');
      if (kind == 3) {
        fs::remove(path);
        fs::create_symlink("/etc/passwd", path);
      }
      const int opened = image.opened();
      EXPECT_EQ(scan(image), without);
      EXPECT_EQ(image.opened(), opened + 1) << "one entry lost, one reading";
      EXPECT_EQ(fs::file_size(path), size);
      EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(path)));
    }
  }
  // One entry under the name of another.
  for (const std::string& path : paths) {
    for (const std::string& other : paths) {
      if (other == path) continue;
      fs::copy_file(other, path, fs::copy_options::overwrite_existing);
      EXPECT_EQ(scan(image), without);
    }
  }
}

TEST_F(CacheTest, AnUnusableDirectoryOnlyCostsTime) {
  const MemoryImage image(kPlain);
  const std::string without = told(scan_image(image));
  std::ofstream(options().folder) << "a file";
  EXPECT_EQ(scan(image), without);
  EXPECT_EQ(scan(image), without);
  EXPECT_EQ(image.opened(0), 3);
}

TEST_F(CacheTest, ASizeOfNothingKeepsNothing) {
  const MemoryImage image(kPlain);
  CacheOptions none = options();
  none.size_max = 0;
  LayerCache cache(none);
  ASSERT_TRUE(scan_image(image, {}, &cache));
  EXPECT_TRUE(fs::is_empty(files()));
}

TEST_F(CacheTest, StaysWithinItsSize) {
  CacheOptions small = options();
  small.size_max = 100'000;
  for (int i = 0; i < 40; ++i) {
    const MemoryImage image({{{"etc/os-release", kRelease}}, {{"var/lib/dpkg/status", status(base::cat({"p", i}))}}});
    LayerCache cache(small);
    ASSERT_TRUE(scan_image(image, {}, &cache));
    EXPECT_LE(usage().bytes, 100'000U);
  }
  EXPECT_GE(usage().layers, 5U);
}

TEST_F(CacheTest, ManyScansAtOnceReadEachLayerOnce) {
  std::vector<Files> layers = {{{"etc/os-release", kRelease}}};
  for (int i = 0; i < 20; ++i) layers.push_back({{"var/lib/dpkg/status", status(base::cat({"p", i}))}});
  const MemoryImage image(layers);
  const std::string without = told(scan_image(image));
  std::vector<std::jthread> scans;
  for (int i = 0; i < 10; ++i) scans.emplace_back([&] { EXPECT_EQ(scan(image), without); });
  scans.clear();
  for (std::size_t i = 0; i < layers.size(); ++i) EXPECT_EQ(image.opened(i), 2) << i;
}

}  // namespace
}  // namespace limpid::scan
