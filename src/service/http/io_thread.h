// Connections that one thread at a time looks after, with an io_context of their own. Private to this folder.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "service/http/asio.h"
#include "service/http/exchange.h"
#include "service/http/workers.h"

namespace limpid::service::http {

class Connection;

// All but stop(), context(), shared() and the constructor is called on the thread that plays this role.
class IoThread final : public Role {
 public:
  explicit IoThread(Shared& shared);
  Role* play() override;
  // A request has come. Other connections of this thread are none, or silent, while the same one sends all of them.
  void note(const Connection& connection, std::chrono::steady_clock::time_point now);
  // One connection is taken to be the only one that sends anything.
  bool has_one_speaker() const;
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
  const std::chrono::steady_clock::duration tick_;
  bool ticking_ = false;
  std::vector<std::shared_ptr<Connection>> connections_;
  const Connection* last_ = nullptr;  // that sent a request
  std::chrono::steady_clock::time_point last_since_{};
  std::optional<Deferred> deferred_;  // what the handler that runs has left to be done
};

}  // namespace limpid::service::http
