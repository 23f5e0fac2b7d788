#include "vulndb/writer.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "vulndb/details.h"
#include "vulndb/directories.h"
#include "vulndb/enrichment.h"
#include "vulndb/group_writer.h"
#include "vulndb/keyed_blocks.h"
#include "vulndb/merging.h"
#include "vulndb/output.h"
#include "vulndb/places.h"
#include "vulndb/repositories.h"
#include "vulndb/texts_writer.h"

namespace limpid::vulndb {
namespace {

using format::Encoder;
using format::Section;

// An advisory with its final number: all records of one feed under one id.
struct Advisory {
  std::uint32_t id = 0, severity = 0;
  std::uint16_t feed = 0;  // its rank
  advisory::Kind kind = advisory::Kind::vulnerability;
  std::optional<std::uint32_t> cve;
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

class Writer {
 public:
  Writer(Records& records, Output& output) : records_(records), output_(output) {}

  void number_feeds();
  void number_namespaces();
  void number_advisories();
  void number_groups();
  void sort_statements();

  Result<void> write_groups();
  void write_order();
  std::vector<std::uint64_t> write_places();
  Result<void> write_texts(const std::vector<std::uint64_t>& places);
  void write_feeds();
  void write_lifecycles();
  std::string head(std::uint64_t enrichments) const;

  const std::vector<std::uint16_t>& namespace_rank() const { return namespace_rank_; }
  std::vector<Directory>& directories() { return directories_; }

 private:
  std::string_view text(std::uint32_t string) const { return records_.strings[string]; }
  Advisory unite(std::span<const std::uint32_t> same);
  std::vector<ReadyStatement> ready_group(std::span<const Sorted> statements);
  bool take_as_it_is(const StatementRecord& statement, ReadyStatement& to) const;

  Records& records_;
  Output& output_;
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
                    .cve = cve_key(text(first.id)),
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
    return std::tuple(text(record.id), feed_rank_[record.feed]);
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

// Nearly all statements stand alone and say either "fixed in this version" or something without any version: merging
// would leave them as they are. False for others.
bool Writer::take_as_it_is(const StatementRecord& statement, ReadyStatement& to) const {
  const std::uint32_t* payload = &records_.payloads[statement.payload];
  const bool is_fixed = statement.status == advisory::Status::fixed;
  if (payload[1] != 0 || payload[0] != (is_fixed ? 1 : 0)) return false;
  if (is_fixed) {
    const std::uint32_t* bounds = payload + 2;
    if (bounds[0] != 0 || bounds[1] == 0 || bounds[2] != 0) return false;
    to.ranges.push_back({0, bounds[1], 0});
  }
  to.severity = statement.severity;
  to.status = statement.status;
  return true;
}

// The merged statements of one group.
std::vector<ReadyStatement> Writer::ready_group(std::span<const Sorted> statements) {
  std::vector<ReadyStatement> ready;
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
    ReadyStatement& one = ready.emplace_back();
    one.advisory = statements[begin].advisory;
    one.id = advisory.id;
    one.cve = advisory.cve;
    one.feed = advisory.feed;
    one.kind = advisory.kind;
    one.scheme = first.scheme;
    one.conditions = first.conditions;
    if (same.size() != 1 || !take_as_it_is(first, one)) {
      MergedStatement merged = merge_statements(records_, same);
      one.severity = merged.severity;
      one.status = merged.status;
      for (const Bounds& range : merged.ranges)
        one.ranges.push_back({records_.strings.intern(range.introduced), records_.strings.intern(range.fixed),
                              records_.strings.intern(range.last_affected)});
      one.versions = std::move(merged.versions);
    }
    if (one.severity == 0) one.severity = advisory.severity;
    begin = end;
  }
  return ready;
}

Result<void> Writer::write_groups() {
  output_.begin(Section::groups);
  GroupWriter writer(records_.strings, conditions_);
  std::size_t begin = 0;
  for (std::uint32_t number = 0; number < groups_.size(); ++number) {
    std::size_t end = begin;
    while (end < sorted_.size() && sorted_[end].group == number) ++end;
    const std::vector<ReadyStatement> statements = ready_group(std::span(sorted_).subspan(begin, end - begin));
    const Group& group = groups_[number];
    Directory& directory = directories_[group.name_space];
    if (directory.table.empty()) writer.begin_namespace();
    const auto index = static_cast<std::uint32_t>(directory.table.size() / format::kTableEntrySize);
    const Bytes bytes = writer.encode(number, index, text(group.package), group.key_kind, statements);
    append_entry(directory.table, group.hash, directory.groups_size);
    directory.groups_size += bytes.size();
    directory.statements += statements.size();
    if (directory.groups_size > 0xffff'ffffU)
      return fail(Code::limit, {directory.name, ": more than 4 GiB of statements"});
    statements_ += statements.size();
    for (const ReadyStatement& statement : statements)
      if (places_.empty() || places_.back() != std::pair(statement.advisory, number))
        places_.emplace_back(statement.advisory, number);
    output_.append(bytes);
    begin = end;
  }
  for (Directory& directory : directories_)
    if (directory.groups != 0) append_entry(directory.table, 0xffff'ffffU, directory.groups_size);
  sorted_ = {};
  return {};
}

// Numbers of advisories are in the order of their ids, so a namespace's own are too.
void Writer::write_order() {
  output_.begin(Section::order);
  std::vector<std::uint32_t> own;
  auto place = places_.begin();
  for (std::size_t i = 0; i < directories_.size(); ++i) {
    own.clear();
    for (; place != places_.end() && groups_[place->second].name_space == i; ++place) own.push_back(place->first);
    std::sort(own.begin(), own.end());
    own.erase(std::unique(own.begin(), own.end()), own.end());
    encoder_.clear();
    std::uint32_t previous = 0;
    for (const std::uint32_t number : own) {
      encoder_.varint(number - previous);
      previous = number;
    }
    directories_[i].ordered = static_cast<std::uint32_t>(own.size());
    directories_[i].order_size = encoder_.size();
    directories_[i].order_checksum = format::checksum(encoder_.view(), i);
    output_.append(encoder_.view());
  }
}

// Where the places of each advisory's statements stand.
std::vector<std::uint64_t> Writer::write_places() {
  // By advisory: a counting sort keeps the groups ascending.
  std::vector<std::uint32_t> start(advisories_.size() + 1);
  for (const auto& [advisory, group] : places_) ++start[advisory + 1];
  std::partial_sum(start.begin(), start.end(), start.begin());
  std::vector<std::uint32_t> groups(places_.size());
  std::vector<std::uint32_t> next(start.begin(), start.end());
  for (const auto& [advisory, group] : places_) groups[next[advisory]++] = group;
  places_ = {};

  PlacesWriter places;
  std::vector<std::uint64_t> lists;
  lists.reserve(advisories_.size());
  const auto namespace_of = [&](std::uint32_t group) { return std::uint32_t{groups_[group].name_space}; };
  for (std::size_t number = 0; number < advisories_.size(); ++number)
    lists.push_back(
        places.add(std::span(groups).subspan(start[number], start[number + 1] - start[number]), namespace_of));
  output_.begin(Section::places);
  output_.append(places.bytes());
  return lists;
}

Result<void> Writer::write_texts(const std::vector<std::uint64_t>& places) {
  TextsWriter texts(output_);
  IdsWriter ids;
  Encoder flaw_bytes;
  std::vector<std::pair<std::uint32_t, std::size_t>> flaws;  // (advisory, where its record begins)
  for (std::uint32_t number = 0; number < advisories_.size(); ++number) {
    format::Decoder in(advisories_[number].details);
    StoredDetails details = decode_details(in);
    details.feed = advisories_[number].feed;
    const std::size_t flaws_at = flaw_bytes.size();
    encode_flaws(details, flaw_bytes);
    // Another record may know of which CVE this id is but another name.
    if (flaw_bytes.size() == flaws_at && !advisories_[number].cve) {
      const auto known = records_.cves.find(advisories_[number].id);
      if (known != records_.cves.end() && known->second != 0) {
        details.aliases.push_back(cve_of_key(known->second));
        normalise(details);
        encode_flaws(details, flaw_bytes);
      }
    }
    ids.add(number, details);
    if (flaw_bytes.size() != flaws_at) flaws.emplace_back(number, flaws_at);
    if (advisories_[number].details.size() > format::kDetailsMax)
      return fail(Code::limit,
                  {"advisory ", details.id, ": ", advisories_[number].details.size(), " bytes of details"});
    LIMPID_TRY(texts.add(details, places[number]));
  }
  texts.finish();
  ids.write(output_);
  output_.begin(Section::flaws);
  KeyedBlocksWriter blocks(output_);
  for (std::size_t i = 0; i < flaws.size(); ++i)
    blocks.add(flaws[i].first, flaw_bytes.view().subspan(
                                   flaws[i].second, (i + 1 == flaws.size() ? flaw_bytes.size() : flaws[i + 1].second) -
                                                        flaws[i].second));
  blocks.finish(Section::flaw_blocks);
  return {};
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
  LIMPID_TRY(write_offers(records, writer.namespace_rank(), writer.directories(), output));
  write_tables(writer.directories(), output);
  writer.write_order();
  LIMPID_TRY(writer.write_texts(writer.write_places()));
  LIMPID_ASSIGN(const std::uint64_t enrichments, write_enrichments(records, output));
  LIMPID_TRY(write_repositories(records, output));
  writer.write_feeds();
  write_namespaces(writer.directories(), output);
  writer.write_lifecycles();
  // Sections end where the next begins; this ends the last, so that the head knows it.
  output.end();
  return output.commit(base::as_bytes(writer.head(enrichments)));
}

}  // namespace limpid::vulndb
