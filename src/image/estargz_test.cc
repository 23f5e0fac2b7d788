#include "image/estargz.h"

#include <gtest/gtest.h>

#include "image/testing.h"
#include "image/toc_testing.h"

namespace limpid::image {
namespace {

using testing::error_of;
using testing::estargz_footer;

Result<std::uint64_t> parse(std::string_view footer) { return parse_estargz_footer(base::as_bytes(footer)); }

TEST(Estargz, AFooterTellsTheTablesPlace) {
  const std::string footer = estargz_footer(0x1234abcd);
  ASSERT_EQ(footer.size(), kEstargzFooterSize);
  EXPECT_EQ(parse(footer).value(), 0x1234abcdU);
  // It is a gzip member with nothing in it.
  const auto inflated = archive::decompress(archive::memory_source(base::as_bytes(footer)), archive::Compression::gzip);
  ASSERT_TRUE(inflated);
  EXPECT_TRUE((*inflated)->next().value().empty());
}

TEST(Estargz, EveryByteOfAFooterCounts) {
  const std::string footer = estargz_footer(0);
  for (std::size_t i = 0; i < footer.size(); ++i) {
    std::string other = footer;
    other[i] = 'z';
    const bool of_no_matter = (i >= 4 && i < 10) || i >= 38;  // time, flags and system; the empty content
    EXPECT_EQ(parse(other).has_value(), of_no_matter) << i;
    EXPECT_FALSE(parse(footer.substr(0, i)));
  }
  EXPECT_CONTAINS(error_of(parse(std::string(51, '\0'))), "does not end with the footer of eStargz");
}

TEST(Estargz, PromisesADigestOrNothing) {
  const std::string key = "containerd.io/snapshot/stargz/toc.digest";
  const std::string digest = testing::text_digest("toc");
  const TocPromise promise = estargz_promise({{key, digest}, {"io.containers.estargz.uncompressed-size", "77"}});
  EXPECT_EQ(promise.format, TocPromise::Format::estargz);
  EXPECT_EQ(promise.digest.to_string(), digest);
  EXPECT_EQ(estargz_promise({}).format, TocPromise::Format::none);
  EXPECT_EQ(estargz_promise({{key, "sha256:abc"}}).format, TocPromise::Format::none);
}

Result<std::string> read(std::string_view stored, std::string_view promised) {
  return read_estargz_toc(archive::memory_source(base::as_bytes(stored)), base::sha256(base::as_bytes(promised)));
}

TEST(Estargz, ATableIsOneMemberOfATar) {
  using archive::testing::gzip;
  using archive::testing::tar_member;
  const std::string stored =
      gzip(tar_member({.name = "stargz.index.json", .content = "{}"}) + archive::testing::kTarEnd);
  EXPECT_EQ(read(stored, "{}").value(), "{}");
  EXPECT_CONTAINS(error_of(read(stored, "{ }")), "was promised");
  EXPECT_EQ(read(stored, "{ }").error().code(), Code::mismatch);
  EXPECT_CONTAINS(error_of(read(gzip(tar_member({.name = "index.json", .content = "{}"})), "{}")),
                  "there is no stargz.index.json");
  EXPECT_CONTAINS(error_of(read(gzip(""), "{}")), "there is no stargz.index.json");
  EXPECT_FALSE(read(stored.substr(0, stored.size() / 2), "{}"));
  EXPECT_FALSE(read("no gzip", "{}"));
  const std::string bomb =
      gzip(tar_member({.name = "stargz.index.json", .content = std::string((64U << 20) + 1, ' ')}));
  const auto refused = read(bomb, "{}");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::limit);
}

}  // namespace
}  // namespace limpid::image
