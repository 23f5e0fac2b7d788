#include "match/parts.h"

#include <string>

#include <gtest/gtest.h>

namespace limpid::match {
namespace {

using enum KernelPart;
using version::Scheme;

KernelPart part(Scheme scheme, std::string name, std::string source) {
  inventory::Package package;
  package.scheme = scheme;
  package.name = std::move(name);
  package.source_name = std::move(source);
  return kernel_part(package);
}

TEST(Kernel, PartsOfDebiansAndUbuntus) {
  EXPECT_EQ(part(Scheme::dpkg, "linux-libc-dev", "linux"), headers);
  EXPECT_EQ(part(Scheme::dpkg, "linux-headers-6.1.0-1-amd64", "linux"), headers);
  EXPECT_EQ(part(Scheme::dpkg, "linux-kbuild-6.1", "linux"), headers);
  EXPECT_EQ(part(Scheme::dpkg, "linux-image-6.1.0-1-amd64", "linux-signed-amd64"), code);
  EXPECT_EQ(part(Scheme::dpkg, "linux-modules-extra-5.15.0-1-generic", "linux"), code);
  EXPECT_EQ(part(Scheme::dpkg, "linux-perf", "linux"), none);
  EXPECT_EQ(part(Scheme::dpkg, "bpftool", "linux"), none);
  EXPECT_EQ(part(Scheme::dpkg, "libpam0g", "pam"), none);
}

TEST(Kernel, PartsOfRpmDistributions) {
  for (const char* name : {"kernel", "kernel-core", "kernel-modules", "kernel-modules-extra"})
    EXPECT_EQ(part(Scheme::rpm, name, "kernel"), code) << name;
  EXPECT_EQ(part(Scheme::rpm, "kernel-uek-core", "kernel-uek"), code);
  EXPECT_EQ(part(Scheme::rpm, "kernel-default", "kernel-default"), code);
  EXPECT_EQ(part(Scheme::rpm, "linux-esx", "linux-esx"), code);
  for (const char* name : {"kernel-headers", "kernel-devel", "kernel-doc", "kernel-abi-stablelists"})
    EXPECT_EQ(part(Scheme::rpm, name, "kernel"), headers) << name;
  EXPECT_EQ(part(Scheme::rpm, "linux-glibc-devel", "linux-glibc-devel"), headers);
  for (const char* name : {"kernel-tools", "kernel-tools-libs", "perf", "bpftool"})
    EXPECT_EQ(part(Scheme::rpm, name, "kernel"), none) << name;
  EXPECT_EQ(part(Scheme::rpm, "kernel-firmware-all", "kernel-firmware"), none);
}

TEST(Kernel, PartsOfAlpinesAndArchs) {
  EXPECT_EQ(part(Scheme::apk, "linux-headers", "linux-headers"), headers);
  EXPECT_EQ(part(Scheme::apk, "linux-virt", "linux-virt"), code);
  EXPECT_EQ(part(Scheme::apk, "linux-lts-dev", "linux-lts"), headers);
  EXPECT_EQ(part(Scheme::apk, "linux-pam", "linux-pam"), none);
  EXPECT_EQ(part(Scheme::pacman, "linux-zen", "linux-zen"), code);
  EXPECT_EQ(part(Scheme::pacman, "linux-headers", "linux"), headers);
  EXPECT_EQ(part(Scheme::pacman, "linux-api-headers", "linux-api-headers"), headers);
  EXPECT_EQ(part(Scheme::pacman, "linux-firmware", "linux-firmware"), none);
}

TEST(DataOnly, IsToldByTheName) {
  const auto is = [](std::string name) {
    inventory::Package package;
    package.name = std::move(name);
    return is_data_only(package);
  };
  for (const char* name : {"emacs-filesystem", "samba-doc", "glibc-langpack-en", "gawk-lang", "libreoffice-l10n-de"})
    EXPECT_TRUE(is(name)) << name;
  for (const char* name : {"emacs-common", "doc-base", "locales", "emacs", "slang"}) EXPECT_FALSE(is(name)) << name;
}

}  // namespace
}  // namespace limpid::match
