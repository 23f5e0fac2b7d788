"""Layers for the tests of the Clair v1 API: Debian, Alpine and empty ones with facts of our own, in every compression,
in ACI's layout, and hostile ones."""
import bz2
import collections
import gzip
import lzma
import struct
import zlib

from images import tar

# What a layer is to the service: bytes, and what a model must know of them. `problem` names what is wrong with it.
Blob = collections.namedtuple("Blob", "data name_space features problem", defaults=(None, (), None))

DEBIAN_NAMES = {"6": "squeeze", "7": "wheezy", "8": "jessie", "9": "stretch", "10": "buster", "11": "bullseye", "12": "bookworm"}


def os_release(name_space):
    name, release = name_space.split(":")
    if name == "alpine":
        return f'NAME="Alpine Linux"\nID=alpine\nVERSION_ID={release.removeprefix("v")}.1\n'
    return f'NAME="{name.capitalize()}"\nID={name}\nVERSION_ID="{release}"\n'


def release_files(name_space):
    if name_space is None:
        return {}
    if name_space.startswith("alpine:"):
        return {"etc/alpine-release": name_space.removeprefix("alpine:v") + ".1\n", "etc/os-release": os_release(name_space)}
    return {"etc/os-release": os_release(name_space)}


def stanza(package, version, source="", status="install ok installed"):
    return (f"Package: {package}\nStatus: {status}\nPriority: optional\nArchitecture: amd64\n" + (f"Source: {source}\n" if source else "") +
            f"Version: {version}\nMaintainer: Somebody <somebody@lists.debian.org>\nDescription: a package\n with a second line\n\n")


def dpkg_status(features):
    """A status file from which these sources and versions are to be read, each in one of the ways to say so in turn: the
    binary is named like its source, has `Source: name`, has `Source: name (version)` and another version, or is several."""
    text = ""
    for at, (name, version) in enumerate(features):
        if at % 4 == 0:
            text += stanza(name, version)
        elif at % 4 == 1:
            text += stanza("lib" + name + "0", version, source=name)
        elif at % 4 == 2:
            text += stanza(name + "-bin", version + "+b1", source=f"{name} ({version})")
        else:
            text += stanza(name, version) + stanza(name + "-common", version, source=name) + stanza(name + "-doc", version, source=name)
    return text


def apk_installed(features):
    return "".join(f"C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:{name}\nV:{version}\nA:x86_64\nS:1\nI:1\nT:text\nU:https://example.org\nL:MIT\no:{name}\n\n"
                   for name, version in features)


def rpm_header(name, version, release, epoch=None, arch="x86_64", more=(), source=None):
    """A package's record in a database of rpm's: an index of (tag, type, offset, count), then the data, big-endian."""
    index, data = b"", b""
    texts = [(1000, name), (1001, version), (1002, release), (1011, "CentOS"), (1022, arch), (1044, source or f"{name}-{version}-{release}.src.rpm"), *more]
    for tag, text in texts:
        index += struct.pack(">4I", tag, 6, len(data), 1)
        data += text.encode() + b"\0"
    if epoch is not None:
        data += bytes(-len(data) % 4)
        index += struct.pack(">4I", 1003, 4, len(data), 1)
        data += struct.pack(">I", epoch)
    return struct.pack(">2I", len(index) // 16, len(data)) + index + data


def rpm_evr(text):
    epoch, _, rest = text.rpartition(":")
    version, _, release = rest.rpartition("-")
    return version, release, int(epoch) if epoch else None


def rpm_ndb(headers):
    """rpm's NDB form, Packages.db: a page or more of slots, then the headers in blocks of 16 bytes."""
    pages = -(-(32 + 16 * len(headers)) // 4096)
    slots, blobs = b"RpmP" + struct.pack("<4I", 0, 1, pages, len(headers) + 1) + bytes(12), b""
    for number, header in enumerate(headers, 1):
        blob = b"BlbS" + struct.pack("<3I", number, 1, len(header)) + header
        blob += bytes(-(len(blob) + 12) % 16)
        blob += struct.pack("<2I", zlib.adler32(blob), len(header)) + b"BlbE"
        slots += b"Slot" + struct.pack("<3I", number, (pages * 4096 + len(blobs)) // 16, len(blob) // 16)
        blobs += blob
    return slots + (b"Slot" + bytes(12)) * ((pages * 4096 - len(slots)) // 16) + blobs


def compress(data, form="gz"):
    """As a layer is pushed: tar (as it is), gz, bz2, xz or zst."""
    return {"tar": bytes, "gz": lambda d: gzip.compress(d, 6, mtime=0), "bz2": bz2.compress,
            "xz": lambda d: lzma.compress(d, preset=1), "zst": zstd_stored}[form](data)


def zstd_stored(data):
    """A Zstandard frame (RFC 8878) of raw blocks: the standard library has no compressor, and none is needed."""
    frame = struct.pack("<IB", 0xFD2FB528, 0b10100000) + struct.pack("<I", len(data))  # single segment, 4 bytes of content size
    most = 1 << 17
    pieces = [data[at:at + most] for at in range(0, len(data), most)] or [b""]
    for number, piece in enumerate(pieces):
        frame += (len(piece) << 3 | (number == len(pieces) - 1)).to_bytes(3, "little") + piece
    return frame


def _files(name_space, features, more=None):
    files = {"bin/true": b"\x7fELF nothing", "etc": None, **release_files(name_space)}
    if features:
        alpine = (name_space or "").startswith("alpine:")
        path = "lib/apk/db/installed" if alpine else "var/lib/dpkg/status"
        files[path] = apk_installed(features) if alpine else dpkg_status(features)
    return {**files, **(more or {})}


def layer(name_space, features=(), more=None, form="gz", prefix=""):
    """A Blob with the release files of `name_space` (None: without) and a package database of `features`, if any."""
    files = {prefix + path: content for path, content in _files(name_space, features, more).items()}
    return Blob(compress(tar(files), form), name_space, tuple(features))


def alpine_child(features, **options):
    """Packages of Alpine without release files."""
    return Blob(compress(tar({"lib/apk/db/installed": apk_installed(features)}), **options), None, tuple(features))


def blank():
    """As docker made for steps that change nothing: blocks of zeros and no member."""
    return Blob(compress(bytes(10240)))


def aci(name_space, features):
    """App Container Image: the files under rootfs/, beside a manifest."""
    files = {"rootfs/" + path: content for path, content in _files(name_space, features).items()}
    files["manifest"] = b'{"acKind":"ImageManifest","acVersion":"0.8.9","name":"example.org/test"}'
    return Blob(compress(tar(files)), name_space, tuple(features))


# ── A distribution's upgrade: wheezy has 52 sources, jessie 74, of which 8 stayed as they were ────────────────────────

KEPT = (("libtext-wrapi18n-perl", "0.06-7"), ("libtext-charwidth-perl", "0.04-7"), ("libtext-iconv-perl", "1.7-5"), ("mawk", "1.3.3-17"),
        ("insserv", "1.14.0-5"), ("db", "5.1.29-5"), ("ustr", "1.0.4-3"), ("xz-utils", "5.1.1alpha+20120614-2"))
_BOTH = ("acl adduser apt attr base-files base-passwd bash bzip2 coreutils cron dash debconf debianutils diffutils dpkg e2fsprogs findutils "
         "gcc-defaults gettext glibc gnupg grep gzip hostname").split()  # 24, in both with different versions
_GONE = ("eglibc gcc-4.7 iproute libsigc++-2.0 module-init-tools readline6 rsyslog slang2 sysv-rc tasksel texinfo udev ncurses-old sed-old "
         "shadow-old tar-old tzdata-old util-linux-old vim-old zlib-old").split()  # 20, in wheezy alone
_CAME = ("audit boost cdebconf cgmanager cryptsetup dmsetup expat gcc-4.8 gcc-4.9 gmp gnutls28 hostname-utils init-system-helpers iproute2 "
         "iptables isc-dhcp json-c keyutils kmod krb5 libcap2 libgcrypt20 libgpg-error libidn libpipeline libpsl libseccomp libtasn1-6 lvm2 "
         "man-db nano ncurses netbase nettle newt openssl p11-kit pam perl procps readline systemd").split()  # 42, in jessie alone

WHEEZY = KEPT + tuple((name, f"1.{at}-1+deb7u1") for at, name in enumerate(_BOTH)) + tuple((name, f"0.{at}-3") for at, name in enumerate(_GONE))
JESSIE = KEPT + tuple((name, f"2.{at}-1") for at, name in enumerate(_BOTH)) + tuple((name, f"1:3.{at}~rc1-2") for at, name in enumerate(_CAME))


def dist_upgrade():
    """(blank, wheezy, jessie)"""
    return blank(), layer("debian:7", WHEEZY), layer("debian:8", JESSIE)


# ── Hostile ones ────────────────────────────────────────────────────────────────────────────────────────────────────


def header(path, size, kind=b"0", mode=0o644):
    """One tar header by hand, with a size of any magnitude (base-256 beyond 8 GiB)."""
    size_field = b"%011o\0" % size if 0 <= size < 1 << 33 else b"\x80" + (size & ((1 << 88) - 1)).to_bytes(11, "big")
    if size < 0:
        size_field = b"\xff" + (size & ((1 << 88) - 1)).to_bytes(11, "big")
    fields = path.encode().ljust(100, b"\0") + b"%07o\0" % mode + b"%07o\0" * 2 % (0, 0) + size_field + b"%011o\0" % 0
    rest = kind + bytes(100) + b"ustar\00000" + bytes(64) + bytes(16) + bytes(155) + bytes(12)
    total = sum(fields) + 8 * 32 + sum(rest)
    return fields + b"%06o\0 " % total + rest


def huge_status(size=1 << 40):
    """The head of a layer whose package database claims to be that big."""
    return header("etc/os-release", 0) + header("var/lib/dpkg/status", size)


def huge_filler(size=1 << 40):
    """The head of a layer with a big file that nobody wants."""
    return header("opt/big", size)


def gzip_zeros(head, gigabytes):
    """Yields a gzip stream of `head` and then that many GiB of zeros: a thousandth of it on the wire."""
    yield gzip.compress(head, mtime=0)
    member = gzip.compress(bytes(1 << 24), 9, mtime=0)
    for _ in range(gigabytes * 64):
        yield member


def broken():
    """{what is wrong: bytes} of archives that no reader may take for whole."""
    whole = tar({"etc/os-release": os_release("debian:8"), "var/lib/dpkg/status": dpkg_status([("a", "1"), ("b", "2")])})
    packed = gzip.compress(whole, mtime=0)
    bad_sum = bytearray(whole)
    bad_sum[0] ^= 0x20
    flipped = bytearray(packed)
    flipped[-6] ^= 0xFF  # in the checksum of the stream
    return {
        "text": b"this is no archive of any kind, but some text; " * 40,
        "html": b"<html><body>404 Not Found</body></html>" + b" " * 600,
        "truncated tar": whole[:520],  # within the first file; without its padding only, Go would take it, too
        "truncated gzip": packed[:len(packed) // 2],
        "wrong checksum of gzip": bytes(flipped),
        "wrong checksum of a header": bytes(bad_sum),
        "garbage after a gzip's header": packed[:12] + b"\xff" * 200,
        "truncated xz": lzma.compress(whole)[:-20],
        "truncated bzip2": bz2.compress(whole)[:-20],
        "truncated zstd": zstd_stored(whole)[:-2000],
        "negative size": header("etc/os-release", -5) + bytes(1024),
        "member beyond the end": header("var/lib/dpkg/status", 5000) + b"Package: a\n" + bytes(501),
    }


def escaping():
    """A layer whose names climb out of it, with release and package files that are not where they must be."""
    return compress(tar({"../../etc/os-release": os_release("debian:8"), "/../var/lib/dpkg/status": dpkg_status([("a", "1")]),
                         "../../../../../../tmp/limpid-escaped": b"must never be written"}))
