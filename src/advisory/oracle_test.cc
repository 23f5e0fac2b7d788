#include <gtest/gtest.h>

#include "advisory/list.h"
#include "advisory/rpm_feed_for_test.h"

namespace limpid::advisory {
namespace {

struct Package {
  std::string architecture, name, evr, module;
};

// A definition with a test for each package, as Oracle nests them.
std::string file(const std::string& id, const std::vector<Package>& packages, bool signed_by = true) {
  std::string criteria, tests, objects, states;
  int number = 0;
  for (const auto& package : packages) {
    const auto ref = std::to_string(++number);
    base::append(criteria, {"<criteria operator=\"AND\">"});
    if (!package.architecture.empty()) {
      base::append(criteria,
                   {"<criterion test_ref=\"a\" comment=\"Oracle Linux arch is ", package.architecture, "\"/>"});
    }
    if (!package.module.empty()) {
      base::append(criteria, {"<criterion test_ref=\"m\" comment=\"Module ", package.module, " is enabled\"/>"});
    }
    base::append(criteria, {"<criteria operator=\"OR\"><criteria operator=\"AND\"><criterion test_ref=\"t", ref,
                            "\" comment=\"", package.name, " is earlier than ", package.evr, "\"/>"});
    if (signed_by) base::append(criteria, {"<criterion test_ref=\"s\" comment=\"", package.name, " is signed\"/>"});
    base::append(criteria, {"</criteria></criteria></criteria>"});
    base::append(tests, {"<rpminfo_test id=\"t", ref, "\"><object object_ref=\"o", ref, "\"/><state state_ref=\"e", ref,
                         "\"/></rpminfo_test>"});
    base::append(objects, {"<rpminfo_object id=\"o", ref, "\"><name>", package.name, "</name></rpminfo_object>"});
    base::append(states, {"<rpminfo_state id=\"e", ref, "\"><evr operation=\"less than\">", package.evr,
                          "</evr></rpminfo_state>"});
  }
  return base::cat(
      {"<oval_definitions><definitions><definition id=\"oval:x:def:1\" class=\"patch\"><metadata><title>\n", id,
       ":  zfoo security update (MODERATE)\n</title><affected family=\"unix\"><platform>Oracle Linux 9</platform>"
       "</affected><reference source=\"elsa\" ref_id=\"",
       id, "\" ref_url=\"https://example.org/", id,
       "\"/><reference source=\"CVE\" ref_id=\"CVE-2031-0007\"/><description>Text.</description><advisory>"
       "<severity>MODERATE</severity><issued date=\"2031-01-02\"/>"
       "<cve cvss3=\"7.5/CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H\">CVE-2031-0007</cve></advisory></metadata>"
       "<criteria operator=\"AND\"><criterion test_ref=\"r\" comment=\"Oracle Linux 9 is installed\"/>"
       "<criteria operator=\"OR\">",
       criteria, "</criteria></criteria></definition></definitions><tests>",
       "<rpminfo_test id=\"s\"><object object_ref=\"o1\"/><state state_ref=\"k\"/></rpminfo_test>", tests,
       "</tests><objects>", objects,
       "</objects><states><rpminfo_state id=\"k\"><signature_keyid>1</signature_keyid>"
       "</rpminfo_state>",
       states, "</states></oval_definitions>"});
}

Result<FeedCounts> read(const std::string& text, CollectingSink& sink) {
  return read_text(oracle_feed(), text, sink, "elsa.xml");
}

TEST(Oracle, ReleasesArchitecturesModulesAndFlavours) {
  CollectingSink sink;
  const auto counts = read(file("ELSA-2031-0001", {{"x86_64", "zfoo", "0:1.2-3.0.1.el9", ""},
                                                   {"aarch64", "zfoo", "0:1.2-3.0.4.el9", ""},
                                                   {"x86_64", "zjs", "1:18-1.module+el9", "zjs:18"},
                                                   {"x86_64", "zglibc", "2:2.17-105.0.1.ksplice1.el9", ""},
                                                   {"", "zbug", "1-1", ""}}),
                           sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1U);
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"ksplice", 1}, {"no architecture", 1}}));
  ASSERT_EQ(sink.advisories.size(), 1U);
  EXPECT_EQ(sink.advisories[0].id, "ELSA-2031-0001");
  EXPECT_EQ(sink.advisories[0].upstream, Lines{"CVE-2031-0007"});
  EXPECT_EQ(sink.advisories[0].severity, "MODERATE");
  EXPECT_EQ(sink.advisories[0].published, "2031-01-02");
  ASSERT_EQ(sink.advisories[0].cvss.size(), 1U);
  EXPECT_EQ(sink.advisories[0].cvss[0].vector, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H");
  // The respin for one architecture says nothing of the other.
  EXPECT_EQ(answers(sink, {"ol:9", "zfoo", "1.2-3.0.1.el9", "x86_64"}), Lines{});
  EXPECT_EQ(answers(sink, {"ol:9", "zfoo", "1.2-3.0.1.el9", "aarch64"}), Lines{"ELSA-2031-0001 fixed 1.2-3.0.4.el9"});
  EXPECT_EQ(answers(sink, {"ol:9", "zjs", "1:18-0", "x86_64", "zjs:18"}),
            Lines{"ELSA-2031-0001 fixed 1:18-1.module+el9"});
  EXPECT_EQ(answers(sink, {"ol:9", "zjs", "1:18-0", "x86_64", "zjs:20"}), Lines{});
  EXPECT_EQ(answers(sink, {"ol:9", "zglibc", "1", "x86_64"}), Lines{});
}

TEST(Oracle, ACutFileFails) {
  CollectingSink sink;
  const auto text = file("ELSA-2031-0001", {{"x86_64", "zfoo", "0:1.2-3.0.1.el9", ""}});
  EXPECT_EQ(read(text.substr(0, text.size() / 2), sink).error().code(), Code::truncated);
  EXPECT_FALSE(read("", sink));
}

// Checked by hand against the files' text.
TEST(Oracle, Real) {
  const auto path = shared_data("oracle");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = oracle_feed().read({.path = path, .name_space = {}}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  const auto bind = answers(sink, {"ol:5", "bind-libs", "30:9.3.3-7.el5", "x86_64"});
  EXPECT_NE(std::ranges::find(bind, "ELSA-2007-0057 fixed 30:9.3.3-8.el5"), bind.end());
  EXPECT_EQ(answers(sink, {"ol:5", "bind-libs", "30:9.3.3-8.el5", "x86_64"}), Lines{});
  EXPECT_EQ(answers(sink, {"ol:5", "bind-libs", "30:9.3.3-7.el5", "s390x"}), Lines{});
  const auto hivex =
      answers(sink, {"ol:8", "hivex", "1.3.18-20.module+el8.7.0+21037+8ee66348", "aarch64", "virt:kvm_utils"});
  EXPECT_EQ(hivex, Lines{"ELSA-2023-12342 fixed 1.3.18-21.module+el8.7.0+21037+8ee66348"});
  EXPECT_EQ(answers(sink, {"ol:8", "hivex", "1.3.18-20.module+el8.7.0+21037+8ee66348", "aarch64", "virt:ol"}), Lines{});
  EXPECT_EQ(answers(sink, {"ol:8", "openssl", "2:1.1.1g-14.el8_3", "aarch64"}), Lines{});  // only ksplice fixes it
  EXPECT_GT(counts->dropped.at("ksplice"), 0U);
}

}  // namespace
}  // namespace limpid::advisory
