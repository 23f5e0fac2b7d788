#include "image/patience.h"

#include <algorithm>
#include <thread>

#include "base/cancel.h"

namespace limpid::image {
namespace {

constexpr std::chrono::milliseconds kCancelPoll{50};

}  // namespace

Result<void> wait(std::chrono::milliseconds time, const std::atomic<bool>* cancel) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + time;
  for (;;) {
    LIMPID_TRY(base::check_cancelled(cancel));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0) return {};
    std::this_thread::sleep_for(std::min(left, kCancelPoll));
  }
}

Result<net::Response> send_patiently(const RegistryOptions& options, const std::atomic<bool>* cancel,
                                     const std::function<Result<net::Response>()>& send) {
  net::Backoff backoff(options.first_wait, kWaitMax);
  for (unsigned attempts = 1;; ++attempts) {
    Result<net::Response> outcome = send();
    const unsigned attempts_max = outcome ? kAttemptsMax : kSilentAttemptsMax;
    if (attempts >= attempts_max || !net::is_transient(outcome)) return outcome;
    std::chrono::milliseconds pause = backoff.next();
    if (outcome) {
      const std::chrono::seconds asked = net::retry_after(*outcome);
      if (asked > kRetryAfterMax) return outcome;
      pause = std::max<std::chrono::milliseconds>(pause, asked);
    }
    LIMPID_TRY(wait(pause, cancel));
  }
}

}  // namespace limpid::image
