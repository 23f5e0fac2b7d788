"""What Debian changelogs say is fixed, computed from the rules in docs/feeds.md alone: an independent second reading that
the findings of `limpid scan` are compared with. Shares nothing with the program but those rules."""
import glob
import gzip
import io
import os
import re
import subprocess
import tarfile

HEADER = re.compile(r"^([A-Za-z0-9][-+.A-Za-z0-9]*) \(([^()\s]+)\)((?:\s+[-+.A-Za-z0-9]+)+);(.*)$")
VERBS = {verb + end for verb in ("drop", "revert", "refresh", "unapply", "remove", "delete", "rebase", "disable") for end in ("", "s", "ed", "ing", "d")}
VERBS |= {"drops", "dropped", "dropping", "refreshes", "refreshed", "removing", "deleting", "rebasing", "disabling"}
EARLIER = ("already fixed", "already applied", "already included", "previous upload", "earlier upload", "last upload", "previous version", "earlier version")
PATCH = re.compile(r"(?<![a-z])patch|\.diff|d/p/")
CVE = re.compile(r"(?<![A-Za-z0-9])CVE-[0-9]{4}-[0-9]{4,}", re.IGNORECASE)


def order(a, b):
    for relation, sign in (("lt", -1), ("gt", 1)):
        if subprocess.run(["dpkg", "--compare-versions", a, relation, b], check=False).returncode == 0:
            return sign
    return 0


def undoes(text):
    words = re.split(r"\s+", text.strip().lower())
    if any(phrase in " ".join(words) for phrase in EARLIER):
        return True
    first = words[1:2] if words[0].endswith(":") else words[:1]
    verbs = [re.sub(r"[^a-z0-9]+$", "", word) for word in words[:1] + first]
    return any(verb in VERBS for verb in verbs) and bool(PATCH.search(" ".join(words)))


def items(lines):
    """(text, counts): bullets with their continuation lines; a bullet below one that does not count does not count."""
    result, stack, bare = [], [], None
    for raw in lines:
        line = raw.expandtabs(8)
        text = line.strip()
        if not text:
            bare = None
            continue
        if text.startswith("[ ") and text.endswith(" ]"):
            stack, bare = [], None
            continue
        indent = len(line) - len(line.lstrip())
        while stack and stack[-1]["indent"] >= indent:
            stack.pop()
        if re.match(r"[-*+~]\s", text):
            item = {"indent": indent, "text": text[1:].strip(), "parent": stack[-1] if stack else None}
            result.append(item)
            stack.append(item)
            bare = None
        elif stack:
            stack[-1]["text"] += " " + text
        elif bare is not None:
            bare["text"] += " " + text
        else:
            bare = {"indent": indent, "text": text, "parent": None}
            result.append(bare)
    for item in result:
        up = item
        item["counts"] = True
        while up is not None:
            if undoes(up["text"]):
                item["counts"] = False
            up = up["parent"]
    return result


def entries(text):
    """Newest first: (version, distributions, binary only, ids)."""
    result, current, lines = [], None, []

    def close():
        if current is not None:
            ids = {flaw.upper() for item in items(lines) if item["counts"] for flaw in CVE.findall(item["text"])}
            result.append((*current, ids))

    for line in text.split("\n"):
        header = HEADER.match(line)
        if header:
            close()
            lines = []
            current = (header[2], header[3].lower().split(), bool(re.search(r"binary-only\s*=\s*yes", header[4], re.IGNORECASE)))
        elif line.startswith(" -- "):
            close()
            current, lines = None, []
        elif current is not None and (line == "" or line[0].isspace()):
            lines.append(line)
    close()
    return result


def fixes(text, codename):
    """{CVE: the oldest version that fixes it}."""
    good = {"unstable", "experimental"} | {codename + end for end in ("", "-security", "-updates", "-proposed-updates", "-proposed")}
    found, rebuilt = {}, {}
    for version, distributions, binary_only, ids in entries(text):
        if binary_only or not good & set(distributions):
            continue
        as_released = rebuilt.get(version, version)
        if "~" in version:
            rebuilt[version.rpartition("~")[0]] = version
        for flaw in ids:
            found[flaw] = as_released
    return found


def of_packages(folder, codename):
    """{source: {CVE: fixed version}} of the .deb files in a folder; the newest version of each source counts."""
    newest = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.deb"))):
        fields = dict(line.split(": ", 1) for line in subprocess.run(
            ["dpkg-deb", "-f", path, "Package", "Source", "Version"], check=True, capture_output=True, text=True).stdout.splitlines())
        source, _, version = fields.get("Source", fields["Package"]).partition(" (")
        version = version.rstrip(")") or fields["Version"]
        tree = subprocess.run(["dpkg-deb", "--fsys-tarfile", path], check=True, capture_output=True).stdout
        text = None
        with tarfile.open(fileobj=io.BytesIO(tree)) as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                base = f"usr/share/doc/{fields['Package']}/"
                if member.isreg() and (name == base + "changelog.Debian.gz" or ("-" not in version and name == base + "changelog.gz")):
                    text = gzip.decompress(tar.extractfile(member).read()).decode("utf-8", "replace")
        if text is not None and (source not in newest or order(version, newest[source][0]) > 0):
            newest[source] = (version, fixes(text, codename))
    return {source: found for source, (_, found) in newest.items()}


