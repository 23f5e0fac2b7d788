// rpm's SQLite database, `rpmdb.sqlite` (rpm_databases.h): the table Packages (hnum INTEGER PRIMARY KEY, blob BLOB);
// all its other tables are indexes. https://github.com/rpm-software-management/rpm/blob/master/lib/backend/sqlite.c
#include "base/text.h"
#include "inventory/rpm_databases.h"
#include "inventory/sqlite_pages.h"

namespace limpid::inventory {
namespace {

constexpr std::size_t kSchemaRowMax = std::size_t{1} << 20;
constexpr std::uint32_t kSchemaRoot = 1;
constexpr std::size_t kBlobColumn = 1;

bool is_text(const std::optional<SqliteValue>& value, std::string_view text) {
  return value && value->type == SqliteValue::Type::text &&
         base::equal_ignoring_case(base::as_text(value->bytes), text);
}

// The first page of the table Packages; 0 if there is no such table. A view of that name is none.
std::uint32_t packages_root(SqliteTables& tables, Notes& notes) {
  std::uint32_t root = 0;
  tables.each_row(
      kSchemaRoot, kSchemaRowMax,
      [&](std::uint64_t, Bytes record) {
        if (!is_text(sqlite_column(record, 0), "table") || !is_text(sqlite_column(record, 1), "Packages")) return true;
        const auto page = sqlite_column(record, 3);
        if (!page || page->type != SqliteValue::Type::integer || page->integer <= 0 || page->integer > UINT32_MAX) {
          return true;
        }
        root = static_cast<std::uint32_t>(page->integer);
        return false;
      },
      notes);
  return root;
}

}  // namespace

bool is_rpm_sqlite(Bytes head) { return base::as_text(head).starts_with("SQLite format 3"); }

Result<void> read_rpm_sqlite(const RandomBytes& file, const RandomBytes* log, const RpmBlobTaker& take, Notes& notes) {
  LIMPID_ASSIGN(const SqlitePages pages, SqlitePages::open(file, log, notes));
  SqliteTables tables(pages);
  const std::uint32_t root = packages_root(tables, notes);
  if (root == 0) return fail(Code::invalid, {"an SQLite database without a table Packages"});
  tables.each_row(
      root, kRpmHeaderMax,
      [&](std::uint64_t number, Bytes record) {
        const auto blob = sqlite_column(record, kBlobColumn);
        if (blob && blob->type == SqliteValue::Type::blob) return take(number, blob->bytes);
        notes.add(SkipReason::damaged, {"package ", number, ": its row has no header"});
        return true;
      },
      notes);
  return {};
}

}  // namespace limpid::inventory
