// A few connections that callers take in the order in which they asked. A connection that the server has ended is
// noticed before it is handed out; a new one is opened in its place, again and again with growing pauses while the
// server is away, as long as the caller may wait.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "store/postgres_connection.h"

namespace limpid::store::postgres {

// Pauses between attempts: first, first · 2, … most.
class Pauses {
 public:
  std::chrono::milliseconds next() {
    const std::chrono::milliseconds pause = next_;
    next_ = std::min(next_ * 2, kMost);
    return pause;
  }
  void reset() { next_ = kFirst; }

 private:
  static constexpr std::chrono::milliseconds kFirst{10};
  static constexpr std::chrono::milliseconds kMost{1'000};
  std::chrono::milliseconds next_ = kFirst;
};

class Pool {
 public:
  class Taken {
   public:
    Taken(Pool& pool, std::unique_ptr<Connection> connection) : pool_(&pool), connection_(std::move(connection)) {}
    Taken(Taken&& other) noexcept : pool_(other.pool_), connection_(std::move(other.connection_)) {}
    Taken& operator=(Taken&&) = delete;
    ~Taken() {
      if (connection_ != nullptr) pool_->give_back(std::move(connection_));
    }
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  Pool(std::string url, unsigned connections) : url_(std::move(url)), permits_(connections) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Code::io if none is free, or none can be opened, before `deadline`.
  Result<Taken> take(Clock::time_point deadline);
  // For whoever asks whether the server is there: does not try again, and does not wait while others do.
  Result<Taken> take_at_once(Clock::time_point deadline);
  // How many callers are in the queue.
  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  struct Waiter {
    std::condition_variable granted_changed;
    bool granted = false;
  };

  Result<void> take_permit(Clock::time_point deadline);
  void give_permit();
  std::unique_ptr<Connection> take_idle();
  Result<Taken> take(Clock::time_point deadline, bool again);
  Result<std::unique_ptr<Connection>> connect(Clock::time_point deadline, bool again);
  void give_back(std::unique_ptr<Connection> connection);

  const std::string url_;
  std::mutex mutex_;
  unsigned permits_;                               // how many more may be in use
  std::list<Waiter*> waiting_;                     // first come, first served
  std::vector<std::unique_ptr<Connection>> idle_;  // the last is taken first: its server process is warm
  unsigned trying_again_ = 0;                      // how many callers could not connect and still try
};

}  // namespace limpid::store::postgres
