#include "vulndb/keyed_blocks.h"

#include <limits>

namespace limpid::vulndb {

void KeyedBlocksWriter::add(std::uint32_t key, Bytes record) {
  if (block_.size() == 0) first_ = previous_ = key;
  block_.varint(key - previous_);
  block_.varint(record.size());
  block_.raw(base::as_text(record));
  previous_ = key;
  if (block_.size() >= format::kKeyedBlockTarget) close();
}

void KeyedBlocksWriter::close() {
  if (block_.size() == 0) return;
  index_.u32(first_);
  index_.u32(static_cast<std::uint32_t>(position_));
  index_.u32(format::short_checksum(block_.view(), blocks_++));
  position_ += block_.size();
  output_.append(block_.view());
  block_.clear();
}

void KeyedBlocksWriter::finish(format::Section index) {
  close();
  output_.begin(index);
  output_.append(index_.view());
}

std::uint32_t KeyedBlocks::first_of(std::size_t block) const {
  return base::load_le<std::uint32_t>(index.data() + block * format::kKeyedBlockEntrySize);
}

Result<Bytes> KeyedBlocks::read(std::size_t block, std::vector<std::uint8_t>& scratch) const {
  const auto offset_of = [&](std::size_t number) -> std::uint64_t {
    return number == count() ? records.size
                             : base::load_le<std::uint32_t>(index.data() + number * format::kKeyedBlockEntrySize + 4);
  };
  const std::uint64_t begin = offset_of(block), end = offset_of(block + 1);
  if (begin >= end || end > records.size || end - begin > block_max)
    return fail(Code::invalid, {name, " block ", block, ": from ", begin, " to ", end, " of ", records.size, " bytes"});
  LIMPID_ASSIGN(const Bytes bytes, source->borrow(records.offset + begin, end - begin, scratch));
  if (format::short_checksum(bytes, block) !=
      base::load_le<std::uint32_t>(index.data() + block * format::kKeyedBlockEntrySize + 8))
    return fail(Code::mismatch, {name, " block ", block, ": wrong checksum"});
  return bytes;
}

// The last block that begins with this key or a smaller one.
std::optional<std::size_t> KeyedBlocks::block_of(std::uint32_t key) const {
  std::size_t after = 0;
  for (std::size_t high = count(); after < high;) {
    const std::size_t middle = after + (high - after) / 2;
    first_of(middle) <= key ? after = middle + 1 : high = middle;
  }
  return after == 0 ? std::nullopt : std::optional(after - 1);
}

Result<std::optional<Bytes>> KeyedBlocks::find(std::uint32_t key, std::vector<std::uint8_t>& scratch) const {
  const auto block = block_of(key);
  if (!block) return std::nullopt;
  LIMPID_ASSIGN(const Bytes bytes, read(*block, scratch));
  format::Decoder in(bytes);
  std::uint64_t at = first_of(*block);
  while (!in.finished()) {
    at += in.varint32();
    const std::string_view record = in.text();
    if (!in.ok()) return fail(Code::invalid, {name, " block ", *block, ": damaged"});
    if (at == key) return base::as_bytes(record);
    if (at > key) break;
  }
  return std::nullopt;
}

Result<void> KeyedBlocks::each(const Use& use) const {
  std::vector<std::uint8_t> scratch;
  std::uint64_t next = 0, end = 0;  // the lowest key that may follow; where the next block begins
  for (std::size_t block = 0; block < count(); ++block) {
    LIMPID_ASSIGN(const Bytes bytes, read(block, scratch));
    if (base::load_le<std::uint32_t>(index.data() + block * format::kKeyedBlockEntrySize + 4) != end)
      return fail(Code::invalid, {name, " block ", block, ": not behind the one before"});
    end += bytes.size();
    format::Decoder in(bytes);
    std::uint64_t key = first_of(block);
    for (bool first = true; !in.finished(); first = false) {
      const std::uint32_t step = in.varint32();
      key += step;
      const std::string_view record = in.text();
      if (!in.ok() || (first && step != 0) || key < next || key > std::numeric_limits<std::uint32_t>::max())
        return fail(Code::invalid, {name, " block ", block, ": damaged or not in order"});
      next = key + 1;
      LIMPID_TRY(use(static_cast<std::uint32_t>(key), base::as_bytes(record)));
    }
  }
  if (end != records.size) return fail(Code::invalid, {name, ": ", records.size, " bytes, of which blocks take ", end});
  return {};
}

}  // namespace limpid::vulndb
