// Custom advisories. An advisory's revision is the number of the change that wrote it: it grows even beyond the life of
// a row, so that a writer that saw a forgotten row cannot overwrite the next one.
#include "store/arguments.h"
#include "store/sqlite_store.h"

namespace limpid::store::sqlite {
namespace {

CustomAdvisory advisory_of(const Statement& row) {
  CustomAdvisory advisory;
  advisory.name_space = row.text(0);
  advisory.name = row.text(1);
  advisory.deleted = row.integer(2) != 0;
  advisory.document = row.text(3);
  advisory.revision = row.integer(4);
  return advisory;
}

Result<void> check_arguments(const CustomAdvisory& advisory, std::span<const NewNotification> notifications) {
  LIMPID_TRY(check_advisory(advisory));
  return check_notifications(notifications);
}

Result<std::int64_t> stored_revision(Connection& connection, const CustomAdvisory& advisory) {
  LIMPID_ASSIGN(Statement row, connection.query(Sql::advisory, advisory.name_space, advisory.name));
  LIMPID_ASSIGN(const bool is_there, row.step());
  return is_there ? row.integer(4) : 0;
}

Result<void> check_revision(Connection& connection, const CustomAdvisory& advisory) {
  LIMPID_ASSIGN(const std::int64_t stored, stored_revision(connection, advisory));
  if (stored == advisory.revision) return {};
  return fail(Code::mismatch,
              {advisory.name_space, " ", advisory.name, ": revision ", stored, " is stored, not ", advisory.revision});
}

Change change_of(const CustomAdvisory& advisory) {
  Change change;
  change.kind = Change::Kind::advisory;
  change.name_space = advisory.name_space;
  change.name = advisory.name;
  return change;
}

Change written(const CustomAdvisory& advisory) {
  Change change = change_of(advisory);
  change.written = std::make_shared<const CustomAdvisory>(advisory);
  return change;
}

Change removed(const CustomAdvisory& advisory) {
  Change change = change_of(advisory);
  change.removed = true;
  return change;
}

// The number that the change of this transaction will get.
Result<ChangeNumber> coming_change(Connection& connection) {
  LIMPID_ASSIGN(Statement counted, connection.query(Sql::change_number));
  LIMPID_ASSIGN(const bool is_there, counted.step());
  if (!is_there) return fail(Code::invalid, {"the count of changes is missing"});
  return counted.integer(0) + 1;
}

}  // namespace

Result<std::optional<CustomAdvisory>> SqliteStore::advisory(std::string_view name_space, std::string_view name) {
  return read("advisory", [&](Connection& connection) -> Result<std::optional<CustomAdvisory>> {
    LIMPID_TRY(check_name("namespace", name_space));
    LIMPID_TRY(check_name("name of an advisory", name));
    LIMPID_ASSIGN(Statement row, connection.query(Sql::advisory, name_space, name));
    LIMPID_ASSIGN(const bool is_there, row.step());
    if (!is_there) return std::nullopt;
    return advisory_of(row);
  });
}

Result<void> SqliteStore::all_advisories(const std::function<void(CustomAdvisory&&)>& take) {
  return read("all_advisories", [&](Connection& connection) -> Result<void> {
    LIMPID_ASSIGN(Statement rows, connection.query(Sql::all_advisories));
    for (;;) {
      LIMPID_ASSIGN(const bool more, rows.step());
      if (!more) return {};
      take(advisory_of(rows));
    }
  });
}

Result<void> SqliteStore::put_advisory(const CustomAdvisory& advisory, version::Scheme scheme,
                                       std::span<const NewNotification> notifications) {
  return write("put_advisory", [&](Connection& connection, std::optional<Change>& change) -> Result<void> {
    LIMPID_TRY(check_arguments(advisory, notifications));
    LIMPID_TRY(check_revision(connection, advisory));
    LIMPID_ASSIGN(const std::int64_t name_space, namespace_id(connection, advisory.name_space, scheme));
    LIMPID_ASSIGN(const ChangeNumber revision, coming_change(connection));
    LIMPID_TRY(connection.run(Sql::put_advisory, name_space, advisory.name, advisory.deleted ? 1 : 0, advisory.document,
                              revision));
    LIMPID_TRY(insert_notifications(connection, notifications));
    change = written(advisory);
    return {};
  });
}

Result<void> SqliteStore::forget_advisory(const CustomAdvisory& advisory,
                                          std::span<const NewNotification> notifications) {
  return write("forget_advisory", [&](Connection& connection, std::optional<Change>& change) -> Result<void> {
    LIMPID_TRY(check_arguments(advisory, notifications));
    LIMPID_TRY(check_revision(connection, advisory));
    if (advisory.revision == 0)
      return fail(Code::mismatch, {advisory.name_space, " ", advisory.name, ": nothing is stored"});
    LIMPID_ASSIGN(const std::int64_t name_space, namespace_id(connection, advisory.name_space, version::Scheme::none));
    LIMPID_TRY(connection.run(Sql::forget_advisory, name_space, advisory.name));
    LIMPID_TRY(insert_notifications(connection, notifications));
    change = removed(advisory);
    return {};
  });
}

}  // namespace limpid::store::sqlite
