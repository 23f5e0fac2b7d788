"""docs/api-v1.md: each `curl` on the page is run by a shell as it stands there, but for the addresses, and what comes back has
exactly the members that the page shows. A page that lies fails."""
import json
import os
import pathlib
import re
import subprocess
import unittest

from images import tracker
from layers_v1 import layer
from service import BlobServer, FeedServer, Topology, Webhook, feed_entry, wait_for

PAGE = pathlib.Path(os.environ.get("LIMPID_SOURCE", pathlib.Path(__file__).resolve().parents[2]), "docs", "api-v1.md")
FLAW = {"Name": "SHOP-2026-1", "NamespaceName": "debian:12", "Severity": "High", "Description": "Our patched nginx leaks headers.",
        "Link": "https://wiki.internal/SHOP-2026-1", "Metadata": {"Shop": {"Owner": "web"}},
        "FixedIn": [{"Name": "nginx", "NamespaceName": "debian:12", "VersionFormat": "dpkg", "Version": "1.22.1-9+shop2"}]}


def blocks():
    """[(heading, curl command, the JSON text shown for it or "")]"""
    found, heading, lines = [], "", iter(PAGE.read_text("utf-8").splitlines())
    pending = None
    for line in lines:
        if line.startswith("#"):
            heading, pending = line.strip("# "), None
        if line != "```":
            continue
        block = []
        for inner in lines:
            if inner == "```":
                break
            block.append(inner)
        text = "\n".join(block)
        if text.startswith("curl "):
            pending = [heading, text, ""]
            found.append(pending)
        elif pending is not None and text.startswith(("{", "#")) and not pending[2]:
            pending[2] = text
    return found


def members(value, path=""):
    """The paths of all members; the elements of a list count together."""
    if isinstance(value, dict):
        paths = set()
        for name, inner in value.items():
            paths |= {f"{path}.{name}"} | members(inner, f"{path}.{name}")
        return paths
    return set().union(*(members(one, path + "[]") for one in value)) if isinstance(value, list) else set()


class ApiExamples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.blobs, cls.feeds, cls.hook = BlobServer(), FeedServer(), Webhook()
        for one in (cls.blobs, cls.feeds, cls.hook):
            cls.addClassCleanup(one.close)
        known = {package: {flaw: {"bookworm": (status, fixed, urgency, {"description": "…"})}} for package, flaw, status, fixed, urgency in (
            ("libwebp", "CVE-2023-4863", "resolved", "1.2.4-0.2+deb12u1", "high"), ("tar", "CVE-2005-2541", "open", None, "unimportant"),
            ("sysvinit", "CVE-2007-5686", "open", None, "unimportant"))}
        url = cls.feeds.put("/tracker.json", tracker(known))
        cls.topology = Topology("sqlite-1-node", {"updater": {"interval": "1h", "feeds": [feed_entry("debian", url)]},
                                                  "notifier": {"http": {"endpoint": cls.hook.url}}})
        cls.addClassCleanup(cls.topology.close)
        cls.node = cls.topology.nodes[0]
        wait_for(lambda: cls.node.health.get("/ready").status == 200, 60, "the feed", pause=0.05)

    shop = layer("debian:12", [("libwebp", "1.2.4-0.2"), ("zlib", "1:1.2.13.dfsg-1")])
    blog = layer("debian:12", [("nginx", "1.22.1-9")])

    def world(self):
        """What the page takes for granted before each of its examples. The notification of the last change of SHOP-2026-1."""
        client = self.node.client
        for name, blob in (("shop-web-1", self.shop), *((f"blog-{number}", self.blog) for number in range(5))):
            self.assertEqual(client.post_layer(name, self.blobs.put(blob.data)).status, 201)
        client.delete("/v1/namespaces/debian:12/vulnerabilities/SHOP-2026-1")
        for severity in ("Low", "High"):
            known = set(self.hook.names())
            self.assertEqual(client.post("/v1/namespaces/debian:12/vulnerabilities", {"Vulnerability": {**FLAW, "Severity": severity}}).status, 201)
            new = self.hook.wait(lambda known=known: set(self.hook.names()) - known)

        def newest():  # the webhook of the first change may come late
            for name in new | set(self.hook.names()):
                shown = client.get(f"/v1/notifications/{name}").json
                if shown.get("Notification", {}).get("Old", {}).get("Vulnerability", {}).get("Severity") == "Low" and "Notified" in shown["Notification"]:
                    return name
            return None
        return wait_for(newest, 10, "the notification of the last change")

    def test_each_example_does_what_the_page_says(self):
        examples = blocks()
        routes = [heading for heading, _, _ in examples if re.match(r"\d+\.", heading)]
        self.assertEqual([int(re.match(r"\d+", one)[0]) for one in routes], list(range(1, 16)), "an example for each of the 15 routes")
        for heading, command, shown in examples:
            with self.subTest(heading):
                notification = self.world()
                if not heading.startswith("1."):
                    self.node.client.post_layer("shop-web-2", self.blobs.put(self.shop.data), "shop-web-1")
                command = command.replace("http://127.0.0.1:6060", "http://" + self.node.address).replace("http://127.0.0.1:6061", "http://" + self.node.addresses["health"])
                command = re.sub(r"https://registry\.internal/[^\"]*", lambda _: self.blobs.put(self.shop.data), command)
                command = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", notification, command)
                ran = subprocess.run(["sh", "-c", command.replace("curl ", "curl --noproxy '*' -w '\\n%{http_code}' ", 1)], capture_output=True, text=True, check=True, timeout=60)
                body, status = ran.stdout.rsplit("\n", 1)
                self.assertIn(int(status), (200, 201), f"{command}\n{ran.stdout}{ran.stderr}")
                self.assertEqual(bool(body.strip()), " -X DELETE " not in command, f"{command}\n{body}")
                if shown.startswith("{"):
                    self.assertEqual(members(json.loads(body)), members(json.loads(shown)), f"{command}\n{body}")
                elif shown:
                    for name in re.findall(r"^# TYPE (\S+ \S+)$", shown, re.M):
                        self.assertIn(f"# TYPE {name}\n", body)


if __name__ == "__main__":
    unittest.main()
