"""Images from a real registry (Debian's docker-registry) that takes tokens only, which a server of the test's own gives to
whom it knows; pushed by skopeo, which gets its own there."""
import base64
import http.client
import http.server
import json
import os
import pathlib
import shutil
import tempfile
import threading
import time
import unittest

from images import DEBIAN_12, Image, build_database, dpkg, tracker
from registry_test import PASSWORD, STATUS, USER, Registry, limpid
from service import make_certificates
from token_server import TokenServer

REFRESH = "a-refresh-token-of-anns"
PACKAGES = {"libssl3", "zlib1g"}


def may(user, repository):
    """Ann pushes and pulls; everybody pulls what is public."""
    if user == USER and not repository.startswith("others/"):
        return ("pull", "push")
    return ("pull",) if repository.startswith("public/") else ()


class SlowBlobs:
    """A registry's front that holds the first question for a blob back until `moment`, in plain HTTP."""

    def __init__(self, registry):
        self.moment = 0
        self.refused = 0  # questions for blobs that the registry answered with 401
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802: the library's name
                if "/blobs/" in self.path:
                    time.sleep(max(0, front.moment - time.time()))
                behind = http.client.HTTPConnection("127.0.0.1", registry.port, timeout=60)
                behind.request("GET", self.path, headers={**self.headers, "Host": registry.host})
                answer = behind.getresponse()
                body = answer.read()
                front.refused += "/blobs/" in self.path and answer.status == 401
                self.send_response(answer.status)
                for name in ("Content-Type", "Docker-Content-Digest", "WWW-Authenticate"):
                    if answer.getheader(name):
                        self.send_header(name, answer.getheader(name))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                behind.close()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.host = f"127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class RegistryTokenTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="limpid-tokens-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.certificates = make_certificates(cls.folder)
        cls.image = Image({"etc/os-release": DEBIAN_12, "var/lib/dpkg/status": dpkg(("a", "1"))}, {"var/lib/dpkg/status": STATUS})
        cls.layout = cls.image.oci_layout(os.path.join(cls.folder, "layout"))
        cls.tokens = TokenServer(cls.certificates, {USER: (PASSWORD, REFRESH)}, may)
        cls.addClassCleanup(cls.tokens.close)
        tls = {"certificate": cls.certificates["server"], "key": cls.certificates["server_key"]}
        cls.registry = Registry(cls.folder, tls, token=cls.tokens.configuration)
        cls.addClassCleanup(cls.registry.close)
        trusted = os.path.join(cls.folder, "skopeo")
        os.mkdir(trusted)
        shutil.copy(cls.certificates["authority"], os.path.join(trusted, "ca.crt"))
        cls.skopeo = ["--dest-creds", f"{USER}:{PASSWORD}", "--dest-cert-dir", trusted]
        for name in ("private/app:1", "public/app:1"):
            cls.registry.push(f"oci:{cls.layout}:test", name, *cls.skopeo)
        cls.options = ["--no-cache", "--ca-file", cls.certificates["authority"]]
        cls.login = [*cls.options, "--username", USER, "--password-stdin"]

    def setUp(self):
        self.tokens.asked.clear()

    def names(self, *arguments, **options):
        done = limpid("inventory", "-f", "json", *arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return {package["name"] for package in json.loads(done.stdout)["packages"]}

    def refusal(self, *arguments, **options):
        """The one line on standard error of a run that fails."""
        done = limpid("inventory", "-f", "json", *arguments, **options)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for secret in (PASSWORD, REFRESH):
            self.assertNotIn(secret, done.stderr)
        return done.stderr

    def auth_file(self, entry):
        path = os.path.join(self.folder, "auth.json")
        pathlib.Path(path).write_text(json.dumps({"auths": {self.registry.host: entry}}), "utf-8")
        return path

    def test_with_a_login(self):
        target = f"{self.registry.host}/private/app:1"
        self.assertEqual(self.names(*self.login, target, text=PASSWORD), PACKAGES)
        # One token for all of an image, and for no more than to read it.
        self.assertEqual(self.tokens.asked, [(USER, ["repository:private/app:pull"])])
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        for entry in ({"auth": basic}, {"auth": base64.b64encode(b"ann:").decode(), "identitytoken": REFRESH}):
            self.tokens.asked.clear()
            self.assertEqual(self.names(*self.options, target, REGISTRY_AUTH_FILE=self.auth_file(entry)), PACKAGES)
            self.assertEqual(self.tokens.asked, [(USER, ["repository:private/app:pull"])])
        database = build_database(self.folder, [("debian", "tracker.json", tracker({"openssl": {"CVE-2024-0001": {"bookworm": ("resolved", "3.0.2-1", "high")}}}))])
        done = limpid("scan", "-f", "json", "--db", database, *self.login, target, text=PASSWORD)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([finding["id"] for finding in json.loads(done.stdout)["findings"]], ["CVE-2024-0001"])

    def test_without_a_login(self):
        self.assertEqual(self.names(*self.options, f"{self.registry.host}/public/app:1"), PACKAGES)
        self.assertEqual(self.tokens.asked, [(None, ["repository:public/app:pull"])])
        told = self.refusal(*self.options, f"{self.registry.host}/private/app:1")
        self.assertIn("it wants credentials: log in with", told)
        self.assertIn("UNAUTHORIZED", told)

    def test_a_login_that_is_wrong_or_may_not_read(self):
        target = f"{self.registry.host}/private/app:1"
        self.assertIn("token server refused the credentials of --username", self.refusal(*self.login, target, text="wrong"))
        path = self.auth_file({"identitytoken": "another"})
        told = self.refusal(*self.options, target, REGISTRY_AUTH_FILE=path)
        self.assertIn(f"token server refused the credentials of {path}: auths.{self.registry.host}", told)
        self.assertEqual(self.tokens.asked, [])
        told = self.refusal(*self.login, f"{self.registry.host}/others/app:1", text=PASSWORD)
        self.assertIn("it may not be read with the credentials of --username", told)

    def test_a_token_that_ends_on_the_way(self):
        tokens = TokenServer(self.certificates, {USER: (PASSWORD, REFRESH)}, may)
        self.addCleanup(tokens.close)
        registry = Registry(self.folder, token=tokens.configuration)
        self.addCleanup(registry.close)
        registry.push(f"oci:{self.layout}:test", "private/app:1", "--dest-tls-verify=false", *self.skopeo[:2])
        front = SlowBlobs(registry)
        self.addCleanup(front.close)
        tokens.asked.clear()
        life = 4
        tokens.dead_after = {0: life}
        front.moment = time.time() + life + 1
        # --plain-http, since with --ca-file (the token server's) TLS is meant.
        names = self.names(*self.login, "--plain-http", front.host, f"{front.host}/private/app:1", text=PASSWORD)
        self.assertEqual(names, PACKAGES)
        self.assertGreaterEqual(front.refused, 1)
        self.assertEqual(tokens.asked, [(USER, ["repository:private/app:pull"])] * 2)


if __name__ == "__main__":
    unittest.main()
