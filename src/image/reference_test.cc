#include "image/reference.h"

#include <gtest/gtest.h>

namespace limpid::image {
namespace {

TEST(Reference, MatchesNamesWithDefaultsFilledIn) {
  EXPECT_TRUE(reference_matches("alpine:3.19", "alpine:3.19"));
  EXPECT_TRUE(reference_matches("docker.io/library/alpine:3.19", "alpine:3.19"));
  EXPECT_TRUE(reference_matches("alpine:latest", "alpine"));
  EXPECT_TRUE(reference_matches("alpine:3.19", "3.19"));
  EXPECT_TRUE(reference_matches("localhost:5000/x:latest", "localhost:5000/x"));
  EXPECT_TRUE(reference_matches("3.19", "3.19"));
  EXPECT_TRUE(reference_matches("3.19", "alpine:3.19"));
  EXPECT_TRUE(reference_matches("test_image", "test_image"));
  EXPECT_FALSE(reference_matches("alpine:3.19", "alpine:3.18"));
  EXPECT_FALSE(reference_matches("alpine:3.19", "alpine"));
  EXPECT_FALSE(reference_matches("alpine:3.19", "3.1"));
  EXPECT_FALSE(reference_matches("quay.io/alpine:3.19", "alpine:3.19"));
  EXPECT_FALSE(reference_matches("localhost:5000/x", "5000"));
  EXPECT_FALSE(reference_matches("", "x"));
}

TEST(Reference, ListsAreCutShort) {
  EXPECT_EQ(list_some({}), "");
  EXPECT_EQ(list_some({"a", "b"}), "a, b");
  const std::string many = list_some(std::vector<std::string>(25, "x"));
  EXPECT_TRUE(many.ends_with("x and 5 more")) << many;
}

}  // namespace
}  // namespace limpid::image
