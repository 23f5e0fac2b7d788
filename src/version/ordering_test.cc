#include "version/ordering.h"

#include <set>

#include <gtest/gtest.h>

namespace limpid::version {
namespace {

TEST(Ordering, IsFoundByNumberAndByName) {
  std::set<std::string_view> names;
  Scheme last = Scheme::none;
  for (const Ordering* ordering : orderings()) {
    EXPECT_GT(ordering->scheme(), last) << "in the order of their numbers";
    last = ordering->scheme();
    EXPECT_TRUE(names.insert(ordering->name()).second) << ordering->name();
    EXPECT_EQ(find_ordering(ordering->scheme()), ordering);
    EXPECT_EQ(find_ordering(ordering->name()), ordering);
  }
  EXPECT_TRUE(names.contains("dpkg"));
}

TEST(Ordering, IsNotFoundForWhatWeDoNotKnow) {
  EXPECT_EQ(find_ordering(Scheme::none), nullptr);
  EXPECT_EQ(find_ordering(static_cast<Scheme>(250)), nullptr);
  for (const char* name : {"", "none", "DPKG", "dpkg "}) EXPECT_EQ(find_ordering(name), nullptr) << name;
}

TEST(Ordering, ComparesStrings) {
  EXPECT_TRUE(compare(Scheme::dpkg, "1.0~rc1", "1.0").value() < 0);
  EXPECT_TRUE(compare(Scheme::dpkg, "1.0-0", "1.0").value() == 0);
  EXPECT_TRUE(compare(Scheme::dpkg, "1:1", "2").value() > 0);
}

TEST(Ordering, SaysWhatIsWrong) {
  const auto bad_left = compare(Scheme::dpkg, "", "1");
  ASSERT_FALSE(bad_left);
  EXPECT_EQ(bad_left.error().code(), Code::invalid);
  const auto bad_right = compare(Scheme::dpkg, "1", "x:1");
  ASSERT_FALSE(bad_right);
  EXPECT_EQ(bad_right.error().code(), Code::invalid);
  EXPECT_NE(bad_right.error().describe().find("x:1"), std::string::npos);
  const auto no_scheme = compare(Scheme::none, "1", "1");
  ASSERT_FALSE(no_scheme);
  EXPECT_EQ(no_scheme.error().code(), Code::unsupported);
}

TEST(Ordering, EverySchemeRefusesEmptyBlankAndEndlessInput) {
  for (const Ordering* ordering : orderings()) {
    for (const std::string& raw : {std::string(), std::string("  "), std::string("1\0", 2),
                                   std::string(kLengthMax + 1, '1'), std::string(1 << 20, '.')}) {
      const Version version = ordering->parse(raw);
      EXPECT_FALSE(version.valid) << ordering->name() << " " << raw.size();
      EXPECT_EQ(version.scheme, ordering->scheme());
    }
    EXPECT_TRUE(ordering->parse(std::string(kLengthMax, '1')).valid) << ordering->name();
  }
}

// Numbers longer than any integer type, and on both sides of the key's one-byte length.
TEST(Ordering, EverySchemeComparesNumbersOfAnyLength) {
  for (const Ordering* ordering : orderings()) {
    Version last = ordering->parse("0");
    for (const std::size_t length : {1, 9, 10, 19, 20, 21, 100, 253, 254, 255, 256, 257, 511, 512, 1'000}) {
      for (const char digit : {'1', '8'}) {
        const Version next = ordering->parse(std::string(length, digit));
        ASSERT_TRUE(next.valid) << ordering->name() << " " << length;
        EXPECT_TRUE(ordering->compare(last, next) < 0) << ordering->name() << " " << length;
        last = next;
      }
    }
  }
}

}  // namespace
}  // namespace limpid::version
