"""Known classes of wrong and missed findings of scanners that concern operating systems: each test is named by what it guards.
docs/regressions.md lists them all, with those that are tests elsewhere."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from images import ALPINE_319, DEBIAN_12, LIMPID, Image, apk, build_database, dpkg, report, run, tracker

TRACKER = tracker({
    "emacs": {"CVE-2024-1001": {"bookworm": ("open", None, "low")}},
    "linux": {"CVE-2024-1002": {"bookworm": ("open", None, "medium")}},
    "redis": {"CVE-2022-0543": {"bookworm": ("resolved", "5:6.0.16-2", "high")}},
    "db5.3": {"CVE-2019-8457": {"bookworm": ("open", None, "unimportant")}},
    "openldap": {"CVE-2024-1003": {"bookworm": ("open", None, "not yet assigned", {"nodsa": "Minor issue", "nodsa_reason": ""})}},
    "bzip2": {"CVE-2019-12900": {"bookworm": ("resolved", "1.0.9-1", "medium")}},
    "docker-ce": {"CVE-2024-1004": {"bookworm": ("open", None, "high")}}})
SECDB = json.dumps({"distroversion": "v3.19", "reponame": "main", "urlprefix": "u", "packages": [
    {"pkg": {"name": "openssl", "secfixes": {"3.1.4-r1": ["CVE-2023-1001"], "3.1.4-r5": ["CVE-2023-1002"], "0": ["CVE-2023-1003"]}}},
    {"pkg": {"name": "openssl1.1-compat", "secfixes": {"1.1.1w-r1": ["CVE-2023-1001"]}}},
    {"pkg": {"name": "openjdk11", "secfixes": {"11.0.21_p9-r0": ["CVE-2023-1004"]}}},
    {"pkg": {"name": "openjdk17", "secfixes": {"17.0.9_p8-r0": ["CVE-2023-1004"]}}},
    {"pkg": {"name": "curl", "secfixes": {"8.3.0-r0": ["CVE-2023-1005"], "8.4.0-r0": ["CVE-2023-1005"]}}}]})
SECDB_318 = json.dumps({"distroversion": "v3.18", "reponame": "main", "urlprefix": "u", "packages": [
    {"pkg": {"name": "openssl", "secfixes": {"3.1.0-r9": ["CVE-2023-1006"]}}}]})
# https://nvd.nist.gov/developers/vulnerabilities: the second with no version at all, the third for Windows only.
CRITICAL = {"source": "nvd@nist.gov", "type": "Primary", "cvssData": {"version": "3.1", "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}
NVD = json.dumps({"resultsPerPage": 3, "startIndex": 0, "totalResults": 3, "format": "NVD_CVE", "version": "2.0", "vulnerabilities": [
    {"cve": {"id": flaw, "published": "2019-05-30T16:29:01.103", "lastModified": "2024-01-01T00:00:00.000", "vulnStatus": "Analyzed",
             "descriptions": [{"lang": "en", "value": "x"}], "metrics": {"cvssMetricV31": [CRITICAL]},
             "configurations": [{"nodes": [{"operator": "OR", "negate": False, "cpeMatch": [{"vulnerable": True, "criteria": cpe}]}]}]}}
    for flaw, cpe in (("CVE-2019-8457", "cpe:2.3:a:sqlite:sqlite:*:*:*:*:*:*:*:*"), ("CVE-2023-1007", "cpe:2.3:a:google:chrome:*:*:*:*:*:*:*:*"),
                      ("CVE-2023-1008", "cpe:2.3:a:openssl:openssl:*:*:*:*:*:windows:*:*"))]})


class KnownErrorsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="limpid-e2e-")
        cls.database = build_database(cls.folder, [("debian", "tracker.json", TRACKER), ("alpine", "main.json", SECDB),
                                                   ("alpine", "main-3.18.json", SECDB_318), ("nvd", "nvd.json", NVD)])

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def scan(self, *layers, arguments=(), check=0):
        return report("scan", "--db", self.database, *arguments, Image(*layers).oci_layout(tempfile.mkdtemp(dir=self.folder)), check=check)

    def debian(self, *packages, more=None, **options):
        return self.scan({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(*packages), **(more or {})}, **options)

    def alpine(self, *packages, more=None, **options):
        return self.scan({"etc/os-release": ALPINE_319, "lib/apk/db/installed": apk(*packages), **(more or {})}, **options)

    @staticmethod
    def found(result):
        return {(f["package"]["name"], f["id"]) for f in result["findings"]}

    def test_row_2_packages_without_a_program_are_told_apart_and_hidden_on_demand(self):
        packages = (("emacs", "1:28", {}), ("emacs-filesystem", "1:28", {"Source": "emacs"}), ("emacs-common", "1:28", {"Source": "emacs"}))
        result = self.debian(*packages)
        self.assertEqual({f["package"]["name"]: f["data_only"] for f in result["findings"]},
                         {"emacs": False, "emacs-filesystem": True, "emacs-common": False})
        hidden = self.debian(*packages, arguments=("--ignore-data-only",))
        self.assertEqual({f["package"]["name"] for f in hidden["findings"]}, {"emacs", "emacs-common"})
        self.assertEqual(hidden["summary"]["hidden"], {"data-only": 1})

    def test_row_3_a_kernels_files_are_no_packages_and_one_that_is_does_not_run(self):
        files = {"boot/vmlinuz-6.1.0-1-amd64": b"\x00MZ Linux version 6.1.0-1-amd64", "lib/modules/6.1.0-1-amd64/kernel/net/a.ko": "\x7fELF"}
        self.assertEqual(self.debian(("bash", "5"), more=files)["findings"], [])
        result = self.debian(("linux-image-6.1.0-1-amd64", "6.1-1", {"Source": "linux"}), more=files)
        self.assertEqual([(f["package"]["name"], f["not_running"]) for f in result["findings"]], [("linux-image-6.1.0-1-amd64", True)])

    def test_row_5_third_parties_are_not_matched_but_counted_and_named(self):
        result = self.debian(("docker-ce", "5:24.0.7-1~debian.12~bookworm", {"Maintainer": "Docker <support@docker.com>"}))
        self.assertEqual(result["findings"], [])
        self.assertEqual([(u["package"]["name"], u["why"]) for u in result["unmatched"]], [("docker-ce", "third-party")])

    def test_row_13_an_nvd_record_without_versions_matches_nothing(self):
        self.assertEqual(self.alpine(("chromium", "120.0.6099.62-r0", "chromium"), ("chrome", "1-r0", "chrome"))["findings"], [])

    def test_row_14_alpines_origins_are_compared_exactly(self):
        result = self.alpine(("libssl1.1", "1.1.1w-r1", "openssl1.1-compat"), ("libssl3", "3.1.4-r1", "openssl"), ("openjdk17-jre", "17.0.9_p8-r0", "openjdk17"))
        # openssl's fixes say nothing of openssl1.1-compat, openjdk11's nothing of openjdk17.
        self.assertEqual(self.found(result), {("libssl3", "CVE-2023-1002")})
        self.assertEqual(self.found(self.alpine(("openjdk17-jre", "17.0.8-r0", "openjdk17"))), {("openjdk17-jre", "CVE-2023-1004")})

    def test_row_14_the_last_of_several_fixes_counts_and_0_denies(self):
        result = self.alpine(("curl", "8.3.0-r0", "curl"), ("openssl", "1.0-r0", "openssl"))
        self.assertEqual([(f["id"], f["fixed_in"]) for f in result["findings"] if f["package"]["name"] == "curl"], [("CVE-2023-1005", "8.4.0-r0")])
        self.assertNotIn(("openssl", "CVE-2023-1003"), self.found(result))
        denied = self.alpine(("openssl", "1.0-r0", "openssl"), arguments=("--status", "not_affected"))
        self.assertEqual(self.found(denied), {("openssl", "CVE-2023-1003")})

    def test_row_14_repositories_know_the_release_better_than_os_release(self):
        result = self.alpine(("openssl", "3.1.0-r0", "openssl"), more={"etc/apk/repositories": "https://mirror.invalid/alpine/v3.18/main\n"})
        self.assertEqual((result["distribution"]["namespace"], self.found(result)), ("alpine:v3.18", {("openssl", "CVE-2023-1006")}))

    def test_row_15_one_distributions_flaw_is_not_told_of_another(self):
        self.assertEqual(self.found(self.debian(("redis", "5:6.0.16-1"))), {("redis", "CVE-2022-0543")})
        self.assertEqual(self.alpine(("redis", "6.0.16-r0", "redis"))["findings"], [])

    def test_row_15_a_flaw_of_windows_is_not_told_of_linux(self):
        self.assertNotIn("CVE-2023-1008", {f["id"] for f in self.alpine(("openssl", "1.0-r0", "openssl"))["findings"]})

    def test_row_16_minor_and_unimportant_flaws_are_shown_with_the_vendors_word(self):
        result = self.debian(("libdb5.3", "5.3.28+dfsg2-1", {"Source": "db5.3"}), ("libldap-2.5-0", "2.5.13", {"Source": "openldap"}))
        by_id = {f["id"]: f for f in result["findings"]}
        self.assertEqual((by_id["CVE-2019-8457"]["severity"], by_id["CVE-2019-8457"]["status"]), ("negligible", "affected"))
        self.assertIn("CVE-2024-1003", by_id)

    def test_row_17_whose_severity_it_is_is_said_and_what_others_say_as_well(self):
        finding = self.debian(("libdb5.3", "5.3.28+dfsg2-1", {"Source": "db5.3"}))["findings"][0]
        self.assertEqual((finding["severity_source"], finding["severity_word"]), ("debian", "unimportant"))
        self.assertEqual([(score["source"], score["score"]) for score in finding["cvss"]], [("nvd@nist.gov", 9.8)])

    def test_row_18_what_a_later_layer_replaced_or_took_away_is_not_reported(self):
        system = {"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("libbz2-1.0", "1.0.8-5", {"Source": "bzip2"}))}
        upgraded = dpkg(("libbz2-1.0", "1.0.9-1", {"Source": "bzip2"}))
        self.assertEqual(self.found(self.scan(system)), {("libbz2-1.0", "CVE-2019-12900")})
        self.assertEqual(self.scan(system, {"var/lib/dpkg/status": upgraded})["findings"], [])
        # The folder is replaced as a whole.
        self.assertEqual(self.scan(system, {"var/lib/dpkg/.wh..wh..opq": "", "var/lib/dpkg/status": upgraded})["findings"], [])
        removed = self.scan(system, {"var/lib/.wh.dpkg": ""})
        self.assertEqual(removed["findings"], [])
        self.assertIn("removed", {skipped["reason"] for skipped in removed["skipped"]})  # never clean in silence

    def test_row_25_binaries_are_found_by_their_source_packages_name(self):
        self.assertEqual(self.found(self.debian(("libbz2-1.0", "1.0.8-5+b1", {"Source": "bzip2 (1.0.8-5)"}))), {("libbz2-1.0", "CVE-2019-12900")})
        self.assertEqual(self.found(self.alpine(("openjdk11-jre", "11.0.20-r0", "openjdk11"))), {("openjdk11-jre", "CVE-2023-1004")})

    def test_row_28_parallel_first_updates_end_with_one_whole_database(self):
        feed, out = os.path.join(self.folder, "tracker.json"), os.path.join(self.folder, "updated.db")
        runs = [subprocess.Popen([LIMPID, "-q", "db", "update", "--feed", "debian=" + feed, "--folder", os.path.join(self.folder, "fetched"), "-o", out],
                                 stderr=subprocess.PIPE, text=True) for _ in range(4)]
        ended = [(process.communicate(timeout=60)[1], process.returncode) for process in runs]
        self.assertIn(("", 0), ended)
        for error, status in ended:  # who came second says so, and does not call half of it done
            self.assertTrue(status == 0 or (status == 1 and "another update is using this folder" in error), ended)
        self.assertIn("sound", run("db", "verify", "--db", out, check=0).stdout)
        self.assertEqual(json.loads(run("db", "info", "--db", out, "-f", "json", check=0).stdout)["feeds"][0]["records"], 7)

    def test_row_28_a_scan_sees_no_database_or_a_whole_one(self):
        feed, out = os.path.join(self.folder, "tracker.json"), os.path.join(self.folder, "built.db")
        image = Image({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("libbz2-1.0", "1.0.8-5", {"Source": "bzip2"}))}).oci_layout(tempfile.mkdtemp(dir=self.folder))
        builds = [subprocess.Popen([LIMPID, "-q", "db", "build", "--feed", "debian=" + feed, "-o", out]) for _ in range(4)]
        running = True
        while running:
            running = any(process.poll() is None for process in builds)
            scan = run("scan", "--db", out, "-f", "json", image)
            if scan.returncode == 0:
                self.assertEqual(len(json.loads(scan.stdout)["findings"]), 1)
            else:
                self.assertIn("limpid db build", scan.stderr)
        self.assertEqual([process.returncode for process in builds], [0] * len(builds))
        self.assertEqual(scan.returncode, 0)

    def test_row_28_parallel_first_scans_share_a_cache_and_find_the_same(self):
        image = Image({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("libbz2-1.0", "1.0.8-5", {"Source": "bzip2"}))}).oci_layout(tempfile.mkdtemp(dir=self.folder))
        cache = tempfile.mkdtemp(dir=self.folder)
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1717200000", "LIMPID_CACHE_DIR": cache}
        runs = [subprocess.Popen([LIMPID, "scan", "--db", self.database, "-f", "json", image], stdout=subprocess.PIPE, env=environment) for _ in range(6)]
        outputs = {process.communicate(timeout=60)[0] for process in runs}
        self.assertEqual([process.returncode for process in runs], [0] * len(runs))
        self.assertEqual(len(outputs), 1)
        self.assertEqual(len(json.loads(outputs.pop())["findings"]), 1)

    def test_row_30_without_advisories_nothing_is_called_clean(self):
        image = Image({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("a", "1"))}).oci_layout(tempfile.mkdtemp(dir=self.folder))
        self.assertIn("limpid db", run("scan", "--db", os.path.join(self.folder, "none"), image, check=1).stderr)
        other = build_database(tempfile.mkdtemp(dir=self.folder), [("alpine", "main.json", SECDB)])
        result = report("scan", "--db", other, image)
        self.assertFalse(result["summary"]["covered"])
        self.assertTrue(any("no findings here does not mean no flaws" in warning for warning in result["warnings"]))

    def test_row_31_no_findings_in_a_release_past_its_end_are_not_clean(self):
        old = self.scan({"etc/os-release": DEBIAN_12.replace("12", "7").replace("bookworm", "wheezy"), "var/lib/dpkg/status": dpkg(("a", "1"))},
                        arguments=("--fail-on", "eol"), check=2)
        self.assertEqual((old["findings"], old["support"]["state"], old["summary"]["covered"]), ([], "ended", False))

    def test_row_32_a_file_that_cannot_be_read_is_counted_and_named(self):
        torn = {"var/lib/dpkg/status.d/torn": "Package: torn\nStatus: install ok installed\n\n"}
        broken = self.debian(("a", "1"), more=torn)
        self.assertEqual([skipped["path"] for skipped in broken["skipped"]], ["var/lib/dpkg/status.d/torn"])
        image = Image({"etc/os-release": DEBIAN_12, **torn}).oci_layout(tempfile.mkdtemp(dir=self.folder))
        self.assertIn("1 part was not read", run("scan", "--db", self.database, image, check=0).stdout)
        run("scan", "--db", self.database, "--fail-on-incomplete", image, check=1)

    def test_a_release_is_told_by_its_packages_where_its_files_are_gone(self):
        system = {"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("base-files", "12.4+deb12u5"), ("libbz2-1.0", "1.0.8-5", {"Source": "bzip2"}))}
        slim = self.scan(system, {"etc/.wh.os-release": ""})
        self.assertEqual((slim["distribution"]["namespace"], self.found(slim)), ("debian:12", {("libbz2-1.0", "CVE-2019-12900")}))
        self.assertTrue(any("by its packages" in note for note in slim["notes"]))
        self.assertEqual(slim["support"]["state"], "supported")
        alpine = self.scan({"lib/apk/db/installed": apk(("alpine-release", "3.19.1-r0", "alpine-base"), ("curl", "8.3.0-r0", "curl"))})
        self.assertEqual((alpine["distribution"]["namespace"], self.found(alpine)), ("alpine:v3.19", {("curl", "CVE-2023-1005")}))


if __name__ == "__main__":
    unittest.main()
