#include "image/archive_store.h"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::error_of;
using testing::Folder;
using testing::gzip;
using testing::Tar;

class ArchiveStoreTest : public ::testing::Test {
 protected:
  Result<std::shared_ptr<ArchiveStore>> open(std::string_view bytes,
                                             ArchiveStore::Purpose purpose = ArchiveStore::Purpose::read,
                                             const OpenOptions& options = {}) {
    return ArchiveStore::open(folder_.write("x.tar", bytes), options, purpose);
  }
  Folder folder_;
};

std::string content_of(const ArchiveStore& store, const std::string& name) {
  const auto content = read_blob(store, name, std::uint64_t{1} << 30);
  return content ? *content : error_of(content);
}

// Sizes around a block, a window and the piece that is passed over at once.
TEST_F(ArchiveStoreTest, FindsMembersOfEverySize) {
  const std::size_t sizes[] = {0, 1, 511, 512, 513, 16383, 16384, 16385, 262143, 262144, 262145, 700000};
  Tar tar;
  for (const std::size_t size : sizes)
    tar.file(base::cat({"f", size}), std::string(size, static_cast<char>('a' + size % 26)));
  for (const std::string& bytes : {tar.end(), gzip(tar.end())}) {
    const auto store = open(bytes);
    ASSERT_TRUE(store) << error_of(store);
    for (const std::size_t size : sizes) {
      EXPECT_EQ(content_of(**store, base::cat({"f", size})), std::string(size, static_cast<char>('a' + size % 26)))
          << size;
      EXPECT_EQ((*store)->size_of(base::cat({"./f", size})).value(), size);
    }
    EXPECT_EQ((*store)->names().size(), std::size(sizes));
  }
}

TEST_F(ArchiveStoreTest, TheLongNamesAndSizesOfPaxCount) {
  const std::string name = std::string(150, 'n') + "/" + std::string(60, 'm');
  const auto record = [](const std::string& body) {
    std::size_t size = body.size() + 3;
    while (std::to_string(size).size() + 1 + body.size() != size) ++size;
    return base::cat({size, " ", body});
  };
  const std::string content(1000, 'c');
  // The size is stated by pax alone: such a member is read through to find its end.
  const auto store = open(Tar()
                              .add("x", 'x', record("path=" + name + "\n") + record("size=1000\n"), {})
                              .add("short", '0', content, {}, 0)
                              .file("after", "after")
                              .end());
  ASSERT_TRUE(store) << error_of(store);
  EXPECT_EQ(content_of(**store, name), content);
  EXPECT_EQ(content_of(**store, "after"), "after");
}

TEST_F(ArchiveStoreTest, SparseMembersAreRefused) {
  // GNU 1.0: the map in the first block of the content, then the only part.
  const auto record = [](const std::string& body) {
    std::size_t size = body.size() + 3;
    while (std::to_string(size).size() + 1 + body.size() != size) ++size;
    return base::cat({size, " ", body});
  };
  std::string stored = "1\n1024\n512\n";
  stored.resize(512);
  stored += std::string(512, 'd');
  const auto store = open(Tar()
                              .add("x", 'x',
                                   record("GNU.sparse.major=1\n") + record("GNU.sparse.minor=0\n") +
                                       record("GNU.sparse.name=s\n") + record("GNU.sparse.realsize=1536\n"),
                                   {})
                              .file("GNUSparseFile.0/s", stored)
                              .file("after", "after")
                              .end());
  ASSERT_TRUE(store) << error_of(store);
  EXPECT_EQ((*store)->open("s").error().code(), Code::unsupported);
  EXPECT_EQ(content_of(**store, "after"), "after");
}

TEST_F(ArchiveStoreTest, ACutMemberIsAnError) {
  const std::string whole = Tar().file("a", std::string(600'000, 'a')).file("b", "b").end();
  for (const std::size_t size : {std::size_t{100}, std::size_t{700}, std::size_t{300'000}, std::size_t{600'511}}) {
    const auto store = open(whole.substr(0, size));
    ASSERT_FALSE(store) << size;
    EXPECT_EQ(store.error().code(), Code::truncated) << error_of(store);
  }
  const auto lie = open(Tar().add("a", '0', "a", {}, std::uint64_t{1} << 32).end());
  ASSERT_FALSE(lie);
  EXPECT_EQ(lie.error().code(), Code::truncated);
}

TEST_F(ArchiveStoreTest, NoNameLeadsOut) {
  const auto store = open(Tar().file("../../a", "inside").symlink("l", "../../../../../../a").end());
  ASSERT_TRUE(store);
  EXPECT_EQ(content_of(**store, "a"), "inside");
  EXPECT_EQ(content_of(**store, "l"), "inside");
  EXPECT_EQ(content_of(**store, "/../a"), "inside");
  EXPECT_FALSE((*store)->contains("/etc/passwd"));
}

TEST_F(ArchiveStoreTest, KeepsToTheOutputLimit) {
  OpenOptions options;
  options.inflate.output_max = 4096;
  const auto store = open(gzip(Tar().file("a", std::string(10'000, 'a')).end()), ArchiveStore::Purpose::read, options);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code(), Code::limit);
}

TEST_F(ArchiveStoreTest, TheTemporaryFileHasNoName) {
  const Folder place;
  const char* before = std::getenv("TMPDIR");
  const std::string saved = before == nullptr ? "" : before;
  const std::string path = folder_.write("x.tar", gzip(Tar().file("a", "alpha").end()));
  ASSERT_EQ(::setenv("TMPDIR", place.path().c_str(), 1), 0);
  const auto store = ArchiveStore::open(path, {}, ArchiveStore::Purpose::read);
  before == nullptr ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", saved.c_str(), 1);
  ASSERT_TRUE(store) << error_of(store);
  EXPECT_TRUE(std::filesystem::is_empty(place.path()));
  EXPECT_EQ(content_of(**store, "a"), "alpha");
}

TEST_F(ArchiveStoreTest, TellsARootFileSystem) {
  const auto looks = [&](const std::string& bytes) {
    const auto store = open(bytes, ArchiveStore::Purpose::recognise);
    EXPECT_TRUE(store) << error_of(store);
    return std::pair((*store)->looks_like().rootfs, (*store)->looks_like().image);
  };
  const std::string rootfs = Tar().file("usr/x", std::string(300'000, 'x')).file("y", "y").end();
  const std::string image = Tar().file("y", "y").file("manifest.json", "").end();
  const std::string both = Tar().file("usr/x", std::string(300'000, 'x')).file("manifest.json", "").end();
  for (const bool packed : {false, true}) {
    const auto as = [&](const std::string& bytes) { return packed ? gzip(bytes) : bytes; };
    EXPECT_EQ(looks(as(rootfs)), std::pair(true, false));
    EXPECT_EQ(looks(as(image)), std::pair(false, true));
    EXPECT_EQ(looks(as(both)), std::pair(true, true));
    EXPECT_EQ(looks(as(Tar().file("y", "y").end())), std::pair(false, false));
  }
}

TEST_F(ArchiveStoreTest, HasALimitOfMembers) {
  Tar tar;
  for (std::size_t i = 0; i <= kMembersMax; ++i) tar.file(std::to_string(i), {});
  const std::string path = folder_.write("many.tar", tar.end());
  EXPECT_EQ(ArchiveStore::open(path, {}, ArchiveStore::Purpose::read).error().code(), Code::limit);
  const auto recognised = ArchiveStore::open(path, {}, ArchiveStore::Purpose::recognise);
  ASSERT_TRUE(recognised);
  EXPECT_TRUE((*recognised)->looks_like().rootfs);
}

}  // namespace
}  // namespace limpid::image
