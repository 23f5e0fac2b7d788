#include "archive/source.h"

#include <fstream>

#include <gtest/gtest.h>

#include "archive/cursor.h"
#include "archive/testing.h"

namespace limpid::archive {
namespace {

std::string numbered(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

class FileSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = folder_.path() + "/bytes";
    std::ofstream(path_, std::ios::binary) << bytes_;
    file_ = base::File::open(path_).value();
  }
  base::TemporaryDirectory folder_ = base::TemporaryDirectory::make("limpid-source").value();
  std::string bytes_ = numbered(kBufferSize * 2 + 777);
  std::string path_;
  base::File file_;
};

TEST_F(FileSourceTest, ReadsAPart) {
  const auto source = file_source(file_, 100, kBufferSize + 5);
  const auto first = source->next();
  ASSERT_TRUE(first);
  EXPECT_EQ(base::as_text(*first), bytes_.substr(100, kBufferSize));
  const auto second = source->next();
  ASSERT_TRUE(second);
  EXPECT_EQ(base::as_text(*second), bytes_.substr(100 + kBufferSize, 5));
  EXPECT_EQ(second->data(), first->data()) << "the buffer is reused";
  EXPECT_TRUE(source->next()->empty());
  EXPECT_TRUE(source->next()->empty());
}

TEST_F(FileSourceTest, SaysThatTheFileEndsEarly) {
  const auto source = file_source(file_, 10, bytes_.size());
  const auto all = read_all(*source, bytes_.size() * 2);
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code(), Code::truncated);
  EXPECT_FALSE(source->next()) << "the error stays";
}

TEST_F(FileSourceTest, EmptyPart) { EXPECT_TRUE(file_source(file_, bytes_.size() + 5, 0)->next()->empty()); }

TEST(MemorySource, LendsItsBytesOnce) {
  const std::string text = "hello";
  const auto source = memory_source(base::as_bytes(text));
  EXPECT_EQ(source->next()->data(), base::as_bytes(text).data());
  EXPECT_TRUE(source->next()->empty());
  EXPECT_TRUE(source->next()->empty());
}

TEST(ReadAll, ObeysItsLimitExactly) {
  const std::string text = numbered(1000);
  for (const std::size_t piece : {1U, 7U, 4096U}) {
    testing::ChoppedSource enough(text, piece);
    EXPECT_EQ(read_all(enough, 1000).value(), text);
    testing::ChoppedSource too_much(text, piece);
    EXPECT_EQ(read_all(too_much, 999).error().code(), Code::limit);
  }
}

TEST(Cursor, GathersAcrossPiecesOfAnySize) {
  const std::string text = numbered(5000);
  for (const std::size_t piece : {1U, 3U, 512U, 700U, 6000U}) {
    testing::ChoppedSource source(text, piece);
    Cursor cursor(source);
    EXPECT_EQ(base::as_text(cursor.gather(10).value()), text.substr(0, 10));
    EXPECT_EQ(cursor.skip(1000).value(), 1000U);
    EXPECT_EQ(base::as_text(cursor.gather(512).value()), text.substr(1010, 512));
    EXPECT_EQ(base::as_text(cursor.gather(2000).value()), text.substr(1522, 2000));
    EXPECT_EQ(cursor.offset(), 3522U);
    EXPECT_EQ(base::as_text(cursor.gather(2000).value()), text.substr(3522)) << "fewer at the end";
    EXPECT_TRUE(cursor.gather(1).value().empty());
    EXPECT_TRUE(cursor.take(1).value().empty());
    EXPECT_EQ(cursor.skip(5).value(), 0U);
  }
}

TEST(Cursor, DoesNotCopyWhatLiesInOnePiece) {
  const std::string text = numbered(5000);
  const auto source = memory_source(base::as_bytes(text));
  Cursor cursor(*source);
  EXPECT_EQ(cursor.gather(512)->data(), base::as_bytes(text).data());
  EXPECT_EQ(cursor.take(9999)->data(), base::as_bytes(text).data() + 512);
}

}  // namespace
}  // namespace limpid::archive
