#include "image/zstd_chunked.h"

#include <gtest/gtest.h>

#include "archive/compressors.h"
#include "image/testing.h"
#include "image/toc_testing.h"

namespace limpid::image {
namespace {

using archive::testing::zstd;
using testing::error_of;
using testing::zstd_chunked_footer;

constexpr auto kNone = TocPromise::Format::none;

TEST(ZstdChunked, AFooterTellsTheTablesPlace) {
  const std::string footer = zstd_chunked_footer(300, 20, 100);
  ASSERT_EQ(footer.size(), kZstdChunkedFooterSize);
  TocPromise promise;
  ASSERT_TRUE(parse_zstd_chunked_footer(base::as_bytes(footer), promise));
  EXPECT_EQ((std::vector{promise.offset, promise.size, promise.json_size}), (std::vector<std::uint64_t>{300, 20, 100}));
  std::string other = footer;
  other.back() = 'X';
  EXPECT_CONTAINS(error_of(parse_zstd_chunked_footer(base::as_bytes(other), promise)), "footer of zstd:chunked");
  EXPECT_CONTAINS(error_of(parse_zstd_chunked_footer(base::as_bytes(footer.substr(1)), promise)),
                  "footer of zstd:chunked");
  other = footer;
  other[24] = '\2';
  EXPECT_CONTAINS(error_of(parse_zstd_chunked_footer(base::as_bytes(other), promise)), "unknown kind 2");
}

TEST(ZstdChunked, PromisesWhatItUnderstandsOrNothing) {
  const std::string digest = testing::text_digest("toc");
  for (const std::string prefix : {"io.github.containers.zstd-chunked.", "io.containers.zstd-chunked."}) {
    const auto of = [&](const std::string& position) {
      return zstd_chunked_promise({{prefix + "manifest-checksum", digest}, {prefix + "manifest-position", position}});
    };
    const TocPromise promise = of("300:20:100:1");
    EXPECT_EQ(promise.format, TocPromise::Format::zstd_chunked);
    EXPECT_EQ(promise.digest.to_string(), digest);
    EXPECT_EQ((std::vector{promise.offset, promise.size, promise.json_size}),
              (std::vector<std::uint64_t>{300, 20, 100}));
    for (const std::string wrong : {"", "300", "300:20:100", "300:20:100:2", "300:0:100:1", "-1:20:100:1",
                                    "300:20:100:1:1", "99999999999999999999:20:100:1"})
      EXPECT_EQ(of(wrong).format, kNone) << wrong;
    const TocPromise alone = zstd_chunked_promise({{prefix + "manifest-checksum", digest}});
    EXPECT_EQ(alone.format, TocPromise::Format::zstd_chunked);
    EXPECT_EQ(alone.size, 0U);
    EXPECT_EQ(zstd_chunked_promise({{prefix + "manifest-checksum", "x"}}).format, kNone);
    EXPECT_EQ(zstd_chunked_promise({{prefix + "manifest-position", "300:20:100:1"}}).format, kNone);
  }
}

TEST(ZstdChunked, ATableIsComparedWithItsDigestAndSize) {
  const std::string stored = zstd("{}");
  TocPromise promise;
  promise.digest = base::sha256(base::as_bytes(stored));
  promise.json_size = 2;
  EXPECT_EQ(read_zstd_chunked_toc(stored, promise).value(), "{}");
  promise.json_size = 3;
  EXPECT_CONTAINS(error_of(read_zstd_chunked_toc(stored, promise)), "has 2 bytes, but 3 were promised");
  EXPECT_CONTAINS(error_of(read_zstd_chunked_toc(zstd("[]"), promise)), "the digest of its table of contents is");
  EXPECT_CONTAINS(error_of(read_zstd_chunked_toc(stored, promise, 2)), "3 bytes, beyond the limit toc-size=2");
  promise.digest = base::sha256(base::as_bytes("no zstd"));
  EXPECT_FALSE(read_zstd_chunked_toc("no zstd", promise));
  const std::string bomb = zstd(std::string((64U << 20) + 1, ' '));
  promise.digest = base::sha256(base::as_bytes(bomb));
  const auto refused = read_zstd_chunked_toc(bomb, promise);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::limit);
}

}  // namespace
}  // namespace limpid::image
