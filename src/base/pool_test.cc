#include "base/pool.h"

#include <atomic>
#include <memory>

#include <gtest/gtest.h>

namespace limpid::base {
namespace {

TEST(Pool, RunsEveryTaskOnceAndWaits) {
  std::atomic<int> sum = 0;
  Pool pool(3, 2);
  for (int i = 1; i <= 1000; ++i) pool.submit([&sum, i] { sum += i; });
  pool.wait();
  EXPECT_EQ(sum, 500500);
  pool.submit([&sum] { sum = -1; });
  pool.wait();
  EXPECT_EQ(sum, -1);
}

TEST(Pool, EndsWhatWasSubmittedBeforeItGoes) {
  std::atomic<int> done = 0;
  {
    Pool pool(2, 100);
    for (int i = 0; i < 100; ++i) pool.submit([&done] { ++done; });
  }
  EXPECT_EQ(done, 100);
}

TEST(Pool, TakesMoveOnlyTasksAndLetsGoOfThem) {
  const auto shared = std::make_shared<int>(7);
  Pool pool(1, 1);
  pool.submit([held = std::make_unique<std::shared_ptr<int>>(shared)] { EXPECT_EQ(**held, 7); });
  pool.wait();
  EXPECT_EQ(shared.use_count(), 1);
}

}  // namespace
}  // namespace limpid::base
