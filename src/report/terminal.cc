#include "report/terminal.h"

#include <algorithm>

#include "base/text.h"

namespace limpid::report {

std::string paint(const Style& style, Ink ink, std::string_view text) {
  if (!style.colour || ink == Ink::plain || text.empty()) return std::string(text);
  static constexpr std::string_view kCodes[] = {"", "1", "2", "31", "33", "36", "32", "35"};
  return base::cat({"\x1b[", kCodes[static_cast<std::size_t>(ink)], "m", text, "\x1b[0m"});
}

Ink ink_of(match::Severity severity) {
  switch (severity) {
    case match::Severity::critical:
      return Ink::magenta;
    case match::Severity::high:
      return Ink::red;
    case match::Severity::medium:
      return Ink::yellow;
    case match::Severity::low:
      return Ink::cyan;
    case match::Severity::negligible:
    case match::Severity::unknown:
      break;
  }
  return Ink::dim;
}

std::string plural(std::size_t number, std::string_view one, std::string_view many) {
  if (number == 1) return base::cat({"1 ", one});
  return many.empty() ? base::cat({number, " ", one, "s"}) : base::cat({number, " ", many});
}

std::string fit(std::string_view text, std::size_t width, bool pad) {
  std::string result(text);
  if (base::display_width(result) > width) {
    result.resize(base::take_columns(result, width == 0 ? 0 : width - 1).size());
    result += "…";
  }
  const std::size_t used = base::display_width(result);
  if (pad && used < width) result.append(width - used, ' ');
  return result;
}

namespace {

template <class Items>
std::string wrap(const Items& items, std::string_view separator, std::size_t indent, std::size_t width) {
  std::string text;
  std::size_t column = indent;
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::string item(items[i]);
    if (i + 1 < items.size()) item += base::trim_right(separator);
    const std::size_t needed = base::display_width(item);
    if (i > 0) {
      if (column + 1 + needed > width) {
        text += '\n';
        text.append(indent, ' ');
        column = indent;
      } else {
        text += ' ';
        ++column;
      }
    }
    text += item;
    column += needed;
  }
  return text;
}

}  // namespace

std::string wrap_list(const std::vector<std::string>& items, std::size_t indent, std::size_t width) {
  return wrap(items, ", ", indent, width);
}

std::string wrap_text(std::string_view text, std::size_t indent, std::size_t width) {
  std::vector<std::string_view> words;
  for (std::string_view word = base::take_word(text); !word.empty(); word = base::take_word(text))
    words.push_back(word);
  return wrap(words, " ", indent, width);
}

std::string columns(const std::vector<std::vector<std::string>>& rows, const Style& style) {
  constexpr std::size_t kGap = 2, kNarrowest = 6;
  if (rows.empty()) return {};
  const std::size_t count = rows.front().size();
  std::vector<std::size_t> widths(count, 0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < count; ++i) widths[i] = std::max(widths[i], base::display_width(row[i]));
  const auto total = [&] {
    std::size_t sum = kGap * (count - 1);
    for (const std::size_t width : widths) sum += width;
    return sum;
  };
  while (total() > style.width) {
    const auto widest = std::ranges::max_element(widths);
    if (*widest <= kNarrowest) break;
    --*widest;
  }
  std::size_t last_indent = 0;
  for (std::size_t i = 0; i + 1 < count; ++i) last_indent += widths[i] + kGap;
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i + 1 < count; ++i) line += fit(row[i], widths[i], true) + std::string(kGap, ' ');
    line += wrap_text(row.back(), last_indent, std::max(style.width, last_indent + kNarrowest));
    line = std::string(base::trim_right(line));
    text += &row == &rows.front() ? paint(style, Ink::bold, line) : line;
    text += '\n';
  }
  return text;
}

std::string headline(const Subject& subject) {
  const inventory::Distribution& distribution = subject.inventory.distribution;
  std::string name =
      base::printable(distribution.pretty_name.empty() ? distribution.name_space : distribution.pretty_name);
  if (name.empty()) name = "no known distribution";
  const image::Platform& platform = subject.manifest.platform;
  std::string text = base::cat({name, ", "});
  if (!platform.architecture.empty()) {
    base::append(text, {base::printable(platform.os), "/", base::printable(platform.architecture),
                        platform.variant.empty() ? "" : "/", base::printable(platform.variant), ", "});
  }
  base::append(text, {plural(subject.inventory.layers.size(), "layer"), ", ",
                      plural(subject.inventory.packages.size(), "package")});
  return text;
}

std::string opening(const ScanResult& result, const Style& style) {
  const auto warning = [&](Ink ink, const std::string& sentence) {
    return paint(style, ink, wrap_text("warning: " + base::printable(sentence), 9, style.width)) + "\n";
  };
  const match::Support& support = result.matches.support;
  std::string text;
  if (!support.sentence.empty())
    text += warning(support.state == match::Support::State::ended ? Ink::red : Ink::yellow, support.sentence);
  base::append(text, {paint(style, Ink::bold, base::printable(result.subject.target)), "\n",
                      wrap_text(headline(result.subject), 2, style.width), "\n"});
  for (const std::string& sentence : result.matches.warnings)
    if (sentence != support.sentence) text += warning(Ink::red, sentence);
  return text;
}

std::string incomplete(const Subject& subject, const Style& style) {
  std::string text;
  for (const auto* notes : {&subject.manifest.notes, &subject.inventory.notes})
    for (const std::string& note : *notes)
      base::append(text, {"note: ", wrap_text(base::printable(note), 6, style.width), "\n"});
  if (subject.inventory.skipped.empty()) return text;
  constexpr std::size_t kShown = 20;
  const SkippedList& skipped = subject.inventory.skipped;
  text += paint(style, Ink::yellow, base::cat({plural(skipped.size(), "part was", "parts were"), " not read:"})) + "\n";
  for (std::size_t i = 0; i < std::min(kShown, skipped.size()); ++i) {
    const std::string line =
        base::cat({skipped[i].path.empty() ? "(layer)" : base::printable(skipped[i].path), ": ",
                   base::printable(skipped[i].detail), " (", base::name_of(skipped[i].reason), ")"});
    base::append(text, {"  ", wrap_text(line, 4, style.width), "\n"});
  }
  if (skipped.size() > kShown) base::append(text, {"  and ", skipped.size() - kShown, " more: see -f json\n"});
  return text;
}

}  // namespace limpid::report
