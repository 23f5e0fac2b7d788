#include "store/postgres_schema.h"

#include <iterator>
#include <string>

#include "base/text.h"
#include "store/postgres_connection.h"

namespace limpid::store::postgres {
namespace {

// One text for each version, never changed once released: a new version is a new text. Texts are compared byte by byte
// (COLLATE "C"), so that neither a locale nor its next version has a say in what an index finds.
constexpr const char* kMigrations[] = {
    R"sql(
-- One row, written by every change: how many there are; and the node that is known to be the only one, so that whoever
-- takes the next number learns in the same step whether there is anybody to tell.
CREATE TABLE change_counter (one boolean PRIMARY KEY DEFAULT true CHECK (one), number bigint NOT NULL, alone bigint)
  WITH (fillfactor = 10);
INSERT INTO change_counter (number) VALUES (0);
CREATE TABLE change_log (
  number bigint PRIMARY KEY,
  kind smallint NOT NULL,
  name_space text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  node bigint NOT NULL
);

-- The nodes that listen, and how far they have come. A node is live as long as its connection is (pid, backend_start).
-- After a crash of the server none is, so the rows need not outlive one; but their numbers are never used again.
CREATE SEQUENCE node_id;
CREATE UNLOGGED TABLE node (
  id bigint PRIMARY KEY,
  applied bigint NOT NULL,
  pid integer NOT NULL,
  backend_start timestamptz NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE namespace (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  scheme smallint NOT NULL
);

-- The key is a hash of all the other parts: together they would be too long for an index. There are no foreign keys on
-- the way to a feature, since neither namespaces nor features are ever deleted.
CREATE TABLE feature (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key bytea NOT NULL UNIQUE,
  namespace bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  version text COLLATE "C" NOT NULL,
  origin text COLLATE "C" NOT NULL,
  scheme smallint NOT NULL,
  module text COLLATE "C" NOT NULL
);
CREATE INDEX feature_name ON feature (namespace, name);
CREATE INDEX feature_origin ON feature (namespace, origin) WHERE origin <> '';

CREATE TABLE layer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  parent bigint REFERENCES layer (id),
  namespace text COLLATE "C" NOT NULL,
  engine integer NOT NULL,
  diff bytea NOT NULL
);
CREATE INDEX layer_parent ON layer (parent);

-- What a layer adds to or takes from its parent. Written and deleted with the layer's row locked.
CREATE TABLE layer_feature (
  layer bigint NOT NULL,
  feature bigint NOT NULL,
  added boolean NOT NULL,
  PRIMARY KEY (layer, feature) INCLUDE (added)
);
CREATE INDEX layer_feature_added ON layer_feature (feature, layer) WHERE added;

CREATE TABLE inventory (
  diff bytea NOT NULL,
  detectors bigint NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (diff, detectors)
);

CREATE TABLE advisory (
  namespace bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  deleted boolean NOT NULL,
  document text NOT NULL,
  revision bigint NOT NULL,
  PRIMARY KEY (namespace, name)
);

-- Their names come in the order of time, so that the next one is written beside the last.
CREATE TABLE notification (
  name text COLLATE "C" PRIMARY KEY,
  created bigint NOT NULL,
  notified bigint NOT NULL DEFAULT 0,
  deleted bigint NOT NULL DEFAULT 0,
  owner text COLLATE "C" NOT NULL DEFAULT '',
  claimed_until bigint NOT NULL DEFAULT 0,
  old_revision text NOT NULL,
  new_revision text NOT NULL
);
CREATE INDEX notification_waiting ON notification (notified, created, name, claimed_until) WHERE deleted = 0;
CREATE INDEX notification_deleted ON notification (deleted) WHERE deleted <> 0;

-- The newest generation of the compiled database is the one to use; its bytes and those before lie in pieces.
CREATE SEQUENCE upload_id;
CREATE TABLE generation (
  generation bigint PRIMARY KEY,
  upload bigint NOT NULL,
  sha256 text COLLATE "C" NOT NULL,
  size bigint NOT NULL,
  created bigint NOT NULL
);
CREATE TABLE generation_chunk (
  upload bigint NOT NULL,
  number bigint NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (upload, number)
);
ALTER TABLE generation_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;  -- it is compressed already

CREATE TABLE feed (
  name text COLLATE "C" PRIMARY KEY,
  last_attempt bigint NOT NULL,
  last_success bigint NOT NULL,
  last_change bigint NOT NULL,
  problem text NOT NULL,
  records bigint NOT NULL,
  statements bigint NOT NULL,
  as_of text NOT NULL
);

CREATE TABLE lease (
  name text COLLATE "C" PRIMARY KEY,
  owner text COLLATE "C" NOT NULL,
  until timestamptz NOT NULL
);

-- As Clair has it, because Harbor looks into it.
CREATE TABLE keyvalue (id serial PRIMARY KEY, key varchar UNIQUE NOT NULL, value text NOT NULL);
)sql",
};
constexpr std::int64_t kVersion = std::size(kMigrations);

// Ours alone among those who take advisory locks in this database: "limpid" in ASCII. The second half tells schemas
// apart.
constexpr const char* kLock =
    "SELECT pg_advisory_xact_lock(x'6c696d70'::int, hashtext('limpid schema ' || current_schema()))";
// The tables that would be in our way.
constexpr const char* kOthers =
    "SELECT coalesce(string_agg(relname, ', ' ORDER BY relname), '') FROM pg_class WHERE relnamespace = "
    "current_schema()::regnamespace AND relname IN ('change_counter', 'change_log', 'node_id', 'node', 'namespace', "
    "'feature', 'layer', 'layer_feature', 'inventory', 'advisory', 'notification', 'upload_id', 'generation', "
    "'generation_chunk', 'feed', 'lease', 'keyvalue')";

Result<std::string> text_of(Connection& connection, const std::string& sql) {
  LIMPID_ASSIGN(const Rows rows, connection.execute(sql, kMigrationMax));
  return rows.empty() ? std::string() : rows.text(0, 0);
}

// 0 for a schema without our tables.
Result<std::int64_t> version_of(Connection& connection) {
  LIMPID_ASSIGN(const std::string table,
                text_of(connection, "SELECT to_regclass(quote_ident(current_schema()) || '.schema_version')"));
  if (!table.empty()) {
    LIMPID_ASSIGN(const std::string text, text_of(connection, "SELECT version FROM schema_version"));
    const std::optional<std::uint64_t> version = base::parse_unsigned(text);
    if (!version || *version == 0 || *version > INT32_MAX)
      return fail(Code::invalid, {"table schema_version: '", text, "' is no version of ours"});
    return static_cast<std::int64_t>(*version);
  }
  LIMPID_ASSIGN(const std::string others, text_of(connection, kOthers));
  if (!others.empty())
    return fail(Code::invalid, {"there are tables of another program (", others,
                                "): give an empty database, or a schema of its own by "
                                "?options=-csearch_path%3DNAME"});
  LIMPID_TRY(connection.execute("CREATE TABLE schema_version (version integer NOT NULL)"));
  LIMPID_TRY(connection.execute("INSERT INTO schema_version (version) VALUES (0)"));
  return 0;
}

Result<void> migrate_inside(Connection& connection) {
  LIMPID_ASSIGN(const std::string schema, text_of(connection, "SELECT current_schema()"));
  if (schema.empty()) return fail(Code::usage, {"no schema of the search_path is there"});
  LIMPID_TRY(connection.execute(kLock, kMigrationMax));
  LIMPID_ASSIGN(const std::int64_t version, version_of(connection));
  if (version > kVersion)
    return fail(Code::unsupported, {"schema version ", version, ", this program knows versions up to ", kVersion,
                                    ": it needs a newer one"});
  for (std::int64_t next = version; next < kVersion; ++next)
    LIMPID_TRY_WITHIN(connection.execute(kMigrations[next], kMigrationMax), {"schema version ", next + 1});
  if (version == kVersion) return {};
  LIMPID_TRY(connection.execute(base::cat({"UPDATE schema_version SET version = ", kVersion})));
  return {};
}

}  // namespace

Result<void> migrate(Connection& connection) {
  if (connection.server_version() < kServerMin)
    return fail(Code::unsupported, {"PostgreSQL ", connection.server_version() / 10'000, ", at least ",
                                    kServerMin / 10'000, " is needed"});
  LIMPID_ASSIGN(const std::string encoding, text_of(connection, "SHOW server_encoding"));
  if (encoding != "UTF8")
    return fail(Code::unsupported, {"the database's encoding is ", encoding, ", it must be UTF8"});
  LIMPID_TRY(connection.execute("BEGIN"));
  Result<void> done = migrate_inside(connection);
  if (done)
    if (Result<Rows> kept = connection.execute("COMMIT"); !kept) done = std::unexpected(std::move(kept).error());
  if (!done) connection.roll_back();
  return done;
}

}  // namespace limpid::store::postgres
