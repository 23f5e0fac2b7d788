#include "vulndb/enrichment.h"
#include "vulndb/state.h"

namespace limpid::vulndb {

using format::Section;

Result<Bytes> Database::State::enrichment_table() {
  const SectionPlace& place = section(Section::enrichment_blocks);
  LIMPID_ASSIGN_WITHIN(const Bytes table,
                       enrichment_block_table.get(source, place.offset, place.size, place.checksum,
                                                  static_cast<std::uint64_t>(Section::enrichment_blocks)),
                       {"enrichment blocks"});
  return table;
}

Result<TextBlock> Database::State::enrichment_block(Bytes table, std::size_t index) {
  if (auto kept = enrichment_blocks->find(index); kept != nullptr) return kept;
  const TextBlockEntry entry = text_block_entry(table, index);
  const SectionPlace& all = section(Section::enrichments);
  if (entry.offset > all.size || entry.stored_size > all.size - entry.offset)
    return fail(Code::invalid,
                {"enrichment block ", index, ": ", entry.stored_size, " bytes at ", entry.offset, " of ", all.size});
  std::vector<std::uint8_t> scratch;
  LIMPID_ASSIGN(const Bytes frame, source.borrow(all.offset + entry.offset, entry.stored_size, scratch));
  LIMPID_ASSIGN(auto block, enrichment_blocks->unpack(index, entry, frame));
  enrichment_blocks->remember(index, block);
  return block;
}

Result<std::optional<advisory::Enrichment>> Database::enrichment(std::string_view cve) const {
  const auto key = cve_key(cve);
  if (!key || state_->section(Section::enrichment_blocks).size == 0) return std::nullopt;
  LIMPID_ASSIGN(const Bytes table, state_->enrichment_table());
  // The last block that begins with this key or a smaller one.
  std::size_t after = 0;
  for (std::size_t high = table.size() / format::kTextBlockEntrySize; after < high;) {
    const std::size_t middle = after + (high - after) / 2;
    text_block_entry(table, middle).first <= * key ? after = middle + 1 : high = middle;
  }
  if (after == 0) return std::nullopt;
  LIMPID_ASSIGN(const TextBlock block, state_->enrichment_block(table, after - 1));
  LIMPID_ASSIGN_WITHIN(const auto record, enrichment_in_block(base::as_bytes(*block), *key),
                       {"enrichment block ", after - 1});
  if (!record) return std::nullopt;
  format::Decoder in(*record);
  auto enrichment = decode_enrichment(*key, in);
  if (!in.finished()) return fail(Code::invalid, {cve, ": damaged enrichment"});
  return enrichment;
}

}  // namespace limpid::vulndb
