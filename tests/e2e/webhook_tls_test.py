"""Webhooks over TLS: the service shows its client certificate, and believes only the authority that it was told of."""
import os
import shutil
import tempfile
import time
import unittest

from layers_v1 import layer
from service import BlobServer, Service, Webhook, make_certificates


class WebhookTls(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="limpid-tls-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.certificates = make_certificates(self.folder)
        self.hook, self.blobs = Webhook(self.certificates), BlobServer()
        self.addCleanup(self.hook.close)
        self.addCleanup(self.blobs.close)

    def notified(self, **options):
        """A service with this configuration of the endpoint makes a notification: it, the service's log after it came or did not."""
        http = {"endpoint": self.hook.url, **options}
        with Service(self.folder, "sqlite:" + os.path.join(tempfile.mkdtemp(dir=self.folder), "store.db"), {"notifier": {"attempts": 1, "http": http}}) as node:
            self.assertEqual(node.client.post_layer("a", self.blobs.put(layer("debian:12", [("zlib", "1")]).data)).status, 201)
            self.assertEqual(node.client.post_vulnerability("debian:12", "CVE-2030-1", [("zlib", "2")]).status, 201)
            end = time.monotonic() + 10
            while not self.hook.deliveries and "not delivered" not in node.log(400) and time.monotonic() < end:
                time.sleep(0.02)
            return list(self.hook.deliveries), node.log(400)

    def client(self):
        return {"cafile": self.certificates["authority"], "certfile": self.certificates["client"], "keyfile": self.certificates["client_key"]}

    def test_the_client_certificate_is_shown(self):
        deliveries, log = self.notified(**self.client())
        self.assertEqual(len(deliveries), 1, log)
        self.assertEqual(dict(pair[0] for pair in deliveries[0].certificate["subject"])["commonName"], "client")

    def test_without_it_nobody_is_let_in(self):
        deliveries, log = self.notified(cafile=self.certificates["authority"])
        self.assertEqual(deliveries, [])
        self.assertIn("not delivered", log, "nothing tells the operator")

    def test_another_authority_is_not_believed(self):
        other = make_certificates(self.folder, "another authority")
        deliveries, log = self.notified(**{**self.client(), "cafile": other["authority"]})
        self.assertEqual(deliveries, [])
        self.assertRegex(log, "not delivered.*certificate")

    def test_the_name_on_the_servers_certificate_counts(self):
        deliveries, log = self.notified(**{**self.client(), "servername": "elsewhere.example"})
        self.assertEqual(deliveries, [], log)
        deliveries, log = self.notified(**{**self.client(), "servername": "localhost"})
        self.assertEqual(len(deliveries), 1, log)


if __name__ == "__main__":
    unittest.main()
