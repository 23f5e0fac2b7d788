// zip archives made by hand, with every field open to lies.
#pragma once

#include <optional>

#include <isa-l/crc.h>

#include "archive/compressors.h"
#include "base/bytes.h"

namespace limpid::archive::testing {

inline std::string le(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

struct ZipPart {
  std::string name, content;
  std::uint16_t method = 8;
  std::uint16_t flags = 0;
  bool sizes_follow = false;  // the local header has none, a data descriptor does
  bool zip64 = false;
  std::string local_extra = {};
  std::optional<std::string> stored = {};  // instead of the packed content
  std::optional<std::uint32_t> crc = {};
  std::optional<std::uint64_t> size = {}, packed_size = {}, offset = {};
};

struct ZipShape {
  std::string prefix = {};          // before the archive, not counted by its offsets
  std::string counted_prefix = {};  // counted
  std::string between = {};         // between the directory and its end record
  std::string comment = {};
  std::string after = {};
  bool zip64 = false;
  std::optional<std::uint64_t> count = {}, directory_size = {}, directory_offset = {};
};

inline std::string make_zip(const std::vector<ZipPart>& parts, const ZipShape& shape = {}) {
  std::string zip = shape.counted_prefix;
  std::string directory;
  for (const ZipPart& part : parts) {
    const std::string packed = part.stored.value_or(part.method == 8 ? raw_deflate(part.content) : part.content);
    const auto crc = part.crc.value_or(crc32_gzip_refl(0, base::as_bytes(part.content).data(), part.content.size()));
    const std::uint64_t size = part.size.value_or(part.content.size());
    const std::uint64_t packed_size = part.packed_size.value_or(packed.size());
    const std::uint64_t offset = part.offset.value_or(zip.size());
    const std::uint16_t flags = static_cast<std::uint16_t>(part.flags | (part.sizes_follow ? 8 : 0));
    const std::string start = le(20, 2) + le(flags, 2) + le(part.method, 2) + le(0, 4);
    zip += le(0x04034b50, 4) + start;
    zip += part.sizes_follow ? std::string(12, '\0') : le(crc, 4) + le(packed_size, 4) + le(size, 4);
    zip += le(part.name.size(), 2) + le(part.local_extra.size(), 2) + part.name + part.local_extra + packed;
    if (part.sizes_follow) zip += le(0x08074b50, 4) + le(crc, 4) + le(packed_size, 4) + le(size, 4);
    const std::string extra = part.zip64 ? le(0x9999, 2) + le(1, 2) + "x" + le(1, 2) + le(24, 2) + le(size, 8) +
                                               le(packed_size, 8) + le(offset, 8)
                                         : "";
    const std::uint64_t ones = 0xffffffff;
    directory += le(0x02014b50, 4) + le(20, 2) + start + le(crc, 4) + le(part.zip64 ? ones : packed_size, 4) +
                 le(part.zip64 ? ones : size, 4) + le(part.name.size(), 2) + le(extra.size(), 2) + le(0, 2) + le(0, 2) +
                 le(0, 2) + le(0, 4) + le(part.zip64 ? ones : offset, 4) + part.name + extra;
  }
  const std::uint64_t directory_offset = shape.directory_offset.value_or(zip.size());
  const std::uint64_t directory_size = shape.directory_size.value_or(directory.size());
  const std::uint64_t count = shape.count.value_or(parts.size());
  zip += directory + shape.between;
  if (shape.zip64) {
    const std::uint64_t end64 = zip.size();
    zip += le(0x06064b50, 4) + le(44, 8) + le(45, 2) + le(45, 2) + le(0, 8) + le(count, 8) + le(count, 8) +
           le(directory_size, 8) + le(directory_offset, 8);
    zip += le(0x07064b50, 4) + le(0, 4) + le(end64, 8) + le(1, 4);
  }
  zip += le(0x06054b50, 4) + le(0, 4) + le(shape.zip64 ? 0xffff : count, 2) + le(shape.zip64 ? 0xffff : count, 2) +
         le(shape.zip64 ? 0xffffffff : directory_size, 4) + le(shape.zip64 ? 0xffffffff : directory_offset, 4) +
         le(shape.comment.size(), 2) + shape.comment;
  return shape.prefix + zip + shape.after;
}

}  // namespace limpid::archive::testing
