#include "image/platform.h"

#include <gtest/gtest.h>

#include "image/source.h"

namespace limpid::image {
namespace {

Platform of(std::string_view text) { return parse_platform(text).value(); }

TEST(Platform, IsReadAsPeopleWriteIt) {
  EXPECT_EQ(to_string(of("linux/amd64")), "linux/amd64");
  EXPECT_EQ(to_string(of("linux/x86_64")), "linux/amd64");
  EXPECT_EQ(to_string(of("aarch64")), "linux/arm64");
  EXPECT_EQ(to_string(of("linux/arm64/v8")), "linux/arm64");
  EXPECT_EQ(to_string(of("linux/arm")), "linux/arm/v7");
  EXPECT_EQ(to_string(of("armel")), "linux/arm/v6");
  EXPECT_EQ(to_string(of("linux/arm/6")), "linux/arm/v6");
  EXPECT_EQ(to_string(of("Linux/I386")), "linux/386");
  EXPECT_EQ(of("windows").os, "windows");
  EXPECT_EQ(of("windows").architecture, host_platform().architecture);
  for (const std::string_view text : {"", "/", "linux/", "linux//v7", "a/b/c/d"})
    EXPECT_EQ(parse_platform(text).error().code(), Code::usage) << text;
}

TEST(Platform, HostIsStated) {
  EXPECT_EQ(host_platform().os, "linux");
  EXPECT_NE(host_platform().architecture, "");
}

TEST(Platform, PrefersTheSameThenTheLowerVariant) {
  EXPECT_EQ(distance(of("linux/amd64"), of("linux/amd64")), 0U);
  EXPECT_EQ(distance(of("linux/amd64"), of("linux/arm64")), std::nullopt);
  EXPECT_EQ(distance(of("linux/amd64"), of("windows/amd64")), std::nullopt);
  EXPECT_EQ(distance(of("linux/arm/v7"), of("linux/arm")), 0U);
  EXPECT_LT(distance(of("linux/arm/v7"), of("linux/arm/v6")), distance(of("linux/arm/v7"), of("linux/arm/v5")));
  EXPECT_LT(distance(of("linux/amd64"), of("linux/amd64")), distance(of("linux/amd64"), of("linux/amd64/v3")));
  EXPECT_TRUE(distance(of("linux/amd64"), of("linux/amd64/v3")));
  EXPECT_FALSE(distance(of("linux/amd64/v2"), of("linux/amd64/v3")));
  EXPECT_TRUE(distance(of("linux/amd64/v3"), of("linux/amd64/v2")));
  EXPECT_FALSE(distance(of("linux/arm64"), of("linux/arm64/strange")));
}

TEST(JudgePlatform, OfASingleImage) {
  const std::string other = host_platform().architecture == "s390x" ? "amd64" : "s390x";
  const auto judged = [](std::string_view asked, const std::string& architecture) {
    Manifest manifest;
    manifest.platform.architecture = architecture;
    const auto result = judge_platform(asked, manifest);
    if (!result) return std::string(base::name_of(result.error().code())) + ": " + result.error().describe();
    return manifest.notes.empty() ? std::string() : manifest.notes[0];
  };
  EXPECT_EQ(judged("", host_platform().architecture), "");
  EXPECT_EQ(judged("linux/" + other, other), "");
  EXPECT_EQ(judged(kAllPlatforms, other), "");
  EXPECT_EQ(judged("linux/" + other, ""), "");  // it does not say
  EXPECT_NE(judged("", other).find("the only image is for linux/" + other + ", not for this machine's"),
            std::string::npos);
  EXPECT_EQ(judged("linux/riscv64", other),
            "not found: no image for the platform linux/riscv64; there are: linux/" + other);
  EXPECT_TRUE(judged("a/b/c/d", other).starts_with("usage: "));
}

}  // namespace
}  // namespace limpid::image
