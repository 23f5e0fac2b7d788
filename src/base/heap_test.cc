#include "base/heap.h"

#include <cstdlib>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>

namespace limpid::base {
namespace {

bool kernel_populates() {
  void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool does = page != MAP_FAILED && ::madvise(page, 4096, MADV_POPULATE_WRITE) == 0;
  ::munmap(page, 4096);
  return does;
}

long faults() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

TEST(Heap, IsThereBeforeItIsTouched) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer has a heap of its own";
#endif
  if (!kernel_populates()) GTEST_SKIP() << "this kernel does not know MADV_POPULATE_WRITE";
  constexpr std::size_t kBlock = std::size_t{100} << 10, kBlocks = 30;
  std::vector<void*> blocks(kBlocks);
  prepare_heap(kBlock * (kBlocks + 2));
  const long before = faults();
  for (void*& block : blocks) {
    block = std::malloc(kBlock);
    ASSERT_NE(block, nullptr);
    std::memset(block, 7, kBlock);
  }
  EXPECT_LT(faults() - before, 50) << "of 750 pages";
  for (void* const block : blocks) std::free(block);
}

}  // namespace
}  // namespace limpid::base
