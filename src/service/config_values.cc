// Sizes, endpoints, URLs and libpq's connection strings.
#include "service/config_values.h"

#include <array>
#include <limits>
#include <utility>

#include "base/text.h"
#include "service/config.h"

namespace limpid::service {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t size;
};
constexpr std::array<Unit, 4> kSizeUnits = {
    {{"TiB", std::int64_t{1} << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}};

constexpr std::string_view kUnreserved = "-._~";

void append_encoded(std::string& to, std::string_view value) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : value) {
    if (base::is_alnum(c) || kUnreserved.find(c) != std::string_view::npos) {
      to += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      to += '%';
      to += kHex[byte >> 4];
      to += kHex[byte & 15];
    }
  }
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && base::is_space(text.front())) text.remove_prefix(1);
}

// A value as libpq reads it: up to a blank, or between single quotes; a backslash takes the next character as it is.
Result<std::string> take_libpq_value(std::string_view& text) {
  std::string value;
  const bool quoted = base::strip_prefix(text, "'");
  while (!text.empty() && (quoted ? text.front() != '\'' : !base::is_space(text.front()))) {
    if (text.front() == '\\') text.remove_prefix(1);
    if (text.empty()) break;
    value += text.front();
    text.remove_prefix(1);
  }
  if (quoted && !base::strip_prefix(text, "'")) return fail(Code::usage, {"a quoted value does not end"});
  return value;
}

Result<std::string> url_of_libpq_pairs(std::string_view text) {
  std::string url = "postgresql:///";
  char separator = '?';
  for (skip_blanks(text); !text.empty(); skip_blanks(text)) {
    std::size_t size = 0;
    while (size < text.size() && (base::is_lower(text[size]) || base::is_digit(text[size]) || text[size] == '_'))
      ++size;
    const std::string_view key = text.substr(0, size);
    text.remove_prefix(size);
    skip_blanks(text);
    if (key.empty() || !base::strip_prefix(text, "="))
      return fail(Code::usage, {"neither sqlite:PATH, nor postgresql://…, nor key=value pairs as libpq takes them"});
    skip_blanks(text);
    LIMPID_ASSIGN(const std::string value, take_libpq_value(text));
    url += std::exchange(separator, '&');
    url += key;
    url += '=';
    append_encoded(url, value);
  }
  return url;
}

bool is_host_name(std::string_view host) {
  for (const char c : host) {
    if (!base::is_alnum(c) && kUnreserved.find(c) == std::string_view::npos) return false;
  }
  return true;
}

bool is_ipv6_like(std::string_view host) {
  for (const char c : host) {
    if (!base::is_alnum(c) && c != ':' && c != '.' && c != '%') return false;
  }
  return host.find(':') != std::string_view::npos;
}

struct UrlParts {
  std::string_view scheme, user, host;
};
// No host: empty.
UrlParts split_url(std::string_view url) {
  UrlParts parts;
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return parts;
  parts.scheme = url.substr(0, colon);
  std::string_view authority = url.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    parts.user = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  if (authority.starts_with('[')) {
    parts.host = authority.substr(0, authority.find(']'));
    if (parts.host.size() == authority.size()) parts.host = {};
  } else {
    parts.host = authority.substr(0, authority.find(':'));
  }
  return parts;
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t unit = 1;
  for (const Unit& candidate : kSizeUnits) {
    if (!base::strip_suffix(text, candidate.name)) continue;
    unit = static_cast<std::uint64_t>(candidate.size);
    text = base::trim_right(text);
    break;
  }
  const auto number = base::parse_unsigned(text);
  // Signed 64 bits are what files and databases count in.
  if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / unit)
    return fail(Code::usage, {"no size: write a number of bytes, or one with KiB, MiB, GiB or TiB"});
  return *number * unit;
}

std::string print_size(std::uint64_t size) {
  for (const Unit& unit : kSizeUnits) {
    const auto bytes = static_cast<std::uint64_t>(unit.size);
    if (size != 0 && size % bytes == 0) return base::cat({size / bytes, unit.name});
  }
  return base::cat({size});
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto wrong = [] {
    return fail(Code::usage, {"no address with a port: write it as 127.0.0.1:6060, [::1]:6060 or :6060"});
  };
  Endpoint endpoint;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = text.substr(0, colon);
  const auto port = base::parse_unsigned(text.substr(colon + 1));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max())
    return fail(Code::usage, {"the port is no number from 0 to 65535"});
  if (base::strip_prefix(host, "[")) {
    if (!base::strip_suffix(host, "]") || !is_ipv6_like(host)) return wrong();
  } else if (!is_host_name(host)) {
    return wrong();
  }
  // One socket on "::" hears IPv4, too.
  endpoint.address = host.empty() ? "::" : host;
  endpoint.port = static_cast<std::uint16_t>(*port);
  return endpoint;
}

std::string print_endpoint(std::string_view address, std::uint16_t port) {
  if (address.find(':') != std::string_view::npos) return base::cat({"[", address, "]:", port});
  return base::cat({address, ":", port});
}

Result<void> check_url(std::string_view url, std::initializer_list<std::string_view> schemes) {
  const UrlParts parts = split_url(url);
  bool known = false;
  std::string names;
  for (const std::string_view scheme : schemes) {
    known = known || base::equal_ignoring_case(parts.scheme, scheme);
    base::append(names, {names.empty() ? "" : ", ", scheme, "://"});
  }
  if (!known) return fail(Code::usage, {"no URL that begins with ", names});
  if (parts.host.empty()) return fail(Code::usage, {"a URL without a host"});
  if (url.find_first_of(" \\") != std::string_view::npos)
    return fail(Code::usage, {"a URL with a blank or a backslash in it"});
  return {};
}

Result<std::string> store_url_of(std::string_view source) {
  const std::string_view text = base::trim(source);
  if (text == "sqlite:") return fail(Code::usage, {"sqlite: without a path"});
  for (const std::string_view prefix : {"sqlite:", "postgresql://", "postgres://"}) {
    if (text.starts_with(prefix)) return std::string(text);
  }
  if (text.empty()) return std::string();
  return url_of_libpq_pairs(text);
}

bool is_clean(std::string_view text) { return base::printable(text) == text; }

std::string mask_url(std::string_view url) {
  const UrlParts parts = split_url(url);
  std::string text(url);
  const std::size_t query = text.find('?');
  if (query != std::string::npos && query + 1 < text.size()) text.replace(query + 1, std::string::npos, kMask);
  if (!parts.user.empty()) {
    const std::size_t colon = parts.user.find(':');
    const std::size_t from = colon == std::string_view::npos ? 0 : colon + 1;
    const auto start = static_cast<std::size_t>(parts.user.data() - url.data());
    text.replace(start + from, parts.user.size() - from, kMask);
  }
  return text;
}

}  // namespace limpid::service
