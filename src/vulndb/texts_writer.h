// Writing the texts of advisories, and the index of ids.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "vulndb/details.h"
#include "vulndb/output.h"

namespace limpid::vulndb {

// The section "texts", which is open while this is used.
class TextsWriter {
 public:
  explicit TextsWriter(Output& output);

  // The next advisory. They come in the order of their numbers.
  Result<void> add(const StoredDetails& details, std::uint64_t places);
  // Ends the section and writes "text blocks".
  void finish();

 private:
  void close_block();

  Output& output_;
  TextPool pool_;
  format::Encoder records_, record_, block_, index_;
  std::string last_id_;
  std::uint32_t first_ = 0, next_ = 0, blocks_ = 0;
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
