#!/usr/bin/env python3
"""bench/service_bench.py [PART…]: measures `limpid serve` part by part, each beside a reference of its own in the same
run: a bare epoll loop that sends as many bytes, bare hashing and inflating of the same layers, bare durable commits to
the same kind of store. The best of interleaved runs counts, since what else runs on a machine only ever adds.

Settings: LIMPID_BENCH_RUNS (interleaved runs), LIMPID_BENCH_FULL=1 (also 100,000 layers), LIMPID_BENCH_SECONDS (how long
the load of 64 clients lasts), LIMPID_BINARY (another service than that of the release build)."""
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True  # the source tree stays clean
sys.path[:0] = [os.path.join(ROOT, "bench"), os.path.join(ROOT, "tests", "e2e")]
BUILD = os.path.join(ROOT, "build", "release")
os.environ.setdefault("LIMPID_BINARY", os.path.join(BUILD, "limpid"))

import service_data  # noqa: E402
from common import layers, table  # noqa: E402
from http_bench import UNITS, Running  # noqa: E402
from service import DurablePostgres, yaml  # noqa: E402  (wants LIMPID_BINARY)

RUNS = int(os.environ.get("LIMPID_BENCH_RUNS", "5"))
FULL = os.environ.get("LIMPID_BENCH_FULL") == "1"
LOAD_SECONDS = int(os.environ.get("LIMPID_BENCH_SECONDS", "60"))
WRK_SECONDS = 4
FRESH_CHAINS = 60           # of each kind, for reports never asked before
FRESH_RUNS = 7              # of them with many layers, for the lowest median
COMMITS = 1_000
QUIET_POSTS = 20_000        # vulnerabilities posted while a client reads
COMMON_LAYERS = 2_500       # layers of a notification
PAGE, PAGES = 100, 1_000      # layers on a page, pages asked for
SWAPS = 6
CHANGED = 300               # advisories that another database changes
POSTERS = 16                # connections that fill a store
START_SECONDS = 60
REPORT = "/v1/layers/image-3?features&vulnerabilities"


# ── The service and its clients ─────────────────────────────────────────────────────────────────────────────────────


class Serving:
    """`limpid serve` in a folder of its own over a store, with its log in a file."""

    def __init__(self, world, store=None, notifier=None, database=None):
        self.folder = tempfile.mkdtemp(prefix="serve-", dir=world.folder)
        self.store = store or "sqlite:" + os.path.join(self.folder, "store.db")
        self.log_path = os.path.join(self.folder, "log")
        data = os.path.join(self.folder, "data")
        os.mkdir(data)
        command = [os.environ["LIMPID_BINARY"], "serve", "--listen", "127.0.0.1:0", "--store", self.store, "--db", database or world.database,
                   "--layers-from", "127.0.0.1", "--layers-from", world.folder, "--data-folder", data]
        if notifier:
            config = os.path.join(self.folder, "limpid.yaml")
            with open(config, "w", encoding="utf-8") as stream:
                stream.write(yaml({"clair": {"updater": {"interval": 0}, "notifier": notifier}}))
            command += ["--config", config]
        if shutil.which("setpriv"):  # goes with the bench, should that be killed
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, stdout=log)
        self.address = self.wait_for_line(r" listening .*\bapi=\"?([^\s\"]+)", START_SECONDS).group(1)
        self.port = int(self.address.rsplit(":", 1)[1])

    def log_size(self):
        return os.path.getsize(self.log_path)

    def log(self, since=0):
        """What was written after the log was `since` bytes long: with a line for each request it becomes large."""
        with open(self.log_path, encoding="utf-8", errors="replace") as stream:
            stream.seek(since)
            return stream.read()

    def wait_for_line(self, pattern, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := re.search(pattern, self.log()):
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        sys.exit(f"bench: no line '{pattern}' in the service's log:\n{self.log()[-2000:]}")

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as stream:
            fields = stream.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as stream:
            return int(re.search(r"VmRSS:\s+(\d+) kB", stream.read())[1]) / 1024

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Kept:
    """One kept connection, with little of Python between the bytes and the clock."""

    IDLE = 60  # seconds after which the server may have closed it

    def __init__(self, port):
        self.port = port
        self.buffer = bytearray(1 << 22)
        self.view = memoryview(self.buffer)
        self.connect()

    def connect(self):
        self.link = socket.create_connection(("127.0.0.1", self.port))
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.used = time.monotonic()

    def close(self):
        self.link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def ask(self, method, target, body=None, headers=""):
        """(seconds, status, length of the body); the body itself is in self.body until the next question."""
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {target} HTTP/1.1\r\nHost: bench\r\n{headers}" + (f"Content-Length: {len(data)}\r\n" if body is not None else "") + "\r\n"
        request = head.encode() + data
        if time.monotonic() - self.used > self.IDLE:
            self.link.close()
            self.connect()
        self.used = time.monotonic()
        begun = time.perf_counter()
        self.link.sendall(request)
        got = self.link.recv_into(self.view)
        while (end := self.buffer.find(b"\r\n\r\n", 0, got)) < 0:
            more = self.link.recv_into(self.view[got:])
            if more == 0:
                sys.exit(f"bench: the connection was closed instead of an answer to {method} {target}")
            got += more
        length = re.search(rb"(?i)\r\nContent-Length: *(\d+)", self.buffer[:end])
        whole = end + 4 + (int(length[1]) if length else 0)
        while got < whole:
            more = self.link.recv_into(self.view[got:])
            if more == 0:
                sys.exit(f"bench: the answer to {method} {target} broke off")
            got += more
        spent = time.perf_counter() - begun
        self.body = self.view[end + 4:whole]
        return spent, int(self.buffer[9:12]), whole - end - 4

    def must(self, wanted, method, target, body=None, headers=""):
        spent, status, length = self.ask(method, target, body, headers)
        if status != wanted:
            sys.exit(f"bench: {method} {target} was answered {status}, not {wanted}: {bytes(self.body[:300])}")
        return spent, length

    def post_layer(self, name, path, parent=""):
        return self.must(201, "POST", "/v1/layers", {"Layer": {"Name": name, "Path": path, "ParentName": parent, "Format": "Docker"}})[0]

    def post_chain(self, name, paths):
        """Seconds of the posts together."""
        parent, spent = "", 0.0
        for number, path in enumerate(paths):
            spent += self.post_layer(f"{name}-{number}", path, parent)
            parent = f"{name}-{number}"
        return spent

    def post_vulnerability(self, name, package, version, severity="Low", description=""):
        fix = {"Name": package, "NamespaceName": service_data.NAMESPACE, "VersionFormat": "dpkg", "Version": version}
        return self.must(201, "POST", f"/v1/namespaces/{service_data.NAMESPACE}/vulnerabilities", {"Vulnerability": {
            "Name": name, "NamespaceName": service_data.NAMESPACE, "Severity": severity, "Description": description, "FixedIn": [fix]}})[0]


GZIP = "Accept-Encoding: gzip\r\n"


def wrk_command(port, target, connections, seconds, *more):
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *more, f"http://127.0.0.1:{port}{target}"]


def wrk_figures(text):
    """(requests/s, median ms, p99 ms, requests)"""
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"bench: wrk met errors:\n{text}")
    def milliseconds(share):
        number, unit = re.search(rf"^ +{share}% +([\d.]+)(us|ms|s)$", text, re.MULTILINE).groups()
        return float(number) * UNITS[unit]
    return (float(re.search(r"Requests/sec: +([\d.]+)", text)[1]), milliseconds(50), milliseconds(99), int(re.search(r"(\d+) requests in", text)[1]))


def wrk(server, target, connections, compressed):
    """(requests/s, median ms, p99 ms, processor µs of the server for a request)"""
    more = ("-H", GZIP.strip()) if compressed else ()
    before = server.cpu_seconds()
    text = subprocess.run(wrk_command(server.port, target, connections, WRK_SECONDS, *more), check=True, capture_output=True, text=True).stdout
    rate, median, p99, requests = wrk_figures(text)
    return rate, median, p99, (server.cpu_seconds() - before) * 1e6 / requests


def beside(server, target, connections, compressed, size, runs=RUNS):
    """Best of interleaved runs of the service and of the bare loop that sends `size` bytes: ours, reference."""
    best = [None, None]
    with Running("bench-epoll-reference", size, min(os.cpu_count(), 4)) as reference:
        for number in range(runs + 1):
            for which, one in enumerate((server, reference)):
                rate, *times = wrk(one, target, connections, compressed)
                if number > 0 or runs == 0:  # the first does not count
                    known = best[which] or (rate, *times)
                    best[which] = (max(known[0], rate), *map(min, known[1:], times))
    return best


# ── The world ───────────────────────────────────────────────────────────────────────────────────────────────────────


class World:
    """The invented data on disk, with its databases, in a folder under build/."""

    def __init__(self):
        work = os.path.join(ROOT, "build", "bench")
        os.makedirs(work, exist_ok=True)
        self.folder = tempfile.mkdtemp(prefix="service-", dir=work)
        self.image = service_data.image_layers(self.folder)
        self.small = service_data.small_layers(self.folder)
        self.database = self._compile("before", 0)
        self.changed = self._compile("after", CHANGED)

    def _compile(self, name, changed):
        source, out = os.path.join(self.folder, name + ".json"), os.path.join(self.folder, name + ".db")
        service_data.write(source, service_data.tracker(changed).encode())
        subprocess.run([os.environ["LIMPID_BINARY"], "-q", "db", "build", "--feed", f"debian={source}", "-o", out], check=True)
        return out

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def fill(server, world, first, count):
    """Posts small images first … first+count-1 over many connections; seconds that it took."""
    begun, problems = time.perf_counter(), []

    def post(part):
        try:
            with Kept(server.port) as kept:
                for number in range(first + part, first + count, POSTERS):
                    kept.post_layer(f"small-{number}", world.small[number % len(world.small)])
        except BaseException as problem:  # SystemExit of a thread would pass unseen
            problems.append(problem)
    threads = [threading.Thread(target=post, args=(part,)) for part in range(POSTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        sys.exit(f"bench: filling the store failed: {problems[0]}")
    return time.perf_counter() - begun


# ── Telling ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def judged(*conditions):
    return "yes" if all(conditions) else "**no**"


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


# ── (a) Reports that were asked before ──────────────────────────────────────────────────────────────────────────────


KINDS = (  # words, target, compressed, and by connections: target in words, its check of (rate, median, p99, ratio), Clair's
    ("report, compressed", REPORT, True, {
        1: ("median ≤ 0.1, ≥ 10,000/s", lambda r, m, p, x: m <= 0.1 and r >= 10_000, "not offered"),
        16: ("≥ 0.9 × reference", lambda r, m, p, x: x >= 0.9, "not offered")}),
    ("report, plain", REPORT, False, {
        1: ("median ≤ 0.6, ≥ 1,500/s", lambda r, m, p, x: m <= 0.6 and r >= 1_500, "31 ms, 32/s"),
        16: ("≥ 0.9 × reference, p99 ≤ 25", lambda r, m, p, x: x >= 0.9 and p <= 25, "724 ms, 20/s, p99 1.5 s")}),
    ("features, plain", "/v1/layers/image-3?features", False, {
        1: ("", None, "5.1 ms, 169/s"), 16: ("≥ 0.9 × reference", lambda r, m, p, x: x >= 0.9, "104 ms, 74/s")}),
    ("layer, no flags", "/v1/layers/image-3", False, {
        1: ("median ≤ 0.1", lambda r, m, p, x: m <= 0.1, "0.61 ms, 1,392/s"),
        16: ("", None, "1,035/s, p99 1.0 s")}))
ASKED_HEADS = ("what", "bytes", "clients", "median ms", "p99 ms", "requests/s", "× reference", "CPU µs", "reference: median, p99, requests/s, CPU µs", "target", "met", "Clair 2.0.9")


def asked(world):
    rows = []
    with Serving(world) as server:
        with Kept(server.port) as kept:
            kept.post_chain("image", world.image)
        for words, target, compressed, by_connections in KINDS:
            with Kept(server.port) as kept:
                size = kept.must(200, "GET", target, headers=GZIP if compressed else "")[1]
            for connections, (wanted, check, clair) in by_connections.items():
                ours, reference = beside(server, target, connections, compressed, size)
                ratio = ours[0] / reference[0]
                rows.append([words, f"{size:,}", str(connections), f"{ours[1]:.3f}", f"{ours[2]:.2f}", f"{ours[0]:,.0f}", f"{ratio:.2f}", f"{ours[3]:.1f}",
                             f"{reference[1]:.3f}, {reference[2]:.2f}, {reference[0]:,.0f}, {reference[3]:.1f}", wanted,
                             judged(check(*ours[:3], ratio)) if check else "", clair])
    table(f"Reports asked before: wrk, kept connections, best of {RUNS} interleaved runs of {WRK_SECONDS} s", ASKED_HEADS, rows)


# ── (b) Reports never asked before ──────────────────────────────────────────────────────────────────────────────────


def never_asked(world):
    times, cpu, sizes, rows = {}, {}, {}, []
    with Serving(world) as server, Kept(server.port) as kept:
        for number in range(2 * FRESH_CHAINS):
            kept.post_chain(f"fresh-{number}", world.image)
        for compressed in (False, True):
            before, times[compressed] = server.cpu_seconds(), []
            for number in range(FRESH_CHAINS):
                target = f"/v1/layers/fresh-{number + FRESH_CHAINS * compressed}-3?features&vulnerabilities"
                spent, sizes[compressed] = kept.must(200, "GET", target, headers=GZIP if compressed else "")
                times[compressed].append(spent * 1e3)
            cpu[compressed] = (server.cpu_seconds() - before) * 1e3 / FRESH_CHAINS
        for compressed, values in times.items():
            with Running("bench-epoll-reference", sizes[compressed], 1) as reference, Kept(reference.port) as bare:
                base = [bare.must(200, "GET", "/")[0] * 1e3 for _ in range(FRESH_CHAINS)]
            median = quantile(values, 0.5)
            rows.append(["compressed" if compressed else "plain", f"{sizes[compressed]:,}", f"{values[0]:.2f}" if not compressed else "", f"{min(values):.2f}", f"{median:.2f}", f"{quantile(values, 0.99):.2f}", f"{cpu[compressed]:.2f}",
                         f"{quantile(base, 0.5):.2f}", f"{median / quantile(base, 0.5):.1f}", "median ≤ 3", judged(median <= 3), "31 ms" if not compressed else "not offered"])
    table(f"A report that was never asked before: {FRESH_CHAINS} fresh chains each, one kept connection",
          ("what", "bytes", "the first of these packages ms", "min ms", "median ms", "p99 ms", "CPU ms", "bare loop sends it: median ms", "× reference", "target", "met", "Clair 2.0.9"), rows)


# ── (c) With many layers in the store; their notifications; another database ─────────────────────────────────────────


class Webhook:
    """Takes the notifier's posts and keeps when which name came."""

    def __init__(self):
        self.names, self.changed = {}, threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self.listener.accept()[0],), daemon=True).start()

    def _serve(self, link):
        with link, link.makefile("rb") as reader, contextlib.suppress(OSError):
            while line := reader.readline():
                length = 0
                while line not in (b"\r\n", b"\n", b""):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                    line = reader.readline()
                name = json.loads(reader.read(length))["Notification"]["Name"]
                with self.changed:
                    self.names.setdefault(name, time.monotonic())
                    self.changed.notify_all()
                link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def wait(self, count, seconds):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.names) >= count, seconds):
                sys.exit(f"bench: {len(self.names)} notifications came in {seconds} s, not {count}")
            return dict(self.names)

    def close(self):
        self.listener.close()


def many_layers(world):
    """Everything that depends on how many layers there are."""
    hook = Webhook()
    database = os.path.join(world.folder, "in-use.db")
    shutil.copy(world.database, database)
    asked_rows, page_rows, swap_rows, fill_rows, base = [], [], [], [], {}
    with Serving(world, database=database, notifier={"onlyaffected": True, "attempts": 1, "http": {"endpoint": hook.url}}) as server, Kept(server.port) as kept:
        kept.post_chain("image", world.image)
        held = 4
        for wanted in (0, 10_000, *((100_000,) if FULL else ())):
            if wanted > held:
                spent = fill(server, world, held, wanted - held)
                fill_rows.append([f"{wanted - held:,}", f"{(wanted - held) / spent:,.0f}", f"{os.path.getsize(server.store.split(':', 1)[1]) / 1e6:.0f}", f"{server.resident_mib():.0f}"])
                held = wanted
            asked_rows += with_layers(server, kept, world, max(held, 4), base)
            if wanted:
                page_rows.append(notification_pages(server, kept, hook, held))
                swap_rows.append(swaps(server, world, kept, hook, database, held))
    hook.close()
    table("Filling the store with small images, 16 connections", ("layers", "posts/s", "store MB", "resident MiB"), fill_rows)
    table("The same reports with other layers in the store, best of 3 interleaved runs",
          ("layers", "what", "median ms", "requests/s", "× reference", "× of that with 4 layers", "target", "met", "Clair 2.0.9 with 10,012 layers"), asked_rows)
    table(f"A notification page of {PAGE} of {COMMON_LAYERS:,} layers, one kept connection, {PAGES:,} pages",
          ("layers in the store", "min ms", "median ms", "p99 ms", "CPU ms", "whole walk ms", "bare loop sends it: median ms", "× reference", "target", "met", "Clair 2.0.9"), page_rows)
    table(f"Another database in the place of --db ({CHANGED} of {service_data.CVES:,} advisories changed), notifications of affected layers only, {SWAPS} swaps",
          ("indexed images", "notifications", "rename → first webhook s, min … max", "rename → all in the store s, min", "rename → “database in use” s, min … max",
           "first pages of all s", "target", "met", "Clair 2.0.9"), swap_rows)


def with_layers(server, kept, world, held, base):
    rows = []
    for words, target, compressed in (("report, compressed", REPORT, True), ("report, plain", REPORT, False), ("layer, no flags", "/v1/layers/image-3", False)):
        size = kept.must(200, "GET", target, headers=GZIP if compressed else "")[1]
        ours, reference = beside(server, target, 1, compressed, size, runs=3)
        ratio = ours[0] / reference[0]
        base.setdefault(words, ratio)
        rows.append([f"{held:,}", words, f"{ours[1]:.3f}", f"{ours[0]:,.0f}", f"{ratio:.2f}", f"{base[words] / ratio:.2f}", "≤ 1.2" if held > 4 else "",
                     judged(base[words] / ratio <= 1.2) if held > 4 else "", "38 ms, 21–25/s" if words == "report, plain" else ""])
    medians = []
    for run in range(FRESH_RUNS):  # a median of 60 differs by half from one to the next even with four layers
        names = [f"fresh-{held}-{run}-{number}" for number in range(FRESH_CHAINS)]
        for name in names:  # all of them first, as in (b): a post leaves nothing in the processor's caches
            kept.post_chain(name, world.image)
        medians.append(quantile([kept.must(200, "GET", f"/v1/layers/{name}-3?features&vulnerabilities")[0] * 1e3 for name in names], 0.5))
    median = min(medians)
    base.setdefault("fresh", median)
    rows.append([f"{held:,}", "report, plain, never asked", f"{median:.2f}", "", "", f"{median / base['fresh']:.2f}", "≤ 1.2" if held > 4 else "median ≤ 3",
                 judged(median / base["fresh"] <= 1.2) if held > 4 else judged(median <= 3), ""])
    return rows


def notification_pages(server, kept, hook, held):
    before = set(hook.names)
    # Versions of the common package are 1.<kind>: each fourth small image has one.
    kinds = COMMON_LAYERS * len(world_kinds()) // max(1, held // 4)
    below = world_kinds()[min(kinds, len(world_kinds())) - 1] + 1
    kept.post_vulnerability(f"BENCH-COMMON-{held}", service_data.COMMON, f"1.{below}-1", "High")
    names = hook.wait(len(before) + 1, 30)
    name = next(one for one in names if one not in before)
    target, pages, walk, count = f"/v1/notifications/{name}?limit={PAGE}", [], time.perf_counter(), 0
    page = ""
    while True:
        kept.must(200, "GET", target + ("&page=" + page if page else ""))
        notification = json.loads(bytes(kept.body))["Notification"]
        count += len(notification["New"]["LayersIntroducingVulnerability"])
        pages.append(page)
        page = notification.get("NextPage", "")
        if not page:
            break
    walk = (time.perf_counter() - walk) * 1e3
    times, before_cpu = [], server.cpu_seconds()
    for number in range(PAGES):
        page = pages[number % max(1, len(pages) - 1)]
        spent, size = kept.must(200, "GET", target + ("&page=" + page if page else ""))
        times.append(spent * 1e3)
    cpu = (server.cpu_seconds() - before_cpu) * 1e3 / PAGES
    with Running("bench-epoll-reference", size, 1) as reference, Kept(reference.port) as bare:
        base = [bare.must(200, "GET", "/")[0] * 1e3 for _ in range(PAGES)]
    kept.must(200, "DELETE", f"/v1/notifications/{name}")
    median = quantile(times, 0.5)
    return [f"{held:,} ({count:,} in the notification)", f"{min(times):.3f}", f"{median:.3f}", f"{quantile(times, 0.99):.2f}", f"{cpu:.3f}", f"{walk:.1f}", f"{quantile(base, 0.5):.3f}",
            f"{median / quantile(base, 0.5):.1f}", "median ≤ 0.5", judged(median <= 0.5), "4.2 ms; walk 120 ms"]


def world_kinds():
    """The kinds of small images that hold the common package, ascending."""
    return range(0, service_data.SMALL_KINDS, 4)


def swaps(server, world, kept, hook, database, held):
    """Renames the other database into place, there and back."""
    store = sqlite3.connect("file:" + server.store.split(":", 1)[1] + "?mode=ro", uri=True, timeout=30)
    firsts, alls, uses, made, pages = [], [], [], 0, 0.0
    for number in range(SWAPS):
        with hook.changed:
            hook.names.clear()
        known = store.execute("select max(name) from notification").fetchone()[0] or ""  # names come in the order of time
        since = server.log_size()
        fresh = database + ".new"
        shutil.copy(world.changed if number % 2 == 0 else world.database, fresh)
        time.sleep(0.13 * number)  # another moment within the second that the service waits between two looks
        begun = time.monotonic()
        os.rename(fresh, database)
        stored = in_use = None
        while in_use is None or stored is None:
            now = time.monotonic()
            if stored is None and store.execute("select count(*) from notification where name > ?", (known,)).fetchone()[0] > 0:
                stored = now  # one transaction: all or none
            if in_use is None and "database in use" in server.log(since):
                in_use = now
            if now - begun > 60:
                sys.exit(f"bench: the swap was not seen in 60 s:\n{server.log(since)[-1000:]}")
            time.sleep(0.002)
        names = [row[0] for row in store.execute("select name from notification where name > ?", (known,))]
        made = len(names)
        alls.append(stored - begun)
        uses.append(in_use - begun)
        firsts.append(min(hook.wait(1, 30).values()) - begun)
        spent = sum(kept.must(200, "GET", f"/v1/notifications/{name}?limit={PAGE}")[0] for name in names)
        pages = min(pages or spent, spent)
        for name in names:
            kept.must(200, "DELETE", f"/v1/notifications/{name}")
    store.close()
    return [f"{held:,}", str(made), f"{min(firsts):.2f} … {max(firsts):.2f}", f"{min(alls):.2f}", f"{min(uses):.2f} … {max(uses):.2f}", f"{pages:.2f}",
            "≤ 1 s after it is noticed (looked for each second): first webhook ≤ 2 at most", judged(max(firsts) <= 2), "no figure"]


# ── (d) Posting a real image's layers ───────────────────────────────────────────────────────────────────────────────


class FileServer:
    """Sends files by sendfile, so that little of the processor is the server's."""

    def __init__(self, paths):
        self.paths = list(paths)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def urls(self):
        return [f"{self.base}/{number}" for number in range(len(self.paths))]

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self.listener.accept()[0],), daemon=True).start()

    def _serve(self, link):
        with link, link.makefile("rb") as reader, contextlib.suppress(OSError):
            while line := reader.readline():
                number = int(line.split()[1].lstrip(b"/"))
                while reader.readline() not in (b"\r\n", b""):
                    pass
                with open(self.paths[number], "rb") as stream:
                    size = os.fstat(stream.fileno()).st_size
                    link.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
                    link.sendfile(stream)

    def close(self):
        self.listener.close()


def indexing(world):
    blobs = layers(os.path.join(ROOT, "build", "demo", "image"))
    files = FileServer(blobs)
    best, cpu, bare = None, None, None
    for number in range(RUNS + 1):  # each time a store that knows nothing
        begun = time.perf_counter()
        subprocess.run([os.path.join(BUILD, "bench", "bench-reference"), "1", *blobs], check=True, capture_output=True)
        reference = time.perf_counter() - begun
        with Serving(world) as server, Kept(server.port) as kept:
            before = server.cpu_seconds()
            spent = kept.post_chain("demo", files.urls())
            used = server.cpu_seconds() - before
        if number > 0:
            best, cpu, bare = min(best or spent, spent), min(cpu or used, used), min(bare or reference, reference)
    files.close()
    size = sum(map(os.path.getsize, blobs))
    table(f"POST of the demo image's {len(blobs)} layers ({size / 1e6:.0f} MB of gzip) served over loopback http, minimum of {RUNS} interleaved runs",
          ("what", "sum of the posts s", "CPU s", "reference, 1 thread s", "× reference", "target", "met", "Clair 2.0.9"),
          [[f"{len(blobs)} × POST /v1/layers", f"{best:.3f}", f"{cpu:.2f}", f"{bare:.3f}", f"{best / bare:.2f}", "≤ 1.5 ×", judged(best / bare <= 1.5),
            "5.0–6.6 s on another image of 248 MB"]])


# ── (e) Custom vulnerabilities against bare commits ─────────────────────────────────────────────────────────────────


def sqlite_commits(folder):
    """Seconds of COMMITS durable one-row transactions."""
    path = os.path.join(folder, "bare.db")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("create table t (id integer primary key, name text not null, document text not null)")
    document = "x" * 300
    begun = time.perf_counter()
    for number in range(COMMITS):
        connection.execute("insert into t (name, document) values (?, ?)", (f"CVE-{number}", document))
    spent = time.perf_counter() - begun
    connection.close()
    for end in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path + end)
    return spent


def postgres_commits(postgres, database, folder):
    script = service_data.write(os.path.join(folder, "insert.sql"), f"insert into bare (document) values ('{'x' * 300}');\n".encode())
    postgres.query(database, "drop table if exists bare")
    postgres.query(database, "create table bare (id bigserial primary key, document text not null)")
    text = subprocess.run([os.path.join(os.environ.get("LIMPID_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"), "pgbench"), "-n", "-c1", "-t", str(COMMITS), "-f", script, "-M", "prepared",
                           "-h", "127.0.0.1", "-p", str(postgres.port), "-U", "postgres", database], check=True, capture_output=True, text=True).stdout
    return COMMITS / float(re.search(r"tps = ([\d.]+)", text)[1])


# One client that posts vulnerabilities of packages that nobody has, each with a name of its own. The requests are written
# before the clock starts, as pgbench's statement is.
POSTING = """
local requests, number = {}, 0
function init()
  for i = 1, 20000 do
    requests[i] = wrk.format("POST", "/v1/namespaces/NAMESPACE/vulnerabilities", {["Content-Type"] = "application/json"}, string.format(
      '{"Vulnerability":{"Name":"CVE-RUN-%d","NamespaceName":"NAMESPACE","Severity":"High","Description":"An invented flaw of a package that nobody has.",' ..
      '"FixedIn":[{"Name":"another%d","NamespaceName":"NAMESPACE","VersionFormat":"dpkg","Version":"1.0-1"}]}}', i, i))
  end
end
function request()
  number = number + 1
  return requests[number]
end
"""


def commits(world):
    rows = []
    runs = min(RUNS, 5)
    def measure(server, bare):
        ours, reference, medians = [], [], []
        with Kept(server.port) as kept:
            kept.post_chain("image", world.image)
            kept.must(200, "GET", REPORT)
        for run in range(runs):
            reference.append(bare())
            script = service_data.write(os.path.join(server.folder, "post.lua"), POSTING.replace("NAMESPACE", service_data.NAMESPACE).replace("RUN", f"2026-{run}").encode())
            text = subprocess.run(wrk_command(server.port, "/", 1, 2, "-s", script), check=True, capture_output=True, text=True).stdout
            rate, median, _, _ = wrk_figures(text)  # ends the bench if there was an error
            ours.append(COMMITS / rate)
            medians.append(median)
        with Kept(server.port) as kept:
            kept.must(200, "GET", f"/v1/namespaces/{service_data.NAMESPACE}/vulnerabilities/CVE-2026-{runs - 1}-1000")
        return min(ours), min(reference), min(medians)
    def row(words, ours, reference, median):
        rows.append([words, f"{ours:.2f}", f"{COMMITS / ours:,.0f}", f"{median:.3f}", f"{reference:.2f}", f"{ours / reference:.2f}", "≤ 2 ×", judged(ours / reference <= 2), "4.1 s (244/s)"])
    with Serving(world) as server:
        row("SQLite (WAL, synchronous=FULL)", *measure(server, lambda: sqlite_commits(server.folder)))
    postgres = DurablePostgres()
    try:
        database = postgres.create_database()
        with Serving(world, store=postgres.url(database)) as server:
            row("PostgreSQL 15 (fsync on)", *measure(server, lambda: postgres_commits(postgres, database, world.folder)))
    finally:
        postgres.close()
    table(f"{COMMITS:,} custom vulnerabilities, posted one by one by wrk over one kept connection, best of {runs} interleaved runs of 2 s",
          ("store", "wall s", "a second", "median ms", f"{COMMITS:,} bare durable commits s", "× reference", "target", "met", "Clair 2.0.9"), rows)


# ── (f) Reading while others write; much at once ────────────────────────────────────────────────────────────────────


def write_many(port, prefix, count):
    """A process of its own that posts vulnerabilities of packages that the image does not hold."""
    code = ("import sys; sys.path.insert(0, sys.argv[1]); import service_bench as bench\n"
            "with bench.Kept(int(sys.argv[2])) as kept:\n"
            "    for number in range(int(sys.argv[4])):\n"
            "        kept.post_vulnerability(f'{sys.argv[3]}-{number}', f'another{number}', '1.0-1')\n")
    return subprocess.Popen([sys.executable, "-c", code, os.path.join(ROOT, "bench"), str(port), prefix, str(count)])


def reading_beside_writing(world):
    rows = []
    with Serving(world) as server, Kept(server.port) as kept:
        kept.post_chain("image", world.image)
        size = kept.must(200, "GET", REPORT, headers=GZIP)[1]
        with Running("bench-epoll-reference", size, 2) as reference:
            figures = {}
            for turn in range(2):  # the second half of the posts is for the other reader, then the other way round
                for name, reader in (("ours", server), ("reference", reference))[:: 1 if turn == 0 else -1]:
                    writer = write_many(server.port, f"CVE-2026-{turn}-{name}", QUIET_POSTS // 2)
                    began = time.monotonic()
                    load = subprocess.Popen(wrk_command(reader.port, REPORT, 1, 3600, "-H", GZIP.strip()), stdout=subprocess.PIPE, text=True)
                    status = writer.wait()
                    spent = time.monotonic() - began
                    load.send_signal(signal.SIGINT)
                    rate, median, p99, _ = wrk_figures(load.communicate()[0])
                    if status != 0:
                        sys.exit("bench: the writer failed")
                    figures.setdefault(name, []).append((rate, median, p99, QUIET_POSTS / 2 / spent))
        best = {name: (max(one[0] for one in many), min(one[1] for one in many), min(one[2] for one in many), max(one[3] for one in many)) for name, many in figures.items()}
        for name, words in (("ours", "limpid"), ("reference", "bare epoll loop, the posts still go to limpid")):
            rate, median, p99, posts = best[name]
            rows.append([words, f"{median:.3f}", f"{p99:.2f}", f"{rate:,.0f}", f"{rate / best['reference'][0]:.2f}", f"{posts:,.0f}", "p99 ≤ 5" if name == "ours" else "",
                         judged(p99 <= 5) if name == "ours" else "", ""])
    table(f"One client reads the compressed report while another posts {QUIET_POSTS:,} vulnerabilities that do not touch the image (two halves, best)",
          ("who answers the reader", "median ms", "p99 ms", "requests/s", "× reference", "posts/s meanwhile", "target", "met", "Clair 2.0.9"), rows)


MIXED = """
local kinds = {%s}
local number = 0
request = function()
  number = number + 1
  local kind = kinds[number %% #kinds + 1]
  return wrk.format("GET", kind[1], kind[2] and {["Accept-Encoding"] = "gzip"} or {})
end
"""


def much_at_once(world):
    script = os.path.join(world.folder, "mixed.lua")
    kinds = ", ".join(f'{{"{target}", {str(compressed).lower()}}}' for _, target, compressed, _ in KINDS)
    service_data.write(script, (MIXED % kinds).encode())
    with Serving(world) as server, Kept(server.port) as kept:
        kept.post_chain("image", world.image)
        idle = server.resident_mib()
        load = subprocess.Popen(wrk_command(server.port, "/", 64, LOAD_SECONDS, "-s", script), stdout=subprocess.PIPE, text=True)
        early = min(10.0, LOAD_SECONDS / 3)
        time.sleep(early)
        at_first = server.resident_mib()
        time.sleep(LOAD_SECONDS - early - 0.5)
        at_end = server.resident_mib()
        rate, median, p99, requests = wrk_figures(load.communicate()[0])  # ends the bench if there was an error
    table(f"64 clients for {LOAD_SECONDS} s, a fourth each of: compressed, plain, features only, look-up",
          ("requests", "errors", "requests/s", "median ms", "p99 ms", "resident MiB: idle, after 10 s, at the end", "growth", "target", "met", "Clair 2.0.9"),
          [[f"{requests:,}", "0", f"{rate:,.0f}", f"{median:.1f}", f"{p99:.0f}", f"{idle:.1f}, {at_first:.1f}, {at_end:.1f}", f"{at_end / at_first:.3f}",
            "no error, ≤ 1.1 ×", judged(at_end <= 1.1 * at_first), "72 MB with 16 clients"]])


PARTS = {"asked": asked, "fresh": never_asked, "commits": commits, "layers": many_layers, "indexing": indexing, "writing": reading_beside_writing, "load": much_at_once}


def service(chosen=()):
    if not shutil.which("wrk"):
        sys.exit("bench: wrk is not installed (Debian package wrk)")
    world = World()
    try:
        for name in chosen or PARTS:
            if name not in PARTS:
                sys.exit(f"bench: no part '{name}' of the service's bench; there are {', '.join(PARTS)}")
            print(f"\n(load average {os.getloadavg()[0]:.1f} before this part)", end="")
            PARTS[name](world)
    finally:
        world.close()


if __name__ == "__main__":
    service(sys.argv[1:])
