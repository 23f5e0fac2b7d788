#include "archive/zip.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "archive/skip_log.h"

namespace limpid::archive {
namespace {

using base::load_le;

constexpr std::uint32_t kLocalSignature = 0x04034b50;
constexpr std::uint32_t kCentralSignature = 0x02014b50;
constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::uint32_t kEnd64Signature = 0x06064b50;
constexpr std::uint32_t kLocator64Signature = 0x07064b50;
constexpr std::size_t kLocalSize = 30;
constexpr std::size_t kCentralSize = 46;
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kEnd64Size = 56;
constexpr std::size_t kLocator64Size = 20;
constexpr std::size_t kCommentMax = 0xffff;
constexpr std::uint16_t kZip64Field = 0x0001;
constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;
constexpr std::uint16_t kFlagsEncrypted = 1U << 0 | 1U << 6 | 1U << 13;
constexpr std::uint16_t kFlagSizesFollow = 1U << 3;
constexpr std::size_t kSkippedMax = 1'000;

template <class T>
T at(Bytes bytes, std::uint64_t offset) {
  return load_le<T>(bytes.data() + offset);
}
bool has(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
  return offset <= bytes.size() && size <= bytes.size() - offset;
}

// --- The end record, and the central directory that it points to ---

struct Directory {
  std::uint64_t offset = 0;  // in the bytes
  std::uint64_t size = 0;
  std::uint64_t count = 0;
  bool count_wraps = false;  // the count is of 16 bits, and some writers let it overflow
  // Bytes in front of the archive, as in a self-extracting one: its own offsets begin after them.
  std::uint64_t prefix = 0;
};

// The directory ends at `end`; `claimed` is where the archive says it begins. Nothing where that makes no sense.
std::optional<Directory> place_directory(Bytes bytes, std::uint64_t end, std::uint64_t size, std::uint64_t claimed) {
  if (size > end || claimed > end - size) return std::nullopt;
  Directory directory{.offset = end - size, .size = size, .prefix = end - size - claimed};
  if (size == 0) return directory;
  const auto begins_at = [&](std::uint64_t offset) {
    return size >= kCentralSize && at<std::uint32_t>(bytes, offset) == kCentralSignature;
  };
  if (begins_at(directory.offset)) return directory;
  // Something stands between the directory and its end record.
  if (!begins_at(claimed)) return std::nullopt;
  directory.offset = claimed;
  directory.prefix = 0;
  return directory;
}

std::optional<Directory> read_end64(Bytes bytes, std::uint64_t end_offset) {
  if (end_offset < kLocator64Size) return std::nullopt;
  const std::uint64_t locator = end_offset - kLocator64Size;
  if (at<std::uint32_t>(bytes, locator) != kLocator64Signature) return std::nullopt;
  const auto try_at = [&](std::uint64_t offset) -> std::optional<Directory> {
    if (offset > locator || locator - offset < kEnd64Size || at<std::uint32_t>(bytes, offset) != kEnd64Signature)
      return std::nullopt;
    auto directory =
        place_directory(bytes, offset, at<std::uint64_t>(bytes, offset + 40), at<std::uint64_t>(bytes, offset + 48));
    if (directory) directory->count = at<std::uint64_t>(bytes, offset + 32);
    return directory;
  };
  if (auto found = try_at(at<std::uint64_t>(bytes, locator + 8))) return found;
  // With a prefix the locator's offset is too small; the record usually stands right before the locator.
  return locator >= kEnd64Size ? try_at(locator - kEnd64Size) : std::nullopt;
}

// The 32-bit record may say "see the 64-bit one" by all ones, but not contradict it: readers would differ on which
// archive this is.
bool agrees(std::uint64_t narrow, std::uint64_t ones, std::uint64_t wide) { return narrow == ones || narrow == wide; }

std::optional<Directory> read_end(Bytes bytes, std::uint64_t offset) {
  const auto comment_length = at<std::uint16_t>(bytes, offset + 20);
  if (!has(bytes, offset + kEndSize, comment_length)) return std::nullopt;
  const auto count = at<std::uint16_t>(bytes, offset + 10);
  const auto size = at<std::uint32_t>(bytes, offset + 12);
  const auto claimed = at<std::uint32_t>(bytes, offset + 16);
  if (auto wide = read_end64(bytes, offset); wide && agrees(count, 0xffff, wide->count) &&
                                             agrees(size, 0xffffffff, wide->size) &&
                                             agrees(claimed, 0xffffffff, wide->offset - wide->prefix))
    return wide;
  // More than one disk: nobody has those.
  if (at<std::uint16_t>(bytes, offset + 4) != at<std::uint16_t>(bytes, offset + 6)) return std::nullopt;
  auto directory = place_directory(bytes, offset, size, claimed);
  if (directory) {
    directory->count = count;
    directory->count_wraps = true;
  }
  return directory;
}

// The last end record that makes sense: its comment may hold the bytes of another.
Result<Directory> find_directory(Bytes bytes) {
  if (bytes.size() < kEndSize) return fail(Code::invalid, {"no zip archive: only ", bytes.size(), " bytes"});
  const std::uint64_t last = bytes.size() - kEndSize;
  const std::uint64_t first = last > kCommentMax ? last - kCommentMax : 0;
  for (std::uint64_t offset = last + 1; offset-- > first;) {
    if (at<std::uint32_t>(bytes, offset) != kEndSignature) continue;
    if (const auto directory = read_end(bytes, offset)) return *directory;
  }
  return fail(Code::invalid, {"no zip archive, or one cut short: no end record at its end"});
}

// --- Members ---

struct Central {
  ZipMember member;
  std::string_view raw_name;
  std::uint16_t flags = 0;
  std::uint64_t end = 0;  // of the member's local header and bytes
};

// Replaces the values that are all ones by those of the zip64 field. False where they are missing.
bool apply_zip64(Bytes extra, ZipMember& member) {
  constexpr std::uint64_t kOnes = 0xffffffff;
  if (member.size != kOnes && member.compressed_size != kOnes && member.header_offset != kOnes) return true;
  while (extra.size() >= 4) {
    const auto id = at<std::uint16_t>(extra, 0);
    const auto length = at<std::uint16_t>(extra, 2);
    if (!has(extra, 4, length)) return false;
    Bytes field = extra.subspan(4, length);
    extra = extra.subspan(std::size_t{4} + length);
    if (id != kZip64Field) continue;
    for (std::uint64_t* value : {&member.size, &member.compressed_size, &member.header_offset}) {
      if (*value != kOnes) continue;
      if (field.size() < 8) return false;
      *value = at<std::uint64_t>(field, 0);
      field = field.subspan(8);
    }
    return true;
  }
  return false;
}

// Reads the local header that belongs to `central`; "" or why it won't do. Sets where the member ends.
std::string_view check_local(Bytes bytes, Central& central, std::uint64_t directory_offset) {
  const ZipMember& member = central.member;
  if (!has(bytes, member.header_offset, kLocalSize) || member.header_offset >= directory_offset)
    return "its local header lies outside the archive";
  const Bytes local = bytes.subspan(member.header_offset);
  if (at<std::uint32_t>(local, 0) != kLocalSignature) return "it has no local header";
  const std::uint64_t length = kLocalSize + std::uint64_t{at<std::uint16_t>(local, 26)} + at<std::uint16_t>(local, 28);
  if (member.compressed_size > directory_offset || !has(bytes, member.header_offset, length + member.compressed_size) ||
      member.header_offset + length + member.compressed_size > directory_offset)
    return "it reaches beyond the archive";
  central.end = member.header_offset + length + member.compressed_size;
  if (at<std::uint16_t>(local, 8) != member.method) return "its local header names another method";
  const auto local_size = at<std::uint32_t>(local, 18);
  const bool size_is_here = (at<std::uint16_t>(local, 6) & kFlagSizesFollow) == 0 && local_size != 0xffffffff;
  if (size_is_here && local_size != member.compressed_size) return "its local header has another size";
  return {};
}

// --- Content ---

// Counts and sums what goes by, and judges at the end.
class Checked : public Source {
 public:
  explicit Checked(const ZipMember& member) : path_(member.path), size_left_(member.size), crc_expected_(member.crc) {}
  Result<Bytes> next() final {
    if (failure_) return std::unexpected(*failure_);
    auto piece = produce();
    if (piece) {
      if (auto good = check(*piece); !good) piece = std::unexpected(good.error());
    }
    if (!piece) {
      failure_ = std::move(piece).error().within({path_});
      return std::unexpected(*failure_);
    }
    return piece;
  }

 private:
  virtual Result<Bytes> produce() = 0;

  Result<void> check(Bytes piece) {
    if (piece.size() > size_left_) return fail(Code::mismatch, {"more content than its size says"});
    size_left_ -= piece.size();
    crc_ = crc32_gzip_refl(crc_, piece.data(), piece.size());
    if (!piece.empty()) return {};
    if (size_left_ > 0)
      return fail(Code::mismatch, {"its content is ", size_left_, " bytes shorter than its size says"});
    if (crc_ != crc_expected_) return fail(Code::mismatch, {"its CRC is wrong"});
    return {};
  }

  std::string path_;
  std::uint64_t size_left_;
  std::uint32_t crc_expected_;
  std::uint32_t crc_ = 0;
  std::optional<Error> failure_;
};

class StoredSource final : public Checked {
 public:
  StoredSource(const ZipMember& member, Bytes bytes) : Checked(member), bytes_(bytes) {}

 private:
  Result<Bytes> produce() override {
    const Bytes piece = bytes_.first(std::min(bytes_.size(), kBufferSize));
    bytes_ = bytes_.subspan(piece.size());
    return piece;
  }
  Bytes bytes_;
};

class DeflatedSource final : public Checked {
 public:
  DeflatedSource(const ZipMember& member, Bytes bytes)
      : Checked(member),
        bytes_(bytes),
        // One more than the member's size, so that a surplus shows.
        capacity_(std::min<std::uint64_t>(member.size + 1, kBufferSize)),
        buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(capacity_)) {
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_DEFLATE;
  }

 private:
  Result<Bytes> produce() override {
    constexpr std::size_t kInputMax = std::size_t{1} << 30;
    std::size_t filled = 0;
    while (filled < capacity_ && state_.block_state != ISAL_BLOCK_FINISH) {
      const Bytes input = bytes_.first(std::min(bytes_.size(), kInputMax));
      // igzip never writes through next_in; its interface only lacks the const.
      state_.next_in = const_cast<std::uint8_t*>(input.data());
      state_.avail_in = static_cast<std::uint32_t>(input.size());
      state_.next_out = buffer_.get() + filled;
      state_.avail_out = static_cast<std::uint32_t>(capacity_ - filled);
      const int status = isal_inflate(&state_);
      if (status < 0) return fail(Code::invalid, {"broken deflate data (", status, ")"});
      const std::size_t taken = input.size() - std::min<std::size_t>(input.size(), state_.avail_in);
      const std::size_t put = capacity_ - filled - state_.avail_out;
      bytes_ = bytes_.subspan(taken);
      filled += put;
      if (taken == 0 && put == 0 && state_.block_state != ISAL_BLOCK_FINISH)
        return fail(Code::truncated, {"its deflate data ends too early"});
    }
    return Bytes{buffer_.get(), filled};
  }

  Bytes bytes_;
  std::size_t capacity_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  inflate_state state_;
};

class DirectoryReader {
 public:
  DirectoryReader(Bytes bytes, const ZipLimits& limits) : bytes_(bytes), limits_(limits), skips_(kSkippedMax) {}

  Result<void> read() {
    LIMPID_ASSIGN(directory_, find_directory(bytes_));
    Bytes rest = bytes_.subspan(directory_.offset, directory_.size);
    std::uint64_t count = 0;
    while (rest.size() >= kCentralSize && at<std::uint32_t>(rest, 0) == kCentralSignature) {
      if (++count > limits_.entries_max)
        return fail(Code::limit, {"more entries than the limit of ", limits_.entries_max});
      const std::uint64_t length = kCentralSize + std::uint64_t{at<std::uint16_t>(rest, 28)} +
                                   at<std::uint16_t>(rest, 30) + at<std::uint16_t>(rest, 32);
      if (length > rest.size()) return fail(Code::truncated, {"zip directory entry ", count, " is cut short"});
      add(rest.first(length));
      rest = rest.subspan(length);
    }
    const bool matches = directory_.count_wraps ? (count & 0xffff) == directory_.count : count == directory_.count;
    if (!matches)
      return fail(Code::invalid, {"the zip directory has ", count, " entries, its end record says ", directory_.count});
    refuse_overlaps();
    return {};
  }

  std::vector<ZipMember> take_members() {
    std::vector<ZipMember> members;
    members.reserve(found_.size());
    for (Central& central : found_) members.push_back(std::move(central.member));
    return members;
  }
  const SkippedList& skipped() const { return skips_.list(); }

 private:
  void add(Bytes header) {
    Central central;
    ZipMember& member = central.member;
    const auto name_length = at<std::uint16_t>(header, 28);
    const auto extra_length = at<std::uint16_t>(header, 30);
    central.raw_name = base::as_text(header.subspan(kCentralSize, name_length));
    central.flags = at<std::uint16_t>(header, 8);
    member.method = at<std::uint16_t>(header, 10);
    member.crc = at<std::uint32_t>(header, 16);
    member.compressed_size = at<std::uint32_t>(header, 20);
    member.size = at<std::uint32_t>(header, 24);
    member.header_offset = at<std::uint32_t>(header, 42);
    if (!apply_zip64(header.subspan(kCentralSize + name_length, extra_length), member))
      return skip(central, SkipReason::damaged, "its zip64 sizes are missing");
    member.directory = central.raw_name.ends_with('/');
    bool outside_root = false;
    if (!normalise_path(central.raw_name, member.path, outside_root) || (member.path.empty() && !member.directory))
      return skip(central, SkipReason::unsafe, "a name that no file can have");
    if ((central.flags & kFlagsEncrypted) != 0) return skip(central, SkipReason::unsupported, "it is encrypted");
    if (member.method != kStored && member.method != kDeflated) {
      skips_.add(central.raw_name, SkipReason::unsupported, {"compression method ", member.method});
      return;
    }
    if (member.size > limits_.member_size_max) {
      skips_.add(central.raw_name, SkipReason::too_big,
                 {"its ", member.size, " bytes are more than the limit of ", limits_.member_size_max});
      return;
    }
    if (member.header_offset > bytes_.size()) return skip(central, SkipReason::damaged, "it lies outside the archive");
    member.header_offset += directory_.prefix;
    if (const auto flaw = check_local(bytes_, central, directory_.offset); !flaw.empty())
      return skip(central, SkipReason::damaged, flaw);
    found_.push_back(std::move(central));
  }
  void skip(const Central& central, SkipReason reason, std::string_view why) {
    skips_.add(central.raw_name, reason, {why});
  }

  // Members that share bytes make small archives expand without bound. The first of them stays.
  void refuse_overlaps() {
    std::vector<std::size_t> by_offset(found_.size());
    std::iota(by_offset.begin(), by_offset.end(), std::size_t{0});
    std::ranges::sort(by_offset, {}, [this](std::size_t i) { return std::pair(found_[i].member.header_offset, i); });
    std::uint64_t end = 0;
    std::vector<bool> overlaps(found_.size());
    bool any = false;
    for (const std::size_t i : by_offset) {
      if (found_[i].member.header_offset < end) {
        overlaps[i] = any = true;
        skip(found_[i], SkipReason::damaged, "it overlaps another member");
      } else {
        end = found_[i].end;
      }
    }
    if (!any) return;
    std::size_t i = 0;
    std::erase_if(found_, [&](const Central&) { return overlaps[i++]; });
  }

  Bytes bytes_;
  ZipLimits limits_;
  Directory directory_;
  std::vector<Central> found_;
  SkipLog skips_;
};

}  // namespace

Result<ZipReader> ZipReader::open(Bytes bytes, const ZipLimits& limits) {
  DirectoryReader directory(bytes, limits);
  LIMPID_TRY(directory.read());
  ZipReader reader;
  reader.bytes_ = bytes;
  reader.limits_ = limits;
  reader.members_ = directory.take_members();
  reader.skipped_ = directory.skipped();
  return reader;
}

Result<std::unique_ptr<Source>> ZipReader::read(const ZipMember& member) const {
  // The member may be the caller's own copy: nothing in it is trusted.
  if (!has(bytes_, member.header_offset, kLocalSize))
    return fail(Code::invalid, {member.path, ": not in this archive"});
  const Bytes local = bytes_.subspan(member.header_offset);
  const std::uint64_t start = kLocalSize + std::uint64_t{at<std::uint16_t>(local, 26)} + at<std::uint16_t>(local, 28);
  if (!has(local, start, member.compressed_size)) return fail(Code::truncated, {member.path, ": cut short"});
  if (member.size > limits_.member_size_max)
    return fail(Code::limit, {member.path, ": more than the limit of ", limits_.member_size_max, " bytes"});
  const Bytes content = local.subspan(start, member.compressed_size);
  if (member.method == kStored) return std::make_unique<StoredSource>(member, content);
  if (member.method == kDeflated) return std::make_unique<DeflatedSource>(member, content);
  return fail(Code::unsupported, {member.path, ": compression method ", member.method});
}

}  // namespace limpid::archive
