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


if __name__ == "__main__":
    unittest.main()
