#include "service/v1/body_pool.h"

#include <gtest/gtest.h>

namespace limpid::service::v1 {
namespace {

TEST(BodyPool, GivesTheSameMemoryAgain) {
  BodyPool pool;
  std::string body = pool.take();
  EXPECT_TRUE(body.empty());
  EXPECT_GE(body.capacity(), BodyPool::kBodyBytes);
  body = "a report";
  const char* place = body.data();
  pool.give(std::move(body));
  EXPECT_EQ(pool.size(), 1U);
  const std::string next = pool.take();
  EXPECT_EQ(next.data(), place);
  EXPECT_TRUE(next.empty());
  EXPECT_EQ(pool.size(), 0U);
}

TEST(BodyPool, WhatIsKeptIsOfTheTextsSize) {
  BodyPool pool;
  std::string small = pool.take();
  small = "small";
  EXPECT_EQ(pool.settle(std::move(small)), "small");
  EXPECT_EQ(pool.size(), 1U);
  std::string large = pool.take();
  large.assign(BodyPool::kBodyBytes - 1, 'x');
  const char* place = large.data();
  const std::string kept = pool.settle(std::move(large));
  EXPECT_EQ(kept.data(), place) << "a large one was copied";
}

TEST(BodyPool, StaysWithinItsBound) {
  BodyPool pool;
  pool.give(std::string(8 * BodyPool::kBodyBytes, 'x'));
  pool.give(std::string("tiny"));
  EXPECT_EQ(pool.size(), 0U);
  for (std::size_t i = 0; i < 3 * BodyPool::kBodies; ++i) pool.give(std::string(BodyPool::kBodyBytes, 'x'));
  EXPECT_EQ(pool.size(), BodyPool::kBodies);
}

}  // namespace
}  // namespace limpid::service::v1
