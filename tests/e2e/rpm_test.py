"""Systems with rpm: the binary over images whose database is made here. The readers themselves are held against rpm's own
programs in src/inventory/rpm_oracle_test.cc."""
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import distribution_feeds
from images import LIMPID, MEASURE, Image, build_database, report, run
from layers_v1 import rpm_header, rpm_ndb

MEMORY_MOST = 64 << 20
LARGE = 150 << 20

# What release files say, and the namespace and the vendor in package URLs that follow.
SYSTEMS = (
    ({"etc/os-release": 'ID="rhel"\nVERSION_ID="9.4"\n'}, "rhel:9", "redhat"),
    ({"etc/os-release": 'ID="centos"\nVERSION_ID="7"\n'}, "centos:7", "centos"),
    ({"etc/os-release": 'ID="almalinux"\nVERSION_ID="9.3"\n'}, "almalinux:9", "almalinux"),
    ({"etc/os-release": 'ID="rocky"\nVERSION_ID="9.3"\n'}, "rocky:9", "rocky"),
    ({"etc/os-release": "ID=fedora\nVERSION_ID=40\n"}, "fedora:40", "fedora"),
    ({"etc/os-release": 'ID="ol"\nVERSION_ID="8.9"\n'}, "ol:8", "oracle"),
    ({"etc/os-release": 'ID="amzn"\nVERSION_ID="2"\n'}, "amzn:2", "amzn"),
    ({"etc/os-release": 'ID="sles"\nVERSION_ID="15.5"\n'}, "sles:15.5", "suse"),
    ({"etc/os-release": 'ID="opensuse-leap"\nVERSION_ID="15.5"\n'}, "opensuse-leap:15.5", "opensuse"),
    ({"etc/os-release": 'ID=photon\nVERSION_ID="4.0"\n'}, "photon:4.0", "photon"),
    ({"etc/os-release": 'ID=azurelinux\nVERSION_ID="3.0"\n'}, "azurelinux:3.0", "azurelinux"),
    ({"etc/os-release": 'ID=mariner\nVERSION_ID="2.0"\n'}, "mariner:2.0", "mariner"),
    ({"etc/redhat-release": "Red Hat Enterprise Linux Server release 7.9 (Maipo)\n"}, "rhel:7", "redhat"),
    ({"etc/centos-release": "CentOS Linux release 7.9.2009 (Core)\n", "etc/redhat-release": "CentOS Linux release 7.9.2009 (Core)\n"}, "centos:7", "centos"),
    ({"etc/oracle-release": "Oracle Linux Server release 8.9\n", "etc/redhat-release": "Red Hat Enterprise Linux release 8.9 (Ootpa)\n"}, "ol:8", "oracle"),
    ({"etc/system-release": "Amazon Linux release 2 (Karoo)\n"}, "amzn:2", "amzn"),
    ({"etc/fedora-release": "Fedora release 40 (Forty)\n"}, "fedora:40", "fedora"),
)


def bdb_pieces(numbers, header_of, page_size=4096):
    """A Berkeley DB hash file, a piece at a time: a hash page for each package, and its overflow pages behind it."""
    most = page_size - 26
    counts = [-(-len(header_of(number)) // most) for number in numbers]
    last = sum(counts) + len(counts)
    meta = struct.pack("<8x4I", 0, 0x061561, 9, page_size) + bytes((0, 8, 0, 0)) + struct.pack("<II", 0, last)
    yield meta + bytes(page_size - len(meta))
    page = 1
    for number, count in zip(numbers, counts):
        header = header_of(number)
        key, value = struct.pack("<BI", 1, number), struct.pack("<B3xII", 3, page + 1, len(header))
        at = (page_size - len(key), page_size - len(key) - len(value))
        head = struct.pack("<8xIIIHHBB2H", page, 0, 0, 2, at[1], 0, 13, *at)
        yield head + bytes(at[1] - len(head)) + value + key
        for part in range(count):
            data = header[part * most:(part + 1) * most]
            follows = page + part + 2 if part + 1 < count else 0
            yield struct.pack("<8xIIIHHBB", page + part + 1, 0, follows, 1, len(data), 0, 7) + data + bytes(most - len(data))
        page += count + 1


class RpmTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="limpid-e2e-")
        self.addCleanup(shutil.rmtree, self.folder)

    def inventory(self, *layers):
        return report("inventory", Image(*layers).oci_layout(tempfile.mkdtemp(dir=self.folder)))

    def test_every_family_has_its_namespace(self):
        database = rpm_ndb([rpm_header("curl", "7.50.3", "1.fc25", epoch=1, arch="i386")])
        for files, name_space, vendor in SYSTEMS:
            result = self.inventory({**files, "var/lib/rpm/Packages.db": database})
            self.assertEqual(result["distribution"]["namespace"], name_space)
            package, = result["packages"]
            self.assertEqual((package["namespace"], package["version"]), (name_space, "1:7.50.3-1.fc25"))
            self.assertEqual(package["purl"], f"pkg:rpm/{vendor}/curl@7.50.3-1.fc25?arch=i386&distro={name_space.replace(':', '-')}&epoch=1"
                                              "&upstream=curl-7.50.3-1.fc25.src.rpm")

    def test_modules_and_vendors(self):
        module = rpm_header("nodejs", "18.1", "1.module+el9", more=((5096, "nodejs:18:9010:rhel9:x86_64"),))
        result = self.inventory({"etc/os-release": "ID=rhel\nVERSION_ID=9.4\n",
                                 "usr/lib/sysimage/rpm/Packages.db": rpm_ndb([module, rpm_header("docker-ce", "26", "1.el9", more=((1011, "Docker"),))])})
        facts = {one["name"]: (one["module"], one["repository"]) for one in result["packages"]}
        self.assertEqual(facts, {"nodejs": ("nodejs:18", "distribution"), "docker-ce": ("", "third-party")})

    def test_an_images_repositories_decide(self):
        """curl's CVE-2023-38545, fixed in 9.2 and 9.3 for all and in 9.0 for subscribers of EUS, and a flaw that is not."""
        base = "cpe:/o:redhat:enterprise_linux:9::baseos"
        fixed = distribution_feeds.vex("CVE-2023-38545", "Important", [
            ("BaseOS-9.0.0.Z.EUS", "cpe:/o:redhat:rhel_eus:9.0::baseos", "curl", "7.76.1-14.el9_0.9"),
            ("BaseOS-9.2.0.Z.MAIN.EUS", base, "curl", "7.76.1-23.el9_2.4"), ("BaseOS-9.3.0.Z.MAIN", base, "curl", "7.76.1-26.el9_3.2")])
        unfixed = distribution_feeds.vex("CVE-2031-0001", "Low", (), [("red_hat_enterprise_linux_9", "cpe:/o:redhat:enterprise_linux:9", "curl", "Will not fix")])
        table = json.dumps({"data": {"rhel-9-for-x86_64-baseos-rpms": {"cpes": [base]},
                                     "rhel-9-for-x86_64-appstream-rpms": {"cpes": ["cpe:/a:redhat:enterprise_linux:9::appstream"]},
                                     "rhel-9-for-x86_64-baseos-eus-rpms__9_DOT_0": {"cpes": ["cpe:/o:redhat:rhel_eus:9.0::baseos"]}}})
        database = build_database(self.folder, [("redhat", "cve-2023-38545.json", fixed), ("redhat", "cve-2031-0001.json", unfixed),
                                                ("redhat-repositories", "repository-to-cpe.json", table)])
        self.assertEqual(run("db", "verify", "--db", database).returncode, 0)

        def scan(version, *content_sets):
            files = {"etc/os-release": "ID=rhel\nVERSION_ID=9.0\n", "var/lib/rpm/Packages.db": rpm_ndb([rpm_header("curl", *version.split("-"))])}
            if content_sets:
                files["root/buildinfo/content_manifests/test-1-1.json"] = json.dumps({"content_sets": content_sets})
            image = Image(files).oci_layout(tempfile.mkdtemp(dir=self.folder))
            if content_sets:
                told, = report("inventory", image)["repositories"]
                self.assertEqual((told["location"], told["content_sets"]), ("root/buildinfo/content_manifests/test-1-1.json", sorted(content_sets)))
            return {one["id"]: one["fixed_in"] or one["status"] for one in report("scan", image, "--db", database)["findings"]}

        eus, usual = "rhel-9-for-x86_64-baseos-eus-rpms__9_DOT_0", "rhel-9-for-x86_64-baseos-rpms"
        self.assertEqual(scan("7.76.1-14.el9_0.5"), {"CVE-2023-38545": "7.76.1-23.el9_2.4", "CVE-2031-0001": "will_not_fix"})
        self.assertEqual(scan("7.76.1-14.el9_0.5", usual), {"CVE-2023-38545": "7.76.1-23.el9_2.4", "CVE-2031-0001": "will_not_fix"})
        self.assertEqual(scan("7.76.1-14.el9_0.5", usual, eus), {"CVE-2023-38545": "7.76.1-14.el9_0.9", "CVE-2031-0001": "will_not_fix"})
        self.assertEqual(scan("7.76.1-14.el9_0.9", eus), {"CVE-2031-0001": "will_not_fix"})
        self.assertEqual(scan("7.76.1-23.el9_2.4", usual), {"CVE-2031-0001": "will_not_fix"})
        self.assertEqual(scan("7.76.1-26.el9", usual), {"CVE-2023-38545": "7.76.1-26.el9_3.2", "CVE-2031-0001": "will_not_fix"})
        self.assertEqual(scan("7.76.1-14.el9_0.5", "rhel-9-for-x86_64-appstream-rpms"), {"CVE-2031-0001": "will_not_fix"})  # not a repository of curl's

    def test_a_damaged_database_is_told(self):
        result = self.inventory({"etc/os-release": "ID=rhel\nVERSION_ID=9.4\n", "var/lib/rpm/rpmdb.sqlite": "nothing of the kind"})
        self.assertEqual([(one["path"], one["reason"]) for one in result["skipped"]], [("var/lib/rpm/rpmdb.sqlite", "damaged")])
        self.assertEqual(result["packages"], [])

    @unittest.skipIf("LIMPID_SANITIZED" in os.environ, "a sanitizer's memory says nothing")
    def test_a_large_database_takes_little_memory(self):
        # Never all at once: what this process has taken is counted to its children too.
        numbers = range(1, 1501)
        header_of = lambda number: rpm_header(f"package-{number}", "1.0", "1.el7", more=((1004, "x" * (LARGE // len(numbers))),))
        root = os.path.join(self.folder, "root")
        os.makedirs(os.path.join(root, "var/lib/rpm"))
        os.makedirs(os.path.join(root, "etc"))
        with open(os.path.join(root, "etc/os-release"), "w") as out:
            out.write("ID=centos\nVERSION_ID=7\n")
        with open(os.path.join(root, "var/lib/rpm/Packages"), "wb") as out:
            for piece in bdb_pieces(numbers, header_of):
                out.write(piece)
            self.assertGreater(out.tell(), LARGE)
        peak = os.path.join(self.folder, "peak")
        done = subprocess.run([sys.executable, "-S", "-E", "-c", MEASURE, peak, LIMPID, "inventory", "--no-cache", "-f", "json", "rootfs:" + root], stdout=subprocess.PIPE, check=True)
        result = json.loads(done.stdout)
        with open(peak, encoding="ascii") as file:
            used = int(file.read()) << 10
        self.assertEqual({one["name"] for one in result["packages"]}, {f"package-{number}" for number in numbers})
        self.assertEqual(result["skipped"], [])
        self.assertLess(used, MEMORY_MOST)
        print(f"{LARGE >> 20} MiB of Packages: {used >> 20} MiB resident")


if __name__ == "__main__":
    unittest.main()
