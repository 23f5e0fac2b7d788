#include "base/skipped.h"

namespace limpid::base {

std::string_view name_of(SkipReason reason) {
  switch (reason) {
    case SkipReason::damaged:
      return "damaged";
    case SkipReason::truncated:
      return "truncated";
    case SkipReason::too_big:
      return "too-big";
    case SkipReason::unsupported:
      return "unsupported";
    case SkipReason::unsafe:
      return "unsafe";
    case SkipReason::unreadable:
      return "unreadable";
    case SkipReason::removed:
      return "removed";
    case SkipReason::unresolved:
      return "unresolved";
  }
  return "unknown";
}

}  // namespace limpid::base
