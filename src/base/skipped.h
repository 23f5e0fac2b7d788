// Something that was there and was not read, or not fully. Part of every result.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace limpid::base {

enum class SkipReason : unsigned char {
  damaged,      // does not follow its own format
  truncated,    // ends too early
  too_big,      // beyond a named limit
  unsupported,  // a kind or version that we do not read
  unsafe,       // would lead outside the image, or has a name that no file can have
  unreadable,   // permission denied, or an I/O error
  removed,      // a later layer deleted it
  unresolved,   // a link whose target is not in the image
};
std::string_view name_of(SkipReason reason);

struct Skipped {
  std::string path;   // inside the image or feed, raw bytes; "" when it is the whole layer
  std::string layer;  // diff ID, where there is one
  SkipReason reason;
  std::string detail;  // one sentence for a person
};
using SkippedList = std::vector<Skipped>;

}  // namespace limpid::base

namespace limpid {
using base::Skipped;
using base::SkippedList;
using base::SkipReason;
}  // namespace limpid
