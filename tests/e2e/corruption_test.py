"""One byte flipped, or the rest cut off, at thousands of seeded places: either an error that names what and where, or the
same report, but never a crash, a hang, or less than there was. Names and comments that no digest covers (tags, annotations,
padding) may change."""
import json
import os
import random
import shutil
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

from images import DEBIAN_12, Image, build_database, dpkg, run, sha, tracker

SEED = 20240601
PLACES = int(os.environ.get("LIMPID_CORRUPTIONS", "400"))  # in each of the kinds of file below


def essence(text):
    """What must not change: packages and findings, with all that is said of them."""
    result = json.loads(text)
    return json.dumps([result["packages"], result["findings"], result["distribution"], result["support"], result["unmatched"]])


class CorruptionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="limpid-corruption-")
        names = [f"package{i}" for i in range(60)]
        flaws = {name: {f"CVE-2024-{1000 + i}": {"bookworm": ("resolved" if i % 3 else "open", f"{i}.2-1" if i % 3 else None, "low")}} for i, name in enumerate(names)}
        cls.database = build_database(cls.folder, [("debian", "tracker.json", tracker(flaws))])
        status = dpkg(*[(name, f"{i}.1-1", {"Description": os.urandom(40).hex()}) for i, name in enumerate(names)])
        cls.image = Image({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg((names[0], "0.1-1"))}, {"var/lib/dpkg/status": status, "usr/share/doc/x": "y" * 2000})

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def scan(self, database, target):
        return run("scan", "--db", database, "-f", "json", target)

    def hold(self, place, done, expected):
        if done.returncode == 0:
            self.assertEqual(essence(done.stdout), expected, f"{place}: another report, without an error")
            return "same"
        self.assertEqual(done.returncode, 1, f"{place}: status {done.returncode}\n{done.stderr[-2000:]}")
        self.assertEqual(done.stdout, "", f"{place}: a part of a result beside the error")
        self.assertRegex(done.stderr, r"^limpid: .+: .+\n$", f"{place}: an error that does not say what and where")
        return "error"

    def corrupt(self, label, original, target_of, database_of, expected):
        """Runs over seeded places of the bytes `original`; each run works on a file of its own."""
        generator = random.Random(f"{SEED} {label}")
        places = [("flip", generator.randrange(len(original)), 1 << generator.randrange(8)) for _ in range(PLACES)]
        places += [("cut", generator.randrange(len(original)), 0) for _ in range(PLACES // 5)]

        def one(numbered):
            number, (kind, offset, bit) = numbered
            damaged = original[:offset] + bytes([original[offset] ^ bit]) + original[offset + 1:] if kind == "flip" else original[:offset]
            path = os.path.join(self.folder, f"{label}-{number}")
            with open(path, "wb") as stream:
                stream.write(damaged)
            try:
                return self.hold(f"{label}: {kind} at {offset} of {len(original)}, bit {bit}, seed {SEED}", self.scan(database_of(path), target_of(path)), expected)
            finally:
                os.unlink(path)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            outcomes = list(pool.map(one, enumerate(places)))
        print(f"{label}: {outcomes.count('error')} errors, {outcomes.count('same')} unharmed of {len(outcomes)}")
        self.assertGreater(outcomes.count("error"), len(outcomes) // 20, "damage that is hardly ever noticed")

    def test_archives(self):
        for label, write in (("docker-archive", self.image.docker_archive), ("docker25-archive", self.image.docker25_archive), ("oci-archive", self.image.oci_archive)):
            path = write(os.path.join(self.folder, label + ".tar"))
            expected = essence(self.scan(self.database, path).stdout)
            with open(path, "rb") as stream:
                # The prefix tells what it is: a damaged archive must not pass for another kind of file.
                kind = "oci-archive:" if label == "oci-archive" else "docker-archive:"
                self.corrupt(label, stream.read(), lambda damaged, kind=kind: kind + damaged, lambda _: self.database, expected)

    def test_blobs_of_a_layout(self):
        whole = self.image.oci_layout(os.path.join(self.folder, "layout"))
        expected = essence(self.scan(self.database, whole).stdout)
        for label, blob in (("layer", self.image.blobs[1]), ("config", self.image.config), ("manifest", self.image.manifest), ("index", self.image.index)):
            name = "index.json" if label == "index" else "blobs/sha256/" + sha(blob)

            def target_of(damaged, name=name):
                layout = damaged + ".layout"
                shutil.copytree(whole, layout, copy_function=os.link)
                os.unlink(os.path.join(layout, name))
                os.link(damaged, os.path.join(layout, name))
                return "oci-dir:" + layout

            self.corrupt(label, blob, target_of, lambda _: self.database, expected)

    def test_database(self):
        path = self.image.oci_archive(os.path.join(self.folder, "for-database.tar"))
        expected = essence(self.scan(self.database, path).stdout)
        with open(self.database, "rb") as stream:
            self.corrupt("database", stream.read(), lambda _: path, lambda damaged: damaged, expected)


if __name__ == "__main__":
    unittest.main()
