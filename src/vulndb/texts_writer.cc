#include "vulndb/texts_writer.h"

#include <algorithm>
#include <memory>

#include <zstd.h>

#include "vulndb/cve_ids.h"

namespace limpid::vulndb {
namespace {

using format::Encoder;
using format::Section;

// Of zstd: docs/vulndb-format.md, "Figures".
constexpr int kCompressionLevel = 12;
constexpr std::size_t kBlocksAtOnce = 64;  // wait to be packed: 4 MiB

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

std::string pack(std::string_view plain) {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeCompressor> compressor(ZSTD_createCCtx());
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  const std::size_t size =
      ZSTD_compressCCtx(compressor.get(), packed.data(), packed.size(), plain.data(), plain.size(), kCompressionLevel);
  // Cannot fail with room for the worst case; a failure would leave an empty frame, which verify() refuses.
  packed.resize(ZSTD_isError(size) != 0U ? std::size_t{0} : size);
  packed.shrink_to_fit();
  return packed;
}

}  // namespace

TextsWriter::TextsWriter(Output& output) : output_(output), pool_(base::processors(), kBlocksAtOnce) {
  output_.begin(Section::texts);
}

void TextsWriter::add(Bytes text) {
  offsets_.push_back(static_cast<std::uint32_t>(body_.size()));
  body_.raw(base::as_text(text));
  ++next_;
  if (body_.size() >= format::kTextBlockTarget) close_block();
}

// A block: the number of its advisories, where each begins, and they.
void TextsWriter::close_block() {
  if (offsets_.empty()) return;
  Encoder block;
  block.u32(static_cast<std::uint32_t>(offsets_.size()));
  const std::size_t body_start = 4 + 4 * offsets_.size();
  for (const std::uint32_t offset : offsets_) block.u32(static_cast<std::uint32_t>(body_start + offset));
  block.raw(body_.bytes());
  waiting_.push_back(
      {.first = next_ - static_cast<std::uint32_t>(offsets_.size()), .plain = block.bytes(), .packed = {}});
  body_.clear();
  offsets_.clear();
  if (waiting_.size() == kBlocksAtOnce) write_blocks();
}

void TextsWriter::write_blocks() {
  for (Block& block : waiting_) pool_.submit([&block] { block.packed = pack(block.plain); });
  pool_.wait();
  for (const Block& block : waiting_) {
    const Bytes frame = base::as_bytes(block.packed);
    table_.u32(block.first);
    table_.u32(static_cast<std::uint32_t>(frame.size()));
    table_.u32(static_cast<std::uint32_t>(block.plain.size()));
    table_.u64(position_);
    table_.u64(format::checksum(frame, blocks_));
    position_ += frame.size();
    ++blocks_;
    output_.append(frame);
  }
  waiting_.clear();
}

void TextsWriter::finish() {
  close_block();
  write_blocks();
  output_.begin(Section::text_blocks);
  output_.append(table_.view());
}

void encode_flaws(const StoredDetails& details, Encoder& out) {
  std::vector<std::uint32_t> keys;
  std::vector<std::string_view> others;  // CVE ids of an unusual form
  if (cve_in(details.id).empty())
    for (const auto* names : {&details.aliases, &details.upstream})
      for (const std::string_view name : *names) {
        const std::string_view cve = cve_in(name);
        if (cve.empty()) continue;
        if (const auto key = cve_key(cve)) {
          keys.push_back(*key);
        } else {
          others.push_back(cve);
        }
      }
  if (keys.empty() && others.empty()) return;
  std::ranges::sort(keys);
  keys.erase(std::ranges::unique(keys).begin(), keys.end());
  std::ranges::sort(others);
  others.erase(std::ranges::unique(others).begin(), others.end());
  out.varint(keys.size());
  std::uint32_t previous = 0;
  for (const std::uint32_t key : keys) {
    out.varint(key - previous);
    previous = key;
  }
  out.varint(others.size());
  for (const std::string_view other : others) out.text(other);
}

void IdsWriter::add(std::uint32_t advisory, const StoredDetails& details) {
  const std::size_t start = ids_.size();
  ids_.emplace_back(format::id_hash(details.id), advisory);
  for (const std::string& alias : details.aliases) ids_.emplace_back(format::id_hash(alias), advisory);
  const auto own = ids_.begin() + static_cast<std::ptrdiff_t>(start);
  std::sort(own, ids_.end());
  ids_.erase(std::unique(own, ids_.end()), ids_.end());
}

void IdsWriter::write(Output& output) {
  std::sort(ids_.begin(), ids_.end());
  Encoder page, pages;
  output.begin(Section::ids);
  for (std::size_t begin = 0; begin < ids_.size(); begin += format::kIdsPerPage) {
    page.clear();
    const std::size_t end = std::min(begin + format::kIdsPerPage, ids_.size());
    for (std::size_t i = begin; i < end; ++i) {
      page.u32(ids_[i].first);
      page.u32(ids_[i].second);
    }
    pages.u32(ids_[begin].first);
    pages.u64(format::checksum(page.view(), begin / format::kIdsPerPage));
    output.append(page.view());
  }
  output.begin(Section::id_pages);
  output.append(pages.view());
}

}  // namespace limpid::vulndb
