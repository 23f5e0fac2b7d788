// For tests and fuzz targets of this room: a layer's entries from memory.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "archive/entry.h"

namespace limpid::inventory::testing {

struct MemoryEntry {
  archive::Entry entry;
  std::string content;
};

inline MemoryEntry file(std::string path, std::string content) {
  MemoryEntry made;
  made.entry.path = std::move(path);
  made.entry.size = content.size();
  made.content = std::move(content);
  return made;
}
inline MemoryEntry of_type(archive::EntryType type, std::string path, std::string target = {}) {
  MemoryEntry made;
  made.entry.path = std::move(path);
  made.entry.type = type;
  made.entry.link_target = std::move(target);
  return made;
}
inline MemoryEntry directory(std::string path) { return of_type(archive::EntryType::directory, std::move(path)); }
inline MemoryEntry symlink(std::string path, std::string target) {
  return of_type(archive::EntryType::symlink, std::move(path), std::move(target));
}
inline MemoryEntry hard_link(std::string path, std::string target) {
  return of_type(archive::EntryType::hard_link, std::move(path), std::move(target));
}

// Yields content in pieces, so that a caller who expects one piece is found out.
class MemoryReader final : public archive::EntryReader {
 public:
  explicit MemoryReader(std::vector<MemoryEntry> entries, std::size_t piece_size = 4'000)
      : entries_(std::move(entries)), piece_size_(piece_size) {}

  Result<const archive::Entry*> next() override {
    at_ = 0;
    if (next_ == fail_at) return fail(Code::truncated, {"the tar ends early"});
    if (next_ == entries_.size()) return nullptr;
    return &entries_[next_++].entry;
  }
  Result<Bytes> content() override {
    const std::string& all = entries_[next_ - 1].content;
    const auto piece = std::string_view(all).substr(at_, piece_size_);
    at_ += piece.size();
    return base::as_bytes(piece);
  }
  const SkippedList& skipped() const override { return skipped_list; }

  std::size_t fail_at = static_cast<std::size_t>(-1);  // the number of entries before an error
  SkippedList skipped_list;

 private:
  std::vector<MemoryEntry> entries_;
  std::size_t piece_size_;
  std::size_t next_ = 0;
  std::size_t at_ = 0;
};

}  // namespace limpid::inventory::testing
