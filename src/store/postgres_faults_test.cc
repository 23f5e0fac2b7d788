// The server is killed, stopped, restarted, and its connections are cut, at moments drawn from a seed, while threads
// write. What was acknowledged is there afterwards, nothing is there in part, and the store works again by itself.
#include <map>
#include <random>
#include <set>

#include "store/conformance_fixture.h"
#include "store/engines.h"
#include "store/postgres_pool.h"
#include "store/postgres_server.h"

namespace limpid::store {
namespace {

using namespace std::chrono_literals;
using conformance::must;
using conformance::Recorder;
using Clock = std::chrono::steady_clock;

constexpr int kWriters = 4;
constexpr int kFeaturesOfALayer = 30;

std::unique_ptr<PostgresServer> start() {
  auto started = PostgresServer::start();
  EXPECT_TRUE(started) << started.error().describe();
  return started ? *std::move(started) : nullptr;
}

std::unique_ptr<Store> open(const std::string& url, ChangeListener* listener) {
  StoreOptions options;
  options.url = url;
  options.listener = listener;
  options.connections = 4;
  options.wait_max = 60s;
  auto store = open_store(options);
  EXPECT_TRUE(store) << store.error().describe();
  return store ? *std::move(store) : nullptr;
}

std::string schema_of(const std::string& url) { return url.substr(url.rfind("%3D") + 3); }

bool eventually(const std::function<bool()>& holds) {
  const auto end = Clock::now() + 120s;
  while (!holds()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

// What one writer was told.
struct Told {
  std::vector<std::string> layers;                // made
  std::map<std::string, std::string> advisories;  // and the document that was written last
  std::map<std::string, std::string> attempts;    // the last document that may or may not be there
  std::vector<std::string> notifications;
  int failures = 0;
  std::set<std::string> unexpected;
};

void note_failure(Told& told, const Error& error) {
  ++told.failures;
  if (error.code() != Code::io && error.code() != Code::mismatch) told.unexpected.insert(error.describe());
}

void write_layer(Store& store, Told& told, const std::string& name) {
  NewLayer layer = conformance::new_layer(name, 0);
  for (int i = 0; i < kFeaturesOfALayer; ++i)
    layer.added.push_back(conformance::deb("package " + std::to_string(i), name));
  if (const auto put = store.put_layer(layer)) {
    told.layers.push_back(name);
  } else {
    note_failure(told, put.error());
  }
}

// Each document comes with a notification of its own: both are there or neither.
void write_advisory(Store& store, Told& told, const std::string& name, const std::string& document) {
  const auto stored = store.advisory("debian:12", name);
  if (!stored) return note_failure(told, stored.error());
  CustomAdvisory advisory = conformance::new_advisory("debian:12", name, document);
  advisory.revision = *stored ? (*stored)->revision : 0;
  told.attempts[name] = document;
  const std::vector<NewNotification> notifications = {{document, 1, "", ""}};
  if (const auto put = store.put_advisory(advisory, version::Scheme::dpkg, notifications)) {
    told.advisories[name] = document;
    told.notifications.push_back(document);
  } else {
    note_failure(told, put.error());
  }
}

void check(Store& store, PostgresServer& server, const std::string& schema, const std::vector<Told>& all) {
  for (const Told& told : all) {
    EXPECT_TRUE(told.unexpected.empty()) << *told.unexpected.begin();
    for (const std::string& name : told.layers) {
      const auto layer = must(store.find_layer(name));
      ASSERT_TRUE(layer) << name << " was acknowledged and is lost";
      EXPECT_EQ(must(store.features(layer->id)).size(), std::size_t{kFeaturesOfALayer});
    }
    for (const auto& [name, document] : told.advisories) {
      const auto advisory = must(store.advisory("debian:12", name));
      ASSERT_TRUE(advisory) << name << " was acknowledged and is lost";
      EXPECT_TRUE(advisory->document == document || advisory->document == told.attempts.at(name)) << name;
      EXPECT_TRUE(must(store.notification(advisory->document))) << "half of " << name;
    }
    for (const std::string& name : told.notifications)
      EXPECT_TRUE(must(store.notification(name))) << name << " was acknowledged and is lost";
  }
  const auto count = [&](const std::string& what) { return server.query("SELECT count(*) FROM " + what).value(); };
  // Whatever was not acknowledged is there as a whole or not at all.
  EXPECT_EQ(count(schema + ".layer WHERE " + std::to_string(kFeaturesOfALayer) + " <> (SELECT count(*) FROM " + schema +
                  ".layer_feature WHERE layer_feature.layer = layer.id)"),
            "0");
  EXPECT_EQ(count(schema + ".layer_feature WHERE layer NOT IN (SELECT id FROM " + schema + ".layer)"), "0");
  // Each put of an advisory made one change and one notification; the numbers have no gap.
  EXPECT_EQ(count(schema + ".change_log"), count(schema + ".notification"));
  EXPECT_EQ(count(schema + ".change_log"), server.query("SELECT number FROM " + schema + ".change_counter").value());
  EXPECT_EQ(server.query("SELECT coalesce(max(number), 0) FROM " + schema + ".change_log").value(),
            count(schema + ".change_log"));
}

// Writers on two nodes, until `disturb` returns.
void write_meanwhile(PostgresServer& server, const std::string& url, const std::function<void()>& disturb) {
  Recorder recorder;
  Recorder other_recorder;
  const auto store = open(url, &recorder);
  const auto other = open(url, &other_recorder);
  ASSERT_TRUE(store != nullptr && other != nullptr);
  std::vector<Told> told(kWriters);
  std::atomic<bool> stop = false;
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < kWriters; ++writer)
      writers.emplace_back([&, writer] {
        Store& mine = writer % 2 == 0 ? *store : *other;
        Told& mine_told = told[static_cast<std::size_t>(writer)];
        for (int i = 0; !stop; ++i) {
          write_layer(mine, mine_told, base::cat({"layer ", writer, " ", i}));
          write_advisory(mine, mine_told, base::cat({"CVE-", writer, "-", i % 5}), base::cat({writer, "/", i}));
          ++done;
        }
      });
    disturb();
    const int before = done;
    EXPECT_TRUE(eventually([&] { return done > before + 2 * kWriters; }));  // they go on by themselves
    stop = true;
  }
  std::size_t acknowledged = 0;
  int failures = 0;
  for (const Told& one : told) {
    acknowledged += one.layers.size() + one.notifications.size();
    failures += one.failures;
  }
  std::printf("%zu writes acknowledged, %d failed\n", acknowledged, failures);
  check(*store, server, schema_of(url), told);
  // Both nodes follow again, and have heard the same.
  EXPECT_TRUE(eventually([&] { return recorder.is_connected() && other_recorder.is_connected(); }));
  must(store->put_advisory(conformance::new_advisory("debian:12", "last"), version::Scheme::dpkg, {}));
  for (const Recorder* one : {&recorder, &other_recorder})
    EXPECT_TRUE(eventually([&] {
      const std::vector<Change> changes = one->changes();
      return !changes.empty() && changes.back().name == "last";
    }));
  const std::vector<Change> changes = recorder.changes();
  for (std::size_t i = 0; i < changes.size(); ++i) EXPECT_EQ(changes[i].number, static_cast<ChangeNumber>(i) + 1);
  EXPECT_EQ(conformance::show(changes), conformance::show(other_recorder.changes()));
}

TEST(PostgresFaults, ServerKilledAndStartedAgain) {
  const auto server = start();
  ASSERT_NE(server, nullptr);
  std::minstd_rand random(1);
  write_meanwhile(*server, server->fresh_url().value(), [&] {
    for (int round = 0; round < 4; ++round) {
      std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(50, 600)(random)));
      round % 2 == 0 ? server->kill() : server->stop();
      const auto again = server->restart();
      ASSERT_TRUE(again) << again.error().describe();
    }
  });
}

TEST(PostgresFaults, ConnectionsCut) {
  const auto server = start();
  ASSERT_NE(server, nullptr);
  std::minstd_rand random(2);
  write_meanwhile(*server, server->fresh_url(true).value(), [&] {
    for (int round = 0; round < 40; ++round) {
      std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(1, 80)(random)));
      ASSERT_TRUE(server->terminate_connections(random() % 3 == 0 ? "true" : "pid % 2 = 0"));
    }
  });
}

// What was idle when the server went is not noticed by a caller, as long as the server is back in time.
TEST(PostgresFaults, IdleConnectionsAreReplacedUnseen) {
  const auto server = start();
  ASSERT_NE(server, nullptr);
  const auto store = open(server->fresh_url().value(), nullptr);
  ASSERT_NE(store, nullptr);
  int writes = 0;
  const auto write = [&] {
    must(store->set_value("key", std::to_string(++writes)));
    EXPECT_EQ(must(store->value("key")), std::to_string(writes));
  };
  conformance::in_parallel(4, [&](int) { must(store->ping()); });  // several connections
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(server->terminate_connections());
    ASSERT_TRUE(eventually([&] {
      return server->query("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'").value() ==
             "1";
    }));
    write();
  }
  server->stop();
  ASSERT_TRUE(server->restart());
  write();
  server->kill();
  ASSERT_TRUE(server->restart());
  write();
}

TEST(PostgresFaults, CallsFailInTimeWhileTheServerIsAway) {
  const auto server = start();
  ASSERT_NE(server, nullptr);
  StoreOptions options;
  options.url = server->fresh_url().value();
  options.wait_max = 5s;  // also for opening, on a machine that may be busy
  Recorder recorder;
  options.listener = &recorder;
  const auto store = open_store(options);
  ASSERT_TRUE(store) << store.error().describe();
  server->kill();
  const auto begin = Clock::now();
  EXPECT_EQ(conformance::outcome((*store)->ping()), "io");
  // That one does not wait: whoever asks for a node's health wants to know it now.
  EXPECT_LT(Clock::now() - begin, 4s);
  EXPECT_EQ(conformance::outcome((*store)->set_value("a", "b")), "io");
  EXPECT_LT(Clock::now() - begin, 30s);
  EXPECT_TRUE(eventually([&] { return !recorder.is_connected(); }));
  ASSERT_TRUE(server->restart());
  EXPECT_TRUE(eventually([&] { return (*store)->ping().has_value(); }));
  EXPECT_TRUE(eventually([&] { return recorder.is_connected(); }));
}

TEST(PostgresPool, ServesCallersInTheirOrder) {
  const auto server = start();
  ASSERT_NE(server, nullptr);
  postgres::Pool pool(server->url(), 1);
  std::vector<int> order;
  std::mutex mutex;
  std::vector<std::jthread> callers;
  {
    const auto taken = pool.take(Clock::now() + 60s);
    ASSERT_TRUE(taken) << taken.error().describe();
    EXPECT_FALSE(pool.take(Clock::now() + 10ms));  // and it does not stay in the queue
    for (int i = 0; i < 5; ++i) {
      callers.emplace_back([&, i] {
        const auto mine = pool.take(Clock::now() + 60s);
        EXPECT_TRUE(mine);
        const std::lock_guard lock(mutex);
        order.push_back(i);
      });
      ASSERT_TRUE(eventually([&] { return pool.waiting() == static_cast<std::size_t>(i) + 1; }));
    }
  }
  callers.clear();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace limpid::store
