#include <algorithm>
#include <memory>

#include <zstd.h>

#include "vulndb/enrichment.h"

namespace limpid::vulndb {
namespace {

using format::Encoder;
using format::Section;

constexpr int kCompressionLevel = 9;  // as for texts

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

// The blocks, one after the other.
class BlockWriter {
 public:
  explicit BlockWriter(Output& output) : output_(output), compressor_(ZSTD_createCCtx()) {}

  void add(std::uint32_t key, Bytes record) {
    entries_.emplace_back(key, static_cast<std::uint32_t>(records_.size()));
    records_.raw(base::as_text(record));
    if (records_.size() >= format::kEnrichmentBlockTarget) close();
  }
  void close();
  const Encoder& table() const { return table_; }

 private:
  Output& output_;
  std::unique_ptr<ZSTD_CCtx, FreeCompressor> compressor_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> entries_;  // key, offset among the records
  Encoder records_, table_;
  std::string packed_;
  std::uint64_t position_ = 0, blocks_ = 0;
};

void BlockWriter::close() {
  if (entries_.empty()) return;
  Encoder block;
  block.u32(static_cast<std::uint32_t>(entries_.size()));
  const std::size_t start = 4 + 8 * entries_.size();
  for (const auto& [key, offset] : entries_) {
    block.u32(key);
    block.u32(static_cast<std::uint32_t>(start + offset));
  }
  block.raw(records_.bytes());
  packed_.resize(ZSTD_compressBound(block.size()));
  const std::size_t size = ZSTD_compressCCtx(compressor_.get(), packed_.data(), packed_.size(), block.bytes().data(),
                                             block.size(), kCompressionLevel);
  // Cannot fail with room for the worst case; a failure would leave an empty frame, which verify() refuses.
  const Bytes frame =
      base::as_bytes(std::string_view(packed_.data(), ZSTD_isError(size) != 0U ? std::size_t{0} : size));
  table_.u32(entries_.front().first);
  table_.u32(static_cast<std::uint32_t>(frame.size()));
  table_.u32(static_cast<std::uint32_t>(block.size()));
  table_.u64(position_);
  table_.u64(format::checksum(frame, blocks_++));
  position_ += frame.size();
  output_.append(frame);
  entries_.clear();
  records_.clear();
}

}  // namespace

Result<std::uint64_t> write_enrichments(Records& records, Output& output) {
  auto& all = records.enrichments;
  std::ranges::sort(all, {}, &EnrichmentRecord::key);
  output.begin(Section::enrichments);
  BlockWriter blocks(output);
  std::uint64_t count = 0;
  Encoder united_bytes;
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end, ++count) {
    const auto key = all[begin].key;
    for (end = begin + 1; end < all.size() && all[end].key == key;) ++end;
    auto bytes = all[begin].bytes;
    if (end - begin > 1) {
      format::Decoder first(bytes);
      auto united = decode_enrichment(key, first);
      for (auto other = begin + 1; other < end; ++other) {
        format::Decoder in(all[other].bytes);
        merge(united, decode_enrichment(key, in));
      }
      united_bytes.clear();
      encode(united, united_bytes);
      bytes = united_bytes.view();
    }
    if (bytes.size() > format::kEnrichmentMax)
      return fail(Code::limit, {cve_of_key(key), ": ", bytes.size(), " bytes of enrichment"});
    blocks.add(key, bytes);
  }
  blocks.close();
  output.begin(Section::enrichment_blocks);
  output.append(blocks.table().view());
  return count;
}

}  // namespace limpid::vulndb
