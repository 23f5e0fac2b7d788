#include "archive/entry.h"

#include <gtest/gtest.h>

#include "archive/skip_log.h"

namespace limpid::archive {
namespace {

TEST(NormalisePath, StaysInsideTheRoot) {
  struct Case {
    std::string_view raw, path;
    bool outside;
  };
  for (const Case& test : std::vector<Case>{{"etc/passwd", "etc/passwd", false},
                                            {"/etc/passwd", "etc/passwd", false},
                                            {"./etc/passwd", "etc/passwd", false},
                                            {"//etc//passwd", "etc/passwd", false},
                                            {"etc/./passwd/.", "etc/passwd", false},
                                            {"etc/", "etc", false},
                                            {"", "", false},
                                            {".", "", false},
                                            {"./", "", false},
                                            {"/", "", false},
                                            {"a/../b", "b", false},
                                            {"a/b/../c", "a/c", false},
                                            {"a/..", "", false},
                                            {"a/../..", "", true},
                                            {"..", "", true},
                                            {"../../etc/passwd", "etc/passwd", true},
                                            {"a/../../b", "b", true},
                                            {"...", "...", false},
                                            {"..a/.b", "..a/.b", false},
                                            {".wh..wh..opq", ".wh..wh..opq", false},
                                            {"a\nb/\x1b[31m", "a\nb/\x1b[31m", false},
                                            {"caf\xe9", "caf\xe9", false},
                                            {"a\\..\\b", "a\\..\\b", false}}) {
    std::string path = "left over";
    bool outside = !test.outside;
    EXPECT_TRUE(normalise_path(test.raw, path, outside)) << test.raw;
    EXPECT_EQ(path, test.path) << test.raw;
    EXPECT_EQ(outside, test.outside) << test.raw;
  }
}

TEST(NormalisePath, RefusesWhatNoFileSystemTakes) {
  std::string path;
  bool outside = false;
  EXPECT_FALSE(normalise_path(std::string_view("a\0b", 3), path, outside));
  EXPECT_TRUE(normalise_path(std::string(kComponentLengthMax, 'x'), path, outside));
  EXPECT_FALSE(normalise_path(std::string(kComponentLengthMax + 1, 'x'), path, outside));
  EXPECT_FALSE(normalise_path("a/" + std::string(kComponentLengthMax + 1, 'x') + "/b", path, outside));
  std::string deep;
  while (deep.size() < kPathLengthMax) deep += "abc/";
  EXPECT_TRUE(normalise_path(deep, path, outside));
  EXPECT_EQ(path.size(), kPathLengthMax - 1);
  EXPECT_FALSE(normalise_path(deep + "x", path, outside));
}

TEST(SkipLog, CountsWhatItDoesNotList) {
  SkipLog log(3);
  for (int i = 0; i < 10; ++i) log.add("name", SkipReason::unsafe, {"number ", i});
  ASSERT_EQ(log.list().size(), 4U);
  EXPECT_EQ(log.list()[2].detail, "number 2");
  EXPECT_EQ(log.list()[3].detail, "7 more were skipped, beyond the limit skipped=3");
}

TEST(SkipLog, BoundsTheNames) {
  SkipLog log(3);
  log.add(std::string(1 << 20, 'x'), SkipReason::unsafe, {"long"});
  EXPECT_EQ(log.list()[0].path.size(), kPathLengthMax);
}

}  // namespace
}  // namespace limpid::archive
