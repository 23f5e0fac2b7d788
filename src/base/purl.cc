#include "base/purl.h"

#include "base/text.h"

namespace limpid::base {

std::string_view PackageUrl::qualifier(std::string_view key) const {
  for (const auto& [known, value] : qualifiers)
    if (known == key) return value;
  return {};
}

std::optional<PackageUrl> parse_purl(std::string_view text) {
  if (!strip_prefix(text, "pkg:")) return std::nullopt;
  while (strip_prefix(text, "/")) {
  }
  text = text.substr(0, text.find('#'));
  PackageUrl purl;
  std::string_view path = take_until(text, '?');
  while (!text.empty()) {
    std::string_view value = take_until(text, '&');
    const std::string_view key = take_until(value, '=');
    purl.qualifiers.emplace_back(lower(key), percent_decoded(value));
  }
  purl.type = lower(take_until(path, '/'));
  while (strip_suffix(path, "/")) {
  }
  if (const auto slash = path.rfind('/'); slash != std::string_view::npos) {
    purl.name_space = percent_decoded(path.substr(0, slash));
    path.remove_prefix(slash + 1);
  }
  if (const auto at = path.rfind('@'); at != std::string_view::npos) {
    purl.version = percent_decoded(path.substr(at + 1));
    path = path.substr(0, at);
  }
  purl.name = percent_decoded(path);
  if (purl.type.empty() || purl.name.empty()) return std::nullopt;
  return purl;
}

}  // namespace limpid::base
