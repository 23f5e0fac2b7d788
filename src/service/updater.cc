#include "service/updater.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "base/date.h"
#include "base/log.h"
#include "base/text.h"
#include "service/feed_source.h"
#include "service/files.h"
#include "service/generations.h"
#include "service/update.h"
#include "service/update_schedule.h"

namespace limpid::service {
namespace {

using base::LogLevel;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kLease = "updater";
constexpr std::string_view kLast = "updater/last";
constexpr seconds kLeaseTime{600};
constexpr milliseconds kRenewal{120'000};
// Another node may have updated meanwhile, or given up the lease.
constexpr milliseconds kLongestSleep{60'000};
constexpr std::size_t kOwnerBytes = 16;

std::string random_name() {
  std::random_device random;
  std::uint8_t bytes[kOwnerBytes];
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return base::hex(bytes, sizeof bytes);
}

// The time with up to a tenth more, so that nodes and installations don't come in step.
milliseconds with_jitter(milliseconds time) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return time + milliseconds(std::uniform_int_distribution<long>(0, std::max<long>(0, time.count() / 10))(random));
}

}  // namespace

struct Updater::State {
  State(const UpdaterConfig& configured, std::string where, store::Store& a_store, Metrics& a_metrics, Hooks some_hooks)
      : config(configured),
        folder(std::move(where)),
        store(a_store),
        metrics(a_metrics),
        hooks(std::move(some_hooks)),
        files(folder, a_store),
        labels(labels_of(config.feeds.empty() ? default_feeds() : config.feeds)) {}

  void loop();
  // How long from now until an update is due; 0 or less: now.
  Result<milliseconds> time_left();
  void run_as_leader();
  Result<void> run_once();
  Result<UpdateOutcome> update();
  Result<void> publish(const std::string& candidate);
  Result<std::vector<store::NewNotification>> changes(const std::string& before, const std::string& after);
  Result<void> save_states(const std::vector<store::FeedState>& feeds);
  void renew_lease(std::stop_token ended);
  // False if stop() was called meanwhile.
  bool sleep(milliseconds time);
  bool is_stopping() const { return cancel.load(); }

  const UpdaterConfig config;
  const std::string folder;
  store::Store& store;
  Metrics& metrics;
  const Hooks hooks;
  Generations files;
  const std::vector<std::string> labels;
  const std::string owner = random_name();
  unsigned failures = 0;  // since the last success, of this process

  std::atomic<bool> cancel{false};  // the running update, because of stop() or a lost lease
  bool stopping = false;            // under `mutex`
  std::mutex mutex;
  std::condition_variable wake;
  std::thread thread;
};

bool Updater::State::sleep(milliseconds time) {
  std::unique_lock lock(mutex);
  return !wake.wait_for(lock, time, [&] { return stopping; });
}

Result<milliseconds> Updater::State::time_left() {
  LIMPID_ASSIGN(const auto text, store.value(kLast));
  LIMPID_ASSIGN(const auto feeds, store.feed_states());
  LastUpdates last;
  last.success = static_cast<std::int64_t>(base::parse_unsigned(text.value_or("")).value_or(0));
  last.is_well = true;
  for (const std::string& label : labels) {
    const auto found = std::ranges::find(feeds, label, &store::FeedState::name);
    last.is_well = last.is_well && found != feeds.end() && found->problem.empty();
    if (found != feeds.end()) last.attempt = std::max(last.attempt, found->last_attempt);
  }
  const auto interval = std::chrono::duration_cast<seconds>(config.interval);
  return time_until_due(last, interval, failures, base::seconds_now());
}

void Updater::State::loop() {
  using Clock = std::chrono::steady_clock;
  const auto interval = std::chrono::duration_cast<seconds>(config.interval);
  // A failure of which the store does not know (perhaps for want of the store) is waited for here.
  Clock::time_point not_before = Clock::now();
  milliseconds jitter{0};
  for (;;) {
    auto left = time_left();
    if (left) {
      const auto held = std::chrono::ceil<milliseconds>(not_before - Clock::now());
      left = std::max(*left > milliseconds(0) ? *left + jitter : *left, held);
    } else {
      base::log(LogLevel::warn, "updater: the store does not answer", {{"why", left.error().describe()}});
      left = kShortestPause;
    }
    if (*left > milliseconds(0)) {
      // In steps, since another node may update meanwhile, or give up the lease.
      if (!sleep(std::min(*left, kLongestSleep))) return;
      continue;
    }
    run_as_leader();
    not_before = Clock::now() + with_jitter(pause_after(failures, interval));
    jitter = failures == 0 ? with_jitter(interval) - interval : milliseconds(0);
    if (!sleep(milliseconds(0))) return;
  }
}

void Updater::State::renew_lease(std::stop_token ended) {
  std::mutex quiet;
  std::condition_variable_any end;
  auto held_until = std::chrono::steady_clock::now() + kLeaseTime;
  std::unique_lock lock(quiet);
  while (!end.wait_for(lock, ended, kRenewal, [&] { return ended.stop_requested(); })) {
    const auto asked = std::chrono::steady_clock::now();
    const auto renewed = store.acquire_lease(kLease, owner, kLeaseTime);
    if (renewed && *renewed) held_until = asked + kLeaseTime;
    const bool lost = (renewed && !*renewed) || std::chrono::steady_clock::now() >= held_until;
    if (!lost) continue;
    base::log(LogLevel::warn, "updater: lost the lease, the update ends");
    cancel = true;
    return;
  }
}

void Updater::State::run_as_leader() {
  const auto acquired = store.acquire_lease(kLease, owner, kLeaseTime);
  if (!acquired || !*acquired) {
    if (!acquired)
      base::log(LogLevel::warn, "updater: the store does not answer", {{"why", acquired.error().describe()}});
    return;
  }
  // Whoever held the lease until now may have done it.
  if (const auto left = time_left(); left && *left <= milliseconds(0)) {
    std::jthread renewal([this](std::stop_token ended) { renew_lease(std::move(ended)); });
    const auto begun = std::chrono::steady_clock::now();
    const auto done = run_once();
    const bool was_stopped = !done && done.error().code() == Code::cancelled;
    if (!done && !was_stopped) {
      ++failures;
      metrics.add("clair_updater_errors_total");
      base::log(LogLevel::error, "update failed", {{"why", done.error().describe()}});
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    if (!was_stopped) metrics.set("clair_updater_duration_seconds", took.count());
    renewal.request_stop();
    renewal.join();
    const std::lock_guard lock(mutex);
    if (!stopping) cancel = false;
  }
  if (const auto released = store.release_lease(kLease, owner); !released)
    base::log(LogLevel::warn, "updater: lease not released", {{"why", released.error().describe()}});
}

Result<UpdateOutcome> Updater::State::update() {
  UpdateOptions options;
  options.config = config;
  options.folder = folder + "/feeds";
  options.output = folder + "/next.db";
  LIMPID_ASSIGN(options.before, store.feed_states());
  options.cancel = &cancel;
  options.progress = [](const std::string& line) { base::log(LogLevel::info, "update", {{"feed", line}}); };
  return update_database(options);
}

Result<void> Updater::State::run_once() {
  LIMPID_TRY(make_folders(folder));
  LIMPID_ASSIGN(const UpdateOutcome outcome, update());
  for (const store::FeedState& feed : outcome.feeds) {
    if (!feed.problem.empty()) base::log(LogLevel::warn, "feed failed", {{"feed", feed.name}, {"why", feed.problem}});
  }
  if (is_stopping()) return fail(Code::cancelled, {"cancelled"});
  if (outcome.current) {
    LIMPID_TRY(publish(folder + "/next.db"));
    if (hooks.adopt) LIMPID_TRY(hooks.adopt());
  }
  LIMPID_TRY(save_states(outcome.feeds));
  for (const store::FeedState& feed : outcome.feeds) measure_feed(feed, metrics);
  metrics.set("clair_updater_notes_total", static_cast<double>(outcome.failed));
  if (outcome.failed > 0) metrics.add("clair_updater_errors_total", {}, static_cast<double>(outcome.failed));
  failures = outcome.failed > 0 ? failures + 1 : 0;
  return {};
}

Result<std::vector<store::NewNotification>> Updater::State::changes(const std::string& before,
                                                                    const std::string& after) {
  std::vector<store::NewNotification> none;
  if (!hooks.notifications) return none;
  LIMPID_ASSIGN(const auto database, vulndb::Database::open(after, vulndb::Access::map));
  if (before.empty()) return hooks.notifications(nullptr, database, &cancel);
  LIMPID_ASSIGN(const auto in_use, vulndb::Database::open(before, vulndb::Access::map));
  return hooks.notifications(&in_use, database, &cancel);
}

// Makes the file the nodes' next database, if it is another than the one in use, and tells what changed.
Result<void> Updater::State::publish(const std::string& candidate) {
  LIMPID_ASSIGN(const FileHash hash, hash_file(candidate, &cancel));
  store::DatabaseRecord in_use;
  const auto before = files.current(in_use);
  // The candidate may be from an update whose publishing failed, so that what counts is what the nodes use.
  const bool is_same = in_use.sha256 == hash.sha256;
  if (before && !before->empty() && is_same) return {};
  if (!before) {
    const bool is_lost = before.error().code() == Code::not_found || before.error().code() == Code::mismatch;
    if (in_use.generation == 0 || !is_lost) return std::unexpected(before.error());
    // SQLite keeps no copy. The next generation replaces the lost file, and nobody can say what changed.
    base::log(LogLevel::warn, "the database in use cannot be had: what changed is not told",
              {{"why", before.error().describe()}});
  }
  const store::DatabaseRecord record{in_use.generation + 1, hash.sha256, hash.size, base::seconds_now()};
  LIMPID_TRY(files.offer(record.generation, candidate));
  const std::string path = files.path_of(record.generation);
  LIMPID_ASSIGN(const auto notifications, changes(before.value_or(""), path));
  if (is_stopping()) return fail(Code::cancelled, {"cancelled"});
  auto published = store.publish_database(record, path, notifications);
  if (!published && published.error().code() == Code::mismatch) {
    base::log(LogLevel::info, "another node has published a database", {{"generation", record.generation}});
    return files.withdraw(record.generation, record.sha256);
  }
  if (!published) return published;
  base::log(LogLevel::info, "published a database",
            {{"generation", record.generation}, {"bytes", record.size}, {"notifications", notifications.size()}});
  files.remove_old(record.generation);
  return {};
}

Result<void> Updater::State::save_states(const std::vector<store::FeedState>& feeds) {
  store::Seconds oldest = feeds.empty() ? 0 : feeds[0].last_success;
  for (const store::FeedState& feed : feeds) {
    LIMPID_TRY(store.put_feed_state(feed));
    if (feed.last_success > 0)
      LIMPID_TRY(store.set_value(base::cat({kLast, "/", feed.name}), base::cat({feed.last_success})));
    oldest = std::min(oldest, feed.last_success);
  }
  // While a feed was never read, the data is not up to date as of any time.
  if (oldest > 0) LIMPID_TRY(store.set_value(kLast, base::cat({oldest})));
  return {};
}

void measure_feed(const store::FeedState& feed, Metrics& metrics) {
  const Labels of_feed = {{"feed", feed.name}};
  metrics.set("limpid_feed_last_success_timestamp_seconds", static_cast<double>(feed.last_success), of_feed);
  metrics.set("limpid_feed_records", static_cast<double>(feed.records), of_feed);
  metrics.set("limpid_feed_statements", static_cast<double>(feed.statements), of_feed);
  metrics.set("limpid_feed_failing", feed.problem.empty() ? 0 : 1, of_feed);
}

Updater::Updater(const UpdaterConfig& config, std::string folder, store::Store& store, Metrics& metrics, Hooks hooks)
    : state_(std::make_unique<State>(config, std::move(folder), store, metrics, std::move(hooks))) {}

Updater::~Updater() { stop(); }

void Updater::start() {
  if (state_->config.interval <= milliseconds(0) || state_->thread.joinable()) return;
  state_->stopping = false;
  state_->cancel = false;
  state_->thread = std::thread([state = state_.get()] { state->loop(); });
}

void Updater::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->cancel = true;
  }
  state_->wake.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

Result<store::DatabaseRecord> Updater::publish(const std::string& path) {
  LIMPID_TRY(make_folders(state_->folder));
  LIMPID_ASSIGN_WITHIN(const FileHash hash, hash_file(path, &state_->cancel), {path});
  LIMPID_ASSIGN(std::optional<store::DatabaseRecord> current, state_->store.database());
  const bool is_current = current && current->sha256 == hash.sha256;
  store::DatabaseRecord record;
  if (is_current && state_->files.current(record)) return *current;
  // A copy, since its owner may write into the file and not replace it: this one is mapped, and the next one is
  // compared with it.
  const std::string given = state_->folder + "/given.db";
  LIMPID_TRY(copy_file(path, given));
  // SQLite keeps no copy of the database in use, whose file may be gone.
  const Result<void> published = is_current ? state_->files.offer(current->generation, given) : state_->publish(given);
  remove_quietly(given);
  LIMPID_TRY(published);
  LIMPID_ASSIGN(current, state_->store.database());
  return current.value_or(store::DatabaseRecord{});
}

Result<std::string> Updater::current_file(store::DatabaseRecord& record) {
  LIMPID_ASSIGN(std::string path, state_->files.current(record));
  if (!path.empty()) state_->files.remove_old(record.generation);
  return path;
}

}  // namespace limpid::service
