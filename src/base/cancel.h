// The wish that work end early, as a flag that another thread or a signal handler sets; nullptr where nobody can wish
// it. Whoever works for long looks at it at every step, and ends with Code::cancelled.
#pragma once

#include <atomic>

#include "base/error.h"

namespace limpid::base {

inline bool is_cancelled(const std::atomic<bool>* cancel) {
  return cancel != nullptr && cancel->load(std::memory_order_relaxed);
}
inline Result<void> check_cancelled(const std::atomic<bool>* cancel) {
  if (is_cancelled(cancel)) return fail(Code::cancelled, {"cancelled"});
  return {};
}

}  // namespace limpid::base
