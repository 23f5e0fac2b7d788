// The one HTTP client (libcurl): feeds, layer blobs, webhooks. Bounded in time and bytes; follows redirects itself, so
// that each hop is checked against the allow-list and credentials never reach another host.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/source.h"
#include "base/error.h"
#include "net/allow_list.h"
#include "net/session.h"

namespace limpid::net {

inline constexpr int kRedirectsMax = 10;
inline constexpr std::size_t kResponseHeadersMax = std::size_t{256} << 10;

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Tls {
  bool insecure = false;                // no verification of the server
  std::string ca_file{};                // beside the system's; "" for none
  std::string cert_file{}, key_file{};  // a client certificate
  std::string server_name{};            // overrides the name to verify and to send; "" for the URL's
  // The same as PEM texts; more authorities, and in place of the client certificate's files.
  std::string ca{}, cert{}, key{};

  bool has_authorities() const { return !(ca_file.empty() && ca.empty()); }
  bool has_identity() const { return !(cert_file.empty() && cert.empty()); }
  void forget_identity() {
    for (std::string* part : {&cert_file, &key_file, &cert, &key}) part->clear();
  }
};
// With what its files hold in place of their names, so that none is opened later. Errors name the file.
Result<Tls> with_contents(Tls tls);

struct Limits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds idle{30'000};             // without a byte
  std::chrono::milliseconds total{600'000};           // from the first call to the last byte
  std::uint64_t bytes_max = std::uint64_t{16} << 30;  // of the body as sent
  std::string_view bytes_name{};                      // how the user sets it; "" where he cannot
};

struct Options {
  const AllowList* allow = nullptr;  // nullptr: anywhere (an operator's own configuration named the URL)
  Tls tls;
  std::string proxy;  // "": the environment's (http_proxy, https_proxy, no_proxy); "none": no proxy
  Limits limits;
  bool follow_redirects = true;  // false: a redirect is the answer
  std::string unix_socket;  // a path that is connected to in place of the URL's host, without a proxy; no redirect is
                            // followed then
  std::string user_agent;   // "": "limpid/<version>"
  const std::atomic<bool>* cancel = nullptr;  // set by another thread: ends with Code::cancelled within 200 ms
  std::shared_ptr<Session> session;           // keeps connections for later requests; nullptr: each makes its own
};

struct Request {
  std::string method = "GET";
  std::string url;
  Headers headers;  // Host, Content-Length, Transfer-Encoding and Connection in it are ignored; CR, LF and NUL refused.
                    // Authorization, Cookie, Proxy-Authorization and every other header given here go only to the first
                    // URL's host and port, except If-None-Match, If-Modified-Since, Accept and Range.
  std::string body;
};

struct Response {
  int status = 0;
  Headers headers;  // names in lower case, of the last hop
  std::string url;  // of the last hop
  std::string body;
  // The first by that name (lower case), "" if there is none.
  std::string_view header(std::string_view name) const;
};

// The whole answer in memory, whatever its status. Errors: Code::usage (the allow-list's reason), Code::limit,
// Code::cancelled, Code::io (name not resolved, refused, timed out, TLS; the message says which).
Result<Response> fetch(const Request& request, const Options& options);

// The body to a file (created or truncated, 0600) and not to memory. Only a 2xx answer's body is written.
Result<Response> fetch_to_file(const Request& request, const std::string& path, const Options& options);

// The body as a stream, pulled by the caller: memory stays within two buffers however slowly it is read. Returns when
// the final answer's headers are there; `response` has status and headers, no body. A body that ends before its
// Content-Length is Code::truncated.
struct Stream {
  Response response;
  std::unique_ptr<archive::Source> body;
};
Result<Stream> open_stream(const Request& request, const Options& options);

// Waiting between attempts: initial · 2^n, at most `most`, each shortened by a random part of up to half (jitter).
class Backoff {
 public:
  Backoff(std::chrono::milliseconds initial, std::chrono::milliseconds most, bool jitter = true)
      : next_(initial), initial_(initial), most_(most), jitter_(jitter) {}
  std::chrono::milliseconds next();
  void reset() { next_ = initial_; }

 private:
  std::chrono::milliseconds next_, initial_, most_;
  bool jitter_;
};

// Whether another attempt may go better: no answer, 408, 425, 429, 5xx but 501 and 505.
bool is_transient(const Result<Response>& outcome);
// Retry-After in seconds or as a date; nothing if absent or absurd (over a day).
std::chrono::seconds retry_after(const Response& response);

}  // namespace limpid::net
