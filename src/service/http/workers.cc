// The threads on which Handler::handle() runs.
#include "service/http/workers.h"

#include <algorithm>
#include <utility>

namespace limpid::service::http {

Workers::Workers(const QueueOptions& options) : waiting_max_(options.waiting_max) {
  const unsigned count = std::max(options.threads, 1U);
  idle_ = count;
  threads_.reserve(count);
  for (unsigned i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
}

bool Workers::submit(Task&& task) {
  {
    const std::lock_guard lock(mutex_);
    // A task that a free thread is about to take does not wait.
    if (stopping_ || (tasks_.size() >= waiting_max_ + idle_)) return false;
    tasks_.push_back(std::move(task));
  }
  has_task_.notify_one();
  return true;
}

std::size_t Workers::waiting() const {
  const std::lock_guard lock(mutex_);
  return tasks_.size() > idle_ ? tasks_.size() - idle_ : 0;
}

void Workers::stop() {
  std::deque<Task> dropped;  // their ends may do anything, so not under the lock
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(tasks_);
  }
  has_task_.notify_all();
  threads_.clear();
}

void Workers::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    has_task_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (stopping_) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    --idle_;
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
    ++idle_;
  }
}

}  // namespace limpid::service::http
