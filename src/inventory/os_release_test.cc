// The facts of each kind of clue file.
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

using Facts = std::map<std::string, std::string>;

struct Read {
  Facts facts;
  SkippedList skipped;
  bool done;
};
Read read(std::string_view path, std::string_view content) {
  Evidence evidence;
  evidence.path = path;
  Read result;
  result.done = os_release_detector().read({path, content}, evidence, result.skipped).has_value();
  result.facts = evidence.facts;
  return result;
}

TEST(OsRelease, Quoting) {
  const auto result = read("etc/os-release",
                           "\xEF\xBB\xBF# comment\n\nID=debian\r\nNAME=\"Debian GNU/Linux\"  \nA='single \"x\" $y'\n"
                           "B=\"say \\\"hi\\\" \\$x \\` \\\\ \\n\"\nC=bare words here\nD=\nE=\"\"\nF=a\\ b\nG=\"open\n"
                           "H=`id`\nID=ubuntu\n  I=x\n=empty\nno assignment\nbad-key=1\nJ=a=b\n");
  const Facts expected = {{"ID", "ubuntu"},
                          {"NAME", "Debian GNU/Linux"},
                          {"A", "single \"x\" $y"},
                          {"B", "say \"hi\" $x ` \\ \\n"},
                          {"C", "bare"},
                          {"D", ""},
                          {"E", ""},
                          {"F", "a b"},
                          {"G", "open"},
                          {"H", "`id`"},
                          {"I", "x"},
                          {"J", "a=b"}};
  EXPECT_EQ(result.facts, expected);
  EXPECT_TRUE(result.skipped.empty());
}

TEST(OsRelease, Limits) {
  using namespace std::string_view_literals;
  std::string many = "ID=a\n";
  for (int i = 0; i < 1'000; ++i) many += "K" + std::to_string(i) + "=v\n";
  EXPECT_EQ(read("etc/os-release", many).facts.size(), 200u);
  const auto large = read("etc/os-release", "ID=a\n# " + std::string(100'000, 'x') + "\nVERSION_ID=1\n");
  EXPECT_EQ(large.facts, (Facts{{"ID", "a"}}));
  EXPECT_EQ(large.skipped.size(), 1u);
  const auto odd = read("etc/os-release", "ID=a\nNAME=b\0c\nPRETTY_NAME=\"\x1b[31m\"\n"sv);
  EXPECT_EQ(odd.facts, (Facts{{"ID", "a"}}));
  EXPECT_EQ(odd.skipped.size(), 2u);
  for (const auto* hidden : {"\xC2\x9B"
                             "1",
                             "\xE2\x80\xAE"
                             "1",
                             "\xE2\x81\xA6"
                             "1"}) {
    const auto result = read("etc/os-release", base::cat({"ID=a\nVERSION_ID=", hidden, "\nNAME=\"\xC3\xA9\tb\"\n"}));
    EXPECT_EQ(result.facts, (Facts{{"ID", "a"}, {"NAME", "\xC3\xA9\tb"}}));
    EXPECT_EQ(result.skipped.size(), 1u);
  }
  EXPECT_TRUE(read("etc/os-release", "").facts.empty());
}

TEST(OsRelease, OtherFiles) {
  EXPECT_EQ(read("etc/debian_version", "\n 12.5 \nmore").facts, (Facts{{"text", "12.5"}}));
  EXPECT_EQ(read("etc/redhat-release", "CentOS Linux release 7.6.1810 (Core)\n").facts,
            (Facts{{"text", "CentOS Linux release 7.6.1810 (Core)"}}));
  EXPECT_EQ(read("etc/lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=18.04\n").facts,
            (Facts{{"DISTRIB_ID", "Ubuntu"}, {"DISTRIB_RELEASE", "18.04"}}));
  EXPECT_EQ(read("etc/apk/repositories",
                 "#https://x/alpine/v3.1/main\nhttps://x/alpine/v3.19/main\n@edge https://x/alpine/edge/testing\n"
                 "https://x/alpine/v3.19/community\n/media/vdb/apks\nhttps://x/v1x.2\n")
                .facts,
            (Facts{{"releases", "v3.19"}}));
  const auto mixed = read("etc/apk/repositories", "https://x/alpine/v3.19/main\nhttps://x/alpine/edge/main\n");
  EXPECT_EQ(mixed.facts, (Facts{{"releases", "v3.19 edge"}}));
  EXPECT_EQ(mixed.skipped.size(), 1u);
  for (const auto* alone : {"https://x/alpine/edge/main\nhttps://x/alpine/edge/testing\n",
                            "https://x/alpine/v3.19/main\n @testing https://x/alpine/edge/testing\n"})
    EXPECT_TRUE(read("etc/apk/repositories", alone).skipped.empty()) << alone;
  EXPECT_TRUE(read("etc/apk/repositories", "").facts.empty());
}

TEST(OsRelease, AptSources) {
  EXPECT_EQ(read("etc/apt/sources.list",
                 "# deb http://d/debian buster main\ndeb http://d/debian  bookworm\tmain contrib\n"
                 "deb [arch=amd64 signed-by=/a] http://d/debian-security bookworm-security main\n"
                 "deb-src http://d/debian trixie/updates main\ndeb http://d ./\ndeb http://d sid contrib\ndeb\n")
                .facts,
            (Facts{{"suites", "bookworm trixie"}}));
  EXPECT_EQ(read("etc/apt/sources.list.d/debian.sources",
                 "Types: deb\nURIs: http://d\nSuites: forky forky-updates\nComponents: main\n\n"
                 "Suites: sid\nComponents: contrib\n")
                .facts,
            (Facts{{"suites", "forky"}}));
  EXPECT_TRUE(read("etc/apt/sources.list", "").facts.empty());
}

TEST(OsRelease, UbuntuPro) {
  const std::string path = "var/lib/ubuntu-advantage/status.json";
  EXPECT_EQ(
      read(path, R"({"version": "1", "services": [{"status": "enabled", "x": {"y": [1, "a\"b"]}, "name": "esm-infra"},
                        {"name": "fips", "status": "n/a"}, {"name": "esm-apps", "status": "enabled"}]})")
          .facts,
      (Facts{{"services", "esm-apps esm-infra"}}));
  EXPECT_EQ(read(path, "{}").facts, (Facts{{"services", ""}}));
  for (const auto* broken : {"{\"services\": [", "}", "[}", "{\"a", "\"x"})
    EXPECT_FALSE(read(path, broken).done) << broken;
  EXPECT_FALSE(read(path, std::string(100'000, '[')).done);
}

}  // namespace
}  // namespace limpid::inventory
