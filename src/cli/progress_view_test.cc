#include "cli/progress_view.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace limpid::cli {
namespace {

using State = LayerView::State;
using Lines = std::vector<std::string>;

ProgressView pulling() {
  ProgressView view{"registry.example/team/app:1", {}, 12'340'000};
  view.layers = {{1, "sha256:0123456789ab", 30'000'000, 30'000'000, 80'000'000, State::done},
                 {2, "sha256:abcdef012345", 50'000'000, 12'500'000, 40'100'000, State::reading},
                 {3, "sha256:001122334455", 20'000'000, 0, 0, State::waiting},
                 {4, "sha256:66778899aabb", 99'000'000, 0, 0, State::known}};
  return view;
}

TEST(ProgressView, WhatIsGoingOn) {
  EXPECT_EQ(render(pulling(), 100, 10),
            (Lines{"registry.example/team/app:1: 2 of 4 layers, 42.5 of 100.0 MB, 12.3 MB/s",
                   "  layer 2  sha256:abcdef012345  [=======>                      ]  12.5 of 50.0 MB, 40.1 MB read"}));
}

TEST(ProgressView, BeforeTheImageIsThere) {
  EXPECT_EQ(render({"alpine", {}, 0}, 100, 10), Lines{"alpine: looking for the image"});
  EXPECT_EQ(render({"bad\x1b[2Jname", {}, 0}, 100, 10)[0].find('\x1b'), std::string::npos);
}

TEST(ProgressView, WithoutSizes) {
  ProgressView view{"app.tar", {{1, "", 0, 1'500, 0, State::reading}}, 0};
  EXPECT_EQ(render(view, 80, 10), (Lines{"app.tar: 0 of 1 layer, 1.5 kB", "  layer 1  1.5 kB"}));
}

TEST(ProgressView, NoLineIsWiderThanTheTerminalAndNoneIsLost) {
  ProgressView view = pulling();
  view.layers[2].state = State::reading;
  for (std::size_t columns = 1; columns < 140; ++columns) {
    const Lines lines = render(view, columns, 10);
    ASSERT_EQ(lines.size(), 3U);
    for (const std::string& line : lines) EXPECT_LE(base::display_width(line), columns) << line;
  }
  EXPECT_EQ(render(view, 40, 10), (Lines{"2 of 4 layers, 42.5 of 100.0 MB", "  layer 2  12.5 of 50.0 MB, 40.1 MB read",
                                         "  layer 3  0 B of 20.0 MB"}));
  EXPECT_EQ(render(view, 14, 10), (Lines{"2 of 4 layers", "  layer 2", "  layer 3"}));
}

TEST(ProgressView, NoMoreLinesThanTheTerminalHas) {
  ProgressView view{"app", {}, 0};
  for (std::size_t i = 1; i <= 20; ++i) view.layers.push_back({i, "", 1'000, i, 0, State::reading});
  for (std::size_t rows = 2; rows < 25; ++rows) EXPECT_LE(render(view, 80, rows).size(), rows);
  const Lines lines = render(view, 80, 4);
  EXPECT_EQ(lines[1].substr(0, 10), "  layer 1 ");
  EXPECT_EQ(lines.back(), "  and 18 more");
  EXPECT_EQ(render(view, 80, 2).back(), "  and 20 more");
}

TEST(ProgressView, Bytes) {
  const std::pair<std::uint64_t, const char*> cases[] = {{0, "0 B"},
                                                         {999, "999 B"},
                                                         {1'000, "1.0 kB"},
                                                         {1'050, "1.1 kB"},
                                                         {999'949, "999.9 kB"},
                                                         {999'950, "1.0 MB"},
                                                         {1'234'567'890, "1.2 GB"},
                                                         {~std::uint64_t{0}, "18446.7 PB"}};
  for (const auto& [bytes, text] : cases) EXPECT_EQ(bytes_text(bytes), text);
}

}  // namespace
}  // namespace limpid::cli
