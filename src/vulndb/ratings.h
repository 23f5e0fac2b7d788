// How severe each CVE is by the CVSS vector that speaks for it, two bytes a CVE: what matching asks of hundreds of
// flaws at once, for which the whole enrichments would cost too much.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "advisory/types.h"
#include "base/error.h"
#include "cvss/score.h"
#include "vulndb/output.h"
#include "vulndb/source.h"

namespace limpid::vulndb {

class RatingsWriter {
 public:
  // CVEs in the order of their keys.
  void add(std::uint32_t key, const advisory::Enrichment& enrichment);
  // Both sections.
  void write(Output& output);

 private:
  struct Rated {
    std::uint32_t key = 0, source = 0;
    cvss::Version version = cvss::Version::v3_1;
    std::uint8_t tenths = 0;
  };
  std::vector<Rated> rated_;
  std::vector<std::string> sources_;
  std::vector<std::uint32_t> uses_;  // of each source
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

// One entry of a page.
struct Rating {
  enum class Kind : std::uint8_t { none, known, elsewhere };
  Kind kind = Kind::none;  // elsewhere: by a source that is not in the list; the enrichment tells
  cvss::Version version = cvss::Version::v3_1;
  double score = 0;
  std::string_view source;  // in the section
};

// The section "rating pages", taken apart: who rates, and which pages there are.
class RatingPages {
 public:
  // `bytes` outlive this.
  static Result<RatingPages> read(Bytes bytes, std::uint64_t ratings_size);

  std::size_t count() const { return entries_.size() / kEntrySize; }
  // Where in the section "ratings" the page of a CVE lies; nothing if none of its thousand is rated.
  std::optional<std::size_t> page_of(std::uint32_t key) const;
  Result<void> check(std::size_t page, Bytes bytes) const;
  Result<Rating> rating(std::uint32_t key, Bytes page) const;
  // The key of a page's first CVE.
  std::uint32_t first_of(std::size_t page) const;

  static constexpr std::size_t kEntrySize = 8;

 private:
  std::vector<std::string_view> sources_;
  Bytes entries_;
};

}  // namespace limpid::vulndb
