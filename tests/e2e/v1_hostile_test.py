"""What an enemy sends to the Clair v1 API, as bodies, headers, tokens, names, places of layers and layers, and the refusal
that each must meet. After every test the service must still answer, and must not have grown."""
import contextlib
import json
import os
import socket
import struct
import threading
import time
import unittest

from cryptography.fernet import Fernet

import layers_v1
import v1_case
from images import tar
from layers_v1 import compress, layer
from service import TEXT_BAD_TOKEN, TEXT_NO_LAYER, TEXT_NOT_FOUND, Client, exchange, fix, free_port, quote

# Resident, at its peak, whatever was sent; a sanitizer keeps what was freed.
SANITIZED = bool(os.environ.get("LIMPID_SANITIZED"))
MEMORY_MOST = (4096 if SANITIZED else 512) << 20
SLOW = 10 if SANITIZED else 1  # bounds of time are there to tell what hangs
LONGEST_NAME = 1024


class Survives:
    """Each test leaves the service well and small."""

    def tearDown(self):
        for node in self.topology.nodes:
            self.assertTrue(node.running, "the service ended:\n" + node.log())
            self.assertEqual(node.health.get("/health").status, 200)
            self.assertEqual(node.client.get("/v1/namespaces").status, 200)
            self.assertLess(node.resident_peak(), MEMORY_MOST, "it grew")
        super().tearDown()

    def refuse(self, answer, *statuses):
        self.assertIn(answer.status, statuses, f"{answer.wanted}: {answer}")
        answer.body.decode("utf-8")  # whatever came in, what goes out is text
        self.assertTrue(answer.message, f"{answer.wanted}: a refusal without a text: {answer}")


class Texts(Survives):
    """Bodies, tokens and names: also what only the one or the other store would stumble over."""

    def body(self, **change):
        return {"Layer": {"Name": self.unique("layer"), "Path": self.blobs.put(layers_v1.blank().data), "Format": "Docker", **change}}

    def test_bodies_that_are_no_json(self):
        for body in (b"", b" ", b"{", b"}", b"[", b'{"Layer"', b'{"Layer":{"Name":"a"', b"nothing", b"\x00", b"\xff\xfe{\x00}\x00", b"{'Layer':{}}", b'{"Layer":{},}',
                     b'{"Layer":{"Name":"\x01"}}', b'{"Layer":{"Name":"\\x"}}', b'{"Layer":{"Name":"\\u12"}}', b'{"a":01,"Layer":{}}', b'{"a":NaN,"Layer":{}}'):
            for method, target in (("POST", "/v1/layers"), ("POST", "/v1/namespaces/debian:8/vulnerabilities"), ("PUT", "/v1/namespaces/debian:8/vulnerabilities/x"),
                                   ("PUT", "/v1/namespaces/debian:8/vulnerabilities/x/fixes/y")):
                answer = self.client.call(method, target, body)
                self.refuse(answer, 400)
                if not body.strip():
                    self.assertEqual(answer.message, "EOF")

    def test_values_of_other_types(self):
        for body in ([], "text", 1, True, {"Layer": []}, {"Layer": "x"}, {"Layer": 1}, self.body(Name=1), self.body(Name=["a"]), self.body(Path={}),
                     self.body(Headers=[]), self.body(Headers={"a": 1}), self.body(Headers={"a": ["b"]}), self.body(ParentName=False)):
            self.refuse(self.client.post("/v1/layers", json.dumps(body)), 400)
        good = {"Name": "x", "NamespaceName": "debian:8", "Severity": "Low"}
        for change in ({"FixedIn": {}}, {"FixedIn": [1]}, {"FixedIn": [{"Name": 1}]}, {"Severity": 1}, {"Name": []}, {"Description": 1}):
            self.refuse(self.client.post("/v1/namespaces/debian:8/vulnerabilities", {"Vulnerability": {**good, **change}}), 400)
        self.expect(self.client.vulnerability("debian:8", "x"), 404)

    def test_deep_json(self):
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            deep = opening * 100_000 + "1" + closing * 100_000
            for body in (deep, '{"Layer":' + deep + "}", '{"Unknown":' + deep + ',"Layer":' + json.dumps(self.body()["Layer"]) + "}"):
                self.refuse(self.client.post("/v1/layers", body), 400)
        metadata = '{"Vulnerability":{"Name":"deep","NamespaceName":"debian:8","Severity":"Low","Metadata":%s}}'
        self.refuse(self.client.post("/v1/namespaces/debian:8/vulnerabilities", metadata % (('{"a":' * 50_000) + "1" + "}" * 50_000)), 400)
        answer = self.client.post("/v1/namespaces/debian:8/vulnerabilities", metadata % (('{"a":' * 20) + "1" + "}" * 20))
        self.expect(answer, 201)

    def test_duplicate_keys(self):
        """The last counts, or none: never the first, which a filter before us may have looked at no more than the last."""
        first, last, url = self.unique("first"), self.unique("last"), self.blobs.put(layers_v1.blank().data)
        answer = self.client.post("/v1/layers", f'{{"Layer":{{"Name":"{first}","Name":"{last}","Path":"{url}","Format":"Docker"}}}}')
        self.assertIn(answer.status, (201, 400))
        self.expect(self.client.layer(first), 404)
        self.assertEqual(self.client.layer(last).status, 200 if answer.status == 201 else 404)

    def test_invalid_utf_8(self):
        for piece in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"abc\xe2\x82"):
            body = json.dumps(self.body(Name="PLACE" + self.unique("x"))).encode().replace(b"PLACE", piece)
            answer = self.client.post("/v1/layers", body)
            self.assertIn(answer.status, (201, 400), f"{piece}: {answer}")
            answer.body.decode("utf-8")
            escaped = "".join(f"%{byte:02X}" for byte in piece)
            self.refuse(self.client.get(f"/v1/layers/{escaped}"), 400, 404)
            self.refuse(self.client.get(f"/v1/namespaces/debian:8/vulnerabilities/{escaped}"), 400, 404)
        for pair in ("\\ud800", "\\udc00x", "\\ud800\\ud800"):
            answer = self.client.post("/v1/layers", json.dumps(self.body(Name="PLACE" + self.unique("x"))).replace("PLACE", pair))
            self.assertIn(answer.status, (201, 400), answer)
            answer.body.decode("utf-8")

    def test_nul(self):
        """PostgreSQL keeps no NUL in a text, so nobody may have one."""
        self.refuse(self.client.post("/v1/layers", self.body(Name=self.unique("a\0b"))), 400)
        self.refuse(self.client.post("/v1/layers", self.body(ParentName="a\0b")), 400)
        post = lambda **change: self.client.post("/v1/namespaces/debian:8/vulnerabilities", {"Vulnerability": {
            "Name": self.unique("CVE"), "NamespaceName": "debian:8", "Severity": "Low", **change}})
        self.refuse(post(Name="a\0b"), 400)
        self.refuse(post(NamespaceName="debian:\0"), 400)
        self.refuse(post(FixedIn=[fix("debian:8", "a\0b", "1")]), 400)
        self.refuse(post(FixedIn=[fix("debian:8", "a", "1\0")]), 400)
        for change in ({"Description": "a\0b"}, {"Metadata": {"a\0": "b\0"}}):
            self.assertIn(post(**change).status, (201, 400), change)
        for target in ("/v1/layers/a%00b", "/v1/namespaces/a%00/vulnerabilities?limit=1", "/v1/namespaces/debian:8/vulnerabilities/%00", "/v1/notifications/%00?limit=1"):
            self.refuse(self.client.get(target), 400, 404)
            if "limit" not in target:
                self.refuse(self.client.delete(target), 400, 404)

    def test_names_of_any_length(self):
        long = "n" * (LONGEST_NAME + 1)
        self.refuse(self.client.post("/v1/layers", self.body(Name=long)), 400)
        self.refuse(self.client.post("/v1/layers", self.body(Name="n" * 900_000)), 400)
        self.refuse(self.client.post("/v1/layers", self.body(ParentName=long)), 400)
        post = lambda **change: self.client.post("/v1/namespaces/debian:8/vulnerabilities", {"Vulnerability": {
            "Name": self.unique("CVE"), "NamespaceName": "debian:8", "Severity": "Low", **change}})
        self.refuse(post(Name=long), 400)
        self.refuse(post(NamespaceName="debian:" + long), 400)
        self.refuse(post(FixedIn=[fix("debian:8", long, "1")]), 400)
        self.refuse(post(FixedIn=[fix("debian:8", "a", "1" + "0" * 900_000)]), 400)
        self.expect(post(Description="d" * 900_000), 201)
        self.refuse(self.client.get("/v1/layers/" + long), 400, 404)
        self.expect(post(FixedIn=[fix("debian:8", f"p{number}", "1") for number in range(8_000)]), 201)

    def test_texts_that_are_commands_elsewhere(self):
        for text in ("'; drop table layer; --", "%s%n%d", "$(id)", "../../x", "..", ".", "\\", '"', "{{7*7}}", "\u202e", "a\r\nb", "%", "_", "?", "#", " ", "*"):
            name = text + self.unique("x") if text not in (".", "..") else text
            flaw = name
            answer = self.client.post_vulnerability("debian:8", flaw, [(name, "1")], Description=text, Link=text)
            self.expect(answer, 201)
            if name in (".", ".."):
                continue  # a path to somewhere else
            shown = self.expect(self.client.vulnerability("debian:8", flaw), 200)["Vulnerability"]
            self.assertEqual((shown["Name"], shown["Description"], shown["FixedIn"][0]["Name"]), (flaw, text, name))
            self.expect(self.client.delete(f"/v1/namespaces/debian:8/vulnerabilities/{quote(flaw)}"), 200)

    def test_tokens(self):
        flaws = [self.unique("CVE") for _ in range(3)]
        for flaw in flaws:
            self.expect(self.client.post_vulnerability("debian:8", flaw, [("p", "1")]), 201)
        notification = self.wait_for_notifications(flaws[0], 1)[0]
        package = self.unique("package")
        for _ in range(3):
            self.add(layer("debian:8", [(package, "1")]))
        self.expect(self.client.put(f"/v1/namespaces/debian:8/vulnerabilities/{flaws[0]}/fixes/{package}", {"Feature": fix("debian:8", package, None)}), 200)
        pages_of = self.hook.wait(lambda: next((one for one in self.notifications_of(flaws[0]) if one != notification), None), 20)
        lists, notes = "/v1/namespaces/debian:8/vulnerabilities?limit=1&page=", f"/v1/notifications/{pages_of}?limit=1&page="
        good = self.client.get(lists.removesuffix("&page=")).json["NextPage"]
        other = self.client.get(notes.removesuffix("&page=")).json["Notification"]["NextPage"]
        self.expect(self.client.get(lists + quote(good)), 200)
        self.expect(self.client.get(notes + quote(other)), 200)
        bad = ["gAAAAA==", "gA==", "g", "=", "====", "!", "AAAA", "null", "0", "-1", "a" * 8000, "gAAAAABh" + "A" * 300, "\0", "\u00fc", good[:20], good.lower(),
               Fernet(Fernet.generate_key()).encrypt(b"1\n").decode()]
        for at in range(0, len(good.rstrip("=")) - 1, 9):
            bad.append(good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1:])
        for token in bad:
            for target in (lists, notes):
                self.expect(self.client.get(target + quote(token)), 400, TEXT_BAD_TOKEN)
        for target, token in ((lists, other), (notes, good)):  # genuine, but of another route
            self.expect(self.client.get(target + quote(token)), 400, TEXT_BAD_TOKEN)

    def test_numbers(self):
        for limit in ("1e3", "0x10", "+", "-", "--1", "１", "9" * 400, "-" + "9" * 400, "NaN", "\0", "1\0", " 1"):
            self.refuse(self.client.get("/v1/namespaces/debian:8/vulnerabilities?limit=" + quote(limit)), 400)
        self.expect(self.client.post_vulnerability("debian:8", self.unique("CVE"), [("p", "1")]), 201)
        self.expect(self.client.get("/v1/namespaces/debian:8/vulnerabilities?limit=2147483648"), 200)
        self.expect(self.client.get("/v1/namespaces/debian:8/vulnerabilities?limit=9223372036854775807"), 200)
        for number in ("1e999", "99999999999999999999", "-1", "1.5", '"1"'):
            body = json.dumps(self.body()).replace('"Format"', f'"IndexedByVersion":{number},"Format"')
            self.assertIn(self.client.post("/v1/layers", body).status, (201, 400), number)

    def test_versions(self):
        package = self.unique("package")
        name = self.add(layer("debian:8", [(package, "1"), (package + "-huge", "1" * 1000), (package + "-epoch", "2147483647:1")]))
        self.assertEqual(len(self.features(name)), 3)
        for version in ("9" * 1000, "2147483647:1", "1" + "~" * 500, "1" + "-" * 200 + "1"):
            self.assertIn(self.client.post_vulnerability("debian:8", self.unique("CVE"), [(package, version)]).status, (201, 400), version)
        for version in ("99999999999999999999:1", "1\n", "1;2", "ü", "1 ", "1:", ":1", "#MINV#", "#MAXV#"):
            self.assertIn(self.client.post_vulnerability("debian:8", self.unique("CVE"), [(package, version)]).status, (201, 400), version)
        self.assertEqual(self.client.layer(name).status, 200)


class Wire(Survives):
    """HTTP itself."""

    def answer(self, data, seconds=15, shut=False):
        got = exchange(self.topology.nodes[0].address, data, seconds, shut)
        return (int(got[9:12]) if got.startswith(b"HTTP/1.") else None), got

    def test_malformed_requests(self):
        end = b"Host: x\r\nConnection: close\r\n\r\n"
        for request in (b"GET\r\n\r\n", b"GET /v1/namespaces\r\n\r\n", b"GET /v1/namespaces HTTP/9.9\r\n" + end, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
                        b"GET /v1/namespaces HTTP/1.1\r\nBad Header: x\r\n" + end, b"GET /v1/namespaces HTTP/1.1\r\nNo-Colon\r\n" + end,
                        b"GET /v1/name\x00spaces HTTP/1.1\r\n" + end, b"GET /v1/namespaces HTTP/1.1\r\nX: a\x00b\r\n" + end, b"G\xffT / HTTP/1.1\r\n" + end,
                        b"POST /v1/layers HTTP/1.1\r\nContent-Length: -1\r\n" + end, b"POST /v1/layers HTTP/1.1\r\nContent-Length: 1x\r\n" + end,
                        b"POST /v1/layers HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n" + end + b"{}",
                        b"POST /v1/layers HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 20\r\n" + end + b"{}",
                        b"POST /v1/layers HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + end + b"zz\r\n{}\r\n0\r\n\r\n",
                        b"POST /v1/layers HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + end + b"ffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
                        b"POST /v1/layers HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n" + end + b"0\r\n\r\n"):
            with self.subTest(request=request[:90]):
                status, got = self.answer(request, shut=True)
                self.assertTrue(status is None and got == b"" or status is not None and 400 <= status < 600 and status != 500, got[:200])

    def test_two_lengths_never_hide_a_second_request(self):
        """Smuggling: what one reader takes for a body, another takes for a request."""
        hidden = b"GET /v1/metrics HTTP/1.1\r\nHost: x\r\n\r\n"
        for framing in (b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % (5 + len(hidden)), b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                        b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding : chunked\r\n"):
            status, got = self.answer(b"POST /v1/layers HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n0\r\n\r\n" + hidden, 3, shut=True)
            self.assertNotIn(b"# TYPE", got, framing)
            self.assertTrue(status is None or 400 <= status < 600, got[:200])

    def test_long_lines(self):
        for request in (b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (1 << 20) + b"\r\n\r\n",
                        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(50_000)) + b"\r\n"):
            status, got = self.answer(request)
            self.assertTrue(status in (400, 414, 431) or (status is None and got == b""), got[:200])

    def test_paths(self):
        for target in ("/v1/../../etc/passwd", "/v1/layers/../../../etc/passwd", "/v1/%2e%2e/%2e%2e/etc/passwd", "//v1/namespaces", "/v1//namespaces", "/v1/layers/%zz",
                       "/v1/layers/%", "/v1/layers/%2", "/v1/layers/" + "%41" * 4000, "/v1/layers/a;b=c", "/v1/layers/%2f%2f", "http://127.0.0.1/v1/layers/x", "*"):
            status, got = self.answer(b"GET " + target.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertIn(status, (400, 404, 405, 414, 431), f"{target}: {got[:200]}")
            self.assertNotIn(b"root:", got)

    def test_a_body_that_is_announced_and_never_comes(self):
        links = []
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                link = stack.enter_context(socket.create_connection(tuple(self.topology.nodes[0].address.split(":")), timeout=10))
                link.sendall(b"POST /v1/layers HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{")
                links.append(link)
            for _ in range(100):
                link = stack.enter_context(socket.create_connection(tuple(self.topology.nodes[0].address.split(":")), timeout=10))
                link.sendall(b"GET /v1/na")
            began = time.monotonic()
            self.assertEqual(self.client.get("/v1/namespaces", timeout=10).status, 200)  # others are served meanwhile
            self.assertLess(time.monotonic() - began, 5 * SLOW)

    def test_a_body_far_beyond_the_limit_is_not_kept(self):
        """256 MiB to a service that must read one: it may answer early, or read on, but must not keep it."""
        host, port = self.topology.nodes[0].address.split(":")
        with socket.create_connection((host, int(port)), timeout=30) as link, contextlib.suppress(ConnectionError):
            link.sendall(b"POST /v1/layers HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (256 << 20))
            for _ in range(256):
                link.sendall(b" " * (1 << 20))
            self.assertTrue(link.recv(100).startswith(b"HTTP/1.1 400"))

    def test_expect_and_pipelining(self):
        url, name = self.blobs.put(layers_v1.blank().data), self.unique("layer")
        body = json.dumps({"Layer": {"Name": name, "Path": url, "Format": "Docker"}}).encode()
        head = b"POST /v1/layers HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % len(body)
        _, got = self.answer(head + b"Expect: 100-continue\r\nConnection: close\r\n\r\n" + body)
        self.assertRegex(got, rb"HTTP/1\.1 201")
        _, got = self.answer((head + b"\r\n" + body) * 3 + b"GET /v1/layers/" + name.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertEqual((got.count(b"HTTP/1.1 201"), got.count(b"HTTP/1.1 200")), (3, 1))
        chunked = b"".join(b"%x\r\n%s\r\n" % (1, body[at:at + 1]) for at in range(len(body))) + b"0\r\n\r\n"
        status, _ = self.answer(b"POST /v1/layers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunked)
        self.assertEqual(status, 201)

    def test_clients_that_leave(self):
        for _ in range(50):
            link = socket.create_connection(tuple(self.topology.nodes[0].address.split(":")))
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() resets
            link.sendall(b"GET /v1/metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 5)
            link.close()


class Places(Survives):
    """Where a layer is said to be. Only 127.0.0.1 and one folder are allowed here; 127.0.0.2 is a private address that is not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = layer("debian:8", [("a", "1")]).data
        cls.node = cls.enterClassContext(cls.topology.extra({"api": {"timeout": "4s"}}, layers_from=("127.0.0.1", cls.topology.layers_folder)))
        cls.closed = cls.enterClassContext(cls.topology.extra(layers_from=()))

    def tearDown(self):
        for node in (self.node, self.closed):
            self.assertTrue(node.running, "the service ended:\n" + node.log())
            self.assertLess(node.resident_peak(), MEMORY_MOST, "it grew")
        super().tearDown()

    def unreachable(self, path, node=None, seconds=6, **more):
        """Refused, soon, and nothing is stored."""
        began, name = time.monotonic(), self.unique("layer")
        answer = (node or self.node).client.post_layer(name, path, **more)
        self.assertEqual((answer.status, answer.message), (400, TEXT_NO_LAYER), f"{path[:200]}: {answer}")
        self.assertLess(time.monotonic() - began, seconds * SLOW, path[:200])
        self.expect((node or self.node).client.layer(name), 404, TEXT_NOT_FOUND)

    def test_what_is_allowed_is_reached(self):
        """So that the refusals below are no accident."""
        self.expect(self.node.client.post_layer(self.unique("layer"), self.blobs.put(self.good)), 201)

    def test_redirects_to_where_one_may_not_go(self):
        there = self.blobs.put(self.good, host="127.0.0.2")
        self.unreachable(there)
        for target in (there, "//" + there.split("//")[1], "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "http://169.254.169.254/latest/meta-data/",
                       "http://10.255.255.1/", "http://[::1]/", "http://0.0.0.0/", "http://", "http://user:password@127.0.0.1/", ":", "http://127.0.0.1:99999/"):
            for status in (301, 302, 307, 308):
                self.unreachable(self.blobs.redirect(target, status))
        self.unreachable(self.blobs.redirect(self.blobs.redirect(self.blobs.redirect(there))))
        self.unreachable(self.blobs.loop())
        self.assertEqual(self.blobs.seen(there), [], "a request arrived where none may go")

    def test_without_permission_no_private_address_is_reached(self):
        url = self.blobs.put(self.good)
        port, path = url.split("//127.0.0.1:")[1].split("/", 1)
        for host in ("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "localhost", "LOCALHOST", "localhost.", "0", "0.0.0.0",
                     "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "127.0.0.1.", "１２７.0.0.1", "user@127.0.0.1", "a:b@127.0.0.1",
                     "example.org@127.0.0.1", "127.0.0.1#@example.org", "[::]"):
            self.unreachable(f"http://{host}:{port}/{path}", self.closed)
        for host in ("10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "[fe80::1]", "[fc00::1]",
                     "[2001:db8::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"):
            self.unreachable(f"http://{host}/", self.closed)
        self.assertEqual(self.blobs.seen(url), [], "a request arrived where none may go")

    def test_schemes_and_malformed_urls(self):
        for path in ("file:///etc/passwd", "file://localhost/etc/passwd", "FILE:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:1/x", "dict://127.0.0.1:1/x", "ldap://127.0.0.1/",
                     "data:,x", "http:", "http:/", "http://", "http:///x", "https://", "http://:80/", "http://127.0.0.1:0/", "http://127.0.0.1:x/", "http://127.0.0.1:-1/",
                     "http://[/", "http://[::1/", "http://a b/", "http://127.0.0.1\\@x/", "http://127.0.0.1:" + str(free_port()) + "/", "http://" + "a" * 5000 + "/", "http://a..b/", "://", "\n", "x"):
            self.unreachable(path)
        for path in ("http://127.0.0.1/\r\nX: y", "http://127.0.0.1/ HTTP/1.1\r\nX: y", "http://127.0.0.1/\0"):
            answer = self.node.client.post_layer(self.unique("layer"), path)
            self.refuse(answer, 400)

    def test_files_outside_the_folder(self):
        folder, outside = self.topology.layers_folder, os.path.join(self.topology.folder, self.unique("outside") + ".tar")
        with open(outside, "wb") as stream:
            stream.write(self.good)
        inside = os.path.join(folder, self.unique("inside") + ".tar")
        with open(inside, "wb") as stream:
            stream.write(self.good)
        self.expect(self.node.client.post_layer(self.unique("layer"), inside), 201)
        self.unreachable(inside, self.closed)
        link, folder_link, chain = (os.path.join(folder, self.unique("link")) for _ in range(3))
        os.symlink(outside, link)
        os.symlink(self.topology.folder, folder_link)
        os.symlink(link, chain)
        neighbour = folder + "-beside"
        os.makedirs(neighbour, exist_ok=True)
        with open(os.path.join(neighbour, "x.tar"), "wb") as stream:
            stream.write(self.good)
        name = os.path.basename(outside)
        for path in (outside, link, chain, f"{folder_link}/{name}", f"{folder}/../{name}", f"{folder}/./../{name}", f"{folder}/x/../../{name}", f"{folder}//..//{name}",
                     os.path.join(neighbour, "x.tar"), "/etc/passwd", "/etc/shadow", "/proc/self/environ", f"{folder}/../../../../../../../../etc/passwd", "layer.tar", "./layer.tar",
                     "~/x", folder, folder + "/", f"{inside}/", f"{folder}/none.tar", "/" + "a/" * 3000):
            self.unreachable(path)

    def test_files_that_are_none(self):
        folder = self.topology.layers_folder
        pipe, device, door = (os.path.join(folder, self.unique(kind)) for kind in ("pipe", "device", "door"))
        os.mkfifo(pipe)
        os.symlink("/dev/zero", device)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(door)
            for path in (pipe, device, door, "/dev/zero", "/dev/stdin"):
                self.unreachable(path)

    def test_headers_that_would_break_a_request(self):
        url = self.blobs.put(self.good)
        for headers in ({"X": "a\r\nEvil: 1"}, {"X": "a\nEvil: 1"}, {"X\r\nEvil": "1"}, {"X: y\r\nEvil": "1"}, {"X": "a\0b"}, {"": "x"}, {"a b": "c"}, {"X:": "y"}):
            answer = self.node.client.post_layer(self.unique("layer"), url, Headers=headers)
            self.assertIn(answer.status, (201, 400), headers)
        for headers in ({"Content-Length": "5"}, {"Transfer-Encoding": "chunked"}, {"Connection": "upgrade"}, {"Host": "evil.example"}, {"Range": "bytes=0-1"}):
            self.assertIn(self.node.client.post_layer(self.unique("layer"), url, Headers=headers).status, (201, 400, 422), headers)
        self.refuse(self.node.client.post_layer(self.unique("layer"), url, Headers={f"X-{number}": "y" * 100 for number in range(8000)}), 400)
        for seen in self.blobs.seen(url):
            self.assertIsNone(seen.headers["Evil"])
            self.assertNotIn("evil", seen.headers["Host"])

    def test_slow_and_silent_servers(self):
        slow = self.blobs.slow(self.good, pause=0.1)
        silent, _, gate = self.blobs.gated(self.good)
        self.addCleanup(gate.set)
        for url in (slow, silent):
            began, name = time.monotonic(), self.unique("layer")
            answer = self.node.client.post_layer(name, url)
            self.assertIn(answer.status, (400, 503), answer)
            if answer.status == 503:
                self.assertEqual(answer.json["Error"]["Type"], "Timeout")
            self.assertLess(time.monotonic() - began, 15 * SLOW)
            self.assertEqual(self.node.client.get("/v1/namespaces").status, 200)

    def test_a_body_that_is_cut_off(self):
        for data in (self.good, compress(tar({"etc/os-release": layers_v1.os_release("debian:8"), "x": os.urandom(1 << 20)}), "tar")):
            for after in (0, 1, 100, len(data) - 1):
                name = self.unique("layer")
                self.refuse(self.node.client.post_layer(name, self.blobs.cut(data, after)), 400, 422)
                self.expect(self.node.client.layer(name), 404)
        self.expect(self.node.client.post_layer(self.unique("layer"), self.blobs.put(self.good)), 201)

    def test_endless_bodies(self):
        wanted = self.blobs.endless(layers_v1.huge_status())
        answer = self.node.client.post_layer(self.unique("layer"), wanted)
        self.refuse(answer, 422)
        self.assertRegex(answer.message, "file too big$")
        unwanted = self.blobs.endless(layers_v1.huge_filler())
        answer = self.node.client.post_layer(self.unique("layer"), unwanted)
        self.assertIn(answer.status, (400, 422, 503), answer)
        headers = self.blobs.pieces(lambda: iter([b"HTTP"] * 3))
        self.refuse(self.node.client.post_layer(self.unique("layer"), headers), 422)


class Archives(Survives):
    """Layers that are none, or too much."""

    def test_broken_archives(self):
        for problem, data in layers_v1.broken().items():
            with self.subTest(problem):
                name = self.unique("layer")
                answer = self.client.post_layer(name, self.blobs.put(data))
                self.refuse(answer, 422)
                self.assertRegex(answer.message, r"could not extract")
                self.expect(self.client.layer(name), 404)

    def test_names_that_climb_out(self):
        target = "/tmp/limpid-escaped"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(target)
        answer = self.client.post_layer(self.unique("layer"), self.blobs.put(layers_v1.escaping()))
        self.assertIn(answer.status, (201, 422))
        self.assertFalse(os.path.exists(target))

    def test_links_to_the_servers_own_files(self):
        for goal in ("/etc/os-release", "../../../../../../../../etc/os-release", "/proc/self/environ", "/dev/zero", "os-release", "/var/lib/dpkg/status"):
            for kind in ("link", "hard"):
                files = {"etc/os-release": (kind, goal), "var/lib/dpkg/status": (kind, "/var/lib/dpkg/status")}
                answer = self.client.post_layer(name := self.unique("layer"), self.blobs.put(compress(tar(files))))
                self.assertIn(answer.status, (201, 422))
                if answer.status == 201:
                    self.assertEqual(self.features(name), {}, "the server's own packages are shown")
                    self.assertNotIn("NamespaceName", self.client.layer(name).json["Layer"])

    def test_a_decompression_bomb(self):
        """32 GiB in 32 MB, as a wanted file, as another, and as zeros after the end of the archive."""
        for head, texts in ((layers_v1.huge_status(32 << 30), "file too big$"), (layers_v1.huge_filler(32 << 30), ""), (bytes(1024), "")):
            began = time.monotonic()
            answer = self.client.post_layer(self.unique("layer"), self.blobs.pieces(lambda head=head: layers_v1.gzip_zeros(head, 32)), timeout=90 * SLOW)
            if head.strip(b"\0"):
                self.refuse(answer, 422)
                self.assertTrue(answer.message.endswith(texts.rstrip("$")), answer.message)
            else:  # an archive may end in zeros, and be called empty or refused
                self.assertIn(answer.status, (201, 422))
            self.assertLess(time.monotonic() - began, 60 * SLOW)

    def test_a_package_database_of_many_packages_and_of_long_lines(self):
        many = "".join(f"Package: p{number}\nStatus: install ok installed\nVersion: {number}\n\n" for number in range(50_000))
        self.assertEqual(len(self.features(self.add(layer("debian:8", (), {"var/lib/dpkg/status": many})))), 50_000)
        long = layers_v1.stanza("a", "1") + "Package: long\nStatus: install ok installed\nVersion: 1\nDescription: " + "x" * 300_000 + "\n\n" + layers_v1.stanza("z", "1")
        self.assertLessEqual({("debian:8", "a", "1"), ("debian:8", "z", "1")}, set(self.features(self.add(layer("debian:8", (), {"var/lib/dpkg/status": long})))))

    def test_package_databases_of_garbage(self):
        for garbage in (os.urandom(100_000), b"\0" * 100_000, b"Package: " * 20_000, b"Package: a\nVersion: \xff\xfe\n\n", b"Package: \x00\nVersion: 1\n\n", b"P:\nV:\n\n" * 1000,
                        b"Package: bad\nStatus: install ok installed\nVersion: !!!\n\n", b"Package: " + b"n" * 5000 + b"\nVersion: 1\n\n"):
            text = layers_v1.stanza("good", "1").encode()
            name = self.unique("layer")
            answer = self.client.post_layer(name, self.blobs.put(layer("debian:8", (), {"var/lib/dpkg/status": text + garbage, "lib/apk/db/installed": garbage}).data))
            self.assertIn(answer.status, (201, 422), garbage[:40])
            if answer.status == 201:
                self.client.layer(name).body.decode("utf-8")
                self.expect(self.client.layer(name), 200)

    def test_a_long_chain(self):
        """500 layers deep: still one answer, and soon."""
        parent = ""
        for number in range(500):
            parent = self.add(layer("debian:8", [(f"p{number}", "1"), ("all", "1")]) if number % 50 == 0 else layers_v1.blank(), parent)
        began = time.monotonic()
        self.assertEqual(set(self.features(parent)), {("debian:8", "p450", "1"), ("debian:8", "all", "1")})
        self.assertLess(time.monotonic() - began, 3 * SLOW)

    def test_many_slow_layers_do_not_stop_the_rest(self):
        urls = [self.blobs.gated(layer("debian:8", [("a", "1")]).data) for _ in range(100)]
        threads = [threading.Thread(target=self.quietly, args=(url,)) for url, _, _ in urls]
        for thread in threads:
            thread.start()
        try:
            urls[0][1].wait(10)
            for _ in range(20):
                began = time.monotonic()
                self.assertEqual(Client(self.topology.nodes[0].address).get("/v1/namespaces", timeout=10).status, 200)
                self.assertLess(time.monotonic() - began, 3 * SLOW)
        finally:
            for _, _, gate in urls:
                gate.set()
            for thread in threads:
                thread.join()

    def quietly(self, url):
        """Those that there is no room for are told so: 503."""
        with contextlib.suppress(OSError):
            self.client.post_layer(self.unique("layer"), url)


v1_case.matrix(globals(), Texts, (v1_case.SqliteOneNode, v1_case.PostgresOneNode))
v1_case.matrix(globals(), Wire, (v1_case.SqliteOneNode,))
v1_case.matrix(globals(), Places, (v1_case.SqliteOneNode,))
v1_case.matrix(globals(), Archives, (v1_case.SqliteOneNode,))

if __name__ == "__main__":
    unittest.main()
