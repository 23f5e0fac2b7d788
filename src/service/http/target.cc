#include "service/http/target.h"

#include "base/text.h"

namespace limpid::service::http {

std::optional<std::string> decode_percent(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = base::hex_value(text[i + 1]);
      const int low = base::hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

std::optional<std::vector<std::string>> split_path(std::string_view path) {
  std::vector<std::string> segments;
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  while (true) {
    const std::size_t end = path.find('/');
    const std::optional<std::string> segment = decode_percent(path.substr(0, end));
    if (!segment) return std::nullopt;
    segments.push_back(*segment);
    if (end == std::string_view::npos) return segments;
    path.remove_prefix(end + 1);
  }
}

std::optional<std::string> query_value(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    std::string_view value = base::take_until(query, '&');
    const std::string_view name = base::take_until(value, '=');
    if (name == key || decode_percent(name, true) == key) return decode_percent(value, true);
  }
  return std::nullopt;
}

bool query_has(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    std::string_view pair = base::take_until(query, '&');
    if (base::take_until(pair, '=') == key) return true;
  }
  return false;
}

}  // namespace limpid::service::http
