#include "vulndb/format.h"

#include <xxhash.h>

#include "base/text.h"

namespace limpid::vulndb::format {

std::string_view name_of(Section section) {
  static constexpr std::array<std::string_view, kSections> kNames = {"groups",
                                                                     "offers",
                                                                     "tables",
                                                                     "order",
                                                                     "places",
                                                                     "texts",
                                                                     "text blocks",
                                                                     "ids",
                                                                     "id pages",
                                                                     "flaws",
                                                                     "flaw blocks",
                                                                     "enrichments",
                                                                     "enrichment blocks",
                                                                     "enrichment names",
                                                                     "ratings",
                                                                     "rating pages",
                                                                     "repositories",
                                                                     "feeds",
                                                                     "namespaces",
                                                                     "lifecycles"};
  return kNames.at(static_cast<std::size_t>(section));
}

std::uint64_t checksum(Bytes bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::uint32_t key_hash(advisory::KeyKind key_kind, std::string_view package) {
  return static_cast<std::uint32_t>(checksum(base::as_bytes(package), static_cast<std::uint64_t>(key_kind)) >> 32);
}

std::uint32_t id_hash(std::string_view id) {
  return static_cast<std::uint32_t>(checksum(base::as_bytes(base::lower(id)), 0) >> 32);
}

}  // namespace limpid::vulndb::format
