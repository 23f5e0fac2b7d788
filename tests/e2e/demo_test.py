"""The demo's image, a real Debian 12 of the main archive: its inventory against dpkg's own, its findings against an
independent reading of the same changelogs, and the same packages from the security archive, which have none of them left.
Makes the image through `demo/run` if it is not there; needs nothing but the package mirror."""
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

import changelog_oracle
from images import SHARED, report, run

ROOT = os.environ["LIMPID_SOURCE"]
DEMO = os.path.join(ROOT, "build", "demo")
FORMAT = "${binary:Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${db:Status-Status}\n"


def make_demo():
    made = subprocess.run([os.path.join(ROOT, "demo", "run")], capture_output=True, text=True, check=False)
    return None if made.returncode == 0 else made.stderr[-1500:]


def dpkg_query(tree, folder):
    """{(name, arch): (version, source, source version)} of a tree, as dpkg-query has it."""
    with tarfile.open(tree) as tar:
        for member in tar:
            if member.name.removeprefix("./") == "var/lib/dpkg/status":
                with open(os.path.join(folder, "status"), "wb") as stream:
                    stream.write(tar.extractfile(member).read())
    os.makedirs(os.path.join(folder, "info"), exist_ok=True)
    listed = subprocess.run(["dpkg-query", "--admindir=" + folder, "-W", "-f", FORMAT], check=True, capture_output=True, text=True).stdout
    packages = {}
    for line in listed.splitlines():
        name, version, arch, source, source_version, status = line.split("\t")
        if status not in ("not-installed", "config-files"):
            packages[name.split(":")[0], arch] = (version, source, source_version)
    return packages


class DemoTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        problem = None if os.path.exists(os.path.join(DEMO, "findings.json")) else make_demo()
        if problem:
            print("skipped the whole suite: the demo image could not be made (is the package mirror reachable?):\n" + problem)
            sys.exit(0)
        cls.folder = tempfile.mkdtemp(prefix="limpid-demo-test-")
        cls.image = "oci-dir:" + os.path.join(DEMO, "image")
        # A database of the changelogs alone: what the machine's network adds in the demo would not be the oracle's.
        cls.database = os.path.join(cls.folder, "changelogs.db")
        run("-q", "db", "build", "--feed", "debian-changelogs=" + os.path.join(DEMO, "newer"), "-o", cls.database, check=0)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_the_inventory_is_dpkgs(self):
        expected = dpkg_query(os.path.join(DEMO, "trees", "final.tar"), tempfile.mkdtemp(dir=self.folder))
        found = {(p["name"], p["arch"]): (p["version"], p["source_name"], p["source_version"]) for p in report("inventory", self.image)["packages"]}
        self.assertGreater(len(expected), 100)
        self.assertEqual(found, expected)

    def test_each_package_belongs_to_the_layer_that_brought_it(self):
        trees = [dpkg_query(os.path.join(DEMO, "trees", name + ".tar"), tempfile.mkdtemp(dir=self.folder)) for name in ("base", "full", "final")]
        for package in report("inventory", self.image)["packages"]:
            key, version = (package["name"], package["arch"]), package["version"]
            first = next(i for i, tree in enumerate(trees, 1) if all(later.get(key, ("",))[0] == version for later in trees[i - 1:]))
            self.assertEqual(package["layer"]["number"], first, package["name"])

    def test_the_findings_are_an_independent_readings(self):
        said = changelog_oracle.of_packages(os.path.join(DEMO, "newer"), "bookworm")
        packages = dpkg_query(os.path.join(DEMO, "trees", "final.tar"), tempfile.mkdtemp(dir=self.folder))
        expected = {(name, flaw, fixed) for (name, _), (_, source, version) in packages.items()
                    for flaw, fixed in said.get(source, {}).items() if changelog_oracle.order(version, fixed) < 0}
        found = {(f["package"]["name"], f["id"], f["fixed_in"]) for f in report("scan", "--db", self.database, self.image)["findings"]}
        self.assertEqual(found, expected)
        self.assertGreaterEqual(len(found), 100, "the issue's own measure: at least 100 (binary package, CVE) pairs")

    def test_the_same_packages_from_the_security_archive_have_none_left(self):
        trees = os.path.join(DEMO, "upgraded")
        if not os.path.exists(os.path.join(trees, "final.tar")):
            made = subprocess.run([os.path.join(ROOT, "demo", "make_trees"), trees, "security"], capture_output=True, text=True, check=False)
            if made.returncode != 0:
                self.skipTest("the mirror cannot be reached: " + made.stderr[-500:])
        result = report("scan", "--db", self.database, "rootfs:" + os.path.join(trees, "final.tar"))
        self.assertEqual([(f["package"]["name"], f["id"]) for f in result["findings"]], [])
        self.assertGreater(len(result["packages"]), 100)
        self.assertEqual(result["support"]["state"] != "unknown", True)

    def test_a_real_trackers_findings_are_an_independent_readings(self):
        feed = os.path.join(SHARED, "data", "debian", "tracker-derived-bookworm-base.json")
        if not os.path.exists(feed):
            self.skipTest("no real feed here (LIMPID_SHARED)")
        database = os.path.join(self.folder, "tracker.db")
        run("-q", "db", "build", "--feed", "debian=" + feed, "-o", database, check=0)
        with open(feed, encoding="utf-8") as stream:
            said = json.load(stream)
        packages = dpkg_query(os.path.join(DEMO, "trees", "final.tar"), tempfile.mkdtemp(dir=self.folder))
        expected = set()
        for (name, _), (_, source, version) in packages.items():
            if source.startswith("linux"):
                continue  # header files only
            for flaw, record in said.get(source, {}).items():
                release = record["releases"].get("bookworm") if isinstance(record["releases"], dict) else None
                if flaw.startswith("TEMP-") or not release:
                    continue
                fixed = release.get("fixed_version", "")
                if release["status"] == "open":
                    expected.add((name, flaw, ""))
                elif release["status"] == "resolved" and fixed != "0" and changelog_oracle.order(version, fixed) < 0:
                    expected.add((name, flaw, fixed))
        found = {(f["package"]["name"], f["id"], f["fixed_in"]) for f in report("scan", "--db", database, self.image)["findings"]}
        self.assertEqual(found, expected)


if __name__ == "__main__":
    unittest.main()
