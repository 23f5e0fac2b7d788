// Berkeley DB's hash files, rpm's `Packages` until rpm 4.16 (rpm_databases.h). In the byte order of the machine that
// made them. https://github.com/berkeleydb/libdb/blob/master/src/dbinc/db_page.h
//
//   page 0        8 page number, 12 magic, 16 version, 20 page size, 24 encryption, 25 type, 26 flags, 32 last page
//   hash page     20 count of items u16, 22 where they begin u16, 25 type, 26 their offsets u16; the items from the
//                 page's end downwards, key and value by turns: one byte of kind, then the bytes, or
//                 pad 3, overflow page u32, length u32
//   overflow page 16 next page, 22 bytes used u16, 25 type, from 26 the bytes
//
// A package is a key of four bytes, its number, with its header as the value; number 0 holds the highest number. The
// hash pages are read in the order of the file, whatever their bucket: a page that no bucket uses has another type.
#include <algorithm>

#include "inventory/rpm_databases.h"

namespace limpid::inventory {
namespace {

constexpr std::uint32_t kHashMagic = 0x00061561;
constexpr std::uint32_t kBtreeMagic = 0x00053162;
constexpr std::size_t kMetaSize = 72;  // that is common to all kinds of database
constexpr std::size_t kPageHead = 26;
constexpr std::uint32_t kPageSizeMin = 512;
constexpr std::uint32_t kPageSizeMax = 65'536;
constexpr std::size_t kOffPageSize = 12;

enum PageType : std::uint8_t { kFree = 0, kHashUnsorted = 2, kOverflow = 7, kHashMeta = 8, kHash = 13 };
enum Item : std::uint8_t { kInline = 1, kOffPage = 3 };
enum MetaFlag : std::uint8_t { kChecksums = 1, kPartitioned = 2 | 4 };

std::uint32_t magic_of(const std::uint8_t* meta, bool big_endian) {
  return big_endian ? base::load_be<std::uint32_t>(meta + 12) : base::load_le<std::uint32_t>(meta + 12);
}

class Reading {
 public:
  Reading(const RandomBytes& file, const RpmBlobTaker& take, Notes& notes) : file_(file), take_(take), notes_(notes) {}
  Result<void> run();

 private:
  std::uint16_t half(const std::uint8_t* at) const {
    return big_endian_ ? base::load_be<std::uint16_t>(at) : base::load_le<std::uint16_t>(at);
  }
  std::uint32_t word(const std::uint8_t* at) const {
    return big_endian_ ? base::load_be<std::uint32_t>(at) : base::load_le<std::uint32_t>(at);
  }
  Result<void> meta();
  bool items(std::uint32_t number, Bytes page);
  bool item(std::uint32_t number, Bytes key, Bytes value);
  void left_over(const std::vector<std::uint32_t>& overflow);
  Result<Bytes> value_of(Bytes item);
  Result<Bytes> follow(std::uint32_t first, std::uint32_t length);

  const RandomBytes& file_;
  const RpmBlobTaker& take_;
  Notes& notes_;
  bool big_endian_ = false;
  std::uint32_t page_size_ = 0;
  std::uint32_t last_page_ = 0;
  std::vector<bool> followed_;  // overflow pages so far; each belongs to one item
  std::vector<std::uint8_t> page_, overflow_, value_;
};

Result<void> Reading::meta() {
  LIMPID_ASSIGN(const Bytes meta, file_.at(0, kMetaSize, page_));
  for (const bool big : {false, true}) {
    if (magic_of(meta.data(), big) == kBtreeMagic) {
      return fail(Code::unsupported, {"a Berkeley DB btree, as rpm before 4.0 wrote it; only hash files are read"});
    }
    if (magic_of(meta.data(), big) == kHashMagic) big_endian_ = big;
  }
  if (magic_of(meta.data(), big_endian_) != kHashMagic) return fail(Code::invalid, {"no Berkeley DB hash file"});
  const auto version = word(meta.data() + 16);
  if (version < 8 || version > 10) return fail(Code::unsupported, {"a Berkeley DB hash file of version ", version});
  page_size_ = word(meta.data() + 20);
  if (page_size_ < kPageSizeMin || page_size_ > kPageSizeMax || (page_size_ & (page_size_ - 1)) != 0) {
    return fail(Code::invalid, {"a Berkeley DB file with pages of ", page_size_, " bytes"});
  }
  if (meta[24] != 0) return fail(Code::unsupported, {"an encrypted Berkeley DB file"});
  if (meta[25] != kHashMeta) return fail(Code::invalid, {"page 0 of the Berkeley DB file is of type ", meta[25]});
  if ((meta[26] & (kChecksums | kPartitioned)) != 0) {
    return fail(Code::unsupported, {"a Berkeley DB file with checksums or partitions, which rpm never makes"});
  }
  last_page_ = word(meta.data() + 32);
  const std::uint64_t pages = file_.size() / page_size_;
  followed_.resize(std::min<std::uint64_t>(pages, std::uint64_t{last_page_} + 1));
  if (pages <= last_page_) {
    notes_.add(SkipReason::truncated, {"the file ends in page ", pages, "; its last is ", last_page_});
  } else if (pages != std::uint64_t{last_page_} + 1) {
    notes_.add(SkipReason::damaged, {"the file has ", pages, " pages, and says that the last is ", last_page_});
  }
  return {};
}

// The bytes of the overflow pages from `first` on, `length` in all.
Result<Bytes> Reading::follow(std::uint32_t first, std::uint32_t length) {
  if (length > kRpmHeaderMax)
    return fail(Code::limit, {"its header has ", length, " bytes; at most ", kRpmHeaderMax, " are read"});
  value_.clear();
  for (std::uint32_t number = first; number != 0;) {
    if (number >= followed_.size()) return fail(Code::truncated, {"its overflow page ", number, " is not in the file"});
    if (followed_[number]) return fail(Code::invalid, {"its overflow page ", number, " was used before"});
    followed_[number] = true;
    LIMPID_ASSIGN_WITHIN(const Bytes page, file_.at(std::uint64_t{number} * page_size_, page_size_, overflow_),
                         {"overflow page ", number});
    const std::size_t used = half(page.data() + 22);
    if (page[25] != kOverflow || used == 0 || used > page_size_ - kPageHead) {
      return fail(Code::invalid, {"page ", number, " is no overflow page that could hold a part of it"});
    }
    if (used > length - value_.size())
      return fail(Code::invalid, {"its overflow pages hold more than its ", length, " bytes"});
    const Bytes part = page.subspan(kPageHead, used);
    value_.insert(value_.end(), part.begin(), part.end());
    number = word(page.data() + 16);
  }
  if (value_.size() != length) {
    return fail(Code::truncated, {"its overflow pages hold ", value_.size(), " of its ", length, " bytes"});
  }
  return Bytes(value_);
}

Result<Bytes> Reading::value_of(Bytes item) {
  if (item[0] == kInline) return item.subspan(1);
  if (item[0] != kOffPage) return fail(Code::unsupported, {"its value is an item of kind ", item[0]});
  if (item.size() < kOffPageSize) return fail(Code::invalid, {"its value is cut off"});
  return follow(word(item.data() + 4), word(item.data() + 8));
}

// False where nobody wants more.
bool Reading::item(std::uint32_t number, Bytes key, Bytes value) {
  if (key[0] != kInline || key.size() != 5) {
    notes_.add(SkipReason::damaged, {"page ", number, " has a key that is no package's number"});
    return true;
  }
  const std::uint32_t package = word(key.data() + 1);
  if (package == 0) {
    if (value[0] != kInline || value.size() != 5) {
      notes_.add(SkipReason::damaged, {"page ", number, " has a number 0 with more than a number behind it"});
    }
    return true;
  }
  const auto blob = value_of(value);
  if (!blob) {
    const auto reason = blob.error().code() == Code::limit ? SkipReason::too_big : SkipReason::damaged;
    notes_.add(reason, {"package ", package, " on page ", number, ": ", blob.error().describe()});
    return true;
  }
  return take_(package, *blob);
}

bool Reading::items(std::uint32_t number, Bytes page) {
  const std::size_t count = half(page.data() + 20);
  const std::size_t begin = kPageHead + 2 * count;
  if (count % 2 != 0 || begin > page.size()) {
    notes_.add(SkipReason::damaged, {"page ", number, " claims ", count, " items"});
    return true;
  }
  std::size_t end = page.size();
  Bytes key;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = half(page.data() + kPageHead + 2 * i);
    if (at < begin || at >= end) {
      notes_.add(SkipReason::damaged,
                 {"item ", i, " of page ", number, " lies at byte ", at, ", not below byte ", end});
      return true;
    }
    const Bytes found = page.subspan(at, end - at);
    end = at;
    if (i % 2 == 0) {
      key = found;
    } else if (!item(number, key, found)) {
      return false;
    }
  }
  if (half(page.data() + 22) != (end & 0xffff)) {
    notes_.add(SkipReason::damaged, {"page ", number, " has ", count, " items down to byte ", end,
                                     ", and says that they begin at ", half(page.data() + 22)});
  }
  return true;
}

// A page that lost its type would take its packages along unseen: what it alone led to is left over then.
void Reading::left_over(const std::vector<std::uint32_t>& overflow) {
  const auto unused = std::ranges::count_if(overflow, [&](std::uint32_t page) { return !followed_[page]; });
  if (unused != 0) notes_.add(SkipReason::damaged, {unused, " overflow pages belong to no package"});
}

Result<void> Reading::run() {
  LIMPID_TRY(meta());
  std::vector<std::uint32_t> overflow;
  for (std::uint32_t number = 1; number < followed_.size(); ++number) {
    LIMPID_ASSIGN_WITHIN(const Bytes page, file_.at(std::uint64_t{number} * page_size_, page_size_, page_),
                         {"page ", number});
    const std::uint8_t type = page[25];
    if (type == kOverflow) {
      overflow.push_back(number);
    } else if (type == kHash || type == kHashUnsorted) {
      if (!items(number, page)) return {};
    } else if (type != kFree || half(page.data() + 20) != 0) {
      notes_.add(SkipReason::damaged, {"page ", number, " is of type ", type, ", which is none of a hash file's"});
    }
  }
  left_over(overflow);
  return {};
}

}  // namespace

bool is_rpm_bdb(Bytes head) {
  if (head.size() < 16) return false;
  for (const bool big : {false, true}) {
    const auto magic = magic_of(head.data(), big);
    if (magic == kHashMagic || magic == kBtreeMagic) return true;
  }
  return false;
}

Result<void> read_rpm_bdb(const RandomBytes& file, const RpmBlobTaker& take, Notes& notes) {
  return Reading(file, take, notes).run();
}

}  // namespace limpid::inventory
