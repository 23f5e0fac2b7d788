// The suite that every engine passes: the promises of store.h, one by one. An engine's test includes this file, once,
// and instantiates the suite with how to make a place for it:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, Conformance, testing::Values(Engine{"sqlite", false, make_place}));
#pragma once

#include "store/conformance_advisories.h"
#include "store/conformance_fixture.h"
#include "store/conformance_layers.h"

namespace limpid::store::conformance {

// ── The compiled database ──

class DatabaseFile {
 public:
  DatabaseFile() : folder_(base::TemporaryDirectory::make("limpid-conformance-").value()) {}
  std::string with(std::string_view bytes) {
    std::string path = base::cat({folder_.path(), "/", ++count_});
    must(base::write_file_atomically(path, base::as_bytes(bytes)));
    return path;
  }
  std::string nothing() { return base::cat({folder_.path(), "/", ++count_}); }

 private:
  base::TemporaryDirectory folder_;
  int count_ = 0;
};

TEST_P(Conformance, PublishesDatabasesInOrder) {
  DatabaseFile file;
  EXPECT_EQ(show(must(store().database())), "none");
  EXPECT_EQ(outcome(store().fetch_database(1, file.nothing())), "not found");
  const std::string first = file.with("first");
  const std::vector<NewNotification> notifications = {news("n", 5)};
  EXPECT_EQ(outcome(store().publish_database({2, "aa", 5, 10}, first, notifications)), "mismatch");
  EXPECT_EQ(outcome(store().publish_database({0, "aa", 5, 10}, first, notifications)), "mismatch");
  EXPECT_EQ(show(must(store().database())), "none");
  EXPECT_EQ(show(must(store().notification("n"))), "none");
  must(store().publish_database({1, "aa", 5, 10}, first, notifications));
  EXPECT_EQ(show(must(store().database())), "1|aa|5|10");
  EXPECT_EQ(show(must(store().notification("n"))), "n|5|0|0||{\"new\":1}");
  EXPECT_EQ(outcome(store().publish_database({1, "bb", 5, 10}, first, {})), "mismatch");
  must(store().publish_database({2, "cc", 6, 20}, file.with("second"), {}));
  reopen();
  EXPECT_EQ(show(must(store().database())), "2|cc|6|20");
  EXPECT_EQ(show(recorder_.changes()), (Lines{"3||", "3||"}));
}

TEST_P(Conformance, KeepsTheBytesOfTwoGenerationsIfAny) {
  DatabaseFile file;
  std::string large;
  for (int i = 0; i < 5'000'000; ++i) large.push_back(static_cast<char>(i * 13 + i / 257));
  must(store().publish_database({1, "aa", 5, 10}, file.with("first"), {}));
  must(store().publish_database({2, "bb", large.size(), 20}, file.with(large), {}));
  const auto fetched = [&](std::int64_t generation) -> std::string {
    const std::string path = file.nothing();
    const auto fetch = store().fetch_database(generation, path);
    return fetch ? must(base::read_file(path, 10'000'000)) : outcome(fetch);
  };
  const bool kept = GetParam().serves_a_cluster;
  reopen();
  EXPECT_EQ(fetched(1), kept ? "first" : "not found");
  EXPECT_TRUE(fetched(2) == (kept ? large : "not found"));
  must(store().publish_database({3, "cc", 0, 30}, file.with(""), {}));
  EXPECT_EQ(fetched(1), "not found");
  EXPECT_TRUE(fetched(2) == (kept ? large : "not found"));
  EXPECT_EQ(fetched(3), kept ? "" : "not found");
  EXPECT_EQ(fetched(4), "not found");
  if (!kept) return;
  EXPECT_NE(outcome(store().publish_database({4, "dd", 5, 40}, file.nothing(), {})), "ok");
  EXPECT_EQ(show(must(store().database())), "3|cc|0|30");
}

TEST_P(Conformance, KeepsFeedStatesByName) {
  EXPECT_TRUE(must(store().feed_states()).empty());
  must(store().put_feed_state({"ubuntu", 1, 2, 3, "", 4, 5, "2024-01-01"}));
  must(store().put_feed_state({"debian", 1, 0, 0, kHardText, 0, 0, ""}));
  must(store().put_feed_state({"debian", 7, 8, 9, kHardText + "2", 5'000'000'000, 6'000'000'000, "2024-02-02"}));
  reopen();
  const std::vector<FeedState> states = must(store().feed_states());
  ASSERT_EQ(states.size(), 2u);
  EXPECT_EQ(show(states[0]), "debian|7|8|9|" + kHardText + "2|5000000000|6000000000|2024-02-02");
  EXPECT_EQ(show(states[1]), "ubuntu|1|2|3||4|5|2024-01-01");
}

// ── The rest ──

TEST_P(Conformance, LeasesToOneOwnerAtATime) {
  constexpr std::chrono::seconds kLong{600};
  EXPECT_TRUE(must(store().acquire_lease("updater", "me", kLong)));
  EXPECT_FALSE(must(store().acquire_lease("updater", "you", kLong)));
  EXPECT_TRUE(must(store().acquire_lease("updater", "me", kLong)));
  EXPECT_TRUE(must(store().acquire_lease("another", "you", kLong)));
  reopen();
  // Others may be at work: or nobody, if this store serves one process.
  EXPECT_EQ(must(store().acquire_lease("updater", "you", kLong)), !GetParam().serves_a_cluster);
  must(store().release_lease("updater", "you"));
  EXPECT_TRUE(must(store().acquire_lease("updater", "me", kLong)));
  EXPECT_FALSE(must(store().acquire_lease("updater", "you", kLong)));
  must(store().release_lease("updater", "you"));  // not yours
  EXPECT_FALSE(must(store().acquire_lease("updater", "you", kLong)));
  must(store().release_lease("updater", "me"));
  EXPECT_TRUE(must(store().acquire_lease("updater", "you", kLong)));
  EXPECT_FALSE(must(store().acquire_lease("updater", "me", kLong)));
  must(store().release_lease("not there", "me"));
}

TEST_P(Conformance, LetsLeasesRunOutUnlessTheyAreRenewed) {
  EXPECT_TRUE(must(store().acquire_lease("short", "me", std::chrono::seconds{1})));
  EXPECT_TRUE(must(store().acquire_lease("renewed", "me", std::chrono::seconds{1})));
  EXPECT_TRUE(must(store().acquire_lease("renewed", "me", std::chrono::seconds{600})));
  const auto begin = std::chrono::steady_clock::now();
  bool taken = false;
  while (!taken && std::chrono::steady_clock::now() - begin < std::chrono::seconds{60}) {
    taken = must(store().acquire_lease("short", "you", std::chrono::seconds{600}));
    if (!taken) std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  EXPECT_TRUE(taken);
  EXPECT_FALSE(must(store().acquire_lease("short", "me", std::chrono::seconds{1})));
  EXPECT_FALSE(must(store().acquire_lease("renewed", "you", std::chrono::seconds{1})));
}

TEST_P(Conformance, LeasesToOneOfManyAtOnce) {
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> won = 0;
    in_parallel(6, [&](int thread) {
      const auto lease =
          store().acquire_lease("l" + std::to_string(round), std::to_string(thread), std::chrono::seconds{600});
      EXPECT_TRUE(lease) << lease.error().describe();
      if (lease && *lease) ++won;
    });
    EXPECT_EQ(won, 1);
  }
}

TEST_P(Conformance, KeepsSmallTextsByName) {
  EXPECT_FALSE(must(store().value("updater/last")));
  must(store().set_value("updater/last", "1"));
  must(store().set_value("updater/last", "1700000000"));
  must(store().set_value(kHardText, kHardText));
  must(store().set_value("empty", ""));
  reopen();
  EXPECT_EQ(must(store().value("updater/last")), "1700000000");
  EXPECT_EQ(must(store().value(kHardText)), kHardText);
  EXPECT_EQ(must(store().value("empty")), "");
  EXPECT_FALSE(must(store().value("updater")));
  EXPECT_EQ(outcome(store().set_value("key", kNulText)), "invalid");
  EXPECT_EQ(outcome(store().set_value(kNulText, "value")), "invalid");
  EXPECT_FALSE(must(store().value("key")));
}

TEST_P(Conformance, RefusesOtherNamesThatCouldNotBeKept) {
  const std::string too_long(kNameLengthMax + 1, 'x');
  EXPECT_EQ(outcome(store().acquire_lease(too_long, "me", std::chrono::seconds{1})), "limit");
  EXPECT_EQ(outcome(store().acquire_lease(kNulText, "me", std::chrono::seconds{1})), "invalid");
  EXPECT_EQ(outcome(store().acquire_lease("l", kNulText, std::chrono::seconds{1})), "invalid");
  EXPECT_EQ(outcome(store().claim_notification(kNulText, 1, 1, 2)), "invalid");
  EXPECT_EQ(outcome(store().renew_claim(kNulText, "me", 1)), "invalid");
  EXPECT_EQ(outcome(store().put_feed_state({"debian", 1, 0, 0, kNulText, 0, 0, ""})), "invalid");
  EXPECT_EQ(outcome(store().put_feed_state({kNulText, 1, 0, 0, "", 0, 0, ""})), "invalid");
  EXPECT_TRUE(must(store().feed_states()).empty());
}

TEST_P(Conformance, TellsTheObserverOfEachCall) {
  close();
  std::mutex mutex;
  std::vector<std::string> calls;
  Observer observer;
  observer.call = [&](std::string_view operation, std::chrono::nanoseconds duration, bool failed) {
    const std::lock_guard lock(mutex);
    EXPECT_GT(duration.count(), 0);
    calls.push_back(std::string(operation) + (failed ? " failed" : ""));
  };
  open(observer);
  const auto told = [&](const std::string& expected) {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(calls, Lines{expected});
    calls.clear();
  };
  {
    const std::lock_guard lock(mutex);
    calls.clear();  // what opening did
  }
  DatabaseFile file;
  const std::string path = file.with("bytes");
  const Digest diff = base::sha256(base::as_bytes("diff"));
  must(store().find_layer("a")), told("find_layer");
  must(store().put_layer(new_layer("a", 0))), told("put_layer");
  (void)store().ancestry(9'999), told("ancestry failed");
  must(store().features(1)), told("features");
  must(store().delete_layer("a")), told("delete_layer");
  must(store().inventory(diff, 1)), told("inventory");
  must(store().put_inventory(diff, 1, "x")), told("put_inventory");
  must(store().versions_of("a", "b")), told("versions_of");
  must(store().layers_introducing(std::vector<FeatureId>{1}, 0, 1)), told("layers_introducing");
  must(store().namespaces()), told("namespaces");
  must(store().advisory("a", "b")), told("advisory");
  must(store().all_advisories([](CustomAdvisory&&) {})), told("all_advisories");
  CustomAdvisory advisory = new_advisory("a", "b");
  must(store().put_advisory(advisory, version::Scheme::none, {})), told("put_advisory");
  (void)store().forget_advisory(advisory, {}), told("forget_advisory failed");
  must(store().notification("n")), told("notification");
  must(store().delete_notification("n", 1)), told("delete_notification");
  must(store().claim_notification("me", 1, 1, 2)), told("claim_notification");
  must(store().renew_claim("n", "me", 2)), told("renew_claim");
  (void)store().end_claim("n", "me", 0, 0);
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(calls.size(), 1u);
    EXPECT_TRUE(!calls.empty() && calls[0].starts_with("end_claim"));
    calls.clear();
  }
  must(store().purge_notifications(1, 1)), told("purge_notifications");
  must(store().notifications_waiting(1)), told("notifications_waiting");
  must(store().database()), told("database");
  must(store().publish_database({1, "aa", 5, 1}, path, {})), told("publish_database");
  (void)store().fetch_database(9, file.nothing()), told("fetch_database failed");
  must(store().feed_states()), told("feed_states");
  must(store().put_feed_state({"f", 0, 0, 0, "", 0, 0, ""})), told("put_feed_state");
  must(store().acquire_lease("l", "me", std::chrono::seconds{1})), told("acquire_lease");
  must(store().release_lease("l", "me")), told("release_lease");
  must(store().value("k")), told("value");
  must(store().set_value("k", "v")), told("set_value");
  must(store().ping()), told("ping");
  close();
}

TEST_P(Conformance, ServesReadersWhileOthersWrite) {
  const Feature zlib = deb("zlib", "1");
  const LayerId root = put(new_layer("root", 0, {zlib}));
  std::atomic<bool> stop = false;
  std::atomic<int> reads = 0;
  in_parallel(5, [&](int thread) {
    if (thread == 0) {
      for (int i = 0; i < 60; ++i) {
        const std::string name = "child " + std::to_string(i);
        EXPECT_EQ(
            must(store().put_layer(new_layer(name, root, {deb("curl", std::to_string(i)), deb("x", "1")}, {zlib}))),
            PutLayer::created);
        if (i % 4 == 3) {
          EXPECT_TRUE(must(store().delete_layer(name)));
        }
      }
      stop = true;
      return;
    }
    while (!stop) {  // each sees the whole of a write or nothing
      for (const int i : {0, 3, 30, 59}) {
        const auto layer = must(store().find_layer("child " + std::to_string(i)));
        if (!layer) continue;
        const std::size_t count = must(store().features(layer->id)).size();
        EXPECT_TRUE(count == 2 || (count == 0 && i % 4 == 3)) << count;
      }
      EXPECT_EQ(must(store().features(root)).size(), 1u);
      ++reads;
    }
  });
  EXPECT_GT(reads, 0);
}

}  // namespace limpid::store::conformance
