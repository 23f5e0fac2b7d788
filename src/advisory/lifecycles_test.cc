#include <set>

#include "advisory/release_names.h"
#include "advisory/sink_for_test.h"
#include "base/date.h"

namespace limpid::advisory {
namespace {

const EndOfLife& of(std::string_view name_space) {
  static const EndOfLife none;
  for (const auto& known : known_lifecycles()) {
    if (known.name_space == name_space) return known;
  }
  ADD_FAILURE() << name_space << " is not known";
  return none;
}

TEST(Lifecycles, DatesInOrderAndNamesKnown) {
  std::set<std::string> seen;
  for (const auto& known : known_lifecycles()) {
    EXPECT_TRUE(seen.insert(known.name_space).second) << known.name_space;
    std::string_view last;
    for (const std::string_view date : {known.released, known.standard, known.extended, known.paid}) {
      if (date.empty()) continue;
      EXPECT_TRUE(base::parse_date(date)) << known.name_space << " " << date;
      EXPECT_LT(last, date) << known.name_space;
      last = date;
    }
    if (known.name_space.starts_with("debian:") || known.name_space.starts_with("ubuntu:")) {
      EXPECT_EQ(namespace_of_codename(known.codename), known.name_space);
      EXPECT_EQ(codename_of_namespace(known.name_space), known.codename);
    }
  }
}

TEST(Lifecycles, KnownDates) {
  EXPECT_EQ(of("debian:12").codename, "bookworm");
  EXPECT_EQ(of("debian:12").released, "2023-06-10");
  EXPECT_EQ(of("debian:12").standard, "2026-07-11");
  EXPECT_EQ(of("debian:12").extended, "2028-06-30");
  EXPECT_EQ(of("debian:12").paid, "2033-06-30");
  EXPECT_EQ(of("debian:14").standard, "");
  EXPECT_EQ(of("ubuntu:22.04").codename, "jammy");
  EXPECT_EQ(of("ubuntu:22.04").standard, "2027-06-01");
  EXPECT_EQ(of("ubuntu:22.04").paid, "2032-04-21");
  EXPECT_EQ(of("alpine:v3.19").standard, "2025-11-01");
  EXPECT_EQ(of("alpine:v3.0").released, "2014-06-04");
  EXPECT_EQ(of("centos:8").standard, "2021-12-31");
  EXPECT_EQ(of("centos-stream:8").standard, "2024-05-31");
  EXPECT_EQ(of("amzn:2").standard, "2026-06-30");
  EXPECT_EQ(of("rhel:7").paid, "2029-05-31");
}

TEST(ReleaseNames, Normalised) {
  EXPECT_EQ(debian_namespace("12"), "debian:12");
  EXPECT_EQ(debian_namespace("12.5"), "debian:12");
  EXPECT_EQ(debian_namespace("6.0"), "debian:6");
  EXPECT_EQ(debian_namespace("3.0"), "debian:3.0");
  EXPECT_EQ(debian_namespace("3.1"), "debian:3.1");
  EXPECT_EQ(debian_namespace("sid"), "debian:unstable");
  EXPECT_EQ(debian_namespace("bookworm"), "debian:12");
  EXPECT_EQ(ubuntu_namespace("22.04"), "ubuntu:22.04");
  EXPECT_EQ(ubuntu_namespace("22.04.4"), "ubuntu:22.04");
  EXPECT_EQ(ubuntu_namespace("22.04 LTS"), "ubuntu:22.04");
  EXPECT_EQ(alpine_namespace("v3.19"), "alpine:v3.19");
  EXPECT_EQ(alpine_namespace("3.19.1"), "alpine:v3.19");
  EXPECT_EQ(alpine_namespace("edge"), "alpine:edge");
  EXPECT_EQ(namespace_of_version_suffix("1:1.2-3+deb12u1"), "debian:12");
  EXPECT_EQ(namespace_of_version_suffix("1.2-3~deb13u2"), "debian:13");
  EXPECT_EQ(namespace_of_version_suffix("1.2-3+deb12u1~deb11u1"), "debian:11");
  for (const auto* none : {"1.2-3", "1.2-3deb12u1", "1.2+deb12", "1.2+debu1", "deb12u1"}) {
    EXPECT_EQ(namespace_of_version_suffix(none), "") << none;
  }
  for (const auto* bad : {"", "x", "12x", "1..2", ".5", "12.", "-1"}) {
    EXPECT_EQ(debian_namespace(bad), "") << bad;
    EXPECT_EQ(ubuntu_namespace(bad), "") << bad;
    EXPECT_EQ(alpine_namespace(bad), "") << bad;
  }
}

}  // namespace
}  // namespace limpid::advisory
