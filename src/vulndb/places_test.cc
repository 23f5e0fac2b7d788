// Lists of groups are shared where they are equal, and hostile ones are refused.
#include "vulndb/places.h"

#include <gtest/gtest.h>

namespace limpid::vulndb {
namespace {

constexpr std::uint32_t kGroups = 100;
std::uint32_t namespace_of(std::uint32_t group) { return group / 10; }

TEST(Places, ReadBackWhatWasWritten) {
  PlacesWriter writer;
  const std::vector<std::vector<std::uint32_t>> lists = {
      {}, {0}, {99}, {1, 2, 3, 11, 12, 99}, {1, 2, 3}, {11, 12}, {5, 11, 12}, {1, 2, 3, 11, 12, 99}, {}};
  std::vector<std::uint64_t> at;
  for (const auto& list : lists) at.push_back(writer.add(list, namespace_of));
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const auto read = read_places(writer.bytes(), at[i], kGroups);
    ASSERT_TRUE(read) << read.error().describe();
    EXPECT_EQ(*read, lists[i]) << i;
  }
  EXPECT_EQ(at[3], at[7]);
  EXPECT_EQ(at[0], at[8]);
  // A list of sets that are all there already: their number and two offsets.
  const std::size_t before = writer.bytes().size();
  writer.add(std::vector<std::uint32_t>{1, 2, 3, 11, 12}, namespace_of);
  EXPECT_EQ(writer.bytes().size() - before, 3U);
}

TEST(Places, RefuseWhatIsNoList) {
  const auto read = [](const std::vector<std::uint8_t>& bytes, std::uint64_t offset) {
    return read_places(bytes, offset, kGroups).has_value();
  };
  EXPECT_TRUE(read({1, 7, 1, 0}, 2));  // a set of group 7, and a list of that set
  EXPECT_FALSE(read({}, 0));
  EXPECT_FALSE(read({1, 7, 1, 0}, 4));
  EXPECT_FALSE(read({1, 100, 1, 0}, 2));   // a group that is not there
  EXPECT_FALSE(read({1, 7, 2, 0, 0}, 2));  // one set twice: not ascending
  EXPECT_FALSE(read({2, 7, 0, 1, 0}, 3));  // one group twice
  EXPECT_FALSE(read({0, 1, 0}, 1));        // an empty set
  EXPECT_FALSE(read({1, 7, 1, 9}, 2));     // a set beyond the section
  EXPECT_FALSE(read({1, 7, 3, 0}, 2));     // cut
  EXPECT_FALSE(read({9, 7, 1, 0}, 2));     // a set longer than the section
}

}  // namespace
}  // namespace limpid::vulndb
