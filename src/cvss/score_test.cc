#include "cvss/score.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"

namespace limpid::cvss {
namespace {

double base_of(std::string_view vector) {
  const auto scores = score(vector);
  return scores ? scores->base : -1;
}

TEST(Cvss, KnownScores) {
  EXPECT_EQ(base_of("AV:N/AC:L/Au:N/C:C/I:C/A:C"), 10.0);
  EXPECT_EQ(base_of("(AV:N/AC:L/Au:N/C:N/I:N/A:P)"), 5.0);
  EXPECT_EQ(base_of("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"), 6.1);
  EXPECT_EQ(base_of("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"), 9.8);
  EXPECT_EQ(base_of("CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N/"), 9.8);
  EXPECT_EQ(base_of("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:N/I:N/A:N"), 0.0);
  EXPECT_EQ(base_of("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H"), 10.0);
  EXPECT_EQ(base_of("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"), 9.3);
  EXPECT_EQ(base_of("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N"), 0.0);
}

TEST(Cvss, BaseLeavesOutWhatIsNotBase) {
  const auto scores = score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U/MAV:P");
  ASSERT_TRUE(scores);
  EXPECT_EQ(scores->base, 9.8);
  EXPECT_EQ(scores->temporal, 7.8);
  EXPECT_LT(scores->environmental, 7);
  const auto four = score("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U/CR:L/IR:L/AR:L/MVC:N");
  ASSERT_TRUE(four);
  EXPECT_EQ(four->base, 9.3);
  EXPECT_LT(four->temporal, 9.3);
  EXPECT_LT(four->environmental, four->temporal);
}

TEST(Cvss, WhatIsNoVectorHasNoScore) {
  for (const std::string_view bad : {
           "",
           "CVSS:3.1/",
           "CVSS:3.1",
           "CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
           "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
           "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/A:H",
           "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:C",
           "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:",
           "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A",
           "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
           "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/ZZ:N",
           "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H//",
           "CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
           "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:S/SI:N/SA:N",
           "AV:N/AC:L/Au:N/C:C/I:C",
           "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
           "(AV:N/AC:L/Au:N/C:C/I:C/A:C",
       })
    EXPECT_FALSE(score(bad)) << bad;
  EXPECT_FALSE(score("CVSS:3.1/" + std::string(1'000'000, '/')));
}

struct Expected {
  std::string vector;
  std::vector<std::string> scores;  // "None": not stated
};

// Lines "VECTOR - (base, temporal, environmental)" or "VECTOR - score".
std::vector<Expected> read_expected(const std::string& path) {
  std::vector<Expected> all;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto at = line.find(" - ");
    if (at == std::string::npos) continue;
    std::string_view rest = std::string_view(line).substr(at + 3);
    base::strip_prefix(rest, "(");
    base::strip_suffix(rest, ")");
    Expected one{line.substr(0, at), {}};
    for (const auto part : base::split(rest, ','))
      if (!base::trim(part).empty()) one.scores.emplace_back(base::trim(part));
    all.push_back(std::move(one));
  }
  return all;
}

TEST(Cvss, EveryRealVectorHasItsScores) {
  const char* root = std::getenv("LIMPID_SHARED");
  const std::string folder = root == nullptr ? "" : std::string(root) + "/data/cvss";
  if (root == nullptr || !std::filesystem::exists(folder))
    GTEST_SKIP() << "real data not here: LIMPID_SHARED does not name a folder that has it";
  std::size_t vectors = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".txt") continue;
    for (const auto& [vector, expected] : read_expected(entry.path())) {
      ++vectors;
      const auto scores = score(vector);
      ASSERT_TRUE(scores) << vector;
      const bool one_score = scores->version == Version::v4_0;
      const std::vector<double> ours = one_score ? std::vector{scores->environmental}
                                                 : std::vector{scores->base, scores->temporal, scores->environmental};
      ASSERT_EQ(ours.size(), expected.size()) << vector;
      for (std::size_t i = 0; i < ours.size(); ++i)
        if (expected[i] != "None") {
          EXPECT_EQ(ours[i], std::abs(std::stod(expected[i]))) << vector << " score " << i;
        }
    }
  }
  EXPECT_EQ(vectors, 7'667U);
}

}  // namespace
}  // namespace limpid::cvss
