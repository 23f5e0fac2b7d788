// Layers that are read by their table of contents, as builders write them and as they should not be.
#include "image/lazy_layer.h"

#include <random>
#include <set>

#include <gtest/gtest.h>

#include "archive/tar.h"
#include "archive/testing.h"
#include "image/blob_ranges.h"
#include "image/testing.h"
#include "image/toc.h"
#include "image/toc_testing.h"

namespace limpid::image {
namespace {

using testing::contains;
using testing::error_of;
using testing::PackedLayer;
using testing::TocBody;
using testing::TocFile;

// A store of one blob, which counts what it gives.
class OneBlob final : public BlobStore {
 public:
  explicit OneBlob(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<Blob> open(const std::string&) const override { return fail(Code::internal, {"read whole"}); }
  bool contains(const std::string&) const override { return true; }
  Result<std::unique_ptr<archive::Source>> open_range(const std::string&, std::uint64_t offset,
                                                      std::uint64_t size) const override {
    ++requests_;
    given_ += size;
    return std::make_unique<archive::testing::ChoppedSource>(std::string_view(bytes_).substr(offset, size), 1000);
  }
  unsigned requests() const { return requests_; }
  std::uint64_t given() const { return given_; }

 private:
  std::string bytes_;
  mutable unsigned requests_ = 0;
  mutable std::uint64_t given_ = 0;
};

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

LayerDescriptor described(const PackedLayer& layer) {
  LayerDescriptor descriptor;
  descriptor.digest = base::sha256(base::as_bytes(layer.blob));
  descriptor.diff_id = base::sha256(base::as_bytes(layer.tar));
  descriptor.media_type = layer.media_type;
  descriptor.size = layer.blob.size();
  descriptor.toc = layer.toc;
  return descriptor;
}

WantedSize all_of(std::set<std::string> names) {
  return [names = std::move(names)](std::string_view path) {
    return names.contains(std::string(path)) ? std::uint64_t{1} << 20 : 0;
  };
}

// The names in `wanted`, each with its content; or the error. `given` is the layer's finish().
struct Reading {
  std::map<std::string, std::string> found;
  LayerDescriptor given;
};
Result<Reading> read(const std::shared_ptr<OneBlob>& store, const LayerDescriptor& descriptor,
                     const std::set<std::string>& wanted, std::set<std::string> planned = {"as wanted"}) {
  if (planned.contains("as wanted")) planned = wanted;
  LIMPID_ASSIGN(const auto layer, read_layer_lazily(store, "blob", descriptor, all_of(planned), {}));
  Reading reading;
  for (;;) {
    LIMPID_ASSIGN(const archive::Entry* entry, layer->entries().next());
    if (entry == nullptr) break;
    if (!wanted.contains(entry->path)) continue;
    const std::string path = entry->path;
    LIMPID_ASSIGN(reading.found[path], archive::read_content(layer->entries(), 1U << 20));
  }
  LIMPID_ASSIGN(reading.given, layer->finish());
  return reading;
}
Result<Reading> read(const PackedLayer& layer, const std::set<std::string>& wanted) {
  return read(std::make_shared<OneBlob>(layer.blob), described(layer), wanted);
}

const std::vector<TocFile> kFiles = {{"etc/", "", '5'},
                                     {"etc/os-release", "ID=debian\n"},
                                     {"usr/large", noise(400'000, 1)},
                                     {"var/lib/dpkg/status", std::string(50'000, 's') + "end"},
                                     {"usr/zeros", std::string(3000, '\0')},
                                     {"usr/larger", noise(600'000, 2)},
                                     {"usr/near", "n"},
                                     {"usr/link", "", '2', "near"}};
const std::set<std::string> kWanted = {"etc/os-release", "var/lib/dpkg/status", "usr/zeros", "usr/near"};

std::map<std::string, PackedLayer> layers_of(const std::vector<TocFile>& files) {
  const TocBody body = testing::zstd_chunked_body(files, 1000);
  return {{"eStargz", testing::estargz(files)},
          {"eStargz in small chunks", testing::estargz(files, 1000)},
          {"eStargz in shared members", testing::estargz(files, 1000, 5000)},
          {"zstd:chunked", testing::zstd_chunked(files)},
          {"zstd:chunked in small chunks", testing::finish_zstd_chunked(body, body.json())},
          {"zstd:chunked by its footer", testing::finish_zstd_chunked(body, body.json(), false)}};
}

TEST(LazyLayer, OnlyWhatIsWantedIsFetched) {
  for (const auto& [kind, layer] : layers_of(kFiles)) {
    const auto store = std::make_shared<OneBlob>(layer.blob);
    const auto reading = read(store, described(layer), kWanted);
    ASSERT_TRUE(reading) << kind << ": " << error_of(reading);
    std::map<std::string, std::string> expected;
    for (const TocFile& file : kFiles)
      if (kWanted.contains(file.name)) expected[file.name] = file.content;
    EXPECT_EQ(reading->found, expected) << kind;
    EXPECT_TRUE(reading->given.lazy);
    EXPECT_EQ(reading->given.diff_id, described(layer).diff_id);
    EXPECT_EQ(reading->given.fetched, store->given());
    EXPECT_LT(store->given(), layer.blob.size() / 10) << kind;
    EXPECT_LE(store->requests(), 5U) << kind;  // the table's two, and one for each group of files
  }
}

TEST(LazyLayer, TheWholeLayerSaysTheSame) {
  for (const auto& [kind, layer] : layers_of(kFiles)) {
    const auto inflated = archive::decompress_any(archive::memory_source(base::as_bytes(layer.blob)));
    ASSERT_TRUE(inflated);
    EXPECT_TRUE(archive::read_all(**inflated, 1U << 30).value() == layer.tar) << kind;
  }
}

TEST(LazyLayer, WhatWasNotPlannedIsFetchedByItself) {
  for (const auto& [kind, layer] : layers_of(kFiles)) {
    const auto reading = read(std::make_shared<OneBlob>(layer.blob), described(layer), kWanted, {"etc/os-release"});
    ASSERT_TRUE(reading) << kind << ": " << error_of(reading);
    EXPECT_EQ(reading->found.at("usr/near"), "n");
  }
}

TEST(LazyLayer, WhatIsWantedLargelyIsBetterReadWhole) {
  const PackedLayer layer = testing::estargz(kFiles);
  const auto reading = read(layer, {"usr/larger"});
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().code(), Code::limit);
  EXPECT_CONTAINS(error_of(reading), "it is better read whole");
}

TEST(LazyLayer, NobodyVouchesForATableThatIsNotPromised) {
  const PackedLayer layer = testing::estargz(kFiles);
  const auto store = std::make_shared<OneBlob>(layer.blob);
  LayerDescriptor descriptor = described(layer);
  descriptor.toc = {};
  const auto reading = read(store, descriptor, kWanted);
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().code(), Code::unsupported);
  EXPECT_EQ(store->requests(), 0U);
  descriptor = described(layer);
  descriptor.size = 0;
  EXPECT_EQ(read(store, descriptor, kWanted).error().code(), Code::unsupported);
  descriptor = described(layer);
  descriptor.media_type += "+encrypted";
  EXPECT_EQ(read(store, descriptor, kWanted).error().code(), Code::unsupported);
}

TEST(LazyLayer, ATableOfAnotherDigestIsRefused) {
  for (auto& [kind, layer] : layers_of(kFiles)) {
    LayerDescriptor descriptor = described(layer);
    descriptor.toc.digest = base::sha256(base::as_bytes("another"));
    const auto reading = read(std::make_shared<OneBlob>(layer.blob), descriptor, kWanted);
    ASSERT_FALSE(reading) << kind;
    EXPECT_EQ(reading.error().code(), Code::mismatch);
  }
}

// Each byte of the table and the footer is promised, or leads nowhere else.
TEST(LazyLayer, DamageIsFoundOrDoesNotMatter) {
  std::vector<TocFile> files = kFiles;
  const auto expected = read(testing::estargz(files), kWanted).value().found;
  std::mt19937 random(3);
  for (const auto& [kind, layer] : layers_of(files)) {
    for (int round = 0; round < 300; ++round) {
      std::string damaged = layer.blob;
      const std::size_t from = round % 2 == 0 ? 0 : layer.blob.size() - std::min<std::size_t>(layer.blob.size(), 3000);
      damaged[from + random() % (damaged.size() - from)] ^= static_cast<char>(1 + random() % 255);
      const auto reading = read(std::make_shared<OneBlob>(damaged), described(layer), kWanted);
      if (reading) {
        EXPECT_EQ(reading->found, expected) << kind;
      }
    }
    std::string cut = layer.blob;
    for (std::size_t size : {layer.blob.size() / 2, std::size_t{100}, std::size_t{0}}) {
      cut.resize(size);
      LayerDescriptor descriptor = described(layer);
      EXPECT_FALSE(
          read(std::make_shared<OneBlob>(cut + std::string(descriptor.size - size, '\0')), descriptor, kWanted));
      descriptor.size = std::max<std::size_t>(size, 1);
      EXPECT_FALSE(read(std::make_shared<OneBlob>(cut), descriptor, kWanted)) << kind;
    }
  }
}

// --- Tables that lie, each with what is said of it: the manifest vouches for them all the same ---

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}
std::string offset_of(const TocBody& body, std::string_view name) {
  for (const std::string& entry : body.entries) {
    if (entry.find(base::cat({"\"", name, "\""})) == std::string::npos) continue;
    std::string_view rest = std::string_view(entry).substr(entry.find("\"offset\":") + 9);
    return std::string(rest.substr(0, rest.find_first_of(",}")));
  }
  return {};
}

TEST(LazyLayer, ContentOfAnotherDigestIsRefused) {
  const TocBody estargz = testing::estargz_body(kFiles);
  const TocBody chunked = testing::zstd_chunked_body(kFiles);
  const std::string digest = testing::text_digest("n");
  const std::string other = testing::text_digest("m");
  for (const PackedLayer& layer :
       {testing::finish_estargz(estargz, replaced(estargz.json(), base::cat({"\"chunkDigest\":\"", digest}),
                                                  base::cat({"\"chunkDigest\":\"", other}))),
        testing::finish_zstd_chunked(chunked, replaced(chunked.json(), digest, other))}) {
    const auto reading = read(layer, kWanted);
    ASSERT_FALSE(reading);
    EXPECT_EQ(reading.error().code(), Code::mismatch);
    EXPECT_CONTAINS(error_of(reading), "its content has the digest " + digest);
    EXPECT_TRUE(read(layer, {"etc/os-release"}));  // the others are as they were
  }
}

TEST(LazyLayer, OffsetsThatLieAreFound) {
  const TocBody body = testing::estargz_body(kFiles);
  const std::string right = "\"offset\":" + offset_of(body, "usr/near");
  const auto with = [&](const std::string& wrong) {
    return read(testing::finish_estargz(body, replaced(body.json(), right, wrong)), kWanted);
  };
  // Another file's content, the middle of a member, the table itself.
  EXPECT_CONTAINS(error_of(with("\"offset\":" + offset_of(body, "etc/os-release"))), "its content has the digest");
  EXPECT_FALSE(with(base::cat({right, "1"})));
  EXPECT_FALSE(with("\"offset\":1"));
  EXPECT_CONTAINS(error_of(with(base::cat({"\"offset\":", body.blob.size()}))), "beyond the files' end");
  EXPECT_CONTAINS(error_of(with(right + ",\"innerOffset\":3")), "its content has the digest");
  EXPECT_CONTAINS(error_of(with(right + ",\"innerOffset\":5000")), "bytes before its content does");
  EXPECT_CONTAINS(error_of(with(right + ",\"innerOffset\":268435457")), "the limit lazy-passed=268435456");
  EXPECT_CONTAINS(error_of(with(right + ",\"innerOffset\":18446744073709551615")), "the limit lazy-passed=268435456");
}

TEST(LazyLayer, ContentWithoutADigestIsNotRead) {
  const TocBody body = testing::estargz_body(kFiles);
  std::string json = body.json();
  for (std::size_t at = 0; (at = json.find("igest\":", at)) != std::string::npos;) json[at] = 'I';
  const PackedLayer layer = testing::finish_estargz(body, json);
  const auto reading = read(layer, kWanted);
  ASSERT_FALSE(reading);
  EXPECT_CONTAINS(error_of(reading), "etc/os-release: the table of contents has no digest of its content");
  const auto unplanned = read(std::make_shared<OneBlob>(layer.blob), described(layer), kWanted, {});
  ASSERT_FALSE(unplanned);
  EXPECT_EQ(unplanned.error().code(), Code::unsupported);
}

TEST(LazyLayer, SizesThatLieAreFound) {
  const TocBody body = testing::zstd_chunked_body(kFiles);
  const PackedLayer longer = testing::finish_zstd_chunked(body, replaced(body.json(), "\"size\":1,", "\"size\":3,"));
  EXPECT_CONTAINS(error_of(read(longer, kWanted)), "ends 2 bytes before its content does");
  const PackedLayer shorter = testing::finish_zstd_chunked(body, replaced(body.json(), "\"size\":10,", "\"size\":9,"));
  EXPECT_CONTAINS(error_of(read(shorter, kWanted)), "its content has the digest");
  const PackedLayer zeros =
      testing::finish_zstd_chunked(body, replaced(body.json(), "\"size\":1,", "\"chunkType\":\"zeros\",\"size\":1,"));
  EXPECT_CONTAINS(error_of(read(zeros, kWanted)), "its content has the digest");
}

TEST(LazyLayer, PlacesOfTheTableThatLieAreFound) {
  const PackedLayer layer = testing::zstd_chunked(kFiles);
  const std::uint64_t size = layer.blob.size();
  const auto with = [&](std::uint64_t offset, std::uint64_t length) {
    LayerDescriptor descriptor = described(layer);
    descriptor.toc.offset = offset;
    descriptor.toc.size = length;
    return read(std::make_shared<OneBlob>(layer.blob), descriptor, kWanted);
  };
  for (const auto& [offset, length] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {0, 10}, {8, 10}, {size, 1}, {size - 1, 2}, {~std::uint64_t{0}, 10}, {100, ~std::uint64_t{0}}})
    EXPECT_CONTAINS(error_of(with(offset, length)), "its table of contents is said to be");
  EXPECT_EQ(with(layer.toc.offset + 1, layer.toc.size).error().code(), Code::mismatch);

  const TocBody body = testing::estargz_body(kFiles);
  const auto ended = [&](std::uint64_t at) {
    PackedLayer lying = testing::finish_estargz(body, body.json());
    lying.blob.replace(lying.blob.size() - 51, 51, testing::estargz_footer(at));
    return read(lying, kWanted);
  };
  EXPECT_CONTAINS(error_of(ended(1U << 30)), "is said to begin at byte 1073741824");
  EXPECT_FALSE(ended(0));
  EXPECT_FALSE(ended(body.blob.size() + 1));
  EXPECT_TRUE(ended(body.blob.size()));
  // A table larger than we fetch.
  LayerDescriptor huge = described(layer);
  huge.size = std::uint64_t{1} << 40;
  huge.toc.offset = 100;
  huge.toc.size = kTocStoredMax + 1;
  EXPECT_CONTAINS(error_of(read(std::make_shared<OneBlob>(layer.blob), huge, kWanted)),
                  "the limit toc-stored-size=33554432");
}

// What would have to be asked for again and again is not.
TEST(LazyLayer, DisorderIsBounded) {
  std::vector<TocFile> files;
  std::set<std::string> wanted;
  for (unsigned i = 0; i < 1200; ++i) {
    files.push_back({base::cat({"f", i}), noise(100, i)});
    wanted.insert(files.back().name);
  }
  files.push_back({"large", noise(2'000'000, 1)});
  TocBody body = testing::estargz_body(files);
  ASSERT_TRUE(read(testing::finish_estargz(body, body.json()), wanted));
  std::ranges::reverse(body.entries);
  const PackedLayer layer = testing::finish_estargz(body, body.json());
  const auto store = std::make_shared<OneBlob>(layer.blob);
  const auto reading = read(store, described(layer), wanted);
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().code(), Code::limit);
  EXPECT_LE(store->requests(), kRangeRequestsMax);
  EXPECT_LE(store->given(), layer.blob.size());
}

TEST(LazyLayer, WhatIsInflatedForNothingIsBounded) {
  // One member of 60 MiB, at whose end each of these is said to stand.
  std::vector<TocFile> files = {{"a", "a"}, {"large", noise(8'000'000, 1)}};
  TocBody body = testing::estargz_body(files);
  const std::uint64_t at = body.blob.size();
  body.blob += archive::testing::gzip(std::string(60U << 20, 'x'));
  std::set<std::string> wanted;
  for (unsigned i = 0; i < 10; ++i) {
    const std::string name = base::cat({"w", i});
    wanted.insert(name);
    body.entries.push_back(
        base::cat({R"({"name":")", name, R"(","type":"reg","size":1,"offset":)", at, R"(,"innerOffset":)",
                   (59U << 20) - i, R"(,"chunkDigest":")", testing::text_digest("x"), "\"}"}));
  }
  const auto reading = read(testing::finish_estargz(body, body.json()), wanted);
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().code(), Code::limit);
  EXPECT_CONTAINS(error_of(reading), "inflated for what stands behind it than the limit lazy-passed=");
}

}  // namespace
}  // namespace limpid::image
