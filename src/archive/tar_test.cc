#include "archive/tar.h"

#include <random>

#include <gtest/gtest.h>

#include "archive/testing.h"

namespace limpid::archive {
namespace {

using testing::ChoppedSource;
using testing::kTarEnd;
using testing::octal;
using testing::pax_header;
using testing::pax_record;
using testing::tar_member;
using testing::Walk;

using Lines = std::vector<std::string>;
const std::string kGnu = std::string("ustar  \0", 8);

Walk walk(std::string_view tar, const TarLimits& limits = {}, std::size_t piece = 1 << 20, bool contents = true) {
  ChoppedSource source(tar, piece);
  const auto reader = open_tar(source, limits);
  Walk result = testing::walk(*reader, contents);
  EXPECT_TRUE(!result.error.empty() || source.next()->empty()) << "the whole source is consumed";
  return result;
}
// All pieces and both ways of reading must agree.
Walk walk_well(const std::string& tar) {
  const Walk result = walk(tar);
  EXPECT_EQ(result.error, "");
  for (const std::size_t piece : {1U, 100U, 511U, 513U}) {
    const Walk other = walk(tar, {}, piece);
    EXPECT_EQ(other.lines, result.lines) << "in pieces of " << piece;
    EXPECT_EQ(other.error, result.error) << "in pieces of " << piece;
  }
  const Walk unread = walk(tar, {}, 1 << 20, false);
  EXPECT_EQ(unread.lines.size(), result.lines.size());
  EXPECT_EQ(unread.error, result.error);
  return result;
}
std::string file(const std::string& name, const std::string& content) {
  return tar_member({.name = name, .content = content});
}
std::string error_of(const std::string& tar) { return walk(tar).error; }
bool begins(const std::string& text, std::string_view with) { return text.starts_with(with); }

TEST(Tar, AllOrdinaryTypes) {
  const std::string tar =
      tar_member({.name = "./", .type = '5'}) + file("./etc/os-release", "ID=debian\n") +
      tar_member({.name = "bin", .type = '2', .link = "usr/bin/"}) +
      tar_member({.name = "b", .type = '1', .link = "./etc/os-release"}) +
      tar_member({.name = "dev/null", .type = '3', .patches = {{329, octal(1, 8)}, {337, octal(3, 8)}}}) +
      tar_member({.name = "dev/sda", .type = '4', .patches = {{329, octal(8, 8)}, {337, octal(300, 8)}}}) +
      tar_member({.name = "pipe", .type = '6'}) + tar_member({.name = "seven", .type = '7', .content = "7"}) + kTarEnd;
  EXPECT_EQ(walk_well(tar).lines,
            (Lines{"d ", "f etc/os-release ID=debian\n", "l bin -> usr/bin/", "h b -> etc/os-release", "c dev/null 1,3",
                   "b dev/sda 8,300", "p pipe", "f seven 7"}));
}

TEST(Tar, ModeAndSize) {
  const std::string tar = tar_member({.name = "x", .content = "abc", .patches = {{100, "0104755"}}}) + kTarEnd;
  const auto source = memory_source(base::as_bytes(tar));
  const auto reader = open_tar(*source);
  const Entry* entry = reader->next().value();
  EXPECT_EQ(entry->mode, 04755U);
  EXPECT_EQ(entry->size, 3U);
}

TEST(Tar, ContentIsLentNotCopied) {
  const std::string tar = file("a", std::string(100'000, 'x')) + kTarEnd;
  const auto source = memory_source(base::as_bytes(tar));
  const auto reader = open_tar(*source);
  ASSERT_NE(reader->next().value(), nullptr);
  const Bytes piece = reader->content().value();
  EXPECT_EQ(piece.size(), 100'000U);
  EXPECT_EQ(piece.data(), base::as_bytes(tar).data() + 512);
  EXPECT_TRUE(reader->content().value().empty());
}

TEST(Tar, NothingAndOnlyZeros) {
  EXPECT_EQ(walk_well("").lines, Lines{});
  EXPECT_EQ(walk_well(kTarEnd).lines, Lines{});
  EXPECT_EQ(walk_well(std::string(512, '\0')).lines, Lines{});
  EXPECT_EQ(walk_well(std::string(10'240, '\0')).lines, Lines{});
}

TEST(Tar, MissingEndMarker) {
  EXPECT_EQ(walk_well(file("a", "1")).lines, (Lines{"f a 1"}));
  EXPECT_EQ(walk_well(file("a", "1") + std::string(512, '\0')).lines, (Lines{"f a 1"}));
  EXPECT_EQ(walk_well(file("a", "1") + std::string(700, '\0')).lines, (Lines{"f a 1"}));
}

// No container runtime reads on after two blocks of zeros, so that what stands there would only hide what it has.
TEST(Tar, NothingAfterTheEndIsRead) {
  for (const std::size_t zeros : {0U, 512U})
    EXPECT_EQ(walk_well(file("a", "1") + std::string(zeros, '\0') + file("b", "2") + kTarEnd).lines,
              (Lines{"f a 1", "f b 2"}));
  for (const std::string& before : {file("a", "1"), std::string()}) {
    for (const std::size_t zeros : {1024U, 1536U, 10'240U}) {
      const Walk result = walk_well(before + std::string(zeros, '\0') + file("b", "2") + kTarEnd + file("c", "3"));
      EXPECT_EQ(result.lines, before.empty() ? Lines{} : Lines{"f a 1"});
      ASSERT_EQ(result.skipped.size(), 1U);
      EXPECT_EQ(result.skipped[0].reason, SkipReason::unsupported);
      EXPECT_EQ(result.skipped[0].path, "");
    }
  }
}

TEST(Tar, GarbageAfterTheEnd) {
  EXPECT_EQ(walk_well(file("a", "1") + kTarEnd + std::string(5000, 'x')).lines, (Lines{"f a 1"}));
  EXPECT_EQ(walk_well(file("a", "1") + kTarEnd + "x").lines, (Lines{"f a 1"}));
  // Without a whole end marker it may be the rest of the archive.
  EXPECT_TRUE(begins(error_of(file("a", "1") + std::string(512, '\0') + std::string(5000, 'x')), "invalid: "));
  EXPECT_TRUE(begins(error_of(file("a", "1") + std::string(512, 'x')), "invalid: no tar header at byte 1024"));
}

TEST(Tar, GarbageIsNoEmptyArchive) {
  EXPECT_EQ(error_of(std::string(2048, 'x')), "invalid: no tar header at byte 0: its checksum is wrong");
  EXPECT_TRUE(begins(error_of("hello"), "truncated: "));
  EXPECT_TRUE(begins(error_of(kTarEnd + std::string(2048, 'x')), "invalid: "));
}

TEST(Tar, AnErrorStays) {
  ChoppedSource source("garbage", 100);
  const auto reader = open_tar(source);
  EXPECT_FALSE(reader->next());
  EXPECT_FALSE(reader->next());
  EXPECT_FALSE(reader->content());
}

TEST(Tar, EveryCutIsSeen) {
  const std::string content(700, 'x');
  const std::string tar = file("a", content) + file("etc/b", content);
  for (std::size_t size = 1; size < tar.size(); ++size) {
    const std::string cut = tar.substr(0, size);
    const Walk result = walk(cut);
    // Whole members, or whole but for the padding.
    const bool whole = (size >= 512 + 700 && size <= 1536) || size >= 1536 + 512 + 700;
    ASSERT_EQ(result.error.empty(), whole) << size << " " << result.error;
    if (!whole) {
      ASSERT_TRUE(begins(result.error, "truncated: ")) << size << " " << result.error;
    }
    ASSERT_EQ(walk(cut, {}, 1 << 20, false).error.empty(), whole) << size;
  }
  EXPECT_EQ(error_of(tar.substr(0, 1536 + 512 + 100)),
            "truncated: etc/b: the tar ends 600 bytes before its content does");
}

TEST(Tar, Checksums) {
  std::string tar = file("caf\xe9", "1");
  // A signed sum: smaller by 256 for each high byte.
  const auto patch = [&](std::uint64_t sum) { testing::put(tar, 148, octal(sum, 7)); };
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < 512; ++i) sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(tar[i]);
  patch(sum - 256);
  EXPECT_EQ(walk_well(tar).lines, (Lines{"f caf\xe9 1"}));
  patch(sum - 255);
  EXPECT_TRUE(begins(error_of(tar), "invalid: no tar header at byte 0"));
  // Widths and fillers that are out there.
  for (const std::string& field : {base::cat({" ", octal(sum, 7)}), octal(sum, 8), octal(sum, 7) + " "}) {
    testing::put(tar, 148, field);
    EXPECT_EQ(walk_well(tar).lines, (Lines{"f caf\xe9 1"}));
  }
}

TEST(Tar, NumbersInAllSpellings) {
  for (const std::string& size :
       {std::string("00000000003\0", 12), std::string("3\0\0\0\0\0\0\0\0\0\0\0", 12), std::string("          3 "),
        std::string("000000000003"), std::string("3           "), std::string("3\0garbage 12", 12),
        std::string("\x80\0\0\0\0\0\0\0\0\0\0\x03", 12), std::string("\0\0\0\0\0\0\0\0\0 3\0", 12)})
    EXPECT_EQ(walk_well(tar_member({.name = "a", .content = "abc", .size = size}) + kTarEnd).lines, (Lines{"f a abc"}))
        << size;
  EXPECT_EQ(walk_well(tar_member({.name = "a", .size = std::string(12, ' ')}) + kTarEnd).lines, (Lines{"f a "}));
}

TEST(Tar, ImpossibleSizes) {
  for (const std::string& size :
       {std::string(12, '\xff'), std::string("\xc0\0\0\0\0\0\0\0\0\0\0\x03", 12), std::string("0000000x003\0", 12),
        std::string("-0000000003\0", 12), std::string("\x80\0\0\1\0\0\0\0\0\0\0\0", 12),
        std::string("\x80\0\0\0\x80\0\0\0\0\0\0\0", 12), std::string("00000000009\0", 12), std::string("3 4         ")})
    EXPECT_TRUE(begins(error_of(tar_member({.name = "a", .content = "abc", .size = size})), "invalid: ")) << size;
  // 2^63 - 1, and a terabyte: more than follows.
  for (const std::string& size : {std::string("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12),
                                  std::string("\x80\0\0\0\0\0\1\0\0\0\0\0", 12), std::string("777777777777")}) {
    const std::string tar = tar_member({.name = "x/a", .content = "abc", .size = size});
    EXPECT_TRUE(begins(walk(tar).error, "truncated: x/a")) << size;
    EXPECT_TRUE(begins(walk(tar, {}, 1 << 20, false).error, "truncated: x/a")) << size;
  }
}

TEST(Tar, OldDirectoriesEndInASlash) {
  EXPECT_EQ(walk_well(tar_member({.name = "etc/", .type = '\0', .magic = ""}) +
                      tar_member({.name = "etc/x", .type = '\0', .content = "1", .magic = ""}) +
                      tar_member({.name = "odd/", .type = '0', .content = "2"}) + kTarEnd)
                .lines,
            (Lines{"d etc", "f etc/x 1", "f odd 2"}));
}

TEST(Tar, SizesOfLinksAndDirectoriesMeanNothing) {
  std::string tar;
  for (const char type : {'1', '2', '3', '4', '5', '6'})
    tar += tar_member({.name = base::cat({"n", type}), .type = type, .link = "a", .size = octal(700, 12)});
  EXPECT_EQ(walk_well(tar + file("b", "1") + kTarEnd).lines,
            (Lines{"h n1 -> a", "l n2 -> a", "c n3 0,0", "b n4 0,0", "d n5", "p n6", "f b 1"}));
}

TEST(Tar, HardLinksWithContentInPax) {
  for (const std::size_t size : {1UL, 511UL, 512UL, 513UL, 3000UL}) {
    const std::string link = pax_header(pax_record("mtime", "1.5")) +
                             tar_member({.name = "b", .type = '1', .content = std::string(size, 'x'), .link = "a"});
    EXPECT_EQ(walk_well(link + file("c", "1") + kTarEnd).lines, (Lines{"h b -> a", "f c 1"})) << size;
    EXPECT_EQ(walk_well(link).lines, (Lines{"h b -> a"})) << size;
    EXPECT_NE(error_of(link.substr(0, link.size() - 512) + (size > 512 ? "" : "x")), "") << size;
  }
  // Not in the older forms.
  EXPECT_NE(error_of(tar_member({.name = "b", .type = '1', .content = "x", .link = "a"}) + file("c", "1")), "");
  // Zeros may be the content or the end: what follows must not be lost in silence.
  EXPECT_NE(error_of(pax_header(pax_record("mtime", "1")) +
                     tar_member({.name = "b", .type = '1', .content = std::string(1024, '\0') + "x", .link = "a"}) +
                     file("c", "1")),
            "");
}

TEST(Tar, LongNamesOfGnu) {
  const std::string name = "usr/share/" + std::string(200, 'n') + "/file";
  const std::string target = std::string(150, 't');
  const std::string long_name =
      tar_member({.name = "././@LongLink", .type = 'L', .content = name + '\0', .magic = kGnu});
  const std::string long_link =
      tar_member({.name = "././@LongLink", .type = 'K', .content = target + '\0', .magic = kGnu});
  EXPECT_EQ(
      walk_well(long_name + tar_member({.name = "short", .content = "1", .magic = kGnu}) + file("next", "2") + kTarEnd)
          .lines,
      (Lines{"f " + name + " 1", "f next 2"}));
  const std::string link = tar_member({.name = "s", .type = '2', .link = "x", .magic = kGnu});
  for (const std::string& both : {long_name + long_link, long_link + long_name})
    EXPECT_EQ(walk_well(both + link + kTarEnd).lines, (Lines{"l " + name + " -> " + target}));
}

TEST(Tar, PrefixOfUstar) {
  EXPECT_EQ(walk_well(tar_member({.name = "file", .prefix = "usr/share"}) + kTarEnd).lines,
            (Lines{"f usr/share/file "}));
  const std::string long_prefix = std::string(77, 'a') + "/" + std::string(77, 'b');
  EXPECT_EQ(walk_well(tar_member({.name = std::string(100, 'f'), .prefix = long_prefix}) + kTarEnd).lines,
            (Lines{"f " + long_prefix + "/" + std::string(100, 'f') + " "}));
  // star keeps two times at the end of the field.
  EXPECT_EQ(walk_well(tar_member({.name = "file",
                                  .prefix = std::string(131, 'p') + "00000000001 00000000002 ",
                                  .patches = {{508, std::string("tar\0", 4)}}}) +
                      kTarEnd)
                .lines,
            (Lines{"f " + std::string(131, 'p') + "/file "}));
  // GNU has times there, v7 nothing at all.
  EXPECT_EQ(
      walk_well(tar_member({.name = "file", .magic = kGnu, .prefix = octal(1234, 12) + octal(4321, 12)}) + kTarEnd)
          .lines,
      (Lines{"f file "}));
  EXPECT_EQ(walk_well(tar_member({.name = "file", .magic = "", .prefix = "usr/share"}) + kTarEnd).lines,
            (Lines{"f file "}));
}

TEST(Tar, PrefixInGnuHeadersOfOldGo) {
  EXPECT_EQ(walk_well(tar_member({.name = "file", .magic = kGnu, .prefix = "usr/share"}) + kTarEnd).lines,
            (Lines{"f usr/share/file "}));
}

TEST(Tar, PaxPathsAndLinks) {
  const std::string name = "usr/" + std::string(120, 'x') + "/caf\xc3\xa9";
  EXPECT_EQ(
      walk_well(pax_header(pax_record("path", name) + pax_record("mtime", "1.25") + pax_record("unknown", "a=b")) +
                file("cut", "1") + file("next", "2") + kTarEnd)
          .lines,
      (Lines{"f " + name + " 1", "f next 2"}));
  EXPECT_EQ(walk_well(pax_header(pax_record("linkpath", name), 'X') +
                      tar_member({.name = "l", .type = '2', .link = "cut"}) + kTarEnd)
                .lines,
            (Lines{"l l -> " + name}));
}

TEST(Tar, PaxSizeOverridesTheField) {
  EXPECT_EQ(walk_well(pax_header(pax_record("size", "5")) +
                      tar_member({.name = "a", .content = "hello", .size = octal(0, 12)}) + file("b", "1") + kTarEnd)
                .lines,
            (Lines{"f a hello", "f b 1"}));
  for (const char* size : {"-1", "9223372036854775808", "18446744073709551616", "0x5", " 5", "5.0"})
    EXPECT_TRUE(begins(error_of(pax_header(pax_record("size", size)) + file("a", "hello")), "invalid: ")) << size;
  EXPECT_TRUE(
      begins(error_of(pax_header(pax_record("size", "9223372036854775807")) + file("a", "hello")), "truncated: a"));
}

// To Go's reader a global header is a member of its own: it changes none, and what stood before it goes with it.
TEST(Tar, PaxGlobalHeaders) {
  const std::string global = pax_header(pax_record("comment", "x") + pax_record("path", "elsewhere") +
                                            pax_record("linkpath", "there") + pax_record("size", "0"),
                                        'g');
  EXPECT_EQ(walk_well(global + file("a", "1") + tar_member({.name = "b", .type = '2', .link = "own"}) +
                      pax_header(pax_record("path", "local")) + file("c", "2") +
                      pax_header(pax_record("path", "lost")) + global + file("d", "3") +
                      tar_member({.name = "L", .type = 'L', .content = "lost"}) + global + file("e", "4") + kTarEnd)
                .lines,
            (Lines{"f a 1", "l b -> own", "f local 2", "f d 3", "f e 4"}));
}

TEST(Tar, PaxPathWithNul) {
  const Walk result = walk_well(pax_header(pax_record("path", std::string_view("a\0b", 3))) + file("a", "1") +
                                pax_header(pax_record("linkpath", std::string_view("a\0b", 3))) +
                                tar_member({.name = "l", .type = '2', .link = "x"}) + file("c", "2") + kTarEnd);
  EXPECT_EQ(result.lines, (Lines{"f c 2"}));
  ASSERT_EQ(result.skipped.size(), 2U);
  EXPECT_EQ(result.skipped[0].reason, SkipReason::unsafe);
}

TEST(Tar, BrokenPaxRecords) {
  for (const std::string_view records :
       {"x", "5", "9 path=ab", "99 path=ab\n", "0 path=ab\n", "3 \n", "8 patha\n", "6 =ab\n", "-10 path=\n",
        " 10 path=a\n", "18446744073709551627 path=abc\n", "10 path=ab", "\n\n"})
    EXPECT_TRUE(begins(error_of(pax_header(std::string(records)) + file("a", "1")), "invalid: ")) << records;
}

TEST(Tar, ExtendedHeaderWithoutMember) {
  EXPECT_TRUE(begins(error_of(pax_header(pax_record("path", "a"))), "truncated: "));
  EXPECT_TRUE(begins(error_of(pax_header(pax_record("path", "a")) + kTarEnd), "truncated: "));
  EXPECT_EQ(error_of(pax_header(pax_record("comment", "a"), 'g') + kTarEnd), "");
}

TEST(Tar, ExtendedHeadersAreLimited) {
  TarLimits limits;
  limits.header_size_max = 1000;
  const std::string good = pax_header(pax_record("comment", std::string(900, 'x'))) + file("a", "1");
  EXPECT_EQ(walk(good, limits).error, "");
  const std::string bad = pax_header(pax_record("comment", std::string(1000, 'x'))) + file("a", "1");
  EXPECT_TRUE(begins(walk(bad, limits).error, "limit: ")) << walk(bad, limits).error;
  // Nothing is allocated by what is claimed.
  const std::string claim = tar_member({.name = "x", .type = 'x', .size = octal(1 << 20, 12)});
  EXPECT_TRUE(begins(walk(claim).error, "truncated: "));
}

TEST(Tar, EntriesAreLimited) {
  std::string tar;
  for (int i = 0; i < 10; ++i) tar += file(base::cat({"f", i}), "");
  TarLimits limits;
  limits.entries_max = 10;
  EXPECT_EQ(walk(tar, limits).error, "");
  limits.entries_max = 9;
  const Walk result = walk(tar, limits);
  EXPECT_EQ(result.error, "limit: more entries than the limit entries=9");
  EXPECT_EQ(result.lines.size(), 9U);
}

TEST(Tar, NamesThatNoFileCanHave) {
  const auto named = [](const std::string& name) { return pax_header(pax_record("path", name)) + file("x", "1"); };
  TarLimits limits;
  limits.skipped_max = 2;
  const Walk result = walk(named(std::string(256, 'x')) + named(std::string(5000, '/')) + named("..") + file("", "2") +
                               tar_member({.name = "/", .type = '2', .link = "x"}) + file("good", "3"),
                           limits);
  EXPECT_EQ(result.lines, (Lines{"f good 3"}));
  ASSERT_EQ(result.skipped.size(), 3U);
  EXPECT_EQ(result.skipped[0].path, std::string(256, 'x'));
  EXPECT_EQ(result.skipped[2].detail, "3 more were skipped, beyond the limit skipped=2");
}

TEST(Tar, NamesThatClimbOut) {
  EXPECT_EQ(walk_well(file("../../etc/passwd", "1") + file("/etc/shadow", "2") +
                      tar_member({.name = "a", .type = '1', .link = "../../b"}) +
                      tar_member({.name = "s", .type = '2', .link = "../../b"}))
                .lines,
            (Lines{"f etc/passwd outside 1", "f etc/shadow 2", "h a -> b outside", "l s -> ../../b"}));
}

TEST(Tar, UnknownTypesAreSkippedAndNamedOnce) {
  const Walk result = walk_well(tar_member({.name = "v1", .type = 'Z', .content = std::string(600, 'z')}) +
                                tar_member({.name = "v2", .type = 'Z', .content = "z"}) +
                                tar_member({.name = "acl", .type = 'A', .content = "acl"}) +
                                tar_member({.name = "label", .type = 'V', .content = ""}) +
                                tar_member({.name = "dump", .type = 'D', .content = std::string("Yfile\0\0", 7)}) +
                                file("f", "1") + kTarEnd);
  EXPECT_EQ(result.lines, (Lines{"d dump", "f f 1"}));
  ASSERT_EQ(result.skipped.size(), 2U);
  EXPECT_EQ(result.skipped[0].path, "v1");
  EXPECT_EQ(result.skipped[1].path, "acl");
}

TEST(Tar, DeviceNumbersNeverBecomeZero) {
  EXPECT_EQ(walk_well(tar_member({.name = "w", .type = '3', .patches = {{329, octal(0, 8)}, {337, octal(0, 8)}}}) +
                      tar_member({.name = "x", .type = '3', .patches = {{329, "0010000\0"}, {337, "7777777\0"}}}) +
                      tar_member({.name = "y", .type = '3', .patches = {{329, "garbage"}}}))
                .lines,
            (Lines{"c w 0,0", "c x 4095,1048575", "c y 4095,0"}));
}

// --- Sparse files: "data" at 1000, "more" at 5000, 6000 bytes long ---

std::string sparse_content() {
  std::string content(6000, '\0');
  testing::put(content, 1000, "data");
  testing::put(content, 5000, "more");
  return content;
}
std::string old_sparse(const std::string& fields, std::uint64_t real_size, const std::string& stored,
                       bool more = false) {
  return testing::tar_header(
      {.name = "s",
       .type = 'S',
       .size = octal(stored.size(), 12),
       .magic = kGnu,
       .patches = {{386, fields}, {482, std::string(1, more ? '\1' : '\0')}, {483, octal(real_size, 12)}}});
}
std::string part(std::uint64_t offset, std::uint64_t length) { return octal(offset, 12) + octal(length, 12); }
const std::string kStored = "datamore";

void expect_sparse(const std::string& tar) {
  SCOPED_TRACE(tar.substr(0, 20));
  for (const std::size_t piece : {1UL, 513UL, 1UL << 20}) {
    ChoppedSource source(tar, piece);
    const auto reader = open_tar(source);
    const auto entry = reader->next();
    ASSERT_TRUE(entry) << entry.error().describe();
    EXPECT_EQ((*entry)->path, "s");
    EXPECT_EQ((*entry)->size, 6000U);
    EXPECT_EQ(read_content(*reader, 10'000).value(), sparse_content());
    EXPECT_EQ(reader->next().value()->path, "next");
    EXPECT_EQ(read_content(*reader, 100).value(), "1");
    EXPECT_EQ(reader->next().value(), nullptr);
  }
  EXPECT_EQ(walk(tar, {}, 1 << 20, false).lines, (Lines{"f s", "f next"}));
}
const std::string kAfter = testing::padded(kStored) + file("next", "1") + kTarEnd;

TEST(TarSparse, OldGnu) {
  expect_sparse(old_sparse(part(1000, 4) + part(5000, 4), 6000, kStored) + kAfter);
  expect_sparse(old_sparse(part(1000, 4) + part(5000, 4) + part(6000, 0), 6000, kStored) + kAfter);
}

TEST(TarSparse, OldGnuWithMoreBlocks) {
  // 1+1+1+1 bytes in the header, the rest in two further blocks, the second without a flag.
  const std::string header =
      old_sparse(part(1000, 1) + part(1001, 1) + part(1002, 1) + part(1003, 1), 6000, kStored, true);
  std::string first;
  for (int i = 0; i < 21; ++i) first += part(i == 0 ? 5000 : 5001, i == 0 ? 1 : 0);
  first += std::string(1, '\1') + std::string(7, '\0');
  std::string second = part(5001, 3) + part(6000, 0);
  second.resize(512, '\0');
  expect_sparse(header + first + second + kAfter);
  EXPECT_TRUE(begins(error_of(header + first + second.substr(0, 100)), "truncated: tar header at byte 0: s"));
}

std::string pax_sparse(const std::string& records, const std::string& stored) {
  return pax_header(records) + tar_member({.name = "GNUSparseFile.0/s", .content = stored}) + file("next", "1") +
         kTarEnd;
}

TEST(TarSparse, Pax00) {
  expect_sparse(pax_sparse(pax_record("GNU.sparse.major", "0") + pax_record("GNU.sparse.minor", "0") +
                               pax_record("path", "s") + pax_record("GNU.sparse.size", "6000") +
                               pax_record("GNU.sparse.numblocks", "2") + pax_record("GNU.sparse.offset", "1000") +
                               pax_record("GNU.sparse.numbytes", "4") + pax_record("GNU.sparse.offset", "5000") +
                               pax_record("GNU.sparse.numbytes", "4"),
                           kStored));
}
TEST(TarSparse, Pax01) {
  for (const std::string& version :
       {pax_record("GNU.sparse.major", "0") + pax_record("GNU.sparse.minor", "1"), std::string()})
    expect_sparse(pax_sparse(version + pax_record("GNU.sparse.name", "s") + pax_record("GNU.sparse.size", "6000") +
                                 pax_record("GNU.sparse.numblocks", "2") +
                                 pax_record("GNU.sparse.map", "1000,4,5000,4"),
                             kStored));
}
std::string pax10(const std::string& map, const std::string& stored = kStored) {
  return pax_sparse(pax_record("GNU.sparse.major", "1") + pax_record("GNU.sparse.minor", "0") +
                        pax_record("GNU.sparse.name", "s") + pax_record("GNU.sparse.realsize", "6000"),
                    testing::padded(map) + stored);
}
TEST(TarSparse, Pax10) {
  expect_sparse(pax10("2\n1000\n4\n5000\n4\n"));
  // A map of two blocks, with a number across their border.
  std::string map = "127\n1000\n1\n1001\n1\n1002\n1\n1003\n1\n5000\n1\n5001\n1\n5002\n1\n5003\n1\n";
  for (int i = 8; i < 127; ++i) map += "6000\n0\n";
  expect_sparse(pax10(map));
}

TEST(TarSparse, AllHole) {
  const std::string tar = old_sparse("", 60'000, "") + file("next", "1");
  EXPECT_EQ(walk_well(tar).lines, (Lines{"f s 60000 bytes", "f next 1"}));
}

TEST(TarSparse, BrokenMaps) {
  for (const char* map :
       {"2\n1000\n4\n900\n4\n", "2\n1000\n4\n1003\n4\n", "2\n1000\n4\n5997\n4\n", "2\n1000\n4\n5000\n5\n",
        "1\n1000\n4\n", "x\n", "\n", "-1\n", "2\n1000\n4\n5000", "9999999999\n", "1\n9223372036854775808\n8\n",
        "1\n9223372036854775807\n8\n", "1\n8\n18446744073709551615\n"})
    EXPECT_TRUE(begins(error_of(pax10(map)), "invalid: tar header at byte ")) << map << error_of(pax10(map));
  EXPECT_TRUE(begins(error_of(old_sparse(part(5000, 4) + part(1000, 4), 6000, kStored) + kAfter),
                     "invalid: tar header at byte "));
  EXPECT_TRUE(
      begins(error_of(old_sparse(part(1000, 4) + "x", 6000, kStored) + kAfter), "invalid: tar header at byte "));
  for (const char* map : {"1000,4,5000", "1000,4,5000,", ",", "a,b", "1000,4,5000,4,"})
    EXPECT_EQ(
        begins(error_of(pax_sparse(pax_record("GNU.sparse.map", map) + pax_record("GNU.sparse.size", "6000"), kStored)),
               "invalid: "),
        std::string_view(map) != "1000,4,5000,4,")
        << map;
  EXPECT_TRUE(begins(
      error_of(pax_sparse(pax_record("GNU.sparse.numbytes", "4") + pax_record("GNU.sparse.offset", "1000"), "data")),
      "invalid: "));
}

TEST(TarSparse, TooBigIsSkippedAndNamed) {
  TarLimits limits;
  limits.sparse_size_max = 5999;
  const std::string tar = old_sparse(part(1000, 4) + part(5000, 4), 6000, kStored) + kAfter;
  Walk result = walk(tar, limits);
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.lines, (Lines{"f next 1"}));
  ASSERT_EQ(result.skipped.size(), 1U);
  EXPECT_EQ(result.skipped[0].reason, SkipReason::too_big);
  limits = {};
  limits.sparse_parts_max = 1;
  result = walk(tar, limits);
  EXPECT_EQ(result.lines, (Lines{"f next 1"}));
  ASSERT_EQ(result.skipped.size(), 1U);
  // An exabyte of zeros costs nothing to pass.
  const std::string huge =
      testing::tar_header({.name = "s",
                           .type = 'S',
                           .magic = kGnu,
                           .patches = {{483, std::string("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12)}}});
  EXPECT_EQ(walk(huge + file("next", "1")).lines, (Lines{"f next 1"}));
}

TEST(TarSparse, UnknownVersionsAreReadAsStored) {
  for (const char* major : {"2", "01", "x"}) {
    const std::string version = pax_record("GNU.sparse.major", major) + pax_record("GNU.sparse.minor", "0");
    EXPECT_EQ(walk_well(pax_header(pax_record("GNU.sparse.name", "other") + version) + file("s", kStored)).lines,
              (Lines{"f s datamore"}));
  }
  EXPECT_EQ(walk_well(pax_header(pax_record("GNU.sparse.name", "other")) + file("s", kStored)).lines,
            (Lines{"f s datamore"}));
}

TEST(TarSparse, StarsFormIsSkippedAndNamed) {
  const Walk star = walk_well(tar_member({.name = "s", .type = 'S', .content = kStored}) + file("next", "1"));
  EXPECT_EQ(star.lines, (Lines{"f next 1"}));
  ASSERT_EQ(star.skipped.size(), 1U);
  EXPECT_EQ(star.skipped[0].reason, SkipReason::unsupported);
}

// No input may crash, hang, or grow; and what is read must not depend on how the bytes come.
TEST(Tar, MutationsAgreeWhateverThePieces) {
  const std::string good = old_sparse(part(1000, 4) + part(5000, 4), 6000, kStored) + testing::padded(kStored) +
                           pax10("2\n1000\n4\n5000\n4\n").substr(0, 2560) +
                           pax_header(pax_record("path", "p") + pax_record("size", "3")) + file("a", "abc") +
                           tar_member({.name = "L", .type = 'L', .content = "long"}) + file("b", "1") + kTarEnd +
                           file("c", "2");
  std::mt19937 random(7);
  std::size_t read = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string tar = good;
    for (unsigned n = random() % 4 + 1; n-- > 0;) tar[random() % tar.size()] = static_cast<char>(random());
    // Half of them with checksums set right again, to get beyond that check.
    if (i % 2 == 0) {
      for (std::size_t at = 0; at < tar.size(); at += 512) {
        if (good[at + 257] != 'u') continue;
        testing::put(tar, at + 148, "        ");
        std::uint32_t sum = 0;
        for (std::size_t k = 0; k < 512; ++k) sum += static_cast<unsigned char>(tar[at + k]);
        testing::put(tar, at + 148, octal(sum, 7));
      }
    }
    TarLimits limits;
    limits.sparse_size_max = 1 << 20;
    const Walk one = walk(tar, limits);
    const Walk other = walk(tar, limits, 97);
    ASSERT_EQ(one.lines, other.lines);
    ASSERT_EQ(one.error, other.error);
    read += one.error.empty();
  }
  EXPECT_GT(read, 100U);
  EXPECT_LT(read, 1900U);
}

}  // namespace
}  // namespace limpid::archive
