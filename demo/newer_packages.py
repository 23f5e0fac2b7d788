#!/usr/bin/env python3
"""newer_packages.py INVENTORY.json OUT

For each source package of the inventory of which the security archive has a newer version, downloads one of its binary
packages through the machine's own apt. One that holds a changelog is taken: many share another package's."""
import json
import os
import subprocess
import sys
import tarfile
import io

RELEASE = "bookworm"
ROUNDS = 4  # how many binary packages of one source are tried


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, **options).stdout


def stanzas(text):
    for block in text.split("\n\n"):
        fields = {}
        for line in block.split("\n"):
            if line[:1] not in (" ", "\t", "") and ":" in line:
                key, value = line.split(":", 1)
                fields[key] = value.strip()
        if "Package" in fields:
            yield fields


def security_packages():
    files = run("apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Packages",
                f"Codename: {RELEASE}-security", "Component: main", text=True).split()
    if not files:
        sys.exit(f"newer_packages: apt has no index of {RELEASE}-security; run apt-get update")
    for name in files:
        yield from stanzas(run("/usr/lib/apt/apt-helper", "cat-file", name).decode())


def newer(a, b):
    return subprocess.run(["dpkg", "--compare-versions", a, "gt", b], check=False).returncode == 0


def has_changelog(path):
    tree = run("dpkg-deb", "--fsys-tarfile", path)
    with tarfile.open(fileobj=io.BytesIO(tree)) as tar:
        return any(member.isreg() and os.path.basename(member.name) in ("changelog.Debian.gz", "changelog.gz") for member in tar)


def main():
    inventory, out = sys.argv[1], sys.argv[2]
    with open(inventory, encoding="utf-8") as stream:
        packages = json.load(stream)["packages"]
    installed = {package["name"] for package in packages}
    sources = {package["source_name"]: package["source_version"] for package in packages}
    candidates = {}
    for fields in security_packages():
        words = fields.get("Source", fields["Package"]).split()
        source = words[0]
        version = words[1].strip("()") if len(words) > 1 else fields["Version"]
        if source in sources:
            candidates.setdefault(source, {}).setdefault(version, []).append(fields)
    wanted = {}
    for source, versions in candidates.items():
        best = next(iter(versions))
        for version in versions:
            if newer(version, best):
                best = version
        if newer(best, sources[source]):
            # What is installed first, then the smallest.
            wanted[source] = sorted(versions[best], key=lambda f: (f["Package"] not in installed, int(f["Size"])))
    got = 0
    for _ in range(ROUNDS):
        chosen = {source: queue.pop(0) for source, queue in wanted.items() if queue}
        if not chosen:
            break
        before = set(os.listdir(out))
        run("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download",
            *sorted(f'{fields["Package"]}={fields["Version"]}' for fields in chosen.values()), cwd=out)
        for name in sorted(set(os.listdir(out)) - before):
            path = os.path.join(out, name)
            package = name.split("_")[0]
            source = next(source for source, fields in chosen.items() if fields["Package"] == package)
            if has_changelog(path):
                del wanted[source]
                got += 1
            elif wanted[source]:
                os.unlink(path)
            else:
                del wanted[source]  # none of them has one: its version is still worth knowing
    print(f"   {got} newer source packages", file=sys.stderr)


if __name__ == "__main__":
    main()
