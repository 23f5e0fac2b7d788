"""The service's surroundings for black-box tests, each the real thing on loopback: the binary itself, a private
PostgreSQL, a balancer, a server of layers, a receiver of webhooks, a server of feeds. service_fixtures_test.py tests them."""
import atexit
import base64
import collections
import contextlib
import datetime
import gzip
import hashlib
import http.client
import http.server
import ipaddress
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

from images import LIMPID

POSTGRES = os.environ.get("LIMPID_POSTGRES_BIN", "/usr/lib/postgresql/15/bin")
ENGINE_LEAST = 3  # what IndexedByVersion must be at least: Quay compares
PAGE_KEY = base64.b64encode(hashlib.sha256(b"a key for tests").digest()).decode()
START_SECONDS = 30
TEXT_NOT_FOUND = "the resource cannot be found"
TEXT_NO_PARENT = "worker: parent layer is unknown, it must be processed first"
TEXT_NO_LAYER = "could not find layer"
TEXT_UNSUPPORTED = "worker: OS and/or package manager are not supported"
TEXT_BAD_TOKEN = "invalid page format: invalid or expired pagination token"


class FixtureFailed(Exception):
    """The surroundings, not the service, are at fault; or the service did not start at all."""


def wait_for(condition, seconds=10, what="a condition", pause=0.01):
    """The first true value of condition(), which is asked again and again until `seconds` are over."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(pause)


def free_port(host="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


# ── Talking to it ───────────────────────────────────────────────────────────────────────────────────────────────────


class Answer:
    """One HTTP answer; `body` is unpacked, `raw` as sent."""

    def __init__(self, status, headers, raw, wanted):
        self.status, self.headers, self.raw, self.wanted = status, headers, raw, wanted
        self.body = gzip.decompress(raw) if headers.get("Content-Encoding") == "gzip" else raw

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise AssertionError(f"{self.wanted}: no JSON in the answer: {self}") from None

    @property
    def message(self):
        """The error's text, "" if the answer is no error of the API."""
        with contextlib.suppress(AssertionError, AttributeError, TypeError):
            return self.json.get("Error", {}).get("Message", "")
        return ""

    def __str__(self):
        return f"{self.status} {self.body[:400].decode('utf-8', 'backslashreplace')}"


class Client:
    """Requests to one address, each on a connection of its own so that a balancer and a drain see what they would."""

    def __init__(self, address, timeout=60):
        self.address, self.timeout = address, timeout

    def call(self, method, target, body=None, headers=None, timeout=None):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        host, port = self.address.rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=timeout or self.timeout)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            given = {"Content-Type": "application/json"} if body is not None else {}
            given.update(headers or {})
            if body is not None:
                given["Content-Length"] = str(len(body))
            for name, value in given.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read(), f"{method} {target}")
        finally:
            connection.close()

    def get(self, target, **options):
        return self.call("GET", target, **options)

    def post(self, target, body, **options):
        return self.call("POST", target, body, **options)

    def put(self, target, body, **options):
        return self.call("PUT", target, body, **options)

    def delete(self, target, **options):
        return self.call("DELETE", target, **options)

    def post_layer(self, name, path, parent="", form="Docker", **more):
        options = {key: more.pop(key) for key in ("timeout", "headers") if key in more}
        return self.post("/v1/layers", {"Layer": {"Name": name, "Path": path, "ParentName": parent, "Format": form, **more}}, **options)

    def layer(self, name, query="vulnerabilities"):
        return self.get("/v1/layers/" + quote(name) + ("?" + query if query else ""))

    def post_vulnerability(self, name_space, name, fixed_in=(), severity="Low", **more):
        """fixed_in: [(package, version)]; the version None stands for no fix."""
        return self.post(f"/v1/namespaces/{quote(name_space)}/vulnerabilities", {"Vulnerability": {
            "Name": name, "NamespaceName": name_space, "Severity": severity,
            "FixedIn": [fix(name_space, *one) for one in fixed_in], **more}})

    def vulnerability(self, name_space, name, query="fixedIn"):
        return self.get(f"/v1/namespaces/{quote(name_space)}/vulnerabilities/{quote(name)}" + ("?" + query if query else ""))

    def pages(self, target, limit):
        """The answers of a paged route, in order, until there is no NextPage."""
        answers, page = [], ""
        while True:
            answer = self.get(f"{target}?limit={limit}" + (f"&page={urllib.parse.quote(page, safe='')}" if page else ""))
            answers.append(answer)
            if answer.status != 200:
                return answers
            inner = answer.json.get("Notification") or answer.json
            page = inner.get("NextPage", "")
            if not page:
                return answers
            if len(answers) > 10_000:
                raise AssertionError(f"{target}: pages without an end")


def quote(text):
    return urllib.parse.quote(text, safe="")


def fix(name_space, package, version, form="dpkg"):
    entry = {"Name": package, "NamespaceName": name_space, "Version": "None" if version is None else version}
    if version is not None:
        entry["VersionFormat"] = form
    return entry


def exchange(address, data, seconds=10, shut=False):
    """Raw bytes to an address and what comes back until it closes, or falls silent for `seconds`."""
    host, port = address.rsplit(":", 1)
    received = b""
    with socket.create_connection((host, int(port)), timeout=seconds) as link:
        with contextlib.suppress(ConnectionError, TimeoutError):
            link.sendall(data)
            if shut:
                link.shutdown(socket.SHUT_WR)
            while chunk := link.recv(65536):
                received += chunk
    return received


# ── The service ─────────────────────────────────────────────────────────────────────────────────────────────────────


def yaml(value, depth=0):
    """Block YAML of dictionaries, lists and scalars, as people write Clair's files."""
    pad = "  " * depth
    scalar = lambda v: v if isinstance(v, str) and re.fullmatch(r"[A-Za-z][\w./]*|\d+[smh]", v) else json.dumps(v)
    text = ""
    for key, item in value.items():
        if isinstance(item, dict):
            text += f"{pad}{key}:\n{yaml(item, depth + 1)}"
        elif isinstance(item, (list, tuple)):
            text += f"{pad}{key}:" + (" []\n" if not item else "\n" + "".join(f"{pad}  - {scalar(one)}\n" for one in item))
        else:
            text += f"{pad}{key}:" + ("" if item is None else " " + scalar(item)) + "\n"
    return text


def merged(base, over):
    result = dict(base)
    for key, value in over.items():
        result[key] = merged(result[key], value) if isinstance(value, dict) and isinstance(result.get(key), dict) else value
    return {key: value for key, value in result.items() if value is not None}


class Service:
    """`limpid serve` with a configuration file. `clair` is merged over what every test wants; None leaves a key out."""

    def __init__(self, folder, store, clair=None, arguments=(), layers_from=("127.0.0.1",), listen="127.0.0.1:0", environment=None):
        self.folder, self.store, self.arguments, self.listen = folder, store, list(arguments), listen
        # What one run has fetched is not what another has, though it may be given the same port.
        self.environment = {"XDG_DATA_HOME": os.path.join(folder, "data"), **(environment or {})}
        kind, source = ("sqlite", store) if store.startswith("sqlite:") else ("pgsql", store)
        self.clair = merged({
            "database": {"type": kind, "options": {"source": source}},
            "api": {"addr": "127.0.0.1", "timeout": "900s", "paginationkey": PAGE_KEY},
            "updater": {"interval": 0},
            "layers": {"from": list(layers_from)},
        }, clair or {})
        self.process, self.lines, self.changed = None, collections.deque(maxlen=4000), threading.Condition()

    def start(self):
        handle, self.config = tempfile.mkstemp(prefix="config-", suffix=".yaml", dir=self.folder)
        with open(handle, "w", encoding="utf-8") as stream:
            stream.write(yaml({"clair": self.clair}))
        command = [LIMPID, "serve", "--config", self.config, *(["--listen", self.listen] if self.listen else []), *self.arguments]
        # Should the test itself be killed, the service goes with it.
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        self.lines.clear()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        env={**os.environ, "no_proxy": "*", **self.environment})
        self._found, self.ended = {}, False  # the old addresses stay known to who asks meanwhile
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        with self.changed:
            ready = self.changed.wait_for(lambda: self.ended or {"api", "health"} <= self._found.keys(), START_SECONDS)
        if not ready or self.ended:
            status = self.process.wait() if self.ended else "none: it still runs"
            self.kill()
            raise FixtureFailed(f"{' '.join(command)} did not say where it listens (exit status {status}):\n{self.log()}")
        self.addresses = self._found
        self.client = Client(self.addresses["api"])
        self.health = Client(self.addresses["health"])
        return self

    def _read(self, process):
        for line in process.stderr:
            line = line.decode("utf-8", "backslashreplace").rstrip("\n")
            with self.changed:
                self.lines.append(line)
                if " listening " in line:
                    self._found.update(re.findall(r"\b(api|health)=\"?([^\s\"]+)", line))
                self.changed.notify_all()
        with self.changed:
            if self.process is process:  # and not the one that was started after it
                self.ended = True
            self.changed.notify_all()
        process.stderr.close()

    def log(self, count=30):
        with self.changed:
            return "\n".join(list(self.lines)[-count:])

    @property
    def address(self):
        return self.addresses["api"]

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self, seconds=30):
        """SIGTERM, and its exit status."""
        if self.process is None:
            return None
        if self.running:
            self.terminate()
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the service ran on {seconds} s after SIGTERM:\n{self.log()}") from None
        self.process = None
        return status

    def kill(self):
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            self.process.wait()
            self.process = None

    def resident_peak(self):
        """Bytes, VmHWM."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        return int(re.search(r"VmHWM:\s+(\d+) kB", text)[1]) * 1024

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        """After a failure its end is of no interest, and must not hide the failure."""
        if kind is None and self.running:
            self.stop()
        else:
            self.kill()


# ── PostgreSQL ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Postgres:
    """A private server in a temporary folder, owned by `postgres` where the test is root. Commits survive kill(): only
    fsync is off, which the kernel's page cache makes good as long as the machine itself stands."""

    fsync = "off"
    _shared = None

    def __init__(self):
        if not os.path.exists(os.path.join(POSTGRES, "postgres")):
            raise FixtureFailed(f"no PostgreSQL in {POSTGRES} (LIMPID_POSTGRES_BIN): the package postgresql-15 is missing")
        self.folder = tempfile.mkdtemp(prefix="limpid-pg-")
        self.user = []
        if os.getuid() == 0:
            self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
            shutil.chown(self.folder, "postgres", "postgres")
        self.data = os.path.join(self.folder, "data")
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.process = None
        self._names = 0
        try:
            for attempt in range(5):
                self.port = free_port()
                try:
                    self.start()
                    break
                except FixtureFailed:  # somebody else may have taken the port meanwhile
                    if attempt == 4:
                        raise
        except BaseException:
            self.close()
            raise

    @classmethod
    def shared(cls):
        """One for the whole run of a test file: making one takes a second or two."""
        if cls._shared is None:
            cls._shared = cls()
            atexit.register(cls._shared.close)
        return cls._shared

    def _run(self, program, *arguments, check=True):
        done = subprocess.run([*self.user, os.path.join(POSTGRES, program), *arguments], capture_output=True, text=True, cwd="/",
                              env={**os.environ, "LC_ALL": "C.UTF-8"}, timeout=120, check=False)
        if check and done.returncode != 0:
            raise FixtureFailed(f"{program} {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def start(self):
        """Also after kill(); the port stays the same."""
        with open(os.path.join(self.folder, "log"), "ab") as log:
            wrapper = [*(self.user or ["setpriv"]), "--pdeathsig", "INT"] if shutil.which("setpriv") else []
            self.process = subprocess.Popen(
                [*wrapper, os.path.join(POSTGRES, "postgres"), "-D", self.data, "-p", str(self.port), "-k", self.folder,
                 "-c", "listen_addresses=127.0.0.1", "-c", f"fsync={self.fsync}", "-c", "synchronous_commit=on", "-c", "max_connections=200",
                 "-c", "shared_buffers=64MB", "-c", "log_min_messages=warning"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")

        def ready():
            if self.process.poll() is not None:
                raise FixtureFailed("PostgreSQL ended at its start:\n" + pathlib.Path(self.folder, "log").read_text("utf-8")[-2000:])
            return self._run("psql", *self._way("postgres"), "-Atc", "select 1", check=False).stdout.strip() == "1"
        wait_for(ready, 60, "PostgreSQL to accept connections", pause=0.05)
        return self

    def _way(self, database):
        return ["-X", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database]

    def query(self, database, sql):
        """Rows as lists of texts."""
        done = self._run("psql", *self._way(database), "-v", "ON_ERROR_STOP=1", "-At", "-F", "\t", "-c", sql)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def create_database(self):
        self._names += 1
        name = f"limpid_{os.getpid()}_{self._names}"
        self.query("postgres", f"create database {name}")
        return name

    def url(self, database):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def terminate_connections(self, database):
        """How many there were."""
        return int(self.query("postgres", "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                                          f"where datname = '{database}' and pid <> pg_backend_pid()")[0][0])

    def allow_connections(self, database, yes):
        self.query("postgres", f"alter database {database} allow_connections {str(yes).lower()}")
        if not yes:
            self.terminate_connections(database)

    def _children(self):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            return [int(pid) for pid in pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii").split()]
        return []

    def kill(self):
        """SIGKILL, of the postmaster first and then of each process that it left, and waits until all are gone."""
        children = self._children()
        self.process.kill()
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        gone = lambda pid: not os.path.exists(f"/proc/{pid}") or " Z " in pathlib.Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
        for pid in children:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                wait_for(lambda pid=pid: gone(pid), 10, f"the end of PostgreSQL's process {pid}")
        self.process = None

    def stop(self):
        """In order (SIGINT: fast shutdown)."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def close(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)
        if Postgres._shared is self:
            Postgres._shared = None


class DurablePostgres(Postgres):
    """One whose commits reach the disk: for measuring what they cost."""

    fsync = "on"


# ── The balancer ────────────────────────────────────────────────────────────────────────────────────────────────────


class RoundRobin:
    """Each request, not each connection, goes to the next node. A node that refuses the connection is passed over; what
    was sent to a node once is never sent again, since it may have taken effect."""

    def __init__(self, nodes):
        self.nodes, self.counts = list(nodes), collections.Counter()
        self._next, self._lock, self._closed = 0, threading.Lock(), False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while not self._closed:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        link.settimeout(120)
        with link, link.makefile("rb") as reader, contextlib.suppress(OSError, EOFError):
            while head := self._head(reader):
                method = head.split(b" ", 1)[0]
                body = self._body(reader, head, to_end=False)
                upstream = self._connect()
                if upstream is None:
                    link.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 8\r\nConnection: close\r\n\r\nno node\n")
                    return
                with upstream, upstream.makefile("rb") as answers:
                    upstream.sendall(head + body)
                    answer = self._head(answers)
                    while answer.split(b" ", 2)[1:2] and answer.split(b" ", 2)[1].startswith(b"1"):
                        answer = self._head(answers)  # an interim answer is nobody's
                    if not answer:
                        return  # the node broke off: so does the balancer
                    bare = method == b"HEAD" or answer.split(b" ", 2)[1][:3] in (b"204", b"304")
                    link.sendall(answer + (b"" if bare else self._body(answers, answer, to_end=True)))
                if self._field(head, b"connection") == b"close" or self._field(answer, b"connection") == b"close":
                    return

    def _connect(self):
        for _ in self.nodes:
            with self._lock:
                node = self.nodes[self._next % len(self.nodes)]
                self._next += 1
            host, port = node.rsplit(":", 1)
            with contextlib.suppress(OSError):
                link = socket.create_connection((host, int(port)), timeout=120)
                with self._lock:
                    self.counts[node] += 1
                return link
        return None

    @staticmethod
    def _field(head, name):
        found = re.search(rb"^" + name + rb":[ \t]*([^\r\n]*)", head, re.I | re.M)
        return found[1].strip().lower() if found else b""

    @staticmethod
    def _head(reader):
        head = b""
        while line := reader.readline():
            head += line
            if line in (b"\r\n", b"\n"):
                return head
        return b""

    def _body(self, reader, head, to_end):
        """As framed: by length, in chunks, or (answers only) up to the end of the connection."""
        if b"chunked" in self._field(head, b"transfer-encoding"):
            body = b""
            while True:
                line = reader.readline()
                body += line
                size = int(line.split(b";")[0], 16) if line.strip() else 0
                if size == 0:
                    while (trailer := reader.readline()) not in (b"\r\n", b"\n", b""):
                        body += trailer
                    return body + trailer
                body += reader.read(size + 2)
        length = self._field(head, b"content-length")
        if length:
            return reader.read(int(length))
        return reader.read() if to_end else b""


# ── Servers of layers, feeds and webhooks ───────────────────────────────────────────────────────────────────────────


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        pass  # a client that goes away early is what some tests are about


def _serve(host, port, handle, context=None):
    """handle(handler) answers every request of any method."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def reply(self, status, body=b"", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_GET(self):
            handle(self)

        do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = _Server((host, port), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


Seen = collections.namedtuple("Seen", "host method path headers time")
Seen.__doc__ = "A request as it arrived: the host is the address that was connected to."


class BlobServer:
    """Layers over HTTP, well served and badly; every request is recorded. `hosts` are loopback addresses: to a client,
    127.0.0.2 is another host than 127.0.0.1."""

    def __init__(self, hosts=("127.0.0.1", "127.0.0.2")):
        self.requests, self.sent = [], collections.Counter()
        self._paths, self._lock, self._numbers = {}, threading.Lock(), 0
        self._servers = [_serve(host, 0, self._answer) for host in hosts]
        self.bases = {server.server_address[0]: f"http://{server.server_address[0]}:{server.server_address[1]}" for server in self._servers}
        self.base = self.bases[hosts[0]]

    def close(self):
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def _answer(self, handler):
        host = handler.server.server_address[0]
        with self._lock:
            self.requests.append(Seen(host, handler.command, handler.path, handler.headers, time.monotonic()))
            behave = self._paths.get(handler.path)
        if behave is None:
            handler.reply(404, b"no such blob\n")
        else:
            behave(handler)

    def _add(self, behave, host=None, name=None):
        with self._lock:
            self._numbers += 1
            path = f"/{name or 'blob'}-{self._numbers}"
            self._paths[path] = behave
        return (self.bases[host] if host else self.base) + path

    def seen(self, url):
        path = urllib.parse.urlsplit(url).path
        host = urllib.parse.urlsplit(url).hostname
        with self._lock:
            return [request for request in self.requests if request.path == path and request.host == host]

    def put(self, data, host=None, status=200, **headers):
        return self._add(lambda handler: handler.reply(status, data, **headers), host)

    def missing(self):
        return self._add(lambda handler: handler.reply(404, b"not here\n"))

    def guarded(self, data, name, value):
        """Only for requests with that header; 401 for others."""
        return self._add(lambda handler: handler.reply(200, data) if handler.headers.get(name) == value else handler.reply(401, b"who are you?\n"))

    def redirect(self, target, status=302, host=None):
        return self._add(lambda handler: handler.reply(status, b"elsewhere\n", Location=target), host)

    def loop(self):
        return self._add(lambda handler: handler.reply(302, b"again\n", Location=handler.path))

    def gated(self, data):
        """(url, arrived, gate): the body waits for gate.set(); arrived is set by the first request."""
        arrived, gate = threading.Event(), threading.Event()

        def behave(handler):
            arrived.set()
            handler.reply(200 if gate.wait(60) else 500, data)
        return self._add(behave), arrived, gate

    def cut(self, data, after):
        """Promises all of it and closes after `after` bytes."""
        def behave(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data[:after])
            handler.wfile.flush()
            handler.close_connection = True
        return self._add(behave)

    def _stream(self, pieces, pause=0.0):
        def behave(handler):
            handler.send_response(200)
            handler.send_header("Connection", "close")
            handler.end_headers()
            handler.close_connection = True
            for piece in pieces():
                handler.wfile.write(piece)
                with self._lock:
                    self.sent[handler.path] += len(piece)
                if pause:
                    handler.wfile.flush()
                    time.sleep(pause)
        return self._add(behave)

    def endless(self, head, filler=bytes(1 << 16), most=1 << 40):
        """`head`, then `filler` again and again until the client has had enough. How much went out: sent_of()."""
        def pieces():
            yield head
            for _ in range(most // len(filler)):
                yield filler
        return self._stream(pieces)

    def pieces(self, make):
        """What the generator function yields, without a Content-Length."""
        return self._stream(make)

    def slow(self, data, pause=0.05, size=1):
        return self._stream(lambda: (data[at:at + size] for at in range(0, len(data), size)), pause)

    def sent_of(self, url):
        with self._lock:
            return self.sent[urllib.parse.urlsplit(url).path]


class FeedServer:
    """Files with ETag and Last-Modified; answers 304 to who has them already, counts what it was asked."""

    def __init__(self):
        self._files, self._lock = {}, threading.Lock()
        self.counts, self.requests = collections.Counter(), []  # counts: (path, status)
        self._server = _serve("127.0.0.1", 0, self._answer)
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def put(self, path, data, etag=None, modified=None):
        """Replaces the file; the validators default to fresh ones. Its URL."""
        data = data.encode() if isinstance(data, str) else data
        etag = etag or '"' + hashlib.sha256(data).hexdigest()[:16] + '"'
        modified = modified or time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
        with self._lock:
            self._files[path] = (data, etag, modified)
        return self.base + path

    def fail(self, path, status):
        """From now on this path answers `status` (0: breaks off in the middle of the body)."""
        with self._lock:
            self._files[path] = status
        return self.base + path

    def count(self, path, status=None):
        with self._lock:
            return sum(n for (of, code), n in self.counts.items() if of == path and status in (None, code))

    def _answer(self, handler):
        path = handler.path.split("?")[0]
        with self._lock:
            file = self._files.get(path, 404)
        if isinstance(file, int):
            status, body, headers = file, b"failing on purpose\n", {}
        else:
            body, etag, modified = file
            headers = {"ETag": etag, "Last_Modified": modified}
            known = [tag.strip().removeprefix("W/") for tag in handler.headers.get("If-None-Match", "").split(",")]
            same = etag in known if "If-None-Match" in handler.headers else handler.headers.get("If-Modified-Since") == modified
            status = 304 if same else 200
        with self._lock:
            self.counts[path, status] += 1
            self.requests.append(Seen("127.0.0.1", handler.command, handler.path, handler.headers, time.monotonic()))
        if status == 0:
            handler.send_response(200)
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
            handler.wfile.write(b"{")
            handler.close_connection = True
        elif status == 304:
            handler.send_response(304)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
        else:
            handler.reply(status, body, **headers)


Delivery = collections.namedtuple("Delivery", "name status body headers time certificate")


class Webhook:
    """Receives notifications. decide(name, nth) → status says what the nth delivery (0, 1, …) of that notification is
    answered; without it, 200. With `certificates` (make_certificates()), only a client of that authority gets in."""

    def __init__(self, certificates=None):
        self.deliveries, self.decide = [], None
        self._changed, self._counts = threading.Condition(), collections.Counter()
        context = None
        if certificates is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates["server"], certificates["server_key"])
            context.load_verify_locations(certificates["authority"])
            context.verify_mode = ssl.CERT_REQUIRED
        self._server = _serve("127.0.0.1", 0, self._answer, context)
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self._server.server_address[1]}/hook"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler):
        now = time.monotonic()
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        try:
            name = json.loads(body)["Notification"]["Name"]
        except (ValueError, KeyError, TypeError):
            name = ""
        with self._changed:
            nth = self._counts[name]
            self._counts[name] += 1
        status = self.decide(name, nth) if self.decide else 200
        certificate = handler.connection.getpeercert() if isinstance(handler.connection, ssl.SSLSocket) else None
        with self._changed:
            self.deliveries.append(Delivery(name, status, body, handler.headers, now, certificate))
            self._changed.notify_all()
        handler.reply(status)

    def names(self):
        """Of the notifications delivered, each once, in order of their first delivery."""
        with self._changed:
            return list(dict.fromkeys(delivery.name for delivery in self.deliveries))

    def of(self, name):
        with self._changed:
            return [delivery for delivery in self.deliveries if delivery.name == name]

    def wait(self, condition, seconds=15, what="a webhook"):
        """The first true value of condition(), asked anew after each delivery and at least every 100 ms."""
        end = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds} s in vain for {what}; {len(self.deliveries)} webhooks have come")
            with self._changed:
                self._changed.wait(0.1)
        return value


def make_certificates(folder, authority="test authority"):
    """An authority, and certificates of a server (127.0.0.1, localhost) and a client signed by it: {role: PEM path}."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    now = datetime.datetime.utcnow()
    paths = {}

    def write(role, data):
        paths[role] = os.path.join(folder, f"{authority.replace(' ', '-')}-{role}.pem")
        pathlib.Path(paths[role]).write_bytes(data)

    def make(role, issuer=None, issuer_key=None):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, authority if role == "authority" else role)])
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(issuer.subject if issuer else name).public_key(key.public_key())
                       .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
                       .not_valid_after(now + datetime.timedelta(days=2))
                       .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
                       .add_extension(names, critical=False).sign(issuer_key or key, hashes.SHA256()))
        write(role, certificate.public_bytes(serialization.Encoding.PEM))
        write(role + "_key", key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return certificate, key

    certificate, key = make("authority")
    make("server", certificate, key)
    make("client", certificate, key)
    return paths


# ── Topologies ──────────────────────────────────────────────────────────────────────────────────────────────────────

TOPOLOGIES = ("sqlite-1-node", "postgres-1-node", "postgres-3-nodes")


class Topology:
    """Nodes over one store, with a balancer before them where there are several. `folder` may hold layers, too."""

    def __init__(self, name, clair=None, **options):
        self.name, self.folder = name, tempfile.mkdtemp(prefix="limpid-" + name + "-")
        self.layers_folder = os.path.join(self.folder, "layers")
        os.mkdir(self.layers_folder)
        self.postgres = None if name.startswith("sqlite") else Postgres.shared()
        self.nodes, self.balancer = [], None
        self.options = {"layers_from": ("127.0.0.1", "127.0.0.2", self.layers_folder), **options}
        try:
            store = self.new_store()
            self.database = store.rsplit("/", 1)[1].split("?")[0]  # PostgreSQL's name of it
            count = int(re.search(r"\d+", name)[0])
            for _ in range(count):
                self.nodes.append(Service(self.folder, store, clair, **self.options).start())
            self.client = self.nodes[0].client
            if count > 1:
                self.balancer = RoundRobin([node.address for node in self.nodes])
                self.client = Client(self.balancer.address)
        except BaseException:
            self.close()
            raise

    def new_store(self):
        """The URL of an empty store of this kind."""
        if self.postgres is None:
            return "sqlite:" + os.path.join(tempfile.mkdtemp(dir=self.folder), "store.db")
        return self.postgres.url(self.postgres.create_database())

    @contextlib.contextmanager
    def extra(self, clair=None, store=None, **options):
        """One more service, with a store of its own unless told otherwise."""
        with Service(self.folder, store or self.new_store(), clair, **{**self.options, **options}) as service:
            yield service

    def close(self):
        if self.balancer:
            self.balancer.close()
        problems = []
        for node in self.nodes:
            died = not node.running
            try:
                status = node.stop()
            except AssertionError as error:
                problems.append(str(error))
                continue
            if died or status != 0:
                problems.append(f"a node {'had ended by itself' if died else 'ended after SIGTERM'} with status {status}:\n{node.log()}")
        self.nodes = []
        shutil.rmtree(self.folder, ignore_errors=True)
        if problems:
            raise AssertionError("\n".join(problems))


def feed_entry(name, url):
    """How the configuration names a feed and where it comes from."""
    return {"feed": name, "url": url}
