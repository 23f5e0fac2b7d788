#include "service/http/io_thread.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/log.h"
#include "service/http/connection.h"

namespace limpid::service::http {
namespace {

using Clock = std::chrono::steady_clock;

// Deadlines are looked at so often: an eighth of the shortest, within these.
constexpr std::chrono::milliseconds kTickMin{5};
constexpr std::chrono::milliseconds kTickMax{250};
// A connection that is the only one of its thread to have sent requests for so long is taken to be alone there.
constexpr std::chrono::milliseconds kAlone{10};

Clock::duration tick_of(const ServerOptions& options) {
  const auto least = std::min({options.header_timeout, options.body_timeout, options.idle_timeout,
                               options.write_timeout, options.request_timeout});
  return std::clamp(least / 8, kTickMin, kTickMax);
}

}  // namespace

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

bool IoThread::has_one_speaker() const { return Clock::now() - last_since_ > kAlone; }

bool IoThread::work_on(Workers& queue, Workers::Task&& task, const std::shared_ptr<Connection>& connection) {
  if (deferred_) return queue.submit(std::move(task));
  deferred_.emplace(&queue, std::move(task), connection);
  return true;
}

Role* IoThread::hand_out() {
  Deferred next = *std::exchange(deferred_, std::nullopt);
  if (has_one_speaker()) {
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

}  // namespace limpid::service::http
