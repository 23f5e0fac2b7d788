// Reading the head of a database file and its small tables, once, when it is opened.
#include <algorithm>
#include <limits>

#include "vulndb/state.h"

namespace limpid::vulndb {
namespace {

using format::Decoder;
using format::kSections;
using format::Section;

constexpr std::uint64_t kSmallTableMax = 64 << 20;  // feeds, namespaces, lifecycles: a real one has a few KiB

struct Head {
  std::uint64_t file_size = 0, advisories = 0, statements = 0, groups = 0, enrichments = 0;
};

Result<Head> read_head(Bytes bytes, std::array<SectionPlace, kSections>& sections) {
  Decoder in(bytes);
  if (in.raw(format::kMagic.size()) != format::kMagic) return fail(Code::invalid, {"not a Limpid database"});
  if (const std::uint32_t version = in.u32(); version != format::kVersion)
    return fail(Code::unsupported, {"database format ", version, "; this program reads ", format::kVersion});
  const std::uint32_t count = in.u32();
  Head head;
  head.file_size = in.u64();
  head.advisories = in.u64();
  head.statements = in.u64();
  head.groups = in.u64();
  head.enrichments = in.u64();
  const std::uint64_t promised = in.u64();
  std::string unsealed(base::as_text(bytes));
  unsealed.replace(format::kHeaderSize - 8, 8, 8, '\0');
  if (format::checksum(base::as_bytes(unsealed), 0) != promised) return fail(Code::mismatch, {"head: wrong checksum"});
  if (count != kSections) return fail(Code::invalid, {"head: ", count, " sections instead of ", kSections});

  std::uint64_t end = format::kHeadSize;
  for (std::size_t i = 0; i < kSections; ++i) {
    SectionPlace& place = sections[i];
    const std::uint64_t number = in.u64();
    place.offset = in.u64();
    place.size = in.u64();
    place.checksum = in.u64();
    if (number != i || place.offset != end || place.size > head.file_size - end)
      return fail(Code::invalid, {"head: section ", format::name_of(static_cast<Section>(i)), " (", number, ") of ",
                                  place.size, " bytes at ", place.offset, " instead of at ", end});
    end += place.size;
  }
  if (end != head.file_size)
    return fail(Code::invalid, {"head: sections end at ", end, ", the file at ", head.file_size});
  constexpr std::uint64_t kNumbersMax = std::numeric_limits<std::uint32_t>::max();
  if (head.advisories >= kNumbersMax || head.groups >= kNumbersMax)
    return fail(Code::invalid, {"head: ", head.advisories, " advisories, ", head.groups, " groups"});
  return head;
}

Result<void> read_feeds(Bytes bytes, Info& info, Feeds& feeds) {
  Decoder in(bytes);
  const std::size_t count = in.count(8);
  std::uint64_t advisories = 0;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    FeedInfo& feed = info.feeds.emplace_back();
    feed.name = in.text();
    feed.path = in.text();
    feed.as_of = in.text();
    const std::uint64_t own = in.varint32();
    feed.records = in.varint();
    feed.statements = in.varint();
    feed.skipped = in.varint();
    const std::size_t reasons = in.count(2);
    for (std::size_t reason = 0; reason < reasons && in.ok(); ++reason) {
      std::string name(in.text());
      feed.dropped[std::move(name)] = in.varint();
    }
    feeds.counts.push_back(own);
    advisories += own;
    if (advisories > info.advisories) break;
  }
  if (!in.finished() || advisories != info.advisories)
    return fail(Code::invalid, {"damaged or not in accord with the head"});
  for (const FeedInfo& feed : info.feeds) feeds.names.push_back(feed.name);
  feeds.advisories = static_cast<std::uint32_t>(advisories);
  return {};
}

Result<void> read_lifecycles(Bytes bytes, std::map<std::string, advisory::EndOfLife, std::less<>>& lifecycles,
                             std::vector<advisory::PackageSupport>& supports) {
  Decoder in(bytes);
  const std::size_t count = in.count(6);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    advisory::EndOfLife life;
    for (std::string* text :
         {&life.name_space, &life.codename, &life.released, &life.standard, &life.extended, &life.paid})
      *text = in.text();
    lifecycles.insert_or_assign(life.name_space, life);
  }
  if (in.finished()) return {};
  const std::size_t packages = in.count(7);
  for (std::size_t i = 0; i < packages && in.ok(); ++i) {
    advisory::PackageSupport& support = supports.emplace_back();
    const unsigned word = in.u8();
    if (word > 3) return fail(Code::invalid, {"damaged"});
    support.is_prefix = (word & 1U) != 0;
    support.state = static_cast<advisory::PackageSupport::State>(word >> 1);
    for (std::string* text :
         {&support.name_space, &support.package, &support.last_version, &support.since, &support.detail, &support.feed})
      *text = in.text();
    // In order, so that those of one namespace are found by bisection.
    if (i > 0 && support.name_space < supports[i - 1].name_space) return fail(Code::invalid, {"not in order"});
  }
  if (!in.finished()) return fail(Code::invalid, {"damaged"});
  return {};
}

// Hands out the parts of a section in turn.
class Cut {
 public:
  explicit Cut(const SectionPlace& place) : at_(place.offset), left_(place.size) {}
  // False if there is not that much left.
  bool take(std::uint64_t size, std::uint64_t& offset) {
    if (size > left_) return false;
    offset = at_;
    at_ += size;
    left_ -= size;
    return true;
  }
  bool all_taken() const { return left_ == 0; }

 private:
  std::uint64_t at_, left_;
};

struct Cuts {
  Cut groups, offers, tables, order;
};

// The fields of one namespace, and from them where its parts lie. False if they don't fit.
bool read_namespace(Decoder& in, std::size_t index, Namespace& name_space, Cuts& cuts) {
  name_space.name = in.text();
  Table& groups = name_space.groups;
  Table& offers = name_space.offers;
  groups.checksum = in.u64();
  offers.checksum = in.u64();
  name_space.order_checksum = in.u64();
  groups.count = in.varint32();
  offers.count = in.varint32();
  name_space.ordered = in.varint32();
  name_space.statements = in.varint();
  groups.records_size = in.varint();
  offers.records_size = in.varint();
  name_space.order_size = in.varint();
  groups.seed = format::table_seed(index, false);
  offers.seed = format::table_seed(index, true);
  return in.ok() && name_space.ordered <= name_space.order_size &&
         cuts.groups.take(groups.records_size, groups.records_offset) &&
         cuts.offers.take(offers.records_size, offers.records_offset) &&
         cuts.tables.take(groups.size(), groups.offset) && cuts.tables.take(offers.size(), offers.offset) &&
         cuts.order.take(name_space.order_size, name_space.order_offset);
}

Result<void> read_namespaces(Bytes bytes, const std::array<SectionPlace, kSections>& sections,
                             std::vector<std::unique_ptr<Namespace>>& namespaces, Info& info, std::uint64_t groups) {
  const auto cut = [&](Section section) { return Cut(sections[static_cast<std::size_t>(section)]); };
  Cuts cuts{cut(Section::groups), cut(Section::offers), cut(Section::tables), cut(Section::order)};
  Decoder in(bytes);
  const std::size_t count = in.count(32);
  if (count > format::kNamespacesMax) return fail(Code::limit, {count, " namespaces"});
  std::uint64_t first_group = 0;
  std::uint64_t first_offer = 0;
  std::uint64_t statements = 0;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    auto name_space = std::make_unique<Namespace>();
    if (!read_namespace(in, i, *name_space, cuts))
      return fail(Code::invalid, {"namespace ", i, ": beyond the sections' sizes"});
    if (!namespaces.empty() && name_space->name <= namespaces.back()->name)
      return fail(Code::invalid, {"namespace ", i, ": not in order"});
    name_space->groups.first = static_cast<std::uint32_t>(first_group);
    name_space->offers.first = static_cast<std::uint32_t>(first_offer);
    first_group += name_space->groups.count;
    first_offer += name_space->offers.count;
    statements += name_space->statements;
    if (first_group > groups || first_offer > 0xffff'ffffU || name_space->statements > info.statements)
      return fail(Code::invalid, {"namespace ", i, ": more than the head counts"});
    const std::uint64_t size = name_space->groups.records_size + name_space->offers.records_size +
                               name_space->groups.size() + name_space->offers.size();
    if (size != 0)
      info.namespaces.push_back({.name = name_space->name,
                                 .packages = name_space->groups.count,
                                 .statements = name_space->statements,
                                 .bytes = size});
    namespaces.push_back(std::move(name_space));
  }
  if (!in.finished() || first_group != groups || statements != info.statements || !cuts.groups.all_taken() ||
      !cuts.offers.all_taken() || !cuts.tables.all_taken() || !cuts.order.all_taken())
    return fail(Code::invalid, {"damaged or not in accord with the head"});
  return {};
}

// The number of entries of the two big indexes must follow from their sizes.
Result<void> check_index_sizes(const std::array<SectionPlace, kSections>& sections) {
  const auto size = [&](Section section) { return sections[static_cast<std::size_t>(section)].size; };
  constexpr std::uint64_t kPageSize = format::kIdsPerPage * format::kIdEntrySize;
  const std::uint64_t ids = size(Section::ids);
  const std::uint64_t pages = ids / kPageSize + (ids % kPageSize != 0 ? 1 : 0);
  if (ids % format::kIdEntrySize != 0 || size(Section::id_pages) / format::kIdPageEntrySize != pages ||
      size(Section::id_pages) % format::kIdPageEntrySize != 0)
    return fail(Code::invalid, {"head: ", ids, " bytes of ids in ", size(Section::id_pages), " bytes of pages"});
  for (const Section index : {Section::text_blocks, Section::enrichment_blocks, Section::flaw_blocks})
    if (size(index) % format::kKeyedBlockEntrySize != 0)
      return fail(Code::invalid, {"head: ", size(index), " bytes of ", format::name_of(index)});
  return {};
}

}  // namespace

Result<void> Database::State::read_directories() {
  std::vector<std::uint8_t> scratch;
  LIMPID_ASSIGN(const Bytes head_bytes,
                source.borrow(0, std::min<std::uint64_t>(format::kHeadSize, source.size()), scratch));
  if (head_bytes.size() < format::kHeadSize) return fail(Code::invalid, {"not a Limpid database: too short"});
  LIMPID_ASSIGN(const Head head, read_head(head_bytes, sections));
  if (head.file_size != source.size())
    return fail(Code::truncated, {"head: the file has ", source.size(), " bytes instead of ", head.file_size});
  LIMPID_TRY(check_index_sizes(sections));
  head_groups = head.groups;
  info.format = format::kVersion;
  info.size = head.file_size;
  info.advisories = head.advisories;
  info.statements = head.statements;
  info.enrichments = head.enrichments;

  // The small tables stand together at the end: one read.
  const SectionPlace& first = section(Section::feeds);
  const std::uint64_t size = head.file_size - first.offset;
  if (size > kSmallTableMax) return fail(Code::limit, {"feeds, namespaces and lifecycles: ", size, " bytes"});
  LIMPID_ASSIGN(const Bytes small, source.borrow(first.offset, size, scratch));
  constexpr std::array kSmall = {Section::feeds, Section::namespaces, Section::lifecycles};
  std::array<Bytes, kSmall.size()> tables;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const SectionPlace& place = section(kSmall[i]);
    tables[i] = small.subspan(place.offset - first.offset, place.size);
    if (format::checksum(tables[i], static_cast<std::uint64_t>(kSmall[i])) != place.checksum)
      return fail(Code::mismatch, {format::name_of(kSmall[i]), " at ", place.offset, ": wrong checksum"});
  }
  LIMPID_TRY_WITHIN(read_feeds(tables[0], info, feeds), {"feeds at ", first.offset});
  LIMPID_TRY_WITHIN(read_namespaces(tables[1], sections, namespaces, info, head.groups),
                    {"namespaces at ", section(Section::namespaces).offset});
  LIMPID_TRY_WITHIN(read_lifecycles(tables[2], lifecycles, package_supports),
                    {"lifecycles at ", section(Section::lifecycles).offset});
  return {};
}

}  // namespace limpid::vulndb
