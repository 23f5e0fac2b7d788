#include "base/heap.h"

#include <cstdint>
#include <cstdlib>

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace limpid::base {

void prepare_heap([[maybe_unused]] std::size_t bytes) {
#if defined(__GLIBC__) && defined(MADV_POPULATE_WRITE)
  constexpr int kMappedFrom = 1 << 20, kKeptMost = 4 << 20;
  constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20, kChunkHead = 4 * sizeof(void*);
  constexpr std::size_t kMoreThanIsThere = std::size_t{256} << 10;
  const std::size_t whole = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  ::mallopt(M_TRIM_THRESHOLD, kKeptMost);
  ::mallopt(M_TOP_PAD, static_cast<int>(whole + kHugePage));
  ::mallopt(M_MMAP_THRESHOLD, static_cast<int>(kHugePage + kMappedFrom));  // until the heap has its shape
  // Makes the heap grow, by as much as was asked for beyond its own size.
  void* const block = std::malloc(kMoreThanIsThere);
  const auto at = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t begin = (at + kChunkHead + kHugePage - 1) / kHugePage * kHugePage;
  const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0));
  std::free(block);
  // A sanitizer's heap lies elsewhere.
  const bool has_grown =
      block != nullptr && at < end && begin + whole <= end && end - at <= whole + kHugePage + 2 * kMoreThanIsThere;
  // What lies before the first huge page is taken and never touched, so that malloc() goes on behind it.
  static void* before = nullptr;
  if (has_grown && before == nullptr) before = std::malloc(begin - at - kChunkHead);
  ::mallopt(M_MMAP_THRESHOLD, kMappedFrom);
  if (!has_grown) return;
  ::madvise(reinterpret_cast<void*>(begin), whole, MADV_HUGEPAGE);
  // Where there are no huge pages this gets small ones. Kernels before 5.14 do not know it, and do without.
  ::madvise(reinterpret_cast<void*>(begin), whole, MADV_POPULATE_WRITE);
#endif
}

}  // namespace limpid::base
