// A few workers around the store. One of them at a time looks for work, or sleeps until there may be some; when it has
// claimed a notification it lets the next one look and delivers. Whatever goes wrong with the store is logged and tried
// again: a claim that could not be ended runs out, and the receiver then hears of it twice, never not at all.
#include "service/notifier.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "base/date.h"
#include "base/log.h"
#include "net/client.h"
#include "service/v1/codec.h"

namespace limpid::service {
namespace {

using base::LogLevel;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kRequestTimeout{5'000};
constexpr milliseconds kStoreBackoffMost{60'000};
constexpr milliseconds kCountInterval{10'000};
constexpr std::size_t kAnswerMax = std::size_t{64}
                                   << 10;     // read so that the connection ends in good order, then dropped
constexpr std::size_t kDueTimesMax = 10'000;  // what is beyond is found by polling

bool is_http_url(std::string_view url) {
  const std::string start = base::lower(url.substr(0, 8));
  return start.starts_with("http://") || start.starts_with("https://");
}

std::string body_for(const store::Notification& notification) {
  std::string body = R"({"Notification":{"Name":)";
  v1::append_string(body, notification.name);
  body += "}}";
  return body;
}

}  // namespace

struct Notifier::State {
  State(const NotifierConfig& given, std::string name, store::Store& memory, Metrics& counters, NotifierPace waits)
      : config(given), node(std::move(name)), store(memory), metrics(counters), pace(waits) {}

  const NotifierConfig config;
  const std::string node;
  store::Store& store;
  Metrics& metrics;
  const NotifierPace pace;

  std::vector<std::thread> workers;
  std::atomic<bool> is_stopping{false};  // set under `mutex`; the HTTP client reads it, too
  // Whether the store failed when it was last asked: then it may well block, and nothing is asked of it while stopping.
  std::atomic<bool> is_store_failing{false};

  std::mutex looking;  // held by the worker that looks for work
  Clock::time_point next_purge = Clock::now(), next_count = Clock::now();

  std::mutex mutex;
  std::condition_variable changed;
  bool is_woken = false;
  // When something that this node knows of is to be delivered again.
  std::set<store::Seconds> due;

  // A claim on a notification, and how long it lasts by this machine's clock.
  struct Claim {
    std::string name;
    Clock::time_point next_renewal, end;
  };

  void work();
  void tidy();
  std::optional<store::Notification> next();
  void wait_for_work(store::Seconds asked);
  void purge_if_due();
  void count_waiting();

  void deliver(const store::Notification& notification, Clock::time_point claimed);
  Result<void> send(const store::Notification& notification);
  bool hold(Claim& claim, milliseconds time);
  bool renew(Claim& claim);
  bool is_unread(const std::string& name);
  void delivered(const store::Notification& notification);
  void given_up(const std::string& name);
  void hand_back(const std::string& name);
  void end_claim(const std::string& name, store::Seconds notified, store::Seconds not_before);

  bool sleep_until(Clock::time_point end);
  void remember_due(store::Seconds when);
  // Notes and logs whether a call of the store went well.
  template <class T>
  bool succeeded(const Result<T>& outcome, std::string_view task);
  store::Seconds renotify_seconds() const { return std::chrono::ceil<seconds>(config.renotify_interval).count(); }
};

// ── Looking for work ──

void Notifier::State::work() {
  while (!is_stopping) {
    if (const auto notification = next()) deliver(*notification, Clock::now());
  }
}

// Where nobody is to be told: those that were read, or that nobody reads, go nevertheless.
void Notifier::State::tidy() {
  while (!is_stopping) {
    purge_if_due();
    count_waiting();
    sleep_until(std::min(next_purge, Clock::now() + pace.poll));
  }
}

// Nothing if the notifier stops.
std::optional<store::Notification> Notifier::State::next() {
  const std::lock_guard turn(looking);
  net::Backoff backoff(pace.store_backoff, kStoreBackoffMost);
  while (!is_stopping) {
    {
      const std::lock_guard lock(mutex);
      is_woken = false;  // whoever calls wake() from here on may know of something that the store did not have yet
    }
    purge_if_due();
    const store::Seconds now = base::seconds_now();
    auto claimed = store.claim_notification(node, now, now - renotify_seconds(), now + pace.claim.count());
    if (!succeeded(claimed, "claim")) {
      sleep_until(Clock::now() + backoff.next());
      continue;
    }
    backoff.reset();
    if (!*claimed || Clock::now() >= next_count) count_waiting();
    if (*claimed) return *std::move(claimed);
    wait_for_work(now);
  }
  return std::nullopt;
}

// There was nothing at the time `asked`.
void Notifier::State::wait_for_work(store::Seconds asked) {
  std::unique_lock lock(mutex);
  due.erase(due.begin(), due.upper_bound(asked));
  const auto next_poll = Clock::now() + pace.poll;
  while (!is_woken && !is_stopping) {
    auto end = next_poll;
    if (!due.empty()) {
      const std::chrono::sys_seconds first{seconds(*due.begin())};
      const auto left = std::chrono::ceil<milliseconds>(first - std::chrono::system_clock::now());
      end = std::min(end, Clock::now() + left);
    }
    if (Clock::now() >= end) return;
    changed.wait_until(lock, end);
  }
}

void Notifier::State::remember_due(store::Seconds when) {
  {
    const std::lock_guard lock(mutex);
    due.insert(when);
    if (due.size() > kDueTimesMax) due.erase(std::prev(due.end()));
  }
  changed.notify_all();
}

void Notifier::State::purge_if_due() {
  if (Clock::now() < next_purge) return;
  const store::Seconds now = base::seconds_now();
  const auto purged = store.purge_notifications(now - seconds(kReadNotificationKept).count(),
                                                now - std::chrono::ceil<seconds>(config.keep_unread).count());
  next_purge = Clock::now() + (succeeded(purged, "purge") ? pace.purge : std::min(pace.purge, kStoreBackoffMost));
}

// Not at each look: the store has to count them one by one.
void Notifier::State::count_waiting() {
  const auto waiting = store.notifications_waiting(base::seconds_now() - renotify_seconds());
  if (succeeded(waiting, "count")) metrics.set("limpid_notifications_waiting", static_cast<double>(*waiting));
  next_count = Clock::now() + kCountInterval;
}

// ── Delivering ──

void Notifier::State::deliver(const store::Notification& notification, Clock::time_point claimed) {
  Claim claim{notification.name, claimed + milliseconds(pace.claim) / 4, claimed + pace.claim};
  net::Backoff backoff(pace.backoff, pace.backoff_most, /*jitter=*/false);
  for (unsigned attempt = 1; !is_stopping; ++attempt) {
    const auto sent = send(notification);
    if (sent) return delivered(notification);
    if (sent.error().code() == Code::cancelled) break;
    metrics.add("clair_notifier_backend_errors_total", {{"backend", "webhook"}});
    base::log(LogLevel::warn, "notification not delivered",
              {{"notification", notification.name},
               {"attempt", attempt},
               {"attempts", config.attempts},
               {"problem", sent.error().describe()}});
    if (attempt >= config.attempts) return given_up(notification.name);
    if (!hold(claim, backoff.next())) {
      if (is_stopping) break;
      base::log(LogLevel::warn, "claim on a notification lost", {{"notification", notification.name}});
      return;
    }
    if (!is_unread(notification.name)) break;
  }
  hand_back(notification.name);
}

// Environment proxies are not used, as in Clair: a webhook is mostly next door.
Result<void> Notifier::State::send(const store::Notification& notification) {
  net::Request request;
  request.method = "POST";
  request.url = config.endpoint;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = body_for(notification);
  net::Options options;
  options.tls = {false, config.ca_file, config.cert_file, config.key_file, config.server_name};
  options.proxy = config.proxy.empty() ? "none" : config.proxy;
  options.limits.connect = options.limits.idle = options.limits.total = kRequestTimeout;
  options.follow_redirects = false;
  options.cancel = &is_stopping;
  LIMPID_ASSIGN(const net::Stream answer, net::open_stream(request, options));
  if (answer.response.status != 200 && answer.response.status != 201)
    return fail(Code::io, {"the webhook answered ", answer.response.status, "; only 200 and 201 are success"});
  // The status alone counts: a body that breaks off changes nothing.
  for (std::size_t read = 0; read < kAnswerMax;) {
    const auto bytes = answer.body->next();
    if (!bytes || bytes->empty()) break;
    read += bytes->size();
  }
  return {};
}

// Waits while keeping the claim. False if the notifier stops or the claim is lost.
bool Notifier::State::hold(Claim& claim, milliseconds time) {
  for (const auto end = Clock::now() + time;;) {
    const auto now = Clock::now();
    if (now >= claim.next_renewal && !renew(claim)) return false;
    if (now >= end) return true;
    if (!sleep_until(std::min(end, claim.next_renewal))) return false;
  }
}

bool Notifier::State::renew(Claim& claim) {
  const auto asked = Clock::now();
  const auto renewed = store.renew_claim(claim.name, node, base::seconds_now() + pace.claim.count());
  if (!succeeded(renewed, "renew")) {
    claim.next_renewal = Clock::now() + pace.store_backoff;
    return Clock::now() < claim.end;
  }
  claim.next_renewal = asked + milliseconds(pace.claim) / 4;
  claim.end = asked + pace.claim;
  return *renewed;
}

// Somebody may have marked it read between two attempts. If the store can't tell, it is unread.
bool Notifier::State::is_unread(const std::string& name) {
  const auto found = store.notification(name);
  if (!succeeded(found, "look up")) return true;
  return *found && (*found)->deleted == 0;
}

void Notifier::State::delivered(const store::Notification& notification) {
  const store::Seconds now = base::seconds_now();
  base::log(LogLevel::debug, "notification delivered", {{"notification", notification.name}});
  if (notification.notified == 0) {  // later deliveries tell how patient the receiver is, not how quick we are
    const std::chrono::sys_seconds created{seconds(notification.created)};
    const std::chrono::duration<double, std::milli> latency = std::chrono::system_clock::now() - created;
    metrics.observe("clair_notifier_latency_milliseconds", std::max(latency.count(), 0.0));
  }
  end_claim(notification.name, now, 0);
  remember_due(now + renotify_seconds() + 1);  // the store compares whole seconds, and strictly
}

void Notifier::State::given_up(const std::string& name) {
  const store::Seconds not_before = base::seconds_now() + std::chrono::ceil<seconds>(pace.give_up).count();
  end_claim(name, 0, not_before);
  remember_due(not_before);
}

void Notifier::State::hand_back(const std::string& name) {
  if (!is_stopping) return end_claim(name, 0, 0);
  if (!is_store_failing) succeeded(store.end_claim(name, node, 0, 0), "hand back");
}

void Notifier::State::end_claim(const std::string& name, store::Seconds notified, store::Seconds not_before) {
  net::Backoff backoff(pace.store_backoff, kStoreBackoffMost);
  // If somebody else has claimed it by then, the store leaves that claim alone.
  while (!succeeded(store.end_claim(name, node, notified, not_before), "end of a claim")) {
    if (!sleep_until(Clock::now() + backoff.next())) return;
  }
}

// False if the notifier stops.
bool Notifier::State::sleep_until(Clock::time_point end) {
  std::unique_lock lock(mutex);
  return !changed.wait_until(lock, end, [&] { return is_stopping.load(); });
}

template <class T>
bool Notifier::State::succeeded(const Result<T>& outcome, std::string_view task) {
  is_store_failing = !outcome;
  if (!outcome)
    base::log(LogLevel::warn, "notifier: the store failed", {{"task", task}, {"problem", outcome.error().describe()}});
  return outcome.has_value();
}

// ── What others see ──

Notifier::Notifier(const NotifierConfig& config, std::string node, store::Store& store, Metrics& metrics,
                   NotifierPace pace)
    : state_(std::make_unique<State>(config, std::move(node), store, metrics, pace)) {}

Notifier::~Notifier() { stop(); }

void Notifier::start() {
  if (!state_->workers.empty()) return;
  const bool has_endpoint = is_http_url(state_->config.endpoint);
  if (!has_endpoint && !state_->config.endpoint.empty())
    base::log(LogLevel::error, "nobody is notified: the notifier's endpoint is not an http or https URL");
  state_->is_stopping = false;
  if (!has_endpoint) {
    state_->workers.emplace_back(&State::tidy, state_.get());
    return;
  }
  for (unsigned i = 0; i < kDeliveriesMax; ++i) state_->workers.emplace_back(&State::work, state_.get());
}

void Notifier::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_stopping = true;
  }
  state_->changed.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
  state_->workers.clear();
}

// Called with each write, before its client is answered.
void Notifier::wake() {
  if (!is_http_url(state_->config.endpoint)) return;
  {
    const std::lock_guard lock(state_->mutex);
    if (std::exchange(state_->is_woken, true)) return;
  }
  state_->changed.notify_all();
}

}  // namespace limpid::service
