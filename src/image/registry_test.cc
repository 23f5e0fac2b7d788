// open_registry() against a registry of the test's own on loopback, which also misbehaves as it is told to.
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "image/registry_client.h"
#include "image/source.h"
#include "image/testing.h"
#include "net/testing.h"

namespace limpid::image {
namespace {

using net::testing::Connection;
using net::testing::Received;
using net::testing::Server;
using testing::descriptor;
using testing::digest_of;
using testing::error_of;
using testing::gzip;
using testing::index_of;
using testing::kIndexType;
using testing::kManifestType;
using testing::LayoutFiles;
using testing::manifest_of;
using testing::read_whole;
using testing::Tar;

// Large enough that a part of it is on its way before a connection breaks.
const std::string kFirst = Tar().file("etc/first", std::string(300'000, '1')).end();
const std::string kSecond = Tar().file("etc/second", "2").end();

// Serves what was pushed, unless `misbehave` has answered already.
class Registry {
 public:
  using Misbehave = std::function<bool(Connection&, const Received&)>;
  explicit Registry(Misbehave misbehave = {})
      : misbehave_(std::move(misbehave)),
        server_([this](Connection& to, const Received& request) { answer(to, request); }) {}

  // An image of these tars; the manifest's bytes.
  std::string image(const std::vector<std::string>& tars, std::string_view architecture = "amd64") {
    return files_.image(tars, architecture);
  }
  void tag(const std::string& name, const std::string& bytes, std::string_view type = kManifestType) {
    manifests_[name] = manifests_[digest_of(bytes)] = {bytes, std::string(type)};
  }
  void push(const std::string& bytes, std::string_view type = kManifestType) { tag(digest_of(bytes), bytes, type); }
  std::string blob(const std::string& digest) {
    const auto found = files_.files().find("blobs/sha256/" + digest.substr(digest.find(':') + 1));
    return found == files_.files().end() ? std::string() : found->second;
  }

  std::string name(std::string_view rest = "app:1") const {
    return base::cat({"127.0.0.1:", server_.port(), "/", rest});
  }
  std::string url(std::string_view path, std::string_view host = "127.0.0.1") const {
    return server_.url(path, "http", host);
  }
  std::vector<Received> requests() const { return server_.requests(); }
  std::size_t connections() const { return server_.connections(); }
  // Requests whose target begins so.
  std::size_t count(std::string_view target) const {
    std::size_t found = 0;
    for (const Received& request : requests()) found += request.target.starts_with(target) ? 1 : 0;
    return found;
  }

 private:
  void answer(Connection& to, const Received& request) {
    if (misbehave_ && misbehave_(to, request)) return;
    std::string_view rest = request.target;
    if (rest == "/v2/") {
      to.answer(200, "{}");
      return;
    }
    if (base::strip_prefix(rest, "/v2/app/manifests/")) {
      const auto found = manifests_.find(std::string(rest));
      if (found != manifests_.end()) {
        to.answer(200, found->second.first,
                  base::cat({"Content-Type: ", found->second.second,
                             "\r\nDocker-Content-Digest: ", digest_of(found->second.first), "\r\n"}));
        return;
      }
    } else if (base::strip_prefix(rest, "/v2/app/blobs/")) {
      if (const std::string bytes = blob(std::string(rest)); !bytes.empty()) {
        to.answer(200, bytes);
        return;
      }
    }
    to.answer(404, R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"not known"}]})");
  }

  Misbehave misbehave_;
  LayoutFiles files_;
  std::map<std::string, std::pair<std::string, std::string>> manifests_;
  Server server_;
};

OpenOptions options() {
  OpenOptions quick;
  quick.platform = "linux/amd64";
  quick.registry.proxy = "none";
  quick.registry.read_credential_files = false;
  quick.registry.read_registries_conf = false;
  quick.registry.first_wait = std::chrono::milliseconds(1);
  return quick;
}
OpenOptions with_login() {
  OpenOptions login = options();
  login.registry.username = "ann";
  login.registry.password = "s3cret-of-ann";
  return login;
}
const std::string kLogin = "Basic " + base::to_base64("ann:s3cret-of-ann");

// Reads every layer; "" if all is well.
std::string fault_of(const Result<std::unique_ptr<ImageSource>>& image) {
  if (!image) return error_of(image);
  for (std::size_t i = 0; i < (*image)->manifest().layers.size(); ++i)
    if (const auto whole = read_whole(**image, i); !whole) return error_of(whole);
  return {};
}

// ---- What is read, and how it is asked for.

TEST(Registry, ReadsAnImageByTagAndByDigest) {
  Registry registry;
  const std::string manifest = registry.image({kFirst, kSecond});
  registry.tag("1", manifest);
  const auto image = open_registry(registry.name(), options());
  ASSERT_TRUE(image) << error_of(image);
  EXPECT_EQ((*image)->manifest().name, registry.name());
  EXPECT_EQ((*image)->manifest().tags, std::vector{registry.name()});
  EXPECT_EQ((*image)->manifest().digest.to_string(), digest_of(manifest));
  ASSERT_EQ((*image)->manifest().layers.size(), 2U);
  EXPECT_EQ((*image)->manifest().layers[0].diff_id.to_string(), digest_of(kFirst));
  const auto whole = read_whole(**image, 1);
  ASSERT_TRUE(whole) << error_of(whole);
  EXPECT_EQ(whole->entries.at("etc/second"), "2");
  EXPECT_EQ(fault_of(image), "");

  const std::string by_digest = registry.name("app@" + digest_of(manifest));
  const auto same = open_registry(by_digest, options());
  ASSERT_TRUE(same) << error_of(same);
  EXPECT_EQ((*same)->manifest().name, by_digest);
  EXPECT_EQ(fault_of(open_registry(registry.name("app:other@" + digest_of(manifest)), options())), "");
  EXPECT_EQ(fault_of(open_image("registry:" + registry.name(), options())), "");
  EXPECT_EQ(fault_of(open_image(registry.name(), options())), "");
  for (const Received& request : registry.requests()) {
    EXPECT_EQ(request.method, "GET");
    EXPECT_FALSE(request.has("authorization"));
    if (!request.target.starts_with("/v2/app/manifests/")) continue;
    for (const std::string_view type : {kManifestType, kIndexType}) EXPECT_CONTAINS(request.header("accept"), type);
    EXPECT_CONTAINS(request.header("accept"), "application/vnd.docker.distribution.manifest.list.v2+json");
    EXPECT_CONTAINS(request.header("accept"), "application/vnd.docker.distribution.manifest.v2+json");
  }
}

TEST(Registry, OfAnIndexOnlyWhatServesIsRead) {
  Registry registry;
  const std::string mine = registry.image({kSecond});
  const std::string other = registry.image({kFirst}, "s390x");
  const std::string attestation = registry.image({kFirst}, "unknown");
  const auto listed = [](std::string_view bytes, std::string_view architecture, std::string_view more = "") {
    return descriptor(kManifestType, bytes,
                      base::cat({R"(,"platform":{"os":"linux","architecture":")", architecture, "\"}", more}));
  };
  const std::string artifact = descriptor(kManifestType, "artifact", R"(,"artifactType":"application/x.signature")");
  const std::string index = index_of(
      {listed(other, "s390x"),
       listed(attestation, "unknown", R"(,"annotations":{"vnd.docker.reference.type":"attestation-manifest"})"),
       artifact, listed(mine, "amd64")});
  for (const std::string& manifest : {mine, other, attestation}) registry.push(manifest);
  registry.tag("1", index, kIndexType);
  const auto image = open_registry(registry.name(), options());
  EXPECT_EQ(fault_of(image), "");
  EXPECT_EQ((*image)->manifest().digest.to_string(), digest_of(mine));
  EXPECT_EQ(registry.count("/v2/app/manifests/"), 2U);
  ASSERT_EQ((*image)->manifest().notes.size(), 1U);
  EXPECT_CONTAINS((*image)->manifest().notes[0], "linux/amd64 was chosen of linux/amd64, linux/s390x");

  OpenOptions arm = options();
  arm.platform = "linux/arm64";
  const auto none = open_registry(registry.name(), arm);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Code::not_found);
  EXPECT_CONTAINS(error_of(none), "no image for the platform linux/arm64; there are: linux/s390x, linux/amd64");

  // One that only attestations stand beside is the only one.
  registry.tag("lone", index_of({listed(other, "s390x"), listed(attestation, "unknown")}), kIndexType);
  OpenOptions any = options();
  any.platform = "";
  const auto lone = open_registry(registry.name("app:lone"), any);
  EXPECT_EQ(fault_of(lone), "");
  EXPECT_EQ((*lone)->manifest().platform.architecture, "s390x");
}

TEST(Registry, SaysWhatIsNotThere) {
  Registry registry;
  const auto missing = open_registry(registry.name("app:none"), options());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Code::not_found);
  EXPECT_CONTAINS(
      error_of(missing),
      registry.name("app:none") + ": manifest none: the registry does not have it (status 404, MANIFEST_UNKNOWN)");
  EXPECT_EQ(open_registry("A:b:c", options()).error().code(), Code::usage);
}

TEST(Registry, RefusesSchema1) {
  Registry registry;
  registry.tag("1", R"({"schemaVersion":1,"name":"app","fsLayers":[]})",
               "application/vnd.docker.distribution.manifest.v1+prettyjws");
  registry.tag("2", R"({"schemaVersion":1,"name":"app","fsLayers":[]})", "application/json");
  for (const std::string name : {"app:1", "app:2"}) {
    const auto image = open_registry(registry.name(name), options());
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code(), Code::unsupported);
    EXPECT_CONTAINS(error_of(image), "schema 1");
  }
}

// ---- Lies.

TEST(Registry, DigestsOfManifestsAreCompared) {
  std::string promised = digest_of("another");
  Registry registry([&](Connection& to, const Received& request) {
    if (!request.target.starts_with("/v2/app/manifests/")) return false;
    to.answer(200, "{}", "Docker-Content-Digest: " + promised + "\r\n");
    return true;
  });
  const auto by_tag = open_registry(registry.name(), options());
  ASSERT_FALSE(by_tag);
  EXPECT_EQ(by_tag.error().code(), Code::mismatch);
  EXPECT_CONTAINS(error_of(by_tag), "its bytes have the digest " + digest_of("{}") + ", but " + promised);
  const auto by_digest = open_registry(registry.name("app@" + digest_of("x")), options());
  ASSERT_FALSE(by_digest);
  EXPECT_EQ(by_digest.error().code(), Code::mismatch);
  promised = "md5:1";
  EXPECT_CONTAINS(error_of(open_registry(registry.name(), options())), "Docker-Content-Digest");
}

TEST(Registry, ALayerOfOtherBytesIsRefused) {
  std::string stored = gzip(kFirst);
  Registry registry([&](Connection& to, const Received& request) {
    if (request.target != "/v2/app/blobs/" + digest_of(gzip(kFirst))) return false;
    to.answer(200, stored);
    return true;
  });
  registry.tag("1", registry.image({kFirst}));
  EXPECT_EQ(fault_of(open_registry(registry.name(), options())), "");
  stored[200'000] = '2';
  EXPECT_NE(fault_of(open_registry(registry.name(), options())), "");
  stored = gzip(kFirst) + "more";  // its Content-Length says so
  EXPECT_CONTAINS(fault_of(open_registry(registry.name(), options())), "were promised");
}

TEST(Registry, ManifestsAreBounded) {
  Registry registry([](Connection& to, const Received& request) {
    if (!request.target.starts_with("/v2/app/manifests/")) return false;
    to.answer(200, std::string(kManifestSizeMax + 1, ' '));
    return true;
  });
  EXPECT_EQ(open_registry(registry.name(), options()).error().code(), Code::limit);
}

TEST(Registry, ABlobMayComeWithoutItsLength) {
  Registry registry([](Connection& to, const Received& request) {
    if (request.target != "/v2/app/blobs/" + digest_of(gzip(kFirst))) return false;
    const std::string bytes = gzip(kFirst);
    char size[32];
    std::snprintf(size, sizeof size, "%zx", bytes.size());
    to.send(base::cat({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", size, "\r\n", bytes, "\r\n0\r\n\r\n"}));
    return true;
  });
  registry.tag("1", registry.image({kFirst}));
  EXPECT_EQ(fault_of(open_registry(registry.name(), options())), "");
}

// ---- What breaks on the way.

// A registry whose blob of kFirst breaks off after `first` bytes when asked for all, and after which `resume` answers.
struct Breaking {
  using Resume = std::function<void(Connection&, const std::string& bytes, std::size_t from)>;
  explicit Breaking(Resume given)
      : registry([resume = std::move(given)](Connection& to, const Received& request) {
          const std::string bytes = gzip(kFirst);
          if (request.target != "/v2/app/blobs/" + digest_of(bytes)) return false;
          const std::string range = request.header("range");
          if (range.empty()) {
            to.send(base::cat({"HTTP/1.1 200 OK\r\nContent-Length: ", bytes.size(), "\r\n\r\n"}));
            to.send(bytes.substr(0, 200'000));
            to.close();
            return true;
          }
          std::string_view rest = range;
          base::strip_prefix(rest, "bytes=");
          resume(to, bytes, base::parse_unsigned(base::take_until(rest, '-')).value_or(0));
          return true;
        }) {
    registry.tag("1", registry.image({kFirst}));
  }
  std::string fault() { return fault_of(open_registry(registry.name(), options())); }
  Registry registry;
};

void send_part(Connection& to, const std::string& bytes, std::size_t from, std::size_t size, const std::string& range) {
  to.send(base::cat(
      {"HTTP/1.1 206 Partial\r\nContent-Range: ", range, "\r\nContent-Length: ", bytes.size() - from, "\r\n\r\n"}));
  to.send(bytes.substr(from, size));
  to.close();
}
std::string range_of(const std::string& bytes, std::size_t from) {
  return base::cat({"bytes ", from, "-", bytes.size() - 1, "/", bytes.size()});
}

TEST(Registry, ABrokenBlobIsResumed) {
  Breaking breaking([](Connection& to, const std::string& bytes, std::size_t from) {
    send_part(to, bytes, from, 50'000, range_of(bytes, from));  // breaks again, and again
  });
  EXPECT_EQ(breaking.fault(), "");
  EXPECT_GE(breaking.registry.count("/v2/app/blobs/" + digest_of(gzip(kFirst))), 3U);
}

TEST(Registry, AServerWithoutRangesBeginsAnew) {
  Breaking breaking([](Connection& to, const std::string& bytes, std::size_t) { to.answer(200, bytes); });
  EXPECT_EQ(breaking.fault(), "");
}

TEST(Registry, OtherBytesThanThoseAskedForAreRefused) {
  for (const std::string range : {"bytes 0-300000/300001", "bytes x", ""}) {
    Breaking breaking([&](Connection& to, const std::string& bytes, std::size_t from) {
      send_part(to, bytes, from, bytes.size(), range);
    });
    EXPECT_CONTAINS(breaking.fault(), "others came") << range;
  }
  Breaking grown([](Connection& to, const std::string& bytes, std::size_t from) {
    send_part(to, bytes, from, bytes.size(), base::cat({"bytes ", from, "-", bytes.size() - 1, "/", bytes.size() + 1}));
  });
  EXPECT_CONTAINS(grown.fault(), "has " + std::to_string(gzip(kFirst).size() + 1) + " now");
}

TEST(Registry, ABlobThatStaysBrokenEnds) {
  Breaking short_blob([](Connection& to, const std::string&, std::size_t) { to.answer(416, ""); });
  EXPECT_CONTAINS(short_blob.fault(), "the registry has no more than");
  Breaking stuck([](Connection& to, const std::string& bytes, std::size_t from) {
    send_part(to, bytes, from, 0, range_of(bytes, from));
  });
  EXPECT_CONTAINS(stuck.fault(), "ends early");
  EXPECT_EQ(stuck.registry.count("/v2/app/blobs/" + digest_of(gzip(kFirst))), 1U + kResumesInVainMax);
}

TEST(Registry, WaitsAsItIsAskedTo) {
  std::atomic<int> refused{0};
  Registry registry([&](Connection& to, const Received& request) {
    if (!request.target.starts_with("/v2/app/manifests/") || refused == 3) return false;
    ++refused;
    refused == 1 ? to.answer(429, "", "Retry-After: 1\r\n") : refused == 2 ? to.answer(503, "") : to.answer(500, "");
    return true;
  });
  registry.tag("1", registry.image({kSecond}));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(fault_of(open_registry(registry.name(), options())), "");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(900));
  EXPECT_EQ(refused.load(), 3);
}

TEST(Registry, ButNotForEver) {
  Registry registry([](Connection& to, const Received& request) {
    if (request.target.ends_with("/later")) return to.answer(429, "", "Retry-After: 3600\r\n");
    if (request.target.ends_with("/down")) return to.answer(503, "");
    return false;
  });
  EXPECT_CONTAINS(error_of(open_registry(registry.name("app:later"), options())), "wants to be asked again in 3600 s");
  EXPECT_EQ(registry.count("/v2/app/manifests/later"), 1U);
  EXPECT_CONTAINS(error_of(open_registry(registry.name("app:down"), options())), "status 503");
  EXPECT_EQ(registry.count("/v2/app/manifests/down"), 5U);
}

TEST(Registry, OneConnectionIsEnough) {
  Registry registry;
  registry.tag("1", registry.image({kFirst, kSecond, kFirst + kSecond}));
  const auto image = open_registry(registry.name(), options());
  EXPECT_EQ(fault_of(image), "");
  EXPECT_GE(registry.requests().size(), 6U);
  EXPECT_EQ(registry.connections(), 1U);
}

TEST(Registry, CanBeCancelled) {
  std::atomic<bool> cancel{false};
  Registry registry([&](Connection& to, const Received& request) {
    if (!request.target.starts_with("/v2/app/manifests/")) return false;
    cancel = true;
    to.stall();
    return true;
  });
  OpenOptions cancelled = options();
  cancelled.cancel = &cancel;
  EXPECT_EQ(open_registry(registry.name(), cancelled).error().code(), Code::cancelled);
}

// ---- Where else it is asked for.

TEST(Registry, MirrorsAreAskedFirst) {
  const auto served = [](Registry& registry, const std::string& tar) { registry.tag("1", registry.image({tar})); };
  Registry origin, mirror;
  served(mirror, kSecond);
  OpenOptions mirrored = with_login();
  mirrored.registry.mirrors = {base::cat({origin.name(""), "=", mirror.name("")})};
  for (std::string& text : mirrored.registry.mirrors) std::erase(text, '/');
  const auto image = open_registry(origin.name(), mirrored);
  EXPECT_EQ(fault_of(image), "");
  EXPECT_EQ((*image)->manifest().name, origin.name());
  EXPECT_EQ((*image)->manifest().notes, std::vector<std::string>{"fetched from " + mirror.name()});
  EXPECT_EQ(origin.requests().size(), 0U);

  // What it does not have, the registry does.
  served(origin, kFirst);
  origin.tag("2", origin.image({kFirst}));
  EXPECT_EQ(fault_of(open_registry(origin.name("app:2"), mirrored)), "");
  EXPECT_EQ(mirror.count("/v2/app/manifests/2"), 1U);
  const std::string missing = error_of(open_registry(origin.name("app:3"), mirrored));
  EXPECT_CONTAINS(missing, "there are 2 places to fetch it from, and none does: " + mirror.name("app:3") + ": ");
  EXPECT_CONTAINS(missing, "; " + origin.name("app:3") + ": ");
  EXPECT_EQ(open_registry(origin.name("app:3"), mirrored).error().code(), Code::not_found);
}

TEST(Registry, AMirrorGetsNoCredentialsThatWereGivenForTheRegistry) {
  const auto wants_login = [](Connection& to, const Received& request) {
    if (request.target == "/v2/" || request.header("authorization") == kLogin) return false;
    return to.answer(401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n");
  };
  Registry origin(wants_login), mirror(wants_login);
  for (Registry* registry : {&origin, &mirror}) registry->tag("1", registry->image({kSecond}));
  OpenOptions mirrored = with_login();
  std::string rule = base::cat({origin.name(""), "=", mirror.name("")});
  std::erase(rule, '/');
  mirrored.registry.mirrors = {rule};
  EXPECT_EQ(fault_of(open_registry(origin.name(), mirrored)), "");
  EXPECT_GE(mirror.requests().size(), 1U);
  for (const Received& request : mirror.requests()) EXPECT_FALSE(request.has("authorization"));
}

// ---- Who asks.

TEST(Registry, BasicCredentialsGoToWhoAsksForThem) {
  Registry registry([&](Connection& to, const Received& request) {
    if (request.target == "/v2/" || request.header("authorization") == kLogin) return false;
    return to.answer(401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n");
  });
  registry.tag("1", registry.image({kSecond}));
  EXPECT_EQ(fault_of(open_registry(registry.name(), with_login())), "");
  EXPECT_FALSE(registry.requests().at(0).has("authorization"));
  EXPECT_FALSE(registry.requests().at(1).has("authorization"));

  const auto nobody = open_registry(registry.name(), options());
  ASSERT_FALSE(nobody);
  EXPECT_CONTAINS(error_of(nobody), "the registry wants credentials: log in with");
  OpenOptions wrong = with_login();
  wrong.registry.password = "wr0ng-one";
  const auto refused = open_registry(registry.name(), wrong);
  ASSERT_FALSE(refused);
  EXPECT_CONTAINS(error_of(refused), "--username");
  EXPECT_EQ(error_of(refused).find("wr0ng"), std::string::npos);
  EXPECT_EQ(error_of(refused).find(base::to_base64("ann:wr0ng-one")), std::string::npos);
}

// A token server, and a registry that believes its tokens: each token for `uses` requests.
struct Tokens {
  explicit Tokens(int uses = 1'000)
      : server([this](Connection& to, const Received& request) { give(to, request); }),
        registry([this, uses](Connection& to, const Received& request) {
          if (request.target == "/v2/") return false;
          const std::lock_guard lock(mutex);
          if (!valid.empty() && request.header("authorization") == "Bearer " + valid && used++ < uses) return false;
          return to.answer(401, "",
                           base::cat({"WWW-Authenticate: Basic realm=\"x\"\r\nWWW-Authenticate: Bearer realm=\"",
                                      server.url("/token?x=1"), "\",service=\"a registry\",scope=\"whatever\"\r\n"}));
        }) {
    registry.tag("1", registry.image({kFirst, kSecond}));
  }
  void give(Connection& to, const Received&) {
    const std::lock_guard lock(mutex);
    if (status != 200) {
      to.answer(status, "");
      return;
    }
    valid = "t" + std::to_string(++made);
    used = 0;
    to.answer(200, base::cat({"{\"", key, "\":\"", valid, "\",\"expires_in\":300}"}));
  }
  std::mutex mutex;
  std::string valid, key = "token";
  int made = 0, used = 0, status = 200;
  Server server;
  Registry registry;
};

TEST(Registry, AnonymousTokens) {
  Tokens tokens;
  EXPECT_EQ(fault_of(open_registry(tokens.registry.name(), options())), "");
  ASSERT_EQ(tokens.server.requests().size(), 1U);
  const Received asked = tokens.server.requests().at(0);
  EXPECT_EQ(asked.method, "GET");
  EXPECT_EQ(asked.target, "/token?x=1&service=a%20registry&scope=repository%3Aapp%3Apull");
  EXPECT_FALSE(asked.has("authorization"));
}

TEST(Registry, TokensForCredentials) {
  Tokens tokens;
  tokens.key = "access_token";
  EXPECT_EQ(fault_of(open_registry(tokens.registry.name(), with_login())), "");
  ASSERT_EQ(tokens.server.requests().size(), 1U);
  EXPECT_EQ(tokens.server.requests().at(0).header("authorization"), kLogin);
  EXPECT_CONTAINS(tokens.server.requests().at(0).target, "&account=ann");
  for (const Received& request : tokens.registry.requests()) EXPECT_NE(request.header("authorization"), kLogin);
}

TEST(Registry, ATokenThatIsRefusedIsReplaced) {
  Tokens tokens(1);
  EXPECT_EQ(fault_of(open_registry(tokens.registry.name(), options())), "");
  EXPECT_GE(tokens.server.requests().size(), 4U);  // manifest, config, two layers
}

TEST(Registry, ATokenServersRefusals) {
  Tokens tokens;
  tokens.status = 401;
  EXPECT_CONTAINS(error_of(open_registry(tokens.registry.name(), options())),
                  "gives nobody a token without credentials");
  const std::string refused = error_of(open_registry(tokens.registry.name(), with_login()));
  EXPECT_CONTAINS(refused, "token server refused the credentials of --username");
  EXPECT_EQ(refused.find("s3cret"), std::string::npos);
  tokens.status = 404;
  EXPECT_CONTAINS(error_of(open_registry(tokens.registry.name(), options())), "token server answered 404");
  tokens.status = 200;
  for (const std::string_view body :
       {"", "{}", "[]", "{\"token\":\"a\\r\\nb\"}", "{\"token\":1}", "{\"token\":\"\"}"}) {
    Server odd([&](Connection& to, const Received&) { to.answer(200, body); });
    Registry registry([&](Connection& to, const Received& request) {
      if (request.target == "/v2/") return false;
      return to.answer(401, "", base::cat({"WWW-Authenticate: Bearer realm=\"", odd.url("/"), "\"\r\n"}));
    });
    const auto image = open_registry(registry.name(), options());
    ASSERT_FALSE(image) << body;
    EXPECT_EQ(image.error().code(), Code::invalid) << error_of(image);
  }
}

TEST(Registry, WhatCannotBeAnswered) {
  std::string header;
  Registry registry(
      [&](Connection& to, const Received& request) { return request.target != "/v2/" && to.answer(401, "", header); });
  EXPECT_CONTAINS(error_of(open_registry(registry.name(), with_login())), "without saying what credentials it wants");
  header = "WWW-Authenticate: Negotiate\r\n";
  EXPECT_CONTAINS(error_of(open_registry(registry.name(), with_login())), "not known here: negotiate");
  header = "WWW-Authenticate: Bearer realm=\"\r\n";
  EXPECT_CONTAINS(error_of(open_registry(registry.name(), with_login())), "a quote that does not end");
  header = "WWW-Authenticate: Bearer service=x\r\n";
  EXPECT_CONTAINS(error_of(open_registry(registry.name(), with_login())), "no http or https URL");
}

TEST(Registry, ARedirectTakesNoCredentialsAlong) {
  const std::string bytes = gzip(kFirst);
  Server store([&](Connection& to, const Received&) { to.answer(200, bytes); });
  Registry registry([&](Connection& to, const Received& request) {
    if (request.target == "/v2/") return false;
    if (request.header("authorization") != kLogin) return to.answer(401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n");
    if (request.target != "/v2/app/blobs/" + digest_of(bytes)) return false;
    return to.answer(307, "", base::cat({"Location: ", store.url("/blob?signature=1", "http", "localhost"), "\r\n"}));
  });
  registry.tag("1", registry.image({kFirst}));
  EXPECT_EQ(fault_of(open_registry(registry.name(), with_login())), "");
  ASSERT_EQ(store.requests().size(), 1U);
  EXPECT_FALSE(store.requests().at(0).has("authorization"));
}

TEST(Registry, OnlyTheRegistrySaysWhereCredentialsGo) {
  Server thief([](Connection& to, const Received&) { to.answer(200, "{\"token\":\"x\"}"); });
  Server store([&](Connection& to, const Received&) {
    to.answer(
        401, "",
        base::cat({"WWW-Authenticate: Bearer realm=\"", thief.url("/"), "\"\r\nWWW-Authenticate: Basic realm=x\r\n"}));
  });
  const std::string bytes = gzip(kFirst);
  Registry registry([&](Connection& to, const Received& request) {
    if (request.target != "/v2/app/blobs/" + digest_of(bytes)) return false;
    return to.answer(307, "", base::cat({"Location: ", store.url("/blob"), "\r\n"}));
  });
  registry.tag("1", registry.image({kFirst}));
  const std::string fault = fault_of(open_registry(registry.name(), with_login()));
  EXPECT_CONTAINS(fault, "to which the registry leads, refuses it (status 401)");
  EXPECT_TRUE(thief.requests().empty());
  for (const Received& request : store.requests()) EXPECT_FALSE(request.has("authorization"));
}

// ---- Its parts.

Result<void> renewed(std::string realm, bool plain_http) {
  RegistryAuth auth(*parse_name("registry.example/app"), {}, {}, {}, plain_http);
  net::Response refused;
  refused.status = 401;
  refused.headers = {{"www-authenticate", base::cat({"Bearer realm=\"", realm, "\""})}};
  return auth.renew(refused, "");
}

TEST(RegistryAuth, CredentialsThatCouldNotBeLookedUpAreToldOfWhenWanted) {
  RegistryAuth auth(*parse_name("registry.example/app"), fail(Code::io, {"config.json: no helper"}), {}, {}, false);
  EXPECT_EQ(auth.header().value(), "");
  net::Response refused;
  refused.status = 401;
  refused.headers = {{"www-authenticate", "Basic realm=\"x\""}};
  EXPECT_CONTAINS(error_of(auth.renew(refused, "")), "wants credentials: they could not be looked up (config.json: no");
}

TEST(RegistryAuth, TokensAreNotFetchedInTheClear) {
  EXPECT_TRUE(renewed("https://auth.example/token", false));
  EXPECT_TRUE(renewed("http://127.0.0.1:5001/token", false));
  EXPECT_TRUE(renewed("http://auth.example/token", true));
  for (const std::string realm :
       {"http://auth.example/token", "http://127.0.0.1@auth.example/", "http://auth.example\\@localhost/",
        "http://localhost.example/", "file:///etc/passwd", "https://", "https://user@auth.example/", ""})
    EXPECT_FALSE(renewed(realm, false)) << realm;
}

TEST(RegistryAuth, AnIdentityTokenIsPosted) {
  Server server(
      [](Connection& to, const Received&) { to.answer(200, R"({"access_token":"short","refresh_token":"x"})"); });
  Credentials credentials;
  credentials.identity_token = "long&lived";
  net::Options client;
  client.proxy = "none";
  RegistryAuth auth(*parse_name("registry.example/app"), credentials, client, options().registry, false);
  net::Response refused;
  refused.status = 401;
  refused.headers = {{"www-authenticate", base::cat({"Bearer realm=\"", server.url("/oauth2/token"), "\",service=s"})}};
  ASSERT_TRUE(auth.renew(refused, ""));
  EXPECT_EQ(auth.header().value(), "Bearer short");
  EXPECT_EQ(auth.header().value(), "Bearer short");
  ASSERT_EQ(server.requests().size(), 1U);
  const Received asked = server.requests().at(0);
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.target, "/oauth2/token");
  EXPECT_EQ(asked.header("content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(
      asked.body,
      "grant_type=refresh_token&client_id=limpid&service=s&scope=repository%3Aapp%3Apull&refresh_token=long%26lived");
}

TEST(RegistryAuth, AnIdentityTokenFollowsNoRedirect) {
  Server thief([](Connection& to, const Received&) { to.answer(200, R"({"token":"x"})"); });
  Server server([&](Connection& to, const Received&) { to.answer(307, "", "Location: " + thief.url("/") + "\r\n"); });
  Credentials credentials;
  credentials.identity_token = "long-lived";
  net::Options client;
  client.proxy = "none";
  RegistryAuth auth(*parse_name("registry.example/app"), credentials, client, options().registry, false);
  net::Response refused;
  refused.headers = {{"www-authenticate", base::cat({"Bearer realm=\"", server.url("/"), "\""})}};
  ASSERT_TRUE(auth.renew(refused, ""));
  EXPECT_CONTAINS(error_of(auth.header()), "token server answered 307");
  EXPECT_TRUE(thief.requests().empty());
}

TEST(RegistryAuth, ARegistryTokenIsShownAsItIs) {
  Credentials credentials;
  credentials.registry_token = "given";
  credentials.origin = "config.json: auths.registry.example";
  RegistryAuth auth(*parse_name("registry.example/app"), credentials, {}, {}, false);
  net::Response refused;
  refused.status = 401;
  refused.headers = {{"www-authenticate", "Bearer realm=\"https://auth.example/\""}};
  EXPECT_EQ(auth.header().value(), "");
  ASSERT_TRUE(auth.renew(refused, ""));
  EXPECT_EQ(auth.header().value(), "Bearer given");
  EXPECT_CONTAINS(error_of(auth.renew(refused, "Bearer given")), "refused the token of config.json");
}

TEST(ContentRange, IsReadStrictly) {
  const auto range = parse_content_range("bytes 5-9/10");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 5U);
  EXPECT_EQ(range->last, 9U);
  EXPECT_EQ(range->size, 10U);
  EXPECT_FALSE(parse_content_range("bytes 5-9/*")->size);
  for (const std::string_view value : {"", "bytes", "bytes 5-9", "bytes 9-5/10", "bytes 5-10/10", "bytes */10",
                                       "lines 5-9/10", "bytes -9/10", "bytes 5-9/x"})
    EXPECT_FALSE(parse_content_range(value)) << value;
}

}  // namespace
}  // namespace limpid::image
