// The threads on which Handler::handle() runs.
#include "service/http/workers.h"

#include <algorithm>
#include <utility>

namespace limpid::service::http {

class Workers::Reserved {
 public:
  std::condition_variable woken;
  Task task;
  Role* role = nullptr;
  bool is_reserved = false;  // somebody holds on to this, so the thread may not end
};

Workers::Workers(const QueueOptions& options) : waiting_max_(options.waiting_max), starting_(options.threads) {
  idle_.reserve(options.threads);
}

void Workers::begin() {
  const std::lock_guard lock(mutex_);
  --starting_;
}

// With the lock, as long as the thread has not been told what to do: else it might go.
Workers::Reserved* Workers::take_idle() {
  if (stopping_ || idle_.empty()) return nullptr;
  Reserved* thread = idle_.back();
  idle_.pop_back();
  return thread;
}

bool Workers::submit(Task&& task) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  if (Reserved* thread = take_idle()) {
    thread->task = std::move(task);
    thread->woken.notify_one();
    return true;
  }
  if (tasks_.size() >= waiting_max_ + starting_) return false;
  tasks_.push_back(std::move(task));
  return true;
}

bool Workers::relieve(Role& role) {
  const std::lock_guard lock(mutex_);
  Reserved* thread = take_idle();
  if (thread == nullptr) return false;
  thread->role = &role;
  thread->woken.notify_one();
  return true;
}

Workers::Reserved* Workers::reserve() {
  const std::lock_guard lock(mutex_);
  Reserved* thread = take_idle();
  if (thread != nullptr) thread->is_reserved = true;
  return thread;
}

void Workers::relieve(Reserved& thread, Role& role) {
  const std::lock_guard lock(mutex_);
  thread.is_reserved = false;
  thread.role = &role;
  thread.woken.notify_one();
}

void Workers::release(Reserved& thread) {
  const std::lock_guard lock(mutex_);
  thread.is_reserved = false;
  if (!tasks_.empty()) {
    thread.task = std::move(tasks_.front());
    tasks_.pop_front();
  } else if (!stopping_) {
    return idle_.push_back(&thread);
  }
  thread.woken.notify_one();
}

std::size_t Workers::waiting() const {
  const std::lock_guard lock(mutex_);
  return tasks_.size() > starting_ ? tasks_.size() - starting_ : 0;
}

void Workers::stop() {
  std::deque<Task> dropped;  // their ends may do anything, so not under the lock
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  dropped.swap(tasks_);
  for (Reserved* thread : idle_) thread->woken.notify_one();
}

Role* Workers::play() {
  Reserved self;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stopping_) return nullptr;
    if (!tasks_.empty()) {
      self.task = std::move(tasks_.front());
      tasks_.pop_front();
    } else {
      idle_.push_back(&self);
      self.woken.wait(lock, [&] { return (stopping_ && !self.is_reserved) || self.task || self.role != nullptr; });
    }
    if (self.role != nullptr) return self.role;
    if (!self.task) continue;
    lock.unlock();
    self.task();
    self.task = nullptr;
    lock.lock();
  }
}

bool Watch::run(Workers& queue, Workers::Reserved& thread, Role& role, Workers::Task&& task) {
  Watched self{queue, thread, role, std::chrono::steady_clock::now()};
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    watched_.push_back(&self);
    ++count_;
    wakes = std::exchange(sleeps_, false);
  }
  if (wakes) first_came_.notify_one();
  task();
  task = nullptr;
  {
    const std::lock_guard lock(mutex_);
    std::erase(watched_, &self);
  }
  if (!self.is_relieved) queue.release(thread);
  return self.is_relieved;
}

void Watch::run(const std::stop_token& stop) {
  // Without anything to look after for so long, it sleeps until something comes.
  constexpr std::uint64_t kQuietRounds = 100;
  std::uint64_t known = 0, quiet = 0;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto now = std::chrono::steady_clock::now();
    for (Watched* one : watched_) {
      if (one->is_relieved || now - one->since < kPatience) continue;
      one->is_relieved = true;
      one->queue.relieve(one->thread, one->role);
    }
    quiet = count_ == known && watched_.empty() ? quiet + 1 : 0;
    known = count_;
    if (quiet >= kQuietRounds) {
      sleeps_ = true;
      first_came_.wait(lock, stop, [this] { return !sleeps_; });
      quiet = 0;
    } else {
      lock.unlock();
      std::this_thread::sleep_for(kPatience);
      lock.lock();
    }
  }
}

}  // namespace limpid::service::http
