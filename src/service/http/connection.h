// One connection, from its first byte to its end. Asio tells when a socket is ready (callbacks, no coroutines: a
// quarter less processor time); the bytes are moved by transport.cc and read by message.cc. Private to this folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "service/http/asio.h"
#include "service/http/exchange.h"
#include "service/http/io_thread.h"
#include "service/http/message.h"
#include "service/http/transport.h"

namespace limpid::service::http {

// It stays with one IoThread for its life; all is called there but for work().
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(IoThread& thread, tcp::socket socket, std::string peer, bool refuse)
      : thread_(thread),
        shared_(thread.shared()),
        refuse_(refuse),
        socket_(std::move(socket)),
        transport_(socket_.native_handle(),
                   shared_.tls && !refuse ? shared_.tls->session(socket_.native_handle()) : nullptr),
        peer_(std::move(peer)),
        exchange_(std::make_shared<Exchange>(peer_, shared_.bodies)) {
    reader_.begin(exchange_->message, shared_.body_max);
  }

  void start();
  void drain();
  void overloaded();
  // True where a request was cut off by it.
  bool cut_off();
  std::chrono::steady_clock::time_point deadline() const { return deadline_; }
  void expire();

  std::size_t index = 0;  // in the thread's list

 private:
  enum class State : std::uint8_t { handshake, reading, running, writing, lingering, closed };
  enum class Phase : std::uint8_t { idle, head, body };  // of reading
  // What a worker made of a request: an answer that it has begun to send, or one that is to be sent.
  struct Handled {
    bool threw = false;
    std::optional<Moved> moved;
    Response response;
  };

  void begin();
  void step_handshake();
  void wait_input();
  bool may_receive() const;
  void receive();
  void receive_later();
  void on_received(const error_code& error, std::size_t count);
  void on_input(const error_code& error);
  void take_input();
  void took(bool was_empty);
  void end_input();
  bool is_idle() const { return state_ == State::reading && phase_ == Phase::idle && input_.empty(); }
  void close_if_idle();
  void proceed();
  void need_more();
  bool send_continue();
  void begin_request();
  void fill_request();
  void dispatch();
  void work(std::shared_ptr<Exchange>&& exchange);
  void handled(const std::shared_ptr<Exchange>& exchange, Handled&& outcome);
  void refuse_body();
  void refuse_request(int status, std::string_view reason);
  void answer_error(int status, std::string_view reason);
  void fail_internally();
  void answer(Response&& response, bool retry_after = false);
  void answer_ready(ReadyPointer ready, std::string_view route, bool retry_after = false);
  void begin_answer(Response&& response, bool retry_after = false);
  void begin_answer(ReadyPointer ready, std::string_view route, bool retry_after = false);
  void begin_output(std::string_view head, std::string_view body, bool retry_after);
  void flush();
  void go_on(const Moved& moved);
  void go_on_writing(const Moved& moved);
  void wait_output(Moved::How how);
  void finish_answer();
  void begin_next();
  void linger();
  void drop_input();
  void report(int status);
  void lost();
  void close();
  // Runs `step`; whatever it throws (memory may be out) costs this connection only.
  template <class Step>
  void guarded(Step step) {
    try {
      step();
    } catch (...) {
      close();
    }
  }

  IoThread& thread_;
  Shared& shared_;
  const bool refuse_;
  tcp::socket socket_;
  Transport transport_;
  const std::string peer_;
  std::shared_ptr<Exchange> exchange_;
  RequestReader reader_;
  Input input_;

  State state_ = State::handshake;
  Phase phase_ = Phase::idle;
  bool waits_input_ = false;
  bool waits_output_ = false;
  bool input_ended_ = false;
  bool is_gone_ = false;     // and had been when there was an answer
  bool must_close_ = false;  // after the answer
  bool keep_alive_ = true;
  bool answered_ = true;  // no request is open that answered() has to be told of
  std::chrono::steady_clock::time_point started_{};
  std::chrono::steady_clock::time_point deadline_{};

  // The answer that is being sent.
  int status_ = 0;
  std::string_view route_;
  ReadyPointer ready_;
  std::string head_, body_, tail_;
  bool write_waited_ = false;
  std::uint64_t progress_ = 0;  // sent when the write deadline began
  std::uint64_t dropped_ = 0;   // while lingering
};

}  // namespace limpid::service::http
