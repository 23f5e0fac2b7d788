// tar: v7, ustar (POSIX.1-1988), pax (POSIX.1-2001: the overrides of size, path and link), GNU (long names, long
// links, base-256 numbers, sparse files in their four encodings). Formats: POSIX.1-2017 pax, "ustar Interchange
// Format"; https://www.gnu.org/software/tar/manual/html_node/Standard.html, and Sparse-Formats there.
//
// What container runtimes unpack is read as Go's archive/tar reads it, which they use: nothing after the end marker,
// pax headers for all members ('g') without effect, a sparse file of an unknown version as it is stored. Lenient where
// that is (a missing end marker, signed checksums) or where it would only refuse the image, strict where a wrong
// reading would lose a file (a cut member, a bad checksum).
#pragma once

#include <cstdint>
#include <memory>

#include "archive/entry.h"

namespace limpid::archive {

struct TarLimits {
  std::uint64_t entries_max = 5'000'000;
  // One pax header or GNU long name.
  std::uint64_t header_size_max = std::uint64_t{1} << 20;
  // The apparent size of one sparse file.
  std::uint64_t sparse_size_max = std::uint64_t{64} << 30;
  std::uint64_t sparse_parts_max = 1'000'000;
  std::size_t skipped_max = 1'000;
};

// `source` must outlive the reader. After the end has been reached, or never, the caller may go on reading `source`:
// the reader has then consumed all of it.
std::unique_ptr<EntryReader> open_tar(Source& source, const TarLimits& limits = {});

}  // namespace limpid::archive
