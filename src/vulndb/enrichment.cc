#include "vulndb/enrichment.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"

namespace limpid::vulndb {
namespace {

using advisory::Enrichment;
using format::Decoder;
using format::Encoder;

constexpr std::uint32_t kFirstYear = 1999, kYears = 64;
constexpr unsigned kNumberBits = 26;
constexpr std::size_t kHeadSize = 4, kEntrySize = 8;

// What of the rare parts there is.
enum Flag : std::uint8_t {
  has_epss = 1,
  has_kev = 2,
  has_cvss = 4,
  has_dates = 8,
  has_cwes = 16,
  is_ransomware = 32,
  is_rejected = 64,
  is_disputed = 128,
};

void sort_unique(std::vector<std::string>& words) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
}

// The smaller of those that say anything.
void take_smaller(std::string& into, std::string&& other) {
  if (into.empty() || (!other.empty() && other < into)) into = std::move(other);
}

// One assessment may come twice, from its author and through NVD: NVD's own stays, else the first source by name.
auto order_of(const Enrichment::SourcedCvss& score) {
  return std::tuple(std::string_view(score.cvss.version), std::string_view(score.cvss.vector), !score.primary,
                    std::string_view(score.source));
}

}  // namespace

std::optional<std::uint32_t> cve_key(std::string_view cve) {
  if (!base::strip_prefix(cve, "CVE-")) return std::nullopt;
  const auto year_text = base::take_until(cve, '-');
  const auto year = base::parse_unsigned(year_text);
  const auto number = base::parse_unsigned(cve);
  if (year_text.size() != 4 || !year || !number || *year < kFirstYear || *year >= kFirstYear + kYears ||
      *number >= (1U << kNumberBits))
    return std::nullopt;
  const auto key = static_cast<std::uint32_t>((*year - kFirstYear) << kNumberBits | *number);
  // Of two spellings of one number only the proper one is an id.
  return cve_of_key(key).ends_with(base::cat({"-", cve})) ? std::optional(key) : std::nullopt;
}

std::string cve_of_key(std::uint32_t key) {
  auto number = std::to_string(key & ((1U << kNumberBits) - 1));
  if (number.size() < 4) number.insert(0, 4 - number.size(), '0');
  return base::cat({"CVE-", kFirstYear + (key >> kNumberBits), "-", number});
}

void normalise(Enrichment& enrichment) {
  auto& scores = enrichment.cvss;
  std::ranges::sort(scores, {}, order_of);
  const auto same = [](const auto& a, const auto& b) {
    return a.cvss.version == b.cvss.version && a.cvss.vector == b.cvss.vector;
  };
  scores.erase(std::unique(scores.begin(), scores.end(), same), scores.end());
  sort_unique(enrichment.cwes);
}

void merge(Enrichment& into, Enrichment&& other) {
  into.cvss.insert(into.cvss.end(), std::make_move_iterator(other.cvss.begin()),
                   std::make_move_iterator(other.cvss.end()));
  into.cwes.insert(into.cwes.end(), std::make_move_iterator(other.cwes.begin()),
                   std::make_move_iterator(other.cwes.end()));
  const auto epss = [](const Enrichment& one) { return std::tuple(one.epss->probability, one.epss->percentile); };
  if (other.epss && (!into.epss || epss(other) > epss(into))) into.epss = other.epss;
  take_smaller(into.kev_added, std::move(other.kev_added));
  take_smaller(into.kev_due, std::move(other.kev_due));
  take_smaller(into.published, std::move(other.published));
  if (other.modified > into.modified) into.modified = std::move(other.modified);
  into.ransomware = into.ransomware || other.ransomware;
  into.rejected = into.rejected || other.rejected;
  into.disputed = into.disputed || other.disputed;
  into.exploitation = std::max(into.exploitation, other.exploitation);
  into.automatable = std::max(into.automatable, other.automatable);
  into.technical_impact = std::max(into.technical_impact, other.technical_impact);
  normalise(into);
}

void encode(const Enrichment& one, Encoder& out) {
  const bool kev = !one.kev_added.empty() || !one.kev_due.empty();
  const bool dates = !one.published.empty() || !one.modified.empty();
  unsigned flags = 0;
  for (const auto& [set, flag] : {std::pair{one.epss.has_value(), has_epss},
                                  {kev, has_kev},
                                  {!one.cvss.empty(), has_cvss},
                                  {dates, has_dates},
                                  {!one.cwes.empty(), has_cwes},
                                  {one.ransomware, is_ransomware},
                                  {one.rejected, is_rejected},
                                  {one.disputed, is_disputed}})
    if (set) flags |= flag;
  out.u8(static_cast<std::uint8_t>(flags));
  out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(one.exploitation) |
                                   static_cast<unsigned>(one.automatable) << 2 |
                                   static_cast<unsigned>(one.technical_impact) << 4));
  if (one.epss) {
    out.varint(one.epss->probability);
    out.varint(one.epss->percentile);
  }
  if (kev) {
    out.text(one.kev_added);
    out.text(one.kev_due);
  }
  if (!one.cvss.empty()) {
    out.varint(one.cvss.size());
    for (const auto& score : one.cvss) {
      out.u8(score.primary ? 1 : 0);
      for (const std::string* text : {&score.cvss.version, &score.cvss.vector, &score.source}) out.text(*text);
    }
  }
  if (dates) {
    out.text(one.published);
    out.text(one.modified);
  }
  if (!one.cwes.empty()) {
    out.varint(one.cwes.size());
    for (const std::string& cwe : one.cwes) out.text(cwe);
  }
}

Enrichment decode_enrichment(std::uint32_t key, Decoder& in) {
  Enrichment one;
  one.cve = cve_of_key(key);
  const unsigned flags = in.u8();
  const unsigned decision = in.u8();
  // Numbers that nobody wrote become "unknown".
  const auto number = [](unsigned value, unsigned max) { return value > max ? 0U : value; };
  one.exploitation = static_cast<Enrichment::Exploitation>(decision & 3);
  one.automatable = static_cast<Enrichment::Automatable>(number(decision >> 2 & 3, 2));
  one.technical_impact = static_cast<Enrichment::TechnicalImpact>(number(decision >> 4 & 3, 2));
  one.ransomware = (flags & is_ransomware) != 0;
  one.rejected = (flags & is_rejected) != 0;
  one.disputed = (flags & is_disputed) != 0;
  if ((flags & has_epss) != 0) {
    one.epss = advisory::Enrichment::Epss{};
    one.epss->probability = in.varint32();
    one.epss->percentile = in.varint32();
  }
  if ((flags & has_kev) != 0) {
    one.kev_added = in.text();
    one.kev_due = in.text();
  }
  if ((flags & has_cvss) != 0) {
    const std::size_t count = in.count(4);
    one.cvss.reserve(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
      auto& score = one.cvss.emplace_back();
      score.primary = in.u8() != 0;
      for (std::string* text : {&score.cvss.version, &score.cvss.vector, &score.source}) *text = in.text();
    }
  }
  if ((flags & has_dates) != 0) {
    one.published = in.text();
    one.modified = in.text();
  }
  if ((flags & has_cwes) != 0) {
    const std::size_t count = in.count(1);
    one.cwes.reserve(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) one.cwes.emplace_back(in.text());
  }
  return one;
}

namespace {

// The number of records of a block, once its table is known to lie in it.
Result<std::uint32_t> count_of(Bytes block) {
  if (block.size() < kHeadSize) return fail(Code::invalid, {"an enrichment block of ", block.size(), " bytes"});
  const auto count = base::load_le<std::uint32_t>(block.data());
  if (std::uint64_t{count} * kEntrySize > block.size() - kHeadSize)
    return fail(Code::invalid, {"an enrichment block of ", block.size(), " bytes for ", count, " records"});
  return count;
}

std::uint32_t key_at(Bytes block, std::size_t index) {
  return base::load_le<std::uint32_t>(block.data() + kHeadSize + index * kEntrySize);
}

Result<Bytes> record_at(Bytes block, std::uint32_t count, std::size_t index) {
  const auto offset_at = [&](std::size_t i) -> std::size_t {
    return base::load_le<std::uint32_t>(block.data() + kHeadSize + i * kEntrySize + 4);
  };
  const auto begin = offset_at(index);
  const auto end = index + 1 == count ? block.size() : offset_at(index + 1);
  if (begin < kHeadSize + std::size_t{count} * kEntrySize || begin > end || end > block.size())
    return fail(Code::invalid, {"the record of ", cve_of_key(key_at(block, index)), " lies outside of its block"});
  return block.subspan(begin, end - begin);
}

}  // namespace

Result<std::optional<Bytes>> enrichment_in_block(Bytes block, std::uint32_t key) {
  LIMPID_ASSIGN(const auto count, count_of(block));
  std::size_t low = 0;
  for (std::size_t high = count; low < high;) {
    const auto middle = low + (high - low) / 2;
    key_at(block, middle) < key ? low = middle + 1 : high = middle;
  }
  if (low == count || key_at(block, low) != key) return std::nullopt;
  LIMPID_ASSIGN(const auto record, record_at(block, count, low));
  return record;
}

Result<void> each_enrichment_in_block(Bytes block, const EnrichmentUse& use) {
  LIMPID_ASSIGN(const auto count, count_of(block));
  auto end = kHeadSize + std::size_t{count} * kEntrySize;
  for (std::size_t i = 0; i < count; ++i) {
    LIMPID_ASSIGN(const auto record, record_at(block, count, i));
    const auto key = key_at(block, i);
    if (record.data() != block.data() + end || (i != 0 && key_at(block, i - 1) >= key))
      return fail(Code::invalid, {"the record of ", cve_of_key(key), " is not in order"});
    end += record.size();
    LIMPID_TRY(use(key, record));
  }
  if (end != block.size()) return fail(Code::invalid, {"an enrichment block with ", block.size() - end, " bytes more"});
  return {};
}

}  // namespace limpid::vulndb
