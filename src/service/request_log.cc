#include "service/request_log.h"

#include <utility>

#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace limpid::service {
namespace {

constexpr std::size_t kWaitingMax = std::size_t{8} << 20;  // bytes of lines
constexpr std::size_t kWakeAt = std::size_t{64} << 10;
constexpr std::chrono::milliseconds kInterval{50};
constexpr std::size_t kTargetMax = 512;  // of a line; the rest of a target is cut off

}  // namespace

RequestLog::RequestLog()
    : enabled_(base::log_enabled(base::LogLevel::info)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

RequestLog::~RequestLog() {
  thread_.request_stop();
  thread_.join();
}

void RequestLog::add(std::string_view method, std::string_view target, std::string_view peer, int status,
                     std::uint64_t bytes, std::chrono::nanoseconds duration) {
  if (!enabled_) return;
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  const std::string line = base::log_line(base::LogLevel::info, "request",
                                          {{"method", method},
                                           {"target", target.substr(0, kTargetMax)},
                                           {"status", status},
                                           {"bytes", bytes},
                                           {"us", microseconds},
                                           {"peer", peer}});
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() > kWaitingMax) {
      ++dropped_;
      return;
    }
    wake = waiting_.size() < kWakeAt && waiting_.size() + line.size() >= kWakeAt;
    waiting_ += line;
  }
  if (wake) wake_.notify_one();
}

void RequestLog::run(const std::stop_token& stop) {
  std::string lines;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait_for(lock, stop, kInterval, [this] { return waiting_.size() >= kWakeAt; });
    lines.clear();
    lines.swap(waiting_);
    const std::uint64_t dropped = std::exchange(dropped_, 0);
    lock.unlock();
    (void)base::write_all(STDERR_FILENO,
                          base::as_bytes(lines));  // a log that cannot be written has nowhere to complain
    if (dropped != 0) base::log(base::LogLevel::warn, "request log overrun", {{"lines", dropped}});
    lock.lock();
    if (stop.stop_requested() && waiting_.empty()) return;
  }
}

}  // namespace limpid::service
