// Nodes that share a PostgreSQL store: one updates, the others get the file from it.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/file.h"
#include "service/feed_server_for_test.h"
#include "service/files.h"
#include "service/updater.h"
#include "store/postgres_server.h"

namespace limpid::service {
namespace {

namespace fs = std::filesystem;

class Node {
 public:
  Node(const std::string& url, const std::string& folder, const UpdaterConfig& config) : folder_(folder) {
    declare_service_metrics(metrics_);
    store::StoreOptions options;
    options.url = url;
    options.connections = 2;
    store_ = store::open_store(options).value();
    updater_ = std::make_unique<Updater>(config, folder, *store_, metrics_, Updater::Hooks{});
  }
  Updater& updater() { return *updater_; }
  store::Store& store() { return *store_; }
  Result<std::string> current() {
    store::DatabaseRecord record;
    return updater_->current_file(record);
  }
  std::size_t files() const {
    std::error_code none;
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder_, none)) count += entry.is_regular_file() ? 1 : 0;
    return count;
  }

 private:
  std::string folder_;
  Metrics metrics_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Updater> updater_;
};

TEST(UpdaterNodes, OneUpdatesAndTheOthersGetTheFile) {
  const auto server = store::PostgresServer::start();
  ASSERT_TRUE(server) << server.error().describe();
  const std::string url = (*server)->url();
  const auto folder = base::TemporaryDirectory::make("limpid-nodes-").value();
  FeedServer upstream;
  upstream.put("/one.json", {.body = secdb("v3.5", 5000, 2'000)});
  UpdaterConfig config;
  config.feeds.push_back({"alpine", upstream.url("/one.json"), "", ""});
  Node a(url, folder.path() + "/a", config), b(url, folder.path() + "/b", config);
  a.updater().start();
  b.updater().start();
  while (!a.store().value("updater/last").value()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  a.updater().stop();
  b.updater().stop();
  EXPECT_EQ(upstream.answers().size(), 1U);  // only one of them fetched
  const auto record = a.store().database().value().value();
  EXPECT_EQ(record.generation, 1);
  for (Node* node : {&a, &b}) {
    const auto path = node->current();
    ASSERT_TRUE(path) << path.error().describe();
    EXPECT_EQ(hash_file(*path)->sha256, record.sha256);
    EXPECT_TRUE(vulndb::Database::open(*path)->verify());
  }
  // A file that was damaged on this node is fetched again.
  const std::string path = b.current().value();
  std::ofstream(path, std::ios::app) << "x";
  EXPECT_EQ(hash_file(b.current().value())->sha256, record.sha256);

  // What is not what was published, or is no database, is not used, and leaves nothing behind.
  Node c(url, folder.path() + "/c", config);
  const std::string junk = folder.path() + "/junk";
  std::ofstream(junk) << std::string(100'000, 'x');
  const auto hash = hash_file(junk).value();
  ASSERT_TRUE(c.store().publish_database({2, hash.sha256, hash.size, 1}, junk, {}));
  EXPECT_FALSE(c.current());
  EXPECT_EQ(c.files(), 0U);
  ASSERT_FALSE(b.current());
  EXPECT_EQ(hash_file(path)->sha256, record.sha256);  // that of the generation before is still there
}

}  // namespace
}  // namespace limpid::service
