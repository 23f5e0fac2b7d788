// Memory that stays where it is until all of it goes: for bytes that views point into.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace limpid::vulndb {

class Arena {
 public:
  std::span<std::uint8_t> allocate(std::size_t size) {
    if (size > left_) {
      // Not touched before it is used: a chunk costs nothing but address space.
      chunks_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(std::max(kChunkSize, size)));
      free_ = chunks_.back().get();
      left_ = std::max(kChunkSize, size);
    }
    const std::span<std::uint8_t> taken{free_, size};
    free_ += size;
    left_ -= size;
    return taken;
  }
  Bytes keep(Bytes bytes) {
    const std::span<std::uint8_t> kept = allocate(bytes.size());
    std::copy(bytes.begin(), bytes.end(), kept.begin());
    return kept;
  }

 private:
  static constexpr std::size_t kChunkSize = 1 << 20;
  std::vector<std::unique_ptr<std::uint8_t[]>> chunks_;
  std::uint8_t* free_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace limpid::vulndb
