// When the next update is due, as a function of what the store knows. Private to the updater.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace limpid::service {

// Between two updates, whoever makes them, and after a first failure.
inline constexpr std::chrono::seconds kShortestPause{60};

struct LastUpdates {
  std::int64_t success = 0;  // UNIX seconds: the oldest last success among the feeds, 0 if there was none
  std::int64_t attempt = 0;  // the newest attempt of any node, 0 if there was none
  bool is_well = false;      // each feed went well
};

// After that many failures in a row: a minute, doubling up to the interval.
inline std::chrono::seconds pause_after(unsigned failures, std::chrono::seconds interval) {
  std::chrono::seconds pause = kShortestPause;
  for (unsigned i = 1; i < failures && pause < interval; ++i) pause *= 2;
  return std::max(kShortestPause, std::min(pause, interval));
}

// Seconds from `now`; 0 or less: it is due. `failures` are this node's since its last success: as `attempt` is the
// cluster's, the nodes together make no more attempts than one would.
inline std::chrono::seconds time_until_due(const LastUpdates& last, std::chrono::seconds interval, unsigned failures,
                                           std::int64_t now) {
  // A clock that was put back must not stop updates until it is that late again.
  const std::int64_t success = std::min(last.success, now), attempt = std::min(last.attempt, now);
  const bool is_well = last.is_well && failures == 0;
  std::int64_t due = is_well ? success + interval.count() : 0;
  if (attempt > 0) due = std::max(due, attempt + pause_after(is_well ? 0 : failures, interval).count());
  return std::chrono::seconds(due - now);
}

}  // namespace limpid::service
