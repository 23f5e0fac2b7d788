#include "image/registries_conf.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/text.h"
#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::error_of;

RegistriesConf conf_of(std::string_view text) {
  auto conf = parse_registries_conf(text, "test.conf");
  EXPECT_TRUE(conf) << conf.error().describe();
  return conf ? *std::move(conf) : RegistriesConf{};
}

// "a.example/x:1! b.example/x:1": where an image is looked for, ! where without care, ~ for a mirror.
std::string places_of(const RegistriesConf& conf, std::string_view name) {
  const auto endpoints = endpoints_of(conf, *parse_name(name));
  if (!endpoints) return endpoints.error().describe();
  std::string text;
  for (const Endpoint& one : *endpoints)
    base::append(text, {text.empty() ? "" : " ", one.name.text(), one.is_mirror ? "~" : "", one.insecure ? "!" : ""});
  return text;
}

std::string meant_by(const RegistriesConf& conf, std::string_view text) {
  const auto names = names_meant(conf, text);
  if (!names) return names.error().describe();
  std::string list;
  for (const Name& one : *names) base::append(list, {list.empty() ? "" : " ", one.text()});
  return list;
}

const std::string kDigest = "sha256:" + std::string(64, 'a');

TEST(RegistriesConf, WithoutRulesANameIsItself) {
  for (const char* text :
       {"", "# nothing\n", "unqualified-search-registries = []\n", "additional-layer-store-auth-helper = \"x\"\n"}) {
    const RegistriesConf conf = conf_of(text);
    EXPECT_EQ(places_of(conf, "quay.io/team/app:1"), "quay.io/team/app:1");
    EXPECT_EQ(meant_by(conf, "alpine"), "docker.io/library/alpine:latest");
    EXPECT_EQ(meant_by(conf, "quay.io/team/app:1"), "quay.io/team/app:1");
  }
}

TEST(RegistriesConf, MirrorsComeBeforeTheLocation) {
  const RegistriesConf conf = conf_of(R"(
    [[registry]]
    location = "docker.io"
    insecure = true
    [[registry.mirror]]
    location = "mirror.example:5000/hub"
    [[registry.mirror]]
    location = "localhost/second"
    insecure = true

    [[registry]]
    prefix = "quay.io/team"
    location = "registry.example/quay/team"
  )");
  EXPECT_EQ(places_of(conf, "alpine:3.19"),
            "mirror.example:5000/hub/library/alpine:3.19~ localhost/second/library/alpine:3.19~! "
            "docker.io/library/alpine:3.19!");
  EXPECT_EQ(places_of(conf, "docker.io/a/b@" + kDigest),
            base::cat({"mirror.example:5000/hub/a/b@", kDigest, "~ localhost/second/a/b@", kDigest, "~! docker.io/a/b@",
                       kDigest, "!"}));
  EXPECT_EQ(places_of(conf, "quay.io/team/app:1"), "registry.example/quay/team/app:1");
  EXPECT_EQ(places_of(conf, "quay.io/team:1"), "registry.example/quay/team:1");
  EXPECT_EQ(places_of(conf, "quay.io/teams/app:1"), "quay.io/teams/app:1");
}

TEST(RegistriesConf, TheLongestPrefixDecides) {
  const RegistriesConf conf = conf_of(R"(
    [[registry]]
    location = "a.example"
    blocked = true
    [[registry]]
    prefix = "a.example/open"
    location = "b.example/open"
    [[registry]]
    prefix = "a.example/open/one:2"
    location = "c.example/two:3"
    [[registry]]
    prefix = "*.example"
    location = "all.test"
    [[registry]]
    prefix = "*.deep.example"
    [[registry.mirror]]
    location = "m.test/deep"
  )");
  EXPECT_EQ(places_of(conf, "a.example/x"), "registries.conf blocks a.example (test.conf)");
  EXPECT_EQ(places_of(conf, "a.example/open/x"), "b.example/open/x:latest");
  EXPECT_EQ(places_of(conf, "a.example/open/one:1"), "b.example/open/one:1");
  EXPECT_EQ(places_of(conf, "a.example/open/one:2"), "c.example/two:3");
  EXPECT_EQ(places_of(conf, "z.example/x"), "all.test/x:latest");
  EXPECT_EQ(places_of(conf, "y.z.example/x"), "all.test/x:latest");
  EXPECT_EQ(places_of(conf, "y.deep.example/x"), "m.test/deep/x:latest~ y.deep.example/x:latest");
  // A port makes another registry, and only hosts have subdomains.
  EXPECT_EQ(places_of(conf, "a.example:5000/x"), "a.example:5000/x:latest");
  EXPECT_EQ(places_of(conf, "host.test/y.example/x"), "host.test/y.example/x:latest");
}

TEST(RegistriesConf, MirrorsForDigestsOrTagsOnly) {
  const RegistriesConf conf = conf_of(R"(
    [[registry]]
    location = "a.example"
    [[registry.mirror]]
    location = "digests.example"
    pull-from-mirror = "digest-only"
    [[registry.mirror]]
    location = "tags.example"
    pull-from-mirror = "tag-only"
    [[registry]]
    location = "b.example"
    mirror-by-digest-only = true
    [[registry.mirror]]
    location = "digests.example"
    [[registry.mirror]]
    location = "all.example"
    pull-from-mirror = "all"
  )");
  EXPECT_EQ(places_of(conf, "a.example/x:1"), "tags.example/x:1~ a.example/x:1");
  EXPECT_EQ(places_of(conf, "a.example/x@" + kDigest),
            base::cat({"digests.example/x@", kDigest, "~ a.example/x@", kDigest}));
  EXPECT_EQ(places_of(conf, "b.example/x:1"), "all.example/x:1~ b.example/x:1");
}

TEST(RegistriesConf, ShortNames) {
  const std::string two = R"(
    unqualified-search-registries = ["quay.io", "docker.io"]
    short-name-mode = "MODE"
    [aliases]
    "fedora" = "registry.fedora.example/fedora"
    "team/app" = "quay.io/other/app"
    "gone" = ""
  )";
  const auto with = [&](std::string_view mode) {
    std::string text = two;
    text.replace(text.find("MODE"), 4, mode);
    return conf_of(text);
  };
  const RegistriesConf permissive = with("permissive");
  EXPECT_EQ(meant_by(permissive, "alpine:3"), "quay.io/alpine:3 docker.io/library/alpine:3");
  EXPECT_EQ(meant_by(permissive, "fedora:40"), "registry.fedora.example/fedora:40");
  EXPECT_EQ(meant_by(permissive, "team/app@" + kDigest), "quay.io/other/app@" + kDigest);
  EXPECT_EQ(meant_by(permissive, "gone"), "quay.io/gone:latest docker.io/library/gone:latest");
  EXPECT_EQ(meant_by(permissive, "a.example/fedora"), "a.example/fedora:latest");
  const RegistriesConf enforcing = with("enforcing");
  EXPECT_CONTAINS(meant_by(enforcing, "alpine:3"), "'alpine' may be in several registries (quay.io, docker.io");
  EXPECT_EQ(meant_by(enforcing, "fedora"), "registry.fedora.example/fedora:latest");
  EXPECT_EQ(meant_by(with("disabled"), "fedora"), "quay.io/fedora:latest docker.io/library/fedora:latest");
}

TEST(RegistriesConf, Version1) {
  const RegistriesConf conf = conf_of(R"(
    [registries.search]
    registries = ["a.example"]
    [registries.insecure]
    registries = ["b.example:5000"]
    [registries.block]
    registries = ["c.example"]
  )");
  EXPECT_EQ(meant_by(conf, "x:1"), "a.example/x:1");
  EXPECT_EQ(places_of(conf, "b.example:5000/x:1"), "b.example:5000/x:1!");
  EXPECT_EQ(places_of(conf, "c.example/x:1"), "registries.conf blocks c.example (test.conf)");
}

TEST(RegistriesConf, WhatIsWrongIsTold) {
  const std::pair<const char*, const char*> cases[] = {
      {"a = \n", "test.conf: line 1: "},
      {"unqualified-search-registries = \"a.example\"", "unqualified-search-registries is no list"},
      {"unqualified-search-registries = [1]", "has an entry that is no text"},
      {"credential-helpers = \"x\"", "credential-helpers is no list"},
      {"unqualified-search-registries = [\"plain\"]", "'plain' does not begin with a registry's host"},
      {"short-name-mode = \"loose\"", "short-name-mode 'loose'"},
      {"[aliases]\nx = 1\n", "aliases.x is no text"},
      {"[aliases]\nx = \"y\"\n", "aliases.x 'y' does not name a registry"},
      {"registry = 1", "registry is no list of tables"},
      {"[[[", "test.conf: line 1: "},
      {"a = \u01a8", "test.conf: line 1: "},
      {"[[registry]]\n", "registry[0].prefix '' does not begin"},
      {"[[registry]]\nlocation = \"https://a.example\"", "registry[0].location 'https://a.example' is a URL"},
      {"[[registry]]\nlocation = \"a.example\"\ninsecure = \"yes\"", "registry[0].insecure is no true or false"},
      {"[[registry]]\nlocation = \"a.example\"\n[[registry.mirror]]\n", "registry[0].mirror[0].location '' does not"},
      {"[[registry]]\nlocation = \"a.example\"\n[[registry.mirror]]\nlocation = \"b.example\"\npull-from-mirror = "
       "\"x\"",
       "pull-from-mirror 'x'"},
      {"[[registry]]\nlocation = \"a.example\"\n[[registry]]\nlocation = \"a.example\"", "two rules for 'a.example'"},
      {"unqualified-search-registries = []\n[registries.search]\nregistries = []", "beside version 2's keys"},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_CONTAINS(error_of(parse_registries_conf(text, "test.conf")), expected);
  EXPECT_CONTAINS(error_of(parse_registries_conf(std::string(kRegistriesConfMax + 1, '#'), "test.conf")),
                  "more than the");
  std::string deep = "a = ";
  for (int i = 0; i < 100'000; ++i) deep += '[';
  EXPECT_CONTAINS(error_of(parse_registries_conf(deep, "test.conf")), "test.conf: line 1");
  // A location that fits no name shows when it is used.
  EXPECT_CONTAINS(
      places_of(conf_of("[[registry]]\nprefix = \"a.example\"\nlocation = \"b.example/UP\""), "a.example/x"),
      "test.conf: b.example/UP for a.example: ");
}

TEST(RegistriesConf, MirrorsOfTheCommandLineComeFirst) {
  RegistriesConf conf =
      conf_of("[[registry]]\nlocation = \"docker.io\"\n[[registry.mirror]]\nlocation = \"last.example\"\n");
  ASSERT_TRUE(add_mirrors(conf, {"first.example", "second.example:5000/hub", "quay.io/team=third.example/t"}));
  EXPECT_EQ(places_of(conf, "alpine:1"),
            "first.example/library/alpine:1~ second.example:5000/hub/library/alpine:1~ last.example/library/alpine:1~ "
            "docker.io/library/alpine:1");
  EXPECT_EQ(places_of(conf, "quay.io/team/app:1"), "third.example/t/app:1~ quay.io/team/app:1");
  for (const char* wrong :
       {"", "plain", "quay.io=", "=a.example", "https://a.example", "plain=a.example", "a.example/UP"})
    EXPECT_CONTAINS(error_of(add_mirrors(conf, {wrong})), "[REGISTRY=]HOST[:PORT][/PATH]") << wrong;
}

class RegistriesConfFiles : public ::testing::Test {
 protected:
  RegistriesConfFiles() : directory_(*base::TemporaryDirectory::make("limpid-registries-")) {}
  void write(const std::string& name, std::string_view text) const {
    const std::string path = directory_.path() + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    ASSERT_TRUE(base::write_file_atomically(path, base::as_bytes(text)));
  }
  std::string searched(const std::map<std::string, std::string>& variables, const std::string& named = "") const {
    const auto environment = [&](const char* name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::string() : found->second;
    };
    const auto conf = find_registries_conf({named, environment, directory_.path() + "/system"});
    return conf ? meant_by(*conf, "x:1") : conf.error().describe();
  }
  static std::string searching(const std::string& host) {
    return base::cat({"unqualified-search-registries = [\"", host, "\"]\n"});
  }

  base::TemporaryDirectory directory_;
};

TEST_F(RegistriesConfFiles, WhereTheyAre) {
  const std::string home = directory_.path() + "/home";
  EXPECT_EQ(searched({}), "docker.io/library/x:1");
  EXPECT_EQ(searched({{"HOME", home}}), "docker.io/library/x:1");
  write("system/registries.conf", searching("system.example"));
  EXPECT_EQ(searched({{"HOME", home}}), "system.example/x:1");
  write("home/.config/containers/registries.conf", searching("user.example"));
  EXPECT_EQ(searched({{"HOME", home}}), "user.example/x:1");
  EXPECT_EQ(searched({}), "system.example/x:1");
  write("other/containers/registries.conf", searching("xdg.example"));
  EXPECT_EQ(searched({{"HOME", home}, {"XDG_CONFIG_HOME", directory_.path() + "/other"}}), "xdg.example/x:1");
  write("system/registries.conf.d/10-a.conf", searching("first.example"));
  write("system/registries.conf.d/20-b.conf", searching("second.example"));
  write("system/registries.conf.d/30-c.conf.off", "nonsense");
  EXPECT_EQ(searched({{"HOME", home}}), "second.example/x:1");
  write("home/.config/containers/registries.conf.d/05.conf", "[aliases]\nx = \"alias.example/y\"\n");
  EXPECT_EQ(searched({{"HOME", home}}), "alias.example/y:1");
  // A file that somebody names stands alone.
  write("named.conf", searching("named.example"));
  const std::string named = directory_.path() + "/named.conf";
  EXPECT_EQ(searched({{"HOME", home}, {"CONTAINERS_REGISTRIES_CONF", named}}), "named.example/x:1");
  EXPECT_EQ(searched({{"CONTAINERS_REGISTRIES_CONF", "/missing"}}, named), "named.example/x:1");
  EXPECT_EQ(searched({{"HOME", home}}, "/dev/null"), "docker.io/library/x:1");
  EXPECT_CONTAINS(searched({}, "/missing"), "registries.conf: /missing: ");
  write("home/.config/containers/registries.conf", "[");
  EXPECT_CONTAINS(searched({{"HOME", home}}),
                  "registries.conf: " + home + "/.config/containers/registries.conf: line 1");
}

TEST_F(RegistriesConfFiles, LaterOnesWin) {
  RegistriesConf conf =
      conf_of("[[registry]]\nlocation = \"a.example\"\nblocked = true\n[aliases]\nx = \"a.example/x\"\n");
  merge(conf, conf_of("[[registry]]\nlocation = \"b.example\"\ninsecure = true\n"));
  EXPECT_EQ(places_of(conf, "a.example/x:1"), "registries.conf blocks a.example (test.conf)");
  EXPECT_EQ(places_of(conf, "b.example/x:1"), "b.example/x:1!");
  merge(conf, conf_of("[[registry]]\nprefix = \"a.example\"\nlocation = \"c.example\"\n[aliases]\nx = \"\"\n"));
  EXPECT_EQ(places_of(conf, "a.example/x:1"), "c.example/x:1");
  EXPECT_EQ(meant_by(conf, "x"), "docker.io/library/x:latest");
}

}  // namespace
}  // namespace limpid::image
