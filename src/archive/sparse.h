// Sparse files in tar: the parts of a file that are stored; between them it reads as zeros. The four encodings are
// described in GNU tar's manual, "Storing Sparse Files".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace limpid::archive {

class SparseMap {
 public:
  enum class Added : std::uint8_t { yes, disordered, too_many };

  void clear();
  bool active() const { return active_; }
  // `size`: of the file with its holes.
  void start(std::uint64_t size);
  // Parts must not overlap, and come in order.
  Added add(std::uint64_t offset, std::uint64_t length, std::uint64_t parts_max);
  std::uint64_t size() const { return size_; }
  // The sum of all parts, and whether they end within the file.
  std::uint64_t stored() const { return stored_; }
  bool fits() const { return end_ <= size_; }

  // Reading: what comes next, a hole of so many bytes or stored bytes; both 0 at the end.
  struct Run {
    std::uint64_t hole = 0;
    std::uint64_t data = 0;
  };
  Run next_run();
  void advance(std::uint64_t count) { position_ += count; }

 private:
  struct Part {
    std::uint64_t offset, length;
  };
  std::vector<Part> parts_;
  std::uint64_t size_ = 0, stored_ = 0, end_ = 0;
  bool active_ = false;
  std::size_t part_ = 0;
  std::uint64_t position_ = 0;
};

}  // namespace limpid::archive
