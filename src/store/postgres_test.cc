// The conformance suite on PostgreSQL, and what only this engine has: its schema and its way to the server.
#include <libpq-fe.h>

#include "store/conformance.h"
#include "store/engines.h"
#include "store/postgres_connection.h"
#include "store/postgres_server.h"

namespace limpid::store {
namespace {

// One server for all tests of this program; each has a schema of its own.
PostgresServer& server() {
  static const std::unique_ptr<PostgresServer> one = [] {
    auto started = PostgresServer::start();
    if (!started) {
      ADD_FAILURE() << started.error().describe();
      std::abort();
    }
    return *std::move(started);
  }();
  return *one;
}

class PostgresPlace final : public conformance::Place {
 public:
  explicit PostgresPlace(std::string url) : url_(std::move(url)) {}
  Result<std::unique_ptr<Store>> open(ChangeListener* listener, Observer observer) override {
    StoreOptions options;
    options.url = url_;
    options.listener = listener;
    options.observer = std::move(observer);
    return open_store(options);
  }

 private:
  std::string url_;
};

Result<std::unique_ptr<conformance::Place>> make_place() {
  LIMPID_ASSIGN(const std::string url, server().fresh_url());
  return std::make_unique<PostgresPlace>(url);
}

StoreOptions options_for(const std::string& url) {
  StoreOptions options;
  options.url = url;
  options.connections = 2;
  options.wait_max = std::chrono::milliseconds{5'000};
  return options;
}

std::string open_outcome(const std::string& url) { return conformance::outcome(open_store(options_for(url))); }

TEST(PostgresSchema, IsMadeOnceByManyAtOnce) {
  const std::string url = server().fresh_url().value();
  conformance::in_parallel(8, [&](int) {
    const auto store = open_store(options_for(url));
    EXPECT_TRUE(store) << store.error().describe();
  });
  EXPECT_EQ(open_outcome(url), "ok");
}

TEST(PostgresSchema, OfANewerProgramIsLeftAlone) {
  const std::string url = server().fresh_url().value();
  ASSERT_EQ(open_outcome(url), "ok");
  const std::string schema = url.substr(url.rfind("%3D") + 3);
  ASSERT_TRUE(server().query("UPDATE " + schema + ".schema_version SET version = version + 1"));
  const auto refused = open_store(options_for(url));
  ASSERT_EQ(conformance::outcome(refused), "unsupported");
  EXPECT_NE(refused.error().describe().find("newer"), std::string::npos) << refused.error().describe();
  ASSERT_TRUE(server().query("UPDATE " + schema + ".schema_version SET version = version - 1"));
  EXPECT_EQ(open_outcome(url), "ok");
}

TEST(PostgresSchema, TouchesNoTablesOfOthers) {
  const std::string url = server().fresh_url().value();
  const std::string schema = url.substr(url.rfind("%3D") + 3);
  ASSERT_TRUE(server().query("CREATE TABLE " + schema + ".keyvalue (key text)"));
  const auto refused = open_store(options_for(url));
  ASSERT_EQ(conformance::outcome(refused), "invalid");
  EXPECT_NE(refused.error().describe().find("keyvalue"), std::string::npos) << refused.error().describe();
  EXPECT_EQ(server().query("SELECT count(*) FROM pg_tables WHERE schemaname = '" + schema + "'").value(), "1");
}

TEST(PostgresSchema, NeedsASchemaAndUtf8) {
  EXPECT_EQ(open_outcome(server().url("&options=-csearch_path%3Dnot_there")), "usage");
  ASSERT_TRUE(server().query("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0"));
  std::string url = server().url();
  url.replace(url.find("/postgres?"), 10, "/latin?");
  EXPECT_EQ(open_outcome(url), "unsupported");
}

TEST(PostgresSchema, KeepsTheTableThatHarborReads) {
  const std::string url = server().fresh_url().value();
  const std::string schema = url.substr(url.rfind("%3D") + 3);
  auto store = open_store(options_for(url));
  ASSERT_TRUE(store);
  for (const char* value : {"1", "1700000000"}) ASSERT_TRUE((*store)->set_value("updater/last", value));
  EXPECT_EQ(server().query("SELECT value FROM " + schema + ".keyvalue WHERE key = 'updater/last'").value(),
            "1700000000");
  EXPECT_EQ(server().query("SELECT id FROM " + schema + ".keyvalue WHERE key = 'updater/last'").value(), "1");
}

TEST(PostgresUrl, IsCheckedAndNeverShown) {
  const auto refused = open_store(options_for("postgresql://me:secret%zz@localhost/db"));
  ASSERT_EQ(conformance::outcome(refused), "usage");
  EXPECT_EQ(refused.error().describe().find("secret"), std::string::npos) << refused.error().describe();
  StoreOptions options = options_for("postgresql://me:secret@127.0.0.1:1/db");
  options.wait_max = std::chrono::milliseconds{200};
  const auto begin = std::chrono::steady_clock::now();
  const auto unreachable = open_store(options);
  ASSERT_EQ(conformance::outcome(unreachable), "io");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{20});
  EXPECT_EQ(unreachable.error().describe().find("secret"), std::string::npos) << unreachable.error().describe();
}

TEST(PostgresUrl, MayGoOverTcp) {
  auto store = open_store(options_for(server().fresh_url(true).value()));
  ASSERT_TRUE(store) << store.error().describe();
  EXPECT_TRUE((*store)->set_value("key", "value"));
  EXPECT_EQ((*store)->value("key").value(), "value");
}

// The operator's defaults may be anything.
TEST(PostgresUrl, PromisesDurabilityWhateverTheDefaultIs) {
  std::string url = server().fresh_url().value();
  url.replace(url.find("options="), 8, "options=-csynchronous_commit%3Doff%20");
  auto connection = postgres::Connection::open(url, std::chrono::steady_clock::now() + std::chrono::seconds{60});
  ASSERT_TRUE(connection) << connection.error().describe();
  EXPECT_EQ((*connection)->execute("SHOW synchronous_commit").value().text(0, 0), "on");
}

}  // namespace

namespace conformance {
INSTANTIATE_TEST_SUITE_P(Postgres, Conformance, testing::Values(Engine{"postgresql", true, make_place}));
}

}  // namespace limpid::store
