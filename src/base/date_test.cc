#include "base/date.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace limpid::base {
namespace {

TEST(Date, ParsesDaysAndTimes) {
  for (const char* text : {"2024-02-29", "2024-02-29T12:00:00Z", "2024-02-29 12:00"})
    EXPECT_EQ(format_date(parse_date(text).value()), "2024-02-29") << text;
  for (const char* bad : {"", "2023-02-29", "2024-13-01", "24-02-29", "2024-02-29x", "2024/02/29"})
    EXPECT_EQ(parse_date(bad), std::nullopt) << bad;
}

TEST(Date, TodayCanBeSet) {
  ::setenv("SOURCE_DATE_EPOCH", "86400", 1);
  EXPECT_EQ(format_date(today()), "1970-01-02");
  ::unsetenv("SOURCE_DATE_EPOCH");
  EXPECT_GT(today(), *parse_date("2024-01-01"));
}

}  // namespace
}  // namespace limpid::base
