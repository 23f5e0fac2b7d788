#include "advisory/list.h"
#include "advisory/osv_ecosystems.h"
#include "advisory/osv_ranges.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

using version::Scheme;
using Kind = OsvEvent::Kind;

std::string show(const std::vector<Range>& ranges) {
  std::string text;
  for (const auto& range : ranges) {
    text +=
        "[" + range.introduced + "," + (range.last_affected.empty() ? range.fixed + ")" : range.last_affected + "]");
  }
  return text;
}

std::string walk(std::vector<OsvEvent> events, Scheme scheme = Scheme::semver) {
  const auto result = evaluate_osv_events(scheme, std::move(events));
  return result.valid ? show(result.ranges) : "invalid";
}

TEST(OsvRanges, SortedAndWalked) {
  const auto in = [](const char* version) { return OsvEvent{.kind = Kind::introduced, .version = version}; };
  const auto fix = [](const char* version) { return OsvEvent{.kind = Kind::fixed, .version = version}; };
  const auto last = [](const char* version) { return OsvEvent{.kind = Kind::last_affected, .version = version}; };
  const auto limit = [](const char* version) { return OsvEvent{.kind = Kind::limit, .version = version}; };
  EXPECT_EQ(walk({in("0")}), "[,)");
  EXPECT_EQ(walk({in("0"), fix("1.2.3")}), "[,1.2.3)");
  EXPECT_EQ(walk({fix("1.11.0"), fix("2.2.0"), in("2.1.0"), in("0")}), "[,1.11.0)[2.1.0,2.2.0)");
  EXPECT_EQ(walk({in("0.0.0-0"), last("2.4.1")}), "[0.0.0-0,2.4.1]");
  EXPECT_EQ(walk({last("1.0.0"), in("1.0.0")}), "[1.0.0,1.0.0]");
  EXPECT_EQ(walk({in("1.0.0"), fix("1.0.0")}), "");
  EXPECT_EQ(walk({in("1.0.0"), in("2.0.0"), fix("3.0.0"), fix("4.0.0")}), "[1.0.0,3.0.0)");
  EXPECT_EQ(walk({fix("3.0.0")}), "");
  EXPECT_EQ(walk({in("1.0.0"), limit("2.0.0")}), "[1.0.0,2.0.0)");
  EXPECT_EQ(walk({in("1.0.0"), fix("3.0.0"), limit("2.0.0"), limit("1.5.0")}), "[1.0.0,2.0.0)");
  EXPECT_EQ(walk({in("1.0.0"), last("2.0.0"), limit("2.0.0")}), "[1.0.0,2.0.0)");
  EXPECT_EQ(walk({in("2.0.0"), limit("2.0.0")}), "");
  EXPECT_EQ(walk({in("1.0.0"), limit("2.0.0"), limit("*")}), "[1.0.0,)");
  EXPECT_EQ(walk({in("1.0"), fix("2023.03.20")}), "[1.0,2023.03.20)");
  EXPECT_EQ(walk({in("v1.0-rc.1"), fix("2")}), "[v1.0-rc.1,2)");
  EXPECT_EQ(walk({in("0"), fix("nonsense")}), "invalid");
  EXPECT_EQ(walk({in("0"), last("1.x y")}), "invalid");
  EXPECT_EQ(walk({fix("1:0.9-1"), in("0")}, Scheme::dpkg), "[,1:0.9-1)");
  EXPECT_EQ(walk({in("0")}, Scheme::none), "invalid");
  EXPECT_EQ(walk({}), "");
}

TEST(OsvRanges, LastKnownAffected) {
  const auto apply = [](std::vector<Range> ranges, std::string_view remark) {
    apply_last_known_affected(Scheme::semver, remark, ranges);
    return show(ranges);
  };
  const Range open{.introduced = "1.0.0", .fixed = "", .last_affected = ""};
  EXPECT_EQ(apply({open}, "<= 1.2.3"), "[1.0.0,1.2.3]");
  EXPECT_EQ(apply({open}, "< 1.2.3"), "[1.0.0,1.2.3)");
  EXPECT_EQ(apply({open}, "<= 1.0.0"), "[1.0.0,1.0.0]");
  EXPECT_EQ(apply({open}, "< 1.0.0"), "");
  EXPECT_EQ(apply({open}, "all of them"), "[1.0.0,)");
  EXPECT_EQ(apply({open}, "<= rubbish"), "[1.0.0,)");
  EXPECT_EQ(apply({{.introduced = "1.0.0", .fixed = "3.0.0", .last_affected = ""}}, "<= 1.2.3"), "[1.0.0,3.0.0)");
  EXPECT_EQ(apply({Range{}}, "<= 1.2"), "[,1.2]");
}

TEST(OsvRanges, CoveredVersionsGo) {
  std::vector<std::string> versions = {"0.9.0", "1.0.0", "1.5.0", "2.0.0", "odd", "3.0.0", "3.0.1"};
  remove_covered_versions(Scheme::semver,
                          {{.introduced = "1.0.0", .fixed = "2.0.0", .last_affected = ""},
                           {.introduced = "3.0.0", .fixed = "", .last_affected = "3.0.0"}},
                          versions);
  EXPECT_EQ(versions, (std::vector<std::string>{"0.9.0", "2.0.0", "odd", "3.0.1"}));
}

TEST(OsvEcosystems, NamespacesAndNames) {
  const auto of = [](std::string_view ecosystem, std::string_view name = "Foo") {
    const auto resolved = resolve_osv_package(ecosystem, name);
    return resolved.name_space.empty() ? "! " + resolved.why_not : resolved.name_space + " " + resolved.package;
  };
  EXPECT_EQ(of("npm", "@s/Foo"), "npm @s/Foo");
  EXPECT_EQ(of("NPM"), "npm Foo");
  EXPECT_EQ(of("Go", "github.com/A/b"), "go github.com/A/b");
  EXPECT_EQ(of("Hex"), "hex foo");
  EXPECT_EQ(of("Pub"), "pub foo");
  EXPECT_EQ(of("SwiftURL", "https://GitHub.com/Z/Foo.git/"), "swifturl github.com/z/foo");
  EXPECT_EQ(of("GitHub Actions", "Owner/Repo/sub"), "github actions owner/repo");
  EXPECT_EQ(of("Debian:12"), "debian:12 Foo");
  EXPECT_EQ(of("Debian:6.0"), "debian:6 Foo");
  EXPECT_EQ(of("Debian:sid"), "debian:unstable Foo");
  EXPECT_EQ(of("Debian"), "! a release or variant of Debian that is not read");
  EXPECT_EQ(of("Alpine:v3.19"), "alpine:v3.19 Foo");
  EXPECT_EQ(of("Ubuntu:22.04:LTS"), "ubuntu:22.04 Foo");
  EXPECT_EQ(of("Ubuntu:25.10"), "ubuntu:25.10 Foo");
  EXPECT_EQ(of("Ubuntu:Pro:18.04:LTS"), "ubuntu:18.04+esm Foo");
  for (const auto* variant : {"Ubuntu:Pro:FIPS:20.04:LTS", "Ubuntu:Pro:FIPS-updates:22.04:LTS",
                              "Ubuntu:Pro:Realtime:24.04:LTS", "Ubuntu:Nvidia-BlueField:22.04:LTS", "Ubuntu"}) {
    EXPECT_EQ(of(variant), "! a release or variant of Ubuntu that is not read") << variant;
  }
  EXPECT_EQ(of("Wolfi"), "wolfi Foo");
  EXPECT_EQ(of("PyPI"), "! no ordering for ecosystem PyPI");
  EXPECT_EQ(of("Packagist:https://packages.drupal.org/8"), "! no ordering for ecosystem Packagist");
  EXPECT_EQ(of("Made Up 123"), "! no ordering for an unknown ecosystem");
  EXPECT_EQ(of("npm", ""), "! no package name");
  EXPECT_EQ(of("openEuler:24.03-LTS-SP1"), "openeuler:24.03-LTS-SP1 Foo");
  EXPECT_EQ(of("openEuler:24.03 LTS"), "! a release or variant of openEuler that is not read");
  EXPECT_EQ(of("Mageia:9"), "mageia:9 Foo");
  EXPECT_EQ(of("Photon OS:4.0"), "photon:4.0 Foo");
  EXPECT_EQ(of("Photon OS:5"), "photon:5.0 Foo");
  EXPECT_EQ(of("Photon OS"), "! a release or variant of Photon OS that is not read");
  EXPECT_EQ(of("Azure Linux:3"), "azurelinux:3.0 Foo");
  EXPECT_EQ(of("Azure Linux:2"), "mariner:2.0 Foo");
  EXPECT_EQ(of("Alpaquita:stream"), "alpaquita:stream Foo");
  EXPECT_EQ(of("BellSoft Hardened Containers:23"), "bellsoft-hardened-containers:23 Foo");
  EXPECT_EQ(of("CleanStart"), "cleanstart Foo");
  EXPECT_EQ(of("AlmaLinux:9.2"), "almalinux:9 Foo");
  EXPECT_EQ(of("AlmaLinux:"), "! a release or variant of AlmaLinux that is not read");
  EXPECT_EQ(of("Red Hat:enterprise_linux:9::appstream"), "rhel:9 Foo");
  EXPECT_EQ(of("Red Hat:openshift:4.14::el9"), "rhel:9 Foo");
  EXPECT_EQ(of("Red Hat:openshift:4"), "! a release or variant of Red Hat that is not read");
  EXPECT_EQ(resolve_osv_package("Red Hat:enterprise_linux:9::appstream", "a").product,
            "cpe:/a:redhat:enterprise_linux:9::appstream");
  EXPECT_EQ(resolve_osv_package("Red Hat:rhel_eus:8.8::baseos", "a").product, "cpe:/o:redhat:rhel_eus:8.8::baseos");
  EXPECT_EQ(resolve_osv_package("npm", "a").key_kind, KeyKind::binary);
  EXPECT_EQ(resolve_osv_package("Debian:12", "a").key_kind, KeyKind::source);
}

TEST(OsvEcosystems, RebuildersOfOthersPackages) {
  const auto of = [](std::string_view ecosystem, std::string_view name) {
    const auto resolved = resolve_osv_package(ecosystem, name);
    return resolved.name_space.empty() ? "! " + resolved.why_not : resolved.name_space + " " + resolved.package;
  };
  EXPECT_EQ(of("Root:Debian:12", "zfoo"), "rootio:debian:12 zfoo");
  EXPECT_EQ(of("Root:Alpine:v3.19", "zfoo"), "rootio:alpine:v3.19 zfoo");
  EXPECT_EQ(of("Root:PyPI", "zfoo"), "! no ordering for ecosystem PyPI");
  EXPECT_EQ(of("Root:Root:Debian:12", "zfoo"), "! no ordering for an unknown ecosystem");
  EXPECT_EQ(of("Root", "zfoo"), "! no ordering for an unknown ecosystem");
  EXPECT_EQ(of("TuxCare:AlmaLinux:9.2", "zfoo"), "tuxcare:almalinux:9 zfoo");
  EXPECT_EQ(of("redhat:8", "seal-zfoo"), "seal:rhel:8 seal-zfoo");
  EXPECT_EQ(of("Oracle Linux:7", "seal-zfoo"), "seal:ol:7 seal-zfoo");
  EXPECT_EQ(of("cbl-mariner:2.0", "seal-zfoo"), "seal:mariner:2.0 seal-zfoo");
  EXPECT_EQ(of("Seal:alpine:v3.19", "zfoo"), "seal:alpine:v3.19 zfoo");
  EXPECT_EQ(of("redhat", "seal-zfoo"), "! a base of Seal's that is not read");
  EXPECT_EQ(of("redhat:8", "zfoo"), "! no ordering for an unknown ecosystem");
}

constexpr std::string_view kNpm =
    R"({"schema_version":"1.7.0","id":"GHSA-2222-3333-4444","modified":"2031-02-01T00:00:00.123Z",
 "published":"2031-01-01T00:00:00Z","aliases":["CVE-2031-0009"],"summary":"s","details":"d","new_field":{"x":[1]},
 "severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N/"},{"type":"CVSS_V3","score":"junk"}],
 "references":[{"type":"WEB","url":" https://example.invalid/1\n"}],
 "affected":[
  {"package":{"ecosystem":"npm","name":"@z/foo"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.3"},{"introduced":"2.0.0"},{"last_affected":"2.4.1"}]},
    {"type":"GIT","repo":"https://example.invalid","events":[{"introduced":"0"}]}],"versions":["1.0.0","9.9.9"]},
  {"package":{"ecosystem":"npm","name":"@z/foo"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"3.0.0"}]}],
   "database_specific":{"last_known_affected_version_range":"<= 3.1.0"}},
  {"package":{"ecosystem":"PyPI","name":"foo"},"versions":["1"]}],
 "database_specific":{"severity":"MODERATE"}})";

Result<FeedCounts> read_osv(std::string_view text, CollectingSink& sink) { return read_text(osv_feed(), text, sink); }

TEST(Osv, NpmRecord) {
  CollectingSink sink;
  const auto counts = read_osv(kNpm, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1u);
  EXPECT_EQ(counts->statements, 3u);
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"no ordering for ecosystem PyPI", 1}}));
  EXPECT_EQ(counts->as_of, "2031-02-01T00:00:00Z");
  ASSERT_EQ(sink.advisories.size(), 1u);
  const auto& advisory = sink.advisories[0];
  EXPECT_EQ(advisory.id, "GHSA-2222-3333-4444");
  EXPECT_EQ(advisory.aliases, (std::vector<std::string>{"CVE-2031-0009"}));
  EXPECT_EQ(advisory.severity, "MODERATE");
  ASSERT_EQ(advisory.cvss.size(), 1u);
  EXPECT_EQ(advisory.cvss[0].version, "3.1");
  EXPECT_EQ(advisory.cvss[0].vector, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N");
  EXPECT_EQ(advisory.title, "s");
  EXPECT_EQ(advisory.description, "d");
  EXPECT_EQ(advisory.published, "2031-01-01T00:00:00Z");
  EXPECT_EQ(advisory.references, (std::vector<std::string>{"https://example.invalid/1"}));
  ASSERT_EQ(advisory.affected.size(), 2u);
  EXPECT_EQ(advisory.affected[0].scheme, Scheme::semver);
  EXPECT_EQ(advisory.affected[0].status, Status::fixed);
  EXPECT_EQ(show(advisory.affected[0].ranges), "[,1.2.3)[2.0.0,2.4.1]");
  EXPECT_EQ(advisory.affected[0].versions, (std::vector<std::string>{"9.9.9"}));
  EXPECT_EQ(advisory.affected[1].status, Status::affected);
  EXPECT_EQ(show(advisory.affected[1].ranges), "[3.0.0,3.1.0]");
}

TEST(Osv, DistributionRecords) {
  CollectingSink sink;
  ASSERT_TRUE(read_osv(
      R"({"id":"UBUNTU-CVE-2031-0001","modified":"2031-01-02T00:00:00Z","severity":[{"type":"Ubuntu","score":"medium"}],
   "affected":[
    {"package":{"ecosystem":"Ubuntu:24.04:LTS","name":"zfoo"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.2-1ubuntu0.1"}]}]},
    {"package":{"ecosystem":"Ubuntu:Pro:24.04:LTS","name":"zfoo"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.2-1ubuntu0.1+esm1"}]}]},
    {"package":{"ecosystem":"Ubuntu:Pro:18.04:LTS","name":"zfoo"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.0-1ubuntu0.1~esm1"}]}]},
    {"package":{"ecosystem":"Ubuntu:Pro:FIPS:20.04:LTS","name":"zfoo"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]})",
      sink));
  EXPECT_EQ(sink.advisories[0].severity, "medium");
  EXPECT_EQ(sink.advisories[0].upstream, (std::vector<std::string>{"CVE-2031-0001"}));
  EXPECT_EQ(show(sink.only("UBUNTU-CVE-2031-0001", "ubuntu:24.04", "zfoo").ranges), "[,1.2-1ubuntu0.1)");
  EXPECT_EQ(sink.only("UBUNTU-CVE-2031-0001", "ubuntu:18.04+esm", "zfoo").status, Status::fixed);
  const auto& base = sink.only("UBUNTU-CVE-2031-0001", "ubuntu:18.04", "zfoo");
  EXPECT_EQ(base.status, Status::will_not_fix);
  EXPECT_TRUE(base.ranges.empty());
  EXPECT_EQ(sink.statements(), 4u);

  ASSERT_TRUE(read_osv(
      R"({"id":"DLA-1-1","related":["CVE-2031-0002","DSA-2-1"],"affected":[{"package":{"ecosystem":"Debian:6.0","name":"zfoo"},
   "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1-1"}]}],"ecosystem_specific":{"urgency":"low"}}]})",
      sink));
  EXPECT_EQ(sink.find("DLA-1-1")->upstream, (std::vector<std::string>{"CVE-2031-0002"}));
  EXPECT_EQ(sink.only("DLA-1-1", "debian:6", "zfoo").severity, "low");
}

FeedCounts dropped_alone(std::string_view text) {
  CollectingSink sink;
  auto counts = read_osv(text, sink);
  EXPECT_TRUE(counts) << text;
  EXPECT_TRUE(sink.advisories.empty()) << text;
  return counts ? *std::move(counts) : FeedCounts{};
}

TEST(Osv, WhatIsDroppedAndWhy) {
  const auto reason = [](const std::string& head, const std::string& entry) {
    const auto counts = dropped_alone("{" + head + R"(,"affected":[{)" + entry + "}]}");
    return counts.dropped.size() == 1 && counts.statements == 1 ? counts.dropped.begin()->first : "?";
  };
  const std::string go = R"("package":{"ecosystem":"Go","name":"m"})";
  const std::string open = R"(,"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}])";
  EXPECT_EQ(reason(R"("id":"GO-2031-1","withdrawn":"2031-01-01T00:00:00Z")", go + open), "withdrawn");
  EXPECT_EQ(reason(R"("id":"GO-2031-1","database_specific":{"review_status":"UNREVIEWED"})", go + open), "unreviewed");
  EXPECT_EQ(reason(R"("id":"LSN-0108-1")", go + open), "live patch");
  EXPECT_EQ(reason(R"("id":"GO-2031-1")",
                   go + open + R"(,"ecosystem_specific":{"custom_ranges":[{"type":"ECOSYSTEM","events":[]}]})"),
            "versions only in custom_ranges");
  EXPECT_EQ(reason(R"("id":"X-1")", go), "neither ranges nor versions");
  EXPECT_EQ(reason(R"("id":"X-1")", go + R"(,"ranges":[{"type":"GIT","events":[{"introduced":"0"}]}])"),
            "only GIT ranges");
  EXPECT_EQ(reason(R"("id":"X-1")", go + R"(,"ranges":[{"type":"SEMVER","events":[{"introduced":"x y"}]}])"),
            "version that its ordering does not know");
  EXPECT_EQ(reason(R"("id":"X-1")", go + R"(,"ranges":[{"type":"SEMVER","events":[{"introduced":7}]}])"),
            "malformed events");
  EXPECT_EQ(reason(R"("id":"X-1")",
                   go + R"(,"ranges":[{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"fixed":"1.0.0"}]}])"),
            "empty range");
  EXPECT_EQ(reason(R"("id":"X-1")", R"("ranges":[])"), "no package");
}

TEST(Osv, KindsOfRecords) {
  CollectingSink sink;
  const std::string entry =
      R"("package":{"ecosystem":"crates.io","name":"c"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0.0.0-0"}]}])";
  ASSERT_TRUE(read_osv(R"({"id":"RUSTSEC-2031-0001","published":"0001-01-01T00:00:00Z","affected":[{)" + entry +
                           R"(,"database_specific":{"informational":"unmaintained"}}]})",
                       sink));
  ASSERT_TRUE(read_osv(
      R"({"id":"RUSTSEC-2031-0002","affected":[{)" + entry + R"(,"database_specific":{"informational":null}}]})",
      sink));
  ASSERT_TRUE(read_osv(R"({"id":"MAL-2031-1","affected":[{)" + entry + "}]}", sink));
  EXPECT_EQ(sink.find("RUSTSEC-2031-0001")->kind, advisory::Kind::unmaintained);
  EXPECT_EQ(sink.find("RUSTSEC-2031-0001")->published, "");
  EXPECT_EQ(sink.find("RUSTSEC-2031-0002")->kind, advisory::Kind::vulnerability);
  EXPECT_EQ(sink.find("MAL-2031-1")->kind, advisory::Kind::malware);
}

TEST(Osv, MalformedAloneFailsAndAmongOthersIsSkipped) {
  CollectingSink sink;
  for (const std::string_view text : {"[]", "{}", R"({"id":""})", R"({"id":7})", "{\"id\":\"X-1\",", ""}) {
    EXPECT_FALSE(read_osv(text, sink)) << text;
  }
  for (std::size_t size = 0; size < kNpm.size(); size += 9) EXPECT_FALSE(read_osv(kNpm.substr(0, size), sink)) << size;
  const std::string deep = R"({"id":"X-1","affected":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_FALSE(read_osv(deep, sink));

  const FeedFolder folder;
  folder.write("a/good.json", kNpm);
  folder.write("b/bad.json", "{");
  folder.write("b/list.txt", "no record");
  const auto counts = osv_feed().read({.path = folder.path(), .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1u);
  ASSERT_EQ(counts->skipped.size(), 1u);
  EXPECT_TRUE(counts->skipped[0].path.ends_with("b/bad.json"));
  folder.write("c/all.zip", "PK\x03\x04 is cut here");
  EXPECT_FALSE(osv_feed().read({.path = folder.path(), .name_space = ""}, sink));
}

FeedCounts read_real(const std::string& path, CollectingSink& sink) {
  auto counts = osv_feed().read({.path = path, .name_space = ""}, sink);
  EXPECT_TRUE(counts) << counts.error().describe();
  if (!counts) return {};
  EXPECT_TRUE(counts->skipped.empty()) << counts->skipped[0].path << ": " << counts->skipped[0].detail;
  std::uint64_t added = 0;
  for (const auto& advisory : sink.advisories) {
    for (const auto& affected : advisory.affected) added += affected.status == Status::unknown ? 0 : 1;
  }
  EXPECT_EQ(counts->statements, added + dropped_in_all(*counts)) << path;
  return *std::move(counts);
}

TEST(Osv, RealZips) {
  const auto root = shared_data("osv");
  LIMPID_SKIP_WITHOUT(root);
  const std::map<std::string, std::uint64_t> records = {
      {"PyPI", 2446}, {"crates.io", 1159}, {"Go", 3897},    {"Bitnami", 6675}, {"Packagist", 539},
      {"Maven", 342}, {"npm", 77},         {"NuGet", 14},   {"RubyGems", 22},  {"SwiftURL", 1},
      {"Hex", 1},     {"Pub", 1},          {"Hackage", 29}, {"GHC", 2},        {"CRAN", 12}};
  for (const auto& [ecosystem, expected] : records) {
    CollectingSink sink;
    const auto counts = read_real(root + "/" + ecosystem + "/all.zip", sink);
    EXPECT_EQ(counts.records, expected) << ecosystem;
    if (ecosystem == "Go") {
      // 2,838 unreviewed records, 15 withdrawn.
      EXPECT_GT(counts.dropped.at("unreviewed"), 2'838u);
      EXPECT_GT(counts.dropped.at("withdrawn"), 0u);
    }
    if (ecosystem == "crates.io") {
      EXPECT_EQ(sink.find("RUSTSEC-2020-0071")->affected[0].package, "time");
    }
  }
}

TEST(Osv, RealSamples) {
  const auto debian = shared_data("debian/osv-bucket/all.zip");
  LIMPID_SKIP_WITHOUT(debian);
  CollectingSink sink;
  EXPECT_EQ(read_real(debian, sink).records, 3u);
  CollectingSink alpine;
  EXPECT_EQ(read_real(shared_data("alpine-secdb/samples/osv-bucket/all.zip"), alpine).records, 2u);
  for (const auto* path :
       {"ubuntu/osv/osv-all.tar.xz", "ubuntu/osv/files", "misc/minimos/osv-bucket/all.zip",
        "misc/echo/osv-bucket/all.zip", "debian/osv", "malware/go.zip", "ubuntu/osv/files-2", "ubuntu/osv/esm-cases",
        "misc/bellsoft-alpaquita/all.zip", "misc/mageia/all.zip", "misc/openeuler/osv/OESA-2021-1001.json",
        "misc/seal/vulnerabilities.zip", "redhat/osv-bucket/all.zip"}) {
    const auto real = shared_data(path);
    if (real.empty()) continue;
    CollectingSink some;
    EXPECT_GT(read_real(real, some).records, 0u) << path;
    EXPECT_FALSE(some.advisories.empty()) << path;
  }
}

}  // namespace
}  // namespace limpid::advisory
