#include "advisory/list.h"
#include "advisory/rpm_feed_for_test.h"

namespace limpid::advisory {
namespace {

// Both Anolis OS and ALT Linux name packages in tests of this form.
std::string document(std::string_view head, std::string_view place) {
  return base::cat(
      {R"(<oval_definitions><definitions><definition class="patch" id="oval:d:1"><metadata>)", head,
       R"(<advisory><severity>Important</severity><issued date="2031-01-02"/><cve href="u">CVE-2031-0001</cve>
</advisory></metadata><criteria operator="AND"><criterion comment=")",
       place, R"(" test_ref="place"/><criteria operator="OR">
<criterion comment="zfoo is earlier than 32:1.2-3" test_ref="a"/>
<criterion comment="zfoo-dnssec-utils is earlier than 32:dnssec-utils-1.2-3" test_ref="b"/></criteria></criteria>
</definition></definitions><tests><rpminfo_test id="a"><object object_ref="a"/><state state_ref="a"/></rpminfo_test>
<rpminfo_test id="b"><object object_ref="b"/><state state_ref="b"/></rpminfo_test></tests>
<objects><rpminfo_object id="a"><name>zfoo</name></rpminfo_object>
<rpminfo_object id="b"><name>zfoo-dnssec-utils</name></rpminfo_object></objects>
<states><rpminfo_state id="a"><evr operation="less than">32:1.2-3</evr></rpminfo_state>
<rpminfo_state id="b"><evr operation="less than">32:dnssec-utils-1.2-3</evr></rpminfo_state></states></oval_definitions>)"});
}

TEST(Anolis, UpdatesOfAReleaseAndASlipInTheirVersions) {
  CollectingSink sink;
  const auto counts = read_text(anolis_feed(),
                                document(R"(<title>ANSA-2031:0001</title>
<reference ref_id="ANSA-2031:0001" ref_url="u" source="ANSA"/>)",
                                         "Anolis OS 23 is installed"),
                                sink, "anolis-23.oval.xml");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1u);
  EXPECT_EQ(answers(sink, {"anolis:23", "zfoo", "32:1.2-2"}), Lines{"ANSA-2031:0001 fixed 32:1.2-3"});
  EXPECT_EQ(answers(sink, {"anolis:23", "zfoo-dnssec-utils", "32:1.2-2"}), Lines{"ANSA-2031:0001 fixed 32:1.2-3"});
  EXPECT_EQ(answers(sink, {"anolis:23", "zfoo-dnssec-utils", "32:1.2-3"}), Lines{});
  EXPECT_EQ(answers(sink, {"anolis:8", "zfoo", "32:1.2-2"}), Lines{});
  EXPECT_EQ(sink.find("ANSA-2031:0001")->upstream, Lines{"CVE-2031-0001"});
  EXPECT_FALSE(read_text(anolis_feed(), "<html/>", sink, "anolis-23.oval.xml"));
}

TEST(AltLinux, TheBranchIsThePlatform) {
  CollectingSink sink;
  const std::string head =
      R"(<title>ALT-PU-2031-1002</title><affected family="unix"><platform>ALT Linux branch p10</platform>
</affected><reference ref_id="ALT-PU-2031-1002" ref_url="u" source="ALTPU"/><reference ref_id="BDU:1" ref_url="u" source="BDU"/>)";
  const auto counts = read_text(altlinux_feed(), document(head, "ALT Linux must be installed"), sink, "alt.xml");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(answers(sink, {"altlinux:p10", "zfoo", "32:1.2-2"}), Lines{"ALT-PU-2031-1002 fixed 32:1.2-3"});
  EXPECT_EQ(answers(sink, {"altlinux:p9", "zfoo", "32:1.2-2"}), Lines{});
  CollectingSink none;
  const auto unknown = read_text(altlinux_feed(), document("<title>t</title>", "x"), none, "alt.xml");
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->dropped, (std::map<std::string, std::uint64_t>{{"unknown release", 2}}));
}

TEST(Anolis, RealFiles) {
  const auto path = shared_data("misc/anolis/anolis-23.oval.xml");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink anolis, alt;
  const auto counts = anolis_feed().read({.path = path, .name_space = ""}, anolis);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1u);
  EXPECT_EQ(answers(anolis, {"anolis:23", "bind-chroot", "32:9.18.30-1.an23"}),
            Lines{"ANSA-2025:0186 fixed 32:9.18.34-1.an23"});
  EXPECT_EQ(answers(anolis, {"anolis:23", "bind-chroot", "32:9.18.34-1.an23"}), Lines{});
  const auto branch =
      altlinux_feed().read({.path = shared_data("misc/alt/oval_definitions_p10.zip"), .name_space = ""}, alt);
  ASSERT_TRUE(branch) << branch.error().describe();
  EXPECT_EQ(branch->records, 1u);
  EXPECT_EQ(answers(alt, {"altlinux:p10", "dovecot", "2.2.5-alt1"}), Lines{"ALT-PU-2013-1002 fixed 2.2.6-alt1"});
  EXPECT_EQ(alt.find("ALT-PU-2013-1002")->upstream, Lines{"CVE-2013-2111"});
}

}  // namespace
}  // namespace limpid::advisory
