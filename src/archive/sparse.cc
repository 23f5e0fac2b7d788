#include "archive/sparse.h"

namespace limpid::archive {

void SparseMap::clear() {
  if (!active_) return;
  parts_.clear();
  size_ = stored_ = end_ = position_ = 0;
  part_ = 0;
  active_ = false;
}

void SparseMap::start(std::uint64_t size) {
  clear();
  active_ = true;
  size_ = size;
}

SparseMap::Added SparseMap::add(std::uint64_t offset, std::uint64_t length, std::uint64_t parts_max) {
  // Both are below 2^63, so that the sum can't wrap.
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 63;
  if (offset >= kHalf || length >= kHalf || offset < end_) return Added::disordered;
  if (parts_.size() >= parts_max) return Added::too_many;
  end_ = offset + length;
  stored_ += length;
  if (length != 0) parts_.push_back({offset, length});
  return Added::yes;
}

SparseMap::Run SparseMap::next_run() {
  while (part_ < parts_.size() && position_ == parts_[part_].offset + parts_[part_].length) ++part_;
  if (part_ == parts_.size()) return {.hole = size_ - position_};
  const Part& part = parts_[part_];
  if (position_ < part.offset) return {.hole = part.offset - position_};
  return {.data = part.offset + part.length - position_};
}

}  // namespace limpid::archive
