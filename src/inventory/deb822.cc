// Reading deb822 stanzas (deb822.h).
#include "inventory/deb822.h"

#include <algorithm>

#include "base/text.h"

namespace limpid::inventory {
namespace {

bool is_blank(std::string_view line) {
  return std::ranges::all_of(line, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
}

// RFC 822: printable, no blank, no colon.
bool is_field_name(std::string_view name) {
  return !name.empty() && name.front() != '-' && std::ranges::all_of(name, [](char c) { return c > ' ' && c < 127; });
}

}  // namespace

std::string_view Stanza::operator[](std::string_view name) const {
  for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
    if (base::equal_ignoring_case(field->name, name)) return field->value;
  }
  return {};
}

bool Stanza::has(std::string_view name) const {
  return std::ranges::any_of(fields, [&](const Field& field) { return base::equal_ignoring_case(field.name, name); });
}

bool StanzaReader::next(Stanza& stanza) {
  stanza.fields.clear();
  stanza.odd_lines = 0;
  stanza.problem = {};
  const char* begin = nullptr;
  while (const auto line = base::take_line(rest_)) {
    if (is_blank(*line)) {
      if (begin != nullptr) return true;
      continue;
    }
    if (begin == nullptr) {
      begin = line->data();
      stanza.offset = static_cast<std::size_t>(begin - text_.data());
    }
    if (line->size() > kStanzaLineMax) stanza.problem = "a line is longer than 1 MiB";
    if (static_cast<std::size_t>(line->data() + line->size() - begin) > kStanzaSizeMax) {
      stanza.problem = "longer than 4 MiB";
    }
    if (!stanza.problem.empty() || line->front() == ' ' || line->front() == '\t') continue;
    const auto colon = line->find(':');
    if (colon == std::string_view::npos || !is_field_name(line->substr(0, colon))) {
      ++stanza.odd_lines;
    } else if (stanza.fields.size() == kStanzaFieldsMax) {
      stanza.problem = "more than 1000 fields";
    } else {
      stanza.fields.push_back({line->substr(0, colon), base::trim(line->substr(colon + 1))});
    }
  }
  return begin != nullptr;
}

}  // namespace limpid::inventory
