#include "service/database_files.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <sys/stat.h>

#include "base/cancel.h"
#include "base/date.h"
#include "base/log.h"
#include "base/text.h"
#include "service/v1/codec.h"
#include "service/v1/notifications.h"

namespace limpid::service {
namespace {

constexpr std::chrono::milliseconds kWatchInterval{1'000};
constexpr std::chrono::seconds kFeedStatesInterval{60};

// Whether the same bytes would fail in the same way again.
bool is_unusable(Code code) { return code == Code::invalid || code == Code::mismatch || code == Code::unsupported; }

std::shared_ptr<const vulndb::Database> borrowed(const vulndb::Database& database) {
  return {std::shared_ptr<const vulndb::Database>(), &database};
}

}  // namespace

DatabaseFiles::DatabaseFiles(Options options, store::Store& store, v1::Catalogue& catalogue, v1::ReportCache& cache,
                             Metrics& metrics, Updater& updater)
    : options_(std::move(options)),
      store_(store),
      catalogue_(catalogue),
      cache_(cache),
      metrics_(metrics),
      updater_(updater) {}

DatabaseFiles::~DatabaseFiles() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

DatabaseFiles::Identity DatabaseFiles::identity_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
          std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

Result<std::vector<store::NewNotification>> DatabaseFiles::notifications(const vulndb::Database* before,
                                                                         const vulndb::Database& after,
                                                                         const std::atomic<bool>* cancel) const {
  std::vector<store::NewNotification> notifications;
  if (before == nullptr) return notifications;
  const v1::Compiled old(borrowed(*before), 0);
  const v1::Compiled now(borrowed(after), 0);
  LIMPID_ASSIGN(const std::vector<store::Namespace> held, store_.namespaces());
  LIMPID_ASSIGN(std::vector<store::NewNotification> changes,
                v1::changes_between(old, now, catalogue_.overlay(), held, base::seconds_now(), cancel));
  if (!options_.only_affected) return changes;
  for (store::NewNotification& one : changes) {
    LIMPID_TRY(base::check_cancelled(cancel));
    bool touches = false;
    for (const std::string* revision : {&one.old_revision, &one.new_revision}) {
      if (revision->empty() || touches) continue;
      LIMPID_ASSIGN(const v1::Vulnerability vulnerability, v1::parse_stored(*revision));
      LIMPID_ASSIGN(touches, v1::touches_layers(store_, vulnerability));
    }
    if (touches) notifications.push_back(std::move(one));
  }
  return notifications;
}

Result<void> DatabaseFiles::prepare(const v1::Compiled& compiled, std::span<const store::Namespace> held) {
  for (const store::Namespace& name_space : held)
    if (compiled.knows(name_space.name)) LIMPID_TRY(compiled.prepare(name_space.name));
  return {};
}

bool DatabaseFiles::has_others(const std::set<std::string, std::less<>>& namespaces) const {
  const auto held = store_.namespaces();
  return !held ||
         std::ranges::any_of(*held, [&](const store::Namespace& one) { return !namespaces.contains(one.name); });
}

Result<void> DatabaseFiles::use(const std::string& path, std::int64_t generation) {
  LIMPID_ASSIGN(vulndb::Database opened, vulndb::Database::open(path, vulndb::Access::map));
  auto compiled =
      std::make_shared<const v1::Compiled>(std::make_shared<const vulndb::Database>(std::move(opened)), generation);
  LIMPID_ASSIGN(const std::vector<store::Namespace> held, store_.namespaces());
  LIMPID_TRY(prepare(*compiled, held));
  std::set<std::string, std::less<>> namespaces;
  for (const store::Namespace& one : held) namespaces.insert(one.name);
  const std::shared_ptr<const v1::Compiled> before = catalogue_.compiled();
  std::optional<v1::Packages> changed;  // nothing: it may be anything
  if (before != nullptr) {
    auto between = v1::packages_between(*before, *compiled, held);
    if (between) changed = *std::move(between);
  }
  if (changed)
    compiled->feature_texts().take_over(before->feature_texts(), namespaces, {changed->begin(), changed->end()});
  catalogue_.use(compiled);
  changed ? cache_.packages_changed(*changed) : cache_.clear();
  // Of a namespace that a layer has brought meanwhile nobody looked at what changed.
  if (changed && has_others(namespaces)) cache_.clear();
  const vulndb::Info& info = compiled->database().info();
  metrics_.set("limpid_database_generation", static_cast<double>(generation));
  metrics_.set("limpid_database_advisories", static_cast<double>(info.advisories));
  base::log(base::LogLevel::info, "database in use",
            {{"file", path},
             {"generation", generation},
             {"advisories", info.advisories},
             {"statements", info.statements},
             {"changed_packages", changed ? base::cat({changed->size()}) : "any"}});
  return {};
}

Result<void> DatabaseFiles::take_file(const std::string& path) {
  const Identity identity = identity_of(path);
  if (identity == Identity{} || identity == seen_) return {};
  const auto take = [&]() -> Result<void> {
    LIMPID_TRY(updater_.publish(path));
    return take_published();
  };
  const Result<void> taken = take();
  // What is no database stays none; where the store or a disk failed, it may go better the next time.
  if (taken || is_unusable(taken.error().code())) seen_ = identity;
  return taken;
}

Result<void> DatabaseFiles::take_published() {
  store::DatabaseRecord record;
  LIMPID_ASSIGN(const std::string path, updater_.current_file(record));
  const std::shared_ptr<const v1::Compiled> compiled = catalogue_.compiled();
  if (path.empty() || (compiled != nullptr && compiled->generation() == record.generation)) return {};
  return use(path, record.generation);
}

Result<void> DatabaseFiles::take_current() {
  if (!options_.file.empty()) return take_file(options_.file);
  LIMPID_ASSIGN(const std::optional<store::DatabaseRecord> current, store_.database());
  if (!current) return take_file(options_.default_file);
  const std::shared_ptr<const v1::Compiled> compiled = catalogue_.compiled();
  if (compiled != nullptr && compiled->generation() == current->generation) return {};
  return take_published();
}

Result<void> DatabaseFiles::take() {
  const std::lock_guard lock(taking_);
  return take_current();
}

Result<void> DatabaseFiles::start() {
  const Result<void> taken = take();
  if (!taken && !options_.file.empty()) return taken;  // the operator named it: better not to start
  if (!taken) base::log(base::LogLevel::error, "database not used", {{"error", taken.error().describe()}});
  if (catalogue_.compiled() == nullptr)
    base::log(base::LogLevel::warn,
              "there is no database of advisories yet: every image will look clean until there is");
  measure_feeds();
  thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  return {};
}

void DatabaseFiles::look() {
  {
    const std::lock_guard lock(mutex_);
    look_ = true;
  }
  wake_.notify_one();
}

// Another node may be the one that updates.
void DatabaseFiles::measure_feeds() {
  const auto states = store_.feed_states();
  if (!states) return;
  for (const store::FeedState& state : *states) measure_feed(state, metrics_);
}

void DatabaseFiles::watch(const std::stop_token& stop) {
  using Clock = std::chrono::steady_clock;
  std::string told;
  auto next_states = Clock::now() + kFeedStatesInterval;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, kWatchInterval, [this] { return look_; });
    const bool asked = std::exchange(look_, false);
    if (stop.stop_requested()) return;
    const std::shared_ptr<const v1::Compiled> compiled = catalogue_.compiled();
    // Without a word from the store there is only a file to watch.
    const bool is_due = asked || !options_.file.empty() || compiled == nullptr;
    lock.unlock();
    const Result<void> taken = is_due ? take() : Result<void>();
    const std::string problem = taken ? std::string() : taken.error().describe();
    if (!taken && problem != told) base::log(base::LogLevel::error, "database not used", {{"error", problem}});
    told = problem;
    if (asked || Clock::now() >= next_states) {
      measure_feeds();
      next_states = Clock::now() + kFeedStatesInterval;
    }
    // A layer may have brought a namespace that no layer had. Reports are right without, only slower at first.
    const auto held = compiled != nullptr ? store_.namespaces() : std::vector<store::Namespace>();
    if (compiled != nullptr && held) (void)prepare(*compiled, *held);
    lock.lock();
  }
}

}  // namespace limpid::service
