// From clues to a namespace: how much of a version counts, and which file wins.
#include "inventory/distribution.h"

#include <string>

#include <gtest/gtest.h>

namespace limpid::inventory {
namespace {

using Facts = std::map<std::string, std::string>;

std::string from(const DistributionClues& clues) { return decide_distribution(clues).name_space; }
std::string os(std::string_view id, std::string_view version, const DistributionClues& more = {}) {
  DistributionClues clues = more;
  clues["etc/os-release"] = {{"ID", std::string(id)}, {"VERSION_ID", std::string(version)}};
  return from(clues);
}
DistributionClues text(std::string path, std::string line) { return {{std::move(path), {{"text", std::move(line)}}}}; }

TEST(Distribution, HowMuchOfTheVersionCounts) {
  EXPECT_EQ(os("debian", "12"), "debian:12");
  EXPECT_EQ(os("debian", "12.5"), "debian:12");
  EXPECT_EQ(os("raspbian", "11"), "raspbian:11");
  EXPECT_EQ(os("ubuntu", "22.04"), "ubuntu:22.04");
  EXPECT_EQ(os("ubuntu", "22.04.4"), "ubuntu:22.04");
  EXPECT_EQ(os("alpine", "3.19.1"), "alpine:v3.19");
  EXPECT_EQ(os("alpine", "3.21.0_alpha20240807"), "alpine:edge");
  EXPECT_EQ(os("alpine", ""), "alpine");
  EXPECT_EQ(os("postmarketos", "v23.12"), "alpine:v3.19");
  EXPECT_EQ(os("postmarketos", "edge"), "alpine:edge");
  EXPECT_EQ(os("wolfi", "20230201"), "wolfi");
  EXPECT_EQ(os("rhel", "9.4"), "rhel:9");
  EXPECT_EQ(os("ol", "8.9"), "ol:8");
  EXPECT_EQ(os("amzn", "2"), "amzn:2");
  EXPECT_EQ(os("amzn", "2023.6.20241010"), "amzn:2023");
  EXPECT_EQ(os("amzn", "2018.03"), "amzn:2018.03");
  EXPECT_EQ(os("fedora", "40"), "fedora:40");
  EXPECT_EQ(os("sles", "15.5"), "sles:15.5");
  EXPECT_EQ(os("opensuse-tumbleweed", "20240823"), "opensuse-tumbleweed");
  EXPECT_EQ(os("mariner", "2.0.20240123"), "mariner:2.0");
  EXPECT_EQ(os("openEuler", "24.03"), "openeuler:24.03");
  EXPECT_EQ(os("somethingelse", "1.2.3-x"), "somethingelse:1.2.3-x");
  EXPECT_EQ(os("", "3.15.4"), "linux:3.15.4");
  EXPECT_EQ(os("", ""), "");
  EXPECT_EQ(from({}), "");
}

TEST(Distribution, CoreOsIsOfRhelsPackages) {
  const DistributionClues clues = {
      {"usr/lib/os-release",
       {{"ID", "rhcos"}, {"VERSION_ID", "4.13"}, {"VERSION", "413.92.202305021736-0"}, {"RHEL_VERSION", "9.2"}}}};
  EXPECT_EQ(from(clues), "rhel:9");
  EXPECT_EQ(os("rhcos", "4.1"), "rhcos:4.1");
}

TEST(Distribution, WhatADerivativeIsMadeOf) {
  const auto parent = [](Facts facts) {
    const DistributionClues clues = {{"etc/os-release", std::move(facts)}};
    return decide_distribution(clues).parent;
  };
  EXPECT_EQ(parent({{"ID", "linuxmint"},
                    {"VERSION_ID", "21.3"},
                    {"ID_LIKE", "ubuntu debian"},
                    {"VERSION_CODENAME", "virginia"},
                    {"UBUNTU_CODENAME", "jammy"}}),
            "ubuntu:22.04");
  EXPECT_EQ(parent({{"ID", "linuxmint"},
                    {"VERSION_ID", "6"},
                    {"ID_LIKE", "debian"},
                    {"VERSION_CODENAME", "faye"},
                    {"DEBIAN_CODENAME", "bookworm"}}),
            "debian:12");
  EXPECT_EQ(parent({{"ID", "raspbian"}, {"VERSION_ID", "11"}, {"ID_LIKE", "debian"}}), "debian:11");
  EXPECT_EQ(parent({{"ID", "kali"}, {"VERSION_ID", "2025.4"}, {"ID_LIKE", "debian"}}), "debian:unstable");
  EXPECT_EQ(parent({{"ID", "devuan"}, {"VERSION_ID", "5"}}), "debian:12");
  EXPECT_EQ(parent({{"ID", "somebodys"}, {"ID_LIKE", "debian"}, {"VERSION_CODENAME", "trixie"}}), "debian:13");
  EXPECT_EQ(parent({{"ID", "parrot"}, {"VERSION_ID", "4.11"}, {"ID_LIKE", "debian"}}), "");
  EXPECT_EQ(parent({{"ID", "ubuntu"}, {"VERSION_ID", "22.04"}, {"UBUNTU_CODENAME", "jammy"}}), "");
  EXPECT_EQ(parent({{"ID", "debian"}, {"VERSION_ID", "12"}, {"VERSION_CODENAME", "bookworm"}}), "");
  EXPECT_EQ(parent({{"ID", "rocky"}, {"VERSION_ID", "9.4"}, {"ID_LIKE", "rhel centos fedora"}}), "");
}

TEST(Distribution, DebianWithoutANumber) {
  const auto debian = [](Facts facts, const DistributionClues& more = {}) {
    DistributionClues clues = more;
    facts["ID"] = "debian";
    clues["etc/os-release"] = std::move(facts);
    return from(clues);
  };
  EXPECT_EQ(debian({{"VERSION_CODENAME", "bookworm"}}), "debian:12");
  EXPECT_EQ(debian({{"VERSION_CODENAME", "forky"}}), "debian:unstable");
  EXPECT_EQ(debian({{"VERSION", "11 (bullseye)"}}), "debian:11");
  EXPECT_EQ(debian({{"PRETTY_NAME", "Debian GNU/Linux trixie/sid"}}), "debian:13");
  EXPECT_EQ(debian({}, text("etc/debian_version", "forky/sid")), "debian:unstable");
  EXPECT_EQ(debian({}, text("etc/debian_version", "trixie/sid")), "debian:13");
  EXPECT_EQ(debian({}, text("etc/debian_version", "12.5")), "debian:12");
  const auto suites = [](std::string path, std::string words) -> DistributionClues {
    return {{std::move(path), {{"suites", std::move(words)}}}};
  };
  EXPECT_EQ(debian({}, suites("etc/apt/sources.list", "unstable")), "debian:unstable");
  EXPECT_EQ(debian({}, suites("etc/apt/sources.list.d/debian.sources", "stable trixie")), "debian:13");
  EXPECT_EQ(debian({{"VERSION_ID", "12"}}, suites("etc/apt/sources.list", "sid")), "debian:12");
  EXPECT_EQ(from(suites("etc/apt/sources.list", "bookworm")), "debian:12");
  EXPECT_EQ(from(suites("etc/apt/sources.list.d/ubuntu.sources", "jammy")), "ubuntu:22.04");
  EXPECT_EQ(from(suites("etc/apt/sources.list", "nobody-knows")), "");
  EXPECT_EQ(debian({}), "debian");
}

TEST(Distribution, RepositoriesKnowAlpineBetter) {
  const auto alpine = [](std::string_view version, std::string_view releases) {
    return os("alpine", version, {{"etc/apk/repositories", {{"releases", std::string(releases)}}}});
  };
  EXPECT_EQ(alpine("3.19.1", "v3.19"), "alpine:v3.19");
  EXPECT_EQ(alpine("3.19.1", "v3.9 v3.18"), "alpine:v3.18");
  EXPECT_EQ(alpine("3.19.1", "v3.18 edge"), "alpine:edge");
  EXPECT_EQ(from({{"etc/apk/repositories", {{"releases", "v3.18"}}}}), "alpine:v3.18");
  EXPECT_EQ(from(text("etc/alpine-release", "3.17.2")), "alpine:v3.17");
  EXPECT_EQ(os("alpine", "", text("etc/alpine-release", "3.17.2")), "alpine:v3.17");
}

TEST(Distribution, WhichFileDecides) {
  EXPECT_EQ(os("ubuntu", "22.04", text("etc/debian_version", "bookworm/sid")), "ubuntu:22.04");
  EXPECT_EQ(os("ol", "8.9", text("etc/redhat-release", "Red Hat Enterprise Linux release 8.9 (Ootpa)")), "ol:8");
  DistributionClues oracle = text("etc/redhat-release", "Red Hat Enterprise Linux release 8.9 (Ootpa)");
  EXPECT_EQ(from(oracle), "rhel:8");
  oracle["etc/oracle-release"] = {{"text", "Oracle Linux Server release 8.9"}};
  EXPECT_EQ(from(oracle), "ol:8");
  EXPECT_EQ(from(text("etc/redhat-release", "CentOS Linux release 7.6.1810 (Core)")), "centos:7");
  EXPECT_EQ(from(text("etc/system-release", "Amazon Linux AMI release 2018.03")), "amzn:2018.03");
  EXPECT_EQ(from(text("usr/lib/system-release", "Amazon Linux release 2023.4.20240401 (Amazon Linux)")), "amzn:2023");
  EXPECT_EQ(from(text("etc/SuSE-release", "SUSE Linux Enterprise Server 11 (x86_64)")), "sles:11");
  EXPECT_EQ(from(text("etc/redhat-release", "Nobody knows")), "");
  EXPECT_EQ(from({{"etc/lsb-release", {{"DISTRIB_ID", "Ubuntu"}, {"DISTRIB_RELEASE", "18.04"}}},
                  {"etc/debian_version", {{"text", "buster/sid"}}}}),
            "ubuntu:18.04");
  const auto both = decide_distribution({{"etc/os-release", {{"ID", "debian"}, {"VERSION_ID", "12"}}},
                                         {"usr/lib/os-release", {{"ID", "debian"}, {"VERSION_ID", "11"}}}});
  EXPECT_EQ(both.name_space, "debian:12");
  EXPECT_EQ(both.location, "etc/os-release");
  EXPECT_EQ(from({{"etc/os-release", {{"NAME", "x"}}}, {"usr/lib/os-release", {{"ID", "arch"}}}}), "arch");
}

TEST(Distribution, ReleaseFilesOfOthers) {
  EXPECT_EQ(from(text("etc/slackware-version", "Slackware 14.1")), "slackware:14.1");
  EXPECT_EQ(from(text("etc/redhat-release", "Springdale Linux release 9.4 (Parma)")), "springdale:9");
}

TEST(Distribution, EcosystemsAsOsvSpellsThem) {
  const auto ecosystem = [](std::string_view spec) { return parse_distribution(spec)->ecosystem; };
  EXPECT_EQ(ecosystem("debian:12"), "Debian");
  EXPECT_EQ(ecosystem("ubuntu:22.04"), "Ubuntu");
  EXPECT_EQ(ecosystem("alpine:3.19"), "Alpine");
  EXPECT_EQ(ecosystem("wolfi"), "Wolfi");
  EXPECT_EQ(ecosystem("rhel:9"), "Red Hat");
  EXPECT_EQ(ecosystem("rocky:9"), "Rocky Linux");
  EXPECT_EQ(ecosystem("arch"), "");
}

TEST(Distribution, UbuntuPro) {
  const DistributionClues clues = {{"etc/os-release", {{"ID", "ubuntu"}, {"VERSION_ID", "18.04"}}},
                                   {"var/lib/ubuntu-advantage/status.json", {{"services", "esm-infra livepatch"}}}};
  const auto d = decide_distribution(clues);
  EXPECT_EQ(d.esm, std::vector<std::string>{"esm-infra"});
  EXPECT_EQ(d.name_space, "ubuntu:18.04");
}

TEST(Distribution, Parse) {
  const auto parse = [](std::string_view spec) {
    const auto d = parse_distribution(spec);
    return d ? d->name_space : std::string(base::name_of(d.error().code()));
  };
  EXPECT_EQ(parse("debian:12"), "debian:12");
  EXPECT_EQ(parse("debian/12"), "debian:12");
  EXPECT_EQ(parse("Debian:bookworm"), "debian:12");
  EXPECT_EQ(parse("debian:sid"), "debian:unstable");
  EXPECT_EQ(parse("debian:unstable"), "debian:unstable");
  EXPECT_EQ(parse("alpine:3.19"), "alpine:v3.19");
  EXPECT_EQ(parse("alpine:v3.19"), "alpine:v3.19");
  EXPECT_EQ(parse("alpine/edge"), "alpine:edge");
  EXPECT_EQ(parse("ubuntu:jammy"), "ubuntu:22.04");
  EXPECT_EQ(parse("redhat:9.4"), "rhel:9");
  EXPECT_EQ(parse("oracle:8"), "ol:8");
  EXPECT_EQ(parse("amazon:2"), "amzn:2");
  EXPECT_EQ(parse("wolfi"), "wolfi");
  const auto usage = std::string(base::name_of(Code::usage));
  for (const auto* bad : {"", ":12", "debian:", "a b:1", "debian:1 2", "debian:\x1b", "a:b:c"}) {
    EXPECT_EQ(parse(bad), usage) << bad;
  }
}

}  // namespace
}  // namespace limpid::inventory
