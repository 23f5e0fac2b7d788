#include "base/text.h"

#include <gtest/gtest.h>

namespace limpid::base {
namespace {

TEST(Text, JoinsTextAndNumbers) {
  EXPECT_EQ(cat({"layer ", 3, ": ", std::string("x"), '!', std::uint64_t{18446744073709551615U}, -1}),
            "layer 3: x!18446744073709551615-1");
}

TEST(Text, SplitsLinesOfBothEndings) {
  std::string_view rest = "a\r\nb\n\nc";
  EXPECT_EQ(take_line(rest), "a");
  EXPECT_EQ(take_line(rest), "b");
  EXPECT_EQ(take_line(rest), "");
  EXPECT_EQ(take_line(rest), "c");
  EXPECT_EQ(take_line(rest), std::nullopt);
}

TEST(Text, DecodesPercentSigns) {
  EXPECT_EQ(percent_decoded("a%2Fb%2f%20c+d"), "a/b/ c+d");
  EXPECT_EQ(percent_decoded("100%"), "100%");
  EXPECT_EQ(percent_decoded("%4%41%g1%"), "%4A%g1%");
}

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_EQ(split(":a::", ':'), (std::vector<std::string_view>{"", "a", "", ""}));
  EXPECT_EQ(split("", ':'), (std::vector<std::string_view>{""}));
}

TEST(Text, ParsesOnlyWholeNumbers) {
  EXPECT_EQ(parse_unsigned("0"), 0U);
  EXPECT_EQ(parse_unsigned("18446744073709551615"), 18446744073709551615U);
  for (const char* bad : {"", "-1", "+1", " 1", "1 ", "18446744073709551616", "1a"})
    EXPECT_EQ(parse_unsigned(bad), std::nullopt) << bad;
}

TEST(Text, KnowsWellFormedUtf8) {
  for (const char* good : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(Text, NothingPrintedCanDriveATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(printable("line\nbreak\x7f"), "line\\x0abreak\\x7f");
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "evil"),
            "\\xe2\\x80\\xae"
            "evil");  // right-to-left override
  EXPECT_EQ(printable("latin\xe9"), "latin\\xe9");
  EXPECT_EQ(printable("caf\xc3\xa9"), "caf\xc3\xa9");
}

TEST(Text, MeasuresColumns) {
  EXPECT_EQ(display_width("caf\xc3\xa9"), 4U);
  EXPECT_EQ(display_width("\xe6\xbc\xa2\xe5\xad\x97"), 4U);
  EXPECT_EQ(display_width("e\xcc\x81"), 1U);
}

}  // namespace
}  // namespace limpid::base
