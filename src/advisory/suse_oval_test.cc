#include <gtest/gtest.h>

#include "advisory/list.h"
#include "advisory/rpm_feed_for_test.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kFile = R"(<oval_definitions><definitions>
<definition id="oval:org.opensuse.security:def:20310021" class="vulnerability"><metadata><title>CVE-2031-0021</title>
 <reference ref_id="Mitre CVE-2031-0021" ref_url="https://example.org"/>
 <advisory><issued date="2031-01-02"/><severity>Moderate</severity><cve cvss3="7.5/CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H">CVE-2031-0021 at SUSE</cve></advisory></metadata>
 <criteria operator="OR">
  <criteria operator="AND"><criteria operator="OR"><criterion test_ref="r1" comment="SUSE Linux Enterprise Server 15 SP5 is installed"/>
    <criterion test_ref="r1" comment="SUSE Linux Enterprise Module for Basesystem 15 SP5 is installed"/><criterion test_ref="r1" comment="SUSE Manager Server 4.3 is installed"/></criteria>
   <criteria operator="OR"><criteria operator="AND"><criterion test_ref="t1" comment="zfoo-1.2-150500.3.1 is installed"/><criterion test_ref="k1" comment="zfoo is signed with openSUSE key"/></criteria>
    <criterion test_ref="t2" comment="zbar is not affected"/><criterion test_ref="t3" comment="zbaz is affected"/></criteria></criteria>
  <criteria operator="AND"><criterion test_ref="r1" comment="SUSE Manager Server 4.3 is installed"/><criterion test_ref="t3" comment="zbaz is affected"/></criteria>
 </criteria></definition>
<definition id="oval:org.opensuse.security:def:9" class="patch"><metadata><title>zfoo-1.2 on GA media (Moderate)</title>
 <advisory><severity>Moderate</severity><cve>CVE-2031-0022 at SUSE</cve></advisory></metadata>
 <criteria operator="AND"><criterion test_ref="r1" comment="openSUSE Leap 15.6 is installed"/><criterion test_ref="t1" comment="zfoo-1.2-150500.3.1 is installed"/></criteria></definition>
</definitions><tests>
<rpminfo_test id="r1"><object object_ref="o0"/><state state_ref="s0"/></rpminfo_test>
<rpminfo_test id="t1"><object object_ref="o1"/><state state_ref="s1"/></rpminfo_test>
<rpminfo_test id="t2"><object object_ref="o2"/><state state_ref="s2"/></rpminfo_test>
<rpminfo_test id="t3"><object object_ref="o3"/></rpminfo_test>
<rpminfo_test id="k1"><object object_ref="o1"/><state state_ref="s3"/></rpminfo_test>
</tests><objects><rpminfo_object id="o0"><name>sles-release</name></rpminfo_object><rpminfo_object id="o1"><name>zfoo</name></rpminfo_object>
<rpminfo_object id="o2"><name>zbar</name></rpminfo_object><rpminfo_object id="o3"><name>zbaz</name></rpminfo_object></objects>
<states><rpminfo_state id="s0"><version operation="equals">15.5</version></rpminfo_state>
<rpminfo_state id="s1"><arch operation="pattern match">(aarch64|x86_64)</arch><evr operation="less than">0:1.2-150500.3.1</evr></rpminfo_state>
<rpminfo_state id="s2"><version operation="equals">0</version></rpminfo_state>
<rpminfo_state id="s3"><signature_keyid operation="equals">b88b2fd43dbdc284</signature_keyid></rpminfo_state></states></oval_definitions>)";

TEST(SuseOval, EveryState) {
  CollectingSink sink;
  const auto counts = read_text(suse_oval_feed(), kFile, sink, "suse.xml");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 2U);
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"product that is no release of a system", 1}}));
  EXPECT_EQ(answers(sink, {"sles:15.5", "zfoo", "1.2-150500.2.1"}), Lines{"CVE-2031-0021 fixed 1.2-150500.3.1"});
  EXPECT_EQ(answers(sink, {"sles:15.5", "zfoo", "1.2-150500.2.1", "s390x"}), Lines{});
  EXPECT_EQ(answers(sink, {"sles:15.5", "zfoo", "1.2-150500.3.1"}), Lines{});
  EXPECT_EQ(answers(sink, {"sles:15.5", "zbar", "1"}), Lines{"CVE-2031-0021 not_affected"});
  EXPECT_EQ(answers(sink, {"sles:15.5", "zbaz", "1"}), Lines{"CVE-2031-0021 affected"});
  EXPECT_EQ(answers(sink, {"opensuse-leap:15.6", "zfoo", "1.1"}),
            Lines{"oval:org.opensuse.security:def:9 fixed 1.2-150500.3.1"});
  EXPECT_EQ(sink.find("oval:org.opensuse.security:def:9")->upstream, Lines{"CVE-2031-0022"});
  EXPECT_EQ(sink.find("CVE-2031-0021")->cvss.size(), 1U);
}

// Checked by hand against the files' text.
TEST(SuseOval, Real) {
  CollectingSink sink;
  for (const auto* name :
       {"opensuse.10.2", "opensuse.13.2", "opensuse.leap.15.2", "opensuse.leap.micro.5.2", "opensuse.tumbleweed",
        "suse.linux.enterprise.12-affected", "suse.linux.enterprise.15-affected", "suse.linux.enterprise.16-affected",
        "suse.linux.enterprise.16-patch", "suse.linux.enterprise.micro.5-affected", "suse.linux.enterprise.server.10",
        "suse.linux.micro.6-affected"}) {
    const auto path = shared_data(base::cat({"suse/oval/", name, ".xml.gz"}));
    LIMPID_SKIP_WITHOUT(path);
    const auto counts = suse_oval_feed().read({.path = path, .name_space = {}}, sink);
    ASSERT_TRUE(counts) << name << ": " << counts.error().describe();
    EXPECT_GT(counts->records, 0U) << name;
  }
  EXPECT_EQ(answers(sink, {"opensuse-leap:15.2", "fastjar", "0.98-lp152.4.1"}),
            Lines{"CVE-2010-2322 fixed 0.98-lp152.4.3.1"});
  EXPECT_EQ(answers(sink, {"opensuse-leap:15.2", "fastjar", "0.98-lp152.4.3.1"}), Lines{});
  EXPECT_EQ(answers(sink, {"opensuse-leap:15.2", "fastjar", "0.98-lp152.4.1", "aarch64"}), Lines{});
  EXPECT_EQ(answers(sink, {"opensuse-tumbleweed", "tar-tests", "1.34-2.1"}), Lines{"CVE-2001-1267 fixed 1.34-2.2"});
  EXPECT_EQ(answers(sink, {"sles:10.4", "krb5", "1.4.3-19.49.49.1"}), Lines{"CVE-2002-2443 fixed 1.4.3-19.49.53.1"});
  EXPECT_EQ(answers(sink, {"sles:15.3", "kernel-default", "5.3.18-1"}), Lines{"CVE-1999-0077 not_affected"});
  EXPECT_EQ(answers(sink, {"sle-micro:5.3", "vim-small", "8.0.1568-5.14.1"}),
            Lines{"CVE-2009-0316 fixed 9.0.0313-150000.5.25.1"});
  EXPECT_EQ(answers(sink, {"sle-micro:5.2", "vim-small", "8.0.1568-5.14.1"}),
            Lines{});  // another release, an older fix
}

TEST(SuseOval, ATruncatedFileFails) {
  CollectingSink sink;
  EXPECT_FALSE(read_text(suse_oval_feed(), kFile.substr(0, kFile.size() / 2), sink, "suse.xml"));
}

}  // namespace
}  // namespace limpid::advisory
