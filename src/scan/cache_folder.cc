#include "scan/cache_folder.h"

#include <cerrno>
#include <ctime>
#include <thread>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/text.h"

namespace limpid::scan {
namespace {

constexpr std::string_view kTemporary = "new-";
constexpr std::int64_t kUsedSteps = 60;  // seconds: more precise times of use would cost a write at each reading
constexpr std::uint64_t kBlockSize = 4096;
constexpr std::chrono::milliseconds kLockPause{5};

// Ours, or of the system's owner, who may do anything anyway and bakes caches into read-only images; and nobody else's
// to change.
bool trusted(const struct stat& status) {
  return (status.st_uid == ::geteuid() || status.st_uid == 0) && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

base::File open_in(const base::File& folder, const std::string& name, int flags, mode_t mode = 0) {
  return base::File(::openat(folder.descriptor(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode));
}

// For its owner only, and all above it that is missing. What goes wrong is told by the caller's open(); the first
// reason is kept, since that open's own is only "not there".
int make_folders(const std::string& path) {
  int problem = 0;
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    if (::mkdir(path.substr(0, slash).c_str(), S_IRWXU) != 0 && errno != EEXIST && problem == 0) problem = errno;
    if (slash == std::string::npos) return problem;
  }
}

void mark_used(const base::File& file, const struct stat& status) {
  if (::time(nullptr) - status.st_mtime < kUsedSteps) return;
  const timespec times[2] = {{0, UTIME_OMIT}, {0, UTIME_NOW}};
  [[maybe_unused]] const int ignored = ::futimens(file.descriptor(), times);  // it only goes sooner then
}

std::string temporary_name() {
  std::uint8_t random[8] = {};
  [[maybe_unused]] const ssize_t got = ::getrandom(random, sizeof random, 0);  // O_EXCL tells if it is taken
  return base::cat({kTemporary, base::hex(random, sizeof random)});
}

Result<void> write_all(const base::File& file, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.descriptor(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return base::fail_errno({"write"});
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Result<CacheFolder> CacheFolder::open(const std::string& path, bool make) {
  const int problem = make ? make_folders(path) : 0;
  base::File folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.is_open()) {
    if (problem != 0 && errno == ENOENT) errno = problem;
    return base::fail_errno({path});
  }
  struct stat status{};
  if (::fstat(folder.descriptor(), &status) != 0) return base::fail_errno({path});
  if (!trusted(status)) return fail(Code::unsupported, {path, ": is not ours alone to write to"});
  return CacheFolder(std::move(folder));
}

Result<std::string> CacheFolder::read(const std::string& name) const {
  const base::File file = open_in(folder_, name, O_RDONLY | O_NONBLOCK);
  if (!file.is_open() && errno == ELOOP) return fail(Code::unsupported, {name, ": is a link"});
  if (!file.is_open()) return base::fail_errno({name});
  struct stat status{};
  if (::fstat(file.descriptor(), &status) != 0) return base::fail_errno({name});
  if (!S_ISREG(status.st_mode) || !trusted(status)) return fail(Code::unsupported, {name, ": is not a file of ours"});
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > kCacheFileSizeMax) return fail(Code::limit, {name, ": ", size, " bytes, more than ", kCacheFileSizeMax});
  std::string bytes(size, '\0');
  const std::span<std::uint8_t> buffer{reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  LIMPID_TRY_WITHIN(file.read_exactly_at(0, buffer), {name});
  mark_used(file, status);
  return bytes;
}

// Without fsync: what a crash leaves of it fails its checksum, and is only read again.
Result<void> CacheFolder::write(const std::string& name, Bytes bytes) const {
  const std::string beside = temporary_name();
  const base::File file = open_in(folder_, beside, O_WRONLY | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
  if (!file.is_open()) return base::fail_errno({beside});
  if (auto written = write_all(file, bytes); !written) {
    remove(beside);
    return written;
  }
  if (::renameat(folder_.descriptor(), beside.c_str(), folder_.descriptor(), name.c_str()) == 0) return {};
  const auto error = base::fail_errno({name, ": rename"});
  remove(beside);
  return error;
}

bool CacheFolder::remove(const std::string& name) const {
  return ::unlinkat(folder_.descriptor(), name.c_str(), 0) == 0;
}

Result<std::vector<CacheFile>> CacheFolder::list(std::size_t count_max) const {
  // A descriptor of its own: the position of a directory belongs to an open file, and closedir closes it.
  const int own = ::openat(folder_.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const stream = own < 0 ? nullptr : ::fdopendir(own);
  if (stream == nullptr) {
    auto error = base::fail_errno({"the cache directory"});
    if (own >= 0) ::close(own);
    return error;
  }
  std::vector<CacheFile> files;
  while (files.size() < count_max) {
    const dirent* const found = ::readdir(stream);
    if (found == nullptr) break;
    struct stat status{};
    if (::fstatat(folder_.descriptor(), found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;  // gone meanwhile
    if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) continue;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    files.push_back({found->d_name, status.st_mtime, (size + kBlockSize - 1) / kBlockSize * kBlockSize});
  }
  ::closedir(stream);
  return files;
}

CacheFolder::Locking CacheFolder::lock(const std::string& name, std::chrono::milliseconds wait_max,
                                       const std::atomic<bool>* cancel) const {
  const auto deadline = std::chrono::steady_clock::now() + wait_max;
  Locking locking;
  for (;;) {
    base::File file = open_in(folder_, name, O_RDWR | O_CREAT, S_IRUSR | S_IWUSR);
    if (!file.is_open()) return locking;
    while (::flock(file.descriptor(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno != EWOULDBLOCK) {  // a file system without locks
        remove(name);
        return locking;
      }
      locking.waited = true;
      if (std::chrono::steady_clock::now() >= deadline || base::is_cancelled(cancel)) return locking;
      std::this_thread::sleep_for(kLockPause);
    }
    // Whoever had it has removed the file: a lock on what no name leads to keeps nobody out.
    struct stat ours{}, named{};
    if (::fstat(file.descriptor(), &ours) != 0) return locking;
    if (::fstatat(folder_.descriptor(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0 || ours.st_ino != named.st_ino)
      continue;
    locking.lock.emplace(Lock(*this, name, std::move(file)));
    return locking;
  }
}

CacheFolder::Lock::~Lock() {
  if (file_.is_open()) folder_->remove(name_);  // before the lock goes, see lock()
}

bool CacheFolder::is_temporary(std::string_view name) { return name.starts_with(kTemporary); }

}  // namespace limpid::scan
