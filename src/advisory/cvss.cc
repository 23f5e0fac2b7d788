#include "advisory/cvss.h"

#include <algorithm>

#include "base/text.h"

namespace limpid::advisory {
namespace {

constexpr std::size_t kVectorMax = 512;

// The vector's version, "" if it is none.
std::string_view version_of(std::string_view vector) {
  const bool shaped = !vector.empty() && vector.size() <= kVectorMax && std::ranges::all_of(vector, [](char c) {
    return base::is_alnum(c) || c == ':' || c == '/' || c == '.';
  });
  if (!shaped) return {};
  for (const std::string_view known : {"3.0", "3.1", "4.0"}) {
    auto rest = vector;
    if (base::strip_prefix(rest, "CVSS:") && base::strip_prefix(rest, known) && rest.starts_with('/')) return known;
  }
  return vector.starts_with("AV:") ? "2" : "";
}

}  // namespace

void add_cvss(Advisory& advisory, std::string_view vector) {
  base::strip_suffix(vector, "/");  // upstream's slip, as in GHSA-j59f-6m4q-62h6
  const auto version = version_of(vector);
  const auto same = [&](const Cvss& known) { return known.vector == vector; };
  if (version.empty() || std::ranges::any_of(advisory.cvss, same)) return;
  advisory.cvss.push_back({.version = std::string(version), .vector = std::string(vector)});
}

}  // namespace limpid::advisory
