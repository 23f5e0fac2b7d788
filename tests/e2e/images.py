"""Images for the end-to-end tests, written from scratch in every form that Limpid reads, and the running of it."""
import gzip
import hashlib
import io
import json
import os
import platform
import subprocess
import tarfile

LIMPID = os.environ["LIMPID_BINARY"]
SHARED = os.environ.get("LIMPID_SHARED", "")
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())

DEBIAN_12 = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
ALPINE_319 = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME="Alpine Linux v3.19"\n'

# What a child needed at its peak, told by a process that is small itself: a child's peak counts its parent's at its birth.
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code if code >= 0 else 128 - code)
"""


def run(*arguments, cwd=None, env=None, check=None):
    """The finished process; with `check`, its exit status must be that. Without a cache, unless `env` says otherwise: each
    test reads what it has made, and leaves nothing in anybody's home."""
    done = subprocess.run([LIMPID, *arguments], capture_output=True, text=True, cwd=cwd, timeout=120,
                          env={**os.environ, "SOURCE_DATE_EPOCH": "1717200000", "LIMPID_NO_CACHE": "true", **(env or {})})  # 2024-06-01
    if check is not None and done.returncode != check:
        raise AssertionError(f"limpid {' '.join(arguments)} ended with {done.returncode}, not {check}:\n{done.stdout}{done.stderr}")
    return done


def report(*arguments, **options):
    return json.loads(run(*arguments, "-f", "json", check=options.pop("check", 0), **options).stdout)


def dpkg(*packages):
    """A dpkg status file; a package is (name, version) or (name, version, {field: value})."""
    stanzas = []
    for name, version, *more in packages:
        fields = {"Package": name, "Status": "install ok installed", "Architecture": "amd64", "Version": version,
                  "Maintainer": "Somebody <somebody@lists.debian.org>", **(more[0] if more else {})}
        stanzas.append("".join(f"{key}: {value}\n" for key, value in fields.items()))
    return "\n".join(stanzas) + "\n"


def apk(*packages):
    return "".join(f"C:Q1AAAA\nP:{name}\nV:{version}\nA:x86_64\no:{origin}\nL:MIT\n\n" for name, version, origin in packages)


def tar(entries):
    """entries: {path: text | bytes | ("link", target) | ("hard", target) | None for a directory}."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as out:
        for path, content in entries.items():
            info = tarfile.TarInfo(path)
            data = None
            if content is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(content, tuple):
                info.type = tarfile.SYMTYPE if content[0] == "link" else tarfile.LNKTYPE
                info.linkname = content[1]
            else:
                data = content.encode() if isinstance(content, str) else content
                info.size = len(data)
            out.addfile(info, io.BytesIO(data) if data is not None else None)
    return stream.getvalue()


def sha(data):
    return hashlib.sha256(data).hexdigest()


class Image:
    """Layers as dictionaries of tar() entries, bottom first."""

    def __init__(self, *layers, compress=True, tag="test"):
        self.tars = [layer if isinstance(layer, bytes) else tar(layer) for layer in layers]
        self.blobs = [gzip.compress(data, mtime=0) if compress else data for data in self.tars]
        self.tag = tag
        self.config = json.dumps({
            "architecture": ARCHITECTURE, "os": "linux", "config": {"Labels": {"a": "b"}},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(data) for data in self.tars]},
            "history": [{"created_by": f"step {i + 1}"} for i in range(len(self.tars))]}).encode()
        kind = "+gzip" if compress else ""
        self.manifest = json.dumps({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + sha(self.config), "size": len(self.config)},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar" + kind, "digest": "sha256:" + sha(blob), "size": len(blob)}
                       for blob in self.blobs]}).encode()
        self.index = json.dumps({"schemaVersion": 2, "manifests": [{
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:" + sha(self.manifest), "size": len(self.manifest),
            "platform": {"os": "linux", "architecture": ARCHITECTURE},
            "annotations": {"org.opencontainers.image.ref.name": tag}}]}).encode()

    def layout_files(self):
        files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": self.index}
        for blob in (*self.blobs, self.config, self.manifest):
            files["blobs/sha256/" + sha(blob)] = blob
        return files

    def oci_layout(self, folder):
        for name, content in self.layout_files().items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as stream:
                stream.write(content)
        return folder

    def oci_archive(self, path):
        return self._write(path, tar(self.layout_files()))

    def docker_archive(self, path):
        """As `docker save` wrote it before version 25: a folder a layer, uncompressed."""
        names = [sha(data)[:64] + "/layer.tar" for data in self.tars]
        files = {sha(self.config) + ".json": self.config, **dict(zip(names, self.tars)),
                 "manifest.json": json.dumps([{"Config": sha(self.config) + ".json", "RepoTags": ["test:" + self.tag], "Layers": names}])}
        return self._write(path, tar(files))

    def docker25_archive(self, path):
        files = {**self.layout_files(), "manifest.json": json.dumps([{
            "Config": "blobs/sha256/" + sha(self.config), "RepoTags": ["test:" + self.tag],
            "Layers": ["blobs/sha256/" + sha(blob) for blob in self.blobs]}])}
        return self._write(path, tar(files))

    @staticmethod
    def _write(path, content):
        with open(path, "wb") as stream:
            stream.write(content)
        return path


def tracker(packages):
    """{source: {id: {codename: (status, fixed, urgency, more)}}} → a file's text in the form of Debian's tracker. A
    "description" among the more is the flaw's."""
    document = {}
    for source, ids in packages.items():
        for flaw, releases in ids.items():
            for codename, (status, fixed, urgency, *more) in releases.items():
                entry = {"status": status, "repositories": {codename: "1"}, "urgency": urgency, **(more[0] if more else {})}
                if fixed is not None:
                    entry["fixed_version"] = fixed
                record = document.setdefault(source, {}).setdefault(flaw, {"scope": "local", "releases": {}})
                record["releases"][codename] = entry
                if "description" in entry:
                    record["description"] = entry.pop("description")
    return json.dumps(document)


def build_database(folder, feeds, name="test.db"):
    """feeds: [(NAME, file name, text)] → the database's path."""
    arguments = []
    for feed, file_name, text in feeds:
        path = os.path.join(folder, file_name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        arguments += ["--feed", f"{feed}={path}"]
    out = os.path.join(folder, name)
    run("-q", "db", "build", *arguments, "-o", out, check=0)
    return out
