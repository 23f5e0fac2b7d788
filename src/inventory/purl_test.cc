// Package URLs of both kinds of package.
#include <gtest/gtest.h>

#include "inventory/types.h"

namespace limpid::inventory {
namespace {

Package of_system(version::Scheme scheme, std::string name_space, std::string name, std::string version) {
  Package p;
  p.scheme = scheme;
  p.name_space = std::move(name_space);
  p.name = p.source_name = std::move(name);
  p.version = p.source_version = std::move(version);
  p.arch = "amd64";
  return p;
}
Package library(std::string ecosystem, std::string name, std::string version) {
  Package p;
  p.kind = PackageKind::library;
  p.ecosystem = std::move(ecosystem);
  p.name = std::move(name);
  p.version = std::move(version);
  return p;
}

TEST(Purl, OfSystems) {
  Package p = of_system(version::Scheme::dpkg, "debian:12", "libgcc-s1", "1:12.2.0-14+x~1");
  EXPECT_EQ(purl(p), "pkg:deb/debian/libgcc-s1@1%3A12.2.0-14%2Bx~1?arch=amd64&distro=debian-12");
  p.source_name = "gcc-12";
  EXPECT_EQ(purl(p), "pkg:deb/debian/libgcc-s1@1%3A12.2.0-14%2Bx~1?arch=amd64&distro=debian-12&upstream=gcc-12");
  p.source_version = "12.2.0-14";
  EXPECT_EQ(purl(p),
            "pkg:deb/debian/libgcc-s1@1%3A12.2.0-14%2Bx~1?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2.0-14");
  EXPECT_EQ(purl(of_system(version::Scheme::apk, "alpine:v3.19", "busybox", "1.36.1-r15")),
            "pkg:apk/alpine/busybox@1.36.1-r15?arch=amd64&distro=alpine-3.19");
  EXPECT_EQ(purl(of_system(version::Scheme::apk, "wolfi", "a", "1")), "pkg:apk/wolfi/a@1?arch=amd64&distro=wolfi");
  Package rpm = of_system(version::Scheme::rpm, "fedora:25", "curl", "1:7.50.3-1.fc25");
  rpm.arch = "i386";
  rpm.source_version = "7.50.3-1.fc25";
  EXPECT_EQ(purl(rpm),
            "pkg:rpm/fedora/curl@7.50.3-1.fc25?arch=i386&distro=fedora-25&epoch=1&upstream=curl-7.50.3-1.fc25.src.rpm");
  rpm.name_space = "rhel:9";
  rpm.version = "7.50.3-1.el9";
  rpm.module = "nodejs:18";
  EXPECT_EQ(purl(rpm),
            "pkg:rpm/redhat/"
            "curl@7.50.3-1.el9?arch=i386&distro=rhel-9&rpmmod=nodejs%3A18&upstream=curl-7.50.3-1.fc25.src.rpm");
  EXPECT_TRUE(purl(of_system(version::Scheme::rpm, "opensuse-leap:15.5", "a", "1-1"))
                  .starts_with("pkg:rpm/opensuse/a@1-1?arch=amd64&distro=opensuse-leap-15.5&"));
  Package ebuild = of_system(version::Scheme::portage, "gentoo", "dev-libs/openssl", "3.0.13-r1");
  EXPECT_EQ(purl(ebuild), "pkg:ebuild/dev-libs/openssl@3.0.13-r1?arch=amd64&distro=gentoo");
  Package unknown = of_system(version::Scheme::dpkg, "", "a", "1");
  unknown.arch = "";
  EXPECT_EQ(purl(unknown), "pkg:deb/a@1");
}

TEST(Purl, OfLanguages) {
  EXPECT_EQ(purl(library("npm", "@babel/core", "7.0.0")), "pkg:npm/%40babel/core@7.0.0");
  EXPECT_EQ(purl(library("PyPI", "Flask_Login", "1.0")), "pkg:pypi/flask-login@1.0");
  EXPECT_EQ(purl(library("Maven", "org.x:y", "1")), "pkg:maven/org.x/y@1");
  EXPECT_EQ(purl(library("Go", "github.com/a/b", "v1.2.3")), "pkg:golang/github.com/a/b@v1.2.3");
  EXPECT_EQ(purl(library("Unheard", "x y", "")), "pkg:generic/x%20y");
}

TEST(Purl, OfManagersBesideTheSystems) {
  EXPECT_EQ(purl(library("Homebrew", "PostgreSQL@12", "12.17_1")), "pkg:brew/postgresql%4012@12.17_1");
  EXPECT_EQ(purl(library("Snap", "core22", "20240111")), "pkg:snap/core22@20240111");
  Package nix = library("nix", "glibc", "2.37-8");
  nix.location = "nix/store/02mqs1by2vab9yzw0qc4j7463w78p3ps-glibc-2.37-8";
  EXPECT_EQ(purl(nix), "pkg:nix/glibc@2.37-8?outputhash=02mqs1by2vab9yzw0qc4j7463w78p3ps");
}

}  // namespace
}  // namespace limpid::inventory
