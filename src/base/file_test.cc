#include "base/file.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace limpid::base {
namespace {

TEST(File, ReplacesAtomicallyAndReadsBounded) {
  const auto folder = TemporaryDirectory::make("limpid-test-");
  ASSERT_TRUE(folder);
  const std::string path = folder->path() + "/x";
  ASSERT_TRUE(write_file_atomically(path, as_bytes("old")));
  ASSERT_TRUE(write_file_atomically(path, as_bytes("newer")));
  EXPECT_EQ(read_file(path, 5).value(), "newer");
  EXPECT_EQ(read_file(path, 4).error().code(), Code::limit);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder->path()), {}), 1);
  const auto mapped = MappedFile::open(path);
  ASSERT_TRUE(mapped);
  EXPECT_EQ(as_text(mapped->bytes()), "newer");
}

TEST(File, ShortReadIsTruncated) {
  const auto folder = TemporaryDirectory::make("limpid-test-");
  const std::string path = folder->path() + "/x";
  ASSERT_TRUE(write_file_atomically(path, as_bytes("abc")));
  const auto file = File::open(path);
  ASSERT_TRUE(file);
  std::uint8_t buffer[4];
  EXPECT_EQ(file->read_exactly_at(0, buffer).error().code(), Code::truncated);
  EXPECT_TRUE(file->read_exactly_at(1, std::span(buffer).first(2)));
}

TEST(File, SaysWhatIsMissingOrNotAFile) {
  EXPECT_EQ(File::open("/nowhere/at/all").error().code(), Code::not_found);
  EXPECT_EQ(read_file("/", 1).error().code(), Code::invalid);
}

TEST(TemporaryDirectory, GoesWithItsContent) {
  std::string path;
  {
    const auto folder = TemporaryDirectory::make("limpid-test-");
    path = folder->path();
    std::filesystem::create_directories(path + "/a/b");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace limpid::base
