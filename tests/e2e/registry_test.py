"""Images from a real registry (Debian's docker-registry), pushed by skopeo: over TLS with a login, with client certificates,
and in plain HTTP. What is in them must be what every other form of them says."""
import base64
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # what Debian 12's Python has; later ones do without it
    import crypt

from images import ARCHITECTURE, DEBIAN_12, LIMPID, Image, build_database, dpkg, sha, tracker
from service import FixtureFailed, free_port, make_certificates, wait_for

USER, PASSWORD = "ann", "correct-horse-battery"
STATUS = dpkg(("libssl3", "3.0.1-1", {"Source": "openssl"}), ("zlib1g", "1:1.2.13-1", {"Source": "zlib"}))


class Registry:
    """docker-registry on a port of its own; `tls` is what its configuration says of that, `users` makes it ask for a login,
    `token` for one at that token server (token_server.py)."""

    def __init__(self, folder, tls=None, users=None, token=None):
        if not shutil.which("docker-registry"):
            raise FixtureFailed("the package docker-registry is missing")
        self.folder = tempfile.mkdtemp(prefix="registry-", dir=folder)
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        config = {"version": 0.1, "log": {"level": "warn"}, "storage": {"filesystem": {"rootdirectory": os.path.join(self.folder, "data")}},
                  "http": {"addr": self.host, "secret": "x", **({"tls": tls} if tls else {})}}
        if users:
            path = os.path.join(self.folder, "htpasswd")
            salt = crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=1 << 4)
            pathlib.Path(path).write_text("".join(f"{user}:{crypt.crypt(password, salt)}\n" for user, password in users.items()), "utf-8")
            config["auth"] = {"htpasswd": {"realm": "a registry", "path": path}}
        if token:
            config["auth"] = {"token": token}
        path = os.path.join(self.folder, "config.yml")
        pathlib.Path(path).write_text(json.dumps(config), "utf-8")  # JSON is YAML
        wrapper = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen([*wrapper, "docker-registry", "serve", path], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(self._ready, 30, "docker-registry to listen", pause=0.05)
        except BaseException:
            self.close()
            raise

    def _ready(self):
        if self.process.poll() is not None:
            raise FixtureFailed("docker-registry ended at its start:\n" + self.log())
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def log(self):
        return pathlib.Path(self.folder, "log").read_text("utf-8")[-4000:]

    def push(self, source, name, *arguments):
        command = ["skopeo", "--insecure-policy", "copy", "--quiet", *arguments, source, f"docker://{self.host}/{name}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, "no_proxy": "*"}, check=False)
        if done.returncode != 0:
            raise FixtureFailed(f"{' '.join(command)}: {done.stderr}\n{self.log()}")

    def close(self):
        self.process.kill()
        self.process.wait()


def limpid(*arguments, text=None, **env):
    """The finished process, with nobody's login but what the test gives it."""
    return subprocess.run([LIMPID, *arguments], input=text or "", capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, "no_proxy": "*", "HOME": "/nonexistent", "XDG_RUNTIME_DIR": "/nonexistent", "DOCKER_CONFIG": "", "REGISTRY_AUTH_FILE": "", "CONTAINERS_REGISTRIES_CONF": "", **env})


class RegistryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="limpid-registry-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.certificates = make_certificates(cls.folder)
        cls.image = Image({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("a", "1"))},
                          {"var/lib/dpkg/status": STATUS, "usr/share/x": os.urandom(300_000)}, {"usr/share/y": "y"})
        cls.layout = cls.image.oci_layout(os.path.join(cls.folder, "layout"))
        certificates = os.path.join(cls.folder, "skopeo")
        os.mkdir(certificates)
        shutil.copy(cls.certificates["authority"], os.path.join(certificates, "ca.crt"))
        shutil.copy(cls.certificates["client"], os.path.join(certificates, "client.cert"))
        shutil.copy(cls.certificates["client_key"], os.path.join(certificates, "client.key"))
        tls = {"certificate": cls.certificates["server"], "key": cls.certificates["server_key"]}
        cls.secured, cls.plain = Registry(cls.folder, tls, {USER: PASSWORD}), Registry(cls.folder)
        cls.addClassCleanup(cls.secured.close)
        cls.addClassCleanup(cls.plain.close)
        cls.mutual = Registry(cls.folder, {**tls, "clientcas": [cls.certificates["authority"]]})
        cls.addClassCleanup(cls.mutual.close)
        cls.secured.push(f"oci:{cls.layout}:test", "team/app:1", "--dest-creds", f"{USER}:{PASSWORD}", "--dest-cert-dir", certificates)
        cls.mutual.push(f"oci:{cls.layout}:test", "team/app:1", "--dest-cert-dir", certificates)
        cls.plain.push(f"oci:{cls.layout}:test", "app:1", "--dest-tls-verify=false")
        cls.authority = ["--ca-file", cls.certificates["authority"]]
        cls.docker = os.path.join(cls.folder, "docker")
        os.mkdir(cls.docker)
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        pathlib.Path(cls.docker, "config.json").write_text(json.dumps({"auths": {cls.secured.host: {"auth": login}}}), "utf-8")

    def inventory(self, *arguments, **options):
        done = limpid("inventory", "-f", "json", *arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def refusal(self, *arguments, **options):
        """The one line on standard error of a run that fails."""
        done = limpid("inventory", "-f", "json", *arguments, **options)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertNotIn(PASSWORD, done.stderr)
        return done.stderr

    def test_the_same_as_every_other_form_of_the_image(self):
        digest = "sha256:" + sha(self.image.manifest)
        registry = [self.inventory(*self.authority, target, DOCKER_CONFIG=self.docker) for target in (
            f"{self.secured.host}/team/app:1", f"registry:{self.secured.host}/team/app:1", f"{self.secured.host}/team/app@{digest}")]
        registry.append(self.inventory(f"{self.plain.host}/app:1"))
        layout = self.inventory(self.layout)
        for inventory in registry:
            self.assertEqual(inventory["packages"], layout["packages"])
            self.assertEqual(inventory["distribution"], layout["distribution"])
            self.assertEqual(inventory["image"]["layers"], layout["image"]["layers"])
            self.assertEqual(inventory["image"]["digest"], layout["image"]["digest"])
            self.assertEqual(inventory["skipped"], layout["skipped"])
        archive = self.inventory(self.image.docker_archive(os.path.join(self.folder, "docker.tar")))
        plain = lambda packages: [{k: v for k, v in p.items() if k != "layer"} for p in packages]
        self.assertEqual(plain(archive["packages"]), plain(layout["packages"]))
        self.assertEqual([layer["diff_id"] for layer in archive["image"]["layers"]], [layer["diff_id"] for layer in registry[0]["image"]["layers"]])
        self.assertEqual({p["name"] for p in layout["packages"]}, {"libssl3", "zlib1g"})

    def test_logins(self):
        target = f"{self.secured.host}/team/app:1"
        names = lambda inventory: {p["name"] for p in inventory["packages"]}
        arguments = [*self.authority, "--username", USER]
        self.assertEqual(names(self.inventory(*arguments, "--password-stdin", target, text=PASSWORD + "\n")), {"libssl3", "zlib1g"})
        self.assertEqual(names(self.inventory(*arguments, target, LIMPID_PASSWORD=PASSWORD)), {"libssl3", "zlib1g"})
        helper = os.path.join(self.folder, "bin", "docker-credential-test")
        os.makedirs(os.path.dirname(helper))
        pathlib.Path(helper).write_text(f"#!/bin/sh\nread server\n[ \"$1 $server\" = 'get {self.secured.host}' ] || exit 1\n"
                                        f"echo '{{\"Username\":\"{USER}\",\"Secret\":\"{PASSWORD}\"}}'\n", "utf-8")
        os.chmod(helper, 0o755)
        auth_file = os.path.join(self.folder, "auth.json")
        pathlib.Path(auth_file).write_text(json.dumps({"credHelpers": {self.secured.host: "test"}}), "utf-8")
        path = os.path.dirname(helper) + os.pathsep + os.environ["PATH"]
        self.assertEqual(names(self.inventory(*self.authority, target, REGISTRY_AUTH_FILE=auth_file, PATH=path)), {"libssl3", "zlib1g"})

    def test_logins_that_fail(self):
        target = f"{self.secured.host}/team/app:1"
        self.assertIn("the registry wants credentials: log in with", self.refusal(*self.authority, target))
        self.assertIn("credentials of --username", self.refusal(*self.authority, "--username", USER, "--password-stdin", target, text="wrong"))
        self.assertIn("--password-stdin", self.refusal("--username", USER, target))
        self.assertIn("--username", self.refusal("--password-stdin", target, text=PASSWORD))
        self.assertIn("standard input is empty", self.refusal("--username", USER, "--password-stdin", target))

    def test_logins_that_cannot_be_looked_up(self):
        """They are told of where the registry wants one, and no sooner."""
        plain, secured = f"{self.plain.host}/app:1", f"{self.secured.host}/team/app:1"
        folder = os.path.join(self.folder, "faults")
        os.mkdir(folder)
        for text, why in ((json.dumps({"auths": {}, "credsStore": "desktop"}), "config.json: credsStore: docker-credential-desktop: it cannot be started"),
                          (json.dumps({"auths": {host: {"auth": "!"} for host in (self.plain.host, self.secured.host)}}), f"config.json: auths.{self.secured.host}.auth is not base64"),
                          ("broken", "config.json: not JSON")):
            pathlib.Path(folder, "config.json").write_text(text, "utf-8")
            self.assertIn("packages", self.inventory(plain, DOCKER_CONFIG=folder))
            told = self.refusal(*self.authority, secured, DOCKER_CONFIG=folder)
            self.assertIn(f"they could not be looked up ({folder}/{why}", told)
            self.assertIn("$REGISTRY_AUTH_FILE, or give --username", told)
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        pathlib.Path(folder, "config.json").write_text(json.dumps({"auths": {"other.example": {"auth": "!"}, self.secured.host: {"auth": login}}}), "utf-8")
        self.assertIn("packages", self.inventory(*self.authority, secured, DOCKER_CONFIG=folder))

    def test_credential_helpers_of_registries_conf(self):
        target = f"{self.secured.host}/team/app:1"
        folder = os.path.join(self.folder, "helpers")
        os.mkdir(folder)
        helper = os.path.join(folder, "docker-credential-conf")
        pathlib.Path(helper).write_text(f"#!/bin/sh\nread server\n[ \"$1 $server\" = 'get {self.secured.host}' ] || exit 1\n"
                                        f"echo '{{\"Username\":\"{USER}\",\"Secret\":\"{PASSWORD}\"}}'\n", "utf-8")
        os.chmod(helper, 0o755)
        conf = os.path.join(folder, "registries.conf")
        pathlib.Path(conf).write_text('credential-helpers = ["containers-auth.json", "conf"]\n', "utf-8")
        self.assertIn("packages", self.inventory(*self.authority, "--registries-conf", conf, target, PATH=folder + os.pathsep + os.environ["PATH"]))

    def test_the_certificate_counts_unless_told_otherwise(self):
        target = f"registry:{self.secured.host}/team/app:1"
        other = make_certificates(self.folder, "another authority")
        self.assertIn("certificate", self.refusal("--ca-file", other["authority"], target, DOCKER_CONFIG=self.docker))
        self.assertIn("packages", self.inventory("--insecure-registry", target, DOCKER_CONFIG=self.docker))

    def test_client_certificates(self):
        target = f"{self.mutual.host}/team/app:1"
        client = ["--registry-cert", self.certificates["client"], "--registry-key", self.certificates["client_key"]]
        self.assertIn("packages", self.inventory(*self.authority, *client, target))
        self.assertIn(self.mutual.host, self.refusal(*self.authority, target))
        self.assertIn("give both", self.refusal(*self.authority, *client[:2], target))

    def test_certificates_by_the_registrys_name(self):
        """As Podman and skopeo find them; the layers are read when no file of a home can be read any more."""
        home = os.path.join(self.folder, "home")
        place = os.path.join(home, ".config/containers/certs.d", self.mutual.host)
        shutil.copytree(os.path.join(self.folder, "skopeo"), place)
        target = f"{self.mutual.host}/team/app:1"
        self.assertEqual(subprocess.run(["skopeo", "inspect", f"docker://{target}"], capture_output=True, timeout=60, check=False,
                                        env={**os.environ, "no_proxy": "*", "HOME": home}).returncode, 0)
        self.assertIn("packages", self.inventory("--no-cache", target, HOME=home))
        os.unlink(os.path.join(place, "client.key"))
        self.assertIn("client.cert is without its client.key", self.refusal(target, HOME=home))
        os.unlink(os.path.join(place, "client.cert"))
        self.assertIn(self.mutual.host, self.refusal(target, HOME=home))

    def test_of_an_index_this_machines_image(self):
        other = Image({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("other", "1"))})
        other.config = other.config.replace(ARCHITECTURE.encode(), b"s390x")
        manifest = json.loads(other.manifest)
        manifest["config"].update(digest="sha256:" + sha(other.config), size=len(other.config))
        other.manifest = json.dumps(manifest).encode()
        entry = lambda image, architecture: {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:" + sha(image.manifest),
                                             "size": len(image.manifest), "platform": {"os": "linux", "architecture": architecture}}
        index = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                            "manifests": [entry(other, "s390x"), entry(self.image, ARCHITECTURE)]}).encode()
        root = Image({"x": ""})
        root.index = json.dumps({"schemaVersion": 2, "manifests": [{
            "mediaType": "application/vnd.oci.image.index.v1+json", "digest": "sha256:" + sha(index), "size": len(index),
            "annotations": {"org.opencontainers.image.ref.name": "all"}}]}).encode()
        folder = os.path.join(self.folder, "index")
        files = {**self.image.layout_files(), **other.layout_files(), "index.json": root.index, "blobs/sha256/" + sha(index): index}
        for name, content in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.plain.push(f"oci:{folder}:all", "many:1", "--all", "--dest-tls-verify=false")
        inventory = self.inventory(f"{self.plain.host}/many:1")
        self.assertEqual({p["name"] for p in inventory["packages"]}, {"libssl3", "zlib1g"})
        inventory = self.inventory("--platform", "s390x", f"{self.plain.host}/many:1")
        self.assertEqual({p["name"] for p in inventory["packages"]}, {"other"})
        self.assertIn("there are: linux/s390x, linux/" + ARCHITECTURE, self.refusal("--platform", "linux/riscv64", f"{self.plain.host}/many:1"))
        for target in (f"{self.plain.host}/many:1", folder):
            self.every_platform_has_a_report(target)

    def every_platform_has_a_report(self, target):
        first, second = self.inventory("--platform", "all", target)
        self.assertEqual([one["image"]["platform"] for one in (first, second)], ["linux/s390x", "linux/" + ARCHITECTURE])
        self.assertEqual([one["target"] for one in (first, second)], [target, target])
        self.assertEqual({p["name"] for p in first["packages"]}, {"other"})
        self.assertEqual({p["name"] for p in second["packages"]}, {"libssl3", "zlib1g"})
        self.assertEqual(second, self.inventory("--platform", ARCHITECTURE, target) | {"notes": second["notes"]})
        table = limpid("inventory", "--platform", "all", target)
        self.assertEqual(table.returncode, 0, table.stderr)
        self.assertEqual(table.stdout.splitlines().count(target), 2)
        self.assertLess(table.stdout.index("linux/s390x"), table.stdout.index("linux/" + ARCHITECTURE))
        database = build_database(self.folder, [("debian", "tracker.json", tracker({"openssl": {"CVE-2024-0001": {"bookworm": ("resolved", "3.0.2-1", "high")}}}))])
        scan = lambda *arguments: limpid("scan", "-f", "json", "--db", database, *arguments)
        done = scan("--platform", "all", "--fail-on", "low", target)
        self.assertEqual(done.returncode, 2, done.stderr)  # the worst of both
        self.assertEqual([len(one["findings"]) for one in json.loads(done.stdout)], [0, 1])
        self.assertEqual(scan("--platform", "s390x", "--fail-on", "low", target).returncode, 0)
        plan = limpid("plan", "-f", "json", "--db", database, "--platform", "all", target)
        self.assertEqual([len(one["upgrades"]) for one in json.loads(plan.stdout)], [0, 1], plan.stderr)

    def test_all_platforms_of_an_image_for_one(self):
        for target in (self.layout, f"{self.plain.host}/app:1"):
            documents = self.inventory("--platform", "all", target)
            self.assertEqual([one["image"]["platform"] for one in documents], ["linux/" + ARCHITECTURE])

    def test_mirrors(self):
        conf = os.path.join(self.folder, "registries.conf")
        dead = f"127.0.0.1:{free_port()}"
        pathlib.Path(conf).write_text(f'''unqualified-search-registries = ["{dead}", "{self.plain.host}"]
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "{dead}"
[[registry.mirror]]
location = "{self.plain.host}"
[[registry]]
prefix = "blocked.example"
blocked = true
[[registry]]
prefix = "moved.example/old"
location = "{self.plain.host}"
[aliases]
"short" = "moved.example/old/app"
''', "utf-8")
        packages = lambda *arguments, **env: {p["name"] for p in self.inventory(*arguments, **env)["packages"]}
        both = {"libssl3", "zlib1g"}
        options = ["--registries-conf", conf]
        self.plain.push(f"oci:{self.layout}:test", "library/hub:1", "--dest-tls-verify=false")
        self.assertEqual(packages(*options, "docker.io/hub:1"), both)
        self.assertEqual(packages("docker.io/hub:1", CONTAINERS_REGISTRIES_CONF=conf), both)
        self.assertEqual(packages(*options, "moved.example/old/app:1"), both)
        self.assertEqual(packages(*options, "short:1"), both)
        self.assertEqual(packages(*options, "app:1"), both)
        self.assertEqual(packages("--registry-mirror", self.plain.host, "hub:1", CONTAINERS_REGISTRIES_CONF="/dev/null"), both)
        moved = self.inventory(*options, "moved.example/old/app:1")
        self.assertEqual(moved["image"]["name"], "moved.example/old/app:1")
        self.assertIn(f"fetched from {self.plain.host}/app:1", moved["notes"])
        self.assertIn(f"blocks blocked.example ({conf})", self.refusal(*options, "blocked.example/app"))
        missing = self.refusal(*options, "none:1")
        for place in (dead, self.plain.host):
            self.assertIn(f"{place}/none:1: ", missing)
        self.assertIn("a login is for one", self.refusal(*options, "--username", USER, "--password-stdin", "app:1", text="x"))
        self.assertIn("registries.conf: ", self.refusal("--registries-conf", "/missing", "app:1"))
        self.assertIn("[REGISTRY=]HOST", self.refusal("--registry-mirror", "x", "app:1"))

    def test_what_is_not_there(self):
        self.assertIn("MANIFEST_UNKNOWN", self.refusal(f"{self.plain.host}/app:none"))
        self.assertIn("no such path", self.refusal(f"{self.plain.host}/app:none"))
        self.assertIn("no such file or directory", self.refusal("./missing"))
        self.assertIn("not connected", self.refusal(f"127.0.0.1:{free_port()}/app:1"))


if __name__ == "__main__":
    unittest.main()
