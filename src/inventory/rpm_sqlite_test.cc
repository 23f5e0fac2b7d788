// Databases made by SQLite itself, with and without a write-ahead log.
#include <memory>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/file.h"
#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

using testing::Blobs;
using testing::damage;
using testing::file;
using testing::names_in;
using testing::read_files;
using testing::rpm_header;

constexpr const char* kPath = "var/lib/rpm/rpmdb.sqlite";
constexpr const char* kLog = "var/lib/rpm/rpmdb.sqlite-wal";

// One database in a folder of its own.
class Database {
 public:
  explicit Database(const std::string& pragmas = "") : folder_(*base::TemporaryDirectory::make("limpid-rpm-sqlite-")) {
    EXPECT_EQ(sqlite3_open((folder_.path() + "/db").c_str(), &handle_), SQLITE_OK);
    run(pragmas);
    run("CREATE TABLE Other(a, b); INSERT INTO Other VALUES(1, x'00');"
        "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);"
        "CREATE TABLE 'Name' (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL);"
        "CREATE INDEX 'Name_key_idx' ON Name(key ASC);");
  }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const std::string& sql) {
    char* problem = nullptr;
    EXPECT_EQ(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, &problem), SQLITE_OK) << sql << ": " << problem;
  }
  void put(std::uint32_t number, const std::string& blob) {
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(handle_, "INSERT OR REPLACE INTO Packages VALUES(?, ?)", -1, &statement, nullptr),
              SQLITE_OK);
    sqlite3_bind_int64(statement, 1, number);
    sqlite3_bind_blob(statement, 2, blob.data(), static_cast<int>(blob.size()), SQLITE_STATIC);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
  }
  std::string bytes() const { return *base::read_file(folder_.path() + "/db", 1 << 28); }
  std::string log() const { return *base::read_file(folder_.path() + "/db-wal", 1 << 28); }

 private:
  base::TemporaryDirectory folder_;
  sqlite3* handle_ = nullptr;
};

std::vector<std::string> expected_names(const Blobs& blobs) {
  std::vector<std::string> names;
  for (const auto& [number, blob] : blobs) {
    const auto header = *read_rpm_header(base::as_bytes(blob));
    names.push_back(base::cat({header.name, '-', header.version, '-', header.release}));
  }
  std::ranges::sort(names);
  return names;
}

Blobs many(std::uint32_t count) {
  Blobs blobs;
  for (std::uint32_t i = 1; i <= count; ++i) {
    blobs.emplace_back(i, rpm_header("p" + std::to_string(i), "1." + std::to_string(i), i % 7 * 1'000 + i));
  }
  return blobs;
}

TEST(RpmSqlite, IsReadWithEveryPageSize) {
  for (const auto* page_size : {"512", "1024", "4096", "16384", "65536"}) {
    Database database(base::cat({"PRAGMA page_size=", page_size}));
    const Blobs blobs = many(300);
    database.run("BEGIN");
    for (const auto& [number, blob] : blobs) database.put(number, blob);
    database.run("COMMIT");
    const auto layer = read_files({file(kPath, database.bytes())});
    EXPECT_EQ(names_in(layer), expected_names(blobs)) << page_size;
    EXPECT_TRUE(layer.skipped.empty()) << layer.skipped.front().detail;
  }
}

TEST(RpmSqlite, OfAnEmptyTable) {
  Database database;
  const auto layer = read_files({file(kPath, database.bytes())});
  EXPECT_TRUE(names_in(layer).empty());
  EXPECT_TRUE(layer.skipped.empty());
}

// What was deleted and written over leaves free blocks, free pages and freed overflow pages behind.
TEST(RpmSqlite, AfterManyChanges) {
  std::mt19937_64 random(7);
  Database database("PRAGMA page_size=1024");
  std::map<std::uint32_t, std::string> now;
  for (int step = 0; step < 2'000; ++step) {
    const auto number = static_cast<std::uint32_t>(1 + random() % 200);
    if (random() % 3 == 0) {
      database.run(base::cat({"DELETE FROM Packages WHERE hnum=", number}));
      now.erase(number);
    } else {
      now[number] = rpm_header("p" + std::to_string(number), std::to_string(step), random() % 5'000);
      database.put(number, now[number]);
    }
    if (step % 200 != 199) continue;
    const auto layer = read_files({file(kPath, database.bytes())});
    EXPECT_EQ(names_in(layer), expected_names(Blobs(now.begin(), now.end())));
    EXPECT_TRUE(layer.skipped.empty()) << layer.skipped.front().detail;
  }
}

class Log : public ::testing::Test {
 protected:
  Log() : database_("PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0") {
    for (const auto& [number, blob] : many(40)) database_.put(number, blob);
    database_.run("PRAGMA wal_checkpoint(TRUNCATE)");
    before_ = names_in(read_files({file(kPath, database_.bytes())}));
    EXPECT_EQ(before_, expected_names(many(40)));
    database_.run("DELETE FROM Packages WHERE hnum < 10");
    database_.put(50, rpm_header("new", "2"));
    database_.put(20, rpm_header("replaced", "3", 20'000));
    Blobs after = many(40);
    after.erase(after.begin(), after.begin() + 9);
    std::erase_if(after, [](const auto& one) { return one.first == 20; });
    after.emplace_back(50, rpm_header("new", "2"));
    after.emplace_back(20, rpm_header("replaced", "3"));
    after_ = expected_names(after);
  }
  Database database_;
  std::vector<std::string> before_, after_;
};

TEST_F(Log, IsPartOfTheDatabaseWhicheverComesFirst) {
  for (const bool log_first : {false, true}) {
    std::vector<testing::MemoryEntry> files = {file(kPath, database_.bytes()), file(kLog, database_.log())};
    if (log_first) std::swap(files[0], files[1]);
    const auto layer = read_files(std::move(files));
    EXPECT_EQ(names_in(layer), after_);
    EXPECT_TRUE(layer.skipped.empty()) << layer.skipped.front().detail;
  }
  EXPECT_EQ(names_in(read_files({file(kPath, database_.bytes())})), before_);
  EXPECT_EQ(names_in(read_files({file(kPath, database_.bytes()), file(kLog, "")})), before_);
}

TEST_F(Log, WhichWasNeverWrittenBack) {
  Database database("PRAGMA page_size=1024; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
  database.put(1, rpm_header("only", "1", 3'000));
  const auto layer = read_files({file(kPath, database.bytes()), file(kLog, database.log())});
  EXPECT_EQ(names_in(layer), (std::vector<std::string>{"only-1-1.el9"}));
  const auto nothing_back = read_files({file(kPath, ""), file(kLog, database.log())});
  EXPECT_EQ(names_in(nothing_back), (std::vector<std::string>{"only-1-1.el9"}));
}

// A transaction that was cut off never was; frames that an earlier use of the log left behind are none.
TEST_F(Log, EndsWithTheLastWholeTransaction) {
  const std::string log = database_.log();
  constexpr std::size_t kFrame = 24 + 4'096;
  ASSERT_EQ((log.size() - 32) % kFrame, 0U);
  const std::size_t frames = (log.size() - 32) / kFrame;
  bool first = true, last = false;
  for (std::size_t kept = 0; kept <= frames; ++kept) {
    const auto layer = read_files(
        {file(kPath, database_.bytes()), file(kLog, log.substr(0, 32 + kept * kFrame + (kept < frames ? 100 : 0)))});
    const auto names = names_in(layer);
    EXPECT_TRUE(layer.skipped.empty()) << layer.skipped.front().detail;
    if (first) {
      EXPECT_EQ(names, before_);
    }
    first = false;
    last = names == after_;
    const std::size_t before_after = names.size();
    EXPECT_TRUE(before_after == 40 || before_after == 31 || before_after == 32) << before_after;
  }
  EXPECT_TRUE(last);
  // The log begins again with another salt, and what stood behind it stays.
  database_.run("PRAGMA wal_checkpoint(RESTART)");
  database_.put(60, rpm_header("later", "1"));
  ASSERT_EQ(database_.log().size(), log.size());
  const auto names = names_in(read_files({file(kPath, database_.bytes()), file(kLog, database_.log())}));
  EXPECT_EQ(names.size(), after_.size() + 1);
  EXPECT_TRUE(std::ranges::count(names, "later-1-1.el9") == 1);
}

TEST_F(Log, WithoutItsDatabaseIsTold) {
  const auto layer = read_files({file(kLog, database_.log())});
  EXPECT_TRUE(names_in(layer).empty());
  ASSERT_EQ(layer.skipped.size(), 1U);
  EXPECT_EQ(layer.skipped[0].path, kLog);
  EXPECT_NE(layer.skipped[0].detail.find("whose database is not in this layer"), std::string::npos);
}

TEST_F(Log, ThatIsNoneIsTold) {
  const auto layer = read_files({file(kPath, database_.bytes()), file(kLog, "no log, but not empty either, is it?")});
  EXPECT_EQ(names_in(layer), before_);
  ASSERT_EQ(layer.skipped.size(), 1U);
  EXPECT_EQ(layer.skipped[0].path, kPath);
  EXPECT_NE(layer.skipped[0].detail.find("write-ahead log"), std::string::npos);
}

// The database of a layer is what the tar's last entries of these names say.
TEST_F(Log, OfAnEntryThatWasReplaced) {
  const auto layer =
      read_files({file(kPath, "junk"), file(kLog, database_.log()), file(kPath, database_.bytes()), file(kLog, "")});
  EXPECT_EQ(names_in(layer), before_);
  EXPECT_TRUE(layer.skipped.empty());
}

TEST(RpmSqlite, RefusesWhatItCannotRead) {
  const auto refusal = [](std::string bytes) {
    const auto layer = read_files({file(kPath, std::move(bytes))});
    EXPECT_TRUE(names_in(layer).empty());
    return layer.skipped.empty() ? "" : layer.skipped.back().detail;
  };
  Database other("PRAGMA page_size=1024");
  other.run("DROP TABLE Packages");
  EXPECT_EQ(refusal(other.bytes()), "an SQLite database without a table Packages");
  // A view of that name could compute whatever it likes.
  other.run(
      "CREATE VIEW Packages AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x AS hnum, x'00' "
      "AS blob FROM c");
  EXPECT_EQ(refusal(other.bytes()), "an SQLite database without a table Packages");
  EXPECT_NE(refusal(Database("PRAGMA encoding='UTF-16'").bytes()).find("UTF-16"), std::string::npos);
  EXPECT_NE(refusal("SQLite format 3").find("100 were wanted"), std::string::npos);
}

TEST(RpmSqlite, DamageIsToldOrChangesNothing) {
  Database database("PRAGMA page_size=512");
  for (const auto& [number, blob] : many(30)) database.put(number, blob);
  const auto names = expected_names(many(30));
  damage(kPath, database.bytes(), 4'000, 4'713, [&](const std::string& what, const LayerInventory& layer) {
    EXPECT_TRUE(names_in(layer).size() == names.size() || !layer.skipped.empty()) << what;
  });
}

}  // namespace
}  // namespace limpid::inventory
