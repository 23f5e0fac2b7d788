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

TEST(Amazon, ATopicsLineIsNotFixedByAnother) {
  CollectingSink sink;
  const auto add = [&](std::string_view id, std::string_view name, std::string_view version) {
    ASSERT_TRUE(read(update(id, "amazon-linux-2---topic", package(name, version, "1.amzn2", "x86_64")), sink)) << id;
  };
  add("ALAS2PHP8.2-2031-001", "php", "8.2.9");
  add("ALASPOSTGRESQL14-2031-001", "postgresql", "14.9");
  add("ALASTOMCAT9-2031-001", "tomcat", "9.0.71");
  add("ALASDOCKER-2031-001", "docker", "20.10.4");
  add("ALAS2-2031-002", "zlib", "2.7");
  add("ALAS2LIVEPATCH-2031-001", "kpatch", "1.2");
  const auto is_hit = [&](const char* name, const char* version) {
    return !answers(sink, {"amzn:2", name, version}).empty();
  };
  EXPECT_TRUE(is_hit("php", "8.2.8-1.amzn2"));
  EXPECT_FALSE(is_hit("php", "8.0.30-1.amzn2"));
  EXPECT_TRUE(is_hit("postgresql", "14.8-1.amzn2"));
  EXPECT_FALSE(is_hit("postgresql", "12.8-1.amzn2"));
  EXPECT_TRUE(is_hit("tomcat", "9.0.70-1.amzn2"));
  EXPECT_FALSE(is_hit("tomcat", "8.5.90-1.amzn2"));
  // No line.
  EXPECT_TRUE(is_hit("docker", "19.0-1.amzn2"));
  EXPECT_TRUE(is_hit("zlib", "1.0-1.amzn2"));
  EXPECT_TRUE(is_hit("kpatch", "0.1-1.amzn2"));
}

TEST(Amazon, ALineHasItsPackagesEpoch) {
  CollectingSink sink;
  const std::string mariadb =
      R"(<package name="mariadb" epoch="3" version="10.5.18" release="1.amzn2" arch="x86_64"></package>)";
  ASSERT_TRUE(read(update("ALASMARIADB10.5-2031-001", "amazon-linux-2---mariadb10.5", mariadb), sink));
  EXPECT_EQ(answers(sink, {"amzn:2", "mariadb", "1:5.5.68-1.amzn2"}), Lines{});
  EXPECT_EQ(answers(sink, {"amzn:2", "mariadb", "3:10.5.16-1.amzn2"}),
            Lines{"ALASMARIADB10.5-2031-001 fixed 3:10.5.18-1.amzn2"});
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
