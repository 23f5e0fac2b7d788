#include "inventory/release_packages.h"

#include <string>

#include <gtest/gtest.h>

namespace limpid::inventory {
namespace {

using version::Scheme;

std::string told(Scheme scheme, std::string name, std::string version) {
  Package package;
  package.scheme = scheme;
  package.name = std::move(name);
  package.version = std::move(version);
  const auto clue = release_told_by(package);
  return clue ? clue->distribution.name_space : "";
}

TEST(ReleasePackages, OfRpmDistributions) {
  EXPECT_EQ(told(Scheme::rpm, "centos-release", "7-9.2009.1.el7.centos"), "centos:7");
  EXPECT_EQ(told(Scheme::rpm, "centos-linux-release", "8.5-1.2111.el8"), "centos:8");
  EXPECT_EQ(told(Scheme::rpm, "centos-stream-release", "9.0-26.el9"), "centos:9");
  EXPECT_EQ(told(Scheme::rpm, "redhat-release", "9.4-0.5.el9"), "rhel:9");
  EXPECT_EQ(told(Scheme::rpm, "redhat-release-server", "6Server-6.10.0.3.el6"), "rhel:6");
  EXPECT_EQ(told(Scheme::rpm, "almalinux-release", "9.4-1.el9"), "almalinux:9");
  EXPECT_EQ(told(Scheme::rpm, "rocky-release", "9.4-1.7.el9"), "rocky:9");
  EXPECT_EQ(told(Scheme::rpm, "oraclelinux-release", "8:8.9-1.0.5.el8"), "ol:8");
  EXPECT_EQ(told(Scheme::rpm, "fedora-release-common", "40-39"), "fedora:40");
  EXPECT_EQ(told(Scheme::rpm, "system-release", "2023.6.20241010-1.amzn2023"), "amzn:2023");
  EXPECT_EQ(told(Scheme::rpm, "system-release", "1:2-16.amzn2"), "amzn:2");
  EXPECT_EQ(told(Scheme::rpm, "system-release", "2018.03-0.0"), "amzn:2018.03");
  EXPECT_EQ(told(Scheme::rpm, "sles-release", "15.3-55.4.1"), "sles:15.3");
  EXPECT_EQ(told(Scheme::rpm, "openSUSE-release", "15.6-lp156.1.1"), "opensuse-leap:15.6");
  EXPECT_EQ(told(Scheme::rpm, "openSUSE-release", "20240823-1.1"), "opensuse-tumbleweed");
  EXPECT_EQ(told(Scheme::rpm, "mariner-release", "2.0-4.cm2"), "mariner:2.0");
  EXPECT_EQ(told(Scheme::rpm, "photon-release", "5.0-1.ph5"), "photon:5.0");
  EXPECT_EQ(told(Scheme::rpm, "epel-release", "9-7.el9"), "");
  EXPECT_EQ(told(Scheme::rpm, "centos-release", "x-1"), "");
  EXPECT_EQ(told(Scheme::rpm, "bash", "5.1.8-9.el9"), "");
}

TEST(ReleasePackages, OfDebianAndUbuntu) {
  EXPECT_EQ(told(Scheme::dpkg, "base-files", "12.4+deb12u5"), "debian:12");
  EXPECT_EQ(told(Scheme::dpkg, "base-files", "12.4"), "debian:12");
  EXPECT_EQ(told(Scheme::dpkg, "base-files", "8+deb8u2"), "debian:8");
  EXPECT_EQ(told(Scheme::dpkg, "base-files", "7.1wheezy9"), "debian:7");
  EXPECT_EQ(told(Scheme::dpkg, "base-files", "12ubuntu4.6"), "ubuntu:22.04");
  EXPECT_EQ(told(Scheme::dpkg, "base-files", "10.1ubuntu2.2"), "ubuntu:18.04");
  EXPECT_EQ(told(Scheme::dpkg, "base-files", "13ubuntu10"), "ubuntu:24.04");
  // A release between two with long-term support; derivatives; another release's suffix.
  for (const char* other :
       {"13ubuntu2", "1:2024.1.0", "12.4+deb12u5+rpi1", "12.4devuan1", "12.4+deb11u5", "+deb12u5", ""})
    EXPECT_EQ(told(Scheme::dpkg, "base-files", other), "") << other;
  EXPECT_EQ(told(Scheme::dpkg, "bash", "12.4"), "");
}

TEST(ReleasePackages, OfAlpineAndItsLike) {
  EXPECT_EQ(told(Scheme::apk, "alpine-release", "3.19.1-r0"), "alpine:v3.19");
  EXPECT_EQ(told(Scheme::apk, "alpine-base", "3.12.0-r0"), "alpine:v3.12");
  EXPECT_EQ(told(Scheme::apk, "alpine-release", "3.21.0_alpha20240807-r0"), "alpine:edge");
  EXPECT_EQ(told(Scheme::apk, "wolfi-baselayout", "20230201-r15"), "wolfi");
  EXPECT_EQ(told(Scheme::apk, "alpine-keys", "2.4-r1"), "");
}

TEST(ReleasePackages, ARebuildsOwnPackageIsBelievedBeforeRedHats) {
  Package oracle;
  oracle.scheme = Scheme::rpm;
  oracle.name = "oraclelinux-release";
  oracle.version = "9.4-1.0.5.el9";
  Package red_hat = oracle;
  red_hat.name = "redhat-release";
  EXPECT_LT(release_told_by(oracle)->rank, release_told_by(red_hat)->rank);
}

}  // namespace
}  // namespace limpid::inventory
