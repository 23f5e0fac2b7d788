#include "service/service.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <utility>

#include <malloc.h>

#include "base/log.h"
#include "base/pool.h"
#include "base/text.h"
#include "service/database_files.h"
#include "service/health.h"
#include "service/http/server.h"
#include "service/memory.h"
#include "service/metrics.h"
#include "service/notifier.h"
#include "service/request_log.h"
#include "service/updater.h"
#include "service/v1/api.h"
#include "service/v1/body_pool.h"
#include "service/v1/codec.h"
#include "service/v1/notifications.h"

namespace limpid::service {
namespace {

constexpr unsigned kIndexingThreads = 8;  // at least: a slow registry must not stop the others
constexpr unsigned kQuickThreads = 4;

class Node final : public Service {
 public:
  explicit Node(const Config& config)
      : config_(config), node_(v1::new_uuid()), cache_(config.api.cache_bytes), memory_(catalogue_, cache_) {}

  ~Node() override { memory_.end(); }

  Result<void> open() {
    declare_service_metrics(metrics_);
    LIMPID_ASSIGN(folder_, data_folder(config_.data_folder));
    LIMPID_ASSIGN(tokens_, v1::Tokens::make(config_.api.pagination_key));
    LIMPID_TRY(open_store());
    LIMPID_TRY(open_database());
    LIMPID_ASSIGN(indexer_, v1::Indexer::make(config_.layers, node_, *store_, metrics_));
    LIMPID_TRY(open_listeners());
    measure();
    return {};
  }

  void start() override {
    server_->start();
    health_server_->start();
    notifier_->start();
    if (updating_) updater_->start();
  }

  std::string api_address() const override { return server_->address(); }
  std::string health_address() const override { return health_server_->address(); }

  bool stop() override {
    updater_->stop();
    notifier_->stop();
    const bool whole = server_->drain(kDrainTime);
    indexer_->cancel();  // what is still being read was answered with a time-out long ago, or cut off now
    health_server_->drain(std::chrono::milliseconds(1'000));
    return whole;
  }

 private:
  Result<void> open_store() {
    store::StoreOptions options;
    options.url = config_.store.url.empty() ? base::cat({"sqlite:", folder_, "/store.db"}) : config_.store.url;
    options.connections = config_.store.connections;
    options.listener = &memory_;
    options.observer.call = [this](std::string_view operation, std::chrono::nanoseconds duration, bool failed) {
      metrics_.observe("clair_pgsql_query_duration_milliseconds",
                       std::chrono::duration<double, std::milli>(duration).count(),
                       {{"query", operation}, {"subquery", "all"}});
      if (failed) metrics_.add("clair_pgsql_errors_total", {{"request", operation}});
    };
    LIMPID_ASSIGN_WITHIN(store_, store::open_store(options), {"store ", store::printable_url(options.url)});
    base::log(base::LogLevel::info, "store open", {{"url", store::printable_url(options.url)}, {"node", node_}});
    return memory_.begin(*store_, [this] {
      if (DatabaseFiles* files = known_files_.load()) files->look();
      // Whoever published it made notifications of what changed.
      if (Notifier* notifier = known_notifier_.load()) notifier->wake();
    });
  }

  Result<void> open_database() {
    Updater::Hooks hooks;
    hooks.notifications = [this](const vulndb::Database* before, const vulndb::Database& after,
                                 const std::atomic<bool>* cancel) {
      return files_->notifications(before, after, cancel);
    };
    hooks.adopt = [this] { return files_->take(); };
    // An operator who names a file keeps it fresh, too.
    updating_ = config_.updater.interval.count() > 0 && config_.database.empty();
    updater_ = std::make_unique<Updater>(config_.updater, folder_, *store_, metrics_, std::move(hooks));
    notifier_ = std::make_unique<Notifier>(config_.notifier, node_, *store_, metrics_);
    known_notifier_ = notifier_.get();
    files_ = std::make_unique<DatabaseFiles>(
        DatabaseFiles::Options{folder_, config_.database, config_.default_database, config_.notifier.only_affected},
        *store_, catalogue_, cache_, metrics_, *updater_);
    known_files_ = files_.get();
    return files_->start();
  }

  Result<void> open_listeners() {
    api_ = std::make_unique<v1::Api>(v1::Api::Parts{*store_, catalogue_, cache_, *indexer_, tokens_, metrics_, log_,
                                                    bodies_, [this] { notifier_->wake(); }});
    health_ = std::make_unique<Health>(*store_, catalogue_);
    http::ServerOptions options;
    options.address = config_.api.address;
    options.port = config_.api.port;
    options.tls = {config_.api.cert_file, config_.api.key_file, config_.api.ca_file};
    options.connections_max = config_.api.connections;
    options.request_timeout = config_.api.timeout;
    const unsigned indexing =
        config_.layers.concurrency == 0 ? std::max(kIndexingThreads, base::processors()) : config_.layers.concurrency;
    options.queues = {{std::max(kQuickThreads, base::processors()), config_.api.waiting},
                      {indexing, config_.api.waiting}};
    LIMPID_ASSIGN_WITHIN(server_, http::Server::bind(options, *api_), {"API"});
    http::ServerOptions health;
    health.address = config_.api.health_address.empty() ? config_.api.address : config_.api.health_address;
    health.port = config_.api.health_port;
    health.request_timeout = config_.api.timeout;
    health.queues = {{2, 64}};
    LIMPID_ASSIGN_WITHIN(health_server_, http::Server::bind(health, *health_), {"health"});
    return {};
  }

  void measure() {
    metrics_.set("limpid_build_info", 1, {{"version", LIMPID_VERSION}});
    metrics_.collect([this](Metrics& metrics) {
      metrics.set("limpid_report_cache_bytes", static_cast<double>(cache_.bytes()));
      metrics.set_total("limpid_report_cache_hits_total", static_cast<double>(cache_.hits()));
      metrics.set_total("limpid_report_cache_misses_total", static_cast<double>(cache_.misses()));
      const http::Server::Load load = server_->load();
      metrics.set("limpid_http_connections", static_cast<double>(load.connections));
      for (std::size_t queue = 0; queue < load.waiting.size(); ++queue)
        metrics.set("limpid_http_waiting", static_cast<double>(load.waiting[queue]),
                    {{"queue", queue == v1::kQueueIndexing ? "indexing" : "quick"}});
    });
  }

  Config config_;
  std::string node_, folder_;
  Metrics metrics_;
  RequestLog log_;
  v1::Catalogue catalogue_;
  v1::ReportCache cache_;
  v1::BodyPool bodies_;
  Memory memory_;
  v1::Tokens tokens_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Updater> updater_;
  std::unique_ptr<Notifier> notifier_;
  std::unique_ptr<DatabaseFiles> files_;
  std::atomic<DatabaseFiles*> known_files_ = nullptr;  // these two for the store's threads
  std::atomic<Notifier*> known_notifier_ = nullptr;
  std::unique_ptr<v1::Indexer> indexer_;
  std::unique_ptr<v1::Api> api_;
  std::unique_ptr<Health> health_;
  std::unique_ptr<http::Server> server_, health_server_;  // last: they ask all the others
  bool updating_ = false;
};

}  // namespace

Result<std::string> data_folder(const std::string& configured) {
  std::string folder = configured;
  if (folder.empty()) {
    const char* data = std::getenv("XDG_DATA_HOME");
    const char* home = std::getenv("HOME");
    if (data != nullptr && *data != '\0') {
      folder = base::cat({data, "/limpid"});
    } else if (home != nullptr && *home != '\0') {
      folder = base::cat({home, "/.local/share/limpid"});
    } else {
      return fail(Code::usage, {"no place to keep data: set datafolder, XDG_DATA_HOME or HOME"});
    }
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Code::io, {folder, ": ", error.message()});
  return folder;
}

Result<std::unique_ptr<Service>> Service::open(const Config& config) {
  std::signal(SIGPIPE, SIG_IGN);
  // Reports are large and made often: memory that goes back to the kernel comes back page by page, which costs more
  // than making the report.
  constexpr int kMegabyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 * kMegabyte);
  mallopt(M_TRIM_THRESHOLD, 128 * kMegabyte);
  auto node = std::make_unique<Node>(config);
  LIMPID_TRY(node->open());
  return node;
}

}  // namespace limpid::service
