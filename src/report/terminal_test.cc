#include "report/terminal.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace limpid::report {
namespace {

TEST(Terminal, FitsByColumnsNotBytes) {
  EXPECT_EQ(fit("abcdef", 4, false), "abc…");
  EXPECT_EQ(fit("ab", 4, true), "ab  ");
  EXPECT_EQ(fit("é→漢字x", 4, false), "é→…");  // a wide character is never cut in half
  EXPECT_EQ(base::display_width(fit("漢字漢字", 5, true)), 5U);
  EXPECT_TRUE(base::is_utf8(fit("→→→→→", 3, false)));
}

TEST(Terminal, FitsLongTextsInOnePass) {
  std::string long_text;
  for (int i = 0; i < 100'000; ++i) long_text += "漢a\u0301";
  EXPECT_EQ(fit(long_text, 6, false), "漢a\u0301漢…");  // in five columns, an accent with its letter
  EXPECT_EQ(fit(long_text, 1, false), "…");
}

TEST(Terminal, WrapsBetweenItems) {
  EXPECT_EQ(wrap_list({"CVE-1", "CVE-2", "CVE-3"}, 2, 16), "CVE-1, CVE-2,\n  CVE-3");
  EXPECT_EQ(wrap_list({}, 2, 16), "");
  EXPECT_EQ(wrap_text("one two three", 0, 7), "one two\nthree");
  EXPECT_EQ(wrap_text("unbreakable-word", 2, 5), "unbreakable-word");
}

TEST(Terminal, ColumnsShrinkTheWidest) {
  const Style style{false, 24};
  const std::string text = columns({{"A", "B", "C"}, {"a-very-long-name-indeed", "1", "x y z"}}, style);
  for (std::string_view rest = text; const auto line = base::take_line(rest);)
    EXPECT_LE(base::display_width(*line), 24U) << text;
  EXPECT_NE(text.find("…"), std::string::npos);
}

TEST(Terminal, NoColourUnlessAsked) {
  EXPECT_EQ(paint({false, 80}, Ink::red, "x"), "x");
  EXPECT_EQ(paint({true, 80}, Ink::red, "x"), "\x1b[31mx\x1b[0m");
}

TEST(Terminal, Counts) {
  EXPECT_EQ(plural(1, "finding"), "1 finding");
  EXPECT_EQ(plural(0, "finding"), "0 findings");
  EXPECT_EQ(plural(2, "goes", "go"), "2 go");
}

}  // namespace
}  // namespace limpid::report
