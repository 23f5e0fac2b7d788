// The directory of a cache that many processes use at once, and that others may have touched: nothing in it is followed
// or believed unless it is a regular file of ours. Readers take no lock: a file appears whole, by a rename, or not.
//
// Errors are Code::not_found for what is not there, Code::io where the operating system said no, Code::limit and
// Code::unsupported for a file that no writer of this cache left there.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"

namespace limpid::scan {

// Larger files are neither written nor read.
inline constexpr std::uint64_t kCacheFileSizeMax = std::uint64_t{64} << 20;

struct CacheFile {
  std::string name;
  std::int64_t used = 0;    // seconds since 1970: when it was last read or written, a minute more or less
  std::uint64_t bytes = 0;  // on disk, in whole blocks
};

class CacheFolder {
 public:
  // `make`: with what is missing above it, for its owner only. A folder that others may write to is refused.
  static Result<CacheFolder> open(const std::string& path, bool make);

  // Marks the file as used.
  Result<std::string> read(const std::string& name) const;
  // A failed write leaves nothing behind.
  Result<void> write(const std::string& name, Bytes bytes) const;
  // The bytes may be gone, or not be ours to remove: both are as good.
  bool remove(const std::string& name) const;
  // Whatever is in it, up to `count_max` names; directories and special files are left out.
  Result<std::vector<CacheFile>> list(std::size_t count_max) const;

  // Between our own processes; it ends with this object, and with the process however that ends.
  class Lock {
   public:
    Lock(Lock&& other) noexcept = default;
    Lock& operator=(Lock&&) = delete;
    ~Lock();

   private:
    friend class CacheFolder;
    Lock(const CacheFolder& folder, std::string name, base::File file)
        : folder_(&folder), name_(std::move(name)), file_(std::move(file)) {}
    const CacheFolder* folder_;
    std::string name_;
    base::File file_;
  };
  struct Locking {
    std::optional<Lock> lock;  // none: not within the time, or none can be had here
    bool waited = false;       // somebody else had it
  };
  // The lock must not outlive the folder. Somebody who sets `cancel` ends the waiting.
  Locking lock(const std::string& name, std::chrono::milliseconds wait_max,
               const std::atomic<bool>* cancel = nullptr) const;

  // What write() calls its file until it is whole.
  static bool is_temporary(std::string_view name);

 private:
  explicit CacheFolder(base::File folder) : folder_(std::move(folder)) {}
  base::File folder_;
};

}  // namespace limpid::scan
