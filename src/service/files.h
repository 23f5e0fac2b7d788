// What the updater does with files: hashing them, giving them a second name, making them last.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/error.h"

namespace limpid::service {

struct FileHash {
  std::string sha256;  // hex
  std::uint64_t size = 0;
};
// Code::cancelled once *cancel is set.
Result<FileHash> hash_file(const std::string& path, const std::atomic<bool>* cancel = nullptr);
// `to` becomes a second name of the file, or a copy where the file system knows no such thing. It replaces what was
// there.
Result<void> link_file(const std::string& from, const std::string& to);
Result<void> copy_file(const std::string& from, const std::string& to);
Result<void> rename_file(const std::string& from, const std::string& to);
// Waits until a file's bytes, or a folder's names, are on the disk.
Result<void> sync_path(const std::string& path);
Result<void> make_folders(const std::string& path);
// A file, or a folder with all below it; nothing if it is not there or cannot be removed.
void remove_quietly(const std::string& path);

bool is_set(const std::atomic<bool>* cancel);

}  // namespace limpid::service
