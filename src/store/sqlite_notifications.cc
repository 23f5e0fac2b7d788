// Notifications and who delivers them.
#include <algorithm>

#include "store/arguments.h"
#include "store/sqlite_store.h"

namespace limpid::store::sqlite {
namespace {

Notification notification_of(const Statement& row) {
  return {row.text(0), row.integer(1), row.integer(2), row.integer(3), row.text(4), row.text(5)};
}

// Those never notified (0) are below this bound whatever the caller's is.
Seconds notified_below(Seconds renotify_before) { return std::max<Seconds>(renotify_before, 1); }

}  // namespace

Result<std::optional<Notification>> SqliteStore::notification(std::string_view name) {
  return read("notification", [&](Connection& connection) -> Result<std::optional<Notification>> {
    LIMPID_TRY(check_name("name of a notification", name));
    LIMPID_ASSIGN(Statement row, connection.query(Sql::notification, name));
    LIMPID_ASSIGN(const bool is_there, row.step());
    if (!is_there) return std::nullopt;
    return notification_of(row);
  });
}

Result<bool> SqliteStore::delete_notification(std::string_view name, Seconds now) {
  return write("delete_notification", [&](Connection& connection, std::optional<Change>&) -> Result<bool> {
    LIMPID_TRY(check_name("name of a notification", name));
    LIMPID_ASSIGN(const std::int64_t marked, connection.run(Sql::delete_notification, name, now));
    return marked != 0;
  });
}

Result<std::optional<Notification>> SqliteStore::claim_notification(std::string_view owner, Seconds now,
                                                                    Seconds renotify_before, Seconds until) {
  using Claimed = std::optional<Notification>;
  return write("claim_notification", [&](Connection& connection, std::optional<Change>&) -> Result<Claimed> {
    LIMPID_TRY(check_name("owner of a claim", owner));
    LIMPID_ASSIGN(Statement row,
                  connection.query(Sql::claim_notification, owner, until, notified_below(renotify_before), now));
    LIMPID_ASSIGN(const bool is_there, row.step());
    if (!is_there) return std::nullopt;
    Notification claimed = notification_of(row);
    LIMPID_TRY(row.step());
    return claimed;
  });
}

Result<bool> SqliteStore::renew_claim(std::string_view name, std::string_view owner, Seconds until) {
  return write("renew_claim", [&](Connection& connection, std::optional<Change>&) -> Result<bool> {
    LIMPID_TRY(check_name("name of a notification", name));
    LIMPID_TRY(check_name("owner of a claim", owner));
    LIMPID_ASSIGN(const std::int64_t renewed, connection.run(Sql::renew_claim, name, owner, until));
    return renewed != 0;
  });
}

Result<void> SqliteStore::end_claim(std::string_view name, std::string_view owner, Seconds notified,
                                    Seconds not_before) {
  return write("end_claim", [&](Connection& connection, std::optional<Change>&) -> Result<void> {
    LIMPID_TRY(check_name("name of a notification", name));
    LIMPID_TRY(check_name("owner of a claim", owner));
    LIMPID_TRY(connection.run(Sql::end_claim, name, owner, notified, not_before));
    return {};
  });
}

Result<std::uint64_t> SqliteStore::purge_notifications(Seconds deleted_before, Seconds created_before) {
  return write("purge_notifications", [&](Connection& connection, std::optional<Change>&) -> Result<std::uint64_t> {
    LIMPID_ASSIGN(const std::int64_t gone, connection.run(Sql::purge_notifications, deleted_before, created_before));
    return static_cast<std::uint64_t>(gone);
  });
}

Result<std::uint64_t> SqliteStore::notifications_waiting(Seconds renotify_before) {
  return read("notifications_waiting", [&](Connection& connection) -> Result<std::uint64_t> {
    LIMPID_ASSIGN(Statement row, connection.query(Sql::notifications_waiting, notified_below(renotify_before)));
    LIMPID_TRY(row.step());
    return static_cast<std::uint64_t>(row.integer(0));
  });
}

}  // namespace limpid::store::sqlite
