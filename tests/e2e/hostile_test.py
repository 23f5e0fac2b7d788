"""What images can hold to harm their reader: bombs, lies, names, loops. Each case says what has to come of it, and within which
memory and time."""
import bz2
import functools
import gzip
import http.server
import io
import json
import lzma
import os
import random
import re
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest
import zlib

from estargz import estargz, image_of
from images import ARCHITECTURE, DEBIAN_12, LIMPID, MEASURE, Image, dpkg, run, sha, tar

SANITIZED = bool(os.environ.get("LIMPID_SANITIZED"))
SLOW = 10 if SANITIZED else 1  # bounds of time are there to tell what hangs
MIB = 1 << 20
MEMORY_MOST = 48 * MIB  # resident, at its peak, for whatever is read as a stream


class Hostile(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="limpid-hostile-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.made = 0

    def write(self, data, name="x"):
        self.made += 1
        path = os.path.join(self.folder, f"{self.made}-{name}")
        with open(path, "wb") as stream:
            stream.write(data)
        return path

    def layout(self, image):
        self.made += 1
        return image.oci_layout(os.path.join(self.folder, f"{self.made}-layout"))

    def inventory(self, target, *arguments, seconds=20, memory=MEMORY_MOST):
        """(status, report or None, stderr), and holds the process to its bounds."""
        peak = os.path.join(self.folder, "peak")
        begin = time.monotonic()
        done = subprocess.run([sys.executable, "-S", "-E", "-c", MEASURE, peak, LIMPID, "inventory", "--no-cache", "--jobs", "1", "-f", "json", *arguments, target],
                              capture_output=True, text=True, timeout=600 * SLOW, env={**os.environ, "SOURCE_DATE_EPOCH": "1717200000"})
        took = time.monotonic() - begin
        self.assertIn(done.returncode, (0, 1), done.stderr[-2000:])
        self.assertLess(took, seconds * SLOW, "too long")
        with open(peak, encoding="ascii") as stream:
            used = int(stream.read()) * 1024
        if not SANITIZED:
            self.assertLess(used, memory, f"{used / MIB:.0f} MiB")
        if done.returncode == 0:
            return 0, json.loads(done.stdout), done.stderr
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"\Alimpid: [^\n]+\n\Z")
        return 1, None, done.stderr

    def fails(self, target, pattern, *arguments, **bounds):
        status, _, error = self.inventory(target, *arguments, **bounds)
        self.assertEqual(status, 1, "no error")
        self.assertRegex(error, pattern)

    def reads(self, target, *arguments, **bounds):
        status, report, error = self.inventory(target, *arguments, **bounds)
        self.assertEqual(status, 0, error)
        return report

    def skips(self, target, pattern, *arguments, **bounds):
        report = self.reads(target, *arguments, **bounds)
        lines = [f"{one['path']}: {one['detail']}" for one in report["skipped"]]
        self.assertTrue(any(re.search(pattern, line) for line in lines), lines[:20])
        return report


def names(report):
    return sorted(package["name"] for package in report["packages"])


STATUS = "var/lib/dpkg/status"
LAYER = {"etc/os-release": DEBIAN_12, STATUS: dpkg(("good", "1"))}


# --- Streams ---

def zeros_gzip(mebibytes):
    """As members, each of which is a mebibyte of zeros: 1032:1."""
    return gzip.compress(bytes(MIB), mtime=0) * mebibytes


def big_file(size, before=LAYER):
    """A tar up to the content of a file of that size, without its end."""
    info = tarfile.TarInfo("big")
    info.size = size
    return tar(before)[:-tar_end(tar(before))] + info.tobuf(tarfile.GNU_FORMAT)


def tar_end(data):
    return len(data) - len(data.rstrip(b"\0")) // 512 * 512 - (512 if len(data.rstrip(b"\0")) % 512 else 0)


def zstd_frame(content, zeros=0, window_log=17):
    """A frame of raw blocks, and then of blocks that say nothing but how many zeros they stand for (RFC 8878)."""
    block = min(128 << 10, 1 << window_log)
    blocks = [content[at:at + block] for at in range(0, len(content), block)]
    out = struct.pack("<IBB", 0xFD2FB528, 0, (window_log - 10) << 3)
    for data in blocks:
        out += struct.pack("<I", len(data) << 3)[:3] + data
    rest = zeros // block
    out += (struct.pack("<I", block << 3 | 1 << 1)[:3] + b"\0") * rest
    return out + struct.pack("<I", 1)[:3]  # the last block, empty


def xz_with_dictionary(data, bits):
    """The dictionary size of the block's header replaced: 40 is 4 GiB."""
    packed = bytearray(lzma.compress(data, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC32))
    size = (packed[12] + 1) * 4
    assert packed[14] == 0x21 and packed[15] == 1  # LZMA2, with one byte of properties
    packed[16] = bits
    packed[12 + size - 4:12 + size] = struct.pack("<I", zlib.crc32(bytes(packed[12:12 + size - 4])))
    return bytes(packed)


class Bombs(Hostile):
    def test_gzip(self):
        bomb = gzip.compress(big_file(2048 * MIB)) + zeros_gzip(2048) + gzip.compress(bytes(1024))
        self.assertLess(len(bomb), 3 * MIB)
        path = self.write(bomb)
        # Two gigabytes of zeros are no reason to refuse: they are read, within the same memory.
        self.assertEqual(names(self.reads("rootfs:" + path, seconds=60)), ["good"])
        self.fails("rootfs:" + path, r"beyond the limit unpacked-size=268435456\n", "--limit", "unpacked-size=256MiB")
        self.fails("rootfs:" + path, r"more times than the limit ratio=200\n", "--limit", "ratio=200,ratio-free=1MiB")

    def test_a_file_that_goes_on_for_ever_is_cut_by_what_is_allowed(self):
        path = self.write(gzip.compress(big_file(1 << 50)) + zeros_gzip(300))
        self.fails("rootfs:" + path, "unpacked-size=67108864", "--limit", "unpacked-size=64MiB")
        self.fails("rootfs:" + path, "(ends|end of)")

    def test_zstd(self):
        path = self.write(zstd_frame(big_file(1 << 40), zeros=8 << 30))
        self.fails("rootfs:" + path, r"more times than the limit ratio=1100\n", seconds=60)

    def test_zstd_window(self):
        for log in (28, 31, 41):
            path = self.write(zstd_frame(tar(LAYER), window_log=log))
            self.fails("rootfs:" + path, r"zstd window beyond the limit zstd-window=134217728\n")
        path = self.write(zstd_frame(tar(LAYER), window_log=27))
        self.reads("rootfs:" + path, memory=MEMORY_MOST + 129 * MIB)
        self.fails("rootfs:" + path, "zstd-window=8388608", "--limit", "zstd-window=8MiB")

    def test_xz_memory(self):
        path = self.write(xz_with_dictionary(tar(LAYER), 40))
        self.fails("rootfs:" + path, r"xz needs \d{10} bytes of memory, beyond the limit xz-memory=134217728\n")

    def test_bzip2(self):
        path = self.write(bz2.compress(big_file(1 << 40)) + bz2.compress(bytes(64 * MIB)) * 8)
        self.fails("rootfs:" + path, r"more times than the limit ratio=1100\n", "--limit", "ratio-free=128MiB", seconds=60)

    def test_what_is_in_an_archive_of_images(self):
        """It is inflated to a file: within the same bounds."""
        inner = io.BytesIO()
        with tarfile.open(fileobj=inner, mode="w") as out:
            out.addfile(tarfile.TarInfo("manifest.json"), io.BytesIO())
        path = self.write(gzip.compress(big_file(1 << 40, {"manifest.json": "[]"})) + zeros_gzip(300))
        self.fails("docker-archive:" + path, "unpacked-size=67108864", "--limit", "unpacked-size=64MiB")

    def test_archives_in_archives(self):
        """A layer that is a layer that is a layer: what is packed twice is no tar to anybody."""
        data = tar(LAYER)
        for _ in range(20):
            data = gzip.compress(data, mtime=0)
        self.fails("rootfs:" + self.write(data), "tar")

    def test_a_million_entries(self):
        path = self.write(gzip.compress(many_entries(1_000_000) + tar(LAYER), 1))
        self.assertEqual(names(self.reads("rootfs:" + path, seconds=60)), ["good"])
        self.fails("rootfs:" + path, r"more entries than the limit entries=500000\n", "--limit", "entries=500000")

    def test_a_million_links_and_deletions(self):
        """What has to be remembered is bounded, and what is beyond is said."""
        path = self.write(gzip.compress(many_entries(600_000, b"2", b"x") + tar(LAYER), 1))
        report = self.skips("rootfs:" + path, "more symbolic links in one layer than the limit links=500000", seconds=60, memory=512 * MIB)
        self.assertEqual(names(report), ["good"])
        path = self.write(gzip.compress(many_entries(300_000, prefix=b"d/.wh.") + tar(LAYER), 1))
        report = self.skips("rootfs:" + path, "whiteouts=100000", "--limit", "whiteouts=100000", seconds=60, memory=256 * MIB)
        self.assertEqual(names(report), ["good"])


def many_entries(count, kind=b"0", target=b"", prefix=b"f"):
    """Headers and nothing else, made by hand: tarfile would need minutes."""
    info = tarfile.TarInfo("n" * 8)
    info.type, info.linkname = kind, target.decode()
    head = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    head[:100] = bytes(100)
    head[148:156] = b" " * 8
    constant = sum(head)
    out = bytearray()
    for number in range(count):
        name = prefix + b"%07d" % number
        head[:len(name)] = name
        head[148:156] = b"%06o\0 " % (constant + sum(name))
        out += head
    return bytes(out)


# --- Trees ---

class Trees(Hostile):
    def rootfs(self, data):
        return "rootfs:" + self.write(data)

    def test_deep_paths(self):
        deep = "/".join(["d"] * 2000)
        layer = {**LAYER, **{f"{deep}/{number}": "" for number in range(200)}}
        self.assertEqual(names(self.reads(self.rootfs(tar(layer)))), ["good"])
        self.assertEqual(names(self.skips(self.rootfs(tar({**LAYER, "x/" * 2100 + "x": ""})), "")), ["good"])

    def test_deep_folders_on_disk(self):
        root = os.path.join(self.folder, "root")
        os.makedirs(root)
        here = os.open(root, os.O_RDONLY)
        for _ in range(400):
            os.mkdir("d", dir_fd=here)
            deeper = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = deeper
        os.close(here)
        self.skips("rootfs:" + root, "deeper than the limit folder-depth=256")
        self.reads("rootfs:" + root, "--limit", "folder-depth=401", "--fail-on-incomplete")

    def test_long_names_and_links(self):
        for size in (5000, 900_000):
            long = "n" * size
            self.skips(self.rootfs(tar({**LAYER, long: ""})), ".")
            report = self.reads(self.rootfs(tar({**LAYER, "link": ("link", long)})))
            self.assertEqual(names(report), ["good"])
        self.fails(self.rootfs(tar({"n" * (3 * MIB): ""})), r"extended header of \d+ bytes, beyond the limit header-size=1048576\n")
        self.skips(self.rootfs(tar({"n" * (3 * MIB): ""})), ".", "--limit", "header-size=4MiB")

    def test_hard_links_in_circles(self):
        data = tar({"etc/os-release": DEBIAN_12, "a": ("hard", STATUS), STATUS: ("hard", "a"), "self": ("hard", "self")})
        self.assertEqual(names(self.reads(self.rootfs(data))), [])
        # Each name of a file that exists counts, however often it is linked.
        chain = {**LAYER, "n0": ("hard", STATUS), **{f"n{i}": ("hard", f"n{i - 1}") for i in range(1, 5000)}}
        self.assertEqual(names(self.reads(self.rootfs(tar(chain)))), ["good"])

    def test_symbolic_links_in_circles(self):
        for target in ("status", "../dpkg/status", "/var/lib/dpkg/status", "../../../var/lib/dpkg/status"):
            report = self.reads(self.rootfs(tar({"etc/os-release": DEBIAN_12, STATUS: ("link", target)})))
            self.assertEqual(names(report), [])
        long = {"etc/os-release": DEBIAN_12, STATUS: ("link", "/l0"), **{f"l{i}": ("link", f"l{i + 1}") for i in range(3000)}, "l3000": dpkg(("far", "1"))}
        self.assertEqual(names(self.reads(self.rootfs(tar(long)))), [])  # 40 links, as in Linux
        spread = {"etc/os-release": DEBIAN_12, "var": ("link", "a/a/a/a/a/a/a/a"), "a": ("link", "b/b/b/b/b/b/b/b"), "b": ("link", "a/a/a/a/a/a/a/a")}
        self.assertEqual(names(self.reads(self.rootfs(tar(spread)))), [])

    def test_links_out_of_the_root(self):
        """Neither a tar nor a folder can make us read a file of the machine."""
        outside = self.write(dpkg(("secret", "1")).encode(), "outside")
        for target in (outside, "../" * 30 + outside.lstrip("/"), "/proc/self/root" + outside):
            layer = {"etc/os-release": DEBIAN_12, STATUS: ("link", target)}
            self.assertEqual(names(self.reads(self.rootfs(tar(layer)))), [])
            self.assertEqual(names(self.reads(self.layout(Image(layer)))), [])
            root = tempfile.mkdtemp(dir=self.folder)
            os.makedirs(os.path.join(root, "var/lib/dpkg"))
            os.symlink(target, os.path.join(root, STATUS))
            self.assertEqual(names(self.reads("rootfs:" + root)), [])
        climbing = {"etc/os-release": DEBIAN_12, "../../" + STATUS: dpkg(("climber", "1")), "/../../x": "y"}
        self.assertEqual(names(self.reads(self.rootfs(tar(climbing)))), ["climber"])  # as when unpacked: inside

    def test_devices_pipes_and_sockets(self):
        for kind in (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE):
            stream = io.BytesIO()
            with tarfile.open(fileobj=stream, mode="w") as out:
                info = tarfile.TarInfo(STATUS)
                info.type, info.devmajor, info.devminor = kind, 1, 9
                out.addfile(info)
                data = DEBIAN_12.encode()
                info = tarfile.TarInfo("etc/os-release")
                info.size = len(data)
                out.addfile(info, io.BytesIO(data))
            report = self.reads(self.rootfs(stream.getvalue()))
            self.assertEqual(names(report), [])
            if kind != tarfile.CONTTYPE:
                self.assertIn("a device or pipe where a file is expected", [one["detail"] for one in report["skipped"]])
        root = os.path.join(self.folder, "pipes")
        os.makedirs(os.path.join(root, "var/lib/dpkg"))
        os.mkfifo(os.path.join(root, STATUS))  # opening it would wait for a writer
        self.skips("rootfs:" + root, "a device or pipe where a file is expected", seconds=5)

    def test_of_entries_that_contradict_each_other_the_last_counts(self):
        def parts(*all_parts):
            stream = io.BytesIO()
            with tarfile.open(fileobj=stream, mode="w") as out:
                for path, content in (("etc/os-release", DEBIAN_12), *all_parts):
                    with tarfile.open(fileobj=io.BytesIO(tar({path: content}))) as one:
                        for member in one:
                            out.addfile(member, one.extractfile(member) if member.isreg() else None)
            return names(self.reads(self.rootfs(stream.getvalue())))
        old, new = dpkg(("old", "1")), dpkg(("new", "1"))
        self.assertEqual(parts((STATUS, old), (STATUS, new)), ["new"])
        self.assertEqual(parts((STATUS, old), (STATUS, None)), [])
        self.assertEqual(parts((STATUS, None), (STATUS, new)), ["new"])
        self.assertEqual(parts((STATUS, old), ("var/lib/dpkg", "a file")), [])
        self.assertEqual(parts(("var/lib/dpkg", "a file"), (STATUS, new)), ["new"])
        self.assertEqual(parts((STATUS, old), ("var", ("link", "nowhere"))), [])
        # A deletion speaks of the layers below, wherever in the layer it stands.
        self.assertEqual(parts((STATUS, new), ("var/lib/dpkg/.wh.status", "")), ["new"])
        self.assertEqual(parts(("var/lib/dpkg/.wh.status", ""), (STATUS, new)), ["new"])
        self.assertEqual(parts(("var/.wh..wh..opq", ""), (STATUS, new)), ["new"])

    def test_trees_that_come_and_go(self):
        """A file in the place of a tree, and again, beside many things that stay: once that took a look at all of them each
        time."""
        out = bytearray(many_entries(150_000, b"2", b"x", b"stay/"))
        for number in range(60_000):
            out += link_header(b"t/%d/a" % (number % 7)) + link_header(b"t")
        report = self.reads(self.rootfs(gzip.compress(bytes(out) + tar(LAYER), 1)), seconds=30, memory=256 * MIB)
        self.assertEqual(names(report), ["good"])

    def test_paths_that_are_cheap_to_write_and_dear_to_keep(self):
        """Each of 4 kB, of which every part is a folder of its own."""
        deep = "/d" * 1990
        links = b"".join(pax_link(f"{number:07d}{deep}".encode()) for number in range(3000))
        self.skips(self.rootfs(gzip.compress(links + tar(LAYER), 1)), "more to remember than the limit memory=134217728", memory=256 * MIB)

    def test_packages_that_are_cheap_to_write_and_dear_to_keep(self):
        packages = "".join(f"Package: {number}\nStatus: install ok installed\nVersion: 1\n\n" for number in range(190_000))
        many = {"etc/os-release": DEBIAN_12, **{f"{number}/{STATUS}": packages for number in range(8)}, STATUS: dpkg(("good", "1"))}
        self.skips(self.rootfs(gzip.compress(tar(many), 1)), "what is in it is beyond the limit memory=", memory=600 * MIB, seconds=60)
        linked = {"etc/os-release": DEBIAN_12, STATUS: packages, **{f"{number}/{STATUS}": ("hard", STATUS) for number in range(2000)}}
        self.skips(self.rootfs(gzip.compress(tar(linked), 1)), "the limit memory=", memory=600 * MIB, seconds=60)

    def test_names_that_share_a_hash(self):
        """A hundred thousand that the C++ standard library's own hash cannot tell apart."""
        path = self.write(gzip.compress(b"".join(map(pax_link, colliding_names(100_000))) + tar(LAYER), 1))
        self.assertEqual(names(self.reads("rootfs:" + path, seconds=30, memory=256 * MIB)), ["good"])

    def test_names_are_bytes(self):
        """Neither case nor composition nor a decoder's leniency makes one name of two."""
        for path in ("VAR/LIB/DPKG/STATUS", "var/lib/dpkg/Status", "var/lib/dpkg/status\u200b", "var\u2215lib/dpkg/status", "var/lib/dpkg/status "):
            self.assertEqual(names(self.reads(self.rootfs(tar({"etc/os-release": DEBIAN_12, path: dpkg(("no", "1"))})))), [], path)
        marker = b"QQQQQ"
        for raw in (b"\xc0\xafvar", b"\xe0\x80\xaf..", b"\xff\xfe\xfd/", b"a\nb\rc", b"\x1b[2J\x07"):
            raw = raw[:5].ljust(5, b"z")
            data = tar({**LAYER, f"{marker.decode()}/{STATUS}": dpkg(("further", "1"))}).replace(marker, raw)
            data = fix_checksums(data)
            report = self.reads(self.rootfs(data))
            self.assertIn("good", names(report))
        both = tar({**LAYER, "caf\u00e9": "", "cafe\u0301": "", "\u202etxt.exe": ""})
        self.assertEqual(names(self.reads(self.rootfs(both))), ["good"])

    def test_names_with_nul(self):
        data = tar({**LAYER, "etc/\u00e9" + "X" * 3: dpkg(("no", "1"))}).replace(b"XXX\n", b"X\0X\n")  # of the pax record
        self.skips(self.rootfs(data), ".")

    def test_no_name_drives_the_terminal(self):
        evil = "\x1b]0;owned\x07\x1b[31mE\x9b2J\u202e\r\n\tlimpid: all is well"
        status = dpkg((f"p", "1", {"Section": evil})) + f"Package: {evil}\nStatus: install ok installed\nVersion: {evil}\n\n"
        layer = {"etc/os-release": DEBIAN_12.replace("12 (bookworm)", f"12 {evil}"), STATUS: status, f"opt/{evil}/{STATUS}": "Package: x\nVersion\n\n" + "Y" * (2 * MIB),
                 f"x{evil}": ("link", evil), f"{evil}/etc/os-release": ("link", evil)}
        image = Image(layer, tag="t")
        path = self.layout(image)
        for arguments in (("inventory",), ("inventory", "-f", "json"), ("-v", "inventory")):
            done = subprocess.run([LIMPID, *arguments, "--no-cache", path], capture_output=True, timeout=60, env={**os.environ, "CLICOLOR_FORCE": "0", "NO_COLOR": "1"})
            self.assertEqual(done.returncode, 0, done.stderr)
            for text in (done.stdout, done.stderr):
                self.assertNotRegex(text.decode(), "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
        done = subprocess.run([LIMPID, "inventory", "--no-cache", f"rootfs:{self.folder}/{evil}"], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertNotRegex(done.stderr.decode(), "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

    def test_sparse_files_that_claim_a_terabyte(self):
        self.skips(self.rootfs(sparse("big", [(1 << 40, b"x")]) + tar(LAYER)), "beyond the limit sparse-size=68719476736")
        # One that may be so large is still larger than anything that is read for what is in it.
        report = self.skips(self.rootfs(sparse(STATUS, [(60 << 30, b"x")]) + tar({"etc/os-release": DEBIAN_12})), "file-size=268435456")
        self.assertEqual(names(report), [])
        self.skips(self.rootfs(sparse("big", [(i * 1024, b"x") for i in range(50)]) + tar(LAYER)), "sparse-parts=10", "--limit", "sparse-parts=10")
        self.reads(self.rootfs(sparse("big", [(10 << 30, b"x")]) + tar(LAYER)), seconds=5)  # holes are not walked through


def colliding_names(count):
    """MurmurHash64A takes eight bytes at a time. A difference in the highest bit of one, once mixed, is still there, and alone,
    when the next is mixed in, and the same in that one takes it away again: whatever came before."""
    generator, m, bits = random.Random(1), 0xC6A4A7935BD1E995, (1 << 64) - 1
    inverse = pow(m, -1, 1 << 64)
    mix = lambda k: ((k * m & bits) ^ ((k * m & bits) >> 47)) * m & bits
    unmix = lambda k: ((k * inverse & bits) ^ ((k * inverse & bits) >> 47)) * inverse & bits

    def block():
        while True:
            one = generator.getrandbits(64)
            both = [k.to_bytes(8, "little") for k in (one, unmix(mix(one) ^ 1 << 63))]
            if not any(byte in part for part in both for byte in b"\0/"):
                return both

    pairs = [(block(), block()) for _ in range(17)]
    for number in range(count):
        chosen = [first[number >> bit & 1] + second[number >> bit & 1] for bit, (first, second) in enumerate(pairs)]
        yield b"ddddddd/" + b"".join(chosen[:15]) + b"/eeeeeee" + b"".join(chosen[15:])


def pax_link(path):
    record = b" path=" + path + b"\n"
    size = len(record) + 3 if len(record) + 3 < 1000 else len(record) + 4
    record = b"%d" % size + record
    return extended_header(size) + record.ljust(-(-size // 512) * 512, b"\0") + link_header(b"l")


@functools.cache
def extended_header(size):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, size
    return info.tobuf(tarfile.USTAR_FORMAT)


@functools.cache
def link_header(path):
    info = tarfile.TarInfo(path.decode())
    info.type, info.linkname = tarfile.SYMTYPE, "x"
    return info.tobuf(tarfile.USTAR_FORMAT)


def sparse(path, parts):
    """A sparse file of GNU's form 1.0: (offset, content) at each place."""
    sparse_map = "".join(f"{number}\n" for number in (len(parts), *(n for offset, data in parts for n in (offset, len(data)))))
    content = sparse_map.encode().ljust(-(-len(sparse_map) // 512) * 512, b"\0") + b"".join(data for _, data in parts)
    info = tarfile.TarInfo(path)
    info.size = len(content)
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": path, "GNU.sparse.realsize": str(parts[-1][0] + len(parts[-1][1]))}
    return info.tobuf(tarfile.PAX_FORMAT) + content.ljust(-(-len(content) // 512) * 512, b"\0")


def fix_checksums(data):
    out = bytearray(data)
    at = 0
    while at + 512 <= len(out):
        head = out[at:at + 512]
        if not any(head):
            break
        head[148:156] = b" " * 8
        out[at + 148:at + 156] = b"%06o\0 " % sum(head)
        size = int(bytes(head[124:135]).rstrip(b"\0 ") or b"0", 8)
        at += 512 + -(-size // 512) * 512
    return bytes(out)


# --- Documents ---

class Liar(Image):
    """An image whose documents are changed before they are hashed: they say it themselves."""

    def __init__(self, *layers, config=None, manifest=None, index=None, **options):
        super().__init__(*layers, **options)
        document = json.loads(self.config)
        if config:
            document = config(document) or document
            self.config = document if isinstance(document, bytes) else json.dumps(document).encode()
        document = json.loads(self.manifest)
        document["config"].update(digest="sha256:" + sha(self.config), size=len(self.config))
        if manifest:
            document = manifest(document) or document
        self.manifest = document if isinstance(document, bytes) else json.dumps(document).encode()
        document = json.loads(self.index)
        document["manifests"][0].update(digest="sha256:" + sha(self.manifest), size=len(self.manifest))
        if index:
            document = index(document) or document
        self.index = document if isinstance(document, bytes) else json.dumps(document).encode()


class Documents(Hostile):
    def test_lying_sizes_and_digests(self):
        wrong = "sha256:" + "0" * 64
        for what, image in {
            "layer.*bytes, but": Liar(LAYER, manifest=lambda m: m["layers"][0].update(size=m["layers"][0]["size"] + 1)),
            "layer.* bytes, but ": Liar(LAYER, manifest=lambda m: m["layers"][0].update(size=10)),
            "layer.*bytes, but \\d{19} were": Liar(LAYER, manifest=lambda m: m["layers"][0].update(size=(1 << 63) - 1)),
            "while parsing a number": Liar(LAYER, manifest=lambda m: m["layers"][0].update(size=1 << 64)),
            "negative size -1": Liar(LAYER, manifest=lambda m: m["layers"][0].update(size=-1)),
            "0{64}": Liar(LAYER, manifest=lambda m: m["layers"][0].update(digest=wrong)),
            "diff ID is sha256:[0-9a-f]{64}, but sha256:0{64} was promised": Liar(LAYER, config=lambda c: c["rootfs"].update(diff_ids=[wrong])),
            "1 layers, its config 2 diff IDs": Liar(LAYER, config=lambda c: c["rootfs"].update(diff_ids=[wrong] * 2)),
            "config|blobs": Liar(LAYER, manifest=lambda m: m["config"].update(size=5)),
            "blobs/sha256/0": Liar(LAYER, manifest=lambda m: m["config"].update(digest=wrong)),
            "blobs/sha256/": Liar(LAYER, index=lambda i: i["manifests"][0].update(size=7)),
            "digest": Liar(LAYER, manifest=lambda m: m["layers"][0].update(digest="sha256:../../../../etc/passwd")),
            "digest|algorithm": Liar(LAYER, manifest=lambda m: m["layers"][0].update(digest="md5:" + "0" * 32)),
            "two fields": Liar(LAYER, manifest=lambda m: json.dumps(m)[:-1].encode() + b',"layers":[]}'),
        }.items():
            self.fails(self.layout(image), what)

    def test_a_digest_that_is_right_for_another_file(self):
        image = Image(LAYER)
        path = self.layout(image)
        for blob in (image.blobs[0], image.config, image.manifest):
            other = os.path.join(path, "blobs/sha256", sha(blob))
            with open(other, "r+b") as stream:
                stream.seek(len(blob) // 2)
                byte = stream.read(1)
                stream.seek(len(blob) // 2)
                stream.write(bytes([byte[0] ^ 1]))
            self.fails(path, ".")
            with open(other, "wb") as stream:
                stream.write(blob)
        self.reads(path)

    def test_thousands_of_layers(self):
        """As one layer that stands there so often: read once."""
        def often(count):
            return Liar(LAYER, config=lambda c: (c["rootfs"].update(diff_ids=c["rootfs"]["diff_ids"] * count), c.update(history=[]))[0], manifest=lambda m: m.update(layers=m["layers"] * count))
        path = self.layout(often(1001))
        self.fails(path, r"layers has 1001 elements, beyond the limit layers=1000\n")
        self.assertEqual(names(self.reads(path, "--limit", "layers=1001")), ["good"])
        self.reads(self.layout(often(1000)))
        self.fails(self.layout(often(50_000)), "beyond the limit (layers|manifest-size)=")

    def test_json_depth_and_size(self):
        deep = lambda count: b"[" * count + b"]" * count
        with_deep = lambda count: lambda document: json.dumps(document)[:-1].encode() + b',"x":' + deep(count) + b"}"
        for count, ok in ((60, True), (64, False), (100_000, False)):
            for image in (Liar(LAYER, config=with_deep(count)), Liar(LAYER, manifest=with_deep(count)), Liar(LAYER, index=with_deep(count))):
                if ok:
                    self.reads(self.layout(image))
                else:
                    self.fails(self.layout(image), "nested beyond the limit json-depth=64")
        self.reads(self.layout(Liar(LAYER, config=with_deep(200))), "--limit", "json-depth=300")
        big = lambda count: lambda document: document.update(x="y" * count)
        self.fails(self.layout(Liar(LAYER, config=big(9 * MIB))), "beyond the limit config-size=8388608")
        self.fails(self.layout(Liar(LAYER, manifest=big(5 * MIB))), "beyond the limit manifest-size=4194304")
        self.fails(self.layout(Liar(LAYER, index=big(5 * MIB))), "beyond the limit manifest-size=4194304")
        self.reads(self.layout(Liar(LAYER, config=big(9 * MIB))), "--limit", "config-size=10MiB", memory=128 * MIB)
        self.fails(self.layout(Liar(LAYER, config=lambda c: c.update(history=[{"empty_layer": True}] * 100_001))), "beyond the limit history=100000")
        # As much as fits, of what is cheapest to write and dearest to keep.
        self.reads(self.layout(Liar(LAYER, config=lambda c: c.update(config={"Labels": {str(i): "" for i in range(500_000)}}))), memory=256 * MIB)

    def test_many_manifests(self):
        entry = lambda number: {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": f"sha256:{number:064x}", "size": 1}
        self.fails(self.layout(Liar(LAYER, index=lambda i: i.update(manifests=i["manifests"] + [entry(n) for n in range(1000)]))), "beyond the limit manifests=1000")
        # Three that state no platform, so that all are read, and of which each alone may be as large.
        images = [Liar(LAYER, manifest=lambda m, n=n: m.update(annotations={f"{n}-{i}": "y" * 50 for i in range(45_000)})) for n in range(3)]
        path = self.layout(images[0])
        for image in images[1:]:
            with open(os.path.join(path, "blobs/sha256", sha(image.manifest)), "wb") as stream:
                stream.write(image.manifest)
        listed = [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:" + sha(i.manifest), "size": len(i.manifest)} for i in images]
        with open(os.path.join(path, "index.json"), "w", encoding="ascii") as stream:
            json.dump({"schemaVersion": 2, "manifests": listed}, stream)
        self.fails(path, "manifests of more bytes together than the limit manifests-size=8388608")
        self.assertEqual(names(self.reads(path, "--limit", "manifests-size=12MiB", memory=64 * MIB)), ["good"])

    def test_what_is_no_image(self):
        for text in (b"", b"[]", b"null", b"\xff\xfe", b"{", b'{"manifests":{}}', b'{"manifests":[{}]}', b'{"manifests":[null]}', b'{"schemaVersion":2,"config":{},"layers":[]}'):
            image = Image(LAYER)
            image.index = text
            self.fails(self.layout(image), r"index\.json")

    def test_trailing_and_missing_bytes(self):
        data = tar(LAYER)
        packed = gzip.compress(data, mtime=0)
        half = gzip.compress(data[:700], mtime=0) + gzip.compress(data[700:], mtime=0)
        self.assertEqual(names(self.reads("rootfs:" + self.write(half))), ["good"])
        self.fails("rootfs:" + self.write(packed + b"garbage"), ".")
        self.assertEqual(names(self.reads("rootfs:" + self.write(packed + bytes(1000)))), ["good"])
        after = self.reads("rootfs:" + self.write(data + tar({STATUS: dpkg(("second", "1"))})))
        self.assertEqual(names(after), ["good"])
        self.assertIn("entries after the end of the tar", json.dumps(after["skipped"]))
        for whole, pack in ((packed, "gzip"), (lzma.compress(data), "xz"), (bz2.compress(data), "bzip2"), (zstd_frame(data), "zstd"), (data, "tar")):
            end = len(data.rstrip(b"\0")) if pack == "tar" else len(whole)
            # Of a tar in a header or in content: padding may be missing, and what ends between two members is whole.
            for size in (600, 1100, end - 9, end - 1) if pack == "tar" else sorted({1, 5, end // 3, end // 2, end - 9, end - 1}):
                with self.subTest(pack, size=size):
                    self.fails("rootfs:" + self.write(whole[:size]), ".")


# --- Limits ---

def two_images():
    image = Image(LAYER)
    other = Liar(LAYER, config=lambda c: c.update(author="another"))
    entry = lambda one: {"Config": sha(one.config) + ".json", "RepoTags": None, "Layers": ["layer.tar"]}
    return tar({sha(image.config) + ".json": image.config, sha(other.config) + ".json": other.config, "layer.tar": image.tars[0], "manifest.json": json.dumps([entry(image), entry(other)])})


class Limits(Hostile):
    """Each limit, where it bites: its message says it as it is set."""

    def nested_index(self):
        image = Image(LAYER)
        inner = image.index
        path = self.layout(image)
        with open(os.path.join(path, "blobs/sha256", sha(inner)), "wb") as stream:
            stream.write(inner)
        outer = {"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.index.v1+json", "digest": "sha256:" + sha(inner), "size": len(inner)}]}
        with open(os.path.join(path, "index.json"), "w", encoding="ascii") as stream:
            json.dump(outer, stream)
        return path

    def folder_root(self):
        root = os.path.join(self.folder, "root")
        os.makedirs(os.path.join(root, "a/b/c"))
        return "rootfs:" + root

    def at_daemon(self):
        """An image at a daemon, which $DOCKER_HOST names."""
        image = Image(LAYER)
        with open(image.docker_archive(os.path.join(self.folder, "export")), "rb") as stream:
            export = stream.read()
        inspected = {"Id": "sha256:" + sha(image.config), "Os": "linux", "Architecture": ARCHITECTURE, "RootFS": {"Type": "layers", "Layers": ["sha256:" + sha(image.tars[0])]}}
        answers = {"json": json.dumps(inspected).encode(), "history": b"[]", "get": export}

        class Daemon(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802: the library's name
                body = answers[self.path.rsplit("/", 1)[1]]
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Daemon)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        before = os.environ.get("DOCKER_HOST", "")
        self.addCleanup(os.environ.__setitem__, "DOCKER_HOST", before)
        os.environ["DOCKER_HOST"] = f"tcp://127.0.0.1:{server.server_port}"
        return "docker:test"

    def lazy_layer(self, change=lambda entries: entries):
        return self.layout(image_of(estargz(tar({**LAYER, "noise": random.Random(5).randbytes(4 * MIB)}), change=change)))

    @staticmethod
    def status_behind_release(entries):
        """The same content, said to stand in what is compressed for the file before it, behind that and its own header."""
        release, status = (next(entry for entry in entries if entry["name"] == name) for name in LAYER)
        status |= {"offset": release["offset"], "innerOffset": -(-len(DEBIAN_12) // 512) * 512 + 512}
        return entries

    def reads_whole(self, target, pattern, *arguments, **bounds):
        """What is beyond the limit keeps nobody from reading the layer, but not by its table of contents."""
        status, report, error = self.inventory(target, "--lazy", "-v", *arguments, **bounds)
        self.assertEqual((status, names(report)), (0, ["good"]), error)
        self.assertRegex(error, "not_lazily=.*" + pattern)
        self.assertNotIn("not_lazily", self.inventory(target, "--lazy", "-v", "--limit", "memory=2GiB", memory=1 << 30)[2])

    def test_a_table_of_tiny_entries(self):
        many = [{"name": f"d{i}", "type": "dir"} for i in range(600_000)]
        # Its text, the limit, and what reading it whole takes; without a limit it would be 200 MiB.
        self.reads_whole(self.lazy_layer(lambda entries: entries + many), "it takes more than the limit memory=", memory=170 * MIB)

    def cases(self):
        """name: (target, value, more limits); of which message it is: an error's or of something skipped."""
        rootfs = lambda data: "rootfs:" + self.write(data)
        layer = rootfs(tar(LAYER))
        zeros = rootfs(gzip.compress(tar({**LAYER, "zeros": bytes(4 * MIB)})))
        image = self.layout(Image(LAYER, LAYER))
        links = rootfs(tar({**LAYER, "a": ("link", "x"), "b": ("link", "x")}))
        lazy = self.lazy_layer()
        error, skipped, whole = self.fails, self.skips, self.reads_whole
        return {
            "unpacked-size": (error, zeros, "1048576", ()),
            "ratio": (error, zeros, "50", ("ratio-free=1KiB",)),
            "ratio-free": (error, zeros, "1024", ("ratio=50",)),
            "zstd-window": (error, rootfs(zstd_frame(tar(LAYER))), "65536", ()),
            "xz-memory": (error, rootfs(lzma.compress(tar(LAYER))), "65536", ()),
            "entries": (error, layer, "1", ()),
            "header-size": (error, rootfs(tar({**LAYER, "n" * 600: ""})), "512", ()),
            "sparse-size": (skipped, rootfs(sparse("x", [(100_000, b"x")]) + tar(LAYER)), "1000", ()),
            "sparse-parts": (skipped, rootfs(sparse("x", [(1000, b"x"), (9000, b"x")]) + tar(LAYER)), "1", ()),
            "manifest-size": (error, image, "100", ()),
            "config-size": (error, image, "100", ()),
            "layers": (error, image, "1", ()),
            "manifests": (error, "docker-archive:" + self.write(two_images()), "1", ()),
            "manifests-size": (error, image, "100", ()),
            "index-depth": (error, self.nested_index(), "0", ()),
            "history": (error, image, "1", ()),
            "json-depth": (error, image, "2", ()),
            "archive-members": (error, "docker-archive:" + Image(LAYER).docker_archive(os.path.join(self.folder, "archive")), "2", ()),
            "folder-depth": (skipped, self.folder_root(), "2", ()),
            "export-size": (error, self.at_daemon(), "1000", ()),
            "toc-size": (whole, lazy, "100", ()),
            "toc-stored-size": (whole, lazy, "100", ()),
            "lazy-passed": (whole, self.lazy_layer(self.status_behind_release), "0", ()),
            "range-requests": (whole, lazy, "1", ()),
            "wanted-size": (skipped, layer, "20", ()),
            "file-size": (skipped, layer, "20", ()),
            "evidence": (skipped, layer, "1", ()),
            "links": (skipped, links, "1", ()),
            "whiteouts": (skipped, rootfs(tar({**LAYER, ".wh.a": "", ".wh.b": ""})), "1", ()),
            "paths": (skipped, rootfs(tar({"var": "", "etc": "", "usr": ""})), "1", ()),
            "memory": (skipped, rootfs(tar({**LAYER, "link": ("link", "x"), **{f"{i}/" + "d/" * 1000 + "l": ("link", "x") for i in range(5)}})), "1048576", ()),
            "image-memory": (error, self.layout(Image(*({**LAYER, STATUS: dpkg(*[(f"{i}-{n}", "1") for n in range(1500)])} for i in range(3)))), "1048576", ()),
            "skipped": (skipped, rootfs(tar({**LAYER, **{f"{i}" + "n" * 5000: "" for i in range(3)}})), "1", ()),
        }

    def test_each_is_set_by_its_name(self):
        listed = [line.split()[0] for line in run("inventory", "--limit", "list", check=0).stdout.splitlines()[1:]]
        cases = self.cases()
        self.assertEqual(sorted(cases), sorted(listed))
        for name, (holds, target, value, more) in cases.items():
            with self.subTest(name):
                shown = "ratio=50" if name == "ratio-free" else f"{name}={value}"
                set_them = [word for one in (f"{name}={value}", *more) for word in ("--limit", one)]
                holds(target, f"the limit {shown}\\b", *set_them)
                # At its default it does not stand in the way.
                status, report, error = self.inventory(target)
                self.assertNotIn("the limit", error)
                if name not in ("manifests", "skipped"):
                    self.assertEqual(status, 0, error)
                if report is not None:
                    self.assertNotIn(f"the limit {name}=", json.dumps(report["skipped"]))

    def test_environment_lists_and_mistakes(self):
        target = "rootfs:" + self.write(tar(LAYER))
        done = run("inventory", target, env={"LIMPID_LIMIT": "entries=1,links=5"}, check=1)
        self.assertIn("the limit entries=1", done.stderr)
        run("inventory", "--limit", "entries=10,links=5", "--limit", "ratio=2", target, check=0)
        for wrong, text in (("entries", "entries: has to be a whole number"), ("entries=x", "a whole number"), ("entires=5", "there is no limit 'entires'"), ("layers=0", "from 1 to"), ("unpacked-size=5 PB", "no size")):
            done = run("inventory", "--limit", wrong, target, check=1)
            self.assertIn(text, done.stderr)
            self.assertIn("--limit list", done.stderr)

    def test_the_cache_does_not_answer_for_other_limits(self):
        path = self.layout(Image(LAYER, {"a": ("link", "x"), "b": ("link", "x")}))
        cache = {"LIMPID_NO_CACHE": "false", "LIMPID_CACHE_DIR": os.path.join(self.folder, "cache")}
        few = lambda: json.loads(run("inventory", "-f", "json", "--limit", "links=1", path, env=cache, check=0).stdout)["skipped"]
        many = lambda: json.loads(run("inventory", "-f", "json", path, env=cache, check=0).stdout)["skipped"]
        self.assertEqual([bool(few()), bool(many()), bool(few()), bool(many())], [True, False, True, False])


# --- The sandbox ---

class Sandbox(Hostile):
    """What each rule forbids is tried in src/base/sandbox_test.cc; here, that the command applies them, and still works."""

    def setUp(self):
        super().setUp()
        self.image = Image(LAYER)

    def sandboxed(self, *arguments, **options):
        done = run("-v", "inventory", *arguments, check=0, **options)
        line = next((line for line in done.stderr.splitlines() if "sandbox" in line), None)
        self.assertIsNotNone(line, done.stderr)
        return line

    def test_it_says_what_is_active(self):
        line = self.sandboxed(self.layout(self.image))
        if SANITIZED:
            return self.assertIn("built with a sanitizer", line)
        self.assertRegex(line, "calls=(seccomp|.none: )")
        self.assertIn("network=no", line)
        self.assertIn("--no-sandbox", self.sandboxed("--no-sandbox", self.layout(self.image)))

    def test_the_process_is_confined_while_it_reads(self):
        if SANITIZED:
            self.skipTest("no sandbox in builds with a sanitizer")
        fifo = os.path.join(self.folder, "slow")
        os.mkfifo(fifo)
        # A result that nobody reads yet holds the process up when all is read.
        process = subprocess.Popen([LIMPID, "inventory", "--no-cache", "-o", fifo, self.layout(self.image)])
        try:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                with open(f"/proc/{process.pid}/status", encoding="ascii") as stream:
                    status = stream.read()
                if "Seccomp:\t2" in status:
                    break
                time.sleep(0.02)
            self.assertRegex(status, r"NoNewPrivs:\t1\n")
            self.assertRegex(status, r"Seccomp:\t2\n")
            with open(fifo, encoding="utf-8") as stream:
                self.assertIn("good", stream.read())
            self.assertEqual(process.wait(20), 0)
        finally:
            process.kill()
            process.wait()

    def test_everything_still_works_within(self):
        path = self.layout(self.image)
        out = os.path.join(self.folder, "out.json")
        cache = {"LIMPID_NO_CACHE": "false", "LIMPID_CACHE_DIR": os.path.join(self.folder, "cache")}
        for _ in range(2):
            run("inventory", "-f", "json", "-o", out, path, env=cache, check=0)
            with open(out, encoding="utf-8") as stream:
                self.assertEqual(names(json.load(stream)), ["good"])
        self.assertTrue(any(files for _, _, files in os.walk(cache["LIMPID_CACHE_DIR"])))
        run("inventory", "-f", "json", "-o", "out-here.json", os.path.relpath(path, self.folder), cwd=self.folder, check=0)
        self.assertTrue(os.path.exists(os.path.join(self.folder, "out-here.json")))
        packed = os.path.join(self.folder, "image.tar.gz")
        with open(self.image.docker_archive(os.path.join(self.folder, "image.tar")), "rb") as stream, open(packed, "wb") as to:
            to.write(gzip.compress(stream.read()))
        for target in (packed, "docker-archive:" + packed + ":test:test", self.image.oci_archive(os.path.join(self.folder, "oci.tar"))):
            self.assertEqual(names(self.reads(target)), ["good"])
        temporary = os.path.join(self.folder, "temporary")
        os.mkdir(temporary)
        run("inventory", packed, env={"TMPDIR": temporary}, check=0)
        plain = run("inventory", path, check=0).stdout
        self.assertEqual(run("inventory", "-o", "/dev/stdout", path, check=0).stdout, plain)
        # A file behind standard output is written to, not replaced together with the link that leads to it.
        link, result = os.path.join(self.folder, "stdout"), os.path.join(self.folder, "result")
        os.symlink("/proc/self/fd/1", link)
        with open(result, "a", encoding="utf-8") as file:
            file.write("before\n")
            file.flush()
            subprocess.run([os.environ["LIMPID_BINARY"], "inventory", "-o", link, path], stdout=file, check=True)
        with open(result, encoding="utf-8") as file:
            self.assertEqual(file.read(), "before\n" + plain)
        self.assertEqual(os.readlink(link), "/proc/self/fd/1")
        run("inventory", "-o", "/dev/null", path, check=0)
        linked = os.path.join(self.folder, "linked")
        os.symlink(path, linked)
        self.assertEqual(names(self.reads(linked)), ["good"])
        self.fails(os.path.join(self.folder, "nothing.tar"), "no such file")
        self.fails("rootfs:" + os.path.join(self.folder, "nothing"), "no such file")


if __name__ == "__main__":
    unittest.main()
