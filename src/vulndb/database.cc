// Opening the file and asking it. docs/vulndb-format.md has the format; no offset or count of it is used before it has
// been checked against the file's size.
#include "vulndb/database.h"

#include <algorithm>
#include <functional>

#include "vulndb/places.h"
#include "vulndb/state.h"

namespace limpid::vulndb {
namespace {

using format::Section;

// The first entry whose hash is not below `hash`. Hashes are spread evenly, so a guess from the hash itself is near;
// in a table that isn't sorted this finds nothing in particular, but ends.
std::size_t lower_bound(Bytes entries, std::size_t count, std::uint32_t hash) {
  const std::size_t guess = (std::uint64_t{hash} * count) >> 32;
  std::size_t low = 0;
  std::size_t high = count;
  if (guess < count && entry_hash(entries, guess) < hash) {
    low = guess + 1;
    for (std::size_t step = 8; low + step < count; step *= 2) {
      if (entry_hash(entries, low + step) >= hash) {
        high = low + step;
        break;
      }
      low += step + 1;
    }
  } else {
    high = guess;
    for (std::size_t step = 8; high > step; step *= 2) {
      if (entry_hash(entries, high - step) < hash) {
        low = high - step + 1;
        break;
      }
      high -= step;
    }
  }
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    entry_hash(entries, middle) < hash ? low = middle + 1 : high = middle;
  }
  return low;
}

}  // namespace

const Namespace* Database::State::find_namespace(std::string_view name) const {
  const auto found = std::lower_bound(namespaces.begin(), namespaces.end(), name,
                                      [](const auto& entry, std::string_view text) { return entry->name < text; });
  return found != namespaces.end() && (*found)->name == name ? found->get() : nullptr;
}

const Namespace* Database::State::namespace_of_group(std::uint32_t number) const {
  if (number >= head_groups) return nullptr;
  const auto after =
      std::upper_bound(namespaces.begin(), namespaces.end(), number,
                       [](std::uint32_t wanted, const auto& entry) { return wanted < entry->groups.first; });
  return std::prev(after)->get();
}

Result<Bytes> Database::State::table(const Table& table) {
  if (!table.lazy.is_read()) source.announce(table.records_offset, table.records_size);
  return table.lazy.get(source, table.offset, table.size(), table.checksum, table.seed);
}

Result<RecordPlace> place_of_record(const Table& table, Bytes entries, std::uint32_t index) {
  const std::uint64_t begin = entry_offset(entries, index);
  const std::uint64_t end = entry_offset(entries, std::size_t{index} + 1);
  if (begin >= end || end > table.records_size)
    return fail(Code::invalid, {"table at ", table.offset, ", entry ", index, ": record from ", begin, " to ", end,
                                " of ", table.records_size, " bytes"});
  return RecordPlace{table.records_offset + begin, end - begin};
}

// Those of a namespace are mapped together: they lie close to each other, and most of a small read would be the call.
Result<Bytes> Database::State::record(const Table& table, Bytes entries, std::uint32_t index) {
  LIMPID_ASSIGN(const RecordPlace place, place_of_record(table, entries, index));
  LIMPID_ASSIGN(const Bytes records, table.records.get(source, table.records_offset, table.records_size));
  return records.subspan(place.offset - table.records_offset, place.size);
}

// Access::map spells them in what all groups share; a process that reads piece by piece asks of few.
SpeltIds Database::State::spelt_ids() { return {.own = nullptr, .source = &source, .shared = cve_texts.get()}; }

Result<GroupHead> Database::State::statements(const Table& table, Bytes entries, std::uint32_t index,
                                              const AdvisoryNumber* only, std::vector<Statement>& out) {
  LIMPID_ASSIGN(const StatementGroup group, open_group(table, entries, index));
  LIMPID_TRY(read_statements(group.bytes, group.head, feeds, spelt_ids(), only, out));
  return group.head;
}

Result<StatementGroup> Database::State::open_group(const Table& table, Bytes entries, std::uint32_t index) {
  StatementGroup group;
  LIMPID_ASSIGN(group.bytes, record(table, entries, index));
  group.number = table.first + index;
  LIMPID_ASSIGN(group.head, read_group_head(group.bytes, group.number));
  if (!group.head.same_as) return group;
  const GroupHead own = group.head;
  if (*own.same_as >= table.count)
    return fail(Code::invalid, {"package ", own.package, ": no group ", *own.same_as, " among ", table.count});
  LIMPID_ASSIGN(group.bytes, record(table, entries, *own.same_as));
  group.number = table.first + *own.same_as;
  LIMPID_ASSIGN(group.head, read_group_head(group.bytes, group.number));
  if (group.head.same_as) return fail(Code::invalid, {"package ", own.package, ": shares what is shared itself"});
  group.head.package = own.package;
  group.head.key_kind = own.key_kind;
  return group;
}

Result<Offer> read_offer(Bytes record, std::uint32_t number) {
  format::Decoder in(record);
  const std::uint64_t promised = in.u64();
  Offer offer;
  const std::uint8_t key_kind = in.u8();
  offer.scheme = static_cast<version::Scheme>(in.u8());
  const std::uint16_t package_size = in.u16();
  const std::uint16_t version_size = in.u16();
  if (!in.ok()) return fail(Code::invalid, {"offer ", number, ": shorter than its head"});
  if (format::checksum(record.subspan(8), number) != promised)
    return fail(Code::mismatch, {"offer ", number, ": wrong checksum"});
  offer.package = in.raw(package_size);
  offer.version = in.raw(version_size);
  if (!in.finished() || key_kind > static_cast<unsigned>(advisory::KeyKind::binary))
    return fail(Code::invalid, {"offer ", number, ": damaged"});
  offer.key_kind = static_cast<advisory::KeyKind>(key_kind);
  return offer;
}

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::string& path, Access access) {
  LIMPID_ASSIGN_WITHIN(Source source, Source::open(path, access), {path});
  auto state = std::make_unique<State>();
  state->source = std::move(source);
  LIMPID_TRY_WITHIN(state->read_directories(), {path});
  if (access == Access::map) state->cve_texts = std::make_unique<CveTexts>(state->feeds.advisories);
  return Database(std::move(state));
}

const Info& Database::info() const { return state_->info; }

bool Database::has_namespace(std::string_view name_space) const {
  const Namespace* found = state_->find_namespace(name_space);
  return found != nullptr && found->groups.count != 0;
}

Result<std::optional<StatementGroup>> Database::group(std::string_view name_space, std::string_view package,
                                                      advisory::KeyKind key_kind) const {
  const Namespace* found = state_->find_namespace(name_space);
  if (found == nullptr || found->groups.count == 0) return std::nullopt;
  const Table& table = found->groups;
  LIMPID_ASSIGN_WITHIN(const Bytes entries, state_->table(table), {"table of ", name_space});
  const std::uint32_t hash = format::key_hash(key_kind, package);
  for (std::size_t i = lower_bound(entries, table.count, hash); i < table.count && entry_hash(entries, i) == hash;
       ++i) {
    const auto index = static_cast<std::uint32_t>(i);
    LIMPID_ASSIGN_WITHIN(StatementGroup group, state_->open_group(table, entries, index), {name_space});
    if (group.head.key_kind == key_kind && group.head.package == package) return group;
  }
  return std::nullopt;
}

Result<void> Database::statements(std::string_view name_space, std::string_view package, advisory::KeyKind key_kind,
                                  std::vector<Statement>& out) const {
  LIMPID_ASSIGN(const std::optional<StatementGroup> found, group(name_space, package, key_kind));
  if (!found) return {};
  LIMPID_TRY_WITHIN(read_statements(found->bytes, found->head, state_->feeds, state_->spelt_ids(), nullptr, out),
                    {name_space});
  return {};
}

Result<void> Database::glance(const StatementGroup& group, const std::function<bool(const Statement&)>& concerns,
                              Glance& to) const {
  return glance_at_statements(group, state_->feeds, concerns, to);
}

std::string_view Database::other_id(const StatementGroup& group, const Glance::Row& row) { return text_id(group, row); }

Result<void> Database::statements(const StatementGroup& group, const Glance& glance, const CveSet& cves,
                                  std::vector<Statement>& out) const {
  return read_rows(group, state_->feeds, state_->spelt_ids(), glance, cves, out);
}

Result<std::string_view> Database::available(std::string_view name_space, std::string_view package,
                                             advisory::KeyKind key_kind) const {
  const Namespace* found = state_->find_namespace(name_space);
  if (found == nullptr || found->offers.count == 0) return std::string_view();
  const Table& table = found->offers;
  LIMPID_ASSIGN_WITHIN(const Bytes entries, state_->table(table), {"offers of ", name_space});
  const std::uint32_t hash = format::key_hash(key_kind, package);
  for (std::size_t i = lower_bound(entries, table.count, hash); i < table.count && entry_hash(entries, i) == hash;
       ++i) {
    const auto index = static_cast<std::uint32_t>(i);
    LIMPID_ASSIGN_WITHIN(const Bytes record, state_->record(table, entries, index), {name_space});
    LIMPID_ASSIGN_WITHIN(const Offer offer, read_offer(record, table.first + index), {name_space});
    if (offer.key_kind == key_kind && offer.package == package) return offer.version;
  }
  return std::string_view();
}

std::optional<advisory::EndOfLife> Database::end_of_life(std::string_view name_space) const {
  const auto found = state_->lifecycles.find(name_space);
  if (found == state_->lifecycles.end()) return std::nullopt;
  return found->second;
}

std::span<const advisory::PackageSupport> Database::package_support(std::string_view name_space) const {
  const auto range = std::ranges::equal_range(state_->package_supports, name_space, std::less<>{},
                                              &advisory::PackageSupport::name_space);
  return {range.begin(), range.end()};
}

Result<Bytes> Database::State::text_of(AdvisoryNumber advisory, TextBlock& kept) {
  if (advisory >= kept.first && advisory - kept.first < kept.advisories.size())
    return kept.advisories[advisory - kept.first];
  if (advisory >= feeds.advisories)
    return fail(Code::not_found, {"no advisory ", advisory, " among ", feeds.advisories});
  LIMPID_ASSIGN(KeyedBlocks blocks, keyed_blocks(Section::texts, Section::text_blocks, text_block_table));
  blocks.block_max = format::kTextBlockMax;
  const auto block = blocks.block_of(advisory);
  if (!block) return fail(Code::invalid, {"text blocks: none for advisory ", advisory});
  kept.texts.clear();
  kept.advisories.clear();
  kept.first = blocks.first_of(*block);
  LIMPID_ASSIGN(const Bytes bytes, blocks.read(*block, kept.scratch));
  format::Decoder in(bytes);
  const std::size_t count = in.count(2);
  kept.texts.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) kept.texts.push_back(in.text());
  while (in.ok() && !in.finished()) kept.advisories.push_back(base::as_bytes(in.text()));
  if (!in.ok() || advisory - kept.first >= kept.advisories.size()) {
    kept.advisories.clear();
    return fail(Code::invalid, {"text block ", *block, ": damaged, or without advisory ", advisory});
  }
  return kept.advisories[advisory - kept.first];
}

Result<StoredDetails> Database::State::details(AdvisoryNumber advisory, std::vector<std::uint32_t>* places,
                                               TextBlock& kept) {
  LIMPID_ASSIGN(const Bytes bytes, text_of(advisory, kept));
  format::Decoder in(bytes);
  const std::uint64_t feed = in.varint();
  StoredDetails details = decode_details(in, &kept.texts);
  const std::uint64_t places_at = in.varint();
  if (!in.finished() || details.kind > advisory::Kind::unmaintained || feed >= feeds.names.size())
    return fail(Code::invalid, {"advisory ", advisory, ": damaged details"});
  details.feed = static_cast<std::uint32_t>(feed);
  if (places == nullptr) return details;
  const SectionPlace& place = section(Section::places);
  LIMPID_ASSIGN_WITHIN(
      const Bytes all,
      places_table.get(source, place.offset, place.size, place.checksum, static_cast<std::uint64_t>(Section::places)),
      {"places"});
  LIMPID_ASSIGN_WITHIN(*places, read_places(all, places_at, head_groups), {"advisory ", advisory});
  return details;
}

Result<StoredDetails> Database::State::details(AdvisoryNumber advisory, std::vector<std::uint32_t>* places) {
  TextBlock block;
  return details(advisory, places, block);
}

Result<Details> Database::details(AdvisoryNumber advisory) const {
  LIMPID_ASSIGN(StoredDetails stored, state_->details(advisory, nullptr));
  return Details{.id = std::move(stored.id),
                 .feed = std::string(state_->feeds.names[stored.feed]),
                 .aliases = std::move(stored.aliases),
                 .upstream = std::move(stored.upstream),
                 .severity = std::move(stored.severity),
                 .cvss = std::move(stored.cvss),
                 .published = std::move(stored.published),
                 .modified = std::move(stored.modified),
                 .title = std::move(stored.title),
                 .description = std::move(stored.description),
                 .references = std::move(stored.references)};
}

// The advisories under a hash, from the pages that can hold it.
Result<std::vector<AdvisoryNumber>> Database::State::candidates(std::uint32_t hash) {
  const SectionPlace& ids = section(Section::ids);
  const SectionPlace& pages = section(Section::id_pages);
  LIMPID_ASSIGN_WITHIN(const Bytes table,
                       id_page_table.get(source, pages.offset, pages.size, pages.checksum,
                                         static_cast<std::uint64_t>(Section::id_pages)),
                       {"id pages"});
  const std::size_t count = table.size() / format::kIdPageEntrySize;
  const auto first_hash = [&](std::size_t page) {
    return base::load_le<std::uint32_t>(table.data() + page * format::kIdPageEntrySize);
  };
  std::size_t page = 0;  // the first that begins with this hash or a greater one
  for (std::size_t high = count; page < high;) {
    const std::size_t middle = page + (high - page) / 2;
    first_hash(middle) < hash ? page = middle + 1 : high = middle;
  }
  if (page != 0) --page;  // the one before it may end with the hash

  std::vector<AdvisoryNumber> found;
  std::vector<std::uint8_t> scratch;
  for (; page < count && first_hash(page) <= hash; ++page) {
    constexpr std::uint64_t kPageSize = format::kIdsPerPage * format::kIdEntrySize;
    const std::uint64_t at = page * kPageSize;
    LIMPID_ASSIGN(const Bytes entries, source.borrow(ids.offset + at, std::min(kPageSize, ids.size - at), scratch));
    if (format::checksum(entries, page) !=
        base::load_le<std::uint64_t>(table.data() + page * format::kIdPageEntrySize + 4))
      return fail(Code::mismatch, {"page ", page, " of ids: wrong checksum"});
    for (std::size_t i = 0; i < entries.size(); i += format::kIdEntrySize)
      if (base::load_le<std::uint32_t>(entries.data() + i) == hash)
        found.push_back(base::load_le<std::uint32_t>(entries.data() + i + 4));
  }
  // Each is looked at once, whatever a damaged index repeats.
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

Result<std::vector<AdvisoryNumber>> Database::find(std::string_view id) const {
  LIMPID_ASSIGN(std::vector<AdvisoryNumber> numbers, state_->candidates(format::id_hash(id)));
  std::vector<AdvisoryNumber> found;
  for (const AdvisoryNumber number : numbers) {
    LIMPID_ASSIGN(const StoredDetails details, state_->details(number, nullptr));
    const auto is_it = [&](const std::string& name) { return base::equal_ignoring_case(name, id); };
    if (is_it(details.id) || std::any_of(details.aliases.begin(), details.aliases.end(), is_it))
      found.push_back(number);
  }
  return found;
}

Result<std::vector<Database::Placed>> Database::statements_of(AdvisoryNumber advisory) const {
  std::vector<std::uint32_t> places;
  LIMPID_ASSIGN(const StoredDetails details, state_->details(advisory, &places));
  std::vector<Placed> placed;
  std::vector<Statement> statements;
  for (const std::uint32_t number : places) {
    const Namespace& name_space = *state_->namespace_of_group(number);
    const Table& table = name_space.groups;
    LIMPID_ASSIGN_WITHIN(const Bytes entries, state_->table(table), {"table of ", name_space.name});
    statements.clear();
    LIMPID_TRY_WITHIN(state_->statements(table, entries, number - table.first, &advisory, statements),
                      {name_space.name});
    for (const Statement& statement : statements) placed.push_back({name_space.name, statement});
  }
  return placed;
}

Result<void> Database::each_statement(std::string_view name_space,
                                      const std::function<void(const Statement&)>& use) const {
  const Namespace* found = state_->find_namespace(name_space);
  if (found == nullptr || found->groups.count == 0) return {};
  const Table& table = found->groups;
  LIMPID_ASSIGN_WITHIN(const Bytes entries, state_->table(table), {"table of ", name_space});
  std::vector<Statement> statements;
  for (std::uint32_t i = 0; i < table.count; ++i) {
    statements.clear();
    LIMPID_TRY_WITHIN(state_->statements(table, entries, i, nullptr, statements), {name_space});
    for (const Statement& statement : statements) use(statement);
  }
  return {};
}

Result<std::string> Database::State::id_of(AdvisoryNumber advisory) {
  TextBlock block;
  LIMPID_ASSIGN(const Bytes bytes, text_of(advisory, block));
  format::Decoder in(bytes);
  in.varint();  // the feed
  const std::uint64_t number = in.varint();
  if (!in.ok() || number > block.texts.size()) return fail(Code::invalid, {"advisory ", advisory, ": damaged details"});
  return number == 0 ? std::string() : std::string(block.texts[number - 1]);
}

Result<std::vector<std::uint32_t>> Database::State::order_of(const Namespace& name_space) {
  LIMPID_ASSIGN(const Bytes bytes, name_space.order.get(source, name_space.order_offset, name_space.order_size,
                                                        name_space.order_checksum, name_space.groups.seed / 2));
  format::Decoder in(bytes);
  std::vector<std::uint32_t> numbers;
  numbers.reserve(name_space.ordered);
  std::uint32_t number = 0;
  for (std::uint32_t i = 0; i < name_space.ordered; ++i) {
    const std::uint64_t step = in.varint();
    if (!in.ok() || step >= feeds.advisories - number || (i != 0 && step == 0))
      return fail(Code::invalid, {"entry ", i, ": no ascending numbers of advisories"});
    number += static_cast<std::uint32_t>(step);
    numbers.push_back(number);
  }
  if (!in.finished()) return fail(Code::invalid, {"longer than its entries"});
  return numbers;
}

Result<std::vector<Database::Named>> Database::in_order(std::string_view name_space, std::string_view after,
                                                        std::size_t limit) const {
  std::vector<Named> named;
  const Namespace* found = state_->find_namespace(name_space);
  if (found == nullptr || found->ordered == 0) return named;
  LIMPID_ASSIGN_WITHIN(const std::vector<std::uint32_t> order, state_->order_of(*found), {"order of ", name_space});
  // The first whose id is beyond `after`. In an order that is a lie this finds nothing in particular, but ends.
  std::size_t low = 0;
  for (std::size_t high = after.empty() ? 0 : order.size(); low < high;) {
    const std::size_t middle = low + (high - low) / 2;
    LIMPID_ASSIGN(const std::string id, state_->id_of(order[middle]));
    id <= after ? low = middle + 1 : high = middle;
  }
  for (; low < order.size() && named.size() < limit; ++low) {
    LIMPID_ASSIGN(std::string id, state_->id_of(order[low]));
    named.push_back({order[low], std::move(id)});
  }
  return named;
}

Result<std::vector<std::string_view>> Database::search(std::string_view name_space, std::string_view text) const {
  std::vector<std::string_view> names;
  const Namespace* found = state_->find_namespace(name_space);
  if (found == nullptr || found->groups.count == 0) return names;
  const Table& table = found->groups;
  LIMPID_ASSIGN_WITHIN(const Bytes entries, state_->table(table), {"table of ", name_space});
  for (std::uint32_t i = 0; i < table.count; ++i) {
    LIMPID_ASSIGN_WITHIN(const Bytes group, state_->record(table, entries, i), {name_space});
    LIMPID_ASSIGN_WITHIN(const GroupHead head, read_group_head(group, table.first + i), {name_space});
    if (head.package.contains(text)) names.push_back(head.package);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace limpid::vulndb
