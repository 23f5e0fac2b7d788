#include "base/library.h"

#include <array>
#include <thread>
#include <vector>

#include <bzlib.h>
#include <gtest/gtest.h>

namespace limpid::base {
namespace {

constinit Library missing{"libno-such-thing.so.7"};
constinit Library bzip2{"libbz2.so.1.0"};
LIMPID_IMPORT(bzip2, BZ2_bzlibVersion)
LIMPID_IMPORT(missing, BZ2_bzBuffToBuffCompress)

TEST(Library, IsOpenedAtTheFirstCallFromAnyThread) {
  std::array<std::string, 8> versions;
  {
    std::vector<std::jthread> threads;
    for (std::string& version : versions) threads.emplace_back([&version] { version = BZ2_bzlibVersion(); });
  }
  for (const std::string& version : versions) EXPECT_EQ(version, ::BZ2_bzlibVersion());
  EXPECT_TRUE(bzip2.load());
}

TEST(Library, SaysWhichOneIsMissing) {
  const auto loaded = missing.load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), Code::not_found);
  EXPECT_NE(loaded.error().describe().find("libno-such-thing.so.7"), std::string::npos) << loaded.error().describe();
  EXPECT_FALSE(missing.load()) << "and says it again";
}

TEST(LibraryDeathTest, ACallIntoAMissingOneEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(BZ2_bzBuffToBuffCompress(nullptr, nullptr, nullptr, 0, 0, 0, 0),
               "libno-such-thing.so.7 has no function BZ2_bzBuffToBuffCompress");
}

}  // namespace
}  // namespace limpid::base
