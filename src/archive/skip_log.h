// A bounded SkippedList: hostile input could name a million things that can't be read. The last line says how many more
// there were.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/skipped.h"
#include "base/text.h"

namespace limpid::archive {

class SkipLog {
 public:
  explicit SkipLog(std::size_t lines_max) : lines_max_(lines_max) {}
  void add(std::string_view path, SkipReason reason, std::initializer_list<base::Piece> detail);
  const SkippedList& list() const { return list_; }

 private:
  std::size_t lines_max_;
  std::uint64_t more_ = 0;
  SkippedList list_;
};

}  // namespace limpid::archive
