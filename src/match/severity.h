// One scale for the many words of upstreams.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "cvss/score.h"

namespace limpid::match {

enum class Severity : std::uint8_t { unknown, negligible, low, medium, high, critical };
inline constexpr Severity kSeverities[] = {Severity::critical, Severity::high,       Severity::medium,
                                           Severity::low,      Severity::negligible, Severity::unknown};

std::string_view name_of(Severity severity);  // "critical"
// Our own words, in any case; nothing for another word.
std::optional<Severity> parse_severity(std::string_view word);

// An upstream's word on the common scale. `feed` matters where two upstreams mean different things by one word.
Severity normalise_severity(std::string_view feed, std::string_view word);

// The word that the specification gives to a CVSS score; version 2, which has none, by NVD's scale (no "critical").
Severity severity_of_score(cvss::Version version, double score);

}  // namespace limpid::match
