"""The requests of known clients of the Clair v1 API, in their order and with their headers, and what each of them cannot do
without. Told in facts from those clients' sources; none of their code is here."""
import hashlib
import json
import os
import unittest
import urllib.parse

import layers_v1
import v1_case
from images import tracker
from layers_v1 import layer
from service import ENGINE_LEAST, TEXT_NO_PARENT, FeedServer, feed_entry, wait_for

GO = {"User-Agent": "Go-http-client/1.1", "Accept-Encoding": "gzip"}
REQUESTS = {"User-Agent": "python-requests/2.22.0", "Accept-Encoding": "gzip, deflate", "Accept": "*/*", "Connection": "keep-alive"}


def hexadecimal(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Clients:
    def image(self, release="debian:8"):
        """(blobs of three layers, package, vulnerability): the package is affected, in the second layer, fixed in 2.0."""
        package, flaw = self.unique("package"), self.unique("CVE-2030")
        answer = self.client.post_vulnerability(release, flaw, [(package, "2.0")], "High", Link="https://example.org/" + flaw, Description="bad",
                                                Metadata={"NVD": {"CVSSv2": {"Score": 7.5, "Vectors": "AV:N/AC:L/Au:N/C:P/I:P/A:P"}}})
        self.expect(answer, 201)
        return [layer(release), layer(release, [(package, "1.0"), (package + "-other", "1")]), layers_v1.blank()], package, flaw

    def affected(self, answer, package, flaw):
        """The vulnerability's object, as a client finds it."""
        features = {one["Name"]: one for one in answer["Layer"]["Features"]}
        found = [one for one in features[package]["Vulnerabilities"] if one["Name"] == flaw]
        self.assertEqual(len(found), 1)
        self.assertNotIn("Vulnerabilities", features[package + "-other"])
        return features[package], found[0]

    def test_klar(self):
        blobs, package, flaw = self.image()
        token = "Bearer " + self.unique("registry")
        config, parent = hexadecimal(self.unique("config")), ""
        for number, blob in enumerate(blobs):
            name = config + hexadecimal(f"{config}{number}")  # 128 characters
            body = {"Layer": {"Name": name, "Path": self.blobs.guarded(blob.data, "Authorization", token), "ParentName": parent, "Format": "Docker",
                              "Features": None, "Headers": {"Authorization": token}}}
            answer = self.client.post("/v1/layers", body, headers=GO)
            self.assertEqual(answer.status, 201, answer)
            parent = name
        answer = self.expect(self.client.get(f"/v1/layers/{parent}?vulnerabilities", headers=GO), 200)
        feature, found = self.affected(answer, package, flaw)
        self.assertEqual((found["Severity"], found["FixedBy"], found["Link"], found["NamespaceName"], found["Description"]),
                         ("High", "2.0", "https://example.org/" + flaw, "debian:8", "bad"))
        self.assertEqual(feature["Version"], "1.0")

    def test_analyze_local_images(self):
        """On the server's own machine it names local files, and prints where a package came from."""
        blobs, package, flaw = self.image()
        parent, names = "", []
        for number, blob in enumerate(blobs):
            folder = os.path.join(self.topology.layers_folder, self.unique("saved"))
            os.mkdir(folder)
            with open(os.path.join(folder, "layer.tar"), "wb") as stream:
                stream.write(blob.data)
            names.append(name := hexadecimal(f"{folder}{number}"))
            answer = self.client.post("/v1/layers", {"Layer": {"Name": name, "Path": folder + "/layer.tar", "ParentName": parent, "Format": "Docker"}}, headers=GO)
            self.assertIn(answer.status, (200, 201))
            parent = name
        feature, found = self.affected(self.expect(self.client.get(f"/v1/layers/{parent}?vulnerabilities", headers=GO), 200), package, flaw)
        self.assertEqual((feature["AddedBy"], found["FixedBy"]), (names[1], "2.0"))

    def test_paclair(self):
        blobs, package, flaw = self.image()
        names = []
        for blob in blobs:
            body = {"Layer": {"Name": self.unique("sha256:" + hexadecimal(package)), "Path": self.blobs.put(blob.data), "Format": "Docker",
                              "Headers": {"Authorization": "Basic eA=="}, **({"ParentName": names[-1]} if names else {})}}
            answer = self.client.post("/v1/layers", body, headers=REQUESTS)
            self.assertTrue(200 <= answer.status < 300, answer)
            names.append(body["Layer"]["Name"])
        target = "/v1/layers/" + urllib.parse.quote(names[-1], safe="")
        feature, found = self.affected(self.expect(self.client.get(target + "?features&vulnerabilities", headers=REQUESTS), 200), package, flaw)
        score = found["Metadata"]["NVD"]["CVSSv2"]
        self.assertEqual((score["Score"], score["Vectors"], feature["Name"]), (7.5, "AV:N/AC:L/Au:N/C:P/I:P/A:P", package))
        for name in reversed(names):
            answer = self.client.delete("/v1/layers/" + urllib.parse.quote(name, safe=""), headers=REQUESTS)
            self.assertTrue(200 <= answer.status < 300, answer)
        self.assertEqual(self.client.get(target, headers=REQUESTS).status, 404)

    def test_reg(self):
        blobs, package, flaw = self.image()
        names = []
        for blob in blobs:
            name = "sha256:" + hexadecimal(self.unique(package))
            answer = self.client.post("/v1/layers", {"Layer": {"Name": name, "Path": self.blobs.put(blob.data), "ParentName": names[-1] if names else "",
                                                               "Format": "Docker", "Headers": {"Authorization": "Bearer x"}}}, headers=GO)
            self.assertTrue(answer.json.keys() & {"Layer", "Error"}, answer)  # it looks at the body only
            self.assertEqual(answer.json["Layer"]["Name"], name)
            names.append(name)
        answer = self.expect(self.client.get(f"/v1/layers/{names[-1]}?features=true&vulnerabilities=true", headers=GO), 200)
        self.affected(answer, package, flaw)
        refused = self.client.post("/v1/layers", {"Layer": {"Name": "x", "Path": self.blobs.missing(), "Format": "Docker"}}, headers=GO)
        self.assertTrue(refused.json["Error"]["Message"])
        for name in reversed([*names, "unknown"]):
            self.assertIn(self.client.delete("/v1/layers/" + name, headers=GO).status, (200, 202, 404))

    def test_portus(self):
        blobs, package, flaw = self.image()
        headers = {"User-Agent": "Ruby", "Accept": "*/*", "Accept-Encoding": "gzip;q=1.0,deflate;q=0.6,identity;q=0.3", "Content-Type": "application/json"}
        parent = ""
        for blob in blobs:
            name = "sha256:" + hexadecimal(self.unique(package))
            body = {"Layer": {"Name": name, "NamespaceName": "", "Path": self.blobs.put(blob.data), "Headers": {"Authorization": "Bearer x"}, "ParentName": parent,
                              "Format": "Docker", "IndexedByVersion": 0, "Features": []}}
            self.assertIn(self.client.post("/v1/layers", body, headers=headers).status, (200, 201))
            parent = name
        answer = self.expect(self.client.get(f"/v1/layers/{parent}?features=false&vulnerabilities=true", headers=headers), 200)
        self.affected(answer, package, flaw)
        self.assertEqual(self.topology.nodes[0].health.get("/health", headers=headers).status, 200)

    def test_clairctl(self):
        self.assertEqual(self.topology.nodes[0].health.get("/health", headers=GO).status, 200)
        body = lambda blob, parent="": {"Layer": {"Name": self.unique("layer"), "Path": self.blobs.put(blob.data), "ParentName": parent, "Format": "Docker"}}
        self.assertEqual(self.client.post("/v1/layers", body(layer(None, [("a", "1")])), headers=GO).status, 422)  # "cannot be analysed", and on it goes
        self.assertEqual(self.client.post("/v1/layers", body(layer("debian:8", [("a", "1")])), headers=GO).status, 201)

    def notified(self, blobs, package, flaw, count):
        """Layers of `count` images that bring the package along, and the name of the notification of a changed vulnerability."""
        introducing = []
        for _ in range(count):
            base = self.add(blobs[0])
            introducing.append(self.add(blobs[1], base))
            self.add(blobs[2], introducing[-1])
        before = set(self.notifications_of(flaw))
        target = f"/v1/namespaces/debian:8/vulnerabilities/{flaw}/fixes/{package}"
        self.expect(self.client.put(target, {"Feature": {"Name": package, "NamespaceName": "debian:8", "VersionFormat": "dpkg", "Version": "3.0"}}), 200)
        name = self.hook.wait(lambda: next((one for one in self.notifications_of(flaw) if one not in before and "Old" in self.whole_notification(one)), None),
                              20, "the changed vulnerability's webhook")
        return name, introducing

    def test_harbor(self):
        blobs, package, flaw = self.image()
        parent = ""
        for blob in blobs:
            name = hexadecimal(self.unique(package))
            answer = self.client.post("/v1/layers", {"Layer": {"Name": name, "Path": self.blobs.put(blob.data), "ParentName": parent, "Format": "Docker",
                                                               "Headers": {"Authorization": "Bearer x"}}}, headers=GO)
            self.assertEqual(answer.status, 201)
            parent = name
        answer = self.client.get(f"/v1/layers/{parent}?features&vulnerabilities", headers=GO)
        self.assertEqual(answer.status, 200)
        self.affected(answer.json, package, flaw)
        answer = self.client.get("/v1/namespaces", headers=GO)
        self.assertEqual(answer.status, 200)
        self.assertIn("debian:8", [one["Name"] for one in answer.json["Namespaces"]])
        name, introducing = self.notified(blobs, package, flaw, 4)
        seen, page = [], ""
        while True:
            target = f"/v1/notifications/{name}?limit=2" + (f"&page={urllib.parse.quote_plus(page)}" if page else "")
            answer = self.client.get(target, headers=GO)
            self.assertEqual(answer.status, 200)
            notification = answer.json["Notification"]
            seen += notification["New"].get("LayersIntroducingVulnerability") or []
            self.assertEqual(notification["New"]["Vulnerability"]["NamespaceName"], "debian:8")
            page = notification.get("NextPage", "")
            if not page:
                break
        self.assertEqual([one for one in seen if one in introducing], introducing)
        answer = self.client.delete("/v1/notifications/" + name, headers=GO)
        self.assertEqual((answer.status, answer.raw), (200, b""))

    def test_harbor_reads_the_time_of_the_last_update(self):
        """Harbor up to 1.10 looks into Clair's database itself."""
        if self.topology.postgres is None:
            self.skipTest("SQLite: Harbor reads PostgreSQL only")
        feeds = FeedServer()
        self.addCleanup(feeds.close)
        url = feeds.put("/tracker.json", tracker({"openssl": {"CVE-2030-1": {"bookworm": ("resolved", "3.0.2-1", "high")}}}))
        database = self.topology.postgres.create_database()
        with self.topology.extra({"updater": {"interval": "1h", "feeds": [feed_entry("debian", url)]}}, self.topology.postgres.url(database)) as node:
            query = lambda: self.topology.postgres.query(database, "select value from keyvalue where key = 'updater/last'")
            value = wait_for(query, 40, "updater/last in the table keyvalue", pause=0.1)
            self.assertRegex(value[0][0], r"^\d{10}$")
            self.assertEqual(node.client.vulnerability("debian:12", "CVE-2030-1").status, 200)
            columns = self.topology.postgres.query(database, "select column_name from information_schema.columns where table_name = 'keyvalue'")
            self.assertLessEqual({"id", "key", "value"}, {row[0] for row in columns})

    def test_quay(self):
        blobs, package, flaw = self.image()
        headers = {**REQUESTS, "Content-Type": "application/json"}
        storage = lambda number: f"{hexadecimal(package + str(number))}.{'0123abcd-0000-4000-8000-00000000000' + str(number)}"
        body = lambda number: {"Layer": {"Name": storage(number), "Path": self.blobs.put(blobs[number].data), "Format": "Docker",
                                         "Headers": {"Authorization": "Bearer x"}, **({"ParentName": storage(number - 1)} if number else {})}}
        # A child first, as after a lost database: exactly this text makes Quay queue the parents.
        answer = self.client.post("/v1/layers", body(1), headers=headers)
        self.assertEqual((answer.status, answer.json["Error"]["Message"]), (400, TEXT_NO_PARENT))
        for number in range(3):
            answer = self.client.post("/v1/layers", body(number), headers=headers)
            self.assertEqual(answer.status, 201)
            self.assertGreaterEqual(answer.json["Layer"]["IndexedByVersion"], ENGINE_LEAST)
        unreadable = {"Layer": {"Name": self.unique("layer"), "Path": self.blobs.put(layer(None, [("a", "1")]).data), "Format": "Docker"}}
        self.assertEqual(self.client.post("/v1/layers", unreadable, headers=headers).status, 422)
        self.assertEqual(self.client.get(f"/v1/layers/{self.unique('x')}?vulnerabilities=True", headers=headers).status, 404)
        self.assertEqual(len(self.client.get(f"/v1/layers/{storage(2)}?features=True", headers=headers).json["Layer"]["Features"]), 2)
        self.affected(self.client.get(f"/v1/layers/{storage(2)}?vulnerabilities=True", headers=headers).json, package, flaw)
        self.assertTrue(200 <= self.client.get("/v1/metrics", headers=headers).status < 300)
        # The streaming merge: both lists ascend, and what is done is told by the absence of NextPage.
        name, introducing = self.notified(blobs, package, flaw, 5)
        streams, page = {"Old": [], "New": []}, None
        for _ in range(50):
            query = {"limit": 2, **({"page": page} if page else {})}
            notification = self.expect(self.client.get(f"/v1/notifications/{name}?{urllib.parse.urlencode(query)}", headers=headers), 200)["Notification"]
            for side, stream in streams.items():
                self.assertIn("FixedIn", notification[side]["Vulnerability"])
                stream += notification[side].get("OrderedLayersIntroducingVulnerability") or []
            if "NextPage" not in notification:
                break
            page = notification["NextPage"]
        else:
            self.fail("pages without an end")
        for stream in streams.values():
            indices = [one["Index"] for one in stream]
            self.assertEqual(indices, sorted(set(indices)))
            self.assertLessEqual(set(introducing), {one["LayerName"] for one in stream})
        self.assertEqual(streams["Old"], streams["New"])
        self.assertEqual(self.client.delete("/v1/notifications/" + name, headers=headers).status, 200)
        self.expect(self.client.delete(f"/v1/namespaces/debian:8/vulnerabilities/{flaw}"), 200)
        removed = self.hook.wait(lambda: next((one for one in self.notifications_of(flaw) if "New" not in json.loads(
            self.client.get(f"/v1/notifications/{one}?limit=2").body)["Notification"]), None), 20, "the webhook of the removal")
        self.assertTrue(removed)


v1_case.matrix(globals(), Clients, (v1_case.SqliteOneNode, v1_case.PostgresOneNode))

if __name__ == "__main__":
    unittest.main()
