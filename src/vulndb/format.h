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
inline constexpr std::uint32_t kVersion = 3;

// Every section is there exactly once, in this order, and each begins where the one before it ends.
enum class Section : std::uint8_t {
  groups,             // statements, one group for each package of each namespace
  offers,             // newest versions that repositories offer
  tables,             // for each namespace: the hash table of its groups, then that of its offers
  order,              // for each namespace: its advisories in the order of their ids
  texts,              // zstd frames of advisories' details
  text_blocks,        // where each frame lies
  ids,                // ids and aliases to advisories, in pages
  id_pages,           // the first hash and the checksum of each page
  enrichments,        // zstd frames of what is said of flaws, by CVE
  enrichment_blocks,  // where each frame lies
  repositories,       // the products that repositories offer
  feeds,
  namespaces,
  lifecycles,
};
inline constexpr std::size_t kSections = 14;
std::string_view name_of(Section section);

inline constexpr std::size_t kHeaderSize = 64;
inline constexpr std::size_t kSectionSize = 32;
inline constexpr std::size_t kHeadSize = kHeaderSize + kSections * kSectionSize;

inline constexpr std::size_t kGroupHeadSize = 20;
inline constexpr std::size_t kStatementSizeMin = 7 + 2 * 2;
inline constexpr std::size_t kOfferHeadSize = 14;
inline constexpr std::size_t kTableEntrySize = 8;
inline constexpr std::size_t kTextBlockEntrySize = 28;
inline constexpr std::size_t kIdEntrySize = 8;
inline constexpr std::size_t kIdsPerPage = 512;
inline constexpr std::size_t kIdPageEntrySize = 12;

// Limits of the writer; the reader relies on those that bound its memory.
inline constexpr std::size_t kStringMax = 4'096;           // an id, a name, a version, a severity
inline constexpr std::size_t kDetailsMax = 8 << 20;        // one advisory's details
inline constexpr std::size_t kTextBlockTarget = 64 << 10;  // a block is closed when it has grown beyond this
inline constexpr std::size_t kTextBlockMax = kTextBlockTarget + kDetailsMax + (64 << 10);
inline constexpr std::size_t kEnrichmentMax = 1 << 20;           // of one CVE
inline constexpr std::size_t kEnrichmentBlockTarget = 16 << 10;  // smaller, since findings lie scattered over them
inline constexpr std::size_t kNamespacesMax = 65'535;
inline constexpr std::size_t kRepositoriesSizeMax = 16 << 20;  // Red Hat's have some 200 KiB

// The shape byte of a statement: the number of ranges, or kManyRanges and a 32-bit count, and flags.
inline constexpr std::uint8_t kManyRanges = 15;
inline constexpr std::uint8_t kHasVersions = 16;
inline constexpr std::uint8_t kHasArchitectures = 32;
inline constexpr std::uint8_t kHasModule = 64;
inline constexpr std::uint8_t kHasProducts = 128;

// XXH3-64. The seed is the number of the thing, so that a thing in another's place is a mismatch.
std::uint64_t checksum(Bytes bytes, std::uint64_t seed);
inline std::uint64_t table_seed(std::size_t name_space, bool offers) { return 2 * name_space + (offers ? 1 : 0); }
// Of a key in its namespace's table.
std::uint32_t key_hash(advisory::KeyKind key_kind, std::string_view package);
// Of an id or alias, whatever its case.
std::uint32_t id_hash(std::string_view id);

using base::Decoder;
using base::Encoder;

// The pool of a group: each string is its length in 16 bits and its bytes. A reference is an offset in the pool.
inline std::string_view pool_text(const std::uint8_t* pool, std::uint32_t reference) {
  return base::as_text({pool + reference + 2, base::load_le<std::uint16_t>(pool + reference)});
}
inline std::uint32_t load_reference(const std::uint8_t* from, std::uint8_t width) {
  return width == 2 ? base::load_le<std::uint16_t>(from) : base::load_le<std::uint32_t>(from);
}

}  // namespace limpid::vulndb::format
