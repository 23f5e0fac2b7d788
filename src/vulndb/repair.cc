#include "vulndb/repair.h"

#include <algorithm>
#include <array>

#include "vulndb/format.h"
#include "vulndb/output.h"
#include "vulndb/ratings.h"

namespace limpid::vulndb {
namespace {

using format::Section;

class Repair {
 public:
  explicit Repair(std::string& bytes) : bytes_(bytes) {}

  void run() {
    if (bytes_.size() < format::kHeadSize) return;
    for (std::size_t i = 0; i < format::kSections; ++i) {
      const std::size_t at = format::kHeaderSize + i * format::kSectionSize;
      sections_[i] = {load(at + 8), load(at + 16), 0};
    }
    namespaces();
    keyed_blocks(Section::text_blocks, Section::texts);
    keyed_blocks(Section::enrichment_blocks, Section::enrichments);
    keyed_blocks(Section::flaw_blocks, Section::flaws);
    id_pages();
    rating_pages();
    for (std::size_t i = 0; i < format::kSections; ++i)
      seal(format::kHeaderSize + i * format::kSectionSize + 24, sections_[i].offset, sections_[i].size, i);
    store(format::kHeaderSize - 8, 0);
    seal(format::kHeaderSize - 8, 0, format::kHeadSize, 0);
  }

 private:
  const SectionPlace& section(Section which) const { return sections_[static_cast<std::size_t>(which)]; }
  bool is_inside(std::uint64_t at, std::uint64_t size) const {
    return at <= bytes_.size() && size <= bytes_.size() - at;
  }
  std::uint64_t load(std::size_t at) const { return base::load_le<std::uint64_t>(base::as_bytes(bytes_).data() + at); }
  void store(std::size_t at, std::uint64_t value) {
    for (std::size_t i = 0; i < 8; ++i) bytes_[at + i] = static_cast<char>((value >> (8 * i)) & 0xff);
  }
  void store32(std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) bytes_[at + i] = static_cast<char>((value >> (8 * i)) & 0xff);
  }
  // Puts the checksum of some bytes where it belongs.
  void seal(std::uint64_t where, std::uint64_t at, std::uint64_t size, std::uint64_t seed) {
    if (is_inside(where, 8) && is_inside(at, size))
      store(where, format::checksum(base::as_bytes(bytes_).subspan(at, size), seed));
  }

  // The records behind a table, each of which begins with its checksum.
  void records(std::uint64_t table, std::uint64_t count, std::uint64_t first, std::uint64_t at, bool groups) {
    for (std::uint64_t i = 0; i < count && is_inside(table + i * 8, 16); ++i) {
      const std::uint64_t begin = load(table + i * 8) >> 32;
      const std::uint64_t end = load(table + i * 8 + 8) >> 32;
      if (!groups && begin + 8 <= end) seal(at + begin, at + begin + 8, end - begin - 8, first + i);
      if (groups && begin + 4 <= end && is_inside(at + begin, end - begin)) {
        const Bytes group = base::as_bytes(bytes_).subspan(at + begin, end - begin);
        store32(at + begin, format::group_checksum(group, static_cast<std::uint32_t>(first + i)));
      }
    }
  }

  void namespaces() {
    const SectionPlace& place = section(Section::namespaces);
    if (!is_inside(place.offset, place.size)) return;
    format::Decoder in(base::as_bytes(bytes_).subspan(place.offset, place.size));
    const std::size_t count = in.count(1);
    std::uint64_t table = section(Section::tables).offset;
    std::uint64_t group = section(Section::groups).offset;
    std::uint64_t offer = section(Section::offers).offset;
    std::uint64_t order = section(Section::order).offset;
    std::uint64_t first_group = 0;
    std::uint64_t first_offer = 0;
    for (std::size_t i = 0; i < count; ++i) {
      in.text();
      const std::uint64_t checksums = place.offset + in.position();
      for (int checksum = 0; checksum < 3; ++checksum) in.u64();
      const std::uint64_t groups = in.varint32();
      const std::uint64_t offers = in.varint32();
      in.varint32();  // order entries
      in.varint();
      const std::uint64_t groups_size = in.varint();
      const std::uint64_t offers_size = in.varint();
      const std::uint64_t order_size = in.varint();
      if (!in.ok()) return;
      records(table, groups, first_group, group, true);
      const std::uint64_t table_size = groups == 0 ? 0 : (groups + 1) * format::kTableEntrySize;
      seal(checksums, table, table_size, format::table_seed(i, false));
      table += table_size;
      records(table, offers, first_offer, offer, false);
      const std::uint64_t offers_table_size = offers == 0 ? 0 : (offers + 1) * format::kTableEntrySize;
      seal(checksums + 8, table, offers_table_size, format::table_seed(i, true));
      table += offers_table_size;
      seal(checksums + 16, order, order_size, i);
      order += order_size;
      group += groups_size;
      offer += offers_size;
      first_group += groups;
      first_offer += offers;
    }
  }

  void keyed_blocks(Section index, Section records) {
    const SectionPlace& entries = section(index);
    const SectionPlace& all = section(records);
    if (!is_inside(entries.offset, entries.size) || !is_inside(all.offset, all.size)) return;
    const std::uint64_t count = entries.size / format::kKeyedBlockEntrySize;
    const auto offset_of = [&](std::uint64_t block) {
      return block == count ? all.size : load(entries.offset + block * format::kKeyedBlockEntrySize) >> 32;
    };
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t begin = offset_of(i), end = offset_of(i + 1);
      if (begin > end || end > all.size) continue;
      const Bytes block = base::as_bytes(bytes_).subspan(all.offset + begin, end - begin);
      store32(entries.offset + i * format::kKeyedBlockEntrySize + 8, format::short_checksum(block, i));
    }
  }

  void id_pages() {
    const SectionPlace& ids = section(Section::ids);
    const SectionPlace& pages = section(Section::id_pages);
    constexpr std::uint64_t kPageSize = format::kIdsPerPage * format::kIdEntrySize;
    if (!is_inside(pages.offset, pages.size) || !is_inside(ids.offset, ids.size)) return;
    for (std::uint64_t i = 0; (i + 1) * format::kIdPageEntrySize <= pages.size && i * kPageSize < ids.size; ++i)
      seal(pages.offset + i * format::kIdPageEntrySize + 4, ids.offset + i * kPageSize,
           std::min(kPageSize, ids.size - i * kPageSize), i);
  }

  void rating_pages() {
    const SectionPlace& ratings = section(Section::ratings);
    const SectionPlace& pages = section(Section::rating_pages);
    if (!is_inside(pages.offset, pages.size) || !is_inside(ratings.offset, ratings.size)) return;
    format::Decoder in(base::as_bytes(bytes_).subspan(pages.offset, pages.size));
    const std::size_t sources = in.count(1);
    for (std::size_t i = 0; i < sources && in.ok(); ++i) in.text();
    for (std::uint64_t i = 0; in.remaining() >= RatingPages::kEntrySize; ++i) {
      const std::uint64_t at = i * format::kRatingPageSize;
      const std::uint64_t where = pages.offset + in.position() + 4;
      in.raw(RatingPages::kEntrySize);
      if (!in.ok() || at + format::kRatingPageSize > ratings.size) return;
      const Bytes page = base::as_bytes(bytes_).subspan(ratings.offset + at, format::kRatingPageSize);
      store32(where, format::short_checksum(page, i));
    }
  }

  std::string& bytes_;
  std::array<SectionPlace, format::kSections> sections_{};
};

}  // namespace

void repair_checksums(std::string& bytes) { Repair(bytes).run(); }

}  // namespace limpid::vulndb
