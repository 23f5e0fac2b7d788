// Stanzas of `Field: value` lines, as in dpkg's databases. https://manpages.debian.org/deb822
// Tolerant as dpkg's databases in images demand: a line that is no field is counted and passed over, a stanza beyond a
// limit is passed over as a whole, and the next one is read.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace limpid::inventory {

inline constexpr std::size_t kStanzaLineMax = std::size_t{1} << 20;
inline constexpr std::size_t kStanzaSizeMax = std::size_t{4} << 20;
inline constexpr std::size_t kStanzaFieldsMax = 1'000;

struct Stanza {
  struct Field {
    std::string_view name;
    std::string_view value;  // of the first line only, trimmed: no field that we read has more
  };
  std::vector<Field> fields;
  std::size_t offset = 0;      // of its first line in the text
  std::size_t odd_lines = 0;   // neither a field nor a continuation
  std::string_view problem{};  // why the fields must not be used; "" if they may

  // "" if absent. Names ignore case; of a field given twice the last counts, as in dpkg.
  std::string_view operator[](std::string_view name) const;
  bool has(std::string_view name) const;
};

class StanzaReader {
 public:
  // `text` must outlive the reader and all stanzas.
  explicit StanzaReader(std::string_view text) : text_(text), rest_(text) {}
  // False at the end.
  bool next(Stanza& stanza);

 private:
  std::string_view text_;
  std::string_view rest_;
};

}  // namespace limpid::inventory
