"""Real advisories against real packages: what a scan finds of a system with one package, for every feed of an operating
system. Each expectation was read in the feed's own text by hand; the comments say what stands there. Needs the data folder."""
import json
import os
import sys
import tempfile
import unittest

from images import SHARED, run
from systems import write_system

DATA = os.path.join(SHARED, "data")
NONE = None  # no finding of that id

# Feed and file, then cases: system, package, version, more of the package, id, (status, fixed in) or NONE.
CASES = {
    "debian=debian/tracker-derived-bookworm-base.json": [
        # curl, CVE-2023-32001: bookworm resolved, fixed_version 7.88.1-10+deb12u1
        ("debian:12", "libcurl4", "7.88.1-10", {"source": "curl"}, "CVE-2023-32001", ("fixed", "7.88.1-10+deb12u1")),
        ("debian:12", "libcurl4", "7.88.1-10+deb12u1", {"source": "curl"}, "CVE-2023-32001", NONE),  # the back-port
        # openssh, CVE-2023-28531: fixed 1:9.2p1-2+deb12u2; the epoch counts
        ("debian:12", "openssh-client", "1:9.2p1-2+deb12u1", {"source": "openssh"}, "CVE-2023-28531", ("fixed", "1:9.2p1-2+deb12u2")),
        ("debian:12", "openssh-client", "1:9.2p1-2+deb12u2", {"source": "openssh"}, "CVE-2023-28531", NONE),
        ("debian:11", "openssh-client", "1:9.2p1-2+deb12u1", {"source": "openssh"}, "CVE-2023-28531", NONE),  # another release
        ("debian:12", "libcurl4", "7.88.1-10", {"source": "curl-other"}, "CVE-2023-32001", NONE),  # another source
    ],
    "debian-lists=debian": [
        # DSA-5380-1: [bullseye] - xorg-server 2:1.20.11-1+deb11u6; DLA-3372-1: [buster] - xorg-server 2:1.20.4-1+deb10u9
        ("debian:11", "xserver-xorg-core", "2:1.20.11-1+deb11u5", {"source": "xorg-server"}, "CVE-2023-1393", ("fixed", "2:1.20.11-1+deb11u6")),
        ("debian:11", "xserver-xorg-core", "2:1.20.11-1+deb11u6", {"source": "xorg-server"}, "CVE-2023-1393", NONE),
        ("debian:10", "xserver-xorg-core", "2:1.20.4-1+deb10u8", {"source": "xorg-server"}, "CVE-2023-1393", ("fixed", "2:1.20.4-1+deb10u9")),
        ("debian:11", "systemd", "241-7~deb10u8", {}, "CVE-2023-26604", NONE),  # DLA-3377-1 is for buster alone
    ],
    "ubuntu=ubuntu/ubuntu-cve-tracker-2020-06-18.tar.zst": [
        # CVE-2014-0160: precise_openssl: released (1.0.1-4ubuntu5.12); lucid_openssl: not-affected (code not present)
        ("ubuntu:12.04", "libssl1.0.0", "1.0.1-4ubuntu5.11", {"source": "openssl"}, "CVE-2014-0160", ("fixed", "1.0.1-4ubuntu5.12")),
        ("ubuntu:12.04", "libssl1.0.0", "1.0.1-4ubuntu5.12", {"source": "openssl"}, "CVE-2014-0160", NONE),
        ("ubuntu:10.04", "libssl0.9.8", "0.9.8k-7ubuntu8.1", {"source": "openssl"}, "CVE-2014-0160", NONE),
        ("ubuntu:12.04", "libssl0.9.8", "0.9.8o-7ubuntu3", {"source": "openssl098"}, "CVE-2014-0160", NONE),
    ],
    "ubuntu=ubuntu/oval/oci.com.ubuntu.jammy.cve.oval.xml.bz2": [
        # CVE-2023-48795: openssh 1:8.9p1-3ubuntu0.5, libssh 0.9.6-2ubuntu0.22.04.2
        ("ubuntu:22.04", "openssh-client", "1:8.9p1-3ubuntu0.4", {"source": "openssh"}, "CVE-2023-48795", ("fixed", "1:8.9p1-3ubuntu0.5")),
        ("ubuntu:22.04", "openssh-client", "1:8.9p1-3ubuntu0.5", {"source": "openssh"}, "CVE-2023-48795", NONE),
        ("ubuntu:22.04", "libssh-4", "0.9.6-2ubuntu0.22.04.1", {"source": "libssh"}, "CVE-2023-48795", ("fixed", "0.9.6-2ubuntu0.22.04.2")),
        ("ubuntu:20.04", "openssh-client", "1:8.2p1-4ubuntu0.9", {"source": "openssh"}, "CVE-2023-48795", NONE),  # jammy's file
    ],
    "osv=ubuntu/osv/esm-cases": [
        # UBUNTU-CVE-2022-24823: netty, Ubuntu:Pro:22.04:LTS fixed 1:4.1.48-4+deb11u2ubuntu0.1~esm1, no entry for 22.04 alone
        ("ubuntu:22.04", "libnetty-java", "1:4.1.48-4+deb11u1build0.22.04.1", {"source": "netty"}, "CVE-2022-24823", ("will_not_fix", "")),
        ("ubuntu:22.04", "libnetty-java", "1:4.1.48-4+deb11u2ubuntu0.1~esm1", {"source": "netty"}, "CVE-2022-24823", NONE),
        ("ubuntu:22.04", "libnetty-java", "1:4.1.48-4+deb11u1~esm1", {"source": "netty"}, "CVE-2022-24823",
         ("fixed", "1:4.1.48-4+deb11u2ubuntu0.1~esm1")),  # a subscriber, since only those have ~esm
        # UBUNTU-CVE-2014-9913: unzip, Ubuntu:16.04:LTS fixed 6.0-20ubuntu1.1
        ("ubuntu:16.04", "unzip", "6.0-20ubuntu1", {}, "CVE-2014-9913", ("fixed", "6.0-20ubuntu1.1")),
        ("ubuntu:16.04", "unzip", "6.0-20ubuntu1.1", {}, "CVE-2014-9913", NONE),
    ],
    "ubuntu-vex=ubuntu/vex": [
        # CVE-2025-0167, curl: jammy affected, "needs fixing"; focal not_affected. CVE-2023-38545: xenial "no longer supported"
        ("ubuntu:22.04", "libcurl4", "7.81.0-1ubuntu1.20", {"source": "curl"}, "CVE-2025-0167", ("affected", "")),
        ("ubuntu:20.04", "libcurl4", "7.68.0-1ubuntu2.25", {"source": "curl"}, "CVE-2025-0167", NONE),
        ("ubuntu:16.04", "libcurl3", "7.47.0-1ubuntu2.19", {"source": "curl"}, "CVE-2023-38545", ("end_of_life", "")),
        ("ubuntu:16.04", "libcurl3", "7.47.0-1ubuntu2.19+esm15", {"source": "curl"}, "CVE-2023-38545", NONE),  # esm-infra/xenial: not_affected
    ],
    "osv=osv/Bitnami/all.zip": [
        # BIT-redis-2023-41056: introduced 7.0.9, fixed 7.0.15, introduced 7.2.0, fixed 7.2.4; installed ones have revisions
        ("bitnami", "redis", "7.2.3-2", {}, "CVE-2023-41056", ("fixed", "7.2.4")),
        ("bitnami", "redis", "7.2.4-0", {}, "CVE-2023-41056", NONE),
        ("bitnami", "redis", "7.0.8-1", {}, "CVE-2023-41056", NONE),  # before it came
        # BIT-activemq-2020-11998: introduced and last affected 5.15.12, whatever its revision
        ("bitnami", "activemq", "5.15.12-3", {}, "CVE-2020-11998", ("affected", "")),
        ("bitnami", "activemq", "5.15.13-0", {}, "CVE-2020-11998", NONE),
        # BIT-wordpress-2025-41240: introduced 6.7.2-7, fixed 6.8.2-1: a flaw of the packaging
        ("bitnami", "wordpress", "6.8.2-0", {}, "CVE-2025-41240", ("fixed", "6.8.2-1")),
        ("bitnami", "wordpress", "6.8.2-1", {}, "CVE-2025-41240", NONE),
        ("bitnami", "wordpress", "6.7.2-6", {}, "CVE-2025-41240", NONE),
        # BIT-java-2022-34169: introduced and last affected 1.8.0-333
        ("bitnami", "java", "1.8.0-333", {}, "CVE-2022-34169", ("affected", "")),
        ("bitnami", "java", "1.8.0-345", {}, "CVE-2022-34169", NONE),
    ],
    "osv=debian/osv/DSA-3029-1.json": [
        # CVE-2014-3616: Debian:7, nginx, fixed 1.2.1-2.2+wheezy3
        ("debian:7", "nginx-full", "1.2.1-2.2+wheezy2", {"source": "nginx"}, "CVE-2014-3616", ("fixed", "1.2.1-2.2+wheezy3")),
        ("debian:7", "nginx-full", "1.2.1-2.2+wheezy3", {"source": "nginx"}, "CVE-2014-3616", NONE),
        ("debian:8", "nginx-full", "1.2.1-2.2+wheezy2", {"source": "nginx"}, "CVE-2014-3616", NONE),
    ],
    "osv=alpine-secdb/samples/osv-bucket/all.zip": [
        # ALPINE-CVE-2023-46850: Alpine:v3.18 and v3.19, openvpn 2.6.7-r0; CVE-2024-10524: Alpine:v3.21, wget 1.25.0-r0
        ("alpine:3.18.4", "openvpn", "2.6.6-r0", {}, "CVE-2023-46850", ("fixed", "2.6.7-r0")),
        ("alpine:3.18.4", "openvpn", "2.6.7-r0", {}, "CVE-2023-46850", NONE),
        ("alpine:3.19.1", "wget", "1.24.5-r0", {}, "CVE-2024-10524", NONE),
    ],
    "osv=almalinux/osv-database.tar.zst": [
        # ALSA-2021:3253, CVE-2021-3246 (related): AlmaLinux:8, libsndfile-devel 1.0.28-10.el8_4.1
        ("almalinux:8.4", "libsndfile-devel", "1.0.28-10.el8", {"source": "libsndfile"}, "CVE-2021-3246", ("fixed", "1.0.28-10.el8_4.1")),
        ("almalinux:8.4", "libsndfile-devel", "1.0.28-10.el8_4.1", {"source": "libsndfile"}, "CVE-2021-3246", NONE),
        ("almalinux:9.4", "libsndfile-devel", "1.0.28-10.el8", {"source": "libsndfile"}, "CVE-2021-3246", NONE),
    ],
    "alpine=alpine-secdb/v3.10/main.json": [
        # musl 1.1.22-r3: CVE-2019-14697
        ("alpine:3.10.1", "musl-utils", "1.1.22-r2", {"source": "musl"}, "CVE-2019-14697", ("fixed", "1.1.22-r3")),
        ("alpine:3.10.1", "musl-utils", "1.1.22-r3", {"source": "musl"}, "CVE-2019-14697", NONE),
        # xen 4.7.0-r0: "CVE-2016-6258 XSA-182"
        ("alpine:3.10.1", "xen-libs", "4.6.3-r0", {"source": "xen"}, "CVE-2016-6258", ("fixed", "4.7.0-r0")),
        ("alpine:3.11.1", "musl-utils", "1.1.22-r2", {"source": "musl"}, "CVE-2019-14697", NONE),  # v3.10's file
    ],
    "alpine=alpine-secdb/v3.8/main.json": [
        # db, version "0": CVE-2016-0682
        ("alpine:3.8.1", "db", "5.3.28-r0", {}, "CVE-2016-0682", NONE),
    ],
    "alpine=wolfi/security.json": [
        # curl 8.10.0-r0: CVE-2024-8096, GHSA-gv3v-x3f3-7fxm; under "0": CVE-2023-32001
        ("wolfi", "libcurl-openssl4", "8.9.1-r2", {"source": "curl"}, "CVE-2024-8096", ("fixed", "8.10.0-r0")),
        ("wolfi", "libcurl-openssl4", "8.10.0-r0", {"source": "curl"}, "CVE-2024-8096", NONE),
        ("wolfi", "libcurl-openssl4", "8.1.0-r0", {"source": "curl"}, "CVE-2023-32001", NONE),
        # age 1.2.1-r0: GHSA-32gq-x56h-299c, which names no CVE
        ("wolfi", "age", "1.2.0-r3", {}, "GHSA-32gq-x56h-299c", ("fixed", "1.2.1-r0")),
        ("chainguard", "age", "1.2.0-r3", {}, "GHSA-32gq-x56h-299c", ("fixed", "1.2.1-r0")),  # made of Wolfi's packages
        ("alpine:3.19.1", "age", "1.2.0-r3", {}, "GHSA-32gq-x56h-299c", NONE),
    ],
    "wolfi=wolfi/advisories-yaml.tar.zst": [
        # curl.advisories.yaml: CVE-2023-46219 fixed in 8.5.0-r0; CVE-2023-52071 false-positive-determination
        ("wolfi", "curl", "8.4.0-r3", {}, "CVE-2023-46219", ("fixed", "8.5.0-r0")),
        ("wolfi", "curl", "8.5.0-r0", {}, "CVE-2023-46219", NONE),
        ("wolfi", "curl", "8.4.0-r3", {}, "CVE-2023-52071", NONE),
        # busybox: CVE-2024-58251 pending-upstream-fix
        ("wolfi", "busybox", "1.37.0-r20", {}, "CVE-2024-58251", ("affected", "")),
    ],
    "alpine=misc/minimos/security.json": [
        ("minimos:20241031", "apache2", "2.4.63-r0", {}, "CVE-1999-0289", NONE),  # under "0"
    ],
    "alpine=misc/secureos/secdb.json": [
        ("secureos", "zlib", "1.3-r0", {}, "CVE-2023-45853", ("fixed", "1.3.1")),
        ("secureos", "zlib", "1.3.1-r0", {}, "CVE-2023-45853", NONE),
        ("secureos", "busybox", "1.37.0-r0", {}, "CVE-2025-46394", NONE),  # under "0"
        ("secureos", "rqlite-9.3-client", "9.3.0-r0", {}, "CVE-2022-4203", ("affected", "")),  # under "None"
    ],
    "echo=misc/echo/data.json": [
        # firefox-esr: CVE-2025-4091 fixed 128.10.0esr-1~deb12u1, CVE-2025-4084 "0"; firefox: CVE-2025-4091 {}
        ("echo:1", "firefox-esr", "128.9.0esr-1~deb12u1", {}, "CVE-2025-4091", ("fixed", "128.10.0esr-1~deb12u1")),
        ("echo:1", "firefox-esr", "128.10.0esr-1~deb12u1", {}, "CVE-2025-4091", NONE),
        ("echo:1", "firefox-esr", "128.9.0esr-1~deb12u1", {}, "CVE-2025-4084", NONE),
        ("echo:1", "firefox", "137.0-1", {}, "CVE-2025-4091", ("affected", "")),
    ],
    "rootio=misc/rootio/cve_feed.json": [
        # debian 12, libxml2: <2.9.14+dfsg-1.3~deb12u1.root.io.3, and >2.9.14+dfsg-1.3~deb12u1.root.io.3 <2.9.14+dfsg-1.3~deb12u2
        ("debian:12", "libxml2", "2.9.14+dfsg-1.3~deb12u1.root.io.2", {}, "CVE-2022-49043", ("fixed", "2.9.14+dfsg-1.3~deb12u1.root.io.3")),
        ("debian:12", "libxml2", "2.9.14+dfsg-1.3~deb12u1.root.io.3", {}, "CVE-2022-49043", NONE),
        ("debian:12", "rootio-libxml2", "2.9.14+dfsg-1.3~deb12u1", {"source": "rootio-libxml2"}, "CVE-2022-49043",
         ("fixed", "2.9.14+dfsg-1.3~deb12u1.root.io.3")),
        ("debian:11", "libxml2", "2.9.14+dfsg-1.3~deb12u1.root.io.2", {}, "CVE-2022-49043", NONE),
    ],
    "osv=misc/seal/vulnerabilities.zip": [
        # seal-ImageMagick, redhat:8: introduced 6.9.10.68-6.el7_9, fixed 6.9.10.68-6.el7_9+sp999
        ("rhel:8.9", "seal-ImageMagick", "6.9.10.68-6.el7_9", {}, "CVE-2025-55160", ("fixed", "6.9.10.68-6.el7_9+sp999")),
        ("rhel:8.9", "seal-ImageMagick", "6.9.10.68-6.el7_9+sp999", {}, "CVE-2025-55160", NONE),
        ("rhel:8.9", "ImageMagick", "6.9.10.68-6.el7_9", {}, "CVE-2025-55160", NONE),  # not the rebuilt one
    ],
    "redhat=redhat/csaf-vex/files/cve-2024-0727-openssl.json.zst": [
        ("rhel:9.3", "openssl-libs", "1:3.0.7-24.el9", {"source": "openssl"}, "CVE-2024-0727", ("fixed", "1:3.0.7-27.el9")),
        ("rhel:9.4", "openssl-libs", "1:3.0.7-27.el9", {"source": "openssl"}, "CVE-2024-0727", NONE),
        ("rhel:8.9", "openssl-libs", "1:1.1.1k-12.el8_9", {"source": "openssl"}, "CVE-2024-0727", ("fix_deferred", "")),
        ("rhel:7.9", "openssl-libs", "1:1.0.2k-26.el7_9", {"source": "openssl"}, "CVE-2024-0727", ("end_of_life", "")),
        ("rhel:8.9", "edk2-ovmf", "20220126gitbb1bba3d77-6.el8", {"source": "edk2", "arch": "noarch"}, "CVE-2024-0727", ("will_not_fix", "")),
        ("rhel:9.4", "openssl-fips-provider", "3.0.7-2.el9", {}, "CVE-2024-0727", NONE),  # known_not_affected
        ("centos:9", "openssl-libs", "1:3.0.7-24.el9", {"source": "openssl"}, "CVE-2024-0727", ("fixed", "1:3.0.7-27.el9")),  # Stream
    ],
    "redhat=redhat/csaf-vex/files/cve-2025-40907-perl.json.zst": [
        ("rhel:9.5", "perl-FCGI", "1:0.79-8.el9_5", {}, "CVE-2025-40907", ("fixed", "1:0.79-8.1.el9_6")),
        ("rhel:8.9", "perl-FCGI", "1:0.78-11.el8", {}, "CVE-2025-40907", NONE),  # the flaw is in a module's
        # rhel:8: 1:0.78-12.module+el8.10.0+23147+ and one of 20b7d289, 63faba8d, 95b68fad, df114ff4
        ("rhel:8.10", "perl-FCGI", "1:0.78-12.module+el8.10.0+23147+20b7d289", {"module": "perl-FCGI:0.78"}, "CVE-2025-40907", NONE),
        ("rocky:8.10", "perl-FCGI", "1:0.78-12.module+el8.10.0+557+48ba8b2f", {"module": "perl-FCGI:0.78"}, "CVE-2025-40907", NONE),
        ("rhel:8.10", "perl-FCGI", "1:0.78-11.module+el8.9.0+19000+20b7d289", {"module": "perl-FCGI:0.78"}, "CVE-2025-40907",
         ("fixed", "1:0.78-12.module+el8.10.0+23147+95b68fad")),
        # RHEL 7: nothing but 7Server-ELS, 1:0.74-8.el7_9.1
        ("rhel:7.9", "perl-FCGI", "1:0.74-8.el7", {}, "CVE-2025-40907", ("will_not_fix", "")),
        ("rhel:7.9", "perl-FCGI", "1:0.74-8.el7_9.1", {}, "CVE-2025-40907", NONE),
    ],
    "redhat-oval=redhat/oval-v2/cases/rhel-8.oval.xml": [
        # RHSA-2023:7581: Module postgresql:13, postgresql-server earlier than 0:13.13-1.module+el8.9.0+20664+9c30cf7f
        ("rhel:8.9", "postgresql-server", "13.11-1.module+el8", {"source": "postgresql", "module": "postgresql:13"}, "CVE-2023-5869",
         ("fixed", "13.13-1.module+el8.9.0+20664+9c30cf7f")),
        ("rhel:8.9", "postgresql-server", "13.11-1.module+el8", {"source": "postgresql", "module": "postgresql:16"}, "CVE-2023-5869", NONE),
        ("rhel:8.9", "postgresql-server", "13.11-1.el8", {"source": "postgresql"}, "CVE-2023-5869", NONE),  # of no module
    ],
    "almalinux=almalinux/errata/errata-2021.json": [
        # ALSA-2021:3253, CVE-2021-3246: libsndfile 1.0.28-10.el8_4.1
        ("almalinux:8.4", "libsndfile", "1.0.28-10.el8", {}, "CVE-2021-3246", ("fixed", "1.0.28-10.el8_4.1")),
        ("almalinux:8.4", "libsndfile", "1.0.28-10.el8_4.1", {}, "CVE-2021-3246", NONE),
        ("almalinux:9.4", "libsndfile", "1.0.28-10.el8", {}, "CVE-2021-3246", NONE),
    ],
    "almalinux=almalinux/errata/errata.full.json": [
        # ALSA-2019:3708, CVE-2019-2510: Judy of mariadb:10.3, x86_64 1.0.5-18.module_el8.5.0+2632+14ced695
        ("almalinux:8.4", "Judy", "1.0.5-18.module_el8.2.0", {"module": "mariadb:10.3"}, "CVE-2019-2510",
         ("fixed", "1.0.5-18.module_el8.5.0+2632+14ced695")),
        ("almalinux:8.4", "Judy", "1.0.5-18.module_el8.2.0", {"module": "mariadb:10.11"}, "CVE-2019-2510", NONE),
        ("almalinux:8.4", "Judy", "1.0.5-18.module_el8.2.0", {}, "CVE-2019-2510", NONE),  # its module is unknown
    ],
    "rocky=rocky/apollo-api/page1.json": [
        # RLSA-2025:21816, CVE-2025-58183: delve 1.25.2-1.el10_1, Rocky Linux 10
        ("rocky:10.0", "delve", "1.24.1-1.el10_1", {}, "CVE-2025-58183", ("fixed", "1.25.2-1.el10_1")),
        ("rocky:10.0", "delve", "1.25.2-1.el10_1", {}, "CVE-2025-58183", NONE),
        ("rocky:9.4", "delve", "1.24.1-1.el9", {}, "CVE-2025-58183", NONE),
    ],
    "rocky=rocky/updateinfo": [
        # RLSA-2022:1234, CVE-2022-0778: openssl 1:1.1.1k-6.el8_5, x86_64's file
        ("rocky:8.6", "openssl", "1:1.1.1k-5.el8_5", {}, "CVE-2022-0778", ("fixed", "1:1.1.1k-6.el8_5")),
        ("rocky:8.6", "openssl", "1:1.1.1k-5.el8_5", {"arch": "aarch64"}, "CVE-2022-0778", NONE),
    ],
    "osv=rocky/osv": [
        # RLSA-2021:3891: java-11-openjdk, source package, 1:11.0.13.0.8-1.el8_4, of Rocky Linux 8.4
        ("rocky:8.4", "java-11-openjdk-headless", "1:11.0.12.0.7-0.el8_4", {"source": "java-11-openjdk"}, "CVE-2021-35550",
         ("fixed", "11.0.13.0.8-1.el8_4")),
        ("rocky:8.4", "java-11-openjdk-headless", "1:11.0.13.0.8-1.el8_4", {"source": "java-11-openjdk"}, "CVE-2021-35550", NONE),
        # RLSA-2024:3671, "Moderate: ruby:3.3 security, bug fix, …": ruby 3.3.1-2.module+el9.4.0+20787+4c237fd3
        ("rocky:9.4", "ruby", "3.3.0-1.module+el9.4.0+1", {"module": "ruby:3.3"}, "CVE-2024-27280",
         ("fixed", "3.3.1-2.module+el9.4.0+20787+4c237fd3")),
        ("rocky:9.4", "ruby", "3.1.5-1.module+el9.4.0+1", {"module": "ruby:3.1"}, "CVE-2024-27280", NONE),
    ],
    "oracle=oracle/com.oracle.elsa-all.xml.bz2": [
        # ELSA-2007-0057, CVE-2007-0493: Oracle Linux 5, arch x86_64, bind-libs earlier than 30:9.3.3-8.el5
        ("ol:5.3", "bind-libs", "30:9.3.3-7.el5", {"source": "bind"}, "CVE-2007-0493", ("fixed", "30:9.3.3-8.el5")),
        ("ol:5.3", "bind-libs", "30:9.3.3-8.el5", {"source": "bind"}, "CVE-2007-0493", NONE),
        ("ol:5.3", "bind-libs", "30:9.3.3-7.el5", {"source": "bind", "arch": "s390x"}, "CVE-2007-0493", NONE),
        ("ol:6.3", "bind-libs", "30:9.3.3-7.el5", {"source": "bind"}, "CVE-2007-0493", NONE),
    ],
    "oracle=oracle/older/com.oracle.elsa-all.xml.bz2": [
        # ELSA-2019-4821, CVE-2019-14287: sudo, without a word on the architecture, which the versions depend on
        ("ol:7.9", "sudo", "1.8.23-4.el7", {}, "CVE-2019-14287", NONE),
    ],
    "amazon=amazon/updateinfo_2_kernel-5.15.xml.gz": [
        # ALAS2KERNEL-5.15-2022-001: kernel 5.15.43-20.123.amzn2
        ("amzn:2", "kernel", "5.15.40-1.amzn2", {}, "CVE-2022-30594", ("fixed", "5.15.43-20.123.amzn2")),
        ("amzn:2", "kernel", "5.15.43-20.123.amzn2", {}, "CVE-2022-30594", NONE),
        ("amzn:2", "kernel", "5.4.200-1.amzn2", {}, "CVE-2022-30594", NONE),  # the line of the core repository
        ("amzn:2023", "kernel", "5.15.40-1.amzn2", {}, "CVE-2022-30594", NONE),
    ],
    "amazon=amazon/updateinfo_1.xml.gz": [
        # ALAS-2011-1, CVE-2011-3192: httpd-devel 2.2.21-1.18.amzn1
        ("amzn:2018.03", "httpd-devel", "2.2.20-1.amzn1", {"source": "httpd", "arch": "i686"}, "CVE-2011-3192", ("fixed", "2.2.21-1.18.amzn1")),
        ("amzn:2017.09", "httpd-devel", "2.2.20-1.amzn1", {"source": "httpd", "arch": "i686"}, "CVE-2011-3192", ("fixed", "2.2.21-1.18.amzn1")),
        ("amzn:2018.03", "httpd-devel", "2.2.21-1.18.amzn1", {"source": "httpd", "arch": "i686"}, "CVE-2011-3192", NONE),
    ],
    "fedora=fedora/bodhi/F36-updates-page1.json.zst": [
        # FEDORA-2022-8bd3bf5b40: curl-7.82.0-6.fc36, CVE-2022-32205
        ("fedora:36", "libcurl", "7.82.0-5.fc36", {"source": "curl"}, "CVE-2022-32205", ("fixed", "7.82.0-6.fc36")),
        ("fedora:36", "libcurl", "7.82.0-6.fc36", {"source": "curl"}, "CVE-2022-32205", NONE),
        ("fedora:35", "libcurl", "7.79.1-2.fc35", {"source": "curl"}, "CVE-2022-32205", NONE),
        # openssl-3.0.3-1.fc36 (FEDORA-2022-249a08e2cc) names no CVE and is shown under its own id
        ("fedora:36", "firefox", "101.0.1-1.fc36", {}, "FEDORA-2022-59e474cd5c", ("fixed", "102.0-1.fc36")),
    ],
    "suse=suse/csaf-vex/csaf-vex.tar.bz2": [
        ("sle-micro:6.0", "samba-client-libs", "4.19.4+git.330-1.1", {"source": "samba"}, "CVE-2023-5568", ("fixed", "4.19.4+git.339.acf1ccaa02-1.22")),
        ("sl-micro:6.0", "samba-client-libs", "4.19.4+git.339.acf1ccaa02-1.22", {"source": "samba"}, "CVE-2023-5568", NONE),
        ("opensuse-tumbleweed:20231001", "ctdb", "4.19.1+git.1-1.1", {"source": "samba"}, "CVE-2023-5568", ("fixed", "4.19.2+git.322.7e9201cef5-1.1")),
        ("sles:15.5", "samba", "4.17.9-1", {}, "CVE-2023-5568", NONE),  # known_not_affected
    ],
    "suse-oval=suse/oval/opensuse.leap.15.2.xml.gz": [
        # CVE-2010-2322: fastjar 0.98-lp152.4.3.1, for x86_64
        ("opensuse-leap:15.2", "fastjar", "0.98-lp152.4.1", {}, "CVE-2010-2322", ("fixed", "0.98-lp152.4.3.1")),
        ("opensuse-leap:15.2", "fastjar", "0.98-lp152.4.3.1", {}, "CVE-2010-2322", NONE),
        ("opensuse-leap:15.2", "fastjar", "0.98-lp152.4.1", {"arch": "aarch64"}, "CVE-2010-2322", NONE),
    ],
    "cvrf=suse/cvrf-files": [
        # SUSE-SU-2019:1608-1, CVE-2019-1559: SUSE Linux Enterprise Desktop 12 SP3, libopenssl0_9_8 0.9.8j-106.12.1
        ("sles:12.3", "libopenssl0_9_8", "0.9.8j-106.9.1", {"source": "compat-openssl098"}, "CVE-2019-1559", ("fixed", "0.9.8j-106.12.1")),
        ("sles:12.3", "libopenssl0_9_8", "0.9.8j-106.12.1", {"source": "compat-openssl098"}, "CVE-2019-1559", NONE),
        ("sles:12.5", "libopenssl0_9_8", "0.9.8j-106.9.1", {"source": "compat-openssl098"}, "CVE-2019-1559", NONE),
    ],
    "openeuler=misc/openeuler/csaf": [
        # openEuler-SA-2025-1351, CVE-2025-29768: 24.03-LTS-SP1 vim-minimal 9.0.2092-18.oe2403sp1, 22.03-LTS-SP3 9.0-33.oe2203sp3
        ("openeuler:24.03 (LTS-SP1)", "vim-minimal", "9.0.2092-17.oe2403sp1", {"source": "vim"}, "CVE-2025-29768", ("fixed", "9.0.2092-18.oe2403sp1")),
        ("openeuler:24.03 (LTS-SP1)", "vim-minimal", "9.0.2092-18.oe2403sp1", {"source": "vim"}, "CVE-2025-29768", NONE),
        ("openeuler:22.03 (LTS-SP3)", "vim-minimal", "9.0-32.oe2203sp3", {"source": "vim", "arch": "aarch64"}, "CVE-2025-29768", ("fixed", "9.0-33.oe2203sp3")),
        ("openeuler:24.03 (LTS-SP1)", "vim-minimal", "2:9.0.2092-17.oe2403sp1", {"source": "vim"}, "CVE-2025-29768", ("fixed", "9.0.2092-18.oe2403sp1")),
        ("openeuler:24.03 (LTS-SP1)", "vim-minimal", "2:9.0.2092-18.oe2403sp1", {"source": "vim"}, "CVE-2025-29768", NONE),
        ("openeuler:24.03 (LTS-SP2)", "vim-minimal", "9.0.2092-17.oe2403sp2", {"source": "vim"}, "CVE-2025-29768", NONE),  # no word on it
    ],
    "osv=misc/openeuler/osv/OESA-2021-1001.json": [
        # openEuler:20.03-LTS and -SP1, dnsmasq 2.82-5.oe1
        ("openeuler:20.03 (LTS)", "dnsmasq-help", "2.82-4.oe1", {"source": "dnsmasq"}, "CVE-2020-25681", ("fixed", "2.82-5.oe1")),
        ("openeuler:20.03 (LTS)", "dnsmasq-help", "2.82-5.oe1", {"source": "dnsmasq"}, "CVE-2020-25681", NONE),
        ("openeuler:20.03 (LTS-SP3)", "dnsmasq-help", "2.82-4.oe1", {"source": "dnsmasq"}, "CVE-2020-25681", NONE),
    ],
    "osv=misc/mageia/all.zip": [
        # MGASA-2025-0124, CVE-2024-56161: Mageia:9 microcode 0.20250211-2.mga9.nonfree
        ("mageia:9", "microcode", "0.20241112-1.mga9.nonfree", {"arch": "noarch"}, "CVE-2024-56161", ("fixed", "0.20250211-2.mga9.nonfree")),
        ("mageia:9", "microcode", "0.20250211-2.mga9.nonfree", {"arch": "noarch"}, "CVE-2024-56161", NONE),
        ("mageia:8", "microcode", "0.20241112-1.mga8.nonfree", {"arch": "noarch"}, "CVE-2024-56161", NONE),
    ],
    "osv=misc/bellsoft-alpaquita/all.zip": [
        # BELL-CVE-2025-54874: Alpaquita:stream, openjpeg, introduced 2.5.2-r0, no end
        ("alpaquita:stream", "openjpeg", "2.5.3-r0", {}, "CVE-2025-54874", ("affected", "")),
        ("alpaquita:stream", "openjpeg", "2.5.1-r0", {}, "CVE-2025-54874", NONE),  # before it came in
        ("alpaquita:23", "openjpeg", "2.5.3-r0", {}, "CVE-2025-54874", NONE),
    ],
    "anolis=misc/anolis/anolis-23.oval.xml": [
        # ANSA-2025:0186, CVE-2024-11187: bind-chroot earlier than 32:chroot-9.18.34-1.an23, a slip for 32:9.18.34-1.an23
        ("anolis:23.2", "bind-chroot", "32:9.18.30-1.an23", {"source": "bind"}, "CVE-2024-11187", ("fixed", "32:9.18.34-1.an23")),
        ("anolis:23.2", "bind-chroot", "32:9.18.34-1.an23", {"source": "bind"}, "CVE-2024-11187", NONE),
        ("anolis:8.8", "bind-chroot", "32:9.11.36-1.an8", {"source": "bind"}, "CVE-2024-11187", NONE),
    ],
    "altlinux=misc/alt/oval_definitions_p10.zip": [
        # ALT-PU-2013-1002, CVE-2013-2111: dovecot earlier than 0:2.2.6-alt1, branch p10
        ("altlinux:p10", "dovecot", "2.2.5-alt1", {}, "CVE-2013-2111", ("fixed", "2.2.6-alt1")),
        ("altlinux:p10", "dovecot", "2.2.6-alt1", {}, "CVE-2013-2111", NONE),
        ("altlinux:p9", "dovecot", "2.2.5-alt1", {}, "CVE-2013-2111", NONE),
    ],
    "azurelinux=azurelinux": [
        # CVE-2024-6874 affecting curl less than 8.8.0-1.azl3; CVE-2023-46218 affecting curl (Mariner) less than 8.5.0-1.cm2
        ("azurelinux:3.0.20240727", "curl-libs", "8.7.1-1.azl3", {"source": "curl"}, "CVE-2024-6874", ("fixed", "8.8.0-1.azl3")),
        ("azurelinux:3.0.20240727", "curl-libs", "8.8.0-1.azl3", {"source": "curl"}, "CVE-2024-6874", NONE),
        ("mariner:2.0.20240112", "curl-libs", "8.3.0-2.cm2", {"source": "curl"}, "CVE-2023-46218", ("fixed", "8.5.0-1.cm2")),
        ("mariner:2.0.20240112", "curl-libs", "8.7.1-1.cm2", {"source": "curl"}, "CVE-2024-6874", NONE),  # Azure Linux' alone
        # CVE-2023-44487, nghttp2 of Mariner: patchable "Not Applicable"
        ("mariner:2.0.20240112", "nghttp2", "1.46.0-2.cm2", {}, "CVE-2023-44487", NONE),
        # CVE-2022-3857, syslinux: less than or equal 6.04-10.cm2, so no fix
        ("mariner:2.0.20240112", "syslinux", "6.04-10.cm2", {}, "CVE-2022-3857", ("affected", "")),
    ],
    "photon=photon/oval/com.vmware.phsa-photon3.xml.zst": [
        # PHSA-2020:00001, CVE-2019-16168: sqlite-libs earlier than 0:3.27.2-5.ph3
        ("photon:3.0", "sqlite-libs", "3.27.2-4.ph3", {"source": "sqlite"}, "CVE-2019-16168", ("fixed", "3.27.2-5.ph3")),
        ("photon:3.0", "sqlite-libs", "3.27.2-5.ph3", {"source": "sqlite"}, "CVE-2019-16168", NONE),
        ("photon:4.0", "sqlite-libs", "3.27.2-4.ph4", {"source": "sqlite"}, "CVE-2019-16168", NONE),
    ],
    "photon=photon/cve": [
        # 4.0: curl-libs before 8.16.0-1.ph4; 3.0: CVE-2025-0725 curl "Not Affected"; 2.0: jq before 1.5-3.ph2
        ("photon:4.0", "curl-libs", "8.12.0-1.ph4", {"source": "curl"}, "CVE-2025-9086", ("fixed", "8.16.0-1.ph4")),
        ("photon:4.0", "curl-libs", "8.16.0-1.ph4", {"source": "curl"}, "CVE-2025-9086", NONE),
        ("photon:3.0", "curl", "8.1.2-1.ph3", {}, "CVE-2025-0725", NONE),
        ("photon:2.0", "jq", "1.5-2.ph2", {}, "CVE-2015-8863", ("fixed", "1.5-3.ph2")),
    ],
    "bottlerocket=bottlerocket/older/updateinfo.xml.gz": [
        # CVE-2025-15281: glibc 1:2.43-1.1773716061.e2e9d7a9.br1; CVE-2024-43840: kernel-6.1 6.1.140-1.1749663821.e27d1b03.br1
        ("bottlerocket:1.34.0", "glibc", "1:2.42-1.1765000000.aaaaaaaa.br1", {}, "CVE-2025-15281", ("fixed", "1:2.43-1.1773716061.e2e9d7a9.br1")),
        ("bottlerocket:1.34.0", "glibc", "1:2.43-1.1773716061.e2e9d7a9.br1", {}, "CVE-2025-15281", NONE),
        ("bottlerocket:1.34.0", "glibc", "2.44-1.1773716061.e2e9d7a9.br1", {}, "CVE-2025-15281", ("fixed", "1:2.43-1.1773716061.e2e9d7a9.br1")),  # no epoch
        ("bottlerocket:1.34.0", "kernel-6.1", "6.1.134-1.1745000000.bbbbbbbb.br1", {}, "CVE-2024-43840", ("fixed", "6.1.140-1.1749663821.e27d1b03.br1")),
        ("bottlerocket:1.34.0", "kernel-5.15", "5.15.180-1.1745000000.bbbbbbbb.br1", {}, "CVE-2024-43840", NONE),  # another line
    ],
    "bottlerocket=bottlerocket/advisories-toml.tar.zst": [
        # BRSA-d6axl1fngcgo: runc, patched-version 1.1.14, patched-release 0
        ("bottlerocket:1.21.0", "runc", "1.1.13-1.1720000000.cccccccc.br1", {}, "CVE-2024-45310", ("fixed", "1.1.14-0")),
        ("bottlerocket:1.21.0", "runc", "1.1.14-1.1726000000.dddddddd.br1", {}, "CVE-2024-45310", NONE),
    ],
    "arch=arch/all-4.json": [
        # AVG-708: wireshark-cli, CVE-2018-11362, Fixed 2.6.1-1; AVG-1146: squid, Vulnerable, fixed null
        ("arch", "wireshark-cli", "2.6.0-1", {}, "CVE-2018-11362", ("fixed", "2.6.1-1")),
        ("arch", "wireshark-cli", "2.6.1-1", {}, "CVE-2018-11362", NONE),
        ("arch", "squid", "4.11-1", {}, "CVE-2020-11945", ("affected", "")),
        ("arch", "squid3", "4.11-1", {}, "CVE-2020-11945", NONE),  # another package
    ],
    "arch=arch/all-2.json": [
        ("arch", "curl", "7.50.2-1", {}, "CVE-2016-7167", ("fixed", "7.50.3-1")),  # AVG-20
        ("arch", "curl", "1:7.50.2-1", {}, "CVE-2016-7167", NONE),  # an epoch comes before all versions
    ],
}


class FeedFindingsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.isdir(DATA):
            print("skipped the whole suite: no real feeds here (LIMPID_SHARED)")
            sys.exit(0)

    def scan(self, database, system, package, version, more):
        with tempfile.TemporaryDirectory(prefix="limpid-findings-") as folder:
            write_system(folder, system, package, version, **more)
            report = json.loads(run("scan", "rootfs:" + folder, "--db", database, "-f", "json", check=0).stdout)
        self.assertEqual([one["name"] for one in report["packages"]] if "packages" in report else [package], [package])
        return {finding["id"]: finding for finding in report["findings"]}

    def test_every_feed(self):
        counts = {}
        for feed, cases in CASES.items():
            name, _, path = feed.partition("=")
            with tempfile.TemporaryDirectory(prefix="limpid-findings-") as folder:
                database = os.path.join(folder, "db")
                run("-q", "db", "build", "--feed", f"{name}={os.path.join(DATA, path)}", "-o", database, check=0)
                for system, package, version, more, flaw, expected in cases:
                    with self.subTest(feed=feed, system=system, package=package, version=version, flaw=flaw, **more):
                        found = self.scan(database, system, package, version, more).get(flaw)
                        self.assertEqual((found["status"], found["fixed_in"]) if found else NONE, expected)
            counts.setdefault(name, []).extend(expected for *_, expected in cases)
        # At least three cases a feed, of which some hit and some miss.
        for name, expected in counts.items():
            self.assertGreaterEqual(len(expected), 3, name)
            self.assertIn(NONE, expected, name)
            self.assertTrue(any(expected), name)

    def test_what_ubuntu_pro_would_bring(self):
        with tempfile.TemporaryDirectory(prefix="limpid-findings-") as folder:
            database = os.path.join(folder, "db")
            run("-q", "db", "build", "--feed", "osv=" + os.path.join(DATA, "ubuntu", "osv", "esm-cases"), "-o", database, check=0)
            found = self.scan(database, "ubuntu:22.04", "libnetty-java", "1:4.1.48-4", {"source": "netty"})["CVE-2022-24823"]
            self.assertEqual(found["fixed_for_subscribers"], "1:4.1.48-4+deb11u2ubuntu0.1~esm1")
            # Ubuntu:Pro:14.04:LTS has no fix either.
            old = self.scan(database, "ubuntu:14.04", "libnetty-java", "1:3.2.6", {"source": "netty"})["CVE-2022-24823"]
            self.assertEqual((old["status"], old["fixed_for_subscribers"]), ("will_not_fix", ""))


if __name__ == "__main__":
    unittest.main()
