// The notifier against a real HTTP server on loopback and the real SQLite store. Waits are for conditions; where a time
// is asserted, it is a lower bound, but for stop().
#include "service/notifier.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/file.h"
#include "net/testing.h"
#include "net/testing_tls.h"

namespace limpid::service {
namespace {

using net::testing::Connection;
using net::testing::Identity;
using net::testing::Received;
using net::testing::Server;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kNever{std::chrono::hours(10)};

store::Seconds now_in_seconds() {
  return std::chrono::floor<seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

// Waits until `is_so`, for half a minute at most.
bool eventually(const std::function<bool()>& is_so) {
  for (const auto end = Clock::now() + seconds(30); Clock::now() < end;) {
    if (is_so()) return true;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return is_so();
}

std::string body_of(std::string_view name) { return base::cat({R"({"Notification":{"Name":")", name, "\"}}"}); }

// A receiver that answers with the given statuses in turn, and with the last one from then on.
class Webhook {
 public:
  using OnRequest = std::function<void(const Received&)>;
  explicit Webhook(std::vector<int> statuses, OnRequest on_request = {}, net::testing::ChannelMaker channel = {})
      : statuses_(std::move(statuses)),
        on_request_(std::move(on_request)),
        server_([this](Connection& connection, const Received& request) { answer(connection, request); },
                std::move(channel)) {}

  Server& server() { return server_; }
  std::string url(std::string_view scheme = "http") const { return server_.url("/hook", scheme); }
  std::vector<Received> requests() const { return server_.requests(); }
  std::size_t count(std::string_view name) const {
    const auto all = requests();
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](const Received& one) { return one.body == body_of(name); }));
  }
  std::vector<Clock::time_point> times() const {
    const std::lock_guard lock(mutex_);
    return times_;
  }
  // The most requests that were being answered at one moment.
  int in_flight_max() const { return in_flight_max_; }

 private:
  void answer(Connection& connection, const Received& request) {
    const int in_flight = ++in_flight_;
    for (int most = in_flight_max_; most < in_flight && !in_flight_max_.compare_exchange_weak(most, in_flight);) {
    }
    std::size_t number = 0;
    {
      const std::lock_guard lock(mutex_);
      number = times_.size();
      times_.push_back(Clock::now());
    }
    if (on_request_) on_request_(request);
    --in_flight_;
    const int status = statuses_[std::min(number, statuses_.size() - 1)];
    connection.answer(status, "seen", status / 100 == 3 ? "Location: /elsewhere\r\n" : "");
  }

  std::vector<int> statuses_;
  OnRequest on_request_;
  std::atomic<int> in_flight_{0}, in_flight_max_{0};
  mutable std::mutex mutex_;
  std::vector<Clock::time_point> times_;
  Server server_;  // last: it goes first
};

class NotifierTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = base::TemporaryDirectory::make("limpid-notifier");
    ASSERT_TRUE(made) << made.error().describe();
    folder_.emplace(*std::move(made));
    store::StoreOptions options;
    options.url = "sqlite:" + path("store.db");
    options.observer.call = [this](std::string_view operation, std::chrono::nanoseconds, bool failed) {
      const std::lock_guard lock(mutex_);
      ++calls_[std::string(operation) + (failed ? " failed" : "")];
    };
    auto opened = store::open_store(options);
    ASSERT_TRUE(opened) << opened.error().describe();
    store_ = *std::move(opened);
    declare_service_metrics(metrics_);
    config_.attempts = 100;
    pace_.backoff = milliseconds(5);
    pace_.backoff_most = milliseconds(40);
    pace_.store_backoff = milliseconds(20);
    pace_.poll = kNever;
  }

  std::string path(std::string_view name) const { return base::cat({folder_->path(), "/", name}); }
  std::string write(std::string_view name, const std::string& text) const {
    EXPECT_TRUE(base::write_file_atomically(path(name), base::as_bytes(text)));
    return path(name);
  }
  std::size_t calls(const std::string& operation) const {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(operation);
    return found == calls_.end() ? 0 : found->second;
  }

  void put(const std::vector<std::string>& names, store::Seconds created = now_in_seconds()) {
    std::vector<store::NewNotification> notifications;
    for (const std::string& name : names) notifications.push_back({name, created, "", "{}"});
    const store::CustomAdvisory advisory{"debian:12", "CVE-" + names.front(), false, "{}", 0};
    const auto written = store_->put_advisory(advisory, version::Scheme::dpkg, notifications);
    ASSERT_TRUE(written) << written.error().describe();
  }
  store::Notification stored(const std::string& name) const {
    const auto found = store_->notification(name);
    return found && *found ? **found : store::Notification{};
  }
  bool wait_until_notified(const std::string& name) const {
    return eventually([&] { return stored(name).notified != 0; });
  }
  bool has_metric(const std::string& line) { return (metrics_.text() + "\n").contains(line + "\n"); }
  // Waits until it has looked once more.
  bool look_again(Notifier& notifier) const {
    const std::size_t before = calls("claim_notification");
    notifier.wake();
    return eventually([&] { return calls("claim_notification") > before; });
  }

  void run_sql(const char* sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path("store.db").c_str(), &database), SQLITE_OK);
    sqlite3_busy_timeout(database, 10'000);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  std::optional<base::TemporaryDirectory> folder_;
  std::unique_ptr<store::Store> store_;
  Metrics metrics_;
  NotifierConfig config_;
  NotifierPace pace_;
  mutable std::mutex mutex_;
  std::map<std::string, std::size_t> calls_;
};

// Checklist item 24 of Clair's contract, at Clair's own pace.
TEST_F(NotifierTest, TriesAgainAfterOneAndTwoSecondsWithClairsRequest) {
  Webhook webhook({500, 500, 200});
  config_.endpoint = webhook.url();
  put({"4b4cd9ef-8de4-4f4d-8bd8-b0a9d9ac1d1c"});
  Notifier notifier(config_, "node-a", *store_, metrics_);
  notifier.start();
  ASSERT_TRUE(wait_until_notified("4b4cd9ef-8de4-4f4d-8bd8-b0a9d9ac1d1c"));

  const auto requests = webhook.requests();
  const auto times = webhook.times();
  ASSERT_EQ(requests.size(), 3u);
  for (const Received& request : requests) {
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/hook");
    EXPECT_EQ(request.body, R"({"Notification":{"Name":"4b4cd9ef-8de4-4f4d-8bd8-b0a9d9ac1d1c"}})");
    EXPECT_EQ(request.header("content-type"), "application/json");
    EXPECT_EQ(request.header("content-length"), std::to_string(request.body.size()));
    EXPECT_TRUE(request.header("user-agent").starts_with("limpid/"));
    EXPECT_FALSE(request.has("expect"));
  }
  EXPECT_GE(times[1] - times[0], milliseconds(1'000));
  EXPECT_GE(times[2] - times[1], milliseconds(2'000));
  EXPECT_LT(times[2] - times[0], milliseconds(6'000));
  EXPECT_TRUE(has_metric("clair_notifier_backend_errors_total{backend=\"webhook\"} 2")) << metrics_.text();
  EXPECT_TRUE(has_metric("clair_notifier_latency_milliseconds_count 1")) << metrics_.text();
}

TEST_F(NotifierTest, OnlyTwoStatusesAreSuccess) {
  const std::vector<int> failures = {202, 204, 206, 301, 302, 303, 307, 308, 400, 404, 429, 500, 503};
  std::vector<int> statuses = failures;
  statuses.push_back(201);
  Webhook webhook(statuses);
  config_.endpoint = webhook.url();
  put({"a"});
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  ASSERT_TRUE(wait_until_notified("a"));
  EXPECT_EQ(webhook.count("a"), failures.size() + 1);
  // None was led on by a redirect.
  for (const Received& request : webhook.requests()) EXPECT_EQ(request.method + request.target, "POST/hook");
  EXPECT_TRUE(has_metric("clair_notifier_backend_errors_total{backend=\"webhook\"} 13")) << metrics_.text();
}

TEST_F(NotifierTest, GivesUpAndComesBackLater) {
  Webhook webhook({500, 500, 500, 200});
  config_.endpoint = webhook.url();
  config_.attempts = 3;
  pace_.give_up = milliseconds(2'000);
  put({"a"});
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  ASSERT_TRUE(wait_until_notified("a"));
  EXPECT_EQ(webhook.count("a"), 4u);
  const auto times = webhook.times();
  EXPECT_LT(times[2] - times[0], milliseconds(1'500));  // two back-offs of 5 and 10 ms
  // The store counts whole seconds, so that a part of one may be missing.
  EXPECT_GE(times[3] - times[2], milliseconds(1'000));
}

// The store hands out the oldest first: "a" would come again and again if it were not put off.
TEST_F(NotifierTest, OthersGoFirstAfterGivingUp) {
  Server server([&](Connection& connection, const Received& request) {
    connection.answer(request.body == body_of("a") ? 500 : 200, "");
  });
  config_.endpoint = server.url("/");
  config_.attempts = 1;
  pace_.give_up = kNever;
  put({"a"}, now_in_seconds() - 1'000);
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  ASSERT_TRUE(eventually([&] { return calls("end_claim") == 1; }));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(look_again(notifier));
  EXPECT_TRUE(eventually([&] { return has_metric("limpid_notifications_waiting 1"); })) << metrics_.text();
  put({"b"});
  notifier.wake();
  ASSERT_TRUE(wait_until_notified("b"));
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(NotifierTest, NotifiesAgainUntilMarkedRead) {
  std::atomic<int> seen{0};
  Webhook webhook({200}, [&](const Received& request) {
    if (request.body == body_of("a") && ++seen == 3) {
      EXPECT_TRUE(store_->delete_notification("a", now_in_seconds()));
    }
  });
  config_.endpoint = webhook.url();
  config_.renotify_interval = milliseconds(1'000);
  put({"a"});
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);  // which polls only once in ten hours
  notifier.start();
  ASSERT_TRUE(eventually([&] { return seen == 3; }));
  const auto times = webhook.times();
  EXPECT_GE(times[1] - times[0], milliseconds(1'000));
  EXPECT_GE(times[2] - times[1], milliseconds(1'000));
  // While another one is delivered three times, the first does not come again.
  put({"b"});
  notifier.wake();
  ASSERT_TRUE(eventually([&] { return webhook.count("b") == 3; }));
  EXPECT_EQ(webhook.count("a"), 3u);
  // Latency is told of the first delivery only.
  EXPECT_TRUE(has_metric("clair_notifier_latency_milliseconds_count 2")) << metrics_.text();
}

TEST_F(NotifierTest, TwoNotifiersDeliverOncePerWindow) {
  Webhook webhook({200}, [](const Received&) { std::this_thread::yield(); });
  config_.endpoint = webhook.url();
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) names.push_back("notification-" + std::to_string(i));
  put(names);
  Notifier a(config_, "node-a", *store_, metrics_, pace_);
  Notifier b(config_, "node-b", *store_, metrics_, pace_);
  a.start();
  b.start();
  for (const std::string& name : names) ASSERT_TRUE(wait_until_notified(name)) << name;
  ASSERT_TRUE(look_again(a) && look_again(b));
  EXPECT_EQ(webhook.requests().size(), names.size());
  for (const std::string& name : names) EXPECT_EQ(webhook.count(name), 1u) << name;
}

TEST_F(NotifierTest, SeveralAreUnderWayAtOnceButNoMoreThanTheBound) {
  std::atomic<int> waiting{0};
  std::atomic<bool> is_open{false};
  Webhook webhook({200}, [&](const Received&) {
    ++waiting;
    while (!is_open) std::this_thread::sleep_for(milliseconds(1));
  });
  config_.endpoint = webhook.url();
  put({"a", "b", "c", "d", "e", "f", "g", "h"});
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  EXPECT_TRUE(eventually([&] { return waiting == static_cast<int>(kDeliveriesMax); }));
  is_open = true;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) EXPECT_TRUE(wait_until_notified(name));
  EXPECT_EQ(webhook.in_flight_max(), static_cast<int>(kDeliveriesMax));
}

TEST_F(NotifierTest, KeepsItsClaimDuringALongBackoff) {
  Webhook webhook({500, 200});
  config_.endpoint = webhook.url();
  put({"a"});
  NotifierPace slow = pace_;
  slow.backoff = slow.backoff_most = milliseconds(4'000);
  slow.claim = seconds(2);
  NotifierPace eager = slow;
  eager.poll = milliseconds(50);
  Notifier a(config_, "node-a", *store_, metrics_, slow);
  Notifier b(config_, "node-b", *store_, metrics_, eager);
  a.start();
  webhook.server().wait_for_requests(1);
  b.start();  // would take over as soon as the claim ran out
  ASSERT_TRUE(wait_until_notified("a"));
  EXPECT_EQ(webhook.count("a"), 2u);
  const auto times = webhook.times();
  EXPECT_GE(times[1] - times[0], milliseconds(4'000));
  EXPECT_GE(calls("renew_claim"), 4u);
}

TEST_F(NotifierTest, StopsDeliveringWhenItsClaimIsLost) {
  Webhook webhook({500, 200}, [&](const Received& request) {
    if (request.body == body_of("a")) run_sql("UPDATE notification SET owner = 'node-b', claimed_until = 99999999999");
  });
  config_.endpoint = webhook.url();
  config_.renotify_interval = milliseconds(1'000);
  pace_.backoff = pace_.backoff_most = milliseconds(1'500);
  pace_.claim = seconds(2);
  put({"a"});
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  webhook.server().wait_for_requests(1);
  // It finds out well before the second attempt is due, and another one is delivered while that time passes.
  ASSERT_TRUE(eventually([&] { return calls("renew_claim") == 1; }));
  put({"b"});
  notifier.wake();
  ASSERT_TRUE(eventually([&] { return webhook.count("b") == 3; }));
  EXPECT_EQ(webhook.count("a"), 1u);
  EXPECT_EQ(stored("a").notified, 0);
}

TEST_F(NotifierTest, AsksNoMoreForWhatWasReadBetweenTwoAttempts) {
  Webhook webhook({500, 500, 500, 500, 500, 200}, [&](const Received& request) {
    if (request.body == body_of("a")) {
      EXPECT_TRUE(store_->delete_notification("a", now_in_seconds()));
    }
  });
  config_.endpoint = webhook.url();
  put({"a"});
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  webhook.server().wait_for_requests(1);
  ASSERT_TRUE(eventually([&] { return calls("end_claim") == 1; }));
  put({"b"});
  notifier.wake();
  ASSERT_TRUE(wait_until_notified("b"));
  EXPECT_EQ(webhook.count("a"), 1u);
}

// The least of three, since a loaded machine may let a thread wait for its turn.
TEST_F(NotifierTest, StopsAtOnceDuringBackoffAndDuringARequest) {
  for (const bool answers : {true, false}) {
    auto least = Clock::duration::max();
    for (int round = 0; round < 3; ++round) {
      const std::string name = base::cat({"n", static_cast<int>(answers), "-", round});
      Server server([&](Connection& connection, const Received&) {
        if (answers) {
          connection.answer(500, "");
        } else {
          connection.stall();
        }
      });
      config_.endpoint = server.url("/");
      pace_.backoff = pace_.backoff_most = kNever;
      put({name});
      Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
      const std::size_t looks = calls("claim_notification");
      notifier.start();
      server.wait_for_requests(1);
      ASSERT_TRUE(eventually([&] { return calls("claim_notification") == looks + 2; }));
      const auto begin = Clock::now();
      notifier.stop();
      least = std::min(least, Clock::now() - begin);
      // Another node may have it at once.
      const auto claimed = store_->claim_notification("node-b", now_in_seconds(), 0, now_in_seconds() + 10);
      ASSERT_TRUE(claimed && *claimed);
      EXPECT_EQ((*claimed)->name, name);
      ASSERT_TRUE(store_->end_claim(name, "node-b", now_in_seconds(), 0));
    }
    EXPECT_LT(least, milliseconds(200)) << (answers ? "back-off" : "request");
  }
}

TEST_F(NotifierTest, MayBeStartedAgain) {
  Webhook webhook({200});
  config_.endpoint = webhook.url();
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.stop();
  for (const char* name : {"a", "b"}) {
    put({name});
    notifier.start();
    notifier.start();
    EXPECT_TRUE(wait_until_notified(name));
    notifier.stop();
    notifier.stop();
  }
  EXPECT_EQ(webhook.requests().size(), 2u);
}

TEST_F(NotifierTest, WakeEndsTheWait) {
  Webhook webhook({200});
  config_.endpoint = webhook.url();
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  ASSERT_TRUE(eventually([&] { return calls("claim_notification") == 1; }));
  put({"a"});
  notifier.wake();
  EXPECT_TRUE(wait_until_notified("a"));
}

TEST_F(NotifierTest, PollsWithoutBeingWoken) {
  Webhook webhook({200});
  config_.endpoint = webhook.url();
  pace_.poll = milliseconds(20);
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  ASSERT_TRUE(eventually([&] { return calls("claim_notification") >= 1; }));
  put({"a"});
  EXPECT_TRUE(wait_until_notified("a"));
}

TEST_F(NotifierTest, GivesARequestFiveSeconds) {
  std::atomic<int> seen{0};
  Server server([&](Connection& connection, const Received&) {
    if (seen++ == 0) return connection.stall();
    connection.answer(200, "");
  });
  config_.endpoint = server.url("/");
  put({"a"});
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  const auto begin = Clock::now();
  notifier.start();
  ASSERT_TRUE(wait_until_notified("a"));
  EXPECT_GE(Clock::now() - begin, seconds(5));
  EXPECT_LT(Clock::now() - begin, seconds(10));
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(NotifierTest, TheStatusCountsEvenIfTheBodyBreaksOff) {
  Server server([&](Connection& connection, const Received&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly so much");
    connection.close();
  });
  config_.endpoint = server.url("/");
  put({"a"});
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  ASSERT_TRUE(wait_until_notified("a"));
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(NotifierTest, ShowsItsCertificateAndVerifiesTheName) {
  const Identity authority = Identity::authority("authority");
  const Identity server = authority.sign("hook", "DNS:hook.internal");
  const Identity client = authority.sign("limpid", "");
  Webhook webhook({200}, {}, net::testing::tls(server, &authority));
  config_.endpoint = webhook.url("https");
  config_.server_name = "hook.internal";
  config_.ca_file = write("ca.pem", authority.certificate_pem());
  config_.cert_file = write("client.pem", client.certificate_pem());
  config_.key_file = write("client.key", client.key_pem());
  put({"a"});
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  ASSERT_TRUE(wait_until_notified("a"));
  EXPECT_EQ(webhook.requests().size(), 1u);
}

// Clair took no notice of an authority without a client certificate.
TEST_F(NotifierTest, TrustsAnAuthorityAlone) {
  const Identity authority = Identity::authority("authority");
  const Identity server = authority.sign("hook", "IP:127.0.0.1");
  Webhook webhook({200}, {}, net::testing::tls(server));
  config_.endpoint = webhook.url("https");
  config_.attempts = 2;
  pace_.give_up = kNever;
  put({"a"});
  {
    Notifier stranger(config_, "node-a", *store_, metrics_, pace_);
    stranger.start();
    ASSERT_TRUE(eventually([&] { return calls("end_claim") == 1; }));
  }
  EXPECT_TRUE(webhook.requests().empty());
  EXPECT_TRUE(has_metric("clair_notifier_backend_errors_total{backend=\"webhook\"} 2")) << metrics_.text();
  config_.ca_file = write("ca.pem", authority.certificate_pem());
  put({"b"});
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  EXPECT_TRUE(wait_until_notified("b"));
}

TEST_F(NotifierTest, UsesItsOwnProxyAndNotTheEnvironments) {
  ASSERT_EQ(::setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  Webhook direct({200});
  config_.endpoint = direct.url();
  put({"a"});
  {
    Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
    notifier.start();
    EXPECT_TRUE(wait_until_notified("a"));
  }
  Webhook proxy({200});
  config_.endpoint = "http://hook.test/there";
  config_.proxy = proxy.server().url("");
  put({"b"});
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  EXPECT_TRUE(wait_until_notified("b"));
  ASSERT_EQ(::unsetenv("http_proxy"), 0);
  ASSERT_EQ(proxy.requests().size(), 1u);
  EXPECT_EQ(proxy.requests()[0].target, "http://hook.test/there");
}

TEST_F(NotifierTest, OutlivesAStoreThatFails) {
  Webhook webhook({200});
  config_.endpoint = webhook.url();
  put({"a"});
  run_sql("ALTER TABLE notification RENAME TO hidden");
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  ASSERT_TRUE(eventually([&] { return calls("claim_notification failed") >= 3; }));
  EXPECT_TRUE(webhook.requests().empty());
  run_sql("ALTER TABLE hidden RENAME TO notification");
  EXPECT_TRUE(wait_until_notified("a"));
}

TEST_F(NotifierTest, TheEndOfAClaimIsTriedAgain) {
  Webhook webhook({200}, [&](const Received&) { run_sql("ALTER TABLE notification RENAME TO hidden"); });
  config_.endpoint = webhook.url();
  put({"a"});
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  ASSERT_TRUE(eventually([&] { return calls("end_claim failed") >= 3; }));
  run_sql("ALTER TABLE hidden RENAME TO notification");
  EXPECT_TRUE(wait_until_notified("a"));
  EXPECT_EQ(webhook.requests().size(), 1u);
}

TEST_F(NotifierTest, TakesAwayWhatWasReadADayAgo) {
  Webhook webhook({200});
  config_.endpoint = webhook.url();
  put({"old", "recent"});
  ASSERT_TRUE(store_->delete_notification("old", now_in_seconds() - 25 * 3'600));
  ASSERT_TRUE(store_->delete_notification("recent", now_in_seconds() - 23 * 3'600));
  pace_.purge = milliseconds(1);
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  ASSERT_TRUE(eventually([&] { return stored("old").name.empty(); }));
  EXPECT_EQ(stored("recent").name, "recent");
  // And again, when its time has come.
  put({"later"});
  ASSERT_TRUE(store_->delete_notification("later", now_in_seconds() - 25 * 3'600));
  EXPECT_TRUE(eventually([&] {
    notifier.wake();
    return stored("later").name.empty();
  }));
  EXPECT_TRUE(webhook.requests().empty());
}

// A node beside it may have an endpoint, so that it takes long.
TEST_F(NotifierTest, WhatNobodyReadsGoesInTheEnd) {
  put({"a", "b"}, now_in_seconds() - 29 * 24 * 3'600);
  put({"old"}, now_in_seconds() - 31 * 24 * 3'600);
  pace_.poll = milliseconds(5);
  Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
  notifier.start();
  EXPECT_TRUE(eventually([&] { return stored("old").name.empty(); }));
  EXPECT_TRUE(eventually([&] { return has_metric("limpid_notifications_waiting 2"); })) << metrics_.text();
  EXPECT_EQ(stored("a").name, "a");
}

TEST_F(NotifierTest, WithoutAUsableEndpointItOnlyTidies) {
  put({"a"});
  for (const char* endpoint : {"", "hook.internal/notify", "ftp://hook.internal/", "http:hook"}) {
    const std::string read = base::cat({"read ", endpoint});
    put({read});
    ASSERT_TRUE(store_->delete_notification(read, now_in_seconds() - 25 * 3'600));
    config_.endpoint = endpoint;
    Notifier notifier(config_, "node-a", *store_, metrics_, pace_);
    notifier.start();
    notifier.wake();
    EXPECT_TRUE(eventually([&] { return stored(read).name.empty(); })) << endpoint;
  }
  EXPECT_EQ(stored("a").name, "a");
  EXPECT_EQ(calls("claim_notification"), 0u);
}

}  // namespace
}  // namespace limpid::service
