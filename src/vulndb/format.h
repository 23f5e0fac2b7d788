// The numbers and encodings of the database file that its writer and its reader share. docs/vulndb-format.md has every
// byte of it and the reasons.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "advisory/types.h"
#include "base/bytes.h"
#include "base/encoding.h"

namespace limpid::vulndb::format {

inline constexpr std::string_view kMagic = "LIMPIDDB";
inline constexpr std::uint32_t kVersion = 4;

// Every section is there exactly once, in this order, and each begins where the one before it ends.
enum class Section : std::uint8_t {
  groups,             // statements, one group for each package of each namespace
  offers,             // newest versions that repositories offer
  tables,             // for each namespace: the hash table of its groups, then that of its offers
  order,              // for each namespace: its advisories
  places,             // which groups have statements of an advisory
  texts,              // advisories' details, in blocks by the advisory's number
  text_blocks,        // where each block lies
  ids,                // ids and aliases to advisories, in pages
  id_pages,           // the first hash and the checksum of each page
  flaws,              // what advisories with ids of their own are about, in blocks by the advisory's number
  flaw_blocks,        // where each block lies
  enrichments,        // what is said of flaws, in blocks by the number of the CVE
  enrichment_blocks,  // where each block lies
  enrichment_names,   // who said it
  ratings,            // how severe each CVE is, in pages
  rating_pages,       // who says so; which pages there are
  repositories,       // the products that repositories offer
  feeds,
  namespaces,
  lifecycles,
};
inline constexpr std::size_t kSections = 20;
std::string_view name_of(Section section);

inline constexpr std::size_t kHeaderSize = 64;
inline constexpr std::size_t kSectionSize = 32;
inline constexpr std::size_t kHeadSize = kHeaderSize + kSections * kSectionSize;

inline constexpr std::size_t kOfferHeadSize = 14;
inline constexpr std::size_t kTableEntrySize = 8;
inline constexpr std::size_t kIdEntrySize = 8;
inline constexpr std::size_t kIdsPerPage = 512;
inline constexpr std::size_t kIdPageEntrySize = 12;

// Limits of the writer; the reader relies on those that bound its memory.
inline constexpr std::size_t kStringMax = 4'096;          // an id, a name, a version, a severity
inline constexpr std::size_t kDetailsMax = 8 << 20;       // one advisory's details
inline constexpr std::size_t kTextBlockTarget = 8 << 10;  // a block that has grown beyond this ends before the next id
inline constexpr std::size_t kTextBlockFull = 1 << 20;    // and one beyond this before the next advisory
inline constexpr std::size_t kTextBlockMax = kTextBlockFull + kDetailsMax + (64 << 10);
inline constexpr std::size_t kEnrichmentMax = 1 << 20;     // of one CVE
inline constexpr std::size_t kKeyedBlockTarget = 1 << 10;  // of enrichments and flaws
inline constexpr std::size_t kKeyedBlockMax = kKeyedBlockTarget + kEnrichmentMax + (64 << 10);
inline constexpr std::size_t kKeyedBlockEntrySize = 12;
inline constexpr std::size_t kEnrichmentNamesMax = 4 << 20;
inline constexpr std::uint32_t kRatingsPerPage = 1'024;  // CVE numbers
inline constexpr std::size_t kRatingPageSize = std::size_t{2} * kRatingsPerPage;
inline constexpr std::size_t kRatingPagesSizeMax = 4 << 20;  // a full one has some 20 KiB
inline constexpr std::size_t kNamespacesMax = 65'535;
inline constexpr std::size_t kRepositoriesSizeMax = 16 << 20;  // Red Hat's have some 200 KiB

// The flags of a group.
inline constexpr std::uint8_t kBinaryKey = 1;
inline constexpr std::uint8_t kWideReferences = 2;
inline constexpr std::uint8_t kSharedStatements = 4;  // those of another group of the namespace

// The shape byte of a context.
inline constexpr std::uint8_t kHasTextId = 1;  // of its statements: a string, not the number of a CVE
inline constexpr std::uint8_t kHasRanges = 2;  // or versions: its statements refer to them
inline constexpr std::uint8_t kHasModule = 4;
inline constexpr std::uint8_t kHasArchitectures = 8;
inline constexpr std::uint8_t kHasProducts = 16;

// XXH3-64. The seed is the number of the thing, so that a thing in another's place is a mismatch.
std::uint64_t checksum(Bytes bytes, std::uint64_t seed);
// Its upper half, for small things of which there are many.
inline std::uint32_t short_checksum(Bytes bytes, std::uint64_t seed) {
  return static_cast<std::uint32_t>(checksum(bytes, seed) >> 32);
}
// Of a group, in its first four bytes: that of the rest.
inline std::uint32_t group_checksum(Bytes group, std::uint32_t number) {
  return short_checksum(group.subspan(4), number);
}
inline std::uint64_t table_seed(std::size_t name_space, bool offers) { return 2 * name_space + (offers ? 1 : 0); }
// Of a key in its namespace's table.
std::uint32_t key_hash(advisory::KeyKind key_kind, std::string_view package);
// Of an id or alias, whatever its case.
std::uint32_t id_hash(std::string_view id);

using base::Decoder;
using base::Encoder;

}  // namespace limpid::vulndb::format
