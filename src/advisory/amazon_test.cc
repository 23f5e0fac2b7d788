#include <gtest/gtest.h>

#include "advisory/list.h"
#include "advisory/rpm_feed_for_test.h"

namespace limpid::advisory {
namespace {

std::string update(std::string_view id, std::string_view collection, std::string_view packages,
                   std::string_view type = "security") {
  return base::cat(
      {"<update type=\"", type, "\" status=\"final\"><id>", id,
       "</id><title>t</title><severity>important</severity><issued date=\"2031-01-02 03:04\"/>"
       "<description>d</description><references><reference href=\"https://example.org/1\" id=\"CVE-2031-0006\" "
       "type=\"cve\"/></references><pkglist><collection short=\"",
       collection, "\"><name>Amazon</name>", packages, "</collection></pkglist></update>"});
}
std::string package(std::string_view name, std::string_view version, std::string_view release, std::string_view arch) {
  return base::cat({"<package name=\"", name, "\" epoch=\"0\" version=\"", version, "\" release=\"", release,
                    "\" arch=\"", arch, "\"><filename>Packages/x.rpm</filename></package>"});
}
Result<FeedCounts> read(const std::string& updates, CollectingSink& sink) {
  return read_text(amazon_feed(), base::cat({"<?xml version=\"1.0\"?><updates>", updates, "</updates>"}), sink,
                   "updateinfo.xml");
}

TEST(Amazon, ReleasesByCollection) {
  for (const auto& [collection, name_space] :
       {std::pair("al2023", "amzn:2023"), std::pair("amazon-linux-2023", "amzn:2023"),
        std::pair("amazon-linux-2023---kernel-livepatch", "amzn:2023"), std::pair("amazon-linux-2---docker", "amzn:2"),
        std::pair("amazon-linux-2022", "amzn:2022"), std::pair("amazon-linux-ami", "amzn:2018.03")}) {
    CollectingSink sink;
    const auto counts = read(update("ALAS-1", collection, package("zfoo", "1.2", "3.amzn", "x86_64")), sink);
    ASSERT_TRUE(counts) << counts.error().describe();
    EXPECT_EQ(answers(sink, {name_space, "zfoo", "1.2-2.amzn"}), Lines{"ALAS-1 fixed 1.2-3.amzn"}) << collection;
  }
  CollectingSink sink;
  const auto counts = read(update("ALAS-1", "other", package("zfoo", "1", "1", "x86_64")), sink);
  EXPECT_EQ(counts->dropped.at("unknown release"), 1U);
}

TEST(Amazon, OneVersionForAllArchitecturesIsNotTiedToThem) {
  CollectingSink sink;
  const auto counts = read(update("ALAS2-1", "amazon-linux-2",
                                  package("same", "1", "2", "x86_64") + package("same", "1", "2", "aarch64") +
                                      package("other", "1", "2", "x86_64") + package("other", "1", "3", "aarch64") +
                                      package("same", "1", "2", "src") + package("same-debuginfo", "1", "2", "x86_64")),
                           sink);
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(answers(sink, {"amzn:2", "same", "1-1", "i686"}), Lines{"ALAS2-1 fixed 1-2"});
  EXPECT_EQ(answers(sink, {"amzn:2", "other", "1-2", "x86_64"}), Lines{});
  EXPECT_EQ(answers(sink, {"amzn:2", "other", "1-2", "aarch64"}), Lines{"ALAS2-1 fixed 1-3"});
  EXPECT_EQ(sink.advisories[0].upstream, Lines{"CVE-2031-0006"});
  EXPECT_EQ(sink.advisories[0].severity, "important");
}

TEST(Amazon, AKernelLineIsNotFixedByAnother) {
  CollectingSink sink;
  ASSERT_TRUE(read(update("ALAS2KERNEL-5.10-2031-001", "amazon-linux-2---kernel-5.10",
                          package("kernel", "5.10.200", "1.amzn2", "x86_64")),
                   sink));
  EXPECT_EQ(answers(sink, {"amzn:2", "kernel", "5.4.190-1.amzn2"}), Lines{});
  EXPECT_EQ(answers(sink, {"amzn:2", "kernel", "5.10.190-1.amzn2"}),
            Lines{"ALAS2KERNEL-5.10-2031-001 fixed 5.10.200-1.amzn2"});
  EXPECT_EQ(answers(sink, {"amzn:2", "kernel", "5.10.200-1.amzn2"}), Lines{});
}

TEST(Amazon, WhatIsNoUpdateInfoFails) {
  CollectingSink sink;
  EXPECT_FALSE(read_text(amazon_feed(), "<html></html>", sink, "updateinfo.xml"));
  EXPECT_FALSE(read_text(amazon_feed(), "<updates><update>", sink, "updateinfo.xml"));
}

// Checked by hand against the files' text.
TEST(Amazon, Real) {
  const auto path = shared_data("amazon");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = amazon_feed().read({.path = path, .name_space = {}}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(answers(sink, {"amzn:2018.03", "httpd-devel", "2.2.20-1.amzn1"}),
            Lines{"ALAS-2011-1 fixed 2.2.21-1.18.amzn1"});
  EXPECT_EQ(answers(sink, {"amzn:2018.03", "httpd-devel", "2.2.21-1.18.amzn1"}), Lines{});
  const auto qemu = answers(sink, {"amzn:2", "qemu-img", "10:1.5.3-141.amzn2.5.2"});
  EXPECT_NE(std::ranges::find(qemu, "ALAS2-2018-942 fixed 10:1.5.3-141.amzn2.5.3"), qemu.end());
  EXPECT_EQ(answers(sink, {"amzn:2", "qemu-img", "10:1.5.3-141.amzn2.5.3"}), Lines{});
  // The kernel of the core repository is another line than that of the extra kernel-5.15.
  EXPECT_EQ(answers(sink, {"amzn:2", "kernel", "5.4.200-1.amzn2"}), Lines{});
  EXPECT_EQ(answers(sink, {"amzn:2", "kernel", "5.15.40-1.amzn2"}),
            Lines{"ALAS2KERNEL-5.15-2022-001 fixed 5.15.43-20.123.amzn2"});
}

}  // namespace
}  // namespace limpid::advisory
