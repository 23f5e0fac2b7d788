"""The fixtures of the service's tests and the model that it is compared with, tested without the service."""
import bz2
import contextlib
import gzip
import http.client
import lzma
import os
import random
import shutil
import socket
import ssl
import subprocess
import tarfile
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from io import BytesIO

import layers_v1
import service
import v1_model
from service import BlobServer, Client, FeedServer, Postgres, RoundRobin, Webhook, exchange, make_certificates, wait_for


def fetch(url, data=None, headers=None, context=None):
    """(status, headers, body) without following redirects."""
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None
    opener = urllib.request.build_opener(Stay, urllib.request.ProxyHandler({}), *([urllib.request.HTTPSHandler(context=context)] if context else []))
    try:
        with opener.open(urllib.request.Request(url, data, headers or {}), timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


class PostgresTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Postgres()
        cls.addClassCleanup(cls.server.close)

    def test_commits_outlive_a_kill_and_the_rest_does_not(self):
        database = self.server.create_database()
        self.server.query(database, "create table t(n int); insert into t values (1)")
        writing = subprocess.Popen(["psql", "-X", "-q", self.server.url(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
        writing.stdin.write("begin; insert into t values (2); select 'written';\n")
        writing.stdin.flush()
        while "written" not in writing.stdout.readline():
            self.assertIsNone(writing.poll())
        self.server.kill()
        with contextlib.suppress(BrokenPipeError):
            writing.communicate("commit;\n", timeout=20)
        self.assertFalse(self.answers())
        self.server.start()
        self.assertEqual(self.server.query(database, "select n from t"), [["1"]])

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.server.port)) == 0

    def test_databases_are_apart_and_can_be_cut_off(self):
        one, other = self.server.create_database(), self.server.create_database()
        self.server.query(one, "create table t(n int)")
        self.assertEqual(self.server.query(other, "select count(*) from pg_tables where tablename = 't'"), [["0"]])
        self.assertEqual(self.server.query(one, "select 'a', 'b c'"), [["a", "b c"]])
        with subprocess.Popen(["psql", "-X", self.server.url(one), "-c", "select pg_sleep(60)"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as sleeping:
            wait_for(lambda: self.server.query(other, "select count(*) from pg_stat_activity where query like 'select pg_sleep%'") == [["1"]])
            self.assertEqual(self.server.terminate_connections(one), 1)
            self.assertNotEqual(sleeping.wait(20), 0)
        self.server.allow_connections(one, False)
        with self.assertRaises(service.FixtureFailed):
            self.server.query(one, "select 1")
        self.server.allow_connections(one, True)
        self.assertEqual(self.server.query(one, "select 1"), [["1"]])

    def test_nothing_stays_behind(self):
        server = Postgres()
        process, folder = server.process, server.folder
        server.close()
        self.assertIsNotNone(process.poll())
        self.assertFalse(os.path.exists(folder))


class RoundRobinTest(unittest.TestCase):
    def setUp(self):
        self.servers = []
        for number in range(3):
            self.servers.append(service._serve("127.0.0.1", 0, lambda handler, number=number: self.answer(handler, number)))
        self.nodes = [f"127.0.0.1:{server.server_address[1]}" for server in self.servers]
        self.balancer = RoundRobin(self.nodes)
        self.addCleanup(self.balancer.close)
        for server in self.servers:
            self.addCleanup(server.server_close)
            self.addCleanup(server.shutdown)

    def answer(self, handler, number):
        if handler.path == "/chunked":
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n")
        elif handler.path == "/open":
            handler.send_response(200)
            handler.send_header("Connection", "close")
            handler.end_headers()
            handler.wfile.write(b"until the end")
            handler.close_connection = True
        elif handler.path == "/gone":
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
        else:
            body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
            handler.reply(200, f"{number} {handler.command} {handler.path} ".encode() + body, X_Node=str(number))

    def test_each_request_of_one_connection_goes_to_the_next_node(self):
        connection = http.client.HTTPConnection(*self.balancer.address.split(":"))
        seen = []
        for turn in range(6):
            connection.request("POST", f"/{turn}", b"x" * turn)
            answer = connection.getresponse()
            seen.append(answer.headers["X-Node"])
            self.assertEqual(answer.read().decode(), f"{seen[-1]} POST /{turn} " + "x" * turn)
        connection.close()
        self.assertEqual(seen, ["0", "1", "2"] * 2)
        self.assertEqual(set(self.balancer.counts.values()), {2})

    def test_every_framing_comes_through(self):
        client = Client(self.balancer.address)
        self.assertEqual(client.get("/chunked").body, b"abcde")
        self.assertEqual(client.get("/open").body, b"until the end")
        self.assertEqual(client.call("HEAD", "/x").body, b"")
        chunked = b"POST /p HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        self.assertIn(b" POST /p ", exchange(self.balancer.address, chunked))
        piped = exchange(self.balancer.address, b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nConnection: close\r\n\r\n")
        self.assertLess(piped.index(b"GET /a"), piped.index(b"GET /b"))

    def test_a_dead_node_is_passed_over_and_a_broken_answer_is_not_repeated(self):
        self.servers[1].shutdown()
        self.servers[1].server_close()
        client = Client(self.balancer.address)
        seen = [client.get("/x").headers["X-Node"] for _ in range(6)]
        self.assertNotIn("1", seen)
        with self.assertRaises(http.client.HTTPException):
            client.get("/gone")
        counted = sum(self.balancer.counts.values())
        self.assertEqual(counted, 7)
        for server in self.servers[::2]:
            server.shutdown()
            server.server_close()
        self.assertEqual(client.get("/x").status, 502)

    def test_many_at_once(self):
        client, failures = Client(self.balancer.address), []

        def ask(number):
            if client.post("/n", f"<{number}>").body.split(b" ", 3)[3] != f"<{number}>".encode():
                failures.append(number)
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(sum(self.balancer.counts.values()), 64)


class BlobServerTest(unittest.TestCase):
    def setUp(self):
        self.server = BlobServer()
        self.addCleanup(self.server.close)

    def test_serves_and_records(self):
        url = self.server.put(b"data")
        self.assertEqual(fetch(url, headers={"Authorization": "Bearer x"})[::2], (200, b"data"))
        self.assertEqual(fetch(url)[0], 200)
        self.assertEqual([seen.headers["Authorization"] for seen in self.server.seen(url)], ["Bearer x", None])
        self.assertEqual(fetch(self.server.base + "/unknown")[0], 404)
        self.assertEqual(fetch(self.server.missing())[0], 404)
        guarded = self.server.guarded(b"secret", "X-Key", "1")
        self.assertEqual((fetch(guarded)[0], fetch(guarded, headers={"X-Key": "1"})[2]), (401, b"secret"))

    def test_other_hosts_and_redirects(self):
        there = self.server.put(b"there", host="127.0.0.2")
        here = self.server.redirect(there)
        status, headers, _ = fetch(here)
        self.assertEqual((status, headers["Location"]), (302, there))
        self.assertEqual(self.server.seen(there), [])
        self.assertEqual(fetch(there)[2], b"there")
        self.assertEqual(self.server.seen(there)[0].host, "127.0.0.2")
        loop = self.server.loop()
        self.assertTrue(loop.endswith(fetch(loop)[1]["Location"]))

    def test_cut_short_slow_and_gated(self):
        with self.assertRaises(http.client.IncompleteRead):
            fetch(self.server.cut(b"x" * 1000, 10))
        began = time.monotonic()
        self.assertEqual(fetch(self.server.slow(b"abcd", pause=0.05))[2], b"abcd")
        self.assertGreater(time.monotonic() - began, 0.15)
        url, arrived, gate = self.server.gated(b"late")
        got = []
        thread = threading.Thread(target=lambda: got.append(fetch(url)[2]))
        thread.start()
        self.assertTrue(arrived.wait(10))
        self.assertEqual(got, [])
        gate.set()
        thread.join(10)
        self.assertEqual(got, [b"late"])

    def test_endless_until_the_client_leaves(self):
        url = self.server.endless(b"head")
        with urllib.request.urlopen(url, timeout=10) as answer:
            self.assertEqual(answer.read(4), b"head")
            for _ in range(100):
                self.assertEqual(len(answer.read(1 << 16)), 1 << 16)
        wait_for(lambda: self.server.sent_of(url) >= 100 << 16)
        stopped = self.server.sent_of(url)
        time.sleep(0.1)
        self.assertLess(self.server.sent_of(url), stopped + (64 << 20), "it went on after the client had left")


class FeedServerTest(unittest.TestCase):
    def test_validators_counts_and_failures(self):
        server = FeedServer()
        self.addCleanup(server.close)
        url = server.put("/a.json", "{}")
        status, headers, body = fetch(url)
        self.assertEqual((status, body), (200, b"{}"))
        self.assertEqual(fetch(url, headers={"If-None-Match": headers["ETag"]})[0], 304)
        self.assertEqual(fetch(url, headers={"If-None-Match": "W/" + headers["ETag"]})[0], 304)
        self.assertEqual(fetch(url, headers={"If-Modified-Since": headers["Last-Modified"]})[0], 304)
        server.put("/a.json", "[]")
        self.assertEqual(fetch(url, headers={"If-None-Match": headers["ETag"]})[2], b"[]")
        server.fail("/a.json", 503)
        self.assertEqual(fetch(url)[0], 503)
        server.fail("/a.json", 0)
        with self.assertRaises(http.client.IncompleteRead):
            fetch(url)
        self.assertEqual((server.count("/a.json"), server.count("/a.json", 304), server.count("/b")), (7, 3, 0))


class WebhookTest(unittest.TestCase):
    BODY = b'{"Notification":{"Name":"n1"}}'

    def test_answers_as_decided_and_records(self):
        hook = Webhook()
        self.addCleanup(hook.close)
        hook.decide = lambda name, nth: 500 if nth < 2 else 200
        self.assertEqual([fetch(hook.url, self.BODY)[0] for _ in range(3)], [500, 500, 200])
        self.assertEqual([delivery.status for delivery in hook.of("n1")], [500, 500, 200])
        self.assertEqual((hook.names(), hook.of("n1")[0].body), (["n1"], self.BODY))
        with self.assertRaises(AssertionError):
            hook.wait(lambda: hook.of("n2"), 0.2)
        threading.Timer(0.1, fetch, (hook.url, self.BODY.replace(b"n1", b"n2"))).start()
        self.assertEqual(hook.wait(lambda: hook.of("n2"))[0].name, "n2")

    def test_client_certificates(self):
        folder = tempfile.mkdtemp(prefix="limpid-certificates-")
        self.addCleanup(shutil.rmtree, folder)
        known, foreign = make_certificates(folder), make_certificates(folder, "foreign authority")
        hook = Webhook(known)
        self.addCleanup(hook.close)

        def context(certificates=None):
            made = ssl.create_default_context(cafile=known["authority"])
            if certificates:
                made.load_cert_chain(certificates["client"], certificates["client_key"])
            return made
        self.assertEqual(fetch(hook.url, self.BODY, context=context(known))[0], 200)
        self.assertEqual(dict(pair[0] for pair in hook.deliveries[0].certificate["subject"])["commonName"], "client")
        for other in (None, foreign):
            with self.assertRaises((OSError, http.client.HTTPException)):
                fetch(hook.url, self.BODY, context=context(other))
        self.assertEqual(len(hook.deliveries), 1)


class LayersTest(unittest.TestCase):
    def names(self, data, opener=lambda data: data):
        with tarfile.open(fileobj=BytesIO(opener(data))) as archive:
            return [member.name for member in archive]

    def test_every_compression_holds_the_same(self):
        plain = layers_v1.layer("debian:8", [("a", "1")], form="tar").data
        self.assertIn("var/lib/dpkg/status", self.names(plain))
        for form, opener in (("gz", gzip.decompress), ("bz2", bz2.decompress), ("xz", lzma.decompress)):
            self.assertEqual(opener(layers_v1.layer("debian:8", [("a", "1")], form=form).data), plain)
        frame = layers_v1.layer("debian:8", [("a", "1")], form="zst").data
        if shutil.which("zstd"):
            self.assertEqual(subprocess.run(["zstd", "-dc"], input=frame, capture_output=True, check=True).stdout, plain)
        self.assertEqual(self.names(layers_v1.blank().data, gzip.decompress), [])
        aci = self.names(layers_v1.aci("debian:8", [("a", "1")]).data, gzip.decompress)
        self.assertTrue({"manifest", "rootfs/etc/os-release", "rootfs/var/lib/dpkg/status"} <= set(aci), aci)

    def test_the_upgrade_has_the_figures_of_the_reference(self):
        wheezy, jessie = set(layers_v1.WHEEZY), set(layers_v1.JESSIE)
        self.assertEqual((len(layers_v1.WHEEZY), len(layers_v1.JESSIE)), (52, 74))
        self.assertEqual((len(wheezy), len(jessie), len(jessie - wheezy), len(wheezy - jessie)), (52, 74, 66, 44))
        self.assertEqual(wheezy & jessie, set(layers_v1.KEPT))

    def test_a_status_file_says_what_it_was_made_from(self):
        features = [(f"source{number}", f"1:{number}~rc1-1") for number in range(9)]
        read = set()
        for stanza in layers_v1.dpkg_status(features).strip().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in stanza.splitlines() if not line.startswith(" "))
            name, _, version = fields.get("Source", fields["Package"]).partition(" ")
            read.add((name, version.strip("()") or fields["Version"]))
        self.assertEqual(read, set(features))

    def test_hostile_headers_are_headers_all_the_same(self):
        for size in (0, 5, (1 << 33) - 1, 1 << 33, 1 << 40):
            info = tarfile.TarInfo.frombuf(layers_v1.header("some/path", size), "utf-8", "strict")
            self.assertEqual((info.name, info.size), ("some/path", size))
        self.assertEqual(tarfile.TarInfo.frombuf(layers_v1.header("p", -5), "utf-8", "strict").size, -5)
        stream = b"".join(layers_v1.gzip_zeros(b"head", 0))
        self.assertEqual(gzip.decompress(stream), b"head")
        for problem, data in layers_v1.broken().items():
            with self.assertRaises((tarfile.TarError, EOFError, OSError, ValueError, lzma.LZMAError), msg=problem):
                if problem == "truncated zstd":
                    raise EOFError  # nothing here reads it
                with tarfile.open(fileobj=BytesIO(data)) as archive:
                    for member in archive:
                        if member.size < 0:
                            raise ValueError(problem)
                        self.assertEqual(len(archive.extractfile(member).read()), member.size)
                    archive.fileobj.read()


class ModelTest(unittest.TestCase):
    def test_orders_versions_as_dpkg_does(self):
        pieces = ["0", "1", "9", "10", "00", "~", "~~", "+", ".", "a", "Z", "rc1", "-1", "-0", "-", "1:", "0:"]
        seeded, checked = random.Random(1), 0
        while checked < 60:
            pair = ["1" + "".join(seeded.choices(pieces[:13], k=seeded.randrange(4))) for _ in range(2)]
            for at in (0, 1):
                if seeded.random() < 0.3:
                    pair[at] = seeded.choice(("0:", "1:", "1:2:", "10:")) + pair[at]
            order = v1_model.compare_dpkg(*pair)
            self.assertEqual(order, -v1_model.compare_dpkg(*reversed(pair)), pair)
            says = subprocess.run(["dpkg", "--compare-versions", pair[0], {-1: "lt", 0: "eq", 1: "gt"}[order], pair[1]],
                                  capture_output=True, check=False)
            self.assertEqual(says.returncode, 0, f"{pair} is not {order}: {says.stderr}")
            checked += 1

    def test_a_distribution_upgrade(self):
        model = v1_model.Model()
        blank, wheezy, jessie = layers_v1.dist_upgrade()
        for name, parent, blob in (("blank", "", blank), ("wheezy", "blank", wheezy), ("jessie", "wheezy", jessie)):
            self.assertEqual(model.post_layer(name, parent, blob), (201, None))
        features = model.get_layer("jessie", features=True)[1]["Layer"]["Features"]
        self.assertEqual(len(features), 74)
        kept = {(one["Name"], one["Version"]) for one in features if one["NamespaceName"] == "debian:7"}
        self.assertEqual(kept, set(layers_v1.KEPT))
        self.assertEqual({one["AddedBy"] for one in features if one["NamespaceName"] == "debian:7"}, {"wheezy"})
        self.assertNotIn("Features", model.get_layer("blank", features=True)[1]["Layer"])
        self.assertEqual(model.delete_layer("wheezy")[0], 200)
        self.assertEqual((model.get_layer("jessie")[0], model.get_layer("blank")[0], model.delete_layer("wheezy")[0]), (404, 200, 404))

    def test_the_fixture_of_the_references_database(self):
        """Three layers, two of them with openssl; the vulnerability is merged, changed and deleted."""
        model = v1_model.Model()
        model.post_layer("1", "", layers_v1.Blob(b"", "debian:7", (("wechat", "0.5"), ("openssl", "1.0"))))
        model.post_layer("2", "1", layers_v1.Blob(b"", None, (("wechat", "0.5"), ("openssl", "2.0"))))
        model.post_layer("3", "2", layers_v1.Blob(b""))
        model.post_vulnerability("debian:7", "CVE-1", "High", {"openssl": "2.0"})
        model.post_vulnerability("debian:7", "CVE-1", "High", {"libssl": "None"})
        model.post_vulnerability("debian:7", "CVE-1", "High", {"openssl": "2.0"})  # says nothing new
        self.assertEqual([(old is None, new is None) for old, new in model.notifications], [(True, False), (False, False)])
        self.assertEqual(model.get_fixes("debian:7", "CVE-1")[1]["Features"][0]["Name"], "libssl")
        found = {one["Name"]: one.get("Vulnerabilities") for one in model.get_layer("1", vulnerabilities=True)[1]["Layer"]["Features"]}
        self.assertEqual((found["openssl"][0]["FixedBy"], found["wechat"]), ("2.0", None))
        self.assertFalse(any("Vulnerabilities" in one for one in model.get_layer("3", vulnerabilities=True)[1]["Layer"]["Features"]))
        model.put_fix("debian:7", "CVE-1", "openssl", "None")
        self.assertEqual(model.notification_json(*model.notifications[-1])["New"]["Layers"], ["1", "2"])
        self.assertEqual(model.notification_json(*model.notifications[-1])["Old"]["Layers"], ["1"])
        model.delete_vulnerability("debian:7", "CVE-1")
        self.assertNotIn("New", model.notification_json(*model.notifications[-1]))

    def test_canonical_forgets_orders_and_keeps_the_rest(self):
        one = {"Layer": {"Features": [{"Name": "a"}, {"Name": "b", "Vulnerabilities": None}], "IndexedByVersion": 7}}
        other = {"Layer": {"IndexedByVersion": 3, "Features": [{"Name": "b"}, {"Name": "a"}]}, "Error": None}
        self.assertEqual(v1_model.canonical(one), v1_model.canonical(other))
        for change in ({"Name": "c"}, {"Name": "a", "Version": "1"}):
            self.assertNotEqual(v1_model.canonical(one), v1_model.canonical({"Layer": {"Features": [change, {"Name": "b"}], "IndexedByVersion": 3}}))
        self.assertNotEqual(v1_model.canonical({"IndexedByVersion": 2}), v1_model.canonical({"IndexedByVersion": 3}))


class ConfigurationTest(unittest.TestCase):
    def test_yaml_is_as_people_write_it(self):
        text = service.yaml({"clair": {"database": {"type": "sqlite", "options": {"source": "sqlite:/tmp/a b"}}, "api": {"port": 0, "timeout": "900s"},
                                       "updater": {"interval": "2h", "feeds": ["debian=http://127.0.0.1:1/x"]}, "layers": {"from": []}, "x": None}})
        self.assertEqual(text, """clair:
  database:
    type: sqlite
    options:
      source: "sqlite:/tmp/a b"
  api:
    port: 0
    timeout: 900s
  updater:
    interval: 2h
    feeds:
      - "debian=http://127.0.0.1:1/x"
  layers:
    from: []
  x:
""")


if __name__ == "__main__":
    unittest.main()
