"""Writers of eStargz and zstd:chunked layers, from the formats' specifications
(https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md and pkg/chunked of containers/storage), over
Python's gzip and the system's libzstd."""
import ctypes
import ctypes.util
import gzip
import io
import json
import struct
import tarfile

from images import Image, sha

CHUNK = 4 << 20
TYPES = {tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink", tarfile.LNKTYPE: "hardlink", tarfile.CHRTYPE: "char",
         tarfile.BLKTYPE: "block", tarfile.FIFOTYPE: "fifo"}


def _members(data):
    """(header with its extensions, content, padding, what a table says of it) of each entry of a tar."""
    with tarfile.open(fileobj=io.BytesIO(data) if isinstance(data, bytes) else data) as source:
        for info in source:
            content = source.extractfile(info).read() if info.isreg() else b""
            entry = {"name": info.name + ("/" if info.isdir() else ""), "type": TYPES.get(info.type, "reg"), "mode": info.mode,
                     "uid": info.uid, "gid": info.gid, "modtime": "2024-01-01T00:00:00Z"}
            if info.linkname:
                entry["linkName"] = info.linkname
            if content:
                entry["size"] = len(content)
            if info.type in (tarfile.CHRTYPE, tarfile.BLKTYPE):
                entry |= {"devMajor": info.devmajor, "devMinor": info.devminor}
            yield info.tobuf(tarfile.PAX_FORMAT), content, b"\0" * (-len(content) % 512), entry


def _digest(data):
    return "sha256:" + sha(data)


def _json(entries):
    return json.dumps({"version": 1, "entries": entries}, separators=(",", ":")).encode()


def estargz(data, level=6, change=lambda entries: entries):
    """(blob, tar, media type, annotations) of a tar's entries; `change` may tell lies in the table."""
    blob, tar, entries = bytearray(), io.BytesIO(), []
    open_member = bytearray()

    def flush():
        if open_member:
            blob.extend(gzip.compress(bytes(open_member), level, mtime=0))
            open_member.clear()
        return len(blob)

    for header, content, padding, entry in _members(data):
        if entry["name"] in ("stargz.index.json",):
            continue
        open_member += header
        tar.write(header + content + padding)
        if entry["type"] == "reg":
            entry["digest"] = _digest(content)
        if not content:
            entries.append(entry)
        for at in range(0, len(content), CHUNK):
            piece = content[at:at + CHUNK]
            entry["offset"] = flush()
            if at:
                entry["chunkOffset"] = at
            if at + CHUNK < len(content):
                entry["chunkSize"] = len(piece)
            entry["chunkDigest"] = _digest(piece)
            entries.append(entry)
            entry = {"name": entry["name"], "type": "chunk"}
            open_member += piece
        open_member += padding
    place = flush()
    table = _json(change(entries))
    info = tarfile.TarInfo("stargz.index.json")
    info.size = len(table)
    end = info.tobuf(tarfile.USTAR_FORMAT) + table + b"\0" * (-len(table) % 512 + 1024)
    tar.write(end)
    blob += gzip.compress(end, level, mtime=0)
    extra = b"%016xSTARGZ" % place
    blob += b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + struct.pack("<H", 4 + len(extra)) + b"SG" + struct.pack("<H", len(extra)) + extra
    blob += b"\x01\0\0\xff\xff" + b"\0" * 8
    whole = tar.getvalue()
    return bytes(blob), whole, "application/vnd.oci.image.layer.v1.tar+gzip", {
        "containerd.io/snapshot/stargz/toc.digest": _digest(table), "io.containers.estargz.uncompressed-size": str(len(whole))}


_zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
_zstd.ZSTD_compressBound.restype = _zstd.ZSTD_compress.restype = ctypes.c_size_t
_zstd.ZSTD_compressBound.argtypes = [ctypes.c_size_t]
_zstd.ZSTD_compress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]


def zstd(data, level=3):
    room = _zstd.ZSTD_compressBound(len(data))
    buffer = ctypes.create_string_buffer(room)
    size = _zstd.ZSTD_compress(buffer, room, bytes(data), len(data), level)
    if size > room:
        raise ValueError("libzstd refuses to compress")
    return buffer.raw[:size]


def _skippable(data):
    return struct.pack("<II", 0x184D2A50, len(data)) + data


def zstd_chunked(data, level=3, chunk=CHUNK, change=lambda entries: entries):
    """The same as zstd:chunked. Chunks are cut at fixed sizes: where a writer cuts is its own affair."""
    blob, tar, entries = bytearray(), io.BytesIO(), []
    open_frame = bytearray()

    def flush():
        if open_frame:
            blob.extend(zstd(open_frame, level))
            open_frame.clear()
        return len(blob)

    for header, content, padding, entry in _members(data):
        open_frame += header
        tar.write(header + content + padding)
        entries.append(entry)
        pieces = [content[at:at + chunk] for at in range(0, len(content), chunk)]
        first = entry
        for index, piece in enumerate(pieces):
            if index:
                entry = {"name": first["name"], "type": "chunk", "chunkOffset": index * chunk}
                entries.append(entry)
            entry["offset"] = flush()
            if len(pieces) > 1:
                entry |= {"chunkSize": len(piece), "chunkDigest": _digest(piece)}
                if not any(piece):
                    entry["chunkType"] = "zeros"
            open_frame += piece
        if content:
            first |= {"digest": _digest(content), "endOffset": flush()}
        open_frame += padding
    open_frame += b"\0" * 1024
    tar.write(b"\0" * 1024)
    flush()
    table = _json(change(entries))
    stored = zstd(table)
    place, rebuild = len(blob) + 8, zstd(b"what would rebuild the headers")
    blob += _skippable(stored) + _skippable(rebuild)
    blob += _skippable(struct.pack("<7Q", place, len(stored), len(table), 1, place + len(stored) + 8, len(rebuild), 30) + b"GNUlInUx")
    key = "io.github.containers.zstd-chunked."
    return bytes(blob), tar.getvalue(), "application/vnd.oci.image.layer.v1.tar+zstd", {
        key + "manifest-checksum": _digest(stored), key + "manifest-position": f"{place}:{len(stored)}:{len(table)}:1"}


def image_of(*layers, annotated=True):
    """An Image of what the writers above return, bottom first."""
    image = Image(*[tar for _, tar, _, _ in layers], compress=False)
    image.blobs = [blob for blob, _, _, _ in layers]
    manifest = json.loads(image.manifest)
    manifest["layers"] = [{"mediaType": media_type, "digest": "sha256:" + sha(blob), "size": len(blob), **({"annotations": notes} if annotated else {})}
                          for blob, _, media_type, notes in layers]
    image.manifest = json.dumps(manifest).encode()
    index = json.loads(image.index)
    index["manifests"][0] |= {"digest": "sha256:" + sha(image.manifest), "size": len(image.manifest)}
    image.index = json.dumps(index).encode()
    return image
