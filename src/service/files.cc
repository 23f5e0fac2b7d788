#include "service/files.h"

#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "archive/source.h"
#include "base/digest.h"
#include "base/file.h"

namespace limpid::service {

namespace fs = std::filesystem;

bool is_set(const std::atomic<bool>* cancel) { return cancel != nullptr && cancel->load(std::memory_order_relaxed); }

Result<FileHash> hash_file(const std::string& path, const std::atomic<bool>* cancel) {
  LIMPID_ASSIGN(const base::File file, base::File::open(path));
  LIMPID_ASSIGN_WITHIN(const std::uint64_t size, file.size(), {path});
  const auto source = archive::file_source(file, 0, size);
  base::Hasher hasher;
  for (;;) {
    if (is_set(cancel)) return fail(Code::cancelled, {"cancelled"});
    LIMPID_ASSIGN_WITHIN(const Bytes bytes, source->next(), {path});
    if (bytes.empty()) break;
    hasher.update(bytes);
  }
  return FileHash{hasher.finish().hex(), size};
}

Result<void> copy_file(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error) return fail(Code::io, {from, ": copy to ", to, ": ", error.message()});
  return {};
}

Result<void> link_file(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::remove(to, error);
  fs::create_hard_link(from, to, error);
  if (error) return copy_file(from, to);
  return {};
}

Result<void> rename_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return base::fail_errno({from, ": rename to ", to});
  return {};
}

Result<void> sync_path(const std::string& path) {
  const base::File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return base::fail_errno({path});
  if (::fsync(file.descriptor()) != 0) return base::fail_errno({path, ": fsync"});
  return {};
}

Result<void> make_folders(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(Code::io, {path, ": ", error.message()});
  return {};
}

void remove_quietly(const std::string& path) {
  std::error_code ignored;  // what is left over is found again, and nothing depends on its being gone
  fs::remove_all(path, ignored);
}

}  // namespace limpid::service
