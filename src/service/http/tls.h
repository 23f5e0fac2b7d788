// TLS of the server: OpenSSL over a socket that does not block. Whoever calls waits until the socket is ready.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/error.h"
#include "service/http/server.h"

struct ssl_ctx_st;
struct ssl_st;

namespace limpid::service::http {

// What became of an attempt to move bytes without waiting.
struct Moved {
  enum class How : std::uint8_t { done, wants_read, wants_write, ended, failed };
  How how = How::failed;
  std::size_t bytes = 0;  // where done
};

class TlsSession {
 public:
  explicit TlsSession(ssl_st* session) : session_(session) {}
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Moved handshake();
  Moved read(char* to, std::size_t size);
  // After wants_*, the next call must begin with the same bytes.
  Moved write(const char* from, std::size_t size);
  // Bytes stand decrypted, so that the socket will not become readable for them.
  bool has_input() const;
  // Tells the other side that nothing follows, if that can be done at once.
  void close_output();

 private:
  Moved moved(int result, std::size_t bytes);
  ssl_st* session_;
};

class TlsContext {
 public:
  // TLS 1.2 and later, forward secrecy and authenticated encryption only.
  static Result<std::unique_ptr<TlsContext>> make(const TlsOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Nothing where memory is out.
  std::unique_ptr<TlsSession> session(int socket) const;

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

}  // namespace limpid::service::http
