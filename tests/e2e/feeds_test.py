"""Every real feed file of the kinds that are read compiles, with the counts that are known of it. Needs the data folder."""
import glob
import json
import os
import sys
import tempfile
import unittest
import zipfile

from images import SHARED, run

DATA = os.path.join(SHARED, "data")


class FeedsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.isdir(DATA):
            print("skipped the whole suite: no real feeds here (LIMPID_SHARED)")
            sys.exit(0)

    def build(self, *feeds):
        """What `db info` says of a database of these feeds, by name."""
        with tempfile.TemporaryDirectory(prefix="limpid-feeds-") as folder:
            database = os.path.join(folder, "db")
            run("-q", "db", "build", *[word for feed in feeds for word in ("--feed", feed)], "-o", database, check=0)
            run("db", "verify", "--db", database, check=0)
            info = json.loads(run("db", "info", "--db", database, "-f", "json", check=0).stdout)
        for feed in info["feeds"]:
            self.assertEqual(feed["kept"], feed["statements"] - sum(feed["dropped"].values()), feed)
        return info, {feed["name"]: feed for feed in info["feeds"]}

    def test_debian_tracker(self):
        info, feeds = self.build("debian=" + os.path.join(DATA, "debian", "tracker-derived.json.zst"))
        self.assertEqual((feeds["debian"]["records"], feeds["debian"]["statements"], feeds["debian"]["skipped"]), (28335, 40332, 0))
        statements = {space["name"]: space["statements"] for space in info["namespaces"]}
        self.assertEqual((statements["debian:12"], statements["debian:8"], statements["debian:unstable"]), (7118, 5814, 1523))
        for sample in sorted(glob.glob(os.path.join(DATA, "debian", "tracker-*", "*.json"))):
            if "clair-2015" in sample or "/tracker-samples/" in sample:
                self.build("debian=" + sample)

    def test_alpine_secdb(self):
        files = [name for name in glob.glob(os.path.join(DATA, "alpine-secdb", "v*", "*.json"))]
        info, feeds = self.build(*["alpine=" + name for name in files])
        self.assertEqual((len(files), feeds["alpine"]["records"]), (16, 10306))
        yaml = sorted(glob.glob(os.path.join(DATA, "alpine-secdb", "yaml-2020", "*", "*.yaml")))
        old, _ = self.build(*["alpine=" + name for name in yaml])
        counts = lambda of: {space["name"]: space["statements"] for space in of["namespaces"]}
        self.assertTrue(counts(info).items() <= counts(old).items() or counts(info) == counts(old))

    def test_osv_exports(self):
        zips = sorted(glob.glob(os.path.join(DATA, "osv", "*", "all.zip")))
        self.assertTrue(zips)
        for name in zips:
            with zipfile.ZipFile(name) as archive:
                records = sum(member.endswith(".json") for member in archive.namelist())
            _, feeds = self.build("osv=" + name)
            self.assertEqual(feeds["osv"]["records"], records, name)
            self.assertEqual(feeds["osv"]["skipped"], 0, name)
        _, feeds = self.build("osv=" + os.path.join(DATA, "osv", "PyPI", "all.zip"))
        self.assertTrue(any("PyPI" in reason for reason in feeds["osv"]["dropped"]), "an ordering that does not exist yet")

    def findings(self, database, distribution, release, maintainer, source, version):
        """What a scan of a system with this one package finds: CVE to (status, fixed in)."""
        with tempfile.TemporaryDirectory(prefix="limpid-feeds-") as root:
            for name, text in (("etc/os-release", f'ID={distribution}\nVERSION_ID="{release}"\n'),
                               ("var/lib/dpkg/status", f"Package: {source}\nStatus: install ok installed\nArchitecture: amd64\n"
                                                       f"Maintainer: {maintainer}\nVersion: {version}\n\n")):
                os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
                with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                    file.write(text)
            report = json.loads(run("scan", "rootfs:" + root, "--db", database, "-f", "json", check=0).stdout)
        return {finding["id"]: (finding["status"], finding["fixed_in"]) for finding in report["findings"]}

    def test_findings_of_ubuntus_tracker(self):
        """Checked by hand against the files of the CVEs."""
        with tempfile.TemporaryDirectory(prefix="limpid-feeds-") as folder:
            database = os.path.join(folder, "db")
            run("-q", "db", "build", "--feed", "ubuntu=" + os.path.join(DATA, "ubuntu", "ubuntu-cve-tracker-2020-06-18.tar.zst"),
                "-o", database, check=0)
            on = lambda release, source, version: self.findings(
                database, "ubuntu", release, "Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>", source, version)
            vulnerable = on("12.04", "openssl", "1.0.1-4ubuntu5.11")
            self.assertEqual(vulnerable["CVE-2014-0160"], ("fixed", "1.0.1-4ubuntu5.12"))
            self.assertNotIn("CVE-2014-0160", on("12.04", "openssl", "1.0.1-4ubuntu5.12"))  # the back-port
            self.assertNotIn("CVE-2014-0160", on("10.04", "openssl", "0.9.8k-7ubuntu8.1"))  # code not present
            self.assertNotIn("CVE-2014-0160", on("12.04", "openssl098", "0.9.8o-7ubuntu3"))  # another source package

    def test_findings_of_debians_lists(self):
        with tempfile.TemporaryDirectory(prefix="limpid-feeds-") as folder:
            database = os.path.join(folder, "db")
            run("-q", "db", "build", "--feed", "debian-lists=" + os.path.join(DATA, "debian"), "-o", database, check=0)
            on = lambda release, source, version: self.findings(
                database, "debian", release, "Debian Team <team@lists.debian.org>", source, version)
            self.assertEqual(on("11", "xorg-server", "2:1.20.11-1+deb11u5")["CVE-2023-1393"], ("fixed", "2:1.20.11-1+deb11u6"))
            self.assertNotIn("CVE-2023-1393", on("11", "xorg-server", "2:1.20.11-1+deb11u6"))
            self.assertEqual(on("10", "systemd", "241-7~deb10u8")["CVE-2023-26604"], ("fixed", "241-7~deb10u9"))
            self.assertNotIn("CVE-2023-26604", on("11", "systemd", "241-7~deb10u8"))  # the advisory is for buster
            # The regression update is about the flaws of the first one: its version is the one that cures.
            first = on("11", "sox", "14.4.2+git20190427-2+deb11u1")
            self.assertTrue(first)
            self.assertEqual(set(first.values()), {("fixed", "14.4.2+git20190427-2+deb11u2")})

    def test_ubuntu_and_debian_lists(self):
        info, feeds = self.build("ubuntu=" + os.path.join(DATA, "ubuntu", "ubuntu-cve-tracker-2020-06-18.tar.zst"),
                                 "ubuntu=" + os.path.join(DATA, "ubuntu", "oval"),
                                 "debian-lists=" + os.path.join(DATA, "debian"))
        self.assertEqual((feeds["ubuntu"]["records"], feeds["ubuntu"]["skipped"]), (32795 + 7, 0))
        self.assertEqual((feeds["debian-lists"]["records"], feeds["debian-lists"]["statements"]), (4975 + 3242, 9716))
        statements = {space["name"]: space["statements"] for space in info["namespaces"]}
        self.assertGreater(statements["ubuntu:16.04"], 10000)
        self.assertGreater(statements["ubuntu:14.04+esm"], 10000)
        self.assertGreater(statements["debian:3.0"], 700)

    def test_enrichment(self):
        info, feeds = self.build("nvd=" + os.path.join(DATA, "nvd", "api-2.0"), "nvd=" + os.path.join(DATA, "nvd", "cves-2.0-page.json"),
                                 "nvd=" + os.path.join(DATA, "nvd", "nvdcve-1.1-sample.json.gz"),
                                 "cvelist=" + os.path.join(DATA, "cvelistV5", "cves.zip"),
                                 "epss=" + os.path.join(DATA, "epss", "epss_scores-current.csv.gz"),
                                 "kev=" + os.path.join(DATA, "kev"))
        self.assertEqual({name: feeds[name]["records"] for name in feeds},
                         {"nvd": 59 + 35 + 595, "cvelist": 167, "epss": 324152, "kev": 1266})
        self.assertGreaterEqual(info["enrichments"], 324152)

    def test_release_dates(self):
        info, feeds = self.build("distro-info=" + os.path.join(DATA, "debian", "distro-info"), "endoflife=" + os.path.join(DATA, "endoflife"))
        self.assertGreater(feeds["distro-info"]["records"], 50)
        self.assertGreater(feeds["endoflife"]["records"], 0)

    # Files of these feeds that are no data of theirs: lists, keys, checksums, pages for people, other formats.
    RPM_FEEDS = {
        "redhat": ["redhat/csaf-vex", "redhat/csaf-vex/*.json", "redhat/csaf-vex/*.tar.zst", "redhat/csaf-vex/files/*", "redhat/csaf-vex-v2",
                   "redhat/csaf-advisories", "redhat/csaf-advisories/*.tar.zst", "redhat/csaf-advisories/files/*"],
        "redhat-oval": ["redhat/oval-v2", "redhat/oval-v2/*/*", "redhat/oval-v2-older", "redhat/oval-v2-older/*/*.bz2", "redhat/oval-v1/*"],
        "almalinux": ["almalinux/errata/*", "almalinux/oval/*.bz2", "almalinux/updateinfo", "almalinux/updateinfo/*/*/*/*/*/*-updateinfo.xml.gz"],
        "rocky": ["rocky/apollo-api", "rocky/apollo-api/*", "rocky/updateinfo", "rocky/updateinfo/older/updateinfo.xml"],
        "oracle": ["oracle", "oracle/*.bz2", "oracle/*.xml", "oracle/older/*", "oracle/cases/*"],
        "amazon": ["amazon/*updateinfo*", "amazon/older/*"],
        "fedora": ["fedora/bodhi/F*", "fedora/bodhi/single/*", "fedora/updateinfo"],
        "suse": ["suse/csaf-vex/*", "suse/csaf/*"],
        "suse-oval": ["suse/oval/*.xml.gz", "suse/oval/cases/org*", "suse/oval/cases/suse_oval_data.xml"],
        "osv": ["almalinux/osv-database.tar.zst", "almalinux/osv-bucket/all.zip", "rocky/osv", "rocky/osv-bucket/all.zip", "suse/osv/*"],
    }

    # SUSE's index of ids, and one id that is an error page's title.
    RPM_SKIPPED = {"suse/osv/osv.tar.bz2": 2}

    def test_rpm_distributions(self):
        for feed, patterns in self.RPM_FEEDS.items():
            for pattern in patterns:
                paths = sorted(glob.glob(os.path.join(DATA, pattern)))
                self.assertTrue(paths, pattern)
                for path in paths:
                    with self.subTest(feed=feed, path=os.path.relpath(path, DATA)):
                        _, feeds = self.build(f"{feed}={path}")
                        self.assertGreater(feeds[feed]["records"], 0)
                        self.assertEqual(feeds[feed]["skipped"], self.RPM_SKIPPED.get(os.path.relpath(path, DATA), 0))

    # Feed and file, and its records as the file itself tells them, or as the data's manifest does.
    def small_distributions(self):
        read = lambda path: json.load(open(os.path.join(DATA, path), encoding="utf-8"))
        lines = lambda *paths: [open(os.path.join(DATA, path), encoding="utf-8").read() for path in paths]
        within = lambda pattern: sorted(os.path.relpath(path, DATA) for path in glob.glob(os.path.join(DATA, pattern), recursive=True))
        for path in within("arch/all-*.json"):
            yield "arch", path, len(read(path))
        for path in within("photon/cve/cve_data_photon*.json"):
            yield "photon", path, len(read(path))
        yield "photon", "photon/oval/com.vmware.phsa-photon3.xml.zst", 222
        yield "azurelinux", "azurelinux/azurelinux-3.0-oval.xml.zst", 1222
        yield "azurelinux", "azurelinux/cbl-mariner-2.0-oval.xml.zst", 2436
        yield "ubuntu-vex", "ubuntu/vex/vex-all.tar.xz", 3
        yield "ubuntu-vex", "ubuntu/vex/files", 1
        yield "anolis", "misc/anolis/anolis-23.oval.xml", 1
        yield "altlinux", "misc/alt/oval_definitions_p10.zip", 1
        yield "bottlerocket", "bottlerocket/advisories-toml.tar.zst", 139
        yield "wolfi", "wolfi/advisories-yaml.tar.zst", 18822
        for path in ("misc/echo/data.json", "misc/echo/data-2.json"):
            yield "echo", path, sum(len(flaws) for flaws in read(path).values())
        for path in ("misc/rootio/cve_feed.json", "misc/rootio/cve_feed"):
            yield "rootio", path, sum(len(one["pkg"]["cves"]) for releases in read(path).values() for release in releases
                                      for one in release["packages"])
        for path in within("misc/openeuler/csaf/*/*/*.json"):
            yield "openeuler", path, len(read(path)["vulnerabilities"])
        for path in within("misc/openeuler/cvrf-files/*.xml") + within("misc/openeuler/cvrf/*/*/*.xml") + within("suse/cvrf-files/*.xml"):
            yield "cvrf", path, sum(text.count("<Vulnerability ") for text in lines(path))
        yield "cvrf", "suse/cvrf/cvrf1.2.tar.bz2", 140
        yield "cvrf", "suse/cvrf-cve/cvrf-cve.tar.bz2", 3
        for path in ("alpine-secdb/samples/v3.16/main.json", "alpine-secdb/samples/edge/main.json", "misc/minimos/security.json",
                     "misc/minimos/security-2.json", "misc/secureos/secdb.json", "wolfi/security.json"):
            yield "alpine", path, sum(len(ids or []) for one in read(path)["packages"] or [] for ids in (one["pkg"]["secfixes"] or {}).values())
        for path in within("ubuntu/osv/**/*.json") + within("debian/osv/*.json") + within("rocky/osv/*.json") + within("misc/openeuler/osv/OESA*.json"):
            yield "osv", path, 1
        for path in within("**/osv-bucket/all.zip") + within("misc/*/all.zip") + ["misc/seal/vulnerabilities.zip"]:
            with zipfile.ZipFile(os.path.join(DATA, path)) as archive:
                yield "osv", path, sum(member.endswith(".json") for member in archive.namelist())

    def test_small_distributions(self):
        seen = set()
        for feed, path, records in self.small_distributions():
            with self.subTest(feed=feed, path=path):
                _, feeds = self.build(f"{feed}={os.path.join(DATA, path)}")
                self.assertEqual((feeds[feed]["records"], feeds[feed]["skipped"]), (records, 0))
                seen.add(feed)
        self.assertEqual(len(seen), 14)

    def test_rpm_counts(self):
        counts = lambda feed, path: self.build(f"{feed}={os.path.join(DATA, path)}")[1][feed]["records"]
        self.assertEqual(counts("osv", "almalinux/osv-database.tar.zst"), 5381)
        self.assertEqual(counts("fedora", "fedora/bodhi/F36-updates-page1.json.zst"), 100)
        self.assertEqual(counts("redhat-oval", "redhat/oval-v1/com.redhat.rhsa-RHEL8.xml.zst"), 129)
        self.assertEqual(counts("redhat-oval", "redhat/oval-v1/Red_Hat_Enterprise_Linux_3.xml.zst"), 327)
        self.assertEqual(counts("redhat", "redhat/csaf-vex/csaf_vex_2024-08-04.tar.zst"), 5)
        self.assertEqual(counts("rocky", "rocky/apollo-api"), 2)


if __name__ == "__main__":
    unittest.main()
