"""One image from every place that it can come from: a registry, archives, a layout, Podman's socket (which also speaks Docker's
language), containerd's store, a folder and a tar of its files. Whatever the place, the same packages and the same diff IDs; and
the machine that this runs on, against its own dpkg-query."""
import contextlib
import functools
import gzip
import http.server
import json
import os
import pathlib
import selectors
import shutil
import socket
import ssl
import stat
import subprocess
import tempfile
import tarfile
import threading
import time
import unittest

from images import ARCHITECTURE, DEBIAN_12, Image, dpkg, sha, tar
from registry_test import PASSWORD, USER, Registry, limpid
from service import FixtureFailed, make_certificates, wait_for

STATUS = dpkg(("libssl3", "3.0.1-1", {"Source": "openssl"}), ("zlib1g", "1:1.2.13-1", {"Source": "zlib"}))
LAYERS = ({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("a", "1")), "usr/share/z": b"z" * 200_000},
          {"usr/share/x": os.urandom(300_000), "usr/share/old": "old"},
          {"var/lib/dpkg/status": STATUS},
          {"usr/share/.wh.old": "", "usr/share/y": "y"})


def described(image):
    """With what a real builder says: Podman cannot tell the history of an image that was never created."""
    config = json.loads(image.config)
    config["created"] = "2024-01-02T03:04:05Z"
    for step in config["history"]:
        step["created"] = config["created"]
    image.config = json.dumps(config).encode()
    manifest = json.loads(image.manifest)
    manifest["config"].update(digest="sha256:" + sha(image.config), size=len(image.config))
    image.manifest = json.dumps(manifest).encode()
    index = json.loads(image.index)
    index["manifests"][0].update(digest="sha256:" + sha(image.manifest), size=len(image.manifest))
    image.index = json.dumps(index).encode()
    return image


class Process:
    """A server of the test's, which ends with it."""

    def __init__(self, name, command, folder, ready, package):
        if not shutil.which(command[0]):
            raise FixtureFailed(f"the package {package} is missing")
        self.name, self.path = name, os.path.join(folder, name + ".log")
        wrapper = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen([*wrapper, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(lambda: self._check() or ready(), 60, f"{name} to answer", pause=0.1)
        except BaseException:
            self.close()
            raise

    def _check(self):
        if self.process.poll() is not None:
            raise FixtureFailed(f"{self.name} ended at its start:\n{self.log()}")

    def log(self):
        return pathlib.Path(self.path).read_text("utf-8", "replace")[-4000:]

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run_tool(*command, env=None):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **(env or {})})
    if done.returncode != 0:
        raise FixtureFailed(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


class Podman:
    """Its API service as root, with everything that it keeps in a folder of the test's: no other Podman sees it."""

    def __init__(self, folder):
        self.folder = tempfile.mkdtemp(prefix="podman-", dir=folder)
        self.socket = os.path.join(self.folder, "socket")
        self.command = ["podman", "--root", os.path.join(self.folder, "root"), "--runroot", os.path.join(self.folder, "run"), "--tmpdir",
                        os.path.join(self.folder, "tmp"), "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "none"]
        self.process = Process("podman", [*self.command, "system", "service", "--time", "0", "unix://" + self.socket], self.folder,
                               lambda: os.path.exists(self.socket), "podman")

    def run(self, *arguments):
        return run_tool(*self.command, *arguments)

    def close(self):
        self.process.close()


class Containerd:
    """A containerd of the test's own, of which nothing runs but what keeps images."""
    DISABLED = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.overlayfs",
                "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper",
                "io.containerd.snapshotter.v1.aufs"]

    def __init__(self, folder):
        self.folder = tempfile.mkdtemp(prefix="containerd-", dir=folder)
        self.root, self.socket = os.path.join(self.folder, "root"), os.path.join(self.folder, "socket")
        config = os.path.join(self.folder, "config.toml")
        pathlib.Path(config).write_text(f"version = 2\nroot = {json.dumps(self.root)}\nstate = {json.dumps(os.path.join(self.folder, 'state'))}\n"
                                        f"disabled_plugins = {json.dumps(self.DISABLED)}\n[grpc]\naddress = {json.dumps(self.socket)}\n", "utf-8")
        self.process = Process("containerd", ["containerd", "-c", config], self.folder, self._answers, "containerd")

    def _answers(self):
        return subprocess.run(["ctr", "-a", self.socket, "version"], capture_output=True, timeout=60, check=False).returncode == 0

    def load(self, path, space="default", *arguments):
        run_tool("ctr", "-a", self.socket, "-n", space, "images", "import", "--no-unpack", *arguments, path)

    def close(self):
        self.process.close()


class TlsBefore:
    """A daemon's socket behind TLS that wants a client certificate, as dockerd's --tlsverify: a byte is a byte."""

    def __init__(self, path, certificates):
        self.path = path
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificates["server"], certificates["server_key"])
        self.context.load_verify_locations(certificates["authority"])
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.seen = 0  # clients whose certificate was good
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                threading.Thread(target=self._forward, args=(self.listener.accept()[0],), daemon=True).start()

    def _forward(self, plain):
        with contextlib.suppress(OSError), self.context.wrap_socket(plain, server_side=True) as client, \
                socket.socket(socket.AF_UNIX) as daemon, selectors.DefaultSelector() as ready:
            client.do_handshake()
            client.recv(0)
            self.seen += 1
            daemon.connect(self.path)
            ready.register(client, selectors.EVENT_READ, daemon)
            ready.register(daemon, selectors.EVENT_READ, client)
            while True:
                for key, _ in ready.select():
                    data = key.fileobj.recv(65536)
                    while key.fileobj is client and client.pending():
                        data += client.recv(65536)
                    if not data:
                        return
                    key.data.sendall(data)

    def close(self):
        self.listener.close()


def bare(packages):
    """Without what a place calls its layers."""
    return [{key: value for key, value in package.items() if key != "layer"} for package in packages]


class SourcesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("Podman's and containerd's services are tested as root: skipped the whole suite")
        cls.folder = tempfile.mkdtemp(prefix="limpid-sources-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.image = described(Image(*LAYERS))
        cls.layout = cls.image.oci_layout(cls.path("layout"))
        cls.docker_archive = cls.image.docker_archive(cls.path("docker.tar"))
        cls.oci_archive = cls.image.oci_archive(cls.path("oci.tar"))
        cls.podman = Podman(cls.folder)
        cls.addClassCleanup(cls.podman.close)
        cls.podman.run("load", "-i", cls.docker_archive)
        cls.containerd = Containerd(cls.folder)
        cls.addClassCleanup(cls.containerd.close)
        cls.containerd.load(cls.oci_archive, "default", "--base-name", "docker.io/library/test")
        cls.at_podman = {"CONTAINER_HOST": "unix://" + cls.podman.socket, "DOCKER_HOST": "unix:///none/socket"}
        cls.at_docker = {"DOCKER_HOST": "unix://" + cls.podman.socket, "CONTAINER_HOST": "unix:///none/socket"}

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    def inventory(self, *arguments, **env):
        done = limpid("inventory", "-f", "json", *arguments, **{"LIMPID_NO_CACHE": "true", **env})
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def refusal(self, *arguments, **env):
        done = limpid("inventory", "-f", "json", *arguments, **{"LIMPID_NO_CACHE": "true", **env})
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        return done.stderr

    def test_the_same_from_everywhere(self):
        certificates = make_certificates(self.folder)
        registry = Registry(self.folder, {"certificate": certificates["server"], "key": certificates["server_key"]}, {USER: PASSWORD})
        self.addCleanup(registry.close)
        trusted = self.path("skopeo")
        os.makedirs(trusted, exist_ok=True)
        shutil.copy(certificates["authority"], os.path.join(trusted, "ca.crt"))
        registry.push(f"oci:{self.layout}:test", "test:test", "--dest-creds", f"{USER}:{PASSWORD}", "--dest-cert-dir", trusted)
        found = {
            "registry": self.inventory("--ca-file", certificates["authority"], "--username", USER, f"registry:{registry.host}/test:test", LIMPID_PASSWORD=PASSWORD),
            "docker-archive": self.inventory("docker-archive:" + self.docker_archive),
            "docker-archive, recognised": self.inventory(self.docker_archive),
            "oci-archive": self.inventory("oci-archive:" + self.oci_archive),
            "oci-dir": self.inventory("oci-dir:" + self.layout),
            "podman": self.inventory("podman:test:test", **self.at_podman),
            "podman, by its whole name": self.inventory("podman:localhost/test:test", **self.at_podman),
            "podman, by ID": self.inventory("podman:sha256:" + sha(self.image.config), **self.at_podman),
            "podman, no prefix": self.inventory("test:test", **self.at_podman),
            "docker": self.inventory("docker:test:test", **self.at_docker),
            "docker, no prefix": self.inventory("test:test", **self.at_docker),
            "containerd": self.inventory("containerd:test:test", "--containerd-root", self.containerd.root),
            "containerd, by digest": self.inventory("containerd:sha256:" + sha(self.image.manifest), CONTAINERD_ROOT=self.containerd.root),
        }
        expected = found["oci-dir"]
        self.assertEqual({package["name"] for package in expected["packages"]}, {"libssl3", "zlib1g"})
        diff_ids = ["sha256:" + sha(data) for data in self.image.tars]
        for place, inventory in found.items():
            with self.subTest(place):
                self.assertEqual(bare(inventory["packages"]), bare(expected["packages"]))
                self.assertEqual(inventory["distribution"], expected["distribution"])
                self.assertEqual([layer["diff_id"] for layer in inventory["image"]["layers"]], diff_ids)
                self.assertEqual([layer["created_by"] for layer in inventory["image"]["layers"]], [layer["created_by"] for layer in expected["image"]["layers"]])
                self.assertEqual(inventory["image"]["config_digest"], "sha256:" + sha(self.image.config))
                self.assertEqual(inventory["skipped"], [])

    def test_odd_tars_as_a_runtime_unpacks_them(self):
        """What an image holds is what a container of it has, however a layer's tar is made: Podman is the judge."""
        status = "var/lib/dpkg/status"
        system = {"etc/os-release": DEBIAN_12, status: dpkg(("real", "1"))}
        decoy = lambda path=status: tar({path: dpkg(("decoy", "1"))})

        def pax(kind, **records):
            info = tarfile.TarInfo("pax_header")
            content = b"".join(tarfile.TarInfo._create_pax_generic_header({key: value}, kind, "utf-8")[512:].rstrip(b"\0") for key, value in records.items())
            info.type, info.size = kind, len(content)
            return info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512)

        both, local = tarfile.XGLTYPE, tarfile.XHDTYPE
        sparse = lambda **more: pax(local, **{"GNU.sparse.name": "other", **{"GNU.sparse." + key: value for key, value in more.items()}})
        cases = {
            "nothing after the end": [system, tar({}) + decoy()],
            "nothing after a member's end": [tar(system) + decoy()],
            "a path for all": [pax(both, path="usr/share/doc/x") + tar(system)],
            "a size for all": [pax(both, size="0") + tar(system)],
            "a path lost to a header for all": [system, pax(local, path="other") + pax(both, comment="x") + decoy()],
            "a path for one": [system, pax(local, path="other") + decoy()],
            "a sparse name alone": [system, sparse() + decoy()],
            "a sparse version that nobody knows": [system, sparse(major="2", minor="0") + decoy()],
            "a long name before a path": [system, pax(local, path="other") + tarfile.TarInfo._create_gnu_long_header(status, tarfile.GNUTYPE_LONGNAME, "utf-8", "strict") + decoy("x")],
            "two paths": [system, pax(local, path="other") + pax(local, path=status) + decoy("x")],
            "an absolute name": [system, decoy("/" + status)],
            "up and down": [system, decoy("var/lib/../lib/dpkg/status")],
            "all anew": [system, {"var/lib/dpkg/.wh..wh..opq": "", status: dpkg(("other", "1"))}],
            "all anew, told last": [system, {status: dpkg(("other", "1")), "var/lib/dpkg/.wh..wh..opq": ""}],
            "gone": [system, {"var/lib/.wh.dpkg": ""}],
            "gone and back": [system, {"var/lib/.wh.dpkg": "", status: dpkg(("other", "1"))}],
            "a hard link": [{**system, "x": dpkg(("other", "1"))}, {"y": "", "x": dpkg(("third", "1")), status: ("hard", "x")}],
        }
        for number, (name, layers) in enumerate(cases.items()):
            with self.subTest(name):
                image = Image(*layers, tag=f"odd-{number}")
                path = image.docker_archive(self.path(f"odd-{number}.tar"))
                self.podman.run("load", "-q", "-i", path)
                mounted = self.podman.run("image", "mount", f"test:odd-{number}").strip()
                file = pathlib.Path(mounted, status)
                wanted = [line.split()[1] for line in file.read_text("utf-8").splitlines() if line.startswith("Package:")] if file.exists() else []
                self.podman.run("image", "umount", f"test:odd-{number}")
                self.assertEqual([package["name"] for package in self.inventory("docker-archive:" + path)["packages"]], wanted)

    def test_the_files_of_the_image(self):
        expected = {(package["name"], package["version"]) for package in self.inventory(self.layout)["packages"]}
        mounted = self.podman.run("image", "mount", "test:test").strip()
        self.addCleanup(self.podman.run, "image", "umount", "test:test")
        exported, packed = self.path("rootfs.tar"), self.path("rootfs.tar.gz")
        container = self.podman.run("create", "test:test", "true").strip()
        self.podman.run("export", "-o", exported, container)
        pathlib.Path(packed).write_bytes(gzip.compress(pathlib.Path(exported).read_bytes()))
        for target in ("rootfs:" + mounted, mounted, "rootfs:" + exported, exported, packed, "dir:" + packed):
            with self.subTest(target):
                inventory = self.inventory(target)
                self.assertEqual({(package["name"], package["version"]) for package in inventory["packages"]}, expected)

    def test_a_daemon_exports_only_what_is_not_known(self):
        cache = {"LIMPID_NO_CACHE": "", "LIMPID_CACHE_DIR": self.path("cache")}
        verbose = lambda *target, **env: limpid("-v", "inventory", "-f", "json", *target, **{**cache, **env})
        # What another place taught is known here too, packed or not.
        self.assertEqual(verbose("oci-dir:" + self.layout).returncode, 0)
        known = verbose("podman:test:test", **self.at_podman)
        self.assertEqual(known.returncode, 0, known.stderr)
        self.assertIn("daemon: has the image", known.stderr)
        self.assertNotIn("was exported", known.stderr)
        self.assertEqual(json.loads(known.stdout), self.inventory("podman:test:test", **self.at_podman))
        # One more layer, and the image is needed.
        more = described(Image(*LAYERS, {"usr/share/more": "more"}, tag="more"))
        self.podman.run("load", "-i", more.docker_archive(self.path("more.tar")))
        once, twice = (verbose("podman:test:more", **self.at_podman) for _ in range(2))
        self.assertEqual((once.returncode, twice.returncode), (0, 0), once.stderr + twice.stderr)
        self.assertEqual(once.stderr.count("not known, read"), 1, once.stderr)
        self.assertEqual(once.stderr.count("was exported"), 1)
        self.assertNotIn("was exported", twice.stderr)
        self.assertEqual(once.stdout, twice.stdout)

    def test_a_daemon_behind_tls(self):
        folder = self.path("tls")
        os.makedirs(folder)
        certificates = make_certificates(folder)
        stranger = make_certificates(folder, "another authority")
        for name, role in (("ca", "authority"), ("cert", "client"), ("key", "client_key")):
            shutil.copy(certificates[role], os.path.join(folder, name + ".pem"))
        front = TlsBefore(self.podman.socket, certificates)
        self.addCleanup(front.close)
        at = {"DOCKER_HOST": "tcp://" + front.address, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": folder}
        found, expected = self.inventory("docker:localhost/test:test", **at), self.inventory("docker:localhost/test:test", **self.at_docker)
        self.assertEqual(bare(found["packages"]), bare(expected["packages"]))
        self.assertGreater(front.seen, 0)
        # By its bare name, which could be a registry's, and by docker's context.
        self.assertEqual(bare(self.inventory("localhost/test:test", **at)["packages"]), bare(expected["packages"]))
        self.context(front.address, folder)
        context = {"DOCKER_HOST": "", "DOCKER_CONTEXT": "far", "DOCKER_CONFIG": self.path("docker"), "CONTAINER_HOST": "unix:///none/socket"}
        self.assertEqual(bare(self.inventory("docker:localhost/test:test", **context)["packages"]), bare(expected["packages"]))
        seen = front.seen
        self.assertNotIn("packages", self.refusal("docker:localhost/test:test", **{**at, "DOCKER_TLS_VERIFY": "", "DOCKER_CERT_PATH": ""}))
        shutil.copy(stranger["authority"], os.path.join(folder, "ca.pem"))
        self.assertIn("ertificate", self.refusal("docker:localhost/test:test", **at))
        self.assertEqual(front.seen, seen)
        shutil.copy(certificates["authority"], os.path.join(folder, "ca.pem"))
        shutil.copy(stranger["client"], os.path.join(folder, "cert.pem"))
        shutil.copy(stranger["client_key"], os.path.join(folder, "key.pem"))
        self.refusal("docker:localhost/test:test", **at)

    def context(self, address, certificates):
        """docker's context "far", as `docker context create` writes it."""
        contexts, name = pathlib.Path(self.path("docker"), "contexts"), sha(b"far")
        meta, tls = contexts / "meta" / name, contexts / "tls" / name / "docker"
        meta.mkdir(parents=True)
        (meta / "meta.json").write_text(json.dumps({"Name": "far", "Metadata": {}, "Endpoints": {"docker": {"Host": "tcp://" + address, "SkipTLSVerify": False}}}), "utf-8")
        tls.mkdir(parents=True)
        for name in ("ca.pem", "cert.pem", "key.pem"):
            shutil.copy(os.path.join(certificates, name), tls)

    def test_nothing_is_left_behind(self):
        temporary = self.path("temporary")
        os.mkdir(temporary)
        self.inventory("podman:test:test", TMPDIR=temporary, **self.at_podman)
        self.assertEqual(os.listdir(temporary), [])
        self.assertIn("nowhere", self.refusal("podman:test:test", TMPDIR=self.path("nowhere"), **self.at_podman))

    def test_what_was_tried_is_told(self):
        self.assertIn("No such image", self.refusal("podman:none:1", **self.at_podman))
        self.assertIn(f"unix://{self.podman.socket}", self.refusal("docker:none:1", **self.at_docker))
        self.assertIn("unix:///none/socket: No such file", self.refusal("docker:test:test", **self.at_podman))
        told = self.refusal("127.0.0.1:1/none:1", **self.at_podman)
        for part in ("no such path", "Docker: unix:///none/socket", "Podman: unix://" + self.podman.socket, "not connected"):
            self.assertIn(part, told)
        self.assertIn("no socket of Podman", self.refusal("podman:x", XDG_RUNTIME_DIR=self.path("none"), CONTAINER_HOST=""))
        self.assertIn("no image 'docker.io/library/none:1'", self.refusal("containerd:none:1", "--containerd-root", self.containerd.root))
        self.assertIn("there is no containerd at", self.refusal("containerd:x", "--containerd-root", self.path("none")))
        for target in ("podman:test:test", self.docker_archive, self.oci_archive):
            self.assertIn(f"linux/s390x; there are: linux/{ARCHITECTURE}", self.refusal("--platform", "linux/s390x", target, **self.at_podman))
            self.assertEqual(len(self.inventory("--platform", "all", target, **self.at_podman)), 1)

    def test_a_store_of_many_images(self):
        """Names enough for a tree of several levels, in containerd's own database."""
        index = {"schemaVersion": 2, "manifests": []}
        listed = json.loads(self.image.index)["manifests"][0]
        for number in range(700):
            index["manifests"].append({**listed, "annotations": {"io.containerd.image.name": f"registry.example/team-{number % 7}/app-{number}:{number}"}})
        many = {**self.image.layout_files(), "index.json": json.dumps(index).encode()}
        pathlib.Path(self.path("many.tar")).write_bytes(tar(many))
        self.containerd.load(self.path("many.tar"), "many")
        other = described(Image({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("other", "1"))}))
        self.containerd.load(other.oci_archive(self.path("other.tar")), "k8s.io", "--base-name", "docker.io/library/test")
        store = ["--containerd-root", self.containerd.root]
        names = lambda inventory: {package["name"] for package in inventory["packages"]}
        for number in (0, 1, 6, 7, 99, 350, 698, 699):
            self.assertEqual(names(self.inventory(f"containerd:registry.example/team-{number % 7}/app-{number}:{number}", *store)), {"libssl3", "zlib1g"})
        self.assertIn("no image", self.refusal("containerd:registry.example/team-1/app-2:2", *store))
        self.assertIn("choose one by $CONTAINERD_NAMESPACE: default, k8s.io", self.refusal("containerd:test:test", *store))
        self.assertEqual(names(self.inventory("containerd:test:test", *store, CONTAINERD_NAMESPACE="k8s.io")), {"other"})
        run_tool("ctr", "-a", self.containerd.socket, "-n", "k8s.io", "images", "rm", "docker.io/library/test:test")
        self.assertEqual(names(self.inventory("containerd:test:test", *store)), {"libssl3", "zlib1g"})

    def test_foreign_layers(self):
        folder = self.path("foreign")
        self.image.oci_layout(folder)
        served = self.path("served")
        os.mkdir(served)
        blob = os.path.join(folder, "blobs/sha256", sha(self.image.blobs[2]))
        shutil.move(blob, os.path.join(served, "layer"))
        handler = functools.partial(Quiet, directory=served)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        manifest = json.loads(self.image.manifest)
        manifest["layers"][2].update(mediaType="application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                                     urls=[f"http://127.0.0.1:{server.server_port}/layer"])
        manifest = json.dumps(manifest).encode()
        pathlib.Path(folder, "blobs/sha256", sha(manifest)).write_bytes(manifest)
        index = json.loads(self.image.index)
        index["manifests"][0].update(digest="sha256:" + sha(manifest), size=len(manifest))
        pathlib.Path(folder, "index.json").write_text(json.dumps(index), "utf-8")
        cache = {"LIMPID_NO_CACHE": "", "LIMPID_CACHE_DIR": self.path("foreign-cache"), "no_proxy": "*"}
        for _ in range(2):
            skipped = self.inventory(folder, **cache)
            self.assertEqual([package["name"] for package in skipped["packages"]], ["a"], "the status file below shows through")
            self.assertEqual(len(skipped["skipped"]), 1)
            self.assertIn("--foreign-layers-from", skipped["skipped"][0]["detail"])
        incomplete = limpid("inventory", "--fail-on-incomplete", folder, **cache)
        self.assertEqual(incomplete.returncode, 1)
        whole = self.inventory("--foreign-layers-from", "127.0.0.1", folder, **cache)
        self.assertEqual({package["name"] for package in whole["packages"]}, {"libssl3", "zlib1g"})
        self.assertEqual(whole["skipped"], [])
        other = bytearray(self.image.blobs[2])
        other[4] ^= 1  # gzip's time, which unpacks all the same
        pathlib.Path(served, "layer").write_bytes(other)
        self.assertIn("promised", self.refusal("--foreign-layers-from", "127.0.0.1", folder, no_proxy="*"))
        self.assertIn("--foreign-layers-from", self.refusal("--foreign-layers-from", "not a host", folder))

    def test_an_app_container_image(self):
        manifest = {"acKind": "ImageManifest", "acVersion": "0.8.11", "name": "example.com/app", "labels": [{"name": "version", "value": "1"}]}
        files = {"rootfs/" + path: content for layer in LAYERS[::2] for path, content in layer.items()}
        path = self.path("app.aci")
        pathlib.Path(path).write_bytes(gzip.compress(tar({**files, "manifest": json.dumps(manifest)})))
        for target in (path, "aci:" + path):
            self.assertEqual({package["name"] for package in self.inventory(target)["packages"]}, {"libssl3", "zlib1g"})

    def test_disks_are_not_read(self):
        disk = self.path("disk.img")
        with open(disk, "wb") as stream:
            stream.truncate(4 << 20)
        run_tool("mkfs.ext4", "-q", disk, env={"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
        self.assertIn("an ext file system, which is not read: mount it", self.refusal(disk))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format, *arguments):
        pass


class MachineTest(unittest.TestCase):
    """rootfs: of a running system."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="limpid-machine-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def inventory(self, target):
        done = limpid("inventory", "-f", "json", "--no-cache", target)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    @unittest.skipUnless(shutil.which("dpkg-query"), "not a Debian: nothing to compare with")
    def test_this_machine(self):
        listed = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version} ${Architecture} ${db:Status-Status}\n"], capture_output=True, text=True, timeout=120, check=True)
        wanted = {tuple(line.split()[:3]) for line in listed.stdout.splitlines() if line.split()[3] == "installed"}
        began = time.monotonic()
        inventory = self.inventory("rootfs:/")
        self.assertLess(time.monotonic() - began, 100)
        found = {(package["name"], package["version"], package["arch"]) for package in inventory["packages"] if package["location"] == "var/lib/dpkg/status"}
        self.assertEqual(found, wanted)
        self.assertIn("not looked into, as on a running system: proc, sys, dev", " ".join(inventory["notes"]))

    def test_nothing_blocks_and_nothing_leads_out(self):
        root = pathlib.Path(self.folder, "root")
        for folder in ("etc", "var/lib/dpkg/status.d", "lib/apk/db", "run"):
            root.joinpath(folder).mkdir(parents=True)
        root.joinpath("etc/os-release").write_text(DEBIAN_12, "utf-8")
        outside = pathlib.Path(self.folder, "outside")
        outside.write_text(dpkg(("outside", "1")), "utf-8")
        os.mkfifo(root.joinpath("var/lib/dpkg/status"))
        os.mkfifo(root.joinpath("lib/apk/db/installed"))
        os.symlink(outside, root.joinpath("var/lib/dpkg/status.d/absolute"))
        os.symlink("../../../../../outside", root.joinpath("var/lib/dpkg/status.d/relative"))
        root.joinpath("var/lib/dpkg/status.d/real").write_text(dpkg(("real", "1")), "utf-8")
        with contextlib.suppress(PermissionError):
            os.mknod(root.joinpath("var/lib/dpkg/status.d/zero"), stat.S_IFCHR | 0o600, os.makedev(1, 5))
        inventory = self.inventory("rootfs:" + str(root))
        self.assertEqual([package["name"] for package in inventory["packages"]], ["real"])

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root, to become somebody else")
    def test_what_may_not_be_read_is_told(self):
        root = pathlib.Path(self.folder, "root")
        root.joinpath("var/lib/dpkg").mkdir(parents=True)
        root.joinpath("var/lib/dpkg/status").write_text(STATUS, "utf-8")
        root.joinpath("closed").mkdir()
        root.joinpath("closed").chmod(0)
        os.chmod(self.folder, 0o755)
        binary = os.path.join(self.folder, "limpid")
        shutil.copy(os.environ["LIMPID_BINARY"], binary)
        done = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", binary, "inventory", "-f", "json", "--no-cache", str(root)],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        inventory = json.loads(done.stdout)
        self.assertEqual({package["name"] for package in inventory["packages"]}, {"libssl3", "zlib1g"})
        self.assertEqual([(one["path"], one["reason"]) for one in inventory["skipped"]], [("closed", "unreadable")])


if __name__ == "__main__":
    unittest.main()
