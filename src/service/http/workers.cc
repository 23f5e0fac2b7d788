// The threads on which Handler::handle() runs.
#include "service/http/workers.h"

#include <algorithm>
#include <utility>

namespace limpid::service::http {

Workers::Workers(const QueueOptions& options) : waiting_max_(options.waiting_max) {
  const unsigned count = std::max(options.threads, 1U);
  starting_ = count;
  threads_.reserve(count);
  idle_.reserve(count);
  for (unsigned i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
}

bool Workers::submit(Task&& task) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  if (!idle_.empty()) {
    Idle& thread = *idle_.back();
    idle_.pop_back();
    thread.task = std::move(task);
    thread.woken.notify_one();  // with the lock: without it, the thread might have gone
    return true;
  }
  if (tasks_.size() >= waiting_max_ + starting_) return false;
  tasks_.push_back(std::move(task));
  return true;
}

std::size_t Workers::waiting() const {
  const std::lock_guard lock(mutex_);
  return tasks_.size() > starting_ ? tasks_.size() - starting_ : 0;
}

void Workers::stop() {
  std::deque<Task> dropped;  // their ends may do anything, so not under the lock
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(tasks_);
    for (Idle* thread : idle_) thread->woken.notify_one();
  }
  threads_.clear();
}

void Workers::work() {
  Idle self;
  std::unique_lock lock(mutex_);
  --starting_;
  while (!stopping_) {
    if (!tasks_.empty()) {
      self.task = std::move(tasks_.front());
      tasks_.pop_front();
    } else {
      idle_.push_back(&self);
      self.woken.wait(lock, [&] { return stopping_ || self.task; });
    }
    if (!self.task) continue;
    lock.unlock();
    self.task();
    self.task = nullptr;
    lock.lock();
  }
}

}  // namespace limpid::service::http
