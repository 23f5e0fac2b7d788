#include <gtest/gtest.h>

#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

using testing::bdb_of;
using testing::Blobs;
using testing::damage;
using testing::file;
using testing::names_in;
using testing::read_files;
using testing::rpm_header;

constexpr const char* kPath = "var/lib/rpm/Packages";
const Blobs kThree = {
    {1, rpm_header("bash", "5.1")}, {2, rpm_header("curl", "8.0", 9'000)}, {700, rpm_header("zlib", "1.3", 40)}};
const std::vector<std::string> kNames = {"bash-5.1-1.el9", "curl-8.0-1.el9", "zlib-1.3-1.el9"};

TEST(RpmBdb, IsReadInBothByteOrdersAndAllPageSizes) {
  for (const bool big_endian : {false, true}) {
    for (const std::size_t page_size : {512, 4'096, 8'192, 32'768, 65'536}) {
      const auto layer = read_files({file(kPath, bdb_of(kThree, page_size, big_endian))});
      EXPECT_EQ(names_in(layer), kNames) << page_size << ' ' << big_endian;
      EXPECT_TRUE(layer.skipped.empty()) << layer.skipped.front().detail;
    }
  }
}

TEST(RpmBdb, TheNumberZeroIsNoPackageAndOfEqualOnesTheLastCounts) {
  Blobs blobs = kThree;
  blobs.insert(blobs.begin(), {0, std::string("\0\0\0\3", 4)});
  blobs.emplace_back(2, rpm_header("curl", "9.0"));
  EXPECT_EQ(names_in(read_files({file(kPath, bdb_of(blobs, 4'096, false))})),
            (std::vector<std::string>{"bash-5.1-1.el9", "curl-9.0-1.el9", "zlib-1.3-1.el9"}));
}

std::string refusal(std::string bytes) {
  const auto layer = read_files({file(kPath, std::move(bytes))});
  EXPECT_TRUE(names_in(layer).empty());
  return layer.skipped.size() == 1 ? layer.skipped.front().detail : std::to_string(layer.skipped.size()) + " notes";
}

TEST(RpmBdb, RefusesWhatItCannotRead) {
  const std::string whole = bdb_of(kThree, 4'096, false);
  std::string btree = whole;
  btree.replace(12, 4, "\x62\x31\x05\0", 4);
  EXPECT_NE(refusal(btree).find("btree"), std::string::npos);
  std::string big_btree = whole;
  big_btree.replace(12, 4, std::string_view("\0\x05\x31\x62", 4));
  EXPECT_NE(refusal(big_btree).find("btree"), std::string::npos);
  std::string encrypted = whole;
  encrypted[24] = 1;
  EXPECT_NE(refusal(encrypted).find("encrypted"), std::string::npos);
  std::string checksums = whole;
  checksums[26] = 1;
  EXPECT_NE(refusal(checksums).find("checksums"), std::string::npos);
  std::string odd_pages = whole;
  odd_pages.replace(20, 4, std::string_view("\1\x10\0\0", 4));
  EXPECT_NE(refusal(odd_pages).find("4097"), std::string::npos);
  EXPECT_NE(refusal("not a database at all, but long enough").find("neither"), std::string::npos);
  EXPECT_NE(refusal("").find("empty"), std::string::npos);
}

TEST(RpmBdb, ACircleOfOverflowPagesEnds) {
  std::string bytes = bdb_of(kThree, 512, false);
  const std::size_t second_overflow = 4 * 512;  // of curl: behind page 0, bash's page 1, its own hash page 2 and page 3
  ASSERT_EQ(bytes[second_overflow + 25], 7);
  bytes.replace(second_overflow + 16, 4, std::string_view("\4\0\0\0", 4));
  const auto layer = read_files({file(kPath, bytes)});
  EXPECT_EQ(names_in(layer), (std::vector<std::string>{"bash-5.1-1.el9", "zlib-1.3-1.el9"}));
  ASSERT_FALSE(layer.skipped.empty());
  EXPECT_NE(layer.skipped.front().detail.find("package 2 on page 2: its overflow page 4 was used before"),
            std::string::npos)
      << layer.skipped.front().detail;
}

TEST(RpmBdb, DamageIsToldOrChangesNothing) {
  for (const bool big_endian : {false, true}) {
    damage(kPath, bdb_of(kThree, 512, big_endian), 3'000, 4'711,
           [&](const std::string& what, const LayerInventory& layer) {
             EXPECT_TRUE(names_in(layer).size() == kNames.size() || !layer.skipped.empty()) << what;
           });
  }
}

}  // namespace
}  // namespace limpid::inventory
