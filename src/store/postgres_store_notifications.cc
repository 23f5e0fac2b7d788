// Notifications and who delivers them.
#include <algorithm>

#include "store/arguments.h"
#include "store/postgres_store.h"

namespace limpid::store::postgres {
namespace {

Notification notification_of(const Rows& rows) {
  return {rows.text(0, 0),    rows.integer(0, 1), rows.integer(0, 2),
          rows.integer(0, 3), rows.text(0, 4),    rows.text(0, 5)};
}

// Those never notified (0) are below this bound whatever the caller's is.
Seconds notified_below(Seconds renotify_before) { return std::max<Seconds>(renotify_before, 1); }

Result<void> check_claim(std::string_view name, std::string_view owner) {
  LIMPID_TRY(check_name("name of a notification", name));
  return check_name("owner of a claim", owner);
}

}  // namespace

Result<std::optional<Notification>> PostgresStore::notification(std::string_view name) {
  return read("notification", [&](Connection& connection) -> Result<std::optional<Notification>> {
    LIMPID_TRY(check_name("name of a notification", name));
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::notification, name));
    if (rows.empty()) return std::nullopt;
    return notification_of(rows);
  });
}

Result<bool> PostgresStore::delete_notification(std::string_view name, Seconds now) {
  return write("delete_notification", [&](Connection& connection, std::optional<Made>&) -> Result<bool> {
    LIMPID_TRY(check_name("name of a notification", name));
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::delete_notification, name, now));
    return rows.affected() != 0;
  });
}

Result<std::optional<Notification>> PostgresStore::claim_notification(std::string_view owner, Seconds now,
                                                                      Seconds renotify_before, Seconds until) {
  using Claimed = std::optional<Notification>;
  return write("claim_notification", [&](Connection& connection, std::optional<Made>&) -> Result<Claimed> {
    LIMPID_TRY(check_name("owner of a claim", owner));
    LIMPID_ASSIGN(const Rows rows,
                  connection.run(Sql::claim_notification, owner, until, notified_below(renotify_before), now));
    if (rows.empty()) return std::nullopt;
    return notification_of(rows);
  });
}

Result<bool> PostgresStore::renew_claim(std::string_view name, std::string_view owner, Seconds until) {
  return write("renew_claim", [&](Connection& connection, std::optional<Made>&) -> Result<bool> {
    LIMPID_TRY(check_claim(name, owner));
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::renew_claim, name, owner, until));
    return rows.affected() != 0;
  });
}

Result<void> PostgresStore::end_claim(std::string_view name, std::string_view owner, Seconds notified,
                                      Seconds not_before) {
  return write("end_claim", [&](Connection& connection, std::optional<Made>&) -> Result<void> {
    LIMPID_TRY(check_claim(name, owner));
    LIMPID_TRY(connection.run(Sql::end_claim, name, owner, notified, not_before));
    return {};
  });
}

Result<std::uint64_t> PostgresStore::purge_notifications(Seconds deleted_before, Seconds created_before) {
  return write("purge_notifications", [&](Connection& connection, std::optional<Made>&) -> Result<std::uint64_t> {
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::purge_notifications, deleted_before, created_before));
    return rows.affected();
  });
}

Result<std::uint64_t> PostgresStore::notifications_waiting(Seconds renotify_before) {
  return read("notifications_waiting", [&](Connection& connection) -> Result<std::uint64_t> {
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::notifications_waiting, notified_below(renotify_before)));
    return rows.empty() ? 0 : static_cast<std::uint64_t>(rows.integer(0, 0));
  });
}

}  // namespace limpid::store::postgres
