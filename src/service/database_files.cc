#include "service/database_files.h"

#include <chrono>
#include <filesystem>
#include <set>
#include <utility>

#include <sys/stat.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "service/v1/codec.h"
#include "service/v1/notifications.h"

namespace limpid::service {
namespace {

constexpr std::chrono::milliseconds kWatchInterval{1'000};
constexpr std::chrono::seconds kLeaseTime{60};
constexpr std::string_view kLease = "database-file";

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<store::DatabaseRecord> record_of(const std::string& path) {
  LIMPID_ASSIGN(const base::MappedFile file, base::MappedFile::open(path));
  store::DatabaseRecord record;
  record.sha256 = base::sha256(file.bytes()).hex();
  record.size = file.bytes().size();
  record.created = seconds_now();
  return record;
}

std::shared_ptr<const vulndb::Database> borrowed(const vulndb::Database& database) {
  return {std::shared_ptr<const vulndb::Database>(), &database};
}

}  // namespace

DatabaseFiles::DatabaseFiles(Options options, store::Store& store, v1::Catalogue& catalogue, v1::ReportCache& cache,
                             Metrics& metrics, Updater* updater, std::function<void()> notify)
    : options_(std::move(options)),
      store_(store),
      catalogue_(catalogue),
      cache_(cache),
      metrics_(metrics),
      updater_(updater),
      notify_(std::move(notify)) {}

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
                                                                         const vulndb::Database& after) const {
  std::vector<store::NewNotification> notifications;
  if (before == nullptr) return notifications;
  const v1::Compiled old(borrowed(*before), 0);
  const v1::Compiled now(borrowed(after), 0);
  LIMPID_ASSIGN(v1::DatabaseChanges changes, v1::changes_between(old, now, catalogue_.overlay(), seconds_now()));
  if (!options_.only_affected) return std::move(changes.notifications);
  for (store::NewNotification& one : changes.notifications) {
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

Result<void> DatabaseFiles::prepare(const v1::Compiled& compiled) const {
  LIMPID_ASSIGN(const std::vector<store::Namespace> used, store_.namespaces());
  for (const store::Namespace& name_space : used)
    if (compiled.database().has_namespace(name_space.name)) LIMPID_TRY(compiled.prepare(name_space.name));
  return {};
}

Result<void> DatabaseFiles::use(const std::string& path, std::int64_t generation) {
  LIMPID_ASSIGN(vulndb::Database opened, vulndb::Database::open(path, vulndb::Access::map));
  auto compiled =
      std::make_shared<const v1::Compiled>(std::make_shared<const vulndb::Database>(std::move(opened)), generation);
  LIMPID_TRY(prepare(*compiled));
  const std::shared_ptr<const v1::Compiled> before = catalogue_.compiled();
  std::vector<std::pair<std::string, std::string>> packages;
  bool known = before != nullptr;
  if (known) {
    auto changed = v1::packages_between(*before, *compiled);
    known = changed.has_value();
    if (changed) packages = *std::move(changed);
  }
  catalogue_.use(compiled);
  known ? cache_.packages_changed(packages) : cache_.clear();
  const vulndb::Info& info = compiled->database().info();
  metrics_.set("limpid_database_generation", static_cast<double>(generation));
  metrics_.set("limpid_database_advisories", static_cast<double>(info.advisories));
  base::log(base::LogLevel::info, "database in use",
            {{"file", path},
             {"generation", generation},
             {"advisories", info.advisories},
             {"statements", info.statements},
             {"changed_packages", packages.size()}});
  return {};
}

// Makes a file that somebody put there the store's current database, unless it is already, and tells what changed.
Result<void> DatabaseFiles::publish_file(const std::string& path, std::int64_t& generation) {
  LIMPID_ASSIGN(store::DatabaseRecord record, record_of(path));
  LIMPID_ASSIGN(const std::optional<store::DatabaseRecord> current, store_.database());
  generation = current ? current->generation : 0;
  if (current && current->sha256 == record.sha256) return {};
  LIMPID_ASSIGN(const bool ours, store_.acquire_lease(kLease, options_.folder, kLeaseTime));
  if (!ours) return {};  // another node saw the same file and is at it
  LIMPID_ASSIGN(const vulndb::Database after, vulndb::Database::open(path, vulndb::Access::map));
  std::optional<vulndb::Database> before;
  const std::string kept = base::cat({options_.folder, "/limpid-", generation, ".db"});
  if (auto opened = vulndb::Database::open(kept, vulndb::Access::map)) before.emplace(*std::move(opened));
  LIMPID_ASSIGN(const std::vector<store::NewNotification> changes, notifications(before ? &*before : nullptr, after));
  record.generation = generation + 1;
  // The copy is what the next file will be compared with, after a restart too.
  const std::string copy = base::cat({options_.folder, "/limpid-", record.generation, ".db"});
  std::error_code error;
  std::filesystem::remove(copy, error);
  std::filesystem::copy_file(path, copy, error);
  if (error) return fail(Code::io, {copy, ": ", error.message()});
  const Result<void> published = store_.publish_database(record, path, changes);
  (void)store_.release_lease(kLease, options_.folder);
  if (!published && published.error().code() == Code::mismatch) return {};  // another node was first
  LIMPID_TRY(published);
  if (generation > 1) std::filesystem::remove(base::cat({options_.folder, "/limpid-", generation - 1, ".db"}), error);
  generation = record.generation;
  if (!changes.empty()) notify_();
  return {};
}

Result<void> DatabaseFiles::take_file(const std::string& path) {
  const Identity identity = identity_of(path);
  if (identity == Identity{} || identity == seen_) return {};
  std::int64_t generation = 0;
  LIMPID_TRY(publish_file(path, generation));
  LIMPID_TRY(use(path, generation));
  seen_ = identity;
  return {};
}

Result<void> DatabaseFiles::take_current() {
  if (!options_.file.empty()) return take_file(options_.file);
  LIMPID_ASSIGN(const std::optional<store::DatabaseRecord> current, store_.database());
  if (!current) {
    if (identity_of(options_.default_file) == Identity{}) return {};
    return take_file(options_.default_file);
  }
  const std::shared_ptr<const v1::Compiled> compiled = catalogue_.compiled();
  if (compiled != nullptr && compiled->generation() == current->generation) return {};
  store::DatabaseRecord record;
  LIMPID_ASSIGN(const std::string path, updater_->current_file(record));
  return path.empty() ? Result<void>() : use(path, record.generation);
}

Result<void> DatabaseFiles::start() {
  const Result<void> taken = take_current();
  if (!taken && !options_.file.empty()) return taken;  // the operator named it: better not to start
  if (!taken) base::log(base::LogLevel::error, "database not used", {{"error", taken.error().describe()}});
  if (catalogue_.compiled() == nullptr)
    base::log(base::LogLevel::warn,
              "there is no database of advisories yet: every image will look clean until there is");
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

void DatabaseFiles::watch(const std::stop_token& stop) {
  std::string told;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, kWatchInterval, [this] { return look_; });
    const bool asked = std::exchange(look_, false);
    if (stop.stop_requested()) return;
    const std::shared_ptr<const v1::Compiled> compiled = catalogue_.compiled();
    // Without a word from the store there is only a file to watch.
    const bool is_due = asked || !options_.file.empty() || compiled == nullptr;
    lock.unlock();
    Result<void> taken = is_due ? take_current() : Result<void>();
    // A layer may have brought a namespace that no layer had.
    if (taken && compiled != nullptr) taken = prepare(*compiled);
    if (!taken) {
      const std::string problem = taken.error().describe();
      if (problem != told) base::log(base::LogLevel::error, "database not used", {{"error", problem}});
      told = problem;
    }
    lock.lock();
  }
}

}  // namespace limpid::service
