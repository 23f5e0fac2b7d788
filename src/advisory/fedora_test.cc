#include <gtest/gtest.h>

#include "advisory/list.h"
#include "advisory/rpm_feed_for_test.h"

namespace limpid::advisory {
namespace {

RpmQuestion source(std::string name_space, std::string package, std::string version) {
  return {std::move(name_space), std::move(package), std::move(version), "x86_64", "", KeyKind::source};
}

TEST(Fedora, BodhiNamesSources) {
  CollectingSink sink;
  const auto counts = read_text(fedora_feed(), R"({"updates": [
    {"alias": "FEDORA-2031-aa", "type": "security", "status": "stable", "severity": "medium", "title": "zfoo-1.2-3.fc40",
     "date_pushed": "2031-01-02 03:04:05", "release": {"version": "40", "id_prefix": "FEDORA"},
     "builds": [{"nvr": "zfoo-1.2-3.fc40", "epoch": 2, "type": "rpm"}, {"nvr": "zmod-1-1.c", "type": "module"}, {"nvr": "x"}],
     "bugs": [{"security": true, "title": "CVE-2031-0009 CVE-2031-0010 zfoo: bad"}, {"security": false, "title": "CVE-2031-0099"}]},
    {"alias": "FEDORA-EPEL-2031-bb", "type": "security", "release": {"version": "9", "id_prefix": "FEDORA-EPEL"}, "builds": [{"nvr": "z-1-1"}]},
    {"alias": "FEDORA-2031-cc", "type": "bugfix", "release": {"version": "40"}, "builds": [{"nvr": "z-1-1"}]},
    {"alias": "FEDORA-2031-dd", "type": "security", "status": "testing", "release": {"version": "40"}, "builds": [{"nvr": "z-1-1"}]}]})",
                                sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 4U);
  EXPECT_EQ(counts->as_of, "2031-01-02");
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"another product than Fedora", 1},
                                                                   {"container, Flatpak or module", 1},
                                                                   {"not a security update", 1},
                                                                   {"not stable", 1},
                                                                   {"package without a version", 1}}));
  EXPECT_EQ(answers(sink, source("fedora:40", "zfoo", "1.2-2.fc40")), Lines{"FEDORA-2031-aa fixed 1.2-3.fc40"});
  EXPECT_EQ(answers(sink, source("fedora:40", "zfoo", "1.2-3.fc40")), Lines{});
  EXPECT_EQ(answers(sink, source("fedora:39", "zfoo", "1.2-2.fc40")), Lines{});
  EXPECT_EQ(sink.advisories[0].upstream, (Lines{"CVE-2031-0009", "CVE-2031-0010"}));
}

TEST(Fedora, UpdateInfoNamesFlawsInTheTitlesOfReports) {
  CollectingSink sink;
  ASSERT_TRUE(read_text(fedora_feed(),
                        R"(<updates><update type="security"><id>FEDORA-2031-ee</id><release>Fedora 43</release>
    <severity>Low</severity><references><reference type="bugzilla" id="1" href="u" title="CVE-2031-0012 zfoo: bad"/></references>
    <pkglist><collection short="F43"><package name="zfoo-libs" epoch="0" version="1" release="2.fc43" arch="x86_64"/>
    <package name="zfoo" epoch="0" version="1" release="2.fc43" arch="src"/></collection></pkglist></update></updates>)",
                        sink, "updateinfo.xml"));
  EXPECT_EQ(answers(sink, {"fedora:43", "zfoo-libs", "1-1.fc43", "aarch64"}), Lines{"FEDORA-2031-ee fixed 1-2.fc43"});
  EXPECT_EQ(sink.advisories[0].upstream, Lines{"CVE-2031-0012"});
}

// Checked by hand against the files' text; the counts are those of the data's manifest.
TEST(Fedora, Real) {
  const auto page = shared_data("fedora/bodhi/F36-updates-page1.json.zst");
  LIMPID_SKIP_WITHOUT(page);
  CollectingSink sink;
  auto counts = fedora_feed().read({.path = page, .name_space = {}}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 100U);
  EXPECT_EQ(answers(sink, source("fedora:36", "firefox", "101.0.1-1.fc36")),
            Lines{"FEDORA-2022-59e474cd5c fixed 102.0-1.fc36"});
  EXPECT_EQ(answers(sink, source("fedora:36", "firefox", "102.0-1.fc36")), Lines{});
  EXPECT_EQ(answers(sink, source("fedora:35", "firefox", "101.0.1-1.fc36")), Lines{});
  for (const auto* name : {"fedora/bodhi/F29C.json", "fedora/bodhi/F38M.json", "fedora/bodhi/F40.json",
                           "fedora/bodhi/single/FEDORA-2014-15583.json",
                           "fedora/bodhi/single/FEDORA-EPEL-2014-4901.json", "fedora/updateinfo"}) {
    counts = fedora_feed().read({.path = shared_data(name), .name_space = {}}, sink);
    ASSERT_TRUE(counts) << name << ": " << counts.error().describe();
  }
  EXPECT_EQ(answers(sink, source("fedora:21", "drupal7", "7.33-1.fc21")), Lines{"FEDORA-2014-15583 fixed 7.34-1.fc21"});
  EXPECT_EQ(sink.find("FEDORA-2014-15583")->upstream.front(), "CVE-2012-6662");
  EXPECT_EQ(sink.find("FEDORA-EPEL-2014-4901"), nullptr);
  EXPECT_EQ(sink.find("FEDORA-CONTAINER-2019-8b04b1c212"), nullptr);
}

}  // namespace
}  // namespace limpid::advisory
