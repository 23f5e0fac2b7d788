#include "version/ordering_checks.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

TEST(Bitnami, RevisionsComeAfterNone) {
  for (const char* statement : {
           "1.2.3-rc1 < 1.2.3 = 1.2.3-0 = 1.2.3-r0 < 1.2.3-1 = 1.2.3-r1 = 1.2.3-01 < 1.2.3-9 < 1.2.3-10 < 1.2.4-0",
           "17.2.0-8 < 17.2.0-9 < 17.2.1-0",
           "1.8.0-333 > 1.8.0-332",
           "1.2.3-10 < 1.2.3-* < 1.2.4-rc1 < 1.2.4",
           "1.2.3-rc1 < 1.2.3-rc1-2 < 1.2.3-rc1-* < 1.2.3-rc2",
           "1.2 = 1.2.0 = v1.2.0-0",
           "0.16.20220414 < 0.16.20220415",
           "1.2.3-99999999999999999999 < 1.2.3-100000000000000000000",
           // No revisions, whatever they are: semver's pre-releases.
           "3.6.5-8-g210218 < 3.6.5",
           "2.4.46-10.el8 < 2.4.46",
           "0.0.0-20250806193240-9b0b5d4f345f < 0.0.0-20250807212521-c52795c1ef74 < 0.0.0",
       })
    checks::expect_order(bitnami_ordering(), statement);
}

TEST(Bitnami, WhatHasNoPlace) {
  for (const char* text : {"", "-1", "-", "-*", "latest", "1.x", "nightly.2026-03-10.0", "-r1", "r1"})
    checks::expect_invalid(bitnami_ordering(), text);
  checks::expect_invalid(bitnami_ordering(), std::string(kLengthMax + 1, '1'));
}

TEST(Bitnami, KeepsTheLawsOfAnOrder) {
  checks::expect_laws(bitnami_ordering(), {"1.2.3", "1.2.3-4", "1.2.3-r10", "1.2.3-rc1", "1.2.3-*", "1.2.3-rc.1-2"},
                      "019ar.-*", 20'000);
}

TEST(Bitnami, ALastAffectedVersionMeansItsRevisions) {
  EXPECT_EQ(bitnami_ordering().last_affected("5.16.1"), "5.16.1-*");
  EXPECT_EQ(bitnami_ordering().last_affected("1.8.0-333"), "1.8.0-333");
  EXPECT_EQ(semver_ordering().last_affected("5.16.1"), "5.16.1");
}

}  // namespace
}  // namespace limpid::version
