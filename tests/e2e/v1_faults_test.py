"""Crashes at seeded moments: of the service, of PostgreSQL, of the connections between them. What was acknowledged is
there afterwards, what was not is there as a whole or not at all. And what must happen once happens once.

`LIMPID_SEED=N` replays one seed."""
import contextlib
import http.client
import os
import random
import shutil
import sqlite3
import tempfile
import threading
import time
import unittest

import v1_case
from layers_v1 import blank, layer, stanza
from service import BlobServer, Client, Postgres, Service, quote, wait_for

SEEDS = [int(seed) for seed in os.environ.get("LIMPID_SEED", "1 2 3").split()]
WRITERS = 4


class Writers:
    """Threads that write without a pause and keep account: of each layer and vulnerability its content, and whether the
    service said that it has it. `address` is asked anew each time, since a restart changes it."""

    def __init__(self, address, blobs, seed):
        self.address, self.blobs, self.seed = address, blobs, seed
        self.layers, self.vulnerabilities = {}, {}  # name → [parent, features]; name → fixes
        self.acknowledged, self.refused, self.problems = set(), [], []
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(WRITERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, count):
        wait_for(lambda: len(self.acknowledged) >= count or self.problems, 30, f"{count} acknowledged writes")

    def _run(self, number):
        chance, parent, turn = random.Random(f"{self.seed}/{number}"), "", 0
        while not self._stop.is_set():
            turn += 1
            name = f"s{self.seed}-w{number}-{turn}"
            features = [(f"p{at}", f"{turn}.{at}") for at in range(chance.randrange(20, 60))]
            if turn % 2:
                self.layers[name] = [parent, features]
                write = lambda client, name=name, parent=parent, made=layer("debian:8", features).data: client.post_layer(name, self.blobs.put(made), parent, timeout=20)
            else:
                self.vulnerabilities[name] = dict(features)
                write = lambda client, name=name, features=features: client.post_vulnerability("debian:8", name, features, timeout=20)
            try:
                answer = write(Client(self.address()))
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
                continue
            if answer.status == 201:
                with self._lock:
                    self.acknowledged.add(name)
                if name in self.layers:
                    parent = name if chance.random() < 0.8 else ""
            elif answer.status in (500, 503):
                with self._lock:
                    self.refused.append(answer.status)
                time.sleep(0.02)
            else:
                self.problems.append(f"{name}: {answer}")

    def verify(self, case, client):
        case.assertEqual(self.problems, [])
        for name, (parent, features) in self.layers.items():
            answer = client.layer(name, "features")
            if answer.status == 404:
                case.assertNotIn(name, self.acknowledged, "an acknowledged layer is lost")
                continue
            case.assertEqual(answer.status, 200, f"{name}: {answer}")
            shown = answer.json["Layer"]
            case.assertEqual((shown.get("ParentName", ""), shown["NamespaceName"]), (parent, "debian:8"), name)
            case.assertEqual({(one["Name"], one["Version"]) for one in shown.get("Features", [])}, set(features), f"{name} is there in part")
        for name, fixes in self.vulnerabilities.items():
            answer = client.vulnerability("debian:8", name)
            if answer.status == 404:
                case.assertNotIn(name, self.acknowledged, "an acknowledged vulnerability is lost")
                continue
            case.assertEqual(answer.status, 200, f"{name}: {answer}")
            case.assertEqual({one["Name"]: one["Version"] for one in answer.json["Vulnerability"]["FixedIn"]}, fixes, f"{name} is there in part")

    def repeat(self, case, client):
        """Whoever got no answer asks again, as clients do: then all of it is there."""
        for name, (parent, features) in self.layers.items():
            if name not in self.acknowledged and (not parent or parent in self.acknowledged):
                case.assertEqual(client.post_layer(name, self.blobs.put(layer("debian:8", features).data), parent).status, 201)
                self.acknowledged.add(name)
        for name, fixes in self.vulnerabilities.items():
            if name not in self.acknowledged:
                case.assertEqual(client.post_vulnerability("debian:8", name, list(fixes.items())).status, 201)
                self.acknowledged.add(name)
        self.verify(case, client)


class FaultsCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="limpid-faults-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.blobs = BlobServer()
        self.addCleanup(self.blobs.close)

    def sqlite(self):
        return "sqlite:" + os.path.join(tempfile.mkdtemp(dir=self.folder), "store.db")

    def node(self, store):
        service = Service(self.folder, store).start()
        self.addCleanup(service.kill)
        return service

    def healthy(self, node, seconds=60):
        def asked():
            with contextlib.suppress(OSError, http.client.HTTPException):
                return node.health.get("/health").status == 200 and node.client.get("/v1/namespaces").status == 200
        wait_for(asked, seconds, "the service to be well again", pause=0.05)


class KilledService(FaultsCase):
    def killed(self, make_store):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                chance, store = random.Random(seed), make_store()
                node = self.node(store)
                with Writers(lambda: node.address, self.blobs, seed) as writers:
                    for _ in range(3):
                        writers.wait_for(len(writers.acknowledged) + chance.randrange(5, 25))
                        time.sleep(chance.random() * 0.05)
                        node.kill()
                        node.start()
                self.healthy(node)
                writers.verify(self, node.client)
                writers.repeat(self, node.client)
                self.assertEqual(node.stop(), 0)

    def test_sqlite(self):
        self.killed(self.sqlite)

    def test_postgres(self):
        postgres = Postgres.shared()
        self.killed(lambda: postgres.url(postgres.create_database()))


class UpgradedService(FaultsCase):
    """The inventories of the layers that are there were made by a program with other detectors."""

    def test_a_child_on_layers_that_an_older_program_read(self):
        self.child_after("UPDATE inventory SET detectors = detectors + 1")

    def test_a_child_on_layers_without_an_inventory(self):
        self.child_after("DELETE FROM inventory")

    def test_a_child_on_layers_whose_inventories_cannot_be_read(self):
        self.child_after("UPDATE inventory SET bytes = x'00'")

    def child_after(self, change):
        store = self.sqlite()
        node = self.node(store)
        package = lambda name: {f"var/lib/dpkg/status.d/{name}": stanza(name, "1")}  # as distroless images have them
        parent, child = layer("debian:12", (), package("base") | package("zlib")), layer(None, (), package("openssl"))
        self.assertEqual(node.client.post_layer("parent", self.blobs.put(parent.data)).status, 201)
        self.assertEqual(node.client.post_layer("child", self.blobs.put(child.data), "parent").status, 201)
        node.stop()
        with contextlib.closing(sqlite3.connect(store.removeprefix("sqlite:"))) as rows, rows:
            rows.execute(change)
        node = self.node(store)
        self.assertEqual(node.client.post_layer("again", self.blobs.put(child.data), "parent").status, 201)
        for name in ("child", "again"):
            shown = node.client.layer(name, "features").json["Layer"]
            self.assertEqual([one["Name"] for one in shown["Features"]], ["base", "openssl", "zlib"], name)
            self.assertEqual(shown["NamespaceName"], "debian:12", name)


class KilledPostgres(FaultsCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()  # its own: it is killed
        cls.addClassCleanup(cls.postgres.close)

    def test_postgres_is_killed_while_three_nodes_write(self):
        chance, database = random.Random(SEEDS[0]), self.postgres.create_database()
        nodes = [self.node(self.postgres.url(database)) for _ in range(3)]
        turn = [0]

        def next_address():
            turn[0] += 1
            return nodes[turn[0] % 3].address
        with Writers(next_address, self.blobs, SEEDS[0]) as writers:
            for _ in range(2):
                writers.wait_for(len(writers.acknowledged) + chance.randrange(5, 25))
                time.sleep(chance.random() * 0.05)
                self.postgres.kill()
                for node in nodes:
                    wait_for(lambda node=node: node.health.get("/health").status == 500, 20, "/health to say 500")
                self.postgres.start()
                for node in nodes:
                    self.healthy(node)
        for node in nodes:
            self.assertTrue(node.running)
            writers.verify(self, node.client)
        writers.repeat(self, nodes[0].client)

    def test_connections_are_cut_off_while_two_nodes_write(self):
        chance, database = random.Random(SEEDS[0]), self.postgres.create_database()
        nodes = [self.node(self.postgres.url(database)) for _ in range(2)]
        turn = [0]

        def next_address():
            turn[0] += 1
            return nodes[turn[0] % 2].address
        with Writers(next_address, self.blobs, SEEDS[0]) as writers:
            for _ in range(10):
                writers.wait_for(len(writers.acknowledged) + chance.randrange(1, 6))
                self.postgres.terminate_connections(database)
        for node in nodes:
            self.healthy(node)
            writers.verify(self, node.client)
        writers.repeat(self, nodes[0].client)
        # A write at one node is seen at the other at once, also after its line of news was cut.
        for turn, node in enumerate(nodes * 2):
            self.assertEqual(node.client.post_vulnerability("debian:8", f"after-{turn}", [("p0", "99")]).status, 201)
            for other in nodes:
                self.assertEqual(other.client.vulnerability("debian:8", f"after-{turn}").status, 200)


class Once:
    """Mixed with a topology."""

    def all_at_once(self, count, write):
        barrier, answers, lock = threading.Barrier(count), [], threading.Lock()

        def run(number):
            barrier.wait()
            answer = write(number)
            with lock:
                answers.append(answer)
        threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def test_64_posts_of_one_layer_fetch_it_once(self):
        url, arrived, gate = self.blobs.gated(layer("debian:8", [(f"p{at}", "1") for at in range(200)]).data)
        name = self.unique("layer")
        threading.Thread(target=lambda: (arrived.wait(20), time.sleep(0.3), gate.set()), daemon=True).start()  # so that all of them are waiting
        answers = self.all_at_once(64, lambda _: self.client.post_layer(name, url))
        self.assertEqual({answer.status for answer in answers}, {201}, next((str(one) for one in answers if one.status != 201), ""))
        self.assertEqual(len(self.blobs.seen(url)), 1)
        self.assertEqual(len(self.features(name)), 200)

    def test_posts_of_one_layer_that_fails_all_fail_and_leave_nothing(self):
        url, name = self.blobs.put(b"no archive" * 1000), self.unique("layer")
        answers = self.all_at_once(16, lambda _: self.client.post_layer(name, url))
        self.assertEqual({answer.status for answer in answers}, {422})
        self.expect(self.client.layer(name), 404)
        self.add(layer("debian:8", [("a", "1")]), name=name)

    def test_concurrent_fixes_of_one_vulnerability_are_all_kept(self):
        flaw = self.unique("CVE-2030")
        answers = self.all_at_once(16, lambda number: self.client.post_vulnerability("debian:8", flaw, [(f"p{number}", str(number))]))
        self.assertEqual({answer.status for answer in answers}, {201}, next((str(one) for one in answers if one.status != 201), ""))
        shown = self.client.vulnerability("debian:8", flaw).json["Vulnerability"]["FixedIn"]
        self.assertEqual({one["Name"]: one["Version"] for one in shown}, {f"p{number}": str(number) for number in range(16)})
        self.assertEqual(len(self.wait_for_notifications(flaw, 16, 30)), 16)

    def test_deletion_of_a_parent_while_children_are_posted(self):
        parent, data = self.add(layer("debian:8", [("a", "1")])), layer("debian:8", [("a", "1"), ("b", "1")]).data
        url, names = self.blobs.put(data), [self.unique("child") for _ in range(15)]
        answers = self.all_at_once(16, lambda number: self.client.delete("/v1/layers/" + quote(parent)) if number == 15
                                   else self.client.post_layer(names[number], url, parent))
        self.assertLessEqual({answer.status for answer in answers}, {200, 201, 400})
        for name in names:  # none may be left without its parent
            self.expect(self.client.layer(name), 404)

    def test_the_race_of_versions_and_vulnerabilities(self):
        """Layers and vulnerabilities come in at once; in the end each version has exactly those fixed later."""
        package = self.unique("package")
        layers = {number: self.unique("layer") for number in range(12)}
        flaws = {number: self.unique("CVE-2030") for number in range(12)}
        urls = {number: self.blobs.put(layer("debian:8", [(package, f"{number}.0")]).data) for number in layers}
        self.all_at_once(24, lambda n: self.client.post_layer(layers[n], urls[n]) if n < 12
                         else self.client.post_vulnerability("debian:8", flaws[n - 12], [(package, f"{n - 12}.5")]))
        for number, name in layers.items():
            self.assertEqual(set(self.vulnerable(name).get(package, ())), {flaws[at] for at in range(number, 12)})

    def test_sigterm_during_posts(self):
        url, arrived, gate = self.blobs.gated(layer("debian:8", [("a", "1")]).data)
        other = self.blobs.put(blank().data)
        store, name, answers = self.topology.new_store(), self.unique("layer"), []
        with self.topology.extra(store=store) as node:

            def post_one():
                with contextlib.suppress(OSError, http.client.HTTPException):  # those that came too late
                    answers.append(node.client.post_layer(name, url).status)
            posts = [threading.Thread(target=post_one) for _ in range(4)]
            for post in posts:
                post.start()
            self.assertTrue(arrived.wait(20))
            node.terminate()

            def refused():
                try:
                    return node.client.post_layer(self.unique("late"), other, timeout=10).status == 503
                except (OSError, http.client.HTTPException):
                    return True
            wait_for(refused, 10, "new requests to be refused")
            gate.set()
            for post in posts:
                post.join(30)
            self.assertIn(201, answers, "nobody got the answer to a request that had been accepted")
            self.assertLessEqual(set(answers), {201, 503})
            self.assertEqual(node.process.wait(20), 0)
        with self.topology.extra(store=store) as node:
            self.assertEqual(node.client.layer(name).status, 200)


v1_case.matrix(globals(), Once)

if __name__ == "__main__":
    unittest.main()
