// A bounded worker pool: a fixed number of threads and a queue that makes the submitter wait when it is full.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace limpid::base {

// The processors that this process may run on (cgroup and affinity respected by the kernel's answer), at least 1.
unsigned processors();

class Pool {
 public:
  // At least one thread; `queue_max` tasks may wait.
  Pool(unsigned threads, std::size_t queue_max);
  // Waits for all that was submitted.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Blocks while the queue is full. A task must not throw, and must not submit to its own pool.
  void submit(std::move_only_function<void()> task);
  // Returns when no task is queued or running.
  void wait();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable has_task_, has_room_, idle_;
  std::deque<std::move_only_function<void()>> queue_;
  std::size_t queue_max_;
  std::size_t running_ = 0;
  bool closing_ = false;
  std::vector<std::jthread> threads_;  // last: joined before the rest goes
};

}  // namespace limpid::base
