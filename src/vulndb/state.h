// What an open database knows: where everything lies, checked against the file's size, and what has been read so far.
// Shared by the queries (database.cc) and by verify.cc.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "vulndb/database.h"
#include "vulndb/details.h"
#include "vulndb/enrichment.h"
#include "vulndb/format.h"
#include "vulndb/group.h"
#include "vulndb/keyed_blocks.h"
#include "vulndb/output.h"
#include "vulndb/ratings.h"
#include "vulndb/source.h"

namespace limpid::vulndb {

// One of the two hash tables of a namespace, and where the records lie that it leads to.
struct Table {
  std::uint32_t count = 0;   // of records; the table has one entry more, which ends the last of them
  std::uint32_t first = 0;   // the number of the first record over the whole file
  std::uint64_t offset = 0;  // of the table in the file
  std::uint64_t checksum = 0, seed = 0;
  std::uint64_t records_offset = 0, records_size = 0;
  LazyTable lazy;
  LazyPart records;

  std::uint64_t size() const { return count == 0 ? 0 : (std::uint64_t{count} + 1) * format::kTableEntrySize; }
};

struct Namespace {
  std::string name;
  std::uint64_t statements = 0;
  Table groups, offers;
  std::uint32_t ordered = 0;
  std::uint64_t order_offset = 0, order_size = 0, order_checksum = 0;
  LazyTable order;
};

struct RecordPlace {
  std::uint64_t offset = 0, size = 0;
};

struct Database::State {
  Source source;
  std::array<SectionPlace, format::kSections> sections{};
  std::uint64_t head_groups = 0;
  std::vector<std::unique_ptr<Namespace>> namespaces;  // by name
  std::map<std::string, advisory::EndOfLife, std::less<>> lifecycles;
  std::vector<advisory::PackageSupport> package_supports;  // by namespace
  Feeds feeds;
  Info info;
  LazyTable text_block_table, id_page_table, enrichment_block_table, places_table, flaw_block_table, repository_table,
      rating_page_table;
  std::mutex names_mutex;
  std::unique_ptr<const EnrichmentNames> names;  // once they are asked for
  std::unique_ptr<const RatingPages> ratings;    // likewise
  Bytes ratings_bytes;                           // with them
  // Access::map: where ids are spelt.
  std::unique_ptr<CveTexts> cve_texts;

  // Reads the head of the file and its small tables (open.cc). Whatever it fills in has been checked: sections follow
  // each other to the end of the file, and what the directories claim adds up to the sections' sizes exactly.
  Result<void> read_directories();

  const SectionPlace& section(format::Section which) const { return sections[static_cast<std::size_t>(which)]; }
  const Namespace* find_namespace(std::string_view name) const;
  // The namespace that holds a group.
  const Namespace* namespace_of_group(std::uint32_t number) const;
  Result<Bytes> table(const Table& table);
  Result<Bytes> record(const Table& table, Bytes entries, std::uint32_t index);
  Result<StatementGroup> open_group(const Table& table, Bytes entries, std::uint32_t index);
  // Appends the statements of a group, or only those of one advisory.
  Result<GroupHead> statements(const Table& table, Bytes entries, std::uint32_t index, const AdvisoryNumber* only,
                               std::vector<Statement>& out);
  SpeltIds spelt_ids();  // for views that stay
  // A block of details, taken apart: its texts, and the bytes of its advisories, the first of which has this number.
  struct TextBlock {
    std::vector<std::uint8_t> scratch;
    std::vector<std::string_view> texts;
    std::vector<Bytes> advisories;
    AdvisoryNumber first = 0;
  };
  // An advisory's bytes. `kept` gets the block that holds them, unless it has it already: who asks in the order of
  // numbers reads each block once.
  Result<Bytes> text_of(AdvisoryNumber advisory, TextBlock& kept);
  // Each repository in turn, with the products that it offers.
  Result<void> each_repository(
      const std::function<void(std::string_view name, std::span<const std::string_view> products)>& use);
  Result<KeyedBlocks> keyed_blocks(format::Section records, format::Section index, const LazyTable& table);
  Result<const EnrichmentNames*> enrichment_names();
  Result<const RatingPages*> rating_pages();
  Result<Bytes> rating_page(const RatingPages& pages, std::size_t page) const;  // those of rating_pages()
  // `places` may be null. What it gets are numbers of groups that exist, ascending.
  Result<StoredDetails> details(AdvisoryNumber advisory, std::vector<std::uint32_t>* places);
  Result<StoredDetails> details(AdvisoryNumber advisory, std::vector<std::uint32_t>* places, TextBlock& kept);
  Result<std::vector<AdvisoryNumber>> candidates(std::uint32_t hash);
  Result<std::string> id_of(AdvisoryNumber advisory);
  // The numbers of a namespace's advisories, ascending.
  Result<std::vector<std::uint32_t>> order_of(const Namespace& name_space);
};

inline std::uint32_t entry_hash(Bytes entries, std::size_t index) {
  return base::load_le<std::uint32_t>(entries.data() + index * format::kTableEntrySize);
}
inline std::uint32_t entry_offset(Bytes entries, std::size_t index) {
  return base::load_le<std::uint32_t>(entries.data() + index * format::kTableEntrySize + 4);
}
// Where a record lies, from the table entries at `index` and behind it.
Result<RecordPlace> place_of_record(const Table& table, Bytes entries, std::uint32_t index);

struct Offer {
  std::string_view package, version;
  advisory::KeyKind key_kind = advisory::KeyKind::source;
  version::Scheme scheme = version::Scheme::none;
};
Result<Offer> read_offer(Bytes record, std::uint32_t number);

}  // namespace limpid::vulndb
