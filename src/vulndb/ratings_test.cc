#include "vulndb/ratings.h"

#include <gtest/gtest.h>

#include "cvss/best_vector.h"
#include "vulndb/enrichment.h"
#include "vulndb/testing.h"

namespace limpid::vulndb {
namespace {

using advisory::Enrichment;

constexpr const char* kVectors[] = {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                                    "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
                                    "AV:N/AC:L/Au:N/C:N/I:N/A:P",
                                    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
                                    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N",
                                    "no vector"};

class RatedDatabase : public ::testing::TestWithParam<Access> {
 protected:
  const base::TemporaryDirectory folder_ = base::TemporaryDirectory::make("ratings").value();
  std::string path() const { return folder_.path() + "/db"; }

  // Every `step`-th CVE of a year; `sources` rate them in turn.
  std::vector<Enrichment> make(int count, int step, int sources) {
    std::vector<Enrichment> made;
    for (int i = 0; i < count; ++i) {
      Enrichment one;
      one.cve = "CVE-20" + std::to_string(10 + i % 3) + "-" + std::to_string(1000 + i * step);
      if (i % 7 != 0) one.cvss.push_back({{"", kVectors[i % 6]}, "source " + std::to_string(i % sources), i % 2 == 0});
      if (i % 5 == 0) one.cvss.push_back({{"", kVectors[0]}, "nvd@nist.gov", true});
      one.published = "2024";
      made.push_back(std::move(one));
    }
    return made;
  }

  void check(const std::vector<Enrichment>& all) {
    Compiler compiler;
    compiler.begin_feed("nvd", "n.json");
    for (const Enrichment& one : all) compiler.add(Enrichment(one));
    ASSERT_TRUE(compiler.write(path()));
    const auto database = Database::open(path(), GetParam());
    ASSERT_TRUE(database) << database.error().describe();
    const auto verified = database->verify();
    EXPECT_TRUE(verified) << verified.error().describe();
    for (Enrichment one : all) {
      normalise(one);  // of one vector from several sources one stays
      const auto best = cvss::best_vector({}, {}, &one);
      const auto rating = database->rating(one.cve);
      ASSERT_TRUE(rating) << rating.error().describe();
      ASSERT_EQ(rating->has_value(), best.has_value()) << one.cve;
      if (!best) continue;
      EXPECT_EQ((*rating)->score, best->score) << one.cve;
      EXPECT_EQ((*rating)->version, best->version) << one.cve;
      EXPECT_EQ((*rating)->source, best->source) << one.cve;
    }
    for (const auto* other : {"CVE-1999-0001", "CVE-2010-0999", "CVE-2062-0001", "CVE-2011-67108000", "nothing"})
      EXPECT_FALSE(database->rating(other).value()) << other;
  }
};

INSTANTIATE_TEST_SUITE_P(Both, RatedDatabase, ::testing::Values(Access::read, Access::map),
                         [](const auto& param) { return param.param == Access::map ? "map" : "read"; });

TEST_P(RatedDatabase, RatesAsTheVectorThatSpeaksForTheFlaw) { check(make(5'000, 1, 3)); }
TEST_P(RatedDatabase, NumbersFarApartHavePagesOfTheirOwn) { check(make(300, 100'003, 3)); }
TEST_P(RatedDatabase, MoreSourcesThanTheListHolds) { check(make(2'000, 1, 400)); }
TEST_P(RatedDatabase, NobodyRatesAnything) {
  check(make(1, 1, 1));
  check({});
}

TEST(RatingPages, HostileBytesAreRefused) {
  format::Encoder out;
  out.varint(1);
  out.text("somebody");
  out.u32(7);
  out.u32(0);
  EXPECT_TRUE(RatingPages::read(out.view(), format::kRatingPageSize));
  EXPECT_FALSE(RatingPages::read(out.view(), 2 * format::kRatingPageSize));
  EXPECT_FALSE(RatingPages::read(out.view().first(out.size() - 1), format::kRatingPageSize));
  EXPECT_FALSE(RatingPages::read({}, 0));
  const auto pages = RatingPages::read(out.view(), format::kRatingPageSize).value();
  std::vector<std::uint8_t> page(format::kRatingPageSize);
  const auto kind_of = [&](std::uint16_t value) {
    page[0] = static_cast<std::uint8_t>(value);
    page[1] = static_cast<std::uint8_t>(value >> 8);
    return pages.rating(7 * format::kRatingsPerPage, page);
  };
  EXPECT_EQ(kind_of(0)->kind, Rating::Kind::none);
  EXPECT_EQ(kind_of(101)->score, 10.0);
  EXPECT_EQ(kind_of(127 << 9 | 1)->kind, Rating::Kind::elsewhere);
  for (const int bad : {102, 127, 1 << 9, 1 << 9 | 1, 126 << 9 | 1})
    EXPECT_FALSE(kind_of(static_cast<std::uint16_t>(bad))) << bad;
}

}  // namespace
}  // namespace limpid::vulndb
