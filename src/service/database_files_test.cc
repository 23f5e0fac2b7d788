#include "service/database_files.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/file.h"
#include "vulndb/testing.h"

namespace limpid::service {
namespace {

namespace fs = std::filesystem;
using vulndb::testing::Input;

// With --db, and nobody who watches: take() is called instead.
class DatabaseFilesTest : public testing::Test {
 protected:
  DatabaseFilesTest() {
    declare_service_metrics(metrics_);
    store::StoreOptions options;
    options.url = "sqlite:" + folder_.path() + "/store.db";
    store_ = store::open_store(options).value();
    Updater::Hooks hooks;
    hooks.notifications = [this](const vulndb::Database* before, const vulndb::Database& after,
                                 const std::atomic<bool>* cancel) {
      ++compared_;
      return files_->notifications(before, after, cancel);
    };
    updater_ = std::make_unique<Updater>(UpdaterConfig{}, data(), *store_, metrics_, std::move(hooks));
    files_ = std::make_unique<DatabaseFiles>(DatabaseFiles::Options{data(), given(), "", false}, *store_, catalogue_,
                                             cache_, metrics_, *updater_);
  }
  std::string data() const { return folder_.path() + "/data"; }
  std::string given() const { return folder_.path() + "/given.db"; }
  // A database with so many flaws, written into the file that is there.
  void write(int flaws) {
    std::vector<Input> inputs(1);
    inputs[0].feed = "debian";
    for (int i = 0; i < flaws; ++i) {
      advisory::Advisory& one = inputs[0].advisories.emplace_back();
      one.id = "CVE-2031-" + std::to_string(1000 + i);
      one.affected.push_back(
          vulndb::testing::affected("debian:12", "zlib", advisory::Status::fixed, {{"", "1.2", ""}}));
    }
    const std::string made = folder_.path() + "/made.db";
    ASSERT_TRUE(vulndb::testing::compile(std::move(inputs), made));
    write(base::read_file(made, 1 << 20).value());
  }
  void write(const std::string& bytes) const { std::ofstream(given(), std::ios::trunc) << bytes; }
  std::uint64_t flaws() const {
    const auto compiled = catalogue_.compiled();
    return compiled == nullptr ? 0 : compiled->database().info().advisories;
  }

  base::TemporaryDirectory folder_ = base::TemporaryDirectory::make("limpid-database-files-").value();
  Metrics metrics_;
  std::unique_ptr<store::Store> store_;
  v1::Catalogue catalogue_;
  v1::ReportCache cache_{1 << 20};
  std::unique_ptr<Updater> updater_;
  std::unique_ptr<DatabaseFiles> files_;
  int compared_ = 0;
};

TEST_F(DatabaseFilesTest, WhoWritesIntoTheGivenFileHarmsNobody) {
  write(3);
  ASSERT_TRUE(files_->take());
  EXPECT_EQ(flaws(), 3U);
  fs::resize_file(given(), 0);  // what is mapped of it would be gone
  const auto found = catalogue_.find("debian:12", "CVE-2031-1002");
  ASSERT_TRUE(found) << found.error().describe();
  EXPECT_TRUE(*found);
  write(5);
  ASSERT_TRUE(files_->take());
  EXPECT_EQ(flaws(), 5U);
}

TEST_F(DatabaseFilesTest, WhatIsNoDatabaseIsTriedOnce) {
  write(3);
  ASSERT_TRUE(files_->take());
  write(std::string(10'000, 'x'));
  EXPECT_FALSE(files_->take());
  EXPECT_TRUE(files_->take()) << "it is known by now";
  EXPECT_EQ(flaws(), 3U);
  write(4);
  ASSERT_TRUE(files_->take());
  EXPECT_EQ(flaws(), 4U);
}

TEST_F(DatabaseFilesTest, AFailureOfTheDiskIsTriedAgain) {
  write(3);
  fs::create_directories(data() + "/given.db/in-the-way");  // where the copy is put
  EXPECT_FALSE(files_->take());
  EXPECT_FALSE(files_->take());
  fs::remove_all(data() + "/given.db");
  ASSERT_TRUE(files_->take());
  EXPECT_EQ(flaws(), 3U);
}

TEST_F(DatabaseFilesTest, TheStoresOwnCopyIsMadeAnewIfItIsLost) {
  write(3);
  ASSERT_TRUE(updater_->publish(given()));
  fs::remove(data() + "/limpid-1.db");
  ASSERT_TRUE(files_->take());
  EXPECT_EQ(flaws(), 3U);
  EXPECT_EQ(catalogue_.compiled()->generation(), 1);
}

// Of a feed that another node updates.
TEST_F(DatabaseFilesTest, TellsWhatTheStoreKnowsOfFeeds) {
  store::FeedState state;
  state.name = "debian";
  state.last_success = 1'234'567;
  ASSERT_TRUE(store_->put_feed_state(state));
  write(1);
  ASSERT_TRUE(files_->start());
  EXPECT_TRUE(metrics_.text().contains("limpid_feed_last_success_timestamp_seconds{feed=\"debian\"} 1234567"));
}

TEST_F(DatabaseFilesTest, TheSameFileAgainChangesNothing) {
  write(3);
  ASSERT_TRUE(files_->take());
  const auto compiled = catalogue_.compiled();
  write(3);
  ASSERT_TRUE(files_->take());
  EXPECT_EQ(catalogue_.compiled(), compiled);
  EXPECT_EQ(compared_, 1);
}

}  // namespace
}  // namespace limpid::service
