// Lists of owned files: which paths are kept, and for whom.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

Evidence read(std::string_view path, std::string_view content) {
  Evidence evidence;
  evidence.path = path;
  SkippedList skipped;
  EXPECT_TRUE(dpkg_files_detector().read({path, content}, evidence, skipped));
  EXPECT_TRUE(skipped.empty());
  return evidence;
}
using Paths = std::vector<std::string>;

// usr/lib/os-release is a path that some detector is sure to want.
TEST(DpkgFiles, OnlyWhatMattersIsKept) {
  const auto list =
      read("var/lib/dpkg/info/base-files.list", "/.\n/usr\n/usr/lib/os-release\n/usr/share/x\n/etc/os-release");
  EXPECT_EQ(list.owner, "base-files");
  EXPECT_EQ(list.owned, (Paths{"usr/lib/os-release", "etc/os-release"}));
  const auto multi = read("var/lib/dpkg/info/libc6:amd64.list", "/usr/lib/x86_64-linux-gnu/libc.so.6\r\n");
  EXPECT_EQ(multi.owner, "libc6:amd64");
  EXPECT_TRUE(multi.owned.empty());
}

TEST(DpkgFiles, Sums) {
  const std::string sum(32, 'a');
  const auto sums = read("var/lib/dpkg/info/base-files.md5sums",
                         sum + "  usr/lib/os-release\n" + sum + " *./etc/os-release\nshort\n" + sum + "\n\n");
  EXPECT_EQ(sums.owner, "base-files");
  EXPECT_EQ(sums.owned, (Paths{"usr/lib/os-release", "etc/os-release"}));
}

}  // namespace
}  // namespace limpid::inventory
