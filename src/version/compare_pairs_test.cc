#include "version/compare_pairs.h"

#include <sstream>
#include <streambuf>

#include <gtest/gtest.h>

#include "version/schemes.h"

namespace limpid::version {
namespace {

std::string answers(const std::string& pairs) {
  std::istringstream in(pairs);
  std::ostringstream out;
  EXPECT_TRUE(compare_pairs(dpkg_ordering(), in, out));
  return out.str();
}

TEST(ComparePairs, AnswersEachLine) {
  EXPECT_EQ(answers("1\t2\n1.0\t1.0-0\r\n1.0\t1.0~\n"), "<\n=\n>\n");
  EXPECT_EQ(answers("1\t2\n2\t1"), "<\n>\n") << "the last line may lack its end";
  EXPECT_EQ(answers(""), "");
}

TEST(ComparePairs, SaysWhyThereIsNoAnswer) {
  EXPECT_EQ(answers("1\tx:1\n"), "?\tinvalid: B: the epoch is empty\n");
  EXPECT_EQ(answers("\t1\n"), "?\tinvalid: A: empty\n");
  const std::string no_pair = "?\tinvalid: not two versions with a tab between\n";
  EXPECT_EQ(answers("\n1 2\n1\t2\t3\n1\t2\n"), no_pair + no_pair + no_pair + "<\n");
}

TEST(ComparePairs, KeepsItsPlaceAfterALineTooLong) {
  const std::string too_long = "?\tinvalid: a line longer than 4096 bytes\n";
  const std::string longest = std::string(kPairLineMax - 2, '1') + "\t2";
  EXPECT_EQ(answers(longest + "\n1\t2\n"), "?\tinvalid: A: longer than 1024 bytes\n<\n");
  EXPECT_EQ(answers(longest), "?\tinvalid: A: longer than 1024 bytes\n");
  EXPECT_EQ(answers(longest + "2\n1\t2\n"), too_long + "<\n");
  EXPECT_EQ(answers(longest + "2"), too_long);
  EXPECT_EQ(answers(std::string(1 << 20, '\t') + "\n2\t1"), too_long + ">\n");
}

class BrokenBuffer final : public std::streambuf {
  int_type underflow() override { throw std::ios_base::failure("gone"); }
};

TEST(ComparePairs, ReportsBrokenStreams) {
  BrokenBuffer broken;
  std::istream unreadable(&broken);
  std::ostringstream out;
  const auto read = compare_pairs(dpkg_ordering(), unreadable, out);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Code::io);

  std::istringstream in("1\t2\n");
  std::ostream unwritable(nullptr);
  const auto written = compare_pairs(dpkg_ordering(), in, unwritable);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), Code::io);
}

}  // namespace
}  // namespace limpid::version
