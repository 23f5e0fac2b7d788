// Small records by a 32-bit key, for looking up some hundreds of them in a process that asks once: unpacked, in blocks
// of a KiB, of which one is read for a record.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "vulndb/format.h"
#include "vulndb/output.h"
#include "vulndb/source.h"

namespace limpid::vulndb {

// Writes the section that is open, and then that of its index.
class KeyedBlocksWriter {
 public:
  explicit KeyedBlocksWriter(Output& output) : output_(output) {}
  // Keys ascend.
  void add(std::uint32_t key, Bytes record);
  void finish(format::Section index);

 private:
  void close();

  Output& output_;
  format::Encoder block_, index_;
  std::uint32_t first_ = 0, previous_ = 0, blocks_ = 0;
  std::uint64_t position_ = 0;
};

struct KeyedBlocks {
  const Source* source = nullptr;
  SectionPlace records;
  Bytes index;
  std::string_view name;  // for messages
  std::size_t block_max = format::kKeyedBlockMax;

  std::size_t count() const { return index.size() / format::kKeyedBlockEntrySize; }
  // The record's bytes, in `scratch` or mapped; nothing if there is none.
  Result<std::optional<Bytes>> find(std::uint32_t key, std::vector<std::uint8_t>& scratch) const;
  // Each record; fails if they are not in order or leave gaps.
  using Use = std::function<Result<void>(std::uint32_t key, Bytes record)>;
  Result<void> each(const Use& use) const;

  // For blocks of another form: the one that has a key, the first key of one, and its bytes.
  std::optional<std::size_t> block_of(std::uint32_t key) const;
  std::uint32_t first_of(std::size_t block) const;
  Result<Bytes> read(std::size_t block, std::vector<std::uint8_t>& scratch) const;
};

}  // namespace limpid::vulndb
