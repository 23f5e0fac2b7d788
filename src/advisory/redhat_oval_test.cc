#include <gtest/gtest.h>

#include "advisory/list.h"
#include "advisory/rpm_feed_for_test.h"

namespace limpid::advisory {
namespace {

// An update, a flaw without a fix, and a denial, as Red Hat's files nest them.
constexpr std::string_view kFile = R"(<oval_definitions xmlns:red-def="r"><definitions>
<definition class="patch" id="oval:com.redhat.rhsa:def:20310001"><metadata><title>RHSA-2031:0001: zfoo security update (Important)</title>
 <reference ref_id="RHSA-2031:0001" ref_url="https://example.org/1" source="RHSA"/><reference ref_id="CVE-2031-0001" source="CVE"/>
 <advisory><severity>Important</severity><issued date="2031-01-02"/>
  <cve cvss3="7.5/CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H" impact="important">CVE-2031-0001</cve>
  <affected_cpe_list><cpe>cpe:/a:redhat:enterprise_linux:9::appstream</cpe><cpe>cpe:/a:redhat:enterprise_linux:9</cpe><cpe>cpe:/a:redhat:openshift:4</cpe></affected_cpe_list></advisory></metadata>
 <criteria operator="OR"><criterion comment="Red Hat Enterprise Linux must be installed" test_ref="t0"/>
  <criteria operator="AND"><criterion comment="Red Hat Enterprise Linux 9 is installed" test_ref="t0"/>
   <criterion comment="Module zjs:18 is enabled" test_ref="t9"/>
   <criteria operator="OR"><criteria operator="AND"><criterion comment="zjs is earlier than 1:18-2.module+el9" test_ref="t1"/><criterion comment="zjs is signed with a key" test_ref="t2"/></criteria>
   </criteria></criteria></criteria></definition>
<definition class="vulnerability" id="oval:com.redhat.cve:def:20310002"><metadata><title>CVE-2031-0002 zbar: bad (moderate)</title>
 <advisory><severity>Moderate</severity><cve>CVE-2031-0002</cve><affected><resolution state="Will not fix"><component>zbar</component></resolution>
  <resolution state="Fix deferred"><component>zmod:1/zbaz</component></resolution></affected>
  <affected_cpe_list><cpe>cpe:/o:redhat:enterprise_linux:9</cpe></affected_cpe_list></advisory></metadata>
 <criteria operator="AND"><criterion comment="Red Hat Enterprise Linux 9 is installed" test_ref="t0"/>
  <criteria operator="OR"><criteria operator="AND"><criterion comment="zbar is installed" test_ref="t3"/><criterion comment="zbar is signed with a key" test_ref="t2"/></criteria>
  <criteria operator="AND"><criterion comment="Module zmod:1 is enabled" test_ref="t9"/><criterion comment="zbaz is installed" test_ref="t4"/></criteria></criteria></criteria></definition>
<definition class="vulnerability" id="oval:com.redhat.unaffected:def:20310003"><metadata><title>Unaffected components for: CVE-2031-0003</title>
 <advisory><cve>CVE-2031-0003</cve><affected_cpe_list><cpe>cpe:/o:redhat:enterprise_linux:9</cpe></affected_cpe_list></advisory></metadata>
 <criteria operator="AND"><criteria operator="AND"><criterion comment="zbar is installed" test_ref="t3"/><criterion comment="zbar is not installed" test_ref="t3"/></criteria></criteria></definition>
<definition class="patch" id="oval:com.redhat.rhsa:def:20310004"><metadata><title>RHSA-2031:0004: other</title><advisory><affected_cpe_list>
 <cpe>cpe:/a:redhat:openshift:4</cpe></affected_cpe_list></advisory></metadata><criteria operator="AND"><criterion comment="zbar is earlier than 0:1" test_ref="t1"/></criteria></definition>
</definitions><tests>
<red-def:rpmverifyfile_test id="t0"><red-def:object object_ref="o0"/><red-def:state state_ref="s0"/></red-def:rpmverifyfile_test>
<red-def:rpminfo_test id="t1"><red-def:object object_ref="o1"/><red-def:state state_ref="s1"/></red-def:rpminfo_test>
<red-def:rpminfo_test id="t2"><red-def:object object_ref="o1"/><red-def:state state_ref="s2"/></red-def:rpminfo_test>
<red-def:rpminfo_test id="t3"><red-def:object object_ref="o3"/></red-def:rpminfo_test>
<red-def:rpminfo_test id="t4"><red-def:object object_ref="o4"/></red-def:rpminfo_test>
<ind-def:textfilecontent54_test id="t9"><ind-def:object object_ref="o9"/></ind-def:textfilecontent54_test>
</tests><objects><red-def:rpmverifyfile_object id="o0"><red-def:name operation="pattern match"/></red-def:rpmverifyfile_object>
<red-def:rpminfo_object id="o1"><red-def:name>zjs</red-def:name></red-def:rpminfo_object>
<red-def:rpminfo_object id="o3"><red-def:name>zbar</red-def:name></red-def:rpminfo_object>
<red-def:rpminfo_object id="o4"><red-def:name>zbaz</red-def:name></red-def:rpminfo_object></objects>
<states><red-def:rpminfo_state id="s1"><red-def:arch operation="pattern match">aarch64|x86_64</red-def:arch><red-def:evr operation="less than">1:18-2.module+el9</red-def:evr></red-def:rpminfo_state>
<red-def:rpminfo_state id="s2"><red-def:signature_keyid operation="equals">199e2f91fd431d51</red-def:signature_keyid></red-def:rpminfo_state></states></oval_definitions>)";

std::string with_prefixes_declared(std::string_view text) {
  std::string file(text);
  const std::string wanted = "xmlns:red-def=\"r\"";
  file.replace(file.find(wanted), wanted.size(), "xmlns:red-def=\"r\" xmlns:ind-def=\"i\"");
  return file;
}

TEST(RedHatOval, UpdatesUnfixedFlawsAndDenials) {
  CollectingSink sink;
  const auto counts = read_text(redhat_oval_feed(), with_prefixes_declared(kFile), sink, "rhel-9.oval.xml");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 4U);
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"product of no release of RHEL", 1}}));
  EXPECT_EQ(answers(sink, {"rhel:9", "zjs", "1:18-1", "x86_64", "zjs:18"}, true),
            Lines{"RHSA-2031:0001 fixed 1:18-2.module+el9 cpe:/a:redhat:enterprise_linux:9::appstream "
                  "cpe:/a:redhat:enterprise_linux:9"});
  EXPECT_EQ(answers(sink, {"rhel:9", "zjs", "1:18-1", "s390x", "zjs:18"}), Lines{});
  EXPECT_EQ(answers(sink, {"rhel:9", "zjs", "1:18-1", "x86_64", "zjs:20"}), Lines{});
  EXPECT_EQ(answers(sink, {"rhel:9", "zjs", "1:18-2.module+el9", "x86_64", "zjs:18"}), Lines{});
  EXPECT_EQ(answers(sink, {"rhel:9", "zbar", "7"}),
            (Lines{"CVE-2031-0002 will_not_fix", "CVE-2031-0003 not_affected"}));
  EXPECT_EQ(answers(sink, {"rhel:9", "zbaz", "7", "x86_64", "zmod:1"}), Lines{"CVE-2031-0002 fix_deferred"});
  EXPECT_EQ(sink.find("RHSA-2031:0001")->upstream, Lines{"CVE-2031-0001"});
}

// RHSA-2015:1207, as the files of their time have it: each release has a version of its own.
TEST(RedHatOval, OneUpdateOfSeveralReleases) {
  CollectingSink sink;
  const auto branch = [](std::string_view release, std::string_view version) {
    return base::cat(
        {R"(<criteria operator="AND"><criteria operator="OR"><criterion comment="Red Hat Enterprise Linux )", release,
         R"( Client is installed"/><criterion comment="Red Hat Enterprise Linux )", release,
         R"( Server is installed"/></criteria><criterion comment="firefox is earlier than 0:)", version,
         R"("/></criteria>)"});
  };
  const auto file = base::cat(
      {R"(<oval_definitions><definitions><definition class="patch" id="oval:com.redhat.rhsa:def:20151207"><metadata>
        <title>RHSA-2015:1207: firefox security update (Critical)</title><reference ref_id="RHSA-2015:1207"/>
        <advisory><severity>Critical</severity><cve>CVE-2015-2724</cve><affected_cpe_list>
        <cpe>cpe:/o:redhat:enterprise_linux:6</cpe><cpe>cpe:/o:redhat:enterprise_linux:7</cpe></affected_cpe_list></advisory>
        </metadata><criteria operator="OR">)",
       branch("6", "38.1.0-1.el6_6"), branch("7", "38.1.0-1.el7_1"),
       "</criteria></definition></definitions></oval_definitions>"});
  const auto counts = read_text(redhat_oval_feed(), file, sink, "rhsa.xml");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1U);
  EXPECT_EQ(answers(sink, {"rhel:6", "firefox", "38.0-1.el6"}), Lines{"RHSA-2015:1207 fixed 38.1.0-1.el6_6"});
  EXPECT_EQ(answers(sink, {"rhel:7", "firefox", "38.0-1.el7"}), Lines{"RHSA-2015:1207 fixed 38.1.0-1.el7_1"});
}

// Checked by hand against the files' text; the counts are those of the data's manifest.
TEST(RedHatOval, Real) {
  const auto v2 = shared_data("redhat/oval-v2");
  LIMPID_SKIP_WITHOUT(v2);
  CollectingSink sink;
  const auto counts = redhat_oval_feed().read({.path = v2, .name_space = {}}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(answers(sink, {"rhel:9", "tar", "2:1.34-6.el9"}), Lines{"CVE-2005-2541 will_not_fix"});
  const auto zlib = answers(sink, {"rhel:9", "zlib", "1.2.11-40.el9"});
  EXPECT_NE(std::ranges::find(zlib, "CVE-2002-0059 not_affected"), zlib.end());
  EXPECT_NE(sink.find("RHSA-2022:4765"), nullptr);
  const auto server = answers(sink, {"rhel:8", "postgresql-server", "13.11-1.module+el8", "x86_64", "postgresql:13"});
  EXPECT_NE(std::ranges::find(server, "RHSA-2023:7581 fixed 13.13-1.module+el8.9.0+20664+9c30cf7f"), server.end());
  EXPECT_EQ(answers(sink, {"rhel:8", "postgresql-server", "13.11-1.module+el8", "x86_64", "postgresql:16"}), Lines{});
}

TEST(RedHatOval, RealFilesOfTheFirstVersion) {
  const auto path = shared_data("redhat/oval-v1/com.redhat.rhsa-RHEL8.xml.zst");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  auto counts = redhat_oval_feed().read({.path = path, .name_space = {}}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 129U);
  const auto firefox = answers(sink, {"rhel:8", "firefox", "60.5.0-1.el8"});
  EXPECT_NE(std::ranges::find_if(firefox, [](const auto& line) { return line.starts_with("RHSA-2019:0966 fixed"); }),
            firefox.end());
  CollectingSink old;
  counts = redhat_oval_feed().read(
      {.path = shared_data("redhat/oval-v1/Red_Hat_Enterprise_Linux_3.xml.zst"), .name_space = {}}, old);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 327U);
}

}  // namespace
}  // namespace limpid::advisory
