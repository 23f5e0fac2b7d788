// Chisel's walls: packages, and what is damaged, cut or too large.
#include <gtest/gtest.h>

#include "inventory/merge.h"
#include "inventory/registered.h"
#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

struct Read {
  Result<void> result;
  Evidence evidence;
  SkippedList skipped;
};
Read read(std::string_view content) {
  Read done{{}, {}, {}};
  done.evidence.path = "var/lib/chisel/manifest.wall";
  done.evidence.detector = "chisel";
  done.result = chisel_detector().read({done.evidence.path, content}, done.evidence, done.skipped);
  return done;
}

// A wall need not be compressed to be read.
constexpr std::string_view kWall =
    "{\"jsonwall\":\"1.0\",\"schema\":\"1.0\",\"count\":5}\n"
    "{\"kind\":\"content\",\"slice\":\"libc6_libs\",\"path\":\"/lib/x\"}\n"
    "{\"kind\":\"package\",\"name\":\"libc6\",\"version\":\"2.39-0ubuntu8.4\",\"sha256\":\"0\",\"arch\":\"amd64\"}\n"
    "{\"kind\":\"package\",\"name\":\"\",\"version\":\"1\"}\n"
    "{\"kind\":\"path\",\"path\":\"/lib/x\",\"mode\":\"0644\"}\n";

TEST(Chisel, Packages) {
  const auto whole = read(kWall);
  ASSERT_TRUE(whole.result);
  ASSERT_EQ(whole.evidence.packages.size(), 1u);
  const Package& p = whole.evidence.packages[0];
  EXPECT_EQ(p.name, "libc6");
  EXPECT_EQ(p.source_name, "libc6");
  EXPECT_EQ(p.version, "2.39-0ubuntu8.4");
  EXPECT_EQ(p.arch, "amd64");
  EXPECT_EQ(p.scheme, version::Scheme::dpkg);
  ASSERT_EQ(whole.skipped.size(), 1u);  // the nameless one
}

// https://documentation.ubuntu.com/rockcraft: a rock has dpkg's status file beside the wall.
TEST(Chisel, AStatusFileKnowsTheSources) {
  const std::vector<LayerInventory> layers = {testing::read_files(
      {testing::file("var/lib/chisel/manifest.wall", std::string(kWall)),
       testing::file("var/lib/dpkg/status",
                     "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc\n"
                     "Version: 2.39-0ubuntu8.4\n")})};
  const auto image = merge_layers(layers);
  ASSERT_EQ(image.packages.size(), 1u);
  EXPECT_EQ(image.packages[0].source_name, "glibc");
}

TEST(Chisel, CutsAreTold) {
  for (std::size_t size = 0; size + 1 < kWall.size(); ++size) {
    const auto cut = read(kWall.substr(0, size));
    EXPECT_TRUE(!cut.result || !cut.skipped.empty()) << size;
    EXPECT_LE(cut.evidence.packages.size(), 1u);
  }
}

TEST(Chisel, WhatIsNoWallIsRefused) {
  EXPECT_FALSE(read("invalid\n\ninvalid\n").result);
  EXPECT_FALSE(read("{\"jsonwall\":\"2.0\"}\n").result);
  const std::string endless = std::string(kWall.substr(0, kWall.find('\n') + 1)) + std::string(2 << 20, 'x');
  const auto refused = read(endless);
  ASSERT_FALSE(refused.result);
  EXPECT_EQ(refused.result.error().code(), Code::limit);
}

}  // namespace
}  // namespace limpid::inventory
