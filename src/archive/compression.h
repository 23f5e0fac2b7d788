// Decompression: the kind is told by the first bytes, never by a name or media type.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "archive/source.h"

namespace limpid::archive {

enum class Compression : std::uint8_t { none, gzip, zstd, xz, bzip2 };
std::string_view name_of(Compression compression);
// By the first bytes, of which kSniffLength are enough; fewer are judged as they are.
inline constexpr std::size_t kSniffLength = 6;
Compression sniff_compression(Bytes first);

struct InflateLimits {
  // What a stream may expand to.
  std::uint64_t output_max = std::uint64_t{64} << 30;
  // Output / input, looked at only once more than `ratio_free` came out: deflate itself reaches 1032:1.
  std::uint64_t ratio_max = 1100;
  std::uint64_t ratio_free = std::uint64_t{1} << 30;
  // The largest zstd window accepted, as a power of two, and xz's memory.
  unsigned zstd_window_log_max = 27;
  std::uint64_t xz_memory_max = std::uint64_t{128} << 20;
};

// Wraps `compressed`. Concatenated members and frames are one stream; zero bytes after the last are padding, anything
// else there is Code::invalid: such a stream would look shorter than it is.
// Errors: Code::truncated, Code::invalid (bad data, bad CRC), Code::limit (named).
// With Compression::none the bytes pass through, counted against output_max.
Result<std::unique_ptr<Source>> decompress(std::unique_ptr<Source> compressed, Compression kind,
                                           const InflateLimits& limits = {});
// The same, with the kind told from the first bytes.
Result<std::unique_ptr<Source>> decompress_any(std::unique_ptr<Source> compressed, const InflateLimits& limits = {});

}  // namespace limpid::archive
