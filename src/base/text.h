// Text that came from somewhere: joining, trimming, splitting, and making it safe to show.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpid::base {

// One operand of cat(): text or a whole number. Lives only as long as the call.
class Piece {
 public:
  Piece(std::string_view text) : view_(text) {}
  Piece(const std::string& text) : view_(text) {}
  Piece(const char* text) : view_(text) {}
  Piece(char c) : buffer_{c}, view_(buffer_, 1) {}
  template <std::integral I>
    requires(!std::same_as<I, char> && !std::same_as<I, bool>)
  Piece(I number) {
    if constexpr (std::signed_integral<I>) {
      from_signed(static_cast<std::int64_t>(number));
    } else {
      from_unsigned(static_cast<std::uint64_t>(number));
    }
  }
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;

  std::string_view view() const { return view_; }

 private:
  void from_signed(std::int64_t number);
  void from_unsigned(std::uint64_t number);
  char buffer_[24];
  std::string_view view_;
};
std::string cat(std::initializer_list<Piece> pieces);
void append(std::string& to, std::initializer_list<Piece> pieces);

// ASCII only, whatever the locale: names and versions are bytes.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_alpha(char c) { return is_lower(c) || is_upper(c); }
constexpr bool is_alnum(char c) { return is_alpha(c) || is_digit(c); }
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - ('a' - 'A')) : c; }

std::string lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);
std::string_view trim_right(std::string_view text);
bool strip_prefix(std::string_view& text, std::string_view prefix);
bool strip_suffix(std::string_view& text, std::string_view suffix);

// Everything up to the first `separator` (or all); `rest` loses it and the separator.
std::string_view take_until(std::string_view& rest, char separator);
// The next line without its end (LF or CRLF); nothing once `rest` is empty.
std::optional<std::string_view> take_line(std::string_view& rest);
// The next run of non-blanks; empty at the end.
std::string_view take_word(std::string_view& rest);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// Decimal, nothing but digits, no overflow.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);
std::string hex(const std::uint8_t* bytes, std::size_t count);
constexpr int hex_value(char c) {  // of a hexadecimal digit; -1 for anything else
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}
// %XX as the byte that it stands for; a '%' without two digits behind it stays as it is.
std::string percent_decoded(std::string_view text);

bool is_utf8(std::string_view text);
// For people: valid UTF-8 with every control character, bidirectional override and stray byte written as \xNN, so that
// what an image says can neither break a terminal nor a report.
std::string printable(std::string_view text);
// JSON with the same characters written as \uNNNN: the same document, and harmless on a terminal.
std::string printable_json(std::string json);
// The number of terminal columns that printable text takes (East Asian wide characters count two).
std::size_t display_width(std::string_view text);
// The longest beginning of printable text that takes at most `width` columns; never a part of a character.
std::string_view take_columns(std::string_view text, std::size_t width);

}  // namespace limpid::base
