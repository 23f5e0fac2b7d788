// Stored bytes → hash (layer digest) → decompressor → hash (diff ID) → tar, all in one pass over borrowed views: no
// byte is copied on its way. Where a thread is to spare the decompressor has one to itself, and both hashes stay here.
// https://github.com/opencontainers/image-spec/blob/main/layer.md
#include "image/layer_reader.h"

#include <utility>

#include "archive/peeked.h"
#include "archive/tar.h"
#include "image/counted.h"
#include "image/stoppable.h"

namespace limpid::image {
namespace {

using archive::Source;
using base::HashAlgorithm;
using base::Hasher;

HashAlgorithm algorithm_for(const Digest& expected) {
  return expected.empty() ? HashAlgorithm::sha256 : expected.algorithm();
}

// Hashes what passes. The stored bytes' hash lags behind by what was lent last: the tar's takes it along (Hasher),
// which saves most of its time.
class Hashed final : public Source {
 public:
  Hashed(std::unique_ptr<Source> inner, HashAlgorithm algorithm) : inner_(std::move(inner)), hasher_(algorithm) {}
  // `lagging` lies inside `inner`.
  Hashed(std::unique_ptr<Source> inner, HashAlgorithm algorithm, Hashed& lagging)
      : Hashed(std::move(inner), algorithm) {
    lagging_ = &lagging;
    lagging.lags_ = true;
  }
  Result<Bytes> next() override {
    catch_up();  // before the buffer that was lent is used again
    auto view = inner_->next();
    if (!view) return view;
    count_ += view->size();
    if (lags_) {
      lent_ = *view;
    } else if (lagging_ != nullptr) {
      Bytes& waiting = lagging_->lent_;
      waiting = waiting.subspan(hasher_.update(*view, lagging_->hasher_, waiting));
    } else {
      hasher_.update(*view);
    }
    return view;
  }
  void may_use(base::SpareThreads& spare, std::uint64_t input_size) override { inner_->may_use(spare, input_size); }
  // Reads to the end; true if there was anything left.
  Result<bool> drain() {
    bool any = false;
    for (;;) {
      LIMPID_ASSIGN(const Bytes view, next());
      if (view.empty()) return any;
      any = true;
    }
  }
  std::uint64_t count() const { return count_; }
  Digest finish() {
    catch_up();
    return hasher_.finish();
  }

 private:
  void catch_up() {
    hasher_.update(lent_);
    lent_ = {};
  }

  std::unique_ptr<Source> inner_;
  Hasher hasher_;
  std::uint64_t count_ = 0;
  bool lags_ = false;
  Bytes lent_;  // not hashed yet
  Hashed* lagging_ = nullptr;
};

Result<void> compare(std::string_view what, const Digest& expected, const Digest& found) {
  if (expected.empty() || expected == found) return {};
  return fail(Code::mismatch, {what, " is ", found.to_string(), ", but ", expected.to_string(), " was promised"});
}

class BlobLayerReader final : public LayerReader {
 public:
  // `blob` lies inside `tar`, or is `tar` itself where nothing is compressed.
  BlobLayerReader(LayerDescriptor expected, std::string which, std::unique_ptr<Hashed> tar, Hashed* blob,
                  const OpenOptions& options)
      : expected_(std::move(expected)),
        which_(std::move(which)),
        tar_(std::move(tar)),
        blob_(blob),
        entries_(archive::open_tar(*tar_, options.tar)) {}

  archive::EntryReader& entries() override { return *entries_; }
  void may_use(base::SpareThreads& spare) override { tar_->may_use(spare, expected_.size); }

  Result<LayerDescriptor> finish() override {
    if (finished_) return fail(Code::internal, {which_, ": finished twice"});
    finished_ = true;
    auto measured = measure();
    if (!measured) return std::unexpected(std::move(measured).error().within({which_}));
    return measured;
  }

 private:
  Result<LayerDescriptor> measure() {
    LIMPID_TRY(tar_->drain());
    LayerDescriptor measured = expected_;
    if (blob_ != tar_.get()) {
      LIMPID_ASSIGN(const bool more, blob_->drain());
      if (more) return fail(Code::invalid, {"there are bytes after the end of the compressed data"});
    }
    measured.size = blob_->count();
    measured.tar_size = tar_->count();
    if (expected_.size != 0 && expected_.size != measured.size)
      return fail(Code::mismatch, {"has ", measured.size, " bytes, but ", expected_.size, " were promised"});
    measured.digest = blob_->finish();
    LIMPID_TRY(compare("the layer's digest", expected_.digest, measured.digest));
    measured.diff_id = blob_ == tar_.get() ? measured.digest : tar_->finish();
    LIMPID_TRY(compare("the diff ID", expected_.diff_id, measured.diff_id));
    return measured;
  }

  LayerDescriptor expected_;
  std::string which_;
  std::unique_ptr<Hashed> tar_;
  Hashed* blob_;
  std::unique_ptr<archive::EntryReader> entries_;
  bool finished_ = false;
};

}  // namespace

Result<void> check_media_type(std::string_view media_type) {
  if (media_type.ends_with("+encrypted"))
    return fail(Code::unsupported, {"is encrypted (", media_type, "); decrypt the image first"});
  if (media_type.find(".nydus.") != std::string_view::npos)
    return fail(Code::unsupported, {"is in nydus form (", media_type, "), not a tar"});
  return {};
}

Result<std::unique_ptr<LayerReader>> read_layer(std::unique_ptr<archive::Source> blob, std::uint64_t blob_size,
                                                LayerDescriptor expected, std::string which,
                                                const OpenOptions& options) {
  LIMPID_TRY_WITHIN(check_media_type(expected.media_type), {which});
  if (expected.size != 0 && expected.size != blob_size)
    return fail(Code::mismatch, {which, ": has ", blob_size, " bytes, but ", expected.size, " were promised"});
  const std::shared_ptr<ReadCounters> counters =
      options.observer == nullptr ? nullptr : options.observer->layer_begins(expected);
  blob = counted(stoppable(std::move(blob), options.cancel), counters, &ReadCounters::fetched);
  LIMPID_ASSIGN_WITHIN(auto peeked, archive::PeekedSource::peek(std::move(blob), archive::kSniffLength), {which});
  const archive::Compression kind = archive::sniff_compression(peeked->first());
  auto stored = std::make_unique<Hashed>(std::move(peeked), algorithm_for(expected.digest));
  Hashed* const stored_bytes = stored.get();
  if (kind == archive::Compression::none && algorithm_for(expected.digest) == algorithm_for(expected.diff_id)) {
    // Both digests are of the same bytes: hashed once, with no stage between that could count the output.
    if (blob_size > options.inflate.output_max)
      return fail(Code::limit,
                  {which, ": has ", blob_size, " bytes, beyond the limit unpacked-size=", options.inflate.output_max});
    return std::make_unique<BlobLayerReader>(std::move(expected), std::move(which), std::move(stored), stored_bytes,
                                             options);
  }
  LIMPID_ASSIGN_WITHIN(auto inflated, archive::decompress(std::move(stored), kind, options.inflate), {which});
  inflated = counted(stoppable(std::move(inflated), options.cancel), counters, &ReadCounters::read);
  auto tar = std::make_unique<Hashed>(std::move(inflated), algorithm_for(expected.diff_id), *stored_bytes);
  return std::make_unique<BlobLayerReader>(std::move(expected), std::move(which), std::move(tar), stored_bytes,
                                           options);
}

}  // namespace limpid::image
