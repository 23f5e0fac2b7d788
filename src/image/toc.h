// The table of contents that eStargz and zstd:chunked layers carry at their end: what is in the layer's tar, and where
// in the blob each file's content begins, compressed on its own, with a digest for each piece. Both formats write the
// same JSON. Private to this room.
// https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md (TOC, TOCEntry),
// https://github.com/containers/storage/blob/main/pkg/chunked/internal/minimal/compression.go (TOC, FileMetadata)
//
// The text is untrusted, even where a manifest vouches for its digest: whoever wrote the manifest may have written a
// table that lies. What does not fit together is refused, whatever it is, since the layer can still be read whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archive/entry.h"
#include "archive/tar.h"
#include "base/digest.h"
#include "base/error.h"
#include "image/limits.h"
#include "image/types.h"

namespace limpid::image {

// A file's content, or a part of it.
struct TocChunk {
  std::uint64_t offset = 0, end = 0;  // where in the blob what holds it is compressed; both 0 where it is all zeros
  std::uint64_t inner_offset = 0;     // where it begins in what comes out from `offset` on
  std::uint64_t size = 0;             // inflated, never 0
  Digest digest;                      // of the inflated bytes; empty where the table has none
  bool zeros = false;                 // nothing but zero bytes, which need not be fetched
};

struct TocEntry {
  archive::Entry entry;
  // Toc::chunks[first_chunk, first_chunk + chunk_count): they cover the content from its first byte to its last.
  std::size_t first_chunk = 0, chunk_count = 0;
};

struct Toc {
  std::vector<TocEntry> entries;  // in the table's order, which is the tar's
  std::vector<TocChunk> chunks;
  SkippedList skipped;  // entries that a reader of the tar would have skipped as well
};

// `content_end`: where in the blob the files' contents end at the latest. Errors: Code::invalid for what contradicts
// itself, Code::unsupported for what we do not know or what JSON cannot tell (names that are no UTF-8), Code::limit.
Result<Toc> parse_toc(std::string_view json, TocPromise::Format format, std::uint64_t content_end,
                      const archive::TarLimits& limits = {}, const ImageLimits& bounds = {});

}  // namespace limpid::image
