#include "service/http/target.h"

#include <gtest/gtest.h>

namespace limpid::service::http {
namespace {

using Segments = std::vector<std::string>;

TEST(Target, SplitsAndDecodes) {
  EXPECT_EQ(split_path("/v1/namespaces/debian%3A8/vulnerabilities"),
            (Segments{"v1", "namespaces", "debian:8", "vulnerabilities"}));
  EXPECT_EQ(split_path("/v1/layers/a%2Fb"), (Segments{"v1", "layers", "a/b"}));
  EXPECT_EQ(split_path("/v1/layers/a+b"), (Segments{"v1", "layers", "a+b"}));
  EXPECT_EQ(split_path("/v1/layers/"), (Segments{"v1", "layers"})) << "a trailing slash is as none";
  EXPECT_EQ(split_path("/v1//layers"), (Segments{"v1", "", "layers"}));
  EXPECT_EQ(split_path("/"), (Segments{""}));
  EXPECT_FALSE(split_path(""));
  EXPECT_FALSE(split_path("v1"));
  for (const std::string_view bad : {"/%", "/%4", "/%zz", "/a%2"}) EXPECT_FALSE(split_path(bad)) << bad;
}

TEST(Target, AsksTheQuery) {
  EXPECT_EQ(query_value("limit=2&page=a%2Bb%3D%3D", "page"), "a+b==");
  EXPECT_EQ(query_value("page=a+b", "page"), "a b");
  EXPECT_EQ(query_value("limit", "limit"), "");
  EXPECT_EQ(query_value("limit=1&limit=2", "limit"), "1");
  EXPECT_EQ(query_value("x=limit", "limit"), std::nullopt);
  EXPECT_EQ(query_value("", "limit"), std::nullopt);
}

TEST(Target, KeysCountWithAndWithoutValue) {
  EXPECT_TRUE(query_has("features=false&vulnerabilities=true", "features"));
  EXPECT_TRUE(query_has("vulnerabilities", "vulnerabilities"));
  EXPECT_TRUE(query_has("a&vulnerabilities=", "vulnerabilities"));
  EXPECT_FALSE(query_has("Features", "features"));
  EXPECT_FALSE(query_has("xfeatures=1&featuresx", "features"));
  EXPECT_FALSE(query_has("", "features"));
}

}  // namespace
}  // namespace limpid::service::http
