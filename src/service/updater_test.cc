#include "service/updater.h"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "base/file.h"
#include "service/feed_server_for_test.h"
#include "service/files.h"
#include "service/update_schedule.h"

namespace limpid::service {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

TEST(UpdateSchedule, IsClairs) {
  constexpr seconds interval{7'200};
  const std::int64_t now = 1'000'000;
  EXPECT_LE(time_until_due({}, interval, 0, now), seconds(0));
  EXPECT_EQ(time_until_due({now - 7'000, now - 7'000, true}, interval, 0, now), seconds(200));
  EXPECT_LE(time_until_due({now - 7'200, now - 7'200, true}, interval, 0, now), seconds(0));
  // A feed that is new in the configuration, or failed, does not wait for the interval.
  EXPECT_EQ(time_until_due({now - 100, now - 20, false}, interval, 0, now), seconds(40));
  EXPECT_EQ(time_until_due({now - 100, now - 20, false}, interval, 1, now), seconds(40));
  EXPECT_EQ(time_until_due({now - 100, now - 20, false}, interval, 3, now), seconds(220));
  EXPECT_EQ(time_until_due({now - 100, now, false}, interval, 1'000'000, now), interval);
  EXPECT_EQ(time_until_due({now - 100, now, true}, seconds(10), 0, now), kShortestPause);
  // Clocks that were put back.
  EXPECT_EQ(time_until_due({now + 1'000'000, now + 1'000'000, true}, interval, 0, now), interval);
}

class UpdaterTest : public testing::Test {
 protected:
  UpdaterTest() {
    declare_service_metrics(metrics_);
    store::StoreOptions options;
    options.url = "sqlite:" + folder_.path() + "/store.db";
    store_ = store::open_store(options).value();
    config_.feeds.push_back({"alpine", server_.url("/one.json"), "", ""});
    serve(5000);
  }
  void serve(int first) { server_.put("/one.json", {.body = secdb("v3.5", first, 3)}); }

  Updater::Hooks hooks() {
    Updater::Hooks hooks;
    hooks.notifications = [this](const vulndb::Database* before, const vulndb::Database& after,
                                 const std::atomic<bool>*) -> Result<std::vector<store::NewNotification>> {
      hooks_called_.push_back(before == nullptr ? "first" : "changed");
      if (in_hook) in_hook();
      EXPECT_TRUE(after.has_namespace("alpine:v3.5"));
      if (before == nullptr) return std::vector<store::NewNotification>{};
      return std::vector<store::NewNotification>{{"11111111-1111-4111-8111-111111111111", 1, "", "{}"}};
    };
    // Before the states say that it is done.
    hooks.adopt = [this]() -> Result<void> {
      last_at_adoption_.push_back(store_->value("updater/last").value().value_or(""));
      return {};
    };
    return hooks;
  }
  // As if the last update was long ago.
  void make_due() {
    auto states = store_->feed_states().value();
    for (store::FeedState& state : states) {
      state.last_attempt = 1;
      ASSERT_TRUE(store_->put_feed_state(state));
    }
    ASSERT_TRUE(store_->set_value("updater/last", "1"));
  }
  // Until the store says that the updater has attempted it, and let go of the lease.
  void wait_for_attempt() {
    for (;;) {
      const auto states = store_->feed_states().value();
      if (!states.empty() && states[0].last_attempt > 1) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  void run_once() {
    make_due();
    Updater updater(config_, folder_.path() + "/node", *store_, metrics_, hooks());
    updater.start();
    wait_for_attempt();
  }
  std::string file(std::int64_t generation) const {
    return base::cat({folder_.path(), "/node/limpid-", generation, ".db"});
  }
  Result<std::string> current() {
    store::DatabaseRecord record;
    return Updater(config_, folder_.path() + "/node", *store_, metrics_, hooks()).current_file(record);
  }
  std::int64_t generation() const {
    const auto record = store_->database().value();
    return record ? record->generation : 0;
  }

  base::TemporaryDirectory folder_ = base::TemporaryDirectory::make("limpid-updater-").value();
  FeedServer server_;
  UpdaterConfig config_;
  std::unique_ptr<store::Store> store_;
  Metrics metrics_;
  std::vector<std::string> hooks_called_;
  std::vector<std::string> last_at_adoption_;  // what "updater/last" was
  std::function<void()> in_hook;
};

TEST_F(UpdaterTest, PublishesWhatChangedAndKeepsTheGenerationBefore) {
  EXPECT_EQ(current().value(), "");
  run_once();
  EXPECT_EQ(generation(), 1);
  EXPECT_EQ(current().value(), file(1));
  EXPECT_EQ(hash_file(file(1))->sha256, store_->database().value()->sha256);
  EXPECT_GT(std::stoll(store_->value("updater/last").value().value()), 1'000'000'000);
  EXPECT_EQ(store_->value("updater/last").value(), store_->value("updater/last/alpine").value());
  EXPECT_EQ(store_->feed_states().value().at(0).records, 3U);
  EXPECT_NE(metrics_.text().find("limpid_feed_records{feed=\"alpine\"} 3"), std::string::npos);

  // Whoever reads "updater/last" and then asks finds the new data.
  EXPECT_EQ(last_at_adoption_, std::vector<std::string>{"1"}) << "not yet that of make_due()";

  run_once();  // nothing changed
  EXPECT_EQ(generation(), 1);
  serve(5001);
  run_once();
  EXPECT_EQ(generation(), 2);
  EXPECT_EQ(hooks_called_, (std::vector<std::string>{"first", "changed"}));
  EXPECT_TRUE(store_->notification("11111111-1111-4111-8111-111111111111").value());
  EXPECT_TRUE(fs::exists(file(1)));
  serve(5002);
  in_hook = nullptr;
  ASSERT_TRUE(store_->delete_notification("11111111-1111-4111-8111-111111111111", 1));
  ASSERT_TRUE(store_->purge_notifications(1'000, 0));
  run_once();
  EXPECT_EQ(generation(), 3);
  EXPECT_FALSE(fs::exists(file(1)));
  EXPECT_TRUE(fs::exists(file(2)) && fs::exists(file(3)));
}

TEST_F(UpdaterTest, AFailureIsTold) {
  run_once();
  server_.remove("/one.json");
  run_once();
  const store::FeedState state = store_->feed_states().value().at(0);
  EXPECT_NE(state.problem.find("404"), std::string::npos);
  EXPECT_EQ(std::to_string(state.last_success), store_->value("updater/last/alpine").value().value());
  EXPECT_EQ(generation(), 1);
  EXPECT_NE(metrics_.text().find("limpid_feed_failing{feed=\"alpine\"} 1"), std::string::npos);
  EXPECT_NE(metrics_.text().find("clair_updater_errors_total 1"), std::string::npos);
}

TEST_F(UpdaterTest, AnotherNodeWins) {
  run_once();
  // Between the comparison and the publishing, another node publishes its own.
  const std::string other = folder_.path() + "/other.db";
  fs::copy_file(file(1), other);
  std::ofstream(other, std::ios::app) << "x";
  in_hook = [&] {
    const auto hash = hash_file(other).value();
    ASSERT_TRUE(store_->publish_database({2, hash.sha256, hash.size, 1}, other, {}));
  };
  serve(5001);
  run_once();
  EXPECT_EQ(generation(), 2);
  EXPECT_EQ(store_->database().value()->sha256, hash_file(other)->sha256);
  EXPECT_FALSE(fs::exists(file(2)));  // ours is dropped
}

TEST_F(UpdaterTest, ALostOrDamagedFileIsNotUsed) {
  run_once();
  std::ofstream(file(1), std::ios::app) << "x";
  EXPECT_FALSE(current());
  fs::remove(file(1));
  EXPECT_FALSE(current());
  // The next update makes up for it.
  run_once();
  EXPECT_EQ(generation(), 2);
  EXPECT_EQ(current().value(), file(2));
}

TEST_F(UpdaterTest, DoesNothingWhileAnotherNodeHoldsTheLease) {
  ASSERT_TRUE(store_->acquire_lease("updater", "another", seconds(600)).value());
  Updater updater(config_, folder_.path() + "/node", *store_, metrics_, hooks());
  updater.start();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  updater.stop();
  EXPECT_TRUE(server_.answers().empty());
  EXPECT_EQ(generation(), 0);
}

TEST_F(UpdaterTest, StopsARunningUpdateAndLetsGoOfTheLease) {
  server_.put("/one.json", {.body = secdb("v3.5", 5000, 3), .stalls = true});
  Updater updater(config_, folder_.path() + "/node", *store_, metrics_, hooks());
  updater.start();
  server_.wait_for_requests(1);
  const auto asked = std::chrono::steady_clock::now();
  updater.stop();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - asked;
  EXPECT_LT(took.count(), 5'000);  // 200 ms on an idle machine
  std::printf("  stopped in %.0f ms\n", took.count());
  EXPECT_TRUE(store_->acquire_lease("updater", "another", seconds(600)).value());
  EXPECT_EQ(generation(), 0);
  ASSERT_TRUE(store_->release_lease("updater", "another"));
  // And may be started again.
  serve(5000);
  updater.start();
  wait_for_attempt();
  updater.stop();
  EXPECT_EQ(generation(), 1);
}

}  // namespace
}  // namespace limpid::service
