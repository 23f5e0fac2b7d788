// A bounded queue that never makes the one who submits wait: it says no instead. And the roles that the server's
// threads take in turn.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "service/http/server.h"

namespace limpid::service::http {

// What a thread does until something else is to be done. A thread that reads a request which has to be worked on works
// on it itself, and lets an idle one go on reading: waking that one then costs the request no time.
class Role {
 public:
  virtual ~Role() = default;
  // The next role; nullptr: the thread ends.
  virtual Role* play() = 0;
};

class Workers final : public Role {
 public:
  using Task = std::move_only_function<void()>;

  // Whoever makes it starts options.threads threads, each of which calls begin() and then plays.
  explicit Workers(const QueueOptions& options);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void begin();
  // Runs tasks until another role falls to the thread.
  Role* play() override;

  // False, and nothing taken, where `waiting_max` tasks wait already. A task must not throw.
  bool submit(Task&& task);
  // Whether an idle thread takes over `role`, which the calling thread plays. If so, the caller belongs here: it may
  // run one task, and then has to play this.
  bool relieve(Role& role);
  std::size_t waiting() const;
  // Drops what waits, and lets the threads end when what they run has ended.
  void stop();

 private:
  // A thread that waits for something to do. The last that began to wait is the first to be woken: its memory is warm.
  struct Idle {
    std::condition_variable woken;
    Task task;
    Role* role = nullptr;
  };
  Idle* take_idle();

  const std::size_t waiting_max_;
  mutable std::mutex mutex_;
  std::vector<Idle*> idle_;
  std::size_t starting_;    // threads that have not begun yet: as good as idle
  std::deque<Task> tasks_;  // empty while a thread is idle
  bool stopping_ = false;
};

}  // namespace limpid::service::http
