// Reads one HTTP/1.x request from bytes as they come: Boost.Beast's parser, behind checks that are stricter than it
// (message.cc). Knows nothing of sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpid::service::http {

// What is read of a body altogether, also where the handler takes less; beyond, the connection is closed.
inline constexpr std::uint64_t kBodyBytesMax = std::uint64_t{16} << 20;
// The line before a chunk with its extensions, or all trailers.
inline constexpr std::size_t kChunkHeadMax = std::size_t{8} << 10;

// One request, in memory of its own: it may outlive the connection that it came by.
struct Message {
  std::string head;  // request line and headers, as sent; the views below look into it
  std::string body;
  std::string_view method, target, path, query;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  bool body_cut = false;
  bool keep_alive = false;
  bool is_http_1_0 = false;

  std::string_view header(std::string_view name) const;
};

struct Refusal {
  int status = 400;
  std::string_view reason;  // for the client; needs no escaping
};

class RequestReader {
 public:
  RequestReader();
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // Starts anew. `message` must live until the next begin().
  void begin(Message& message, std::size_t body_max);
  enum class Progress : std::uint8_t { need_more, complete, refused };
  // `input` is all that was not used yet; `used` tells what may be forgotten now.
  Progress take(std::string_view input, std::size_t& used);
  bool head_is_done() const;
  // Once for a request whose client waits for "100 Continue" before it sends the body.
  bool take_expectation();
  const Refusal& refusal() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::service::http
