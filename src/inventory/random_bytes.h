// A file's bytes by offset, for formats that cannot be read from front to back: package databases. The bytes stand in
// memory, or in a temporary file if they are many; a reader of them sees no difference.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"

namespace limpid::inventory {

class RandomBytes {
 public:
  RandomBytes() = default;  // none
  explicit RandomBytes(Bytes memory) : memory_(memory), size_(memory.size()) {}
  RandomBytes(const base::File& file, std::uint64_t offset, std::uint64_t size)
      : file_(&file), offset_(offset), size_(size) {}

  std::uint64_t size() const { return size_; }
  // The `count` bytes at `offset`: a view of memory, or of `buffer`, into which they were read. Code::truncated if
  // there are fewer.
  Result<Bytes> at(std::uint64_t offset, std::size_t count, std::vector<std::uint8_t>& buffer) const;

 private:
  Bytes memory_;
  const base::File* file_ = nullptr;
  std::uint64_t offset_ = 0;
  std::uint64_t size_ = 0;
};

// Files that are kept while a layer is read. Together they take at most kInMemoryMax of memory; what is more goes to
// one temporary file without a name, in the folder that TMPDIR names or /tmp.
class KeptFiles {
 public:
  static constexpr std::size_t kInMemoryMax = std::size_t{8} << 20;

  void begin();  // a new file, to which append() adds
  Result<void> append(Bytes piece);
  // What was appended since begin(). Lives as long as this object.
  RandomBytes end();

 private:
  Result<void> write(Bytes bytes);

  std::deque<std::string> memory_;  // whose elements stay where they are
  std::size_t in_memory_ = 0;
  base::File file_;
  std::uint64_t file_size_ = 0;
  std::uint64_t begun_at_ = 0;
  bool spilled_ = false;  // the file that was begun goes to file_
};

}  // namespace limpid::inventory
