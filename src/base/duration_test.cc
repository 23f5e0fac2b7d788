#include "base/duration.h"

#include <gtest/gtest.h>

namespace limpid::base {
namespace {

TEST(Duration, Forms) {
  const std::pair<std::string_view, std::int64_t> cases[] = {
      {"0", 0},
      {"0s", 0},
      {"900s", 900'000},
      {"2h", 7'200'000},
      {"1h30m", 5'400'000},
      {"250ms", 250},
      {"1.5h", 5'400'000},
      {".5s", 500},
      {"1.s", 1'000},
      {"0.3s", 300},
      {"1us", 1},
      {"1000us", 1},
      {"1001µs", 2},
      {"1000000ns", 1},
      {"2h45m30.5s", 9'930'500},
      {"2562047h47m16s", 9'223'372'036'000},
  };
  for (const auto& [text, wanted] : cases) {
    const auto duration = parse_duration(text);
    ASSERT_TRUE(duration) << text;
    EXPECT_EQ(duration->count(), wanted) << text;
    EXPECT_EQ(parse_duration(print_duration(*duration)), *duration) << text;
  }
  for (const std::string_view text : {"", "1", "s", ".s", "-1s", "+1s", "1 s", "1d", "1h 2m", "2562048h", "1h30",
                                      "1,5h", "99999999999999999999s", "9223372036s9223372036s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace limpid::base
