// zip (APPNOTE.TXT 6.3.10): read through the central directory of random-access bytes, stored or deflated members,
// zip64. Overlapping members, encryption and other methods are refused or skipped by name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "archive/compression.h"
#include "archive/entry.h"

namespace limpid::archive {

struct ZipLimits {
  std::uint64_t entries_max = 2'000'000;
  std::uint64_t member_size_max = std::uint64_t{1} << 30;
};

struct ZipMember {
  std::string path;  // normalised as Entry::path
  std::uint64_t size = 0;
  std::uint64_t compressed_size = 0;
  std::uint64_t header_offset = 0;
  std::uint32_t crc = 0;
  std::uint16_t method = 0;
  bool directory = false;
};

class ZipReader {
 public:
  // `bytes` must outlive the reader (a mapping, or memory).
  static Result<ZipReader> open(Bytes bytes, const ZipLimits& limits = {});
  // In the order of the central directory.
  const std::vector<ZipMember>& members() const { return members_; }
  const SkippedList& skipped() const { return skipped_; }
  // The member's bytes, size and CRC checked at the end.
  Result<std::unique_ptr<Source>> read(const ZipMember& member) const;

 private:
  Bytes bytes_;
  ZipLimits limits_;
  std::vector<ZipMember> members_;
  SkippedList skipped_;
};

}  // namespace limpid::archive
