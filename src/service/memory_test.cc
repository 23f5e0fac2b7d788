// The memory of a node against real stores.
#include "service/memory.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/file.h"
#include "service/v1/codec.h"
#include "store/postgres_server.h"

namespace limpid::service {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kSpace = "debian:12";

store::CustomAdvisory advisory(const std::string& name, const std::string& package) {
  v1::Vulnerability vulnerability;
  vulnerability.name_space = kSpace;
  vulnerability.name = name;
  vulnerability.fixed_in.push_back({package, "", version::Scheme::dpkg});
  vulnerability.affects = v1::affects_of(vulnerability.fixed_in);
  store::CustomAdvisory row;
  row.name_space = kSpace;
  row.name = name;
  row.document = v1::stored(vulnerability);
  return row;
}

std::unique_ptr<store::Store> open(const std::string& url, store::ChangeListener* listener) {
  store::StoreOptions options;
  options.url = url;
  options.wait_max = 1s;
  options.listener = listener;
  auto opened = store::open_store(options);
  EXPECT_TRUE(opened) << opened.error().describe();
  return opened ? *std::move(opened) : nullptr;
}

bool put(store::Store& store, const store::CustomAdvisory& row) {
  return store.put_advisory(row, version::Scheme::dpkg, {}).has_value();
}

bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

// A listener that can be given something to do before the memory hears of a change.
struct Interposed final : store::ChangeListener {
  explicit Interposed(Memory& heard) : memory(heard) {}
  Result<void> changed(const store::Change& change) override {
    if (before) before();
    return memory.changed(change);
  }
  Result<void> reload() override { return memory.reload(); }
  void connected(bool yes) override { memory.connected(yes); }
  Memory& memory;
  std::function<void()> before;
};

struct Remembering {
  v1::Catalogue catalogue;
  v1::ReportCache cache{1'000'000};
  Memory memory{catalogue, cache};
  bool has(const std::string& name) const { return catalogue.overlay().find(kSpace, name) != nullptr; }
};

TEST(Memory, KnowsWhatWasThereAndWhatIsWrittenAndRemoved) {
  const auto folder = base::TemporaryDirectory::make("limpid-memory-").value();
  const std::string url = "sqlite:" + folder.path() + "/store.db";
  ASSERT_TRUE(put(*open(url, nullptr), advisory("CVE-1", "zlib")));
  Remembering node;
  const auto store = open(url, &node.memory);
  ASSERT_TRUE(node.memory.begin(*store, [] {}));
  EXPECT_TRUE(node.has("CVE-1"));
  ASSERT_TRUE(put(*store, advisory("CVE-2", "zlib")));
  EXPECT_TRUE(node.has("CVE-2"));
  store::CustomAdvisory first = advisory("CVE-1", "zlib");
  first.revision = node.catalogue.overlay().find(kSpace, "CVE-1")->revision;
  ASSERT_TRUE(store->forget_advisory(first, {}));
  EXPECT_FALSE(node.has("CVE-1"));
  EXPECT_TRUE(node.has("CVE-2"));
  EXPECT_EQ(node.catalogue.overlay().size(), 1u);
  node.memory.end();
}

TEST(Memory, LeavesOutWhatThisProgramCannotRead) {
  const auto folder = base::TemporaryDirectory::make("limpid-memory-").value();
  Remembering node;
  const auto store = open("sqlite:" + folder.path() + "/store.db", &node.memory);
  ASSERT_TRUE(node.memory.begin(*store, [] {}));
  store::CustomAdvisory strange = advisory("CVE-1", "zlib");
  strange.document = "{\"from\":\"the future\"";
  ASSERT_TRUE(put(*store, strange));
  ASSERT_TRUE(put(*store, advisory("CVE-2", "zlib")));
  EXPECT_FALSE(node.has("CVE-1"));
  EXPECT_TRUE(node.has("CVE-2"));
  EXPECT_TRUE(node.memory.reload());
  EXPECT_TRUE(node.has("CVE-2"));
  node.memory.end();
}

// The server goes at the very moment at which a node wants to read what another has written.
TEST(Memory, LosesNothingWhenTheStoreCannotBeRead) {
  const auto server = store::PostgresServer::start();
  ASSERT_TRUE(server) << server.error().describe();
  const std::string url = (*server)->url();
  Remembering node;
  std::atomic<bool> is_killed = false;
  Interposed interposed(node.memory);
  const auto store = open(url, &interposed);
  ASSERT_TRUE(store);
  ASSERT_TRUE(node.memory.begin(*store, [] {}));
  const auto other = open(url, nullptr);
  ASSERT_TRUE(put(*other, advisory("CVE-1", "zlib")));
  ASSERT_TRUE(node.has("CVE-1"));
  interposed.before = [&] {
    if (!is_killed.exchange(true)) (*server)->kill();
  };
  (void)put(*other, advisory("CVE-2", "zlib"));  // the server's last deed, or nearly
  ASSERT_TRUE(is_killed);
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(node.has("CVE-1")) << "what was known is known while the server is away";
  EXPECT_FALSE(node.memory.reload()) << "nothing can be read";
  EXPECT_TRUE(node.has("CVE-1"));
  ASSERT_TRUE((*server)->restart());
  EXPECT_TRUE(eventually([&] { return node.has("CVE-2"); }));
  EXPECT_TRUE(node.has("CVE-1"));
  node.memory.end();
}

}  // namespace
}  // namespace limpid::service
