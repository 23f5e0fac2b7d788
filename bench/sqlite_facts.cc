// bench-sqlite-facts DATABASE OUT: everything that the database says, as a user of SQLite would store it: a table of
// advisories with their texts, lists beside it, a table of statements with the one index that "what is said of this
// package of this namespace" needs, and what is said of CVEs by CVE. Namespaces and feeds are numbers, empty texts are
// NULL. Prints the numbers of advisories, statements and CVEs.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <type_traits>
#include <unordered_map>

#include <sqlite3.h>
#include <unistd.h>

#include "base/text.h"
#include "vulndb/cve_ids.h"
#include "vulndb/database.h"

namespace {

using namespace limpid;

class Table {
 public:
  Table(sqlite3* store, const char* insert) : store_(store) {
    if (sqlite3_prepare_v2(store, insert, -1, &statement_, nullptr) != SQLITE_OK) give_up();
  }
  ~Table() { sqlite3_finalize(statement_); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  template <class Number>
    requires std::is_integral_v<Number>
  Table& operator<<(Number number) {
    return bind(static_cast<std::int64_t>(number));
  }
  Table& bind(std::int64_t value) {
    sqlite3_bind_int64(statement_, ++bound_, value);
    return *this;
  }
  Table& operator<<(std::string_view text) {
    ++bound_;
    if (text.empty())
      sqlite3_bind_null(statement_, bound_);
    else
      sqlite3_bind_text(statement_, bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  void insert() {
    if (sqlite3_step(statement_) != SQLITE_DONE) give_up();
    sqlite3_reset(statement_);
    bound_ = 0;
  }

 private:
  [[noreturn]] void give_up() const {
    std::fprintf(stderr, "bench-sqlite-facts: %s\n", sqlite3_errmsg(store_));
    std::exit(1);
  }
  sqlite3* store_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

constexpr const char* kSchema = R"(
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE feed (number INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE namespace (number INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE advisory (number INTEGER PRIMARY KEY, feed INTEGER, id TEXT, severity TEXT, published TEXT, modified TEXT,
                       title TEXT, description TEXT);
CREATE TABLE advisory_name (advisory INTEGER, upstream INTEGER, name TEXT);
CREATE TABLE advisory_cvss (advisory INTEGER, version TEXT, vector TEXT);
CREATE TABLE advisory_reference (advisory INTEGER, url TEXT);
CREATE TABLE statement (namespace INTEGER, package TEXT, key_kind INTEGER, advisory INTEGER, status INTEGER,
                        kind INTEGER, scheme INTEGER, severity TEXT, module TEXT, fixed TEXT, ranges TEXT,
                        versions TEXT, architectures TEXT, products TEXT);
CREATE TABLE cve (cve TEXT PRIMARY KEY, epss INTEGER, percentile INTEGER, kev_added TEXT, kev_due TEXT, flags INTEGER,
                  decisions INTEGER, published TEXT, modified TEXT, cwes TEXT, cvss TEXT) WITHOUT ROWID;
BEGIN;)";

std::string joined(const vulndb::List<std::string_view>& list) {
  std::string text;
  for (const std::string_view one : list) base::append(text, {text.empty() ? "" : " ", one});
  return text;
}

void put_advisories(const vulndb::Database& database, sqlite3* store,
                    const std::unordered_map<std::string, int>& feeds) {
  Table advisory(store, "INSERT INTO advisory VALUES (?,?,?,?,?,?,?,?)");
  Table name(store, "INSERT INTO advisory_name VALUES (?,?,?)");
  Table cvss(store, "INSERT INTO advisory_cvss VALUES (?,?,?)");
  Table reference(store, "INSERT INTO advisory_reference VALUES (?,?)");
  for (vulndb::AdvisoryNumber number = 0; number < database.info().advisories; ++number) {
    const auto details = database.details(number);
    if (!details) std::exit(1);
    (advisory << number << feeds.at(details->feed) << details->id << details->severity << details->published
              << details->modified << details->title << details->description)
        .insert();
    for (const auto& alias : details->aliases) (name << number << 0 << alias).insert();
    for (const auto& upstream : details->upstream) (name << number << 1 << upstream).insert();
    for (const auto& score : details->cvss) (cvss << number << score.version << score.vector).insert();
    for (const auto& url : details->references) (reference << number << url).insert();
  }
}

void put_statements(const vulndb::Database& database, sqlite3* store) {
  Table name_space(store, "INSERT INTO namespace VALUES (?,?)");
  Table row(store, "INSERT INTO statement VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  std::int64_t number = 0;
  for (const auto& info : database.info().namespaces) {
    (name_space << ++number << info.name).insert();
    const auto put = [&](const vulndb::Statement& one) {
      std::string_view fixed;
      std::string ranges;
      if (one.ranges.size() == 1 && one.ranges[0].introduced.empty() && one.ranges[0].last_affected.empty()) {
        fixed = one.ranges[0].fixed;
      } else {
        for (const vulndb::RangeView range : one.ranges)
          base::append(ranges, {"[", range.introduced, ",", range.fixed, ",", range.last_affected, "]"});
      }
      (row << number << one.package << static_cast<int>(one.key_kind) << one.advisory << static_cast<int>(one.status)
           << static_cast<int>(one.kind) << static_cast<int>(one.scheme) << one.severity << one.module << fixed
           << ranges << joined(one.versions) << joined(one.architectures) << joined(one.products))
          .insert();
    };
    if (!database.each_statement(info.name, put)) std::exit(1);
  }
}

// The database does not list its CVEs, so all numbers are asked for that a year may have.
std::uint64_t put_enrichments(const vulndb::Database& database, sqlite3* store) {
  Table row(store, "INSERT INTO cve VALUES (?,?,?,?,?,?,?,?,?,?,?)");
  constexpr std::uint32_t kYears = 28, kNumbersMax = 120'000;
  std::uint64_t count = 0;
  for (std::uint32_t year = 0; year < kYears; ++year)
    for (std::uint32_t number = 0; number < kNumbersMax; ++number) {
      const auto id = vulndb::cve_of_key(year << 26 | number);
      const auto found = database.enrichment(id);
      if (!found) std::exit(1);
      if (!*found) continue;
      const auto& one = **found;
      std::string cwes, cvss;
      for (const auto& cwe : one.cwes) base::append(cwes, {cwes.empty() ? "" : " ", cwe});
      for (const auto& score : one.cvss)
        base::append(cvss,
                     {cvss.empty() ? "" : " ", score.cvss.vector, " ", score.source, score.primary ? " 1" : " 0"});
      (row << id << (one.epss ? one.epss->probability : -1) << (one.epss ? one.epss->percentile : -1) << one.kev_added
           << one.kev_due << (one.ransomware ? 1 : 0) + (one.rejected ? 2 : 0) + (one.disputed ? 4 : 0)
           << static_cast<int>(one.exploitation) * 16 + static_cast<int>(one.automatable) * 4 +
                  static_cast<int>(one.technical_impact)
           << one.published << one.modified << cwes << cvss)
          .insert();
      ++count;
    }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto database = vulndb::Database::open(argv[1], vulndb::Access::map);
  if (!database) {
    std::fprintf(stderr, "bench-sqlite-facts: %s\n", database.error().describe().c_str());
    return 1;
  }
  ::unlink(argv[2]);
  sqlite3* store = nullptr;
  if (sqlite3_open(argv[2], &store) != SQLITE_OK ||
      sqlite3_exec(store, kSchema, nullptr, nullptr, nullptr) != SQLITE_OK)
    return 1;
  std::unordered_map<std::string, int> feeds;
  {
    Table feed(store, "INSERT INTO feed VALUES (?,?)");
    for (const auto& info : database->info().feeds) {
      const int number = static_cast<int>(feeds.size());
      if (feeds.emplace(info.name, number).second) (feed << number << info.name).insert();
    }
  }
  put_advisories(*database, store, feeds);
  put_statements(*database, store);
  const std::uint64_t cves = put_enrichments(*database, store);
  if (sqlite3_exec(store, "CREATE INDEX statement_by_package ON statement (namespace, package); COMMIT;", nullptr,
                   nullptr, nullptr) != SQLITE_OK) {
    std::fprintf(stderr, "bench-sqlite-facts: %s\n", sqlite3_errmsg(store));
    return 1;
  }
  sqlite3_close(store);
  std::printf("%llu %llu %llu\n", static_cast<unsigned long long>(database->info().advisories),
              static_cast<unsigned long long>(database->info().statements), static_cast<unsigned long long>(cves));
  return 0;
}
