#include "image/lazy_layer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "image/blob_ranges.h"
#include "image/layer_reader.h"
#include "image/toc_reader.h"

namespace limpid::image {
namespace {

// The inflated content of chunks. What begins at one offset is inflated once as long as it is asked for in order.
class ChunkReader {
 public:
  ChunkReader(BlobRanges& blob, const std::vector<Range>& planned, archive::Compression compression,
              const OpenOptions& options)
      : ranges_(blob, planned),
        compression_(compression),
        limits_(options.inflate),
        passed_max_(options.limits.lazy_passed_max) {}

  Result<void> begin(const TocChunk& chunk) {
    left_ = chunk.size;
    zeros_ = chunk.zeros;
    if (zeros_) return {};
    if (member_ == nullptr || offset_ != chunk.offset || at_ > chunk.inner_offset) {
      member_.reset();
      piece_ = {};
      LIMPID_TRY(ranges_.seek({chunk.offset, chunk.end}));
      LIMPID_ASSIGN(member_, archive::decompress(std::make_unique<Window>(ranges_), compression_, limits_));
      offset_ = chunk.offset;
      at_ = 0;
    }
    const std::uint64_t passed = chunk.inner_offset - at_;
    if (passed > passed_max_ - passed_)
      return fail(Code::limit,
                  {"more had to be inflated for what stands behind it than the limit lazy-passed=", passed_max_});
    passed_ += passed;
    while (at_ < chunk.inner_offset) LIMPID_TRY(take(chunk.inner_offset - at_));
    return {};
  }

  // Empty at the chunk's end.
  Result<Bytes> next() {
    if (left_ == 0) return Bytes{};
    if (zeros_) {
      static constexpr std::array<std::uint8_t, 4096> kZeros{};
      const Bytes piece = Bytes(kZeros).first(static_cast<std::size_t>(std::min<std::uint64_t>(kZeros.size(), left_)));
      left_ -= piece.size();
      return piece;
    }
    LIMPID_ASSIGN(const Bytes piece, take(left_));
    left_ -= piece.size();
    return piece;
  }

 private:
  class Window final : public archive::Source {
   public:
    explicit Window(PlannedRanges& ranges) : ranges_(ranges) {}
    Result<Bytes> next() override { return ranges_.next(); }

   private:
    PlannedRanges& ranges_;
  };

  // At least one byte, at most `most`.
  Result<Bytes> take(std::uint64_t most) {
    if (piece_.empty()) {
      LIMPID_ASSIGN(piece_, member_->next());
      if (piece_.empty())
        return fail(Code::truncated, {"what is compressed at byte ", offset_, " of the blob ends ", most,
                                      " bytes before its content does"});
    }
    const Bytes taken = piece_.first(static_cast<std::size_t>(std::min<std::uint64_t>(piece_.size(), most)));
    piece_ = piece_.subspan(taken.size());
    at_ += taken.size();
    return taken;
  }

  PlannedRanges ranges_;
  archive::Compression compression_;
  const archive::InflateLimits limits_;
  std::unique_ptr<archive::Source> member_;  // inflates what begins at offset_
  std::uint64_t offset_ = 0;
  std::uint64_t at_ = 0;  // inflated of it so far
  Bytes piece_;
  std::uint64_t left_ = 0;  // of the chunk
  bool zeros_ = false;
  std::uint64_t passed_max_;
  std::uint64_t passed_ = 0;
};

class LazyLayer final : public LayerReader, public archive::EntryReader {
 public:
  LazyLayer(LayerDescriptor expected, std::unique_ptr<BlobRanges> blob, StoredToc stored,
            const std::vector<Range>& planned, const OpenOptions& options)
      : expected_(std::move(expected)),
        blob_(std::move(blob)),
        toc_(std::move(stored.toc)),
        chunks_(*blob_, planned, stored.compression, options) {}

  archive::EntryReader& entries() override { return *this; }
  Result<LayerDescriptor> finish() override {
    LayerDescriptor result = expected_;
    result.lazy = true;
    result.fetched = blob_->fetched();
    return result;
  }

  Result<const archive::Entry*> next() override {
    hasher_.reset();
    if (next_ == toc_.entries.size()) return nullptr;
    const TocEntry& entry = toc_.entries[next_++];
    chunk_ = entry.first_chunk;
    chunk_end_ = entry.first_chunk + entry.chunk_count;
    return &entry.entry;
  }

  Result<Bytes> content() override {
    if (failure_) return std::unexpected(*failure_);
    auto piece = verified();
    if (!piece) failure_ = piece.error();
    return piece;
  }
  const SkippedList& skipped() const override { return toc_.skipped; }

 private:
  // The next piece of the current file. A chunk's last one comes only if all of the chunk has its digest.
  Result<Bytes> verified() {
    if (chunk_ == chunk_end_) return Bytes{};
    const TocChunk& chunk = toc_.chunks[chunk_];
    if (!hasher_) {
      if (chunk.digest.empty()) return fail(Code::unsupported, {"the table of contents has no digest of its content"});
      LIMPID_TRY(chunks_.begin(chunk));
      hasher_.emplace(chunk.digest.algorithm());
      left_ = chunk.size;
    }
    LIMPID_ASSIGN(const Bytes piece, chunks_.next());
    hasher_->update(piece);
    left_ -= piece.size();
    if (left_ > 0) return piece;
    const Digest found = hasher_->finish();
    hasher_.reset();
    ++chunk_;
    if (found != chunk.digest)
      return fail(Code::mismatch, {"its content has the digest ", found.to_string(), ", but ", chunk.digest.to_string(),
                                   " was promised"});
    return piece;
  }

  LayerDescriptor expected_;
  std::unique_ptr<BlobRanges> blob_;
  Toc toc_;
  ChunkReader chunks_;
  std::size_t next_ = 0;
  std::size_t chunk_ = 0, chunk_end_ = 0;
  std::optional<base::Hasher> hasher_;  // of the chunk that is being read
  std::uint64_t left_ = 0;
  std::optional<Error> failure_;
};

// Where the contents of the files lie that are wanted.
Result<std::vector<Range>> needed_ranges(const Toc& toc, const WantedSize& wanted) {
  std::vector<Range> needed;
  for (const TocEntry& entry : toc.entries) {
    if (entry.chunk_count == 0 || entry.entry.size > wanted(entry.entry.path)) continue;
    for (std::size_t i = entry.first_chunk; i < entry.first_chunk + entry.chunk_count; ++i) {
      const TocChunk& chunk = toc.chunks[i];
      if (chunk.digest.empty())
        return fail(Code::unsupported, {entry.entry.path, ": the table of contents has no digest of its content"});
      if (!chunk.zeros) needed.push_back({chunk.offset, chunk.end});
    }
  }
  return needed;
}

}  // namespace

Result<std::unique_ptr<LayerReader>> read_layer_lazily(std::shared_ptr<const BlobStore> store, const std::string& name,
                                                       const LayerDescriptor& expected, const WantedSize& wanted,
                                                       const OpenOptions& options) {
  LIMPID_TRY(check_media_type(expected.media_type));
  if (expected.size == 0) return fail(Code::unsupported, {"the manifest does not say how many bytes it has"});
  auto blob = std::make_unique<BlobRanges>(std::move(store), name, expected.size, options.limits.range_requests_max);
  LIMPID_ASSIGN(StoredToc stored, read_toc(*blob, expected.toc, options));
  LIMPID_ASSIGN(std::vector<Range> needed, needed_ranges(stored.toc, wanted));
  const std::size_t planned_max = std::min<std::uint64_t>(kPlannedRangesMax, options.limits.range_requests_max / 2);
  const std::vector<Range> planned = plan_ranges(std::move(needed), kRangeGap, planned_max);
  const std::uint64_t bytes = blob->fetched() + bytes_in(planned);
  if (bytes > expected.size / kLazyPartMax)
    return fail(Code::limit, {bytes, " of its ", expected.size, " bytes are wanted: it is better read whole"});
  return std::make_unique<LazyLayer>(expected, std::move(blob), std::move(stored), planned, options);
}

}  // namespace limpid::image
