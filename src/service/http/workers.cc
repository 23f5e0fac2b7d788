// The threads on which Handler::handle() runs.
#include "service/http/workers.h"

#include <algorithm>
#include <utility>

namespace limpid::service::http {

Workers::Workers(const QueueOptions& options) : waiting_max_(options.waiting_max), starting_(options.threads) {
  idle_.reserve(options.threads);
}

void Workers::begin() {
  const std::lock_guard lock(mutex_);
  --starting_;
}

// With the lock, as long as the thread has not been told what to do: else it might go.
Workers::Idle* Workers::take_idle() {
  if (stopping_ || idle_.empty()) return nullptr;
  Idle* thread = idle_.back();
  idle_.pop_back();
  return thread;
}

bool Workers::submit(Task&& task) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  if (Idle* thread = take_idle()) {
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
  Idle* thread = take_idle();
  if (thread == nullptr) return false;
  thread->role = &role;
  thread->woken.notify_one();
  return true;
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
  for (Idle* thread : idle_) thread->woken.notify_one();
}

Role* Workers::play() {
  Idle self;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stopping_) return nullptr;
    if (!tasks_.empty()) {
      self.task = std::move(tasks_.front());
      tasks_.pop_front();
    } else {
      idle_.push_back(&self);
      self.woken.wait(lock, [&] { return stopping_ || self.task || self.role != nullptr; });
    }
    if (self.role != nullptr) return self.role;
    if (!self.task) continue;
    lock.unlock();
    self.task();
    self.task = nullptr;
    lock.lock();
  }
}

}  // namespace limpid::service::http
