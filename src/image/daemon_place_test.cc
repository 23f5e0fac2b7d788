#include "image/daemon_place.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::error_of;
using testing::Folder;

using Variables = std::map<std::string, std::string>;

DaemonEnvironment of(const Variables& variables) {
  return [variables](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
}
std::vector<std::string> addresses(DaemonKind kind, const Variables& variables) {
  std::vector<std::string> found;
  const auto places = daemon_places(kind, of(variables));
  if (!places) return {error_of(places)};
  for (const DaemonPlace& place : *places) found.push_back(place.address);
  return found;
}
DaemonPlace docker_at(const Variables& variables) { return daemon_places(DaemonKind::docker, of(variables))->at(0); }
using Texts = std::vector<std::string>;

TEST(DaemonPlaces, TheUsualOnes) {
  EXPECT_EQ(addresses(DaemonKind::docker, {}), Texts{"unix:///var/run/docker.sock"});
  EXPECT_EQ(addresses(DaemonKind::docker, {{"XDG_RUNTIME_DIR", "/run/user/1"}, {"HOME", "/nonexistent"}}),
            (Texts{"unix:///var/run/docker.sock", "unix:///run/user/1/docker.sock",
                   "unix:///nonexistent/.docker/run/docker.sock"}));
  EXPECT_EQ(addresses(DaemonKind::podman, {}), Texts{"unix:///run/podman/podman.sock"});
  EXPECT_EQ(addresses(DaemonKind::podman, {{"XDG_RUNTIME_DIR", "/run/user/1"}}),
            (Texts{"unix:///run/user/1/podman/podman.sock", "unix:///run/podman/podman.sock"}));
  const auto usual = daemon_places(DaemonKind::docker, of({}));
  ASSERT_TRUE(usual);
  for (const DaemonPlace& place : *usual) EXPECT_FALSE(place.named);
}

TEST(DaemonPlaces, TheOneThatIsNamed) {
  const DaemonPlace place = docker_at({{"DOCKER_HOST", "unix:///x/y.sock"}, {"HOME", "/nonexistent"}});
  EXPECT_EQ(place.socket, "/x/y.sock");
  EXPECT_EQ(place.url, "http://localhost");
  EXPECT_TRUE(place.named);
  EXPECT_EQ(addresses(DaemonKind::podman, {{"CONTAINER_HOST", "unix:///p"}, {"DOCKER_HOST", "unix:///d"}}),
            Texts{"unix:///p"});
  EXPECT_EQ(docker_at({{"DOCKER_HOST", "tcp://h"}}).url, "http://h:2375");
  EXPECT_EQ(docker_at({{"DOCKER_HOST", "tcp://h:1/"}}).url, "http://h:1");
  EXPECT_EQ(docker_at({{"DOCKER_HOST", "tcp://[::1]"}}).url, "http://[::1]:2375");
  EXPECT_EQ(docker_at({{"DOCKER_HOST", "tcp://[::1]:5"}}).url, "http://[::1]:5");
  EXPECT_EQ(docker_at({{"DOCKER_HOST", "https://h"}}).url, "https://h:2376");
  EXPECT_EQ(docker_at({{"DOCKER_HOST", "tcp://h"}}).socket, "");
}

TEST(DaemonPlaces, ReadTheVariablesOfTls) {
  DaemonPlace place = docker_at({{"DOCKER_HOST", "tcp://h"}, {"DOCKER_TLS_VERIFY", "1"}, {"HOME", "/home"}});
  EXPECT_EQ(place.url, "https://h:2376");
  EXPECT_FALSE(place.tls.insecure);
  EXPECT_EQ(place.tls.ca_file, "/home/.docker/ca.pem");
  const Folder folder;
  for (const std::string name : {"ca.pem", "key.pem"}) folder.write(name, "x");
  place = docker_at({{"DOCKER_HOST", "tcp://h"}, {"DOCKER_CERT_PATH", folder.path()}});
  EXPECT_EQ(place.url, "https://h:2376");
  EXPECT_TRUE(place.tls.insecure);
  EXPECT_EQ(place.tls.key_file, folder.path("key.pem"));
  EXPECT_EQ(place.tls.cert_file, "");
}

TEST(DaemonPlaces, RefuseAddressesThatAreNone) {
  for (const std::string address : {"nonsense", "unix://", "unix://relative", "tcp://", "npipe:////./pipe/x"})
    EXPECT_CONTAINS(addresses(DaemonKind::docker, {{"DOCKER_HOST", address}})[0], "DOCKER_HOST: '" + address);
  EXPECT_CONTAINS(addresses(DaemonKind::podman, {{"CONTAINER_HOST", "ssh://me@h/run/podman.sock"}})[0],
                  "CONTAINER_HOST: ssh://");
}

TEST(DaemonPlaces, FollowDockersContext) {
  const Folder folder;
  folder.write(".docker/config.json", R"({"currentContext":"far"})");
  folder.write(".docker/contexts/meta/" + testing::hex_of("far") + "/meta.json",
               R"({"Endpoints":{"docker":{"Host":"unix:///far.sock"}}})");
  const Variables home{{"HOME", folder.path()}};
  EXPECT_EQ(addresses(DaemonKind::docker, home), Texts{"unix:///far.sock"});
  Variables other = home;
  other["DOCKER_CONTEXT"] = "default";
  EXPECT_EQ(addresses(DaemonKind::docker, other)[0], "unix:///var/run/docker.sock");
  other["DOCKER_CONTEXT"] = "none";
  EXPECT_CONTAINS(addresses(DaemonKind::docker, other)[0], "docker's context 'none'");
  other["DOCKER_HOST"] = "unix:///named";
  EXPECT_EQ(addresses(DaemonKind::docker, other), Texts{"unix:///named"});
  folder.write(".docker/config.json", "{}");
  EXPECT_EQ(addresses(DaemonKind::docker, home)[0], "unix:///var/run/docker.sock");
}

TEST(DaemonPlaces, AContextHasItsOwnTls) {
  const Folder folder;
  const auto describe = [&](std::string_view endpoint) {
    folder.write(".docker/contexts/meta/" + testing::hex_of("far") + "/meta.json",
                 base::cat({R"({"Endpoints":{"docker":)", endpoint, "}}"}));
  };
  const Variables far{{"HOME", folder.path()}, {"DOCKER_CONTEXT", "far"}, {"DOCKER_CERT_PATH", "/of/DOCKER_HOST"}};
  describe(R"({"Host":"tcp://h"})");
  EXPECT_EQ(docker_at(far).url, "http://h:2375");
  describe(R"({"Host":"tcp://h","SkipTLSVerify":true})");
  EXPECT_EQ(docker_at(far).url, "https://h:2376");
  EXPECT_TRUE(docker_at(far).tls.insecure);
  describe(R"({"Host":"tcp://h:1","SkipTLSVerify":false})");
  const std::string tls = ".docker/contexts/tls/" + testing::hex_of("far") + "/docker/";
  const std::string authority = folder.write(tls + "ca.pem", "x");
  DaemonPlace place = docker_at(far);
  EXPECT_EQ(place.url, "https://h:1");
  EXPECT_FALSE(place.tls.insecure);
  EXPECT_EQ(place.tls.ca_file, authority);
  EXPECT_FALSE(place.tls.has_identity());
  const std::string certificate = folder.write(tls + "cert.pem", "x"), key = folder.write(tls + "key.pem", "x");
  place = docker_at(far);
  EXPECT_EQ(place.tls.cert_file, certificate);
  EXPECT_EQ(place.tls.key_file, key);
}

TEST(CheckDaemon, SaysWhatIsWrong) {
  const Folder folder;
  const auto at = [&](const std::string& name) { return docker_at({{"DOCKER_HOST", "unix://" + folder.path(name)}}); };
  EXPECT_EQ(check_daemon(at("none")).error().code(), Code::not_found);
  folder.write("file", "x");
  EXPECT_CONTAINS(error_of(check_daemon(at("file"))), "refused");
  EXPECT_EQ(check_daemon(at(std::string(200, 'x'))).error().code(), Code::usage);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  folder.path("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  const base::File listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(listener.descriptor(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_CONTAINS(error_of(check_daemon(at("socket"))), "refused");
  ASSERT_EQ(::listen(listener.descriptor(), 1), 0);
  EXPECT_TRUE(check_daemon(at("socket")));
  EXPECT_TRUE(check_daemon(docker_at({{"DOCKER_HOST", "tcp://nowhere"}})));
}

}  // namespace
}  // namespace limpid::image
