#include "cli/progress_view.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"
#include "report/terminal.h"

namespace limpid::cli {
namespace {

using State = LayerView::State;

constexpr std::size_t kBarWidest = 30, kBarNarrowest = 10;

// The first of several texts, from the longest to the shortest, that fits; the last is cut.
std::string fitting(const std::vector<std::string>& texts, std::size_t columns) {
  for (const std::string& text : texts)
    if (base::display_width(text) <= columns) return text;
  return report::fit(texts.back(), columns, false);
}

// "12.0 of 34.5 MB": the unit once where it is the same.
std::string part_of(std::uint64_t part, std::uint64_t whole) {
  const std::string all = bytes_text(whole);
  std::string some = bytes_text(part);
  const std::string_view unit = std::string_view(all).substr(all.find(' '));
  if (some.ends_with(unit)) some.resize(some.size() - unit.size());
  return base::cat({some, " of ", all});
}

std::string bar(std::uint64_t part, std::uint64_t whole, std::size_t width) {
  const double share = whole == 0 ? 0 : std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
  const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
  std::string text(full, '=');
  if (full < width) text += '>';
  text.resize(width, ' ');
  return base::cat({"[", text, "]"});
}

std::string summary(const ProgressView& view, std::size_t columns) {
  const std::string target = base::printable(view.target);
  if (view.layers.empty()) return fitting({target + ": looking for the image", target}, columns);
  std::size_t done = 0;
  std::uint64_t fetched = 0, size = 0;
  bool all_known = true;
  for (const LayerView& layer : view.layers) {
    const bool finished = layer.state == State::done || layer.state == State::known;
    done += finished ? 1 : 0;
    if (layer.state == State::known) continue;  // nothing is fetched of it
    fetched += layer.fetched;
    size += layer.size;
    all_known = all_known && layer.size != 0;
  }
  const std::string layers = base::cat({done, " of ", report::plural(view.layers.size(), "layer")});
  const std::string bytes = all_known ? part_of(std::min(fetched, size), size) : bytes_text(fetched);
  const std::string rate =
      view.rate < 1 ? "" : base::cat({", ", bytes_text(static_cast<std::uint64_t>(view.rate)), "/s"});
  return fitting({base::cat({target, ": ", layers, ", ", bytes, rate}), base::cat({layers, ", ", bytes, rate}),
                  base::cat({layers, ", ", bytes}), layers},
                 columns);
}

std::string line_of(const LayerView& layer, std::size_t columns) {
  const std::string number = base::cat({"  layer ", layer.number});
  const std::string name = layer.name.empty() ? number : base::cat({number, "  ", base::printable(layer.name)});
  std::string bytes = layer.size == 0 ? bytes_text(layer.fetched) : part_of(layer.fetched, layer.size);
  const std::string read = layer.read == 0 ? "" : base::cat({", ", bytes_text(layer.read), " read"});
  std::vector<std::string> forms;
  const std::size_t used = base::display_width(name) + bytes.size() + read.size() + 6;
  if (layer.size != 0 && used + kBarNarrowest <= columns) {
    const std::size_t width = std::min(kBarWidest, columns - used);
    forms.push_back(base::cat({name, "  ", bar(layer.fetched, layer.size, width), "  ", bytes, read}));
  }
  for (const std::string& head : {name, number}) {
    forms.push_back(base::cat({head, "  ", bytes, read}));
    forms.push_back(base::cat({head, "  ", bytes}));
  }
  forms.push_back(number);
  return fitting(forms, columns);
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"kB", "MB", "GB", "TB", "PB"};
  constexpr std::uint64_t kStep = 1000;
  if (bytes < kStep) return base::cat({bytes, " B"});
  std::uint64_t unit = kStep;
  std::size_t which = 0;
  // What rounds to a thousand is one of the next unit.
  while (which + 1 < kUnits.size() && bytes >= unit * kStep - unit / 20) unit *= kStep, ++which;
  const std::uint64_t tenths = (bytes / (unit / 20) + 1) / 2;
  return base::cat({tenths / 10, ".", tenths % 10, " ", kUnits[which]});
}

std::vector<std::string> render(const ProgressView& view, std::size_t columns, std::size_t rows) {
  std::vector<std::string> lines{summary(view, columns)};
  std::vector<const LayerView*> reading;
  for (const LayerView& layer : view.layers)
    if (layer.state == State::reading) reading.push_back(&layer);
  const std::size_t room = std::max<std::size_t>(rows, 2) - 1;
  const std::size_t shown = reading.size() <= room ? reading.size() : room - 1;
  for (std::size_t i = 0; i < shown; ++i) lines.push_back(line_of(*reading[i], columns));
  if (shown < reading.size())
    lines.push_back(fitting({base::cat({"  and ", reading.size() - shown, " more"}), ""}, columns));
  return lines;
}

}  // namespace limpid::cli
