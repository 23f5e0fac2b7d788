#include "image/name.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace limpid::image {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

std::string text_of(std::string_view name) {
  const auto parsed = parse_name(name);
  return parsed ? parsed->text() : parsed.error().describe();
}

TEST(Name, FillsInWhatDockerDoes) {
  EXPECT_EQ(text_of("alpine"), "docker.io/library/alpine:latest");
  EXPECT_EQ(text_of("alpine:3.19"), "docker.io/library/alpine:3.19");
  EXPECT_EQ(text_of("somebody/thing"), "docker.io/somebody/thing:latest");
  EXPECT_EQ(text_of("docker.io/alpine"), "docker.io/library/alpine:latest");
  EXPECT_EQ(text_of("index.docker.io/alpine"), "docker.io/library/alpine:latest");
  EXPECT_EQ(text_of("ghcr.io/a/b/c:1"), "ghcr.io/a/b/c:1");
  EXPECT_EQ(text_of("ghcr.io/a"), "ghcr.io/a:latest");
  EXPECT_EQ(text_of("localhost/a"), "localhost/a:latest");
  EXPECT_EQ(text_of("localhost:5000/a:b"), "localhost:5000/a:b");
  EXPECT_EQ(text_of("HOST/a"), "HOST/a:latest");
  EXPECT_EQ(text_of("[fd00::1]:5000/a/b"), "[fd00::1]:5000/a/b:latest");
  // Docker's reading, too: without a slash there is no domain.
  EXPECT_EQ(text_of("localhost:5000"), "docker.io/library/localhost:5000");
}

TEST(Name, DigestsStandAloneOrBesideATag) {
  EXPECT_EQ(text_of("a@" + kDigest), "docker.io/library/a@" + kDigest);
  EXPECT_EQ(text_of("example.org:5000/a:1@" + kDigest), "example.org:5000/a:1@" + kDigest);
  EXPECT_EQ(parse_name("a:1@" + kDigest)->reference(), kDigest);
  EXPECT_EQ(parse_name("a:1")->reference(), "1");
}

TEST(Name, DockerHubHasAHostOfItsOwn) {
  EXPECT_EQ(parse_name("alpine")->host(), "registry-1.docker.io");
  EXPECT_EQ(parse_name("ghcr.io/a")->host(), "ghcr.io");
}

TEST(Name, TheTextIsReadTheSame) {
  for (const std::string name : {"a", "a:1", "x.y:1/a/b__c/d-e--f.g:T_-.1", "[::1]/a"})
    EXPECT_EQ(text_of(text_of(name)), text_of(name));
}

TEST(Name, SaysWhatIsWrong) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "empty"},
      {std::string(64, '0'), "ID"},
      {std::string(2000, 'a'), "2000 bytes"},
      {"a/" + std::string(300, 'a'), "at most 255"},
      {"Alpine", "'Alpine': a repository's name has to be lower case"},
      {"example.org/A/b", "lower case"},
      {":1", "no repository"},
      {std::string(250, 'a'), "at most 255"},
      {"a:", "'' is no tag"},
      {"a:.x", "'.x' is no tag"},
      {"a:" + std::string(129, 'x'), "is no tag"},
      {"a@sha256:12", "2 hex digits"},
      {"a@md5:00", "sha256"},
      {"./a", "'.' is no host"},
      {"../a", "no host"},
      {"/a", "empty part"},
      {"a//b", "empty part"},
      {"a/", "empty part"},
      {"-a", "'-a' is no part"},
      {"a..b", "no part"},
      {"a___b", "no part"},
      {"a._b", "no part"},
      {"a b", "no part"},
      {"example.org:0/a", "'0' is no port"},
      {"example.org:70000/a", "no port"},
      {"example.org:x/a", "no port"},
      {"-x.org/a", "'-x.org' is no host"},
      {"x..org/a", "no host"},
      {"[::1/a", "no host"},
      {"[]:1/a", "no host"},
      {"[::g]/a", "no host"},
      {"user@example.org/a", "neither sha256"},
      {"https://example.org/a", "no port"},
      {std::string("a\0b", 3), "no part"},
      {"a\r\nb", "no part"},
  };
  for (const auto& [name, part] : cases) {
    const auto parsed = parse_name(name);
    ASSERT_FALSE(parsed) << name;
    EXPECT_NE(parsed.error().describe().find(part), std::string::npos) << name << ": " << parsed.error().describe();
  }
}

TEST(Name, Loopback) {
  for (const std::string host : {"localhost", "LOCALHOST:5000", "127.0.0.1", "127.1.2.3:80", "[::1]", "[::1]:5000"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const std::string host :
       {"localhost.example.org", "127.0.0.1.example.org", "127.0.0.300", "128.0.0.1", "[::2]", "", "127.1"})
    EXPECT_FALSE(is_loopback(host)) << host;
}

}  // namespace
}  // namespace limpid::image
