#include "version/ordering_checks.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

TEST(Rpm, OrdersAsRpmSays) {
  for (const char* statement : {
           "1.0~rc1 < 1.0 < 1.0^git1 < 1.0.1",
           "1.0~~ < 1.0~ < 1.0~a < 1.0",
           "1.0^ < 1.0^git1 < 1.0^git2 < 1.0^1",
           "1.0~rc1 < 1.0~rc1^git1 < 1.0~rc2 < 1.0",
           "1.0^a~1 < 1.0^a",
           "1.0a > 1.0",
           "1.0.1a = 1.0.1.a",
           "001 = 1",
           "1.001 = 1.1",
           "1_0 = 1.0 = 1.0. = 1...0 = .1.0",
           "1.0+1 = 1.0_1",
           "2a < 2.0",
           "a < 1",
           "10xyz < 10.1xyz",
           "xyz10 < xyz10.1",
           "5.5p1 < 5.5p10",
           "FC5 < fc4",
           "1.0-1 > 1.0",
           "1.0-~1 > 1.0",
           "1.0- > 1.0",
           "1:1.0-1 > 2.0-1",
           "0:1.0-1 = 1.0-1 = :1.0-1 = 00:1.0-1",
           "1:a > a:1 > a",
           "1.0-1.el8 < 1.0-1.el8_2",
           "1.0-1.el8_10 > 1.0-1.el8_9.1",
           "4.18.0-553.el8 < 4.18.0-553.16.1.el8_10",
           "~1 < 1",
           "^1 < 1",
           "1.1 > 1.1.~rc1",
           "2.50 > 2.5",
           "1-2-3 > 1-1-4",
           "18446744073709551617:1 > 18446744073709551616:2",
           "1.0\xc3\xa4 = 1.0",
       })
    checks::expect_order(rpm_ordering(), statement);
}

TEST(Rpm, RefusesOnlyWhatIsNoText) {
  for (const std::string_view raw : {std::string_view(""), std::string_view("  "), std::string_view("1\0002", 3)})
    checks::expect_invalid(rpm_ordering(), raw);
  for (const char* raw : {"-", ":", "1:", "~", "^", ".", "-1", "1 2", "\xe2\x82\xac", "(none):1-1"})
    EXPECT_TRUE(rpm_ordering().parse(raw).valid) << base::printable(raw);
}

TEST(Rpm, KeepsTheLawsOfAnOrder) {
  checks::expect_laws(
      rpm_ordering(),
      {"1.0", "1:4.18.0-553.16.1.el8_10", "1.0~rc1-1.fc40", "0.0a0", "2.0^20240101git1a2b3c4-1.fc39", "1-1-1", "0"},
      "0019aZ._~^-:", 20'000);
}

}  // namespace
}  // namespace limpid::version
