#include "base/keyed_hash.h"

#include <cstdio>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

namespace limpid::base {
namespace {

TEST(KeyedHash, TellsTextsApart) {
  std::set<std::size_t> values;
  for (int i = 0; i < 100'000; ++i) values.insert(KeyedHash{}(cat({"usr/lib/", i})));
  for (std::size_t size = 0; size < 600; ++size) values.insert(KeyedHash{}(std::string(size, 'x')));
  EXPECT_EQ(values.size(), 100'600U);
  EXPECT_EQ(KeyedHash{}("a"), KeyedHash{}(std::string("a")));
}

TEST(KeyedHash, DiffersFromRunToRun) {
  const char* const self = "/proc/self/exe";
  const auto of_child = [&] {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl(self, "test", "--gtest_filter=KeyedHash.DISABLED_Print", "--gtest_also_run_disabled_tests", nullptr);
      ::_exit(1);
    }
    ::close(ends[1]);
    std::string text(4'096, '\0');
    std::size_t size = 0;
    for (ssize_t got = 0; (got = ::read(ends[0], text.data() + size, text.size() - size)) > 0;)
      size += static_cast<std::size_t>(got);
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    const auto at = text.find("value ");
    return at == std::string::npos ? std::string() : text.substr(at, text.find('\n', at) - at);
  };
  const std::string first = of_child(), second = of_child();
  EXPECT_NE(first, "");
  EXPECT_NE(first, second);
}

TEST(KeyedHash, DISABLED_Print) { std::printf("value %zu\n", KeyedHash{}("a")); }

}  // namespace
}  // namespace limpid::base
