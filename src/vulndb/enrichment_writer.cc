#include <algorithm>

#include "vulndb/enrichment.h"
#include "vulndb/keyed_blocks.h"
#include "vulndb/ratings.h"

namespace limpid::vulndb {

using format::Section;

Result<std::uint64_t> write_enrichments(Records& records, Output& output) {
  auto& all = records.enrichments;
  std::ranges::sort(all, {}, &EnrichmentRecord::key);
  // Names were numbered as they came; in the file they are sorted.
  std::vector<std::string_view> sorted;
  for (std::uint32_t i = 0; i < records.enrichment_names.size(); ++i) sorted.push_back(records.enrichment_names[i]);
  std::ranges::sort(sorted);
  EnrichmentNames names;
  for (const std::string_view name : sorted) names.number_of(name);

  output.begin(Section::enrichments);
  KeyedBlocksWriter blocks(output);
  RatingsWriter ratings;
  std::uint64_t count = 0;
  format::Encoder record;
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end, ++count) {
    const auto key = all[begin].key;
    for (end = begin + 1; end < all.size() && all[end].key == key;) ++end;
    format::Decoder first(all[begin].bytes);
    auto united = decode_enrichment(key, records.enrichment_names, first);
    for (auto other = begin + 1; other < end; ++other) {
      format::Decoder in(all[other].bytes);
      merge(united, decode_enrichment(key, records.enrichment_names, in));
    }
    record.clear();
    encode(united, names, record);
    if (record.size() > format::kEnrichmentMax)
      return fail(Code::limit, {cve_of_key(key), ": ", record.size(), " bytes of enrichment"});
    blocks.add(key, record.view());
    ratings.add(key, united);
  }
  blocks.finish(Section::enrichment_blocks);
  record.clear();
  record.varint(sorted.size());
  for (const std::string_view name : sorted) record.text(name);
  if (record.size() > format::kEnrichmentNamesMax)
    return fail(Code::limit, {record.size(), " bytes of names of sources"});
  output.begin(Section::enrichment_names);
  output.append(record.view());
  ratings.write(output);
  return count;
}

}  // namespace limpid::vulndb
