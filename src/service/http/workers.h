// A bounded queue with threads of its own that never makes the one who submits wait: it says no instead.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "service/http/server.h"

namespace limpid::service::http {

class Workers {
 public:
  using Task = std::move_only_function<void()>;

  explicit Workers(const QueueOptions& options);
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False, and nothing taken, where `waiting_max` tasks wait already. A task must not throw.
  bool submit(Task&& task);
  std::size_t waiting() const;
  // Drops what waits, and returns when what runs has ended.
  void stop();

 private:
  // A thread that waits for a task. The last that began to wait is the first to be woken: its memory is warm.
  struct Idle {
    std::condition_variable woken;
    Task task;
  };

  void work();

  const std::size_t waiting_max_;
  mutable std::mutex mutex_;
  std::vector<Idle*> idle_;
  std::size_t starting_ = 0;  // threads that have not begun yet: as good as idle
  std::deque<Task> tasks_;    // empty while a thread is idle
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace limpid::service::http
