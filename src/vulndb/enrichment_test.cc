#include "vulndb/enrichment.h"

#include <gtest/gtest.h>

#include "vulndb/testing.h"

namespace limpid::vulndb {
namespace {

using advisory::Enrichment;
using testing::written;

TEST(CveKey, OrdersAsIdsDoAndReadsBack) {
  std::uint32_t previous = 0;
  for (const auto* id : {"CVE-1999-0001", "CVE-1999-9999", "CVE-1999-10000", "CVE-2024-0001", "CVE-2024-3094",
                         "CVE-2024-1000000", "CVE-2062-0001"}) {
    const auto key = cve_key(id);
    ASSERT_TRUE(key) << id;
    EXPECT_GT(*key, previous) << id;
    EXPECT_EQ(cve_of_key(*key), id);
    previous = *key;
  }
  for (const auto* bad : {"", "CVE-", "CVE-2024", "CVE-2024-", "CVE-2024-1", "CVE-2024-00001", "CVE-1998-0001",
                          "CVE-2063-0001", "CVE-2024-67108864", "CVE-2024-1234x", "cve-2024-1234", "GHSA-2024-1234"})
    EXPECT_FALSE(cve_key(bad)) << bad;
}

TEST(Enrichment, EveryFieldIsReadBack) {
  auto one = testing::small_enrichment("CVE-2024-1001");
  normalise(one);
  format::Encoder out;
  EnrichmentNames names;
  encode(one, names, out);
  format::Decoder in(out.view());
  EXPECT_EQ(written(decode_enrichment(*cve_key(one.cve), names, in)), written(one));
  EXPECT_TRUE(in.finished());
}

TEST(Enrichment, MergingDoesNotDependOnTheOrder) {
  const auto some = [](int number) {
    Enrichment one;
    one.cve = "CVE-2024-1001";
    if (number == 0) {
      one.epss = Enrichment::Epss{5, 6};
      one.cvss = {{{"3.1", "X"}, "b", false}, {{"3.1", "X"}, "nvd@nist.gov", true}};
      one.cwes = {"CWE-2"};
      one.published = "2024-02";
    } else if (number == 1) {
      one.kev_added = "2024-01-02";
      one.ransomware = true;
      one.exploitation = Enrichment::Exploitation::poc;
      one.cvss = {{{"3.1", "X"}, "a", false}, {{"2", "Y"}, "a", false}};
      one.modified = "2024-05";
    } else {
      one.epss = Enrichment::Epss{7, 1};
      one.kev_added = "2024-01-01";
      one.exploitation = Enrichment::Exploitation::active;
      one.disputed = true;
      one.cwes = {"CWE-1", "CWE-2"};
      one.published = "2024-01";
    }
    return one;
  };
  std::vector<int> order = {0, 1, 2};
  do {
    Enrichment united = some(order[0]);
    merge(united, some(order[1]));
    merge(united, some(order[2]));
    EXPECT_EQ(written(united),
              "CVE-2024-1001|2024-01-01||r||d|active|||2024-01|2024-05|CWE-1,CWE-2|7|1|2=Y=a|3.1=X=nvd@nist.gov!");
  } while (std::next_permutation(order.begin(), order.end()));
}

class EnrichedDatabase : public ::testing::Test {
 protected:
  const base::TemporaryDirectory folder_ = base::TemporaryDirectory::make("enrichment").value();
  std::string path() const { return folder_.path() + "/db"; }
};

TEST_F(EnrichedDatabase, FindsEveryCveAmongManyAndNoOther) {
  constexpr int kMany = 5'000;
  Compiler compiler;
  compiler.begin_feed("epss", "e.csv");
  for (int i = kMany; i-- > 0;) {  // in whatever order
    Enrichment one;
    one.cve = "CVE-20" + std::to_string(10 + i % 10) + "-" + std::to_string(1000 + i);
    one.epss = Enrichment::Epss{static_cast<std::uint32_t>(i), 1};
    compiler.add(std::move(one));
  }
  Enrichment none;
  none.cve = "GHSA-x";
  compiler.add(std::move(none));
  compiler.begin_feed("kev", "k.json");
  Enrichment known;
  known.cve = "CVE-2010-1000";
  known.kev_added = "2024-01-01";
  compiler.add(std::move(known));
  const auto info = compiler.write(path());
  ASSERT_TRUE(info) << info.error().describe();
  EXPECT_EQ(info->enrichments, static_cast<std::uint64_t>(kMany));
  EXPECT_EQ(info->feeds[0].dropped.at("enrichment of what is no CVE id"), 1U);
  for (const auto access : {Access::read, Access::map}) {
    const auto database = Database::open(path(), access);
    ASSERT_TRUE(database) << database.error().describe();
    const auto verified = database->verify();
    EXPECT_TRUE(verified) << verified.error().describe();
    for (int i = 0; i < kMany; ++i) {
      const auto found =
          database->enrichment("CVE-20" + std::to_string(10 + i % 10) + "-" + std::to_string(1000 + i)).value();
      ASSERT_TRUE(found) << i;
      ASSERT_EQ(found->epss->probability, static_cast<std::uint32_t>(i));
      ASSERT_EQ(found->kev_added, i == 0 ? "2024-01-01" : "");
    }
    for (const auto* other : {"CVE-1999-0001", "CVE-2010-1001", "CVE-2030-0001", "CVE-2015-99999", "nothing"})
      EXPECT_FALSE(database->enrichment(other).value()) << other;
  }
}

TEST_F(EnrichedDatabase, WithoutAnyItSaysNothing) {
  Compiler compiler;
  ASSERT_TRUE(compiler.write(path()));
  const auto database = Database::open(path());
  ASSERT_TRUE(database) << database.error().describe();
  EXPECT_FALSE(database->enrichment("CVE-2024-1001").value());
  EXPECT_TRUE(database->verify());
}

}  // namespace
}  // namespace limpid::vulndb
