// Bolt databases written by a writer of the test's own; tests/e2e/sources_test.py reads those of a real containerd.
#include "image/bolt.h"

#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "image/bolt_testing.h"
#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::BoltNode;
using testing::BoltWriter;
using testing::error_of;
using testing::Folder;

void flip(char& byte) { byte = static_cast<char>(byte ^ 1); }

class BoltTest : public ::testing::Test {
 protected:
  Result<Bolt> open(const std::string& bytes) const {
    return Bolt::open(base::File::open(folder_.write("meta.db", bytes)).value());
  }
  Folder folder_;
};

// Everything below `node` is found, and nothing else.
void expect_same(Bolt& bolt, const Bolt::Bucket& bucket, const BoltNode& node) {
  for (const auto& [key, value] : node.values) {
    EXPECT_EQ(bolt.value(bucket, key).value(), value);
    EXPECT_FALSE(bolt.bucket(bucket, key).value()) << key;
    EXPECT_FALSE(bolt.value(bucket, key + "x").value());
  }
  std::vector<std::string> names;
  for (const auto& [key, below] : node.buckets) {
    names.push_back(key);
    EXPECT_FALSE(bolt.value(bucket, key).value()) << key;
    const auto found = bolt.bucket(bucket, key);
    ASSERT_TRUE(found && *found) << key;
    expect_same(bolt, **found, below);
  }
  EXPECT_EQ(bolt.buckets(bucket).value(), names);
  EXPECT_FALSE(bolt.value(bucket, "").value());
  EXPECT_FALSE(bolt.bucket(bucket, "\xff\xff").value());
}

BoltNode random_node(std::mt19937& random, int depth) {
  BoltNode node;
  const auto word = [&](std::size_t size_max) {
    std::string text(1 + random() % size_max, ' ');
    for (char& c : text) c = static_cast<char>(random() % 256);
    return text;
  };
  for (std::size_t i = random() % 40; i-- > 0;) node.values[word(12) + "v"] = word(random() % 20 == 0 ? 9000 : 30);
  if (depth > 0)
    for (std::size_t i = random() % 6; i-- > 0;) node.buckets[word(12) + "b"] = random_node(random, depth - 1);
  return node;
}

TEST_F(BoltTest, FindsWhatWasWritten) {
  std::mt19937 random(20);
  for (int round = 0; round < 60; ++round) {
    const BoltNode node = random_node(random, 3);
    const std::size_t page_size = std::size_t{512} << random() % 5;
    const std::string bytes =
        BoltWriter(page_size, 2 + random() % 30, random() % 2 == 0).database(node, random() % 100);
    auto bolt = open(bytes);
    ASSERT_TRUE(bolt) << error_of(bolt);
    expect_same(*bolt, bolt->top(), node);
    EXPECT_TRUE(bolt->is_current().value());
  }
}

TEST_F(BoltTest, TakesTheNewerMetaAndOneAlone) {
  BoltNode node;
  node.values["k"] = "v";
  const std::string bytes = BoltWriter(1024).database(node, 8);
  for (const std::size_t broken : {0U, 1U}) {
    std::string half = bytes;
    flip(half[broken * 1024 + 16 + 50]);
    auto bolt = open(half);
    ASSERT_TRUE(bolt) << error_of(bolt);
    EXPECT_EQ(bolt->value(bolt->top(), "k").value(), "v");
    flip(half[(1 - broken) * 1024 + 16 + 50]);
    EXPECT_CONTAINS(error_of(open(half)), "not a bolt database");
  }
  // The older one's tree is gone.
  std::string newer = bytes;
  newer.replace(1024, 80, BoltWriter(1024).meta(1, 99, 100, 7));
  auto bolt = open(newer);
  ASSERT_TRUE(bolt);
  EXPECT_EQ(bolt->value(bolt->top(), "k").value(), "v");
  newer.replace(1024, 80, BoltWriter(1024).meta(1, 99, 100, 9));
  bolt = open(newer);
  ASSERT_TRUE(bolt);
  EXPECT_CONTAINS(error_of(bolt->value(bolt->top(), "k")), "end of the file");
}

TEST_F(BoltTest, SeesThatTheWriterWentOn) {
  BoltNode node;
  node.values["k"] = "v";
  const auto bolt = open(BoltWriter(1024).database(node, 8));
  ASSERT_TRUE(bolt);
  EXPECT_TRUE(bolt->is_current().value());
  std::fstream(folder_.path("meta.db"), std::ios::in | std::ios::out).seekp(1024) << BoltWriter(1024).meta(1, 2, 3, 9);
  EXPECT_FALSE(bolt->is_current().value());
}

TEST_F(BoltTest, TreesWithoutAnEndEnd) {
  BoltNode node;
  for (int i = 0; i < 40; ++i) node.values[base::cat({"k", i})] = "v";
  std::string bytes = BoltWriter(512, 4).database(node, 8);
  // Every branch leads to the root: the last page that was written.
  const std::uint64_t root = bytes.size() / 512 - 1;
  for (std::size_t page = 2; page < bytes.size() / 512; ++page) {
    if (bytes[page * 512 + 8] != 1) continue;
    for (std::size_t i = 0; i < static_cast<unsigned char>(bytes[page * 512 + 10]); ++i)
      bytes[page * 512 + 16 + i * 16 + 8] = static_cast<char>(root);
  }
  auto bolt = open(bytes);
  ASSERT_TRUE(bolt);
  EXPECT_CONTAINS(error_of(bolt->value(bolt->top(), "k1")), "without an end");
  EXPECT_FALSE(bolt->buckets(bolt->top()));
}

TEST_F(BoltTest, RefusesDamage) {
  EXPECT_FALSE(open(""));
  EXPECT_FALSE(open(std::string(9000, 'x')));
  BoltNode node;
  node.buckets["b"].values["k"] = "v";
  const std::string bytes = BoltWriter(512, 4, false).database(node, 8);
  // No byte of a page may lead out of it: every value at every place either still reads or is an error.
  for (std::size_t at = 1024; at < bytes.size(); ++at) {
    if (bytes[at] == 0 && at % 512 > 100) continue;
    for (const char value : {'\0', '\1', '\x7f', '\xff'}) {
      std::string changed = bytes;
      changed[at] = value;
      auto bolt = open(changed);
      ASSERT_TRUE(bolt);
      (void)bolt->buckets(bolt->top());
      const auto found = bolt->bucket(bolt->top(), "b");
      if (found && *found) (void)bolt->value(**found, "k");
    }
  }
  for (std::size_t size = 0; size < bytes.size(); size += 100) (void)open(bytes.substr(0, size));
}

}  // namespace
}  // namespace limpid::image
