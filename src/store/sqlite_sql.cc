// The statements. Two rules keep them fast whatever the tables grow to: rows of a large table are reached by
// `key IN (SELECT id FROM chain)`, never by a join that the planner may turn round, and every condition has its index.
// The engine never runs ANALYZE, so that a plan that the test has seen is the plan for ever.
#include "store/sqlite_sql.h"

namespace limpid::store::sqlite {
namespace {

// A layer's row number is above its parent's, since the parent was there first and stays the parent: so the order of
// numbers is the order in the chain, and the highest number that mentions a feature is the topmost layer that does.
#define LIMPID_CHAIN                                                 \
  "WITH RECURSIVE chain(id) AS (SELECT id FROM layer WHERE id = ?1 " \
  "UNION ALL SELECT layer.parent FROM chain JOIN layer ON layer.id = chain.id WHERE layer.parent IS NOT NULL) "
#define LIMPID_DESCENDANTS                                                                                  \
  "(WITH RECURSIVE descendants(id) AS (VALUES (?1) "                                                        \
  "UNION ALL SELECT layer.id FROM descendants JOIN layer ON layer.parent = descendants.id) SELECT id FROM " \
  "descendants)"
#define LIMPID_LAYER_COLUMNS                                                                                     \
  "SELECT layer.id, layer.name, layer.parent, below.name, layer.namespace, layer.engine, layer.diff FROM layer " \
  "LEFT JOIN layer AS below ON below.id = layer.parent "
#define LIMPID_FEATURE_COLUMNS \
  "namespace.name, feature.name, feature.version, feature.origin, feature.scheme, feature.module"
#define LIMPID_NOTIFICATION_COLUMNS "name, created, notified, deleted, old_revision, new_revision"

const char* text_of_layers(Sql sql) {
  switch (sql) {
    case Sql::find_layer:
      return LIMPID_LAYER_COLUMNS "WHERE layer.name = ?1";
    case Sql::layer_exists:
      return "SELECT 1 FROM layer WHERE id = ?1";
    case Sql::layer_engine:
      return "SELECT id, engine FROM layer WHERE name = ?1";
    case Sql::ancestry:
      return LIMPID_CHAIN LIMPID_LAYER_COLUMNS "WHERE layer.id IN (SELECT id FROM chain) ORDER BY layer.id";
    case Sql::features:
      // With max(), SQLite takes the bare column `added` from the row that has the maximum.
      return LIMPID_CHAIN
          ", mention AS MATERIALIZED (SELECT feature, max(layer) AS layer, added FROM layer_feature "
          "WHERE layer IN (SELECT id FROM chain) GROUP BY feature) "
          "SELECT feature.id, " LIMPID_FEATURE_COLUMNS
          ", layer.name FROM mention CROSS JOIN layer ON layer.id = mention.layer "
          "CROSS JOIN feature ON feature.id = mention.feature CROSS JOIN namespace ON namespace.id = feature.namespace "
          "WHERE mention.added";
    case Sql::insert_layer:
      return "INSERT INTO layer (name, parent, namespace, engine, diff) VALUES (?1, ?2, ?3, ?4, ?5)";
    case Sql::update_layer:
      return "UPDATE layer SET namespace = ?2, engine = ?3, diff = ?4 WHERE id = ?1";
    case Sql::insert_layer_feature:
      return "INSERT INTO layer_feature (layer, feature, added) VALUES (?1, ?2, ?3)";
    case Sql::delete_layer_features:
      return "DELETE FROM layer_feature WHERE layer = ?1";
    case Sql::delete_features_of_descendants:
      return "DELETE FROM layer_feature WHERE layer IN " LIMPID_DESCENDANTS;
    case Sql::delete_descendants:
      return "DELETE FROM layer WHERE id IN " LIMPID_DESCENDANTS;
    case Sql::find_namespace:
      return "SELECT id FROM namespace WHERE name = ?1";
    case Sql::insert_namespace:
      return "INSERT INTO namespace (name, scheme) VALUES (?1, ?2)";
    case Sql::find_feature:
      return "SELECT id FROM feature "
             "WHERE namespace = ?1 AND name = ?2 AND version = ?3 AND origin = ?4 AND scheme = ?5 AND module = ?6";
    case Sql::insert_feature:
      return "INSERT INTO feature (namespace, name, version, origin, scheme, module) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    case Sql::inventory:
      return "SELECT bytes FROM inventory WHERE diff = ?1 ORDER BY detectors = ?2 DESC, rowid DESC LIMIT 1";
    case Sql::put_inventory:
      return "INSERT INTO inventory (diff, detectors, bytes) VALUES (?1, ?2, ?3) "
             "ON CONFLICT (diff, detectors) DO UPDATE SET bytes = excluded.bytes WHERE bytes <> excluded.bytes";
    case Sql::versions_of:
      return "SELECT feature.id, " LIMPID_FEATURE_COLUMNS
             " FROM namespace CROSS JOIN feature ON feature.namespace = namespace.id "
             "WHERE namespace.name = ?1 AND feature.name = ?2 "
             "UNION ALL SELECT feature.id, " LIMPID_FEATURE_COLUMNS
             " FROM namespace CROSS JOIN feature INDEXED BY feature_origin ON feature.namespace = namespace.id "
             "WHERE namespace.name = ?1 AND feature.origin = ?2 AND feature.origin <> '' AND feature.name <> ?2";
    case Sql::layers_of_feature:
      return "SELECT layer FROM layer_feature "
             "WHERE feature = ?1 AND added = 1 AND layer BETWEEN ?2 AND ?3 ORDER BY layer LIMIT ?4";
    case Sql::layer_name:
      return "SELECT name FROM layer WHERE id = ?1";
    case Sql::namespaces:
      return "SELECT name, scheme FROM namespace ORDER BY name";
    default:
      return nullptr;
  }
}

const char* text_of_advisories(Sql sql) {
  switch (sql) {
    case Sql::advisory:
      return "SELECT namespace.name, advisory.name, deleted, document, revision FROM namespace "
             "CROSS JOIN advisory ON advisory.namespace = namespace.id "
             "WHERE namespace.name = ?1 AND advisory.name = ?2";
    case Sql::all_advisories:
      return "SELECT namespace.name, advisory.name, deleted, document, revision FROM advisory "
             "CROSS JOIN namespace ON namespace.id = advisory.namespace";
    case Sql::put_advisory:
      return "INSERT INTO advisory (namespace, name, deleted, document, revision) VALUES (?1, ?2, ?3, ?4, ?5) "
             "ON CONFLICT (namespace, name) DO UPDATE "
             "SET deleted = excluded.deleted, document = excluded.document, revision = excluded.revision";
    case Sql::forget_advisory:
      return "DELETE FROM advisory WHERE namespace = ?1 AND name = ?2";
    case Sql::insert_notification:
      return "INSERT INTO notification (name, created, old_revision, new_revision) VALUES (?1, ?2, ?3, ?4)";
    case Sql::notification:
      return "SELECT " LIMPID_NOTIFICATION_COLUMNS " FROM notification WHERE name = ?1";
    case Sql::delete_notification:
      return "UPDATE notification SET deleted = CASE deleted WHEN 0 THEN ?2 ELSE deleted END WHERE name = ?1";
    case Sql::claim_notification:
      return "UPDATE notification SET owner = ?1, claimed_until = ?2 WHERE name = (SELECT name FROM notification "
             "WHERE deleted = 0 AND notified < ?3 AND claimed_until <= ?4 ORDER BY notified, created, name LIMIT 1) "
             "RETURNING " LIMPID_NOTIFICATION_COLUMNS;
    case Sql::renew_claim:
      return "UPDATE notification SET claimed_until = ?3 WHERE name = ?1 AND owner = ?2";
    case Sql::end_claim:
      return "UPDATE notification SET owner = '', notified = CASE ?3 WHEN 0 THEN notified ELSE ?3 END, "
             "claimed_until = CASE ?3 WHEN 0 THEN ?4 ELSE 0 END WHERE name = ?1 AND owner = ?2";
    case Sql::purge_notifications:
      // That `notified` is asked for lets an index answer, and not the table with its documents.
      return "DELETE FROM notification WHERE (deleted <> 0 AND deleted < ?1) "
             "OR (deleted = 0 AND notified >= 0 AND created < ?2)";
    case Sql::notifications_waiting:
      return "SELECT count(*) FROM notification WHERE deleted = 0 AND notified < ?1";
    default:
      return nullptr;
  }
}

const char* text_of_rest(Sql sql) {
  switch (sql) {
    case Sql::begin_read:
      return "BEGIN";
    case Sql::begin_write:
      return "BEGIN IMMEDIATE";
    case Sql::commit:
      return "COMMIT";
    case Sql::rollback:
      return "ROLLBACK";
    case Sql::next_change:
      return "UPDATE counter SET changes = changes + 1 WHERE one = 1 RETURNING changes";
    case Sql::change_number:
      return "SELECT changes FROM counter WHERE one = 1";
    case Sql::database:
      return "SELECT generation, sha256, size, created FROM published WHERE one = 1";
    case Sql::put_database:
      return "INSERT INTO published (one, generation, sha256, size, created) VALUES (1, ?1, ?2, ?3, ?4) "
             "ON CONFLICT (one) DO UPDATE SET generation = excluded.generation, sha256 = excluded.sha256, "
             "size = excluded.size, created = excluded.created";
    case Sql::feed_states:
      return "SELECT name, last_attempt, last_success, last_change, problem, records, statements, as_of FROM feed "
             "ORDER BY name";
    case Sql::put_feed_state:
      return "INSERT INTO feed (name, last_attempt, last_success, last_change, problem, records, statements, as_of) "
             "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (name) DO UPDATE "
             "SET last_attempt = excluded.last_attempt, last_success = excluded.last_success, "
             "last_change = excluded.last_change, problem = excluded.problem, records = excluded.records, "
             "statements = excluded.statements, as_of = excluded.as_of";
    case Sql::acquire_lease:
      return "INSERT INTO lease (name, owner, until) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE "
             "SET owner = excluded.owner, until = excluded.until WHERE owner = excluded.owner OR until <= ?4";
    case Sql::release_lease:
      return "DELETE FROM lease WHERE name = ?1 AND owner = ?2";
    case Sql::value:
      return "SELECT value FROM keyvalue WHERE key = ?1";
    case Sql::set_value:
      return "INSERT INTO keyvalue (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    default:
      return nullptr;
  }
}

}  // namespace

const char* text_of(Sql sql) {
  if (const char* text = text_of_layers(sql)) return text;
  if (const char* text = text_of_advisories(sql)) return text;
  return text_of_rest(sql);
}

}  // namespace limpid::store::sqlite
