#include "advisory/redhat_products.h"

#include <gtest/gtest.h>

namespace limpid::advisory {
namespace {

TEST(RedHatProducts, TheirReleases) {
  const std::pair<const char*, const char*> cases[] = {
      {"cpe:/o:redhat:enterprise_linux:9::baseos", "rhel:9"},
      {"cpe:/a:redhat:enterprise_linux:8::appstream", "rhel:8"},
      {"cpe:/o:redhat:enterprise_linux:7", "rhel:7"},
      {"cpe:/o:redhat:enterprise_linux:10.0", "rhel:10"},
      {"cpe:/a:redhat:rhel_eus:9.2::appstream", "rhel:9"},
      {"cpe:/o:redhat:rhel_els:7", "rhel:7"},
      {"cpe:/a:redhat:rhel_extras_other:7", "rhel:7"},
      {"cpe:/a:redhat:openshift:4.16::el9", "rhel:9"},
      {"cpe:/a:redhat:rhel_dotnet:3.1::el7", "rhel:7"},
      {" cpe:/a:redhat:satellite:6.14::el8 ", "rhel:8"},
      {"cpe:/a:redhat:hummingbird:1", "hummingbird"},
      {"cpe:/a:redhat:openshift:4", ""},
      {"cpe:/a:redhat:enterprise_linux", ""},
      {"cpe:/a:redhat:enterprise_linux:900", ""},
      {"cpe:/a:other:enterprise_linux:9", ""},
      {"cpe:2.3:o:redhat:enterprise_linux:9", ""},
      {"", ""},
  };
  for (const auto& [cpe, name_space] : cases) EXPECT_EQ(redhat_product(cpe).name_space, name_space) << cpe;
}

TEST(RedHatProducts, WhatStandsUponAnyRelease) {
  EXPECT_EQ(redhat_layered_product(" cpe:/a:redhat:openshift:4 ").name_space, "rhel");
  EXPECT_EQ(redhat_layered_product("cpe:/a:redhat:openshift:4:").cpe, "cpe:/a:redhat:openshift:4");
  for (const auto* other :
       {"cpe:/a:redhat:openshift:4.16::el9", "cpe:/o:redhat:enterprise_linux:9", "cpe:/a:redhat:enterprise_linux",
        "cpe:/a:redhat:hummingbird:1", "cpe:/a:other:openshift:4", "cpe:/a:redhat:", "cpe:/a:redhat", ""}) {
    EXPECT_EQ(redhat_layered_product(other).name_space, "") << other;
  }
}

TEST(RedHatProducts, MinorReleasesOfRhelItselfAreOneProduct) {
  EXPECT_EQ(redhat_product("cpe:/o:redhat:enterprise_linux:10.1").cpe, "cpe:/o:redhat:enterprise_linux:10");
  EXPECT_EQ(redhat_product("cpe:/a:redhat:rhel_eus:9.2::appstream").cpe, "cpe:/a:redhat:rhel_eus:9.2::appstream");
  EXPECT_EQ(redhat_product("cpe:/a:redhat:enterprise_linux:8::").cpe, "cpe:/a:redhat:enterprise_linux:8");
  EXPECT_EQ(redhat_product("cpe:/a:redhat:hummingbird:1").cpe, "");
}

}  // namespace
}  // namespace limpid::advisory
