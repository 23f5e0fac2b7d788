"""The contract of the Clair v1 API, check by check, black-box over every topology: test_01 … test_37 are the checks of
the contract's list, the others what it says elsewhere. `v1_conformance_test.py SqliteOneNodeContract` runs one topology."""
import base64
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import tempfile
import threading
import time
import unittest

from cryptography.fernet import Fernet, InvalidToken

import distribution_feeds
import layers_v1
import v1_case
import v1_random
from images import build_database, dpkg, tar, tracker
from layers_v1 import Blob, compress, layer
from service import (ENGINE_LEAST, PAGE_KEY, TEXT_BAD_TOKEN, TEXT_NO_LAYER, TEXT_NO_PARENT, TEXT_NOT_FOUND, TEXT_UNSUPPORTED, Client, FeedServer,
                     FixtureFailed, Service, feed_entry, fix, free_port, quote, wait_for)
from v1_model import canonical

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
SEEDS = [int(seed) for seed in os.environ.get("LIMPID_SEED", "1 2 3").split()]

# Pairs of Debian versions and how they stand to each other: deb-version(7) and the contract's own.
VERSIONS = (
    ("7.6p2-4", ">", "7.6-0"), ("1.0.3-3", ">", "1.0-1"), ("1.3", ">", "1.2.2-2"), ("1.3", ">", "1.2.2"), ("0-pre", "=", "0-pre"), ("0-pre", "<", "0-pree"),
    ("1.1.6r2-2", ">", "1.1.6r-1"), ("2.6b2-1", ">", "2.6b-2"), ("98.1p5-1", "<", "98.1-pre2-b6-2"), ("0.4a6-2", ">", "0.4-1"), ("1:3.0.5-2", "<", "1:3.0.5.1"),
    ("1:0.4", ">", "10.3"), ("1:1.25-4", "<", "1:1.25-8"), ("0:1.18.36", "=", "1.18.36"), ("1.18.36", ">", "1.18.35"), ("0:1.18.36", ">", "1.18.35"),
    ("9:1.18.36:5.4-20", "<", "10:0.5.1-22"), ("9:1.18.36:5.4-20", "<", "9:1.18.36:5.5-1"), ("9:1.18.36:5.4-20", "<", "9:1.18.37:4.3-22"),
    ("1.18.36-0.17.35-18", ">", "1.18.36-19"), ("1:1.2.13-3", "<", "1:1.2.13-3.1"), ("2.0.7pre1-4", "<", "2.0.7r-1"), ("0.2", ">", "0.1"), ("0.0.9", ">", "0.0.8"),
    ("3.0~rc1-1", "<", "3.0-1"), ("1.0", "=", "1.0-0"), ("0.2", "<", "1.0-0"), ("1.0", "<", "1.0-0+b1"), ("1.0", ">", "1.0-0~"), ("1.2.3", "=", "1.2.3"),
    ("4.4.3-2", "=", "4.4.3-2"), ("1:2ab:5", "=", "1:2ab:5"), ("7:1-a:b-5", "=", "7:1-a:b-5"), ("57:1.2.3abYZ+~-4-5", "=", "57:1.2.3abYZ+~-4-5"),
    ("1.2.3", "=", "0:1.2.3"), ("1.2.3", "=", "1.2.3-0"), ("009", "=", "9"), ("009ab5", "=", "9ab5"), ("1.2.3", "<", "1.2.3-1"), ("1.2.3", "<", "1.2.4"),
    ("1.2.4", ">", "1.2.3"), ("1.2.24", ">", "1.2.3"), ("0.10.0", ">", "0.8.7"), ("3.2", ">", "2.3"), ("1.3.2a", ">", "1.3.2"), ("0.5.0~git", "<", "0.5.0~git2"),
    ("2a", "<", "21"), ("1.3.2a", "<", "1.3.2b"), ("1:1.2.3", ">", "1.2.4"), ("1:1.2.3", "<", "1:1.2.4"), ("1.2a+~bCd3", "<", "1.2a++"), ("1.2a+~bCd3", ">", "1.2a+~"),
    ("5:2", ">", "304-2"), ("5:2", "<", "304:2"), ("25:2", ">", "3:2"), ("1:2:123", "<", "1:12:3"), ("1.2-5", "<", "1.2-3-5"), ("5.10.0", ">", "5.005"),
    ("3a9.8", "<", "3.10.2"), ("3a9.8", ">", "3~10"), ("1.4+OOo3.0.0~", "<", "1.4+OOo3.0.0-4"), ("2.4.7-1", "<", "2.4.7-z"), ("1.002-1+b2", ">", "1.00"),
)

RPM_VERSIONS = (
    ("10xyz-1", "<", "10.1xyz-1"), ("xyz.4-1", "<", "8-1"), ("10.0001-1", "=", "10.1-1"), ("1.0~rc1~git123-1", "<", "1.0~rc1-1"), ("1.0aa-1", ">", "1.0a-1"),
    ("2.9.1-6.0.1.el7_2.3", ">", "2.9.1-6.el7_2.3"), ("2.23.2-22.el7_1", "<", "2.23.2-22.el7_1.1"), ("1:1.0-1", ">", "2.0-1"), ("0:1.0-1", "=", "1.0-1"),
    ("1.0^git1-1", ">", "1.0-1"), ("1.0^git1-1", "<", "1.0.1-1"), ("1.0-1", ">", "1.0~rc1-1"), ("5.5p1-1", "<", "5.5p10-1"), ("2.0-1", "=", "2_0-1"),
    ("4.18.0-553.el8", "<", "4.18.0-553.16.1.el8_10"), ("1.0-1.el8_10", ">", "1.0-1.el8_9.1"), ("FC5-1", "<", "fc4-1"), ("2a-1", "<", "2.0-1"),
)

# What release files say, and the namespace that follows; None for none.
RELEASES = (
    ({"etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 8 (jessie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="8"\nID=debian\n'}, "debian:8"),
    ({"usr/lib/os-release": 'ID=debian\nVERSION_ID="12"\n'}, "debian:12"),
    ({"etc/os-release": ("link", "../usr/lib/os-release"), "usr/lib/os-release": 'ID=debian\nVERSION_ID="11"\n'}, "debian:11"),
    ({"etc/os-release": 'NAME="Ubuntu"\nID=ubuntu\nVERSION_ID="15.10"\n'}, "ubuntu:15.10"),
    ({"etc/os-release": "NAME=Fedora\nID=fedora\nVERSION_ID=20\n"}, "fedora:20"),
    ({"etc/lsb-release": "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=12.04\nDISTRIB_CODENAME=precise\n"}, "ubuntu:12.04"),
    ({"etc/lsb-release": 'DISTRIB_ID=Debian\nDISTRIB_RELEASE=7.1\nDISTRIB_CODENAME=wheezy\n'}, "debian:7"),
    ({"etc/apt/sources.list": "deb http://deb.example.org/debian unstable main\n", "etc/os-release": "NAME=Debian\nID=debian\n"}, "debian:unstable"),
    ({"etc/alpine-release": "3.3.4\n"}, "alpine:v3.3"),
    ({"etc/alpine-release": "3.4.0\n", "etc/os-release": "ID=alpine\nVERSION_ID=3.4.0\n"}, "alpine:v3.4"),
    ({"etc/centos-release": "CentOS release 6.6 (Final)\n"}, "centos:6"),
    ({"etc/system-release": "CentOS Linux release 7.1.1503 (Core)\n"}, "centos:7"),
    ({"etc/redhat-release": "Red Hat Enterprise Linux Server release 7.2 (Maipo)\n"}, "centos:7"),
    ({"etc/redhat-release": "Red Hat Enterprise Linux release 8.0 (Ootpa)\n"}, "centos:8"),
    ({"etc/oracle-release": "Oracle Linux Server release 6.8\n"}, "oracle:6"),
    ({"etc/oracle-release": "Oracle Linux Server release 7.2\n", "etc/redhat-release": "Red Hat Enterprise Linux Server release 7.2 (Maipo)\n",
      "etc/os-release": 'ID="ol"\nVERSION_ID="7.2"\n'}, "oracle:7"),
    ({"etc/system-release": "Amazon Linux release 2 (Karoo)\n", "etc/os-release": 'ID="amzn"\nVERSION_ID="2"\n'}, "amzn:2"),
    ({"etc/system-release": "Amazon Linux AMI release 2018.03\n"}, "amzn:2018.03"),
    ({"etc/issue": "Welcome\n"}, None),
)

METRICS = {
    "clair_api_response_duration_milliseconds": "histogram", "clair_notifier_latency_milliseconds": "histogram",
    "clair_updater_errors_total": "counter", "clair_updater_duration_seconds": "gauge", "clair_updater_notes_total": "gauge",
}
METRICS_WHERE_USED = {
    "clair_notifier_backend_errors_total": "counter", "clair_pgsql_errors_total": "counter", "clair_pgsql_cache_hits_total": "counter",
    "clair_pgsql_cache_queries_total": "counter", "clair_pgsql_query_duration_milliseconds": "histogram", "clair_pgsql_concurrent_lock_vafv_total": "gauge",
}


class Contract:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.client.get("/v1/namespaces")  # before any test has put something in

    def need_postgres(self, why):
        if self.topology.postgres is None:
            self.skipTest(f"SQLite: {why}")

    # ── The list ──

    def test_01_namespaces_of_an_empty_server(self):
        self.expect(self.first, 200)
        self.assertIn("Namespaces", self.first.json)
        self.assertIn(self.first.json["Namespaces"], (None, []))
        self.assertEqual(self.first.headers["Server"], "clair")
        self.assertEqual(self.first.headers["Content-Type"], "application/json;charset=utf-8")

    def test_02_post_of_nothing(self):
        self.expect(self.client.post("/v1/layers", "{}"), 400, "failed to provide layer")
        self.expect(self.client.post("/v1/layers", '{"Layer":null}'), 400, "failed to provide layer")

    def test_03_post_without_name_path_or_format(self):
        for missing, text in (("Name", "name"), ("Path", "path"), ("Format", "format")):
            body = {"Name": self.unique("x"), "Path": self.blobs.put(b""), "Format": "Docker"}
            del body[missing]
            self.expect(self.client.post("/v1/layers", {"Layer": body}), 400, f"could not process a layer which does not have a {text}")
        self.expect(self.client.post("/v1/layers", {"Layer": {"ParentName": "x"}}), 400, "could not process a layer which does not have a name")

    def test_04_unsupported_format(self):
        name = self.unique("layer")
        self.expect(self.client.post_layer(name, self.blobs.put(layers_v1.blank().data), form="rkt"), 400, "unsupported image format 'rkt'")
        self.expect(self.client.layer(name), 404)
        self.expect(self.client.post_layer(name, self.blobs.missing(), form="rkt"), 400, TEXT_NO_LAYER)  # the blob is opened first

    def test_05_unknown_parent(self):
        url = self.blobs.put(layers_v1.blank().data)
        self.expect(self.client.post_layer(self.unique("layer"), url, self.unique("never-posted")), 400, TEXT_NO_PARENT)
        self.assertEqual(self.blobs.seen(url), [], "the blob was fetched although the parent is unknown")

    def upgrade(self):
        names, parent = [], ""
        for blob in layers_v1.dist_upgrade():
            names.append(parent := self.add(blob, parent))
        return names

    def test_06_distribution_upgrade(self):
        blank, wheezy, jessie = self.upgrade()
        self.assertEqual(self.features(blank), {})
        self.assertNotIn("NamespaceName", self.client.layer(blank).json["Layer"])
        self.assertEqual(set(self.features(wheezy)), {("debian:7", *feature) for feature in layers_v1.WHEEZY})
        shown = self.expect(self.client.layer(jessie, "features"), 200)["Layer"]
        self.assertEqual((shown["Name"], shown["NamespaceName"], shown["ParentName"]), (jessie, "debian:8", wheezy))
        kept = {(one["Name"], one["Version"]) for one in shown["Features"] if one["NamespaceName"] == "debian:7"}
        self.assertEqual(kept, set(layers_v1.KEPT))
        self.assertEqual(len(shown["Features"]), 74)
        for one in shown["Features"]:
            self.assertEqual(one["AddedBy"], wheezy if one["NamespaceName"] == "debian:7" else jessie, one)
            self.assertEqual(one["VersionFormat"], "dpkg", one)
            self.assertNotIn("Vulnerabilities", one)

    def test_07_a_known_layer_is_not_fetched_again(self):
        url = self.blobs.put(layer("debian:8", [("a", "1")]).data)
        name = self.unique("layer")
        self.expect(self.client.post_layer(name, url), 201)
        self.assertEqual(len(self.blobs.seen(url)), 1)
        for path, parent in ((url, ""), (self.blobs.missing(), ""), ("http://127.0.0.1:1/x", self.unique("unknown"))):
            answer = self.expect(self.client.post_layer(name, path, parent), 201)
            self.assertGreaterEqual(answer["Layer"]["IndexedByVersion"], ENGINE_LEAST)
        self.assertEqual(len(self.blobs.seen(url)), 1)
        self.assertEqual(set(self.features(name)), {("debian:8", "a", "1")})

    def test_08_a_blob_that_is_not_there(self):
        for path in (self.blobs.missing(), f"http://127.0.0.1:{free_port()}/x", os.path.join(self.topology.layers_folder, "none.tar"),
                     self.blobs.put(b"x", status=500), self.blobs.put(b"x", status=403)):
            name = self.unique("layer")
            self.expect(self.client.post_layer(name, path), 400, TEXT_NO_LAYER)
            self.expect(self.client.layer(name), 404, TEXT_NOT_FOUND)

    def test_09_what_is_no_archive(self):
        name = self.unique("layer")
        answer = self.client.post_layer(name, self.blobs.put(layers_v1.broken()["text"]))
        self.expect(answer, 422)
        self.assertRegex(answer.message, r"could not extract the archive$")
        self.expect(self.client.layer(name), 404)
        self.add(layer("debian:8", [("a", "1")]), name=name)  # the name is free yet

    def test_10_packages_of_no_known_system(self):
        self.expect(self.client.post_layer(self.unique("layer"), self.blobs.put(layer(None, [("a", "1")]).data)), 422, TEXT_UNSUPPORTED)
        empty = self.add(layer(None))
        self.assertEqual(self.features(empty), {})
        self.expect(self.client.post_layer(self.unique("layer"), self.blobs.put(layer(None, [("a", "1")]).data), empty), 422, TEXT_UNSUPPORTED)
        debian = self.add(layer("debian:8"), empty)
        self.assertEqual(set(self.features(self.add(layer(None, [("a", "1")]), debian))), {("debian:8", "a", "1")})

    def test_11_headers_go_to_the_blobs_host_alone(self):
        data = layer("debian:8", [("a", "1")]).data
        token = "Bearer " + self.unique("secret")
        guarded = self.blobs.guarded(data, "Authorization", token)
        name = self.unique("layer")
        self.expect(self.client.post_layer(name, guarded), 400, TEXT_NO_LAYER)
        answer = self.client.post_layer(name, guarded, Headers={"Authorization": token, "X-Other": "1", "Host": "elsewhere.example"})
        self.expect(answer, 201)
        self.assertNotIn(token, answer.body.decode(), "the secret came back in the answer")
        self.assertEqual(self.blobs.seen(guarded)[-1].headers["X-Other"], "1")
        self.assertNotIn("elsewhere", self.blobs.seen(guarded)[-1].headers["Host"])
        there, here = self.blobs.put(data, host="127.0.0.2"), self.blobs.put(data)
        for target in (there, here):
            first = self.blobs.redirect(target)
            self.expect(self.client.post_layer(self.unique("layer"), first, Headers={"Authorization": token, "Cookie": "a=b"}), 201)
            self.assertEqual(self.blobs.seen(first)[0].headers["Authorization"], token)
            arrived = self.blobs.seen(target)[0].headers
            self.assertEqual((arrived["Authorization"], arrived["Cookie"]), (None, None) if target == there else (token, "a=b"), target)

    def with_vulnerability(self, fixed="2.0"):
        """(layer, package, vulnerability): debian:8 with the package 1.0, beside another whose name ends in -other."""
        package, flaw = self.unique("package"), self.unique("CVE-2030")
        name = self.add(layer("debian:8", [(package, "1.0"), (package + "-other", "1.0")]))
        self.expect(self.client.post_vulnerability("debian:8", flaw, [(package, fixed)]), 201)
        return name, package, flaw

    def test_12_the_value_of_a_query_key_says_nothing(self):
        name, package, _ = self.with_vulnerability()
        for query in ("features=false", "features", "features=", "features=0&x=y"):
            self.assertIn(("debian:8", package, "1.0"), self.features(name, query), query)
            self.assertEqual(set(map(len, self.features(name, query).values())), {0}, query)

    def test_13_vulnerabilities_bring_features_along(self):
        name, package, flaw = self.with_vulnerability()
        for query in ("vulnerabilities", "vulnerabilities=false", "features=false&vulnerabilities=true", "features&vulnerabilities"):
            found = self.features(name, query)
            self.assertEqual(found[("debian:8", package, "1.0")], {flaw: "2.0"}, query)
            self.assertEqual(found["debian:8", package + "-other", "1.0"], {})

    def test_14_query_keys_have_a_case(self):
        name, _, _ = self.with_vulnerability()
        for query in ("Features", "VULNERABILITIES", ""):
            shown = self.expect(self.client.layer(name, query), 200)
            self.assertSame(shown, {"Layer": {"Name": name, "NamespaceName": "debian:8", "IndexedByVersion": ENGINE_LEAST}}, query)

    def test_15_unknown_layer(self):
        for method in ("GET", "DELETE"):
            self.expect(self.client.call(method, "/v1/layers/" + self.unique("unknown")), 404, TEXT_NOT_FOUND)

    def test_16_delete_takes_the_descendants_along(self):
        blank, wheezy, jessie = self.upgrade()
        sibling = self.add(layer("debian:8", [("a", "1")]), blank)
        answer = self.client.delete("/v1/layers/" + wheezy)
        self.assertEqual((answer.status, answer.raw), (200, b""))
        for gone in (jessie, wheezy):
            self.expect(self.client.layer(gone), 404, TEXT_NOT_FOUND)
        self.expect(self.client.delete("/v1/layers/" + wheezy), 404, TEXT_NOT_FOUND)
        self.assertEqual(set(self.features(sibling)), {("debian:8", "a", "1")})
        self.expect(self.client.layer(blank), 200)
        self.add(layers_v1.dist_upgrade()[1], name=wheezy)  # and may be made anew
        self.assertEqual(len(self.features(wheezy)), 52)

    def test_17_without_a_fix(self):
        name, package, flaw = self.with_vulnerability(fixed=None)
        self.assertEqual(self.vulnerable(name), {package: {flaw: None}})
        for found in self.client.layer(name).json["Layer"]["Features"]:
            for one in found.get("Vulnerabilities", []):
                self.assertNotIn("FixedBy", one)
        shown = self.expect(self.client.vulnerability("debian:8", flaw), 200)["Vulnerability"]["FixedIn"]
        self.assertSame(shown, [{"Name": package, "NamespaceName": "debian:8", "VersionFormat": "dpkg", "Version": "None"}])

    def test_18_with_a_fix(self):
        package, other, flaw = self.unique("package"), self.unique("package"), self.unique("CVE-2030")
        names = {version: self.add(layer("debian:8", [(package, version), (other, "1")])) for version in ("9.8", "9.9~rc1", "9.9", "9.9-1", "10")}
        elsewhere = self.add(layer("debian:9", [(package, "1")]))
        self.expect(self.client.post_vulnerability("debian:8", flaw, [(package, "9.9")]), 201)
        for version, name in names.items():
            self.assertEqual(self.vulnerable(name), {package: {flaw: "9.9"}} if version in ("9.8", "9.9~rc1") else {}, version)
        self.assertEqual(self.vulnerable(elsewhere), {})
        late = self.add(layer("debian:8", [(package, "9.7")]))  # known only after the vulnerability
        self.assertEqual(self.vulnerable(late), {package: {flaw: "9.9"}})

    def test_19_a_changed_severity(self):
        name, package, flaw = self.with_vulnerability()
        target = f"/v1/namespaces/debian:8/vulnerabilities/{flaw}"
        body = {"Vulnerability": {"Severity": "High", "Description": "worse", "Link": "https://example.org/1"}}
        self.assertSame(self.expect(self.client.put(target, body), 200), body, "the body is echoed")
        wanted = {"Name": flaw, "NamespaceName": "debian:8", "Severity": "High", "Description": "worse", "Link": "https://example.org/1",
                  "FixedIn": [fix("debian:8", package, "2.0")]}
        self.assertSame(self.client.vulnerability("debian:8", flaw).json, {"Vulnerability": wanted})
        changed = [whole for one in self.wait_for_notifications(flaw, 2) if "Old" in (whole := self.whole_notification(one))]
        self.assertEqual(len(changed), 1)
        self.assertSame(changed[0], {
            "Old": {"Layers": [name], "Vulnerability": {"Name": flaw, "NamespaceName": "debian:8", "Severity": "Low",
                                                        "FixedIn": [fix("debian:8", package, "2.0")]}},
            "New": {"Layers": [name], "Vulnerability": wanted}})
        self.expect(self.client.put(target, body), 200)  # says nothing new: no notification
        self.expect(self.client.delete(target), 200)
        self.wait_for_notifications(flaw, 3)
        self.assertEqual(len(self.notifications_of(flaw)), 3)

    def test_20_put_with_fixed_in(self):
        _, package, flaw = self.with_vulnerability()
        body = {"Vulnerability": {"Severity": "High", "FixedIn": [fix("debian:8", package, "3.0")]}}
        self.expect(self.client.put(f"/v1/namespaces/debian:8/vulnerabilities/{flaw}", body), 400, "Vulnerability.FixedIn must be empty")
        self.assertEqual(self.client.vulnerability("debian:8", flaw).json["Vulnerability"]["Severity"], "Low")

    def test_21_fixes(self):
        name, package, flaw = self.with_vulnerability()
        other = package + "-other"
        target = f"/v1/namespaces/debian:8/vulnerabilities/{flaw}/fixes"
        self.assertSame(self.expect(self.client.get(target), 200), {"Features": [fix("debian:8", package, "2.0")]})
        body = {"Feature": fix("debian:8", package, "1.0")}
        self.assertSame(self.expect(self.client.put(f"{target}/{package}", body), 200), body)
        self.assertEqual(self.vulnerable(name), {})
        self.expect(self.client.put(f"{target}/{package}", {"Feature": fix("debian:8", package, None)}), 200)
        self.assertEqual(self.vulnerable(name), {package: {flaw: None}})
        self.expect(self.client.put(f"{target}/{other}", {"Feature": fix("debian:8", other, "1.1")}), 200)
        self.assertEqual(self.vulnerable(name), {package: {flaw: None}, other: {flaw: "1.1"}})
        self.expect(self.client.delete(f"{target}/{package}"), 200)
        self.assertEqual(self.vulnerable(name), {other: {flaw: "1.1"}})
        self.assertSame(self.expect(self.client.get(target), 200), {"Features": [fix("debian:8", other, "1.1")]})
        self.expect(self.client.delete(f"{target}/{package}"), 404, TEXT_NOT_FOUND)
        self.expect(self.client.put(f"{target}/third", {"Feature": fix("debian:8", "fourth", "1")}), 400, "feature name in URL and JSON do not match")
        self.expect(self.client.put(f"{target}/third", {"Feature": fix("debian:8", "third", "!")}), 400)
        self.expect(self.client.put(f"{target}/third", "{}"), 400, "failed to provide feature")
        for method, more, given in (("GET", "", None), ("PUT", "/x", {"Feature": fix("debian:8", "x", "1")}), ("DELETE", "/x", None)):
            self.expect(self.client.call(method, f"/v1/namespaces/debian:8/vulnerabilities/{self.unique('no')}/fixes{more}", given), 404, TEXT_NOT_FOUND)

    def test_22_limits_of_a_list(self):
        self.with_vulnerability()
        target = "/v1/namespaces/debian:8/vulnerabilities"
        self.expect(self.client.get(target), 400, "must provide limit query parameter")
        self.expect(self.client.get(target + "?limit=-1"), 400, "limit value should not be less than zero")
        for limit in ("abc", "1.5", "", "99999999999999999999"):
            answer = self.client.get(f"{target}?limit={limit}")
            self.expect(answer, 400)
            if limit:
                self.assertRegex(answer.message, "^invalid limit format: ", limit)
        self.expect(self.client.get("/v1/namespaces/" + self.unique("unknown:") + "/vulnerabilities?limit=2"), 404, TEXT_NOT_FOUND)
        none = self.expect(self.client.get(target + "?limit=0"), 200)
        self.assertEqual((none["Vulnerabilities"] or [], bool(none.get("NextPage"))), ([], True))

    def five(self):
        name_space = "debian:" + self.unique("9").replace("-", "")
        flaws = [self.unique("CVE-2030") for _ in range(5)]
        for flaw in flaws:
            self.expect(self.client.post_vulnerability(name_space, flaw, [("p", "1")], Metadata={"NVD": {"CVSSv2": {"Score": 5}}}), 201)
        return name_space, flaws

    def test_23_pages_of_a_list(self):
        name_space, flaws = self.five()
        target = f"/v1/namespaces/{name_space}/vulnerabilities"
        pages = [self.expect(answer, 200) for answer in self.client.pages(target, 2)]
        self.assertEqual([len(page["Vulnerabilities"]) for page in pages], [2, 2, 1])
        self.assertEqual([bool(page.get("NextPage")) for page in pages], [True, True, False])
        self.assertSame([one for page in pages for one in page["Vulnerabilities"]], [
            {"Name": flaw, "NamespaceName": name_space, "Severity": "Low", "Metadata": {"NVD": {"CVSSv2": {"Score": 5}}}} for flaw in flaws])
        self.assertEqual([len(page.json["Vulnerabilities"]) for page in self.client.pages(target, 5)], [5])
        token = pages[0]["NextPage"]
        again = [self.expect(self.client.get(f"{target}?limit=2&page={quote(token)}"), 200) for _ in range(4)]  # at whichever node
        for page in again:
            self.assertSame(page["Vulnerabilities"], pages[1]["Vulnerabilities"])
        middle = len(token) // 2
        for bad in (token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1:], token[:-8], "x", "gAAAAA=="):
            self.expect(self.client.get(f"{target}?limit=2&page={quote(bad)}"), 400, TEXT_BAD_TOKEN)

    def test_23_tokens_run_out(self):
        name_space, _ = self.five()
        target = f"/v1/namespaces/{name_space}/vulnerabilities?limit=2&page="
        token = self.client.get(target.removesuffix("&page=")).json["NextPage"]
        try:
            payload = Fernet(PAGE_KEY).decrypt(token.encode())
        except InvalidToken:
            self.fail(f"the token is no Fernet token of the configured key, so that its age cannot be tested: {token}")
        minted = lambda key, age: Fernet(key).encrypt_at_time(payload, int(time.time()) - age).decode()
        self.expect(self.client.get(target + quote(minted(PAGE_KEY, 3000))), 200)
        foreign = base64.urlsafe_b64encode(bytes(32)).decode()
        for key, age in ((PAGE_KEY, 3700), (PAGE_KEY, -600), (foreign, 0)):
            self.expect(self.client.get(target + quote(minted(key, age))), 400, TEXT_BAD_TOKEN)

    def test_24_webhooks_are_repeated_until_they_are_taken(self):
        flaw = self.unique("CVE-2030")

        def decide(name, nth):  # by what it is about, since other tests have notifications under way
            about = self.client.get(f"/v1/notifications/{name}?limit=0").json["Notification"]
            mine = any(about.get(side, {}).get("Vulnerability", {}).get("Name") == flaw for side in ("Old", "New"))
            return (500, 500, 200)[min(nth, 2)] if mine else 200
        self.hook.decide = decide
        self.addCleanup(setattr, self.hook, "decide", None)
        self.expect(self.client.post_vulnerability("debian:8", flaw, [("p", "1")]), 201)
        name = self.wait_for_notifications(flaw, 1)[0]
        deliveries = self.hook.wait(lambda: len(self.hook.of(name)) >= 3 and self.hook.of(name), 30, "the third delivery")
        self.assertEqual([one.status for one in deliveries], [500, 500, 200])
        first, second = (deliveries[at + 1].time - deliveries[at].time for at in range(2))
        self.assertTrue(0.45 <= first <= 8 and 0.95 <= second <= 12, f"waited {first:.2f} s and {second:.2f} s between the attempts, not about 1 and 2")
        for one in deliveries:
            self.assertEqual(one.body, b'{"Notification":{"Name":"%s"}}' % name.encode())
            self.assertEqual(one.headers["Content-Type"], "application/json")
        self.assertRegex(name, UUID)
        self.wait_until(lambda: re.fullmatch(r"\d{10}", self.client.get(f"/v1/notifications/{name}?limit=1").json["Notification"].get("Notified", "")))
        self.assertEqual(len(self.hook.of(name)), 3, "it was delivered again after it had been taken")

    def test_24_only_200_and_201_are_success(self):
        flaw = self.unique("CVE-2030")
        self.hook.decide = lambda name, nth: (204, 201)[min(nth, 1)]
        self.addCleanup(setattr, self.hook, "decide", None)
        self.expect(self.client.post_vulnerability("debian:8", flaw, [("p", "1")]), 201)
        name = self.wait_for_notifications(flaw, 1)[0]
        deliveries = self.hook.wait(lambda: len(self.hook.of(name)) >= 2 and self.hook.of(name), 20, "a delivery after 204")
        self.assertEqual([one.status for one in deliveries], [204, 201])

    def notified(self, layers=3):
        package, flaw = self.unique("package"), self.unique("CVE-2030")
        names = [self.add(layer("debian:8", [(package, f"1.{at}")])) for at in range(layers)]
        child = self.add(layer("debian:8", [(package, "1.0"), ("more", "1")]), names[0])  # brings nothing affected
        self.expect(self.client.post_vulnerability("debian:8", flaw, [(package, "2")], Description="d", Metadata={"a": {"b": 1}}), 201)
        self.assertIn(flaw, self.vulnerable(child)[package])
        return self.wait_for_notifications(flaw, 1)[0], names, package, flaw

    def test_25_pages_of_a_notification(self):
        name, layers, package, flaw = self.notified()
        pages = [self.expect(answer, 200)["Notification"] for answer in self.client.pages(f"/v1/notifications/{name}", 2)]
        self.assertEqual([page["New"]["LayersIntroducingVulnerability"] for page in pages], [layers[:2], layers[2:]])
        indices = [one["Index"] for page in pages for one in page["New"]["OrderedLayersIntroducingVulnerability"]]
        self.assertEqual(indices, sorted(set(indices)))
        self.assertEqual([bool(page.get("NextPage")) for page in pages], [True, False])
        for page in pages:
            self.assertEqual((page["Name"], page["Limit"], "Old" in page), (name, 2, False))
            self.assertTrue(page["Page"])
            for member in ("Created", "Notified"):
                self.assertRegex(page.get(member, "0" * 10), r"^\d{10}$")
            self.assertIsInstance(page["Created"], str)
            self.assertSame(page["New"]["Vulnerability"], {"Name": flaw, "NamespaceName": "debian:8", "Severity": "Low", "Description": "d",
                                                           "Metadata": {"a": {"b": 1}}, "FixedIn": [fix("debian:8", package, "2")]})
        self.assertEqual(self.whole_notification(name)["New"]["Layers"], layers)
        none = self.expect(self.client.get(f"/v1/notifications/{name}?limit=0"), 200)["Notification"]
        self.assertEqual((none["New"].get("LayersIntroducingVulnerability") or [], bool(none.get("NextPage"))), ([], True))
        self.assertEqual(len(self.expect(self.client.get(f"/v1/notifications/{name}"), 200)["Notification"]["New"]["LayersIntroducingVulnerability"]), 3)
        self.expect(self.client.get(f"/v1/notifications/{name}?limit=abc"), 400)
        for bad in ("gAAAAA==", "x"):
            self.expect(self.client.get(f"/v1/notifications/{name}?limit=2&page={quote(bad)}"), 400, TEXT_BAD_TOKEN)

    def test_26_a_notification_is_marked_read(self):
        name, _, _, _ = self.notified(1)
        for _ in range(2):
            answer = self.client.delete("/v1/notifications/" + name)
            self.assertEqual((answer.status, answer.raw), (200, b""))
        shown = self.expect(self.client.get(f"/v1/notifications/{name}?limit=2"), 200)["Notification"]
        self.assertRegex(shown["Deleted"], r"^\d{10}$")
        for method in ("GET", "DELETE"):
            self.expect(self.client.call(method, "/v1/notifications/00000000-0000-4000-8000-000000000000?limit=1"), 404, TEXT_NOT_FOUND)

    def test_27_compressed_answers(self):
        name, _, _ = self.with_vulnerability()
        plain = self.client.layer(name)
        self.assertIsNone(plain.headers["Content-Encoding"])
        for accept in ("gzip", "deflate, gzip", "gzip, deflate, br"):
            packed = self.client.get(f"/v1/layers/{name}?vulnerabilities", headers={"Accept-Encoding": accept})
            self.assertEqual(packed.headers["Content-Encoding"], "gzip", accept)
            self.assertSame(packed.json, plain.json)
        for accept in ("identity", "br"):
            self.assertIsNone(self.client.get(f"/v1/layers/{name}?vulnerabilities", headers={"Accept-Encoding": accept}).headers["Content-Encoding"])
        self.assertEqual(self.client.get("/v1/layers/" + self.unique("none"), headers={"Accept-Encoding": "gzip"}).message, TEXT_NOT_FOUND)

    def test_28_a_body_beyond_a_mebibyte(self):
        name, url = self.unique("layer"), self.blobs.put(layers_v1.blank().data)
        body = lambda padding: json.dumps({"Unknown": "x" * padding, "Layer": {"Name": name, "Path": url, "Format": "Docker"}})
        self.expect(self.client.post("/v1/layers", body(1 << 20)), 400, "unexpected EOF")
        self.expect(self.client.layer(name), 404)
        self.expect(self.client.post("/v1/layers", body(1_000_000)), 201)

    def test_29_metrics(self):
        name, _, _ = self.with_vulnerability()
        node = Client(self.topology.nodes[0].address)
        self.expect(node.layer(name), 200)
        answer = node.get("/v1/metrics")
        self.assertEqual(answer.status, 200)
        self.assertRegex(answer.headers["Content-Type"], r"^text/plain")
        text = answer.body.decode()
        kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        for metric, kind in METRICS.items():
            self.assertEqual(kinds.get(metric), kind, metric)
        for metric, kind in METRICS_WHERE_USED.items():
            self.assertIn(kinds.get(metric, kind), (kind,), metric)
        if self.topology.postgres:
            self.assertIn("clair_pgsql_query_duration_milliseconds", kinds)
        samples = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                sample = re.fullmatch(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?", line)
                self.assertTrue(sample, f"no sample: {line}")
                float(sample[3])
                samples[sample[1], frozenset(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', sample[2] or ""))] = float(sample[3])
        mine = {dict(labels).get("le"): value for (metric, labels), value in samples.items()
                if metric == "clair_api_response_duration_milliseconds_bucket" and {("route", "v1/getLayer"), ("code", "200")} <= labels}
        self.assertTrue({"0.1", "1", "10"} <= set(mine), "buckets that tell our answers apart")
        in_order = [value for _, value in sorted(mine.items(), key=lambda one: float(one[0]))]
        self.assertEqual(in_order, sorted(in_order), "buckets are cumulative")
        count = [value for (metric, labels), value in samples.items() if metric == "clair_api_response_duration_milliseconds_count"
                 and labels == {("route", "v1/getLayer"), ("code", "200")}]
        self.assertEqual(count, [mine["+Inf"]])
        self.assertGreaterEqual(count[0], 1)

    def test_30_health(self):
        for node in self.topology.nodes:
            answer = node.health.get("/health")
            self.assertEqual((answer.status, answer.body, answer.headers["Server"]), (200, b"", "clair"))
            self.assertEqual(node.health.get("/v1/namespaces").status, 404)
            self.assertEqual(node.client.get("/health").status, 404)

    def test_30_health_without_the_database(self):
        self.need_postgres("there is no server that could stop")
        postgres = self.topology.postgres
        database = postgres.create_database()
        with self.topology.extra(store=postgres.url(database)) as node:
            self.assertEqual(node.health.get("/health").status, 200)
            postgres.allow_connections(database, False)
            answer = self.wait_until(lambda: (got := node.health.get("/health")).status == 500 and got, 20, "/health to say 500")
            self.assertEqual(answer.body, b"")
            self.expect(node.client.get("/v1/layers/x"), 500, "database: an error occured when querying the backend")
            postgres.allow_connections(database, True)
            self.wait_until(lambda: node.health.get("/health").status == 200, 30, "/health to say 200 again")
            self.wait_until(lambda: node.client.get("/v1/layers/x").status == 404, 30, "the store to answer again")

    def test_31_percent_encoded_names(self):
        _, _, flaw = self.with_vulnerability()
        plain = self.expect(self.client.get(f"/v1/namespaces/debian:8/vulnerabilities/{flaw}?fixedIn"), 200)
        self.assertSame(self.expect(self.client.get(f"/v1/namespaces/debian%3A8/vulnerabilities/{flaw}?fixedIn"), 200), plain)
        self.assertSame(self.expect(self.client.get(f"/v1/namespaces/debian%3a8/vulnerabilities/{flaw.replace('-', '%2D')}?fixedIn"), 200), plain)
        odd = self.unique("a b+c%ä'\"<&>")
        self.add(layer("debian:8", [("a", "1")]), name=odd)
        self.assertEqual(self.client.layer(odd).json["Layer"]["Name"], odd)

    def test_32_only_one_node_updates(self):
        self.need_postgres("one store, one node")
        feeds = FeedServer()
        self.addCleanup(feeds.close)
        flaw = "CVE-2030-0032"
        url = feeds.put("/tracker.json", tracker({"openssl": {flaw: {"bookworm": ("resolved", "3.0.2-1", "high")}}}))
        store = self.topology.new_store()
        clair = {"updater": {"interval": "1h", "feeds": [feed_entry("debian", url)]}}
        with self.topology.extra(clair, store) as one, self.topology.extra(clair, store) as other:
            for node in (one, other):
                self.wait_until(lambda node=node: node.client.vulnerability("debian:12", flaw).status == 200, 40, "the feed's flaw at each node")
            self.assertEqual(feeds.count("/tracker.json", 200), 1)
            for name in "abc":
                self.expect(one.client.post_vulnerability("debian:12", "CVE-2031-" + name, [("p", "1")]), 201)
            target = "/v1/namespaces/debian:12/vulnerabilities?limit=2"
            token = one.client.get(target).json["NextPage"]
            pages = [self.expect(node.client.get(f"{target}&page={quote(token)}"), 200) for node in (one, other)]
            self.assertSame(*pages)

    def test_33_version_vectors_of_dpkg(self):
        prefix, flaw = self.unique("v"), self.unique("CVE-2030")
        packages = {f"{prefix}-{at}-{way}": pair for at, (a, sign, b) in enumerate(VERSIONS)
                    for way, pair in (("there", (a, b, sign == "<")), ("back", (b, a, sign == ">")))}
        status = "".join(layers_v1.stanza(package, installed) for package, (installed, _, _) in packages.items())
        name = self.add(layer("debian:8", (), {"var/lib/dpkg/status": status}))
        self.expect(self.client.post_vulnerability("debian:8", flaw, [(package, fixed) for package, (_, fixed, _) in packages.items()]), 201)
        wanted = {package: {flaw: fixed} for package, (_, fixed, lower) in packages.items() if lower}
        self.assertEqual(len(self.features(name)), len(packages))
        self.assertSame(self.vulnerable(name), wanted)

    def test_33_version_vectors_of_rpm(self):
        prefix, flaw = self.unique("v"), self.unique("CVE-2030")
        packages = {f"{prefix}-{at}-{way}": pair for at, (a, sign, b) in enumerate(RPM_VERSIONS)
                    for way, pair in (("there", (a, b, sign == "<")), ("back", (b, a, sign == ">")))}
        database = layers_v1.rpm_ndb([layers_v1.rpm_header(package, *layers_v1.rpm_evr(installed)) for package, (installed, _, _) in packages.items()])
        name = self.add(layer("centos:7", (), {"var/lib/rpm/Packages.db": database}))
        self.expect(self.client.post_vulnerability("centos:7", flaw, [(package, fixed) for package, (_, fixed, _) in packages.items()]), 201)
        wanted = {package: {flaw: fixed} for package, (_, fixed, lower) in packages.items() if lower}
        self.assertEqual(len(self.features(name)), len(packages))
        self.assertSame(self.vulnerable(name), wanted)

    def test_34_feeds(self):
        """The facts that the contract tells of the Debian fixture, and as many of Alpine's."""
        facts = {"aptdaemon": {"CVE-2015-1323": {"jessie": ("open", None, "low"), "sid": ("resolved", "1.1.1+bzr982-1", "low")},
                               "CVE-2003-0779": {"jessie": ("resolved", "0.7.0", "high"), "sid": ("resolved", "0.7.0", "high")},
                               "CVE-2015-9999": {"jessie": ("undetermined", None, "medium")},
                               "TEMP-0000001-ABCDEF": {"jessie": ("open", None, "low")}},
                 "asterisk": {"CVE-2003-0779": {"jessie": ("resolved", "0.5.56", "high"), "sid": ("resolved", "0.5.56", "high")},
                              "CVE-2013-2685": {"jessie": ("resolved", "0", "unimportant")}}}
        secdb = {"distroversion": "v3.19", "reponame": "main", "urlprefix": "u", "packages": [
            {"pkg": {"name": "busybox", "secfixes": {"1.36.1-r16": ["CVE-2024-0010 CVE-2024-0011"], "0": ["CVE-2024-0012"]}}},
            {"pkg": {"name": "zlib", "secfixes": {"1.3.1-r0": ["CVE-2024-0010"]}}}]}
        database = build_database(self.topology.folder, [("debian", "tracker.json", tracker(facts)), ("alpine", "main.json", json.dumps(secdb))],
                                  self.unique("db"))
        with self.topology.extra(arguments=["--db", database]) as node:
            shown = lambda name_space, flaw: self.expect(node.client.vulnerability(name_space, flaw), 200)["Vulnerability"]
            debian = lambda flaw, name_space, severity, fixes: {
                "Name": flaw, "NamespaceName": name_space, "Severity": severity, "Link": "https://security-tracker.debian.org/tracker/" + flaw,
                "FixedIn": [fix(name_space, *one) for one in fixes]}
            without_text = lambda one: {name: value for name, value in one.items() if name != "Description"}
            for wanted in (debian("CVE-2015-1323", "debian:8", "Low", [("aptdaemon", None)]),
                           debian("CVE-2015-1323", "debian:unstable", "Low", [("aptdaemon", "1.1.1+bzr982-1")]),
                           debian("CVE-2003-0779", "debian:8", "High", [("aptdaemon", "0.7.0"), ("asterisk", "0.5.56")]),
                           debian("CVE-2003-0779", "debian:unstable", "High", [("aptdaemon", "0.7.0"), ("asterisk", "0.5.56")])):
                for entry in wanted["FixedIn"]:
                    entry["VersionFormat"] = "dpkg"
                got = shown(wanted["NamespaceName"], wanted["Name"])
                self.assertSame(without_text(got), wanted)
            names = lambda name_space: {one["Name"] for page in node.client.pages(f"/v1/namespaces/{name_space}/vulnerabilities", 2)
                                        for one in page.json["Vulnerabilities"] or []}
            self.assertEqual(names("debian:8") - {"CVE-2013-2685"}, {"CVE-2015-1323", "CVE-2003-0779"})
            self.assertEqual(names("debian:unstable"), {"CVE-2015-1323", "CVE-2003-0779"})
            self.assertEqual(names("alpine:v3.19") - {"CVE-2024-0012"}, {"CVE-2024-0010", "CVE-2024-0011"})
            self.assertEqual({(one["Name"], one["Version"]) for one in shown("alpine:v3.19", "CVE-2024-0010")["FixedIn"]},
                             {("busybox", "1.36.1-r16"), ("zlib", "1.3.1-r0")})
            name = self.add(layer("debian:8", [("aptdaemon", "0.6"), ("asterisk", "0.5.56")]), client=node.client)
            self.assertEqual(self.vulnerable(name, node.client), {"aptdaemon": {"CVE-2015-1323": None, "CVE-2003-0779": "0.7.0"}})
            name = self.add(layer("alpine:v3.19", [("busybox", "1.36.1-r15"), ("zlib", "1.3.1-r0")]), client=node.client)
            self.assertEqual(self.vulnerable(name, node.client), {"busybox": {"CVE-2024-0010": "1.36.1-r16", "CVE-2024-0011": "1.36.1-r16"}})
            # What the API writes shadows the feed's statement, and its deletion hides it.
            target = "/v1/namespaces/debian:8/vulnerabilities/CVE-2003-0779"
            self.expect(node.client.put(target, {"Vulnerability": {"Severity": "Negligible"}}), 200)
            got = shown("debian:8", "CVE-2003-0779")
            self.assertEqual((got["Severity"], len(got["FixedIn"])), ("Negligible", 2))
            self.assertEqual(shown("debian:unstable", "CVE-2003-0779")["Severity"], "High")
            self.expect(node.client.delete(target), 200)
            self.expect(node.client.vulnerability("debian:8", "CVE-2003-0779"), 404, TEXT_NOT_FOUND)
            self.assertEqual(names("debian:8") - {"CVE-2013-2685"}, {"CVE-2015-1323"})

    @contextlib.contextmanager
    def serving(self, *feeds):
        """A service whose updater has fetched these feeds, [(NAME, file name, content)], from a server here."""
        server = FeedServer()
        self.addCleanup(server.close)
        entries = [feed_entry(feed, server.put("/" + name, content)) for feed, name, content in feeds]
        with self.topology.extra({"updater": {"interval": "1h", "feeds": entries}}, self.topology.new_store()) as node:
            self.wait_until(lambda: any(one["Name"] for one in node.client.get("/v1/namespaces").json["Namespaces"] or []), 40, "the feeds at the node")
            yield node

    def rpms(self, release_files, packages):
        """A layer whose database of rpm's, in its NDB form, has these [(name, "epoch:version-release")]."""
        database = layers_v1.rpm_ndb([layers_v1.rpm_header(name, *layers_v1.rpm_evr(version)) for name, version in packages])
        return layer(None, (), {**release_files, "var/lib/rpm/Packages.db": database})

    def expect_update(self, node, name_space, name, severity, fixes, link=None):
        got = self.expect(node.client.vulnerability(name_space, name), 200)["Vulnerability"]
        self.assertEqual((got["Name"], got["NamespaceName"], got["Severity"]), (name, name_space, severity))
        self.assertSame(got["FixedIn"], [fix(name_space, package, version, "rpm") for package, version in fixes])
        if link is not None:
            self.assertEqual(got["Link"], link)

    def test_34_feeds_of_rhel(self):
        oval = distribution_feeds.Oval("com.redhat.rhsa", "Red Hat Enterprise Linux", "Red Hat redhatrelease2 key")
        xerces = {package: "0:3.1.1-7.el7_1" for package in ("xerces-c", "xerces-c-devel", "xerces-c-doc")}
        oval.add("RHSA-2015:1193", "xerces-c security update (Moderate)", "Moderate", ["CVE-2015-0252"], "https://rhn.redhat.com/errata/RHSA-2015-1193.html",
                 {"7": xerces})
        oval.add("RHSA-2015:1207", "firefox security update (Critical)", "Critical", ["CVE-2015-2724", "CVE-2015-2725"],
                 "https://rhn.redhat.com/errata/RHSA-2015-1207.html", {"6": {"firefox": "0:38.1.0-1.el6_6"}, "7": {"firefox": "0:38.1.0-1.el7_1"}})
        with self.serving(("redhat-oval", "com.redhat.rhsa-RHEL7.xml", oval.text())) as node:
            self.expect_update(node, "centos:7", "RHSA-2015:1193", "Medium", [(package, "3.1.1-7.el7_1") for package in sorted(xerces)],
                               "https://rhn.redhat.com/errata/RHSA-2015-1193.html")
            self.expect_update(node, "centos:6", "RHSA-2015:1207", "Critical", [("firefox", "38.1.0-1.el6_6")])
            self.expect_update(node, "centos:7", "RHSA-2015:1207", "Critical", [("firefox", "38.1.0-1.el7_1")])
            self.expect(node.client.vulnerability("centos:6", "RHSA-2015:1193"), 404, TEXT_NOT_FOUND)
            names = [one["Name"] for page in node.client.pages("/v1/namespaces/centos:7/vulnerabilities", 1) for one in page.json["Vulnerabilities"]]
            self.assertEqual(names, ["RHSA-2015:1193", "RHSA-2015:1207"])
            shown = {one["Name"]: one["VersionFormat"] for one in node.client.get("/v1/namespaces").json["Namespaces"]}
            self.assertEqual((shown.get("centos:6"), shown.get("centos:7")), ("rpm", "rpm"))
            old = [("xerces-c", "3.1.1-6.el7"), ("firefox", "38.0.1-1.el7_1"), ("bash", "4.2-1.el7")]
            wanted = {"xerces-c": {"RHSA-2015:1193": "3.1.1-7.el7_1"}, "firefox": {"RHSA-2015:1207": "38.1.0-1.el7_1"}}
            for files in ({"etc/centos-release": "CentOS Linux release 7.1.1503 (Core)\n"},
                          {"etc/redhat-release": "Red Hat Enterprise Linux Server release 7.1 (Maipo)\n"}):
                name = self.add(self.rpms(files, old), client=node.client)
                self.assertEqual(self.vulnerable(name, node.client), wanted)
                self.assertEqual({space for space, _, _ in self.features(name, client=node.client)}, {"centos:7"})
            new = self.add(self.rpms({"etc/centos-release": "CentOS Linux release 7.1.1503 (Core)\n"},
                                     [("xerces-c", "3.1.1-7.el7_1"), ("firefox", "38.1.0-1.el7.centos")]), client=node.client)
            self.assertEqual(self.vulnerable(new, node.client), {"firefox": wanted["firefox"]})  # a rebuild's own release stands below el7_1
            six = self.add(self.rpms({"etc/centos-release": "CentOS release 6.6 (Final)\n"}, [("firefox", "38.1.0-1.el6_6")]), client=node.client)
            self.assertEqual(self.vulnerable(six, node.client), {})
            severities = {one["Name"]: one["Severity"] for feature in node.client.layer(name).json["Layer"]["Features"]
                          for one in feature.get("Vulnerabilities", [])}
            self.assertEqual(severities, {"RHSA-2015:1193": "Medium", "RHSA-2015:1207": "Critical"})
            # By the name that the report has it is written, and deleted. None of its flaws is a name.
            self.expect(node.client.vulnerability("centos:7", "CVE-2015-2724"), 404, TEXT_NOT_FOUND)
            target = "/v1/namespaces/centos:7/vulnerabilities/RHSA-2015:1207"
            self.expect(node.client.put(target, {"Vulnerability": {"Severity": "Negligible"}}), 200)
            severities = {one["Name"]: one["Severity"] for feature in node.client.layer(name).json["Layer"]["Features"]
                          for one in feature.get("Vulnerabilities", [])}
            self.assertEqual(severities, {"RHSA-2015:1193": "Medium", "RHSA-2015:1207": "Negligible"})
            self.expect(node.client.delete(target), 200)
            self.assertEqual(self.vulnerable(name, node.client), {"xerces-c": wanted["xerces-c"]})

    def test_34_feeds_of_oracle(self):
        oval = distribution_feeds.Oval("com.oracle.elsa", "Oracle Linux", "the Oracle Linux 7 key")
        trio = ("xerces-c", "xerces-c-devel", "xerces-c-doc")
        url = "http://linux.oracle.com/errata/ELSA-2015-1193.html"
        oval.add("ELSA-2015-1193", "xerces-c security update (MODERATE)", "MODERATE", ["CVE-2015-0252"], url,
                 {"7": {package: "0:3.1.1-7.el7_1" for package in trio}}, ["x86_64"])
        oval.add("ELSA-2015-1207", "firefox security update (CRITICAL)", "CRITICAL", ["CVE-2015-2724"], "http://linux.oracle.com/errata/ELSA-2015-1207.html",
                 {"6": {"firefox": "0:38.1.0-1.0.1.el6_6"}, "7": {"firefox": "0:38.1.0-1.0.1.el7_1"}}, ["x86_64", "aarch64"])
        oval.add("ELSA-2021-9121", "openssl security update (IMPORTANT)", "IMPORTANT", ["CVE-2021-3449"], "http://linux.oracle.com/errata/ELSA-2021-9121.html",
                 {"7": {"openssl": "2:1.0.2k-21.ksplice1.el7_9"}}, ["x86_64"])
        with self.serving(("oracle", "com.oracle.elsa-all.xml", oval.text())) as node:
            self.expect_update(node, "oracle:7", "ELSA-2015-1193", "Medium", [(package, "3.1.1-7.el7_1") for package in trio], url)
            self.expect_update(node, "oracle:6", "ELSA-2015-1207", "Critical", [("firefox", "38.1.0-1.0.1.el6_6")])
            self.expect_update(node, "oracle:7", "ELSA-2015-1207", "Critical", [("firefox", "38.1.0-1.0.1.el7_1")])
            self.expect(node.client.vulnerability("oracle:7", "ELSA-2021-9121"), 404, TEXT_NOT_FOUND)  # of ksplice only
            files = {"etc/oracle-release": "Oracle Linux Server release 7.1\n", "etc/os-release": 'ID="ol"\nVERSION_ID="7.1"\n'}
            name = self.add(self.rpms(files, [("xerces-c", "3.1.1-6.el7"), ("firefox", "38.1.0-1.0.1.el7_1"), ("openssl", "1:1.0.2k-19.el7")]),
                            client=node.client)
            self.assertEqual(self.vulnerable(name, node.client), {"xerces-c": {"ELSA-2015-1193": "3.1.1-7.el7_1"}})
            self.assertEqual({space for space, _, _ in self.features(name, client=node.client)}, {"oracle:7"})

    def test_34_feeds_of_ubuntu(self):
        flaw = "CVE-2015-4471"
        tracker_of_ubuntu = tar({"ubuntu-cve-tracker/active/" + flaw: distribution_feeds.ubuntu_tracker(flaw, "medium", {
            "upstream_libmspack": "released (0.5-1)", "trusty_libmspack": "needed", "vivid_libmspack": "released (0.4-3)", "utopic_libmspack": "ignored (end of life)",
            "precise_libmspack": "DNE", "devel_libmspack": "not-affected", "wily_libmspack-anotherpkg": "released (0.1)"})})
        with self.serving(("ubuntu", "tracker.tar", tracker_of_ubuntu)) as node:
            for name_space, package, version in (("ubuntu:14.04", "libmspack", None), ("ubuntu:15.04", "libmspack", "0.4-3"),
                                                 ("ubuntu:15.10", "libmspack-anotherpkg", "0.1")):
                got = self.expect(node.client.vulnerability(name_space, flaw), 200)["Vulnerability"]
                self.assertEqual((got["Severity"], got["Link"]), ("Medium", "http://people.ubuntu.com/~ubuntu-security/cve/" + flaw))
                self.assertSame(got["FixedIn"], [{"Name": package, "NamespaceName": name_space, "VersionFormat": "dpkg", "Version": version or "None"}])
            for name_space, installed, wanted in (("ubuntu:14.04", "0.4-1", {"libmspack": {flaw: None}}), ("ubuntu:15.04", "0.4-2", {"libmspack": {flaw: "0.4-3"}}),
                                                  ("ubuntu:15.04", "0.4-3", {})):
                name = self.add(layer(name_space, [("libmspack", installed)]), client=node.client)
                self.assertEqual(self.vulnerable(name, node.client), wanted)

    def test_34_feeds_of_amazon(self):
        both = ("x86_64", "aarch64")
        one = distribution_feeds.updateinfo([("ALAS-2011-1", "medium", ["CVE-2011-3192"], "amazon-linux-ami", {"httpd-devel": ("0", "2.2.21", "1.18.amzn1", both)})])
        two = distribution_feeds.updateinfo([("ALAS2-2018-939", "critical", ["CVE-2017-5715", "CVE-2017-5754"], "amazon-linux-2",
                                              {"kernel": ("0", "4.9.76", "38.79.amzn2", ("x86_64",))}),
                                             ("ALAS2-2031-1", "important", ["CVE-2031-0001"], "amazon-linux-2", {"shadow-utils": ("2", "4.1.5.1", "25.amzn2", both)})])
        with self.serving(("amazon", "1/updateinfo.xml", one), ("amazon", "2/updateinfo.xml", two)) as node:
            self.wait_until(lambda: node.client.vulnerability("amzn:2", "ALAS2-2018-939").status == 200, 40, "the second repository")
            self.expect_update(node, "amzn:2018.03", "ALAS-2011-1", "Medium", [("httpd-devel", "2.2.21-1.18.amzn1")],
                               "https://alas.aws.amazon.com/ALAS-2011-1.html")
            self.expect_update(node, "amzn:2", "ALAS2-2018-939", "Critical", [("kernel", "4.9.76-38.79.amzn2")],
                               "https://alas.aws.amazon.com/AL2/ALAS-2018-939.html")
            self.expect_update(node, "amzn:2", "ALAS2-2031-1", "High", [("shadow-utils", "2:4.1.5.1-25.amzn2")])
            first = self.add(self.rpms({"etc/system-release": "Amazon Linux AMI release 2018.03\n"}, [("httpd-devel", "2.2.21-1.17.amzn1")]), client=node.client)
            self.assertEqual(self.vulnerable(first, node.client), {"httpd-devel": {"ALAS-2011-1": "2.2.21-1.18.amzn1"}})
            files = {"etc/system-release": "Amazon Linux release 2 (Karoo)\n", "etc/os-release": 'ID="amzn"\nVERSION_ID="2"\n'}
            name = self.add(self.rpms(files, [("kernel", "4.9.75-1.amzn2"), ("shadow-utils", "2:4.1.5.1-24.amzn2"), ("httpd-devel", "1-1")]), client=node.client)
            self.assertEqual(self.vulnerable(name, node.client), {"kernel": {"ALAS2-2018-939": "4.9.76-38.79.amzn2"},
                                                                  "shadow-utils": {"ALAS2-2031-1": "2:4.1.5.1-25.amzn2"}})

    def test_34_feeds_of_almalinux(self):
        """What a feed says of a module's package holds of packages of that module, which v1 does not show."""
        erratum = {"updateinfo_id": "ALSA-2031:0001", "type": "security", "severity": "Important", "references": [{"id": "CVE-2031-0001", "type": "cve", "href": "u"}],
                   "pkglist": {"module": {"name": "nodejs", "stream": "18"}, "packages": [
                       {"name": "nodejs", "epoch": "1", "version": "18.20", "release": "1.module_el8", "arch": "x86_64"}]}}
        with self.serving(("almalinux", "8/errata.json", json.dumps([erratum]))) as node:
            self.expect_update(node, "almalinux:8", "ALSA-2031:0001", "High", [("nodejs", "1:18.20-1.module_el8")])
            labels = {"18": "nodejs:18:8090020231114:8f1", "20": "nodejs:20:8090020231114:8f2", "none": None}
            names = {}
            for stream, label in labels.items():
                header = layers_v1.rpm_header("nodejs", "18.19", "1.module_el8", epoch=1, more=((5096, label),) if label else ())
                names[stream] = self.add(layer("almalinux:8", (), {"var/lib/rpm/Packages.db": layers_v1.rpm_ndb([header])}), client=node.client)
            shown = {stream: self.vulnerable(name, node.client) for stream, name in names.items()}
            self.assertEqual(shown, {"18": {"nodejs": {"ALSA-2031:0001": "1:18.20-1.module_el8"}}, "20": {}, "none": {}})
            self.assertEqual({tuple(sorted(self.features(name, client=node.client))) for name in names.values()},
                             {(("almalinux:8", "nodejs", "1:18.19-1.module_el8"),)})

    def test_35_rpm_oddities(self):
        headers = [layers_v1.rpm_header("gpg-pubkey", "fd431d51", "4ae0493b", arch="(none)"), layers_v1.rpm_header("bash", "5.1.8", "9.el9"),
                   layers_v1.rpm_header("shadow-utils", "4.9", "8.el9", epoch=2), layers_v1.rpm_header("zero", "1", "1", epoch=0)]
        for folder in ("var/lib/rpm", "usr/lib/sysimage/rpm"):
            name = self.add(layer("rhel:9", (), {folder + "/Packages.db": layers_v1.rpm_ndb(headers)}))
            self.assertEqual(set(self.features(name)), {("centos:9", "bash", "5.1.8-9.el9"), ("centos:9", "shadow-utils", "2:4.9-8.el9"), ("centos:9", "zero", "1-1")})

    def test_36_source_packages_with_a_version(self):
        status = (layers_v1.stanza("g++-5", "5.1.1-12ubuntu1+b7", "gcc-5 (5.1.1-12ubuntu1)") + layers_v1.stanza("libgcc1", "1:5.1.1-12ubuntu1", "gcc-5 (5.1.1-12ubuntu1)")
                  + layers_v1.stanza("libpam0g", "1.1.8-3.1ubuntu3", "pam") + layers_v1.stanza("libpam-runtime", "1.1.8-3.1ubuntu3", "pam")
                  + layers_v1.stanza("makedev", "2.3.1-93ubuntu1"))
        name = self.add(layer("ubuntu:15.10", (), {"var/lib/dpkg/status": status}))
        self.assertEqual(set(self.features(name)), {("ubuntu:15.10", "gcc-5", "5.1.1-12ubuntu1"), ("ubuntu:15.10", "pam", "1.1.8-3.1ubuntu3"),
                                                    ("ubuntu:15.10", "makedev", "2.3.1-93ubuntu1")})

    def test_37_sigterm_during_a_post(self):
        store = self.topology.new_store()
        url, arrived, gate = self.blobs.gated(layer("debian:8", [("a", "1")]).data)
        name, answers = self.unique("layer"), []
        with self.topology.extra(store=store) as node:
            posting = threading.Thread(target=lambda: answers.append(node.client.post_layer(name, url)))
            posting.start()
            self.assertTrue(arrived.wait(20), "the blob was never asked for")
            node.process.send_signal(signal.SIGTERM)
            host, port = node.address.split(":")
            self.wait_until(lambda: self.refuses(host, int(port)), 10, "the listener to close")
            self.assertTrue(node.running, "it ended in the middle of a request")
            gate.set()
            posting.join(20)
            self.expect(answers[0], 201)
            self.assertEqual(node.process.wait(20), 0)
        with self.topology.extra(store=store) as node:
            self.assertEqual(set(self.features(name, client=node.client)), {("debian:8", "a", "1")})

    @staticmethod
    def refuses(host, port):
        with socket.socket() as probe:
            return probe.connect_ex((host, port)) != 0

    # ── What the contract says beside its list ──

    def test_routes(self):
        for target in ("/", "/v2/layers", "/v1", "/v1/", "/v1/nothing", "/v1/namespaces/x", "/v1/layers/a/b", "/healthz"):
            answer = self.client.get(target)
            self.assertEqual((answer.status, answer.body), (404, b"404 page not found\n"), target)
            self.assertRegex(answer.headers["Content-Type"], "^text/plain")
        for method, target in (("PUT", "/v1/layers"), ("GET", "/v1/layers"), ("POST", "/v1/namespaces"), ("POST", "/v1/layers/x"), ("POST", "/v1/metrics"),
                               ("PATCH", "/v1/layers/x"), ("PUT", "/v1/notifications/x")):
            answer = self.client.call(method, target, b"" if method != "GET" else None)
            self.assertEqual((answer.status, answer.body, answer.headers["X-Content-Type-Options"]), (405, b"Method Not Allowed\n", "nosniff"), f"{method} {target}")

    def test_trailing_slashes(self):
        name, _, flaw = self.with_vulnerability()
        for target in (f"/v1/layers/{name}/?vulnerabilities", "/v1/namespaces/", f"/v1/namespaces/debian:8/vulnerabilities/{flaw}/", "/v1/metrics/"):
            self.assertEqual(self.client.get(target).status, 200, target)

    def test_the_answer_to_a_post_of_a_layer(self):
        name, url = self.unique("layer"), self.blobs.put(layer("debian:8").data)
        answer = self.client.post("/v1/layers", {"Layer": {"Name": name, "Path": url, "ParentName": "", "Format": "dOcKeR", "NamespaceName": "",
                                                           "IndexedByVersion": 0, "Features": []}})
        self.assertSame(self.expect(answer, 201), {"Layer": {"Name": name, "Path": url, "Format": "dOcKeR", "IndexedByVersion": ENGINE_LEAST}})
        self.assertTrue(answer.body.endswith(b"}\n"))
        self.assertEqual(answer.headers["Server"], "clair")

    def test_json_keys_in_any_case(self):
        name = self.unique("layer")
        url = self.blobs.put(layers_v1.blank().data)
        body = json.dumps({"layer": {"name": name, "PATH": url, "format": "Docker", "parentname": "", "unknown": {"deep": [1]}}, "else": None}) + "trailing garbage"
        self.expect(self.client.post("/v1/layers", body), 201)
        self.expect(self.client.layer(name), 200)

    def test_every_compression(self):
        features = [(f"package{at}", f"{at}.1-1") for at in range(40)]
        for form in ("tar", "gz", "bz2", "xz", "zst"):
            with self.subTest(form):
                self.assertEqual(set(self.features(self.add(layer("debian:12", features, form=form)))), {("debian:12", *one) for one in features})

    def test_an_aci_image(self):
        name = self.add(layers_v1.aci("debian:8", [("a", "1")]), form="ACI")
        self.assertEqual(set(self.features(name)), {("debian:8", "a", "1")})

    def test_a_layer_in_a_folder_of_the_server(self):
        path = os.path.join(self.topology.layers_folder, self.unique("layer") + ".tar")
        with open(path, "wb") as stream:
            stream.write(layer("debian:8", [("a", "1")], form="tar").data)
        name = self.unique("layer")
        self.expect(self.client.post_layer(name, path), 201)
        self.assertEqual(set(self.features(name)), {("debian:8", "a", "1")})

    def test_an_empty_blob(self):
        self.assertEqual(self.features(self.add(Blob(b""))), {})

    def test_names_of_members(self):
        for prefix in ("", "./", "/"):
            with self.subTest(prefix):
                self.assertEqual(set(self.features(self.add(layer("debian:8", [("a", "1")], prefix=prefix)))), {("debian:8", "a", "1")})

    def test_release_files(self):
        for files, wanted in RELEASES:
            with self.subTest(wanted=wanted, files=sorted(files)):
                name = self.add(Blob(compress(tar(files))))
                self.assertEqual(self.client.layer(name).json["Layer"].get("NamespaceName"), wanted)

    def test_alpine(self):
        base = self.add(layer("alpine:v3.19", [("musl", "1.2.4-r2"), ("busybox", "1.36.1-r15")]))
        child = self.add(layers_v1.alpine_child([("musl", "1.2.4-r2"), ("busybox", "1.36.1-r16"), ("zlib", "1.3-r0")]), base)
        self.assertEqual(set(self.features(child)), {("alpine:v3.19", "musl", "1.2.4-r2"), ("alpine:v3.19", "busybox", "1.36.1-r16"), ("alpine:v3.19", "zlib", "1.3-r0")})
        self.assertEqual({one["VersionFormat"] for one in self.client.layer(child).json["Layer"]["Features"]}, {"dpkg"})

    def test_packages_that_are_no_longer_installed(self):
        status = dpkg(("a", "1"), ("gone", "1", {"Status": "deinstall ok config-files"}), ("purged", "1", {"Status": "purge ok not-installed"}))
        self.assertEqual(set(self.features(self.add(layer("debian:8", (), {"var/lib/dpkg/status": status})))), {("debian:8", "a", "1")})

    def test_distroless_packages(self):
        files = {"var/lib/dpkg/status.d/base": layers_v1.stanza("base-files", "12"), "var/lib/dpkg/status.d/libssl3": layers_v1.stanza("libssl3", "3.0-1", "openssl")}
        self.assertEqual(set(self.features(self.add(layer("debian:12", (), files)))), {("debian:12", "base-files", "12"), ("debian:12", "openssl", "3.0-1")})

    def test_a_removed_package_database(self):
        base = self.add(layer("debian:8", [("a", "1")]))
        for files in ({"var/lib/dpkg/.wh.status": ""}, {"var/lib/.wh.dpkg": ""}, {"var/lib/dpkg/.wh..wh..opq": ""}):
            self.assertEqual(self.features(self.add(Blob(compress(tar(files))), base)), {}, files)
        self.assertEqual(set(self.features(base)), {("debian:8", "a", "1")})

    def test_added_by_after_removal_and_return(self):
        first = self.add(layer("debian:8", [("a", "1"), ("b", "1")]))
        second = self.add(layer("debian:8", [("b", "1")]), first)
        third = self.add(layer("debian:8", [("a", "1"), ("b", "1")]), second)
        by = {one["Name"]: one["AddedBy"] for one in self.client.layer(third, "features").json["Layer"]["Features"]}
        self.assertEqual(by, {"a": third, "b": first})
        fourth = self.add(layers_v1.blank(), third)
        by = {one["Name"]: one["AddedBy"] for one in self.client.layer(fourth, "features").json["Layer"]["Features"]}
        self.assertEqual(by, {"a": third, "b": first})

    def test_one_blob_over_two_parents(self):
        blob = layer(None, [("a", "1"), ("b", "1")])
        for release in ("debian:8", "debian:9"):
            name = self.add(blob, self.add(layer(release, [("a", "1")])))
            self.assertEqual(set(self.features(name)), {(release, "a", "1"), (release, "b", "1")})

    def test_long_names(self):
        name = ("0123456789abcdef" * 16) + self.unique("-")  # 256 and more
        self.add(layer("debian:8", [("p" * 200, "1." + "0" * 200)]), name=name)
        self.assertEqual(set(self.features(name)), {("debian:8", "p" * 200, "1." + "0" * 200)})
        longest = self.unique("-").rjust(1024, "n")
        self.add(layer("debian:8", [("p", "1")]), name=longest)
        self.assertEqual(set(self.features(longest)), {("debian:8", "p", "1")})

    def test_a_vulnerability_as_posted(self):
        flaw = self.unique("CVE-2030")
        body = {"Vulnerability": {"Name": flaw, "NamespaceName": "debian:8", "Description": "says <b>&amp;\u2028 ü", "Link": "https://example.org/?a=b&c", "Severity": "high",
                                  "Metadata": {"NVD": {"CVSSv2": {"Score": 7.5, "Vectors": "AV:N/AC:L/Au:N/C:P/I:P/A:P"}}},
                                  "FixedIn": [fix("debian:8", "a", "1:2.0"), {"Name": "b", "Version": "None"}]}}
        answer = self.client.post("/v1/namespaces/ignored:1/vulnerabilities", body)
        self.assertEqual(self.expect(answer, 201)["Vulnerability"]["Name"], flaw)
        self.expect(self.client.vulnerability("ignored:1", flaw), 404)
        shown = self.expect(self.client.vulnerability("debian:8", flaw), 200)["Vulnerability"]
        self.assertSame(shown, {**body["Vulnerability"], "Severity": "High", "FixedIn": [
            fix("debian:8", "a", "1:2.0"), {"Name": "b", "NamespaceName": "debian:8", "VersionFormat": "dpkg", "Version": "None"}]})
        for query in ("", "FixedIn", "fixedin"):
            self.assertNotIn("FixedIn", self.client.vulnerability("debian:8", flaw, query).json["Vulnerability"], query)
        self.assertIn("FixedIn", self.client.vulnerability("debian:8", flaw, "fixedIn=false").json["Vulnerability"])
        namespaces = {one["Name"]: one["VersionFormat"] for one in self.client.get("/v1/namespaces").json["Namespaces"]}
        self.assertEqual(namespaces["debian:8"], "dpkg")

    def test_fixes_are_merged(self):
        flaw, post = self.unique("CVE-2030"), self.client.post_vulnerability
        self.expect(post("debian:8", flaw, [("a", "1"), ("b", "1")]), 201)
        self.expect(post("debian:8", flaw, [("b", "2"), ("c", None)], severity="Medium"), 201)
        shown = self.client.vulnerability("debian:8", flaw).json["Vulnerability"]
        self.assertEqual({one["Name"]: one["Version"] for one in shown["FixedIn"]}, {"a": "1", "b": "2", "c": "None"})
        self.assertEqual(shown["Severity"], "Medium")

    def test_refused_vulnerabilities(self):
        target = "/v1/namespaces/debian:8/vulnerabilities"
        good = {"Name": self.unique("CVE-2030"), "NamespaceName": "debian:8", "Severity": "Low", "FixedIn": [fix("debian:8", "a", "1")]}
        post = lambda **change: self.client.post(target, {"Vulnerability": {k: v for k, v in {**good, **change}.items() if v is not None}})
        self.expect(self.client.post(target, "{}"), 400, "failed to provide vulnerability")
        self.expect(post(Severity="Awful"), 400, "failed to parse Severity from input")
        for missing in ("Name", "NamespaceName"):
            self.expect(post(**{missing: None, "FixedIn": None}), 400, "insertVulnerability needs at least the Name and the Namespace")
        self.expect(post(FixedIn=[fix("debian:9", "a", "1")]), 400, "could not insert an invalid vulnerability that contains FixedIn FeatureVersion "
                    "that are not in the same namespace as the Vulnerability")
        for version in ("", "!", "1 2", "a:1", "-1:2"):
            self.expect(post(FixedIn=[fix("debian:8", "a", version)]), 400)
        self.expect(post(FixedIn=[fix("debian:8", "a", "1", "bogus")]), 400)
        self.expect(self.client.vulnerability("debian:8", good["Name"]), 404)
        put = lambda **body: self.client.put(f"{target}/{good['Name']}", {"Vulnerability": body})
        self.expect(self.client.put(f"{target}/{good['Name']}", "{}"), 400, "failed to provide vulnerability")
        self.expect(put(Severity=""), 400, "failed to parse Severity from input")
        self.expect(put(Severity="Low", Name="other"), 200)  # the URL's name counts, and it is made
        self.expect(self.client.vulnerability("debian:8", good["Name"]), 200)
        self.expect(self.client.vulnerability("debian:8", "other"), 404)
        self.expect(self.client.delete(f"{target}/{self.unique('unknown')}"), 404, TEXT_NOT_FOUND)

    def test_a_namespace_without_a_format(self):
        name_space, flaw = "debian:" + self.unique("77").replace("-", ""), self.unique("CVE-2030")
        self.expect(self.client.post_vulnerability(name_space, flaw, [("a", None)]), 201)
        self.expect(self.client.put(f"/v1/namespaces/{name_space}/vulnerabilities/{flaw}/fixes/a", {"Feature": {"Name": "a", "NamespaceName": name_space, "Version": "2"}}), 200)
        namespaces = {one["Name"]: one["VersionFormat"] for one in self.client.get("/v1/namespaces").json["Namespaces"]}
        self.assertEqual(namespaces[name_space], "dpkg")

    def test_what_is_deleted_is_gone(self):
        name, package, flaw = self.with_vulnerability()
        self.expect(self.client.delete(f"/v1/namespaces/debian:8/vulnerabilities/{flaw}"), 200)
        self.assertEqual(self.vulnerable(name), {})
        self.expect(self.client.vulnerability("debian:8", flaw), 404, TEXT_NOT_FOUND)
        self.expect(self.client.post_vulnerability("debian:8", flaw, [(package + "-other", "2")]), 201)
        self.assertEqual(self.vulnerable(name), {package + "-other": {flaw: "2"}})
        names = self.wait_for_notifications(flaw, 3)
        kinds = sorted(tuple(sorted(self.whole_notification(one))) for one in names)
        self.assertEqual(kinds, [("New",), ("New",), ("Old",)])
        old = next(whole for one in names if "Old" in (whole := self.whole_notification(one)))
        self.assertSame(old, {"Old": {"Layers": [name], "Vulnerability": {"Name": flaw, "NamespaceName": "debian:8", "Severity": "Low",
                                                                         "FixedIn": [fix("debian:8", package, "2.0")]}}})

    def test_whoever_writes_reads_it_everywhere(self):
        """An answered write is seen at each node, by the very next request."""
        package = self.unique("package")
        name = self.add(layer("debian:8", [(package, "1")]))
        nodes = [Client(node.address) for node in self.topology.nodes]
        flaws = set()
        for turn in range(9):
            flaws.add(flaw := self.unique("CVE-2030"))
            self.expect(nodes[turn % len(nodes)].post_vulnerability("debian:8", flaw, [(package, "2")]), 201)
            for node in nodes:
                self.assertEqual(set(self.vulnerable(name, node)[package]), flaws)

    def test_random_sequences_agree_with_the_model(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                v1_random.check(self, seed)


class Configuration(unittest.TestCase):
    """How it is started; one topology is enough."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="limpid-configuration-")
        self.store = "sqlite:" + os.path.join(self.folder, "store.db")

    def tearDown(self):
        shutil.rmtree(self.folder)

    def test_ports_of_the_file(self):
        port, health = free_port(), free_port()
        with Service(self.folder, self.store, {"api": {"port": port, "healthport": health}}, listen=None) as node:
            self.assertEqual((node.address, node.health.address), (f"127.0.0.1:{port}", f"127.0.0.1:{health}"))
            self.assertEqual(node.health.get("/health").status, 200)

    def test_the_layout_of_clair_1(self):
        with Service(self.folder, self.store, {"database": {"type": None, "options": None, "source": self.store}}) as node:
            self.assertEqual(node.client.get("/v1/namespaces").status, 200)

    def test_keys_in_any_case_and_a_key_in_hexadecimal(self):
        key = base64.b64decode(PAGE_KEY).hex()
        with Service(self.folder, self.store, {"api": {"paginationkey": None, "paginationKey": key}}) as node:
            for name in "abc":
                self.assertEqual(node.client.post_vulnerability("debian:8", name, [("p", "1")]).status, 201)
            token = node.client.get("/v1/namespaces/debian:8/vulnerabilities?limit=2").json["NextPage"]
            Fernet(PAGE_KEY).decrypt(token.encode())

    def test_a_bad_key_is_told_at_the_start(self):
        for key in ("short", "!" * 44):
            with self.assertRaises(FixtureFailed) as caught:
                Service(self.folder, self.store, {"api": {"paginationkey": key}}).start()
            self.assertRegex(str(caught.exception), r"exit status 1\b")
            self.assertRegex(str(caught.exception).lower(), "pagination")

    def test_without_a_key_pages_work_all_the_same(self):
        with Service(self.folder, self.store, {"api": {"paginationkey": None}}) as node:
            for name in "abc":
                node.client.post_vulnerability("debian:8", name, [("p", "1")])
            self.assertEqual([page.status for page in node.client.pages("/v1/namespaces/debian:8/vulnerabilities", 1)], [200] * 3)

    def test_a_store_that_cannot_be_opened(self):
        for store in ("sqlite:/proc/nowhere/store.db", f"postgresql://nobody@127.0.0.1:{free_port()}/none"):
            with self.assertRaises(FixtureFailed) as caught:
                Service(self.folder, store).start()
            self.assertRegex(str(caught.exception), r"exit status [1-9]")

    def test_time_outs_are_told(self):
        blobs = v1_case.BlobServer()
        self.addCleanup(blobs.close)
        url, _, gate = blobs.gated(layer("debian:8", [("a", "1")]).data)
        with Service(self.folder, self.store, {"api": {"timeout": "1s"}}) as node:
            answer = node.client.post_layer("slow", url)
            self.assertEqual(answer.status, 503)
            self.assertEqual(answer.json, {"Error": {"Message": "Clair failed to respond within the configured timeout window.", "Type": "Timeout"}})
            self.assertRegex(node.client.get("/v1/metrics").body.decode(), r'clair_api_response_duration_milliseconds_count\{code="503",route="v1/postLayer"\} 1\n')
            gate.set()  # it goes on in the background, and its result is kept
            wait_for(lambda: node.client.layer("slow").status == 200, 10, "the layer to be stored after all")

    def test_a_store_outlives_its_service(self):
        for turn in range(3):
            with Service(self.folder, self.store) as node:
                if turn == 0:
                    node.client.post_vulnerability("debian:8", "CVE-1", [("p", "1")], Metadata={"a": 1})
                shown = node.client.vulnerability("debian:8", "CVE-1").json["Vulnerability"]
                self.assertEqual(canonical(shown), canonical({"Name": "CVE-1", "NamespaceName": "debian:8", "Severity": "Low", "Metadata": {"a": 1},
                                                              "FixedIn": [fix("debian:8", "p", "1")]}))


v1_case.matrix(globals(), Contract)

if __name__ == "__main__":
    unittest.main()
