// At 100,000 layers, no request reads a table from end to end: PostgreSQL's planner is asked about every statement.
#include <array>
#include <set>

#include "store/conformance_fixture.h"
#include "store/engines.h"
#include "store/postgres_connection.h"
#include "store/postgres_server.h"

namespace limpid::store::postgres {
namespace {

using namespace std::chrono_literals;

constexpr int kLayers = 100'000;

// Those that are for whole tables; that of nodes has a row for each.
const std::set<Sql> kForWholeTables = {Sql::namespaces, Sql::feed_states, Sql::all_advisories, Sql::forget_dead_nodes,
                                       Sql::live_nodes};
// Those that may have to do with a large part of a table: left to itself, the planner thinks it cheaper to read it all.
const std::set<Sql> kForLargeParts = {Sql::notifications_waiting, Sql::purge_notifications, Sql::prune_changes,
                                      Sql::delete_old_chunks};

// 5,000 chains of 20 layers; each layer adds 6 of 60,000 features.
constexpr const char* kData = R"sql(
INSERT INTO namespace (name, scheme) SELECT 'debian:' || i, 2 FROM generate_series(1, 5000) AS i;
INSERT INTO node SELECT i, 0, 1, now() FROM generate_series(1, 5000) AS i;
INSERT INTO feature (key, namespace, name, version, origin, scheme, module)
  SELECT sha256(i::text::bytea), 1 + i % 20, 'package ' || i / 40, '1.' || i, CASE i % 3 WHEN 0 THEN 'origin ' || i / 60
  ELSE '' END, 2, '' FROM generate_series(1, 60000) AS i;
INSERT INTO layer (name, parent, namespace, engine, diff)
  SELECT 'layer ' || i, CASE WHEN (i - 1) % 20 = 0 THEN NULL ELSE i - 1 END, 'debian:1', 3, sha256(i::text::bytea)
  FROM generate_series(1, 100000) AS i;
INSERT INTO layer_feature (layer, feature, added)
  SELECT layer, 1 + (layer::bigint * 7919 + place * 104729) % 60000, place <> 0
  FROM generate_series(1, 100000) AS layer, generate_series(0, 5) AS place;
INSERT INTO inventory (diff, detectors, bytes) SELECT sha256(i::text::bytea), 1, 'x' FROM generate_series(1, 50000) AS i;
INSERT INTO advisory (namespace, name, deleted, document, revision)
  SELECT 1 + i % 20, 'CVE-' || i, false, '{}', i FROM generate_series(1, 20000) AS i;
INSERT INTO notification (name, created, notified, deleted, old_revision, new_revision)
  SELECT 'n' || i, i, i % 100 * i, CASE i % 10 WHEN 0 THEN i ELSE 0 END, '', '{}' FROM generate_series(1, 50000) AS i;
INSERT INTO change_log (number, kind, name_space, name, node)
  SELECT i, 1, 'debian:1', 'CVE-' || i, 1 FROM generate_series(1, 50000) AS i;
INSERT INTO keyvalue (key, value) SELECT 'key ' || i, 'v' FROM generate_series(1, 5000) AS i;
INSERT INTO lease (name, owner, until) SELECT 'lease ' || i, 'me', now() FROM generate_series(1, 5000) AS i;
INSERT INTO feed SELECT 'feed ' || i, 1, 1, 1, '', 1, 1, '' FROM generate_series(1, 5000) AS i;
INSERT INTO generation SELECT i, i, '', 1, 1 FROM generate_series(1, 2) AS i;
INSERT INTO generation_chunk SELECT 1 + i % 2, i, 'x' FROM generate_series(1, 5000) AS i;
UPDATE change_counter SET number = 50000;
ANALYZE;
)sql";

class PostgresPlans : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = PostgresServer::start();
    ASSERT_TRUE(started) << started.error().describe();
    server_ = started->release();
    url_ = server_->fresh_url().value();
    StoreOptions options;
    options.url = url_;
    auto opened = open_store(options);
    ASSERT_TRUE(opened) << opened.error().describe();
    store_ = opened->release();
    auto connection = open();
    ASSERT_NE(connection, nullptr);
    const auto filled = connection->execute(kData, 10min);
    ASSERT_TRUE(filled) << filled.error().describe();
  }
  static void TearDownTestSuite() {
    delete store_;
    delete server_;
  }
  static std::unique_ptr<Connection> open() {
    auto connection = Connection::open(url_, Clock::now() + 60s);
    EXPECT_TRUE(connection) << connection.error().describe();
    return connection ? *std::move(connection) : nullptr;
  }

  static inline PostgresServer* server_ = nullptr;
  static inline std::string url_;
  static inline Store* store_ = nullptr;
};

std::size_t parameters_of(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at + 1)) {
    std::size_t end = at + 1;
    while (end < text.size() && base::is_digit(text[end])) ++end;
    const auto number = base::parse_unsigned(std::string_view(text).substr(at + 1, end - at - 1));
    if (number) count = std::max<std::size_t>(count, *number);
  }
  return count;
}

std::string plan_of(Connection& connection, Sql sql) {
  const std::string name = base::cat({"plan", static_cast<int>(sql)});
  const auto prepared = connection.execute(base::cat({"PREPARE ", name, " AS ", text_of(sql)}));
  EXPECT_TRUE(prepared) << text_of(sql) << "\n" << prepared.error().describe();
  if (!prepared) return "";
  std::string values;
  for (std::size_t i = 0; i < parameters_of(text_of(sql)); ++i) values += i == 0 ? "(NULL" : ", NULL";
  if (!values.empty()) values += ")";
  const auto rows = connection.execute(base::cat({"EXPLAIN (COSTS OFF) EXECUTE ", name, values}));
  EXPECT_TRUE(rows) << text_of(sql) << "\n" << rows.error().describe();
  std::string plan;
  for (std::size_t i = 0; rows && i < rows->size(); ++i) plan += rows->text(i, 0) + "\n";
  return plan;
}

bool is_control(Sql sql) { return sql == Sql::begin || sql == Sql::commit || sql == Sql::rollback; }

// A scan of a table, or of a whole index: a node "Index … Scan" that no "Index Cond" follows. Those that read an index
// in order and stop at a LIMIT are meant so.
std::string scan_in(const std::string& plan, bool may_stop_at_limit) {
  std::string_view rest = plan;
  std::string pending;  // an index scan whose conditions have not been seen yet
  while (const auto line = base::take_line(rest)) {
    const bool is_node = line->find("->") != std::string_view::npos;
    if (is_node && !pending.empty()) return pending;
    // Of one row, of at most three, and of one for each node.
    const bool is_tiny = line->find("on change_counter") != std::string_view::npos ||
                         line->find("on generation") != std::string_view::npos ||
                         line->find(" on node") != std::string_view::npos;
    if (line->find("Seq Scan on ") != std::string_view::npos && !(is_tiny && line->find("_chunk") == line->npos))
      return std::string(*line);
    if (line->find("Index Cond") != std::string_view::npos) pending.clear();
    const bool is_index_scan =
        line->find(" using ") != std::string_view::npos || line->find("Bitmap Index Scan") != std::string_view::npos;
    if (is_index_scan && !may_stop_at_limit && !is_tiny) pending = *line;
  }
  return pending;
}

// Both as we set the planner (which avoids scans of tables where it can) and as it is by itself; with the plan for
// any values, which is the one that is used.
TEST_F(PostgresPlans, ReadNoTableFromEndToEnd) {
  for (const bool by_itself : {true, false}) {
    const char* enabled = by_itself ? "on" : "off";
    const auto connection = open();
    ASSERT_NE(connection, nullptr);
    ASSERT_TRUE(connection->execute(base::cat({"SET enable_seqscan = ", enabled})));
    for (std::size_t i = 0; i < kSqlCount; ++i) {
      const auto sql = static_cast<Sql>(i);
      if (is_control(sql) || kForWholeTables.contains(sql)) continue;
      if (by_itself && kForLargeParts.contains(sql)) continue;
      const std::string plan = plan_of(*connection, sql);
      ASSERT_FALSE(plan.empty());
      const bool limited = plan.find("Limit") != std::string::npos;
      EXPECT_EQ(scan_in(plan, limited), "") << "enable_seqscan = " << enabled << "\n" << text_of(sql) << "\n" << plan;
    }
  }
}

// That the test can fail.
TEST_F(PostgresPlans, WouldSeeAScan) {
  const auto connection = open();
  ASSERT_NE(connection, nullptr);
  for (const char* sql : {"SELECT * FROM layer WHERE engine = 1", "SELECT count(*) FROM layer_feature",
                          "SELECT id FROM layer ORDER BY id"}) {
    const auto rows = connection->execute(base::cat({"EXPLAIN (COSTS OFF) ", sql}));
    ASSERT_TRUE(rows);
    std::string plan;
    for (std::size_t i = 0; i < rows->size(); ++i) plan += rows->text(i, 0) + "\n";
    EXPECT_NE(scan_in(plan, false), "") << plan;
  }
}

TEST_F(PostgresPlans, AnswerFast) {
  const std::optional<Layer> top = store_->find_layer("layer 70020").value();
  ASSERT_TRUE(top);
  EXPECT_EQ(store_->ancestry(top->id).value().size(), 20u);
  const auto median = [](const std::function<void()>& work) {
    std::vector<std::chrono::nanoseconds> times;
    for (int i = 0; i < 101; ++i) {
      const auto begin = Clock::now();
      work();
      times.push_back(Clock::now() - begin);
    }
    std::sort(times.begin(), times.end());
    return std::chrono::duration_cast<std::chrono::microseconds>(times[times.size() / 2]).count();
  };
  std::size_t held = 0;
  const auto features = median([&] { held = store_->features(top->id).value().size(); });
  const auto layer = median([&] { (void)store_->find_layer("layer 70020").value(); });
  std::printf("find_layer %ld us; features of 20 layers (%zu held) %ld us\n", layer, held, features);
  EXPECT_GT(held, 90u);
  EXPECT_LT(features, 100'000);

  // An image as large as the design's: 20 layers, 800 packages.
  LayerId parent = 0;
  for (int i = 0; i < 20; ++i) {
    NewLayer next = conformance::new_layer("large " + std::to_string(i), parent);
    for (int j = 0; j < (i == 0 ? 420 : 20); ++j)
      next.added.push_back(conformance::deb(base::cat({"large ", i, " ", j}), "1"));
    ASSERT_TRUE(store_->put_layer(next));
    parent = store_->find_layer(next.name).value()->id;
  }
  const auto large = median([&] { held = store_->features(parent).value().size(); });
  std::printf("features of 20 layers (%zu held) %ld us\n", held, large);
  EXPECT_EQ(held, 800u);
  EXPECT_LT(large, 100'000);
}

}  // namespace
}  // namespace limpid::store::postgres
