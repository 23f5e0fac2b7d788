// For commands that live a few milliseconds: each page of memory that is touched for the first time costs them a trap
// into the kernel, a microsecond or more on virtual machines, and they touch hundreds.
#pragma once

#include <cstddef>

namespace limpid::base {

// Gets `bytes` of heap, rounded up to 2 MiB, in one go, for what malloc() hands out next: as huge pages where the
// kernel gives them, which cost about a third of as many small ones. Buffers of up to a megabyte are taken from the
// heap and reused, where glibc would map and unmap each. To be called once, before there are threads.
void prepare_heap(std::size_t bytes);

}  // namespace limpid::base
