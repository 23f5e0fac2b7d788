"""Root folders of systems with a single package, for scans that ask what an advisory says of it."""
import json
import os

from layers_v1 import rpm_evr, rpm_header, rpm_ndb

# By the beginning of the system's name: how its packages are installed.
_MANAGERS = {"dpkg": ("debian", "ubuntu", "echo"), "apk": ("alpine", "wolfi", "chainguard", "minimos", "secureos", "alpaquita"), "pacman": ("arch",), "bitnami": ("bitnami",),
             "bottlerocket": ("bottlerocket",), "portage": ("gentoo",)}
MAINTAINERS = {"debian": "Debian Team <team@lists.debian.org>",
               "ubuntu": "Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>"}


def _manager(system):
    name = system.partition(":")[0]
    return next((manager for manager, names in _MANAGERS.items() if name in names), "rpm")


def _os_release(system):
    """`system` is ID:VERSION_ID; openEuler's VERSION tells more than its VERSION_ID: openeuler:24.03 (LTS-SP1)."""
    if system == "bitnami":  # components on a system, which is not theirs
        system = "debian:12"
    name, _, release = system.partition(":")
    number = release.partition(" ")[0]
    return f'ID="{name}"\n' + (f'VERSION_ID="{number}"\n' if number else "") + (f'VERSION="{release}"\n' if " " in release else "")


def write_system(folder, system, package, version, source=None, source_version=None, arch=None, module=None):
    """`source` is the source package's name, the package's own if None; of rpm, `source_version` is without an epoch."""
    name = system.partition(":")[0]
    files = {"etc/os-release": _os_release(system)}
    manager = _manager(system)
    if manager == "dpkg":
        origin = f"Source: {source or package}" + (f" ({source_version})" if source_version else "") + "\n" if source or source_version else ""
        files["var/lib/dpkg/status"] = (f"Package: {package}\nStatus: install ok installed\nArchitecture: {arch or 'amd64'}\n{origin}"
                                        f"Maintainer: {MAINTAINERS.get(name, MAINTAINERS['debian'])}\nVersion: {version}\n\n")
    elif manager == "apk":
        files["lib/apk/db/installed"] = f"C:Q1AAAA\nP:{package}\nV:{version}\nA:{arch or 'x86_64'}\no:{source or package}\nL:MIT\n\n"
    elif manager == "pacman":
        files[f"var/lib/pacman/local/{package}-{version}/desc"] = (
            f"%NAME%\n{package}\n\n%VERSION%\n{version}\n\n%BASE%\n{source or package}\n\n%ARCH%\n{arch or 'x86_64'}\n\n")
    elif manager == "portage":  # `package` is CATEGORY/NAME, `module` its slot, `arch` the compiler's target
        entry = f"var/db/pkg/{package}-{version}/"
        files |= {entry + "PF": f"{package.partition('/')[2]}-{version}\n", entry + "SLOT": (module or "0") + "\n",
                  entry + "repository": "gentoo\n", entry + "CHOST": (arch or "x86_64") + "-pc-linux-gnu\n"}
    elif manager == "bottlerocket":
        number, release, epoch = rpm_evr(version)
        files["usr/share/bottlerocket/application-inventory.json"] = json.dumps({"Content": [
            {"Name": package, "Version": number, "Release": release, "Epoch": str(epoch or 0), "Architecture": arch or "x86_64"}]})
    elif manager == "bitnami":
        files[f"opt/bitnami/{package}/.spdx-{package}.spdx"] = json.dumps({"spdxVersion": "SPDX-2.3", "packages": [
            {"name": package, "versionInfo": version, "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                "referenceLocator": f"pkg:bitnami/{package}@{version}?arch={arch or 'amd64'}&distro=debian-12"}]}]})
    else:
        number, release, epoch = rpm_evr(version)
        built = source_version or f"{number}-{release}"
        more = ((5096, module + ":20240101:abcdef12"),) if module else ()
        files["usr/lib/sysimage/rpm/Packages.db"] = rpm_ndb([rpm_header(package, number, release, epoch, arch or "x86_64", more,
                                                                        f"{source or package}-{built}.src.rpm")])
    for path, content in files.items():
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
    return folder
