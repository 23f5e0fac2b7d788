#include "service/v1/feature_texts.h"

#include <gtest/gtest.h>

namespace limpid::service::v1 {
namespace {

store::Feature feature(int number) {
  return {"debian:12", "package-" + std::to_string(number), "1.0", "", version::Scheme::dpkg};
}

FeatureTexts::Pointer text(std::size_t bytes, char fill = 'x') {
  return std::make_shared<const FeatureTexts::Text>(FeatureTexts::Text{std::string(bytes, fill), {"CVE-2030-1"}});
}

TEST(FeatureTexts, EveryFieldOfAFeatureCounts) {
  FeatureTexts texts;
  texts.put(feature(1), text(10, 'a'));
  ASSERT_NE(texts.find(feature(1)), nullptr);
  EXPECT_EQ(texts.find(feature(1))->json, std::string(10, 'a'));
  for (const store::Feature& other : {store::Feature{"debian:11", "package-1", "1.0", "", version::Scheme::dpkg},
                                      store::Feature{"debian:12", "package-2", "1.0", "", version::Scheme::dpkg},
                                      store::Feature{"debian:12", "package-1", "1.1", "", version::Scheme::dpkg},
                                      store::Feature{"debian:12", "package-1", "1.0", "origin", version::Scheme::dpkg},
                                      store::Feature{"debian:12", "package-1", "1.0", "", version::Scheme::apk}})
    EXPECT_EQ(texts.find(other), nullptr);
}

TEST(FeatureTexts, StaysWithinItsBoundAndKeepsWhatIsAskedFor) {
  FeatureTexts texts;
  constexpr std::size_t kBytes = 100'000;
  constexpr int kMany = 4'000;  // three times what fits
  texts.put(feature(0), text(kBytes, 'a'));
  for (int number = 1; number < kMany; ++number) {
    texts.put(feature(number), text(kBytes));
    ASSERT_NE(texts.find(feature(0)), nullptr) << "asked for all the time, and gone after " << number;
    ASSERT_LE(texts.bytes(), kFeatureTextBytesMax);
  }
  int kept = 0;
  for (int number = 1; number < kMany; ++number) kept += texts.find(feature(number)) != nullptr ? 1 : 0;
  EXPECT_GT(kept, kMany / 10);
  EXPECT_LT(kept, kMany / 2);
}

TEST(FeatureTexts, WhatWouldFillItAloneIsNotKept) {
  FeatureTexts texts;
  texts.put(feature(1), text(kFeatureTextBytesMax / 16));
  EXPECT_EQ(texts.find(feature(1)), nullptr);
  EXPECT_EQ(texts.bytes(), 0U);
}

TEST(FeatureTexts, TakesOverWhatDidNotChange) {
  FeatureTexts before;
  for (int number = 0; number < 100; ++number) before.put(feature(number), text(10, number % 2 == 0 ? 'a' : 'b'));
  const store::Feature built{"debian:12", "lib-2", "1.0", "package-2", version::Scheme::dpkg};
  before.put(built, text(10, 'c'));
  FeatureTexts after;
  const store::Feature elsewhere{"debian:13", "package-3", "1.0", "", version::Scheme::dpkg};
  before.put(elsewhere, text(10, 'd'));
  after.take_over(before, {"debian:11", "debian:12"},
                  {{"debian:12", "package-1"}, {"debian:12", "package-2"}, {"debian:11", "package-3"}});
  EXPECT_EQ(after.find(elsewhere), nullptr) << "nobody looked at what changed in its namespace";
  EXPECT_EQ(after.find(feature(1)), nullptr);
  EXPECT_EQ(after.find(feature(2)), nullptr);
  EXPECT_EQ(after.find(built), nullptr) << "what was built from a package depends on it";
  ASSERT_NE(after.find(feature(3)), nullptr) << "another namespace's package of that name";
  EXPECT_EQ(after.find(feature(3)), before.find(feature(3)));
  int kept = 0;
  for (int number = 0; number < 100; ++number) kept += after.find(feature(number)) != nullptr ? 1 : 0;
  EXPECT_EQ(kept, 98);
}

}  // namespace
}  // namespace limpid::service::v1
