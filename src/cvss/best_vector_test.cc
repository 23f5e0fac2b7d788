#include "cvss/best_vector.h"

#include <gtest/gtest.h>

namespace limpid::cvss {
namespace {

using advisory::Enrichment;

constexpr const char* kCritical = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";  // 9.8
constexpr const char* kMedium = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N";    // 6.1
constexpr const char* kFour = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";

TEST(BestVector, TheAdvisorysOwnThenNvdsThenOthers) {
  Enrichment enrichment;
  EXPECT_FALSE(best_vector({}, "osv", nullptr));
  EXPECT_FALSE(best_vector({}, "osv", &enrichment));
  enrichment.cvss.push_back({{"4.0", kFour}, "someone", false});
  EXPECT_EQ(best_vector({}, "osv", &enrichment)->source, "someone");
  enrichment.cvss.push_back({{"3.1", kMedium}, "nvd@nist.gov", true});
  EXPECT_EQ(best_vector({}, "osv", &enrichment)->source, "nvd@nist.gov");
  EXPECT_EQ(best_vector({}, "osv", &enrichment)->score, 6.1);
  const std::vector<advisory::Cvss> vectors = {{"3.1", "nonsense"}, {"3.1", kCritical}};
  const auto own = best_vector(vectors, "osv", &enrichment);
  EXPECT_EQ(own->source, "osv");
  EXPECT_EQ(own->score, 9.8);
  EXPECT_EQ(own->vector, kCritical);
  EXPECT_EQ(best_vector({{"3.1", kCritical}, {"4.0", kFour}}, "osv", nullptr)->version, Version::v4_0);
  EXPECT_EQ(best_vector({{"3.1", kMedium}, {"3.1", kCritical}}, "osv", nullptr)->score, 9.8);
}

}  // namespace
}  // namespace limpid::cvss
