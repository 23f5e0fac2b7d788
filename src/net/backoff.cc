// When to try again: growing waits, and what the server itself said.
#include <algorithm>
#include <ctime>
#include <random>

#include "net/client.h"
#include "net/curl.h"

namespace limpid::net {
namespace {

constexpr std::chrono::seconds kRetryAfterMax = std::chrono::days(1);

// All three forms of RFC 9110 section 5.6.7; -1 for what is none.
std::time_t parse_date(std::string_view text) {
  return initialize_curl() ? curl_getdate(std::string(text).c_str(), nullptr) : -1;
}

}  // namespace

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

std::chrono::seconds retry_after(const Response& response) {
  const std::string_view text = base::trim(response.header("retry-after"));
  std::chrono::seconds wait{0};
  if (const auto seconds = base::parse_unsigned(text)) {
    // Compared before it is converted: a huge number would become a negative one.
    if (*seconds > static_cast<std::uint64_t>(kRetryAfterMax.count())) return std::chrono::seconds(0);
    wait = std::chrono::seconds(*seconds);
  } else if (base::is_alpha(text.empty() ? ' ' : text.front())) {  // every form of a date begins with the weekday
    const std::time_t until = parse_date(text);
    if (until < 0) return std::chrono::seconds(0);
    // By the server's own clock, where it tells it: ours may be off by more than the wait.
    const std::time_t sent = parse_date(response.header("date"));
    wait = std::chrono::seconds(until - (sent >= 0 ? sent : std::time(nullptr)));
  }
  return wait > kRetryAfterMax || wait.count() < 0 ? std::chrono::seconds(0) : wait;
}

}  // namespace limpid::net
