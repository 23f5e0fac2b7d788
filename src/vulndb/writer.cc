#include "vulndb/writer.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include <zstd.h>

#include "vulndb/details.h"
#include "vulndb/enrichment.h"
#include "vulndb/merging.h"
#include "vulndb/output.h"
#include "vulndb/repositories.h"

namespace limpid::vulndb {
namespace {

using format::Encoder;
using format::Section;

// Of zstd: 9 is where more time stops to buy size on advisory texts (docs/vulndb-format.md, "Figures").
constexpr int kCompressionLevel = 9;

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

// An advisory with its final number: all records of one feed under one id.
struct Advisory {
  std::uint32_t id = 0, severity = 0;
  std::uint16_t feed = 0;
  advisory::Kind kind = advisory::Kind::vulnerability;
  Bytes details;
};

struct Group {
  std::uint32_t hash = 0, package = 0;
  std::uint16_t name_space = 0;
  advisory::KeyKind key_kind = advisory::KeyKind::source;
};

// A statement in the order of the file.
struct Sorted {
  std::uint32_t group = 0, advisory = 0, index = 0;
};

struct Directory {
  std::string name;
  std::uint32_t groups = 0, offers = 0, ordered = 0;
  std::uint64_t statements = 0, groups_size = 0, offers_size = 0;
  std::uint64_t table_checksum = 0, offers_checksum = 0, order_checksum = 0;
  std::string table, offer_table;  // until they are written
};

// The strings of one group: each gets its place when it is first referred to.
class Pool {
 public:
  explicit Pool(const Strings& strings) : strings_(strings) {}
  void begin() {
    ++generation_;
    bytes_.clear();
    bytes_.u16(0);  // reference 0 is ""
    if (seen_.size() < strings_.size()) {
      seen_.resize(strings_.size());
      places_.resize(strings_.size());
    }
  }
  void use(std::uint32_t string) {
    if (string == 0 || seen_[string] == generation_) return;
    seen_[string] = generation_;
    places_[string] = static_cast<std::uint32_t>(bytes_.size());
    bytes_.u16(static_cast<std::uint16_t>(strings_[string].size()));
    bytes_.raw(strings_[string]);
  }
  std::uint32_t reference(std::uint32_t string) const { return string == 0 ? 0 : places_[string]; }
  const Encoder& bytes() const { return bytes_; }
  std::uint8_t width() const { return bytes_.size() <= 0x1'0000 ? 2 : 4; }

 private:
  const Strings& strings_;
  std::uint32_t generation_ = 0;
  std::vector<std::uint32_t> seen_, places_;
  Encoder bytes_;
};

// A statement as it goes into a group.
struct Ready {
  std::uint32_t advisory = 0, id = 0, severity = 0;
  advisory::Status status = advisory::Status::unknown;
  advisory::Kind kind = advisory::Kind::vulnerability;
  version::Scheme scheme = version::Scheme::none;
  std::vector<std::array<std::uint32_t, 3>> ranges;
  std::vector<std::uint32_t> versions;
  std::uint32_t conditions = 0;
};

// Conditions as strings of the pool.
struct ConditionStrings {
  std::vector<std::uint32_t> architectures, products;
  std::uint32_t module = 0;
};

class Writer {
 public:
  Writer(Records& records, Output& output) : records_(records), output_(output), pool_(records.strings) {}

  void number_feeds();
  void number_namespaces();
  void number_advisories();
  void number_groups();
  void sort_statements();

  Result<void> write_groups();
  Result<void> write_offers();
  void write_tables();
  void write_order();
  Result<void> write_texts();
  void write_ids();
  void write_feeds();
  void write_namespaces();
  void write_lifecycles();
  std::string head(std::uint64_t enrichments) const;

 private:
  std::string_view text(std::uint32_t string) const { return records_.strings[string]; }
  Advisory unite(std::span<const std::uint32_t> same);
  std::vector<Ready> ready_group(std::span<const Sorted> statements);
  void encode_group(std::uint32_t number, const std::vector<Ready>& statements);
  void encode_statement(const Ready& statement, std::uint8_t width);
  void collect_ids(std::uint32_t number, const StoredDetails& details);
  void close_block(Encoder& body, std::vector<std::uint32_t>& offsets, std::uint32_t first);

  Records& records_;
  Output& output_;
  Pool pool_;
  Encoder encoder_;

  std::vector<std::uint16_t> feed_rank_, namespace_rank_;  // by the number in the records
  std::vector<std::uint16_t> feeds_;                       // by rank
  std::vector<Directory> directories_;                     // by rank
  std::vector<std::uint32_t> conditions_rank_;
  std::vector<ConditionStrings> conditions_;
  std::vector<Advisory> advisories_;
  std::vector<std::uint32_t> advisory_number_;  // by the number in the records
  std::vector<Group> groups_;
  std::vector<Sorted> sorted_;
  std::uint64_t statements_ = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> places_;  // (advisory, group), by group, then advisory
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ids_;     // (hash, advisory)
  Encoder text_blocks_;
  std::uint32_t text_block_count_ = 0;
  std::uint64_t text_position_ = 0;
  std::vector<char> compressed_;
  std::unique_ptr<ZSTD_CCtx, FreeCompressor> compressor_{ZSTD_createCCtx()};
};

void Writer::number_feeds() {
  feeds_.resize(records_.feeds.size());
  std::iota(feeds_.begin(), feeds_.end(), std::uint16_t{0});
  std::sort(feeds_.begin(), feeds_.end(),
            [&](std::uint16_t a, std::uint16_t b) { return records_.feeds[a].name < records_.feeds[b].name; });
  feed_rank_.resize(feeds_.size());
  for (std::size_t rank = 0; rank < feeds_.size(); ++rank) feed_rank_[feeds_[rank]] = static_cast<std::uint16_t>(rank);
}

void Writer::number_namespaces() {
  std::vector<std::uint16_t> order(records_.namespaces.size());
  std::iota(order.begin(), order.end(), std::uint16_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::uint16_t a, std::uint16_t b) { return records_.namespaces[a] < records_.namespaces[b]; });
  namespace_rank_.resize(order.size());
  directories_.resize(order.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    namespace_rank_[order[rank]] = static_cast<std::uint16_t>(rank);
    directories_[rank].name = records_.namespaces[order[rank]];
  }
  std::vector<std::uint32_t> sets(records_.conditions.size());
  std::iota(sets.begin(), sets.end(), 0U);
  std::sort(sets.begin(), sets.end(),
            [&](std::uint32_t a, std::uint32_t b) { return records_.conditions[a] < records_.conditions[b]; });
  conditions_rank_.resize(sets.size());
  for (std::size_t rank = 0; rank < sets.size(); ++rank)
    conditions_rank_[sets[rank]] = static_cast<std::uint32_t>(rank);
  for (const Conditions& conditions : records_.conditions) {
    auto& strings = conditions_.emplace_back();
    for (const std::string& name : conditions.architectures)
      strings.architectures.push_back(records_.strings.intern(name));
    for (const std::string& name : conditions.products) strings.products.push_back(records_.strings.intern(name));
    strings.module = records_.strings.intern(conditions.module);
  }
}

// All records of one feed under one id, as one.
Advisory Writer::unite(std::span<const std::uint32_t> same) {
  const AdvisoryRecord& first = records_.advisories[same[0]];
  Advisory advisory{.id = first.id,
                    .severity = first.severity,
                    .feed = feed_rank_[first.feed],
                    .kind = first.kind,
                    .details = first.details};
  if (same.size() == 1) return advisory;
  format::Decoder own(first.details);
  StoredDetails details = decode_details(own);
  for (const std::uint32_t other : same.subspan(1)) {
    format::Decoder in(records_.advisories[other].details);
    merge(details, decode_details(in));
  }
  encoder_.clear();
  encode(details, encoder_);
  advisory.severity = records_.strings.intern(details.severity);
  advisory.kind = details.kind;
  advisory.details = records_.arena.keep(encoder_.view());
  return advisory;
}

void Writer::number_advisories() {
  std::vector<std::uint32_t> order(records_.advisories.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto key = [&](std::uint32_t index) {
    const AdvisoryRecord& record = records_.advisories[index];
    return std::tuple(feed_rank_[record.feed], text(record.id));
  };
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  advisory_number_.resize(order.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    for (; end < order.size() && key(order[end]) == key(order[begin]); ++end)
      advisory_number_[order[end]] = static_cast<std::uint32_t>(advisories_.size());
    advisories_.push_back(unite(std::span(order).subspan(begin, end - begin)));
    begin = end;
  }
}

void Writer::number_groups() {
  const auto key = [](const StatementRecord& statement) {
    return std::uint64_t{statement.name_space} << 40 |
           std::uint64_t{static_cast<std::uint8_t>(statement.key_kind)} << 32 | statement.package;
  };
  std::unordered_map<std::uint64_t, std::uint32_t> numbers;
  sorted_.reserve(records_.statements.size());
  for (std::size_t i = 0; i < records_.statements.size(); ++i) {
    const StatementRecord& statement = records_.statements[i];
    const auto [found, is_new] = numbers.try_emplace(key(statement), static_cast<std::uint32_t>(groups_.size()));
    if (is_new)
      groups_.push_back({.hash = format::key_hash(statement.key_kind, text(statement.package)),
                         .package = statement.package,
                         .name_space = namespace_rank_[statement.name_space],
                         .key_kind = statement.key_kind});
    sorted_.push_back({found->second, advisory_number_[statement.advisory], static_cast<std::uint32_t>(i)});
  }
  std::vector<std::uint32_t> order(groups_.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto rank_key = [&](std::uint32_t index) {
    const Group& group = groups_[index];
    return std::tuple(group.name_space, group.hash, text(group.package), group.key_kind);
  };
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return rank_key(a) < rank_key(b); });
  std::vector<std::uint32_t> rank(order.size());
  std::vector<Group> ranked(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = i;
    ranked[i] = groups_[order[i]];
    ++directories_[ranked[i].name_space].groups;
  }
  groups_ = std::move(ranked);
  for (Sorted& statement : sorted_) statement.group = rank[statement.group];
}

void Writer::sort_statements() {
  const auto key = [&](const Sorted& sorted) {
    const StatementRecord& statement = records_.statements[sorted.index];
    return std::tuple(sorted.group, sorted.advisory, statement.scheme, conditions_rank_[statement.conditions]);
  };
  std::sort(sorted_.begin(), sorted_.end(), [&](const Sorted& a, const Sorted& b) {
    if (a.group != b.group) return a.group < b.group;
    if (a.advisory != b.advisory) return a.advisory < b.advisory;
    return key(a) < key(b);
  });
}

// The merged statements of one group, their strings in the pool.
std::vector<Ready> Writer::ready_group(std::span<const Sorted> statements) {
  std::vector<Ready> ready;
  std::vector<std::uint32_t> same;
  const auto key = [&](const Sorted& sorted) {
    const StatementRecord& statement = records_.statements[sorted.index];
    return std::tuple(sorted.advisory, statement.scheme, statement.conditions);
  };
  for (std::size_t begin = 0; begin < statements.size();) {
    same.clear();
    std::size_t end = begin;
    for (; end < statements.size() && key(statements[end]) == key(statements[begin]); ++end)
      same.push_back(statements[end].index);
    const StatementRecord& first = records_.statements[same[0]];
    const Advisory& advisory = advisories_[statements[begin].advisory];
    MergedStatement merged = merge_statements(records_, same);
    Ready& one = ready.emplace_back();
    one.advisory = statements[begin].advisory;
    one.id = advisory.id;
    one.severity = merged.severity != 0 ? merged.severity : advisory.severity;
    one.status = merged.status;
    one.kind = advisory.kind;
    one.scheme = first.scheme;
    for (const Bounds& range : merged.ranges)
      one.ranges.push_back({records_.strings.intern(range.introduced), records_.strings.intern(range.fixed),
                            records_.strings.intern(range.last_affected)});
    one.versions = std::move(merged.versions);
    one.conditions = first.conditions;
    begin = end;
  }
  pool_.begin();
  for (const Ready& one : ready) {
    pool_.use(one.id);
    pool_.use(one.severity);
    for (const auto& range : one.ranges)
      for (const std::uint32_t bound : range) pool_.use(bound);
    for (const std::uint32_t version : one.versions) pool_.use(version);
    const ConditionStrings& conditions = conditions_[one.conditions];
    for (const std::uint32_t architecture : conditions.architectures) pool_.use(architecture);
    pool_.use(conditions.module);
    for (const std::uint32_t product : conditions.products) pool_.use(product);
  }
  return ready;
}

void Writer::encode_statement(const Ready& statement, std::uint8_t width) {
  const auto refer = [&](std::uint32_t string) {
    const std::uint32_t reference = pool_.reference(string);
    width == 2 ? encoder_.u16(static_cast<std::uint16_t>(reference)) : encoder_.u32(reference);
  };
  const bool many = statement.ranges.size() >= format::kManyRanges;
  std::uint8_t shape = many ? format::kManyRanges : static_cast<std::uint8_t>(statement.ranges.size());
  if (!statement.versions.empty()) shape |= format::kHasVersions;
  const ConditionStrings& conditions = conditions_[statement.conditions];
  if (!conditions.architectures.empty()) shape |= format::kHasArchitectures;
  if (conditions.module != 0) shape |= format::kHasModule;
  if (!conditions.products.empty()) shape |= format::kHasProducts;
  encoder_.u32(statement.advisory);
  encoder_.u8(
      static_cast<std::uint8_t>(static_cast<unsigned>(statement.status) | static_cast<unsigned>(statement.kind) << 4));
  encoder_.u8(static_cast<std::uint8_t>(statement.scheme));
  encoder_.u8(shape);
  refer(statement.id);
  refer(statement.severity);
  if (many) encoder_.u32(static_cast<std::uint32_t>(statement.ranges.size()));
  if (!statement.versions.empty()) encoder_.u32(static_cast<std::uint32_t>(statement.versions.size()));
  if (!conditions.architectures.empty()) encoder_.u32(static_cast<std::uint32_t>(conditions.architectures.size()));
  if (!conditions.products.empty()) encoder_.u32(static_cast<std::uint32_t>(conditions.products.size()));
  if (conditions.module != 0) refer(conditions.module);
  for (const auto& range : statement.ranges)
    for (const std::uint32_t bound : range) refer(bound);
  for (const std::uint32_t version : statement.versions) refer(version);
  for (const std::uint32_t architecture : conditions.architectures) refer(architecture);
  for (const std::uint32_t product : conditions.products) refer(product);
}

void Writer::encode_group(std::uint32_t number, const std::vector<Ready>& statements) {
  const Group& group = groups_[number];
  const std::string_view name = text(group.package);
  encoder_.clear();
  encoder_.u64(0);  // the checksum
  encoder_.u8(static_cast<std::uint8_t>(group.key_kind));
  encoder_.u8(pool_.width());
  encoder_.u16(static_cast<std::uint16_t>(name.size()));
  encoder_.u32(static_cast<std::uint32_t>(statements.size()));
  encoder_.u32(static_cast<std::uint32_t>(pool_.bytes().size()));
  encoder_.raw(name);
  encoder_.raw(pool_.bytes().bytes());
  for (const Ready& statement : statements) encode_statement(statement, pool_.width());
  encoder_.patch_u64(0, format::checksum(encoder_.view().subspan(8), number));
}

void append_entry(std::string& table, std::uint32_t hash, std::uint64_t offset) {
  Encoder entry;
  entry.u32(hash);
  entry.u32(static_cast<std::uint32_t>(offset));
  table += entry.bytes();
}

Result<void> Writer::write_groups() {
  output_.begin(Section::groups);
  std::size_t begin = 0;
  for (std::uint32_t number = 0; number < groups_.size(); ++number) {
    std::size_t end = begin;
    while (end < sorted_.size() && sorted_[end].group == number) ++end;
    const std::vector<Ready> statements = ready_group(std::span(sorted_).subspan(begin, end - begin));
    encode_group(number, statements);
    Directory& directory = directories_[groups_[number].name_space];
    append_entry(directory.table, groups_[number].hash, directory.groups_size);
    directory.groups_size += encoder_.size();
    directory.statements += statements.size();
    if (directory.groups_size > 0xffff'ffffU)
      return fail(Code::limit, {directory.name, ": more than 4 GiB of statements"});
    statements_ += statements.size();
    for (const Ready& statement : statements)
      if (places_.empty() || places_.back() != std::pair(statement.advisory, number))
        places_.emplace_back(statement.advisory, number);
    output_.append(encoder_.view());
    begin = end;
  }
  for (Directory& directory : directories_)
    if (directory.groups != 0) append_entry(directory.table, 0xffff'ffffU, directory.groups_size);
  sorted_ = {};
  return {};
}

Result<void> Writer::write_offers() {
  std::vector<std::tuple<std::uint16_t, std::uint32_t, std::string_view, const OfferRecord*>> order;
  order.reserve(records_.offers.size());
  for (const OfferRecord& offer : records_.offers)
    order.emplace_back(namespace_rank_[offer.name_space], format::key_hash(offer.key_kind, text(offer.package)),
                       text(offer.package), &offer);
  const auto key = [](const auto& entry) {
    const OfferRecord& offer = *std::get<3>(entry);
    return std::tuple(std::get<0>(entry), std::get<1>(entry), std::get<2>(entry), offer.key_kind);
  };
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    if (key(a) != key(b)) return key(a) < key(b);
    const OfferRecord& first = *std::get<3>(a);
    const OfferRecord& second = *std::get<3>(b);
    return first.scheme != second.scheme ? first.scheme > second.scheme : text(first.version) < text(second.version);
  });
  output_.begin(Section::offers);
  std::uint32_t number = 0;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end, ++number) {
    const OfferRecord& offer = *std::get<3>(order[begin]);
    const version::Ordering* ordering = version::find_ordering(offer.scheme);
    std::string_view newest = text(offer.version);
    for (end = begin + 1; end < order.size() && key(order[end]) == key(order[begin]); ++end)
      if (std::get<3>(order[end])->scheme == offer.scheme)
        newest = greater(newest, text(std::get<3>(order[end])->version), ordering);
    const std::string_view package = text(offer.package);
    encoder_.clear();
    encoder_.u64(0);  // the checksum
    encoder_.u8(static_cast<std::uint8_t>(offer.key_kind));
    encoder_.u8(static_cast<std::uint8_t>(offer.scheme));
    encoder_.u16(static_cast<std::uint16_t>(package.size()));
    encoder_.u16(static_cast<std::uint16_t>(newest.size()));
    encoder_.raw(package);
    encoder_.raw(newest);
    encoder_.patch_u64(0, format::checksum(encoder_.view().subspan(8), number));
    Directory& directory = directories_[std::get<0>(order[begin])];
    append_entry(directory.offer_table, std::get<1>(order[begin]), directory.offers_size);
    ++directory.offers;
    directory.offers_size += encoder_.size();
    if (directory.offers_size > 0xffff'ffffU) return fail(Code::limit, {directory.name, ": more than 4 GiB of offers"});
    output_.append(encoder_.view());
  }
  for (Directory& directory : directories_)
    if (directory.offers != 0) append_entry(directory.offer_table, 0xffff'ffffU, directory.offers_size);
  return {};
}

void Writer::write_tables() {
  output_.begin(Section::tables);
  for (std::size_t i = 0; i < directories_.size(); ++i) {
    Directory& directory = directories_[i];
    directory.table_checksum = format::checksum(base::as_bytes(directory.table), format::table_seed(i, false));
    directory.offers_checksum = format::checksum(base::as_bytes(directory.offer_table), format::table_seed(i, true));
    output_.append(base::as_bytes(directory.table));
    output_.append(base::as_bytes(directory.offer_table));
    directory.table = {};
    directory.offer_table = {};
  }
}

void Writer::write_order() {
  std::vector<std::uint32_t> by_id(advisories_.size());
  std::iota(by_id.begin(), by_id.end(), 0U);
  std::sort(by_id.begin(), by_id.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::tuple(text(advisories_[a].id), a) < std::tuple(text(advisories_[b].id), b);
  });
  std::vector<std::uint32_t> rank(by_id.size());
  for (std::uint32_t i = 0; i < by_id.size(); ++i) rank[by_id[i]] = i;

  output_.begin(Section::order);
  std::vector<std::uint32_t> ranks;
  auto place = places_.begin();
  for (std::size_t i = 0; i < directories_.size(); ++i) {
    ranks.clear();
    for (; place != places_.end() && groups_[place->second].name_space == i; ++place)
      ranks.push_back(rank[place->first]);
    std::sort(ranks.begin(), ranks.end());
    ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
    encoder_.clear();
    for (const std::uint32_t one : ranks) encoder_.u32(by_id[one]);
    directories_[i].ordered = static_cast<std::uint32_t>(ranks.size());
    directories_[i].order_checksum = format::checksum(encoder_.view(), i);
    output_.append(encoder_.view());
  }
}

void Writer::collect_ids(std::uint32_t number, const StoredDetails& details) {
  const std::size_t start = ids_.size();
  ids_.emplace_back(format::id_hash(details.id), number);
  for (const std::string& alias : details.aliases) ids_.emplace_back(format::id_hash(alias), number);
  const auto own = ids_.begin() + static_cast<std::ptrdiff_t>(start);
  std::sort(own, ids_.end());
  ids_.erase(std::unique(own, ids_.end()), ids_.end());
}

// A block: the number of its advisories, where each begins, and they.
void Writer::close_block(Encoder& body, std::vector<std::uint32_t>& offsets, std::uint32_t first) {
  if (offsets.empty()) return;
  Encoder block;
  block.u32(static_cast<std::uint32_t>(offsets.size()));
  const std::size_t body_start = 4 + 4 * offsets.size();
  for (const std::uint32_t offset : offsets) block.u32(static_cast<std::uint32_t>(body_start + offset));
  block.raw(body.bytes());
  compressed_.resize(ZSTD_compressBound(block.size()));
  const std::size_t size = ZSTD_compressCCtx(compressor_.get(), compressed_.data(), compressed_.size(),
                                             block.bytes().data(), block.size(), kCompressionLevel);
  // Cannot fail with room for the worst case; a failure would leave an empty frame, which verify() refuses.
  const Bytes frame =
      base::as_bytes(std::string_view(compressed_.data(), ZSTD_isError(size) != 0U ? std::size_t{0} : size));
  text_blocks_.u32(first);
  text_blocks_.u32(static_cast<std::uint32_t>(frame.size()));
  text_blocks_.u32(static_cast<std::uint32_t>(block.size()));
  text_blocks_.u64(text_position_);
  text_blocks_.u64(format::checksum(frame, text_block_count_));
  text_position_ += frame.size();
  ++text_block_count_;
  output_.append(frame);
  body.clear();
  offsets.clear();
}

Result<void> Writer::write_texts() {
  // Places by advisory: a counting sort keeps the groups ascending.
  std::vector<std::uint32_t> start(advisories_.size() + 1);
  for (const auto& [advisory, group] : places_) ++start[advisory + 1];
  std::partial_sum(start.begin(), start.end(), start.begin());
  std::vector<std::uint32_t> groups(places_.size());
  std::vector<std::uint32_t> next(start.begin(), start.end());
  for (const auto& [advisory, group] : places_) groups[next[advisory]++] = group;
  places_ = {};

  output_.begin(Section::texts);
  Encoder body;
  std::vector<std::uint32_t> offsets;
  std::uint32_t first = 0;
  for (std::uint32_t number = 0; number < advisories_.size(); ++number) {
    format::Decoder in(advisories_[number].details);
    const StoredDetails details = decode_details(in);
    collect_ids(number, details);
    const std::size_t begin = body.size();
    offsets.push_back(static_cast<std::uint32_t>(begin));
    body.raw(base::as_text(advisories_[number].details));
    encode_places({groups.begin() + start[number], groups.begin() + start[number + 1]}, body);
    if (body.size() - begin > format::kDetailsMax)
      return fail(Code::limit, {"advisory ", details.id, ": ", body.size() - begin, " bytes of details"});
    if (body.size() >= format::kTextBlockTarget) {
      close_block(body, offsets, first);
      first = number + 1;
    }
  }
  close_block(body, offsets, first);
  output_.begin(Section::text_blocks);
  output_.append(text_blocks_.view());
  return {};
}

void Writer::write_ids() {
  std::sort(ids_.begin(), ids_.end());
  Encoder pages;
  output_.begin(Section::ids);
  for (std::size_t begin = 0; begin < ids_.size(); begin += format::kIdsPerPage) {
    encoder_.clear();
    const std::size_t end = std::min(begin + format::kIdsPerPage, ids_.size());
    for (std::size_t i = begin; i < end; ++i) {
      encoder_.u32(ids_[i].first);
      encoder_.u32(ids_[i].second);
    }
    pages.u32(ids_[begin].first);
    pages.u64(format::checksum(encoder_.view(), begin / format::kIdsPerPage));
    output_.append(encoder_.view());
  }
  output_.begin(Section::id_pages);
  output_.append(pages.view());
}

void Writer::write_feeds() {
  std::vector<std::uint32_t> advisories(feeds_.size());
  for (const Advisory& advisory : advisories_) ++advisories[advisory.feed];
  encoder_.clear();
  encoder_.varint(feeds_.size());
  for (std::size_t rank = 0; rank < feeds_.size(); ++rank) {
    const FeedRecord& feed = records_.feeds[feeds_[rank]];
    encoder_.text(feed.name);
    encoder_.text(base::join({feed.paths.begin(), feed.paths.end()}, ", "));
    encoder_.text(feed.as_of);
    for (const std::uint64_t number : {std::uint64_t{advisories[rank]}, feed.records, feed.statements, feed.skipped})
      encoder_.varint(number);
    encoder_.varint(feed.dropped.size());
    for (const auto& [reason, count] : feed.dropped) {
      encoder_.text(reason);
      encoder_.varint(count);
    }
  }
  output_.begin(Section::feeds);
  output_.append(encoder_.view());
}

void Writer::write_namespaces() {
  encoder_.clear();
  encoder_.varint(directories_.size());
  for (const Directory& directory : directories_) {
    encoder_.text(directory.name);
    encoder_.u64(directory.table_checksum);
    encoder_.u64(directory.offers_checksum);
    encoder_.u64(directory.order_checksum);
    encoder_.varint(directory.groups);
    encoder_.varint(directory.offers);
    encoder_.varint(directory.ordered);
    encoder_.varint(directory.statements);
    encoder_.varint(directory.groups_size);
    encoder_.varint(directory.offers_size);
  }
  output_.begin(Section::namespaces);
  output_.append(encoder_.view());
}

void Writer::write_lifecycles() {
  encoder_.clear();
  encoder_.varint(records_.lifecycles.size());
  for (const auto& [name, life] : records_.lifecycles)
    for (const std::string* text : {&name, &life.codename, &life.released, &life.standard, &life.extended, &life.paid})
      encoder_.text(*text);
  if (!records_.package_supports.empty()) {
    encoder_.varint(records_.package_supports.size());
    for (const auto& [key, support] : records_.package_supports) {
      encoder_.u8(static_cast<std::uint8_t>(static_cast<unsigned>(support.state) << 1 | unsigned{support.is_prefix}));
      for (const std::string* text : {&support.name_space, &support.package, &support.last_version, &support.since,
                                      &support.detail, &support.feed})
        encoder_.text(*text);
    }
  }
  output_.begin(Section::lifecycles);
  output_.append(encoder_.view());
}

std::string Writer::head(std::uint64_t enrichments) const {
  Encoder sections;
  for (std::size_t i = 0; i < format::kSections; ++i) {
    const SectionPlace& place = output_.sections()[i];
    sections.u64(i);
    sections.u64(place.offset);
    sections.u64(place.size);
    sections.u64(place.checksum);
  }
  Encoder head;
  head.raw(format::kMagic);
  head.u32(format::kVersion);
  head.u32(format::kSections);
  head.u64(output_.position());
  head.u64(advisories_.size());
  head.u64(statements_);
  head.u64(groups_.size());
  head.u64(enrichments);
  head.u64(0);  // the checksum
  head.raw(sections.bytes());
  head.patch_u64(format::kHeaderSize - 8, format::checksum(head.view(), 0));
  return head.bytes();
}

}  // namespace

Result<void> write_database(Records& records, const std::string& path) {
  LIMPID_ASSIGN(Output output, Output::create(path));
  Writer writer(records, output);
  writer.number_feeds();
  writer.number_namespaces();
  writer.number_advisories();
  writer.number_groups();
  writer.sort_statements();

  LIMPID_TRY(writer.write_groups());
  LIMPID_TRY(writer.write_offers());
  writer.write_tables();
  writer.write_order();
  LIMPID_TRY(writer.write_texts());
  writer.write_ids();
  LIMPID_ASSIGN(const std::uint64_t enrichments, write_enrichments(records, output));
  LIMPID_TRY(write_repositories(records, output));
  writer.write_feeds();
  writer.write_namespaces();
  writer.write_lifecycles();
  // Sections end where the next begins; this ends the last, so that the head knows it.
  output.end();
  return output.commit(base::as_bytes(writer.head(enrichments)));
}

}  // namespace limpid::vulndb
