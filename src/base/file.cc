#include "base/file.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace limpid::base {

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    if (is_open()) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}
File::~File() {
  if (is_open()) ::close(descriptor_);
}

Result<File> File::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) return fail_errno({path});
  return File(descriptor);
}

Result<std::uint64_t> File::size() const {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) return fail_errno({"fstat"});
  if (!S_ISREG(status.st_mode)) return fail(Code::invalid, {"not a regular file"});
  return static_cast<std::uint64_t>(status.st_size);
}

Result<std::size_t> File::read_at(std::uint64_t offset, std::span<std::uint8_t> buffer) const {
  for (;;) {
    const ssize_t got = ::pread(descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return fail_errno({"read at ", offset});
  }
}

Result<void> File::read_exactly_at(std::uint64_t offset, std::span<std::uint8_t> buffer) const {
  std::size_t done = 0;
  while (done < buffer.size()) {
    LIMPID_ASSIGN(const std::size_t got, read_at(offset + done, buffer.subspan(done)));
    if (got == 0) return fail(Code::truncated, {"ends at ", offset + done, ", ", buffer.size() - done, " bytes short"});
    done += got;
  }
  return {};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      skipped_(std::exchange(other.skipped_, 0)) {}
MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(skipped_, other.skipped_);
  return *this;
}
MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::uint8_t*>(data_), size_);
}

Result<MappedFile> MappedFile::open(const std::string& path) {
  LIMPID_ASSIGN(const File file, File::open(path));
  LIMPID_ASSIGN_WITHIN(const std::uint64_t size, file.size(), {path});
  MappedFile mapped;
  if (size == 0) return mapped;  // an empty mapping is an error to the kernel, not to us
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  if (data == MAP_FAILED) return fail_errno({path, ": mmap"});
  mapped.data_ = static_cast<const std::uint8_t*>(data);
  mapped.size_ = size;
  return mapped;
}

Result<MappedFile> MappedFile::part(const File& file, std::uint64_t offset, std::size_t size) {
  constexpr std::uint64_t kPage = 4'096;
  MappedFile mapped;
  if (size == 0) return mapped;
  const std::uint64_t begin = offset / kPage * kPage;
  const std::size_t whole = size + (offset - begin);
  void* data = ::mmap(nullptr, whole, PROT_READ, MAP_PRIVATE, file.descriptor(), static_cast<off_t>(begin));
  if (data == MAP_FAILED) return fail_errno({"mmap"});
  mapped.data_ = static_cast<const std::uint8_t*>(data);
  mapped.size_ = whole;
  mapped.skipped_ = offset - begin;
  return mapped;
}

Result<std::string> read_file(const std::string& path, std::uint64_t size_max) {
  LIMPID_ASSIGN(const File file, File::open(path));
  LIMPID_ASSIGN_WITHIN(const std::uint64_t size, file.size(), {path});
  if (size > size_max)
    return fail(Code::limit, {path, ": ", size, " bytes, more than the ", size_max, " that we read"});
  std::string content(size, '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    const std::span<std::uint8_t> rest{reinterpret_cast<std::uint8_t*>(content.data()) + done, content.size() - done};
    LIMPID_ASSIGN_WITHIN(const std::size_t got, file.read_at(done, rest), {path});
    if (got == 0) break;  // it shrank meanwhile: what is there is the file
    done += got;
  }
  content.resize(done);
  return content;
}

Result<void> write_all(int descriptor, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno({"write"});
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<File> temporary_file() {
  const char* base_folder = std::getenv("TMPDIR");
  const std::string folder = base_folder != nullptr && *base_folder != '\0' ? base_folder : "/tmp";
  const int unnamed = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (unnamed >= 0) return File(unnamed);
  std::string path = folder + "/limpid-XXXXXX";
  const int named = ::mkostemp(path.data(), O_CLOEXEC);
  if (named < 0) return fail_errno({path});
  ::unlink(path.c_str());
  return File(named);
}

std::string followed(const std::string& path) {
  std::error_code error;
  const bool is_link = std::filesystem::is_symlink(path, error);
  std::string target = is_link ? std::filesystem::canonical(path, error).string() : std::string();
  return is_link && !error ? target : path;
}

Result<void> write_file_atomically(const std::string& link, Bytes bytes) {
  const std::string path = followed(link);
  // A device or a pipe is written to: in its place nobody wants a file (/dev/null, /dev/stdout).
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    const File special(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!special.is_open()) return fail_errno({path});
    LIMPID_TRY_WITHIN(write_all(special.descriptor(), bytes), {path});
    return {};
  }
  std::string beside = path + ".XXXXXX";
  const int descriptor = ::mkostemp(beside.data(), O_CLOEXEC);
  if (descriptor < 0) return fail_errno({beside});
  const File file(descriptor);
  const auto give_up = [&](std::string_view step) {
    auto error = fail_errno({beside, ": ", step});
    ::unlink(beside.c_str());
    return error;
  };
  if (Result<void> written = write_all(descriptor, bytes); !written) {
    ::unlink(beside.c_str());
    return std::unexpected(std::move(written).error().within({beside}));
  }
  // mkostemp makes files that only their owner can read; ours are results to share.
  if (::fchmod(descriptor, 0644) != 0) return give_up("chmod");
  if (::fsync(descriptor) != 0) return give_up("fsync");
  if (::rename(beside.c_str(), path.c_str()) != 0) return give_up("rename");
  return {};
}

Result<TemporaryDirectory> TemporaryDirectory::make(std::string_view prefix) {
  const char* base = std::getenv("TMPDIR");
  std::string path = cat({base != nullptr && *base != '\0' ? base : "/tmp", "/", prefix, "XXXXXX"});
  if (::mkdtemp(path.data()) == nullptr) return fail_errno({path});
  return TemporaryDirectory(std::move(path));
}
TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;  // nothing sensible to do in a destructor
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace limpid::base
