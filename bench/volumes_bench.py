#!/usr/bin/env python3
"""bench/volumes_bench.py: every feed of operating systems and of enrichment at its upstream's volume, invented by
bench/volumes/, compiled to one database. Prints what that costs, how large the database is beside the same facts in
SQLite, and how long a fresh process takes to open it and to match 800 packages.

A tenth of the volume, unless LIMPID_BENCH_FULL=1 (some 20 GB of feed text, 1 GB on disk). Setting:
LIMPID_BENCH_FEEDS (a folder in which the feeds are kept from one run to the next; otherwise below build/)."""
import os
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # the source tree stays clean
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from common import BUILD, ROOT, measure, table  # noqa: E402

MATCHES, MATCHES_SECONDS = 300, 45
FULL = os.environ.get("LIMPID_BENCH_FULL") == "1"
SCALE = "1" if FULL else "0.1"
WORK = os.environ.get("LIMPID_BENCH_FEEDS") or os.path.join(ROOT, "build", "bench", "volumes-" + SCALE)
FEEDS = ["debian", "debian-lists", "ubuntu", "alpine", "redhat", "almalinux", "rocky", "oracle", "amazon", "fedora", "suse", "azurelinux", "photon",
         "arch", "bottlerocket", "nvd", "cvelist", "epss", "kev"]
WALL_S, PEAK_MIB, FILE_MB, PACKED_MB, SQLITE_SHARE, MATCH_MS = 60, 1024, 150, 35, 0.6, 2.0


def tool(name):
    return os.path.join(BUILD, "bench", "bench-" + name)


def generate():
    """{feed: (bytes on disk, unpacked)}; what an earlier run has made is used again."""
    sizes, known = {}, os.path.join(WORK, "sizes.txt")
    if not os.path.exists(known):
        os.makedirs(WORK, exist_ok=True)
        answer = subprocess.run([tool("feed-volumes"), WORK, SCALE], check=True, capture_output=True, text=True).stdout
        with open(known, "w", encoding="utf-8") as stream:
            stream.write(answer)
    with open(known, encoding="utf-8") as stream:
        for line in stream:
            name, packed, unpacked = line.split()
            sizes[name] = int(packed), int(unpacked)
    return sizes


def verdict(met):
    return "yes" if met else "**no**"


def volumes():
    sizes = generate()
    database = os.path.join(WORK, "limpid.db")
    limpid = os.path.join(BUILD, "limpid")
    build = [limpid, "-q", "db", "build", "-o", database]
    for feed in FEEDS:
        build += ["--feed", f"{feed}={os.path.join(WORK, feed)}"]
    wall, cpu, peak = measure(*build)
    counts = subprocess.run([tool("sqlite-facts"), database, os.path.join(WORK, "facts.sqlite")], check=True, capture_output=True,
                            text=True).stdout.split()
    file_size, sqlite_size = os.path.getsize(database), os.path.getsize(os.path.join(WORK, "facts.sqlite"))
    subprocess.run(["zstd", "-q", "-f", "-19", "--long=27", "-T0", database, "-o", database + ".zst"], check=True)
    packed = os.path.getsize(database + ".zst")
    best, findings = None, ""
    for _ in range(MATCHES):  # a virtual machine may be half as fast again for some seconds, or not
        time.sleep(MATCHES_SECONDS / MATCHES)
        answer = subprocess.run([tool("match"), database, "debian:12", os.path.join(WORK, "packages.tsv")], check=True, capture_output=True,
                                text=True).stdout.split()
        best, findings = int(answer[0]) if best is None else min(best, int(answer[0])), answer[1]
    scale = float(SCALE)
    table(f"All feeds, {'at' if FULL else SCALE + ' of'} their upstreams' volume: {sum(size for size, _ in sizes.values()) / 1e6:,.0f} MB packed, "
          f"{sum(unpacked for _, unpacked in sizes.values()) / 1e9:.1f} GB of text; {int(counts[0]):,} advisories, {int(counts[1]):,} statements, "
          f"{int(counts[2]):,} CVEs", ["what", "figure", "target" + ("" if FULL else " (of the full volume; size and time in proportion)"), "met"], [
        ["compile, wall s", f"{wall:.1f}", f"≤ {WALL_S * scale:g}", verdict(wall <= WALL_S * scale)],
        ["compile, CPU s", f"{cpu:.1f}", "", ""],
        ["compile, peak MiB", f"{peak:.0f}", f"≤ {PEAK_MIB}", verdict(peak <= PEAK_MIB)],
        ["database, MB", f"{file_size / 1e6:.1f}", f"≤ {FILE_MB * scale:g}", verdict(file_size <= FILE_MB * scale * 1e6)],
        ["database, zstd -19 --long=27, MB", f"{packed / 1e6:.1f}", f"≤ {PACKED_MB * scale:g}", verdict(packed <= PACKED_MB * scale * 1e6)],
        ["the same in SQLite with one index, MB", f"{sqlite_size / 1e6:.1f}", "", ""],
        ["database / SQLite", f"{file_size / sqlite_size:.2f}", f"≤ {SQLITE_SHARE}", verdict(file_size <= SQLITE_SHARE * sqlite_size)],
        [f"open + match 800 packages, fresh process, ms (least; {findings} findings)", f"{best / 1000:.2f}", f"≤ {MATCH_MS}",
         verdict(best <= MATCH_MS * 1000)],
    ])
    table("The feeds", ["feed", "MB on disk", "MB unpacked"], [[name, f"{size / 1e6:.1f}", f"{unpacked / 1e6:,.0f}"] for name, (size, unpacked) in sizes.items()])
    if not os.environ.get("LIMPID_BENCH_FEEDS"):
        shutil.rmtree(WORK, ignore_errors=True)


if __name__ == "__main__":
    volumes()
