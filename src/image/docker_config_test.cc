// Credentials from files and from helpers that the test writes.
#include "image/docker_config.h"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/base64.h"
#include "image/credential_helper.h"
#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::error_of;
using testing::Folder;

std::string auth(std::string_view text) { return base::cat({R"({"auth":")", base::to_base64(text), "\"}"}); }

// A folder that is $HOME, and whatever else is set.
class Search : public ::testing::Test {
 protected:
  Search() { variables_["HOME"] = folder_.path("home"); }
  // "user:password" or "token …", "" for none, or the error.
  std::string found(std::string_view name) {
    const auto credentials = find_credentials(*parse_name(name), {[this](const char* key) { return variables_[key]; },
                                                                  nullptr, helpers_, folder_.path("system-run")});
    if (!credentials) return error_of(credentials);
    if (!credentials->identity_token.empty()) return "token " + credentials->identity_token;
    if (!credentials->registry_token.empty()) return "bearer " + credentials->registry_token;
    return credentials->empty() ? "" : credentials->username + ":" + credentials->password;
  }
  void write_docker(const std::string& text) { folder_.write("home/.docker/config.json", text); }
  void write_helper(const std::string& name, const std::string& script) {
    const std::string path = folder_.write("bin/docker-credential-" + name, "#!/bin/sh\n" + script);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    const char* before = std::getenv("PATH");
    if (before != nullptr && std::string_view(before).starts_with(folder_.path("bin"))) return;
    ::setenv("PATH", base::cat({folder_.path("bin"), ":", before == nullptr ? "/bin" : before}).c_str(), 1);
  }
  Folder folder_;
  std::map<std::string, std::string> variables_;
  std::vector<std::string> helpers_;
};

TEST_F(Search, NothingIsNoError) {
  EXPECT_EQ(found("alpine"), "");
  write_docker("{}");
  EXPECT_EQ(found("alpine"), "");
  write_docker("\n");
  EXPECT_EQ(found("alpine"), "");
  write_docker(R"({"auths":{"ghcr.io":{}},"HttpHeaders":{"a":"b"},"credHelpers":null})");
  EXPECT_EQ(found("ghcr.io/a"), "");
}

TEST_F(Search, EntriesByHost) {
  write_docker(base::cat({R"({"auths":{"https://index.docker.io/v1/":)", auth("hub:h:1"), R"(,"ghcr.io":)",
                          auth("gh:2"), R"(,"https://old.example:5000/v2/":)", auth("old:3"),
                          R"(,"plain.example":{"username":"p","password":"4"})", R"(,"identity.example":{"auth":")",
                          base::to_base64("u:"), R"(","identitytoken":"i5"})",
                          R"(,"bearer.example":{"registrytoken":"b6"}}})"}));
  EXPECT_EQ(found("alpine"), "hub:h:1");
  EXPECT_EQ(found("docker.io/a/b"), "hub:h:1");
  EXPECT_EQ(found("ghcr.io/a/b"), "gh:2");
  EXPECT_EQ(found("old.example:5000/a"), "old:3");
  EXPECT_EQ(found("old.example/a"), "");
  EXPECT_EQ(found("plain.example/a"), "p:4");
  EXPECT_EQ(found("identity.example/a"), "token i5");
  EXPECT_EQ(found("bearer.example/a"), "bearer b6");
  EXPECT_EQ(found("xghcr.io/a"), "");
}

TEST_F(Search, TheLongestKeyFits) {
  write_docker(
      base::cat({R"({"auths":{"quay.io":)", auth("all:1"), R"(,"quay.io/team":)", auth("team:2"),
                 R"(,"quay.io/team/app":)", auth("app:3"), R"(,"docker.io/somebody":)", auth("somebody:4"), "}}"}));
  EXPECT_EQ(found("quay.io/x"), "all:1");
  EXPECT_EQ(found("quay.io/teams/x"), "all:1");
  EXPECT_EQ(found("quay.io/team/x"), "team:2");
  EXPECT_EQ(found("quay.io/team/app:1"), "app:3");
  EXPECT_EQ(found("quay.io/team/app/more"), "app:3");
  EXPECT_EQ(found("somebody/x"), "somebody:4");
  EXPECT_EQ(found("alpine"), "");
}

TEST_F(Search, FilesInTheirOrder) {
  const auto file = [](std::string_view user) {
    return base::cat({R"({"auths":{"a.example":)", auth(base::cat({user, ":1"})), "}}"});
  };
  folder_.write("home/.dockercfg", base::cat({R"({"https://a.example/v1/":)", auth("old:1"), "}"}));
  EXPECT_EQ(found("a.example/x"), "old:1");
  write_docker(file("docker"));
  EXPECT_EQ(found("a.example/x"), "docker:1");
  folder_.write("home/.config/containers/auth.json", file("config"));
  EXPECT_EQ(found("a.example/x"), "config:1");
  folder_.write(base::cat({"system-run/", ::getuid(), "/auth.json"}), file("no session"));
  EXPECT_EQ(found("a.example/x"), "no session:1");
  folder_.write("run/containers/auth.json", file("runtime"));
  variables_["XDG_RUNTIME_DIR"] = folder_.path("run");
  EXPECT_EQ(found("a.example/x"), "runtime:1");
  folder_.write("elsewhere/config.json", file("named"));
  variables_["DOCKER_CONFIG"] = folder_.path("elsewhere");
  EXPECT_EQ(found("a.example/x"), "named:1");
  variables_["REGISTRY_AUTH_FILE"] = folder_.write("auth.json", file("explicit"));
  EXPECT_EQ(found("a.example/x"), "explicit:1");
  // One that does not know the host is passed over; one that is named must be there.
  folder_.write("auth.json", "{}");
  EXPECT_EQ(found("a.example/x"), "named:1");
  variables_["REGISTRY_AUTH_FILE"] = folder_.path("missing.json");
  EXPECT_CONTAINS(found("a.example/x"), "missing.json");
}

TEST_F(Search, ErrorsNameFileAndKeyAndNoValue) {
  const std::string secret = "hunter2hunter2";
  const std::pair<std::string, std::string> cases[] = {
      {R"({"auths":{"a.example":{"auth":")" + secret + R"(!"}}})", "auths.a.example.auth is not base64"},
      {R"({"auths":{"a.example":{"auth":")" + base::to_base64(secret) + R"("}}})",
       "auths.a.example.auth holds no user"},
      {R"({"auths":{"a.example":{"password":[")" + secret + R"("]}}})", "auths.a.example.password is not text"},
      {R"({"auths":{"a.example":")" + secret + R"("}})", "auths.a.example is not a JSON object"},
      {R"({"auths":[")" + secret + R"("]})", "auths is not a JSON object"},
      {R"({"auths":{},"auths":{}})", "two fields 'auths'"},
      {R"({"credHelpers":{"a.example":1}})", "credHelpers.a.example is not text"},
      {R"({"credsStore":{}})", "credsStore is not text"},
      {secret, "not JSON"},
      {"[]", "the file is not a JSON object"},
  };
  for (const auto& [text, part] : cases) {
    write_docker(text);
    const std::string told = found("a.example/x");
    EXPECT_CONTAINS(told, folder_.path("home/.docker/config.json") + ": ");
    EXPECT_CONTAINS(told, part);
    EXPECT_EQ(told.find(secret), std::string::npos) << told;
  }
  write_docker(std::string(kCredentialFileMax + 1, ' '));
  EXPECT_NE(found("a.example/x"), "");
}

TEST_F(Search, WhatIsWrongWithOthersIsNoMatter) {
  write_docker(base::cat({R"({"auths":{"b.example":{"auth":"!"},"c.example":1,"a.example":)", auth("a:1"),
                          R"(},"credHelpers":{"b.example":1}})"}));
  EXPECT_EQ(found("a.example/x"), "a:1");
  EXPECT_EQ(found("d.example/x"), "");
  EXPECT_CONTAINS(found("b.example/x"), "credHelpers.b.example is not text");
  EXPECT_CONTAINS(found("c.example/x"), "auths.c.example is not a JSON object");
}

TEST_F(Search, HelpersOfRegistriesConf) {
  const std::string asked = folder_.path("asked");
  write_helper("one", base::cat({"read server\necho \"$1 $server\" >>", asked,
                                 "\necho '{\"Username\":\"one\",\"Secret\":\"s\"}'\n"}));
  write_helper("none", "echo 'credentials not found in native keychain'; exit 1\n");
  write_docker(base::cat({R"({"auths":{"a.example":)", auth("file:1"), "}}"}));
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"one"}, "one:s"},
      {{"one", "containers-auth.json"}, "one:s"},
      {{"containers-auth.json", "one"}, "file:1"},
      {{"none", "containers-auth.json"}, "file:1"},
      {{"missing", "one"}, "one:s"},
      {{"none"}, ""},
  };
  for (const auto& [helpers, expected] : cases) {
    helpers_ = helpers;
    EXPECT_EQ(found("a.example/x"), expected) << helpers.front();
  }
  helpers_ = {"containers-auth.json", "one"};
  EXPECT_EQ(found("alpine"), "one:s");
  EXPECT_EQ(base::read_file(asked, 1000).value(), "get a.example\nget a.example\nget a.example\nget docker.io\n");
  // Who could not be asked is told of only if nobody has any.
  write_docker("broken");
  EXPECT_EQ(found("a.example/x"), "one:s");
  helpers_ = {"containers-auth.json", "none"};
  EXPECT_CONTAINS(found("a.example/x"), "config.json: not JSON");
  helpers_ = {"missing", "none"};
  EXPECT_CONTAINS(found("a.example/x"), "registries.conf: credential-helpers: docker-credential-missing: it cannot");
}

TEST_F(Search, Helpers) {
  const std::string asked = folder_.path("asked");
  write_helper(
      "test",
      base::cat({"read server\necho \"$1 $server\" >>", asked,
                 "\n[ \"$server\" != none.example ] || { echo 'credentials not found in native keychain'; exit 1; }\n",
                 "echo '{\"ServerURL\":\"x\",\"Username\":\"u\",\"Secret\":\"s\"}'\n"}));
  write_helper("token", "echo '{\"Username\":\"<token>\",\"Secret\":\"i\"}'\n");  // reads nothing
  write_docker(base::cat({R"({"auths":{"c.example":)", auth("c:1"),
                          R"(,"a.example":{}},"credsStore":"test","credHelpers":{"b.example":"token"}})"}));
  EXPECT_EQ(found("a.example/x"), "u:s");
  EXPECT_EQ(found("alpine"), "u:s");
  EXPECT_EQ(found("none.example/x"), "");
  EXPECT_EQ(found("b.example/x"), "token i");
  EXPECT_EQ(found("c.example/x"), "c:1");
  EXPECT_EQ(base::read_file(asked, 1000).value(), "get a.example\nget https://index.docker.io/v1/\nget none.example\n");
}

TEST_F(Search, HelpersThatFail) {
  write_helper("broken", "echo 'secret output'; echo 'secret error' >&2; exit 3\n");
  write_helper("killed", "kill -9 $$\n");
  write_helper("odd", "echo secret\n");
  write_helper("endless", "while echo 0123456789012345678901234567890123456789; do :; done\n");
  const std::pair<std::string, std::string> cases[] = {{"broken", "docker-credential-broken: ended with status 3"},
                                                       {"killed", "ended by signal 9"},
                                                       {"odd", "docker-credential-odd: not JSON"},
                                                       {"endless", "more than 65536 bytes"},
                                                       {"there-is-none", "cannot be started"},
                                                       {"../x", "no name of a credential helper"},
                                                       {"-x", "no name"},
                                                       {"a b", "no name"}};
  for (const auto& [helper, part] : cases) {
    write_docker(base::cat({R"({"credHelpers":{"a.example":")", helper, "\"}}"}));
    const std::string told = found("a.example/x");
    EXPECT_CONTAINS(told, "config.json: credHelpers.a.example: ");
    EXPECT_CONTAINS(told, part);
    EXPECT_EQ(told.find("secret"), std::string::npos) << told;
  }
}

TEST_F(Search, HelpersAreBoundedInTime) {
  write_helper("slow", "sleep 60\n");
  const auto begin = std::chrono::steady_clock::now();
  const auto slow = ask_helper("slow", "a.example", nullptr, std::chrono::milliseconds(200));
  EXPECT_EQ(slow.error().code(), Code::limit);
  const std::atomic<bool> cancel{true};
  EXPECT_EQ(ask_helper("slow", "a.example", &cancel).error().code(), Code::cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

}  // namespace
}  // namespace limpid::image
