// Writing the texts of advisories: blocks packed by as many threads as there are processors, and the index of ids.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/pool.h"
#include "vulndb/details.h"
#include "vulndb/output.h"

namespace limpid::vulndb {

// The section "texts", which is open while this is used. The same advisories give the same bytes, however many threads
// there are.
class TextsWriter {
 public:
  explicit TextsWriter(Output& output);

  // The next advisory's bytes. Advisories come in the order of their numbers.
  void add(Bytes text);
  // Ends the section and writes "text blocks".
  void finish();

 private:
  struct Block {
    std::uint32_t first = 0;
    std::string plain, packed;
  };
  void close_block();
  void write_blocks();

  Output& output_;
  base::Pool pool_;
  std::vector<Block> waiting_;
  format::Encoder body_, table_;
  std::vector<std::uint32_t> offsets_;
  std::uint32_t next_ = 0, blocks_ = 0;
  std::uint64_t position_ = 0;
};

// The CVEs that an advisory names, which is none itself: the bytes of its record in "flaws", none if it names none.
void encode_flaws(const StoredDetails& details, format::Encoder& out);

// The sections "ids" and "id pages".
class IdsWriter {
 public:
  void add(std::uint32_t advisory, const StoredDetails& details);
  void write(Output& output);

 private:
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ids_;  // (hash, advisory)
};

}  // namespace limpid::vulndb
