// The bytes of an open database file, read piece by piece or mapped; by any number of threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "vulndb/arena.h"
#include "vulndb/database.h"

namespace limpid::vulndb {

class Source {
 public:
  static Result<Source> open(const std::string& path, Access access);

  bool is_mapped() const { return access_ == Access::map; }
  std::uint64_t size() const { return size_; }
  // Bytes that stay as long as the Source. Asking twice reads twice: the caller remembers.
  Result<Bytes> keep(std::uint64_t offset, std::uint64_t size);
  // Bytes that stay as long as the Source, mapped whatever the access: for those of which many small parts are asked.
  Result<Bytes> map(std::uint64_t offset, std::uint64_t size);
  // Room that stays as long as the Source, for what is made of its bytes.
  std::span<std::uint8_t> allocate(std::size_t size) {
    const std::scoped_lock lock(*mutex_);
    return arena_.allocate(size);
  }
  // Bytes that stay as long as `scratch` is left alone.
  Result<Bytes> borrow(std::uint64_t offset, std::uint64_t size, std::vector<std::uint8_t>& scratch) const;

  // Tells the kernel that parts of these bytes are about to be read: nothing on a warm page cache (20 us for 2 MiB),
  // one sequential read instead of hundreds scattered ones on a cold disk.
  void announce(std::uint64_t offset, std::uint64_t size) const;

 private:
  bool is_inside(std::uint64_t offset, std::uint64_t size) const { return offset <= size_ && size <= size_ - offset; }

  Access access_ = Access::read;
  base::File file_;
  base::MappedFile mapped_;
  // What is kept grows under the mutex, and then stays where it is.
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
  std::vector<base::MappedFile> parts_;
  std::uint64_t size_ = 0;
  Arena arena_;
};

// A table that is read and checked when it is first asked for. Two threads may do so at once: both find the same bytes.
class LazyTable {
 public:
  bool is_read() const { return checked_.load(std::memory_order_acquire) != nullptr; }
  Result<Bytes> get(Source& source, std::uint64_t offset, std::uint64_t size, std::uint64_t checksum,
                    std::uint64_t seed) const;

 private:
  mutable std::atomic<const std::uint8_t*> checked_ = nullptr;
};

// A part of the file that is mapped when it is first asked for; likewise.
class LazyPart {
 public:
  Result<Bytes> get(Source& source, std::uint64_t offset, std::uint64_t size) const;

 private:
  mutable std::atomic<const std::uint8_t*> mapped_ = nullptr;
};

}  // namespace limpid::vulndb
