// One structured line a request on standard error, written in batches by a thread of its own: a system call for each of
// twenty thousand answers a second would cost a tenth of them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace limpid::service {

class RequestLog {
 public:
  RequestLog();
  ~RequestLog();  // writes what is left
  RequestLog(const RequestLog&) = delete;
  RequestLog& operator=(const RequestLog&) = delete;

  // Where lines come faster than they can be written,
  // they are dropped and counted, and the count is written.
  void add(std::string_view method, std::string_view target, std::string_view peer, int status, std::uint64_t bytes,
           std::chrono::nanoseconds duration);

 private:
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::string waiting_;
  std::uint64_t dropped_ = 0;
  bool enabled_ = true;
  std::jthread thread_;
};

}  // namespace limpid::service
