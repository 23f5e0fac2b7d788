// A directory, or a tar of one, as an image of one layer. A directory is walked in the order of its names, by
// descriptors and without following any link, so that nothing outside of it is ever opened, whoever changes it
// meanwhile. It has no digests: its bytes are nobody's blob.
#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "archive/skip_log.h"
#include "base/cancel.h"
#include "image/blob_store.h"
#include "image/disk_image.h"
#include "image/layer_reader.h"
#include "image/source.h"

namespace limpid::image {
namespace {

using archive::Entry;
using archive::EntryType;

// Each level holds one open directory; real trees stay far below.
constexpr std::size_t kReadSize = std::size_t{64} << 10;
// What a running system mounts at its root and no image brings.
constexpr std::string_view kVirtualFolders[] = {"proc", "sys", "dev"};

// Where container engines keep the files of other systems: those are not this system's packages.
constexpr std::string_view kEngineFolders[] = {"var/lib/containerd", "var/lib/containers/storage", "var/lib/docker"};

// File systems that parts of a system are installed on (/usr, /var). Others that are mounted are not entered: those of
// the network, which may hang, those of other systems (overlays, snaps), and whatever the kernel makes up.
constexpr std::uint32_t kZfsMagic = 0x2fc12fc1, kXfsMagic = 0x58465342, kJfsMagic = 0x3153464a,
                        kBcachefsMagic = 0xca451a4e;
constexpr std::uint32_t kSystemFileSystems[] = {
    EXT4_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, NILFS_SUPER_MAGIC, REISERFS_SUPER_MAGIC,
    kBcachefsMagic,   kJfsMagic,         kXfsMagic,        kZfsMagic,         TMPFS_MAGIC};
// Where a running system has a file system in memory that holds nothing installed.
constexpr std::string_view kVolatileFolders[] = {"run", "tmp"};

template <class List, class Value>
bool is_one_of(const List& list, const Value& value) {
  return std::ranges::find(list, value) != std::ranges::end(list);
}

// Whether a part of the system is mounted at `name`, which is on another device than the folder that it stands in. A
// subvolume of btrfs that is mounted nowhere else may be a snapshot: another state of the same files.
bool is_part_of_system(int folder, const std::string& name) {
  // O_PATH: the mount of an automounter, which may be the network's, is not set off.
  const base::File mounted(::openat(folder, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct statfs system{};
  if (!mounted.is_open() || ::fstatfs(mounted.descriptor(), &system) != 0) return false;
  const auto type = static_cast<std::uint32_t>(system.f_type);
  if (!is_one_of(kSystemFileSystems, type)) return false;
  struct statx status{};
  const bool told = ::statx(mounted.descriptor(), "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, 0, &status) == 0 &&
                    (status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;  // Linux 5.8
  return told ? (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 : type != BTRFS_SUPER_MAGIC;
}

SkipReason reason_of(int number) {
  return number == ENAMETOOLONG ? SkipReason::too_big : number == ELOOP ? SkipReason::unsafe : SkipReason::unreadable;
}

class DirectoryWalk final : public archive::EntryReader {
 public:
  DirectoryWalk(base::File root, const OpenOptions& options, std::shared_ptr<ReadCounters> counters)
      : limits_(options.tar),
        depth_max_(options.limits.folder_depth_max),
        cancel_(options.cancel),
        counters_(std::move(counters)) {
    struct stat status{};
    if (::fstat(root.descriptor(), &status) == 0) device_ = status.st_dev;
    enter(std::move(root), 0);
  }

  Result<const Entry*> next() override {
    file_ = {};
    left_ = 0;
    if (pending_) {
      pending_ = false;
      descend();
    }
    for (;;) {
      LIMPID_TRY(base::check_cancelled(cancel_));
      if (levels_.empty()) return nullptr;
      Level& level = levels_.back();
      if (level.next == level.names.size()) {
        levels_.pop_back();
        continue;
      }
      if (++count_ > limits_.entries_max)
        return fail(Code::limit, {"more files than the limit entries=", limits_.entries_max});
      name_ = std::move(level.names[level.next++]);
      entry_.path.resize(level.path_length);
      if (!entry_.path.empty()) entry_.path += '/';
      entry_.path += name_;
      if (describe_entry()) return &entry_;
    }
  }

  // What cannot be opened or read is listed among skipped() and looks empty: one unreadable file does not hide the
  // rest.
  Result<Bytes> content() override {
    LIMPID_TRY(base::check_cancelled(cancel_));
    if (left_ == 0) return Bytes{};
    if (!file_.is_open() && !open_content()) {
      left_ = 0;
      return Bytes{};
    }
    buffer_.resize(kReadSize);
    const std::size_t room = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer_.size()));
    const auto got = file_.read_at(entry_.size - left_, std::span(buffer_).first(room));
    if (!got || *got == 0) {
      left_ = 0;
      if (got) skip(SkipReason::truncated, "the file became shorter while it was read");
      if (!got) skip(SkipReason::unreadable, got.error().describe());
      return Bytes{};
    }
    left_ -= *got;
    if (counters_) counters_->fetched.fetch_add(*got, std::memory_order_relaxed);
    return Bytes(buffer_).first(*got);
  }

  const SkippedList& skipped() const override { return skipped_.list(); }

 private:
  struct Level {
    base::File directory;
    std::vector<std::string> names;
    std::size_t next = 0;
    std::size_t path_length = 0;
    dev_t device = 0;
  };

  void skip(SkipReason reason, const std::string& detail) { skipped_.add(entry_.path, reason, {detail}); }
  void skip_errno(std::string_view step) {
    const SkipReason reason = reason_of(errno);
    skip(reason, base::fail_errno({step}).error().message());
  }

  // Fills entry_ from the file system; false if it is to be passed over.
  bool describe_entry() {
    if (entry_.path.size() > archive::kPathLengthMax) {
      skip(SkipReason::too_big, "the path is too long");
      return false;
    }
    const int directory = levels_.back().directory.descriptor();
    struct stat status{};
    if (::fstatat(directory, name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      // Deleted since the directory was listed: not there is not skipped.
      if (errno != ENOENT) skip_errno("cannot be looked at");
      return false;
    }
    entry_.link_target.clear();
    entry_.size = 0;
    entry_.device = 0;
    entry_.mode = status.st_mode & 07777;
    switch (status.st_mode & S_IFMT) {
      case S_IFREG:
        entry_.type = EntryType::file;
        entry_.size = static_cast<std::uint64_t>(status.st_size);
        left_ = entry_.size;
        inode_ = status.st_ino;
        file_device_ = status.st_dev;
        return true;
      case S_IFDIR:
        entry_.type = EntryType::directory;
        pending_ = may_enter(status);
        return true;
      case S_IFLNK:
        entry_.type = EntryType::symlink;
        return read_link(directory);
      case S_IFCHR:
        entry_.type = EntryType::char_device;
        entry_.device = major(status.st_rdev) << 20 | minor(status.st_rdev);
        return true;
      case S_IFBLK:
        entry_.type = EntryType::block_device;
        entry_.device = major(status.st_rdev) << 20 | minor(status.st_rdev);
        return true;
      case S_IFIFO:
        entry_.type = EntryType::fifo;
        return true;
      default:
        return false;  // a socket: the trace of a running program, never content
    }
  }

  bool may_enter(const struct stat& status) {
    // Announced once in the manifest's notes.
    if (levels_.size() == 1 && is_one_of(kVirtualFolders, name_)) return false;
    if (is_one_of(kEngineFolders, entry_.path)) {
      skip(SkipReason::unsupported, "a container engine keeps images and containers here; scan those as targets");
      return false;
    }
    if (levels_.size() >= depth_max_) {
      skip(SkipReason::too_big, base::cat({"deeper than the limit folder-depth=", depth_max_}));
      return false;
    }
    const Level& level = levels_.back();
    device_ = status.st_dev;
    if (device_ == level.device) return true;
    if (is_one_of(kVolatileFolders, entry_.path) || !is_part_of_system(level.directory.descriptor(), name_)) {
      skip(SkipReason::unsupported, "another file system is mounted here; scan it as a target of its own");
      return false;
    }
    return true;
  }

  bool read_link(int directory) {
    entry_.link_target.resize(archive::kPathLengthMax);
    const ssize_t size = ::readlinkat(directory, name_.c_str(), entry_.link_target.data(), entry_.link_target.size());
    if (size < 0) {
      skip_errno("cannot be read");
      return false;
    }
    entry_.link_target.resize(static_cast<std::size_t>(size));
    return true;
  }

  void descend() {
    const int descriptor = ::openat(levels_.back().directory.descriptor(), name_.c_str(),
                                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
      if (errno != ENOENT) skip_errno("cannot be opened");
      return;
    }
    base::File directory(descriptor);
    struct stat status{};
    // Something may have been mounted since it was looked at.
    if (::fstat(descriptor, &status) != 0 || status.st_dev != device_)
      return skip(SkipReason::unsupported, "another file system is mounted here");
    enter(std::move(directory), entry_.path.size());
  }

  void enter(base::File directory, std::size_t path_length) {
    Level level;
    // readdir wants a descriptor of its own, since closedir closes it.
    const int copy = ::fcntl(directory.descriptor(), F_DUPFD_CLOEXEC, 0);
    DIR* const stream = copy < 0 ? nullptr : ::fdopendir(copy);
    if (stream == nullptr) {
      skip_errno("cannot be listed");
      if (copy >= 0) ::close(copy);
      return;
    }
    errno = 0;
    while (const dirent* found = ::readdir(stream)) {
      const std::string_view name = found->d_name;
      if (name == "." || name == "..") continue;
      // next() will say so when it gets there.
      if (level.names.size() == limits_.entries_max || base::is_cancelled(cancel_)) break;
      level.names.emplace_back(name);
      errno = 0;
    }
    if (errno != 0) skip_errno("cannot be listed to its end");
    ::closedir(stream);
    std::sort(level.names.begin(), level.names.end());
    level.directory = std::move(directory);
    level.path_length = path_length;
    level.device = device_;
    levels_.push_back(std::move(level));
  }

  bool open_content() {
    const int descriptor = ::openat(levels_.back().directory.descriptor(), name_.c_str(),
                                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) {
      skip_errno("cannot be opened");
      return false;
    }
    base::File file(descriptor);
    struct stat status{};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_ino != inode_ ||
        status.st_dev != file_device_) {
      skip(SkipReason::unreadable, "the file was replaced while it was read");
      return false;
    }
    file_ = std::move(file);
    return true;
  }

  archive::TarLimits limits_;
  std::uint64_t depth_max_;
  const std::atomic<bool>* cancel_;
  std::shared_ptr<ReadCounters> counters_;
  dev_t device_ = 0;  // of the directory that is entered next
  std::vector<Level> levels_;
  Entry entry_;
  std::string name_;  // of entry_, in the directory of levels_.back()
  ino_t inode_ = 0;
  dev_t file_device_ = 0;  // overlay file systems give files another one than their directories
  bool pending_ = false;   // entry_ is a directory to enter next
  base::File file_;
  std::uint64_t left_ = 0;
  std::uint64_t count_ = 0;
  std::vector<std::uint8_t> buffer_;
  archive::SkipLog skipped_{limits_.skipped_max};
};

class DirectoryReader final : public LayerReader {
 public:
  DirectoryReader(base::File root, const OpenOptions& options, std::shared_ptr<ReadCounters> counters)
      : walk_(std::move(root), options, std::move(counters)) {}
  archive::EntryReader& entries() override { return walk_; }
  Result<LayerDescriptor> finish() override { return LayerDescriptor{}; }

 private:
  DirectoryWalk walk_;
};

class DirectoryImage final : public ImageSource {
 public:
  DirectoryImage(base::File root, const std::string& path, OpenOptions options)
      : root_(std::move(root)), options_(std::move(options)) {
    manifest_.name = path;
    manifest_.layers.resize(1);
    std::string passed_over;
    for (const std::string_view name : kVirtualFolders) {
      struct stat status{};
      if (::fstatat(root_.descriptor(), std::string(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
          S_ISDIR(status.st_mode))
        base::append(passed_over, {passed_over.empty() ? "" : ", ", name});
    }
    if (!passed_over.empty()) manifest_.notes.push_back("not looked into, as on a running system: " + passed_over);
  }
  const Manifest& manifest() const override { return manifest_; }
  Result<std::unique_ptr<LayerReader>> open_layer(std::size_t index) const override {
    if (index != 0) return fail(Code::internal, {"a directory has one layer, not a layer ", index});
    // A new open file description: the position of a directory belongs to it.
    const int descriptor = ::openat(root_.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return base::fail_errno({"the directory"});
    return std::make_unique<DirectoryReader>(
        base::File(descriptor), options_,
        options_.observer == nullptr ? nullptr : options_.observer->layer_begins(manifest_.layers[0]));
  }

 private:
  base::File root_;
  Manifest manifest_;
  OpenOptions options_;
};

// A tar of a whole root, compressed or not: opened anew for each reading.
class TarImage final : public ImageSource {
 public:
  TarImage(std::string path, std::uint64_t size, OpenOptions options)
      : path_(std::move(path)), options_(std::move(options)) {
    manifest_.name = path_;
    manifest_.layers.resize(1);
    manifest_.layers[0].size = size;
  }
  const Manifest& manifest() const override { return manifest_; }
  Result<std::unique_ptr<LayerReader>> open_layer(std::size_t index) const override {
    if (index != 0) return fail(Code::internal, {"a tar of a root has one layer, not a layer ", index});
    LIMPID_ASSIGN(base::File file, base::File::open(path_));
    LIMPID_ASSIGN(Blob blob, blob_of_file(std::move(file)));
    return read_layer(std::move(blob.source), blob.size, manifest_.layers[0], "the tar", options_);
  }

 private:
  std::string path_;
  Manifest manifest_;
  OpenOptions options_;
};

}  // namespace

Result<std::unique_ptr<ImageSource>> open_rootfs(const std::string& path, const OpenOptions& options) {
  LIMPID_ASSIGN(base::File file, base::File::open(path));
  struct stat status{};
  if (::fstat(file.descriptor(), &status) != 0) return base::fail_errno({path});
  if (S_ISDIR(status.st_mode)) return std::make_unique<DirectoryImage>(std::move(file), path, options);
  if (!S_ISREG(status.st_mode)) return fail(Code::unsupported, {"neither a directory nor a regular file"});
  LIMPID_TRY(refuse_disk_image(file));
  return std::make_unique<TarImage>(path, static_cast<std::uint64_t>(status.st_size), options);
}

}  // namespace limpid::image
