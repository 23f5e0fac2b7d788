"""Layers already known are not read again: the same result with a cold cache, a full one and none, whatever is wrong with the
directory, however many scans share it, and however they end."""
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from images import DEBIAN_12, LIMPID, Image, build_database, dpkg, report, run, sha, tar, tracker

SEED = 20240601
CACHED = {"LIMPID_NO_CACHE": "false"}

RELEASE = {"etc/os-release": DEBIAN_12}
FIRST = {**RELEASE, "var/lib/dpkg/status": dpkg(("a", "1"), ("b", "1"))}
IMAGES = {
    "plain": [FIRST, {"var/lib/dpkg/status": dpkg(("a", "1"), ("b", "2"), ("c", "1"))}],
    "link to a directory": [{**RELEASE, "opt/dpkg/status": dpkg(("a", "1"))}, {"usr/x": "x"}, {"var/lib/dpkg": ("link", "../../opt/dpkg")}],
    "another link to the same layers": [{**RELEASE, "opt/dpkg/status": dpkg(("a", "1"))}, {"usr/x": "x"}, {"var/lib/dpkg/status": ("link", "/opt/dpkg/status")}],
    "a chain of links across layers": [{"etc/os-release": ("link", "../opt/release"), "opt/release": DEBIAN_12}, {"opt/first": dpkg(("a", "1"))},
                                       {"opt/second": ("link", "first"), "var/lib/dpkg/status": ("link", "/opt/second")}],
    "hard link": [{**RELEASE, "a/content": dpkg(("a", "1")), "var/lib/dpkg/status": ("hard", "a/content")}],
    "whiteout": [FIRST, {"var/lib/dpkg/.wh.status": ""}],
    "opaque": [FIRST, {"var/lib/dpkg/.wh..wh..opq": "", "var/lib/dpkg/status.d/x": dpkg(("x", "1"))}],
    "one layer twice": [FIRST, {"var/lib/dpkg/.wh.status": ""}, FIRST],
    "leads nowhere": [{**RELEASE, "var/lib/dpkg/status": ("link", "/proc/self/environ")}],
    "damaged": [{**RELEASE, "var/lib/dpkg/status": "Package: x\nno field\n"}],
    "nothing": [{"hello": "world"}],
}


def content_of(path):
    with open(path, "rb") as stream:
        return stream.read()


class CacheTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="limpid-cache-")
        flaws = {"b": {"CVE-2024-0001": {"bookworm": ("resolved", "3", "high")}}}
        cls.database = build_database(cls.folder, [("debian", "tracker.json", tracker(flaws))])

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.cache = tempfile.mkdtemp(dir=self.folder)

    def layout(self, *layers, **options):
        return Image(*layers, **options).oci_layout(tempfile.mkdtemp(dir=self.folder))

    def inventory(self, target, *arguments, check=0, cache=None, **options):
        """The report, and how many layers had to be read for it."""
        done = run("-v", "inventory", "-f", "json", "--cache-dir", cache or self.cache, *arguments, target, check=check, env=CACHED, **options)
        return done.stdout, done.stderr.count("not known, read")

    def without(self, target, check=0):
        return run("inventory", "-f", "json", "--no-cache", target, check=check, env=CACHED).stdout

    def files(self, cache=None):
        folder = os.path.join(cache or self.cache, "layers")
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))] if os.path.isdir(folder) else []

    def info(self, *arguments):
        return report("cache", "info", "--cache-dir", self.cache, *arguments)

    def test_the_same_cold_known_and_without(self):
        for compress in (True, False):
            for name, layers in IMAGES.items():
                image = Image(*layers, compress=compress)
                folder = tempfile.mkdtemp(dir=self.folder)
                at = lambda kind, folder=folder: os.path.join(folder, kind)
                targets = [image.oci_layout(at("layout")), image.oci_archive(at("oci.tar")), image.docker_archive(at("docker.tar")), image.docker25_archive(at("docker25.tar"))]
                for target in targets:
                    with self.subTest(image=name, target=target, compress=compress):
                        alone = tempfile.mkdtemp(dir=self.folder)
                        expected = self.without(target)
                        self.assertEqual(self.inventory(target, cache=alone)[0], expected, "cold")
                        self.assertEqual(self.inventory(target, cache=alone), (expected, 0), "known")
                        self.assertEqual(self.inventory(target)[0], expected, "with what other images left")
                        self.assertEqual(self.inventory(target), (expected, 0), "known, with what other images left")

    def test_findings_and_plans_are_the_same(self):
        target = self.layout(*IMAGES["plain"])
        for command in ("scan", "plan"):
            expected = run(command, "--db", self.database, "-f", "json", "--no-cache", target, check=0).stdout
            for _ in range(2):
                self.assertEqual(run(command, "--db", self.database, "-f", "json", "--cache-dir", self.cache, target, check=0, env=CACHED).stdout, expected)
        self.assertIn("CVE-2024-0001", expected)
        self.assertEqual(self.info()["layers"], 2)

    def test_a_known_layer_is_not_even_opened(self):
        image = Image(*IMAGES["plain"])
        target = image.oci_layout(tempfile.mkdtemp(dir=self.folder))
        expected = self.inventory(target)
        self.assertEqual(expected[1], 2)
        for name, content in image.layout_files().items():
            if content in image.blobs:
                os.unlink(os.path.join(target, name))
        self.assertEqual(self.inventory(target), (expected[0], 0))
        run("inventory", "--no-cache", target, check=1, env=CACHED)

    def test_what_was_not_verified_is_not_kept(self):
        image = Image(*IMAGES["plain"])
        target = image.oci_layout(tempfile.mkdtemp(dir=self.folder))
        blob = os.path.join(target, [name for name, content in image.layout_files().items() if content == image.blobs[1]][0])
        whole = content_of(blob)
        with open(blob, "wb") as stream:
            stream.write(whole[:-1] + bytes([whole[-1] ^ 1]))
        for _ in range(2):
            self.inventory(target, check=1)
        with open(blob, "wb") as stream:
            stream.write(whole)
        self.assertEqual(self.inventory(target)[0], self.without(target))

    def test_a_manifest_that_contradicts_what_is_known_fails_as_ever(self):
        self.inventory(self.layout(*IMAGES["plain"]))
        liar = Image(*IMAGES["plain"])
        config = json.loads(liar.config)
        config["rootfs"]["diff_ids"].reverse()
        liar.config = json.dumps(config).encode()
        manifest = json.loads(liar.manifest)
        manifest["config"].update(digest="sha256:" + sha(liar.config), size=len(liar.config))
        liar.manifest = json.dumps(manifest).encode()
        index = json.loads(liar.index)
        index["manifests"][0].update(digest="sha256:" + sha(liar.manifest), size=len(liar.manifest))
        liar.index = json.dumps(index).encode()
        target = liar.oci_layout(tempfile.mkdtemp(dir=self.folder))
        for arguments in (["--no-cache"], ["--cache-dir", self.cache]):
            self.assertIn("was promised", run("inventory", *arguments, target, check=1, env=CACHED).stderr)

    def test_roots_are_not_kept(self):
        root = tempfile.mkdtemp(dir=self.folder)
        os.makedirs(os.path.join(root, "etc"))
        with open(os.path.join(root, "etc/os-release"), "w", encoding="utf-8") as stream:
            stream.write(DEBIAN_12)
        path = os.path.join(self.folder, "root.tar")
        with open(path, "wb") as stream:
            stream.write(tar(FIRST))
        for target in ("rootfs:" + root, "rootfs:" + path):
            for _ in range(2):
                self.assertEqual(self.inventory(target), (self.without(target), 1))
        self.assertEqual(self.files(), [])

    def test_damaged_and_foreign_entries_are_replaced(self):
        target = self.layout(*IMAGES["link to a directory"])
        expected = self.inventory(target)[0]
        # Its layers unpacked, by whose digests they are known as well.
        archive = Image(*IMAGES["link to a directory"]).docker_archive(os.path.join(self.folder, "unpacked.tar"))
        whole = {path: content_of(path) for path in self.files()}
        self.assertGreaterEqual(len(whole), 7)
        generator = random.Random(SEED)
        secret = os.path.join(self.folder, "secret")
        with open(secret, "w", encoding="utf-8") as stream:
            stream.write("kept")
        for path, content in whole.items():
            place = generator.randrange(len(content))
            damages = [b"", content[:1], content[:generator.randrange(len(content))], content[:-1], content + b"x", b"x" * len(content),
                       content[:place] + bytes([content[place] ^ 1 << generator.randrange(8)]) + content[place + 1:], *generator.sample(sorted(whole.values()), 1)]
            for damaged in damages:
                with open(path, "wb") as stream:
                    stream.write(damaged)
                self.assertEqual(self.inventory(target)[0], expected)
                self.inventory(archive)
                self.assertEqual(content_of(path), content)
            os.unlink(path)
            os.symlink(secret, path)
            self.assertEqual(self.inventory(target)[0], expected)
            self.inventory(archive)
            self.assertFalse(os.path.islink(path))
            os.chmod(path, 0o666)  # anybody may have written to it
            self.assertEqual(self.inventory(target)[0], expected)
            self.inventory(archive)
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(content_of(secret), b"kept")
        self.assertEqual(self.inventory(target), (expected, 0))
        self.assertEqual(os.stat(os.path.join(self.cache, "layers")).st_mode & 0o777, 0o700)

    def test_an_unusable_directory_only_costs_time(self):
        target = self.layout(*IMAGES["plain"])
        expected = self.without(target)
        file = os.path.join(self.folder, "a-file")
        with open(file, "w", encoding="utf-8") as stream:
            stream.write("x")
        others = tempfile.mkdtemp(dir=self.folder)
        os.mkdir(os.path.join(others, "layers"))
        os.chmod(os.path.join(others, "layers"), 0o777)
        for cache in (file, "/proc/limpid", others):
            done = run("-v", "inventory", "-f", "json", "--cache-dir", cache, target, check=0, env=CACHED)
            self.assertEqual(done.stdout, expected)
            self.assertEqual(done.stderr.count("not used"), 1, done.stderr)
            self.assertEqual(run("inventory", "--cache-dir", cache, target, check=0, env=CACHED).stderr, "")

    @unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_a_directory_that_may_not_be_written_to(self):
        nobody = 65534
        open_to_all = tempfile.mkdtemp(dir=self.folder)
        for folder in (self.folder, open_to_all):
            os.chmod(folder, 0o755)
        limpid = shutil.copy(LIMPID, os.path.join(open_to_all, "limpid"))
        target = Image(*IMAGES["plain"]).oci_layout(os.path.join(open_to_all, "image"))
        expected = self.without(target)

        def as_nobody(cache):
            done = subprocess.run([limpid, "-v", "inventory", "-f", "json", "--cache-dir", cache, target], capture_output=True, text=True, timeout=60,
                                  user=nobody, group=nobody, extra_groups=[], env={"PATH": os.environ["PATH"], "SOURCE_DATE_EPOCH": "1717200000"}, check=True)
            self.assertEqual(done.stdout, expected)
            return done.stderr.count("not used"), done.stderr.count("not known, read")

        own = os.path.join(open_to_all, "cache")
        os.mkdir(own)
        os.chown(own, nobody, nobody)
        self.assertEqual(as_nobody(own), (0, 2))
        os.chmod(os.path.join(own, "layers"), 0o500)
        self.assertEqual(as_nobody(own), (0, 0))  # what is known may still be read
        for path in self.files(own):
            os.unlink(path)
        self.assertEqual(as_nobody(own), (1, 2))
        roots = os.path.join(open_to_all, "roots")
        os.mkdir(roots, 0o700)
        self.assertEqual(as_nobody(roots), (1, 0 + 2))

    def test_a_full_disk(self):
        target = self.layout(*IMAGES["plain"])
        expected = self.without(target)
        for size in (600, 100, 0):  # as of ulimit -f: only small entries, a part of one, nothing
            shutil.rmtree(os.path.join(self.cache, "layers"), ignore_errors=True)
            done = subprocess.run([LIMPID, "-v", "inventory", "-f", "json", "--cache-dir", self.cache, target], capture_output=True, text=True, timeout=60,
                                  env={**os.environ, **CACHED, "SOURCE_DATE_EPOCH": "1717200000"}, check=True,
                                  preexec_fn=lambda size=size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
            self.assertEqual(done.stdout, expected)
            self.assertFalse([path for path in self.files() if os.path.basename(path)[0] not in "LB"], "a part was left behind")
        self.assertIn("File too large", done.stderr)
        self.assertEqual(self.inventory(target)[0], expected)

    def test_ten_scans_at_once_read_each_layer_once(self):
        generator = random.Random(SEED)
        layers = [{**RELEASE, "x": generator.randbytes(3_000_000)}] + [{"var/lib/dpkg/status": dpkg(*[(f"p{i}-{n}", "1") for n in range(50)]), "y": generator.randbytes(1_000_000)} for i in range(7)]
        target = self.layout(*layers)
        expected = self.without(target)
        processes = [subprocess.Popen([LIMPID, "-v", "inventory", "-f", "json", "--cache-dir", self.cache, target], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                      env={**os.environ, **CACHED, "SOURCE_DATE_EPOCH": "1717200000"}) for _ in range(10)]
        outputs = [process.communicate(timeout=120) for process in processes]
        self.assertEqual([process.returncode for process in processes], [0] * 10)
        for text, _ in outputs:
            self.assertEqual(text, expected)
        self.assertEqual(sum(errors.count("not known, read") for _, errors in outputs), len(layers))
        self.assertFalse([path for path in self.files() if os.path.basename(path)[0] not in "LB"])

    def test_killed_in_the_middle(self):
        generator = random.Random(SEED)
        target = self.layout(*[{**RELEASE, f"x{i}": generator.randbytes(400_000), "var/lib/dpkg/status": dpkg(*[(f"p{i}-{n}", "1") for n in range(300)])} for i in range(10)])
        expected = self.without(target)
        started = time.monotonic()
        self.assertEqual(self.inventory(target)[0], expected)
        whole = time.monotonic() - started
        killed = 0
        for number in range(30):
            if number % 3 == 0:
                shutil.rmtree(os.path.join(self.cache, "layers"))
            process = subprocess.Popen([LIMPID, "inventory", "--cache-dir", self.cache, target], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **CACHED})
            time.sleep(generator.uniform(0, whole))
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
            self.assertEqual(self.inventory(target)[0], expected)
            self.assertEqual(self.inventory(target), (expected, 0))
        self.assertGreater(killed, 3)
        run("cache", "prune", "--all", "--cache-dir", self.cache, check=0)
        self.assertEqual(self.files(), [])

    def test_info_and_prune(self):
        self.assertEqual(self.info(), {"directory": os.path.join(self.cache, "layers"), "entries": 0, "layers": 0, "blobs": 0, "bytes": 0, "limit": 256 << 20})
        self.assertEqual(self.files(), [], "looking makes nothing")
        database = shutil.copy(self.database, os.path.join(self.cache, "limpid.db"))
        self.inventory(self.layout(*IMAGES["plain"]))
        info = self.info("--cache-size", "64KiB")
        self.assertEqual((info["entries"], info["layers"], info["blobs"], info["limit"]), (6, 2, 4, 65536), "two layers, and each one's digest packed and unpacked")
        self.assertEqual(info["bytes"], 6 * 4096)
        table = run("cache", "info", "--cache-dir", self.cache, check=0).stdout
        self.assertIn(os.path.join(self.cache, "layers"), table)
        self.assertRegex(table, r"\n6 +2 +4 +24 KiB +256 MiB")
        old = self.files()[0]
        os.utime(old, (1, 1))
        self.assertIn("removed 1 file, 4 KiB", run("cache", "prune", "--cache-dir", self.cache, "--cache-size", "23KiB", check=0).stdout)
        self.assertNotIn(old, self.files())
        self.assertIn("removed 0 files", run("cache", "prune", env={"LIMPID_CACHE_DIR": self.cache}, check=0).stdout)
        run("cache", "prune", "--all", "--cache-dir", self.cache, check=0)
        self.assertEqual(self.info()["entries"], 0)
        self.assertTrue(os.path.exists(database))
        run("cache", "info", "-f", "xml", "--cache-dir", self.cache, check=1)
        run("cache", "info", "--cache-size", "much", check=1)

    def test_stays_within_its_size(self):
        for number in range(12):
            target = self.layout(RELEASE, {"var/lib/dpkg/status": dpkg((f"p{number}", "1"))})
            self.assertEqual(self.inventory(target, "--cache-size", "40KiB")[0], self.without(target))
            self.assertLessEqual(self.info()["bytes"], 40 << 10)
        self.assertGreater(self.info()["bytes"], 16 << 10)

    def test_where_it_is(self):
        home = tempfile.mkdtemp(dir=self.folder)
        target = self.layout(*IMAGES["plain"])
        bare = {name: value for name, value in os.environ.items() if not re.match("LIMPID_|XDG_", name)}
        for variables, place in (({}, home + "/.cache/limpid"), ({"XDG_CACHE_HOME": home + "/xdg"}, home + "/xdg/limpid"), ({"XDG_CACHE_HOME": home + "/xdg", "LIMPID_CACHE_DIR": home + "/own"}, home + "/own")):
            subprocess.run([LIMPID, "inventory", target], env={**bare, "HOME": home, **variables}, check=True, capture_output=True, timeout=60)
            self.assertEqual(len(self.files(place)), 6, place)  # of two layers each: what is in it, and its digest packed and unpacked


if __name__ == "__main__":
    unittest.main()
