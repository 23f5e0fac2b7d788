#include "store/postgres_pool.h"

#include <thread>

#include "base/log.h"

namespace limpid::store::postgres {

Result<void> Pool::take_permit(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  if (permits_ > 0 && waiting_.empty()) {
    --permits_;
    return {};
  }
  Waiter waiter;
  const auto place = waiting_.insert(waiting_.end(), &waiter);
  if (waiter.granted_changed.wait_until(lock, deadline, [&] { return waiter.granted; })) return {};
  waiting_.erase(place);
  return fail(Code::io, {"all connections are in use, none became free in time"});
}

void Pool::give_permit() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) {
    ++permits_;
    return;
  }
  Waiter& first = *waiting_.front();
  waiting_.pop_front();
  first.granted = true;  // the permit passes from hand to hand: nobody can overtake
  first.granted_changed.notify_one();
}

std::unique_ptr<Connection> Pool::take_idle() {
  for (;;) {
    std::unique_ptr<Connection> connection;
    {
      const std::lock_guard lock(mutex_);
      if (idle_.empty()) return nullptr;
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
    if (!connection->is_lost()) return connection;
  }
}

Result<std::unique_ptr<Connection>> Pool::connect(Clock::time_point deadline, bool again) {
  Pauses pauses;
  bool is_counted = false;
  for (;;) {
    Result<std::unique_ptr<Connection>> connection = Connection::open(url_, deadline);
    const std::chrono::milliseconds pause = pauses.next();
    const bool ends = connection || !again || Clock::now() + pause >= deadline;
    if (is_counted == ends) {
      const std::lock_guard lock(mutex_);
      trying_again_ = ends ? trying_again_ - 1 : trying_again_ + 1;
      is_counted = !ends;
    }
    if (ends) return connection;
    base::log(base::LogLevel::warn, "store: cannot connect, trying again",
              {{"error", connection.error().describe()}, {"pause_ms", pause.count()}});
    std::this_thread::sleep_for(pause);
  }
}

Result<Pool::Taken> Pool::take(Clock::time_point deadline) { return take(deadline, true); }

Result<Pool::Taken> Pool::take_at_once(Clock::time_point deadline) {
  {
    const std::lock_guard lock(mutex_);
    if (trying_again_ > 0) return fail(Code::io, {"the server is away, others try again already"});
  }
  return take(deadline, false);
}

Result<Pool::Taken> Pool::take(Clock::time_point deadline, bool again) {
  LIMPID_TRY(take_permit(deadline));
  std::unique_ptr<Connection> connection = take_idle();
  if (connection == nullptr) {
    Result<std::unique_ptr<Connection>> opened = connect(deadline, again);
    if (!opened) {
      give_permit();
      return std::unexpected(std::move(opened).error());
    }
    connection = *std::move(opened);
  }
  return Taken(*this, std::move(connection));
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  if (connection->is_idle()) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }
  connection.reset();  // one that is left in some state is closed, before the next may be opened
  give_permit();
}

}  // namespace limpid::store::postgres
