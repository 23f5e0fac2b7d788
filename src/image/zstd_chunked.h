// zstd:chunked: a zstd layer of many frames, so that each file's content can be inflated alone, followed by skippable
// frames (RFC 8878 section 3.1.2) with the table of contents (toc.h), data for rebuilding the tar's headers (not used
// here), and a footer. https://github.com/containers/storage/blob/main/docs/containers-storage-zstd-chunked.md,
// pkg/chunked/internal/minimal/compression.go there. Private to this room.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "image/limits.h"
#include "image/types.h"

namespace limpid::image {

// A skippable frame's magic number and size.
inline constexpr std::uint64_t kSkippableHeaderSize = 8;
// What the last frame holds.
inline constexpr std::uint64_t kZstdChunkedFooterSize = 64;

// What the annotations of a layer promise; Format::none without a digest, or with a place that we do not understand.
// Both spellings of the keys are known, with and without "github".
TocPromise zstd_chunked_promise(const std::map<std::string, std::string>& annotations);

// Fills in where the table lies, from the footer (of 64 bytes). Code::unsupported for what is none, or of another kind.
Result<void> parse_zstd_chunked_footer(Bytes footer, TocPromise& promise);

// The JSON in the table as stored. Code::mismatch if its digest or its size is not the one promised.
Result<std::string> read_zstd_chunked_toc(std::string_view stored, const TocPromise& promise,
                                          std::uint64_t size_max = kTocSizeMax);

}  // namespace limpid::image
