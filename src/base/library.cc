#include "base/library.h"

#include <cstdio>
#include <cstdlib>

#include <dlfcn.h>

namespace limpid::base {

Result<void> Library::load() {
  if (handle_.load(std::memory_order_acquire) != nullptr) return {};
  // Of two threads that come here at once both get the same handle. RTLD_NOW: a library that lacks something is told
  // here, and not in the middle of a call.
  void* const handle = ::dlopen(name_, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* const reason = ::dlerror();
    return fail(Code::not_found, {"a library is missing: ", reason != nullptr ? reason : name_});
  }
  handle_.store(handle, std::memory_order_release);
  return {};
}

void* Library::function(const char* name) {
  const auto loaded = load();
  void* const found = loaded ? ::dlsym(handle_.load(std::memory_order_acquire), name) : nullptr;
  if (found != nullptr) return found;
  std::fprintf(stderr, "limpid: %s has no function %s\n", name_, name);
  std::abort();
}

}  // namespace limpid::base
