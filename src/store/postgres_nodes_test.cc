// Several nodes on one server: who is told of what before a write returns, and who is not waited for.
#include <condition_variable>
#include <map>

#include "store/conformance_fixture.h"
#include "store/engines.h"
#include "store/postgres_connection.h"
#include "store/postgres_server.h"

namespace limpid::store {
namespace {

using namespace std::chrono_literals;
using conformance::in_parallel;
using conformance::must;
using conformance::new_advisory;
using conformance::Recorder;
using Clock = std::chrono::steady_clock;

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

std::unique_ptr<Store> open(const std::string& url, ChangeListener* listener) {
  StoreOptions options;
  options.url = url;
  options.listener = listener;
  auto store = open_store(options);
  EXPECT_TRUE(store) << store.error().describe();
  return store ? *std::move(store) : nullptr;
}

std::string schema_of(const std::string& url) { return url.substr(url.rfind("%3D") + 3); }

// A node: a store and what its listener heard.
struct Node {
  explicit Node(const std::string& url) : store(open(url, &recorder)) {}
  bool has_heard(const std::string& name) const {
    for (const Change& change : recorder.changes())
      if (change.name == name) return true;
    return false;
  }
  Recorder recorder;
  std::unique_ptr<Store> store;
};

// Until it holds, or a minute is over.
bool eventually(const std::function<bool()>& holds) {
  const auto end = Clock::now() + 60s;
  while (!holds()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

std::chrono::milliseconds time_of(const std::function<void()>& work) {
  const auto begin = Clock::now();
  work();
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
}

// Each change that one node makes is known at all others when the call returns.
TEST(PostgresNodes, HearOfAWriteBeforeItReturns) {
  for (const int count : {2, 3}) {
    const std::string url = server().fresh_url().value();
    std::vector<std::unique_ptr<Node>> nodes;
    for (int i = 0; i < count; ++i) nodes.push_back(std::make_unique<Node>(url));
    std::vector<std::chrono::microseconds> times;
    for (int i = 0; i < 60; ++i) {
      const std::string name = "CVE-" + std::to_string(i);
      const auto begin = Clock::now();
      must(nodes[static_cast<std::size_t>(i % count)]->store->put_advisory(new_advisory("debian:12", name),
                                                                           version::Scheme::dpkg, {}));
      times.push_back(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin));
      for (const auto& node : nodes) EXPECT_TRUE(node->has_heard(name)) << name;
    }
    std::sort(times.begin(), times.end());
    std::printf("%d nodes: a write took %ld us (median), %ld us (worst)\n", count, times[times.size() / 2].count(),
                times.back().count());
    for (const auto& node : nodes) {
      const std::vector<Change> changes = node->recorder.changes();
      ASSERT_EQ(changes.size(), 60u);
      for (std::size_t i = 0; i < changes.size(); ++i) EXPECT_EQ(changes[i].number, static_cast<ChangeNumber>(i) + 1);
      EXPECT_EQ(node->recorder.reloads(), 0);
    }
  }
}

TEST(PostgresNodes, HearTheSameOrderWhoeverWrites) {
  constexpr int kNodes = 3;
  constexpr int kEach = 40;
  const std::string url = server().fresh_url().value();
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < kNodes; ++i) nodes.push_back(std::make_unique<Node>(url));
  in_parallel(kNodes * 2, [&](int thread) {
    Node& mine = *nodes[static_cast<std::size_t>(thread % kNodes)];
    for (int i = 0; i < kEach; ++i) {
      const std::string name = base::cat({"CVE-", thread, "-", i});
      must(mine.store->put_advisory(new_advisory("debian:12", name), version::Scheme::dpkg, {}));
      EXPECT_TRUE(mine.has_heard(name));
    }
  });
  for (const auto& node : nodes) {
    const std::vector<Change> changes = node->recorder.changes();
    ASSERT_EQ(changes.size(), std::size_t{kNodes} * 2 * kEach);
    for (std::size_t i = 0; i < changes.size(); ++i) EXPECT_EQ(changes[i].number, static_cast<ChangeNumber>(i) + 1);
    EXPECT_EQ(conformance::show(changes), conformance::show(nodes[0]->recorder.changes()));
  }
}

TEST(PostgresNodes, AreToldByAStoreThatDoesNotListen) {
  const std::string url = server().fresh_url().value();
  Node node(url);
  const auto writer = open(url, nullptr);
  must(writer->put_advisory(new_advisory("debian:12", "CVE-1"), version::Scheme::dpkg, {}));
  EXPECT_TRUE(node.has_heard("CVE-1"));
}

// Stores of other schemas in the same database neither hear nor are waited for.
TEST(PostgresNodes, AreTheirSchemasAlone) {
  Node here(server().fresh_url().value());
  Node there(server().fresh_url().value());
  there.recorder.on_change = [](const Change&) { ADD_FAILURE() << "not mine"; };
  must(here.store->put_advisory(new_advisory("debian:12", "CVE-1"), version::Scheme::dpkg, {}));
  EXPECT_EQ(here.recorder.changes().size(), 1u);
  there.recorder.on_change = nullptr;
  must(there.store->put_advisory(new_advisory("debian:12", "CVE-2"), version::Scheme::dpkg, {}));
  ASSERT_EQ(there.recorder.changes().size(), 1u);
  EXPECT_EQ(there.recorder.changes()[0].number, 1);
}

// A process that ends without a word: its connections end with it, but its row stays.
TEST(PostgresNodes, ThatAreDeadAreNotWaitedFor) {
  const std::string url = server().fresh_url().value();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    Recorder recorder;
    StoreOptions options;
    options.url = url;
    options.listener = &recorder;
    const auto store = open_store(options);
    const char answer = store ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) == 1) ::pause();
    ::_exit(1);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  ::close(ready[0]);
  ::close(ready[1]);
  Node node(url);
  EXPECT_EQ(server().query("SELECT count(*) FROM " + schema_of(url) + ".node").value(), "2");
  const auto put = [&](const std::string& name) {
    must(node.store->put_advisory(new_advisory("debian:12", name), version::Scheme::dpkg, {}));
  };
  put("while it lives");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  for (int i = 0; i < 20; ++i) EXPECT_LT(time_of([&] { put("dead " + std::to_string(i)); }), kPropagationMax);
  EXPECT_EQ(server().query("SELECT count(*) FROM " + schema_of(url) + ".node").value(), "2");
  // The next that begins to listen clears up.
  Node other(url);
  EXPECT_EQ(server().query("SELECT count(*) FROM " + schema_of(url) + ".node").value(), "2");
}

TEST(PostgresNodes, ThatHangHoldAWriterUpOnlySoLong) {
  const std::string url = server().fresh_url().value();
  Node hung(url);
  Node node(url);
  std::mutex mutex;
  std::condition_variable released_changed;
  bool released = false;
  hung.recorder.on_change = [&](const Change&) {
    std::unique_lock lock(mutex);
    released_changed.wait(lock, [&] { return released; });
  };
  const auto put = [&](Node& at, const std::string& name) {
    return time_of([&] { must(at.store->put_advisory(new_advisory("debian:12", name), version::Scheme::dpkg, {})); });
  };
  const auto took = put(node, "CVE-1");
  EXPECT_GE(took, kPropagationMax);
  EXPECT_LT(took, kPropagationMax * 5);  // this machine may be busy
  // The node that hangs can write, too: its calls are held up, not stopped.
  const auto took_itself = put(hung, "CVE-2");
  EXPECT_GE(took_itself, kPropagationMax);
  EXPECT_LT(took_itself, kPropagationMax * 5);
  EXPECT_TRUE(node.has_heard("CVE-2"));
  {
    const std::lock_guard lock(mutex);
    released = true;
  }
  released_changed.notify_all();
  ASSERT_TRUE(eventually([&] { return hung.has_heard("CVE-2"); }));
  put(node, "CVE-3");
  EXPECT_TRUE(hung.has_heard("CVE-3"));
  EXPECT_EQ(conformance::show(hung.recorder.changes()), conformance::show(node.recorder.changes()));
}

// What a node could not handle, its own writes or others', it is handed again until it can, and all in order.
TEST(PostgresNodes, AreHandedAgainWhatTheyDidNotHandle) {
  const std::string url = server().fresh_url().value();
  Node sound(url);
  Node weak(url);
  std::map<std::string, int> times;
  weak.recorder.refuses = [&](const Change& change) {
    return (change.name == "CVE-2" || change.name == "CVE-3") && ++times[change.name] <= 3;
  };
  std::atomic<bool> is_over = false;
  std::atomic<bool> was_distrusted = false;
  std::jthread watch([&] {
    while (!is_over) {
      if (!weak.recorder.is_connected()) was_distrusted = true;
      std::this_thread::sleep_for(1ms);
    }
  });
  for (int i = 1; i <= 4; ++i)
    must((i == 3 ? weak : sound)
             .store->put_advisory(new_advisory("debian:12", "CVE-" + std::to_string(i)), version::Scheme::dpkg, {}));
  EXPECT_TRUE(eventually([&] { return weak.has_heard("CVE-4") && weak.recorder.is_connected(); }));
  is_over = true;
  watch.join();
  EXPECT_TRUE(was_distrusted);
  EXPECT_EQ(weak.recorder.reloads(), 0);
  EXPECT_EQ(conformance::show(weak.recorder.changes()), conformance::show(sound.recorder.changes()));
  EXPECT_EQ(times["CVE-2"], 4);
}

// Nodes come and go while another writes, sure at times that it is alone: whoever was there before a write began has
// heard of it when it returns.
TEST(PostgresNodes, AreKnownToAWriterThatWasAlone) {
  const std::string url = server().fresh_url().value();
  const std::string alone = "SELECT coalesce(alone, 0) FROM " + schema_of(url) + ".change_counter";
  Node writer(url);
  const std::string number = server().query("SELECT id FROM " + schema_of(url) + ".node").value();
  EXPECT_EQ(server().query(alone).value(), number);
  std::atomic<bool> is_over = false;
  std::atomic<int> begun = 0, returned = 0;
  std::jthread writing([&] {
    for (int i = 1; !is_over; ++i) {
      begun = i;
      const NewNotification news{base::cat({"notification ", i}), 1, "", "{}"};
      must(writer.store->put_advisory(new_advisory("debian:12", base::cat({"CVE-", i})), version::Scheme::dpkg,
                                      {&news, 1}));
      returned = i;
    }
  });
  for (int round = 0; round < 30; ++round) {
    Node other(url);
    const int first = begun + 1;  // begins after the node was there
    ASSERT_TRUE(eventually([&] { return returned >= first + 2; }));
    const int last = returned;
    const std::vector<Change> heard = other.recorder.changes();
    for (int i = first; i <= last; ++i)
      EXPECT_TRUE(std::ranges::any_of(heard, [&](const Change& c) { return c.name == base::cat({"CVE-", i}); })) << i;
  }
  is_over = true;
  writing.join();
  EXPECT_EQ(server().query(alone).value(), number);
  EXPECT_EQ(writer.recorder.reloads(), 0);
  ASSERT_EQ(writer.recorder.changes().size(), static_cast<std::size_t>(returned));
}

// The follower's connection is cut: the node says so, comes back, and misses nothing.
TEST(PostgresNodes, CatchUpAfterTheirConnectionWasCut) {
  const std::string url = server().fresh_url().value();
  Node away(url);
  Node node(url);
  std::atomic<int> cuts = 0;
  struct Watch final : ChangeListener {
    explicit Watch(std::atomic<int>& count) : cuts(count) {}
    Result<void> changed(const Change& change) override { return recorder.changed(change); }
    Result<void> reload() override { return recorder.reload(); }
    void connected(bool yes) override {
      if (!yes) ++cuts;
      recorder.connected(yes);
    }
    Recorder recorder;
    std::atomic<int>& cuts;
  } watch(cuts);
  const auto watched = open(url, &watch);
  for (int round = 0; round < 10; ++round) {
    const std::string name = "CVE-" + std::to_string(round);
    ASSERT_TRUE(server().terminate_connections("query LIKE '%pg_notify%' OR query LIKE '%change_log%'"));
    must(node.store->put_advisory(new_advisory("debian:12", name), version::Scheme::dpkg, {}));
    ASSERT_TRUE(eventually([&] {
      const std::vector<Change> changes = watch.recorder.changes();
      return !changes.empty() && changes.back().name == name && watch.recorder.is_connected();
    }));
  }
  EXPECT_GT(cuts, 0);
  EXPECT_EQ(watch.recorder.reloads(), 0);
  ASSERT_TRUE(eventually([&] { return away.recorder.changes().size() == 10; }));
  EXPECT_EQ(conformance::show(watch.recorder.changes()), conformance::show(away.recorder.changes()));
}

// Changes that a node missed are forgotten meanwhile: it has to read everything again.
TEST(PostgresNodes, ReloadWhatTheLogHasForgotten) {
  const std::string url = server().fresh_url().value();
  Node away(url);
  Node node(url);
  const auto put = [&](const std::string& name) {
    must(node.store->put_advisory(new_advisory("debian:12", name), version::Scheme::dpkg, {}));
  };
  put("CVE-1");
  EXPECT_TRUE(away.has_heard("CVE-1"));
  // In one transaction that locks followers out, the log loses what nobody has read yet.
  const std::string schema = schema_of(url);
  std::atomic<bool> held = false;
  away.recorder.on_change = [&](const Change& change) {
    if (change.name == "CVE-2") {
      held = true;
      held.notify_all();
      held.wait(true);
    }
  };
  std::jthread writer([&] {
    put("CVE-2");
    put("CVE-3");
    put("CVE-4");
  });
  held.wait(false);
  writer.join();
  ASSERT_TRUE(server().query("DELETE FROM " + schema + ".change_log WHERE number = 3"));
  EXPECT_EQ(away.recorder.reloads(), 0);
  held = false;
  held.notify_all();
  ASSERT_TRUE(eventually([&] { return away.recorder.reloads() == 1; }));
  put("CVE-5");
  EXPECT_TRUE(away.has_heard("CVE-5"));
  EXPECT_FALSE(away.has_heard("CVE-3"));
  EXPECT_EQ(node.recorder.reloads(), 0);
}

TEST(PostgresNodes, KeepNoMoreChangesThanPromised) {
  const std::string url = server().fresh_url().value();
  const std::string schema = schema_of(url);
  ASSERT_NE(open(url, nullptr), nullptr);
  const std::string before = std::to_string(kChangesKept + 999);
  ASSERT_TRUE(server().query("INSERT INTO " + schema + ".change_log SELECT i, 2, '', '', 0 FROM generate_series(1, " +
                             before + ") AS i"));
  ASSERT_TRUE(server().query("UPDATE " + schema + ".change_counter SET number = " + before));
  Node node(url);
  must(node.store->put_advisory(new_advisory("debian:12", "CVE-1"), version::Scheme::dpkg, {}));
  ASSERT_EQ(node.recorder.changes().size(), 1u);
  EXPECT_EQ(node.recorder.changes()[0].number, kChangesKept + 1'000);
  EXPECT_EQ(server().query("SELECT count(*) FROM " + schema + ".change_log").value(), std::to_string(kChangesKept));
  EXPECT_EQ(server().query("SELECT min(number) FROM " + schema + ".change_log").value(), "1001");
}

// One of many publishers of the same generation wins, and what it published is what the others fetch.
TEST(PostgresNodes, PublishOneDatabaseOfAGeneration) {
  constexpr int kNodes = 3;
  const std::string url = server().fresh_url().value();
  const base::TemporaryDirectory folder = base::TemporaryDirectory::make("limpid-nodes-").value();
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < kNodes; ++i) nodes.push_back(std::make_unique<Node>(url));
  for (std::int64_t generation = 1; generation <= 3; ++generation) {
    std::atomic<int> won = -1;
    in_parallel(kNodes, [&](int thread) {
      std::string bytes(std::size_t{12'345'678} + static_cast<std::size_t>(thread), static_cast<char>('a' + thread));
      const std::string path = base::cat({folder.path(), "/", thread});
      must(base::write_file_atomically(path, base::as_bytes(bytes)));
      const DatabaseRecord record{generation, std::to_string(thread), bytes.size(), 1};
      const auto published = nodes[static_cast<std::size_t>(thread)]->store->publish_database(record, path, {});
      if (published) {
        EXPECT_EQ(won.exchange(thread), -1);
      } else {
        EXPECT_EQ(conformance::outcome(published), "mismatch") << published.error().describe();
      }
    });
    ASSERT_NE(won, -1);
    const std::string fetched = folder.path() + "/fetched";
    for (const auto& node : nodes) {
      EXPECT_EQ(node->recorder.changes().size(), static_cast<std::size_t>(generation));
      EXPECT_EQ(must(node->store->database())->sha256, std::to_string(won));
      const auto took = time_of([&] { must(node->store->fetch_database(generation, fetched)); });
      const std::string bytes = must(base::read_file(fetched, 20'000'000));
      EXPECT_EQ(bytes.size(), std::size_t{12'345'678} + static_cast<std::size_t>(won));
      EXPECT_EQ(bytes.find_first_not_of(static_cast<char>('a' + won)), std::string::npos);
      if (node == nodes.front()) std::printf("12 MB fetched in %ld ms\n", took.count());
    }
  }
  // What lost, and what is older than the generation before, takes no room.
  EXPECT_EQ(server().query("SELECT count(DISTINCT upload) FROM " + schema_of(url) + ".generation_chunk").value(), "2");
}

TEST(PostgresNodes, PutTheSameLayersAtOnce) {
  constexpr int kNodes = 3;
  constexpr int kThreads = 6;
  constexpr int kLayers = 15;
  const std::string url = server().fresh_url().value();
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < kNodes; ++i) nodes.push_back(std::make_unique<Node>(url));
  std::atomic<int> created = 0;
  in_parallel(kThreads, [&](int thread) {
    Store& store = *nodes[static_cast<std::size_t>(thread % kNodes)]->store;
    for (int i = 0; i < kLayers; ++i) {
      for (const std::string& name : {"shared " + std::to_string(i), base::cat({"own ", thread, " ", i})}) {
        NewLayer layer = conformance::new_layer(name, 0);
        for (int j = 0; j < 200; ++j)
          layer.added.push_back(conformance::deb("package " + std::to_string(j % 50), base::cat({i, ".", j})));
        if (thread % 2 == 1) std::reverse(layer.added.begin(), layer.added.end());
        layer.engine = 3 + thread % 2;  // some replace what others made
        if (must(store.put_layer(layer)) == PutLayer::created) ++created;
      }
    }
  });
  EXPECT_EQ(created, kLayers + kThreads * kLayers);
  const std::string schema = schema_of(url);
  EXPECT_EQ(server().query("SELECT count(*) FROM " + schema + ".feature").value(), std::to_string(kLayers * 200));
  EXPECT_EQ(server()
                .query("SELECT count(*) FROM (SELECT layer FROM " + schema +
                       ".layer_feature GROUP BY layer HAVING count(*) <> 200) AS wrong")
                .value(),
            "0");
  EXPECT_EQ(server().query("SELECT min(engine) FROM " + schema + ".layer WHERE name LIKE 'shared%'").value(), "4");
}

// With one node, a write that makes a change costs little more than the commit that makes it durable. What is compared
// is noisy on a busy machine: the bound is wide, the figures are printed.
TEST(PostgresNodes, CostLittleBesideTheCommit) {
  constexpr int kWrites = 1'000;
  const std::string url = server().fresh_url().value();
  Node node(url);
  auto bare = postgres::Connection::open(url, Clock::now() + 60s);
  ASSERT_TRUE(bare);
  ASSERT_TRUE((*bare)->execute("CREATE TABLE plain (name text, document text)"));
  std::chrono::nanoseconds of_commits{0}, of_puts{0};
  for (int i = 0; i < kWrites; ++i) {  // in turn, so that what else the machine does hits both
    const auto begin = Clock::now();
    ASSERT_TRUE((*bare)->execute("INSERT INTO plain VALUES ('CVE', '{}')"));
    const auto middle = Clock::now();
    must(node.store->put_advisory(new_advisory("debian:12", "CVE-" + std::to_string(i)), version::Scheme::dpkg, {}));
    of_commits += middle - begin;
    of_puts += Clock::now() - middle;
  }
  const double ratio = static_cast<double>(of_puts.count()) / static_cast<double>(of_commits.count());
  std::printf("%d writes: bare commits %.0f us each, put_advisory %.0f us each, %.2f times\n", kWrites,
              static_cast<double>(of_commits.count()) / 1e3 / kWrites,
              static_cast<double>(of_puts.count()) / 1e3 / kWrites, ratio);
  EXPECT_LT(ratio, 5.0);
  EXPECT_EQ(node.recorder.changes().size(), std::size_t{kWrites});
}

}  // namespace
}  // namespace limpid::store
