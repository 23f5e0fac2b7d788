// The threads that deliver notifications to a webhook, as Clair's did: POST with the body
// {"Notification":{"Name":"<uuid>"}}, success is 200 or 201 only; attempts with back-off of 1 s doubling up to 15 min;
// delivered again after the renotify interval until somebody marks it read. Many nodes share the work through claims in
// the store, so that each is delivered once per window.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "service/config.h"
#include "service/metrics.h"
#include "store/store.h"

namespace limpid::service {

// Deliveries under way at once, in no order that anybody may rely on.
inline constexpr unsigned kDeliveriesMax = 4;
// How long a notification that was marked read can still be asked for.
inline constexpr std::chrono::hours kReadNotificationKept{24};

// All waits. Other values than these are for tests.
struct NotifierPace {
  std::chrono::milliseconds backoff{1'000};  // before the second attempt, doubled before each further one
  std::chrono::milliseconds backoff_most{900'000};
  std::chrono::milliseconds give_up{60'000};  // after the last attempt: others go first so long
  std::chrono::milliseconds poll{300'000};    // when nothing is there and nobody calls wake()
  std::chrono::milliseconds purge{3'600'000};
  std::chrono::milliseconds store_backoff{1'000};  // after a failure of the store, doubled up to a minute
  // A node that dies holds its claims so long. Renewed after a quarter of it, which leaves room for clocks that differ.
  std::chrono::seconds claim{120};
};

class Notifier {
 public:
  // `node` names this process in claims. Nothing runs before start(); without an endpoint start() does nothing.
  Notifier(const NotifierConfig& config, std::string node, store::Store& store, Metrics& metrics,
           NotifierPace pace = {});
  ~Notifier();  // stops within 200 ms, unless the store keeps a call waiting for longer
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  void start();
  void stop();
  // There may be something new: look now, not at the next poll.
  void wake();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::service
