// The order of paths on which the view's trees rest; what the view does with layers is in merge_test.cc.
#include "inventory/view.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace limpid::inventory {
namespace {

TEST(PathLess, IsTheOrderOfBytesWithTheSlashFirst) {
  std::vector<std::string> paths = {""};
  for (std::size_t first = 0, length = 0; length < 5; ++length) {
    const auto end = paths.size();
    for (; first < end; ++first) {
      for (const char c : {'a', '-', '/', '\xff'}) paths.push_back(paths[first] + c);
    }
  }
  const auto slash_first = [](std::string path) {
    std::ranges::replace(path, '/', '\0');
    return path;
  };
  for (std::size_t i = 0; i < paths.size(); i += 3) {
    for (std::size_t j = 0; j < paths.size(); j += 2) {
      ASSERT_EQ(PathLess{}(paths[i], paths[j]), slash_first(paths[i]) < slash_first(paths[j]))
          << paths[i] << ' ' << paths[j];
    }
  }
  const std::string common(30, 'x');
  EXPECT_TRUE(PathLess{}(common + "/z", common + "-a"));
  EXPECT_TRUE(PathLess{}(common, common + "/"));
  EXPECT_FALSE(PathLess{}(common, common));
}

TEST(View, NeighboursOfATreeSurviveIt) {
  LayerInventory lower, upper;
  for (const auto* path : {"a", "a-b", "a.b", "a/b", "a/b/c", "a0", "b/a", "b-a"}) {
    lower.evidence.emplace_back().path = path;
  }
  upper.whiteouts = {"a", "b"};
  View view;
  view.apply(lower, 0);
  view.apply(upper, 1);
  std::vector<std::string> left;
  for (const auto& [path, node] : view.nodes()) left.push_back(path);
  EXPECT_EQ(left, (std::vector<std::string>{"a-b", "a.b", "a0", "b-a"}));
}

}  // namespace
}  // namespace limpid::inventory
