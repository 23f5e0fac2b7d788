// apk's database: fields, virtual packages, broken records, long lines.
#include <string>

#include <gtest/gtest.h>

#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

struct Read {
  Evidence evidence;
  SkippedList skipped;
};
Read read(std::string_view content) {
  Read result;
  result.evidence.path = "lib/apk/db/installed";
  result.evidence.detector = "apk";
  EXPECT_TRUE(apk_detector().read({result.evidence.path, content}, result.evidence, result.skipped));
  return result;
}

TEST(Apk, AllThatAPackageSays) {
  const auto result = read(
      "C:Q1abc=\nP:libcrypto3\nV:3.1.4-r1\nA:x86_64\nS:1\nT:Crypto: library\nL:Apache-2.0 AND MIT\no:openssl\n"
      "m:A <a@b.c>\np:so:libcrypto.so.3=3\nF:lib\nR:libcrypto.so.3\na:0:0:755\nZ:Q1x=\n\nP:musl\nV:1.2.4-r2\nA:x86_64");
  ASSERT_EQ(result.evidence.packages.size(), 2u);
  const Package& p = result.evidence.packages[0];
  EXPECT_EQ(p.name, "libcrypto3");
  EXPECT_EQ(p.version, "3.1.4-r1");
  EXPECT_EQ(p.arch, "x86_64");
  EXPECT_EQ(p.source_name, "openssl");
  EXPECT_EQ(p.source_version, "3.1.4-r1");
  EXPECT_EQ(p.maintainer, "A <a@b.c>");
  EXPECT_EQ(p.licenses, std::vector<std::string>{"Apache-2.0 AND MIT"});
  EXPECT_EQ(p.location, "lib/apk/db/installed");
  EXPECT_EQ(p.scheme, version::Scheme::apk);
  EXPECT_EQ(p.kind, PackageKind::binary);
  EXPECT_EQ(result.evidence.packages[1].source_name, "musl");  // no origin: itself
  EXPECT_TRUE(result.skipped.empty());
}

TEST(Apk, LettersDifferByCase) {
  const auto result = read("P:real\np:cmd:provided=1\nV:1\na:0:0:777\nA:noarch\nO:no\nl:no\n");
  ASSERT_EQ(result.evidence.packages.size(), 1u);
  EXPECT_EQ(result.evidence.packages[0].name, "real");
  EXPECT_EQ(result.evidence.packages[0].arch, "noarch");
  EXPECT_EQ(result.evidence.packages[0].source_name, "real");
  EXPECT_TRUE(result.evidence.packages[0].licenses.empty());
}

TEST(Apk, VirtualPackagesAreNone) {
  const auto result = read("P:.build-deps\nV:20240101.120000\nA:noarch\n\nP:a\nV:1\n");
  ASSERT_EQ(result.evidence.packages.size(), 1u);
  EXPECT_EQ(result.evidence.packages[0].name, "a");
  EXPECT_TRUE(result.skipped.empty());
}

TEST(Apk, BrokenRecordsAmongGoodOnes) {
  using namespace std::string_view_literals;
  const auto result =
      read("this is no record\n\n\n\nP:a\nV:1\n\nP:b\n\nV:1\n\nP:x\0y\nV:1\n\nP:c\nV:\x1b[31m\n\nP:d\nV:2\n"sv);
  ASSERT_EQ(result.evidence.packages.size(), 2u);
  EXPECT_EQ(result.evidence.packages[0].name, "a");
  EXPECT_EQ(result.evidence.packages[1].name, "d");
  EXPECT_EQ(result.skipped.size(), 5u);
}

TEST(Apk, LongLinesLoseNothing) {
  const auto result = read("P:a\np:" + std::string(200'000, 'x') +
                           "\nV:1\n\nP:b\nD:" + std::string((std::size_t{10} << 20) + 1, 'x') + "\nV:2\n");
  ASSERT_EQ(result.evidence.packages.size(), 2u);
  EXPECT_EQ(result.evidence.packages[1].version, "2");
  EXPECT_EQ(result.skipped.size(), 1u);  // beyond 10 MiB, which is said
}

TEST(Apk, Edges) {
  EXPECT_TRUE(read("").evidence.packages.empty());
  EXPECT_TRUE(read("\n\n\n").skipped.empty());
  EXPECT_EQ(read("P\n:\nP:").skipped.size(), 1u);
}

}  // namespace
}  // namespace limpid::inventory
