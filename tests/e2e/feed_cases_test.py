"""Small feeds of our own against systems with one package: the cases that a reader of each feed can get wrong."""
import json
import os
import tempfile
import unittest

from images import run
from systems import write_system

NONE = None  # no finding of that id


def tracker(**flaws):
    return json.dumps({"zfoo": {"CVE-2031-" + number[1:]: {"releases": {"bookworm": release}} for number, release in flaws.items()}})


def osv(identifier, *entries, **record):
    return json.dumps({"id": identifier, "affected": [
        {"package": {"ecosystem": ecosystem, "name": name, **({"purl": purl[0]} if purl else {})},
         "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}] + ([{"fixed": fixed}] if fixed else [])}]}
        for ecosystem, name, fixed, *purl in entries], **record})


def secdb(release, **fixes):
    return json.dumps({"distroversion": release, "packages": [{"pkg": {"name": name, "secfixes": versions}} for name, versions in fixes.items()]})


def csaf(statuses, remediations=(), severity="Important"):
    """Red Hat's VEX of one flaw: each product id is a purl of zfoo in RHEL 9's AppStream."""
    purls = sorted({purl for ids in statuses.values() for purl in ids})
    module = lambda purl: "m:" + purl
    return json.dumps({
        "document": {"tracking": {"id": "CVE-2031-0001", "status": "final", "current_release_date": "2031-01-02T00:00:00+00:00"}},
        "product_tree": {"branches": [{"category": "vendor", "name": "Red Hat", "branches": [
            {"category": "product_name", "name": "AS9", "product": {"product_id": "AS9", "name": "AS9", "product_identification_helper": {
                "cpe": "cpe:/a:redhat:enterprise_linux:9::appstream"}}},
            *({"category": "product_version", "name": purl, "product": {"product_id": purl, "name": purl, "product_identification_helper": {
                "purl": purl}}} for purl in purls)]}],
            "relationships": [{"category": "default_component_of", "full_product_name": {"product_id": module(purl), "name": "x"},
                               "product_reference": purl, "relates_to_product_reference": "AS9"} for purl in purls]},
        "vulnerabilities": [{"cve": "CVE-2031-0001", "product_status": {word: [module(purl) for purl in ids] for word, ids in statuses.items()},
                             "remediations": [{"category": category, "details": details, "product_ids": [module(purl) for purl in purls]}
                                              for category, details in remediations],
                             "threats": [{"category": "impact", "details": severity, "product_ids": [module(purl) for purl in purls]}]}]})


def updateinfo(identifier, *packages, cve="CVE-2031-0001", collection="al2023"):
    return (f'<updates><update type="security" status="final"><id>{identifier}</id><title>t</title><severity>important</severity>'
            f'<issued date="2031-01-02 03:04"/><references><reference href="u" id="{cve}" type="cve"/></references><pkglist>'
            f'<collection short="{collection}"><name>{collection}</name>' +
            "".join(f'<package name="{name}" epoch="{epoch}" version="{version}" release="{release}" arch="{arch}"><filename>f</filename></package>'
                    for name, epoch, version, release, arch in packages) + "</collection></pkglist></update></updates>")


def oracle(*packages):
    """packages: (release, arch, name, evr)"""
    criteria = "".join(
        f'<criteria operator="AND"><criterion test_ref="r" comment="Oracle Linux {release} is installed"/>'
        f'<criterion test_ref="a" comment="Oracle Linux arch is {arch}"/><criterion test_ref="t{at}" comment="{name} is earlier than {evr}"/>'
        f'<criterion test_ref="s" comment="{name} is signed with the key"/></criteria>' for at, (release, arch, name, evr) in enumerate(packages))
    tests = "".join(f'<rpminfo_test id="t{at}"><object object_ref="o{at}"/><state state_ref="s{at}"/></rpminfo_test>' for at in range(len(packages)))
    objects = "".join(f'<rpminfo_object id="o{at}"><name>{name}</name></rpminfo_object>' for at, (_, _, name, _) in enumerate(packages))
    states = "".join(f'<rpminfo_state id="s{at}"><evr datatype="evr_string" operation="less than">{evr}</evr></rpminfo_state>'
                     for at, (_, _, _, evr) in enumerate(packages))
    return ('<oval_definitions><definitions><definition id="d" class="patch"><metadata><title>ELSA-2031-0001:  zfoo security update (MODERATE)</title>'
            '<affected family="unix"><platform>Oracle Linux</platform></affected><reference source="elsa" ref_id="ELSA-2031-0001" ref_url="u"/>'
            '<advisory><severity>MODERATE</severity><cve href="u">CVE-2031-0001</cve></advisory></metadata>'
            f'<criteria operator="OR">{criteria}</criteria></definition></definitions><tests>{tests}</tests><objects>{objects}</objects>'
            f"<states>{states}</states></oval_definitions>")


def azure(patchable, *tests):
    bounds = {"below": ("less than", "0:1.20-1.azl3"), "above": ("greater than", "0:1.0-0")}
    return ('<oval_definitions><definitions><definition class="vulnerability" id="d"><metadata><title>t</title><reference ref_id="CVE-2031-0001" '
            f'ref_url="u" source="CVE"/><patchable>{patchable}</patchable><severity>High</severity></metadata><criteria operator="AND">' +
            "".join(f'<criterion test_ref="{test}"/>' for test in tests) + "</criteria></definition></definitions><tests>" +
            "".join(f'<t id="{test}"><object object_ref="o"/><state state_ref="{test}"/></t>' for test in bounds) +
            '</tests><objects><o id="o"><name>zfoo</name></o></objects><states>' +
            "".join(f'<s id="{test}"><evr operation="{operation}">{evr}</evr></s>' for test, (operation, evr) in bounds.items()) +
            "</states></oval_definitions>")


ALMA_MODULE = {"updateinfo_id": "ALSA-2031:0001", "type": "security", "severity": "Important",
               "references": [{"id": "CVE-2031-0001", "type": "cve", "href": "u"}],
               "pkglist": {"module": {"name": "nodejs", "stream": "18"}, "packages": [
                   {"name": "nodejs", "epoch": "1", "version": "18.20", "release": "1.module_el8", "arch": "x86_64"}]}}
RHEL = "pkg:rpm/redhat/zfoo@1.2-3.el9?arch=x86_64"
UBUNTU_TRACKER = ("Candidate: CVE-2031-0001\nPriority: medium\nPatches_zfoo:\n needed\nupstream_zfoo: released (1.3)\njammy_zfoo: DNE\n"
                  "focal_zfoo: released (1.1-1ubuntu0.2)\nnoble_zfoo: needed\ntrusty_zfoo: ignored (end of standard support)\n"
                  "trusty/esm_zfoo: released (1.0-1ubuntu0.1~esm1)\nxenial_zfoo: needs-triage\nxenial/esm_zfoo: not-affected (code not present)\n"
                  "bionic_zfoo: released (1.5-1ubuntu0.1)\nesm-infra/bionic_zfoo: released (1.5-1ubuntu0.2+esm1)\n")
DSA = ("[03 Jan 2031] DSA-9-2 zfoo - regression update\n\t[bookworm] - zfoo 1.0-1+deb12u2\n"
       "[02 Jan 2031] DSA-9-1 zfoo - security update\n\t{CVE-2031-0001}\n\t[bookworm] - zfoo 1.0-1+deb12u1\n"
       "[01 Jan 2031] DSA-8-1 zfoo - security update\n\t{CVE-2031-0002}\n\t[bookworm] - zfoo <not-affected> (introduced later)\n"
       "\t[bullseye] - zfoo 0.9-1+deb11u1\n")
AVG = [{"name": "AVG-1", "packages": ["zfoo"], "status": "Fixed", "severity": "High", "type": "t", "affected": "1.2-1", "fixed": "1.2-2",
        "issues": ["CVE-2031-0001"], "advisories": []},
       {"name": "AVG-2", "packages": ["zfoo"], "status": "Not affected", "severity": "High", "type": "t", "affected": "1.2-1", "fixed": None,
        "issues": ["CVE-2031-0002"], "advisories": []},
       {"name": "AVG-3", "packages": ["zfoo"], "status": "Testing", "severity": "High", "type": "t", "affected": "1.2-1", "fixed": "1.2-3",
        "issues": ["CVE-2031-0003"], "advisories": []}]
PHOTON = [{"cve_id": "CVE-2031-0001", "pkg": "zfoo", "cve_score": 7.5, "aff_ver": "all versions before 1.2-3.ph4 are vulnerable", "res_ver": "1.2-3.ph4"},
          {"cve_id": "CVE-2031-0001", "pkg": "zfoo", "cve_score": 7.5, "aff_ver": "all versions before 1.2-4.ph4 are vulnerable", "res_ver": "1.2-4.ph4"},
          {"cve_id": "CVE-2031-0002", "pkg": "zfoo", "cve_score": 5, "aff_ver": "NA", "res_ver": "NA"},
          {"cve_id": "CVE-2031-0003", "pkg": "zfoo", "cve_score": 5, "aff_ver": "all versions are vulnerable", "res_ver": "NA"}]
CVRF = ('<cvrfdoc xmlns="http://www.icasi.org/CVRF/schema/cvrf/1.1"><Vulnerability><CVE>CVE-2031-0001</CVE><ProductStatuses><Status Type="Fixed">'
        "<ProductID>SUSE Linux Enterprise Server 15 SP5:zfoo-1.2-150500.3.1</ProductID></Status></ProductStatuses></Vulnerability></cvrfdoc>")

GLSA = ('<?xml version="1.0" encoding="UTF-8"?><glsa id="203101-01"><title>zfoo: Bad</title><synopsis>Bad.</synopsis><product type="ebuild">zfoo</product>'
        "<announced>2031-01-02</announced><affected>"
        '<package name="cat/zfoo" auto="yes" arch="*"><unaffected range="ge">1.2-r1</unaffected><unaffected range="rge">1.1.5-r2</unaffected>'
        '<vulnerable range="lt">1.2-r1</vulnerable></package>'
        '<package name="cat/zbar" auto="yes" arch="arm64"><vulnerable range="le">3</vulnerable></package>'
        '<package name="cat/zbaz" auto="yes" arch="*"><unaffected range="ge" slot="3.12">3.12.4</unaffected>'
        '<vulnerable range="lt" slot="3.12">3.12.4</vulnerable></package></affected><impact type="normal"/>'
        "<references><uri>CVE-2031-0001</uri></references></glsa>")

# Feed, file's name, its content, then cases: system, package, version, more of the package, id, (status, fixed in) or NONE.
CASES = [
    ("debian", "tracker.json", tracker(n0001={"status": "resolved", "fixed_version": "1.2-3+deb12u1", "urgency": "unimportant"},
                                       n0002={"status": "resolved", "fixed_version": "0", "urgency": "low"},
                                       n0003={"status": "open", "urgency": "low", "nodsa": "Minor", "nodsa_reason": "ignored"},
                                       n0004={"status": "undetermined", "urgency": "low"},
                                       n0005={"status": "resolved", "fixed_version": "1:1.0-1", "urgency": "low"},
                                       n0006={"status": "open", "urgency": "end-of-life"},
                                       n0007={"status": "open", "urgency": "low", "nodsa": "Minor", "nodsa_reason": "postponed"}), [
        ("debian:12", "libzfoo1", "1.2-3+b2", {"source": "zfoo", "source_version": "1.2-3"}, "CVE-2031-0001", ("fixed", "1.2-3+deb12u1")),
        ("debian:12", "libzfoo1", "1.2-3+deb12u1", {"source": "zfoo"}, "CVE-2031-0001", NONE),
        ("debian:12", "zfoo", "1.2-3+deb12u1~bpo12+1", {}, "CVE-2031-0001", ("fixed", "1.2-3+deb12u1")),
        ("debian:12", "zfoo", "1.2-3", {}, "CVE-2031-0002", NONE),
        ("debian:12", "zfoo", "9-9", {}, "CVE-2031-0003", ("will_not_fix", "")),
        ("debian:12", "zfoo", "1.2-3", {}, "CVE-2031-0004", NONE),
        ("debian:12", "zfoo", "2.0-1", {}, "CVE-2031-0005", ("fixed", "1:1.0-1")),  # no epoch is epoch 0
        ("debian:12", "zfoo", "1.2-3", {}, "CVE-2031-0006", ("end_of_life", "")),
        ("debian:12", "zfoo", "1.2-3", {}, "CVE-2031-0007", ("fix_deferred", "")),
    ]),
    ("gentoo", "glsa-203101-01.xml", GLSA, [
        ("gentoo", "cat/zfoo", "1.1", {}, "CVE-2031-0001", ("fixed", "1.1.5-r2")),  # the nearest that has it
        ("gentoo", "cat/zfoo", "1.2", {}, "CVE-2031-0001", ("fixed", "1.2-r1")),  # a revision is part of the version
        ("gentoo", "cat/zfoo", "1.2-r1", {}, "CVE-2031-0001", NONE),
        ("gentoo", "cat/zfoo", "1.1.5-r3", {}, "CVE-2031-0001", NONE),  # rge: 1.1.5 from its revision 2 on
        ("gentoo", "other/zfoo", "1.1", {}, "CVE-2031-0001", NONE),  # another category
        ("gentoo", "cat/zbar", "3", {"arch": "aarch64"}, "CVE-2031-0001", ("affected", "")),
        ("gentoo", "cat/zbar", "3", {}, "CVE-2031-0001", NONE),  # amd64
        ("gentoo", "cat/zbaz", "3.12.3", {"module": "3.12"}, "CVE-2031-0001", ("fixed", "3.12.4")),
        ("gentoo", "cat/zbaz", "3.11.9", {"module": "3.11"}, "CVE-2031-0001", NONE),  # another slot
    ]),
    ("debian-lists", "DSA.list", DSA, [
        ("debian:12", "zfoo", "1.0-1+deb12u1", {}, "CVE-2031-0001", ("fixed", "1.0-1+deb12u2")),  # the regression update's
        ("debian:12", "zfoo", "1.0-1+deb12u2", {}, "CVE-2031-0001", NONE),
        ("debian:12", "zfoo", "0.9-1", {}, "CVE-2031-0002", NONE),
        ("debian:11", "zfoo", "0.9-1", {}, "CVE-2031-0002", ("fixed", "0.9-1+deb11u1")),
    ]),
    ("ubuntu", "CVE-2031-0001", UBUNTU_TRACKER, [
        ("ubuntu:22.04", "zfoo", "1.1-1", {}, "CVE-2031-0001", NONE),
        ("ubuntu:20.04", "zfoo", "1.1-1ubuntu0.1", {}, "CVE-2031-0001", ("fixed", "1.1-1ubuntu0.2")),
        ("ubuntu:24.04", "zfoo", "1.1-1", {}, "CVE-2031-0001", ("affected", "")),
        ("ubuntu:14.04", "zfoo", "1.0-1", {}, "CVE-2031-0001", ("end_of_life", "")),
        ("ubuntu:14.04", "zfoo", "1.0-1ubuntu0.1~esm0", {}, "CVE-2031-0001", ("fixed", "1.0-1ubuntu0.1~esm1")),
        ("ubuntu:14.04", "zfoo", "1.0-1ubuntu0.1~esm1", {}, "CVE-2031-0001", NONE),
        ("ubuntu:16.04", "zfoo", "1.0-1", {}, "CVE-2031-0001", NONE),  # what is not triaged, extended support denies
        # Either fix will do for a subscriber.
        ("ubuntu:18.04", "zfoo", "1.5-1ubuntu0.1+esm0", {}, "CVE-2031-0001", NONE),
        ("ubuntu:18.04", "zfoo", "1.5-1~esm0", {}, "CVE-2031-0001", ("fixed", "1.5-1ubuntu0.2+esm1")),
    ]),
    ("osv", "UBUNTU-CVE-2031-0001.json", osv("UBUNTU-CVE-2031-0001", ("Ubuntu:Pro:22.04:LTS", "zfoo", "1.0-1esm1"),
                                             ("Ubuntu:24.04:LTS", "zfoo", "1.2-1ubuntu0.1"), ("Ubuntu:Pro:FIPS:20.04:LTS", "zfoo", "1.0-1fips1"),
                                             upstream=["CVE-2031-0001"]), [
        ("ubuntu:24.04", "libzfoo1", "1.2-1", {"source": "zfoo"}, "CVE-2031-0001", ("fixed", "1.2-1ubuntu0.1")),
        ("ubuntu:22.04", "zfoo", "1.0-1", {}, "CVE-2031-0001", ("will_not_fix", "")),
        ("ubuntu:22.04", "zfoo", "1.0-1esm1+esm1", {}, "CVE-2031-0001", NONE),
        ("ubuntu:20.04", "zfoo", "1.0-1", {}, "CVE-2031-0001", NONE),  # nothing follows from FIPS alone
    ]),
    ("alpine", "main.json", secdb("v3.19", zfoo={"1.2.3-r1": ["CVE_2031-0001 (+ fix)"], "0": ["CVE-2031-0002"], "1.2.3-r0": ["CVE-2031-0003 XSA-1"],
                                                 "1.2.3-r2": ["GHSA-2222-3333-4444"]}), [
        ("alpine:3.19.1", "zfoo-libs", "1.2.3-r0", {"source": "zfoo"}, "CVE-2031-0001", ("fixed", "1.2.3-r1")),
        ("alpine:3.19.1", "zfoo-libs", "1.2.3-r1", {"source": "zfoo"}, "CVE-2031-0001", NONE),
        ("alpine:3.19.1", "zfoo", "1.2.2-r0", {}, "CVE-2031-0002", NONE),
        ("alpine:3.19.1", "zfoo", "1.2.3_rc2-r5", {}, "CVE-2031-0003", ("fixed", "1.2.3-r0")),
        ("alpine:3.19.1", "zfoo", "1.2.3-r1", {}, "GHSA-2222-3333-4444", ("fixed", "1.2.3-r2")),
        ("alpine:3.21.0_alpha20240807", "zfoo", "1.2.3-r0", {}, "CVE-2031-0001", NONE),  # edge
        ("alpine:3.20.0", "zfoo", "1.2.3-r0", {}, "CVE-2031-0001", NONE),
    ]),
    ("alpine", "edge.json", secdb("edge", zfoo={"1.2.3-r1": ["CVE-2031-0001"]}), [
        ("alpine:3.21.0_alpha20240807", "zfoo", "1.2.3-r0", {}, "CVE-2031-0001", ("fixed", "1.2.3-r1")),
        ("alpine:3.19.1", "zfoo", "1.2.3-r0", {}, "CVE-2031-0001", NONE),
    ]),
    ("redhat", "fixed.json", csaf({"fixed": [RHEL]}), [
        ("rhel:9.4", "zfoo", "1.2-2.el9", {}, "CVE-2031-0001", ("fixed", "1.2-3.el9")),
        ("rhel:9.4", "zfoo", "1.2-3.el9", {}, "CVE-2031-0001", NONE),
        ("rhel:9.4", "zfoo", "1.2-2.el9", {"arch": "aarch64"}, "CVE-2031-0001", NONE),
        ("rhel:9.4", "zfoo", "1.2-2.module+el9", {"module": "zfoo:1"}, "CVE-2031-0001", NONE),  # of no module
        ("rhel:8.9", "zfoo", "1.2-2.el8", {}, "CVE-2031-0001", NONE),
    ]),
    ("redhat", "module.json", csaf({"fixed": [RHEL + "&rpmmod=nodejs:18:9040:rhel9"]}), [
        ("rhel:9.4", "zfoo", "1.2-2.el9", {"module": "nodejs:18"}, "CVE-2031-0001", ("fixed", "1.2-3.el9")),
        ("rhel:9.4", "zfoo", "1.2-2.el9", {"module": "nodejs:20"}, "CVE-2031-0001", NONE),
        ("rhel:9.4", "zfoo", "1.2-2.el9", {}, "CVE-2031-0001", NONE),
    ]),
    ("redhat", "wontfix.json", csaf({"known_affected": ["pkg:rpm/redhat/zfoo"]}, [("no_fix_planned", "Will not fix")]),
     [("rhel:9.4", "zfoo", "9-9.el9", {}, "CVE-2031-0001", ("will_not_fix", ""))]),
    ("redhat", "deferred.json", csaf({"known_affected": ["pkg:rpm/redhat/zfoo"]}, [("none_available", "Deferred")]),
     [("rhel:9.4", "zfoo", "9-9.el9", {}, "CVE-2031-0001", ("fix_deferred", ""))]),
    ("redhat", "ended.json", csaf({"known_affected": ["pkg:rpm/redhat/zfoo"]}, [("no_fix_planned", "Out of support scope")]),
     [("rhel:9.4", "zfoo", "9-9.el9", {}, "CVE-2031-0001", ("end_of_life", ""))]),
    ("redhat", "investigated.json", csaf({"under_investigation": ["pkg:rpm/redhat/zfoo"]}),
     [("rhel:9.4", "zfoo", "9-9.el9", {}, "CVE-2031-0001", NONE)]),
    ("redhat", "denied.json", csaf({"known_not_affected": ["pkg:rpm/redhat/zfoo"]}),
     [("rhel:9.4", "zfoo", "9-9.el9", {}, "CVE-2031-0001", NONE)]),
    # A flaw that is unfixed in the source package is in its parts; the source's version is told without its epoch.
    ("redhat", "source.json", csaf({"known_affected": ["pkg:rpm/redhat/perl?arch=src"]}, [("none_available", "Affected")]),
     [("rhel:9.4", "perl-Errno", "0:1.28-419.el9", {"source": "perl", "source_version": "5.26.3-419.el9"}, "CVE-2031-0001", ("affected", ""))]),
    ("osv", "SUSE-SU-2031:0001-1.json", osv("SUSE-SU-2031:0001-1", ("SUSE:Linux Enterprise Server 15 SP5", "perl", "4:5.26.3-419"),
                                            related=["CVE-2031-0001"]), [
        ("sles:15.5", "perl-Errno", "1.28-419", {"source": "perl", "source_version": "5.26.3-419"}, "CVE-2031-0001", NONE),
        ("sles:15.5", "perl-Errno", "1.28-418", {"source": "perl", "source_version": "5.26.3-418"}, "CVE-2031-0001", ("fixed", "5.26.3-419")),
    ]),
    ("oracle", "normal.xml", oracle(("9", "x86_64", "zfoo", "0:1.2-3.0.1.el9"), ("9", "aarch64", "zfoo", "0:1.2-3.0.4.el9")), [
        ("ol:9.3", "zfoo", "1.2-3.0.1.el9", {}, "CVE-2031-0001", NONE),
        ("ol:9.3", "zfoo", "1.2-3.0.1.el9", {"arch": "aarch64"}, "CVE-2031-0001", ("fixed", "1.2-3.0.4.el9")),
        ("ol:8.9", "zfoo", "1.2-2.el8", {}, "CVE-2031-0001", NONE),
    ]),
    ("oracle", "flavours.xml", oracle(("7", "x86_64", "zfoo", "2:2.17-105.0.1.ksplice1.el7"), ("7", "x86_64", "zbar", "0:1.2-3.el7_fips")), [
        ("ol:7.9", "zfoo", "2.17-100.el7", {}, "CVE-2031-0001", NONE),
        ("ol:7.9", "zbar", "1.2-2.el7", {}, "CVE-2031-0001", NONE),
        ("ol:7.9", "zbar", "1.2-2.el7_fips", {}, "CVE-2031-0001", ("fixed", "1.2-3.el7_fips")),
    ]),
    ("almalinux", "errata.json", json.dumps([ALMA_MODULE]), [
        ("almalinux:8.9", "nodejs", "1:18.19-1.module_el8", {"module": "nodejs:18"}, "CVE-2031-0001", ("fixed", "1:18.20-1.module_el8")),
        ("almalinux:8.9", "nodejs", "1:18.19-1.module_el8", {}, "CVE-2031-0001", NONE),  # no label: of which module is unknown
        ("almalinux:8.9", "nodejs", "1:20.1-1.module_el8", {"module": "nodejs:20"}, "CVE-2031-0001", NONE),
    ]),
    ("osv", "RLSA-2031:0001.json", osv("RLSA-2031:0001", ("Rocky Linux:9", "zfoo", "0:1.2-3.el9"), upstream=["CVE-2031-0001"]), [
        ("rocky:9.3", "zfoo-libs", "1.2-2.el9", {"source": "zfoo"}, "CVE-2031-0001", ("fixed", "1.2-3.el9")),
        ("rocky:9.3", "zfoo-libs", "1.2-3.el9", {"source": "zfoo"}, "CVE-2031-0001", NONE),
    ]),
    ("amazon", "updateinfo.xml", updateinfo("ALAS2023-2031-001", ("zfoo", "0", "1.2", "3.amzn2023", "x86_64"), collection="amazon-linux-2023"), [
        ("amzn:2023.6.20241010", "zfoo", "1.2-2.amzn2023", {}, "CVE-2031-0001", ("fixed", "1.2-3.amzn2023")),
        ("amzn:2", "zfoo", "1.2-2.amzn2", {}, "CVE-2031-0001", NONE),
    ]),
    ("amazon", "kernel.xml", updateinfo("ALASKERNEL-5.10-2031-001", ("kernel", "0", "5.10.200", "1.amzn2", "x86_64"), collection="amazon-linux-2-kernel-5.10"), [
        ("amzn:2", "kernel", "5.10.190-1.amzn2", {}, "CVE-2031-0001", ("fixed", "5.10.200-1.amzn2")),
        ("amzn:2", "kernel", "5.4.190-1.amzn2", {}, "CVE-2031-0001", NONE),  # another line of kernels
    ]),
    ("fedora", "page.json", json.dumps({"updates": [{"alias": "FEDORA-2031-aa", "severity": "medium", "type": "security", "status": "stable",
                                                     "date_pushed": "2031-01-02 03:04:05", "release": {"version": "40", "name": "F40", "id_prefix": "FEDORA"},
                                                     "builds": [{"nvr": "zfoo-1.2-3.fc40", "epoch": 0, "type": "rpm"}],
                                                     "bugs": [{"security": True, "title": "CVE-2031-0001 zfoo: bad"}]}], "page": 1, "pages": 1, "total": 1}), [
        ("fedora:40", "zfoo-libs", "1.2-2.fc40", {"source": "zfoo"}, "CVE-2031-0001", ("fixed", "1.2-3.fc40")),
        ("fedora:40", "zfoo-libs", "1:1.2-3.fc40", {"source": "zfoo"}, "CVE-2031-0001", NONE),
        ("fedora:39", "zfoo-libs", "1.2-2.fc39", {"source": "zfoo"}, "CVE-2031-0001", NONE),
    ]),
    ("cvrf", "cvrf-1.xml", CVRF, [
        ("sles:15.5", "zfoo", "1.2-150500.1.1", {}, "CVE-2031-0001", ("fixed", "1.2-150500.3.1")),
        ("sles:15.4", "zfoo", "1.2-150400.1.1", {}, "CVE-2031-0001", NONE),
        ("sles_sap:15.5", "zfoo", "1.2-150500.1.1", {}, "CVE-2031-0001", ("fixed", "1.2-150500.3.1")),
    ]),
    ("photon", "cve_data_photon4.0.json", json.dumps(PHOTON), [
        ("photon:4.0", "zfoo", "1.2-3.ph4", {}, "CVE-2031-0001", ("fixed", "1.2-4.ph4")),  # of two rows the higher
        ("photon:4.0", "zfoo", "1.2-4.ph4", {}, "CVE-2031-0001", NONE),
        ("photon:4.0", "zfoo", "1.2-3.ph4", {}, "CVE-2031-0002", NONE),
        ("photon:4.0", "zfoo", "9-9.ph4", {}, "CVE-2031-0003", ("affected", "")),
        ("photon:5.0", "zfoo", "1.2-3.ph5", {}, "CVE-2031-0001", NONE),
    ]),
    ("azurelinux", "azurelinux-3.0-oval.xml", azure("true", "below", "above"), [
        ("azurelinux:3.0", "zfoo", "1.10-1.azl3", {}, "CVE-2031-0001", ("fixed", "1.20-1.azl3")),
        ("azurelinux:3.0", "zfoo", "0.9-1.azl3", {}, "CVE-2031-0001", NONE),
        ("azurelinux:3.0", "zfoo", "1.20-1.azl3", {}, "CVE-2031-0001", NONE),
    ]),
    ("azurelinux", "azurelinux-3.0-oval.xml", azure("Not Applicable", "below"), [("azurelinux:3.0", "zfoo", "1.10-1.azl3", {}, "CVE-2031-0001", NONE)]),
    ("arch", "all.json", json.dumps(AVG), [
        ("arch", "zfoo", "1.2-1", {}, "CVE-2031-0001", ("fixed", "1.2-2")),
        ("arch", "zfoo", "1.2-2", {}, "CVE-2031-0001", NONE),
        ("arch", "zfoo", "1.2-1", {}, "CVE-2031-0002", NONE),
        ("arch", "zfoo", "1.2-3", {}, "CVE-2031-0003", ("affected", "")),  # a fix in testing is nobody's
    ]),
    ("echo", "data.json", json.dumps({"zfoo": {"CVE-2031-0001": {"fixed_version": "1.2-3+echo.1", "severity": "high"}, "TEMP-1": {"fixed_version": "1"}}}), [
        ("echo:1", "libzfoo1", "1.2-3", {"source": "zfoo"}, "CVE-2031-0001", ("fixed", "1.2-3+echo.1")),
        ("echo:1", "libzfoo1", "1.2-3+echo.1", {"source": "zfoo"}, "CVE-2031-0001", NONE),
        ("debian:12", "libzfoo1", "1.2-3", {"source": "zfoo"}, "CVE-2031-0001", NONE),
    ]),
]

ROOTIO = {"debian": [{"distroversion": "12", "packages": [{"pkg": {"name": "zfoo", "cves": {
    "CVE-2031-0001": {"vulnerable_ranges": ["<1.2-3.root.io.1"], "fixed_versions": ["1.2-3.root.io.1"], "severity": "HIGH"}}}}]}]}


class FeedCasesTest(unittest.TestCase):
    def scan(self, database, system, package, version, more):
        with tempfile.TemporaryDirectory(prefix="limpid-cases-") as folder:
            write_system(folder, system, package, version, **more)
            report = json.loads(run("scan", "rootfs:" + folder, "--db", database, "-f", "json", check=0).stdout)
        return {finding["id"]: finding for finding in report["findings"]}

    def build(self, folder, *feeds):
        words = []
        for at, (feed, name, content) in enumerate(feeds):
            path = os.path.join(folder, str(at), name)
            os.makedirs(os.path.dirname(path))
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
            words += ["--feed", f"{feed}={path}"]
        database = os.path.join(folder, "db")
        run("-q", "db", "build", *words, "-o", database, check=0)
        return database

    def test_every_feed(self):
        for feed, name, content, cases in CASES:
            with tempfile.TemporaryDirectory(prefix="limpid-cases-") as folder:
                database = self.build(folder, (feed, name, content))
                for system, package, version, more, flaw, expected in cases:
                    with self.subTest(feed=feed, file=name, system=system, package=package, version=version, flaw=flaw, **more):
                        found = self.scan(database, system, package, version, more).get(flaw)
                        self.assertEqual((found["status"], found["fixed_in"]) if found else NONE, expected)

    def test_a_supplier_speaks_for_what_he_rebuilt(self):
        with tempfile.TemporaryDirectory(prefix="limpid-cases-") as folder:
            database = self.build(folder, ("rootio", "feed.json", json.dumps(ROOTIO)), ("debian", "tracker.json", tracker(
                n0001={"status": "resolved", "fixed_version": "1.2-4", "urgency": "low"}, n0002={"status": "open", "urgency": "low"})))
            plain = self.scan(database, "debian:12", "zfoo", "1.2-3", {})
            self.assertEqual({flaw: one["fixed_in"] for flaw, one in plain.items()}, {"CVE-2031-0001": "1.2-4", "CVE-2031-0002": ""})
            old = self.scan(database, "debian:12", "zfoo", "1.2-3.root.io.0", {})
            self.assertEqual(old["CVE-2031-0001"]["fixed_in"], "1.2-3.root.io.1")
            # The supplier has fixed the one; what the distribution says of the other still holds.
            self.assertEqual(set(self.scan(database, "debian:12", "zfoo", "1.2-3.root.io.1", {})), {"CVE-2031-0002"})

    def test_what_a_subscription_would_bring(self):
        with tempfile.TemporaryDirectory(prefix="limpid-cases-") as folder:
            database = self.build(folder, ("ubuntu", "CVE-2031-0001", UBUNTU_TRACKER))
            trusty = self.scan(database, "ubuntu:14.04", "zfoo", "1.0-1", {})["CVE-2031-0001"]
            self.assertEqual(trusty["fixed_for_subscribers"], "1.0-1ubuntu0.1~esm1")
            self.assertEqual(self.scan(database, "ubuntu:20.04", "zfoo", "1.1-1", {})["CVE-2031-0001"]["fixed_for_subscribers"], "")
            with tempfile.TemporaryDirectory(prefix="limpid-cases-") as root:
                write_system(root, "ubuntu:14.04", "zfoo", "1.0-1")
                self.assertIn("fixed with Ubuntu Pro in 1.0-1ubuntu0.1~esm1", run("scan", "rootfs:" + root, "--db", database, check=0).stdout)
                status = os.path.join(root, "var", "lib", "ubuntu-advantage", "status.json")
                os.makedirs(os.path.dirname(status))
                with open(status, "w", encoding="utf-8") as file:
                    json.dump({"attached": True, "services": [{"name": "esm-infra", "status": "enabled"}]}, file)
                found, = json.loads(run("scan", "rootfs:" + root, "--db", database, "-f", "json", check=0).stdout)["findings"]
                self.assertEqual((found["status"], found["fixed_in"], found["fixed_for_subscribers"]), ("fixed", "1.0-1ubuntu0.1~esm1", ""))


if __name__ == "__main__":
    unittest.main()
