"""What is shown and what fails a build: vendors' statuses, severities, fixes, kernels that do not run, and the end of life,
through the binary and its exit statuses. The known wrong and missed findings of scanners that concern operating systems are
in known_errors_test.py."""
import os
import shutil
import tempfile
import unittest

from images import DEBIAN_12, Image, build_database, dpkg, report, run, tracker

# One flaw of each status that Debian's tracker can tell.
TRACKER = tracker({
    "a": {"CVE-2024-0001": {"bookworm": ("resolved", "2", "high")},
          "CVE-2024-0002": {"bookworm": ("open", None, "medium")},
          "CVE-2024-0003": {"bookworm": ("open", None, "low", {"nodsa": "x", "nodsa_reason": "ignored"})},
          "CVE-2024-0004": {"bookworm": ("open", None, "low", {"nodsa": "x", "nodsa_reason": "postponed"})},
          "CVE-2024-0005": {"bookworm": ("open", None, "end-of-life")},
          "CVE-2024-0006": {"bookworm": ("undetermined", None, "high")},
          "CVE-2024-0007": {"bookworm": ("resolved", "0", "unimportant")}},
    "linux": {"CVE-2024-0008": {"bookworm": ("resolved", "6.2-1", "medium")}}})
SHOWN = {"CVE-2024-0001": "fixed", "CVE-2024-0002": "affected", "CVE-2024-0003": "will_not_fix", "CVE-2024-0004": "fix_deferred",
         "CVE-2024-0005": "end_of_life"}
ALL = {**SHOWN, "CVE-2024-0006": "under_investigation", "CVE-2024-0007": "not_affected"}
SUPPORT = """# packages without security support
suricata        1:6.0.10-1      2024-04-30      Upstream ended its support
lxd             5.0.2-5         2024-07-12      announced
"""
LIMITED = "binutils        Only suitable for trusted content\ngolang.*        Statically linked\n"


class StatusTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="limpid-e2e-")
        cls.database = build_database(cls.folder, [
            ("debian", "tracker.json", TRACKER), ("debian-security-support", "security-support-ended.deb12", SUPPORT),
            ("debian-security-support@debian:12", "security-support-limited", LIMITED)])
        cls.image = cls.make(dpkg(("a", "1")))
        cls.kernel = cls.make(dpkg(("linux-image-6.1.0-1-amd64", "6.1-1", {"Source": "linux"}), ("linux-perf", "6.1-1", {"Source": "linux"}),
                                   ("linux-libc-dev", "6.1-1", {"Source": "linux"})))
        cls.unsupported = cls.make(dpkg(("suricata", "1:6.0.10-1"), ("lxd", "5.0.2-5"), ("libbinutils", "2.40-2", {"Source": "binutils"}),
                                        ("golang-go", "2:1.19", {"Source": "golang-defaults"}), ("bash", "5.2")))
        cls.old = cls.make(dpkg(("a", "1")), "8", "jessie")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def make(cls, status, release="12", codename="bookworm"):
        system = DEBIAN_12.replace("12", release).replace("bookworm", codename)
        return Image({"etc/os-release": system, "var/lib/dpkg/status": status}).oci_layout(tempfile.mkdtemp(dir=cls.folder))

    def scan(self, *arguments, image=None, check=0, **options):
        return report("scan", "--db", self.database, *arguments, image or self.image, check=check, **options)

    def statuses(self, *arguments):
        return {f["id"]: f["status"] for f in self.scan(*arguments)["findings"]}

    def test_by_default_all_that_is_wrong_is_shown(self):
        self.assertEqual(self.statuses(), SHOWN)

    def test_status_shows_exactly_what_it_names(self):
        for word in sorted(set(ALL.values())):
            self.assertEqual(self.statuses("--status", word), {flaw: status for flaw, status in ALL.items() if status == word}, word)
        self.assertEqual(self.statuses("--status", ",".join(ALL.values())), ALL)
        self.assertEqual(self.statuses("--status", "Will-Not-Fix", "--status", "AFFECTED"),
                         {"CVE-2024-0003": "will_not_fix", "CVE-2024-0002": "affected"})
        self.assertEqual(self.statuses("--status", "unknown"), {})

    def test_ignore_status_takes_away(self):
        self.assertEqual(self.statuses("--ignore-status", "will_not_fix,fix_deferred,end_of_life"),
                         {"CVE-2024-0001": "fixed", "CVE-2024-0002": "affected"})
        self.assertEqual(self.statuses("--ignore-states", "wont-fix,not-fixed"), {"CVE-2024-0001": "fixed"})
        self.assertEqual(self.statuses("--status", "affected,under_investigation", "--ignore-status", "affected"),
                         {"CVE-2024-0006": "under_investigation"})
        self.assertEqual(self.scan("--ignore-status", "fixed")["summary"]["hidden"], {"status": 1})

    def test_only_fixed_and_its_names(self):
        for flag in ("--only-fixed", "--ignore-unfixed"):
            self.assertEqual(self.statuses(flag), {"CVE-2024-0001": "fixed"})
        self.assertNotIn("CVE-2024-0001", self.statuses("--only-notfixed"))
        self.assertEqual(len(self.statuses("--only-notfixed")), len(SHOWN) - 1)

    def test_severities_in_any_case_and_repeated(self):
        self.assertEqual(self.statuses("--severity", "HIGH,Medium"), {"CVE-2024-0001": "fixed", "CVE-2024-0002": "affected"})
        self.assertEqual(self.statuses("-s", "HIGH", "-s", "medium"), {"CVE-2024-0001": "fixed", "CVE-2024-0002": "affected"})
        # What is asked for by status is filtered by severity like the rest.
        self.assertEqual(self.statuses("-s", "high", "--status", "under_investigation,affected"), {"CVE-2024-0006": "under_investigation"})

    def test_unknown_words_name_those_that_there_are(self):
        for flag, word, named in (("--status", "fixd", "under_investigation"), ("--ignore-status", "x,affected", "will_not_fix"),
                                  ("--severity", "hihg", "negligible"), ("--fail-on", "hihg", "eol")):
            done = run("scan", "--db", self.database, flag, word, self.image, check=1)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
            for part in (flag, word.split(",")[0], named):
                self.assertIn(part, done.stderr)

    def test_the_environment_sets_them(self):
        shown = self.scan(env={"LIMPID_STATUS": "will_not_fix", "LIMPID_SEVERITY": "low"})["findings"]
        self.assertEqual([f["id"] for f in shown], ["CVE-2024-0003"])

    def test_gates_judge_what_is_shown(self):
        self.scan("--fail-on", "high", check=2)
        self.scan("--fail-on", "high", "--ignore-status", "fixed", check=0)
        self.scan("--fail-on", "high", "--status", "under_investigation", check=2)
        self.scan("--exit-code", "5", "--status", "affected", check=5)
        self.scan("--exit-code", "5", "--status", "unknown", check=0)
        # A denial is shown, and is nothing to fail for.
        denied = self.scan("--exit-code", "5", "--status", "not_affected", check=0)
        self.assertEqual([f["id"] for f in denied["findings"]], ["CVE-2024-0007"])
        self.assertIn("not affected", denied["findings"][0]["reason"])
        self.assertEqual(denied["summary"]["by_status"]["not_affected"], 1)

    def test_the_summary_counts_statuses(self):
        summary = self.scan()["summary"]
        self.assertEqual({status: count for status, count in summary["by_status"].items() if count}, {status: 1 for status in SHOWN.values()})

    def test_the_table_says_what_the_vendor_says(self):
        table = run("scan", "--db", self.database, "--status", ",".join(ALL.values()), self.image, check=0).stdout
        for words in ("fixed in 2", "no fix yet", "will not be fixed", "fix deferred", "end of life", "under investigation", "not affected"):
            self.assertIn(words, table)

    def test_the_plan_takes_statuses_too(self):
        plan = report("plan", "--db", self.database, self.image)
        self.assertEqual((len(plan["upgrades"]), plan["left"]), (1, 4))
        self.assertEqual(report("plan", "--db", self.database, "--ignore-status", "will_not_fix,fix_deferred", self.image)["left"], 2)
        denied = report("plan", "--db", self.database, "--status", "fixed,not_affected", self.image)
        self.assertEqual((denied["upgrades"][0]["removes"], denied["left"]), (["CVE-2024-0001"], 0))

    def test_kernels_that_do_not_run_are_marked_and_can_be_hidden(self):
        result = self.scan(image=self.kernel)
        self.assertEqual({f["package"]["name"]: f["not_running"] for f in result["findings"]},
                         {"linux-image-6.1.0-1-amd64": True, "linux-perf": False})
        self.assertIn("does not run", run("scan", "--db", self.database, self.kernel, check=0).stdout)
        hidden = self.scan("--ignore-not-running", image=self.kernel)
        self.assertEqual([f["package"]["name"] for f in hidden["findings"]], ["linux-perf"])
        self.assertEqual(hidden["summary"]["hidden"], {"not-running": 1})

    def test_an_image_past_its_end_says_so_in_the_first_line(self):
        for command in ("scan", "plan"):
            first = run(command, "--db", self.database, self.old, env={"COLUMNS": "300"}, check=0).stdout.splitlines()[0]
            self.assertIn("reached its end of life on 2020-06-30", first)
        result = self.scan(image=self.old)
        self.assertEqual(result["support"]["state"], "ended")
        self.assertIn("end of life", result["warnings"][0])
        self.assertEqual([(u["id"], u["kind"], u["state"], u["until"]) for u in result["unsupported"]],
                         [("EOL:debian:8", "release", "ended", "2020-06-30")])
        # Not clean, though the database has nothing on it.
        self.assertEqual(result["findings"], [])
        self.assertFalse(result["summary"]["covered"])

    def test_gates_of_the_end_of_life(self):
        self.scan("--fail-on", "eol", image=self.old, check=2)
        self.scan("--fail-on", "critical,eol", "--exit-code", "9", image=self.old, check=9)
        self.scan("--exit-on-eol", "7", image=self.old, check=7)
        self.scan("--exit-on-eol", "7", "--fail-on", "high", check=2)
        self.scan("--fail-on", "eol", check=0)
        self.scan("--exit-on-eol", "7", check=0)
        ignore = os.path.join(self.folder, "accepted")
        with open(ignore, "w", encoding="utf-8") as stream:
            stream.write("EOL:debian:8 exp:2024-12-31\n")
        accepted = self.scan("--fail-on", "eol", "--exit-on-eol", "7", "--ignorefile", ignore, image=self.old, check=0)
        self.assertEqual(accepted["support"]["state"], "ended")  # a fact, accepted or not
        self.assertEqual((accepted["unsupported"], accepted["summary"]["hidden"]), ([], {"ignored": 1}))

    def test_long_term_support_is_said_first_and_trips_nothing(self):
        later = {"SOURCE_DATE_EPOCH": "1798761600", "COLUMNS": "300"}  # 2027-01-01
        first = run("scan", "--db", self.database, self.image, env=later, check=0).stdout.splitlines()[0]
        self.assertIn("long-term support lasts until 2028-06-30", first)
        result = self.scan("--fail-on", "eol", "--exit-on-eol", "7", env=later)
        self.assertEqual([(u["kind"], u["state"]) for u in result["unsupported"]], [("release", "extended")])

    def test_packages_without_security_support(self):
        result = self.scan(image=self.unsupported)
        found = {(u["package"]["name"], u["id"], u["state"], u["until"], u["feed"]) for u in result["unsupported"]}
        feed = "debian-security-support"
        self.assertEqual(found, {("suricata", "EOL:debian:12/suricata", "ended", "2024-04-30", feed),
                                 ("libbinutils", "EOL:debian:12/binutils", "limited", "", feed),
                                 ("golang-go", "EOL:debian:12/golang-defaults", "limited", "", feed)})
        self.assertEqual(result["summary"]["unsupported"], 3)
        self.assertEqual(result["support"]["state"], "supported")
        table = run("scan", "--db", self.database, self.unsupported, check=0).stdout
        self.assertIn("1 package without security support, 2 with limited support", table)
        self.assertIn("suricata since 2024-04-30: Upstream ended its support", table)
        self.assertIn("binutils: Only suitable for trusted content", table)
        self.scan("--fail-on", "eol", image=self.unsupported, check=2)
        self.scan("--exit-on-eol", "7", image=self.unsupported, check=0)  # Trivy's asks for the release

    def test_dates_of_many_distributions(self):
        for system, state in (('ID="centos"\nNAME="CentOS Linux"\nVERSION_ID="8"\n', "ended"),
                              ('ID="rhel"\nVERSION_ID="9.4"\n', "supported"), ('ID="ol"\nVERSION_ID="6.10"\n', "ended"),
                              ('ID="amzn"\nVERSION_ID="2018.03"\n', "ended"), ('ID="rocky"\nVERSION_ID="9.4"\n', "supported"),
                              ("ID=fedora\nVERSION_ID=30\n", "ended"), ('ID="sles"\nVERSION_ID="12.5"\n', "supported"),
                              ('ID="opensuse-leap"\nVERSION_ID="15.3"\n', "ended"), ("ID=photon\nVERSION_ID=2.0\n", "ended"),
                              ("ID=alpine\nVERSION_ID=3.10.2\n", "ended"), ("ID=raspbian\nVERSION_ID=9\n", "ended"),
                              ("ID=arch\n", "unknown"), ("ID=nobody\nVERSION_ID=1\nSUPPORT_END=2024-05-31\n", "ended"),
                              ("ID=nobody\nVERSION_ID=1\n", "unknown")):
            image = Image({"etc/os-release": system}).oci_layout(tempfile.mkdtemp(dir=self.folder))
            self.assertEqual(self.scan(image=image)["support"]["state"], state, system)


if __name__ == "__main__":
    unittest.main()
