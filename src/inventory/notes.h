// What every detector needs to speak of a damaged file: bounded notes, and the test that a name or version is one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/skipped.h"
#include "base/text.h"

namespace limpid::inventory {

inline constexpr std::size_t kNotesPerFileMax = 20;
inline constexpr std::size_t kWordLengthMax = 1'024;

// A name, version or architecture: no blank and no control character in it, and not a book.
inline bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= kWordLengthMax &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127; });
}

// A hostile file may have a fault in each of a million records: the first few are told, the others counted.
class Notes {
 public:
  Notes(std::string_view path, SkippedList& skipped) : path_(path), skipped_(skipped) {}
  Notes(const Notes&) = delete;
  Notes& operator=(const Notes&) = delete;
  ~Notes() {
    if (count_ > kNotesPerFileMax) put(reason_, base::cat({count_ - kNotesPerFileMax, " more like these"}));
  }
  void add(SkipReason reason, std::initializer_list<base::Piece> detail) {
    reason_ = reason;
    if (++count_ <= kNotesPerFileMax) put(reason, base::cat(detail));
  }

 private:
  void put(SkipReason reason, std::string detail) {
    skipped_.push_back({std::string(path_), "", reason, std::move(detail)});
  }
  std::string_view path_;
  SkippedList& skipped_;
  std::size_t count_ = 0;
  SkipReason reason_ = SkipReason::damaged;
};

}  // namespace limpid::inventory
