// The thread that delivers notifications to a webhook, as Clair's did: POST with the body
// {"Notification":{"Name":"<uuid>"}}, success is 200 or 201 only; attempts with back-off of 1 s doubling up to 15 min;
// delivered again after the renotify interval until somebody marks it read. Many nodes share the work through claims in
// the store, so that each is delivered once per window.
#pragma once

#include <memory>
#include <string>

#include "service/config.h"
#include "service/metrics.h"
#include "store/store.h"

namespace limpid::service {

class Notifier {
 public:
  // `node` names this process in claims. Nothing runs before start(); without an endpoint start() does nothing.
  Notifier(const NotifierConfig& config, std::string node, store::Store& store, Metrics& metrics);
  ~Notifier();  // stops within 200 ms
  void start();
  void stop();
  // There may be something new: look now, not at the next poll.
  void wake();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::service
