// One file of the layer cache as bytes: what it is and whose, its content, and a checksum over both, so that a file
// that was cut, damaged, renamed or written by another version is told from a good one by its bytes alone.
//
//   "LIMPIDLC" · format (u32) · key (text) · content · SHA-256 of all before it (64 hex digits)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/error.h"

namespace limpid::scan {

inline constexpr std::uint32_t kCacheFormat = 1;

// What a layer's blob turned out to be, when all of it had been read and verified.
struct KnownBlob {
  Digest digest;   // of the blob as stored
  Digest diff_id;  // of the tar in it
  std::uint64_t size = 0;
  bool operator==(const KnownBlob&) const = default;
};

std::string seal_entry(std::string_view key, std::string_view content);
// The content, as a view into `bytes`. Code::truncated; invalid for what is no entry, or one of another key;
// unsupported for another format; mismatch for a wrong checksum.
Result<std::string_view> unseal_entry(std::string_view bytes, std::string_view key);

std::string pack_blob(const KnownBlob& blob);
// Code::invalid, or unsupported for a digest of an unknown algorithm.
Result<KnownBlob> unpack_blob(std::string_view content);

}  // namespace limpid::scan
