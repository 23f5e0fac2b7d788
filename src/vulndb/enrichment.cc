#include "vulndb/enrichment.h"

#include <algorithm>
#include <tuple>

#include "vulndb/short_forms.h"

namespace limpid::vulndb {
namespace {

using advisory::Enrichment;
using format::Decoder;
using format::Encoder;

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

std::uint32_t EnrichmentNames::number_of(std::string_view name) {
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(names_.size());
  names_.push_back(kept_.emplace_back(name));
  numbers_.emplace(names_.back(), number);
  return number;
}

void encode(const Enrichment& one, EnrichmentNames& names, Encoder& out) {
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
      out.varint(std::uint64_t{names.number_of(score.source)} << 1 | (score.primary ? 1 : 0));
      encode_vector(score.cvss.version, score.cvss.vector, out);
    }
  }
  if (dates) {
    encode_time(one.published, out);
    encode_time(one.modified, out);
  }
  if (!one.cwes.empty()) {
    out.varint(one.cwes.size());
    for (const std::string& cwe : one.cwes) encode_weakness(cwe, out);
  }
}

Enrichment decode_enrichment(std::uint32_t key, const EnrichmentNames& names, Decoder& in) {
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
    one.epss = Enrichment::Epss{};  // clang 19 takes emplace() for impossible
    one.epss->probability = in.varint32();
    one.epss->percentile = in.varint32();
  }
  if ((flags & has_kev) != 0) {
    one.kev_added = in.text();
    one.kev_due = in.text();
  }
  if ((flags & has_cvss) != 0) {
    const std::size_t count = in.count(3);
    one.cvss.reserve(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
      auto& score = one.cvss.emplace_back();
      const std::uint64_t source = in.varint();
      score.primary = (source & 1) != 0;
      score.source = names[source >> 1];
      decode_vector(in, score.cvss.version, score.cvss.vector);
    }
  }
  if ((flags & has_dates) != 0) {
    one.published = decode_time(in);
    one.modified = decode_time(in);
  }
  if ((flags & has_cwes) != 0) {
    const std::size_t count = in.count(1);
    one.cwes.reserve(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) one.cwes.push_back(decode_weakness(in));
  }
  return one;
}

}  // namespace limpid::vulndb
