// Threads that a job may still use: whoever has work that can be split takes one, and gives it back. A count, no pool.
#pragma once

#include <atomic>

namespace limpid::base {

class SpareThreads {
 public:
  explicit SpareThreads(unsigned count = 0) : count_(count) {}

  void give(unsigned count = 1) { count_.fetch_add(count, std::memory_order_relaxed); }
  // False where there is none: no more than a look, so that it may be asked again and again.
  bool take() {
    unsigned have = count_.load(std::memory_order_relaxed);
    while (have > 0) {
      if (count_.compare_exchange_weak(have, have - 1, std::memory_order_relaxed)) return true;
    }
    return false;
  }

 private:
  std::atomic<unsigned> count_;
};

}  // namespace limpid::base
