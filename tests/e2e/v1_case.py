"""What the suites of the Clair v1 API share: one topology a class, layers of one's own, and readable complaints."""
import itertools
import json
import os
import unittest

from service import BlobServer, Topology, Webhook, wait_for
from v1_model import canonical, gather

_numbers = itertools.count(1)


class ApiCase:
    """Mixed into a TestCase with `topology_name`. Names are unique to each test, so that tests need no order."""

    topology_name = None
    clair = {}
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if not cls.topology_name.startswith(os.environ.get("LIMPID_TOPOLOGIES", "")):
            raise unittest.SkipTest(f"{cls.topology_name}: only {os.environ['LIMPID_TOPOLOGIES']} here")
        super().setUpClass()
        cls.blobs, cls.hook = BlobServer(), Webhook()
        cls.addClassCleanup(cls.blobs.close)
        cls.addClassCleanup(cls.hook.close)
        cls._about = {}
        cls.topology = Topology(cls.topology_name, {"notifier": {"attempts": 5, "renotifyinterval": "2h", "http": {"endpoint": cls.hook.url}}, **cls.clair})
        cls.addClassCleanup(cls.topology.close)
        cls.client = cls.topology.client
        print(f"{cls.__name__}: {cls.topology_name}", flush=True)

    def unique(self, text):
        return f"{text}-{next(_numbers)}"

    def expect(self, answer, status, message=None):
        """The answer's JSON, if it has that status and, for an error, that text."""
        if answer.status != status or (message is not None and answer.message != message):
            log = self.topology.nodes[0].log(8) if getattr(self, "topology", None) else ""
            self.fail(f"{answer.wanted}\n  wanted {status} {message or ''}\n  got    {answer}\n{log}")
        if status >= 400:
            self.assertEqual(answer.headers["Content-Type"], "application/json;charset=utf-8", answer.wanted)
            self.assertTrue(answer.message, f"{answer.wanted}: an error without a text: {answer}")
        return answer.json if answer.body else None

    def assertSame(self, got, wanted, what=""):
        """Equal in all that is promised; the difference is shown line by line."""
        lines = lambda value: json.dumps(canonical(value), indent=1, ensure_ascii=False, default=str)
        self.assertMultiLineEqual(lines(got), lines(wanted), f"\n{what} (- is what came, + what was wanted)")

    def add(self, blob, parent="", name=None, client=None, **more):
        """Posts the layer, and its name."""
        name = name or self.unique("layer")
        self.expect((client or self.client).post_layer(name, self.blobs.put(blob.data), parent, **more), 201)
        return name

    def features(self, name, query="features", client=None):
        """{(namespace, package, version): {vulnerability: FixedBy or None}}"""
        shown = self.expect((client or self.client).layer(name, query), 200)["Layer"].get("Features", [])
        found = {(one.get("NamespaceName", ""), one["Name"], one["Version"]): {v["Name"]: v.get("FixedBy") for v in one.get("Vulnerabilities", [])}
                 for one in shown}
        self.assertEqual(len(found), len(shown), "a feature is listed twice")
        return found

    def vulnerable(self, name, client=None):
        """As features(), those with vulnerabilities only, by package."""
        return {package: found for (_, package, _), found in self.features(name, "vulnerabilities", client).items() if found}

    def notifications_of(self, vulnerability):
        """Names of those delivered that are about the vulnerability of that name."""
        for name in self.hook.names():
            if name and name not in self._about:
                notification = self.expect(self.client.get(f"/v1/notifications/{name}?limit=1"), 200)["Notification"]
                self._about[name] = {notification[side]["Vulnerability"]["Name"] for side in ("Old", "New") if side in notification}
        return [name for name in self.hook.names() if vulnerability in self._about.get(name, ())]

    def wait_for_notifications(self, vulnerability, count, seconds=20):
        return self.hook.wait(lambda: (names := self.notifications_of(vulnerability)) and len(names) >= count and names, seconds,
                              f"{count} notifications of {vulnerability}")

    def whole_notification(self, name, limit=100):
        return gather(self.client.pages(f"/v1/notifications/{name}", limit))

    def wait_until(self, condition, seconds=15, what="a condition"):
        return wait_for(condition, seconds, what, pause=0.05)


class SqliteOneNode(ApiCase):
    topology_name = "sqlite-1-node"


class PostgresOneNode(ApiCase):
    topology_name = "postgres-1-node"


class PostgresThreeNodes(ApiCase):
    topology_name = "postgres-3-nodes"


def matrix(name_space, checks, topologies=(SqliteOneNode, PostgresOneNode, PostgresThreeNodes)):
    """Makes TestCases of `checks` (a plain class of tests) over each topology, in the module's dictionary."""
    for topology in topologies:
        name = topology.__name__ + checks.__name__
        name_space[name] = type(name, (checks, topology, unittest.TestCase), {"__module__": name_space["__name__"], "__doc__": checks.__doc__})
