// The client against real servers on loopback: HTTP, TLS, and a proxy, each scripted by its test.
#include "net/client.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/stat.h>

#include "base/file.h"
#include "net/testing.h"
#include "net/testing_tls.h"

namespace limpid::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::Connection;
using testing::Identity;
using testing::Received;
using testing::Server;

// No test depends on the machine's proxies; its own are set explicitly.
Options direct() {
  Options options;
  options.proxy = "none";
  return options;
}

Request get(std::string url, Headers headers = {}) {
  Request request;
  request.url = std::move(url);
  request.headers = std::move(headers);
  return request;
}

// Answers "hello" to everything.
void hello(Connection& connection, const Received&) { connection.answer(200, "hello", "X-Kind: plain\r\n"); }

Server::Handler says(std::string bytes) {
  return [bytes](Connection& connection, const Received&) {
    connection.send(bytes);
    connection.close();
  };
}

Server::Handler redirects_to(std::function<std::string()> location, int status = 302) {
  return [location, status](Connection& connection, const Received&) {
    connection.answer(status, "gone away", "Location: " + location() + "\r\n");
  };
}

void expect_error(const auto& result, Code code, std::string_view text) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), code) << result.error().describe();
  EXPECT_NE(result.error().describe().find(text), std::string::npos) << result.error().describe();
}

std::string read(const std::string& path) { return base::read_file(path, 1 << 20).value_or("(unreadable)"); }

// ---- Plain answers.

TEST(Fetch, Plain) {
  Server server(hello);
  const auto response = fetch(get(server.url("/a/b?c=d#e")), direct());
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->header("x-kind"), "plain");
  EXPECT_EQ(response->header("x-none"), "");
  EXPECT_EQ(response->url, server.url("/a/b?c=d"));
  const Received request = server.requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/a/b?c=d");
  EXPECT_TRUE(request.header("user-agent").starts_with("limpid/"));
  EXPECT_EQ(request.header("host"), base::cat({"127.0.0.1:", server.port()}));
  EXPECT_FALSE(request.has("accept-encoding"));
  EXPECT_FALSE(request.has("content-type"));
}

TEST(Fetch, EveryStatusIsAnAnswer) {
  for (const int status : {204, 304, 400, 404, 500, 503}) {
    Server server([status](Connection& connection, const Received&) {
      status == 204 || status == 304 ? connection.send(base::cat({"HTTP/1.1 ", status, " x\r\n\r\n"}))
                                     : connection.answer(status, "why");
    });
    const auto response = fetch(get(server.url("/")), direct());
    ASSERT_TRUE(response) << response.error().describe();
    EXPECT_EQ(response->status, status);
    EXPECT_EQ(response->body, status == 204 || status == 304 ? "" : "why");
  }
}

TEST(Fetch, ChunkedWithInterimAnswerAndTrailer) {
  Server server(
      says("HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
           "X-Folded: a\r\n  b\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Late: 1\r\n\r\n"));
  const auto response = fetch(get(server.url("/")), direct());
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->body, "hello world");
  EXPECT_EQ(response->header("x-folded"), "a b");
  EXPECT_EQ(response->header("x-early"), "");
  EXPECT_EQ(response->header("x-late"), "");
}

TEST(Fetch, BodyToTheEndOfTheConnection) {
  Server server(says("HTTP/1.1 200 OK\r\n\r\nall there is"));
  const auto response = fetch(get(server.url("/")), direct());
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->body, "all there is");
}

TEST(Fetch, BodiesArriveAsStored) {
  const std::string stored = "\x1f\x8b not really gzip";
  Server server(
      [&](Connection& connection, const Received&) { connection.answer(200, stored, "Content-Encoding: gzip\r\n"); });
  const auto response = fetch(get(server.url("/"), {{"Accept-Encoding", "gzip"}}), direct());
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->body, stored);
  EXPECT_FALSE(server.requests().at(0).has("accept-encoding"));
}

TEST(Fetch, MethodsAndBodies) {
  Server server(hello);
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE", "HEAD", "GET"}) {
    Request request = get(server.url("/"), {{"Content-Type", "application/json"}, {"X-Empty", ""}});
    request.method = method;
    if (method == "POST" || method == "PUT") request.body = std::string("{\"a\":\0}", 7);
    const auto response = fetch(request, direct());
    ASSERT_TRUE(response) << method << ": " << response.error().describe();
    EXPECT_EQ(response->body, method == "HEAD" ? "" : "hello");
    const Received seen = server.requests().back();
    EXPECT_EQ(seen.method, method);
    EXPECT_EQ(seen.body, request.body);
    EXPECT_EQ(seen.header("content-type"), "application/json");
    EXPECT_TRUE(seen.has("x-empty"));
    EXPECT_EQ(seen.header("content-length"), method == "GET" || method == "HEAD" ? "" : base::cat({seen.body.size()}));
  }
}

TEST(Fetch, LargeBodyIsSentWithoutExpect) {
  Server server(hello);
  Request request = get(server.url("/"));
  request.method = "POST";
  request.body.assign(std::size_t{3} << 20, 'x');
  ASSERT_TRUE(fetch(request, direct()));
  const Received seen = server.requests().at(0);
  EXPECT_EQ(seen.body.size(), request.body.size());
  EXPECT_FALSE(seen.has("expect"));
  EXPECT_FALSE(seen.has("content-type"));
}

TEST(Fetch, UserAgent) {
  Server server(hello);
  Options options = direct();
  options.user_agent = "Clair/2.0";
  ASSERT_TRUE(fetch(get(server.url("/")), options));
  ASSERT_TRUE(fetch(get(server.url("/"), {{"User-Agent", "mine"}}), options));
  EXPECT_EQ(server.requests().at(0).header("user-agent"), "Clair/2.0");
  EXPECT_EQ(server.requests().at(1).header("user-agent"), "mine");
}

// ---- What may be asked.

TEST(Fetch, HeaderInjectionIsRefused) {
  Server server(hello);
  const Headers wrong[] = {{{"X-A", "1\r\nX-B: 2"}},
                           {{"X-A", "1\nX-B: 2"}},
                           {{"X-A", std::string("1\0002", 3)}},
                           {{"X-A", "1\r"}},
                           {{"X-A\r\nX-B", "2"}},
                           {{"X-A: 1\nX-B", "2"}},
                           {{"X A", "1"}},
                           {{"", "1"}},
                           {{"X-A;", ""}}};
  for (const Headers& headers : wrong)
    expect_error(fetch(get(server.url("/"), headers), direct()), Code::usage, "header");
  Request request = get(server.url("/"));
  request.method = "GET / HTTP/1.1\r\nX: ";
  expect_error(fetch(request, direct()), Code::usage, "method");
  const auto secret = fetch(get(server.url("/"), {{"Authorization", "Bearer s3cr3t\r\n"}}), direct());
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().describe().find("s3cr3t"), std::string::npos);
  EXPECT_EQ(server.connections(), 0U);
}

TEST(Fetch, ConnectionHeadersOfTheCallerAreIgnored) {
  Server server(hello);
  const Headers headers = {
      {"Host", "evil.example"}, {"hOST", "evil.example"},   {"Content-Length", "999"}, {"Transfer-Encoding", "chunked"},
      {"Connection", "X-Kept"}, {"Expect", "100-continue"}, {"Upgrade", "h2c"},        {"X-Kept", "yes"}};
  ASSERT_TRUE(fetch(get(server.url("/"), headers), direct()));
  const Received seen = server.requests().at(0);
  EXPECT_EQ(seen.header("host"), base::cat({"127.0.0.1:", server.port()}));
  for (const char* name : {"content-length", "transfer-encoding", "connection", "expect", "upgrade"})
    EXPECT_FALSE(seen.has(name)) << name;
  EXPECT_EQ(seen.header("x-kept"), "yes");
}

TEST(Fetch, OnlyHttpWhoeverAsks) {
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "nothing", ""})
    expect_error(fetch(get(url), direct()), Code::usage, "URL");
}

// ---- Redirects.

TEST(Redirect, SameHostKeepsHeaders) {
  Server server([](Connection& connection, const Received& request) {
    request.target == "/end" ? connection.answer(200, "there") : connection.answer(307, "", "Location: end\r\n");
  });
  const auto response = fetch(get(server.url("/start"), {{"Authorization", "Bearer t"}, {"X-Mine", "1"}}), direct());
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->body, "there");
  EXPECT_EQ(response->url, server.url("/end"));
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(server.requests()[1].header("authorization"), "Bearer t");
  EXPECT_EQ(server.requests()[1].header("x-mine"), "1");
}

const Headers kManyHeaders = {{"Authorization", "Bearer t"},
                              {"Cookie", "c=1"},
                              {"Proxy-Authorization", "Basic x"},
                              {"X-Api-Key", "k"},
                              {"Accept", "a/b"},
                              {"Range", "bytes=0-9"},
                              {"If-None-Match", "\"e\""},
                              {"User-Agent", "mine"}};

void expect_stripped(const Received& request) {
  for (const char* name : {"authorization", "cookie", "proxy-authorization", "x-api-key"})
    EXPECT_FALSE(request.has(name)) << name;
  EXPECT_EQ(request.header("accept"), "a/b");
  EXPECT_EQ(request.header("range"), "bytes=0-9");
  EXPECT_EQ(request.header("if-none-match"), "\"e\"");
  EXPECT_TRUE(request.header("user-agent").starts_with("limpid/"));
}

TEST(Redirect, OtherPortGetsNoCredentials) {
  Server other(hello);
  Server server(redirects_to([&] { return other.url("/blob"); }));
  const auto response = fetch(get(server.url("/"), kManyHeaders), direct());
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->url, other.url("/blob"));
  EXPECT_EQ(server.requests().at(0).header("x-api-key"), "k");
  expect_stripped(other.requests().at(0));
}

TEST(Redirect, OtherHostGetsNoCredentials) {
  Server server([&](Connection& connection, const Received& request) {
    if (request.target == "/end") return void(connection.answer(200, "there"));
    const std::string port = request.header("host").substr(request.header("host").find(':'));
    connection.answer(302, "", "Location: http://localhost" + port + "/end\r\n");
  });
  ASSERT_TRUE(fetch(get(server.url("/"), kManyHeaders), direct()));
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(server.requests()[1].header("host"), base::cat({"localhost:", server.port()}));
  expect_stripped(server.requests()[1]);
}

TEST(Redirect, BackFromAnotherHostGetsNoCredentialsEither) {
  std::string home;
  Server other(redirects_to([&] { return home + "/chosen-by-other"; }));
  Server server([&](Connection& connection, const Received& request) {
    request.target == "/" ? connection.answer(302, "", "Location: " + other.url("/") + "\r\n")
                          : connection.answer(200, "there");
  });
  home = server.url("");
  ASSERT_TRUE(fetch(get(server.url("/"), kManyHeaders), direct()));
  ASSERT_EQ(server.requests().size(), 2U);
  expect_stripped(server.requests()[1]);
}

TEST(Redirect, CredentialsOfTheUrlStayHome) {
  Server other(hello);
  Server server(redirects_to([&] { return other.url("/", "http", "u2:p2@127.0.0.1"); }));
  const auto response = fetch(get(server.url("/", "http", "user:secret@127.0.0.1")), direct());
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_TRUE(server.requests().at(0).header("authorization").starts_with("Basic "));
  EXPECT_FALSE(other.requests().at(0).has("authorization"));
  EXPECT_EQ(response->url, other.url("/"));
}

TEST(Redirect, MethodsChangeAsTheyShould) {
  for (const int status : {301, 302, 303, 307, 308}) {
    Server server([status](Connection& connection, const Received& request) {
      request.target == "/end" ? connection.answer(200, "there") : connection.answer(status, "", "Location: /end\r\n");
    });
    Request request = get(server.url("/"), {{"Content-Type", "text/plain"}});
    request.method = "POST";
    request.body = "data";
    ASSERT_TRUE(fetch(request, direct()));
    ASSERT_EQ(server.requests().size(), 2U);
    const Received seen = server.requests()[1];
    EXPECT_EQ(seen.method, status >= 307 ? "POST" : "GET") << status;
    EXPECT_EQ(seen.body, status >= 307 ? "data" : "") << status;
    EXPECT_EQ(seen.has("content-type"), status >= 307) << status;
  }
}

TEST(Redirect, WithoutLocationIsAnAnswer) {
  Server server([](Connection& connection, const Received&) { connection.answer(302, "where?"); });
  const auto response = fetch(get(server.url("/")), direct());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(response->body, "where?");
}

TEST(Redirect, LoopEnds) {
  Server server(redirects_to([] { return "/again"; }));
  expect_error(fetch(get(server.url("/")), direct()), Code::limit, "redirects");
  EXPECT_EQ(server.requests().size(), std::size_t{kRedirectsMax} + 1);
}

TEST(Redirect, TenAreFollowed) {
  Server server([](Connection& connection, const Received& request) {
    request.target == "/xxxxxxxxxx" ? connection.answer(200, "there")
                                    : connection.answer(302, "", "Location: " + request.target + "x\r\n");
  });
  const auto response = fetch(get(server.url("/")), direct());
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->status, 200);
}

TEST(Redirect, ALongBodyOfARedirectIsNotRead) {
  Server server([](Connection& connection, const Received& request) {
    if (request.target == "/end") return void(connection.answer(200, "there"));
    connection.send("HTTP/1.1 302 x\r\nLocation: /end\r\nContent-Length: 1000000000\r\n\r\n");
    while (connection.send(std::string(65536, 'x'))) {
    }
    connection.close();
  });
  Options options = direct();
  options.limits.bytes_max = 5;
  const auto response = fetch(get(server.url("/")), options);
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->body, "there");
}

TEST(Redirect, ToFilesOrNonsenseIsRefused) {
  for (const std::string location :
       {"file:///etc/passwd", "ftp://127.0.0.1/x", "http://", "https://h\xc3\xb6st/", "http://127.0.0.1:99999/"}) {
    Server server(redirects_to([&] { return location; }));
    expect_error(fetch(get(server.url("/")), direct()), Code::usage, "redirect");
  }
}

// ---- The allow-list.

AllowList listing(std::initializer_list<std::string> entries) {
  AllowList list;
  for (const std::string& entry : entries) EXPECT_TRUE(list.allow(entry)) << entry;
  return list;
}

TEST(Allowed, PrivateAddressesAreNeverAsked) {
  Server server(hello);
  const AllowList list;
  Options options = direct();
  options.allow = &list;
  for (const char* host : {"127.0.0.1", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "[::ffff:127.0.0.1]",
                           "localhost", "localhost.", "0.0.0.0", "0", "[::1]", "[::]", "169.254.169.254", "100.64.0.1",
                           "[fc00::1]", "[fe80::1]", "[64:ff9b::127.0.0.1]", "[::ffff:7f00:1]"})
    expect_error(fetch(get(server.url("/", "http", host)), options), Code::usage, "not allowed");
  expect_error(fetch(get(server.url("/", "http", "u:p@127.0.0.1")), options), Code::usage, "credentials");
  EXPECT_EQ(server.connections(), 0U);
}

TEST(Allowed, NamesAreJudgedByTheAddressThatTheyHave) {
  Server server(hello);
  // With a network listed, names pass check_url: the address decides at the moment of connecting.
  const AllowList list = listing({"10.0.0.0/8"});
  Options options = direct();
  options.allow = &list;
  expect_error(fetch(get(server.url("/", "http", "localhost")), options), Code::usage, "is loopback, and not allowed");
  EXPECT_EQ(server.connections(), 0U);
}

TEST(Allowed, WhatIsListedIsAsked) {
  Server server(hello);
  for (const std::string entry : {"127.0.0.1", "127.0.0.0/8", "localhost", "127.0.0.1:0"}) {
    const bool with_port = entry.ends_with(":0");
    const AllowList list = listing({with_port ? base::cat({"127.0.0.1:", server.port()}) : entry});
    Options options = direct();
    options.allow = &list;
    const std::string host = entry == "localhost" ? "localhost" : "127.1";
    const auto response = fetch(get(server.url("/", "http", host)), options);
    EXPECT_TRUE(response) << entry << ": " << response.error().describe();
  }
}

TEST(Allowed, RedirectsAreCheckedToo) {
  Server other(hello);
  for (const std::string& target :
       {other.url("/"), other.url("/", "http", "localhost"), std::string("http://10.0.0.1/"),
        std::string("http://[::ffff:169.254.169.254]/"), std::string("file:///etc/passwd"),
        std::string("http://u:p@127.0.0.1/"), std::string("//127.1/")}) {
    Server server(redirects_to([&] { return target; }));
    const AllowList list = listing({base::cat({"127.0.0.1:", server.port()})});
    Options options = direct();
    options.allow = &list;
    expect_error(fetch(get(server.url("/")), options), Code::usage, "redirect");
    EXPECT_EQ(server.requests().size(), 1U);
  }
  EXPECT_EQ(other.connections(), 0U);
}

// ---- Limits.

TEST(Limit, EndlessBody) {
  Server server([](Connection& connection, const Received&) {
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    while (connection.send(std::string(65536, 'x'))) {
    }
    connection.close();
  });
  Options options = direct();
  options.limits.bytes_max = 1'000'000;
  expect_error(fetch(get(server.url("/")), options), Code::limit, "1000000 bytes");
}

TEST(Limit, AnnouncedBodyIsRefusedAtOnce) {
  Server server([](Connection& connection, const Received&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n");
    connection.stall();
  });
  Options options = direct();
  options.limits.bytes_max = 1'000'000;
  expect_error(fetch(get(server.url("/")), options), Code::limit, "1000001 bytes");
}

TEST(Limit, ExactlyAsMuchAsAllowed) {
  Server server([](Connection& connection, const Received&) { connection.answer(200, std::string(300'000, 'x')); });
  Options options = direct();
  options.limits.bytes_max = 300'000;
  EXPECT_TRUE(fetch(get(server.url("/")), options));
  options.limits.bytes_max = 299'999;
  EXPECT_FALSE(fetch(get(server.url("/")), options));
}

TEST(Limit, HugeHeaders) {
  const std::string many = [] {
    std::string lines;
    for (int i = 0; lines.size() <= kResponseHeadersMax; ++i)
      base::append(lines, {"X-", i, ": ", std::string(900, 'v'), "\r\n"});
    return lines;
  }();
  Server server([&](Connection& connection, const Received& request) {
    if (request.target == "/many") connection.answer(200, "", many);
    if (request.target == "/long") connection.answer(200, "", "X-Long: " + std::string(200'000, 'v') + "\r\n");
    if (request.target == "/endless") {
      connection.send("HTTP/1.1 200 OK\r\nX: ");
      while (connection.send(std::string(65536, 'v'))) {
      }
    }
    if (request.target == "/interim") {
      while (connection.send("HTTP/1.1 103 x\r\nX: " + std::string(900, 'v') + "\r\n\r\n")) {
      }
    }
    if (request.target == "/trailers") {
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n");
      while (connection.send("X-Late: " + std::string(900, 'v') + "\r\n")) {
      }
    }
    connection.close();
  });
  for (const char* path : {"/many", "/long", "/endless", "/interim", "/trailers"})
    expect_error(fetch(get(server.url(path)), direct()), Code::limit, "header");
}

TEST(Limit, HeadersOfUsualSizePass) {
  Server server([](Connection& connection, const Received&) {
    connection.answer(200, "fine", "X-Long: " + std::string(60'000, 'v') + "\r\n");
  });
  const auto response = fetch(get(server.url("/")), direct());
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->header("x-long").size(), 60'000U);
}

TEST(Limit, SilenceInHeadersAndBody) {
  Server server([](Connection& connection, const Received& request) {
    if (request.target == "/line") connection.send("HTTP/1.1 200 OK\r\nX-Half: ");
    if (request.target == "/body") connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    connection.stall();
  });
  Options options = direct();
  options.limits.idle = milliseconds(200);
  for (const char* path : {"/nothing", "/line", "/body"}) {
    const auto before = steady_clock::now();
    expect_error(fetch(get(server.url(path)), options), Code::io, "no byte within 200 ms");
    EXPECT_GE(steady_clock::now() - before, milliseconds(200)) << path;
    EXPECT_LT(steady_clock::now() - before, milliseconds(30'000)) << path;
  }
}

TEST(Limit, ASteadyTrickleEndsWithTheTotalTime) {
  Server server([](Connection& connection, const Received& request) {
    connection.send("HTTP/1.1 200 OK\r\n");
    if (request.target == "/body") connection.send("\r\n");
    // The pace is the point here: bytes that never pause long, and never end.
    do {
      std::this_thread::sleep_for(milliseconds(20));
    } while (connection.send(request.target == "/body" ? "x" : "X: y\r\n"));
    connection.close();
  });
  Options options = direct();
  options.limits.total = milliseconds(400);
  for (const char* path : {"/body", "/headers"})
    expect_error(fetch(get(server.url(path)), options), Code::io, "not done within 400 ms");
}

TEST(Limit, ConnectionThatIsNeverReady) {
  // A listener that nobody accepts from: TCP connects, TLS never answers.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  Options options = direct();
  options.limits.connect = milliseconds(300);
  expect_error(fetch(get(base::cat({"https://127.0.0.1:", ntohs(address.sin_port), "/"})), options), Code::io,
               "not connected within 300 ms");
  ::close(listener);
}

TEST(Fetch, RefusedConnectionAndUnknownName) {
  std::string url;
  {
    Server gone(hello);
    url = gone.url("/secret?token=s3cr3t");
  }
  const auto refused = fetch(get(url), direct());
  expect_error(refused, Code::io, "not connected");
  EXPECT_EQ(refused.error().describe().find("s3cr3t"), std::string::npos);
  EXPECT_TRUE(is_transient(refused));
  // A label of more than 63 bytes fails before anything is asked of a name server.
  expect_error(fetch(get("http://" + std::string(64, 'x') + ".example/"), direct()), Code::io, "name not resolved");
}

// ---- Ends that come too early.

TEST(Truncated, BodiesAndHeaders) {
  struct {
    const char* bytes;
    Code code;
    const char* text;
  } const cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", Code::truncated, "4 bytes into its body"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", Code::truncated, "5 bytes into"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", Code::truncated, "3 bytes into"},
      {"HTTP/1.1 200 OK\r\nContent-Le", Code::truncated, "within its headers"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n", Code::truncated, "within its headers"},
      {"", Code::io, "closed without an answer"},
      {"what is this", Code::io, "HTTP: "},
      {"SSH-2.0-OpenSSH_9.2\r\n", Code::io, "HTTP: "},
  };
  for (const auto& [bytes, code, text] : cases) {
    Server server(says(bytes));
    const auto response = fetch(get(server.url("/")), direct());
    SCOPED_TRACE(bytes);
    expect_error(response, code, text);
    EXPECT_TRUE(is_transient(response));
  }
}

TEST(Truncated, ByAReset) {
  Server server([](Connection& connection, const Received&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    connection.reset();
  });
  expect_error(fetch(get(server.url("/")), direct()), Code::truncated, "ends early");
}

// ---- Cancelling.

TEST(Cancel, WithinTwoHundredMilliseconds) {
  Server server([](Connection& connection, const Received& request) {
    if (request.target == "/body") connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    connection.stall();
  });
  std::size_t asked = 0;
  for (const char* path : {"/headers", "/body"}) {
    // The best of some attempts: on a busy machine a thread may not be run for longer than the bound.
    milliseconds best{100'000};
    for (int attempt = 0; attempt < 10 && best > milliseconds(200); ++attempt) {
      std::atomic<bool> cancel{false};
      steady_clock::time_point when;
      std::jthread canceller([&, wanted = ++asked] {
        server.wait_for_requests(wanted);
        when = steady_clock::now();
        cancel = true;
      });
      Options options = direct();
      options.cancel = &cancel;
      const auto response = fetch(get(server.url(path)), options);
      const auto now = steady_clock::now();
      canceller.join();
      expect_error(response, Code::cancelled, "cancelled");
      EXPECT_FALSE(is_transient(response));
      best = std::min(best, std::chrono::duration_cast<milliseconds>(now - when));
    }
    EXPECT_LE(best, milliseconds(200)) << path;
  }
}

TEST(Cancel, BeforeTheStart) {
  Server server(hello);
  const std::atomic<bool> cancel{true};
  Options options = direct();
  options.cancel = &cancel;
  expect_error(fetch(get(server.url("/")), options), Code::cancelled, "cancelled");
  EXPECT_EQ(server.requests().size(), 0U);
}

// ---- Files.

class ToFile : public ::testing::Test {
 protected:
  ToFile() : directory_(*base::TemporaryDirectory::make("net-client-test")), path_(directory_.path() + "/body") {}
  mode_t mode() const {
    struct stat status{};
    EXPECT_EQ(::stat(path_.c_str(), &status), 0);
    return status.st_mode & 07777;
  }
  bool exists() const { return ::access(path_.c_str(), F_OK) == 0; }
  void write_old(const std::string& text) const {
    ASSERT_TRUE(base::write_file_atomically(path_, base::as_bytes(text)));  // 0644
  }

  base::TemporaryDirectory directory_;
  std::string path_;
};

TEST_F(ToFile, WrittenForItsOwnerOnly) {
  const std::string content(1'000'000, 'c');
  Server server([&](Connection& connection, const Received&) { connection.answer(200, content); });
  const auto response = fetch_to_file(get(server.url("/")), path_, direct());
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(read(path_), content);
  EXPECT_EQ(mode(), 0600U);
}

TEST_F(ToFile, AnOldOneIsTruncatedAndClosedToOthers) {
  write_old(std::string(1000, 'o'));
  ASSERT_EQ(mode(), 0644U);
  Server server(hello);
  ASSERT_TRUE(fetch_to_file(get(server.url("/")), path_, direct()));
  EXPECT_EQ(read(path_), "hello");
  EXPECT_EQ(mode(), 0600U);
}

TEST_F(ToFile, OtherAnswersAreNotWritten) {
  for (const int status : {304, 404, 500}) {
    Server server([status](Connection& connection, const Received&) {
      status == 304 ? connection.send("HTTP/1.1 304 x\r\n\r\n") : connection.answer(status, "no such thing");
    });
    const auto response = fetch_to_file(get(server.url("/")), path_, direct());
    ASSERT_TRUE(response) << response.error().describe();
    EXPECT_EQ(response->status, status);
    EXPECT_EQ(response->body, "");
    EXPECT_FALSE(exists());
    write_old("old");
    ASSERT_TRUE(fetch_to_file(get(server.url("/")), path_, direct()));
    EXPECT_EQ(read(path_), "old");
    ASSERT_EQ(::unlink(path_.c_str()), 0);
  }
}

TEST_F(ToFile, APartIsNotLeft) {
  Server server(says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
  expect_error(fetch_to_file(get(server.url("/")), path_, direct()), Code::truncated, "4 bytes");
  EXPECT_FALSE(exists());
}

TEST_F(ToFile, WhereNothingCanBeWritten) {
  Server server(hello);
  expect_error(fetch_to_file(get(server.url("/")), directory_.path() + "/no/such", direct()), Code::not_found,
               "/no/such");
  expect_error(fetch_to_file(get(server.url("/")), "/dev/full", direct()), Code::io, "/dev/full");
  EXPECT_EQ(::access("/dev/full", F_OK), 0);
}

// ---- Streams.

TEST(OpenStream, PiecesInOrder) {
  std::string content(3'000'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i * 7919 % 26);
  Server server([&](Connection& connection, const Received&) { connection.answer(200, content, "X-A: b\r\n"); });
  auto stream = open_stream(get(server.url("/")), direct());
  ASSERT_TRUE(stream) << stream.error().describe();
  EXPECT_EQ(stream->response.status, 200);
  EXPECT_EQ(stream->response.header("x-a"), "b");
  EXPECT_EQ(stream->response.body, "");
  std::string got;
  for (;;) {
    const auto bytes = stream->body->next();
    ASSERT_TRUE(bytes) << bytes.error().describe();
    if (bytes->empty()) break;
    EXPECT_LE(bytes->size(), archive::kBufferSize);
    got.append(base::as_text(*bytes));
  }
  EXPECT_TRUE(got == content);
  EXPECT_TRUE(stream->body->next()->empty()) << "the end stays the end";
}

// Memory that malloc gave out and has not got back, in all arenas.
std::size_t allocated() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(OpenStream, ASlowReaderHoldsTheSenderBack) {
  constexpr std::size_t kTotal = std::size_t{64} << 20;
  std::atomic<std::size_t> sent{0};
  Server server([&](Connection& connection, const Received&) {
    connection.send(base::cat({"HTTP/1.1 200 OK\r\nContent-Length: ", kTotal, "\r\n\r\n"}));
    const std::string block(65536, 'x');
    for (; sent < kTotal && connection.send(block); sent += block.size()) {
    }
    connection.close();
  });
  auto stream = open_stream(get(server.url("/")), direct());
  ASSERT_TRUE(stream);
  std::size_t got = stream->body->next()->size();
  // Wait until the sender is stuck: its socket's buffer and ours are full.
  for (std::size_t before = 1; before != sent;) {
    before = sent;
    std::this_thread::sleep_for(milliseconds(200));
  }
  EXPECT_LT(sent, kTotal / 2) << "nothing but the kernel's socket buffers takes bytes that nobody asks for";
  const std::size_t memory_before = allocated();
  std::size_t memory_most = 0;
  for (;;) {
    const auto bytes = stream->body->next();
    ASSERT_TRUE(bytes) << bytes.error().describe();
    if (bytes->empty()) break;
    got += bytes->size();
    memory_most = std::max(memory_most, allocated());
  }
  EXPECT_EQ(got, kTotal);
  EXPECT_LT(memory_most, memory_before + 2 * archive::kBufferSize);
}

TEST(OpenStream, ReadersTimeIsNotTheSendersSilence) {
  Server server(
      [](Connection& connection, const Received&) { connection.answer(200, std::string(std::size_t{8} << 20, 'x')); });
  Options options = direct();
  options.limits.idle = milliseconds(2000);
  auto stream = open_stream(get(server.url("/")), options);
  ASSERT_TRUE(stream);
  ASSERT_TRUE(stream->body->next());
  std::this_thread::sleep_for(milliseconds(2300));  // a reader that is busy elsewhere
  const auto rest = archive::read_all(*stream->body, 1U << 30);
  EXPECT_TRUE(rest) << rest.error().describe();
}

TEST(OpenStream, TruncatedAfterWhatCame) {
  Server server(says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
  auto stream = open_stream(get(server.url("/")), direct());
  ASSERT_TRUE(stream);
  const auto bytes = stream->body->next();
  ASSERT_TRUE(bytes);
  EXPECT_EQ(base::as_text(*bytes), "half");
  expect_error(stream->body->next(), Code::truncated, "early");
  expect_error(stream->body->next(), Code::truncated, "early");
}

TEST(OpenStream, CancelledBetweenPieces) {
  Server server([](Connection& connection, const Received&) {
    connection.send("HTTP/1.1 200 OK\r\n\r\nsome");
    connection.stall();
  });
  std::atomic<bool> cancel{false};
  Options options = direct();
  options.cancel = &cancel;
  auto stream = open_stream(get(server.url("/")), options);
  ASSERT_TRUE(stream);
  ASSERT_TRUE(stream->body->next());
  cancel = true;
  expect_error(stream->body->next(), Code::cancelled, "cancelled");
  expect_error(stream->body->next(), Code::cancelled, "cancelled");
}

TEST(OpenStream, LetGoEarly) {
  Server server([](Connection& connection, const Received&) {
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    while (connection.send(std::string(65536, 'x'))) {
    }
    connection.close();
  });
  auto stream = open_stream(get(server.url("/")), direct());
  ASSERT_TRUE(stream);
  ASSERT_TRUE(stream->body->next());
  stream->body.reset();  // closes the connection, which ends the server's loop
}

TEST(Fetch, FromManyThreads) {
  Server server(hello);
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 10; ++round) {
          const auto response = fetch(get(server.url("/")), direct());
          if (response && response->body == "hello") ++good;
        }
      });
    }
  }
  EXPECT_EQ(good, 80);
}

// ---- TLS.

class OverTls : public ::testing::Test {
 protected:
  OverTls()
      : directory_(*base::TemporaryDirectory::make("net-tls-test")),
        authority_(Identity::authority("Test authority")),
        stranger_(Identity::authority("Another authority")) {
    options_ = direct();
    options_.tls.ca_file = write("ca.pem", authority_.certificate_pem());
  }
  std::string write(const std::string& name, const std::string& text) const {
    std::string path = directory_.path() + "/" + name;
    EXPECT_TRUE(base::write_file_atomically(path, base::as_bytes(text)));
    return path;
  }
  Identity here() const { return authority_.sign("here", "IP:127.0.0.1,DNS:localhost"); }

  base::TemporaryDirectory directory_;
  Identity authority_, stranger_;
  Options options_;
};

TEST_F(OverTls, OwnAuthority) {
  Server server(hello, testing::tls(here()));
  const auto response = fetch(get(server.url("/", "https")), options_);
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->url, server.url("/", "https"));
}

TEST_F(OverTls, UnknownAuthorityIsRefused) {
  Server server(hello, testing::tls(here()));
  Options options = direct();
  expect_error(fetch(get(server.url("/", "https")), options), Code::io, "TLS: ");
  options.tls.ca_file = write("other.pem", stranger_.certificate_pem());
  expect_error(fetch(get(server.url("/", "https")), options), Code::io, "TLS: ");
  EXPECT_EQ(server.requests().size(), 0U);
  options.tls.insecure = true;
  EXPECT_TRUE(fetch(get(server.url("/", "https")), options));
}

TEST_F(OverTls, WrongNameIsRefused) {
  Server server(hello, testing::tls(authority_.sign("there", "DNS:there.example")));
  expect_error(fetch(get(server.url("/", "https")), options_), Code::io, "TLS: ");
  EXPECT_EQ(server.requests().size(), 0U);
}

TEST_F(OverTls, ServerNameOverride) {
  std::mutex mutex;
  std::string sent;
  Server server(hello, testing::tls(authority_.sign("there", "DNS:there.example"), nullptr, [&](std::string name) {
                  const std::lock_guard lock(mutex);
                  sent = std::move(name);
                }));
  options_.tls.server_name = "there.example";
  const AllowList list = listing({base::cat({"127.0.0.1:", server.port()})});
  options_.allow = &list;  // the URL's host counts for it, not the name
  const auto response = fetch(get(server.url("/x", "https")), options_);
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->url, server.url("/x", "https"));
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(sent, "there.example");
  }
  EXPECT_EQ(server.requests().at(0).header("host"), base::cat({"127.0.0.1:", server.port()}));
  options_.tls.server_name = "elsewhere.example";
  expect_error(fetch(get(server.url("/x", "https")), options_), Code::io, "TLS: ");
  const AllowList other = listing({"there.example"});
  options_.allow = &other;
  options_.tls.server_name = "there.example";
  expect_error(fetch(get(server.url("/x", "https")), options_), Code::usage, "not allowed");
}

TEST_F(OverTls, ClientCertificate) {
  Server server(hello, testing::tls(here(), &authority_));
  const auto without = fetch(get(server.url("/", "https")), options_);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code(), Code::io);
  const Identity client = authority_.sign("client", "");
  options_.tls.cert_file = write("client.pem", client.certificate_pem());
  options_.tls.key_file = write("client.key", client.key_pem());
  const auto with = fetch(get(server.url("/", "https")), options_);
  EXPECT_TRUE(with) << with.error().describe();
  options_.tls.cert_file = write("both.pem", client.certificate_pem() + client.key_pem());
  options_.tls.key_file = "";
  EXPECT_TRUE(fetch(get(server.url("/", "https")), options_));
  const Identity unknown = stranger_.sign("client", "");
  options_.tls.cert_file = write("unknown.pem", unknown.certificate_pem() + unknown.key_pem());
  EXPECT_FALSE(fetch(get(server.url("/", "https")), options_));
}

TEST_F(OverTls, ClientCertificateStaysHome) {
  Server other(hello, testing::tls(here(), &authority_));  // insists on a certificate, and gets none
  Server server(redirects_to([&] { return other.url("/", "https"); }), testing::tls(here(), &authority_));
  const Identity client = authority_.sign("client", "");
  options_.tls.cert_file = write("both.pem", client.certificate_pem() + client.key_pem());
  EXPECT_TRUE(fetch(get(other.url("/", "https")), options_));
  EXPECT_FALSE(fetch(get(server.url("/", "https")), options_));
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(other.requests().size(), 1U);
}

TEST_F(OverTls, FilesAreReadBefore) {
  Server server(hello, testing::tls(here(), &authority_));
  const Identity client = authority_.sign("client", "");
  options_.tls.ca_file = write("ca.pem", authority_.certificate_pem());
  options_.tls.cert_file = write("client.pem", client.certificate_pem());
  options_.tls.key_file = write("client.key", client.key_pem());
  const auto read = with_contents(options_.tls);
  ASSERT_TRUE(read) << read.error().describe();
  for (const std::string& file : {options_.tls.ca_file, options_.tls.cert_file, options_.tls.key_file})
    std::filesystem::remove(file);
  EXPECT_FALSE(fetch(get(server.url("/", "https")), options_));
  EXPECT_FALSE(with_contents(options_.tls));
  options_.tls = *read;
  const auto answer = fetch(get(server.url("/", "https")), options_);
  EXPECT_TRUE(answer) << answer.error().describe();
  options_.tls.forget_identity();
  EXPECT_FALSE(fetch(get(server.url("/", "https")), options_));
  // More authorities beside those of a file.
  options_.tls = *read;
  options_.tls.ca_file = write("other.pem", stranger_.certificate_pem());
  EXPECT_TRUE(fetch(get(server.url("/", "https")), options_));
  options_.tls.cert = stranger_.sign("client", "").certificate_pem();  // with a key that is another's
  expect_error(fetch(get(server.url("/", "https")), options_), Code::io, "TLS: ");
}

TEST_F(OverTls, FilesThatAreNot) {
  Server server(hello, testing::tls(here()));
  Options options = direct();
  options.tls.ca_file = directory_.path() + "/none.pem";
  expect_error(fetch(get(server.url("/", "https")), options), Code::not_found, "none.pem");
  options.tls.ca_file = write("empty.pem", "nothing here\n");
  expect_error(fetch(get(server.url("/", "https")), options), Code::usage, "empty.pem");
  options_.tls.cert_file = directory_.path() + "/none.pem";
  expect_error(fetch(get(server.url("/", "https")), options_), Code::io, "TLS: ");
}

TEST_F(OverTls, PlainServerIsNoTlsServer) {
  // It answers the handshake's first bytes in plain text.
  Server server(hello, [](int socket) -> std::unique_ptr<testing::Channel> {
    char ignored[4096];
    testing::PlainChannel channel(socket);
    if (channel.read(ignored, sizeof ignored) > 0) channel.write("HTTP/1.1 400 Bad Request\r\n\r\n", 28);
    return nullptr;
  });
  expect_error(fetch(get(server.url("/", "https")), options_), Code::io, "TLS: ");
}

TEST_F(OverTls, DowngradeDropsCredentials) {
  // The same host and port cannot serve both here, so a redirect from https to http goes to another port anyway;
  // what counts is that the header does not arrive in the clear.
  Server plain(hello);
  Server server(redirects_to([&] { return plain.url("/"); }), testing::tls(here()));
  ASSERT_TRUE(fetch(get(server.url("/", "https"), kManyHeaders), options_));
  expect_stripped(plain.requests().at(0));
}

TEST_F(OverTls, EarlyEndWithoutLengthIsNoticed) {
  // Without a length the end of the connection is the end of the body, and only TLS can tell that it is a true one.
  Server server(
      [](Connection& connection, const Received&) {
        connection.send("HTTP/1.1 200 OK\r\n\r\nhalf");
        connection.close();  // the channel sends no close_notify
      },
      testing::tls(here()));
  expect_error(fetch(get(server.url("/", "https")), options_), Code::truncated, "early");
}

TEST_F(OverTls, TrueEndWithoutLength) {
  Server server(
      [](Connection& connection, const Received&) {
        connection.send("HTTP/1.1 200 OK\r\n\r\nwhole");
        connection.say_farewell();
        connection.close();
      },
      testing::tls(here()));
  const auto response = fetch(get(server.url("/", "https")), options_);
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->body, "whole");
}

TEST_F(OverTls, LargeBody) {
  const std::string content(5'000'000, 'c');
  Server server([&](Connection& connection, const Received&) { connection.answer(200, content); },
                testing::tls(here()));
  const auto response = fetch(get(server.url("/", "https")), options_);
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_TRUE(response->body == content);
}

TEST_F(OverTls, APeerThatGoesWhileWeSendIsNoSignal) {
  ASSERT_EQ(::signal(SIGPIPE, SIG_DFL), SIG_DFL) << "nobody else ignores it";
  const auto accept = testing::tls(here());
  // The handshake, and then no reader: our body meets a connection that is reset.
  Server server(hello, [&](int socket) -> std::unique_ptr<testing::Channel> {
    auto channel = accept(socket);
    const linger now{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return nullptr;
  });
  Request request = get(server.url("/", "https"));
  request.method = "POST";
  request.body.assign(std::size_t{32} << 20, 'x');
  const auto response = fetch(request, options_);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::io);
}

// ---- Proxies.

// Answers absolute URIs itself, for any host, and tunnels every CONNECT to `tls_port`.
Server::Handler proxy(std::uint16_t tls_port) {
  return [tls_port](Connection& connection, const Received& request) {
    if (request.method != "CONNECT") return void(connection.answer(200, "from the proxy: " + request.target));
    connection.send("HTTP/1.1 200 Connected\r\nX-Proxy: secret\r\n\r\n");
    connection.tunnel_to(tls_port);
  };
}

Options through(const Server& proxy_server) {
  Options options;
  options.proxy = proxy_server.url("", "http", "puser:ppass@127.0.0.1");
  return options;
}

TEST(Proxy, AbsoluteUri) {
  Server server(proxy(0));
  const auto response = fetch(get("http://host.example/x?y", {{"Authorization", "Bearer t"}}), through(server));
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->body, "from the proxy: http://host.example/x?y");
  EXPECT_EQ(response->url, "http://host.example/x?y");
  EXPECT_TRUE(server.requests().at(0).header("proxy-authorization").starts_with("Basic "));
}

TEST_F(OverTls, ThroughATunnel) {
  Server target(hello, testing::tls(authority_.sign("host", "DNS:host.example")));
  Server server(proxy(target.port()));
  Options options = through(server);
  options.tls = options_.tls;
  const auto response = fetch(get("https://host.example:8443/x", {{"Authorization", "Bearer t"}}), options);
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->header("x-proxy"), "");
  const Received connect = server.requests().at(0);
  EXPECT_EQ(connect.method, "CONNECT");
  EXPECT_EQ(connect.target, "host.example:8443");
  EXPECT_FALSE(connect.has("authorization")) << "the proxy sees no header of ours";
  EXPECT_EQ(target.requests().at(0).header("authorization"), "Bearer t");
  EXPECT_FALSE(target.requests().at(0).has("proxy-authorization"));
}

TEST(Proxy, RefusesTheTunnel) {
  Server server([](Connection& connection, const Received&) { connection.answer(407, "who are you?"); });
  const auto response = fetch(get("https://host.example/"), through(server));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::io);
  EXPECT_EQ(response.error().describe().find("ppass"), std::string::npos) << response.error().describe();
}

TEST(Proxy, TargetsAreCheckedBeforeItIsAsked) {
  Server server(proxy(0));
  AllowList list = listing({"10.0.0.0/8"});
  Options options = through(server);
  options.allow = &list;
  const std::string unresolvable = std::string(64, 'x') + ".example";
  for (const std::string& host : {std::string("127.0.0.1"), std::string("localhost"), std::string("169.254.169.254"),
                                  std::string("[::1]"), unresolvable}) {
    for (const char* scheme : {"http", "https"}) {
      const auto response = fetch(get(base::cat({scheme, "://", host, "/"})), options);
      ASSERT_FALSE(response) << host;
      EXPECT_EQ(response.error().code(), Code::usage) << response.error().describe();
    }
  }
  EXPECT_EQ(server.connections(), 0U);
  // The proxy itself is on loopback, which is the operator's choice and needs no listing.
  EXPECT_TRUE(fetch(get("http://8.8.8.8/"), options));
  EXPECT_TRUE(fetch(get("http://10.1.1.1/"), options));
  ASSERT_TRUE(list.allow("*.example"));
  EXPECT_TRUE(fetch(get("http://" + unresolvable + "/"), options)) << "listed: the proxy will know it";
}

TEST(Proxy, RedirectsAreCheckedBehindItToo) {
  Server server(redirects_to([] { return "http://169.254.169.254/latest/meta-data"; }));
  const AllowList list;
  Options options = through(server);
  options.allow = &list;
  expect_error(fetch(get("http://8.8.8.8/"), options), Code::usage, "link-local");
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Proxy, FromTheEnvironment) {
  Server server(proxy(0));
  ASSERT_EQ(::setenv("http_proxy", server.url("").c_str(), 1), 0);
  ASSERT_EQ(::setenv("no_proxy", "direct.example", 1), 0);
  Options options;
  const auto response = fetch(get("http://host.example/"), options);
  options.proxy = "none";
  const auto none = fetch(get("http://" + std::string(64, 'x') + ".example/"), options);
  ::unsetenv("http_proxy");
  ::unsetenv("no_proxy");
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->body, "from the proxy: http://host.example/");
  expect_error(none, Code::io, "name not resolved");
}

// ---- Unix sockets.

TEST(Client, SpeaksOverAUnixSocket) {
  const auto folder = base::TemporaryDirectory::make("limpid-test-").value();
  Server elsewhere(hello);
  Server server(
      [&](Connection& connection, const Received& request) {
        if (request.target == "/away")
          connection.answer(302, "moved", "Location: " + elsewhere.url("/") + "\r\n");
        else
          connection.answer(200, request.header("host") + " " + std::string(1'000'000, 'x'));
      },
      {}, folder.path() + "/socket");
  Options options;  // whatever the environment says of proxies
  options.unix_socket = folder.path() + "/socket";
  const auto answer = fetch(get("http://localhost/x"), options);
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_EQ(answer->body, "localhost " + std::string(1'000'000, 'x'));
  const auto redirected = fetch(get("http://localhost/away"), options);
  ASSERT_TRUE(redirected);
  EXPECT_EQ(redirected->status, 302);
  EXPECT_TRUE(elsewhere.requests().empty());
  options.unix_socket = folder.path() + "/none";
  expect_error(fetch(get("http://localhost/x"), options), Code::io, "not connected");
}

}  // namespace
}  // namespace limpid::net
