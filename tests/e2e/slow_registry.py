"""A registry whose blobs come as a test likes: late, slowly, or never."""
import http.server
import threading

from images import sha

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


class Registry:
    """One image, whose layers come as `send(handler, bytes)` likes it; with `busy`, all that it says of the image is to come
    again so many seconds later."""

    def __init__(self, image, send=None, busy=0):
        self.waiting = threading.Event()  # somebody is at `send`
        self.ended = threading.Event()
        files = {"/v2/app/manifests/1": image.manifest, **{f"/v2/app/blobs/sha256:{sha(blob)}": blob for blob in [image.config, *image.blobs]}}
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802: the library's name
                body = b"{}" if self.path == "/v2/" else files.get(self.path)
                refused = busy and self.path != "/v2/"
                self.send_response(503 if refused else 404 if body is None else 200)
                if refused:
                    self.send_header("Retry-After", str(busy))
                    body = b""
                self.send_header("Content-Type", MANIFEST_TYPE if "manifests" in self.path else "application/octet-stream")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                if refused:
                    registry.waiting.set()
                try:
                    if body in image.blobs:
                        registry.waiting.set()
                        send(self, body)
                    else:
                        self.wfile.write(body or b"")
                except OSError:
                    pass  # who asked has gone

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.name = f"127.0.0.1:{self.server.server_port}/app:1"

    def close(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
