#include "image/name.h"

#include <algorithm>

#include "base/text.h"

namespace limpid::image {
namespace {

using base::is_alnum;
using base::is_digit;
using base::is_lower;

bool all(std::string_view text, auto test) { return std::ranges::all_of(text, test); }

// Letters, digits and hyphens, neither first nor last a hyphen.
bool is_domain_label(std::string_view label) {
  return !label.empty() && label.front() != '-' && label.back() != '-' &&
         all(label, [](char c) { return is_alnum(c) || c == '-'; });
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    const bool closed = host.size() > 2 && host.ends_with(']');
    return closed && all(host.substr(1, host.size() - 2), [](char c) {
             return is_digit(c) || (base::to_lower(c) >= 'a' && base::to_lower(c) <= 'f') || c == ':';
           });
  }
  return std::ranges::all_of(base::split(host, '.'), is_domain_label);
}

Result<void> check_domain(std::string_view domain) {
  std::string_view host = domain;
  const std::size_t colon = domain.rfind(':');
  const std::size_t bracket = domain.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    host = domain.substr(0, colon);
    constexpr std::uint64_t kPortMax = 65'535;
    const auto port = base::parse_unsigned(domain.substr(colon + 1));
    if (!port || *port == 0 || *port > kPortMax)
      return fail(Code::usage, {"'", domain.substr(colon + 1), "' is no port of a registry"});
  }
  if (!is_host(host)) return fail(Code::usage, {"'", host, "' is no host of a registry"});
  return {};
}

// Lower-case letters and digits, parted by one of ".", "_", "__" or any number of hyphens.
bool is_path_component(std::string_view component) {
  const auto is_plain = [](char c) { return is_lower(c) || is_digit(c); };
  if (component.empty() || !is_plain(component.front()) || !is_plain(component.back())) return false;
  for (std::size_t at = 0; at < component.size();) {
    if (is_plain(component[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < component.size() && !is_plain(component[end])) ++end;
    const std::string_view separator = component.substr(at, end - at);
    if (separator != "." && separator != "_" && separator != "__" && !all(separator, [](char c) { return c == '-'; }))
      return false;
    at = end;
  }
  return true;
}

Result<void> check_repository(std::string_view repository) {
  if (repository.size() > kRepositoryMax)
    return fail(Code::usage,
                {"a repository's name of ", repository.size(), " bytes: at most ", kRepositoryMax, " are allowed"});
  for (const std::string_view component : base::split(repository, '/')) {
    if (is_path_component(component)) continue;
    if (component.empty()) return fail(Code::usage, {"an empty part between slashes in the name"});
    if (is_path_component(base::lower(component)))
      return fail(Code::usage, {"'", component, "': a repository's name has to be lower case"});
    return fail(Code::usage, {"'", component, "' is no part of a repository's name"});
  }
  return {};
}

bool is_tag(std::string_view tag) {
  const auto is_word = [](char c) { return is_alnum(c) || c == '_'; };
  return !tag.empty() && tag.size() <= kTagMax && is_word(tag.front()) &&
         all(tag, [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

// What stands before the first slash is a domain if it could be no part of a path: Docker's own rule.
bool is_domain(std::string_view first) {
  return first.find_first_of(".:") != std::string_view::npos || first == "localhost" ||
         std::ranges::any_of(first, base::is_upper);
}

// 64 hex digits are an image's ID, which a registry does not know.
bool is_image_id(std::string_view text) {
  constexpr std::size_t kIdSize = 64;
  return text.size() == kIdSize && all(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string Name::host() const { return domain == kDockerHub ? "registry-1.docker.io" : domain; }

std::string Name::reference() const { return digest.empty() ? tag : digest.to_string(); }

std::string Name::text() const {
  std::string text = base::cat({domain, "/", repository});
  if (!tag.empty()) base::append(text, {":", tag});
  if (!digest.empty()) base::append(text, {"@", digest.to_string()});
  return text;
}

bool names_a_registry(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_domain(text.substr(0, slash));
}

Result<Name> parse_name(std::string_view text) {
  if (text.empty()) return fail(Code::usage, {"the image's name is empty"});
  if (text.size() > kNameMax) return fail(Code::usage, {"an image's name of ", text.size(), " bytes"});
  if (is_image_id(text)) return fail(Code::usage, {"this is an image's ID; a registry goes by names"});
  Name name;
  std::string_view rest = text;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    LIMPID_ASSIGN(name.digest, Digest::parse(rest.substr(at + 1)));
    rest = rest.substr(0, at);
  }
  // A colon after the last slash is a tag's; one before it is a port's.
  const std::size_t last_slash = rest.rfind('/');
  const std::size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && (last_slash == std::string_view::npos || colon > last_slash)) {
    name.tag = rest.substr(colon + 1);
    if (!is_tag(name.tag)) return fail(Code::usage, {"'", name.tag, "' is no tag"});
    rest = rest.substr(0, colon);
  }
  const std::size_t slash = rest.find('/');
  if (names_a_registry(rest)) {
    name.domain = rest.substr(0, slash);
    rest = rest.substr(slash + 1);
    LIMPID_TRY(check_domain(name.domain));
  }
  if (rest.empty()) return fail(Code::usage, {"no repository is named"});
  if (name.domain.empty() || name.domain == "index.docker.io") name.domain = kDockerHub;
  const bool official = name.domain == kDockerHub && rest.find('/') == std::string_view::npos;
  name.repository = official ? base::cat({"library/", rest}) : std::string(rest);
  LIMPID_TRY(check_repository(name.repository));
  if (name.tag.empty() && name.digest.empty()) name.tag = "latest";
  return name;
}

bool is_loopback(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) host = host.substr(0, colon);
  if (base::equal_ignoring_case(host, "localhost") || host == "[::1]") return true;
  const auto parts = base::split(host, '.');
  constexpr std::uint64_t kByteMax = 255;
  return parts.size() == 4 && parts.front() == "127" && std::ranges::all_of(parts, [](std::string_view part) {
           const auto number = base::parse_unsigned(part);
           return number && *number <= kByteMax;
         });
}

}  // namespace limpid::image
