// No request may cost more because the store has grown: every statement is shown to the planner, and the calls are made
// on a store of 100,000 layers.
#include <algorithm>
#include <cstdio>
#include <set>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/file.h"
#include "store/sqlite_connection.h"
#include "store/sqlite_schema.h"
#include "store/store.h"

namespace limpid::store::sqlite {
namespace {

constexpr std::int64_t kLayers = 100'000;
constexpr std::int64_t kChain = 20;

// What is meant to read everything there is of its kind.
const std::set<Sql> kReadsAll = {Sql::namespaces, Sql::all_advisories, Sql::feed_states};
// Not tables but what the statement itself has just collected.
const std::set<std::string> kCollected = {"chain", "descendants", "mention", "CONSTANT ROW"};

std::vector<std::string> plan_of(Connection& connection, const char* sql) {
  std::vector<std::string> lines;
  const std::string explain = base::cat({"EXPLAIN QUERY PLAN ", sql});
  const auto take = [](void* to, int columns, char** values, char**) {
    static_cast<std::vector<std::string>*>(to)->emplace_back(columns == 4 ? values[3] : "?");
    return 0;
  };
  char* problem = nullptr;
  EXPECT_EQ(sqlite3_exec(connection.handle(), explain.c_str(), take, &lines, &problem), SQLITE_OK)
      << sql << ": " << (problem != nullptr ? problem : "");
  sqlite3_free(problem);
  return lines;
}

bool reads_a_whole_table(std::string_view line) {
  if (line.find("AUTOMATIC") != std::string_view::npos) return true;
  // All of a namespace is nearly all there is: a search must be for more.
  if (line.ends_with("(namespace=?)")) return true;
  if (!base::strip_prefix(line, "SCAN ")) return false;
  return !kCollected.contains(std::string(line));
}

// 5,000 images of 20 layers; 40 features in the lowest layer of each, 5 in each other; feature 1 in every image.
constexpr const char* kFill = R"sql(
BEGIN;
INSERT INTO namespace (id, name, scheme) VALUES (1, 'debian:12', 2);
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
  INSERT INTO feature (id, namespace, name, version, origin, scheme, module)
  SELECT i, 1, 'package ' || (i / 5), '1.' || i, CASE WHEN i % 2 THEN 'origin ' || (i / 10) ELSE '' END, 2, '' FROM n;
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
  INSERT INTO layer (id, name, parent, namespace, engine, diff)
  SELECT i, 'layer ' || i, CASE WHEN i % 20 = 1 THEN NULL ELSE i - 1 END, 'debian:12', 1, x'' FROM n;
WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 39)
  INSERT INTO layer_feature (layer, feature, added)
  SELECT id, CASE i WHEN 0 THEN 1 ELSE (id * 7 + i * 400) % 19999 + 2 END, 1
  FROM layer JOIN n ON i < 5 OR id % 20 = 1 WHERE i > 0 OR id % 20 = 1;
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
  INSERT INTO notification (name, created, notified, deleted, old_revision, new_revision)
  SELECT 'n' || i, i, CASE WHEN i % 4 = 0 THEN i ELSE 0 END, CASE WHEN i % 2 THEN i ELSE 0 END, '', '{}' FROM n;
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
  INSERT INTO advisory (namespace, name, deleted, document, revision) SELECT 1, 'CVE-' || i, 0, '{}', i FROM n;
UPDATE counter SET changes = 20000;
COMMIT;
)sql";

class Plans : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = base::TemporaryDirectory::make("limpid-plans-");
    ASSERT_TRUE(folder);
    folder_.emplace(*std::move(folder));
    options_.url = "sqlite:" + path();
    ASSERT_TRUE(open_store(options_));  // makes the tables
  }
  std::string path() const { return folder_->path() + "/store"; }
  std::unique_ptr<Connection> connect() { return Connection::open(path(), std::chrono::seconds{10}).value(); }

  StoreOptions options_;
  std::optional<base::TemporaryDirectory> folder_;
};

TEST_F(Plans, NoStatementReadsAWholeTable) {
  const std::unique_ptr<Connection> connection = connect();
  std::size_t searches = 0;
  for (std::size_t i = 0; i < kSqlCount; ++i) {
    const Sql sql = static_cast<Sql>(i);
    ASSERT_NE(text_of(sql), nullptr) << "statement " << i << " has no text";
    bool scans = false;
    std::string plan;
    for (const std::string& line : plan_of(*connection, text_of(sql))) {
      scans = scans || reads_a_whole_table(line);
      searches += line.starts_with("SEARCH") ? 1 : 0;
      plan += "\n  " + line;
    }
    EXPECT_EQ(scans, kReadsAll.contains(sql)) << text_of(sql) << plan;
  }
  EXPECT_GT(searches, 40u);
}

TEST_F(Plans, TheCheckSeesWhatItShould) {
  const std::unique_ptr<Connection> connection = connect();
  for (const char* bad : {"SELECT 1 FROM layer WHERE engine = 1", "SELECT count(*) FROM layer",
                          "SELECT feature FROM layer_feature WHERE feature = 1",
                          "SELECT 1 FROM feature WHERE namespace = 1 AND version = '1'",
                          "WITH RECURSIVE chain(id) AS (SELECT id FROM layer WHERE id = 1) "
                          "SELECT count(*) FROM layer JOIN chain ON chain.id = layer.engine"}) {
    const std::vector<std::string> plan = plan_of(*connection, bad);
    EXPECT_TRUE(std::any_of(plan.begin(), plan.end(), reads_a_whole_table)) << bad;
  }
}

// Prints how long a call takes: the median and the worst of some.
template <class Call>
void timed(const char* what, const Call& call) {
  std::vector<double> microseconds;
  for (int i = 0; i < 51; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const auto result = call(i);
    microseconds.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    ASSERT_TRUE(result) << what << ": " << result.error().describe();
  }
  std::sort(microseconds.begin(), microseconds.end());
  std::printf("  %-34s median %8.1f us, worst %8.1f us\n", what, microseconds[25], microseconds[50]);
}

TEST_F(Plans, AnswersFromAHundredThousandLayers) {
  {
    const std::unique_ptr<Connection> connection = connect();
    const auto filled = connection->execute(kFill);
    ASSERT_TRUE(filled) << filled.error().describe();
  }
  const auto store = open_store(options_);
  ASSERT_TRUE(store) << store.error().describe();
  Store& all = **store;
  const LayerId top = kLayers / 2;  // a multiple of the chain's length: the top of an image

  ASSERT_EQ(all.ancestry(top).value().size(), static_cast<std::size_t>(kChain));
  ASSERT_EQ(all.features(top - kChain + 1).value().size(), 40u);
  // The answer of the recursive query against one by hand.
  std::set<FeatureId> expected;
  for (LayerId id = top - kChain + 1; id <= top; ++id)
    for (std::int64_t i = 0; i < (id % kChain == 1 ? 40 : 5); ++i)
      if (i > 0) expected.insert((id * 7 + i * 400) % 19'999 + 2);
  expected.insert(1);
  std::set<FeatureId> held;
  const std::vector<HeldFeature> features = all.features(top).value();
  for (const HeldFeature& one : features) held.insert(one.id);
  EXPECT_EQ(held, expected);

  const LayerPage page = all.layers_introducing(std::vector<FeatureId>{1}, 50'001, 100).value();
  ASSERT_EQ(page.size(), 100u);
  EXPECT_EQ(page.front().id, 50'001);
  EXPECT_EQ(page.back().id, 50'001 + 99 * kChain);
  EXPECT_EQ(all.notifications_waiting(0).value(), 12'500u);
  EXPECT_EQ(all.notifications_waiting(1'001).value(), 12'750u);
  EXPECT_EQ(all.claim_notification("me", 10, 0, 100).value()->name, "n2");
  EXPECT_EQ(all.versions_of("debian:12", "package 7").value().size(), 5u);

  const auto name = [](int i) { return "layer " + std::to_string(i * 1'000 + 20); };
  timed("find_layer", [&](int i) { return all.find_layer(name(i)); });
  timed("ancestry of 20", [&](int i) { return all.ancestry(i * 1'000 + 20); });
  timed("features of 20 layers", [&](int i) { return all.features(i * 1'000 + 20); });
  timed("versions_of", [&](int i) { return all.versions_of("debian:12", "package " + std::to_string(i)); });
  timed("layers_introducing, page of 100",
        [&](int i) { return all.layers_introducing(std::vector<FeatureId>{1, 40 + i, 9'000}, i * 1'000, 100); });
  timed("advisory", [&](int i) { return all.advisory("debian:12", "CVE-" + std::to_string(i + 1)); });
  timed("claim_notification", [&](int) { return all.claim_notification("me", 10, 0, 100); });
  timed("notifications_waiting", [&](int) { return all.notifications_waiting(0); });
  timed("put_layer of 100 known features", [&](int i) {
    NewLayer layer;
    layer.name = "new " + std::to_string(i);
    layer.parent_id = top;
    for (int j = 0; j < 100; ++j) {
      const int id = j * 10 + 4;
      layer.added.push_back(
          {"debian:12", "package " + std::to_string(id / 5), "1." + std::to_string(id), "", version::Scheme::dpkg});
    }
    return all.put_layer(layer);
  });
  timed("delete_layer with 19 descendants",
        [&](int i) { return all.delete_layer("layer " + std::to_string(i * 1'000 + 1)); });
  EXPECT_FALSE(all.find_layer("layer 20").value());
  EXPECT_TRUE(all.find_layer("layer 40").value());
  EXPECT_TRUE(all.find_layer("new 50").value());
  EXPECT_EQ(all.versions_of("debian:12", "package 0").value().size(), 4u);  // ids 1 to 4, none made again
}

}  // namespace
}  // namespace limpid::store::sqlite
