// The statements. What keeps them fast whatever the tables grow to, and whatever the planner thinks of them: a row of a
// large table is reached by `= ANY(ARRAY(SELECT …))` or from a LATERAL subquery with OFFSET 0, which the planner cannot
// turn round into a join that reads the whole table, and every condition has its index.
//
// Each parameter has a cast where it stands first, so that the texts alone settle the types.
#include "store/postgres_sql.h"

#include <array>

namespace limpid::store::postgres {
namespace {

#define LIMPID_DESCENDANTS                                                                    \
  "(WITH RECURSIVE descendants(id) AS (SELECT id FROM layer WHERE name = $1::text UNION ALL " \
  "SELECT child.id FROM descendants CROSS JOIN LATERAL "                                      \
  "(SELECT layer.id FROM layer WHERE layer.parent = descendants.id OFFSET 0) AS child) SELECT id FROM descendants)"
// The layer $1 and its ancestors.
#define LIMPID_CHAIN                                                                                             \
  "WITH RECURSIVE chain(id, parent, name) AS (SELECT id, parent, name FROM layer WHERE id = $1::int8 UNION ALL " \
  "SELECT below.id, below.parent, below.name FROM chain CROSS JOIN LATERAL "                                     \
  "(SELECT layer.id, layer.parent, layer.name FROM layer WHERE layer.id = chain.parent OFFSET 0) AS below)"
#define LIMPID_LAYER_COLUMNS                                                                                    \
  "layer.id, layer.name, layer.parent, (SELECT below.name FROM layer AS below WHERE below.id = layer.parent), " \
  "layer.namespace, layer.engine, layer.diff"
#define LIMPID_FEATURE_COLUMNS                                                                                  \
  "(SELECT namespace.name FROM namespace WHERE namespace.id = feature.namespace) AS name_space, feature.name, " \
  "feature.version, feature.origin, feature.scheme, feature.module"
#define LIMPID_NOTIFICATION_COLUMNS "name, created, notified, deleted, old_revision, new_revision"
// pg_stat_get_activity() is what the view pg_stat_activity reads.
#define LIMPID_IS_LIVE \
  "EXISTS (SELECT FROM pg_stat_get_activity(node.pid) AS backend WHERE backend.backend_start = node.backend_start)"
// Whether the writer of an advisory has seen the newest revision; 0 stands for none.
#define LIMPID_NAMESPACE "(SELECT namespace.id FROM namespace WHERE namespace.name = $1::text)"
#define LIMPID_REVISION_IS(name_space, number)                                              \
  "coalesce((SELECT advisory.revision FROM advisory WHERE advisory.namespace = " name_space \
  " AND advisory.name = $2::text), 0) = " number
// Takes the next number for a change and writes the change down. The lock on the counter's row, kept until the commit,
// makes the numbers' order that of the commits.
#define LIMPID_COUNT "counted AS (UPDATE change_counter SET number = number + 1 "
#define LIMPID_NOTIFY(channel, node) "SELECT number, pg_notify(" channel ", number || ' ' || " node ") FROM counted"
// The same for a node that is told whether there are others, and that notifies only them.
#define LIMPID_NOTIFY_OTHERS(channel, node)                                                    \
  "SELECT number, others, CASE WHEN others THEN pg_notify(" channel ", number || ' ' || " node \
  ") END FROM "                                                                                \
  "counted"
#define LIMPID_NUMBER_AND_OTHERS(node) " RETURNING number, alone IS DISTINCT FROM " node " AS others)"
#define LIMPID_INSERT_NOTIFICATIONS                                                                              \
  "INSERT INTO notification (name, created, old_revision, new_revision) SELECT one.name, one.created, one.old, " \
  "one.new"
struct Entry {
  Sql sql;
  bool writes;
  const char* text;
};

constexpr auto kEntries = std::to_array<Entry>({
    {Sql::begin, false, "BEGIN"},
    {Sql::commit, false, "COMMIT"},
    {Sql::rollback, false, "ROLLBACK"},

    // ── Changes and nodes ──
    {Sql::lock_counter, false, "SELECT number FROM change_counter WHERE one FOR UPDATE"},
    {Sql::make_change, true,
     "WITH " LIMPID_COUNT
     "WHERE one RETURNING number), logged AS (INSERT INTO change_log (number, kind, name_space, name, node) "
     "SELECT number, $1::int8, $2::text, $3::text, $4::int8 FROM counted) " LIMPID_NOTIFY("$5::text", "$4")},
    {Sql::change_number, false, "SELECT number FROM change_counter WHERE one"},
    {Sql::changes_since, false,
     "SELECT counter.number, change.number, change.kind, change.name_space, change.name, change.node "
     "FROM (SELECT number FROM change_counter WHERE one) AS counter LEFT JOIN LATERAL (SELECT * FROM change_log "
     "WHERE change_log.number > $1::int8 ORDER BY change_log.number LIMIT $2::int8) AS change ON true "
     "ORDER BY change.number"},
    {Sql::prune_changes, true, "DELETE FROM change_log WHERE number <= $1::int8"},
    {Sql::next_node, true, "SELECT nextval('node_id')"},
    {Sql::announce_node, true,
     "WITH announced AS (INSERT INTO node (id, applied, pid, backend_start) SELECT $1::int8, $2::int8, "
     "pg_backend_pid(), backend.backend_start FROM pg_stat_get_activity(pg_backend_pid()) AS backend "
     "ON CONFLICT (id) DO UPDATE SET applied = excluded.applied, pid = excluded.pid, "
     "backend_start = excluded.backend_start) SELECT pg_notify($3::text, $1 || ' ' || $2)"},
    {Sql::forget_node, true, "DELETE FROM node WHERE id = $1::int8"},
    {Sql::forget_dead_nodes, true, "DELETE FROM node WHERE NOT " LIMPID_IS_LIVE},
    // After whatever changed the rows of `node`, with the counter locked before.
    {Sql::count_nodes, true,
     "UPDATE change_counter SET alone = (SELECT CASE count(*) WHEN 1 THEN min(node.id) END FROM node) WHERE one"},
    {Sql::live_nodes, false, "SELECT id FROM node WHERE id <> $1::int8 AND " LIMPID_IS_LIVE},
    {Sql::nodes_behind, false,
     "SELECT id FROM node WHERE id = ANY($1::int8[]) AND applied < $2::int8 AND " LIMPID_IS_LIVE},

    // ── Layers ──
    {Sql::find_layer, false, "SELECT " LIMPID_LAYER_COLUMNS " FROM layer WHERE name = $1::text"},
    {Sql::layer_engine, false, "SELECT id, engine FROM layer WHERE name = $1::text"},
    // A layer's row number is above its parent's, since the parent was there first and stays the parent.
    {Sql::ancestry, false,
     LIMPID_CHAIN " SELECT " LIMPID_LAYER_COLUMNS
                  " FROM layer WHERE id = ANY(ARRAY(SELECT id FROM chain)) ORDER BY layer.id"},
    // So the highest number that mentions a feature is the topmost layer that does.
    {Sql::features, false,
     LIMPID_CHAIN ", mention AS MATERIALIZED (SELECT DISTINCT ON (feature) feature, layer, added FROM layer_feature "
                  "WHERE layer = ANY(ARRAY(SELECT id FROM chain)) ORDER BY feature, layer DESC) "
                  "SELECT mention.feature, held.*, chain.name FROM mention JOIN chain ON chain.id = mention.layer "
                  "CROSS JOIN LATERAL (SELECT " LIMPID_FEATURE_COLUMNS
                  " FROM feature WHERE feature.id = mention.feature OFFSET 0) AS held WHERE mention.added"},
    {Sql::insert_layer, true,
     "INSERT INTO layer (name, parent, namespace, engine, diff) "
     "VALUES ($1::text, $2::int8, $3::text, $4::int8, $5::bytea) ON CONFLICT (name) DO NOTHING RETURNING id"},
    {Sql::replace_layer, true,
     "UPDATE layer SET namespace = $2::text, engine = $3::int8, diff = $4::bytea "
     "WHERE id = $1::int8 AND engine < $3::int8 RETURNING id"},
    // In one order everywhere, so that two writers that wait for each other's rows cannot wait in a circle.
    {Sql::insert_namespaces, true,
     "INSERT INTO namespace (name, scheme) SELECT one.name, one.scheme FROM unnest($1::text[], $2::int8[]) "
     "AS one (name, scheme) WHERE NOT EXISTS (SELECT FROM namespace WHERE namespace.name = one.name OFFSET 0) "
     "ORDER BY one.name COLLATE \"C\" ON CONFLICT (name) DO NOTHING"},
    {Sql::insert_features, true,
     "INSERT INTO feature (key, namespace, name, version, origin, scheme, module) SELECT one.key, "
     "(SELECT namespace.id FROM namespace WHERE namespace.name = one.name_space), one.name, one.version, one.origin, "
     "one.scheme, one.module FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int8[], "
     "$7::text[]) "
     "AS one (key, name_space, name, version, origin, scheme, module) "
     "WHERE NOT EXISTS (SELECT FROM feature WHERE feature.key = one.key OFFSET 0) "
     "ORDER BY one.key ON CONFLICT (key) DO NOTHING"},
    {Sql::insert_layer_features, true,
     "INSERT INTO layer_feature (layer, feature, added) SELECT $1::int8, "
     "(SELECT feature.id FROM feature WHERE feature.key = one.key), one.added "
     "FROM unnest($2::bytea[], $3::bool[]) AS one (key, added)"},
    {Sql::delete_layer_features, true, "DELETE FROM layer_feature WHERE layer = $1::int8"},
    {Sql::lock_descendants, false,
     "SELECT id FROM layer WHERE id = ANY(ARRAY" LIMPID_DESCENDANTS ") ORDER BY id FOR UPDATE"},
    {Sql::delete_features_of_descendants, true,
     "DELETE FROM layer_feature WHERE layer = ANY(ARRAY" LIMPID_DESCENDANTS ")"},
    {Sql::delete_descendants, true, "DELETE FROM layer WHERE id = ANY(ARRAY" LIMPID_DESCENDANTS ")"},

    // ── Inventories ──
    {Sql::inventory, false,
     "SELECT bytes FROM inventory WHERE diff = $1::bytea ORDER BY detectors = $2::int8 DESC, age(xmin) LIMIT 1"},
    {Sql::put_inventory, true,
     "INSERT INTO inventory (diff, detectors, bytes) VALUES ($1::bytea, $2::int8, $3::bytea) "
     "ON CONFLICT (diff, detectors) DO UPDATE SET bytes = excluded.bytes WHERE inventory.bytes <> excluded.bytes"},

    // ── Who holds what ──
    {Sql::versions_of, false,
     "SELECT feature.id, " LIMPID_FEATURE_COLUMNS
     " FROM feature WHERE feature.namespace = (SELECT namespace.id FROM namespace WHERE namespace.name = $1::text) "
     "AND feature.name = $2::text UNION ALL SELECT feature.id, " LIMPID_FEATURE_COLUMNS
     " FROM feature WHERE feature.namespace = (SELECT namespace.id FROM namespace WHERE namespace.name = $1::text) "
     "AND feature.origin = $2 AND feature.origin <> '' AND feature.name <> $2"},
    {Sql::layers_introducing, false,
     "SELECT page.layer, held.name FROM (SELECT DISTINCT adding.layer FROM unnest($1::int8[]) AS one (feature) "
     "CROSS JOIN LATERAL (SELECT layer_feature.layer FROM layer_feature WHERE layer_feature.feature = one.feature "
     "AND layer_feature.added AND layer_feature.layer >= $2::int8 ORDER BY layer_feature.layer LIMIT $3::int8) "
     "AS adding ORDER BY adding.layer LIMIT $3) AS page CROSS JOIN LATERAL "
     "(SELECT layer.name FROM layer WHERE layer.id = page.layer OFFSET 0) AS held ORDER BY page.layer"},
    {Sql::namespace_id, false, "SELECT id FROM namespace WHERE name = $1::text"},
    {Sql::namespaces, false, "SELECT name, scheme FROM namespace ORDER BY name"},

    // ── Advisories ──
    {Sql::advisory, false,
     "SELECT $1::text, name, deleted, document, revision FROM advisory "
     "WHERE namespace = " LIMPID_NAMESPACE " AND name = $2::text"},
    {Sql::all_advisories, false,
     "SELECT (SELECT namespace.name FROM namespace WHERE namespace.id = advisory.namespace) AS name_space, "
     "advisory.name, deleted, document, revision, namespace FROM advisory WHERE (namespace, name) > ($1::int8, "
     "$2::text) ORDER BY namespace, name "
     "LIMIT $3::int8"},
    {Sql::insert_namespace_of_advisory, true,
     "INSERT INTO namespace (name, scheme) SELECT $1::text, $4::int8 WHERE " LIMPID_REVISION_IS(
         LIMPID_NAMESPACE,
         "$3::int8") " AND NOT EXISTS (SELECT FROM namespace WHERE namespace.name = $1) ON CONFLICT (name) DO NOTHING"},
    // Taking the number locks the counter's row before anything else is looked at. Where another has made the advisory
    // meanwhile, the key's index says so, and all is undone.
    {Sql::add_advisory, true,
     "WITH " LIMPID_COUNT "WHERE one" LIMPID_NUMBER_AND_OTHERS(
         "$5::int8") ", written AS (INSERT INTO advisory (namespace, name, deleted, document, revision) "
                     "SELECT $11::int8, $2::text, $3::bool, $4::text, number FROM counted), noted AS "
                     "(" LIMPID_INSERT_NOTIFICATIONS
                     " FROM (SELECT $7::text, $8::int8, $9::text, $10::text FROM counted) "
                     "AS one (name, created, old, new)), logged AS (INSERT INTO change_log (number, kind, name_space, "
                     "name, node) SELECT number, 1, $1::text, $2, $5 FROM counted) " LIMPID_NOTIFY_OTHERS("$6::text",
                                                                                                          "$5")},
    // With the counter locked by a statement before: whoever replaces an advisory sees what all before it wrote.
    {Sql::put_advisory, true,
     "WITH " LIMPID_COUNT "WHERE one AND " LIMPID_REVISION_IS(LIMPID_NAMESPACE, "$5::int8") LIMPID_NUMBER_AND_OTHERS(
         "$6::int8") ", written AS (INSERT INTO advisory (namespace, name, deleted, document, revision) "
                     "SELECT " LIMPID_NAMESPACE
                     ", $2, $3::bool, $4::text, number FROM counted ON CONFLICT (namespace, name) "
                     "DO UPDATE SET deleted = excluded.deleted, document = excluded.document, "
                     "revision = excluded.revision), noted AS (" LIMPID_INSERT_NOTIFICATIONS
                     " FROM counted CROSS JOIN unnest($8::text[], $9::int8[], $10::text[], $11::text[]) "
                     "AS one (name, created, old, new)), logged AS (INSERT INTO change_log (number, kind, name_space, "
                     "name, node) SELECT number, 1, $1::text, $2, $6 FROM counted) " LIMPID_NOTIFY_OTHERS("$7::text",
                                                                                                          "$6")},
    {Sql::forget_advisory, true,
     "WITH " LIMPID_COUNT
     "WHERE one AND $3::int8 <> 0 AND " LIMPID_REVISION_IS(LIMPID_NAMESPACE, "$3") LIMPID_NUMBER_AND_OTHERS(
         "$4::int8") ", gone AS (DELETE FROM advisory WHERE EXISTS (SELECT FROM "
                     "counted) AND namespace = " LIMPID_NAMESPACE " AND name = $2"
                     "), noted AS (" LIMPID_INSERT_NOTIFICATIONS
                     " FROM counted CROSS JOIN unnest($6::text[], $7::int8[], "
                     "$8::text[], $9::text[]) AS one (name, created, old, new)"
                     "), logged AS (INSERT INTO change_log (number, kind, name_space, "
                     "name, node) SELECT number, 1, $1, $2, $4 FROM counted) " LIMPID_NOTIFY_OTHERS("$5::text", "$4")},

    // ── Notifications ──
    {Sql::insert_notifications, true,
     LIMPID_INSERT_NOTIFICATIONS
     " FROM unnest($1::text[], $2::int8[], $3::text[], $4::text[]) AS one (name, created, old, new)"},
    {Sql::notification, false, "SELECT " LIMPID_NOTIFICATION_COLUMNS " FROM notification WHERE name = $1::text"},
    {Sql::delete_notification, true,
     "UPDATE notification SET deleted = CASE deleted WHEN 0 THEN $2::int8 ELSE deleted END WHERE name = $1::text"},
    {Sql::claim_notification, true,
     "UPDATE notification SET owner = $1::text, claimed_until = $2::int8 WHERE name = (SELECT name FROM notification "
     "WHERE deleted = 0 AND notified < $3::int8 AND claimed_until <= $4::int8 ORDER BY notified, created, name LIMIT 1 "
     "FOR UPDATE SKIP LOCKED) RETURNING " LIMPID_NOTIFICATION_COLUMNS},
    {Sql::renew_claim, true,
     "UPDATE notification SET claimed_until = $3::int8 WHERE name = $1::text AND owner = $2::text"},
    {Sql::end_claim, true,
     "UPDATE notification SET owner = '', notified = CASE $3::int8 WHEN 0 THEN notified ELSE $3 END, "
     "claimed_until = CASE $3 WHEN 0 THEN $4::int8 ELSE 0 END WHERE name = $1::text AND owner = $2::text"},
    // That `notified` is asked for lets an index answer, and not the table with its documents.
    {Sql::purge_notifications, true,
     "DELETE FROM notification WHERE (deleted <> 0 AND deleted < $1::int8) "
     "OR (deleted = 0 AND notified >= 0 AND created < $2::int8)"},
    {Sql::notifications_waiting, false, "SELECT count(*) FROM notification WHERE deleted = 0 AND notified < $1::int8"},

    // ── The compiled database ──
    {Sql::database, false, "SELECT generation, sha256, size, created FROM generation ORDER BY generation DESC LIMIT 1"},
    {Sql::next_upload, true, "SELECT nextval('upload_id')"},
    {Sql::insert_generation, true,
     "INSERT INTO generation (generation, upload, sha256, size, created) SELECT $1::int8, $2::int8, $3::text, "
     "$4::int8, $5::int8 WHERE $1 - 1 = coalesce((SELECT before.generation FROM generation AS before "
     "ORDER BY before.generation DESC LIMIT 1), 0) ON CONFLICT (generation) DO NOTHING"},
    {Sql::delete_old_chunks, true,
     "DELETE FROM generation_chunk WHERE upload = "
     "ANY(ARRAY(SELECT upload FROM generation WHERE generation < $1::int8 - 1))"},
    {Sql::delete_old_generations, true, "DELETE FROM generation WHERE generation < $1::int8 - 1"},
    {Sql::generation, false, "SELECT upload, size FROM generation WHERE generation = $1::int8"},
    {Sql::chunk, false, "SELECT bytes FROM generation_chunk WHERE upload = $1::int8 AND number = $2::int8"},
    {Sql::feed_states, false,
     "SELECT name, last_attempt, last_success, last_change, problem, records, statements, as_of FROM feed "
     "ORDER BY name"},
    {Sql::put_feed_state, true,
     "INSERT INTO feed (name, last_attempt, last_success, last_change, problem, records, statements, as_of) "
     "VALUES ($1::text, $2::int8, $3::int8, $4::int8, $5::text, $6::int8, $7::int8, $8::text) "
     "ON CONFLICT (name) DO UPDATE SET last_attempt = excluded.last_attempt, last_success = excluded.last_success, "
     "last_change = excluded.last_change, problem = excluded.problem, records = excluded.records, "
     "statements = excluded.statements, as_of = excluded.as_of"},

    // ── The rest. A lease's clock is the server's, which all nodes share. ──
    {Sql::acquire_lease, true,
     "INSERT INTO lease (name, owner, until) "
     "VALUES ($1::text, $2::text, clock_timestamp() + make_interval(secs => $3::int8)) ON CONFLICT (name) DO UPDATE "
     "SET owner = excluded.owner, until = excluded.until "
     "WHERE lease.owner = excluded.owner OR lease.until <= clock_timestamp()"},
    {Sql::release_lease, true, "DELETE FROM lease WHERE name = $1::text AND owner = $2::text"},
    {Sql::value, false, "SELECT value FROM keyvalue WHERE key = $1::text"},
    // Its serial has 31 bits: a number is taken only where a row is really new.
    {Sql::set_value, true,
     "WITH written AS (UPDATE keyvalue SET value = $2::text WHERE key = $1::text RETURNING id) "
     "INSERT INTO keyvalue (key, value) SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM written) "
     "ON CONFLICT (key) DO UPDATE SET value = excluded.value"},
    {Sql::ping, false, "SELECT 1"},
});

constexpr bool in_order() {
  if (kEntries.size() != kSqlCount) return false;
  for (std::size_t i = 0; i < kEntries.size(); ++i)
    if (kEntries[i].sql != static_cast<Sql>(i)) return false;
  return true;
}
static_assert(in_order());

}  // namespace

const char* text_of(Sql sql) { return kEntries[static_cast<std::size_t>(sql)].text; }
bool writes(Sql sql) { return kEntries[static_cast<std::size_t>(sql)].writes; }

}  // namespace limpid::store::postgres
