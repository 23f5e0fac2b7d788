#include "base/error.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace limpid::base {
namespace {

Result<int> innermost() { return fail(Code::truncated, {"gzip: ends at ", 17}); }
Result<int> middle() {
  LIMPID_ASSIGN_WITHIN(const int value, innermost(), {"layer ", 2});
  return value + 1;
}
Result<void> outer() {
  LIMPID_TRY_WITHIN(middle(), {"a.tar"});
  return {};
}

TEST(Error, ContextReadsFromTheOutside) {
  const auto result = outer();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::truncated);
  EXPECT_EQ(result.error().describe(), "a.tar: layer 2: gzip: ends at 17");
  EXPECT_EQ(result.error().message(), "gzip: ends at 17");
}

TEST(Error, DescribesHostileBytesSafely) { EXPECT_EQ(Error(Code::invalid, "x\x1b]0;y").describe(), "x\\x1b]0;y"); }

TEST(Error, ErrnoDecidesTheCode) {
  errno = ENOENT;
  EXPECT_EQ(fail_errno({"a"}).error().code(), Code::not_found);
  errno = EACCES;
  const Error error = fail_errno({"b"}).error();
  EXPECT_EQ(error.code(), Code::io);
  EXPECT_EQ(error.describe(), "b: Permission denied");
}

}  // namespace
}  // namespace limpid::base
