// The compressed blocks that hold the details of advisories.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

struct ZSTD_DCtx_s;

namespace limpid::vulndb {

// One entry of the section "text blocks".
struct TextBlockEntry {
  std::uint32_t first = 0;  // the number of the first advisory in it
  std::uint32_t stored_size = 0, size = 0;
  std::uint64_t offset = 0;  // in the section "texts"
  std::uint64_t checksum = 0;
};
TextBlockEntry text_block_entry(Bytes table, std::size_t index);

using TextBlock = std::shared_ptr<const std::string>;

// A few unpacked blocks, most recent first out last; safe to use from many threads.
class TextBlocks {
 public:
  explicit TextBlocks(std::string_view name) : name_(name) {}  // for messages; outlives this
  ~TextBlocks();
  // Nothing if it is not there.
  TextBlock find(std::size_t index);
  void remember(std::size_t index, TextBlock block);
  // Checks the frame's checksum and unpacks it; bounded by the entry's size, which is bounded by a limit.
  Result<TextBlock> unpack(std::size_t index, const TextBlockEntry& entry, Bytes frame);

 private:
  static constexpr std::size_t kKept = 8;
  struct FreeContext {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  using Context = std::unique_ptr<ZSTD_DCtx_s, FreeContext>;

  std::string_view name_;
  std::mutex mutex_;
  std::array<std::pair<std::size_t, TextBlock>, kKept> kept_;
  std::size_t next_ = 0;
  std::vector<Context> idle_;  // contexts that no thread uses now
};

// The bytes of one advisory in an unpacked block that should hold `count`.
Result<Bytes> text_in_block(Bytes block, std::uint32_t count, std::uint32_t index);

}  // namespace limpid::vulndb
