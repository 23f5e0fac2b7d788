#include <algorithm>
#include <random>

#include "net/client.h"

namespace limpid::net {

std::chrono::milliseconds Backoff::next() {
  const std::chrono::milliseconds full = next_;
  next_ = std::min(most_, next_ * 2);
  if (!jitter_ || full.count() < 2) return full;
  thread_local std::minstd_rand random{std::random_device{}()};
  return full - std::chrono::milliseconds(std::uniform_int_distribution<long>(0, full.count() / 2)(random));
}

bool is_transient(const Result<Response>& outcome) {
  if (!outcome) return outcome.error().code() == Code::io || outcome.error().code() == Code::truncated;
  const int status = outcome->status;
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

}  // namespace limpid::net
