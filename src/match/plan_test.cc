#include "match/plan.h"

#include "match/match.h"
#include "match/testing.h"

namespace limpid::match {
namespace {

using advisory::Status;

TEST(Plan, OneUpgradePerSourceAndLayerToTheHighestFix) {
  auto image = debian_image({debian_package("libssl3", "1", "openssl"), debian_package("openssl", "1"),
                             debian_package("zlib1g", "1", "zlib"), debian_package("late", "1")});
  image.layers.resize(2);
  image.packages[3].layer = 1;
  const auto database = DatabaseMaker()
                            .feed("debian")
                            .statement("CVE-2024-1", "openssl", Status::fixed, "1.9", "low")
                            .statement("CVE-2024-2", "openssl", Status::fixed, "1.10", "high")
                            .statement("CVE-2024-3", "zlib", Status::fixed, "2", "critical")
                            .statement("CVE-2024-4", "zlib", Status::affected, "", "high")
                            .statement("CVE-2024-5", "late", Status::fixed, "2", "low")
                            .available("openssl", "1.11")
                            .available("zlib", "1.5")
                            .make();
  const Matches matches = match_image(image, database, {base::parse_date("2024-06-01").value()}).value();
  const Plan plan = plan_upgrades(image, matches);
  ASSERT_EQ(plan.upgrades.size(), 3U);
  EXPECT_EQ(plan.removed, 6U);
  EXPECT_EQ(plan.left, 1U);
  const Upgrade& zlib = plan.upgrades[0];  // the heaviest of the lowest layer
  EXPECT_EQ(zlib.source, "zlib");
  EXPECT_EQ(zlib.available, "") << "what the mirror offers does not reach the fix";
  const Upgrade& openssl = plan.upgrades[1];
  EXPECT_EQ(openssl.source, "openssl");
  EXPECT_EQ(openssl.from, "1");
  EXPECT_EQ(openssl.fixed_in, "1.10") << "by the scheme's order, not the text's";
  EXPECT_EQ(openssl.available, "1.11");
  EXPECT_EQ(openssl.packages, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(openssl.ids, (std::vector<std::string>{"CVE-2024-2", "CVE-2024-1"}));
  EXPECT_EQ(plan.upgrades[2].layer, 1U);
}

TEST(Plan, NothingToDo) {
  const Plan plan = plan_upgrades(debian_image({}), {});
  EXPECT_TRUE(plan.upgrades.empty());
  EXPECT_EQ(plan.left, 0U);
}

}  // namespace
}  // namespace limpid::match
