#include "service/update.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "archive/testing.h"
#include "base/file.h"
#include "service/feed_server_for_test.h"
#include "service/files.h"

namespace limpid::service {
namespace {

namespace fs = std::filesystem;

std::string read(const std::string& path) { return base::read_file(path, std::uint64_t{1} << 30).value_or("(none)"); }

class UpdateTest : public testing::Test {
 protected:
  UpdateTest() {
    options_.folder = folder_.path() + "/feeds";
    options_.output = folder_.path() + "/out.db";
    options_.progress = [this](const std::string& line) { lines_ += line + "\n"; };
    serve_alpine();
  }

  void serve_alpine() {
    server_.put("/secdb/", {.body = R"(<pre><a href="../">../</a> <A class="x" HREF='v3.19/'>v3.19/</A>
      <a href="edge/">edge/</a> <a href="last-update">l</a> <a href="//elsewhere/v3.1/">x</a></pre>)"});
    server_.put("/secdb/v3.19/", {.body = R"(<a href="main.json">m</a><a href="main.yaml">m</a>)"});
    server_.put("/secdb/edge/", {.body = R"(<a href="./main.json">m</a><a href="community.json">c</a>)"});
    server_.put("/secdb/v3.19/main.json", {.body = secdb("v3.19", 1000, 10), .etag = "\"a\""});
    server_.put("/secdb/edge/main.json", {.body = secdb("edge", 2000, 10), .etag = "\"b\""});
    server_.put("/secdb/edge/community.json",
                {.body = secdb("edge", 3000, 10), .last_modified = "Mon, 03 Feb 2031 10:00:00 GMT"});
  }
  void add(const std::string& feed, const std::string& url, const std::string& name_space = "") {
    options_.config.feeds.push_back({feed, url, name_space, ""});
  }
  void add_alpine() { add("alpine", server_.url("/secdb/")); }

  UpdateOutcome update() {
    lines_.clear();
    auto outcome = update_database(options_);
    EXPECT_TRUE(outcome) << outcome.error().describe();
    return outcome ? *std::move(outcome) : UpdateOutcome{};
  }
  // What the store says of the last update.
  void remember(const std::string& name, store::Seconds last_success, std::uint64_t records) {
    store::FeedState state;
    state.name = name;
    state.last_attempt = state.last_success = last_success;
    state.records = records;
    options_.before.push_back(std::move(state));
  }
  bool knows(const std::string& id) const {
    const auto database = vulndb::Database::open(options_.output);
    return database && database->find(id) && !database->find(id)->empty();
  }
  // All that was fetched, without what is remembered of it.
  std::vector<std::string> kept_files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(options_.folder)) {
      const std::string name = entry.path().filename().string();
      if (entry.is_regular_file() && !name.ends_with(".state") && name != "lock" && name != "compiled")
        names.push_back(entry.path().string());
    }
    std::ranges::sort(names);
    return names;
  }
  std::string kept(std::string_view suffix) const {
    for (const std::string& name : kept_files())
      if (name.ends_with(suffix)) return name;
    return "(none)";
  }

  base::TemporaryDirectory folder_ = base::TemporaryDirectory::make("limpid-update-").value();
  FeedServer server_;
  UpdateOptions options_;
  std::string lines_;
};

TEST_F(UpdateTest, FetchesWhatTheIndexListsAndAsksConditionallyAfterwards) {
  add_alpine();
  const UpdateOutcome first = update();
  EXPECT_TRUE(first.compiled && first.current);
  EXPECT_EQ(first.failed, 0U);
  ASSERT_EQ(first.feeds.size(), 1U);
  EXPECT_EQ(first.feeds[0].name, "alpine");
  EXPECT_EQ(first.feeds[0].records, 30U);
  EXPECT_EQ(first.feeds[0].statements, 30U);
  EXPECT_GT(first.feeds[0].last_success, 0);
  EXPECT_EQ(first.feeds[0].last_success, first.feeds[0].last_change);
  EXPECT_EQ(kept_files().size(), 3U);
  EXPECT_TRUE(knows("CVE-2031-1000") && knows("CVE-2031-2009") && knows("CVE-2031-3005"));
  for (const auto& answer : server_.answers()) EXPECT_FALSE(answer.conditional) << answer.target;
  const std::string bytes = read(options_.output);

  const UpdateOutcome second = update();  // as after a restart: nothing is remembered but in the folder
  EXPECT_TRUE(second.current);
  EXPECT_FALSE(second.compiled) << lines_;
  EXPECT_EQ(second.feeds[0].records, 30U);
  EXPECT_EQ(second.feeds[0].last_change, first.feeds[0].last_change);
  std::size_t unchanged = 0;
  for (const auto& answer : server_.answers()) unchanged += answer.status == 304 ? 1 : 0;
  EXPECT_EQ(unchanged, 3U);
  EXPECT_EQ(kept_files().size(), 3U);
  EXPECT_EQ(read(options_.output), bytes);
}

// One of Red Hat's documents: a package that is fixed in that version.
std::string vex(const std::string& cve, const std::string& package, const std::string& version) {
  return base::cat({R"({"document": {"tracking": {"status": "final"}}, "product_tree": {"branches": [
    {"product": {"product_id": "P", "name": "P", "product_identification_helper": {"cpe": "cpe:/o:redhat:enterprise_linux:9::baseos"}}},
    {"product": {"product_id": "C", "name": "C", "product_identification_helper": {"purl": "pkg:rpm/redhat/)",
                    package, "@", version, R"(?arch=x86_64"}}}], "relationships": [
    {"full_product_name": {"product_id": "P:C"}, "product_reference": "C", "relates_to_product_reference": "P"}]},
    "vulnerabilities": [{"cve": ")",
                    cve, R"(", "product_status": {"fixed": ["P:C"]}}]})"});
}

TEST_F(UpdateTest, OfRedHatsArchiveOnlyTheChangesAreFetchedAgain) {
  std::string archive;
  for (const char* number : {"1", "2", "3"})
    archive += archive::testing::tar_member({.name = base::cat({"2031/cve-2031-000", number, ".json"}),
                                             .content = vex(base::cat({"CVE-2031-000", number}), "zlib", "1-1.el9")});
  server_.put("/vex/archive_latest.txt", {.body = "csaf_vex_2031-01-02.tar.zst"});
  server_.put("/vex/csaf_vex_2031-01-02.tar.zst", {.body = archive + archive::testing::kTarEnd});
  server_.put("/vex/changes.csv", {.body = "\"2031/cve-2031-0001.json\",\"2031-01-01T00:00:00+00:00\"\n"});
  add("redhat", server_.url("/vex/"));
  EXPECT_TRUE(update().compiled) << lines_;
  EXPECT_TRUE(knows("CVE-2031-0001") && knows("CVE-2031-0002") && knows("CVE-2031-0003"));

  // A week later one document has another fix, one is gone, and one is new.
  server_.put("/vex/archive_latest.txt", {.body = "csaf_vex_2031-01-09.tar.zst"});
  server_.put("/vex/changes.csv", {.body = "\"2031/cve-2031-0004.json\",\"2031-01-08T00:00:00+00:00\"\n"
                                           "\"2031/cve-2031-0002.json\",\"2031-01-05T00:00:00+00:00\"\n"});
  server_.put("/vex/deletions.csv", {.body = "\"2031/cve-2031-0003.json\",\"2031-01-07T00:00:00+00:00\"\n"});
  server_.put("/vex/2031/cve-2031-0002.json", {.body = vex("CVE-2031-0002", "zlib", "1-5.el9")});
  server_.put("/vex/2031/cve-2031-0004.json", {.body = vex("CVE-2031-0004", "zlib", "1-1.el9")});
  server_.answers();
  EXPECT_TRUE(update().compiled) << lines_;
  const auto targets = [&] {
    std::vector<std::string> all;
    for (const auto& answer : server_.answers()) all.push_back(answer.target);
    return all;
  };
  EXPECT_EQ(targets(), (std::vector<std::string>{"/vex/archive_latest.txt", "/vex/changes.csv", "/vex/deletions.csv",
                                                 "/vex/2031/cve-2031-0002.json", "/vex/2031/cve-2031-0004.json"}));
  EXPECT_TRUE(knows("CVE-2031-0001") && knows("CVE-2031-0002") && knows("CVE-2031-0004"));
  EXPECT_FALSE(knows("CVE-2031-0003"));
  const auto database = vulndb::Database::open(options_.output);
  std::vector<vulndb::Statement> statements;
  ASSERT_TRUE(database && database->statements("rhel:9", "zlib", advisory::KeyKind::binary, statements));
  std::vector<std::string> fixes;
  for (const auto& statement : statements) fixes.push_back(base::cat({statement.id, " ", statement.ranges[0].fixed}));
  EXPECT_EQ(fixes,
            (std::vector<std::string>{"CVE-2031-0001 1-1.el9", "CVE-2031-0002 1-5.el9", "CVE-2031-0004 1-1.el9"}));

  // What was fetched under the same words is not asked for again.
  EXPECT_FALSE(update().compiled) << lines_;
  EXPECT_EQ(targets(), (std::vector<std::string>{"/vex/archive_latest.txt", "/vex/changes.csv", "/vex/deletions.csv"}));
}

TEST_F(UpdateTest, IdenticalBytesAreNoChangeWhateverTheServerSays) {
  add_alpine();
  update();
  server_.put("/secdb/edge/main.json", {.body = secdb("edge", 2000, 10), .etag = "\"new\""});
  server_.answers();
  EXPECT_FALSE(update().compiled);
  // The new validator is the one that is sent next.
  server_.answers();
  update();
  for (const auto& answer : server_.answers()) {
    if (answer.target == "/secdb/edge/main.json") {
      EXPECT_EQ(answer.status, 304);
    }
  }
}

TEST_F(UpdateTest, CompilesAgainWhatChangedOrIsGone) {
  add_alpine();
  update();
  server_.put("/secdb/edge/main.json", {.body = secdb("edge", 2001, 10), .etag = "\"c\""});
  const UpdateOutcome changed = update();
  EXPECT_TRUE(changed.compiled);
  EXPECT_TRUE(knows("CVE-2031-2010") && !knows("CVE-2031-2000"));
  fs::remove(options_.output);
  EXPECT_TRUE(update().compiled);
  EXPECT_TRUE(knows("CVE-2031-2010"));
  std::ofstream(options_.output) << "somebody else's";
  EXPECT_TRUE(update().compiled);
  EXPECT_FALSE(update().compiled);
}

TEST_F(UpdateTest, AFeedFailsByItself) {
  add_alpine();
  add("alpine", server_.url("/other.json"), "alpine:v3.5");
  const UpdateOutcome without = update();
  EXPECT_TRUE(without.compiled && without.current);
  EXPECT_EQ(without.failed, 1U);
  ASSERT_EQ(without.feeds.size(), 2U);
  EXPECT_EQ(without.feeds[1].name, "alpine@alpine:v3.5");
  EXPECT_NE(without.feeds[1].problem.find("/other.json: the server answered 404"), std::string::npos)
      << without.feeds[1].problem;
  EXPECT_EQ(without.feeds[1].last_success, 0);
  EXPECT_TRUE(knows("CVE-2031-1000"));

  server_.put("/other.json", {.body = secdb("v3.5", 5000, 3)});
  EXPECT_EQ(update().failed, 0U);
  EXPECT_TRUE(knows("CVE-2031-5000"));
  // Its last copy goes on, beside what is new of the other.
  server_.remove("/other.json");
  server_.put("/secdb/edge/main.json", {.body = secdb("edge", 2005, 10), .etag = "\"c\""});
  const UpdateOutcome with_old = update();
  EXPECT_EQ(with_old.failed, 1U);
  EXPECT_TRUE(with_old.compiled);
  EXPECT_EQ(with_old.feeds[1].records, 3U);
  EXPECT_TRUE(knows("CVE-2031-5000") && knows("CVE-2031-2014"));
  EXPECT_NE(lines_.find("the copy of "), std::string::npos) << lines_;
}

TEST_F(UpdateTest, OneFileOfManyFailsByItself) {
  add_alpine();
  update();
  server_.put("/secdb/edge/main.json", {.body = secdb("edge", 2001, 10), .etag = "\"c\""});
  server_.remove("/secdb/v3.19/main.json");
  const UpdateOutcome outcome = update();
  EXPECT_EQ(outcome.failed, 1U);
  EXPECT_NE(outcome.feeds[0].problem.find("1 of 3 files failed"), std::string::npos) << outcome.feeds[0].problem;
  EXPECT_TRUE(knows("CVE-2031-2010") && knows("CVE-2031-1000"));
}

TEST_F(UpdateTest, RefusesAFeedThatShrank) {
  add_alpine();
  update();
  // 30 → 23 records are below 80 %, 24 are not.
  server_.put("/secdb/edge/main.json", {.body = secdb("edge", 2100, 3), .etag = "\"small\""});
  const UpdateOutcome refused = update();
  EXPECT_EQ(refused.failed, 1U);
  EXPECT_NE(refused.feeds[0].problem.find("shrank from 30 to 23 records"), std::string::npos)
      << refused.feeds[0].problem;
  EXPECT_EQ(refused.feeds[0].records, 30U);
  EXPECT_TRUE(knows("CVE-2031-2000") && !knows("CVE-2031-2100"));
  EXPECT_EQ(kept_files().size(), 3U);
  EXPECT_EQ(read(kept("edge/main.json")), secdb("edge", 2000, 10));
  server_.put("/secdb/edge/main.json", {.body = secdb("edge", 2100, 4), .etag = "\"enough\""});
  EXPECT_EQ(update().failed, 0U);
  EXPECT_TRUE(knows("CVE-2031-2103"));
  // What the store remembers goes before what the folder does.
  remember("alpine", 1, 1'000);
  server_.put("/secdb/edge/main.json", {.body = secdb("edge", 2100, 9), .etag = "\"more\""});
  EXPECT_NE(update().feeds[0].problem.find("shrank from 1000 to 29 records"), std::string::npos);
}

TEST_F(UpdateTest, RefusesWhatCannotBeRead) {
  add("alpine", server_.url("/one.json"));
  server_.put("/one.json", {.body = secdb("v3.5", 5000, 3)});
  update();
  for (const std::string body : {"<html>We are moving</html>", R"({"distroversion":"v3.5","packages":[)",
                                 R"({"distroversion":"v3.5","packages":[]})", ""}) {
    server_.put("/one.json", {.body = body});
    const UpdateOutcome outcome = update();
    EXPECT_EQ(outcome.failed, 1U) << body;
    EXPECT_TRUE(outcome.current) << body;
    EXPECT_TRUE(knows("CVE-2031-5000")) << body;
    EXPECT_EQ(read(kept("one.json")), secdb("v3.5", 5000, 3)) << body;
  }
}

TEST_F(UpdateTest, RetriesAndTakesNoPartOfAFile) {
  add("alpine", server_.url("/one.json"));
  server_.put("/one.json", {.body = secdb("v3.5", 5000, 3), .failures = 2, .failure_head = "Retry-After: 1\r\n"});
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(update().failed, 0U);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));  // twice as long as it was told
  EXPECT_EQ(server_.answers().size(), 3U);

  server_.put("/one.json", {.body = secdb("v3.5", 6000, 300), .cut = true});
  const UpdateOutcome cut = update();
  EXPECT_EQ(cut.failed, 1U);
  EXPECT_EQ(server_.answers().size(), 3U);
  EXPECT_TRUE(knows("CVE-2031-5000") && !knows("CVE-2031-6000"));
  EXPECT_EQ(kept_files().size(), 1U);
}

TEST_F(UpdateTest, ADamagedStateOrFileIsFetchedUnconditionally) {
  add("alpine", server_.url("/one.json"));
  server_.put("/one.json", {.body = secdb("v3.5", 5000, 3), .etag = "\"1\""});
  update();
  const std::string good = read(kept("one.json") + ".state");
  const auto is_conditional = [&] {
    server_.answers();
    EXPECT_EQ(update().failed, 0U);
    EXPECT_EQ(read(kept("one.json")), secdb("v3.5", 5000, 3));
    return server_.answers().at(0).conditional;
  };
  EXPECT_TRUE(is_conditional());
  for (const std::string& damage : {std::string(), good.substr(0, good.size() - 5), good + "etag=twice\n",
                                    std::string("\0\xff\n", 3), "size=-1\n" + good}) {
    std::ofstream(kept("one.json") + ".state") << damage;
    EXPECT_FALSE(is_conditional()) << damage;
    EXPECT_TRUE(is_conditional());
  }
  std::string bytes = secdb("v3.5", 5000, 3);
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(kept("one.json")) << bytes;
  EXPECT_FALSE(is_conditional());
  EXPECT_TRUE(is_conditional());
}

TEST_F(UpdateTest, MakesNoDatabaseThatWouldLoseWhatAnotherKnows) {
  add_alpine();
  add("alpine", server_.url("/other.json"), "alpine:v3.5");
  // Another node has read it; here it cannot be had, as on a node that takes over while the upstream is away.
  remember("alpine@alpine:v3.5", 5, 3);
  std::ofstream(options_.output) << "in use";
  const UpdateOutcome outcome = update();
  EXPECT_FALSE(outcome.current || outcome.compiled);
  EXPECT_EQ(outcome.failed, 1U);
  EXPECT_EQ(read(options_.output), "in use");
  EXPECT_EQ(outcome.feeds[1].last_success, 5);
  EXPECT_EQ(outcome.feeds[1].records, 3U);
  EXPECT_NE(lines_.find("no new database"), std::string::npos) << lines_;
  // A copy of its own that is older than what the other node has read is no better.
  server_.put("/other.json", {.body = secdb("v3.5", 5000, 3)});
  EXPECT_TRUE(update().compiled);
  server_.remove("/other.json");
  options_.before[0].last_success = std::int64_t{1} << 40;
  EXPECT_FALSE(update().current);
}

TEST_F(UpdateTest, FailsAsAWholeIfThereIsNothing) {
  add("alpine", server_.url("/none.json"));
  add("nonsense", server_.url("/none.json"));
  add("debian", server_.url("/"));
  add("debian", "ftp://example.invalid/json");
  const auto outcome = update_database(options_);
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().describe().find("404"), std::string::npos) << outcome.error().describe();
  EXPECT_NE(lines_.find("there is no feed 'nonsense'"), std::string::npos) << lines_;
  EXPECT_NE(lines_.find("name a file, not a folder"), std::string::npos) << lines_;
  EXPECT_NE(lines_.find("only http, https and file URLs"), std::string::npos) << lines_;
  EXPECT_FALSE(fs::exists(options_.output));
}

TEST_F(UpdateTest, ReadsLocalFilesAndFolders) {
  const std::string file = folder_.path() + "/my file.json", local = folder_.path() + "/local";
  std::ofstream(file) << secdb("v3.5", 5000, 10);
  fs::create_directories(local);
  std::ofstream(local + "/a.json") << secdb("v3.6", 6000, 10);
  add("alpine", "file://" + folder_.path() + "/my%20file.json");
  add("alpine", local);
  EXPECT_EQ(update().failed, 0U) << lines_;
  EXPECT_TRUE(knows("CVE-2031-5000") && knows("CVE-2031-6000"));
  EXPECT_FALSE(update().compiled);
  EXPECT_EQ(read(file), secdb("v3.5", 5000, 10));
  std::ofstream(file) << secdb("v3.5", 5001, 10);
  std::ofstream(local + "/b.json") << secdb("v3.6", 6100, 10);
  EXPECT_TRUE(update().compiled);
  EXPECT_TRUE(knows("CVE-2031-5010") && knows("CVE-2031-6100"));
  // A file is copied, and its copy goes on; a folder is read where it is, and no database is made without it.
  std::ofstream(file) << "damaged";
  EXPECT_TRUE(update().current);
  EXPECT_TRUE(knows("CVE-2031-5010"));
  fs::remove_all(local);
  EXPECT_FALSE(update().current);
  EXPECT_TRUE(knows("CVE-2031-6100"));
}

TEST_F(UpdateTest, EndsSoonWhenCancelled) {
  add("alpine", server_.url("/one.json"));
  server_.put("/one.json", {.body = secdb("v3.5", 5000, 3), .stalls = true});
  std::atomic<bool> cancel = false;
  options_.cancel = &cancel;
  std::chrono::steady_clock::time_point asked;
  std::jthread canceller([&] {
    server_.wait_for_requests(1);
    asked = std::chrono::steady_clock::now();
    cancel = true;
  });
  const auto outcome = update_database(options_);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), Code::cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(5));  // 200 ms, on an idle machine
  EXPECT_TRUE(kept_files().empty());
}

TEST_F(UpdateTest, TwoUpdatesDoNotShareAFolder) {
  add("alpine", server_.url("/one.json"));
  server_.put("/one.json", {.body = secdb("v3.5", 5000, 3), .stalls = true});
  std::atomic<bool> cancel = false;
  options_.cancel = &cancel;
  std::jthread first([&] { (void)update_database(options_); });
  server_.wait_for_requests(1);
  UpdateOptions other = options_;
  other.progress = nullptr;
  const auto second = update_database(other);
  cancel = true;
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().describe().find("another update is using this folder"), std::string::npos);
}

TEST_F(UpdateTest, RealFeeds) {
  const char* root = std::getenv("LIMPID_SHARED");
  const std::string data = std::string(root == nullptr ? "" : root) + "/data";
  if (root == nullptr || !fs::exists(data + "/alpine-secdb/v3.10"))
    GTEST_SKIP() << "real data not here: LIMPID_SHARED does not name a folder that has it";
  std::string index;
  for (const auto& branch : fs::directory_iterator(data + "/alpine-secdb")) {
    const std::string name = branch.path().filename().string();
    if (!name.starts_with("v3.")) continue;
    index += "<a href=\"" + name + "/\">" + name + "/</a>\n";
    for (const char* file : {"main.json", "community.json"})
      server_.put("/real/" + name + "/" + file, {.body = read(branch.path().string() + "/" + file), .etag = "\"x\""});
    server_.put("/real/" + name + "/", {.body = "<a href=\"main.json\"></a><a href=\"community.json\"></a>"});
  }
  server_.put("/real/", {.body = index});
  server_.put("/tracker/data/json", {.body = read(data + "/debian/tracker-derived.json.zst"), .etag = "\"y\""});
  add("alpine", server_.url("/real/"));
  add("debian", server_.url("/tracker/data/json"));
  add("osv", data + "/osv/Go/all.zip");
  add("endoflife", data + "/endoflife/products-full.json");
  const auto begun = std::chrono::steady_clock::now();
  const UpdateOutcome first = update();
  const std::chrono::duration<double> full = std::chrono::steady_clock::now() - begun;
  ASSERT_EQ(first.feeds.size(), 4U);
  EXPECT_EQ(first.failed, 0U) << lines_;
  EXPECT_EQ(first.feeds[0].records, 10306U);
  EXPECT_EQ(first.feeds[1].records, 28335U);
  EXPECT_TRUE(vulndb::Database::open(options_.output)->verify());
  const auto again = std::chrono::steady_clock::now();
  EXPECT_FALSE(update().compiled);
  const std::chrono::duration<double> nothing = std::chrono::steady_clock::now() - again;
  std::printf("%s  first %.2f s, unchanged %.2f s\n", lines_.c_str(), full.count(), nothing.count());
}

}  // namespace
}  // namespace limpid::service
