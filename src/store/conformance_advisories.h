// Custom advisories, notifications, and the changes that nodes are told of.
#pragma once

#include <set>

#include "store/conformance_fixture.h"

namespace limpid::store::conformance {

inline NewNotification news(std::string name, Seconds created) { return {std::move(name), created, "", "{\"new\":1}"}; }

TEST_P(Conformance, KeepsAdvisories) {
  EXPECT_EQ(show(must(store().advisory("debian:12", "CVE-1"))), "none");
  const std::string large(200'000, 'x');
  put(new_advisory("debian:12", "CVE-1", kHardText + large));
  put(new_advisory(kHardText, kHardText, "{}"));
  CustomAdvisory tombstone = new_advisory("debian:12", "CVE-2", "");
  tombstone.deleted = true;
  put(tombstone);
  const auto check = [&] {
    EXPECT_EQ(show(must(store().advisory("debian:12", "CVE-1"))), "debian:12|CVE-1|there|" + kHardText + large);
    EXPECT_EQ(show(must(store().advisory("debian:12", "CVE-2"))), "debian:12|CVE-2|deleted|");
    EXPECT_EQ(show(must(store().advisory(kHardText, kHardText))), kHardText + "|" + kHardText + "|there|{}");
    EXPECT_EQ(show(must(store().advisory("debian:13", "CVE-1"))), "none");
    EXPECT_EQ(show(must(store().advisory("debian:12", "cve-1"))), "none");
    std::set<std::string> all;
    must(store().all_advisories([&](CustomAdvisory&& one) {
      EXPECT_EQ(one.revision, revision_of(one.name_space, one.name));
      EXPECT_GT(one.revision, 0);
      EXPECT_TRUE(all.insert(show(one)).second);
    }));
    EXPECT_EQ(all.size(), 3u);
    EXPECT_TRUE(all.contains("debian:12|CVE-2|deleted|"));
  };
  check();
  reopen();
  check();
}

TEST_P(Conformance, LetsOnlyTheWriterThatSawTheNewestRevisionWrite) {
  CustomAdvisory one = new_advisory("debian:12", "CVE-1", "first");
  one.revision = 5;
  EXPECT_EQ(outcome(store().put_advisory(one, version::Scheme::dpkg, {})), "mismatch");
  EXPECT_EQ(outcome(store().forget_advisory(one, {})), "mismatch");
  EXPECT_TRUE(must(store().namespaces()).empty());
  one.revision = 0;
  put(one);
  const std::int64_t first = revision_of("debian:12", "CVE-1");
  EXPECT_GT(first, 0);

  one.document = "second";
  const std::vector<NewNotification> notifications = {news("n", 1)};
  EXPECT_EQ(outcome(store().put_advisory(one, version::Scheme::dpkg, notifications)), "mismatch");
  EXPECT_EQ(show(must(store().advisory("debian:12", "CVE-1"))), "debian:12|CVE-1|there|first");
  EXPECT_EQ(show(must(store().notification("n"))), "none");
  one.revision = first;
  put(one, notifications);
  const std::int64_t second = revision_of("debian:12", "CVE-1");
  EXPECT_GT(second, first);
  EXPECT_EQ(show(must(store().notification("n"))), "n|1|0|0||{\"new\":1}");

  one.deleted = true;
  one.document = "";
  EXPECT_EQ(outcome(store().put_advisory(one, version::Scheme::dpkg, {})), "mismatch");
  one.revision = second;
  put(one);
  EXPECT_EQ(show(must(store().advisory("debian:12", "CVE-1"))), "debian:12|CVE-1|deleted|");
  EXPECT_EQ(recorder_.changes().size(), 3u);  // refused writes are no changes
}

TEST_P(Conformance, ForgetsAnAdvisoryAltogether) {
  CustomAdvisory one = new_advisory("debian:12", "CVE-1", "first");
  put(one);
  one.revision = revision_of("debian:12", "CVE-1");
  CustomAdvisory stale = one;
  stale.revision = one.revision + 1'000;
  const std::vector<NewNotification> notifications = {news("gone", 1)};
  EXPECT_EQ(outcome(store().forget_advisory(stale, notifications)), "mismatch");
  EXPECT_EQ(show(must(store().notification("gone"))), "none");
  must(store().forget_advisory(one, notifications));
  EXPECT_EQ(show(must(store().advisory("debian:12", "CVE-1"))), "none");
  EXPECT_EQ(show(must(store().notification("gone"))), "gone|1|0|0||{\"new\":1}");
  EXPECT_EQ(outcome(store().forget_advisory(one, {})), "mismatch");
  must(store().all_advisories([](CustomAdvisory&& left) { ADD_FAILURE() << left.name; }));

  // Revisions grow beyond the row's end: whoever saw the old row cannot overwrite the new one.
  put(new_advisory("debian:12", "CVE-1", "again"));
  EXPECT_GT(revision_of("debian:12", "CVE-1"), one.revision);
  EXPECT_EQ(outcome(store().put_advisory(one, version::Scheme::dpkg, {})), "mismatch");
  EXPECT_EQ(show(recorder_.changes()), (Lines{"1|debian:12|CVE-1", "1|debian:12|CVE-1", "1|debian:12|CVE-1"}));
}

TEST_P(Conformance, WritesAnAdvisoryAndItsNotificationsAsOne) {
  const std::vector<NewNotification> twice = {news("n", 1), news("other", 1), news("n", 2)};
  EXPECT_NE(outcome(store().put_advisory(new_advisory("debian:12", "CVE-1"), version::Scheme::dpkg, twice)), "ok");
  EXPECT_EQ(show(must(store().advisory("debian:12", "CVE-1"))), "none");
  EXPECT_EQ(show(must(store().notification("other"))), "none");
  EXPECT_TRUE(must(store().namespaces()).empty());
  EXPECT_TRUE(recorder_.changes().empty());
  put(new_advisory("debian:12", "CVE-1"));
  ASSERT_EQ(recorder_.changes().size(), 1u);
  EXPECT_EQ(recorder_.changes()[0].number, 1);  // what was not committed took no number
}

TEST_P(Conformance, RefusesAdvisoriesThatCouldNotBeKept) {
  const auto put_result = [&](const CustomAdvisory& advisory, const std::vector<NewNotification>& notifications = {}) {
    return outcome(store().put_advisory(advisory, version::Scheme::dpkg, notifications));
  };
  for (const std::string& text : {kNulText, kNotUtf8}) {
    EXPECT_EQ(put_result(new_advisory(text, "CVE-1")), "invalid");
    EXPECT_EQ(put_result(new_advisory("debian:12", text)), "invalid");
    EXPECT_EQ(put_result(new_advisory("debian:12", "CVE-1", text)), "invalid");
    EXPECT_EQ(put_result(new_advisory("debian:12", "CVE-1"), {{"n", 1, text, ""}}), "invalid");
    EXPECT_EQ(put_result(new_advisory("debian:12", "CVE-1"), {{"n", 1, "", text}}), "invalid");
    EXPECT_EQ(put_result(new_advisory("debian:12", "CVE-1"), {{text, 1, "", ""}}), "invalid");
    EXPECT_EQ(outcome(store().advisory("debian:12", text)), "invalid");
    EXPECT_EQ(outcome(store().notification(text)), "invalid");
  }
  const std::string longest(kNameLengthMax, 'x');
  EXPECT_EQ(put_result(new_advisory(longest + "x", "CVE-1")), "limit");
  EXPECT_EQ(put_result(new_advisory("debian:12", longest + "x")), "limit");
  EXPECT_TRUE(must(store().namespaces()).empty());
  EXPECT_EQ(put_result(new_advisory(longest, longest)), "ok");
}

TEST_P(Conformance, TellsTheListenerOfEachChangeBeforeTheCallReturns) {
  EXPECT_TRUE(recorder_.is_connected());
  std::vector<std::string> seen;  // what the listener reads at each change
  recorder_.on_change = [&](const Change& change) {
    if (change.kind == Change::Kind::advisory)
      seen.push_back(show(must(store().advisory(change.name_space, change.name))));
    if (change.kind == Change::Kind::layers) seen.push_back(show(must(store().find_layer("a"))));
    if (change.kind == Change::Kind::database) seen.push_back(show(must(store().database())));
  };
  put(new_advisory(kHardText, kHardText, "first"));
  EXPECT_EQ(seen, Lines{kHardText + "|" + kHardText + "|there|first"});
  put(new_layer("a", 0));
  EXPECT_TRUE(must(store().delete_layer("a")));
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen.back(), "none");
  auto folder = base::TemporaryDirectory::make("limpid-conformance-");
  ASSERT_TRUE(folder);
  const std::string path = folder->path() + "/database";
  must(base::write_file_atomically(path, base::as_bytes("bytes")));
  must(store().publish_database({1, "00", 5, 77}, path, {}));
  EXPECT_EQ(seen.back(), "1|00|5|77");

  EXPECT_EQ(show(recorder_.changes()), (Lines{"1|" + kHardText + "|" + kHardText, "2||", "3||"}));
  reopen();
  EXPECT_TRUE(recorder_.is_connected());
  recorder_.on_change = nullptr;
  put(new_advisory("debian:12", "CVE-9"));
  ASSERT_EQ(recorder_.changes().size(), 4u);  // what was before is not told again, and the count goes on
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(recorder_.changes()[i].number, static_cast<ChangeNumber>(i) + 1);
  EXPECT_EQ(recorder_.reloads(), 0);
}

TEST_P(Conformance, OrdersTheChangesOfManyWriters) {
  constexpr int kThreads = 6;
  constexpr int kEach = 15;
  std::atomic<int> inside = 0;
  recorder_.on_change = [&](const Change&) {
    EXPECT_EQ(inside.fetch_add(1), 0);  // one at a time
    inside.fetch_sub(1);
  };
  in_parallel(kThreads, [&](int thread) {
    for (int i = 0; i < kEach; ++i) {
      const std::string name = base::cat({"CVE-", thread, "-", i});
      put(new_advisory("debian:12", name));
      const std::vector<Change> changes = recorder_.changes();
      EXPECT_TRUE(std::any_of(changes.begin(), changes.end(), [&](const Change& one) { return one.name == name; }));
    }
  });
  const std::vector<Change> changes = recorder_.changes();
  ASSERT_EQ(changes.size(), std::size_t{kThreads} * kEach);
  for (std::size_t i = 0; i < changes.size(); ++i) EXPECT_EQ(changes[i].number, static_cast<ChangeNumber>(i) + 1);
  recorder_.on_change = nullptr;
}

TEST_P(Conformance, LetsOneOfManyWritersOfARevisionWin) {
  constexpr int kThreads = 6;
  for (int round = 0; round < 10; ++round) {
    const std::string contested = round % 2 == 0 ? "CVE-1" : base::cat({"CVE-new-", round});  // that is not there yet
    const std::int64_t before = revision_of("debian:12", contested);
    std::atomic<int> won = 0;
    std::string winner;
    in_parallel(kThreads, [&](int thread) {
      CustomAdvisory mine = new_advisory("debian:12", contested, base::cat({round, "/", thread}));
      mine.revision = before;
      const std::vector<NewNotification> notifications = {news(mine.document, 1)};
      const auto put = store().put_advisory(mine, version::Scheme::dpkg, notifications);
      if (put && won.fetch_add(1) == 0) winner = mine.document;
      if (!put) {
        EXPECT_EQ(outcome(put), "mismatch") << put.error().describe();
      }
    });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(show(must(store().advisory("debian:12", contested))), "debian:12|" + contested + "|there|" + winner);
    for (int thread = 0; thread < kThreads; ++thread) {
      const std::string name = base::cat({round, "/", thread});
      EXPECT_EQ(must(store().notification(name)).has_value(), name == winner);
    }
  }
  EXPECT_EQ(recorder_.changes().size(), 10u);
}

// ── Notifications ──

TEST_P(Conformance, KeepsNotificationsUntilTheyArePurged) {
  notify({{"a", 10, kHardText, ""}, {"b", 11, "", kHardText}, {"c", 12, "", ""}});
  EXPECT_EQ(show(must(store().notification("a"))), "a|10|0|0|" + kHardText + "|");
  EXPECT_EQ(show(must(store().notification("x"))), "none");
  EXPECT_FALSE(must(store().delete_notification("x", 100)));
  EXPECT_TRUE(must(store().delete_notification("a", 100)));
  EXPECT_TRUE(must(store().delete_notification("a", 200)));  // the first time counts
  EXPECT_TRUE(must(store().delete_notification("b", 150)));
  reopen();
  EXPECT_EQ(show(must(store().notification("a"))), "a|10|0|100|" + kHardText + "|");
  EXPECT_EQ(must(store().purge_notifications(100, 0)), 0u);
  EXPECT_EQ(must(store().purge_notifications(101, 0)), 1u);
  EXPECT_EQ(show(must(store().notification("a"))), "none");
  EXPECT_EQ(show(must(store().notification("b"))), "b|11|0|150||" + kHardText);
  EXPECT_EQ(must(store().purge_notifications(1'000, 12)), 1u);
  EXPECT_EQ(show(must(store().notification("c"))), "c|12|0|0||");
  EXPECT_FALSE(must(store().delete_notification("a", 300)));
  // Unread ones by their age, whether they were told or not.
  notify({{"d", 13, "", ""}, {"e", 14, "", ""}});
  EXPECT_TRUE(must(store().claim_notification("me", 100, 0, 200)));
  must(store().end_claim("c", "me", 160, 0));
  EXPECT_EQ(must(store().purge_notifications(0, 14)), 2u);
  EXPECT_EQ(show(must(store().notification("c"))), "none");
  EXPECT_EQ(show(must(store().notification("d"))), "none");
  EXPECT_EQ(show(must(store().notification("e"))), "e|14|0|0||");
}

TEST_P(Conformance, HandsOutNotificationsOldestFirstAndOnce) {
  notify({news("second", 20), news("third", 30)});
  notify({news("first", 10), news("deleted", 5)});
  EXPECT_TRUE(must(store().delete_notification("deleted", 40)));
  EXPECT_EQ(must(store().notifications_waiting(0)), 3u);
  EXPECT_EQ(show(must(store().claim_notification("me", 100, 0, 200))), "first|10|0|0||{\"new\":1}");
  EXPECT_EQ(show(must(store().claim_notification("you", 100, 0, 200))), "second|20|0|0||{\"new\":1}");
  EXPECT_EQ(show(must(store().claim_notification("me", 100, 0, 150))), "third|30|0|0||{\"new\":1}");
  EXPECT_EQ(show(must(store().claim_notification("me", 100, 0, 200))), "none");
  EXPECT_EQ(show(must(store().claim_notification("me", 149, 0, 200))), "none");
  reopen();  // claims are kept
  EXPECT_EQ(show(must(store().claim_notification("you", 149, 0, 200))), "none");
  // A claim that has run out is anybody's.
  EXPECT_EQ(show(must(store().claim_notification("you", 150, 0, 250))), "third|30|0|0||{\"new\":1}");
  EXPECT_EQ(show(must(store().claim_notification("me", 199, 0, 250))), "none");
}

TEST_P(Conformance, ExtendsClaimsOfTheirOwnersOnly) {
  notify({news("n", 10)});
  EXPECT_TRUE(must(store().claim_notification("me", 100, 0, 200)));
  EXPECT_TRUE(must(store().renew_claim("n", "me", 300)));
  EXPECT_FALSE(must(store().renew_claim("n", "you", 400)));
  EXPECT_FALSE(must(store().renew_claim("x", "me", 400)));
  EXPECT_FALSE(must(store().claim_notification("you", 250, 0, 350)));
  EXPECT_TRUE(must(store().claim_notification("you", 300, 0, 400)));
  EXPECT_FALSE(must(store().renew_claim("n", "me", 500)));
  // Nor does the end of a lost claim touch what the new owner has.
  (void)store().end_claim("n", "me", 310, 0);
  EXPECT_EQ(show(must(store().notification("n"))), "n|10|0|0||{\"new\":1}");
  EXPECT_FALSE(must(store().claim_notification("me", 350, 0, 450)));
  EXPECT_TRUE(must(store().renew_claim("n", "you", 500)));
}

TEST_P(Conformance, NotifiesAgainAfterAWhileAndFailuresLater) {
  notify({news("n", 10)});
  EXPECT_TRUE(must(store().claim_notification("me", 100, 0, 200)));
  must(store().end_claim("n", "me", 0, 150));  // failed: not before 150
  EXPECT_EQ(show(must(store().notification("n"))), "n|10|0|0||{\"new\":1}");
  EXPECT_FALSE(must(store().claim_notification("me", 149, 0, 200)));
  EXPECT_EQ(must(store().notifications_waiting(0)), 1u);
  EXPECT_TRUE(must(store().claim_notification("me", 150, 0, 250)));
  must(store().end_claim("n", "me", 160, 0));
  EXPECT_EQ(show(must(store().notification("n"))), "n|10|160|0||{\"new\":1}");
  EXPECT_EQ(must(store().notifications_waiting(0)), 0u);
  EXPECT_EQ(must(store().notifications_waiting(150)), 0u);
  EXPECT_EQ(must(store().notifications_waiting(170)), 1u);
  EXPECT_FALSE(must(store().claim_notification("me", 165, 150, 300)));  // the claim ended, and it was notified since
  EXPECT_EQ(show(must(store().claim_notification("me", 165, 170, 300))), "n|10|160|0||{\"new\":1}");
  must(store().end_claim("n", "me", 180, 0));
  EXPECT_EQ(show(must(store().notification("n"))), "n|10|180|0||{\"new\":1}");
  EXPECT_TRUE(must(store().delete_notification("n", 190)));
  EXPECT_FALSE(must(store().claim_notification("me", 1'000, 500, 2'000)));
  EXPECT_EQ(must(store().notifications_waiting(500)), 0u);
}

TEST_P(Conformance, ClaimsEachNotificationForOneOfManyOwners) {
  constexpr int kThreads = 5;
  constexpr int kCount = 40;
  std::vector<NewNotification> notifications;
  for (int i = 0; i < kCount; ++i) notifications.push_back(news("n" + std::to_string(i), i));
  notify(notifications);
  std::mutex mutex;
  std::multiset<std::string> claimed;
  in_parallel(kThreads, [&](int thread) {
    const std::string owner = std::to_string(thread);
    for (int i = 0; i < kCount + 1; ++i) {
      const auto one = store().claim_notification(owner, 100, 0, 200);
      ASSERT_TRUE(one) << one.error().describe();
      if (!*one) return;
      const std::lock_guard lock(mutex);
      claimed.insert((*one)->name);
    }
  });
  EXPECT_EQ(claimed.size(), std::size_t{kCount});
  EXPECT_EQ(std::set<std::string>(claimed.begin(), claimed.end()).size(), std::size_t{kCount});
}

}  // namespace limpid::store::conformance
