#include "vulndb/enrichment.h"
#include "vulndb/state.h"

namespace limpid::vulndb {

using format::Section;

Result<KeyedBlocks> Database::State::keyed_blocks(Section records, Section index, const LazyTable& table) {
  const SectionPlace& place = section(index);
  KeyedBlocks blocks{.source = &source, .records = section(records), .index = {}, .name = format::name_of(records)};
  LIMPID_ASSIGN_WITHIN(blocks.index,
                       table.get(source, place.offset, place.size, place.checksum, static_cast<std::uint64_t>(index)),
                       {format::name_of(index)});
  return blocks;
}

Result<const EnrichmentNames*> Database::State::enrichment_names() {
  const std::scoped_lock lock(names_mutex);
  if (names != nullptr) return names.get();
  const SectionPlace& place = section(Section::enrichment_names);
  if (place.size > format::kEnrichmentNamesMax) return fail(Code::limit, {"enrichment names: ", place.size, " bytes"});
  std::vector<std::uint8_t> scratch;
  LIMPID_ASSIGN(const Bytes bytes, source.borrow(place.offset, place.size, scratch));
  if (format::checksum(bytes, static_cast<std::uint64_t>(Section::enrichment_names)) != place.checksum)
    return fail(Code::mismatch, {"enrichment names: wrong checksum"});
  format::Decoder in(bytes);
  auto read = std::make_unique<EnrichmentNames>();
  const std::size_t count = in.count(1);
  for (std::size_t i = 0; i < count; ++i) {
    if (read->number_of(in.text()) != i) return fail(Code::invalid, {"enrichment names: one stands there twice"});
  }
  if (!in.finished()) return fail(Code::invalid, {"enrichment names: damaged"});
  names = std::move(read);
  return names.get();
}

Result<std::optional<advisory::Enrichment>> Database::enrichment(std::string_view cve) const {
  const auto key = cve_key(cve);
  if (!key || state_->section(Section::enrichment_blocks).size == 0) return std::nullopt;
  LIMPID_ASSIGN(const KeyedBlocks blocks,
                state_->keyed_blocks(Section::enrichments, Section::enrichment_blocks, state_->enrichment_block_table));
  std::vector<std::uint8_t> scratch;
  LIMPID_ASSIGN(const auto record, blocks.find(*key, scratch));
  if (!record) return std::nullopt;
  LIMPID_ASSIGN(const EnrichmentNames* names, state_->enrichment_names());
  format::Decoder in(*record);
  auto enrichment = decode_enrichment(*key, *names, in);
  if (!in.finished()) return fail(Code::invalid, {cve, ": damaged enrichment"});
  return enrichment;
}

Result<std::vector<std::string>> Database::flaws(AdvisoryNumber advisory) const {
  std::vector<std::string> flaws;
  if (state_->section(Section::flaw_blocks).size == 0) return flaws;
  LIMPID_ASSIGN(const KeyedBlocks blocks,
                state_->keyed_blocks(Section::flaws, Section::flaw_blocks, state_->flaw_block_table));
  std::vector<std::uint8_t> scratch;
  LIMPID_ASSIGN(const auto record, blocks.find(advisory, scratch));
  if (!record) return flaws;
  format::Decoder in(*record);
  const std::size_t count = in.count(1);
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    key += in.varint32();
    if (key > 0xffff'ffffU) return fail(Code::invalid, {"advisory ", advisory, ": damaged flaws"});
    flaws.push_back(cve_of_key(static_cast<std::uint32_t>(key)));
  }
  const std::size_t others = in.count(1);
  for (std::size_t i = 0; i < others && in.ok(); ++i) flaws.emplace_back(in.text());
  if (!in.finished()) return fail(Code::invalid, {"advisory ", advisory, ": damaged flaws"});
  return flaws;
}

}  // namespace limpid::vulndb
