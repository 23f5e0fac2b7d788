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

Severity normalise_severity(std::string_view, std::string_view word) {
  // The Debian tracker marks a value that came from NVD with stars: "low**".
  while (!word.empty() && word.back() == '*') word.remove_suffix(1);
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

}  // namespace limpid::match
