"""eStargz and zstd:chunked layers in a real registry: whole, and by their tables of contents. What was fetched is counted by
the registry, in its own access log."""
import json
import os
import random
import re
import shutil
import sys
import tempfile
import unittest

from estargz import estargz, image_of, zstd_chunked
from images import DEBIAN_12, dpkg, tar
from registry_test import Registry, limpid

DEMO = os.path.join(os.environ["LIMPID_SOURCE"], "build", "demo", "trees")
noise = random.Random(4).randbytes
STATUS = dpkg(("libssl3", "3.0.1-1", {"Source": "openssl"}), ("zlib1g", "1:1.2.13-1", {"Source": "zlib"}))
LOWER = tar({"etc": None, "etc/os-release": ("link", "../usr/lib/os-release"), "usr/bin/a": noise(900_000), "usr/lib/os-release": DEBIAN_12,
             "usr/bin/b": noise(5_000_000), "var/lib/dpkg/status": dpkg(("a", "1")), "var/lib/dpkg/status-old": ("hard", "var/lib/dpkg/status"),
             "usr/bin/c": noise(400_000), "usr/share/zeros": bytes(6_000_000)})
UPPER = tar({"opt/data": noise(1_000_000), "var/lib/dpkg/status": STATUS, "opt/more": noise(1_000_000), "usr/bin/.wh.a": "",
             ".prefetch.landmark": b"\x0f"})
WRITERS = {"estargz": estargz, "zstd-chunked": zstd_chunked}


class LazyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="limpid-lazy-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.registry = Registry(cls.folder)
        cls.addClassCleanup(cls.registry.close)

    def push(self, name, image):
        layout = image.oci_layout(os.path.join(self.folder, name))
        self.registry.push(f"oci:{layout}:test", f"{name}:1", "--dest-tls-verify=false")
        shutil.rmtree(layout)
        return f"{self.registry.host}/{name}:1"

    def fetched(self, name, image, start):
        """(requests, bytes) for the layers since `start` in the registry's log."""
        sizes = []
        with open(os.path.join(self.registry.folder, "log"), encoding="utf-8") as log:
            log.seek(start)
            for line in log:
                found = re.search(r'"GET /v2/' + name + r'/blobs/(\S+) HTTP/1.1" (\d+) (\d+) ', line)
                if found and found[1] in [layer["digest"] for layer in json.loads(image.manifest)["layers"]]:
                    sizes.append(int(found[3]))
        return len(sizes), sum(sizes)

    def inventory(self, target, *arguments, **options):
        """The inventory, and where the log was before."""
        start = os.path.getsize(os.path.join(self.registry.folder, "log"))
        options.setdefault("LIMPID_NO_CACHE", "true")
        done = limpid("inventory", "-f", "json", *arguments, target, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), start, done.stderr

    def same(self, whole, lazy):
        for part in ("packages", "distribution", "skipped"):
            self.assertEqual(whole[part], lazy[part])
        for a, b in zip(whole["image"]["layers"], lazy["image"]["layers"], strict=True):
            self.assertEqual(a, {key: value for key, value in b.items() if key not in ("lazy", "fetched")})

    def test_the_same_with_little_of_the_bytes(self):
        for kind, writer in WRITERS.items():
            with self.subTest(kind):
                image = image_of(writer(LOWER), writer(UPPER))
                target = self.push(kind, image)
                whole, start, _ = self.inventory(target)
                self.assertEqual(self.fetched(kind, image, start), (2, sum(map(len, image.blobs))))
                lazy, start, _ = self.inventory(target, "--lazy")
                requests, size = self.fetched(kind, image, start)
                self.same(whole, lazy)
                self.assertEqual({package["name"] for package in lazy["packages"]}, {"libssl3", "zlib1g"})
                self.assertEqual([layer["lazy"] for layer in lazy["image"]["layers"]], [True, True])
                self.assertEqual(sum(layer["fetched"] for layer in lazy["image"]["layers"]), size)
                self.assertIn("layers 1, 2 were read by the table of contents", " ".join(lazy["notes"]))
                self.assertLess(size, sum(map(len, image.blobs)) / 10)
                self.assertLess(requests, 12)

    def test_in_a_layout_and_an_archive(self):
        for kind, writer in WRITERS.items():
            with self.subTest(kind):
                image = image_of(writer(LOWER), writer(UPPER))
                layout = image.oci_layout(os.path.join(self.folder, "layout-" + kind))
                archive = image.oci_archive(os.path.join(self.folder, kind + ".tar"))
                whole, _, _ = self.inventory(layout)
                for target in (layout, archive):
                    lazy, _, _ = self.inventory(target, "--lazy")
                    self.same(whole, lazy)
                    self.assertEqual([layer["lazy"] for layer in lazy["image"]["layers"]], [True, True])

    def test_without_a_promise_it_is_read_whole(self):
        for kind, writer in WRITERS.items():
            with self.subTest(kind):
                image = image_of(writer(UPPER), annotated=False)
                target = self.push("plain-" + kind, image)
                lazy, start, log = self.inventory(target, "--lazy", "-v")
                self.assertEqual(self.fetched("plain-" + kind, image, start), (1, len(image.blobs[0])))
                self.assertNotIn("lazy", lazy["image"]["layers"][0])
                self.assertIn("promises no table of contents", log)

    def test_a_table_that_lies_is_found_and_the_layer_read_whole(self):
        def lie(entries):
            for entry in entries:
                if entry["name"] == "var/lib/dpkg/status":
                    entry["digest"] = entry["chunkDigest"] = "sha256:" + "7" * 64
            return entries
        for kind, writer in WRITERS.items():
            with self.subTest(kind):
                image = image_of(writer(UPPER, change=lie))
                target = self.push("lying-" + kind, image)
                whole, _, _ = self.inventory(target)
                lazy, start, log = self.inventory(target, "--lazy", "-v")
                self.assertEqual(whole, lazy)
                self.assertIn("sha256:7777", log)
                self.assertGreaterEqual(self.fetched("lying-" + kind, image, start)[1], len(image.blobs[0]))

    def test_what_was_read_so_is_known_to_those_who_ask_so(self):
        image = image_of(estargz(LOWER))
        target = self.push("cached", image)
        cache = {"LIMPID_NO_CACHE": "false", "LIMPID_CACHE_DIR": os.path.join(self.folder, "cache")}
        first, start, _ = self.inventory(target, "--lazy", **cache)
        self.assertGreater(self.fetched("cached", image, start)[0], 0)
        second, start, _ = self.inventory(target, "--lazy", **cache)
        self.assertEqual(self.fetched("cached", image, start), (0, 0))
        self.assertEqual(first["packages"], second["packages"])
        self.assertTrue(second["image"]["layers"][0]["lazy"])
        whole, start, _ = self.inventory(target, **cache)
        self.assertEqual(self.fetched("cached", image, start), (1, len(image.blobs[0])))
        self.assertNotIn("lazy", whole["image"]["layers"][0])
        third, start, _ = self.inventory(target, "--lazy", **cache)
        self.assertEqual(self.fetched("cached", image, start), (0, 0))
        self.assertEqual(third, whole)

    def test_a_real_image(self):
        if not os.path.isdir(DEMO) or "LIMPID_SANITIZED" in os.environ:
            self.skipTest("./dev demo has made no image here, or the binary is sanitized")
        trees = sorted(os.path.join(DEMO, name) for name in os.listdir(DEMO) if name == "final.tar")
        for kind, writer in WRITERS.items():
            with self.subTest(kind):
                layers = []
                for tree in trees:
                    with open(tree, "rb") as stream:
                        layers.append(writer(stream))
                image = image_of(*layers)
                target = self.push("real-" + kind, image)
                whole, _, _ = self.inventory(target)
                lazy, start, log = self.inventory(target, "--lazy", "-v")
                requests, size = self.fetched("real-" + kind, image, start)
                total = sum(map(len, image.blobs))
                print(f"{kind}: {size:,} of {total:,} bytes ({100 * size / total:.2f} %) in {requests} requests, "
                      f"{len(lazy['packages'])} packages", file=sys.stderr)
                self.same(whole, lazy)
                self.assertTrue(lazy["image"]["layers"][0].get("lazy"), log)
                self.assertLess(size, total / 10)


if __name__ == "__main__":
    unittest.main()
