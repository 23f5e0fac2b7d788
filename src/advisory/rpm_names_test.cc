#include "advisory/rpm_names.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace limpid::advisory {
namespace {

TEST(RpmNames, VersionsHaveNoEpochOfZero) {
  EXPECT_EQ(rpm_version("0", "1.2", "3.el9"), "1.2-3.el9");
  EXPECT_EQ(rpm_version("", "1.2", "3"), "1.2-3");
  EXPECT_EQ(rpm_version("2", "1.2", "3"), "2:1.2-3");
  EXPECT_EQ(rpm_version("none", "1.2", ""), "1.2");
  EXPECT_EQ(rpm_version("1", "", "3"), "");
  EXPECT_EQ(rpm_version("0:1.2-3"), "1.2-3");
  EXPECT_EQ(rpm_version("12:1.2-3"), "12:1.2-3");
  EXPECT_EQ(rpm_version("a:1.2-3"), "a:1.2-3");
  EXPECT_EQ(without_epoch("1:2-3"), "2-3");
  EXPECT_EQ(without_epoch("2-3"), "2-3");
}

std::string shown(const std::optional<RpmName>& name) {
  if (!name) return "none";
  return base::cat({name->name, "|", name->epoch, "|", name->version, "|", name->release, "|", name->architecture});
}

TEST(RpmNames, AreSplitFromTheRight) {
  EXPECT_EQ(shown(split_nvr("zlib-devel-1.2.11-3.el9")), "zlib-devel||1.2.11|3.el9|");
  EXPECT_EQ(shown(split_nvr("zlib-1:1.2-3")), "zlib|1|1.2|3|");
  EXPECT_EQ(shown(split_nevra("delve-0:1.25.2-1.el10_1.aarch64.rpm")), "delve|0|1.25.2|1.el10_1|aarch64");
  EXPECT_EQ(shown(split_nevra("lib389-3.0.6~git86.dce-160000.2.2.noarch")),
            "lib389||3.0.6~git86.dce|160000.2.2|noarch");
  for (const auto* text : {"", "a", "a-b", "-1-2", "a--1", "a-1-", "a-1-2."})
    EXPECT_EQ(shown(split_nevra(text)), "none") << text;
  EXPECT_EQ(shown(split_nvr("a-1:-2")), "none");
}

TEST(RpmNames, Purls) {
  const auto purl =
      parse_rpm_purl("pkg:rpm/redhat/perl-FCGI@0.78-11.module%2Bel8.6.0?arch=src&epoch=1&rpmmod=perl-FCGI:0.78:80:c#x");
  ASSERT_TRUE(purl);
  EXPECT_EQ(purl->vendor, "redhat");
  EXPECT_EQ(purl->name, "perl-FCGI");
  EXPECT_EQ(purl->version, "0.78-11.module+el8.6.0");
  EXPECT_EQ(purl->architecture, "src");
  EXPECT_EQ(purl->epoch, "1");
  EXPECT_EQ(module_stream(purl->module), "perl-FCGI:0.78");
  EXPECT_EQ(parse_rpm_purl("pkg:rpm/redhat/zlib")->version, "");
  EXPECT_FALSE(parse_rpm_purl("pkg:oci/zlib@1"));
  EXPECT_FALSE(parse_rpm_purl("pkg:rpm/redhat/@1"));
  EXPECT_EQ(module_stream("nodejs"), "");
  EXPECT_EQ(module_stream(":18"), "");
}

TEST(RpmNames, DebuggingSymbols) {
  EXPECT_TRUE(is_debug_package("zlib-debuginfo"));
  EXPECT_TRUE(is_debug_package("zlib-debugsource"));
  EXPECT_TRUE(is_debug_package("kernel-debuginfo-common-x86_64"));
  EXPECT_FALSE(is_debug_package("kernel-debug"));
}

}  // namespace
}  // namespace limpid::advisory
