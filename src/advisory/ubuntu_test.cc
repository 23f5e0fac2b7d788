#include "advisory/ubuntu.h"

#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kFile =
    "# a remark\n"
    "PublicDateAtUSN: 2031-01-01 00:00:00 UTC\n"
    "Candidate: CVE-2031-0003\n"
    "PublicDate: 2031-01-02 03:04:05 UTC\n"
    "References:\n https://localhost/1\n not a link\n"
    "Description:\n One line\n\n and another.\n"
    "Notes:\n someone> jammy_zfoo: needed\n"
    "Priority: medium\n Because of something: else\n"
    "Priority_zbar: low\n"
    "Priority_zbar_noble: high\n"
    "CVSS:\n nvd: CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H [5.5 MEDIUM]\n"
    "\n"
    "Patches_zfoo:\n upstream: https://localhost/2\n"
    "Tags_zfoo: universe-binary\n"
    "upstream_zfoo: released (1.3)\n"
    "product_zfoo: needed\n"
    "jammy_zfoo: released (1.1-1ubuntu0.2)\n"
    "noble_zfoo:needed\n"
    "focal_zfoo: not-affected (code not present)\n"
    "trusty_zfoo: ignored (end of standard support)\n"
    "trusty/esm_zfoo: released [1.0-1ubuntu0.1~esm1]\n"
    "bionic_zfoo: ignored (too intrusive)\n"
    "esm-infra/bionic_zfoo: deferred (2031-01-01)\n"
    "esm-apps/xenial_zfoo: not-affected\n"
    "xenial_zfoo: needs-triage\n"
    "mantic_zfoo: needs-triage\n"
    "plucky_zfoo: DNE\n"
    "oracular_zfoo: pending (1.4-1)\n"
    "lunar_zfoo: released (see notes)\n"
    "kinetic_zfoo: what\n"
    "fips-updates/focal_zfoo: needed\n"
    "devel_zfoo: needed\n"
    "jammy_zbar: needed\n"
    "noble_zbar: needed\n"
    "noble_zqux+1.0-x: needed\n";

TEST(UbuntuTracker, EveryWord) {
  CollectingSink sink;
  const auto counts = read_text(ubuntu_feed(), kFile, sink, "CVE-2031-0003");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1u);
  EXPECT_EQ(counts->statements, 19u);
  EXPECT_EQ(counts->dropped.at("package not in the release"), 1u);
  EXPECT_EQ(counts->dropped.at("released without a version"), 1u);
  EXPECT_EQ(counts->dropped.at("unknown status"), 1u);
  EXPECT_EQ(counts->dropped.at("release in development"), 1u);
  EXPECT_EQ(counts->dropped.at("a release or variant that is not read: fips-updates/focal"), 1u);
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  const auto of = [&](std::string_view release, std::string_view package = "zfoo") -> const Affected& {
    return sink.only("CVE-2031-0003", release, package);
  };
  EXPECT_EQ(of("ubuntu:22.04").status, Status::fixed);
  EXPECT_EQ(of("ubuntu:22.04").ranges,
            (std::vector<Range>{{.introduced = "", .fixed = "1.1-1ubuntu0.2", .last_affected = ""}}));
  EXPECT_EQ(of("ubuntu:22.04").key_kind, KeyKind::source);
  EXPECT_EQ(of("ubuntu:22.04").scheme, version::Scheme::dpkg);
  EXPECT_EQ(of("ubuntu:24.04").status, Status::affected);
  EXPECT_EQ(of("ubuntu:20.04").status, Status::not_affected);
  EXPECT_EQ(of("ubuntu:14.04").status, Status::end_of_life);
  EXPECT_EQ(of("ubuntu:14.04+esm").ranges[0].fixed, "1.0-1ubuntu0.1~esm1");
  EXPECT_EQ(of("ubuntu:18.04").status, Status::will_not_fix);
  EXPECT_EQ(of("ubuntu:18.04+esm").status, Status::fix_deferred);
  EXPECT_EQ(of("ubuntu:16.04+esm").status, Status::not_affected);
  // What extended support has cleared needs no triage.
  EXPECT_EQ(of("ubuntu:16.04").status, Status::not_affected);
  EXPECT_EQ(of("ubuntu:23.10").status, Status::under_investigation);
  EXPECT_EQ(of("ubuntu:24.10").status, Status::affected);
  EXPECT_TRUE(of("ubuntu:24.10").ranges.empty());
  EXPECT_EQ(of("ubuntu:22.04").severity, "");
  EXPECT_EQ(of("ubuntu:22.04", "zbar").severity, "low");
  EXPECT_EQ(of("ubuntu:24.04", "zbar").severity, "high");
  EXPECT_EQ(of("ubuntu:24.04", "zqux+1.0-x").status, Status::affected);
  const auto& advisory = *sink.find("CVE-2031-0003");
  EXPECT_EQ(advisory.severity, "medium");
  EXPECT_EQ(advisory.published, "2031-01-02T03:04:05Z");
  EXPECT_EQ(advisory.description, "One line and another.");
  EXPECT_EQ(advisory.references, std::vector<std::string>{"https://localhost/1"});
  ASSERT_EQ(advisory.cvss.size(), 1u);
  EXPECT_EQ(advisory.cvss[0].vector, "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H");
}

TEST(UbuntuTracker, WhatIsNoCveFile) {
  CollectingSink sink;
  for (const auto* bad : {"", "hello", "jammy_zfoo: needed\n"})
    EXPECT_FALSE(read_text(ubuntu_feed(), bad, sink, "CVE-2031-0003")) << bad;
  const auto unnumbered =
      read_text(ubuntu_feed(), "Candidate: CVE-2009-NNN3\njammy_zfoo: needed\n", sink, "CVE-2009-NNN3");
  ASSERT_TRUE(unnumbered);
  EXPECT_EQ(unnumbered->dropped.at("no CVE id"), 1u);
}

TEST(UbuntuPockets, Namespaces) {
  for (const auto& [pocket, name_space] : {std::pair{"jammy", "ubuntu:22.04"},
                                           {"trusty/esm", "ubuntu:14.04+esm"},
                                           {"esm-infra/xenial", "ubuntu:16.04+esm"},
                                           {"esm-apps/jammy", "ubuntu:22.04+esm"},
                                           {"esm-infra-legacy/trusty", "ubuntu:14.04+esm"},
                                           {"vivid/ubuntu-core", ""},
                                           {"fips/focal", ""},
                                           {"bookworm", ""},
                                           {"", ""}})
    EXPECT_EQ(ubuntu_namespace_of_pocket(pocket), name_space) << pocket;
}

std::string oval(std::string_view id, std::string_view comment, std::string_view platform = "Ubuntu 22.04 LTS") {
  return base::cat({R"(<oval_definitions><definitions><definition class="vulnerability" id="oval:com.ubuntu.)", id,
                    R"(:def:1"><metadata><title>CVE-2031-0003 on x</title><description>Bad.

 Update Instructions: none</description><affected><platform>)",
                    platform, R"(</platform></affected><reference source="CVE" ref_id="CVE-2031-0003"/>
<advisory><severity>Medium</severity><public_date>2031-01-02 03:04:05 UTC</public_date>
<cve priority="medium" cvss_vector="CVSS:3.1/AV:N" usns="1-1,2-1">CVE-2031-0003</cve></advisory></metadata>
<criteria><criteria operator="OR"><criterion test_ref="t" comment=")",
                    comment, R"("/></criteria></criteria></definition></definitions>
<tests><x_test id="t"><object object_ref="o"/><state state_ref="s"/></x_test></tests>
<states><x_state id="s"><evr datatype="debian_evr_string" operation="less than">0:1.2-3</evr></x_state></states>
</oval_definitions>)"});
}

TEST(UbuntuOval, WordsOfComments) {
  const auto status = [](std::string_view comment) {
    CollectingSink sink;
    const auto counts = read_text(ubuntu_feed(), oval("jammy", comment), sink, "x.xml");
    if (!counts || sink.statements() != 1) return Status::unknown;
    return sink.only("CVE-2031-0003", "ubuntu:22.04", "zfoo").status;
  };
  EXPECT_EQ(status("zfoo package in jammy was vulnerable but has been fixed (note: '1.2-3')."), Status::fixed);
  EXPECT_EQ(status("zfoo package in jammy, is related to the CVE in some way and has been fixed (note: '1.2-3')."),
            Status::fixed);
  EXPECT_EQ(status("(CVE-2031-0003) zfoo package in jammy is affected and needs fixing."), Status::affected);
  EXPECT_EQ(status("zfoo package in jammy is affected and may need fixing."), Status::under_investigation);
  EXPECT_EQ(status("zfoo package in jammy is affected, but a decision has been made to defer addressing it."),
            Status::fix_deferred);
  EXPECT_EQ(status("zfoo package in jammy is affected. An update containing the fix has been completed and is pending "
                   "publication (note: '1.2-4')."),
            Status::affected);
  EXPECT_EQ(status("While related to the CVE in some way, a decision has been made to ignore it."), Status::unknown);
  EXPECT_EQ(status("zfoo package in jammy, while related, a decision has been made to ignore this issue (note: 'x')."),
            Status::will_not_fix);
}

TEST(UbuntuOval, WhatADefinitionTells) {
  CollectingSink sink;
  const auto text = oval("esm-infra_xenial", "zfoo package in xenial was vulnerable but has been fixed (note: 'x').");
  ASSERT_TRUE(read_text(ubuntu_feed(), text, sink, "x.xml"));
  EXPECT_EQ(sink.only("CVE-2031-0003", "ubuntu:16.04+esm", "zfoo").ranges[0].fixed, "1.2-3");
  const auto& advisory = *sink.find("CVE-2031-0003");
  EXPECT_EQ(advisory.severity, "medium");
  EXPECT_EQ(advisory.description, "Bad.");
  EXPECT_EQ(advisory.published, "2031-01-02T03:04:05Z");
  EXPECT_EQ(advisory.references.size(), 2u);
  EXPECT_EQ(advisory.cvss[0].version, "3.1");
  // Code of its own with versions of its own.
  CollectingSink none;
  const auto fips = read_text(
      ubuntu_feed(), oval("jammy", "zfoo package in jammy is affected and needs fixing.", "Ubuntu Pro FIPS 22.04"),
      none, "x.xml");
  ASSERT_TRUE(fips);
  EXPECT_EQ(none.statements(), 0u);
  EXPECT_EQ(fips->dropped.at("a release or variant that is not read"), 1u);
}

TEST(Ubuntu, RealTracker) {
  const auto path = shared_data("ubuntu/ubuntu-cve-tracker-2020-06-18.tar.zst");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = ubuntu_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 32'795u);
  EXPECT_TRUE(counts->skipped.empty());
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(counts->statements, 1'075'360u);
  EXPECT_EQ(counts->dropped.at("release in development") +
                counts->dropped.at("a release or variant that is not read: vivid/ubuntu-core") +
                counts->dropped.at("a release or variant that is not read: vivid/stable-phone-overlay"),
            203'999u);  // 19 more in files of flaws that never got a number
  // Heartbleed: fixed, never there, and no statement at all (the package's other version).
  EXPECT_EQ(sink.only("CVE-2014-0160", "ubuntu:12.04", "openssl").ranges[0].fixed, "1.0.1-4ubuntu5.12");
  EXPECT_EQ(sink.only("CVE-2014-0160", "ubuntu:10.04", "openssl").status, Status::not_affected);
  EXPECT_EQ(sink.only("CVE-2014-0160", "ubuntu:12.04", "openssl098").status, Status::not_affected);
  EXPECT_EQ(sink.find("CVE-2014-0160")->severity, "high");
}

TEST(Ubuntu, RealNewerFilesAndCases) {
  const auto path = shared_data("ubuntu/tracker-newer/active");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = ubuntu_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1u);  // the boilerplate is no CVE
  EXPECT_EQ(sink.only("CVE-2022-36879", "ubuntu:14.04", "linux").status, Status::end_of_life);
  EXPECT_EQ(sink.only("CVE-2022-36879", "ubuntu:16.04+esm", "linux").status, Status::under_investigation);
  EXPECT_EQ(sink.only("CVE-2022-36879", "ubuntu:20.04", "linux-riscv").status, Status::will_not_fix);
  for (const auto* name :
       {"blank_lines_in_description", "empty_status_upstream", "include_pending", "line_break_between_patches",
        "more_than_one_package_patches", "multiple_upstreams", "no_space_before_status",
        "notes_with_continuation_lines", "patches_with_status", "tags_field_parsing"}) {
    CollectingSink one;
    const auto read = ubuntu_feed().read(
        {.path = shared_data(std::string("ubuntu/tracker-newer/cases/") + name), .name_space = ""}, one);
    ASSERT_TRUE(read) << name << ": " << read.error().describe();
    EXPECT_EQ(read->records, 1u) << name;
    // One speaks of the upstream alone.
    EXPECT_EQ(one.statements() == 0, std::string_view(name) == "notes_with_continuation_lines") << name;
    EXPECT_EQ(read->dropped.count("unknown status"), 0u) << name;
  }
}

TEST(Ubuntu, RealOvalOfEachFlavour) {
  const auto root = shared_data("ubuntu/oval");
  LIMPID_SKIP_WITHOUT(root);
  for (const auto* file : {"oci.com.ubuntu.jammy.cve.oval.xml.bz2", "oci.com.ubuntu.jammy.pkg.oval.xml.bz2"}) {
    CollectingSink sink;
    const auto counts = ubuntu_feed().read({.path = root + "/" + file, .name_space = ""}, sink);
    ASSERT_TRUE(counts) << file << ": " << counts.error().describe();
    EXPECT_EQ(counts->as_of.substr(0, 10), "2024-10-10");
    EXPECT_EQ(sink.only("CVE-2023-48795", "ubuntu:22.04", "openssh").ranges[0].fixed, "1:8.9p1-3ubuntu0.5");
    EXPECT_EQ(sink.only("CVE-2023-48795", "ubuntu:22.04", "libssh").ranges[0].fixed, "0.9.6-2ubuntu0.22.04.2");
    EXPECT_EQ(sink.statements(), 2u);
    EXPECT_EQ(sink.find("CVE-2023-48795")->severity, "medium");
  }
  CollectingSink sink;
  const auto counts = ubuntu_feed().read({.path = root, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->dropped.at("notice"), 1u);
  EXPECT_EQ(counts->dropped.at("a release or variant that is not read"), 2u);
  EXPECT_EQ(sink.only("CVE-2016-8703", "ubuntu:18.04", "potrace").ranges[0].fixed, "1.14-2");
}

}  // namespace
}  // namespace limpid::advisory
