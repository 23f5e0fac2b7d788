// SQLite's pages and write-ahead log (sqlite_pages.h). Section numbers are those of the file format's page.
#include "inventory/sqlite_pages.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace limpid::inventory {
namespace {

constexpr std::string_view kMagic{"SQLite format 3\0", 16};
constexpr std::size_t kHeadSize = 100;
constexpr std::uint32_t kPageMin = 512;
constexpr std::uint32_t kUtf8 = 1;
// 4.1 and 4.2
constexpr std::uint32_t kLogMagic = 0x377f0682;  // the last bit: checksums are over big-endian words
constexpr std::uint32_t kLogVersion = 3'007'000;
constexpr std::size_t kLogHeadSize = 32;
constexpr std::size_t kFrameHeadSize = 24;
constexpr std::size_t kFramesMax = 1'000'000;

std::uint32_t word(const std::uint8_t* at) { return base::load_be<std::uint32_t>(at); }
bool is_page_size(std::uint32_t size) { return size >= kPageMin && size <= kSqlitePageMax && (size & (size - 1)) == 0; }

// 4.2: a running sum over pairs of words.
struct Checksum {
  std::uint32_t first = 0, second = 0;
  bool big_endian = false;

  void add(Bytes bytes) {
    const auto load = [&](const std::uint8_t* at) {
      return big_endian ? base::load_be<std::uint32_t>(at) : base::load_le<std::uint32_t>(at);
    };
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
      first += load(bytes.data() + i) + second;
      second += load(bytes.data() + i + 4) + first;
    }
  }
  bool is(const std::uint8_t* at) const { return word(at) == first && word(at + 4) == second; }
};

}  // namespace

// The frames up to the last one that ends a transaction. Those behind it, of a transaction that was cut off or of an
// earlier use of the log, are not part of the database, and nothing is wrong with that.
void SqlitePages::take_log(const RandomBytes& log, Notes& notes) {
  if (log.size() == 0) return;  // as every clean end leaves it
  std::vector<std::uint8_t> buffer;
  const auto head = log.at(0, kLogHeadSize, buffer);
  Checksum checksum;
  if (head) {
    checksum.big_endian = (word(head->data()) & 1) != 0;
    checksum.add(head->first(24));
  }
  if (!head || (word(head->data()) & ~1U) != kLogMagic || word(head->data() + 4) != kLogVersion ||
      !is_page_size(word(head->data() + 8)) || !checksum.is(head->data() + 24)) {
    notes.add(SkipReason::damaged, {"its write-ahead log has no valid head: the database is read as it was before"});
    return;
  }
  const std::uint32_t page_size = word(head->data() + 8);
  const std::uint64_t salt = base::load_be<std::uint64_t>(head->data() + 16);
  const std::uint64_t frames = (log.size() - kLogHeadSize) / (kFrameHeadSize + page_size);
  std::vector<Frame> all;
  std::size_t committed = 0;
  std::uint32_t count = 0;
  for (std::uint64_t i = 0; i < frames; ++i) {
    if (i == kFramesMax) {
      notes.add(SkipReason::too_big, {"only the first ", kFramesMax, " pages of its write-ahead log are read"});
      break;
    }
    const auto frame = log.at(kLogHeadSize + i * (kFrameHeadSize + page_size), kFrameHeadSize + page_size, buffer);
    if (!frame) {
      notes.add(SkipReason::unreadable, {"its write-ahead log: ", frame.error().describe()});
      break;
    }
    const std::uint8_t* at = frame->data();
    checksum.add(frame->first(8));
    checksum.add(frame->subspan(kFrameHeadSize));
    if (base::load_be<std::uint64_t>(at + 8) != salt || !checksum.is(at + 16) || word(at) == 0) break;
    all.push_back({word(at), static_cast<std::uint32_t>(i)});
    if (word(at + 4) == 0) continue;
    committed = all.size();
    count = word(at + 4);
  }
  if (committed == 0) return;
  all.resize(committed);
  std::ranges::sort(all, {}, [](const Frame& frame) { return std::pair(frame.page, ~frame.index); });
  const auto repeated = std::ranges::unique(all, {}, &Frame::page);
  all.erase(repeated.begin(), repeated.end());
  log_ = &log;
  frames_ = std::move(all);
  page_size_ = page_size;
  count_ = count;
}

// 1.3
Result<void> SqlitePages::take_head(Notes& notes) {
  std::vector<std::uint8_t> buffer;
  Bytes head;
  if (log_ != nullptr) {
    LIMPID_ASSIGN(head, page(1, buffer));
  } else {
    LIMPID_ASSIGN(head, file_->at(0, kHeadSize, buffer));
  }
  if (!base::as_text(head).starts_with(kMagic)) return fail(Code::invalid, {"no SQLite database"});
  std::uint32_t page_size = base::load_be<std::uint16_t>(head.data() + 16);
  if (page_size == 1) page_size = kSqlitePageMax;
  reserved_ = head[20];
  if (!is_page_size(page_size) || page_size - reserved_ < 480) {
    return fail(Code::invalid,
                {"an SQLite database with pages of ", page_size, " bytes, ", reserved_, " of them reserved"});
  }
  if (log_ != nullptr && page_size != page_size_) {
    return fail(Code::invalid,
                {"an SQLite database with pages of ", page_size, " bytes whose log has pages of ", page_size_});
  }
  page_size_ = page_size;
  if (const auto encoding = word(head.data() + 56); encoding > kUtf8) {
    return fail(Code::unsupported, {"an SQLite database in UTF-16"});
  }
  const std::uint64_t there = file_->size() / page_size_;
  if (log_ == nullptr) {
    const std::uint32_t claimed = word(head.data() + 28);
    count_ = static_cast<std::uint32_t>(there);
    // Where the two counters differ, old software wrote last, which did not keep the size.
    const bool kept = word(head.data() + 24) == word(head.data() + 92);
    if (kept && claimed > there) {
      notes.add(SkipReason::truncated, {"the file ends in page ", there + 1, " of ", claimed});
    }
  } else if (count_ > there + frames_.size()) {
    notes.add(SkipReason::truncated, {"file and log have less than its ", count_, " pages"});
    count_ = static_cast<std::uint32_t>(there + frames_.size());
  }
  return {};
}

Result<SqlitePages> SqlitePages::open(const RandomBytes& file, const RandomBytes* log, Notes& notes) {
  SqlitePages pages;
  pages.file_ = &file;
  if (log != nullptr) pages.take_log(*log, notes);
  LIMPID_TRY(pages.take_head(notes));
  return pages;
}

Result<Bytes> SqlitePages::page(std::uint32_t number, std::vector<std::uint8_t>& buffer) const {
  const auto frame = std::ranges::lower_bound(frames_, number, {}, &Frame::page);
  if (frame != frames_.end() && frame->page == number) {
    const std::uint64_t at = kLogHeadSize + std::uint64_t{frame->index} * (kFrameHeadSize + page_size_);
    return log_->at(at + kFrameHeadSize, page_size_, buffer);
  }
  if (number == 0) return fail(Code::invalid, {"there is no page 0"});
  return file_->at(std::uint64_t{number - 1} * page_size_, page_size_, buffer);
}

}  // namespace limpid::inventory
