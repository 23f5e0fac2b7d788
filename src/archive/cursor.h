// A place in a Source for readers of record formats: lends pieces as they lie in the source's buffer, skips without
// touching, and copies only the small records that straddle two pieces.
#pragma once

#include <cstdint>
#include <vector>

#include "archive/source.h"

namespace limpid::archive {

class Cursor {
 public:
  explicit Cursor(Source& source) : source_(source) {}

  // How many bytes were passed.
  std::uint64_t offset() const { return offset_; }
  // The next bytes, at most `most` of them; empty only at the end of the source (or for most == 0).
  Result<Bytes> take(std::uint64_t most);
  // How many were skipped: fewer than `count` only at the end.
  Result<std::uint64_t> skip(std::uint64_t count);
  // `count` bytes in one piece: fewer only at the end. Memory grows with what was read, never by `count` alone.
  Result<Bytes> gather(std::size_t count);

 private:
  Result<bool> refill();  // false at the end

  Source& source_;
  Bytes piece_;  // what is left of the source's current piece
  std::uint64_t offset_ = 0;
  std::vector<std::uint8_t> straddling_;
};

}  // namespace limpid::archive
