// A bounded queue that never makes the one who submits wait: it says no instead. And the roles that the server's
// threads take in turn.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "service/http/server.h"

namespace limpid::service::http {

// What a thread does until something else is to be done. A thread that reads a request which has to be worked on works
// on it itself, and lets an idle one go on reading: at once, or, while nobody else is served by it, if that takes long
// (see Watch). To wake a thread takes longer than most requests do.
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

  // The same in two steps: whoever has reserved an idle thread either lets it take over a role, or releases it.
  class Reserved;
  Reserved* reserve();  // nullptr: none is idle
  void relieve(Reserved& thread, Role& role);
  void release(Reserved& thread);

  std::size_t waiting() const;
  // Drops what waits, and lets the threads end when what they run has ended.
  void stop();

 private:
  Reserved* take_idle();

  const std::size_t waiting_max_;
  mutable std::mutex mutex_;
  // Those that wait for something to do. The last that began to wait is the first to be woken: its memory is warm.
  std::vector<Reserved*> idle_;
  std::size_t starting_;    // threads that have not begun yet: as good as idle
  std::deque<Task> tasks_;  // empty while a thread is idle
  bool stopping_ = false;
};

// Looks after threads that work on a request while nobody plays their role: whoever takes longer than kPatience is
// relieved by the idle thread that was reserved for that.
class Watch {
 public:
  static constexpr std::chrono::microseconds kPatience{2'000};

  Watch() : thread_([this](const std::stop_token& stop) { run(stop); }) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() = default;

  // Runs `task`. True if another thread plays `role` now; the caller then has to play `queue`.
  bool run(Workers& queue, Workers::Reserved& thread, Role& role, Workers::Task&& task);

 private:
  struct Watched {
    Workers& queue;
    Workers::Reserved& thread;
    Role& role;
    std::chrono::steady_clock::time_point since;
    bool is_relieved = false;
  };

  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any first_came_;
  bool sleeps_ = false;
  std::vector<Watched*> watched_;
  std::uint64_t count_ = 0;  // of all that were ever watched
  std::jthread thread_;
};

}  // namespace limpid::service::http
