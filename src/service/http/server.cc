// Connections on Boost.Asio: each I/O thread has an io_context of its own, and a connection stays with one thread for
// its life, so that nothing here but counters is shared between threads and nothing is locked on the way of a request.
// Asio tells when a socket is ready (callbacks, no coroutines: a quarter less processor time); the bytes are moved by
// transport.cc and read by message.cc.

// Each io_context has one thread, and what others post goes through a mutex: Asio's own fences around handlers would
// order nothing more (and ThreadSanitizer cannot follow fences).
#define BOOST_ASIO_DISABLE_FENCED_BLOCK

#include "service/http/server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <functional>
#include <latch>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/text.h"
#include "service/http/answer.h"
#include "service/http/listener.h"
#include "service/http/message.h"
#include "service/http/tls.h"
#include "service/http/transport.h"
#include "service/http/workers.h"

namespace limpid::service::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr unsigned kIoThreadsMax = 4;
constexpr std::size_t kAcceptsInARow = 64;              // then others have their turn
constexpr std::chrono::milliseconds kAcceptPause{100};  // after the system had no file descriptor left
// Connections beyond connections_max that are told so with a 503; beyond these they are closed without a word.
constexpr std::size_t kRefusedMax = 256;
// After the last answer the client has so long to read it and close, while what it still sends is dropped.
constexpr std::chrono::milliseconds kLingerTime{2'000};
// Deadlines are looked at so often: an eighth of the shortest, within these.
constexpr std::chrono::milliseconds kTickMin{5};
constexpr std::chrono::milliseconds kTickMax{250};
// A client that has taken so much more of its answer has shown that it reads: the write deadline begins anew.
constexpr std::uint64_t kWriteProgress = std::uint64_t{256} << 10;
constexpr std::size_t kBodyKept = std::size_t{64} << 10;  // a larger buffer for bodies is not kept for the next one
constexpr int kClientGone = 499;
// A connection that is the only one of its thread to have sent requests for so long is taken to be alone there.
constexpr std::chrono::milliseconds kAlone{10};

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kTooMany =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
    "Content-Length: 2\r\n";

// A request and all that it needs, apart from the connection, which it may outlive while handle() runs.
struct Exchange {
  explicit Exchange(std::string from) : peer(std::move(from)) {
    request.peer = peer;
    request.find_header = [this](std::string_view name) { return message.header(name); };
  }
  const std::string peer;
  Message message;
  Request request;

  // A worker sends its answer itself if it can, which spares a client the time to wake the I/O thread: so the output
  // half of the connection belongs to whoever holds this, from dispatch() until handled().
  std::mutex sending;
  std::atomic<bool> abandoned = false;  // set with `sending` held: a worker that has not begun need not
  bool is_sent = false;                 // by a worker, as far as it went; written with `sending` held

  bool was_sent() {
    const std::lock_guard lock(sending);
    return is_sent;
  }
  // False if it is too late for another answer.
  bool abandon() {
    const std::lock_guard lock(sending);
    if (is_sent) return false;
    abandoned.store(true);
    return true;
  }
};

// What all threads of one server see.
struct Shared {
  Shared(ServerOptions given, Handler& its_handler)
      : options(std::move(given)), handler(its_handler), body_max(its_handler.body_max()) {}

  const ServerOptions options;
  Handler& handler;
  const std::size_t body_max;
  std::unique_ptr<TlsContext> tls;
  std::vector<std::unique_ptr<Workers>> queues;
  std::unique_ptr<Watch> watch;
  std::atomic<std::size_t> serving = 0;  // connections, without those that are only told that there are too many
  std::atomic<std::size_t> refusing = 0;
  std::atomic<bool> draining = false;
  std::atomic<bool> closing = false;

  std::mutex mutex;
  std::condition_variable closed_one;
  // For drain(), which waits until there are none.
  void count_out(std::atomic<std::size_t>& counter) {
    counter.fetch_sub(1);
    if (!draining.load()) return;
    const std::lock_guard lock(mutex);
    closed_one.notify_all();
  }
};

Clock::duration tick_of(const ServerOptions& options) {
  const auto least = std::min({options.header_timeout, options.body_timeout, options.idle_timeout,
                               options.write_timeout, options.request_timeout});
  return std::clamp(least / 8, kTickMin, kTickMax);
}

// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", written anew once a second.
class DateLine {
 public:
  std::string_view view() {
    const std::time_t now = std::time(nullptr);
    if (now != written_) write(now);
    return {text_.data(), size_};
  }

 private:
  void write(std::time_t now) {
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    const int size = std::snprintf(text_.data(), text_.size(), "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
                                   kDays[parts.tm_wday], parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900,
                                   parts.tm_hour, parts.tm_min, parts.tm_sec);
    size_ = static_cast<std::size_t>(size);
    written_ = now;
  }
  std::time_t written_ = -1;
  std::size_t size_ = 0;
  std::array<char, 80> text_{};
};

class Connection;

// Connections that one thread at a time looks after: whichever plays this role. All but stop(), context() and the
// constructor is called on that thread.
class IoThread final : public Role {
 public:
  explicit IoThread(Shared& shared);
  Role* play() override;
  // A request has come. Other connections of this thread are none, or silent, while the same one sends all of them.
  void note(const Connection& connection, Clock::time_point now);
  void stop() { context_.stop(); }  // from outside: whoever plays it ends
  asio::io_context& context() { return context_; }
  Shared& shared() { return shared_; }

  void adopt(base::File socket, std::string peer, bool refuse);
  void remove(Connection& connection);
  // To a worker, or to this very thread as soon as it has returned to play(): then the queue may turn out to be full,
  // and the connection is told so. False if it is full now.
  bool work_on(Workers& queue, Workers::Task&& task, const std::shared_ptr<Connection>& connection);
  void drain();
  // Closes all; the number of those that were cut off.
  std::size_t close_all();

 private:
  struct Deferred {
    Workers* queue;
    Workers::Task task;
    std::shared_ptr<Connection> connection;
  };

  Role* hand_out();
  void tick();
  void wait_tick();

  Shared& shared_;
  asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::executor_work_guard<asio::io_context::executor_type> keep_running_{context_.get_executor()};
  asio::steady_timer timer_{context_};
  const Clock::duration tick_;
  bool ticking_ = false;
  std::vector<std::shared_ptr<Connection>> connections_;
  const Connection* last_ = nullptr;  // that sent a request
  Clock::time_point last_since_{};
  std::optional<Deferred> deferred_;  // what the handler that runs has left to be done
};

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
        exchange_(std::make_shared<Exchange>(peer_)) {
    reader_.begin(exchange_->message, shared_.body_max);
  }

  void start();
  void drain();
  void overloaded();
  // True where a request was cut off by it.
  bool cut_off();
  Clock::time_point deadline() const { return deadline_; }
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
  void receive();
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
  void refuse_request(int status, std::string_view reason);
  void answer_error(int status, std::string_view reason);
  void fail_internally();
  void answer(Response&& response, bool retry_after = false);
  void answer_ready(ReadyPointer ready, std::string_view route, bool retry_after = false);
  void begin_answer(Response&& response, bool retry_after = false);
  void begin_answer(ReadyPointer ready, std::string_view route, bool retry_after = false);
  std::string_view write_tail(bool retry_after);
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
  Clock::time_point started_{};
  Clock::time_point deadline_{};

  // The answer that is being sent.
  int status_ = 0;
  std::string_view route_;
  ReadyPointer ready_;
  std::string head_, body_, tail_;
  bool write_waited_ = false;
  std::uint64_t progress_ = 0;  // sent when the write deadline began
  std::uint64_t dropped_ = 0;   // while lingering
};

void Connection::start() {
  guarded([this] { begin(); });
}

void Connection::begin() {
  const auto now = Clock::now();
  if (refuse_) {
    // The client hears why, and need not have been read for that.
    must_close_ = true;
    state_ = State::writing;
    deadline_ = now + kLingerTime;
    begin_output(kTooMany, "{}", false);
    flush();
  } else if (shared_.tls) {
    if (!transport_.is_tls()) return close();
    deadline_ = now + shared_.options.header_timeout;
    step_handshake();
  } else {
    state_ = State::reading;
    deadline_ = now + shared_.options.idle_timeout;
    wait_input();
  }
}

void Connection::step_handshake() {
  const Moved moved = transport_.handshake();
  switch (moved.how) {
    case Moved::How::done:
      state_ = State::reading;
      deadline_ = Clock::now() + shared_.options.idle_timeout;
      return wait_input();
    case Moved::How::wants_read:
      return wait_input();
    case Moved::How::wants_write:
      return wait_output(moved.how);
    default:
      return close();
  }
}

void Connection::wait_input() {
  if (waits_input_ || state_ == State::closed) return;
  if (!transport_.is_tls() && (state_ == State::reading || state_ == State::running)) return receive();
  waits_input_ = true;
  auto resume = [self = shared_from_this()](const error_code& error = {}) {
    self->guarded([&] { self->on_input(error); });
  };
  if (state_ != State::lingering && transport_.has_input()) {
    asio::post(thread_.context(), std::move(resume));
  } else {
    socket_.async_wait(tcp::socket::wait_read, std::move(resume));
  }
}

// Waiting and reading in one: to wait alone costs one more system call each time, since Asio has to ask the kernel
// whether something has come in between.
void Connection::receive() {
  const auto room = input_.room();
  if (room.empty()) return;  // enough is read ahead
  waits_input_ = true;
  socket_.async_receive(asio::buffer(room.data(), room.size()),
                        [self = shared_from_this()](const error_code& error, std::size_t count) {
                          self->guarded([&] { self->on_received(error, count); });
                        });
}

void Connection::on_received(const error_code& error, std::size_t count) {
  waits_input_ = false;
  if (state_ == State::closed) return;
  const bool was_empty = input_.empty();
  input_.received(count);
  const bool is_taken = state_ == State::running && exchange_->was_sent();
  const bool ended = error == asio::error::eof || (error && is_taken);
  if (error && !ended) return lost();
  switch (state_) {
    case State::reading:
    case State::running:
      return ended ? end_input() : took(was_empty);
    case State::lingering:
      dropped_ += count;
      return ended ? close() : drop_input();
    default:  // it is there when the answer is sent; an end will be told again
      return;
  }
}

void Connection::on_input(const error_code& error) {
  waits_input_ = false;
  if (state_ == State::closed) return;
  if (error) return lost();
  switch (state_) {
    case State::handshake:
      return step_handshake();
    case State::reading:
    case State::running:
      return take_input();
    case State::lingering:
      return drop_input();
    default:  // what came will be found when the answer is sent
      return;
  }
}

void Connection::take_input() {
  const auto room = input_.room();
  if (room.empty()) return;  // enough is read ahead
  const bool was_empty = input_.empty();
  const Moved moved = transport_.read(room);
  input_.received(moved.how == Moved::How::done ? moved.bytes : 0);
  switch (moved.how) {
    case Moved::How::done:
      return took(was_empty);
    case Moved::How::ended:
      return end_input();
    case Moved::How::wants_read:
      return shared_.draining.load() && is_idle() ? close() : wait_input();
    default:
      return lost();
  }
}

// Nothing more will come, while reading or running.
void Connection::end_input() {
  input_ended_ = true;
  if (state_ == State::reading) return lost();
  // One who only half-closed still waits for the answer; it is sent, but whether it was taken cannot be known. Unless
  // it was out already: then the client closes because it has it.
  is_gone_ = !exchange_->was_sent();
}

// Something has come, while reading or running.
void Connection::took(bool was_empty) {
  if (state_ == State::reading && phase_ == Phase::idle && was_empty) started_ = Clock::now();
  state_ == State::reading ? proceed() : wait_input();
}

// Answers what stands in the input until something must be waited for.
void Connection::proceed() {
  while (state_ == State::reading) {
    std::size_t used = 0;
    const RequestReader::Progress progress = reader_.take(input_.view(), used);
    input_.consume(used);
    if (answered_ && reader_.head_is_done()) answered_ = false;
    if (progress == RequestReader::Progress::complete) {
      begin_request();
    } else if (progress == RequestReader::Progress::refused) {
      refuse_request(reader_.refusal().status, reader_.refusal().reason);
    } else {
      if (phase_ == Phase::idle && used > 0) phase_ = Phase::head;
      return need_more();
    }
  }
}

void Connection::need_more() {
  if (phase_ != Phase::body && reader_.head_is_done()) {
    phase_ = Phase::body;
    deadline_ = Clock::now() + shared_.options.body_timeout;
  } else if (phase_ == Phase::idle && !input_.empty()) {
    phase_ = Phase::head;
    deadline_ = started_ + shared_.options.header_timeout;
  }
  if (input_ended_) return lost();
  if (reader_.take_expectation() && !send_continue()) return;
  wait_input();
}

bool Connection::send_continue() {
  if (transport_.send_now(kContinue)) return true;
  lost();
  return false;
}

void Connection::fill_request() {
  const Message& message = exchange_->message;
  Request& request = exchange_->request;
  request.method = message.method;
  request.target = message.target;
  request.path = message.path;
  request.query = message.query;
  request.body = message.body;
  request.body_cut = message.body_cut;
  request.keep_alive = message.keep_alive;
  request.deadline = started_ + shared_.options.request_timeout;
}

void Connection::begin_request() {
  thread_.note(*this, started_);
  fill_request();
  std::string_view route;
  ReadyPointer ready;
  try {
    ready = shared_.handler.ready(exchange_->request, route);
  } catch (...) {
    return fail_internally();
  }
  if (ready) return answer_ready(std::move(ready), route);
  dispatch();
}

// To a worker thread.
void Connection::dispatch() {
  state_ = State::running;
  deadline_ = exchange_->request.deadline;
  bool taken = false;
  try {
    const std::size_t queue = std::min(shared_.handler.queue_of(exchange_->request), shared_.queues.size() - 1);
    const std::shared_ptr<Connection> self = shared_from_this();
    taken = thread_.work_on(
        *shared_.queues[queue], [self, exchange = exchange_]() mutable { self->work(std::move(exchange)); }, self);
    if (!taken) return answer(shared_.handler.overloaded(exchange_->request), true);
  } catch (...) {
    return fail_internally();
  }
  wait_input();  // to see it go
}

void Connection::overloaded() {
  guarded([this] {
    if (state_ != State::running) return;
    try {
      answer(shared_.handler.overloaded(exchange_->request), true);
    } catch (...) {
      fail_internally();
    }
    proceed();
  });
}

// On a thread that plays a worker.
void Connection::work(std::shared_ptr<Exchange>&& exchange) {
  if (exchange->abandoned.load()) return;
  Handled outcome;
  try {
    outcome.response = shared_.handler.handle(exchange->request);
    const std::lock_guard lock(exchange->sending);
    if (exchange->abandoned.load()) return;
    if (!transport_.is_tls()) {
      begin_answer(std::move(outcome.response));
      outcome.moved = transport_.send();
      exchange->is_sent = true;
    }
  } catch (...) {
    outcome.threw = true;
  }
  asio::post(thread_.context(),
             [self = shared_from_this(), exchange = std::move(exchange), outcome = std::move(outcome)]() mutable {
               self->guarded([&] { self->handled(exchange, std::move(outcome)); });
             });
}

void Connection::handled(const std::shared_ptr<Exchange>& exchange, Handled&& outcome) {
  if (state_ != State::running || exchange != exchange_) return;  // it was told something else meanwhile
  if (outcome.threw) return fail_internally();
  if (outcome.moved) {
    exchange_->is_sent = false;
    go_on_writing(*outcome.moved);
  } else {
    answer(std::move(outcome.response));
  }
  proceed();
  if (shared_.draining.load()) drain();  // the worker may not have known
}

// An answer of the server itself, to what is no request that a handler could see.
void Connection::refuse_request(int status, std::string_view reason) {
  fill_request();
  answered_ = false;
  answer_error(status, reason);
}

// And the end of the connection. Does not touch the request, which a worker may be looking at.
void Connection::answer_error(int status, std::string_view reason) {
  must_close_ = true;
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = reason.empty() ? "{}" : base::cat({"{\"error\":\"", reason, "\"}"});
  answer(std::move(response));
}

void Connection::fail_internally() { answer_error(500, ""); }

void Connection::answer(Response&& response, bool retry_after) {
  begin_answer(std::move(response), retry_after);
  go_on_writing(transport_.send());
}

void Connection::answer_ready(ReadyPointer ready, std::string_view route, bool retry_after) {
  begin_answer(std::move(ready), route, retry_after);
  go_on_writing(transport_.send());
}

// This and what it calls may run on a worker thread: they touch the request and the output half, and nothing else.
void Connection::begin_answer(Response&& response, bool retry_after) {
  if (response.ready) return begin_answer(std::move(response.ready), response.route, retry_after);
  status_ = response.status;
  route_ = response.route;
  head_.clear();
  append_head(head_, response);
  body_ = std::move(response.body);
  begin_output(head_, body_, retry_after);
}

void Connection::begin_answer(ReadyPointer ready, std::string_view route, bool retry_after) {
  status_ = ready->status;
  route_ = route;
  ready_ = std::move(ready);
  begin_output(ready_->head, ready_->body, retry_after);
}

void Connection::begin_output(std::string_view head, std::string_view body, bool retry_after) {
  const Request& request = exchange_->request;
  keep_alive_ = request.keep_alive && !must_close_ && !shared_.draining.load(std::memory_order_relaxed);
  if (!refuse_ && (request.method == "HEAD" || !has_body(status_))) body = {};
  transport_.begin_output(head, write_tail(retry_after), body);
}

// The headers that differ from answer to answer, and the empty line.
std::string_view Connection::write_tail(bool retry_after) {
  thread_local DateLine date;
  tail_.assign(date.view());
  if (retry_after) tail_ += "Retry-After: 1\r\n";
  if (!keep_alive_) {
    tail_ += "Connection: close\r\n";
  } else if (exchange_->message.is_http_1_0) {
    tail_ += "Connection: keep-alive\r\n";
  }
  tail_ += "\r\n";
  return tail_;
}

// The first piece of the answer was sent, or was not.
void Connection::go_on_writing(const Moved& moved) {
  state_ = State::writing;
  write_waited_ = false;
  go_on(moved);
}

void Connection::flush() { go_on(transport_.send()); }

void Connection::go_on(const Moved& moved) {
  switch (moved.how) {
    case Moved::How::done:
      return finish_answer();
    case Moved::How::wants_read:
    case Moved::How::wants_write:
      if (!refuse_ && (!write_waited_ || transport_.sent() >= progress_ + kWriteProgress)) {
        write_waited_ = true;
        progress_ = transport_.sent();
        deadline_ = Clock::now() + shared_.options.write_timeout;
      }
      return wait_output(moved.how);
    default:
      return lost();
  }
}

void Connection::wait_output(Moved::How how) {
  if (waits_output_ || state_ == State::closed) return;
  waits_output_ = true;
  const auto kind = how == Moved::How::wants_write ? tcp::socket::wait_write : tcp::socket::wait_read;
  socket_.async_wait(kind, [self = shared_from_this()](const error_code& error) {
    self->waits_output_ = false;
    self->guarded([&] {
      if (self->state_ == State::closed) return;
      if (error) return self->lost();
      if (self->state_ == State::handshake) return self->step_handshake();
      if (self->state_ != State::writing) return;
      self->flush();
      self->proceed();
    });
  });
}

void Connection::finish_answer() {
  if (!refuse_) report(is_gone_ ? kClientGone : status_);
  ready_.reset();
  if (!keep_alive_) return linger();
  begin_next();
}

void Connection::begin_next() {
  if (exchange_->abandoned.load(std::memory_order_relaxed)) {
    exchange_ = std::make_shared<Exchange>(peer_);  // a worker still looks at the old one
  } else if (exchange_->message.body.capacity() > kBodyKept) {
    exchange_->message.body = std::string();
  }
  if (body_.capacity() > kBodyKept) body_ = std::string();
  reader_.begin(exchange_->message, shared_.body_max);
  input_.trim();
  state_ = State::reading;
  phase_ = Phase::idle;
  // started_ is now the end of the request before: pipelined bytes have waited since then.
  deadline_ = started_ + shared_.options.idle_timeout;
}

// Closing while the client still sends would reset the connection, and the answer might be lost with it: so only the
// output is closed, and the rest when the client has closed too.
void Connection::linger() {
  state_ = State::lingering;
  deadline_ = Clock::now() + kLingerTime;
  transport_.close_output();
  if (input_ended_) return close();
  wait_input();
}

void Connection::drop_input() {
  if (!transport_.discard(dropped_) || dropped_ > kBodyBytesMax) return close();
  wait_input();
}

// Tells of the request, once.
void Connection::report(int status) {
  if (answered_) return;
  answered_ = true;
  const auto now = Clock::now();
  const auto duration = std::chrono::duration_cast<std::chrono::nanoseconds>(now - started_);
  started_ = now;
  const std::uint64_t sent = state_ == State::writing ? transport_.sent() : 0;
  try {
    shared_.handler.answered(exchange_->request, state_ == State::writing ? route_ : std::string_view(), status, sent,
                             duration);
  } catch (...) {
    base::log(base::LogLevel::error, "http.answered_threw");
  }
}

// The client is gone, or as good as gone.
void Connection::lost() {
  if (!answered_) {
    if (state_ == State::reading) fill_request();
    report(kClientGone);
  }
  close();
}

void Connection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  (void)exchange_->abandon();  // nobody writes to the socket any more
  error_code ignored;
  socket_.close(ignored);
  shared_.count_out(refuse_ ? shared_.refusing : shared_.serving);
  thread_.remove(*this);
}

void Connection::expire() {
  guarded([this] {
    switch (state_) {
      case State::reading:
        if (phase_ == Phase::idle) {
          transport_.close_output();
          return close();
        }
        refuse_request(408,
                       phase_ == Phase::head ? "the headers did not come in time" : "the body did not come in time");
        return;
      case State::running:
        if (!exchange_->abandon()) return;  // the answer is out, and handled() on its way
        try {
          answer(shared_.handler.timed_out(exchange_->request));
        } catch (...) {
          fail_internally();
        }
        return proceed();
      case State::writing:
        transport_.reset_on_close();
        return lost();
      default:
        return close();
    }
  });
}

void Connection::drain() {
  guarded([this] {
    if (state_ == State::handshake) return close();
    if (!is_idle()) return;
    // What has already come is a request that was sent in good faith, and it may have been read without us knowing yet.
    asio::post(thread_.context(), [self = shared_from_this()] { self->guarded([&] { self->close_if_idle(); }); });
  });
}

void Connection::close_if_idle() {
  if (!is_idle() || transport_.has_arrived()) return;
  transport_.close_output();
  close();
}

bool Connection::cut_off() {
  const bool is_request = !refuse_ && (state_ == State::running || state_ == State::writing ||
                                       (state_ == State::reading && phase_ != Phase::idle));
  lost();
  return is_request;
}

IoThread::IoThread(Shared& shared) : shared_(shared), tick_(tick_of(shared.options)) {}

Role* IoThread::play() {
  for (;;) {
    try {
      if (context_.run_one() == 0) return nullptr;
    } catch (...) {
      // Connections guard themselves; what comes here is memory that ran out between them.
      base::log(base::LogLevel::error, "http.io_thread_threw");
    }
    if (!deferred_) continue;
    if (Role* next = hand_out()) return next;
  }
}

void IoThread::note(const Connection& connection, Clock::time_point now) {
  if (&connection == last_) return;
  last_ = &connection;
  last_since_ = now;
}

bool IoThread::work_on(Workers& queue, Workers::Task&& task, const std::shared_ptr<Connection>& connection) {
  if (deferred_) return queue.submit(std::move(task));
  deferred_.emplace(&queue, std::move(task), connection);
  return true;
}

Role* IoThread::hand_out() {
  Deferred next = *std::exchange(deferred_, std::nullopt);
  if (Clock::now() - last_since_ > kAlone) {
    if (Workers::Reserved* thread = next.queue->reserve())
      return shared_.watch->run(*next.queue, *thread, *this, std::move(next.task)) ? next.queue : nullptr;
  }
  if (next.queue->relieve(*this)) {
    // From here on, nothing of this is this thread's any more.
    next.task();
    return next.queue;
  }
  if (!next.queue->submit(std::move(next.task))) next.connection->overloaded();
  return nullptr;
}

void IoThread::adopt(base::File socket, std::string peer, bool refuse) {
  std::shared_ptr<Connection> connection;
  try {
    const int on = 1;
    ::setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    tcp::socket asio_socket(context_);
    // The protocol is only remembered by Asio, never looked at for what we do with the socket.
    asio_socket.assign(tcp::v4(), ::fcntl(socket.descriptor(), F_DUPFD_CLOEXEC, 0));
    connection = std::make_shared<Connection>(*this, std::move(asio_socket), std::move(peer), refuse);
    connection->index = connections_.size();
    connections_.push_back(connection);
  } catch (...) {
    return shared_.count_out(refuse ? shared_.refusing : shared_.serving);
  }
  if (!ticking_) wait_tick();
  if (shared_.closing) {
    connection->cut_off();
    return;
  }
  connection->start();
  if (shared_.draining) connection->drain();
}

void IoThread::remove(Connection& connection) {
  if (connection.index >= connections_.size() || connections_[connection.index].get() != &connection) return;
  const std::size_t index = connection.index;
  std::swap(connections_[index], connections_.back());
  connections_[index]->index = index;
  connections_.pop_back();
}

// One timer for all deadlines of the thread: a request sets its deadlines without any system call.
void IoThread::tick() {
  const auto now = Clock::now();
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (connections_[i]->deadline() > now) continue;
    const std::shared_ptr<Connection> connection = connections_[i];
    connection->expire();
  }
  wait_tick();
}

void IoThread::wait_tick() {
  ticking_ = !connections_.empty();
  if (!ticking_) return;
  timer_.expires_after(tick_);
  timer_.async_wait([this](const error_code& error) {
    if (!error) tick();
  });
}

void IoThread::drain() {
  const auto connections = connections_;
  for (const auto& connection : connections) connection->drain();
}

std::size_t IoThread::close_all() {
  const auto connections = connections_;
  std::size_t cut = 0;
  for (const auto& connection : connections) cut += connection->cut_off() ? 1 : 0;
  return cut;
}

class ServerImplementation final : public Server {
 public:
  ServerImplementation(const ServerOptions& options, Handler& handler, Listening listening,
                       std::unique_ptr<TlsContext> tls);
  ~ServerImplementation() override;
  void start() override;
  std::uint16_t port() const override { return port_; }
  std::string address() const override { return address_; }
  bool drain(std::chrono::milliseconds grace) override;
  Load load() const override;

 private:
  void wait_connection();
  void accept_all(std::size_t at_most);
  void hand_over(base::File socket, std::string peer);
  void stop_accepting();
  // Runs `step` on each I/O thread, and returns when all have.
  void on_each(const std::function<void(IoThread&)>& step);
  std::size_t close_all();

  Shared shared_;
  const std::uint16_t port_;
  const std::string address_;
  std::vector<std::unique_ptr<IoThread>> threads_;  // those that play them, and the workers, are in players_
  // The first thread accepts for all, in turn: with a listening socket for each (SO_REUSEPORT) the kernel would spread
  // few connections unevenly, and a second process could take the port without an error.
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::size_t next_ = 0;
  bool started_ = false;
  std::vector<std::jthread> players_;
};

ServerImplementation::ServerImplementation(const ServerOptions& options, Handler& handler, Listening listening,
                                           std::unique_ptr<TlsContext> tls)
    : shared_(options, handler),
      port_(listening.port),
      address_(std::move(listening.address)),
      threads_([&] {
        std::vector<std::unique_ptr<IoThread>> made;
        const unsigned count =
            options.io_threads > 0 ? options.io_threads : std::min(base::processors(), kIoThreadsMax);
        for (unsigned i = 0; i < count; ++i) made.push_back(std::make_unique<IoThread>(shared_));
        return made;
      }()),
      acceptor_(threads_.front()->context()),
      pause_(threads_.front()->context()) {
  shared_.tls = std::move(tls);
  acceptor_.assign(listening.is_v6 ? tcp::v6() : tcp::v4(), ::fcntl(listening.socket.descriptor(), F_DUPFD_CLOEXEC, 0));
}

ServerImplementation::~ServerImplementation() {
  if (started_) {
    close_all();
    for (auto& queue : shared_.queues) queue->stop();
    for (auto& thread : threads_) thread->stop();
    players_.clear();  // waits for handle() where it runs
  }
}

void ServerImplementation::start() {
  if (started_) return;
  started_ = true;
  std::vector<QueueOptions> queues = shared_.options.queues;
  if (queues.empty()) queues.emplace_back();
  for (QueueOptions& options : queues) {
    options.threads = std::max(options.threads, 1U);
    shared_.queues.push_back(std::make_unique<Workers>(options));
  }
  shared_.watch = std::make_unique<Watch>();
  const auto play = [](Role* role) {
    while (role != nullptr) role = role->play();
  };
  for (std::size_t i = 0; i < queues.size(); ++i) {
    for (unsigned thread = 0; thread < queues[i].threads; ++thread) {
      players_.emplace_back([queue = shared_.queues[i].get(), play] {
        queue->begin();
        play(queue);
      });
    }
  }
  for (auto& thread : threads_) players_.emplace_back(play, thread.get());
  asio::post(threads_.front()->context(), [this] { wait_connection(); });
}

void ServerImplementation::wait_connection() {
  if (!acceptor_.is_open()) return;
  acceptor_.async_wait(tcp::acceptor::wait_read, [this](const error_code& error) {
    if (!error) accept_all(kAcceptsInARow);
  });
}

void ServerImplementation::accept_all(std::size_t at_most) {
  for (std::size_t i = 0; i < at_most && acceptor_.is_open(); ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    base::File socket(
        ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.is_open()) {
      hand_over(std::move(socket), name_of(peer));
      continue;
    }
    if (errno == EAGAIN) break;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The connection stays in the kernel's queue; asking at once again would only burn time.
      base::log(base::LogLevel::error, "http.accept_failed", {{"reason", std::strerror(errno)}});
      pause_.expires_after(kAcceptPause);
      pause_.async_wait([this](const error_code& error) {
        if (!error) wait_connection();
      });
      return;
    }
  }
  wait_connection();
}

void ServerImplementation::hand_over(base::File socket, std::string peer) {
  const bool refuse = shared_.serving.load() >= shared_.options.connections_max;
  // Without a handshake there is no telling a TLS client anything.
  if (refuse && (shared_.tls || shared_.refusing.load() >= kRefusedMax)) return;
  (refuse ? shared_.refusing : shared_.serving).fetch_add(1);
  IoThread& thread = *threads_[next_++ % threads_.size()];
  asio::post(thread.context(), [&thread, socket = std::move(socket), peer = std::move(peer), refuse]() mutable {
    thread.adopt(std::move(socket), std::move(peer), refuse);
  });
}

void ServerImplementation::on_each(const std::function<void(IoThread&)>& step) {
  std::latch done(static_cast<std::ptrdiff_t>(threads_.size()));
  for (auto& thread : threads_) {
    asio::post(thread->context(), [&step, &done, &thread = *thread] {
      step(thread);
      done.count_down();
    });
  }
  done.wait();
}

// The connections that the kernel has taken already are taken over first.
void ServerImplementation::stop_accepting() {
  std::latch done(1);
  asio::post(threads_.front()->context(), [this, &done] {
    if (acceptor_.is_open()) accept_all(shared_.options.connections_max);
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    done.count_down();
  });
  done.wait();
}

std::size_t ServerImplementation::close_all() {
  shared_.closing.store(true);
  std::atomic<std::size_t> cut = 0;
  stop_accepting();
  on_each([&](IoThread& thread) { cut += thread.close_all(); });
  return cut.load();
}

bool ServerImplementation::drain(std::chrono::milliseconds grace) {
  shared_.draining.store(true);
  if (!started_) {
    error_code ignored;
    acceptor_.close(ignored);
    return true;
  }
  stop_accepting();
  on_each([](IoThread& thread) { thread.drain(); });
  {
    std::unique_lock lock(shared_.mutex);
    shared_.closed_one.wait_for(lock, grace, [this] { return shared_.serving == 0 && shared_.refusing == 0; });
  }
  return close_all() == 0;
}

Server::Load ServerImplementation::load() const {
  Load load;
  load.connections = shared_.serving.load();
  for (const auto& queue : shared_.queues) load.waiting.push_back(queue->waiting());
  return load;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::bind(const ServerOptions& options, Handler& handler) {
  std::unique_ptr<TlsContext> tls;
  const TlsOptions& wanted = options.tls;
  if (!wanted.cert_file.empty() || !wanted.key_file.empty() || !wanted.client_ca_file.empty()) {
    LIMPID_ASSIGN(tls, TlsContext::make(wanted));
  }
  LIMPID_ASSIGN(Listening listening, listen_on(options.address, options.port));
  try {
    return std::make_unique<ServerImplementation>(options, handler, std::move(listening), std::move(tls));
  } catch (const std::exception& error) {
    return fail(Code::io, {"server on ", options.address, ": ", error.what()});
  }
}

}  // namespace limpid::service::http
