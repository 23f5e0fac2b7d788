#include <gtest/gtest.h>

#include "advisory/list.h"
#include "advisory/rpm_feed_for_test.h"

namespace limpid::advisory {
namespace {

TEST(AlmaLinux, BothFormsOfErrata) {
  CollectingSink sink;
  const auto counts = read_text(almalinux_feed(), R"({"schema_version": "1.0", "data": [
    {"id": "ALSA-2031:0001", "type": "security", "severity": "Important", "title": "t", "description": "d",
     "issued_date": 1925078400, "references": [{"id": "CVE-2031-0008", "type": "cve", "href": "https://example.org"},
      {"id": "ALSA-2031-0001", "type": "self", "href": "https://errata.almalinux.org/8/ALSA-2031-0001.html"}],
     "packages": [{"name": "nodejs", "epoch": "1", "version": "18.20", "release": "1.module_el8.1", "arch": "x86_64", "module": "nodejs:18:80:c:x86_64"},
      {"name": "lost", "epoch": "0", "version": "1", "release": "1.module_el8.1", "arch": "x86_64"},
      {"name": "zlib", "epoch": 0, "version": "1.2", "release": "3.el8", "arch": "x86_64"}]}]})",
                                sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"modular package without its module", 1}}));
  EXPECT_EQ(sink.advisories[0].published, "2031-01-02");
  EXPECT_EQ(sink.advisories[0].upstream, Lines{"CVE-2031-0008"});
  EXPECT_EQ(answers(sink, {"almalinux:8", "nodejs", "1:18.19-1", "x86_64", "nodejs:18"}),
            Lines{"ALSA-2031:0001 fixed 1:18.20-1.module_el8.1"});
  EXPECT_EQ(answers(sink, {"almalinux:8", "nodejs", "1:18.19-1", "x86_64", "nodejs:20"}), Lines{});
  EXPECT_EQ(answers(sink, {"almalinux:8", "zlib", "1.2-2.el8"}), Lines{"ALSA-2031:0001 fixed 1.2-3.el8"});

  CollectingSink old;
  ASSERT_TRUE(read_text(almalinux_feed(),
                        R"([{"_id": {"$oid": "1"}, "updateinfo_id": "ALSA-2031:0002", "type": "security",
    "severity": "Moderate", "title": "t", "issued_date": {"$date": 1925078400000}, "references": [{"id": "CVE-2031-0009", "type": "cve"}],
    "pkglist": {"name": "almalinux-8-for-x86_64-appstream-rpms__8_0_default", "module": {"name": "virt", "stream": "rhel"},
     "packages": [{"name": "libiscsi", "epoch": "0", "version": "1.18", "release": "8.module_el8.4", "arch": "x86_64"}]}}])",
                        old));
  EXPECT_EQ(old.advisories[0].published, "2031-01-02");
  EXPECT_EQ(answers(old, {"almalinux:8", "libiscsi", "1.18-7", "x86_64", "virt:rhel"}),
            Lines{"ALSA-2031:0002 fixed 1.18-8.module_el8.4"});
}

// Checked by hand against the files' text.
TEST(AlmaLinux, Real) {
  CollectingSink sink;
  for (const auto* name : {"almalinux/errata", "almalinux/updateinfo", "almalinux/oval/org.almalinux.alsa-9.xml.bz2"}) {
    const auto path = shared_data(name);
    LIMPID_SKIP_WITHOUT(path);
    const auto counts = almalinux_feed().read({.path = path, .name_space = {}}, sink);
    ASSERT_TRUE(counts) << name << ": " << counts.error().describe();
  }
  EXPECT_EQ(answers(sink, {"almalinux:8", "libsndfile", "1.0.28-10.el8"}),
            Lines{"ALSA-2021:3253 fixed 1.0.28-10.el8_4.1"});
  EXPECT_EQ(answers(sink, {"almalinux:8", "libsndfile", "1.0.28-10.el8_4.1"}), Lines{});
  EXPECT_EQ(answers(sink, {"almalinux:8", "Judy", "1.0.5-18.module_el8.2.0", "x86_64", "mariadb:10.3"}),
            Lines{"ALSA-2019:3708 fixed 1.0.5-18.module_el8.5.0+2632+14ced695"});
  EXPECT_EQ(answers(sink, {"almalinux:8", "Judy", "1.0.5-18.module_el8.2.0", "x86_64", "mariadb:10.11"}), Lines{});
  EXPECT_EQ(answers(sink, {"almalinux:8", "dotnet-runtime-2.1", "2.1.29-1.el8_4"}), Lines{});  // a bug fix
  EXPECT_EQ(answers(sink, {"almalinux:9", "xz", "5.2.5-7.el9"}), Lines{"ALSA-2022:4940 fixed 5.2.5-8.el9_0"});
  EXPECT_EQ(answers(sink, {"almalinux:9", "firefox", "102.3.0-1.el9_0.alma"}),
            Lines{"ALSA-2022:7071 fixed 102.4.0-1.el9_0.alma"});
  EXPECT_EQ(answers(sink, {"almalinux:9", "nodejs", "1:18.16.1-1.module_el9", "x86_64", "nodejs:18"}),
            Lines{"ALSA-2023:5363 fixed 1:18.17.1-1.module_el9.2.0+36+853e48f5"});
}

}  // namespace
}  // namespace limpid::advisory
