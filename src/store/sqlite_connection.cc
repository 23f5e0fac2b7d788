#include "store/sqlite_connection.h"

#include <algorithm>

#include <sqlite3.h>

namespace limpid::store::sqlite {
namespace {

// Reads of pages go through a mapping of this size; what lies beyond is read with system calls.
constexpr std::int64_t kMappedBytes = std::int64_t{1} << 30;
// A write-ahead log that grew beyond this is cut when it has been copied into the database.
constexpr std::int64_t kLogBytesKept = std::int64_t{64} << 20;
// Of 4 KiB: then they are brought into the file itself, in the write that fills the log. Pages that are written again
// and again are brought once; SQLite's 1,000 come every 150 advisories.
constexpr std::int64_t kLogPages = 4'000;

Code code_of(int outcome) {
  switch (outcome & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
      return Code::invalid;
    case SQLITE_TOOBIG:
      return Code::limit;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_INTERNAL:
      return Code::internal;
    default:
      return Code::io;
  }
}

std::unexpected<Error> fail_sqlite(sqlite3* handle, int outcome) {
  return fail(code_of(outcome), {"SQLite: ", handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(outcome)});
}

// The text that a bound or read value points to is never null, as SQLite would take that for NULL.
const char* never_null(std::string_view text) { return text.data() != nullptr ? text.data() : ""; }

sqlite3_destructor_type lifetime(bool copies) { return copies ? SQLITE_TRANSIENT : SQLITE_STATIC; }  // NOLINT

std::uint8_t hex_value(char c) {
  return static_cast<std::uint8_t>(base::is_digit(c) ? c - '0' : base::to_lower(c) - 'a' + 10);
}

}  // namespace

std::string raw_digest(const Digest& digest) {
  const std::string hex = digest.hex();
  std::string raw;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    raw.push_back(static_cast<char>(hex_value(hex[i]) << 4 | hex_value(hex[i + 1])));
  return raw;
}

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)),
      copies_(other.copies_),
      bind_outcome_(other.bind_outcome_) {}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);  // repeats the error of the last step, which the caller has had
  sqlite3_clear_bindings(statement_);
}

void Statement::bind(int place, std::int64_t value) {
  const int outcome = sqlite3_bind_int64(statement_, place, value);
  if (bind_outcome_ == SQLITE_OK) bind_outcome_ = outcome;
}
void Statement::bind(int place, std::string_view text) {
  const int outcome =
      sqlite3_bind_text64(statement_, place, never_null(text), text.size(), lifetime(copies_), SQLITE_UTF8);
  if (bind_outcome_ == SQLITE_OK) bind_outcome_ = outcome;
}
void Statement::bind(int place, Blob blob) {
  const int outcome =
      sqlite3_bind_blob64(statement_, place, never_null(blob.bytes), blob.bytes.size(), lifetime(copies_));
  if (bind_outcome_ == SQLITE_OK) bind_outcome_ = outcome;
}
void Statement::bind(int place, std::nullptr_t) {
  const int outcome = sqlite3_bind_null(statement_, place);
  if (bind_outcome_ == SQLITE_OK) bind_outcome_ = outcome;
}

Result<bool> Statement::step() {
  if (bind_outcome_ != SQLITE_OK) return fail_sqlite(nullptr, bind_outcome_);
  const int outcome = sqlite3_step(statement_);
  if (outcome == SQLITE_ROW) return true;
  if (outcome == SQLITE_DONE) return false;
  return fail_sqlite(sqlite3_db_handle(statement_), outcome);
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Digest Statement::digest(int column) const {
  const std::string raw = text(column);
  using base::HashAlgorithm;
  if (raw.size() != 32 && raw.size() != 64) return {};
  return Digest::of_raw(raw.size() == 32 ? HashAlgorithm::sha256 : HashAlgorithm::sha512, base::as_bytes(raw));
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, std::chrono::milliseconds busy_max) {
  // A name that SQLite could take for more than a file's (":memory:", "file:…") becomes a plain one.
  const std::string plain = path.starts_with('/') ? path : "./" + path;
  sqlite3* handle = nullptr;
  const int outcome = sqlite3_open_v2(plain.c_str(), &handle,
                                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  std::unique_ptr<Connection> connection(new Connection(handle));  // even a failed one is to be closed
  if (outcome != SQLITE_OK) return fail_sqlite(handle, outcome);
  const std::int64_t busy = std::clamp<std::int64_t>(busy_max.count(), 0, INT32_MAX);
  sqlite3_busy_timeout(handle, static_cast<int>(busy));
  // What is in the file is data: its schema may not call functions, nor may SQL damage the file's structure.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // No cell_size_check: a mapped page is looked through at each visit then, a fifth of a page of notifications.
  LIMPID_TRY(connection->execute(base::cat({"PRAGMA mmap_size = ", kMappedBytes, "; PRAGMA journal_size_limit = ",
                                            kLogBytesKept, "; PRAGMA wal_autocheckpoint = ", kLogPages,
                                            "; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
                                            "PRAGMA automatic_index = OFF; PRAGMA temp_store = MEMORY"})
                                     .c_str()));
  return connection;
}

Connection::~Connection() {
  for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Result<Statement> Connection::prepared(Sql sql, bool copies) {
  sqlite3_stmt*& statement = statements_[static_cast<std::size_t>(sql)];
  if (statement == nullptr) {
    const int outcome = sqlite3_prepare_v3(handle_, text_of(sql), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (outcome != SQLITE_OK) return fail_sqlite(handle_, outcome);
  }
  if (sqlite3_stmt_busy(statement) != 0)
    return fail(Code::internal, {"a statement is used twice at once: ", text_of(sql)});
  return Statement(statement, copies);
}

Result<std::int64_t> Connection::finish(Statement& statement) {
  for (;;) {
    LIMPID_ASSIGN(const bool more, statement.step());
    if (!more) return sqlite3_changes64(handle_);
  }
}

std::int64_t Connection::last_row() const { return sqlite3_last_insert_rowid(handle_); }

void Connection::roll_back() {
  // After some errors SQLite has done it by itself.
  if (sqlite3_get_autocommit(handle_) == 0) (void)execute(text_of(Sql::rollback));
}

Result<void> Connection::execute(const char* sql) {
  const int outcome = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (outcome != SQLITE_OK) return fail_sqlite(handle_, outcome);
  return {};
}

Result<std::int64_t> Connection::number(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  int outcome = sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr);
  if (outcome == SQLITE_OK) outcome = sqlite3_step(statement);
  const std::int64_t value = outcome == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  auto failure = fail_sqlite(handle_, outcome);
  sqlite3_finalize(statement);
  if (outcome != SQLITE_ROW) return failure;
  return value;
}

void Connections::add(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  free_.push_back(connection.get());
  all_.push_back(std::move(connection));
}

Result<Connections::Taken> Connections::take(std::chrono::milliseconds wait_max) {
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  waiting_.push_back(ticket);
  const auto is_my_turn = [&] { return !free_.empty() && waiting_.front() == ticket; };
  const bool got_one = changed_.wait_for(lock, wait_max, is_my_turn);
  std::erase(waiting_, ticket);
  if (!free_.empty() && !waiting_.empty()) changed_.notify_all();  // the next one's turn, if I leave or there are more
  if (!got_one)
    return fail(Code::io, {"no connection was free for ", wait_max.count(), " ms; all ", all_.size(), " are busy"});
  Connection* connection = free_.back();
  free_.pop_back();
  return Taken(*this, connection);
}

void Connections::give_back(Connection* connection) {
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(connection);
  }
  changed_.notify_all();
}

}  // namespace limpid::store::sqlite
