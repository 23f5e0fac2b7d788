#include "image/reference.h"

#include "base/text.h"

namespace limpid::image {
namespace {

// The tag of a full name, "" if it has none: a colon after the last slash (one before it is a port's).
std::string_view tag_of(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  const std::size_t slash = name.rfind('/');
  if (colon == std::string_view::npos || (slash != std::string_view::npos && slash > colon)) return {};
  return name.substr(colon + 1);
}

// Docker Hub's prefixes left away and the default tag filled in.
std::string canonical(std::string_view name) {
  if (!base::strip_prefix(name, "docker.io/")) base::strip_prefix(name, "index.docker.io/");
  base::strip_prefix(name, "library/");
  std::string text(name);
  if (tag_of(text).empty()) text += ":latest";
  return text;
}

}  // namespace

bool reference_matches(std::string_view stored, std::string_view wanted) {
  if (stored.empty()) return false;
  if (stored == wanted || canonical(stored) == canonical(wanted)) return true;
  const bool lone = wanted.find_first_of(":/") == std::string_view::npos;
  if (lone) return tag_of(stored) == wanted;
  // The layout may keep the tag alone where a full name was asked for.
  const bool stored_lone = stored.find_first_of(":/") == std::string_view::npos;
  return stored_lone && tag_of(wanted) == stored;
}

std::string list_some(const std::vector<std::string>& items) {
  constexpr std::size_t kShown = 20;
  std::string text;
  for (std::size_t i = 0; i < items.size() && i < kShown; ++i) base::append(text, {i == 0 ? "" : ", ", items[i]});
  if (items.size() > kShown) base::append(text, {" and ", items.size() - kShown, " more"});
  return text;
}

}  // namespace limpid::image
