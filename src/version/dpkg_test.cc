#include "version/ordering_checks.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

TEST(Dpkg, OrdersAsDebianSays) {
  for (const char* statement : {
           "1.0~rc1 < 1.0",
           "1.0~~ < 1.0~",
           "1.0~~a < 1.0~",
           "1.0 = 1.0-0 = 1.0-00",
           "1.0-1 < 1.0-1.1",
           "1:0.1 > 2.0",
           "0:1 = 1",
           "09 = 9",
           "1.0+b1 > 1.0",
           "1.0a < 1.0+",
           "1.0z < 1.0.",
           "1.0-a < 1.0-+",
           "1.0A < 1.0a",
           "a > 1",
           "1.0--1 > 1.0-1",
           "1.0-1 < 1.0-1-1",
           "1.0-1 < 1.0+dfsg-1",
           "1.0+dfsg-1 < 1.0.1-1",
           "1.0-1~bpo12+1 < 1.0-1",
           "1.0-1+deb12u1 > 1.0-1",
           "2.36-9+deb12u10 > 2.36-9+deb12u9",
           "1.0-1ubuntu0.1 < 1.0-1ubuntu1",
           "1.0-1build1 > 1.0-1",
           "2147483647:0 > 2147483646:9",
           "1.a = 1.a0 = 1.a00 < 1.a1",
           "1.0-~ < 1.0 < 1.0-a",
           "1.0.0 > 1.0",
           "1:1:2 > 1:1.2",
       })
    checks::expect_order(dpkg_ordering(), statement);
}

TEST(Dpkg, TrimsBlanksAndReadsTheEpochAsDpkgDoes) {
  const Ordering& dpkg = dpkg_ordering();
  const auto same = [&](std::string_view a, std::string_view b) {
    EXPECT_TRUE(dpkg.parse(a).valid) << a;
    EXPECT_EQ(dpkg.parse(a).key, dpkg.parse(b).key) << a;
  };
  same("\t1.0 ", "1.0");
  same("+1:1", "1:1");
  same("\n1:1", "1:1");
  same("-0:1", "1");
  same("000000000001:1", "1:1");
  // A line feed at the end is an odd character like any other, not white space.
  EXPECT_TRUE(dpkg.parse("1.0\n").valid);
  EXPECT_NE(dpkg.parse("1.0\n").key, dpkg.parse("1.0").key);
}

TEST(Dpkg, OrdersOddBytesByTheirWeights) {
  const Ordering& dpkg = dpkg_ordering();
  // Letters, then the upper half of the bytes, then control characters and punctuation.
  const std::vector<std::string> rising = {"1~",    "1",     "1A",    "1Z",  "1a", "1z", "1\x80",
                                           "1\xc3", "1\xff", "1\x01", "1\n", "1+", "1.", "1\x7f"};
  for (std::size_t i = 0; i + 1 < rising.size(); ++i) {
    const Version lower = dpkg.parse(rising[i]);
    const Version higher = dpkg.parse(rising[i + 1]);
    EXPECT_TRUE(lower.valid && higher.valid);
    EXPECT_TRUE(dpkg.compare(lower, higher) < 0) << base::printable(rising[i]);
  }
}

TEST(Dpkg, RefusesWhatDpkgRefuses) {
  for (const std::string_view raw : std::vector<std::string_view>{"",
                                                                  " ",
                                                                  ":1",
                                                                  "a:1",
                                                                  "1a:1",
                                                                  "1:",
                                                                  "1: ",
                                                                  "1:-1",
                                                                  "-1",
                                                                  "1.0-",
                                                                  "1 2",
                                                                  "1\t2",
                                                                  "2147483648:1",
                                                                  "99999999999999999999:1",
                                                                  "-5:1",
                                                                  "-:1",
                                                                  "0x1:1",
                                                                  "1\n:2",
                                                                  "- 1:2",
                                                                  std::string_view("1\0002", 3)})
    checks::expect_invalid(dpkg_ordering(), raw);
}

TEST(Dpkg, OnlyWarnsWhereDpkgOnlyWarns) {
  for (const char* raw : {"a", "~", "1.0_1", "1.0/2", "\xe2\x82\xac", "1\r", "1\v2", "1.0-1_2", ".1"})
    EXPECT_TRUE(dpkg_ordering().parse(raw).valid) << base::printable(raw);
}

TEST(Dpkg, PutsInvalidBelowValid) {
  const Version invalid = dpkg_ordering().parse("");
  EXPECT_TRUE(dpkg_ordering().compare(invalid, dpkg_ordering().parse("0~~~")) < 0);
}

TEST(Dpkg, KeepsTheLawsOfAnOrder) {
  checks::expect_laws(dpkg_ordering(),
                      {"1.0", "1:2.36-9+deb12u10", "1.0~rc1-1~bpo12+1", "0.0a0", "2.0+dfsg-1ubuntu0.1", "1-1-1", "0"},
                      "0019aZ.+~-:", 20'000);
}

}  // namespace
}  // namespace limpid::version
