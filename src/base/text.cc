#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace limpid::base {

void Piece::from_signed(std::int64_t number) {
  view_ = {buffer_, static_cast<std::size_t>(std::to_chars(buffer_, std::end(buffer_), number).ptr - buffer_)};
}
void Piece::from_unsigned(std::uint64_t number) {
  view_ = {buffer_, static_cast<std::size_t>(std::to_chars(buffer_, std::end(buffer_), number).ptr - buffer_)};
}

void append(std::string& to, std::initializer_list<Piece> pieces) {
  for (const Piece& piece : pieces) to += piece.view();
}
std::string cat(std::initializer_list<Piece> pieces) {
  std::size_t size = 0;
  for (const Piece& piece : pieces) size += piece.view().size();
  std::string text;
  text.reserve(size);
  append(text, pieces);
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = to_lower(c);
  return result;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  return true;
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}
std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return trim_right(text);
}

bool strip_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}
bool strip_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return taken;
}

std::optional<std::string_view> take_line(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  std::string_view line = take_until(rest, '\n');
  strip_suffix(line, "\r");
  return line;
}

std::string_view take_word(std::string_view& rest) {
  while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
  std::size_t end = 0;
  while (end < rest.size() && !is_space(rest[end])) ++end;
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0;;) {
    const std::size_t next = text.find(separator, at);
    parts.push_back(text.substr(at, next == std::string_view::npos ? next : next - at));
    if (next == std::string_view::npos) return parts;
    at = next + 1;
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != parts.data()) text += separator;
    text += part;
  }
  return text;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stopped != end) return std::nullopt;
  return value;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      decoded.push_back(text[i]);
      continue;
    }
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

std::string hex(const std::uint8_t* bytes, std::size_t count) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(count * 2, '0');
  for (std::size_t i = 0; i < count; ++i) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  return text;
}

namespace {

struct CodePoint {
  char32_t value;
  std::size_t length;  // 0: not UTF-8 here
};

// One code point at the front of non-empty text, by the table of well-formed sequences in Unicode 15, table 3-7.
CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return {0, 0};
  char32_t value = first & (0x7f >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {0, 0};
    value = (value << 6) | (byte(i) & 0x3f);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  if (overlong || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {0, 0};
  return {value, length};
}

// Control characters, line and paragraph separators, and the marks that reorder text on a screen.
bool is_dangerous(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f);
}

// The blocks that terminals draw two columns wide (Unicode Standard Annex 11, coarse).
bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
         (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = decode(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = decode(text);
    const std::size_t length = point.length == 0 ? 1 : point.length;
    if (point.length == 0 || is_dangerous(point.value)) {
      for (std::size_t i = 0; i < length; ++i) {
        const auto byte = static_cast<std::uint8_t>(text[i]);
        append(result, {"\\x", hex(&byte, 1)});
      }
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return result;
}

std::string printable_json(std::string json) {
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) < 0x7f; };
  if (std::ranges::all_of(json, is_plain)) return json;  // control characters are the writer's own line breaks
  std::string result;
  result.reserve(json.size() + 64);
  for (std::string_view rest = json; !rest.empty();) {
    const CodePoint point = decode(rest);
    const std::size_t length = point.length == 0 ? 1 : point.length;
    if (point.length == 0 || point.value < 0x20 || !is_dangerous(point.value)) {
      result += rest.substr(0, length);
    } else {
      const auto escape = [&](char32_t unit) {
        const std::uint8_t bytes[] = {static_cast<std::uint8_t>(unit >> 8), static_cast<std::uint8_t>(unit & 0xff)};
        append(result, {"\\u", hex(bytes, 2)});
      };
      if (point.value < 0x10000) {
        escape(point.value);
      } else {
        escape(0xd800 + ((point.value - 0x10000) >> 10));
        escape(0xdc00 + ((point.value - 0x10000) & 0x3ff));
      }
    }
    rest.remove_prefix(length);
  }
  return result;
}

namespace {

std::size_t columns_of(const CodePoint& point) {
  // Combining marks stand on the letter before them.
  const bool combining = point.value >= 0x300 && point.value <= 0x36f;
  return combining ? 0 : is_wide(point.value) ? 2 : 1;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = decode(text);
    width += columns_of(point);
    text.remove_prefix(point.length == 0 ? 1 : point.length);
  }
  return width;
}

std::string_view take_columns(std::string_view text, std::size_t width) {
  std::size_t size = 0;
  while (size < text.size()) {
    const CodePoint point = decode(text.substr(size));
    const std::size_t needed = columns_of(point);
    if (needed > width) break;
    width -= needed;
    size += point.length == 0 ? 1 : point.length;
  }
  return text.substr(0, size);
}

}  // namespace limpid::base
