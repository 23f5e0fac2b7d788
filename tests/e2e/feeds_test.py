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
