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
  constexpr std::size_t kMoreThanIsThere = std::size_t{256} << 10;
  constexpr std::uintptr_t kPage = 4096;
  ::mallopt(M_MMAP_THRESHOLD, kMappedFrom);
  ::mallopt(M_TRIM_THRESHOLD, kKeptMost);
  ::mallopt(M_TOP_PAD, static_cast<int>(bytes));
  // Makes the heap grow, by as much as was asked for beyond its own size.
  void* const block = std::malloc(kMoreThanIsThere);
  const std::uintptr_t begin = (reinterpret_cast<std::uintptr_t>(block) + kPage - 1) / kPage * kPage;
  const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0));
  // A sanitizer's heap lies elsewhere. Kernels before 5.14 do not know this advice, and do without.
  if (block != nullptr && begin < end && end - begin <= bytes + 2 * kMoreThanIsThere)
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE);
  std::free(block);
#endif
}

}  // namespace limpid::base
