// For tests: an HTTP server on loopback whose answers a test writes byte by byte. It speaks over plain sockets (or TLS,
// see testing_tls.h), reads requests as they come and hands each to the test's handler together with the connection.
#pragma once

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

namespace limpid::net::testing {

// Bytes over a connection: a plain socket, or TLS on top of one.
class Channel {
 public:
  virtual ~Channel() = default;
  // 0 or less at the end, or when the connection broke.
  virtual ssize_t read(char* to, std::size_t size) = 0;
  virtual ssize_t write(const char* from, std::size_t size) = 0;
  // Tells the peer that nothing more comes, where the protocol has a way to.
  virtual void say_farewell() {}
};

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(int socket) : socket_(socket) {}
  ssize_t read(char* to, std::size_t size) override { return ::recv(socket_, to, size, 0); }
  ssize_t write(const char* from, std::size_t size) override { return ::send(socket_, from, size, MSG_NOSIGNAL); }

 private:
  int socket_;
};

// Makes the channel of an accepted socket; nullptr if the handshake failed.
using ChannelMaker = std::function<std::unique_ptr<Channel>(int socket)>;

struct Received {
  std::string method, target, body;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::uint16_t peer_port = 0;                               // tells connections apart
  // The first by that name, "" if there is none.
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
  bool has(std::string_view name) const {
    for (const auto& header : headers) {
      if (header.first == name) return true;
    }
    return false;
  }
};

// What a handler writes to.
class Connection {
 public:
  Connection(int socket, std::unique_ptr<Channel> channel) : socket_(socket), channel_(std::move(channel)) {}

  // False once the peer has gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = channel_->write(bytes.data(), bytes.size());
      if (sent <= 0) return false;
      sent_ += static_cast<std::size_t>(sent);
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // A whole answer with its Content-Length; `headers` are lines that end in CRLF.
  bool answer(int status, std::string_view body, std::string_view headers = "") {
    return send(base::cat({"HTTP/1.1 ", status, " Said\r\n", headers, "Content-Length: ", body.size(), "\r\n\r\n"})) &&
           send(body);
  }
  // Nothing more is sent until the peer or the server's end closes the connection.
  void stall() {
    char ignored[4096];
    while (channel_->read(ignored, sizeof ignored) > 0) {
    }
    closed_ = true;
  }
  void close() { closed_ = true; }
  // TLS's close_notify; nothing without TLS.
  void say_farewell() { channel_->say_farewell(); }
  // Ends with a reset instead of an orderly end.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    closed_ = true;
  }
  // Carries bytes to and from a port of this machine until either side ends, as a proxy's tunnel does.
  void tunnel_to(std::uint16_t port);

  bool is_closed() const { return closed_; }
  std::size_t sent() const { return sent_; }
  // Reads one request; false at the end of the connection.
  bool receive(Received& request);

 private:
  int socket_;
  std::unique_ptr<Channel> channel_;
  std::string pending_;
  std::size_t sent_ = 0;
  bool closed_ = false;
};

inline bool Connection::receive(Received& request) {
  const auto more = [&] {
    char chunk[16384];
    const ssize_t got = channel_->read(chunk, sizeof chunk);
    if (got > 0) pending_.append(chunk, static_cast<std::size_t>(got));
    return got > 0;
  };
  std::size_t end = 0;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return false;
  }
  const std::string head = pending_.substr(0, end);
  pending_.erase(0, end + 4);
  std::string_view rest = head;
  std::string_view line = base::take_line(rest).value_or("");
  request.method = base::take_word(line);
  request.target = base::take_word(line);
  while (const auto header = base::take_line(rest)) {
    std::string_view value = *header;
    const std::string_view name = base::take_until(value, ':');
    request.headers.emplace_back(base::lower(name), std::string(base::trim(value)));
  }
  const std::size_t length = base::parse_unsigned(request.header("content-length")).value_or(0);
  while (pending_.size() < length) {
    if (!more()) return false;
  }
  request.body = pending_.substr(0, length);
  pending_.erase(0, length);
  return true;
}

inline void Connection::tunnel_to(std::uint16_t port) {
  closed_ = true;
  const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    pollfd ends[2] = {{socket_, POLLIN, 0}, {other, POLLIN, 0}};
    for (bool open = true; open && ::poll(ends, 2, -1) > 0;) {
      for (const int from : {0, 1}) {
        if (!open || ends[from].revents == 0) continue;
        char chunk[16384];
        const ssize_t got = ::recv(ends[from].fd, chunk, sizeof chunk, 0);
        open = got > 0 && ::send(ends[1 - from].fd, chunk, static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
      }
    }
  }
  ::close(other);
}

// Listens on 127.0.0.1 at a port of the kernel's choice until it goes out of scope. Each connection has a thread, which
// calls the handler for each of its requests; the handler may be called by several threads at once.
class Server {
 public:
  using Handler = std::function<void(Connection&, const Received&)>;
  // With `unix_socket` at that path instead.
  explicit Server(Handler handler, ChannelMaker make_channel = {}, const std::string& unix_socket = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return port_; }
  // "http://127.0.0.1:<port><path>", or with another scheme or host.
  std::string url(std::string_view path, std::string_view scheme = "http", std::string_view host = "127.0.0.1") const {
    return base::cat({scheme, "://", host, ":", port_, path});
  }
  // All requests that came so far.
  std::vector<Received> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  // Waits until at least that many requests have come; the test's own time limit is the bound.
  void wait_for_requests(std::size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return requests_.size() >= count; });
  }
  std::size_t connections() const { return connections_.load(); }

 private:
  void accept_all();
  void serve(int socket, std::uint16_t peer_port);

  Handler handler_;
  ChannelMaker make_channel_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> connections_{0};
  mutable std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Received> requests_;
  std::list<int> sockets_;  // those being served
  bool closing_ = false;
  std::list<std::jthread> workers_;
  std::jthread acceptor_;
};

inline Server::Server(Handler handler, ChannelMaker make_channel, const std::string& unix_socket)
    : handler_(std::move(handler)), make_channel_(std::move(make_channel)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_un path{};
  path.sun_family = AF_UNIX;
  unix_socket.copy(path.sun_path, sizeof path.sun_path - 1);
  const bool is_unix = !unix_socket.empty();
  listener_ = ::socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  socklen_t size = is_unix ? sizeof path : sizeof address;
  auto* generic = is_unix ? reinterpret_cast<sockaddr*>(&path) : reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
      ::getsockname(listener_, generic, &size) != 0)
    std::abort();  // no loopback, no test
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

inline Server::~Server() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  workers_.clear();
  ::close(listener_);
}

inline void Server::accept_all() {
  for (;;) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const int socket = ::accept4(listener_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (closing_ || socket < 0) {
      if (socket >= 0) ::close(socket);
      return;
    }
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++connections_;
    sockets_.push_back(socket);
    workers_.emplace_back([this, socket, port = ntohs(peer.sin_port)] { serve(socket, port); });
  }
}

inline void Server::serve(int socket, std::uint16_t peer_port) {
  // A TLS library writes without MSG_NOSIGNAL; the signal would end the test's process, and is blocked in this thread
  // alone so that the code under test gets no such help.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);

  if (auto channel = make_channel_ ? make_channel_(socket) : std::make_unique<PlainChannel>(socket)) {
    Connection connection(socket, std::move(channel));
    for (Received request; !connection.is_closed() && connection.receive(request); request = {}) {
      request.peer_port = peer_port;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        came_.notify_all();
      }
      handler_(connection, request);
    }
  }
  const std::lock_guard lock(mutex_);
  sockets_.remove(socket);
  ::close(socket);
}

}  // namespace limpid::net::testing
