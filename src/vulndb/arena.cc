#include "vulndb/arena.h"

#include <sys/mman.h>

namespace limpid::vulndb {
namespace {

constexpr std::size_t kChunkSize = 256 << 10;
constexpr std::size_t kAhead = 64 << 10;
constexpr std::uintptr_t kPageSize = 4'096;

}  // namespace

std::span<std::uint8_t> Arena::allocate(std::size_t size) {
  if (size > left_) {
    left_ = std::max(kChunkSize, size);
    chunks_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(left_));
    free_ = prepared_ = chunks_.back().get();
  }
  const std::span<std::uint8_t> taken{free_, size};
  free_ += size;
  left_ -= size;
  if (free_ > prepared_) prepare();
  return taken;
}

// Has the kernel map what was taken and a little more in one go: a fault for each page costs a third more. It is only
// advice: where it is refused (Linux before 5.14), the pages come one by one.
void Arena::prepare() {
  std::uint8_t* end = free_ + std::min(left_, kAhead);
  const auto first = (reinterpret_cast<std::uintptr_t>(prepared_) + kPageSize - 1) / kPageSize * kPageSize;
  const auto last = reinterpret_cast<std::uintptr_t>(end) / kPageSize * kPageSize;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_POPULATE_WRITE);
  prepared_ = end;
}

}  // namespace limpid::vulndb
