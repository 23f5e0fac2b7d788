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
  std::span<std::uint8_t> allocate(std::size_t size);
  Bytes keep(Bytes bytes) {
    const std::span<std::uint8_t> kept = allocate(bytes.size());
    std::copy(bytes.begin(), bytes.end(), kept.begin());
    return kept;
  }

 private:
  void prepare();

  std::vector<std::unique_ptr<std::uint8_t[]>> chunks_;
  std::uint8_t* free_ = nullptr;
  std::uint8_t* prepared_ = nullptr;  // up to here prepare() has been
  std::size_t left_ = 0;
};

}  // namespace limpid::vulndb
