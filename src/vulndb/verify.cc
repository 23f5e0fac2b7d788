// Reading every byte of a database and checking every checksum and every reference: `limpid db verify`, and after every
// transfer. Costs time and a few bytes of memory for each advisory; keeps nothing.
#include <algorithm>

#include <xxhash.h>

#include "cvss/best_vector.h"
#include "vulndb/enrichment.h"
#include "vulndb/state.h"
#include "vulndb/texts_writer.h"

namespace limpid::vulndb {
namespace {

using format::Section;

constexpr std::uint64_t kPieceSize = 256 << 10;

// A sum over a set of pairs that does not depend on their order: two sets with one sum are one set, unless someone made
// them so on purpose.
class PairSum {
 public:
  void add(std::uint64_t first, std::uint64_t second) {
    const std::array<std::uint64_t, 2> pair{first, second};
    sum_ += XXH3_64bits(pair.data(), sizeof pair);
    ++count_;
  }
  bool operator==(const PairSum&) const = default;
  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t sum_ = 0, count_ = 0;
};

}  // namespace

// One pass over the file, section by section. What one section says of another is compared at the end.
class Verifier {
 public:
  explicit Verifier(Database::State& state) : state_(state), counts_(state.feeds.names.size()) {}

  Result<void> check_sections();
  Result<void> check_texts();
  Result<void> check_text_blocks();
  Result<void> check_ids();
  Result<void> check_namespaces();
  Result<void> check_enrichments();
  Result<void> check_rating_pages();
  Result<void> check_flaws();

 private:
  Result<void> check_section(std::size_t number);
  Result<void> check_rating(std::uint32_t key, const advisory::Enrichment& enrichment);
  Result<void> check_details(AdvisoryNumber number);
  Result<void> check_groups(const Namespace& name_space);
  // Only in `scratch`: a verification keeps nothing.
  Result<StatementGroup> borrow_group(const Table& table, Bytes entries, std::uint32_t index,
                                      std::vector<std::uint8_t>& scratch);
  Result<void> check_offers(const Namespace& name_space);
  Result<void> check_order(const Namespace& name_space, std::vector<std::uint32_t>& seen);
  Result<void> check_table(const Table& table, Bytes entries) const;
  std::string_view id_of(AdvisoryNumber number) const {
    return std::string_view(ids_).substr(id_starts_[number], id_starts_[number + 1] - id_starts_[number]);
  }

  Database::State& state_;
  std::vector<std::uint8_t> scratch_, shared_scratch_;
  Database::State::TextBlock block_;  // the last one that was read
  std::uint64_t rated_ = 0;           // CVEs
  std::string spelt_;                 // ids of a group
  std::string ids_;                   // of all advisories, one after the other
  std::vector<std::size_t> id_starts_{0};
  std::vector<advisory::Kind> kinds_;
  std::vector<std::uint32_t> feeds_;
  std::vector<std::uint64_t> counts_;  // of the advisories of each feed
  PairSum places_in_texts_, places_in_groups_, names_in_texts_, names_in_ids_, flaws_in_texts_;
};

Result<void> Verifier::check_section(std::size_t number) {
  struct FreeHash {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  const SectionPlace& place = state_.sections.at(number);
  const std::unique_ptr<XXH3_state_t, FreeHash> hash(XXH3_createState());
  XXH3_64bits_reset_withSeed(hash.get(), number);
  for (std::uint64_t done = 0; done < place.size;) {
    const std::uint64_t size = std::min(kPieceSize, place.size - done);
    LIMPID_ASSIGN(const Bytes piece, state_.source.borrow(place.offset + done, size, scratch_));
    XXH3_64bits_update(hash.get(), piece.data(), piece.size());
    done += size;
  }
  if (XXH3_64bits_digest(hash.get()) != place.checksum)
    return fail(Code::mismatch, {format::name_of(static_cast<Section>(number)), " at ", place.offset, ", ", place.size,
                                 " bytes: wrong checksum"});
  return {};
}

Result<void> Verifier::check_sections() {
  for (std::size_t number = 0; number < format::kSections; ++number) LIMPID_TRY(check_section(number));
  return {};
}

Result<void> Verifier::check_details(AdvisoryNumber number) {
  std::vector<std::uint32_t> places;
  LIMPID_ASSIGN(const StoredDetails details, state_.details(number, &places, block_));
  for (const std::uint32_t place : places) places_in_texts_.add(number, place);
  std::vector<std::uint32_t> names{format::id_hash(details.id)};
  for (const std::string& alias : details.aliases) names.push_back(format::id_hash(alias));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::uint32_t name : names) names_in_texts_.add(name, number);
  format::Encoder flaws;
  encode_flaws(details, flaws);
  if (flaws.size() != 0) flaws_in_texts_.add(number, format::checksum(flaws.view(), 0));
  // By id, then by feed.
  if (number != 0 &&
      std::pair(std::string_view(details.id), details.feed) <= std::pair(id_of(number - 1), feeds_.back()))
    return fail(Code::invalid, {"advisory ", number, ": not in the order of ids"});
  ++counts_.at(details.feed);
  feeds_.push_back(details.feed);
  ids_ += details.id;
  id_starts_.push_back(ids_.size());
  kinds_.push_back(details.kind);
  return {};
}

Result<void> Verifier::check_texts() {
  for (AdvisoryNumber number = 0; number < state_.feeds.advisories; ++number)
    LIMPID_TRY_WITHIN(check_details(number), {"texts"});
  if (counts_ != state_.feeds.counts) return fail(Code::invalid, {"feeds: not the advisories that they count"});
  return check_text_blocks();
}

// Blocks follow each other to the end of their section, and hold nothing but what has a number.
Result<void> Verifier::check_text_blocks() {
  LIMPID_ASSIGN(KeyedBlocks blocks, state_.keyed_blocks(Section::texts, Section::text_blocks, state_.text_block_table));
  blocks.block_max = format::kTextBlockMax;
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < blocks.count(); ++i) {
    LIMPID_ASSIGN(const Bytes bytes, blocks.read(i, scratch_));
    end += bytes.size();
    format::Decoder in(bytes);
    const std::size_t texts = in.count(2);
    for (std::size_t text = 0; text < texts && in.ok(); ++text) in.text();
    const std::uint32_t next = i + 1 == blocks.count() ? state_.feeds.advisories : blocks.first_of(i + 1);
    if (next <= blocks.first_of(i)) return fail(Code::invalid, {"text block ", i, ": not in order"});
    for (std::uint32_t number = blocks.first_of(i); number < next && in.ok(); ++number) in.text();
    if (!in.finished()) return fail(Code::invalid, {"text block ", i, ": not the advisories that it should have"});
  }
  if (end != state_.section(Section::texts).size)
    return fail(Code::invalid, {"texts: ", state_.section(Section::texts).size, " bytes, of which blocks take ", end});
  return {};
}

Result<void> Verifier::check_ids() {
  const SectionPlace& ids = state_.section(Section::ids);
  const SectionPlace& pages = state_.section(Section::id_pages);
  constexpr std::uint64_t kPageSize = format::kIdsPerPage * format::kIdEntrySize;
  std::vector<std::uint8_t> page_scratch;
  LIMPID_ASSIGN(const Bytes table, state_.source.borrow(pages.offset, pages.size, page_scratch));
  std::uint64_t previous = 0;
  for (std::uint64_t page = 0; page * kPageSize < ids.size; ++page) {
    const std::uint64_t at = page * kPageSize;
    LIMPID_ASSIGN(const Bytes entries,
                  state_.source.borrow(ids.offset + at, std::min(kPageSize, ids.size - at), scratch_));
    const std::uint8_t* of_page = table.data() + page * format::kIdPageEntrySize;
    if (format::checksum(entries, page) != base::load_le<std::uint64_t>(of_page + 4) ||
        base::load_le<std::uint32_t>(entries.data()) != base::load_le<std::uint32_t>(of_page))
      return fail(Code::mismatch, {"ids, page ", page, ": not the page that is promised"});
    for (std::size_t i = 0; i < entries.size(); i += format::kIdEntrySize) {
      const std::uint64_t hash = base::load_le<std::uint32_t>(entries.data() + i);
      const std::uint64_t number = base::load_le<std::uint32_t>(entries.data() + i + 4);
      const std::uint64_t key = hash << 32 | number;
      if (key < previous) return fail(Code::invalid, {"ids, page ", page, ": not in order"});
      previous = key;
      names_in_ids_.add(hash, number);
    }
  }
  if (names_in_ids_ != names_in_texts_)
    return fail(Code::invalid, {"ids: ", names_in_ids_.count(), " entries, which are not the ", names_in_texts_.count(),
                                " of the advisories"});
  return {};
}

// Hashes ascend, and the records that the entries lead to follow each other to the end.
Result<void> Verifier::check_table(const Table& table, Bytes entries) const {
  if (entry_offset(entries, 0) != 0 || entry_offset(entries, table.count) != table.records_size)
    return fail(Code::invalid, {"table at ", table.offset, ": does not cover its records"});
  for (std::uint32_t i = 0; i + 1 < table.count; ++i)
    if (entry_hash(entries, i) > entry_hash(entries, i + 1))
      return fail(Code::invalid, {"table at ", table.offset, ", entry ", i, ": not in order"});
  return {};
}

Result<StatementGroup> Verifier::borrow_group(const Table& table, Bytes entries, std::uint32_t index,
                                              std::vector<std::uint8_t>& scratch) {
  LIMPID_ASSIGN(const RecordPlace place, place_of_record(table, entries, index));
  StatementGroup group;
  group.number = table.first + index;
  LIMPID_ASSIGN(group.bytes, state_.source.borrow(place.offset, place.size, scratch));
  LIMPID_ASSIGN(group.head, read_group_head(group.bytes, group.number));
  return group;
}

Result<void> Verifier::check_groups(const Namespace& name_space) {
  const Table& table = name_space.groups;
  std::vector<std::uint32_t> seen;
  std::uint64_t count = 0;
  if (table.count != 0) {
    LIMPID_ASSIGN_WITHIN(const Bytes entries, state_.table(table), {"table"});
    LIMPID_TRY(check_table(table, entries));
    std::vector<Statement> statements;
    for (std::uint32_t i = 0; i < table.count; ++i) {
      LIMPID_ASSIGN(StatementGroup opened, borrow_group(table, entries, i, scratch_));
      const GroupHead own = opened.head;
      if (own.same_as) {
        if (*own.same_as >= i) return fail(Code::invalid, {"package ", own.package, ": shares what comes later"});
        LIMPID_ASSIGN(opened, borrow_group(table, entries, *own.same_as, shared_scratch_));
        if (opened.head.same_as) return fail(Code::invalid, {"package ", own.package, ": shares what is shared"});
      }
      GroupHead head = opened.head;
      head.package = own.package;
      head.key_kind = own.key_kind;
      const Bytes group = opened.bytes;
      statements.clear();
      spelt_.resize(std::max(spelt_.size(), std::size_t{head.statements} * kCveSizeMax));
      const SpeltIds ids{.own = spelt_.data(), .source = nullptr, .shared = nullptr};
      LIMPID_TRY(read_statements(group, head, state_.feeds, ids, nullptr, statements));
      if (format::key_hash(head.key_kind, head.package) != entry_hash(entries, i))
        return fail(Code::invalid, {"package ", head.package, ": stands under another's hash"});
      count += statements.size();
      const Statement* previous = nullptr;
      for (const Statement& statement : statements) {
        if (statement.id != id_of(statement.advisory) || statement.kind != kinds_[statement.advisory] ||
            statement.feed != state_.feeds.names[feeds_[statement.advisory]])
          return fail(Code::invalid,
                      {"package ", head.package, ": ", statement.id, " is not advisory ", statement.advisory});
        if (previous != nullptr && previous->advisory > statement.advisory)
          return fail(Code::invalid, {"package ", head.package, ": statements not in order"});
        if (previous == nullptr || previous->advisory != statement.advisory) {
          places_in_groups_.add(statement.advisory, table.first + i);
          seen.push_back(statement.advisory);
        }
        previous = &statement;
      }
    }
  }
  if (count != name_space.statements)
    return fail(Code::invalid, {count, " statements instead of ", name_space.statements});
  return check_order(name_space, seen);
}

Result<void> Verifier::check_order(const Namespace& name_space, std::vector<std::uint32_t>& seen) {
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  LIMPID_ASSIGN(const std::vector<std::uint32_t> ordered, state_.order_of(name_space));
  if (ordered != seen)
    return fail(Code::invalid, {"order at ", name_space.order_offset, ": not the namespace's advisories"});
  return {};
}

Result<void> Verifier::check_offers(const Namespace& name_space) {
  const Table& table = name_space.offers;
  if (table.count == 0) return {};
  LIMPID_ASSIGN_WITHIN(const Bytes entries, state_.table(table), {"table"});
  LIMPID_TRY(check_table(table, entries));
  for (std::uint32_t i = 0; i < table.count; ++i) {
    LIMPID_ASSIGN(const RecordPlace place, place_of_record(table, entries, i));
    LIMPID_ASSIGN(const Bytes record, state_.source.borrow(place.offset, place.size, scratch_));
    LIMPID_ASSIGN(const Offer offer, read_offer(record, table.first + i));
    if (format::key_hash(offer.key_kind, offer.package) != entry_hash(entries, i))
      return fail(Code::invalid, {"package ", offer.package, ": stands under another's hash"});
  }
  return {};
}

Result<void> Verifier::check_namespaces() {
  for (const auto& name_space : state_.namespaces) {
    LIMPID_TRY_WITHIN(check_groups(*name_space), {"groups of ", name_space->name});
    LIMPID_TRY_WITHIN(check_offers(*name_space), {"offers of ", name_space->name});
  }
  if (places_in_groups_ != places_in_texts_)
    return fail(Code::invalid, {"texts: ", places_in_texts_.count(), " places, which are not the ",
                                places_in_groups_.count(), " of the groups"});
  return {};
}

Result<void> Verifier::check_enrichments() {
  LIMPID_ASSIGN(const KeyedBlocks blocks,
                state_.keyed_blocks(Section::enrichments, Section::enrichment_blocks, state_.enrichment_block_table));
  LIMPID_ASSIGN(const EnrichmentNames* names, state_.enrichment_names());
  std::uint64_t count = 0;
  LIMPID_TRY(blocks.each([&](std::uint32_t key, Bytes record) -> Result<void> {
    ++count;
    format::Decoder in(record);
    const auto enrichment = decode_enrichment(key, *names, in);
    if (!in.finished()) return fail(Code::invalid, {cve_of_key(key), ": damaged enrichment"});
    return check_rating(key, enrichment);
  }));
  if (count != state_.info.enrichments)
    return fail(Code::invalid, {"enrichments: ", count, ", not what the head says"});
  return {};
}

// What is rated is rated as its vectors say; check_rating_pages() sees that nothing else is.
Result<void> Verifier::check_rating(std::uint32_t key, const advisory::Enrichment& enrichment) {
  const auto best = cvss::best_vector({}, {}, &enrichment);
  LIMPID_ASSIGN(const RatingPages* pages, state_.rating_pages());
  const auto page = pages->page_of(key);
  Rating rating;
  if (page) {
    LIMPID_ASSIGN(const Bytes bytes,
                  state_.source.borrow(state_.section(Section::ratings).offset + *page * format::kRatingPageSize,
                                       format::kRatingPageSize, scratch_));
    LIMPID_ASSIGN(rating, pages->rating(key, bytes));
  }
  const bool is_rated = rating.kind != Rating::Kind::none;
  if (is_rated) ++rated_;
  const bool same = is_rated == best.has_value() &&
                    (!best || (rating.version == best->version && rating.score == best->score &&
                               (rating.kind == Rating::Kind::elsewhere || rating.source == best->source)));
  if (!same) return fail(Code::invalid, {cve_of_key(key), ": not rated as its vectors say"});
  return {};
}

Result<void> Verifier::check_rating_pages() {
  LIMPID_ASSIGN(const RatingPages* pages, state_.rating_pages());
  std::uint64_t rated = 0;
  for (std::size_t page = 0; page < pages->count(); ++page) {
    if (page != 0 && pages->first_of(page - 1) >= pages->first_of(page))
      return fail(Code::invalid, {"rating page ", page, ": not in order"});
    LIMPID_ASSIGN(const Bytes bytes,
                  state_.source.borrow(state_.section(Section::ratings).offset + page * format::kRatingPageSize,
                                       format::kRatingPageSize, scratch_));
    LIMPID_TRY(pages->check(page, bytes));
    for (std::uint32_t place = 0; place < format::kRatingsPerPage; ++place) {
      LIMPID_ASSIGN(const Rating rating, pages->rating(place, bytes));
      if (rating.kind != Rating::Kind::none) ++rated;
    }
  }
  if (rated != rated_) return fail(Code::invalid, {"ratings: ", rated, ", of which ", rated_, " are of known CVEs"});
  return {};
}

// The records are those that the details give.
Result<void> Verifier::check_flaws() {
  LIMPID_ASSIGN(const KeyedBlocks blocks,
                state_.keyed_blocks(Section::flaws, Section::flaw_blocks, state_.flaw_block_table));
  PairSum flaws;
  LIMPID_TRY(blocks.each([&](std::uint32_t advisory, Bytes record) -> Result<void> {
    flaws.add(advisory, format::checksum(record, 0));
    return {};
  }));
  if (flaws != flaws_in_texts_) return fail(Code::invalid, {"flaws: not those of the advisories"});
  return {};
}

Result<void> Database::verify() const {
  Verifier verifier(*state_);
  LIMPID_TRY(verifier.check_sections());
  LIMPID_TRY(verifier.check_texts());
  LIMPID_TRY(verifier.check_ids());
  LIMPID_TRY(verifier.check_enrichments());
  LIMPID_TRY(verifier.check_rating_pages());
  LIMPID_TRY(verifier.check_flaws());
  LIMPID_TRY(state_->each_repository([](std::string_view, std::span<const std::string_view>) {}));
  return verifier.check_namespaces();
}

}  // namespace limpid::vulndb
