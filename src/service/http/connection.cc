#include "service/http/connection.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "service/http/answer.h"

namespace limpid::service::http {
namespace {

using Clock = std::chrono::steady_clock;

// After the last answer the client has so long to read it and close, while what it still sends is dropped.
constexpr std::chrono::milliseconds kLingerTime{2'000};
// A client that has taken so much more of its answer has shown that it reads: the write deadline begins anew.
constexpr std::uint64_t kWriteProgress = std::uint64_t{256} << 10;
constexpr std::size_t kBodyKept = std::size_t{16} << 10;  // a larger buffer for bodies is not kept for the next one
constexpr int kClientGone = 499;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kTooMany =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
    "Content-Length: 2\r\n";

}  // namespace

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
  if (may_receive()) return thread_.has_one_speaker() ? receive() : receive_later();
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

// When what other connections wait for has been done. Asio tries to read at once, which just after an answer finds
// nothing and keeps the kernel from taking in what is on its way; a little later the next request is there.
void Connection::receive_later() {
  waits_input_ = true;
  asio::defer(thread_.context(), [self = shared_from_this()] {
    self->guarded([&] {
      self->waits_input_ = false;
      self->may_receive() ? self->receive() : self->wait_input();
    });
  });
}

bool Connection::may_receive() const {
  return !transport_.is_tls() && (state_ == State::reading || state_ == State::running);
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
    const bool is_refused = progress == RequestReader::Progress::refused;
    if (exchange_->count_body() > shared_.options.bodies_max && !is_refused && !exchange_->message.body.empty())
      return refuse_body();
    if (progress == RequestReader::Progress::complete) {
      begin_request();
    } else if (is_refused) {
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

// All connections together hold as much as they may.
void Connection::refuse_body() {
  fill_request();
  answered_ = false;
  must_close_ = true;
  try {
    answer(shared_.handler.overloaded(exchange_->request), true);
  } catch (...) {
    fail_internally();
  }
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
  write_tail(tail_, {retry_after, keep_alive_, exchange_->message.is_http_1_0});
  transport_.begin_output(head, tail_, body);
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
    exchange_ = std::make_shared<Exchange>(peer_, shared_.bodies);  // a worker still looks at the old one
  } else if (exchange_->message.body.capacity() > kBodyKept) {
    exchange_->message.body = std::string();
    exchange_->count_body();
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

}  // namespace limpid::service::http
