"""Systems with a package manager of their own: the binary over images made here, with the feed of those that have one."""
import json
import shutil
import tempfile
import unittest

from images import Image, build_database, report

GENTOO = "ID=gentoo\nVERSION_ID=2.15\n"
GLSA = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE glsa SYSTEM "http://www.gentoo.org/dtd/glsa.dtd">
<glsa id="203101-01"><title>PHP: Bad</title><synopsis>Bad.</synopsis><announced>2031-01-02</announced>
<affected><package name="dev-lang/php" auto="yes" arch="*"><unaffected range="ge" slot="8.2">8.2.10</unaffected>
<unaffected range="rge" slot="8.1">8.1.9-r2</unaffected><vulnerable range="lt">8.2.10</vulnerable></package></affected>
<impact type="high"/><references><uri link="https://nvd.nist.gov/vuln/detail/CVE-2031-0013">CVE-2031-0013</uri></references></glsa>
"""


def ebuild(category, name, slot, repository="gentoo"):
    folder = f"var/db/pkg/{category}/{name}/"
    return {folder + "PF": name + "\n", folder + "SLOT": slot + "\n", folder + "repository": repository + "\n",
            folder + "CHOST": "x86_64-pc-linux-gnu\n", folder + "LICENSE": "PHP-3.01\n"}


class SystemsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="limpid-e2e-")
        self.addCleanup(shutil.rmtree, self.folder)

    def layout(self, *layers):
        return Image(*layers).oci_layout(tempfile.mkdtemp(dir=self.folder))

    def found(self, *layers):
        return {(one["ecosystem"], one["name"], one["version"]) for one in report("inventory", self.layout(*layers))["packages"]}

    def test_gentoo(self):
        database = build_database(self.folder, [("gentoo", "glsa-203101-01.xml", GLSA)])
        image = self.layout({"etc/os-release": GENTOO, **ebuild("dev-lang", "php-8.1.9-r1", "8.1"), **ebuild("dev-lang", "php-8.2.10", "8.2"),
                             **ebuild("dev-lang", "php-7.4.33", "7.4"), **ebuild("app-misc", "php-8.0", "0")},
                            {"var/db/pkg/dev-lang/.wh.php-7.4.33": "", **ebuild("dev-lang", "php-8.2.9", "8.2", "overlay")})
        result = report("scan", image, "--db", database)
        package = {(one["name"], one["version"]): one for one in report("inventory", image)["packages"]}
        self.assertEqual(set(package), {("app-misc/php", "8.0"), ("dev-lang/php", "8.1.9-r1"), ("dev-lang/php", "8.2.10"), ("dev-lang/php", "8.2.9")})
        self.assertEqual(package["dev-lang/php", "8.1.9-r1"]["purl"], "pkg:ebuild/dev-lang/php@8.1.9-r1?arch=amd64&distro=gentoo")
        self.assertEqual(package["dev-lang/php", "8.2.9"]["repository"], "third-party")
        self.assertEqual([(one["id"], one["package"]["version"], one["fixed_in"], one["severity"]) for one in result["findings"]],
                         [("CVE-2031-0013", "8.1.9-r1", "8.1.9-r2", "high")])
        self.assertEqual(result["skipped"], [])

    def test_others(self):
        store = "nix/store/02mqs1by2vab9yzw0qc4j7463w78p3ps-"
        self.assertEqual(self.found({store + "glibc-2.37-8": None, store + "glibc-2.37-8/lib/libc.so": "x", store + "source": None}),
                         {("nix", "glibc", "2.37-8")})
        self.assertEqual(self.found({"etc/os-release": "ID=ubuntu\nVERSION_ID=24.04\n", "var/lib/chisel/manifest.wall":
                                     '{"jsonwall":"1.0","schema":"1.0","count":2}\n{"kind":"package","name":"libc6","version":"2.39-0","arch":"amd64"}\n'}),
                         {("Ubuntu", "libc6", "2.39-0")})
        self.assertEqual(self.found({"etc/os-release": "ID=bottlerocket\nVERSION_ID=1.34.0\n", "usr/share/bottlerocket/application-inventory.json":
                                     json.dumps({"Content": [{"Name": "glibc", "Version": "2.43", "Release": "1.br1", "Epoch": "1"}]})}),
                         {("bottlerocket", "glibc", "1:2.43-1.br1")})
        self.assertEqual(self.found({"home/linuxbrew/.linuxbrew/Cellar/zlib/1.3.1/INSTALL_RECEIPT.json": "{}"}), {("Homebrew", "zlib", "1.3.1")})

    def test_damage_is_told(self):
        paths = ("etc/cos-package-info.json", "meta/snap.yaml", "usr/share/bottlerocket/application-inventory.json", "var/db/xbps/pkgdb-0.38.plist",
                 "var/lib/chisel/manifest.wall")
        result = report("inventory", self.layout({path: "[<{:" for path in paths}))
        self.assertEqual([(one["path"], one["reason"]) for one in result["skipped"]], [(path, "damaged") for path in paths])
        self.assertEqual(result["packages"], [])


if __name__ == "__main__":
    unittest.main()
