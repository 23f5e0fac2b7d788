#include "scan/cache_folder.h"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scan/cache_prune.h"

namespace limpid::scan {
namespace {

namespace fs = std::filesystem;
using base::as_bytes;

class CacheFolderTest : public ::testing::Test {
 protected:
  std::string path(std::string_view name = {}) const { return base::cat({temporary_.path(), "/a/b/", name}); }
  mode_t mode(std::string_view name) const {
    struct stat status{};
    return ::lstat(path(name).c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  // As if the file had last been used so long ago.
  void age(std::string_view name, std::int64_t seconds) const {
    const std::int64_t then = ::time(nullptr) - seconds;
    const timespec times[2] = {{then, 0}, {then, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path(name).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  }
  static std::string entry(char kind, char digit) { return std::string(1, kind) + std::string(64, digit); }

  base::TemporaryDirectory temporary_ = base::TemporaryDirectory::make("limpid-test-").value();
  CacheFolder folder_ = CacheFolder::open(path(), true).value();
};

TEST_F(CacheFolderTest, IsMadeForItsOwnerOnly) {
  EXPECT_EQ(mode(""), 0700U);
  EXPECT_EQ(mode("../"), 0700U);
  ASSERT_TRUE(folder_.write("x", as_bytes("bytes")));
  EXPECT_EQ(mode("x"), 0600U);
  EXPECT_EQ(folder_.read("x").value(), "bytes");
  ASSERT_TRUE(folder_.write("x", as_bytes("")));
  EXPECT_EQ(folder_.read("x").value(), "");
  EXPECT_EQ(folder_.read("y").error().code(), Code::not_found);
  EXPECT_EQ(folder_.list(10)->size(), 1U);
}

TEST_F(CacheFolderTest, IsNotMadeUnlessAsked) {
  EXPECT_EQ(CacheFolder::open(path("none"), false).error().code(), Code::not_found);
  EXPECT_FALSE(fs::exists(path("none")));
  std::ofstream(path("file")) << "x";
  EXPECT_FALSE(CacheFolder::open(path("file"), true));
  EXPECT_FALSE(CacheFolder::open(path("file/below"), true));
}

TEST_F(CacheFolderTest, WhatOthersMayWriteToIsNotTrusted) {
  ASSERT_EQ(::chmod(path().c_str(), 0777), 0);
  EXPECT_EQ(CacheFolder::open(path(), true).error().code(), Code::unsupported);
  ASSERT_EQ(::chmod(path().c_str(), 0755), 0);
  EXPECT_TRUE(CacheFolder::open(path(), true));
  fs::create_symlink(path(), path("link"));
  EXPECT_FALSE(CacheFolder::open(path("link"), true));

  ASSERT_TRUE(folder_.write("x", as_bytes("bytes")));
  ASSERT_EQ(::chmod(path("x").c_str(), 0666), 0);
  EXPECT_EQ(folder_.read("x").error().code(), Code::unsupported);
  ASSERT_EQ(::chmod(path("x").c_str(), 0600), 0);
  fs::create_symlink("x", path("s"));
  EXPECT_EQ(folder_.read("s").error().code(), Code::unsupported);
  ASSERT_EQ(::mkfifo(path("p").c_str(), 0600), 0);
  EXPECT_EQ(folder_.read("p").error().code(), Code::unsupported);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path("x").c_str(), 65'534, 65'534), 0);
    EXPECT_EQ(folder_.read("x").error().code(), Code::unsupported);
    ASSERT_EQ(::chown(path().c_str(), 65'534, 65'534), 0);
    EXPECT_EQ(CacheFolder::open(path(), true).error().code(), Code::unsupported);
  }
}

TEST_F(CacheFolderTest, ALargeFileIsNotRead) {
  std::ofstream(path("x")) << "x";
  fs::resize_file(path("x"), kCacheFileSizeMax + 1);
  EXPECT_EQ(folder_.read("x").error().code(), Code::limit);
}

TEST_F(CacheFolderTest, AFailedWriteLeavesNothing) {
  fs::create_directory(path("x"));
  EXPECT_FALSE(folder_.write("x", as_bytes("bytes")));
  EXPECT_EQ(std::distance(fs::directory_iterator(path()), {}), 1);
}

TEST_F(CacheFolderTest, ReadingMarksAsUsed) {
  ASSERT_TRUE(folder_.write("x", as_bytes("bytes")));
  age("x", 10'000);
  EXPECT_LT(folder_.list(10)->front().used, ::time(nullptr) - 9'000);
  ASSERT_TRUE(folder_.read("x"));
  EXPECT_GE(folder_.list(10)->front().used, ::time(nullptr) - 100);
}

TEST_F(CacheFolderTest, OneHoldsTheLockAndTheFileGoesWithIt) {
  std::atomic<int> holders = 0, most = 0, held = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        const auto locking = folder_.lock("lock", std::chrono::seconds(60));
        if (!locking.lock) continue;
        most = std::max(most.load(), ++holders);
        ++held;
        --holders;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(most, 1);
  EXPECT_EQ(held, 160);
  EXPECT_FALSE(fs::exists(path("lock")));
}

TEST_F(CacheFolderTest, WaitingForALockEnds) {
  const auto first = folder_.lock("lock", std::chrono::milliseconds(0));
  ASSERT_TRUE(first.lock);
  EXPECT_FALSE(first.waited);
  const auto second = folder_.lock("lock", std::chrono::milliseconds(20));
  EXPECT_FALSE(second.lock);
  EXPECT_TRUE(second.waited);
}

TEST_F(CacheFolderTest, PruningTakesWhatWasUsedLongestAgo) {
  const std::string bytes(10'000, 'x');  // three blocks
  for (int i = 0; i < 10; ++i) {
    const std::string name = entry(i % 2 == 0 ? kLayerEntry : kBlobEntry, static_cast<char>('0' + i));
    ASSERT_TRUE(folder_.write(name, as_bytes(bytes)));
    age(name, 1'000 * (i + 1));
  }
  ASSERT_TRUE(folder_.write("limpid.db", as_bytes(bytes)));
  age("limpid.db", 1'000'000);
  ASSERT_EQ(usage_of(folder_)->bytes, 10U * 12'288);
  EXPECT_EQ(prune(folder_, 10 * 12'288)->files, 0U);
  const auto pruned = prune(folder_, 60'000);
  ASSERT_TRUE(pruned);
  EXPECT_EQ(pruned->files, 6U);
  EXPECT_EQ(pruned->bytes, 6U * 12'288);
  EXPECT_TRUE(folder_.read(entry(kLayerEntry, '0')));
  EXPECT_TRUE(folder_.read(entry(kBlobEntry, '3')));
  EXPECT_FALSE(folder_.read(entry(kLayerEntry, '4')));
  EXPECT_EQ(usage_of(folder_)->layers, 2U);
  EXPECT_EQ(usage_of(folder_)->blobs, 2U);
  ASSERT_TRUE(prune(folder_, 0));
  EXPECT_EQ(usage_of(folder_)->bytes, 0U);
  EXPECT_TRUE(folder_.read("limpid.db"));
}

TEST_F(CacheFolderTest, PruningTakesWhatKilledProcessesLeft) {
  for (const auto* name : {"new-0123456789abcdef", "new-fedcba9876543210", "turn-x", "turn-y"})
    ASSERT_TRUE(folder_.write(name, as_bytes("x")));
  age("new-0123456789abcdef", 100'000);
  age("turn-x", 100'000);
  EXPECT_EQ(prune(folder_, 1'000'000)->files, 2U);
  EXPECT_TRUE(folder_.read("new-fedcba9876543210"));
  EXPECT_TRUE(folder_.read("turn-y"));
  EXPECT_EQ(prune(folder_, 0)->files, 2U);
}

TEST_F(CacheFolderTest, OnePrunesAtATime) {
  ASSERT_TRUE(folder_.write(entry(kLayerEntry, 'a'), as_bytes("x")));
  {
    const auto locking = folder_.lock(std::string(kPruneFile), std::chrono::milliseconds(0));
    EXPECT_TRUE(prune(folder_, 0)->busy);
    EXPECT_EQ(usage_of(folder_)->layers, 1U);
  }
  EXPECT_FALSE(prune(folder_, 0)->busy);
  EXPECT_EQ(usage_of(folder_)->layers, 0U);
}

TEST_F(CacheFolderTest, WaitingEndsWhenItIsCancelled) {
  const auto held = folder_.lock("turn-x", std::chrono::milliseconds(0));
  ASSERT_TRUE(held.lock);
  const std::atomic<bool> cancel = true;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(folder_.lock("turn-x", std::chrono::minutes(10), &cancel).lock);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(1));
}

}  // namespace
}  // namespace limpid::scan
