#!/usr/bin/env python3
"""pack_image.py OUT NAME:TAG TREE.tar=HISTORY [TREE.tar=HISTORY ...]

Packs the states of one file tree, each a tar, as the layers of an image in an OCI layout: the first whole, each later
one as what changed since the one before, with whiteouts for what went. Layers are gzip'd."""
import copy
import hashlib
import json
import os
import subprocess
import sys
import tarfile


def normal(name):
    return name[2:] if name.startswith("./") else name


def members(path):
    with tarfile.open(path) as tar:
        return {normal(m.name): m for m in tar if normal(m.name) not in ("", ".")}


def facts(member):
    return (member.type, member.mode, member.uid, member.gid, member.size, int(member.mtime), member.linkname)


def whiteouts(before, after):
    """The topmost names that are in `before` and not in `after`, or stand on a folder that became something else."""
    gone = []
    for name in sorted(before):
        parent = os.path.dirname(name)
        if name in after or any(name.startswith(other + "/") for other in gone):
            continue
        if parent in after and not after[parent].isdir():
            continue  # what replaced the folder hides this already
        gone.append(name)
    return gone


def write_layer(path, before, after_path, after):
    changed = {name for name, member in after.items()
               if name not in before or (facts(member) != facts(before[name]) and not
                                         (member.isdir() and before[name].isdir() and
                                          (member.mode, member.uid, member.gid) == (before[name].mode, before[name].uid, before[name].gid)))}
    with tarfile.open(after_path) as source, tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as layer:
        for name in whiteouts(before, after):
            entry = tarfile.TarInfo(os.path.join(os.path.dirname(name), ".wh." + os.path.basename(name)))
            layer.addfile(entry)
        for member in source:
            if normal(member.name) not in changed:
                continue
            content = None
            if member.isreg():
                content = source.extractfile(member)
            elif member.islnk():
                # The file that it is a second name of may stand in a lower layer: it becomes a file of its own.
                content = source.extractfile(member)
                size = source.getmember(member.linkname).size
                member = copy.copy(member)
                member.type, member.size, member.linkname = tarfile.REGTYPE, size, ""
            entry = copy.copy(member)
            entry.name = normal(member.name)
            layer.addfile(entry, content)


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def put(blobs, content):
    digest = hashlib.sha256(content).hexdigest()
    with open(os.path.join(blobs, digest), "wb") as stream:
        stream.write(content)
    return {"digest": "sha256:" + digest, "size": len(content)}


def main():
    out, name, trees = sys.argv[1], sys.argv[2], [argument.split("=", 1) for argument in sys.argv[3:]]
    blobs = os.path.join(out, "blobs", "sha256")
    os.makedirs(blobs)
    architecture = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()
    layers, diff_ids, history, before, compressors = [], [], [], {}, []
    for number, (tree, words) in enumerate(trees):
        after = members(tree)
        tar = os.path.join(out, f"layer{number}.tar")
        write_layer(tar, before, tree, after)
        diff_ids.append("sha256:" + digest_of(tar))
        compressors.append((tar, subprocess.Popen(["gzip", "-6", "-n", "-f", tar])))
        history.append({"created": "1970-01-01T00:00:00Z", "created_by": words})
        before = after
    for tar, process in compressors:
        if process.wait() != 0:
            sys.exit(f"pack_image: gzip {tar} failed")
        digest = digest_of(tar + ".gz")
        size = os.path.getsize(tar + ".gz")
        os.rename(tar + ".gz", os.path.join(blobs, digest))
        layers.append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:" + digest, "size": size})
    config = {"architecture": architecture, "os": "linux", "created": "1970-01-01T00:00:00Z",
              "config": {"Cmd": ["bash"], "Labels": {"org.opencontainers.image.title": "Limpid's demo image"}},
              "rootfs": {"type": "layers", "diff_ids": diff_ids}, "history": history}
    config_descriptor = {"mediaType": "application/vnd.oci.image.config.v1+json", **put(blobs, json.dumps(config).encode())}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": config_descriptor, "layers": layers}
    descriptor = {"mediaType": "application/vnd.oci.image.manifest.v1+json", **put(blobs, json.dumps(manifest).encode()),
                  "platform": {"architecture": architecture, "os": "linux"},
                  "annotations": {"org.opencontainers.image.ref.name": name.rpartition(":")[2]}}
    with open(os.path.join(out, "oci-layout"), "w", encoding="utf-8") as stream:
        json.dump({"imageLayoutVersion": "1.0.0"}, stream)
    with open(os.path.join(out, "index.json"), "w", encoding="utf-8") as stream:
        json.dump({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [descriptor]}, stream)


if __name__ == "__main__":
    main()
