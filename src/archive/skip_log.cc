#include "archive/skip_log.h"

#include "archive/entry.h"

namespace limpid::archive {

void SkipLog::add(std::string_view path, SkipReason reason, std::initializer_list<base::Piece> detail) {
  if (list_.size() < lines_max_) {
    list_.push_back({std::string(path.substr(0, kPathLengthMax)), "", reason, base::cat(detail)});
    return;
  }
  if (more_++ == 0) list_.push_back({"", "", SkipReason::too_big, ""});
  list_.back().detail = base::cat({more_, " more were skipped, beyond the limit skipped=", lines_max_});
}

}  // namespace limpid::archive
