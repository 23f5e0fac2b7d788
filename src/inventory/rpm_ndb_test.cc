#include <gtest/gtest.h>

#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

using testing::Blobs;
using testing::damage;
using testing::file;
using testing::names_in;
using testing::ndb_of;
using testing::read_files;
using testing::rpm_header;

constexpr const char* kPath = "usr/lib/sysimage/rpm/Packages.db";
const Blobs kThree = {
    {1, rpm_header("bash", "5.1")}, {2, rpm_header("curl", "8.0", 9'000)}, {700, rpm_header("zlib", "1.3", 40)}};
const std::vector<std::string> kNames = {"bash-5.1-1.el9", "curl-8.0-1.el9", "zlib-1.3-1.el9"};

TEST(RpmNdb, IsRead) {
  const auto layer = read_files({file(kPath, ndb_of(kThree))});
  EXPECT_EQ(names_in(layer), kNames);
  EXPECT_TRUE(layer.skipped.empty()) << layer.skipped.front().detail;
}

TEST(RpmNdb, OfSeveralPagesOfSlots) {
  Blobs blobs;
  for (std::uint32_t i = 1; i <= 700; ++i) blobs.emplace_back(i, rpm_header("p" + std::to_string(i), "1"));
  const auto layer = read_files({file(kPath, ndb_of(blobs))});
  EXPECT_EQ(names_in(layer).size(), 700U);
  EXPECT_TRUE(layer.skipped.empty()) << layer.skipped.front().detail;
}

TEST(RpmNdb, OneBadBlobLeavesTheOthers) {
  std::string bytes = ndb_of(kThree);
  bytes[bytes.find("BlbE")] = 'X';
  const auto layer = read_files({file(kPath, bytes)});
  EXPECT_EQ(names_in(layer), (std::vector<std::string>{"curl-8.0-1.el9", "zlib-1.3-1.el9"}));
  ASSERT_EQ(layer.skipped.size(), 1U);
  EXPECT_EQ(layer.skipped[0].detail, "package 1: its blob at block 256 does not end where it should");
}

TEST(RpmNdb, AWrongChecksumIsToldAndThePackageKept) {
  std::string bytes = ndb_of(kThree);
  bytes[bytes.find("BlbE") - 8] ^= 1;
  const auto layer = read_files({file(kPath, bytes)});
  EXPECT_EQ(names_in(layer), kNames);
  ASSERT_EQ(layer.skipped.size(), 1U);
  EXPECT_NE(layer.skipped[0].detail.find("checksum"), std::string::npos);
}

TEST(RpmNdb, DamageIsToldOrChangesNothing) {
  damage(kPath, ndb_of(kThree), 4'000, 4'712, [&](const std::string& what, const LayerInventory& layer) {
    EXPECT_TRUE(names_in(layer) == kNames || !layer.skipped.empty()) << what;
  });
}

}  // namespace
}  // namespace limpid::inventory
