// The entries of a file tree, one after another: what a tar, an ar, or a walk over a directory yields.
#pragma once

#include <cstdint>
#include <string>

#include "archive/source.h"
#include "base/skipped.h"

namespace limpid::archive {

enum class EntryType : std::uint8_t { file, directory, symlink, hard_link, char_device, block_device, fifo };

struct Entry {
  // Normalised: no leading "/" or "./", no empty or "." components, ".." resolved lexically and never above the root,
  // no trailing "/". "" is the root itself. Bytes, not necessarily UTF-8.
  std::string path;
  // symlink: the target's bytes as stored. hard_link: a path normalised like `path`. Else "".
  std::string link_target;
  EntryType type = EntryType::file;
  std::uint32_t mode = 0;     // permission bits
  std::uint64_t size = 0;     // of the content as read (a sparse file with its holes); 0 unless it is a file
  std::uint32_t device = 0;   // char_device, block_device: major << 20 | minor (overlayfs whiteouts are 0)
  bool outside_root = false;  // the stored name tried to climb above the root
};

class EntryReader {
 public:
  virtual ~EntryReader() = default;
  // The next entry, owned by the reader and valid until the following call; nullptr at the end. Content not read is
  // skipped without being copied.
  virtual Result<const Entry*> next() = 0;
  // The next piece of the current entry's content, valid until the following call to anything here; empty at its end.
  virtual Result<Bytes> content() = 0;
  // Entries that were there and could not be given: a name that is too long, a type nobody knows.
  virtual const SkippedList& skipped() const = 0;
};

// The current entry's whole content, refused with Code::limit beyond `size_max`. Nothing is allocated by the size that
// a header claims.
Result<std::string> read_content(EntryReader& reader, std::uint64_t size_max);

// Normalises as Entry::path says. False where the name is none at all (a NUL byte, longer than kPathLengthMax, or a
// component longer than kComponentLengthMax).
inline constexpr std::size_t kPathLengthMax = 4096;
inline constexpr std::size_t kComponentLengthMax = 255;
bool normalise_path(std::string_view raw, std::string& path, bool& outside_root);

}  // namespace limpid::archive
