#!/usr/bin/env python3
"""bench/http_bench.py: asks our HTTP server and a bare epoll loop that sends the same bytes for them, with wrk, in turn,
and prints requests a second, median and p99 with ratios. The best of the interleaved runs counts, as in bench/run."""
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAMS = os.path.join(ROOT, "build", "release", "bench")
RUNS = int(os.environ.get("LIMPID_BENCH_RUNS", "5"))
SECONDS = 4
BODIES = (27_426, 794_890)  # a report of 1,186 findings with gzip, and without
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


class Running:
    """A server that prints its port and lives until its standard input is closed."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([os.path.join(PROGRAMS, program), *map(str, arguments)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as stream:
            fields = stream.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(server, connections):
    """(requests/s, median ms, p99 ms, processor µs of the server for a request) of one run."""
    before = server.cpu_seconds()
    text = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", f"http://127.0.0.1:{server.port}/v1/layers/a?vulnerabilities"],
                          check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"bench: wrk met errors:\n{text}")
    def milliseconds(share):
        number, unit = re.search(rf"^ +{share}% +([\d.]+)(us|ms|s)$", text, re.MULTILINE).groups()
        return float(number) * UNITS[unit]
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    rate = float(re.search(r"Requests/sec: +([\d.]+)", text).group(1))
    return rate, milliseconds(50), milliseconds(99), (server.cpu_seconds() - before) * 1e6 / requests


def compare(size, connections, threads):
    """Rows of the table, the reference first."""
    names = {"bare epoll loop": "bench-epoll-reference", "limpid's server": "bench-http-server"}
    best = {}
    with Running("bench-epoll-reference", size, threads) as reference, Running("bench-http-server", size, threads) as ours:
        for number in range(RUNS + 1):
            for name, server in zip(names, (reference, ours)):
                rate, *times = ask(server, connections)
                if number > 0:  # the first does not count
                    known = best.get(name, (rate, *times))
                    best[name] = (max(known[0], rate), *map(min, known[1:], times))
    base = best["bare epoll loop"][0]
    return [[name, str(size), str(threads), str(connections), f"{rate:,.0f}", f"{rate / base:.2f}", f"{median:.3f}", f"{p99:.2f}", f"{cpu:.1f}"]
            for name, (rate, median, p99, cpu) in best.items()]


def http():
    """(heads, rows) of the whole comparison."""
    if not shutil.which("wrk"):
        sys.exit("bench: wrk is not installed (Debian package wrk)")
    rows = []
    for size in BODIES:
        for connections in (1, 16):
            rows += compare(size, connections, 1)
    return ["server", "body", "threads", "connections", "requests/s", "× reference", "median ms", "p99 ms", "CPU µs a request"], rows


if __name__ == "__main__":
    heads, lines = http()
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for line in lines:
        print("| " + " | ".join(line) + " |")
