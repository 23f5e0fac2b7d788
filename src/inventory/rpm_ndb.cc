// rpm's NDB, `Packages.db` (rpm_databases.h): all in 32-bit little-endian words, in blocks of 16 bytes.
// https://github.com/rpm-software-management/rpm/blob/master/lib/backend/ndb/rpmpkg.c (the comment at its head)
//
//   head     "RpmP", version 0, generation, pages of slots, next number, zeros to 32 bytes
//   slots    from byte 32 to the end of the slot pages: "Slot", number, first block (0: free), blocks
//   blob     "BlbS", number, generation, length, the header, zeros; its last 12 bytes: Adler-32 of all before, length,
//            "BlbE"
#include <algorithm>
#include <cstring>

#include "inventory/rpm_databases.h"
#include "inventory/rpm_package.h"

namespace limpid::inventory {
namespace {

constexpr std::size_t kHeadSize = 32;
constexpr std::size_t kSlotSize = 16;
constexpr std::size_t kBlockSize = 16;
constexpr std::size_t kPageSize = 4'096;
constexpr std::size_t kBlobHeadSize = 16;
constexpr std::size_t kBlobTailSize = 12;
constexpr std::uint32_t kVersion = 0;

bool has_magic(const std::uint8_t* at, std::string_view magic) { return std::memcmp(at, magic.data(), 4) == 0; }
std::uint32_t word(const std::uint8_t* at) { return base::load_le<std::uint32_t>(at); }

// RFC 1950, section 8.2.
std::uint32_t adler32(Bytes bytes) {
  constexpr std::uint32_t kModulus = 65'521;
  constexpr std::size_t kUntilOverflow = 5'552;  // bytes whose sums fit 32 bits
  std::uint32_t a = 1, b = 0;
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kUntilOverflow);
    for (const std::uint8_t byte : bytes.first(count)) b += a += byte;
    a %= kModulus;
    b %= kModulus;
    bytes = bytes.subspan(count);
  }
  return b << 16 | a;
}

struct Slot {
  std::uint32_t number, block, blocks;
};

// The blob of a slot, or why there is none.
Result<Bytes> blob_of(const Slot& slot, const RandomBytes& file, std::vector<std::uint8_t>& buffer, Notes& notes) {
  const std::uint64_t size = std::uint64_t{slot.blocks} * kBlockSize;
  if (size < kBlobHeadSize + kBlobTailSize) return fail(Code::invalid, {"its blob has ", slot.blocks, " blocks"});
  if (size > kRpmHeaderMax)
    return fail(Code::limit, {"its header has ", size, " bytes; at most ", kRpmHeaderMax, " are read"});
  LIMPID_ASSIGN(const Bytes blob, file.at(std::uint64_t{slot.block} * kBlockSize, size, buffer));
  const std::uint32_t length = word(blob.data() + 12);
  const std::uint8_t* tail = blob.data() + size - kBlobTailSize;
  if (!has_magic(blob.data(), "BlbS") || word(blob.data() + 4) != slot.number) {
    return fail(Code::invalid, {"no blob of this number begins at its block ", slot.block});
  }
  if (length > size - kBlobHeadSize - kBlobTailSize || word(tail + 4) != length || !has_magic(tail + 8, "BlbE")) {
    return fail(Code::invalid, {"its blob at block ", slot.block, " does not end where it should"});
  }
  if (adler32(blob.first(size - kBlobTailSize)) != word(tail)) {
    notes.add(SkipReason::damaged, {"package ", slot.number, ": its checksum is wrong; read all the same"});
  }
  return blob.subspan(kBlobHeadSize, length);
}

// The slots in use. As for rpm itself, a file in which one of them points behind the end is no database: how much of it
// is missing nobody knows.
Result<std::vector<Slot>> read_slots(const RandomBytes& file, std::uint32_t pages, Notes& notes) {
  std::vector<std::uint8_t> page;
  std::vector<Slot> slots;
  for (std::uint32_t i = 0; i < pages; ++i) {
    const std::uint64_t begin = std::uint64_t{i} * kPageSize;
    const auto bytes = file.at(begin, kPageSize, page);
    if (!bytes) return fail(Code::truncated, {"the file ends in page ", i, " of its ", pages, " pages of slots"});
    for (std::size_t at = i == 0 ? kHeadSize : 0; at < kPageSize; at += kSlotSize) {
      const std::uint8_t* entry = bytes->data() + at;
      const Slot slot{word(entry + 4), word(entry + 8), word(entry + 12)};
      if (!has_magic(entry, "Slot")) {
        notes.add(SkipReason::damaged, {"no slot at byte ", begin + at});
      } else if (slot.block == 0 || slot.number == 0 || slots.size() == kRpmPackagesMax) {
        if (slot.block == 0 && slot.number == 0 && slot.blocks == 0) continue;  // free
        notes.add(SkipReason::damaged, {"the slot at byte ", begin + at, " names package ", slot.number, " with ",
                                        slot.blocks, " blocks from ", slot.block});
      } else if ((std::uint64_t{slot.block} + slot.blocks) * kBlockSize > file.size()) {
        return fail(Code::truncated,
                    {"package ", slot.number, " is to end at byte ",
                     (std::uint64_t{slot.block} + slot.blocks) * kBlockSize, " of a file of ", file.size()});
      } else {
        slots.push_back(slot);
      }
    }
  }
  if (const auto behind = file.at(std::uint64_t{pages} * kPageSize, kSlotSize, page);
      behind && has_magic(behind->data(), "Slot")) {
    notes.add(SkipReason::damaged, {"there are more than its ", pages, " pages of slots"});
  }
  return slots;
}

}  // namespace

bool is_rpm_ndb(Bytes head) { return head.size() >= 4 && has_magic(head.data(), "RpmP"); }

Result<void> read_rpm_ndb(const RandomBytes& file, const RpmBlobTaker& take, Notes& notes) {
  std::vector<std::uint8_t> page, buffer;
  LIMPID_ASSIGN(const Bytes head, file.at(0, kHeadSize, page));
  if (!is_rpm_ndb(head)) return fail(Code::invalid, {"no NDB database of rpm"});
  if (const auto version = word(head.data() + 4); version != kVersion) {
    return fail(Code::unsupported, {"an NDB database of version ", version});
  }
  const std::uint32_t pages = word(head.data() + 12);
  if (pages == 0) return fail(Code::invalid, {"an NDB database without a page of slots"});
  LIMPID_ASSIGN(const std::vector<Slot> slots, read_slots(file, pages, notes));
  std::uint64_t left = file.size();  // blobs do not overlap: together they are no longer than the file
  for (const Slot& slot : slots) {
    const std::uint64_t size = std::uint64_t{slot.blocks} * kBlockSize;
    if (size > left) return fail(Code::invalid, {"the blobs of its packages overlap"});
    left -= size;
    const auto blob = blob_of(slot, file, buffer, notes);
    if (!blob) {
      const auto reason = blob.error().code() == Code::limit ? SkipReason::too_big : SkipReason::damaged;
      notes.add(reason, {"package ", slot.number, ": ", blob.error().describe()});
    } else if (!take(slot.number, *blob)) {
      break;
    }
  }
  return {};
}

}  // namespace limpid::inventory
