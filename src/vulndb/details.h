// One advisory's details as they stand in a text block: what the file holds once for each advisory number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "advisory/types.h"
#include "vulndb/format.h"

namespace limpid::vulndb {

struct StoredDetails {
  std::uint32_t feed = 0;  // its number in the file; neither encoded nor decoded here
  std::string id;
  advisory::Kind kind = advisory::Kind::vulnerability;
  std::string severity, published, modified, title, description;
  std::vector<std::string> aliases, upstream;
  std::vector<advisory::Cvss> cvss;
  std::vector<std::string> references;
};

// Sorts what has no order of its own, and drops repetitions and empty words.
void normalise(StoredDetails& details);
// What two records of one feed under one id say together, whichever came first. Both are normalised, as is the result.
void merge(StoredDetails& into, StoredDetails&& other);

void encode(const StoredDetails& details, format::Encoder& out);
// Reads them from where `in` stands; in.ok() says whether that worked.
StoredDetails decode_details(format::Decoder& in);
// Steps over them, and gives the id.
std::string_view skip_details(format::Decoder& in);

}  // namespace limpid::vulndb
