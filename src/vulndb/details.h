// One advisory's details: what the file holds once for each advisory number. Texts are written as they are, or, in a
// block of the file, as numbers of what the block has once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
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

// The texts of a block, each once, numbered from 1 in the order in which they first came; 0 is "".
class TextPool {
 public:
  std::uint64_t number_of(std::string_view text);
  const std::vector<std::string>& texts() const { return texts_; }
  // Of the texts, as they are written.
  std::size_t size() const { return size_; }
  void clear();

 private:
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::uint64_t> numbers_;
  std::size_t size_ = 0;
};

// What tells apart details that say different things, from their bytes in a block, without making them: the id, and a
// hash that does not depend on how the block numbers its texts. `hashes` are those of the texts.
struct DetailsPrint {
  std::string_view id;
  std::uint64_t hash = 0;
};
DetailsPrint print_details(format::Decoder& in, const std::vector<std::string_view>& texts,
                           const std::vector<std::uint64_t>& hashes);

// `pool` may be null: then every text stands where it belongs.
void encode(const StoredDetails& details, format::Encoder& out, TextPool* pool = nullptr);
// Reads them from where `in` stands; in.ok() says whether that worked. It does not where the texts of a pool, of which
// one can be asked for again and again, come to more than format::kDetailsMax.
StoredDetails decode_details(format::Decoder& in, const std::vector<std::string_view>* pool = nullptr);

}  // namespace limpid::vulndb
