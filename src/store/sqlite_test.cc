// What is SQLite's own beside the conformance suite: the file, its lock, and what happens where it is not as it should
// be.
#include <csignal>
#include <filesystem>

#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/conformance.h"
#include "store/sqlite_connection.h"
#include "store/sqlite_schema.h"

namespace limpid::store::conformance {
namespace {

class Folder final : public Place {
 public:
  explicit Folder(base::TemporaryDirectory folder) : folder_(std::move(folder)) {}
  Result<std::unique_ptr<Store>> open(ChangeListener* listener, Observer observer) override {
    StoreOptions options;
    options.url = "sqlite:" + folder_.path() + "/store";
    options.listener = listener;
    options.observer = std::move(observer);
    return open_store(options);
  }

 private:
  base::TemporaryDirectory folder_;
};

Result<std::unique_ptr<Place>> make_place() {
  LIMPID_ASSIGN(base::TemporaryDirectory folder, base::TemporaryDirectory::make("limpid-sqlite-"));
  return std::make_unique<Folder>(std::move(folder));
}

INSTANTIATE_TEST_SUITE_P(Sqlite, Conformance, testing::Values(Engine{"sqlite", false, make_place}));

class Sqlite : public testing::Test {
 protected:
  Sqlite() : folder_(base::TemporaryDirectory::make("limpid-sqlite-").value()) {}

  std::string path() const { return folder_.path() + "/store"; }
  Result<std::unique_ptr<Store>> open(const std::string& path) {
    options_.url = "sqlite:" + path;
    return open_store(options_);
  }
  Result<std::unique_ptr<Store>> open() { return open(path()); }
  // By the engine itself, past the store.
  void execute(const std::string& sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }
  void expect_refused(const std::string& code, const std::string& words) {
    const auto store = open();
    EXPECT_EQ(outcome(store), code);
    if (store) return;
    EXPECT_NE(store.error().describe().find(path()), std::string::npos) << store.error().describe();
    EXPECT_NE(store.error().describe().find(words), std::string::npos) << store.error().describe();
  }

  base::TemporaryDirectory folder_;
  StoreOptions options_;
};

mode_t mode_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

TEST_F(Sqlite, MakesFoldersAndFilesForItsOwnerOnly) {
  const mode_t before = ::umask(0);
  const std::string deep = folder_.path() + "/a/b/store";
  const auto store = open(deep);
  ::umask(before);
  ASSERT_TRUE(store) << store.error().describe();
  must((*store)->put_layer(new_layer("a", 0, {deb("zlib", "1")})));
  EXPECT_EQ(mode_of(folder_.path() + "/a"), 0700u);
  EXPECT_EQ(mode_of(folder_.path() + "/a/b"), 0700u);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path() + "/a/b")) {
    EXPECT_EQ(mode_of(entry.path()), 0600u) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 4);  // the database, its log, the log's index, the lock
}

TEST_F(Sqlite, TakesAnyPathForAFile) {
  for (const std::string name : {"with blank", "a?mode=memory", "%20", ":memory:", "file:x", "'quoted'"}) {
    const auto store = open(folder_.path() + "/" + name);
    ASSERT_TRUE(store) << store.error().describe();
    EXPECT_GT(std::filesystem::file_size(folder_.path() + "/" + name), 0u);
  }
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  EXPECT_TRUE(open("relative"));
  EXPECT_TRUE(open("file:relative"));
  EXPECT_TRUE(open(":memory:"));  // even so a file
  EXPECT_TRUE(std::filesystem::exists(":memory:"));
  EXPECT_TRUE(open("below/relative"));
  std::filesystem::current_path(before);
  EXPECT_EQ(outcome(open("")), "usage");
  EXPECT_EQ(outcome(open(kNulText)), "usage");
}

TEST_F(Sqlite, ServesOneProcessAtATime) {
  auto store = open();
  ASSERT_TRUE(store);
  expect_refused("io", "another process has it open");
  // Another process sees the same, and gets it once it is free.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(open() ? 1 : 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  must((*store)->set_value("key", "value"));  // the refused have done it no harm
  store->reset();
  auto again = open();
  ASSERT_TRUE(again) << again.error().describe();
  EXPECT_EQ(must((*again)->value("key")), "value");
}

TEST_F(Sqlite, IsConfiguredToLastAndToBeFast) {
  ASSERT_TRUE(open());
  const auto connection = sqlite::Connection::open(path(), std::chrono::seconds{7});
  ASSERT_TRUE(connection) << connection.error().describe();
  const auto number = [&](const char* pragma) { return must((*connection)->number(pragma)); };
  EXPECT_EQ(number("PRAGMA synchronous"), 2);
  EXPECT_EQ(number("PRAGMA foreign_keys"), 1);
  EXPECT_EQ(number("PRAGMA busy_timeout"), 7'000);
  EXPECT_GE(number("PRAGMA mmap_size"), 1 << 28);
  EXPECT_EQ(number("SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
  EXPECT_EQ(number("PRAGMA application_id"), sqlite::kApplicationId);
  EXPECT_EQ(number("PRAGMA user_version"), 1);
  EXPECT_EQ(outcome((*connection)->execute("INSERT INTO layer_feature VALUES (77, 77, 1)")), "invalid");
}

TEST_F(Sqlite, OpensWhatItMadeWithoutChangingIt) {
  const auto number = [&](const char* pragma) {
    const auto connection = sqlite::Connection::open(path(), std::chrono::seconds{7});
    return must((*connection)->number(pragma));
  };
  ASSERT_TRUE(open());
  const std::int64_t before = number("PRAGMA schema_version");
  ASSERT_TRUE(open());
  EXPECT_EQ(number("PRAGMA schema_version"), before);
}

TEST_F(Sqlite, RefusesFilesOfOthersAndLeavesThemAlone) {
  must(base::write_file_atomically(path(), base::as_bytes(std::string(10'000, 'x'))));
  expect_refused("invalid", "not a database");
  EXPECT_EQ(must(base::read_file(path(), 100'000)), std::string(10'000, 'x'));

  std::filesystem::remove(path());
  execute("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)");
  expect_refused("invalid", "another program");
  execute("INSERT INTO mine VALUES (2)");
  execute("PRAGMA application_id = 77");
  expect_refused("invalid", "another program");

  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  expect_refused("io", "");
}

TEST_F(Sqlite, RefusesTheSchemaOfANewerVersion) {
  must(must(open())->set_value("key", "value"));
  execute("PRAGMA user_version = 2");
  expect_refused("unsupported", "schema version 2");
  execute("PRAGMA user_version = 1");
  EXPECT_EQ(must(must(open())->value("key")), "value");
}

TEST_F(Sqlite, SaysSoWhereTheFileIsDamaged) {
  {
    const auto store = open();
    ASSERT_TRUE(store);
    std::vector<Feature> many;
    for (int i = 0; i < 3'000; ++i) many.push_back(deb("package " + std::to_string(i), "1"));
    must((*store)->put_layer(new_layer("a", 0, many)));
  }
  const std::string whole = must(base::read_file(path(), 100'000'000));
  const auto write = [&](const std::string& bytes) {
    must(base::write_file_atomically(path(), base::as_bytes(bytes)));
  };
  write(whole.substr(0, whole.size() / 2));
  expect_refused("invalid", "malformed");
  write(whole.substr(0, 50));
  expect_refused("invalid", "");
  std::string damaged = whole;
  damaged.replace(100, 200, 200, '\xA5');  // the root of the schema
  write(damaged);
  expect_refused("invalid", "malformed");

  // Damage further in is met by whoever reads there: an error, not an answer.
  damaged = whole;
  for (std::size_t at = 4'096 + 100; at < damaged.size(); at += 4'096) damaged.replace(at - 100, 100, 100, '\xA5');
  write(damaged);
  const auto store = open();
  EXPECT_EQ(store ? outcome((*store)->features(1)) : outcome(store), "invalid");
}

TEST_F(Sqlite, WaitsForAConnectionButNotForEver) {
  options_.connections = 1;
  options_.wait_max = std::chrono::milliseconds{50};
  const auto store = open();
  ASSERT_TRUE(store);
  must((*store)->put_advisory(new_advisory("debian:12", "CVE-1"), version::Scheme::dpkg, {}));
  int taken = 0;
  must((*store)->all_advisories([&](CustomAdvisory&&) {
    ++taken;
    const auto value = (*store)->value("key");  // the only reader is in use, by us
    EXPECT_EQ(outcome(value), "io");
    EXPECT_NE((value ? "" : value.error().describe()).find("no connection was free"), std::string::npos);
    must((*store)->set_value("key", "value"));  // the writer is another
  }));
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(must((*store)->value("key")), "value");
}

TEST_F(Sqlite, LetsOthersWriteWhileAListenerWorks) {
  Recorder recorder;
  options_.listener = &recorder;
  const auto store = open();
  ASSERT_TRUE(store);
  std::atomic<bool> is_free = false;
  std::atomic<bool> is_inside = false;
  recorder.on_change = [&](const Change&) {
    is_inside = true;
    is_inside.notify_all();
    is_free.wait(false);
    must((*store)->set_value("from the listener", "value"));  // no change: nothing that it would wait for
  };
  std::jthread maker(
      [&] { must((*store)->put_advisory(new_advisory("debian:12", "CVE-1"), version::Scheme::dpkg, {})); });
  is_inside.wait(false);
  must((*store)->set_value("meanwhile", "value"));
  is_free = true;
  is_free.notify_all();
  maker.join();
  EXPECT_EQ(must((*store)->value("from the listener")), "value");
  EXPECT_EQ(recorder.changes().size(), 1u);
}

// What the listener could not handle is not forgotten with the next change.
TEST_F(Sqlite, CallsForAReloadAfterAChangeThatWasNotHandled) {
  Recorder recorder;
  options_.listener = &recorder;
  const auto store = open();
  ASSERT_TRUE(store);
  const auto put = [&](const std::string& name) {
    must((*store)->put_advisory(new_advisory("debian:12", name), version::Scheme::dpkg, {}));
  };
  recorder.refuses = [](const Change& change) { return change.name == "CVE-2"; };
  put("CVE-1");
  EXPECT_TRUE(recorder.is_connected());
  put("CVE-2");
  EXPECT_FALSE(recorder.is_connected());
  EXPECT_EQ(recorder.reloads(), 0);
  put("CVE-3");
  EXPECT_TRUE(recorder.is_connected());
  EXPECT_EQ(recorder.reloads(), 1);
  put("CVE-4");
  EXPECT_EQ(recorder.reloads(), 1);
  ASSERT_EQ(recorder.changes().size(), 2u);
  EXPECT_EQ(recorder.changes()[1].name, "CVE-4");
}

// A full disk, as far as a process can make one for itself: no file may grow beyond a size.
TEST_F(Sqlite, UndoesAWriteThatFindsNoRoom) {
  Recorder recorder;
  options_.listener = &recorder;
  const auto store = open();
  ASSERT_TRUE(store);
  must((*store)->put_layer(new_layer("before", 0, {deb("zlib", "1")})));
  std::vector<Feature> many;
  for (int i = 0; i < 20'000; ++i) many.push_back(deb("package " + std::to_string(i), "1"));

  struct rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const struct rlimit before = limit;
  limit.rlim_cur = std::filesystem::file_size(path() + "-wal") + 200'000;
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto put = (*store)->put_layer(new_layer("too large", 0, many));
  CustomAdvisory large = new_advisory("debian:12", "CVE-1", std::string(1'000'000, 'x'));
  const auto advisory = (*store)->put_advisory(large, version::Scheme::dpkg, {});
  const auto find = (*store)->find_layer("before");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);

  EXPECT_EQ(outcome(put), "io");
  EXPECT_EQ(outcome(advisory), "io");
  EXPECT_EQ(outcome(find), "ok");
  EXPECT_EQ(show(must((*store)->find_layer("too large"))), "none");
  EXPECT_TRUE(must((*store)->versions_of("debian:12", "package 7")).empty());
  EXPECT_TRUE(recorder.changes().empty());
  must((*store)->put_advisory(large, version::Scheme::dpkg, {}));  // there is room again
  EXPECT_EQ(must((*store)->put_layer(new_layer("too large", 0, many))), PutLayer::created);
  ASSERT_EQ(recorder.changes().size(), 1u);
  EXPECT_EQ(recorder.changes()[0].number, 1);
}

}  // namespace
}  // namespace limpid::store::conformance
