// dpkg's status file and status.d: what is installed, whose it is, what is broken; and dpkg-query as the oracle.
#include <cstdio>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/text.h"
#include "inventory/dpkg_package.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

struct Read {
  Evidence evidence;
  SkippedList skipped;
};
Read read(std::string_view content, const Detector& detector = dpkg_detector(),
          std::string_view path = "var/lib/dpkg/status") {
  Read result;
  result.evidence.path = path;
  result.evidence.detector = detector.name();
  EXPECT_TRUE(detector.read({path, content}, result.evidence, result.skipped));
  return result;
}
std::string stanza(std::string_view name, std::string_view version, std::string_view more = "") {
  return base::cat(
      {"Package: ", name, "\nStatus: install ok installed\nArchitecture: amd64\nVersion: ", version, "\n", more, "\n"});
}

TEST(Dpkg, AllThatAPackageSays) {
  const auto result = read(
      "Package: libgcc1\nStatus: install ok installed\nMaintainer: Debian GCC <gcc@lists.debian.org>\n"
      "Architecture: amd64\nMulti-Arch: same\nSource: gcc-5 (5.1.1-12)\nVersion: 1:5.1.1-12\nDescription: x\n y\n");
  ASSERT_EQ(result.evidence.packages.size(), 1u);
  const Package& p = result.evidence.packages[0];
  EXPECT_EQ(p.name, "libgcc1");
  EXPECT_EQ(p.version, "1:5.1.1-12");
  EXPECT_EQ(p.arch, "amd64");
  EXPECT_EQ(p.source_name, "gcc-5");
  EXPECT_EQ(p.source_version, "5.1.1-12");
  EXPECT_EQ(p.maintainer, "Debian GCC <gcc@lists.debian.org>");
  EXPECT_EQ(p.location, "var/lib/dpkg/status");
  EXPECT_EQ(p.detector, "dpkg");
  EXPECT_EQ(p.kind, PackageKind::binary);
  EXPECT_EQ(p.scheme, version::Scheme::dpkg);
  EXPECT_EQ(p.repository, Repository::distribution);
  EXPECT_TRUE(result.skipped.empty());
}

TEST(Dpkg, Source) {
  const auto source = [](std::string_view field) {
    const auto result = read(stanza("a", "2:1.0-1+b3", field));
    const Package& p = result.evidence.packages.at(0);
    return base::cat({p.source_name, " ", p.source_version});
  };
  EXPECT_EQ(source(""), "a 2:1.0-1+b3");  // dpkg would have written the source's version
  EXPECT_EQ(source("Source: b\n"), "b 2:1.0-1+b3");
  EXPECT_EQ(source("Source: b (1.0-1)\n"), "b 1.0-1");
  EXPECT_EQ(source("Source:  b   ( 1.0-1 ) \n"), "b 1.0-1");
  EXPECT_EQ(source("Source: b ()\n"), "b 2:1.0-1+b3");
  EXPECT_EQ(source("Source: b (1.0\n"), "b 2:1.0-1+b3");
}

TEST(Dpkg, TheThirdWordOfStatusDecides) {
  const auto count = [](std::string_view status) {
    const auto result = read(base::cat({"Package: a\nVersion: 1\nStatus: ", status, "\n"}));
    return std::pair(result.evidence.packages.size(), result.skipped.size());
  };
  using P = std::pair<std::size_t, std::size_t>;
  for (const auto* status :
       {"install ok installed", "hold ok installed", "deinstall ok installed", "purge reinstreq installed",
        "install ok triggers-pending", "install ok triggers-awaited", "install ok half-configured"}) {
    EXPECT_EQ(count(status), P(1, 0)) << status;
  }
  for (const auto* status : {"deinstall ok config-files", "purge ok not-installed", "", "installed", "x y z"}) {
    EXPECT_EQ(count(status), P(0, 0)) << status;
  }
  for (const auto* status : {"install ok unpacked", "install reinstreq half-installed"}) {
    EXPECT_EQ(count(status), P(0, 1)) << status;  // told, not listed
  }
}

TEST(Dpkg, BrokenStanzasAmongGoodOnes) {
  const auto result = read(stanza("a", "1") + "Version: 2\nStatus: install ok installed\n\n" + stanza("b\x01", "1") +
                           stanza("c", "") + stanza("d", "1 2") + stanza("e", "1\x1b[31m") + "asdf\n\n" +
                           stanza("f", "1").substr(0, 30) + "\n\n" + stanza("g", "7"));
  ASSERT_EQ(result.evidence.packages.size(), 2u);
  EXPECT_EQ(result.evidence.packages[0].name, "a");
  EXPECT_EQ(result.evidence.packages[1].name, "g");
  EXPECT_EQ(result.skipped.size(), 6u);  // "f" was cut before its Status: not installed
  for (const auto& skipped : result.skipped) EXPECT_EQ(skipped.path, "var/lib/dpkg/status");
}

TEST(Dpkg, OneOfEachNameAndArchitecture) {
  std::string foreign = stanza("a", "3");
  foreign.replace(foreign.find("amd64"), 5, "i386");
  const auto result = read(stanza("a", "1") + stanza("b", "1") + foreign + stanza("a", "2"));
  ASSERT_EQ(result.evidence.packages.size(), 3u);
  EXPECT_EQ(result.evidence.packages[0].version, "2");  // the later stanza
  EXPECT_EQ(result.evidence.packages[2].arch, "i386");
}

// The real thing, where this machine has it: dpkg-query on its own database.
TEST(Dpkg, AgreesWithDpkgQuery) {
  const auto content = base::read_file("/var/lib/dpkg/status", kDpkgFileMax);
  std::FILE* pipe = ::popen(
      "dpkg-query -W -f '${db:Status-Status} ${Package} ${Version} ${Architecture} ${source:Package} "
      "${source:Version}\\n'"
      " 2>/dev/null",
      "r");
  ASSERT_NE(pipe, nullptr);
  std::set<std::string> expected;
  for (char line[4096]; std::fgets(line, sizeof line, pipe) != nullptr;) {
    std::string_view text = base::trim(line);
    if (base::strip_prefix(text, "installed ")) expected.emplace(text);
  }
  if (::pclose(pipe) != 0 || expected.empty() || !content) GTEST_SKIP() << "no dpkg-query with a database here";
  const auto result = read(*content);
  std::set<std::string> found;
  for (const auto& p : result.evidence.packages) {
    found.insert(base::cat({p.name, " ", p.version, " ", p.arch, " ", p.source_name, " ", p.source_version}));
  }
  EXPECT_EQ(found, expected);
  EXPECT_TRUE(result.skipped.empty());
}

TEST(Dpkg, VcpkgFeaturesAreNoPackages) {
  const auto result = read(stanza("curl", "7.68.0-1") +
                           "Package: curl\nFeature: ssl\nArchitecture: amd64\n"
                           "Status: install ok installed\n\n");
  EXPECT_EQ(result.evidence.packages.size(), 1u);
  EXPECT_TRUE(result.skipped.empty());
}

TEST(Dpkg, ManyFaultsMakeFewNotes) {
  std::string content;
  for (int i = 0; i < 5'000; ++i) content += "Package: \nStatus: install ok installed\n\n";
  const auto result = read(content);
  ASSERT_EQ(result.skipped.size(), 21u);
  EXPECT_EQ(result.skipped.back().detail, "4980 more like these");
}

TEST(Dpkg, StatusDNeedsNoStatus) {
  const auto& detector = dpkg_status_d_detector();
  const auto result = read("Package: libselinux1\nArchitecture: arm64\nSource: libselinux\nVersion: 3.4-1+b6\n",
                           detector, "var/lib/dpkg/status.d/libselinux1");
  ASSERT_EQ(result.evidence.packages.size(), 1u);
  EXPECT_EQ(result.evidence.packages[0].source_version, "3.4-1");  // the rebuild's suffix is not the source's
  EXPECT_EQ(result.evidence.packages[0].version, "3.4-1+b6");
  EXPECT_EQ(read("Package: a\nStatus: deinstall ok config-files\nVersion: 1\n", detector, "var/lib/dpkg/status.d/a")
                .evidence.packages.size(),
            0u);
  const auto version = [&](std::string_view v) {
    return read(base::cat({"Package: a\nVersion: ", v, "\n"}), detector, "var/lib/dpkg/status.d/a")
        .evidence.packages.at(0)
        .source_version;
  };
  EXPECT_EQ(version("1.0+b"), "1.0+b");
  EXPECT_EQ(version("1.0+beta1"), "1.0+beta1");
  EXPECT_EQ(version("1.0-1+b12"), "1.0-1");
}

TEST(Dpkg, StatusDSidecars) {
  const auto& detector = dpkg_status_d_detector();
  const auto sums = read("d41d8cd98f00b204e9800998ecf8427e  usr/bin/x\n", detector, "var/lib/dpkg/status.d/x.md5sums");
  EXPECT_TRUE(sums.evidence.packages.empty());
  EXPECT_TRUE(sums.skipped.empty());
  const auto script = read("#!/bin/sh\nPackage: no\n", detector, "var/lib/dpkg/status.d/x.preinst");
  EXPECT_TRUE(script.evidence.packages.empty());
  const auto named = read("Package: x.list\nVersion: 1\n", detector, "var/lib/dpkg/status.d/x.list");
  EXPECT_EQ(named.evidence.packages.size(), 1u);
  const auto other = read("anything else\n", detector, "var/lib/dpkg/status.d/README");
  EXPECT_TRUE(other.evidence.packages.empty());
  EXPECT_TRUE(other.skipped.empty());
  const auto cut = read("Package:\nVersion: 1\n", detector, "var/lib/dpkg/status.d/a");
  EXPECT_EQ(cut.skipped.size(), 1u);
}

TEST(Dpkg, WhoseRepository) {
  using enum Repository;
  EXPECT_EQ(dpkg_repository("Docker <support@docker.com>", "5:20.10.7~3-0~debian-buster"), third_party);
  EXPECT_EQ(dpkg_repository("x", "2.4-1~jammy"), third_party);
  EXPECT_EQ(dpkg_repository("x", "5:26.1.4-1~ubuntu.22.04~jammy"), third_party);
  EXPECT_EQ(dpkg_repository("Debian PostgreSQL Maintainers <x@tracker.debian.org>", "16.3-1.pgdg120+1"), third_party);
  EXPECT_EQ(dpkg_repository("x", "1:10.11.8+maria~deb12"), third_party);
  EXPECT_EQ(dpkg_repository("x", "8.2.7-1+0~20230616.11+debian12~1.gbp0a1b2c"), third_party);
  EXPECT_EQ(dpkg_repository("x", "18.20.2-1nodesource1"), third_party);
  EXPECT_EQ(dpkg_repository("HashiCorp <support@HashiCorp.com>", "1.8.3-1"), third_party);
  EXPECT_EQ(dpkg_repository("Debian NVIDIA Maintainers <pkg-nvidia-devel@lists.alioth.debian.org>", "525.1-1"),
            distribution);
  EXPECT_EQ(dpkg_repository("Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>", "1.6.3ubuntu0.1"),
            distribution);
  EXPECT_EQ(dpkg_repository("x", "6.1.0-1~bpo12+1"), distribution);
  EXPECT_EQ(dpkg_repository("x", "6.14.0-1012.12~24.04.1"), distribution);
  EXPECT_EQ(dpkg_repository("", ""), distribution);
}

}  // namespace
}  // namespace limpid::inventory
