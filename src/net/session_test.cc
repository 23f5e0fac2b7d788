// Connections that are used again, counted at the servers.
#include "net/session.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/file.h"
#include "net/client.h"
#include "net/testing.h"
#include "net/testing_tls.h"

namespace limpid::net {
namespace {

using testing::Connection;
using testing::Identity;
using testing::Received;
using testing::Server;

Options with_session() {
  Options options;
  options.proxy = "none";
  options.session = std::make_shared<Session>();
  return options;
}

Request get(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

void hello(Connection& connection, const Received&) { connection.answer(200, "hello"); }

std::string read_all(archive::Source& source) {
  auto text = archive::read_all(source, std::uint64_t{64} << 20);
  return text ? *std::move(text) : text.error().describe();
}

// The body of an answer, or what went wrong.
std::string body_of(const Result<Response>& response) {
  return response ? response->body : response.error().describe();
}

TEST(Session, OneConnectionForRequestsOneAfterAnother) {
  const Server server([](Connection& connection, const Received& request) {
    connection.answer(request.target == "/none" ? 404 : 200, request.method + request.body);
  });
  const Options options = with_session();
  EXPECT_EQ(body_of(fetch(get(server.url("/a")), options)), "GET");
  EXPECT_EQ(body_of(fetch(get(server.url("/none")), options)), "GET");
  Request post = get(server.url("/b"));
  post.method = "POST";
  post.body = "ed";
  EXPECT_EQ(body_of(fetch(post, options)), "POSTed");
  auto stream = open_stream(get(server.url("/c")), options);
  ASSERT_TRUE(stream) << stream.error().describe();
  EXPECT_EQ(read_all(*stream->body), "GET");
  stream->body.reset();
  EXPECT_EQ(body_of(fetch(get(server.url("/d")), options)), "GET");
  EXPECT_EQ(server.requests().size(), 5U);
  EXPECT_EQ(server.connections(), 1U);

  Options without = options;
  without.session.reset();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(body_of(fetch(get(server.url("/e")), without)), "GET");
  EXPECT_EQ(server.connections(), 3U);
}

TEST(Session, RequestsAtOnceHaveConnectionsOfTheirOwn) {
  const std::string large(2'000'000, 'x');
  const Server server([&](Connection& connection, const Received&) { connection.answer(200, large); });
  const Options options = with_session();
  auto first = open_stream(get(server.url("/")), options);
  auto second = open_stream(get(server.url("/")), options);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(read_all(*second->body).size(), large.size());
  EXPECT_EQ(read_all(*first->body).size(), large.size());
  first->body.reset();
  second->body.reset();
  EXPECT_EQ(server.connections(), 2U);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(body_of(fetch(get(server.url("/")), options)).size(), large.size());
  EXPECT_EQ(server.connections(), 2U);
}

TEST(Session, FromManyThreads) {
  const Server server([](Connection& connection, const Received& request) { connection.answer(200, request.target); });
  const Options options = with_session();
  constexpr std::size_t kThreads = 4;
  constexpr int kEach = 50;
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < kThreads; ++thread)
      threads.emplace_back([&, thread] {
        for (int i = 0; i < kEach; ++i) {
          const std::string path = base::cat({"/", thread, "/", i});
          if (body_of(fetch(get(server.url(path)), options)) == path) ++right;
        }
      });
  }
  EXPECT_EQ(right, kEach * int{kThreads});
  EXPECT_LE(server.connections(), kThreads);
}

TEST(Session, WhatNobodyReadsIsReadOnIfItIsShort) {
  const std::string large(20'000'000, 'x');
  const Server server([&](Connection& connection, const Received& request) {
    connection.answer(request.target == "/refused" ? 403 : 200, request.target == "/large" ? large : "short");
  });
  const Options options = with_session();
  for (const char* path : {"/refused", "/short"}) ASSERT_TRUE(open_stream(get(server.url(path)), options)) << path;
  EXPECT_EQ(body_of(fetch(get(server.url("/")), options)), "short");
  EXPECT_EQ(server.connections(), 1U);
  ASSERT_TRUE(open_stream(get(server.url("/large")), options));
  EXPECT_EQ(body_of(fetch(get(server.url("/")), options)), "short");
  EXPECT_EQ(server.connections(), 2U);
}

TEST(Session, RedirectsKeepBothEnds) {
  const Server store(hello);
  const Server server([&](Connection& connection, const Received&) {
    connection.answer(307, "moved for a while", "Location: " + store.url("/blob") + "\r\n");
  });
  const Options options = with_session();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(body_of(fetch(get(server.url("/")), options)), "hello");
  EXPECT_EQ(server.connections(), 1U);
  EXPECT_EQ(store.connections(), 1U);
}

TEST(Session, AConnectionThatHasGoneIsReplaced) {
  const Server server([](Connection& connection, const Received& request) {
    connection.answer(200, request.body + "!");
    connection.close();  // without having said so
  });
  const Options options = with_session();
  for (int i = 0; i < 3; ++i) {
    Request post = get(server.url("/"));
    post.method = "POST";
    post.body = "again";
    EXPECT_EQ(body_of(fetch(post, options)), "again!");
  }
  EXPECT_EQ(server.connections(), 3U);
}

TEST(Session, AnAnswerThatBreaksOffSpoilsNoOther) {
  const Server server([](Connection& connection, const Received& request) {
    if (request.target != "/broken") return void(connection.answer(200, "whole"));
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    connection.close();
  });
  const Options options = with_session();
  EXPECT_EQ(body_of(fetch(get(server.url("/")), options)), "whole");
  const auto broken = fetch(get(server.url("/broken")), options);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code(), Code::truncated);
  EXPECT_EQ(body_of(fetch(get(server.url("/")), options)), "whole");
  EXPECT_EQ(server.connections(), 2U);
}

TEST(Session, SilenceOnAnOldConnectionEndsInTime) {
  const Server server([](Connection& connection, const Received& request) {
    if (request.target == "/silent") return connection.stall();
    connection.answer(200, "hello");
  });
  Options options = with_session();
  options.limits.idle = std::chrono::milliseconds(200);
  EXPECT_EQ(body_of(fetch(get(server.url("/")), options)), "hello");
  const auto silent = fetch(get(server.url("/silent")), options);
  ASSERT_FALSE(silent);
  EXPECT_NE(silent.error().describe().find("no byte within 200 ms"), std::string::npos) << silent.error().describe();
  EXPECT_EQ(server.connections(), 1U);
}

TEST(Session, WhatOneAllowListLetThroughIsNotUsedUnderAnother) {
  const Server server(hello);
  Options options = with_session();
  EXPECT_EQ(body_of(fetch(get(server.url("/")), options)), "hello");
  const AllowList nothing;
  options.allow = &nothing;
  const auto refused = fetch(get(server.url("/", "http", "localhost")), options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::usage) << refused.error().describe();
  AllowList loopback;
  ASSERT_TRUE(loopback.allow("127.0.0.0/8"));
  options.allow = &loopback;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(body_of(fetch(get(server.url("/")), options)), "hello");
  EXPECT_EQ(server.connections(), 2U);
}

class SessionOverTls : public ::testing::Test {
 protected:
  SessionOverTls()
      : directory_(*base::TemporaryDirectory::make("limpid-session-test-")),
        authority_(Identity::authority("Test authority")),
        options_(with_session()) {
    options_.tls.ca_file = directory_.path() + "/ca.pem";
    EXPECT_TRUE(base::write_file_atomically(options_.tls.ca_file, base::as_bytes(authority_.certificate_pem())));
  }
  testing::ChannelMaker tls() const { return testing::tls(authority_.sign("here", "IP:127.0.0.1")); }

  base::TemporaryDirectory directory_;
  Identity authority_;
  Options options_;
};

TEST_F(SessionOverTls, OneHandshakeForAll) {
  const Server server(hello, tls());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(body_of(fetch(get(server.url("/", "https")), options_)), "hello");
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(SessionOverTls, OtherSettingsAreOtherConnections) {
  const Server server(hello, tls());
  Options careless = options_;
  careless.tls = {};
  careless.tls.insecure = true;
  EXPECT_EQ(body_of(fetch(get(server.url("/", "https")), careless)), "hello");
  Options strict = careless;
  strict.tls.insecure = false;  // and the authority is not known
  const auto refused = fetch(get(server.url("/", "https")), strict);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().describe().find("TLS: "), std::string::npos) << refused.error().describe();
  EXPECT_EQ(body_of(fetch(get(server.url("/", "https")), options_)), "hello");
  EXPECT_EQ(server.requests().size(), 2U);
}

// Who took leave of a transfer before has taken none of this one.
TEST_F(SessionOverTls, AnEarlyEndIsNoticedOnAnOldConnectionToo) {
  const Server server(
      [](Connection& connection, const Received& request) {
        if (request.target == "/") return void(connection.answer(200, "hello"));
        connection.send("HTTP/1.1 200 OK\r\n\r\nhalf");
        if (request.target == "/farewell") connection.say_farewell();
        connection.close();
      },
      tls());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(body_of(fetch(get(server.url("/", "https")), options_)), "hello");
    EXPECT_EQ(body_of(fetch(get(server.url("/farewell", "https")), options_)), "half");
    EXPECT_EQ(body_of(fetch(get(server.url("/", "https")), options_)), "hello");
    const auto broken = fetch(get(server.url("/broken", "https")), options_);
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code(), Code::truncated) << broken.error().describe();
  }
}

}  // namespace
}  // namespace limpid::net
