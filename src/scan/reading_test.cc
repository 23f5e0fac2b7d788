// What is read by a table of contents is what the tar says: the full reading is the oracle.
#include "scan/reading.h"

#include <random>

#include <gtest/gtest.h>

#include "image/testing.h"
#include "image/toc_testing.h"
#include "inventory/stored.h"
#include "scan/scan.h"

namespace limpid::scan {
namespace {

using image::testing::Folder;
using image::testing::LayoutFiles;
using image::testing::PackedLayer;
using image::testing::TocFile;

const std::string kRelease = "ID=debian\nVERSION_ID=12\n";
std::string status(std::string_view name) {
  return base::cat({"Package: ", name, "\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n"});
}
std::string noise(std::size_t size, std::mt19937& random) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// An image of these layers in a layout of the test's own.
class PackedImage {
 public:
  explicit PackedImage(const std::vector<PackedLayer>& layers) {
    LayoutFiles files;
    std::vector<std::string> tars;
    std::string list;
    for (const PackedLayer& layer : layers) {
      files.blob(layer.blob);
      tars.push_back(layer.tar);
      const std::string more = layer.annotations.empty() ? "" : ",\"annotations\":" + layer.annotations;
      base::append(list, {list.empty() ? "" : ",", image::testing::descriptor(layer.media_type, layer.blob, more)});
    }
    const std::string config = image::testing::config_of(tars);
    const std::string manifest =
        base::cat({R"({"schemaVersion":2,"config":)", image::testing::descriptor(image::testing::kConfigType, config),
                   R"(,"layers":[)", list, "]}"});
    files.blob(config).blob(manifest).set(
        "index.json", image::testing::index_of({image::testing::descriptor(image::testing::kManifestType, manifest)}));
    path_ = files.write(folder_, "image");
    image::OpenOptions options;
    options.platform = "linux/amd64";
    auto opened = image::open_image(path_, options);
    EXPECT_TRUE(opened) << image::testing::error_of(opened);
    if (opened) source_ = *std::move(opened);
  }
  const image::ImageSource& source() const { return *source_; }
  std::string blob_path(std::size_t index) const {
    return path_ + "/blobs/sha256/" + source_->manifest().layers[index].digest.hex();
  }

 private:
  Folder folder_;
  std::string path_;
  std::unique_ptr<image::ImageSource> source_;
};

Result<ReadLayer> read_whole(const image::ImageSource& source, std::size_t index) {
  LIMPID_ASSIGN(const auto reader, source.open_layer(index));
  return read_to_end(*reader, {}, {});
}

// What an image may hold, more and less likely.
TocFile random_file(std::mt19937& random) {
  static const std::vector<std::string> kNames = {"etc/os-release",
                                                  "./etc/os-release",
                                                  "usr/lib/os-release",
                                                  "var/lib/dpkg/status",
                                                  "var/lib/dpkg/status.d/a",
                                                  "var/lib/dpkg/info/a.list",
                                                  "lib/apk/db/installed",
                                                  "etc/debian_version",
                                                  "etc/apk/world",
                                                  "var/lib/dpkg",
                                                  "etc",
                                                  "usr/share/x",
                                                  "usr/bin/y",
                                                  "a/b/c",
                                                  ".wh.etc",
                                                  "etc/.wh.os-release",
                                                  "etc/.wh..wh..opq",
                                                  "var/lib/dpkg/.wh.status",
                                                  "../escape",
                                                  "stargz.index.json",
                                                  ".prefetch.landmark",
                                                  ".no.prefetch.landmark",
                                                  "usr/lib/.prefetch.landmark",
                                                  "opt/../var/lib/dpkg/status",
                                                  "x/..",
                                                  "lib",
                                                  "etc/alpine-release"};
  const auto any = [&](const std::vector<std::string>& from) { return from[random() % from.size()]; };
  TocFile file;
  file.name = any(kNames);
  switch (random() % 10) {
    case 0:
      file.type = '5';
      file.name += '/';
      break;
    case 1:
      file.type = '2';
      file.link = any({"../usr/lib/os-release", "/etc/os-release", "status", "dpkg", "../../x", "."});
      break;
    case 2:
      file.type = '1';
      file.link = any(kNames);
      break;
    case 3:
      file.type = static_cast<char>('3' + random() % 4);
      if (file.type == '5') file.name += '/';
      break;
    case 4:
      file.content = noise(random() % 200'000, random);
      break;
    case 5:
      file.content = std::string(random() % 20'000, '\0');
      break;
    case 6:
      file.content = status("p" + std::to_string(random() % 5)) + status("q");
      break;
    case 7:
      file.content = "/.\n/etc\n/etc/os-release\n";
      break;
    case 8:
      file.content = kRelease;
      break;
    default:
      break;
  }
  return file;
}

PackedLayer random_layer(std::mt19937& random) {
  std::vector<TocFile> files;
  for (auto i = random() % 25; i > 0; --i) files.push_back(random_file(random));
  // So large that the rest is little of it.
  files.insert(files.begin() + static_cast<std::ptrdiff_t>(random() % (files.size() + 1)),
               {"usr/filler", noise(4'000'000, random)});
  const std::size_t chunk_size = 1 + random() % 3 * 3000 + random() % 2 * 4'000'000 + 500;
  if (random() % 2 == 0) return image::testing::zstd_chunked(files, chunk_size);
  return image::testing::estargz(files, chunk_size, random() % 3 * 10'000);
}

// Of random images; under a sanitizer one takes seconds.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr unsigned kImages = 6;
#else
constexpr unsigned kImages = 60;
#endif

TEST(ReadLazily, FindsWhatAFullReadingFinds) {
  unsigned lazily = 0;
  for (unsigned seed = 1; seed <= kImages; ++seed) {
    std::mt19937 random(seed);
    std::vector<PackedLayer> layers;
    for (auto i = 1 + random() % 3; i > 0; --i) layers.push_back(random_layer(random));
    const PackedImage image(layers);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const auto whole = read_whole(image.source(), i);
      ASSERT_TRUE(whole) << seed << ": " << whole.error().describe();
      const auto lazy = read_lazily(image.source(), i, {}, {});
      if (!lazy && lazy.error().code() == Code::limit) continue;  // of so little, too much is wanted
      ASSERT_TRUE(lazy) << seed << ": " << lazy.error().describe();
      EXPECT_EQ(inventory::store(lazy->inventory).value(), inventory::store(whole->inventory).value()) << seed;
      EXPECT_FALSE(whole->measured.lazy);
      EXPECT_TRUE(lazy->measured.lazy);
    }
    const auto whole = scan_image(image.source(), {.threads = 1, .distribution = {}, .limits = {}});
    const auto lazy = scan_image(image.source(), {.threads = 2, .distribution = {}, .limits = {}, .lazy = true});
    ASSERT_TRUE(whole && lazy) << seed;
    for (const auto& layer : lazy->manifest.layers) lazily += layer.lazy ? 1 : 0;
    ASSERT_EQ(whole->inventory.packages.size(), lazy->inventory.packages.size()) << seed;
    for (std::size_t i = 0; i < whole->inventory.packages.size(); ++i) {
      const auto& a = whole->inventory.packages[i];
      const auto& b = lazy->inventory.packages[i];
      EXPECT_EQ((std::tie(a.name, a.version, a.name_space, a.location, a.layer)),
                (std::tie(b.name, b.version, b.name_space, b.location, b.layer)));
    }
    EXPECT_EQ(whole->inventory.distribution, lazy->inventory.distribution);
    EXPECT_EQ(whole->inventory.notes, lazy->inventory.notes);
    EXPECT_EQ(whole->inventory.layers, lazy->inventory.layers);
    ASSERT_EQ(whole->inventory.skipped.size(), lazy->inventory.skipped.size()) << seed;
    for (std::size_t i = 0; i < whole->inventory.skipped.size(); ++i)
      EXPECT_EQ(whole->inventory.skipped[i].detail, lazy->inventory.skipped[i].detail);
  }
  EXPECT_GE(lazily, kImages);
}

const std::vector<TocFile> kDebian = {
    {"etc/os-release", kRelease}, {"usr/filler", std::string()}, {"var/lib/dpkg/status", status("a")}};
std::vector<TocFile> debian() {
  std::mt19937 random(5);
  std::vector<TocFile> files = kDebian;
  files[1].content = noise(1'000'000, random);
  return files;
}
const ScanOptions kLazily{.threads = 1, .distribution = {}, .limits = {}, .lazy = true};

TEST(ReadLazily, TheResultSaysWhatWasNotMeasured) {
  const PackedImage image({image::testing::estargz(debian())});
  const auto scanned = scan_image(image.source(), kLazily);
  ASSERT_TRUE(scanned) << scanned.error().describe();
  ASSERT_EQ(scanned->inventory.packages.size(), 1U);
  EXPECT_TRUE(scanned->manifest.layers[0].lazy);
  EXPECT_GT(scanned->manifest.layers[0].fetched, 0U);
  EXPECT_LT(scanned->manifest.layers[0].fetched, 20'000U);
  ASSERT_EQ(scanned->manifest.notes.size(), 1U);
  EXPECT_CONTAINS(scanned->manifest.notes[0], "layer 1 was read by the table of contents");
  const auto whole = scan_image(image.source(), {});
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->manifest.notes.empty());
  EXPECT_FALSE(whole->manifest.layers[0].lazy);
}

// A table that cannot be used, whatever is wrong with it, costs nothing but the full reading.
TEST(ReadLazily, ElseTheLayerIsReadWhole) {
  const auto files = debian();
  const auto body = image::testing::estargz_body(files);
  PackedLayer unvouched = image::testing::estargz(files);
  unvouched.annotations.clear();
  PackedLayer another = image::testing::estargz(files);
  another.annotations =
      base::cat({R"({"containerd.io/snapshot/stargz/toc.digest":")", image::testing::text_digest("x"), "\"}"});
  std::string lying = body.json();
  const std::string digest = image::testing::text_digest(files[2].content);
  for (std::size_t at = 0; (at = lying.find(digest, at)) != std::string::npos;)
    lying.replace(at, digest.size(), image::testing::text_digest("another"));
  for (const PackedLayer& layer :
       {unvouched, another, image::testing::finish_estargz(body, lying), image::testing::finish_estargz(body, "{}")}) {
    const PackedImage image({layer});
    const auto scanned = scan_image(image.source(), kLazily);
    ASSERT_TRUE(scanned) << scanned.error().describe();
    EXPECT_EQ(scanned->inventory.packages.size(), 1U);
    EXPECT_FALSE(scanned->manifest.layers[0].lazy);
    EXPECT_TRUE(scanned->inventory.skipped.empty());
  }
}

// Files behind links are read in a second pass, also by the table.
TEST(ReadLazily, LinksAreFollowed) {
  std::vector<TocFile> files = debian();
  files[2].name = "opt/database";
  files.push_back({"var/lib/dpkg/status", "", '2', "../../../opt/database"});
  const PackedImage image({image::testing::zstd_chunked(files)});
  const auto scanned = scan_image(image.source(), kLazily);
  ASSERT_TRUE(scanned) << scanned.error().describe();
  ASSERT_EQ(scanned->inventory.packages.size(), 1U);
  EXPECT_TRUE(scanned->manifest.layers[0].lazy);
}

// What was not measured is kept apart, and found only by who asks for it.
TEST(ReadLazily, ACacheKeepsItApart) {
  const Folder folder;
  const CacheOptions options{folder.path("cache"), kCacheSizeDefault, {}, {}, {}};
  const PackedImage image({image::testing::estargz(debian())});
  LayerCache cache(options);
  const image::LayerDescriptor& promised = image.source().manifest().layers[0];
  const auto first = scan_image(image.source(), kLazily, &cache);
  ASSERT_TRUE(first);
  EXPECT_GT(first->manifest.layers[0].fetched, 0U);
  EXPECT_FALSE(cache.find(promised, {}));
  ASSERT_TRUE(cache.find(promised, {}, true));
  const auto second = scan_image(image.source(), kLazily, &cache);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->manifest.layers[0].lazy);
  EXPECT_EQ(second->manifest.layers[0].fetched, 0U);
  EXPECT_EQ(second->inventory.packages.size(), 1U);
  // Another table is another layer, whatever the blob's digest and the diff ID are said to be.
  image::LayerDescriptor other = promised;
  other.toc.digest = base::sha256(base::as_bytes("another"));
  EXPECT_FALSE(cache.find(other, {}, true));
  // A full reading is better, and serves both.
  const auto whole = scan_image(image.source(), {}, &cache);
  ASSERT_TRUE(whole);
  EXPECT_FALSE(whole->manifest.layers[0].lazy);
  ASSERT_TRUE(cache.find(promised, {}));
  EXPECT_FALSE(cache.find(promised, {}, true)->measured.lazy);
}

}  // namespace
}  // namespace limpid::scan
