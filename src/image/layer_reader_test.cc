#include "image/layer_reader.h"

#include <gtest/gtest.h>

#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::digest_of;
using testing::error_of;
using testing::gzip;
using testing::read_entries;
using testing::Tar;

const std::string kTar = Tar().directory("etc").file("etc/a", "alpha").file("b", std::string(100'000, 'b')).end();

// Lends `step` bytes at a time, as a slow source would.
class Slow final : public archive::Source {
 public:
  Slow(std::string bytes, std::size_t step) : bytes_(std::move(bytes)), step_(step) {}
  Result<Bytes> next() override {
    const std::string_view piece = std::string_view(bytes_).substr(at_, step_);
    at_ += piece.size();
    return base::as_bytes(piece);
  }

 private:
  std::string bytes_;
  std::size_t step_;
  std::size_t at_ = 0;
};

LayerDescriptor promise(std::string_view blob, std::string_view tar) {
  LayerDescriptor layer;
  layer.digest = Digest::parse(digest_of(blob)).value();
  layer.diff_id = Digest::parse(digest_of(tar)).value();
  layer.size = blob.size();
  return layer;
}

Result<std::unique_ptr<LayerReader>> open(const std::string& blob, const LayerDescriptor& promised,
                                          const OpenOptions& options = {}, std::size_t step = 4096) {
  return read_layer(std::make_unique<Slow>(blob, step), blob.size(), promised, "layer 3 of 4", options);
}

TEST(LayerReader, ReadsAndMeasuresEachCompression) {
  for (const std::string& blob : {kTar, gzip(kTar)}) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{100}, std::size_t{1} << 20}) {
      const auto layer = open(blob, promise(blob, kTar), {}, step);
      ASSERT_TRUE(layer) << error_of(layer);
      const auto entries = read_entries(**layer);
      ASSERT_TRUE(entries) << error_of(entries);
      EXPECT_EQ(entries->at("etc/a"), "alpha");
      EXPECT_EQ(entries->size(), 3U);
      const auto measured = (*layer)->finish();
      ASSERT_TRUE(measured) << error_of(measured);
      EXPECT_EQ(measured->digest.to_string(), digest_of(blob));
      EXPECT_EQ(measured->diff_id.to_string(), digest_of(kTar));
      EXPECT_EQ(measured->size, blob.size());
      EXPECT_FALSE((*layer)->finish());
    }
  }
}

TEST(LayerReader, MeasuresWhatWasNotPromised) {
  const std::string blob = gzip(kTar);
  const auto layer = open(blob, {});
  const auto measured = (*layer)->finish();  // without having read an entry
  ASSERT_TRUE(measured) << error_of(measured);
  EXPECT_EQ(measured->digest.to_string(), digest_of(blob));
  EXPECT_EQ(measured->diff_id.to_string(), digest_of(kTar));
}

TEST(LayerReader, MediaTypeIsNotBelieved) {
  LayerDescriptor promised = promise(kTar, kTar);
  promised.media_type = testing::kLayerType;  // says gzip
  const auto layer = open(kTar, promised);
  EXPECT_TRUE((*layer)->finish());
}

TEST(LayerReader, Sha512IsComparedByItsOwnAlgorithm) {
  base::Hasher hasher(base::HashAlgorithm::sha512);
  hasher.update(base::as_bytes(kTar));
  LayerDescriptor promised = promise(kTar, kTar);
  promised.digest = hasher.finish();
  const auto layer = open(kTar, promised);
  ASSERT_TRUE(layer);
  const auto measured = (*layer)->finish();
  ASSERT_TRUE(measured) << error_of(measured);
  EXPECT_EQ(measured->digest, promised.digest);
  EXPECT_EQ(measured->diff_id, promised.diff_id);
}

TEST(LayerReader, NamesBothDigestsOfAMismatch) {
  const std::string blob = gzip(kTar);
  LayerDescriptor wrong = promise(blob, kTar);
  wrong.diff_id = base::sha256(base::as_bytes("other"));
  auto layer = open(blob, wrong);
  auto measured = (*layer)->finish();
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().code(), Code::mismatch);
  EXPECT_CONTAINS(error_of(measured),
                  "layer 3 of 4: the diff ID is " + digest_of(kTar) + ", but " + digest_of("other"));

  wrong = promise(blob, kTar);
  wrong.digest = base::sha256(base::as_bytes("other"));
  layer = open(blob, wrong);
  measured = (*layer)->finish();
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().code(), Code::mismatch);
  EXPECT_CONTAINS(error_of(measured), "the layer's digest is " + digest_of(blob) + ", but " + digest_of("other"));

  // Where one hash serves for both, both promises count.
  wrong = promise(kTar, "other");
  layer = open(kTar, wrong);
  EXPECT_CONTAINS(error_of((*layer)->finish()), "the diff ID");
}

TEST(LayerReader, RefusesAnotherSizeBeforeReading) {
  LayerDescriptor wrong = promise(kTar, kTar);
  wrong.size += 1;
  const auto layer = open(kTar, wrong);
  ASSERT_FALSE(layer);
  EXPECT_EQ(layer.error().code(), Code::mismatch);
  EXPECT_CONTAINS(error_of(layer), base::cat({"has ", kTar.size(), " bytes, but ", kTar.size() + 1}));
}

TEST(LayerReader, WhatFollowsTheTarIsHashed) {
  const std::string tail = kTar + std::string(512, '\0') + "garbage after the end";
  const auto layer = open(tail, promise(tail, tail));
  ASSERT_TRUE(read_entries(**layer));
  EXPECT_TRUE((*layer)->finish());
}

TEST(LayerReader, RefusesGarbageAfterGzip) {
  const std::string blob = gzip(kTar) + "garbage";
  const auto layer = open(blob, promise(blob, kTar));
  ASSERT_TRUE(layer);
  const auto measured = (*layer)->finish();
  EXPECT_FALSE(measured);
  EXPECT_CONTAINS(error_of(measured), "layer 3 of 4");
}

TEST(LayerReader, RefusesCutData) {
  const std::string whole = gzip(kTar);
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{15}, whole.size() / 2, whole.size() - 1}) {
    const std::string blob = whole.substr(0, size);
    const auto layer = open(blob, promise(blob, kTar));
    EXPECT_TRUE(!layer || !(*layer)->finish()) << size;
  }
}

TEST(LayerReader, KeepsToTheOutputLimit) {
  OpenOptions options;
  options.inflate.output_max = kTar.size() - 1;
  for (const std::string& blob : {kTar, gzip(kTar)}) {
    const auto layer = open(blob, promise(blob, kTar), options);
    const std::string error = layer ? error_of((*layer)->finish()) : error_of(layer);
    EXPECT_NE(error, "");
    EXPECT_EQ(layer ? Code::limit : layer.error().code(), Code::limit);
  }
}

// Large enough that a spare thread is taken to inflate it.
TEST(LayerReader, WithAnotherThreadTheSameIsReadAndVerified) {
  const std::string tar =
      Tar().file("etc/a", "alpha").file("big", std::string(9'000'000, 'b')).file("z", "omega").end();
  const std::string blob = gzip(tar);
  // As the command line reads: one who may cancel, and one who watches.
  struct Watching final : ReadObserver {
    std::shared_ptr<ReadCounters> layer_begins(const LayerDescriptor&) override {
      return std::make_shared<ReadCounters>();
    }
  } watching;
  const std::atomic<bool> cancel = false;
  OpenOptions watched;
  watched.cancel = &cancel;
  watched.observer = &watching;
  for (const std::size_t step : {std::size_t{30'000}, std::size_t{1} << 20}) {
    base::SpareThreads spare(1);
    const auto layer = open(blob, promise(blob, tar), step > 30'000 ? watched : OpenOptions{}, step).value();
    layer->may_use(spare);
    EXPECT_EQ(layer->entries().next().value()->path, "etc/a");
    EXPECT_FALSE(spare.take()) << "one is used";
    EXPECT_EQ(layer->entries().next().value()->path, "big");
    EXPECT_EQ(layer->entries().next().value()->path, "z");
    const auto measured = layer->finish();
    ASSERT_TRUE(measured) << error_of(measured);
    EXPECT_EQ(measured->digest.to_string(), digest_of(blob));
    EXPECT_EQ(measured->diff_id.to_string(), digest_of(tar));
    EXPECT_TRUE(spare.take());
  }
  LayerDescriptor promised = promise(blob, tar);
  promised.diff_id = promised.digest;
  base::SpareThreads spare(1);
  const auto layer = open(blob, promised, {}, 100'000).value();
  layer->may_use(spare);
  const auto measured = layer->finish();
  EXPECT_EQ(measured.error().code(), Code::mismatch);
  EXPECT_CONTAINS(error_of(measured), "the diff ID");
}

TEST(LayerReader, SaysWhatIsNoTar) {
  LayerDescriptor layer = promise(kTar, kTar);
  layer.media_type = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted";
  EXPECT_EQ(open(kTar, layer).error().code(), Code::unsupported);
  EXPECT_CONTAINS(error_of(open(kTar, layer)), "encrypted");
  layer.media_type = "application/vnd.oci.image.layer.nydus.blob.v1";
  EXPECT_EQ(open(kTar, layer).error().code(), Code::unsupported);
}

TEST(LayerReader, EndsWhenItIsCancelled) {
  const std::string large = Tar().file("a", "1").file("b", std::string(3'000'000, 'b')).end();
  for (const std::string& blob : {large, gzip(large)}) {
    std::atomic<bool> cancel = false;
    OpenOptions options;
    options.cancel = &cancel;
    const auto layer = open(blob, promise(blob, large), options);
    ASSERT_TRUE(layer) << error_of(layer);
    ASSERT_TRUE((*layer)->entries().next());
    cancel = true;
    EXPECT_EQ(read_entries(**layer).error().code(), Code::cancelled);
    EXPECT_EQ((*layer)->finish().error().code(), Code::cancelled);
    EXPECT_EQ(open(blob, promise(blob, large), options).error().code(), Code::cancelled);
  }
}

TEST(LayerReader, BytesAreCountedForWhoeverLooks) {
  class Observer final : public ReadObserver {
   public:
    std::shared_ptr<ReadCounters> layer_begins(const LayerDescriptor& promised) override {
      seen = promised;
      return counters;
    }
    LayerDescriptor seen;
    std::shared_ptr<ReadCounters> counters = std::make_shared<ReadCounters>();
  };
  for (const std::string& blob : {kTar, gzip(kTar)}) {
    Observer observer;
    OpenOptions options;
    options.observer = &observer;
    const auto layer = open(blob, promise(blob, kTar), options, 100);
    ASSERT_TRUE(layer) << error_of(layer);
    EXPECT_EQ(observer.seen.digest.to_string(), digest_of(blob));
    const std::uint64_t first = observer.counters->fetched;
    EXPECT_LT(first, blob.size());
    ASSERT_TRUE((*layer)->finish());
    EXPECT_EQ(observer.counters->fetched, blob.size());
    EXPECT_EQ(observer.counters->read, blob == kTar ? 0 : kTar.size());
  }
}

}  // namespace
}  // namespace limpid::image
