"""The binary over images made here: what is found, what is said of it, and with which status it ends."""
import json
import os
import shutil
import tempfile
import unittest

from images import ALPINE_319, DEBIAN_12, Image, apk, build_database, dpkg, report, run, tar, tracker

TRACKER = tracker({
    "openssl": {"CVE-2024-0001": {"bookworm": ("resolved", "3.0.2-1", "high")},
                "CVE-2024-0002": {"bookworm": ("open", None, "low", {"nodsa": "x", "nodsa_reason": "ignored"})},
                "CVE-2024-0003": {"bookworm": ("resolved", "0", "unimportant")},
                "CVE-2024-0004": {"bookworm": ("resolved", "3.0.1-1", "medium**")}},
    "zlib": {"CVE-2024-0005": {"bookworm": ("open", None, "unimportant")},
             "CVE-2024-0006": {"bookworm": ("undetermined", None, "not yet assigned")}},
    "linux": {"CVE-2024-0007": {"bookworm": ("resolved", "6.2-1", "high")}},
    "docker-ce": {"CVE-2024-0008": {"bookworm": ("open", None, "high")}},
})
SECDB = json.dumps({"distroversion": "v3.19", "reponame": "main", "urlprefix": "u", "packages": [
    {"pkg": {"name": "busybox", "secfixes": {"1.36.1-r16": ["CVE-2024-0010 CVE-2024-0011"], "0": ["CVE-2024-0012"]}}}]})
STATUS = dpkg(("libssl3", "3.0.1-1", {"Source": "openssl"}), ("openssl", "3.0.1-1"), ("zlib1g", "1:1.2.13-1", {"Source": "zlib"}),
              ("linux-libc-dev", "6.1-1", {"Source": "linux"}),
              ("docker-ce", "5:24.0.7-1~debian.12~bookworm", {"Maintainer": "Docker <support@docker.com>"}))


class ScanTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="limpid-e2e-")
        cls.database = build_database(cls.folder, [("debian", "tracker.json", TRACKER), ("alpine", "main.json", SECDB)])
        cls.image = Image({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": STATUS}).oci_layout(os.path.join(cls.folder, "image"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def scan(self, target, *arguments, **options):
        return report("scan", "--db", self.database, *arguments, target, **options)

    def make(self, *layers, **options):
        return Image(*layers, **options).oci_layout(tempfile.mkdtemp(dir=self.folder))

    def facts(self, result):
        return {(f["package"]["name"], f["id"], f["status"], f["severity"], f["fixed_in"]) for f in result["findings"]}

    def test_finds_what_the_tracker_says_of_each_binary_package(self):
        result = self.scan(self.image)
        self.assertEqual(self.facts(result), {
            (name, *rest) for name in ("libssl3", "openssl") for rest in
            (("CVE-2024-0001", "fixed", "high", "3.0.2-1"), ("CVE-2024-0002", "will_not_fix", "low", ""))
        } | {("zlib1g", "CVE-2024-0005", "affected", "negligible", "")})
        self.assertEqual(result["summary"]["findings"], 5)
        self.assertEqual(result["summary"]["fixed_by_upgrade"], 2)
        finding = next(f for f in result["findings"] if f["package"]["name"] == "libssl3" and f["id"] == "CVE-2024-0001")
        self.assertEqual(finding["package"]["purl"], "pkg:deb/debian/libssl3@3.0.1-1?arch=amd64&distro=debian-12&upstream=openssl")
        self.assertEqual((finding["severity_source"], finding["namespace"], finding["introduced_by_layer"]["number"]), ("debian", "debian:12", 1))
        self.assertIn("openssl 3.0.1-1: < 3.0.2-1", finding["reason"])

    def test_header_packages_and_third_parties_are_listed_and_not_matched(self):
        unmatched = {(u["package"]["name"], u["why"]) for u in self.scan(self.image)["unmatched"]}
        self.assertEqual(unmatched, {("linux-libc-dev", "headers-only"), ("docker-ce", "third-party")})
        table = run("scan", "--db", self.database, self.image, check=0).stdout
        for name in ("linux-libc-dev", "docker-ce"):
            self.assertIn(name, table)

    def test_alpine_is_matched_by_origin_and_denials_silence(self):
        image = self.make({"etc/os-release": ALPINE_319, "etc/alpine-release": "3.19.1\n",
                           "lib/apk/db/installed": apk(("busybox-binsh", "1.36.1-r15", "busybox"), ("musl", "1.2.4-r2", "musl"))})
        self.assertEqual(self.facts(self.scan(image)), {
            ("busybox-binsh", cve, "fixed", "unknown", "1.36.1-r16") for cve in ("CVE-2024-0010", "CVE-2024-0011")})

    def test_every_form_of_an_image_gives_the_same_inventory(self):
        image = Image({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("a", "1"))},
                      {"var/lib/dpkg/status": STATUS, "usr/share/x": "y"})
        at = lambda name: os.path.join(self.folder, name)
        root = tempfile.mkdtemp(dir=self.folder)
        for path, text in (("etc/os-release", DEBIAN_12), ("var/lib/dpkg/status", STATUS)):
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as stream:
                stream.write(text)
        targets = [image.oci_layout(at("same-layout")), "oci-dir:" + at("same-layout") + ":test", image.oci_archive(at("same-oci.tar")),
                   image.docker_archive(at("same-docker.tar")), "docker-archive:" + at("same-docker.tar") + ":test:test",
                   image.docker25_archive(at("same-docker25.tar")), "rootfs:" + root, root]
        strip = lambda packages: [{k: v for k, v in p.items() if k != "layer"} for p in packages]
        inventories = [report("inventory", target) for target in targets]
        for target, inventory in zip(targets, inventories):
            self.assertEqual(strip(inventory["packages"]), strip(inventories[0]["packages"]), target)
            self.assertEqual(inventory["distribution"]["namespace"], "debian:12")
        diff_ids = [layer["diff_id"] for layer in inventories[0]["image"]["layers"]]
        for inventory in inventories[1:6]:
            self.assertEqual([layer["diff_id"] for layer in inventory["image"]["layers"]], diff_ids)

    def test_layers_replace_delete_and_introduce(self):
        first = {"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("a", "1"), ("b", "1"), ("c", "1")), "lib": ("link", "usr/lib")}
        second = {"var/lib/dpkg/status": dpkg(("a", "1"), ("b", "2"), ("d", "1"))}
        packages = {p["name"]: (p["version"], p["layer"]["number"]) for p in report("inventory", self.make(first, second))["packages"]}
        self.assertEqual(packages, {"a": ("1", 1), "b": ("2", 2), "d": ("1", 2)})
        # A deleted database is never a clean image.
        deleted = report("inventory", self.make(first, {"var/lib/dpkg/.wh.status": ""}))
        self.assertEqual(deleted["packages"], [])
        self.assertIn("removed", [skipped["reason"] for skipped in deleted["skipped"]])
        self.assertEqual(report("inventory", self.make(first, {"var/lib/.wh..wh..opq": ""}))["packages"], [])

    def test_a_database_behind_a_link_is_read(self):
        image = self.make({"etc/os-release": DEBIAN_12, "opt/dpkg/status": dpkg(("a", "1"))}, {"var/lib/dpkg": ("link", "../../opt/dpkg")})
        self.assertEqual([p["name"] for p in report("inventory", image)["packages"]], ["a"])
        self.assertEqual(report("inventory", self.make({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": ("link", "/proc/self/environ")}))["packages"], [])

    def test_filters_and_gates(self):
        scan = lambda *arguments, check=0: self.scan(self.image, *arguments, check=check)
        self.assertEqual({f["id"] for f in scan("--severity", "HIGH,critical")["findings"]}, {"CVE-2024-0001"})
        self.assertEqual({f["id"] for f in scan("-s", "low")["findings"]}, {"CVE-2024-0002", "CVE-2024-0005"})
        for flag in ("--only-fixed", "--ignore-unfixed"):
            filtered = scan(flag)
            self.assertEqual({f["id"] for f in filtered["findings"]}, {"CVE-2024-0001"})
            self.assertEqual(filtered["summary"]["hidden"], {"unfixed": 3})
        scan("--fail-on", "high", check=2)
        scan("--fail-on", "critical", check=0)
        scan("--fail-on", "high", "--exit-code", "7", check=7)
        scan("--exit-code", "5", check=5)
        scan("--exit-code", "5", "--severity", "critical", check=0)
        run("scan", "--db", self.database, "--fail-on", "x", self.image, check=1)

    def test_trivyignore_is_read_as_it_is(self):
        folder = tempfile.mkdtemp(dir=self.folder)
        with open(os.path.join(folder, ".trivyignore"), "w", encoding="utf-8") as stream:
            stream.write("# accepted\nCVE-2024-0001 because\n\nCVE-2024-0002 exp:2020-01-01\ncve-2024-0005 exp:2099-01-01\n")
        result = report("scan", "--db", self.database, self.image, cwd=folder)
        self.assertEqual({f["id"] for f in result["findings"]}, {"CVE-2024-0002"})
        self.assertEqual(result["summary"]["hidden"], {"ignored": 3})
        run("scan", "--db", self.database, "--ignorefile", "nowhere", self.image, check=1)

    def test_environment_sets_flags(self):
        run("scan", "--db", self.database, self.image, env={"LIMPID_FAIL_ON": "high"}, check=2)
        run("scan", self.image, env={"LIMPID_DB": self.database}, check=0)

    def test_distribution_can_be_named(self):
        image = self.make({"var/lib/dpkg/status": STATUS})
        self.assertEqual(self.scan(image)["findings"], [])
        self.assertEqual(len(self.scan(image, "--distro", "debian:12")["findings"]), 5)

    def test_nothing_known_never_looks_clean(self):
        empty = self.make({"hello": "world"})
        self.assertTrue(any("not the same as clean" in w for w in self.scan(empty)["warnings"]))
        self.assertIn("warning:", run("scan", "--db", self.database, empty, check=0).stdout)
        nobody = self.make({"etc/os-release": "ID=nobody\nVERSION_ID=1\nPRETTY_NAME=Nobody\n"})
        self.assertTrue(self.scan(nobody)["warnings"])
        self.assertFalse(self.scan(nobody)["summary"]["covered"])

    def test_end_of_life_is_said_first(self):
        old = self.make({"etc/os-release": DEBIAN_12.replace("12", "8").replace("bookworm", "jessie"), "var/lib/dpkg/status": dpkg(("a", "1"))})
        result = self.scan(old)
        self.assertEqual(result["support"]["state"], "ended")
        self.assertIn("end of life", result["warnings"][0])
        self.assertEqual(self.scan(self.image)["support"]["state"], "supported")  # on the day that the tests pretend it is

    def test_the_plan_names_one_upgrade_for_both_binaries(self):
        plan = report("plan", "--db", self.database, self.image)
        self.assertEqual([(u["source_name"], u["installed"], u["fixed_in"], u["removes"], u["findings_removed"]) for u in plan["upgrades"]],
                         [("openssl", "3.0.1-1", "3.0.2-1", ["CVE-2024-0001"], 2)])
        self.assertEqual({p["name"] for p in plan["upgrades"][0]["packages"]}, {"libssl3", "openssl"})
        table = run("plan", "--db", self.database, self.image, check=0).stdout
        self.assertIn("openssl 3.0.1-1 → 3.0.2-1", table)

    def test_tables_fit_the_width_and_have_no_colour_in_a_pipe(self):
        for width in (40, 80, 132):
            for command in (("scan", "--db", self.database), ("plan", "--db", self.database), ("inventory",)):
                text = run(*command, self.image, env={"COLUMNS": str(width)}, check=0).stdout
                self.assertNotIn("\x1b", text)
                target = [line for line in text.splitlines() if line != self.image]
                self.assertLessEqual(max(map(len, target)), max(width, 56), f"{command} at {width}:\n{text}")
        self.assertIn("\x1b[", run("scan", "--db", self.database, self.image, env={"CLICOLOR_FORCE": "1"}, check=0).stdout)
        self.assertNotIn("\x1b[", run("scan", "--db", self.database, self.image, env={"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, check=0).stdout)

    def test_hostile_names_cannot_drive_the_terminal(self):
        image = self.make({"etc/os-release": DEBIAN_12.replace('NAME="Debian', 'NAME="\x1b]0;Debian'), "var/lib/dpkg/status": dpkg(("zlib1g", "1:1.2.13-1", {"Source": "zlib"}), ("evil\x1b[2J", "1"))})
        for command in (("scan", "--db", self.database), ("inventory",)):
            self.assertNotIn("\x1b", run(*command, image, check=0).stdout)
            self.assertNotIn("\x1b", run(*command, "-f", "json", image, check=0).stdout)

    def test_errors_are_one_line_that_names_what_and_where(self):
        for arguments, words in ((("scan", "--db", self.database, "/nowhere"), "/nowhere"), (("scan", "--db", "/no/db", self.image), "limpid db build"),
                                 (("scan", "--db", self.database, "-f", "yaml", self.image), "yaml"), (("db", "show", "--db", self.database, "CVE-1-1"), "CVE-1-1"),
                                 (("db", "build", "--feed", "nofeed=x"), "nofeed"), (("scan", "--db", self.database, "--distro", "::", self.image), "::"), (("scan", "--db", self.database, "--platform", "linux/s390x", self.image), "s390x")):
            done = run(*arguments, check=1)
            self.assertIn(words, done.stderr)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_several_targets(self):
        self.assertEqual(len(report("scan", "--db", self.database, self.image, self.image)), 2)

    def test_output_goes_to_a_file(self):
        out = os.path.join(self.folder, "out.json")
        done = run("scan", "--db", self.database, "-f", "json", "-o", out, self.image, check=0)
        self.assertEqual(done.stdout, "")
        with open(out, encoding="utf-8") as stream:
            self.assertEqual(len(json.load(stream)["findings"]), 5)

    def test_what_cannot_be_read_is_part_of_the_result(self):
        image = self.make({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": STATUS + "Package: torn\nStatus: install ok installed\n\n" + "\n"})
        result = self.scan(image)
        self.assertTrue(result["skipped"], "a stanza without a version")
        run("scan", "--db", self.database, "--fail-on-incomplete", image, check=1)
        run("scan", "--db", self.database, "--fail-on-incomplete", self.image, check=0)

    def test_uncompressed_layers(self):
        image = self.make({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": STATUS}, compress=False)
        self.assertEqual(len(self.scan(image)["findings"]), 5)

    def test_versions_compare(self):
        for scheme, a, b, sign in (("dpkg", "1.0~rc1", "1.0", "<"), ("dpkg", "1:0", "2", ">"), ("apk", "1.2-r0", "1.2-r0", "="), ("semver", "1.0.0-a", "1.0.0", "<")):
            self.assertEqual(run("version", "compare", scheme, a, b, check=0).stdout, sign + "\n")
        run("version", "compare", "dpkg", "", "1", check=1)

    def test_database_commands(self):
        info = json.loads(run("db", "info", "--db", self.database, "-f", "json", check=0).stdout)
        self.assertEqual({feed["name"]: feed["records"] for feed in info["feeds"]}, {"debian": 8, "alpine": 2})
        self.assertIn("openssl", run("db", "show", "--db", self.database, "cve-2024-0001", check=0).stdout)
        self.assertIn("CVE-2024-0002", run("db", "search", "--db", self.database, "ssl", check=0).stdout)
        self.assertIn("sound", run("db", "verify", "--db", self.database, check=0).stdout)


if __name__ == "__main__":
    unittest.main()
