#include "vulndb/group_writer.h"

#include <algorithm>

namespace limpid::vulndb {
namespace {

constexpr std::size_t kNarrowMax = 0x1'0000;
constexpr std::uint8_t kThreeBounds = 0, kFixedOnly = 1;

}  // namespace

void GroupWriter::begin() {
  ++generation_;
  if (seen_.size() < strings_.size()) {
    seen_.resize(strings_.size());
    places_.resize(strings_.size());
  }
  strings_area_.clear();
  strings_area_.u8(0);  // reference 0 is ""
  contexts_.clear();
  ranges_.clear();
  for (auto* column : {&advisories_, &ids_, &context_references_, &range_references_}) column->clear();
  known_contexts_.clear();
  known_ranges_.clear();
}

// Strings stand in the order in which they are first referred to.
std::uint32_t GroupWriter::place_of(std::uint32_t string) {
  if (string == 0) return 0;
  if (seen_[string] == generation_) return places_[string];
  seen_[string] = generation_;
  places_[string] = static_cast<std::uint32_t>(strings_area_.size());
  const std::string_view text = strings_[string];
  if (text.size() < 0x80) {
    strings_area_.u8(static_cast<std::uint8_t>(text.size()));
  } else {
    strings_area_.u8(static_cast<std::uint8_t>(0x80 | (text.size() & 0x7f)));
    strings_area_.u8(static_cast<std::uint8_t>(text.size() >> 7));
  }
  strings_area_.raw(text);
  return places_[string];
}

void GroupWriter::refer(format::Encoder& to, std::uint32_t string) {
  const std::uint32_t place = place_of(string);
  width_ == 2 ? to.u16(static_cast<std::uint16_t>(place)) : to.u32(place);
}

namespace {

// Where an entry stands in its area, in which each stands once.
std::uint64_t keep(std::unordered_map<std::string, std::uint64_t>& known, format::Encoder& area,
                   const format::Encoder& entry) {
  const auto [found, is_new] = known.try_emplace(entry.bytes(), area.size());
  if (is_new) area.raw(entry.bytes());
  return found->second;
}

}  // namespace

std::uint64_t GroupWriter::context_of(const ReadyStatement& statement) {
  const ConditionStrings& conditions = conditions_[statement.conditions];
  entry_.clear();
  entry_.u8(
      static_cast<std::uint8_t>(static_cast<unsigned>(statement.status) | static_cast<unsigned>(statement.kind) << 4));
  entry_.u8(static_cast<std::uint8_t>(statement.scheme));
  std::uint8_t shape = 0;
  if (!statement.cve) shape |= format::kHasTextId;
  if (!statement.ranges.empty() || !statement.versions.empty()) shape |= format::kHasRanges;
  if (conditions.module != 0) shape |= format::kHasModule;
  if (!conditions.architectures.empty()) shape |= format::kHasArchitectures;
  if (!conditions.products.empty()) shape |= format::kHasProducts;
  entry_.u8(shape);
  entry_.varint(statement.feed);
  refer(entry_, statement.severity);
  if (conditions.module != 0) refer(entry_, conditions.module);
  for (const auto* names : {&conditions.architectures, &conditions.products}) {
    if (names->empty()) continue;
    entry_.varint(names->size());
    for (const std::uint32_t name : *names) refer(entry_, name);
  }
  return keep(known_contexts_, contexts_, entry_);
}

std::uint64_t GroupWriter::ranges_of(const ReadyStatement& statement) {
  const bool fixed_only = std::ranges::all_of(
      statement.ranges, [](const auto& bounds) { return bounds[0] == 0 && bounds[1] != 0 && bounds[2] == 0; });
  entry_.clear();
  entry_.varint(statement.ranges.size());
  entry_.varint(statement.versions.size());
  entry_.u8(fixed_only ? kFixedOnly : kThreeBounds);
  for (const auto& bounds : statement.ranges) {
    if (fixed_only) {
      refer(entry_, bounds[1]);
    } else {
      for (const std::uint32_t bound : bounds) refer(entry_, bound);
    }
  }
  for (const std::uint32_t version : statement.versions) refer(entry_, version);
  return keep(known_ranges_, ranges_, entry_);
}

void GroupWriter::encode_all(std::span<const ReadyStatement> statements) {
  begin();
  std::uint32_t advisory = 0, cve = 0;
  bool first = true;
  for (const ReadyStatement& statement : statements) {
    advisories_.varint(statement.advisory - advisory);
    context_references_.varint(context_of(statement));
    if (!statement.ranges.empty() || !statement.versions.empty()) range_references_.varint(ranges_of(statement));
    if (first || statement.advisory != advisory) {
      if (statement.cve) {
        // The difference to the CVE before, its sign in the lowest bit.
        const bool down = *statement.cve < cve;
        ids_.varint(std::uint64_t{down ? cve - *statement.cve : *statement.cve - cve} << 1 | (down ? 1 : 0));
        cve = *statement.cve;
      } else {
        ids_.varint(place_of(statement.id));
      }
    }
    advisory = statement.advisory;
    first = false;
  }
}

// In the order of the file; the last ends with the group.
std::array<const format::Encoder*, 7> GroupWriter::areas() const {
  return {&strings_area_, &contexts_, &ranges_, &advisories_, &ids_, &context_references_, &range_references_};
}

Bytes GroupWriter::encode(std::uint32_t number, std::uint32_t index, std::string_view package,
                          advisory::KeyKind key_kind, std::span<const ReadyStatement> statements) {
  width_ = 2;
  encode_all(statements);
  if (strings_area_.size() > kNarrowMax) {
    width_ = 4;
    encode_all(statements);
  }
  entry_.clear();
  entry_.u8(width_);
  entry_.varint(statements.size());
  const auto all = areas();
  for (const auto* area : std::span(all).first(all.size() - 1)) entry_.varint(area->size());
  const std::string sizes = entry_.bytes().substr(1);
  for (const auto* area : all) entry_.raw(area->bytes());
  const std::uint8_t key_flag = key_kind == advisory::KeyKind::binary ? format::kBinaryKey : 0;
  // The packages that are made of one source mostly have the same flaws, fixed in the same versions.
  const auto [holder, is_new] = bodies_.try_emplace(entry_.bytes(), index);
  group_.clear();
  group_.u32(0);  // the checksum
  if (is_new) {
    group_.u8(static_cast<std::uint8_t>(key_flag | (width_ == 4 ? format::kWideReferences : 0)));
    group_.u16(0);  // where the strings begin, once that is known
    group_.raw(sizes);
    group_.text(package);
    group_.patch_u16(5, static_cast<std::uint16_t>(group_.size()));
    for (const auto* area : all) group_.raw(area->bytes());
  } else {
    group_.u8(static_cast<std::uint8_t>(key_flag | format::kSharedStatements));
    group_.varint(holder->second);
    group_.text(package);
  }
  group_.patch_u32(0, format::group_checksum(group_.view(), number));
  return group_.view();
}

}  // namespace limpid::vulndb
