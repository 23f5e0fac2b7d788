#include "advisory/redhat_streams.h"

#include <gtest/gtest.h>

namespace limpid::advisory {
namespace {

TEST(RedHatStreams, MinorReleasesInProductIds) {
  EXPECT_EQ(redhat_minor("AppStream-9.4.0.Z.MAIN", "9"), 4U);
  EXPECT_EQ(redhat_minor("BaseOS-8.10.0.Z.MAIN.EUS", "8"), 10U);
  EXPECT_EQ(redhat_minor("7Server-optional-7.9.Z", "7"), 9U);
  EXPECT_EQ(redhat_minor("AppStream-10.1.Z", "10"), 1U);
  EXPECT_EQ(redhat_minor("rhel-9.4-eus::appstream", "9"), 4U);
  EXPECT_EQ(redhat_minor("AppStream-9.4.0.GA", "9"), 4U);
  EXPECT_EQ(redhat_minor("7Server-ELS", "7"), std::nullopt);
  EXPECT_EQ(redhat_minor("8Base-RHOSE-4.14", "8"), std::nullopt);      // of OpenShift
  EXPECT_EQ(redhat_minor("8Base-satellite-6.14", "8"), std::nullopt);  // of Satellite
  EXPECT_EQ(redhat_minor("red_hat_enterprise_linux_9", "9"), std::nullopt);
  EXPECT_EQ(redhat_minor("AppStream-10.1.Z", "1"), std::nullopt);
  EXPECT_EQ(redhat_minor("AppStream-9.99999999999.Z", "9"), std::nullopt);
  EXPECT_EQ(redhat_minor("", "9"), std::nullopt);
}

// "introduced..version" of each, in their order.
std::string separated(std::vector<std::pair<unsigned, std::string>> given) {
  std::vector<StreamFix> fixes;
  for (auto& [minor, version] : given) fixes.push_back({minor, std::move(version), {}});
  separate_streams(fixes);
  std::string text;
  for (const auto& fix : fixes) text += (text.empty() ? "" : " ") + fix.introduced + ".." + fix.version;
  return text;
}

TEST(RedHatStreams, ALaterFixBeginsBehindTheEarlierStream) {
  // curl, CVE-2023-38545: by the first number of the release
  EXPECT_EQ(separated({{3, "7.76.1-26.el9_3.2"}, {2, "7.76.1-23.el9_2.4"}}),
            "..7.76.1-23.el9_2.4 7.76.1-24..7.76.1-26.el9_3.2");
  // a kernel's
  EXPECT_EQ(separated({{2, "5.14.0-284.30.1.el9_2"}, {3, "5.14.0-362.8.1.el9_3"}}),
            "..5.14.0-284.30.1.el9_2 5.14.0-285..5.14.0-362.8.1.el9_3");
  // by the upstream version, with an epoch
  EXPECT_EQ(separated({{2, "1:1.2-3.el9_2"}, {4, "1:1.4-1.el9_4"}}), "..1:1.2-3.el9_2 1:1.2^..1:1.4-1.el9_4");
  // by the minor release in the release
  EXPECT_EQ(separated({{0, "1.0.9-6.el9_0.1"}, {4, "1.0.9-6.el9_4.1"}}),
            "..1.0.9-6.el9_0.1 1.0.9-6.el9_1..1.0.9-6.el9_4.1");
  // three of them
  EXPECT_EQ(separated({{0, "1-1.el9_0"}, {2, "1-2.el9_2"}, {4, "2-1.el9_4"}}),
            "..1-1.el9_0 1-2..1-2.el9_2 1^..2-1.el9_4");
}

TEST(RedHatStreams, WhereNothingTellsThemApartTheHigherCounts) {
  EXPECT_EQ(separated({}), "");
  EXPECT_EQ(separated({{4, "1-1.el9"}}), "..1-1.el9");
  // the first fix did not suffice
  EXPECT_EQ(separated({{4, "1-1.el9_4"}, {4, "1-5.el9_4"}}), "..1-1.el9_4 ..1-5.el9_4");
  EXPECT_EQ(separated({{2, "1-1.el9_2"}, {4, "1-3.el9_4"}, {4, "1-5.el9_4"}}),
            "..1-1.el9_2 1-2..1-3.el9_4 1-2..1-5.el9_4");
  // one build for two releases
  EXPECT_EQ(separated({{3, "1-5.el9"}, {4, "1-5.el9"}}), "..1-5.el9");
  EXPECT_EQ(separated({{3, "1-3.el9"}, {3, "1-5.el9"}, {4, "1-5.el9"}}), "..1-3.el9 ..1-5.el9");
  // a later release with the lower version
  EXPECT_EQ(separated({{4, "1-3.el9"}, {3, "1-5.el9"}}), "..1-3.el9 ..1-5.el9");
  // builds of modules
  EXPECT_EQ(separated({{8, "1-2.module+el8.8.0+1+a"}, {10, "1-2.module+el8.10.0+2+b"}}),
            "..1-2.module+el8.8.0+1+a ..1-2.module+el8.10.0+2+b");
  // no release at all, or none that begins with a number
  EXPECT_EQ(separated({{2, "1-a"}, {3, "1-b"}}), "..1-a ..1-b");
}

}  // namespace
}  // namespace limpid::advisory
