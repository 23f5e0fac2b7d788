#include "archive/ar.h"

#include <gtest/gtest.h>

#include "archive/ar_testing.h"
#include "archive/testing.h"

namespace limpid::archive {
namespace {

using testing::ar_member;
using testing::kArMagic;
using Lines = std::vector<std::string>;

testing::Walk walk(const std::string& bytes, std::size_t piece = 1 << 20, bool contents = true) {
  testing::ChoppedSource source(bytes, piece);
  return testing::walk(*open_ar(source), contents);
}

TEST(Ar, BothSpellingsOfNames) {
  const std::string archive =
      kArMagic + ar_member("debian-binary", "2.0\n") + ar_member("control.tar.xz/", "odd") + ar_member("data", "");
  for (const std::size_t piece : {1U, 7U, 59U, 1000U})
    EXPECT_EQ(walk(archive, piece).lines, (Lines{"f debian-binary 2.0\n", "f control.tar.xz odd", "f data "}));
  EXPECT_EQ(walk(archive, 1000, false).lines.size(), 3U);
  testing::ChoppedSource source(archive, 1000);
  EXPECT_EQ(open_ar(source)->next().value()->mode, 0644U);
}

TEST(Ar, EmptyArchiveAndMissingLastPadding) {
  EXPECT_EQ(walk(kArMagic).lines, Lines{});
  EXPECT_EQ(walk(kArMagic).error, "");
  std::string archive = kArMagic + ar_member("a", "odd");
  archive.pop_back();
  EXPECT_EQ(walk(archive).lines, (Lines{"f a odd"}));
  EXPECT_EQ(walk(archive).error, "");
}

TEST(Ar, EveryCutIsSeen) {
  const std::string archive = kArMagic + ar_member("a", "even") + ar_member("b", "more");
  for (std::size_t size = 0; size < archive.size(); ++size) {
    const bool whole = size == 8 || size == 8 + 64;
    EXPECT_EQ(walk(archive.substr(0, size)).error.empty(), whole) << size;
    EXPECT_EQ(walk(archive.substr(0, size), 5, false).error.empty(), whole) << size;
  }
}

TEST(Ar, BrokenHeaders) {
  EXPECT_EQ(walk("!<thin>\n").error, "invalid: no ar archive: it doesn't begin with !<arch>");
  for (const char* size : {"-1", "x", "", " 4", "4 4", "99999999999", "0x4"}) {
    EXPECT_NE(walk(kArMagic + ar_member("a", "four", std::string(size) + " ")).error, "") << size;
  }
  EXPECT_TRUE(walk(kArMagic + ar_member("a", "four", "9999999999")).error.starts_with("truncated: a"));
  std::string archive = kArMagic + ar_member("a", "four");
  archive[8 + 58] = 'x';
  EXPECT_TRUE(walk(archive).error.starts_with("invalid: ar header at byte 8"));
}

TEST(Ar, LongNamesAreRefused) {
  for (const char* name : {"//", "/123", "#1/20"})
    EXPECT_TRUE(walk(kArMagic + ar_member(name, "four")).error.starts_with("unsupported: ")) << name;
}

TEST(Ar, NamesThatNoFileCanHaveAreSkipped) {
  const testing::Walk result =
      walk(kArMagic + ar_member("/", "symbols") + ar_member(std::string("a\0b", 3), "x") + ar_member("b", "1"));
  EXPECT_EQ(result.lines, (Lines{"f b 1"}));
  EXPECT_EQ(result.skipped.size(), 2U);
}

TEST(Ar, MembersAreLimited) {
  std::string archive = kArMagic;
  for (std::uint64_t i = 0; i < kArEntriesMax; ++i) archive += ar_member("a", "");
  EXPECT_EQ(walk(archive).error, "");
  EXPECT_TRUE(walk(archive + ar_member("a", "")).error.starts_with("limit: "));
}

}  // namespace
}  // namespace limpid::archive
