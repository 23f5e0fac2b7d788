#include "store/sqlite_schema.h"

#include <iterator>

#include "store/sqlite_connection.h"

namespace limpid::store::sqlite {
namespace {

// One text for each version, never changed once released: a new version is a new text.
constexpr const char* kMigrations[] = {
    R"sql(
CREATE TABLE counter (one INTEGER PRIMARY KEY CHECK (one = 1), changes INTEGER NOT NULL);
INSERT INTO counter (one, changes) VALUES (1, 0);

CREATE TABLE namespace (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, scheme INTEGER NOT NULL);

CREATE TABLE feature (
  id INTEGER PRIMARY KEY,
  namespace INTEGER NOT NULL REFERENCES namespace (id),
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  origin TEXT NOT NULL,
  scheme INTEGER NOT NULL,
  module TEXT NOT NULL,
  UNIQUE (namespace, name, version, origin, scheme, module)
);
CREATE INDEX feature_origin ON feature (namespace, origin) WHERE origin <> '';

-- AUTOINCREMENT: a number is never given to another layer, even if the highest is deleted.
CREATE TABLE layer (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  parent INTEGER REFERENCES layer (id),
  namespace TEXT NOT NULL,
  engine INTEGER NOT NULL,
  diff BLOB NOT NULL
);
CREATE INDEX layer_parent ON layer (parent);

-- What a layer adds to or takes from its parent.
CREATE TABLE layer_feature (
  layer INTEGER NOT NULL REFERENCES layer (id),
  feature INTEGER NOT NULL REFERENCES feature (id),
  added INTEGER NOT NULL,
  PRIMARY KEY (layer, feature)
) WITHOUT ROWID;
-- With the column of its own condition, so that the index alone answers.
CREATE INDEX layer_feature_added ON layer_feature (feature, layer, added) WHERE added = 1;

CREATE TABLE inventory (
  diff BLOB NOT NULL,
  detectors INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (diff, detectors)
);

CREATE TABLE advisory (
  namespace INTEGER NOT NULL REFERENCES namespace (id),
  name TEXT NOT NULL,
  deleted INTEGER NOT NULL,
  document TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (namespace, name)
) WITHOUT ROWID;

-- Their names come in the order of time, so that the next one is written beside the last.
CREATE TABLE notification (
  name TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  notified INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  owner TEXT NOT NULL DEFAULT '',
  claimed_until INTEGER NOT NULL DEFAULT 0,
  old_revision TEXT NOT NULL,
  new_revision TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX notification_waiting ON notification (notified, created, name, claimed_until, deleted) WHERE deleted = 0;
CREATE INDEX notification_deleted ON notification (deleted) WHERE deleted <> 0;

CREATE TABLE published (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  generation INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  created INTEGER NOT NULL
);

CREATE TABLE feed (
  name TEXT PRIMARY KEY NOT NULL,
  last_attempt INTEGER NOT NULL,
  last_success INTEGER NOT NULL,
  last_change INTEGER NOT NULL,
  problem TEXT NOT NULL,
  records INTEGER NOT NULL,
  statements INTEGER NOT NULL,
  as_of TEXT NOT NULL
) WITHOUT ROWID;

-- Milliseconds since 1970.
CREATE TABLE lease (name TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE keyvalue (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
)sql",
};
constexpr std::int64_t kVersion = std::size(kMigrations);

Result<void> migrate_inside(Connection& connection) {
  LIMPID_ASSIGN(const std::int64_t application, connection.number("PRAGMA application_id"));
  LIMPID_ASSIGN(const std::int64_t version, connection.number("PRAGMA user_version"));
  LIMPID_ASSIGN(const std::int64_t objects, connection.number("SELECT count(*) FROM sqlite_schema"));
  const bool is_new = application == 0 && version == 0 && objects == 0;
  if (!is_new && application != kApplicationId) return fail(Code::invalid, {"an SQLite database of another program"});
  if (version < 0 || version > kVersion)
    return fail(Code::unsupported, {"schema version ", version, ", this program knows versions up to ", kVersion,
                                    ": it needs a newer one"});
  for (std::int64_t next = version; next < kVersion; ++next)
    LIMPID_TRY_WITHIN(connection.execute(kMigrations[next]), {"schema version ", next + 1});
  if (version == kVersion) return {};
  LIMPID_TRY(connection.execute(base::cat({"PRAGMA application_id = ", kApplicationId}).c_str()));
  return connection.execute(base::cat({"PRAGMA user_version = ", kVersion}).c_str());
}

}  // namespace

Result<void> migrate(Connection& connection) {
  LIMPID_TRY(connection.execute("BEGIN IMMEDIATE"));
  Result<void> done = migrate_inside(connection);
  if (done) done = connection.execute("COMMIT");
  if (!done) connection.roll_back();
  return done;
}

}  // namespace limpid::store::sqlite
