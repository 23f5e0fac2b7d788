// One HTTP exchange at a time through libcurl, driven by whoever pulls its body: no thread of its own, no redirect
// followed, no header added that its caller did not choose. Private to this room.
#pragma once

#include <chrono>
#include <memory>

#include "net/client.h"
#include "net/url.h"

namespace limpid::net {

// Limits::bytes_max for a message.
std::string limit_text(const Limits& limits);

// A request as it goes to one place.
struct Exchange {
  std::string method;
  const Url* url = nullptr;
  Headers headers;
  std::string body;
  std::string proxy;         // "" for none
  bool has_identity = true;  // the client certificate and Tls::server_name belong to this place
};

class Transfer {
 public:
  using Clock = std::chrono::steady_clock;

  // `options` and what it points to outlive the Transfer. The total time runs from here.
  explicit Transfer(const Options& options);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Ends what came before, and returns when this answer's headers are there.
  Result<void> start(Exchange exchange);
  // The next bytes of the body, valid until the following call; empty at the end. An error is repeated.
  Result<Bytes> next();

  int status() const;
  const Headers& headers() const;
  std::chrono::milliseconds time_left() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::net
