"""bench/service_data.py: the invented world that the service is measured in, always the same: a Debian 12 image of 458
source and 530 binary packages in four layers, a tracker with 20,000 CVEs over 800 package names of which 1,186 apply to
the image, and any number of small images that share a few layers among them."""
import gzip
import io
import json
import os
import random
import tarfile

NAMESPACE = "debian:12"
SOURCES, BINARIES, NAMES = 458, 530, 800
CVES, FINDINGS = 20_000, 1_186
# Cumulative sources of the four layers, as in an image of a base, tools, a Java and a Node.
LAYERS = (90, 140, 160, SOURCES)
SMALL_KINDS, SMALL_PACKAGES = 200, 12  # small images: how many different layers, and what each holds
COMMON = "commonlib"  # held by every fourth kind of small image
SEED = 20_261_124

_SYLLABLES = "ba ce di fo gu ka le mi no pu ra se ti vo xu za ber lin kor tex mon dal gra pix".split()
_OS_RELEASE = ('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
               'VERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n')
# What advisories say, in the length that they have.
_SAYINGS = tuple(
    f"A flaw was found in the way {part} handled {what}. A remote attacker able to {how} could use it to make the "
    f"application crash or, in some configurations, to {then}. The cause is a check that was left out when the parser was "
    f"moved to the new interface; releases before that change are not affected. All branches that are still supported "
    f"have a patch."
    for part, what, how, then in (
        ("the decoder", "frames whose length field is larger than the frame", "send a crafted file", "run code of his own"),
        ("the session cache", "tickets that were issued before a restart", "resume a session", "read memory of other sessions"),
        ("the request parser", "headers that are folded over several lines", "send a crafted request", "pass a second request by a proxy"),
        ("the archive reader", "symbolic links in front of a directory of that name", "have an archive unpacked", "write outside of the target folder"),
        ("the font engine", "tables that overlap one another", "have a document shown", "write beyond the end of a buffer"),
        ("the regular expression compiler", "nested groups with a bounded repetition", "choose a pattern", "keep a processor busy for hours")))


def source_names():
    """NAMES names; the first SOURCES are the image's."""
    chance, names = random.Random(SEED), {}
    while len(names) < NAMES:
        names["".join(chance.choice(_SYLLABLES) for _ in range(chance.randint(2, 4))) + chance.choice(("", "", "-utils", "2", "-perl"))] = None
    return list(names)


def version_of(number):
    return f"{1 + number % 7}.{number % 23}.{number % 11}-{1 + number % 3}"


def stanza(package, version, source=None):
    return (f"Package: {package}\nStatus: install ok installed\nPriority: optional\nSection: libs\nInstalled-Size: 412\n"
            f"Maintainer: Somebody <somebody@lists.debian.org>\nArchitecture: amd64\n" + (f"Source: {source}\n" if source else "") +
            f"Version: {version}\nDepends: libc6 (>= 2.36)\nDescription: what {package} is for\n"
            f" Some lines say more of it, as they do in every package\n of the archive.\nHomepage: https://{package}.example.org/\n\n")


def status_file(sources, more_binaries=0):
    """The first `sources` of the image's packages; `more_binaries` of them have a second binary."""
    names = source_names()
    text = ""
    for number in range(sources):
        text += stanza(names[number], version_of(number))
        if number < more_binaries:
            text += stanza("lib" + names[number] + "1", version_of(number), names[number])
    return text


def layer(files):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as out:
        for path, text in files.items():
            info = tarfile.TarInfo(path)
            data = text.encode()
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    return gzip.compress(stream.getvalue(), 6, mtime=0)


def write(path, data):
    with open(path, "wb") as stream:
        stream.write(data)
    return path


def image_layers(folder):
    """Paths of the four layers, lowest first."""
    paths = []
    for number, sources in enumerate(LAYERS):
        files = {"etc/os-release": _OS_RELEASE} if number == 0 else {}
        files[f"usr/share/doc/step-{number}"] = f"layer {number}\n"
        files["var/lib/dpkg/status"] = status_file(sources, BINARIES - SOURCES if sources == SOURCES else 0)
        paths.append(write(os.path.join(folder, f"image-{number}.tar.gz"), layer(files)))
    return paths


def small_layers(folder):
    """Paths of SMALL_KINDS layers that are images of their own; every fourth holds COMMON."""
    names, chance, paths = source_names(), random.Random(SEED + 1), []
    for kind in range(SMALL_KINDS):
        held = chance.sample(range(NAMES), SMALL_PACKAGES - (kind % 4 == 0))
        status = "".join(stanza(names[number], version_of(number + kind % 5)) for number in held)
        if kind % 4 == 0:
            status += stanza(COMMON, f"1.{kind}-1")
        paths.append(write(os.path.join(folder, f"small-{kind}.tar.gz"), layer({"etc/os-release": _OS_RELEASE, "var/lib/dpkg/status": status})))
    return paths


def tracker(changed=0):
    """The text of a tracker's JSON. With `changed`, so many of its CVEs got another fixed version: those of packages that
    small images hold as well as the image."""
    names, chance = source_names(), random.Random(SEED + 2)
    of_image = [number for number in range(CVES) if number % NAMES < SOURCES]
    applies = set(chance.sample(of_image, FINDINGS))
    moved = set(range(0, CVES, CVES // changed)) if changed else set()
    document = {}
    for number in range(CVES):
        source = number % NAMES
        fixed = f"{9 + number % 3}.{number % 10}-1+deb12u{1 + number % 4}" if number in applies else f"0.{number % 90}-1"
        if number in moved:
            fixed = f"8.{number % 90}-1+deb12u9"
        document.setdefault(names[source], {})[f"CVE-{2015 + number % 10}-{10_000 + number}"] = {
            "scope": "remote", "description": chance.choice(_SAYINGS),
            "releases": {"bookworm": {"status": "resolved", "repositories": {"bookworm": version_of(source)},
                                      "fixed_version": fixed, "urgency": ("low", "medium", "high", "unimportant")[number % 4]}}}
    return json.dumps(document)
