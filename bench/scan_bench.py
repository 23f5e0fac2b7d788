#!/usr/bin/env python3
"""bench/scan_bench.py [PART…]: measures scans of images that it makes itself (bench/make_image.cc), each in turn with the
reference program on the same layers: as much reading, hashing and inflating, and nothing else. The least of interleaved
runs counts, since what else runs on a machine only ever adds.

Settings: LIMPID_BENCH_RUNS (interleaved runs), LIMPID_BENCH_FULL=1 (also the images of gigabytes), LIMPID_BENCH_IMAGES
(a folder in which images are kept from one run to the next; otherwise they go with the run)."""
import concurrent.futures
import gzip
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import io
import time

sys.dont_write_bytecode = True  # the source tree stays clean
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from common import BUILD, ROOT, in_turn, layers, measure, table  # noqa: E402

RUNS = int(os.environ.get("LIMPID_BENCH_RUNS", "7"))
FULL = os.environ.get("LIMPID_BENCH_FULL") == "1"
LIMPID, REFERENCE = os.path.join(BUILD, "limpid"), os.path.join(BUILD, "bench", "bench-reference")
STATEMENTS = 300_000
LAYERS, LAYER_MEGABYTES, BIG_MEGABYTES = 4, 135, 500
PEAK_MIB = {"gzip": 40, "zstd": 64}
PEAK_MORE_MIB = 8  # of the large images over the usual one
AT_ONCE = 10
OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n'

# Nobody's login and no proxy.
os.environ.update({"no_proxy": "*", "HOME": "/nonexistent", "XDG_RUNTIME_DIR": "", "DOCKER_CONFIG": "", "REGISTRY_AUTH_FILE": ""})


# ── What is measured ────────────────────────────────────────────────────────────────────────────────────────────────


class World:
    """The folder with the database, the images and the registry; gone when it is left."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="limpid-bench-")
        self.images = os.environ.get("LIMPID_BENCH_IMAGES") or self.folder
        self.registry = None

    def __enter__(self):
        self.database, packages = self.path("limpid.db"), self.path("packages.tsv")
        subprocess.run([os.path.join(BUILD, "bench", "bench-make-database"), self.database, str(STATEMENTS), packages], check=True, stdout=subprocess.DEVNULL)
        self.system = self.path("system.tar")
        write_system(self.system, packages)
        # As it is installed: a file that was copied lies in the page cache in large pieces, what a linker has just written
        # in single pages, with a tenth more faults.
        self.limpid = shutil.copy(LIMPID, self.path("limpid"))
        return self

    def __exit__(self, *_):
        if self.registry:
            self.registry.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def image(self, kind, level, count, amount):
        """An OCI layout of so many layers, each of so many megabytes, or of "<number>f" empty files."""
        folder = os.path.join(self.images, f"{kind}-{level}-{count}-{amount}")
        if not os.path.exists(os.path.join(folder, "index.json")):
            shutil.rmtree(folder, ignore_errors=True)  # of a run that was ended in the middle
            os.makedirs(folder)
            subprocess.run([os.path.join(BUILD, "bench", "bench-make-image"), folder, kind, str(level), str(count), str(amount), self.system],
                           check=True, stdout=subprocess.DEVNULL)
            os.sync()  # or the disk is still busy with it while it is measured
        return folder

    def drop(self, image):
        if self.images == self.folder:
            shutil.rmtree(image)

    def usual(self, kind):
        return self.image(kind, 6 if kind == "gzip" else 3, LAYERS, LAYER_MEGABYTES)

    def scan(self, target, *arguments):
        return [self.limpid, "scan", "--db", self.database, *arguments, target]

    def pushed(self, image, tag="latest"):
        """The image's name in a registry on loopback."""
        if not self.registry:
            self.registry = Registry(self.path("registry"))
        name = f"{self.registry.host}/{os.path.basename(image)}:1"
        subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", f"oci:{image}:{tag}", "docker://" + name], check=True)
        os.sync()
        return name


def write_system(path, packages):
    """A tar without its end: a Debian with the packages that the database was made for."""
    with open(packages, encoding="utf-8") as lines:
        status = "".join(f"Package: {name}\nStatus: install ok installed\nPriority: optional\nArchitecture: amd64\nVersion: {version}\n"
                         f"Maintainer: Somebody <somebody@lists.debian.org>\nDescription: what {name} is for\n Some lines say more of it.\n\n"
                         for name, version in (line.split() for line in lines))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, text in (("etc/os-release", OS_RELEASE), ("var/lib/dpkg/status", status)):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
        end = out.tell()
    with open(path, "wb") as stream:
        stream.write(out.getvalue()[:end])


class Registry:
    """docker-registry without TLS; its log tells each request."""

    def __init__(self, folder):
        os.mkdir(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.host = "127.0.0.1:" + str(probe.getsockname()[1])
        self.log = os.path.join(folder, "log")
        config = {"version": 0.1, "log": {"level": "error"}, "storage": {"filesystem": {"rootdirectory": os.path.join(folder, "data")}},
                  "http": {"addr": self.host, "secret": "x"}}
        with open(os.path.join(folder, "config.yml"), "w", encoding="utf-8") as stream:
            json.dump(config, stream)  # JSON is YAML
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", os.path.join(folder, "config.yml")], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")})
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(self.host.split(":")[1]))) == 0:
                    return
            time.sleep(0.05)
        sys.exit("bench: docker-registry does not listen")

    def reads(self, digests):
        """How often any of these blobs has been asked for."""
        with open(self.log, encoding="utf-8", errors="replace") as lines:
            return sum(1 for line in lines if (found := re.search(r'"GET /v2/\S+/blobs/(sha256:[0-9a-f]{64})\S* HTTP', line)) and found[1] in digests)

    def close(self):
        self.process.kill()
        self.process.wait()


# ── The tables ──────────────────────────────────────────────────────────────────────────────────────────────────────

HEADS = ["what", "threads", "wall s", "× reference", "CPU s", "× reference", "peak MiB", "target", "met"]


def row(words, threads, figures, base=None, targets=()):
    """`targets`: (words, whether it is met)."""
    wall, cpu, peak = figures
    base = base or figures
    return [words, str(threads), f"{wall:.3f}", f"{wall / base[0]:.2f}", f"{cpu:.3f}", f"{cpu / base[1]:.2f}", f"{peak:.1f}",
            ", ".join(text for text, _ in targets), "" if not targets else "yes" if all(met for _, met in targets) else "**no**"]


def at_most(words, figure, limit):
    return f"{words} ≤ {limit}", round(figure, 2) <= limit


def size_of(image):
    return sum(os.path.getsize(path) for path in layers(image)) / 1e6


def usual(world, kind):
    """The image of 540 MB: from a layout, from a registry, and what only copies it."""
    image = world.usual(kind)
    name = world.pushed(image)
    registry, tag = name.split("/")
    blobs = [f"http://{registry}/v2/{tag.split(':')[0]}/blobs/sha256:{os.path.basename(path)}" for path in layers(image)]
    copied = world.path("copied")
    best = in_turn({
        "reference": [REFERENCE, "2", *layers(image)],
        "layout": world.scan("oci-dir:" + image, "--no-cache", "--jobs", "2"),
        "curl": ["curl", "-s", "--fail", *(word for url in blobs for word in ("-o", "/dev/null", url))],
        "registry": world.scan("registry:" + name, "--no-cache", "--jobs", "2"),
        "skopeo": ["skopeo", "--insecure-policy", "copy", "-q", f"oci:{image}:latest", "dir:" + copied],
        "skopeo-registry": ["skopeo", "--insecure-policy", "copy", "-q", "--src-tls-verify=false", "docker://" + name, "dir:" + copied],
        "reference-1": [REFERENCE, "1", *layers(image)],
        "layout-1": world.scan("oci-dir:" + image, "--no-cache", "--jobs", "1"),
    }, RUNS)
    shutil.rmtree(copied, ignore_errors=True)
    base, alone, layout, remote = best["reference"], best["reference-1"], best["layout"], best["registry"]
    peak = at_most("peak", layout[2], PEAK_MIB[kind])
    slower = max(base[0], best["curl"][0])
    table(f"An image of {LAYERS * LAYER_MEGABYTES} MB in {LAYERS} layers ({size_of(image):.0f} MB of {kind}), findings printed, minimum of {RUNS} interleaved runs", HEADS, [
        row("reference: read, hash, inflate, hash", 2, base),
        row("limpid scan, OCI layout", 2, layout, base,
            (at_most("wall", layout[0] / base[0], 1.15), at_most("CPU", layout[1] / base[1], 1.15), peak)),
        row("curl of the layers from a registry on loopback", 1, best["curl"], base),
        row("limpid scan, that registry", 2, remote, base,
            (at_most("wall / the larger of curl and reference", remote[0] / slower, 1.25), at_most("peak", remote[2], PEAK_MIB[kind]))),
        row("skopeo copy of the layout to a folder", "", best["skopeo"], base),
        row("skopeo copy from that registry to a folder", "", best["skopeo-registry"], base,
            ((f"limpid faster: {layout[0] / best['skopeo'][0]:.2f} ×, {remote[0] / best['skopeo-registry'][0]:.2f} ×",
              layout[0] < best["skopeo"][0] and remote[0] < best["skopeo-registry"][0]),)),
        row("reference", 1, alone),
        row("limpid scan, OCI layout", 1, best["layout-1"], alone,
            (at_most("wall", best["layout-1"][0] / alone[0], 1.15), at_most("CPU", best["layout-1"][1] / alone[1], 1.15))),
    ])
    return layout[2]


def big(world, kind):
    """One layer for two threads."""
    image = world.image(kind, 6 if kind == "gzip" else 3, 1, BIG_MEGABYTES)
    best = in_turn({
        "reference": [REFERENCE, "1", *layers(image)],
        "scan": world.scan("oci-dir:" + image, "--no-cache", "--jobs", "2"),
        "scan-1": world.scan("oci-dir:" + image, "--no-cache", "--jobs", "1"),
    }, RUNS)
    base, two, one = best["reference"], best["scan"], best["scan-1"]
    table(f"One layer of {BIG_MEGABYTES} MB ({size_of(image):.0f} MB of {kind}), minimum of {RUNS} interleaved runs", HEADS, [
        row("reference", 1, base),
        row("limpid scan, OCI layout", 2, two, base,
            (at_most("wall", two[0] / base[0], 0.75), at_most("CPU", two[1] / base[1], 1.15), at_most("peak", two[2], PEAK_MIB[kind]))),
        row("limpid scan, OCI layout", 1, one, base, (at_most("wall", one[0] / base[0], 1.15),)),
    ])


def known(world):
    """The second scan."""
    image = world.usual("gzip")
    cache = ["--cache-dir", world.path("known")]
    runs = max(RUNS, 25)
    best = in_turn({
        "limpid --version": [world.limpid, "--version"],
        "limpid inventory, layers known": [world.limpid, "inventory", *cache, "oci-dir:" + image],
        "limpid scan, layers known": world.scan("oci-dir:" + image, *cache, "--severity", "critical"),
        "limpid scan, layers known, all findings printed": world.scan("oci-dir:" + image, *cache),
    }, runs)
    nothing = best["limpid scan, layers known"][0]
    rows = []
    for name, (wall, cpu, peak) in best.items():
        target = ["", ""]
        if name == "limpid scan, layers known":
            target = ["wall ≤ 5 (and the printing)", "yes" if nothing * 1e3 <= 5 else "**no**"]
        rows.append([name, f"{wall * 1e3:.1f}", f"{cpu * 1e3:.1f}", f"{peak:.1f}", *target])
    table(f"The second scan, from the cache (database of {STATEMENTS:,} statements), minimum of {runs} interleaved runs",
          ["what", "wall ms", "CPU ms", "peak MiB", "target", "met"], rows)


def ten(world):
    """Many scans at once over one cache directory that is empty at first."""
    image = world.usual("gzip")
    name = world.pushed(image)
    digests = {"sha256:" + os.path.basename(path) for path in layers(image)}
    once = measure(*world.scan("registry:" + name, "--no-cache"))
    before = world.registry.reads(digests)
    command = world.scan("registry:" + name, "--cache-dir", world.path("ten"))
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(lambda _: subprocess.run(command, capture_output=True, check=False), range(AT_ONCE)))
    wall = time.monotonic() - start
    for one in done:
        if one.returncode != 0:
            sys.exit(f"bench: {' '.join(command)} ended with {one.returncode}: {one.stderr.decode()}")
    reads = (world.registry.reads(digests) - before) / len(digests)
    same = len({one.stdout for one in done}) == 1
    table(f"{AT_ONCE} scans at once over one cold cache directory, from a registry on loopback",
          ["wall s", "one scan alone s", "reads a layer", "answers", "target", "met"],
          [[f"{wall:.2f}", f"{once[0]:.2f}", f"{reads:.2f}", "all the same" if same else "**different**", "reads a layer ≤ 1.2, all right",
            "yes" if reads <= 1.2 and same else "**no**"]])


def lazy(world):
    """Layers with a table of contents, in a registry: what detectors want of them against all of them."""
    os.environ.update(LIMPID_BINARY=LIMPID, LIMPID_SOURCE=ROOT)
    sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
    import estargz  # writers of such layers, which no package has
    rows = []
    for words, write in (("eStargz", estargz.estargz), ("zstd:chunked", estargz.zstd_chunked)):
        written = []
        for path in layers(world.usual("gzip")):
            with gzip.open(path) as stream:
                written.append(write(stream.read()))
        image = estargz.image_of(*written)
        folder = image.oci_layout(world.path("lazy-" + write.__name__))
        name = world.pushed(folder, image.tag)
        total = sum(map(len, image.blobs))
        best = in_turn({
            "whole": world.scan("registry:" + name, "--no-cache", "--jobs", "2"),
            "lazy": world.scan("registry:" + name, "--no-cache", "--jobs", "2", "--lazy"),
        }, RUNS)
        report = subprocess.run([world.limpid, "inventory", "-f", "json", "--no-cache", "--lazy", "registry:" + name], check=True, capture_output=True).stdout
        fetched = sum(layer["fetched"] for layer in json.loads(report)["image"]["layers"])
        share = 100 * fetched / total
        for way in ("whole", "lazy"):
            wall, cpu, peak = best[way]
            size = total if way == "whole" else fetched
            rows.append([f"{words}, {'--lazy' if way == 'lazy' else 'all of it'}", f"{size / 1e6:.1f}", f"{100 * size / total:.1f}", f"{wall:.3f}",
                         f"{wall / best['whole'][0]:.2f}", f"{cpu:.3f}", f"{peak:.1f}", *(["bytes ≤ 10 %", "yes" if share <= 10 else "**no**"] if way == "lazy" else ["", ""])])
        shutil.rmtree(folder)
    table(f"Tables of contents, an image of {LAYERS * LAYER_MEGABYTES} MB in {LAYERS} layers from a registry on loopback, minimum of {RUNS} interleaved runs",
          ["what", "MB fetched", "% of the layers", "wall s", "× all of it", "CPU s", "peak MiB", "target", "met"], rows)


def large(world, kind, usual_peak):
    """What kills others: linear time, and no more memory."""
    rows = []
    for words, count, amount in (("one layer of 2 GB", 1, 2000), ("74 layers of 100 MB", 74, 100)):
        image = world.image(kind, 1, count, amount)
        best = in_turn({"reference": [REFERENCE, "2", *layers(image)], "scan": world.scan("oci-dir:" + image, "--no-cache", "--jobs", "2")}, 2)
        base, figures = best["reference"], best["scan"]
        rows.append(row(words + ": reference", 2, base))
        rows.append(row(words + ": limpid scan", 2, figures, base, (at_most("wall", figures[0] / base[0], 1.15), at_most("peak", figures[2], round(usual_peak + PEAK_MORE_MIB, 1)))))
        world.drop(image)
    times = {}
    for millions in (1, 3):
        image = world.image(kind, 1, 1, f"{millions}000000f")
        best = in_turn({"reference": [REFERENCE, "1", *layers(image)], "scan": world.scan("oci-dir:" + image, "--no-cache", "--jobs", "2")}, 2)
        base, figures = best["reference"], best["scan"]
        times[millions] = figures[0]
        rows.append(row(f"{millions},000,000 empty files in one layer: reference", 1, base))
        targets = [at_most("peak", figures[2], round(usual_peak + PEAK_MORE_MIB, 1))]
        if millions == 3:
            targets.insert(0, at_most("wall / of 1,000,000", times[3] / times[1], 3.3))
        rows.append(row(f"{millions},000,000 empty files in one layer: limpid scan", 2, figures, base, targets))
        world.drop(image)
    table(f"Large images ({kind}), minimum of 2 interleaved runs", HEADS, rows)


def scan(*chosen):
    with World() as world:
        peaks = {}
        for kind in ("gzip", "zstd"):
            if not chosen or kind in chosen:
                peaks[kind] = usual(world, kind)
            if not chosen or "big-" + kind in chosen:
                big(world, kind)
        if not chosen or "known" in chosen:
            known(world)
        if not chosen or "ten" in chosen:
            ten(world)
        if not chosen or "lazy" in chosen:
            lazy(world)
        for kind in ("gzip", "zstd"):
            if (FULL and not chosen) or "large-" + kind in chosen:
                if kind not in peaks:
                    peaks[kind] = min(measure(*world.scan("oci-dir:" + world.usual(kind), "--no-cache", "--jobs", "2"))[2] for _ in range(3))
                large(world, kind, peaks[kind])


if __name__ == "__main__":
    scan(*sys.argv[1:])
