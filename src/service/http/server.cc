// Each I/O thread has an io_context of its own, and a connection stays with one of them for its life, so that nothing
// but counters is shared between threads and nothing is locked on the way of a request.
#include "service/http/server.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <latch>
#include <mutex>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/log.h"
#include "base/pool.h"
#include "service/http/asio.h"
#include "service/http/exchange.h"
#include "service/http/io_thread.h"
#include "service/http/listener.h"
#include "service/http/tls.h"
#include "service/http/workers.h"

namespace limpid::service::http {
namespace {

constexpr unsigned kIoThreadsMax = 4;
constexpr std::size_t kAcceptsInARow = 64;              // then others have their turn
constexpr std::chrono::milliseconds kAcceptPause{100};  // after the system had no file descriptor left
// Connections beyond connections_max that are told so with a 503; beyond these they are closed without a word.
constexpr std::size_t kRefusedMax = 256;

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
