"""CVSS, EPSS, the catalogue of exploited vulnerabilities and SSVC reach findings and reports; Ubuntu's tracker decides."""
import json
import os
import tempfile
import unittest

from images import run

STATUS = """Package: {name}
Status: install ok installed
Priority: optional
Section: libs
Maintainer: Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>
Architecture: amd64
Version: {version}
Description: x

"""


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class EnrichmentTest(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="limpid-enrichment-")
        self.folder = self.temporary.name
        self.addCleanup(self.temporary.cleanup)
        root = os.path.join(self.folder, "root")
        write(root, "etc/os-release", 'ID=ubuntu\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\nPRETTY_NAME="Ubuntu 22.04 LTS"\n')
        write(root, "var/lib/dpkg/status", STATUS.format(name="zfoo", version="1.2-3"))
        self.root = root
        self.database = os.path.join(self.folder, "db")

    def cve(self, number, state, priority="untriaged"):
        return write(self.folder, f"tracker/active/CVE-2024-{number}",
                     f"Candidate: CVE-2024-{number}\nPriority: {priority}\njammy_zfoo: {state}\n")

    def build(self, *feeds):
        run("-q", "db", "build", *[word for feed in feeds for word in ("--feed", feed)], "-o", self.database, check=0)
        run("db", "verify", "--db", self.database, check=0)

    def scan(self, *options):
        return run("scan", "rootfs:" + self.root, "--db", self.database, *options, check=0).stdout

    def test_what_is_known_of_a_flaw_is_in_the_report(self):
        self.cve(1001, "released (1.2-4)")
        self.cve(1002, "needed", "low")
        self.cve(1003, "not-affected (code not present)")
        self.cve(1004, "released (1.2-3)")
        self.cve(1005, "needs-triage")
        self.cve(1006, "ignored (too intrusive)", "medium")
        nvd = write(self.folder, "nvd.json", json.dumps({"format": "NVD_CVE", "totalResults": 1, "vulnerabilities": [{"cve": {
            "id": "CVE-2024-1001", "vulnStatus": "Analyzed", "weaknesses": [{"description": [{"lang": "en", "value": "CWE-79"}]}],
            "metrics": {"cvssMetricV31": [{"source": "nvd@nist.gov", "type": "Primary", "cvssData": {
                "version": "3.1", "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}]}}}]}))
        cve = write(self.folder, "list/CVE-2024-1002.json", json.dumps({
            "cveMetadata": {"cveId": "CVE-2024-1002", "state": "PUBLISHED"}, "containers": {"cna": {}, "adp": [{"metrics": [
                {"other": {"type": "ssvc", "content": {"options": [{"Exploitation": "poc"}, {"Automatable": "yes"}]}}}]}]}}))
        epss = write(self.folder, "epss.csv", "#model_version:v1,score_date:2024-06-01T00:00:00+0000\ncve,epss,percentile\n"
                     "CVE-2024-1001,0.25,0.99\nCVE-2024-1006,0.0004,0.1\n")
        kev = write(self.folder, "known_exploited_vulnerabilities.json", json.dumps({
            "catalogVersion": "1", "vulnerabilities": [{"cveID": "CVE-2024-1001", "dateAdded": "2024-05-01",
                                                        "dueDate": "2024-05-21", "knownRansomwareCampaignUse": "Known"}]}))
        self.build("ubuntu=" + os.path.join(self.folder, "tracker"), "nvd=" + nvd, "cvelist=" + cve, "epss=" + epss, "kev=" + kev)
        report = json.loads(self.scan("-f", "json"))
        findings = {finding["id"]: finding for finding in report["findings"]}
        self.assertEqual(sorted(findings), ["CVE-2024-1001", "CVE-2024-1002", "CVE-2024-1006"])
        first = findings["CVE-2024-1001"]
        self.assertEqual((first["severity"], first["severity_source"], first["fixed_in"]), ("critical", "nvd@nist.gov", "1.2-4"))
        self.assertEqual(first["cvss"], [{"version": "3.1", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                                          "source": "nvd@nist.gov", "score": 9.8}])
        self.assertEqual(first["cwes"], ["CWE-79"])
        self.assertEqual(first["exploitation"], {
            "epss": 0.25, "epss_percentile": 0.99, "known_exploited": True, "known_exploited_since": "2024-05-01",
            "known_exploited_due": "2024-05-21", "ransomware": True, "ssvc_exploitation": "", "ssvc_automatable": "",
            "ssvc_technical_impact": ""})
        self.assertEqual(first["risk"], 98.0)
        second = findings["CVE-2024-1002"]
        self.assertEqual((second["severity"], second["severity_source"], second["status"]), ("low", "ubuntu", "affected"))
        self.assertEqual((second["exploitation"]["ssvc_exploitation"], second["exploitation"]["ssvc_automatable"]), ("poc", "yes"))
        self.assertNotIn("epss", second["exploitation"])
        self.assertEqual(second["risk"], 10.5)  # 2.5 x 0.6 x 0.7
        third = findings["CVE-2024-1006"]
        self.assertEqual((third["status"], third["exploitation"]["epss"], third["risk"]), ("will_not_fix", 0.0004, 8.3))
        table = self.scan()
        self.assertIn("CVE-2024-1001 (exploited)", table)
        self.assertNotIn("CVE-2024-1002 (exploited)", table)
        self.assertIn("1 flaw is known to be exploited", table)
        shown = run("db", "show", "CVE-2024-1001", "--db", self.database, check=0).stdout
        self.assertIn("9.8 CVSS:3.1/AV:N", shown)
        self.assertIn("known since 2024-05-01, by ransomware", shown)

    def test_without_any_the_report_says_so(self):
        self.cve(1001, "released (1.2-4)", "high")
        self.build("ubuntu=" + os.path.join(self.folder, "tracker"))
        finding, = json.loads(self.scan("-f", "json"))["findings"]
        self.assertEqual(finding["cvss"], [])
        self.assertEqual(finding["exploitation"]["known_exploited"], False)
        self.assertEqual((finding["severity"], finding["risk"]), ("high", 24.0))  # 8 x 0.3
        self.assertNotIn("exploited", self.scan())


if __name__ == "__main__":
    unittest.main()
