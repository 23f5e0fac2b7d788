#include "match/severity.h"

#include <utility>

#include "base/text.h"

namespace limpid::match {

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::unknown:
      return "unknown";
    case Severity::negligible:
      return "negligible";
    case Severity::low:
      return "low";
    case Severity::medium:
      return "medium";
    case Severity::high:
      return "high";
    case Severity::critical:
      return "critical";
  }
  return "unknown";
}

std::optional<Severity> parse_severity(std::string_view word) {
  for (const Severity severity : kSeverities)
    if (base::equal_ignoring_case(word, name_of(severity))) return severity;
  return std::nullopt;
}

namespace {

// "7.5" and "10.0".
std::optional<double> parse_score(std::string_view text) {
  std::string_view tenths = text;
  const auto whole = base::parse_unsigned(base::take_until(tenths, '.'));
  const auto fraction = base::parse_unsigned(tenths);
  if (!whole || !fraction || tenths.size() != 1 || *whole > 10) return std::nullopt;
  return static_cast<double>(*whole * 10 + *fraction) / 10;
}

}  // namespace

Severity normalise_severity(std::string_view, std::string_view word) {
  // The Debian tracker marks a value that came from NVD with stars: "low**".
  while (!word.empty() && word.back() == '*') word.remove_suffix(1);
  // Photon OS gives nothing but a CVSS 3 score.
  if (const auto score = parse_score(word)) return severity_of_score(cvss::Version::v3_1, *score);
  static constexpr std::pair<std::string_view, Severity> kWords[] = {
      {"unimportant", Severity::negligible},  // Debian
      {"negligible", Severity::negligible},   // Ubuntu
      {"minimal", Severity::negligible},      // Gentoo
      {"low", Severity::low},
      {"medium", Severity::medium},
      {"moderate", Severity::medium},  // Red Hat and its rebuilds, GitHub
      {"normal", Severity::medium},    // Gentoo
      {"high", Severity::high},
      {"important", Severity::high},  // Red Hat and its rebuilds, Amazon
      {"critical", Severity::critical},
      {"urgent", Severity::critical},  // Fedora
  };
  for (const auto& [name, severity] : kWords)
    if (base::equal_ignoring_case(word, name)) return severity;
  return Severity::unknown;  // "not yet assigned", "end-of-life", "untriaged", "" and what nobody has said yet
}

Severity severity_of_score(cvss::Version version, double score) {
  if (score <= 0) return Severity::negligible;
  if (score < 4) return Severity::low;
  if (score < 7) return Severity::medium;
  return score < 9 || version == cvss::Version::v2 ? Severity::high : Severity::critical;
}

}  // namespace limpid::match
