#include "vulndb/ratings.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cvss/best_vector.h"
#include "vulndb/enrichment.h"
#include "vulndb/format.h"
#include "vulndb/state.h"

namespace limpid::vulndb {
namespace {

using format::kRatingPageSize;
using format::kRatingsPerPage;
using format::Section;

// A rating: tenths of a point and 1 in the lower 7 bits, the version in the next 2, the source in the upper 7.
constexpr unsigned kScoreBits = 7, kVersionBits = 2, kSourceShift = kScoreBits + kVersionBits;
constexpr std::uint32_t kElsewhere = 127;  // a source that is not in the list
constexpr unsigned kTenthsMax = 100;

}  // namespace

void RatingsWriter::add(std::uint32_t key, const advisory::Enrichment& enrichment) {
  const auto best = cvss::best_vector({}, {}, &enrichment);
  if (!best) return;
  const auto [found, is_new] =
      numbers_.try_emplace(std::string(best->source), static_cast<std::uint32_t>(sources_.size()));
  if (is_new) {
    sources_.emplace_back(best->source);
    uses_.push_back(0);
  }
  ++uses_[found->second];
  rated_.push_back({.key = key,
                    .source = found->second,
                    .version = best->version,
                    .tenths = static_cast<std::uint8_t>(std::lround(best->score * 10))});
}

void RatingsWriter::write(Output& output) {
  // The list has those that rate most.
  std::vector<std::uint32_t> order(sources_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
    return uses_[a] != uses_[b] ? uses_[a] > uses_[b] : sources_[a] < sources_[b];
  });
  const std::size_t listed = std::min<std::size_t>(order.size(), kElsewhere);
  std::vector<std::uint32_t> rank(order.size(), kElsewhere);
  format::Encoder index, page;
  index.varint(listed);
  for (std::uint32_t i = 0; i < listed; ++i) {
    rank[order[i]] = i;
    index.text(sources_[order[i]]);
  }
  output.begin(Section::ratings);
  std::uint32_t pages = 0;
  for (auto at = rated_.begin(); at != rated_.end(); ++pages) {
    const std::uint32_t number = at->key / kRatingsPerPage;
    page.clear();
    for (std::uint32_t place = 0; place < kRatingsPerPage; ++place) {
      std::uint32_t rating = 0;
      if (at != rated_.end() && at->key == number * kRatingsPerPage + place) {
        rating = (at->tenths + 1U) | static_cast<std::uint32_t>(at->version) << kScoreBits |
                 rank[at->source] << kSourceShift;
        ++at;
      }
      page.u16(static_cast<std::uint16_t>(rating));
    }
    index.u32(number);
    index.u32(format::short_checksum(page.view(), pages));
    output.append(page.view());
  }
  output.begin(Section::rating_pages);
  output.append(index.view());
}

Result<RatingPages> RatingPages::read(Bytes bytes, std::uint64_t ratings_size) {
  format::Decoder in(bytes);
  RatingPages pages;
  const std::size_t sources = in.count(1);
  if (sources > kElsewhere) return fail(Code::invalid, {"rating pages: ", sources, " sources"});
  for (std::size_t i = 0; i < sources && in.ok(); ++i) pages.sources_.push_back(in.text());
  pages.entries_ = base::as_bytes(in.raw(in.remaining()));
  if (!in.ok() || pages.entries_.size() % kEntrySize != 0 || pages.count() * kRatingPageSize != ratings_size)
    return fail(Code::invalid, {"rating pages: damaged, or not those of ", ratings_size, " bytes"});
  return pages;
}

std::uint32_t RatingPages::first_of(std::size_t page) const {
  return base::load_le<std::uint32_t>(entries_.data() + page * kEntrySize) * kRatingsPerPage;
}

std::optional<std::size_t> RatingPages::page_of(std::uint32_t key) const {
  const std::uint32_t wanted = key - key % kRatingsPerPage;
  std::size_t low = 0;
  for (std::size_t high = count(); low < high;) {
    const std::size_t middle = low + (high - low) / 2;
    first_of(middle) < wanted ? low = middle + 1 : high = middle;
  }
  return low < count() && first_of(low) == wanted ? std::optional(low) : std::nullopt;
}

Result<void> RatingPages::check(std::size_t page, Bytes bytes) const {
  if (format::short_checksum(bytes, page) != base::load_le<std::uint32_t>(entries_.data() + page * kEntrySize + 4))
    return fail(Code::mismatch, {"rating page ", page, ": wrong checksum"});
  return {};
}

Result<Rating> RatingPages::rating(std::uint32_t key, Bytes page) const {
  const std::uint32_t value = base::load_le<std::uint16_t>(page.data() + 2 * std::size_t{key % kRatingsPerPage});
  Rating rating;
  if (value == 0) return rating;
  const std::uint32_t score = value & ((1U << kScoreBits) - 1), source = value >> kSourceShift;
  if (score == 0 || score > kTenthsMax + 1 || (source >= sources_.size() && source != kElsewhere))
    return fail(Code::invalid, {cve_of_key(key), ": damaged rating"});
  rating.kind = source == kElsewhere ? Rating::Kind::elsewhere : Rating::Kind::known;
  rating.version = static_cast<cvss::Version>(value >> kScoreBits & ((1U << kVersionBits) - 1));
  rating.score = (score - 1) / 10.0;
  if (source != kElsewhere) rating.source = sources_[source];
  return rating;
}

Result<const RatingPages*> Database::State::rating_pages() {
  const std::scoped_lock lock(names_mutex);
  if (ratings != nullptr) return ratings.get();
  const SectionPlace& place = section(Section::rating_pages);
  if (place.size > format::kRatingPagesSizeMax) return fail(Code::limit, {"rating pages: ", place.size, " bytes"});
  LIMPID_ASSIGN_WITHIN(const Bytes bytes,
                       rating_page_table.get(source, place.offset, place.size, place.checksum,
                                             static_cast<std::uint64_t>(Section::rating_pages)),
                       {"rating pages"});
  LIMPID_ASSIGN(RatingPages pages, RatingPages::read(bytes, section(Section::ratings).size));
  LIMPID_ASSIGN(ratings_bytes, source.map(section(Section::ratings).offset, section(Section::ratings).size));
  ratings = std::make_unique<const RatingPages>(std::move(pages));
  return ratings.get();
}

// Checked at each use: that costs less than to remember which were.
Result<Bytes> Database::State::rating_page(const RatingPages& pages, std::size_t page) const {
  const Bytes bytes = ratings_bytes.subspan(page * kRatingPageSize, kRatingPageSize);
  LIMPID_TRY(pages.check(page, bytes));
  return bytes;
}

Result<std::optional<Database::CveRating>> Database::rating(std::string_view cve) const {
  const auto key = cve_key(cve);
  if (!key || state_->section(Section::ratings).size == 0) return std::nullopt;
  LIMPID_ASSIGN(const RatingPages* pages, state_->rating_pages());
  const auto page = pages->page_of(*key);
  if (!page) return std::nullopt;
  LIMPID_ASSIGN(const Bytes bytes, state_->rating_page(*pages, *page));
  LIMPID_ASSIGN(const Rating rating, pages->rating(*key, bytes));
  if (rating.kind == Rating::Kind::none) return std::nullopt;
  CveRating answer{.version = rating.version, .score = rating.score, .source = std::string(rating.source)};
  if (rating.kind == Rating::Kind::elsewhere) {
    LIMPID_ASSIGN(const auto whole, enrichment(cve));
    if (const auto best = cvss::best_vector({}, {}, whole ? &*whole : nullptr)) answer.source = best->source;
  }
  return answer;
}

}  // namespace limpid::vulndb
