// What a server's threads share: one request with its answer's state, and the server as all of them see it. Private to
// this folder.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "service/http/message.h"
#include "service/http/server.h"
#include "service/http/tls.h"
#include "service/http/workers.h"

namespace limpid::service::http {

// A request and all that it needs, apart from the connection, which it may outlive while handle() runs.
struct Exchange {
  // `bodies` counts the bytes that all exchanges hold for their requests' bodies, and outlives them.
  Exchange(std::string from, std::atomic<std::size_t>& bodies) : peer(std::move(from)), all_bodies(bodies) {
    request.peer = peer;
    request.find_header = [this](std::string_view name) { return message.header(name); };
  }
  ~Exchange() { all_bodies.fetch_sub(counted, std::memory_order_relaxed); }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  // Whenever the body may have another capacity. The bytes of all.
  std::size_t count_body() {
    const std::size_t capacity = message.body.capacity();
    if (capacity == counted) return all_bodies.load(std::memory_order_relaxed);
    const std::size_t change = capacity - std::exchange(counted, capacity);  // wraps round where it shrinks
    return all_bodies.fetch_add(change, std::memory_order_relaxed) + change;
  }

  const std::string peer;
  std::atomic<std::size_t>& all_bodies;
  std::size_t counted = 0;
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
  std::atomic<std::size_t> bodies = 0;  // bytes
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

}  // namespace limpid::service::http
