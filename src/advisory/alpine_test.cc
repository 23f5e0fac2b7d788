#include "advisory/list.h"
#include "advisory/secdb.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kJson = R"({"distroversion":"v3.19","reponame":"main","archs":["x86_64"],"packages":[
 {"pkg":{"name":"zfoo","secfixes":{"1.2.3-r1":["CVE-2031-0001 GHSA-2222-3333-4444","CVE-2031-0002, cve-2031-0003"],
   "0":["CVE-2031-0004"],"1.0-r0":null,"1.1-r0":[],"1.10":["XSA-204","CVE-20xx-yyyy",null]}}},
 {"pkg":{"name":"zbar","secfixes":null}},
 {"pkg":{"name":"zbaz"}}]})";

constexpr std::string_view kYaml = R"(---
distroversion: v3.19
reponame: main
archs:
  - x86_64
packages:
  - pkg:
      name: zfoo
      secfixes:
        1.2.3-r1:
          - CVE-2031-0001 GHSA-2222-3333-4444
          - "CVE-2031-0002, cve-2031-0003"
        "0":
          - CVE-2031-0004
        1.0-r0:
        1.1-r0: []
        1.10: # a comment
          - XSA-204
          - CVE-20xx-yyyy
          - ~
  - pkg:
      secfixes: ~
      name: zbar
  - pkg: {name: zbaz}
)";

void expect_sample(std::string_view text, const std::string& file_name) {
  CollectingSink sink;
  const auto counts = read_text(alpine_feed(), text, sink, file_name);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 5u);
  EXPECT_EQ(counts->statements, 6u);
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"no id in the text", 1}}));
  const auto& fixed = sink.only("CVE-2031-0001", "alpine:v3.19", "zfoo");
  EXPECT_EQ(fixed.status, Status::fixed);
  EXPECT_EQ(fixed.scheme, version::Scheme::apk);
  EXPECT_EQ(fixed.key_kind, KeyKind::source);
  EXPECT_EQ(fixed.ranges, (std::vector<Range>{{.introduced = "", .fixed = "1.2.3-r1", .last_affected = ""}}));
  EXPECT_EQ(sink.find("CVE-2031-0001")->aliases, (std::vector<std::string>{"GHSA-2222-3333-4444"}));
  EXPECT_EQ(sink.only("CVE-2031-0003", "alpine:v3.19", "zfoo").ranges[0].fixed, "1.2.3-r1");
  EXPECT_EQ(sink.only("CVE-2031-0004", "alpine:v3.19", "zfoo").status, Status::not_affected);
  EXPECT_TRUE(sink.only("CVE-2031-0004", "alpine:v3.19", "zfoo").ranges.empty());
  EXPECT_EQ(sink.only("XSA-204", "alpine:v3.19", "zfoo").ranges[0].fixed, "1.10");
}

TEST(Alpine, Json) { expect_sample(kJson, "main.json"); }
TEST(Alpine, Yaml) { expect_sample(kYaml, "main.yaml"); }

std::string ids_of(std::string_view text) {
  std::string line;
  for (const auto& id : read_secdb_ids(text)) {
    line += (line.empty() ? "" : "|") + id.id;
    for (const auto& alias : id.aliases) line += "=" + alias;
  }
  return line;
}

TEST(Alpine, JunkAroundIds) {
  EXPECT_EQ(ids_of("CVE-2017-2616 (+ regression fix)"), "CVE-2017-2616");
  EXPECT_EQ(ids_of("CVE_2019-2426"), "CVE-2019-2426");
  EXPECT_EQ(ids_of("CVE-2017-8073.patch"), "CVE-2017-8073");
  EXPECT_EQ(ids_of("CVE-2017-17434-1"), "CVE-2017-17434");
  EXPECT_EQ(ids_of("GHSA-H6CC-rc6q-23j4 (+regression fix)"), "GHSA-h6cc-rc6q-23j4");
  EXPECT_EQ(ids_of("CVE-2031-0001 CVE-2031-0002"), "CVE-2031-0001|CVE-2031-0002");
  EXPECT_EQ(ids_of("CVE-2019-10001, XSA-300"), "CVE-2019-10001=XSA-300");
  EXPECT_EQ(ids_of("XSA-300 ZBX-11023"), "XSA-300=ZBX-11023");
  EXPECT_EQ(ids_of("wnpa-sec-2019-01"), "wnpa-sec-2019-01");
  EXPECT_EQ(ids_of("(CVE-2031-0001) CVE-2031-0001"), "CVE-2031-0001");
  EXPECT_EQ(ids_of("GO-2031-0001"), "GO-2031-0001");
  EXPECT_EQ(ids_of("CGA-24pq-h4fw-x3pw"), "CGA-24pq-h4fw-x3pw");
  EXPECT_EQ(ids_of("CVE-20xx-yyyy"), "");
  EXPECT_EQ(ids_of("(BGP) fixed in 4.9 -V - XPTI"), "");
  EXPECT_EQ(ids_of(""), "");
  EXPECT_EQ(ids_of(std::string(10'000, 'A') + "-1"), "");
}

Error error_of(std::string_view text, const std::string& file_name = "x.json", const std::string& name_space = {}) {
  CollectingSink sink;
  auto counts = read_text(alpine_feed(), text, sink, file_name, name_space);
  return counts ? Error(Code::internal, "no error") : counts.error();
}

TEST(Alpine, NamespaceFromTheDocument) {
  const auto namespace_of = [](const std::string& head, const std::string& given = {}) {
    CollectingSink sink;
    const auto counts = read_text(
        alpine_feed(), "{" + head + R"(,"packages":[{"pkg":{"name":"a","secfixes":{"1":["CVE-2031-0001"]}}}]})", sink,
        "x.json", given);
    return counts && !sink.advisories.empty() ? sink.advisories[0].affected[0].name_space : std::string();
  };
  EXPECT_EQ(namespace_of(R"("distroversion":"edge")"), "alpine:edge");
  EXPECT_EQ(namespace_of(R"("distroversion":"3.20")"), "alpine:v3.20");
  EXPECT_EQ(namespace_of(R"("urlprefix":"https://packages.wolfi.dev","reponame":"os")"), "wolfi");
  EXPECT_EQ(namespace_of(R"("urlprefix":"https://packages.mini.dev")"), "minimos");
  EXPECT_EQ(namespace_of(R"("urlprefix":"https://packages.cgr.dev")"), "chainguard");
  EXPECT_EQ(namespace_of(R"("urlprefix":"https://example.invalid")"), "");
  EXPECT_EQ(namespace_of(R"("urlprefix":"https://example.invalid")", "secureos"), "secureos");
  EXPECT_EQ(error_of(R"({"packages":[]})").code(), Code::usage);
  EXPECT_EQ(error_of(R"({"distroversion":"jammy","packages":[]})").code(), Code::invalid);
}

TEST(Alpine, CutAndWrongDocumentsFail) {
  for (std::size_t size = 0; size < kJson.size(); size += 7) {
    EXPECT_NE(error_of(kJson.substr(0, size)).message(), "no error") << size;
  }
  EXPECT_EQ(error_of("[]").code(), Code::invalid);
  EXPECT_EQ(error_of(R"({"distroversion":"edge"})").code(), Code::invalid);
  EXPECT_NE(error_of(R"({"distroversion":"edge","packages":[{"pkg":{"name":"a","secfixes":{"1":"x"}}}]})")
                .describe()
                .find("a: version 1"),
            std::string::npos);
  EXPECT_EQ(error_of("- a\n- b\n", "x.yaml").code(), Code::invalid);
  EXPECT_EQ(error_of("just text", "x.yaml").code(), Code::invalid);
  EXPECT_EQ(error_of("", "x.yaml").code(), Code::invalid);
  EXPECT_EQ(error_of("packages:\n  - pkg: [\n", "x.yaml").code(), Code::invalid);
}

TEST(Alpine, YamlCannotExpandOrNest) {
  EXPECT_EQ(error_of("a: &x [1]\npackages: *x\n", "x.yaml").code(), Code::unsupported);
  EXPECT_EQ(error_of("packages: " + std::string(100'000, '['), "x.yaml").code(), Code::limit);
  EXPECT_EQ(error_of("packages: " + std::string(100'000, '{'), "x.yaml").message(), "a key that is no text");
}

std::map<std::string, std::string> statements(const CollectingSink& sink) {
  std::map<std::string, std::string> all;
  for (const auto& advisory : sink.advisories) {
    for (const auto& affected : advisory.affected) {
      all[affected.name_space + " " + affected.package + " " + advisory.id] +=
          affected.ranges.empty() ? "0 " : affected.ranges[0].fixed + " ";
    }
  }
  return all;
}

TEST(Alpine, RealSecdbJsonAndYamlAgree) {
  const auto root = shared_data("alpine-secdb");
  LIMPID_SKIP_WITHOUT(root);
  std::uint64_t records = 0, kept = 0, no_id = 0;
  for (const auto* release : {"v3.3", "v3.4", "v3.5", "v3.6", "v3.7", "v3.8", "v3.10", "v3.11"}) {
    CollectingSink json, yaml;
    const auto from_json = alpine_feed().read({.path = root + "/" + release, .name_space = ""}, json);
    const auto from_yaml = alpine_feed().read({.path = root + "/yaml-2020/" + release, .name_space = ""}, yaml);
    ASSERT_TRUE(from_json) << from_json.error().describe();
    ASSERT_TRUE(from_yaml) << from_yaml.error().describe();
    EXPECT_EQ(from_json->records, from_yaml->records) << release;
    EXPECT_EQ(statements(json).size(), statements(yaml).size()) << release;
    EXPECT_EQ(statements(json), statements(yaml)) << release;
    EXPECT_EQ(from_json->statements, json.statements() + dropped_in_all(*from_json)) << release;
    records += from_json->records;
    kept += json.statements();
    no_id += dropped_in_all(*from_json);
  }
  EXPECT_EQ(records, 10'306u);
  EXPECT_GE(kept, 10'300u);
  EXPECT_LT(no_id, 10u);
}

TEST(Alpine, RealWolfi) {
  const auto path = shared_data("wolfi/security.json");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = alpine_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 28'960u);
  EXPECT_EQ(sink.statements(), 28'960u);
  EXPECT_EQ(sink.advisories[0].affected[0].name_space, "wolfi");
}

TEST(Alpine, RealFilesOfOthers) {
  const auto path = shared_data("misc/secureos/secdb.json");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink secureos, minimos;
  ASSERT_TRUE(alpine_feed().read({.path = path, .name_space = ""}, secureos));
  EXPECT_EQ(secureos.only("CVE-2025-46394", "secureos", "busybox").status, Status::not_affected);
  EXPECT_EQ(secureos.only("CVE-2023-45853", "secureos", "zlib").ranges[0].fixed, "1.3.1");
  EXPECT_EQ(secureos.only("CVE-2022-4203", "secureos", "rqlite-9.3-client").status, Status::affected);
  EXPECT_EQ(secureos.only("GHSA-2cf5-4w76-r9qv", "secureos", "code-server").status, Status::not_affected);
  const auto counts =
      alpine_feed().read({.path = shared_data("misc/minimos/security.json"), .name_space = ""}, minimos);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(minimos.only("CVE-1999-0289", "minimos", "apache2").status, Status::not_affected);
}

TEST(Alpine, RealSamples) {
  const auto root = shared_data("alpine-secdb/samples");
  LIMPID_SKIP_WITHOUT(root);
  for (const auto* file : {"edge", "v3.16", "v3.2", "v3.11-2021", "v3.10-cc"}) {
    CollectingSink sink;
    const auto counts = alpine_feed().read({.path = root + "/" + file, .name_space = ""}, sink);
    EXPECT_TRUE(counts) << counts.error().describe();
  }
}

}  // namespace
}  // namespace limpid::advisory
