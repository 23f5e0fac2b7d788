#include "vulndb/text_blocks.h"

#include <zstd.h>

#include "vulndb/format.h"

namespace limpid::vulndb {

TextBlockEntry text_block_entry(Bytes table, std::size_t index) {
  format::Decoder in(table.subspan(index * format::kTextBlockEntrySize, format::kTextBlockEntrySize));
  TextBlockEntry entry;
  entry.first = in.u32();
  entry.stored_size = in.u32();
  entry.size = in.u32();
  entry.offset = in.u64();
  entry.checksum = in.u64();
  return entry;
}

void TextBlocks::FreeContext::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

TextBlocks::~TextBlocks() = default;

TextBlock TextBlocks::find(std::size_t index) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [number, block] : kept_)
    if (block != nullptr && number == index) return block;
  return nullptr;
}

void TextBlocks::remember(std::size_t index, TextBlock block) {
  const std::scoped_lock lock(mutex_);
  kept_[next_++ % kKept] = {index, std::move(block)};
}

Result<TextBlock> TextBlocks::unpack(std::size_t index, const TextBlockEntry& entry, Bytes frame) {
  if (format::checksum(frame, index) != entry.checksum)
    return fail(Code::mismatch, {name_, " ", index, ": wrong checksum"});
  if (entry.size > format::kTextBlockMax)
    return fail(Code::limit, {name_, " ", index, ": ", entry.size, " bytes, more than ", format::kTextBlockMax});
  Context context;
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      context = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (context == nullptr) context.reset(ZSTD_createDCtx());
  auto block = std::make_shared<std::string>(entry.size, '\0');
  const std::size_t size = ZSTD_decompressDCtx(context.get(), block->data(), block->size(), frame.data(), frame.size());
  if (ZSTD_isError(size) != 0U) return fail(Code::invalid, {name_, " ", index, ": ", ZSTD_getErrorName(size)});
  if (size != entry.size)
    return fail(Code::mismatch, {name_, " ", index, ": ", size, " bytes instead of ", entry.size});
  const std::scoped_lock lock(mutex_);
  idle_.push_back(std::move(context));
  return TextBlock(std::move(block));
}

Result<Bytes> text_in_block(Bytes block, std::uint32_t count, std::uint32_t index) {
  format::Decoder in(block);
  const std::uint32_t held = in.u32();
  if (held != count) return fail(Code::invalid, {"holds ", held, " advisories instead of ", count});
  if (index >= count || std::uint64_t{count} * 4 > in.remaining())
    return fail(Code::invalid, {"no advisory ", index, " among ", count});
  const std::uint32_t begin = base::load_le<std::uint32_t>(block.data() + 4 + std::size_t{index} * 4);
  const std::uint64_t end =
      index + 1 == count ? block.size() : base::load_le<std::uint32_t>(block.data() + 8 + std::size_t{index} * 4);
  if (begin > end || end > block.size()) return fail(Code::invalid, {"advisory ", index, " lies outside"});
  return block.subspan(begin, end - begin);
}

}  // namespace limpid::vulndb
