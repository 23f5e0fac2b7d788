"""Ctrl-C, SIGTERM and --timeout, wherever a run stands: waiting for a registry, in the middle of a layer, behind another scan,
at a credential helper, at a full pipe. It ends soon, with the status that a shell expects, and leaves nothing behind."""
import gzip
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
import unittest

from images import DEBIAN_12, LIMPID, Image, dpkg, run, sha, tar
from slow_registry import MANIFEST_TYPE, Registry

SANITIZED = bool(os.environ.get("LIMPID_SANITIZED"))
SOON = 2 * (10 if SANITIZED else 1)  # seconds; it is to take 0.2, and what hangs takes for ever
INSIDE = 0.4 * (5 if SANITIZED else 1)  # so long it takes at most to get to where it waits


def endless_layer():
    """A layer of 24 GiB in 24 MB: a file of zeros, as many gzip members."""
    info = tarfile.TarInfo("usr/zeros")
    info.size = 24 << 30
    part = gzip.compress(bytes(64 << 20), 9, mtime=0)
    return gzip.compress(tar({"etc/os-release": DEBIAN_12})[:1024], mtime=0) + gzip.compress(info.tobuf(tarfile.GNU_FORMAT), mtime=0) + part * 384


class CancelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.image = Image({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("a", "1")), "usr/x": os.urandom(100_000)})

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="limpid-cancel-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.places = {}
        for name in ("TMPDIR", "XDG_CACHE_HOME", "OUT", "HOME"):
            self.places[name] = os.path.join(self.folder, name)
            os.mkdir(self.places[name])

    def start(self, *arguments, **options):
        env = {**os.environ, "no_proxy": "*", "XDG_RUNTIME_DIR": "", "DOCKER_CONFIG": "", "REGISTRY_AUTH_FILE": "", **self.places, **options.pop("env", {})}
        process = subprocess.Popen([LIMPID, "inventory", "-f", "json", *arguments], env=env, text=True, stdin=options.pop("stdin", subprocess.DEVNULL),
                                   stdout=options.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE, **options)
        self.addCleanup(self.kill, process)
        return process

    @staticmethod
    def kill(process):
        process.kill()
        process.communicate()

    def ends(self, process, number, status):
        """Sends it the signal; it ends soon, with this status and without a word of a result."""
        self.assertIsNone(process.poll(), "it has ended before it was asked to")
        begin = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        self.assertLess(time.monotonic() - begin, SOON)
        self.assertEqual(process.returncode, status, err)
        self.assertEqual(out or "", "")
        self.assertEqual(len(err.splitlines()), 1, err)
        return err

    def leaves_nothing(self):
        left = [os.path.join(place, name) for place, _, names in os.walk(self.folder) for name in names]
        self.assertEqual(left, [])

    def registry(self, send):
        registry = Registry(self.image, send)
        self.addCleanup(registry.close)
        return registry

    def hanging(self):
        registry = self.registry(lambda handler, body: registry.ended.wait(60))
        return registry

    def test_a_registry_that_says_nothing(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            registry = self.hanging()
            process = self.start("-o", os.path.join(self.places["OUT"], "result"), registry.name)
            self.assertTrue(registry.waiting.wait(30))
            self.ends(process, number, status)
            self.leaves_nothing()

    def test_a_registry_that_trickles(self):
        def trickle(handler, body):
            for byte in body:
                if registry.ended.wait(0.02):
                    return
                handler.wfile.write(bytes([byte]))
        registry = self.registry(trickle)
        process = self.start(registry.name)
        self.assertTrue(registry.waiting.wait(30))
        time.sleep(INSIDE)
        self.ends(process, signal.SIGINT, 130)
        self.leaves_nothing()

    def test_a_registry_that_is_away_for_a_moment(self):
        """Between two attempts."""
        registry = Registry(self.image, busy=50)
        self.addCleanup(registry.close)
        process = self.start(registry.name)
        self.assertTrue(registry.waiting.wait(30))
        time.sleep(INSIDE)
        self.ends(process, signal.SIGTERM, 143)

    def test_in_the_middle_of_a_layer(self):
        image = Image({"etc/x": ""}, compress=False)
        image.blobs = [endless_layer()]
        manifest = json.loads(image.manifest)
        manifest["layers"] = [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:" + sha(image.blobs[0]), "size": len(image.blobs[0])}]
        image.manifest = json.dumps(manifest).encode()
        image.index = json.dumps({"schemaVersion": 2, "manifests": [{"mediaType": MANIFEST_TYPE, "digest": "sha256:" + sha(image.manifest), "size": len(image.manifest)}]}).encode()
        with tempfile.TemporaryDirectory() as elsewhere:
            target = image.oci_layout(os.path.join(elsewhere, "layout"))
            compressed = os.path.join(elsewhere, "root.tar.gz")
            pathlib.Path(compressed).write_bytes(image.blobs[0])
            for name in (target, "rootfs:" + compressed, "docker-archive:" + compressed, compressed):
                for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
                    process = self.start("-o", os.path.join(self.places["OUT"], "result"), name)
                    time.sleep(INSIDE)
                    self.ends(process, number, status)
                    self.leaves_nothing()

    def test_behind_another_scan_of_the_same_layer(self):
        registry = self.hanging()
        first = self.start(registry.name)
        self.assertTrue(registry.waiting.wait(30))
        second = self.start(registry.name)
        time.sleep(INSIDE)
        self.ends(second, signal.SIGINT, 130)
        self.assertIsNone(first.poll())
        self.ends(first, signal.SIGINT, 130)
        self.leaves_nothing()

    def test_at_a_credential_helper(self):
        with tempfile.TemporaryDirectory() as elsewhere:
            started = pathlib.Path(elsewhere, "started")
            helper = pathlib.Path(elsewhere, "docker-credential-slow")
            helper.write_text(f"#!/bin/sh\necho $$ >{started}.new\nmv {started}.new {started}\nsleep 100\n", "utf-8")
            helper.chmod(0o755)
            pathlib.Path(elsewhere, "config.json").write_text(json.dumps({"credsStore": "slow"}), "utf-8")
            registry = self.hanging()
            process = self.start(registry.name, env={"DOCKER_CONFIG": elsewhere, "PATH": elsewhere + os.pathsep + os.environ["PATH"]})
            for _ in range(3000):
                if started.exists():
                    break
                time.sleep(0.01)
            self.ends(process, signal.SIGINT, 130)
            with self.assertRaises(ProcessLookupError):
                os.kill(int(started.read_text("utf-8")), 0)
        self.leaves_nothing()

    def test_at_the_password(self):
        ours, theirs = os.pipe()
        self.addCleanup(os.close, theirs)
        process = self.start("--username", "ann", "--password-stdin", "registry:127.0.0.1:1/app", stdin=ours)
        os.close(ours)
        time.sleep(INSIDE)
        self.ends(process, signal.SIGINT, 130)

    def large_report(self):
        """An image whose report is larger than any pipe."""
        image = Image({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(*((f"package-{i}", "1") for i in range(3000)))})
        elsewhere = tempfile.mkdtemp(prefix="limpid-cancel-report-")
        self.addCleanup(shutil.rmtree, elsewhere, True)
        return image.oci_layout(os.path.join(elsewhere, "layout"))

    def test_at_a_full_pipe(self):
        ours, theirs = os.pipe()
        self.addCleanup(os.close, ours)
        process = self.start("--no-cache", self.large_report(), stdout=theirs)
        os.close(theirs)
        time.sleep(4 * INSIDE)
        self.ends(process, signal.SIGINT, 130)

    def test_a_second_signal_ends_at_once(self):
        """A result that goes to a pipe of somebody's own is written as a whole, so that the first one does not end it."""
        fifo = os.path.join(self.folder, "fifo")
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        process = self.start("--no-cache", "-o", fifo, self.large_report())
        time.sleep(4 * INSIDE)
        process.send_signal(signal.SIGINT)
        time.sleep(INSIDE)
        self.assertIsNone(process.poll())
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertLess(time.monotonic() - begin, SOON)
        self.assertEqual(process.returncode, 130)

    def test_a_signal_that_was_ignored_stays_so(self):
        registry = self.hanging()
        process = self.start(registry.name, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))  # as nohup does
        self.assertTrue(registry.waiting.wait(30))
        process.send_signal(signal.SIGHUP)
        time.sleep(INSIDE)
        self.ends(process, signal.SIGINT, 130)

    def test_timeout(self):
        registry = self.hanging()
        begin = time.monotonic()
        process = self.start("--timeout", "500ms", registry.name)
        out, err = process.communicate(timeout=60)
        self.assertGreaterEqual(time.monotonic() - begin, 0.5)
        self.assertLess(time.monotonic() - begin, 0.5 + SOON)
        self.assertEqual((process.returncode, out), (1, ""), err)
        self.assertIn("timed out: not done within 500ms (--timeout); it was at ", err)
        self.assertIn(f"{registry.name}: layer 1 of 1", err)
        self.assertEqual(len(err.splitlines()), 1, err)
        self.leaves_nothing()

    def test_timeout_of_what_is_in_time(self):
        with tempfile.TemporaryDirectory() as elsewhere:
            layout = self.image.oci_layout(os.path.join(elsewhere, "layout"))
            for timeout in ("1h30m", "0"):
                self.assertIn('"packages"', run("inventory", "-f", "json", "--timeout", timeout, layout, check=0).stdout)
            self.assertIn("--timeout 5: no duration", run("inventory", "--timeout", "5", layout, check=1).stderr)


if __name__ == "__main__":
    unittest.main()
