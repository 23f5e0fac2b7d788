#include "image/toc.h"

#include <gtest/gtest.h>

#include "archive/tar.h"
#include "archive/testing.h"
#include "image/testing.h"
#include "image/toc_testing.h"

namespace limpid::image {
namespace {

using testing::error_of;
using testing::estargz_body;
using testing::text_digest;
using testing::TocBody;
using testing::TocFile;
using testing::zstd_chunked_body;

constexpr auto kEstargz = TocPromise::Format::estargz;
constexpr auto kZstdChunked = TocPromise::Format::zstd_chunked;

Result<Toc> parse_entries(std::string_view entries, TocPromise::Format format = kEstargz) {
  return parse_toc(base::cat({"{\"version\":1,\"entries\":[", entries, "]}"}), format, 1000);
}

TEST(Toc, GivesTheEntriesThatTheTarHas) {
  const std::vector<TocFile> files = {{"./", "", '5'},
                                      {"./etc/", "", '5'},
                                      {"./etc/os-release", "ID=x"},
                                      {"/usr/lib/x", std::string(5000, 'x')},
                                      {"empty"},
                                      {"etc/link", "", '2', "../usr/lib/x"},
                                      {"etc/hard", "", '1', "./usr/../usr/lib/x"},
                                      {"../../climbs", "c"},
                                      {"a/../../etc/os-release", "ID=again"},
                                      {"etc/os-release", "ID=y"},
                                      {"out", "", '1', "../../../x"},
                                      {"dev/null", "", '3'},
                                      {"dev/sda", "", '4'},
                                      {"run/pipe", "", '6'},
                                      {"x/../", "no file"},
                                      {"caf\xc3\xa9", "utf-8"},
                                      {"etc/.wh.gone", ""}};
  for (const TocBody& body : {estargz_body(files), estargz_body(files, 1000), zstd_chunked_body(files, 1000)}) {
    const auto bytes = archive::memory_source(base::as_bytes(body.tar));
    const auto tar = archive::open_tar(*bytes);
    const auto expected = archive::testing::walk(*tar, false);
    const auto toc = parse_toc(body.json(), kEstargz, body.blob.size());
    ASSERT_TRUE(toc) << error_of(toc);
    std::vector<std::string> found;
    for (const TocEntry& entry : toc->entries) found.push_back(archive::testing::describe(entry.entry));
    EXPECT_EQ(found, expected.lines);
    ASSERT_EQ(toc->skipped.size(), expected.skipped.size());
    for (std::size_t i = 0; i < toc->skipped.size(); ++i) {
      EXPECT_EQ(toc->skipped[i].path, expected.skipped[i].path);
      EXPECT_EQ(toc->skipped[i].detail, expected.skipped[i].detail);
    }
  }
}

TEST(Toc, ChunksEndWhereItIsToldOrTheNextBegins) {
  const std::string digest = text_digest("x");
  const std::string chunk_digest = base::cat({R"(,"chunkDigest":")", digest, "\""});
  const auto toc =
      parse_entries(base::cat({R"({"name":"a","type":"reg","size":30,"offset":100,"chunkSize":10)", chunk_digest,
                               R"(},{"name":"a","type":"chunk","offset":200,"chunkOffset":10)", chunk_digest,
                               R"(},{"name":"b","type":"reg","size":5,"offset":200,"innerOffset":20,"digest":")",
                               digest, R"("},{"name":"c","type":"reg","size":1,"offset":900})"}));
  ASSERT_TRUE(toc) << error_of(toc);
  ASSERT_EQ(toc->chunks.size(), 4U);
  const auto& chunks = toc->chunks;
  EXPECT_EQ((std::vector{chunks[0].offset, chunks[0].end, chunks[0].size}), (std::vector<std::uint64_t>{100, 200, 10}));
  EXPECT_EQ((std::vector{chunks[1].offset, chunks[1].end, chunks[1].size}), (std::vector<std::uint64_t>{200, 900, 20}));
  EXPECT_EQ((std::vector{chunks[2].offset, chunks[2].end, chunks[2].size}), (std::vector<std::uint64_t>{200, 900, 5}));
  EXPECT_EQ((std::vector{chunks[3].offset, chunks[3].end, chunks[3].size}), (std::vector<std::uint64_t>{900, 1000, 1}));
  EXPECT_EQ(chunks[2].inner_offset, 20U);
  EXPECT_EQ(chunks[2].digest.to_string(), digest);  // of the whole file, which is one chunk
  EXPECT_TRUE(chunks[3].digest.empty());
  EXPECT_EQ(toc->entries[0].chunk_count, 2U);

  const auto told = parse_entries(R"({"name":"a","type":"reg","size":30,"offset":100,"endOffset":150})", kZstdChunked);
  ASSERT_TRUE(told) << error_of(told);
  EXPECT_EQ(told->chunks[0].end, 150U);
}

struct Lie {
  std::string_view entries;
  Code code;
  std::string_view words;
};

TEST(Toc, RefusesWhatDoesNotFitTogether) {
  const std::string deep =
      base::cat({R"({"name":"a","type":"dir","xattrs":)", std::string(100, '['), std::string(100, ']'), "}"});
  const std::vector<Lie> lies = {
      {R"({"name":"a","type":"reg","size":-1})", Code::invalid, "it.size is not a number that is not negative"},
      {R"({"name":"a","type":"reg","size":99999999999999999999})", Code::invalid, "not JSON"},
      {R"({"name":"a","type":"reg","size":1.5})", Code::invalid, "it.size is not"},
      {R"({"name":7,"type":"dir"})", Code::invalid, "it.name is not text"},
      {R"({"name":"a","name":"b","type":"dir"})", Code::invalid, "two fields 'name'"},
      {R"({"name":"a","type":"socket"})", Code::unsupported, "'a' is of the unknown type 'socket'"},
      {R"({"name":"a"})", Code::unsupported, "unknown type ''"},
      {R"("a")", Code::invalid, "not a JSON object"},
      {deep, Code::limit, "nested beyond the limit"},
      {"{\"name\":\"caf\xe9\",\"type\":\"dir\"}", Code::invalid, "not JSON"},
      {"{\"name\":\"caf\xef\xbf\xbd\",\"type\":\"dir\"}", Code::unsupported, "no UTF-8"},
      {"{\"name\":\"a\",\"type\":\"symlink\",\"linkName\":\"\xef\xbf\xbd\"}", Code::unsupported, "no UTF-8"},
      {R"({"name":"a","type":"char","devMajor":4096})", Code::invalid, "a device that cannot be"},
      // offsets
      {R"({"name":"a","type":"reg","size":1})", Code::invalid, "'a' has content, but no offset"},
      {R"({"name":"a","type":"reg","size":1,"offset":1000})", Code::invalid, "beyond the files' end at 1000"},
      {R"({"name":"a","type":"reg","size":1,"offset":18446744073709551615})", Code::invalid, "beyond the files' end"},
      // chunks
      {R"({"name":"a","type":"chunk","offset":1})", Code::invalid, "does not follow its file"},
      {R"({"name":"a","type":"reg"},{"name":"b","type":"chunk","offset":1})", Code::invalid,
       "does not follow its file"},
      {R"({"name":"a","type":"reg","size":9,"offset":1,"chunkSize":3})", Code::invalid,
       "'a' has 9 bytes, its chunks cover 3"},
      {R"({"name":"a","type":"reg","size":9,"offset":1,"chunkSize":3},{"name":"b","type":"dir"})", Code::invalid,
       "its chunks cover 3"},
      {R"({"name":"a","type":"reg","size":9,"offset":1,"chunkSize":3},{"name":"a","type":"chunk","offset":2,"chunkOffset":2})",
       Code::invalid, "begins at byte 2, and not at 3"},
      {R"({"name":"a","type":"reg","size":9,"offset":1,"chunkSize":3},{"name":"a","type":"chunk","offset":2,"chunkOffset":4})",
       Code::invalid, "begins at byte 4, and not at 3"},
      {R"({"name":"a","type":"reg","size":9,"offset":1,"chunkSize":10})", Code::invalid, "10 bytes, where 9 are left"},
      {R"({"name":"a","type":"reg","size":9,"offset":1},{"name":"a","type":"chunk","offset":2,"chunkOffset":9})",
       Code::invalid, "0 bytes, where 0 are left"},
      {R"({"name":"a","type":"reg","size":9,"offset":1,"chunkType":"holes"})", Code::unsupported,
       "unknown type 'holes'"},
      {R"({"name":"a","type":"reg","size":9,"offset":1,"chunkDigest":"sha256:xyz"})", Code::invalid, "chunkDigest"},
      {R"({"name":"a","type":"reg","size":9,"offset":1,"digest":"md5:00"})", Code::unsupported, "digest"},
  };
  for (const Lie& lie : lies) {
    const auto toc = parse_entries(lie.entries);
    ASSERT_FALSE(toc) << lie.entries;
    EXPECT_EQ(base::name_of(toc.error().code()), base::name_of(lie.code)) << lie.entries;
    EXPECT_CONTAINS(error_of(toc), lie.words);
  }
  const std::vector<Lie> ends = {
      {R"({"name":"a","type":"reg","size":1,"offset":500,"endOffset":400})", Code::invalid,
       "between the bytes 500 and 400"},
      {R"({"name":"a","type":"reg","size":1,"offset":500,"endOffset":500})", Code::invalid,
       "between the bytes 500 and 500"},
      {R"({"name":"a","type":"reg","size":1,"offset":500,"endOffset":1001})", Code::invalid, "whose files end at 1000"},
  };
  for (const Lie& lie : ends) EXPECT_CONTAINS(error_of(parse_entries(lie.entries, kZstdChunked)), lie.words);
}

TEST(Toc, RefusesOtherDocuments) {
  EXPECT_CONTAINS(error_of(parse_toc("", kEstargz, 1)), "JSON");
  EXPECT_CONTAINS(error_of(parse_toc("[]", kEstargz, 1)), "the table is not a JSON object");
  EXPECT_CONTAINS(error_of(parse_toc("{}", kEstargz, 1)), "is of version 0");
  EXPECT_CONTAINS(error_of(parse_toc(R"({"version":2,"entries":[]})", kEstargz, 1)), "is of version 2");
  EXPECT_CONTAINS(error_of(parse_toc(R"({"version":1})", kEstargz, 1)), "the table.entries is not a list");
  EXPECT_EQ(error_of(parse_toc(R"({"version":1,"entries":[]})", kEstargz, 1)), "");
}

TEST(Toc, IsBounded) {
  const std::string large(kTocSizeMax + 1, ' ');
  const auto too_large = parse_toc(large, kEstargz, 1);
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().code(), Code::limit);
  EXPECT_CONTAINS(error_of(too_large), "beyond the limit toc-size=67108864");
  const auto too_many = parse_toc(R"({"version":1,"entries":[{"type":"dir"},{"type":"dir"},{"type":"dir"}]})", kEstargz,
                                  1, {.entries_max = 2});
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().code(), Code::limit);
}

TEST(Toc, IsBoundedInMemory) {
  constexpr std::uint64_t kMany = 1000;
  const auto within = [](std::string_view rest, std::uint64_t memory) {
    return error_of(
        parse_toc(base::cat({R"({"version":1,)", rest, "}"}), kEstargz, 1000, {}, {.toc_memory_max = memory}));
  };
  const auto many = [](std::string_view one) {
    std::string list = "\"entries\":[";
    for (std::uint64_t i = 0; i < kMany; ++i) base::append(list, {i == 0 ? "" : ",", one});
    return list + "]";
  };
  // Its text with all its values; its entries beside that; their chunks beside both.
  const std::string folders = many(R"({"name":"a","type":"dir"})");
  const std::uint64_t parsed = kMany * (2 * 26 + 5 * 24);
  EXPECT_CONTAINS(within(folders, parsed / 2), "it takes more than the limit memory=");
  EXPECT_CONTAINS(within(folders, parsed + kMany * sizeof(TocEntry) / 2), "it takes more than the limit memory=");
  EXPECT_EQ(within(folders, parsed + kMany * (sizeof(TocEntry) + 10)), "");
  const std::string files = many(R"({"name":"a","type":"reg","size":1,"offset":1})");
  const std::uint64_t with_entries = kMany * (2 * 46 + 9 * 24 + sizeof(TocEntry) + 10);
  EXPECT_CONTAINS(within(files, with_entries), "it takes more than the limit memory=");
  EXPECT_EQ(within(files, with_entries + kMany * (sizeof(TocChunk) + 10)), "");
}

}  // namespace
}  // namespace limpid::image
