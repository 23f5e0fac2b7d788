#include "advisory/types.h"

namespace limpid::advisory {

std::string_view name_of(Status status) {
  switch (status) {
    case Status::unknown:
      return "unknown";
    case Status::fixed:
      return "fixed";
    case Status::affected:
      return "affected";
    case Status::will_not_fix:
      return "will_not_fix";
    case Status::fix_deferred:
      return "fix_deferred";
    case Status::end_of_life:
      return "end_of_life";
    case Status::under_investigation:
      return "under_investigation";
    case Status::not_affected:
      return "not_affected";
  }
  return "unknown";
}

}  // namespace limpid::advisory
