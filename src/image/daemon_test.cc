// A daemon of the test's own, which also misbehaves; tests/e2e/sources_test.py asks a real Podman.
#include "image/daemon.h"

#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

#include "image/platform.h"
#include "image/testing.h"
#include "net/testing.h"

namespace limpid::image {
namespace {

using net::testing::Connection;
using net::testing::Received;
using net::testing::Server;
using testing::config_of;
using testing::digest_of;
using testing::error_of;
using testing::Folder;
using testing::gzip;
using testing::hex_of;
using testing::read_whole;
using testing::Tar;

const std::string kFirst = Tar().file("etc/first", std::string(300'000, '1')).end();
const std::string kSecond = Tar().file("etc/second", "2").end();

std::string described(const std::vector<std::string>& tars, std::string_view architecture, std::string_view id) {
  std::string layers;
  for (const std::string& tar : tars) base::append(layers, {layers.empty() ? "" : ",", "\"", digest_of(tar), "\""});
  return base::cat({R"({"Id":")", id, R"(","RepoTags":["app:1"],"Config":{"Labels":{"a":"b"}},"Os":"linux",)",
                    R"("Architecture":")", architecture, R"(","RootFS":{"Type":"layers","Layers":[)", layers, "]}}"});
}

// Listens at a socket of its own; what it answers can be changed.
class Daemon {
 public:
  Daemon()
      : server_([this](Connection& to, const Received& request) { answer(to, request); }, {}, folder_.path("socket")) {}
  std::string address() const { return "unix://" + folder_.path("socket"); }
  std::size_t count(std::string_view part) const {
    std::size_t found = 0;
    for (const Received& request : server_.requests()) found += request.target.find(part) != std::string::npos ? 1 : 0;
    return found;
  }

  const std::string config = config_of({kFirst, kSecond});
  const std::string id = digest_of(config);
  std::string description = described({kFirst, kSecond}, host_platform().architecture, id);
  std::string history =
      R"([{"CreatedBy":"second","Size":1},{"CreatedBy":"ENV x","Size":0},{"CreatedBy":"first","Size":2}])";
  std::string archive = Tar()
                            .file("1.tar", kFirst)
                            .file("2.tar", kSecond)
                            .file("c.json", config)
                            .file("manifest.json", R"([{"Config":"c.json","RepoTags":[],"Layers":["1.tar","2.tar"]}])")
                            .end();
  bool breaks_off = false, stalls = false;

 private:
  void answer(Connection& to, const Received& request) {
    if (stalls) return to.stall();
    if (request.target == "/images/app:1/json" || request.target == base::cat({"/images/", id, "/json"})) {
      to.answer(200, description);
    } else if (request.target == base::cat({"/images/", id, "/history"})) {
      to.answer(history.empty() ? 500 : 200, history);
    } else if (request.target == base::cat({"/images/", id, "/get"})) {
      if (archive.empty()) {
        to.answer(500, R"({"message":"no room"})");
      } else if (breaks_off) {
        to.send(
            base::cat({"HTTP/1.1 200 OK\r\nContent-Length: ", archive.size(), "\r\n\r\n", archive.substr(0, 5000)}));
        to.close();
      } else {
        to.answer(200, archive);
      }
    } else {
      to.answer(404, R"({"message":"no such image"})");
    }
  }

  Folder folder_;
  Server server_;
};

class DaemonTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("DOCKER_HOST", daemon_.address().c_str(), 1);
    ::setenv("CONTAINER_HOST", "unix:///nonexistent/podman", 1);
  }
  void TearDown() override {
    ::unsetenv("DOCKER_HOST");
    ::unsetenv("CONTAINER_HOST");
  }
  static OpenOptions options() {
    OpenOptions quick;
    quick.registry.proxy = "none";
    quick.registry.read_credential_files = false;
    quick.registry.first_wait = std::chrono::milliseconds(1);
    quick.registry.idle_max = std::chrono::milliseconds(2'000);
    return quick;
  }
  static Result<std::unique_ptr<ImageSource>> open(const std::string& target = "docker:app:1") {
    return open_image(target, options());
  }
  // Of reading the first layer.
  std::string fault() {
    const auto image = open();
    return image ? error_of(read_whole(**image, 0)) : error_of(image);
  }
  Daemon daemon_;
};

TEST_F(DaemonTest, ReadsAnImage) {
  for (const std::string& target : {std::string("docker:app:1"), "docker:" + daemon_.id}) {
    const auto image = open(target);
    ASSERT_TRUE(image) << error_of(image);
    const Manifest& manifest = (*image)->manifest();
    EXPECT_EQ(manifest.config_digest.to_string(), daemon_.id);
    EXPECT_EQ(manifest.tags, std::vector<std::string>{"app:1"});
    EXPECT_EQ(manifest.labels.at("a"), "b");
    ASSERT_EQ(manifest.layers.size(), 2U);
    EXPECT_EQ(manifest.layers[0].created_by, "first");
    EXPECT_EQ(manifest.layers[1].created_by, "second");
    EXPECT_TRUE(manifest.layers[0].digest.empty());
    const auto first = read_whole(**image, 0);
    ASSERT_TRUE(first) << error_of(first);
    EXPECT_TRUE(first->entries.contains("etc/first"));
    EXPECT_EQ(first->measured.digest.to_string(), digest_of(kFirst));
    EXPECT_EQ(first->measured.size, kFirst.size());
    EXPECT_EQ(read_whole(**image, 1)->entries.at("etc/second"), "2");
  }
}

TEST_F(DaemonTest, ExportsOnceAndOnlyWhenALayerIsRead) {
  const auto image = open();
  ASSERT_TRUE(image) << error_of(image);
  EXPECT_EQ(daemon_.count("/get"), 0U);
  std::vector<std::jthread> readers;
  for (std::size_t i = 0; i < 6; ++i) readers.emplace_back([&, i] { EXPECT_TRUE(read_whole(**image, i % 2)); });
  readers.clear();
  EXPECT_EQ(daemon_.count("/get"), 1U);
}

// Engines that keep images as registries have them export their layers packed.
TEST_F(DaemonTest, HowALayerIsExportedDoesNotShow) {
  daemon_.archive =
      Tar()
          .file("blobs/sha256/" + hex_of(gzip(kFirst)), gzip(kFirst))
          .file("2.tar", kSecond)
          .file("c.json", daemon_.config)
          .file("manifest.json", base::cat({R"([{"Config":"c.json","RepoTags":null,"Layers":["blobs/sha256/)",
                                            hex_of(gzip(kFirst)), R"(","2.tar"]}])"}))
          .end();
  const auto image = open();
  ASSERT_TRUE(image) << error_of(image);
  const auto first = read_whole(**image, 0);
  ASSERT_TRUE(first) << error_of(first);
  EXPECT_EQ(first->measured.digest.to_string(), digest_of(kFirst));
  EXPECT_EQ(first->measured.size, kFirst.size());
}

TEST_F(DaemonTest, AnotherImageThanDescribedIsAnError) {
  daemon_.description = described({kFirst, kFirst}, host_platform().architecture, daemon_.id);
  EXPECT_CONTAINS(fault(), "another image than it had described");
  daemon_.description = described({kFirst, kSecond}, host_platform().architecture, daemon_.id);
  std::string changed = kFirst;
  changed[600] = 'x';
  daemon_.archive.replace(512, changed.size(), changed);
  EXPECT_CONTAINS(fault(), "the diff ID is");
}

TEST_F(DaemonTest, WithoutAHistoryTheImageIsReadAllTheSame) {
  daemon_.history.clear();
  const auto image = open();
  ASSERT_TRUE(image) << error_of(image);
  EXPECT_EQ((*image)->manifest().layers[0].created_by, "");
  EXPECT_TRUE(read_whole(**image, 0));
}

TEST_F(DaemonTest, ThePlatformHasToBeTheOneAskedFor) {
  const std::string other = host_platform().architecture == "s390x" ? "amd64" : "s390x";
  OpenOptions wanted = options();
  wanted.platform = "linux/" + other;
  const auto refused = open_image("docker:app:1", wanted);
  EXPECT_CONTAINS(error_of(refused), "no image for the platform linux/" + other);
  wanted.platform = kAllPlatforms;
  EXPECT_TRUE(open_image("docker:app:1", wanted));
  wanted.platform = "linux/" + other;
  daemon_.description = described({kFirst, kSecond}, other, daemon_.id);
  EXPECT_TRUE(open_image("docker:app:1", wanted));
  const auto taken = open();
  ASSERT_TRUE(taken) << error_of(taken);
  ASSERT_EQ((*taken)->manifest().notes.size(), 1U);
  EXPECT_CONTAINS((*taken)->manifest().notes[0], "it was taken");
}

TEST_F(DaemonTest, ErrorsNameTheDaemonAndWhatItSays) {
  EXPECT_CONTAINS(error_of(open("docker:none")), daemon_.address() + ": no such image (status 404)");
  EXPECT_EQ(open("docker:none").error().code(), Code::not_found);
  EXPECT_EQ(open("docker:../x").error().code(), Code::usage);
  daemon_.archive.clear();
  EXPECT_CONTAINS(fault(), base::cat({daemon_.address(), ": exporting ", daemon_.id, ": no room (status 500)"}));
  daemon_.description = "{";
  EXPECT_CONTAINS(error_of(open()), "JSON");
  EXPECT_CONTAINS(error_of(open("podman:app:1")), "unix:///nonexistent/podman");
  ::unsetenv("CONTAINER_HOST");
}

TEST_F(DaemonTest, AnExportThatBreaksOffIsAnError) {
  daemon_.breaks_off = true;
  EXPECT_CONTAINS(fault(), "ends early");
  const auto image = open();
  ASSERT_FALSE(read_whole(**image, 0));
  const std::size_t exports = daemon_.count("/get");
  ASSERT_FALSE(read_whole(**image, 1));
  EXPECT_EQ(daemon_.count("/get"), exports) << "what has failed is not tried again for each layer";
}

// ---- Without a prefix.

TEST_F(DaemonTest, ANameIsLookedForAtTheDaemonFirst) {
  const auto image = open("app:1");
  ASSERT_TRUE(image) << error_of(image);
  EXPECT_EQ((*image)->manifest().config_digest.to_string(), daemon_.id);
}

TEST_F(DaemonTest, ThenInItsRegistry) {
  const auto nowhere = open("127.0.0.1:1/app:1");  // nothing listens there
  ASSERT_FALSE(nowhere);
  EXPECT_CONTAINS(error_of(nowhere), "no daemon knows (Docker: ");
  EXPECT_CONTAINS(error_of(nowhere), "no such image (status 404); Podman: unix:///nonexistent/podman");
  EXPECT_CONTAINS(error_of(nowhere), "not connected");
  EXPECT_EQ(daemon_.count("/images/127.0.0.1:1/app:1/json"), 1U);
  // `registry:` asks nobody else.
  EXPECT_FALSE(testing::contains(error_of(open("registry:127.0.0.1:1/app:1")), "daemon"));
  EXPECT_EQ(daemon_.count("/images/127.0.0.1:1/app:1/json"), 1U);
}

TEST_F(DaemonTest, ADaemonThatHangsIsNotWaitedForLong) {
  daemon_.stalls = true;
  EXPECT_CONTAINS(error_of(open("127.0.0.1:1/app:1")), "timed out");
}

}  // namespace
}  // namespace limpid::image
