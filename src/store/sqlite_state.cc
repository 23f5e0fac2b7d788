// The compiled database's record, feeds, leases and small texts.
#include <algorithm>

#include "store/arguments.h"
#include "store/sqlite_store.h"

namespace limpid::store::sqlite {
namespace {

// Beyond this a lease is for ever.
constexpr std::chrono::seconds kLeaseMax = std::chrono::years{100};

std::int64_t milliseconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Result<std::optional<DatabaseRecord>> read_database(Connection& connection) {
  LIMPID_ASSIGN(Statement row, connection.query(Sql::database));
  LIMPID_ASSIGN(const bool is_there, row.step());
  if (!is_there) return std::nullopt;
  return DatabaseRecord{row.integer(0), row.text(1), static_cast<std::uint64_t>(row.integer(2)), row.integer(3)};
}

FeedState feed_of(const Statement& row) {
  FeedState state;
  state.name = row.text(0);
  state.last_attempt = row.integer(1);
  state.last_success = row.integer(2);
  state.last_change = row.integer(3);
  state.problem = row.text(4);
  state.records = static_cast<std::uint64_t>(row.integer(5));
  state.statements = static_cast<std::uint64_t>(row.integer(6));
  state.as_of = row.text(7);
  return state;
}

}  // namespace

Result<std::optional<DatabaseRecord>> SqliteStore::database() {
  return read("database", [](Connection& connection) { return read_database(connection); });
}

Result<void> SqliteStore::publish_database(const DatabaseRecord& record, const std::string& /*path*/,
                                           std::span<const NewNotification> notifications) {
  return write("publish_database", [&](Connection& connection, std::optional<Change>& change) -> Result<void> {
    LIMPID_TRY(check_database(record));
    LIMPID_TRY(check_notifications(notifications));
    LIMPID_ASSIGN(const std::optional<DatabaseRecord> current, read_database(connection));
    const std::int64_t generation = current ? current->generation : 0;
    if (record.generation != generation + 1)
      return fail(Code::mismatch, {"generation ", generation, " is current: ", record.generation, " cannot follow it"});
    LIMPID_TRY(connection.run(Sql::put_database, record.generation, record.sha256, record.size, record.created));
    LIMPID_TRY(insert_notifications(connection, notifications));
    change.emplace();
    change->kind = Change::Kind::database;
    return {};
  });
}

Result<void> SqliteStore::fetch_database(std::int64_t generation, const std::string& /*path*/) {
  return observed("fetch_database", [&]() -> Result<void> {
    return fail(Code::not_found, {"generation ", generation, ": its bytes are with its file only"});
  });
}

Result<std::vector<FeedState>> SqliteStore::feed_states() {
  return read("feed_states", [](Connection& connection) -> Result<std::vector<FeedState>> {
    LIMPID_ASSIGN(Statement rows, connection.query(Sql::feed_states));
    std::vector<FeedState> states;
    for (;;) {
      LIMPID_ASSIGN(const bool more, rows.step());
      if (!more) return states;
      states.push_back(feed_of(rows));
    }
  });
}

Result<void> SqliteStore::put_feed_state(const FeedState& state) {
  return write("put_feed_state", [&](Connection& connection, std::optional<Change>&) -> Result<void> {
    LIMPID_TRY(check_feed_state(state));
    LIMPID_TRY(connection.run(Sql::put_feed_state, state.name, state.last_attempt, state.last_success,
                              state.last_change, state.problem, state.records, state.statements, state.as_of));
    return {};
  });
}

Result<bool> SqliteStore::acquire_lease(std::string_view name, std::string_view owner, std::chrono::seconds ttl) {
  return write("acquire_lease", [&](Connection& connection, std::optional<Change>&) -> Result<bool> {
    LIMPID_TRY(check_name("name of a lease", name));
    LIMPID_TRY(check_name("owner of a lease", owner));
    const std::int64_t now = milliseconds_now();
    const std::chrono::milliseconds length = std::clamp(ttl, std::chrono::seconds{0}, kLeaseMax);
    LIMPID_ASSIGN(const std::int64_t taken, connection.run(Sql::acquire_lease, name, owner, now + length.count(), now));
    return taken != 0;
  });
}

Result<void> SqliteStore::release_lease(std::string_view name, std::string_view owner) {
  return write("release_lease", [&](Connection& connection, std::optional<Change>&) -> Result<void> {
    LIMPID_TRY(check_name("name of a lease", name));
    LIMPID_TRY(check_name("owner of a lease", owner));
    LIMPID_TRY(connection.run(Sql::release_lease, name, owner));
    return {};
  });
}

Result<std::optional<std::string>> SqliteStore::value(std::string_view key) {
  return read("value", [&](Connection& connection) -> Result<std::optional<std::string>> {
    LIMPID_TRY(check_name("key", key));
    LIMPID_ASSIGN(Statement row, connection.query(Sql::value, key));
    LIMPID_ASSIGN(const bool is_there, row.step());
    if (!is_there) return std::nullopt;
    return row.text(0);
  });
}

Result<void> SqliteStore::set_value(std::string_view key, std::string_view value) {
  return write("set_value", [&](Connection& connection, std::optional<Change>&) -> Result<void> {
    LIMPID_TRY(check_name("key", key));
    LIMPID_TRY(check_text("value", value));
    LIMPID_TRY(connection.run(Sql::set_value, key, value));
    return {};
  });
}

Result<void> SqliteStore::ping() {
  return read("ping", [](Connection& connection) -> Result<void> {
    LIMPID_ASSIGN(Statement row, connection.query(Sql::change_number));
    LIMPID_TRY(row.step());
    return {};
  });
}

}  // namespace limpid::store::sqlite
