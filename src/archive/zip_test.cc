#include "archive/zip.h"

#include <random>

#include <gtest/gtest.h>

#include "archive/zip_testing.h"

namespace limpid::archive {
namespace {

using testing::make_zip;
using testing::ZipPart;

std::string content_of(const ZipReader& reader, const ZipMember& member) {
  auto source = reader.read(member);
  if (!source) return base::cat({base::name_of(source.error().code())});
  auto all = read_all(**source, std::uint64_t{1} << 30);
  return all ? *all : base::cat({base::name_of(all.error().code()), ": ", all.error().describe()});
}
// "path=content" of every member, or the error.
std::vector<std::string> listed(const std::string& zip, SkippedList* skipped = nullptr, const ZipLimits& limits = {}) {
  const auto reader = ZipReader::open(base::as_bytes(zip), limits);
  if (!reader) return {base::cat({base::name_of(reader.error().code()), ": ", reader.error().describe()})};
  if (skipped != nullptr) *skipped = reader->skipped();
  std::vector<std::string> lines;
  for (const ZipMember& member : reader->members())
    lines.push_back(base::cat({member.path, member.directory ? "/" : "", "=", content_of(*reader, member)}));
  return lines;
}
using Lines = std::vector<std::string>;
const std::vector<ZipPart> kTwo = {{.name = "META-INF/", .content = "", .method = 0},
                                   {.name = "META-INF/MANIFEST.MF", .content = "Version: 1"}};
const Lines kTwoLines = {"META-INF/=", "META-INF/MANIFEST.MF=Version: 1"};

TEST(Zip, StoredAndDeflated) {
  const std::string large(3 * kBufferSize + 5, 'x');
  EXPECT_EQ(listed(make_zip({{.name = "a", .content = large},
                             {.name = "b", .content = large, .method = 0},
                             {.name = "c", .content = ""}})),
            (Lines{"a=" + large, "b=" + large, "c="}));
  EXPECT_EQ(listed(make_zip(kTwo)), kTwoLines);
  EXPECT_EQ(listed(make_zip({})), Lines{});
}

TEST(Zip, Shapes) {
  EXPECT_EQ(listed(make_zip(kTwo, {.prefix = "#!/bin/sh\nexec java -jar $0\n"})), kTwoLines) << "self-extracting";
  EXPECT_EQ(listed(make_zip(kTwo, {.counted_prefix = "#!/bin/sh\n"})), kTwoLines);
  EXPECT_EQ(listed(make_zip(kTwo, {.between = "signature"})), kTwoLines);
  EXPECT_EQ(listed(make_zip(kTwo, {.comment = "hello"})), kTwoLines);
  EXPECT_EQ(listed(make_zip(kTwo, {.comment = std::string(65'535, 'c')})), kTwoLines);
  EXPECT_EQ(listed(make_zip(kTwo, {.after = "\n\n"})), kTwoLines);
  EXPECT_EQ(listed(make_zip(kTwo, {.zip64 = true})), kTwoLines);
  EXPECT_EQ(listed(make_zip(kTwo, {.prefix = "prefix", .zip64 = true})), kTwoLines);
}

TEST(Zip, CommentWithTheBytesOfAnEndRecord) {
  const std::string fake = testing::le(0x06054b50, 4) + std::string(18, '\x11');
  EXPECT_EQ(listed(make_zip(kTwo, {.comment = fake + "x"})), kTwoLines);
}

TEST(Zip, Zip64Members) {
  EXPECT_EQ(listed(make_zip(
                {{.name = "a", .content = "hello", .zip64 = true}, {.name = "b", .content = "world", .method = 0}})),
            (Lines{"a=hello", "b=world"}));
}

TEST(Zip, SizesAfterTheContent) {
  EXPECT_EQ(
      listed(make_zip({{.name = "a", .content = "hello", .sizes_follow = true}, {.name = "b", .content = "world"}})),
      (Lines{"a=hello", "b=world"}));
}

TEST(Zip, MoreThan65535Members) {
  std::vector<ZipPart> parts;
  for (int i = 0; i < 65'537; ++i) parts.push_back({.name = base::cat({"f", i}), .content = "", .method = 0});
  EXPECT_EQ(listed(make_zip(parts, {.zip64 = true})).size(), 65'537U);
  EXPECT_EQ(listed(make_zip(parts, {.count = 1})).size(), 65'537U) << "the count of 16 bits wraps";
}

TEST(Zip, NoArchive) {
  for (const std::string& bytes :
       {std::string(), std::string("PK"), std::string(5000, 'x'), make_zip(kTwo).substr(0, 100)})
    EXPECT_TRUE(listed(bytes).at(0).starts_with("invalid: no zip archive")) << bytes.size();
  // Every cut is seen.
  const std::string zip = make_zip(kTwo);
  for (std::size_t size = 0; size < zip.size(); ++size) EXPECT_EQ(listed(zip.substr(0, size)).size(), 1U) << size;
}

TEST(Zip, LyingEndRecords) {
  EXPECT_TRUE(listed(make_zip(kTwo, {.count = 1})).at(0).starts_with("invalid: "));
  EXPECT_TRUE(listed(make_zip(kTwo, {.count = 3})).at(0).starts_with("invalid: "));
  // This reads as bytes before the archive, which shift its members to where none are.
  SkippedList skipped;
  EXPECT_EQ(listed(make_zip(kTwo, {.directory_offset = 5}), &skipped), Lines{});
  EXPECT_EQ(skipped.size(), 2U);
  EXPECT_TRUE(listed(make_zip(kTwo, {.directory_size = 1'000'000})).at(0).starts_with("invalid: "));
  EXPECT_TRUE(listed(make_zip(kTwo, {.directory_size = 60})).at(0).starts_with("invalid: "));
  EXPECT_TRUE(
      listed(make_zip(kTwo, {.zip64 = true, .directory_size = ~std::uint64_t{0}})).at(0).starts_with("invalid: "));
  EXPECT_TRUE(
      listed(make_zip(kTwo, {.zip64 = true, .directory_offset = ~std::uint64_t{0}})).at(0).starts_with("invalid: "));
}

TEST(Zip, SkippedByName) {
  SkippedList skipped;
  ZipLimits limits;
  limits.member_size_max = 1000;
  EXPECT_EQ(listed(make_zip({{.name = "encrypted", .content = "x", .flags = 1},
                             {.name = "lzma", .content = "x", .method = 14},
                             {.name = std::string("nul\0", 4), .content = "x"},
                             {.name = "large", .content = std::string(1001, 'x')},
                             {.name = "../../etc/passwd", .content = "1"},
                             {.name = "good", .content = "2"}}),
                   &skipped, limits),
            (Lines{"etc/passwd=1", "good=2"}));
  ASSERT_EQ(skipped.size(), 4U);
  EXPECT_EQ(skipped[0].path, "encrypted");
  EXPECT_EQ(skipped[1].detail, "compression method 14");
  EXPECT_EQ(skipped[2].reason, SkipReason::unsafe);
  EXPECT_EQ(skipped[3].reason, SkipReason::too_big);
}

TEST(Zip, OverlapsAreRefused) {
  SkippedList skipped;
  const std::string content(100, 'x');
  EXPECT_EQ(listed(make_zip({{.name = "a", .content = content, .method = 0},
                             {.name = "b", .content = content, .method = 0, .offset = 0},
                             {.name = "c", .content = "ok"}}),
                   &skipped),
            (Lines{"a=" + content, "c=ok"}));
  ASSERT_EQ(skipped.size(), 1U);
  EXPECT_EQ(skipped[0].path, "b");
  // A member that swallows the next one's header.
  const std::string inner = make_zip({{.name = "in", .content = "12345", .method = 0}}).substr(0, 37);
  const std::string zip = make_zip(
      {{.name = "out", .content = inner, .method = 0}, {.name = "in", .content = "12345", .method = 0, .offset = 33}});
  EXPECT_EQ(listed(zip, &skipped), (Lines{"out=" + inner}));
}

TEST(Zip, LocalHeadersThatDisagree) {
  for (const std::size_t at : {0U, 8U, 18U}) {
    std::string zip = make_zip({{.name = "a", .content = "hello"}, {.name = "b", .content = "world"}});
    zip[at] = static_cast<char>(zip[at] ^ 5);
    SkippedList skipped;
    EXPECT_EQ(listed(zip, &skipped), (Lines{"b=world"})) << at;
    ASSERT_EQ(skipped.size(), 1U);
    EXPECT_EQ(skipped[0].reason, SkipReason::damaged);
  }
  for (const std::uint64_t offset : {std::uint64_t{1'000'000}, std::uint64_t{0xfffffffe}, std::uint64_t{3}}) {
    SkippedList skipped;
    EXPECT_EQ(listed(make_zip({{.name = "a", .content = "hello", .offset = offset}}), &skipped), Lines{});
    EXPECT_EQ(skipped.size(), 1U);
  }
  for (const std::uint64_t lie : {~std::uint64_t{0}, ~std::uint64_t{0} - 40, std::uint64_t{1} << 63}) {
    SkippedList skipped;
    EXPECT_EQ(listed(make_zip({{.name = "a", .content = "hello", .zip64 = true, .offset = lie}}), &skipped), Lines{});
    EXPECT_EQ(listed(make_zip({{.name = "a", .content = "hello", .zip64 = true, .packed_size = lie}}), &skipped),
              Lines{});
    EXPECT_EQ(skipped.size(), 1U);
  }
}

TEST(Zip, ContentIsChecked) {
  const auto error = [](const ZipPart& part) { return listed(make_zip({part})).at(0); };
  for (const std::uint16_t method : {std::uint16_t{0}, std::uint16_t{8}}) {
    EXPECT_TRUE(
        error({.name = "a", .content = "hello", .method = method, .crc = 1}).starts_with("a=mismatch: a: its CRC"));
    EXPECT_TRUE(error({.name = "a", .content = "hello", .method = method, .size = 4})
                    .starts_with("a=mismatch: a: more content"));
    EXPECT_TRUE(error({.name = "a", .content = "hello", .method = method, .size = 6})
                    .starts_with("a=mismatch: a: its content is 1 byte"));
  }
  EXPECT_TRUE(error({.name = "a", .content = "hello", .stored = std::string("\xff\xff\xff", 3)})
                  .starts_with("a=invalid: a: broken"));
  EXPECT_TRUE(error({.name = "a", .content = "hello", .stored = testing::raw_deflate("hello").substr(0, 4)})
                  .starts_with("a=truncated: a"));
  EXPECT_TRUE(error({.name = "a", .content = "hello", .stored = ""}).starts_with("a=truncated: a"));
}

TEST(Zip, MembersOfAnotherArchiveAreNotTrusted) {
  const std::string zip = make_zip(kTwo);
  const ZipReader reader = ZipReader::open(base::as_bytes(zip)).value();
  ZipMember member = reader.members()[1];
  member.header_offset = ~std::uint64_t{0};
  EXPECT_FALSE(reader.read(member));
  member = reader.members()[1];
  member.compressed_size = ~std::uint64_t{0};
  EXPECT_FALSE(reader.read(member));
}

TEST(Zip, EntriesAreLimited) {
  ZipLimits limits;
  limits.entries_max = 1;
  EXPECT_EQ(listed(make_zip(kTwo), nullptr, limits), (Lines{"limit: more entries than the limit of 1"}));
}

TEST(Zip, MutationsNeverReachOutside) {
  const std::string good = make_zip(
      {{.name = "a", .content = "hello hello hello"}, {.name = "b", .content = "world", .method = 0, .zip64 = true}},
      {.prefix = "x", .zip64 = true});
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string zip = good;
    for (unsigned n = random() % 4 + 1; n-- > 0;)
      zip[random() % zip.size()] = static_cast<char>(random() % 3 == 0 ? 0xff : random());
    (void)listed(zip);
  }
}

}  // namespace
}  // namespace limpid::archive
