// The tar reader: headers, the extended headers that change them, and content lent straight from the source's buffer.
// Where the format leaves doubt it does as Go's archive/tar, which every container runtime unpacks with.
#include "archive/tar.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <optional>

#include "archive/cursor.h"
#include "archive/pax.h"
#include "archive/skip_log.h"
#include "archive/sparse.h"
#include "archive/tar_header.h"

namespace limpid::archive {
namespace {

// What holes read as.
constexpr std::array<std::uint8_t, std::size_t{16} << 10> kZeros{};
constexpr std::uint64_t kSizeMax = (std::uint64_t{1} << 63) - 1;
constexpr std::uint64_t kEndMarker = 2;  // blocks of zeros

constexpr std::uint64_t padding_of(std::uint64_t size) { return (kTarBlock - size % kTarBlock) % kTarBlock; }

class TarReader final : public EntryReader {
 public:
  TarReader(Source& source, const TarLimits& limits) : cursor_(source), limits_(limits), skips_(limits.skipped_max) {}

  Result<const Entry*> next() override {
    if (failure_) return std::unexpected(*failure_);
    auto found = ended_ ? Result<const Entry*>(nullptr) : advance();
    if (!found) failure_ = found.error();
    return found;
  }
  Result<Bytes> content() override {
    if (failure_) return std::unexpected(*failure_);
    if (entry_.type != EntryType::file) return Bytes{};
    auto piece = sparse_.active() ? sparse_content() : stored_content(stored_left_);
    if (!piece) failure_ = piece.error();
    return piece;
  }
  const SkippedList& skipped() const override { return skips_.list(); }

 private:
  // --- From member to member ---

  Result<const Entry*> advance() {
    for (;;) {
      LIMPID_TRY(pass_member());
      LIMPID_ASSIGN(const Bytes block, next_header());
      if (block.empty()) {
        ended_ = true;
        return nullptr;
      }
      const TarHeader header(block);
      if (is_extension(header.type())) {
        LIMPID_TRY_WITHIN(read_extension(header), {"tar header at byte ", header_offset_});
        continue;
      }
      if (++members_ > limits_.entries_max)
        return fail(Code::limit, {"more entries than the limit entries=", limits_.entries_max});
      LIMPID_ASSIGN_WITHIN(const bool usable, read_member(header), {"tar header at byte ", header_offset_});
      forget_extensions();
      if (usable) return &entry_;
    }
  }

  // Skips what was not read of the current member, and its padding. A stream that ends inside the padding lacks
  // nothing.
  Result<void> pass_member() {
    if (stored_left_ > 0) {
      LIMPID_ASSIGN(const std::uint64_t skipped, cursor_.skip(stored_left_));
      stored_left_ -= skipped;
      if (stored_left_ > 0) return cut_member();
    }
    LIMPID_TRY(cursor_.skip(padding_));
    padding_ = 0;
    sparse_.clear();
    return {};
  }
  std::unexpected<Error> cut_member() const {
    return fail(Code::truncated, {entry_.path, ": the tar ends ", stored_left_, " bytes before its content does"});
  }

  // The next block with a valid checksum; empty at the end.
  Result<Bytes> next_header() {
    std::uint64_t zero_blocks = 0;
    for (;;) {
      header_offset_ = cursor_.offset();
      LIMPID_ASSIGN(const Bytes block, cursor_.gather(kTarBlock));
      if (block.empty()) return at_end();
      if (block[0] == 0 && is_zero(block) && (block.size() == kTarBlock || zero_blocks > 0)) {
        if (++zero_blocks == kEndMarker && link_body_ == 0) return after_the_end();
        continue;
      }
      if (block.size() == kTarBlock && TarHeader(block).checksum_holds()) {
        link_body_ = 0;
        return block;
      }
      if (block.size() < kTarBlock)
        return fail(Code::truncated,
                    {"tar header at byte ", header_offset_, ": only ", block.size(), " bytes are left"});
      if (link_body_ == 0 || zero_blocks > 0)
        return fail(Code::invalid, {"no tar header at byte ", header_offset_, ": its checksum is wrong"});
      // The hard link before had content, as pax allows: this block began it.
      stored_left_ = link_body_ - std::min<std::uint64_t>(link_body_, kTarBlock);
      padding_ = stored_left_ > 0 ? padding_of(link_body_) : 0;
      link_body_ = 0;
      LIMPID_TRY(pass_member());
    }
  }
  Result<Bytes> at_end() {
    if (extended_)
      return fail(Code::truncated, {"the tar ends after an extended header, where a member should follow"});
    return Bytes{};
  }
  // What follows the end marker is read by no runtime, whatever it is: it could only hide what a container really has.
  Result<Bytes> after_the_end() {
    for (;;) {
      header_offset_ = cursor_.offset();
      LIMPID_ASSIGN(const Bytes block, cursor_.gather(kTarBlock));
      if (block.empty()) return at_end();
      if (is_zero(block)) continue;
      if (block.size() == kTarBlock && TarHeader(block).checksum_holds()) {
        skips_.add("", SkipReason::unsupported,
                   {"entries after the end of the tar, as no container runtime reads them"});
      } else if (members_ == 0) {  // of nothing but zeros and then garbage: rather a disk image
        return fail(Code::invalid, {"no tar header at byte ", header_offset_, ": its checksum is wrong"});
      }
      break;
    }
    for (;;) {
      LIMPID_ASSIGN(const Bytes piece, cursor_.take(kSizeMax));
      if (piece.empty()) return at_end();
    }
  }

  // --- Extended headers: records for the member after them ---

  static bool is_extension(char type) {
    return type == 'x' || type == 'X' || type == 'g' || type == 'L' || type == 'K';
  }

  Result<void> read_extension(const TarHeader& header) {
    const char type = header.type();
    const auto size = header.size();
    if (!size) return fail(Code::invalid, {"a size that is no number"});
    if (*size > limits_.header_size_max)
      return fail(Code::limit,
                  {"an extended header of ", *size, " bytes, beyond the limit header-size=", limits_.header_size_max});
    LIMPID_ASSIGN(const Bytes payload, cursor_.gather(*size));
    if (payload.size() < *size) return fail(Code::truncated, {"the extended header is cut short"});
    const std::string_view text = base::as_text(payload);
    if (type == 'L' || type == 'K') {
      extended_ = true;
      (type == 'L' ? long_name_ : long_link_) = text.substr(0, text.find('\0'));
    } else if (type == 'g') {  // to Go a member of its own, which no runtime makes anything of
      pax_seen_ = true;
      LIMPID_TRY(local_.add(text));
      forget_extensions();
    } else {
      extended_ = pax_seen_ = true;
      local_.clear();
      LIMPID_TRY(local_.add(text));
    }
    padding_ = padding_of(*size);
    return {};
  }

  void forget_extensions() {
    extended_ = false;
    local_.clear();
    long_name_.clear();
    long_link_.clear();
  }

  // --- A member's own header ---

  // Fills entry_ and what content() needs. False where the entry can't be given, which is then logged.
  Result<bool> read_member(const TarHeader& header) {
    const char type = header.type();
    entry_.mode = header.mode();
    entry_.device = 0;
    entry_.size = 0;
    entry_.link_target.clear();
    std::string_view raw_name = name_of_member(header);
    const bool ends_in_slash = raw_name.ends_with('/');
    const bool name_is_good = normalise_path(raw_name, entry_.path, entry_.outside_root);

    LIMPID_ASSIGN(const std::uint64_t stored, stored_size(header));
    bool known = true;
    const bool has_content = set_type(type, ends_in_slash, known);
    if (has_content) {
      stored_left_ = stored;
      padding_ = padding_of(stored);
    } else if (type == '1' && pax_seen_) {
      link_body_ = stored;
    }
    if (!known) return skip_unknown(type, raw_name);
    if (!name_is_good) return skip(raw_name, SkipReason::unsafe, "a name that no file can have");
    if (entry_.path.empty() && entry_.type != EntryType::directory)
      return skip(raw_name, SkipReason::unsafe, "the root itself, but not as a directory");
    if (entry_.type == EntryType::hard_link || entry_.type == EntryType::symlink) return read_link(header);
    if (entry_.type == EntryType::char_device || entry_.type == EntryType::block_device)
      entry_.device = header.device();
    if (entry_.type != EntryType::file) return true;
    entry_.size = stored;
    return type == 'S' ? read_old_sparse(header) : read_pax_sparse();
  }

  std::string_view name_of_member(const TarHeader& header) {
    if (pax_sparse() != PaxSparse::none && !local_.sparse_name.empty()) return local_.sparse_name;
    if (!long_name_.empty()) return long_name_;
    if (!local_.path.empty()) return local_.path;
    const std::string_view prefix = header.prefix();
    if (prefix.empty()) return header.name();
    joined_.assign(prefix).append("/").append(header.name());
    return joined_;
  }

  Result<std::uint64_t> stored_size(const TarHeader& header) const {
    const auto size = local_.size.empty() ? header.size() : base::parse_unsigned(local_.size);
    if (!size || *size > kSizeMax) return fail(Code::invalid, {entry_.path, ": a size that is negative or no number"});
    return *size;
  }

  // Whether the member's content follows it. Of links, devices and directories it never does, whatever they claim.
  bool set_type(char type, bool ends_in_slash, bool& known) {
    switch (type) {
      case '\0':  // before 1988 a directory was a file with a slash
        entry_.type = ends_in_slash ? EntryType::directory : EntryType::file;
        return !ends_in_slash;
      case '0':
      case '7':  // "contiguous"
      case 'S':
        entry_.type = EntryType::file;
        return true;
      case '1':
        entry_.type = EntryType::hard_link;
        return false;
      case '2':
        entry_.type = EntryType::symlink;
        return false;
      case '3':
        entry_.type = EntryType::char_device;
        return false;
      case '4':
        entry_.type = EntryType::block_device;
        return false;
      case '5':
        entry_.type = EntryType::directory;
        return false;
      case '6':
        entry_.type = EntryType::fifo;
        return false;
      case 'D':  // GNU incremental: a directory whose content lists its names
        entry_.type = EntryType::directory;
        return true;
      default:
        known = false;
        return true;
    }
  }

  Result<bool> skip(std::string_view raw_name, SkipReason reason, std::string_view detail) {
    skips_.add(raw_name, reason, {detail});
    return false;
  }
  Result<bool> skip_unknown(char type, std::string_view raw_name) {
    const auto index = static_cast<unsigned char>(type);
    // A volume label holds nothing. Of others the first stands for all.
    if (type == 'V' || unknown_types_.test(index)) return false;
    unknown_types_.set(index);
    skips_.add(raw_name, SkipReason::unsupported, {"tar entries of unknown type ", unsigned{index}});
    return false;
  }

  Result<bool> read_link(const TarHeader& header) {
    std::string_view target = header.link_name();
    if (!local_.link_path.empty()) target = local_.link_path;
    if (!long_link_.empty()) target = long_link_;
    if (entry_.type == EntryType::symlink) {
      if (target.size() > kPathLengthMax || target.find('\0') != std::string_view::npos)
        return skip(entry_.path, SkipReason::unsafe, "a symlink to a name that no file can have");
      entry_.link_target = target;
      return true;
    }
    bool target_outside = false;
    if (!normalise_path(target, entry_.link_target, target_outside))
      return skip(entry_.path, SkipReason::unsafe, "a hard link to a name that no file can have");
    entry_.outside_root = entry_.outside_root || target_outside;
    return true;
  }

  // --- Sparse files ---

  // GNU's first form: four parts in the header, 21 more in each block that follows it, before the content.
  Result<bool> read_old_sparse(const TarHeader& header) {
    constexpr std::size_t kInHeader = 386, kMoreFlag = 482, kRealSize = 483;
    constexpr std::size_t kMoreFlagInExtension = 504;
    if (header.dialect() != TarDialect::gnu)
      return skip(entry_.path, SkipReason::unsupported, "a sparse file in the form of star");
    const auto real_size = header.number(kRealSize, 12);
    if (!real_size) return broken_sparse();
    sparse_.start(*real_size);
    sparse_too_big_ = false;
    LIMPID_TRY(add_old_parts(header, kInHeader, 4));
    bool more = !header.text(kMoreFlag, 1).empty();
    while (more) {
      LIMPID_ASSIGN(const Bytes block, cursor_.gather(kTarBlock));
      if (block.size() < kTarBlock) return fail(Code::truncated, {entry_.path, ": its sparse map is cut short"});
      const TarHeader extension(block);
      LIMPID_TRY(add_old_parts(extension, 0, 21));
      more = !extension.text(kMoreFlagInExtension, 1).empty();
    }
    return finish_sparse();
  }
  Result<void> add_old_parts(const TarHeader& header, std::size_t at, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, at += 24) {
      if (header.text(at, 1).empty()) return {};
      const auto offset = header.number(at, 12);
      const auto length = header.number(at + 12, 12);
      if (!offset || !length) return broken_sparse();
      LIMPID_TRY(add_part(*offset, *length));
    }
    return {};
  }

  // Where the map of a sparse file stands. Of a version that is not known the file is read as it is stored.
  enum class PaxSparse { none, in_header, in_content };
  PaxSparse pax_sparse() const {
    const std::string &major = local_.sparse_major, &minor = local_.sparse_minor;
    if (major == "0" && (minor == "0" || minor == "1")) return PaxSparse::in_header;
    if (major == "1" && minor == "0") return PaxSparse::in_content;
    const bool is_versioned = !major.empty() || !minor.empty();
    return is_versioned || local_.sparse_map.empty() ? PaxSparse::none : PaxSparse::in_header;
  }

  Result<bool> read_pax_sparse() {
    const PaxSparse form = pax_sparse();
    if (form == PaxSparse::none) return true;
    const std::string& size_text = local_.sparse_size.empty() ? local_.sparse_real_size : local_.sparse_size;
    const auto real_size = size_text.empty() ? std::optional(entry_.size) : base::parse_unsigned(size_text);
    if (!real_size || *real_size > kSizeMax) return broken_sparse();
    sparse_.start(*real_size);
    sparse_too_big_ = false;
    LIMPID_TRY(form == PaxSparse::in_header ? read_sparse_map_of_header() : read_sparse_map_of_content());
    return finish_sparse();
  }

  // Versions 0.0 and 0.1.
  Result<void> read_sparse_map_of_header() {
    if (local_.sparse_map_broken) return broken_sparse();
    std::string_view map = local_.sparse_map;
    while (!map.empty()) {
      const auto offset = base::parse_unsigned(base::take_until(map, ','));
      const auto length = base::parse_unsigned(base::take_until(map, ','));
      if (!offset || !length) return broken_sparse();
      LIMPID_TRY(add_part(*offset, *length));
    }
    return {};
  }

  // Version 1.0: decimal numbers, one a line, in blocks of their own before the content: how many parts, then each
  // one's offset and length.
  Result<void> read_sparse_map_of_content() {
    std::uint64_t numbers_left = 1;
    std::uint64_t value = 0, offset = 0;
    bool has_digits = false, has_count = false;
    while (numbers_left > 0) {
      if (stored_left_ < kTarBlock) return broken_sparse();
      LIMPID_ASSIGN(const Bytes block, cursor_.gather(kTarBlock));
      if (block.size() < kTarBlock) return fail(Code::truncated, {entry_.path, ": its sparse map is cut short"});
      stored_left_ -= kTarBlock;
      for (const std::uint8_t byte : block) {
        if (numbers_left == 0) break;
        if (byte >= '0' && byte <= '9') {
          if (value > kSizeMax / 10 - 1) return broken_sparse();
          value = value * 10 + (byte - std::uint64_t{'0'});
          has_digits = true;
          continue;
        }
        if (byte != '\n' || !has_digits) return broken_sparse();
        if (!has_count) {
          has_count = true;
          // Each number takes two bytes at least: a count beyond what is stored is a lie.
          if (value > stored_left_ + kTarBlock) return broken_sparse();
          numbers_left = value * 2;
        } else {
          --numbers_left;
          if (numbers_left % 2 == 0) {
            LIMPID_TRY(add_part(offset, value));
          } else {
            offset = value;
          }
        }
        value = 0;
        has_digits = false;
      }
    }
    return {};
  }

  std::unexpected<Error> broken_sparse() const {
    return fail(Code::invalid, {entry_.path, ": its map of a sparse file is broken"});
  }
  Result<void> add_part(std::uint64_t offset, std::uint64_t length) {
    switch (sparse_.add(offset, length, limits_.sparse_parts_max)) {
      case SparseMap::Added::yes:
        return {};
      case SparseMap::Added::disordered:
        return broken_sparse();
      case SparseMap::Added::too_many:
        sparse_too_big_ = true;
        return {};
    }
    return {};
  }
  Result<bool> finish_sparse() {
    entry_.size = sparse_.size();
    if (sparse_too_big_) {
      skips_.add(entry_.path, SkipReason::too_big,
                 {"a sparse file of more parts than the limit sparse-parts=", limits_.sparse_parts_max});
      return false;
    }
    if (!sparse_.fits() || sparse_.stored() != stored_left_) return broken_sparse();
    if (sparse_.size() > limits_.sparse_size_max) {
      skips_.add(
          entry_.path, SkipReason::too_big,
          {"a sparse file of ", sparse_.size(), " bytes, beyond the limit sparse-size=", limits_.sparse_size_max});
      return false;
    }
    return true;
  }

  // --- Content ---

  Result<Bytes> stored_content(std::uint64_t most) {
    if (most == 0) return Bytes{};
    LIMPID_ASSIGN(const Bytes piece, cursor_.take(most));
    if (piece.empty()) return cut_member();
    stored_left_ -= piece.size();
    return piece;
  }

  Result<Bytes> sparse_content() {
    const SparseMap::Run run = sparse_.next_run();
    Bytes piece = Bytes(kZeros).first(std::min<std::uint64_t>(run.hole, kZeros.size()));
    if (run.data > 0) {
      LIMPID_ASSIGN(piece, stored_content(run.data));
    }
    sparse_.advance(piece.size());
    return piece;
  }

  Cursor cursor_;
  TarLimits limits_;
  SkipLog skips_;
  Entry entry_;
  std::uint64_t header_offset_ = 0;
  std::uint64_t members_ = 0;
  std::uint64_t stored_left_ = 0;  // bytes of the current member's content in the source
  std::uint64_t padding_ = 0;      // after them
  std::uint64_t link_body_ = 0;    // content that a hard link may have, should no header follow it
  SparseMap sparse_;
  bool sparse_too_big_ = false;

  PaxRecords local_;
  std::string long_name_, long_link_;  // GNU 'L' and 'K'
  bool extended_ = false;              // one of those was read, and its member was not yet
  bool pax_seen_ = false;
  std::string joined_;  // prefix and name
  std::bitset<256> unknown_types_;

  bool ended_ = false;
  std::optional<Error> failure_;
};

}  // namespace

std::unique_ptr<EntryReader> open_tar(Source& source, const TarLimits& limits) {
  return std::make_unique<TarReader>(source, limits);
}

}  // namespace limpid::archive
