// The HTTP/1.1 server (Boost.Asio in server.cc, Boost.Beast in message.cc): keep-alive, pipelining, deadlines, limits,
// TLS with client certificates, drain. It knows nothing of any API.
//
// A request takes one of two ways. Handler::ready() is asked first, on the I/O thread that read the request: it must
// not wait for anything, and answers with bytes that stand ready, or not at all. Else the request goes to a bounded
// queue, and Handler::handle() answers it on a worker thread, where it may wait as it must. A full queue is answered
// 503 with Retry-After at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace limpid::service::http {

inline constexpr std::size_t kHeaderBytesMax = std::size_t{16} << 10;  // request line and headers; beyond: 431

// One request, complete. Views live as long as the call.
struct Request {
  std::string_view method;  // "GET"
  std::string_view target;  // as sent: "/v1/layers/a?features"
  std::string_view path;    // target up to '?', still percent-encoded
  std::string_view query;   // after '?', "" if none
  std::string_view body;    // at most Handler::body_max() bytes of it
  bool body_cut = false;    // there was more
  bool keep_alive = true;
  std::string_view peer;  // "127.0.0.1:41234"
  // The first header by that name, in any case; "" if there is none.
  std::string_view header(std::string_view name) const { return find_header(name); }
  std::function<std::string_view(std::string_view)> find_header;
  std::chrono::steady_clock::time_point deadline;  // the client is answered 503 at that time
};

// An answer whose bytes stand ready and are shared: status line and headers without Date, Connection and the empty line
// that ends them, then the body.
struct Ready {
  std::string head;  // "HTTP/1.1 200 OK\r\nServer: clair\r\nContent-Type: …\r\nContent-Length: 27426\r\n"
  std::string body;
  int status = 200;
};
using ReadyPointer = std::shared_ptr<const Ready>;

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // Content-Length is added by the server
  std::string body;
  std::string_view route;  // a literal, for logs and metrics: "v1/getLayer"; "" for an unknown one
  // Where set, sent instead of all the above but `route`.
  ReadyPointer ready;
};
// As it would stand in a cache. `reclaim` gets the body back when nobody sends or keeps it any more, on whatever
// thread.
ReadyPointer make_ready(Response response, std::function<void(std::string body)> reclaim = {});
std::string_view reason_of(int status);  // "Not Found"

class Handler {
 public:
  virtual ~Handler() = default;
  // Nothing: handle() shall answer. Called on an I/O thread; must not block. `route` is set where there is an answer.
  virtual ReadyPointer ready(const Request& request, std::string_view& route) {
    (void)request, (void)route;
    return nullptr;
  }
  // On a worker thread. Must not throw.
  virtual Response handle(const Request& request) = 0;
  // What is sent when the deadline passes before handle() returned; it goes on in the background.
  virtual Response timed_out(const Request& request) = 0;
  // What is sent when the queue is full. The server adds Retry-After.
  virtual Response overloaded(const Request& request) = 0;
  virtual std::size_t body_max() const { return std::size_t{1} << 20; }
  // The queue that handle() waits in: 0 … ServerOptions::queues.size() - 1, so that slow work does not block quick.
  virtual std::size_t queue_of(const Request& request) const {
    (void)request;
    return 0;
  }
  // After each answer was sent (or the client was gone: status 499).
  virtual void answered(const Request& request, std::string_view route, int status, std::uint64_t bytes,
                        std::chrono::nanoseconds duration) {
    (void)request, (void)route, (void)status, (void)bytes, (void)duration;
  }
};

struct TlsOptions {
  std::string cert_file, key_file;  // PEM; both or neither
  std::string client_ca_file;       // then a client certificate signed by it is required
};

struct QueueOptions {
  unsigned threads = 4;
  std::size_t waiting_max = 1'024;
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // or "::1", "0.0.0.0", "::", a host name that resolves to one
  std::uint16_t port = 6060;          // 0: any free one
  unsigned io_threads = 0;            // 0: one for each processor, at most 4
  std::vector<QueueOptions> queues = {QueueOptions{}};
  TlsOptions tls;
  std::size_t connections_max = 4'096;  // beyond: the connection is answered 503 and closed
  // Bytes held for the bodies of all requests together; beyond: the request is answered 503, and the connection closed.
  std::size_t bodies_max = std::size_t{256} << 20;
  std::chrono::milliseconds header_timeout{10'000};  // from the first byte of a request to its headers' end
  std::chrono::milliseconds body_timeout{60'000};    // to the body's end
  std::chrono::milliseconds idle_timeout{75'000};    // between two requests
  std::chrono::milliseconds write_timeout{60'000};   // a client that does not read its answer
  std::chrono::milliseconds request_timeout{900'000};
};

class Server {
 public:
  // Binds and listens; serving begins with start().
  static Result<std::unique_ptr<Server>> bind(const ServerOptions& options, Handler& handler);
  virtual ~Server() = default;  // stops at once
  virtual void start() = 0;
  virtual std::uint16_t port() const = 0;
  virtual std::string address() const = 0;  // "127.0.0.1:6060", "[::1]:6060"
  // Stops accepting, closes idle connections, lets running requests finish and their answers go out with
  // `Connection: close`, for at most `grace`; then closes. True if nothing was cut off.
  virtual bool drain(std::chrono::milliseconds grace) = 0;
  // For metrics.
  struct Load {
    std::size_t connections = 0;
    std::vector<std::size_t> waiting;  // by queue
  };
  virtual Load load() const = 0;
};

}  // namespace limpid::service::http
