// The real server on loopback, asked through raw sockets.
#include "service/http/server.h"

#include <array>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "service/http/message.h"

namespace limpid::service::http {
namespace {

using namespace std::chrono_literals;

// Far beyond what anything here takes, so that a hang ends as a failure.
constexpr auto kPatience = 60s;

struct Answered {
  std::string method, path, route;
  int status = 0;
  std::uint64_t bytes = 0;
};

// /ready stands ready; /hold waits until release(); the rest is told in handle().
class TestHandler final : public Handler {
 public:
  ~TestHandler() override { release(); }
  ReadyPointer ready(const Request& request, std::string_view& route) override {
    if (request.path == "/throw-ready") throw std::runtime_error("on purpose");
    if (!request.path.starts_with("/ready")) return nullptr;
    route = "ready";
    return request.path == "/ready-big" ? big_ : ready_;
  }
  Response handle(const Request& request) override {
    Response response;
    response.route = "handled";
    if (request.path == "/throw") throw std::runtime_error("on purpose");
    if (request.path == "/hold") hold();
    if (request.path == "/none") response.status = 204;
    if (request.path == "/split") response.headers.emplace_back("X", "a\r\nSet-Cookie: b");
    response.headers.emplace_back("X-Peer", request.peer);
    response.headers.emplace_back("X-Cut", request.body_cut ? "1" : "0");
    response.headers.emplace_back("X-Echo", request.header("x-ECHO"));
    response.body = base::cat({request.method, " ", request.target, " ", request.body});
    return response;
  }
  Response timed_out(const Request& request) override {
    return {.status = 503, .headers = {}, .body = base::cat({"late ", request.path}), .route = "late", .ready = {}};
  }
  Response overloaded(const Request&) override {
    return {.status = 503, .headers = {}, .body = "full", .route = "full", .ready = {}};
  }
  std::size_t body_max() const override { return 1'000; }
  std::size_t queue_of(const Request& request) const override { return request.query == "quick" ? 1 : 0; }
  void answered(const Request& request, std::string_view route, int status, std::uint64_t bytes,
                std::chrono::nanoseconds duration) override {
    EXPECT_GE(duration.count(), 0);
    const std::lock_guard lock(mutex_);
    answered_.push_back({std::string(request.method), std::string(request.path), std::string(route), status, bytes});
    changed_.notify_all();
  }

  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  bool wait_held(int count) {
    return wait([&] { return held_ >= count; });
  }
  bool wait_unheld() {
    return wait([&] { return held_ > 0 && held_ == unheld_; });
  }
  std::vector<Answered> wait_answered(std::size_t count) {
    EXPECT_TRUE(wait([&] { return answered_.size() >= count; }));
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(answered_.size(), count);
    auto answered = answered_;
    answered.resize(count);
    return answered;
  }
  const std::string& ready_body() const { return ready_->body; }

 private:
  void hold() {
    std::unique_lock lock(mutex_);
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return released_; });
    ++unheld_;
    changed_.notify_all();
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, condition);
  }

  ReadyPointer ready_ = make_ready(
      {.status = 200, .headers = {{"Server", "clair"}}, .body = std::string(27'426, 'r'), .route = {}, .ready = {}});
  // One for all tests: it takes long to write.
  static inline const ReadyPointer big_ = make_ready(
      {.status = 200, .headers = {}, .body = std::string(std::size_t{32} << 20, 'b'), .route = {}, .ready = {}});
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Answered> answered_;
  int held_ = 0;
  int unheld_ = 0;
  bool released_ = false;
};

struct Reply {
  int status = 0;
  std::string head, body;
  bool has(std::string_view text) const { return head.contains(text); }
  bool closes() const { return has("\r\nConnection: close\r\n"); }
};

class Client {
 public:
  explicit Client(std::uint16_t port, bool v6 = false) : socket_(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{std::chrono::seconds(kPatience).count(), 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_addr = in6addr_loopback;
    six.sin6_port = htons(port);
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    four.sin_port = htons(port);
    connected_ = (v6 ? ::connect(socket_, reinterpret_cast<sockaddr*>(&six), sizeof six)
                     : ::connect(socket_, reinterpret_cast<sockaddr*>(&four), sizeof four)) == 0;
  }
  Client(Client&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), tls_(std::exchange(other.tls_, nullptr)) {}
  ~Client() { close(); }
  void close() {
    SSL_free(std::exchange(tls_, nullptr));
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  bool connected() const { return connected_; }
  bool start_tls(SSL_CTX* context) {
    tls_ = SSL_new(context);
    SSL_set_fd(tls_, socket_);
    return SSL_connect(tls_) == 1;
  }
  int socket() const { return socket_; }
  SSL* tls() const { return tls_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                        : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool has_input(std::chrono::milliseconds patience) const {
    pollfd waited{socket_, POLLIN, 0};
    return ::poll(&waited, 1, static_cast<int>(patience.count())) > 0;
  }
  void get(std::string_view target, std::string_view more = "") {
    send(base::cat({"GET ", target, " HTTP/1.1\r\nHost: h\r\n", more, "\r\n"}));
  }
  // Status 0: the connection ended.
  Reply reply(bool to_head = false) {
    Reply reply;
    std::size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return reply;
    }
    reply.head = input_.substr(0, end + 4);
    input_.erase(0, end + 4);
    reply.status = std::atoi(reply.head.substr(9, 3).c_str());
    const std::size_t at = reply.head.find("Content-Length: ");
    const std::size_t size = at == std::string::npos || to_head ? 0 : std::stoul(reply.head.substr(at + 16));
    while (input_.size() < size) {
      if (!more()) return {};
    }
    reply.body = input_.substr(0, size);
    input_.erase(0, size);
    return reply;
  }
  // Nothing follows but the end, in order.
  bool ended() { return input_.empty() && !more() && last_ == 0; }
  bool readable(std::chrono::milliseconds wait) {
    pollfd poll{socket_, POLLIN, 0};
    return !input_.empty() || ::poll(&poll, 1, static_cast<int>(wait.count())) > 0;
  }

 private:
  bool more() {
    std::array<char, 65536> buffer;
    last_ = tls_ != nullptr ? SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size()))
                            : ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (last_ > 0) input_.append(buffer.data(), static_cast<std::size_t>(last_));
    return last_ > 0;
  }
  int socket_ = -1;
  SSL* tls_ = nullptr;
  bool connected_ = false;
  ssize_t last_ = 1;
  std::string input_;
};

class HttpServer : public testing::Test {
 protected:
  void start() {
    options_.port = 0;
    auto bound = Server::bind(options_, handler_);
    ASSERT_TRUE(bound) << bound.error().describe();
    server_ = std::move(*bound);
    server_->start();
  }
  void TearDown() override { handler_.release(); }
  Client client() { return Client(server_->port()); }
  bool wait_connections(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (server_->load().connections != count) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }

  ServerOptions options_{.queues = {{.threads = 2, .waiting_max = 100}, {.threads = 1, .waiting_max = 100}}, .tls = {}};
  TestHandler handler_;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, SendsWhatStandsReadyOverAKeptConnection) {
  start();
  Client one = client();
  for (int i = 0; i < 3; ++i) {
    const std::time_t before = std::time(nullptr);
    one.get("/ready");
    const Reply reply = one.reply();
    EXPECT_TRUE(reply.head.starts_with("HTTP/1.1 200 OK\r\nServer: clair\r\nContent-Length: 27426\r\nDate: "))
        << reply.head;
    EXPECT_FALSE(reply.has("Connection"));
    EXPECT_EQ(reply.body, handler_.ready_body());
    std::tm date{};
    const char* const end =
        ::strptime(reply.head.c_str() + reply.head.find("Date: "), "Date: %a, %d %b %Y %H:%M:%S GMT", &date);
    ASSERT_NE(end, nullptr) << reply.head;
    EXPECT_EQ(std::string(end), "\r\n\r\n");
    EXPECT_GE(::timegm(&date), before);
    EXPECT_LE(::timegm(&date), std::time(nullptr));
  }
  const auto answered = handler_.wait_answered(3);
  EXPECT_EQ(answered[2].route, "ready");
  EXPECT_EQ(answered[2].status, 200);
  EXPECT_GT(answered[2].bytes, 27'426U);
  EXPECT_EQ(server_->load().connections, 1U);
}

TEST_F(HttpServer, HandsTheWholeRequestToTheHandler) {
  start();
  Client one = client();
  one.send("POST /a?b HTTP/1.1\r\nHost: h\r\nX-Echo: yes\r\nContent-Length: 5\r\n\r\nhello");
  Reply reply = one.reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "POST /a?b hello");
  EXPECT_TRUE(reply.has("X-Echo: yes\r\n"));
  EXPECT_TRUE(reply.has("X-Peer: 127.0.0.1:"));
  const std::string chunked =
      "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
  for (const char& byte : chunked) one.send({&byte, 1});
  EXPECT_EQ(one.reply().body, "POST /c hello world");
  one.get("/none");
  reply = one.reply();
  EXPECT_EQ(reply.status, 204);
  EXPECT_FALSE(reply.has("Content-Length"));
  one.get("/split");
  EXPECT_FALSE(one.reply().has("\nSet-Cookie"));
  EXPECT_EQ(handler_.wait_answered(4)[0].route, "handled");
}

TEST_F(HttpServer, KeepsOrClosesAsEachVersionSays) {
  start();
  Client plain = client();
  plain.send("GET /ready HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(plain.reply().closes());
  EXPECT_TRUE(plain.ended());
  Client kept = client();
  for (int i = 0; i < 2; ++i) {
    kept.send("GET /ready HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(kept.reply().has("\r\nConnection: keep-alive\r\n"));
  }
  kept.get("/x", "Connection: close\r\n");
  EXPECT_TRUE(kept.reply().closes());
  EXPECT_TRUE(kept.ended());
}

TEST_F(HttpServer, SendsNoBodyToHead) {
  start();
  Client one = client();
  for (const std::string_view path : {"/ready", "/a"}) {
    one.send(base::cat({"HEAD ", path, " HTTP/1.1\r\nHost: h\r\n\r\n"}));
    EXPECT_TRUE(one.reply(true).has("Content-Length: "));
  }
  one.get("/ready");
  EXPECT_EQ(one.reply().body, handler_.ready_body());
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
  start();
  Client one = client();
  std::string requests;
  for (int i = 0; i < 100; ++i)
    base::append(requests, {"GET ", i % 3 == 0 ? "/ready" : "/n", "?", i, " HTTP/1.1\r\nHost: h\r\n\r\n"});
  ASSERT_TRUE(one.send(requests));
  for (int i = 0; i < 100; ++i) {
    const Reply reply = one.reply();
    ASSERT_EQ(reply.status, 200) << i;
    EXPECT_EQ(reply.body, i % 3 == 0 ? handler_.ready_body() : base::cat({"GET /n?", i, " "}));
  }
  handler_.wait_answered(100);
}

TEST_F(HttpServer, LetsAPipelinedRequestWaitForTheOneBefore) {
  start();
  Client one = client();
  one.get("/hold");
  ASSERT_TRUE(handler_.wait_held(1));
  one.get("/ready");
  // Far more than is read ahead: the server must neither buffer nor lose it.
  std::thread sender([&] {
    for (int i = 0; i < 200; ++i) one.get("/ready", base::cat({"X: ", std::string(10'000, 'x'), "\r\n"}));
  });
  EXPECT_FALSE(one.readable(50ms));
  handler_.release();
  EXPECT_EQ(one.reply().body, "GET /hold ");
  for (int i = 0; i < 201; ++i) ASSERT_EQ(one.reply().body.size(), 27'426U) << i;
  sender.join();
}

TEST_F(HttpServer, GivesLeaveToSendABody) {
  start();
  Client one = client();
  one.send("PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(one.reply().head, "HTTP/1.1 100 Continue\r\n\r\n");
  one.send("hello");
  EXPECT_EQ(one.reply().body, "PUT /a hello");
  one.send("PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  const Reply reply = one.reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.has("X-Cut: 1"));
  EXPECT_TRUE(reply.closes());
  EXPECT_TRUE(one.ended());
}

TEST_F(HttpServer, CutsABodyThatIsTooLarge) {
  start();
  for (const std::size_t size : {std::size_t{1'001}, std::size_t{5} << 20, std::size_t{kBodyBytesMax} + 1'000'000}) {
    Client one = client();
    one.send(base::cat({"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: ", size, "\r\n\r\n"}));
    one.send(std::string(size, 'x'));
    const Reply reply = one.reply();
    EXPECT_TRUE(reply.has("X-Cut: 1")) << size;
    EXPECT_EQ(reply.body.size(), 7 + 1'000U);
    EXPECT_TRUE(reply.closes());
    EXPECT_TRUE(one.ended());
  }
}

TEST_F(HttpServer, RefusesWhatIsMalformedAndCloses) {
  start();
  const std::pair<std::string, int> cases[] = {
      {"nonsense\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", 400},
      {"GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(kHeaderBytesMax, 'x'), 431},
  };
  for (const auto& [request, status] : cases) {
    Client one = client();
    one.send(request + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
    const Reply reply = one.reply();
    EXPECT_EQ(reply.status, status);
    EXPECT_TRUE(reply.closes());
    EXPECT_TRUE(reply.body.starts_with("{\"error\":\"")) << reply.body;
    EXPECT_TRUE(one.ended());
  }
  for (const Answered& answered : handler_.wait_answered(std::size(cases))) EXPECT_NE(answered.path, "/smuggled");
}

TEST_F(HttpServer, ClosesAnIdleConnectionWithoutAWord) {
  options_.idle_timeout = 100ms;
  start();
  Client fresh = client();
  EXPECT_TRUE(fresh.ended());
  Client used = client();
  used.get("/ready");
  EXPECT_EQ(used.reply().status, 200);
  EXPECT_TRUE(used.ended());
  handler_.wait_answered(1);
}

TEST_F(HttpServer, EndsHeadersThatDrip) {
  options_.header_timeout = 150ms;
  start();
  Client one = client();
  one.send("GET / HTTP/1.1\r\nX: ");
  for (int i = 0; i < 10'000 && !one.readable(5ms); ++i) one.send("x");
  const Reply reply = one.reply();
  EXPECT_EQ(reply.status, 408);
  EXPECT_TRUE(reply.closes());
  EXPECT_TRUE(wait_connections(0) || (one.close(), wait_connections(0)));
}

TEST_F(HttpServer, EndsABodyThatDrips) {
  options_.body_timeout = 150ms;
  start();
  Client one = client();
  one.send("PUT /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
  for (int i = 0; i < 10'000 && !one.readable(5ms); ++i) one.send("x");
  EXPECT_EQ(one.reply().status, 408);
  EXPECT_EQ(handler_.wait_answered(1)[0].path, "/slow");
}

TEST_F(HttpServer, DropsAClientThatDoesNotRead) {
  options_.write_timeout = 150ms;
  start();
  Client one = client();
  one.get("/ready-big");
  const auto answered = handler_.wait_answered(1);
  EXPECT_EQ(answered[0].status, 499);
  EXPECT_LT(answered[0].bytes, std::size_t{32} << 20);
  EXPECT_TRUE(wait_connections(0));
}

TEST_F(HttpServer, AnswersInTimeWhileTheHandlerGoesOn) {
  options_.request_timeout = 100ms;
  start();
  Client one = client();
  one.get("/hold");
  ASSERT_TRUE(handler_.wait_held(1));
  Reply reply = one.reply();
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "late /hold");
  EXPECT_FALSE(reply.closes());
  one.get("/ready");
  EXPECT_EQ(one.reply().status, 200);
  handler_.release();
  ASSERT_TRUE(handler_.wait_unheld());
  one.get("/ready?after");  // and what the handler returned is dropped
  EXPECT_EQ(one.reply().body, handler_.ready_body());
  const auto answered = handler_.wait_answered(3);
  EXPECT_EQ(answered[0].route, "late");
  EXPECT_EQ(answered[0].status, 503);
}

TEST_F(HttpServer, SaysNoWhenAQueueIsFull) {
  options_.queues = {{.threads = 1, .waiting_max = 2}, {.threads = 1, .waiting_max = 2}};
  start();
  std::vector<Client> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(client());
    held.back().get("/hold");
    if (i == 0) {
      ASSERT_TRUE(handler_.wait_held(1));
    }
  }
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (server_->load().waiting[0] != 2 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(server_->load().waiting, (std::vector<std::size_t>{2, 0}));
  Client late = client();
  late.get("/x");
  const Reply reply = late.reply();
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "full");
  EXPECT_TRUE(reply.has("\r\nRetry-After: 1\r\n"));
  late.get("/x?quick");
  EXPECT_EQ(late.reply().status, 200);
  late.get("/ready");
  EXPECT_EQ(late.reply().status, 200);
  handler_.release();
  for (Client& one : held) EXPECT_EQ(one.reply().status, 200);
}

// A connection that was alone for a while has its requests worked on by the very thread that reads for all.
TEST_F(HttpServer, ServesOthersWhileTheOnlyReaderWorks) {
  options_.io_threads = 1;
  start();
  std::vector<Client> busy;
  for (int held = 1; held <= 2; ++held) {  // as many as the queue has threads
    busy.push_back(client());
    const auto end = std::chrono::steady_clock::now() + 30ms;
    while (std::chrono::steady_clock::now() < end) {
      busy.back().get("/short");
      EXPECT_EQ(busy.back().reply().status, 200);
    }
    busy.back().get("/hold");
    ASSERT_TRUE(handler_.wait_held(held));
    Client other = client();
    other.get("/ready");
    EXPECT_EQ(other.reply().status, 200);
    other.get("/x?quick");
    EXPECT_EQ(other.reply().status, 200);
    if (held == 1) {
      other.get("/x");
      EXPECT_EQ(other.reply().status, 200);
    }
  }
  handler_.release();
  for (Client& one : busy) EXPECT_EQ(one.reply().status, 200);
}

// A client that closes as soon as it has its answer is not one that was gone before.
TEST_F(HttpServer, TellsTheStatusOfWhatWasTaken) {
  start();
  constexpr std::size_t kRounds = 300;
  for (std::size_t round = 0; round < kRounds; ++round) {
    Client one = client();
    one.get(round % 3 == 0 ? "/ready" : "/x");
    EXPECT_EQ(one.reply().status, 200);
  }
  for (const Answered& one : handler_.wait_answered(kRounds)) EXPECT_EQ(one.status, 200);
}

TEST_F(HttpServer, EndsWhileItsOnlyReaderWorks) {
  options_.io_threads = 1;
  start();
  Client one = client();
  const auto end = std::chrono::steady_clock::now() + 30ms;
  while (std::chrono::steady_clock::now() < end) {
    one.get("/short");
    EXPECT_EQ(one.reply().status, 200);
  }
  one.get("/hold");
  ASSERT_TRUE(handler_.wait_held(1));
  std::jthread later([this] {
    std::this_thread::sleep_for(20ms);
    handler_.release();
  });
  server_.reset();
  EXPECT_TRUE(handler_.wait_unheld());
}

TEST_F(HttpServer, TellsConnectionsThatAreTooMany) {
  options_.connections_max = 2;
  start();
  std::vector<Client> kept;
  for (int i = 0; i < 2; ++i) {
    kept.push_back(client());
    kept.back().get("/ready");
    EXPECT_EQ(kept.back().reply().status, 200);
  }
  Client late = client();
  late.get("/ready");
  const Reply reply = late.reply();
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(reply.has("Retry-After: 1\r\n"));
  EXPECT_TRUE(reply.closes());
  EXPECT_TRUE(late.ended());
  kept.pop_back();
  ASSERT_TRUE(wait_connections(1));
  Client next = client();
  next.get("/ready");
  EXPECT_EQ(next.reply().status, 200);
  handler_.wait_answered(3);
}

// Many bodies that are each small enough, and never end.
TEST_F(HttpServer, HoldsSoMuchOfAllBodiesAndNoMore) {
  options_.bodies_max = 4'000;
  start();
  const auto begin_body = [](Client& one) {
    one.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + std::string(900, 'b'));
  };
  std::vector<Client> held;
  std::size_t refused = 0;
  for (int i = 0; i < 12; ++i) {
    held.push_back(client());
    begin_body(held.back());
  }
  // Whoever was refused hears so; the others wait for the rest of their body.
  std::vector<Client*> waiting;
  for (Client& one : held) {
    if (!one.has_input(200ms)) {
      waiting.push_back(&one);
      continue;
    }
    const Reply reply = one.reply();
    EXPECT_EQ(reply.status, 503);
    EXPECT_EQ(reply.body, "full");
    EXPECT_TRUE(reply.has("\r\nRetry-After: 1\r\n"));
    EXPECT_TRUE(reply.closes());
    ++refused;
  }
  EXPECT_GE(refused, 8u);
  EXPECT_GE(waiting.size(), 1u);
  // Those that send nothing large are served as ever, and one that waits when there is room again.
  Client small = client();
  small.get("/ready");
  EXPECT_EQ(small.reply().status, 200);
  for (std::size_t i = 1; i < waiting.size(); ++i) waiting[i]->close();
  ASSERT_TRUE(wait_connections(2));
  waiting[0]->send(std::string(100, 'b'));
  EXPECT_EQ(waiting[0]->reply().status, 200);
  held.clear();
  ASSERT_TRUE(wait_connections(1));
  Client next = client();
  begin_body(next);
  next.send(std::string(100, 'b'));
  EXPECT_EQ(next.reply().status, 200);
}

TEST_F(HttpServer, NoticesThatTheClientIsGone) {
  start();
  {
    Client one = client();
    one.get("/hold");
    ASSERT_TRUE(handler_.wait_held(1));
    const linger reset{1, 0};
    ::setsockopt(one.socket(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  auto answered = handler_.wait_answered(1);  // while the handler still runs
  EXPECT_EQ(answered[0].status, 499);
  {
    Client one = client();
    one.get("/hold");
    ASSERT_TRUE(handler_.wait_held(2));
  }
  Client half = client();
  half.get("/x?quick");
  ::shutdown(half.socket(), SHUT_WR);
  EXPECT_EQ(half.reply().status, 200);  // one who only half-closed gets its answer
  EXPECT_TRUE(half.ended());
  handler_.wait_answered(2);
  // Nothing tells from outside that the server has seen the end of the one before.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  handler_.release();
  answered = handler_.wait_answered(3);
  EXPECT_EQ(answered[2].path, "/hold");
  EXPECT_EQ(answered[2].status, 499);
  EXPECT_TRUE(wait_connections(0));
}

TEST_F(HttpServer, SurvivesAHandlerThatThrows) {
  start();
  for (const std::string_view path : {"/throw", "/throw-ready"}) {
    Client one = client();
    one.get(path);
    const Reply reply = one.reply();
    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(reply.body, "{}");
    EXPECT_TRUE(reply.closes());
    EXPECT_TRUE(one.ended());
  }
  EXPECT_EQ(handler_.wait_answered(2)[1].status, 500);
}

TEST_F(HttpServer, DrainsWithoutCuttingOff) {
  start();
  Client idle = client();
  idle.get("/ready");
  EXPECT_EQ(idle.reply().status, 200);
  Client running = client();
  running.get("/hold");
  ASSERT_TRUE(handler_.wait_held(1));
  bool whole = false;
  std::thread drainer([&] { whole = server_->drain(kPatience); });
  EXPECT_TRUE(idle.ended());
  EXPECT_FALSE(client().connected());
  handler_.release();
  const Reply reply = running.reply();
  EXPECT_EQ(reply.body, "GET /hold ");
  EXPECT_TRUE(reply.closes());
  EXPECT_TRUE(running.ended());
  running.close();
  drainer.join();
  EXPECT_TRUE(whole);
  EXPECT_EQ(server_->load().connections, 0U);
}

TEST_F(HttpServer, EndsADrainAtItsGrace) {
  start();
  Client running = client();
  running.get("/hold");
  ASSERT_TRUE(handler_.wait_held(1));
  EXPECT_FALSE(server_->drain(50ms));
  EXPECT_EQ(running.reply().status, 0);
  EXPECT_EQ(handler_.wait_answered(1)[0].status, 499);
}

TEST_F(HttpServer, ServesAThousandConnections) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 2'200) GTEST_SKIP() << "no 2,200 files may be open here";
  options_.queues[0].waiting_max = 1'000;
  start();
  std::vector<Client> all;
  for (int i = 0; i < 1'000; ++i) {
    all.push_back(client());
    all.back().get("/ready");
  }
  for (Client& one : all) ASSERT_EQ(one.reply().status, 200);
  EXPECT_EQ(server_->load().connections, 1'000U);
  for (Client& one : all) one.get("/x");
  for (Client& one : all) ASSERT_EQ(one.reply().body, "GET /x ");
  all.clear();
  EXPECT_TRUE(wait_connections(0));
}

TEST_F(HttpServer, ServesManyThreadsAtOnce) {
  options_.io_threads = 3;
  options_.request_timeout = 60s;
  start();
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 50; ++i) {
        Client one = client();
        one.get("/ready");
        one.get(base::cat({"/", t, "-", i}));
        if (i % 5 == 0) continue;  // goes without reading
        EXPECT_EQ(one.reply().body, handler_.ready_body());
        EXPECT_EQ(one.reply().body, base::cat({"GET /", t, "-", i, " "}));
      }
    });
  }
  threads.clear();
  EXPECT_TRUE(wait_connections(0));
}

TEST_F(HttpServer, ListensOnBothFamilies) {
  options_.address = "::";
  options_.port = 0;
  auto bound = Server::bind(options_, handler_);
  if (!bound) GTEST_SKIP() << "no IPv6 here: " << bound.error().describe();
  server_ = std::move(*bound);
  server_->start();
  EXPECT_EQ(server_->address(), base::cat({"[::]:", server_->port()}));
  Client four = client();
  four.get("/a");
  EXPECT_TRUE(four.reply().has("X-Peer: 127.0.0.1:"));
  Client six(server_->port(), true);
  if (!six.connected()) GTEST_SKIP() << "no IPv6 loopback here";
  six.get("/a");
  EXPECT_TRUE(six.reply().has("X-Peer: [::1]:"));
}

TEST_F(HttpServer, SaysWhyItCannotListen) {
  start();
  EXPECT_EQ(server_->address(), base::cat({"127.0.0.1:", server_->port()}));
  ServerOptions second;
  second.port = server_->port();
  const auto taken = Server::bind(second, handler_);
  ASSERT_FALSE(taken);
  EXPECT_TRUE(taken.error().describe().contains(base::cat({"127.0.0.1 port ", second.port})))
      << taken.error().describe();
  second.address = "no such host.invalid";
  EXPECT_EQ(Server::bind(second, handler_).error().code(), Code::usage);
}

// Keys and certificates that live as long as the test.
struct Certificate {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  Certificate(const char* name, const Certificate* issuer) {
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_set_version(certificate, X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3'600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3'600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer != nullptr ? issuer->certificate : certificate));
    if (issuer == nullptr) {
      X509_EXTENSION* const is_authority =
          X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
      X509_add_ext(certificate, is_authority, -1);
      X509_EXTENSION_free(is_authority);
    }
    X509_sign(certificate, issuer != nullptr ? issuer->key : key, EVP_sha256());
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
  ~Certificate() {
    EVP_PKEY_free(key);
    X509_free(certificate);
  }
  void write(const std::string& cert_file, const std::string& key_file) const {
    BIO* const cert = BIO_new_file(cert_file.c_str(), "w");
    PEM_write_bio_X509(cert, certificate);
    BIO_free(cert);
    BIO* const secret = BIO_new_file(key_file.c_str(), "w");
    PEM_write_bio_PrivateKey(secret, key, nullptr, nullptr, 0, nullptr, nullptr);
    BIO_free(secret);
  }
};

class HttpsServer : public HttpServer {
 protected:
  void SetUp() override {
    authority_.write(file("ca.pem"), file("ca.key"));
    server_certificate_.write(file("server.pem"), file("server.key"));
    options_.tls.cert_file = file("server.pem");
    options_.tls.key_file = file("server.key");
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    ASSERT_EQ(SSL_CTX_load_verify_file(context_, file("ca.pem").c_str()), 1);
  }
  void TearDown() override {
    SSL_CTX_free(context_);
    HttpServer::TearDown();
  }
  std::string file(std::string_view name) const { return base::cat({folder_.path(), "/", name}); }

  base::TemporaryDirectory folder_ = *base::TemporaryDirectory::make("limpid-https-test");
  Certificate authority_{"test authority", nullptr};
  Certificate server_certificate_{"localhost", &authority_};
  SSL_CTX* context_ = nullptr;
};

TEST_F(HttpsServer, ServesOverTls) {
  start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_min_proto_version(context_, version);
    SSL_CTX_set_max_proto_version(context_, version);
    Client one = client();
    ASSERT_TRUE(one.start_tls(context_));
    for (int i = 0; i < 3; ++i) {
      one.get("/ready");
      EXPECT_EQ(one.reply().body, handler_.ready_body());
    }
    one.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(one.reply().body, "POST /a hello");
    EXPECT_EQ(one.reply().body, "GET /x ");
    one.get("/ready-big");
    EXPECT_EQ(one.reply().body, std::string(std::size_t{32} << 20, 'b'));
    one.send(base::cat({"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n", std::string(1'000'000, 'x')}));
    EXPECT_TRUE(one.reply().has("X-Cut: 1"));
    EXPECT_TRUE(one.ended());
    EXPECT_EQ(SSL_get_shutdown(one.tls()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
  }
}

TEST_F(HttpsServer, RefusesWhatIsOldOrNotTls) {
  options_.header_timeout = 200ms;
  start();
  SSL_CTX_set_security_level(context_, 0);
  SSL_CTX_set_min_proto_version(context_, TLS1_1_VERSION);
  SSL_CTX_set_max_proto_version(context_, TLS1_1_VERSION);
  EXPECT_FALSE(client().start_tls(context_));
  SSL_CTX_set_max_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context_, "AES128-SHA");
  EXPECT_FALSE(client().start_tls(context_));
  Client plain = client();
  plain.get("/ready");
  EXPECT_EQ(plain.reply().status, 0);
  Client silent = client();
  EXPECT_EQ(silent.reply().status, 0);
  EXPECT_TRUE(wait_connections(0));
}

TEST_F(HttpsServer, WantsAClientCertificateWhereToldSo) {
  options_.tls.client_ca_file = file("ca.pem");
  start();
  const auto status = [&](const Certificate* certificate) {
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    if (certificate != nullptr) {
      SSL_CTX_use_certificate(context, certificate->certificate);
      SSL_CTX_use_PrivateKey(context, certificate->key);
    }
    Client one = client();
    int answer = 0;
    if (one.start_tls(context)) {  // in TLS 1.3 the refusal comes after the handshake
      one.get("/ready");
      answer = one.reply().status;
    }
    one.close();
    SSL_CTX_free(context);
    return answer;
  };
  const Certificate good("client", &authority_);
  const Certificate stranger("stranger", nullptr);
  EXPECT_EQ(status(&good), 200);
  EXPECT_EQ(status(nullptr), 0);
  EXPECT_EQ(status(&stranger), 0);
  handler_.wait_answered(1);
}

TEST_F(HttpsServer, SaysWhatIsWrongWithItsFiles) {
  const auto refused = [&](const TlsOptions& tls) {
    options_.port = 0;
    options_.tls = tls;
    const auto bound = Server::bind(options_, handler_);
    return bound ? std::string() : bound.error().describe();
  };
  EXPECT_TRUE(refused({file("server.pem"), "", ""}).contains("both"));
  EXPECT_TRUE(refused({"", "", file("ca.pem")}).contains("both"));
  EXPECT_TRUE(refused({file("none.pem"), file("server.key"), ""}).contains("none.pem"));
  EXPECT_TRUE(refused({file("server.pem"), file("ca.key"), ""}).contains("ca.key"));
  EXPECT_TRUE(refused({file("server.pem"), file("server.key"), file("none.pem")}).contains("none.pem"));
}

}  // namespace
}  // namespace limpid::service::http
