#include "image/blob_store.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::error_of;
using testing::Folder;

TEST(DirectoryStore, ReadsFilesBelowIt) {
  const Folder folder;
  folder.write("blobs/sha256/x", "content");
  const auto store = open_directory_store(folder.path());
  ASSERT_TRUE(store) << error_of(store);
  EXPECT_EQ(read_blob(**store, "blobs/sha256/x", 7).value(), "content");
  EXPECT_TRUE((*store)->contains("blobs/sha256/x"));
  EXPECT_FALSE((*store)->contains("blobs/sha256/y"));
  EXPECT_EQ(read_blob(**store, "blobs/sha256/x", 6).error().code(), Code::limit);
  EXPECT_EQ(read_blob(**store, "nothing", 6).error().code(), Code::not_found);
  EXPECT_EQ(read_blob(**store, "nothing/x", 6).error().code(), Code::not_found);
}

TEST(DirectoryStore, NeverLeavesIt) {
  const Folder folder;
  folder.write("secret", "secret");
  folder.write("in/file", "file");
  std::filesystem::create_symlink("../secret", folder.path("in/link"));
  std::filesystem::create_directory_symlink("..", folder.path("in/up"));
  ASSERT_EQ(::mkfifo(folder.path("in/fifo").c_str(), 0644), 0);
  const auto store = open_directory_store(folder.path("in"));
  ASSERT_TRUE(store);
  for (const std::string name :
       {"../secret", "link", "up/secret", "/etc/passwd", "", ".", "./file", "file/", "a//b", "fifo"})
    EXPECT_FALSE((*store)->open(name)) << name;
  EXPECT_FALSE((*store)->open(std::string("file\0x", 6)));
  EXPECT_FALSE(open_directory_store(folder.path("secret")));
}

TEST(Verified, ComparesSizeAndDigest) {
  const Folder folder;
  const auto store = open_directory_store(folder.path());
  Descriptor descriptor;
  descriptor.digest = base::sha256(base::as_bytes("content"));
  descriptor.size = 7;
  const std::string name = blob_name(descriptor.digest);
  EXPECT_EQ(name, "blobs/sha256/" + testing::hex_of("content"));
  folder.write(name, "content");
  EXPECT_EQ(read_verified(**store, descriptor, 100).value(), "content");
  folder.write(name, "changed");
  EXPECT_CONTAINS(error_of(read_verified(**store, descriptor, 100)), testing::digest_of("changed"));
  folder.write(name, "longer content");
  EXPECT_CONTAINS(error_of(read_verified(**store, descriptor, 100)), "14 bytes, but 7");
}

}  // namespace
}  // namespace limpid::image
