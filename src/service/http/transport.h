// The bytes of one connection, in and out, without waiting: a buffer for what came, a list of what goes, plain or TLS.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/uio.h>

#include "service/http/tls.h"

namespace limpid::service::http {

// What was received and not used yet.
class Input {
 public:
  // While a request waits or is answered, at most so much of the next ones is read ahead.
  static constexpr std::size_t kMax = std::size_t{32} << 10;

  std::string_view view() const { return {bytes_.data() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  void consume(std::size_t count);
  // Room for more, empty only where kMax bytes stand. It is lent, whatever happens here meanwhile, until received()
  // says how much of it was filled; nobody else gets any until then.
  std::span<char> room();
  void received(std::size_t count);
  // Gives back what only a large request needed.
  void trim();

 private:
  static constexpr std::size_t kUsual = std::size_t{4} << 10;  // most requests' size
  static constexpr std::size_t kRoomMin = std::size_t{1} << 10;
  std::vector<char> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::optional<std::size_t> lent_;  // where the lent room begins
};

class Transport {
 public:
  // Neither owns nor closes the socket.
  Transport(int socket, std::unique_ptr<TlsSession> tls) : socket_(socket), tls_(std::move(tls)) {}

  bool is_tls() const { return tls_ != nullptr; }
  Moved handshake() { return tls_->handshake(); }
  Moved read(std::span<char> to);
  bool has_input() const { return tls_ && tls_->has_input(); }
  // Whether something can be read, though it may be no more than a part of a TLS record.
  bool has_arrived() const;

  // Takes up to three views, which must live until they are sent.
  void begin_output(std::string_view head, std::string_view tail, std::string_view body);
  // Done: all is sent.
  Moved send();
  std::uint64_t sent() const { return sent_; }
  // A short interim answer, which is sent at once or not at all.
  bool send_now(std::string_view bytes);
  void close_output();
  // Reads and forgets, whatever it is, encrypted too. False where nothing more will come.
  bool discard(std::uint64_t& count);
  // Closing will reset the connection, so that the kernel forgets what the client does not read.
  void reset_on_close();

 private:
  Moved send_plain();
  Moved send_tls();
  std::size_t unsent() const;
  void advance(std::size_t count);

  int socket_;
  std::unique_ptr<TlsSession> tls_;
  std::array<iovec, 3> parts_{};
  std::size_t first_ = parts_.size();
  std::uint64_t sent_ = 0;
  std::string together_;  // TLS only: what shall share one record
};

}  // namespace limpid::service::http
