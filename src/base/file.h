// Files of the machine that we run on: bounded reads, random access, mappings, atomic writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace limpid::base {

// Owns a file descriptor.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept;
  ~File();
  static Result<File> open(const std::string& path);

  int descriptor() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  Result<std::uint64_t> size() const;
  // Up to buffer.size() bytes from `offset`; 0 only at the end of the file.
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> buffer) const;
  // Exactly buffer.size() bytes, else Code::truncated.
  Result<void> read_exactly_at(std::uint64_t offset, std::span<std::uint8_t> buffer) const;

 private:
  int descriptor_ = -1;
};

// A read-only mapping of a whole file. Bytes may change or vanish (SIGBUS) if another process truncates the file, so
// it is for files that are only ever replaced by rename: our own database, feeds in our own folder.
class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();
  static Result<MappedFile> open(const std::string& path);
  // A part of a file, which must be in it. The error says no name.
  static Result<MappedFile> part(const File& file, std::uint64_t offset, std::size_t size);
  Bytes bytes() const { return {data_ + skipped_, size_ - skipped_}; }

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0, skipped_ = 0;  // what was mapped, and how much of it, at its beginning, was not asked for
};

// Room on disk for what has to be read out of order: a file without a name in $TMPDIR, else /tmp, which goes when its
// descriptor does, whatever becomes of this process.
Result<File> temporary_file();

// All of it, however many calls that takes. The error says no name: whoever knows it adds it.
Result<void> write_all(int descriptor, Bytes bytes);

// The whole file, refused with Code::limit above `size_max`.
Result<std::string> read_file(const std::string& path, std::uint64_t size_max);
// What a link at `path` leads to; `path` itself where none is, or where it leads nowhere.
std::string followed(const std::string& path);
// Writes beside the target and renames, so that a reader sees the old bytes or the new, never a part. What is there and
// no regular file (a device, a pipe) is written to; a link stays, and what it leads to is replaced.
Result<void> write_file_atomically(const std::string& path, Bytes bytes);

// Removes `path` and all below it when it goes out of scope. Made by make_temporary_directory().
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> make(std::string_view prefix);
  TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace limpid::base
