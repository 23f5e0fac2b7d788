#include "base/file.h"

#include <filesystem>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace limpid::base {
namespace {

TEST(File, WritesToWhatIsNoFile) {
  const auto folder = TemporaryDirectory::make("limpid-file-").value();
  const std::string path = folder.path() + "/pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const File reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(write_file_atomically(path, as_bytes("through it")));
  char text[32] = {};
  EXPECT_EQ(::read(reader.descriptor(), text, sizeof text), 10);
  EXPECT_STREQ(text, "through it");
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISFIFO(status.st_mode)) << "it is still what it was";
}

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

TEST(File, ALinkStaysAndItsTargetIsReplaced) {
  const auto folder = TemporaryDirectory::make("limpid-test-").value();
  std::filesystem::create_directory(folder.path() + "/real");
  const std::string target = folder.path() + "/real/x", link = folder.path() + "/link";
  ASSERT_TRUE(write_file_atomically(target, as_bytes("old")));
  std::filesystem::create_symlink("real/x", link);
  ASSERT_TRUE(write_file_atomically(link, as_bytes("new")));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(read_file(target, 100).value(), "new");
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
