// One connection to an SQLite database with its prepared statements, and a queue of callers for a few of them.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "store/sqlite_sql.h"

struct sqlite3;
struct sqlite3_stmt;

namespace limpid::store::sqlite {

// Bytes that are not text.
struct Blob {
  std::string_view bytes;
};
// A digest as its raw bytes; their number tells the algorithm. No bytes for no digest.
std::string raw_digest(const Digest& digest);

// A prepared statement in use. Given back to its connection, without its values, at the end of the scope.
class Statement {
 public:
  Statement(sqlite3_stmt* statement, bool copies) : statement_(statement), copies_(copies) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  void bind(int place, std::int64_t value);
  void bind(int place, std::string_view text);
  void bind(int place, Blob blob);
  void bind(int place, std::nullptr_t);

  // Whether there is a(nother) row. A write has taken effect when there is none any more.
  Result<bool> step();
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::string text(int column) const;  // of a blob, too
  Digest digest(int column) const;

 private:
  sqlite3_stmt* statement_;
  bool copies_;           // of what is bound: needed if it may go before the last step
  int bind_outcome_ = 0;  // of the first bind that failed
};

// For one thread at a time.
class Connection {
 public:
  // The file must be there. `busy_max`: how long to wait for another connection's lock.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, std::chrono::milliseconds busy_max);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // A statement with its values bound in order: strings, whole numbers, Blob, nullptr.
  template <class... Values>
  Result<Statement> query(Sql sql, const Values&... values) {
    LIMPID_ASSIGN(Statement statement, prepared(sql, true));
    int place = 0;
    (bind_one(statement, ++place, values), ...);
    return statement;
  }
  // The same, run to its end; how many rows it wrote.
  template <class... Values>
  Result<std::int64_t> run(Sql sql, const Values&... values) {
    LIMPID_ASSIGN(Statement statement, prepared(sql, false));
    int place = 0;
    (bind_one(statement, ++place, values), ...);
    return finish(statement);
  }
  std::int64_t last_row() const;
  // Ends a transaction, if there is one, without effect.
  void roll_back();

  // Without preparation: for opening and migrating.
  Result<void> execute(const char* sql);
  Result<std::int64_t> number(const char* sql);
  sqlite3* handle() const { return handle_; }

 private:
  explicit Connection(sqlite3* handle) : handle_(handle) {}
  Result<Statement> prepared(Sql sql, bool copies);
  Result<std::int64_t> finish(Statement& statement);
  template <class Value>
  static void bind_one(Statement& statement, int place, const Value& value) {
    if constexpr (std::is_integral_v<Value>) {
      statement.bind(place, static_cast<std::int64_t>(value));
    } else {
      statement.bind(place, value);
    }
  }

  sqlite3* handle_;
  std::array<sqlite3_stmt*, kSqlCount> statements_{};
};

// Connections that callers take in the order in which they asked.
class Connections {
 public:
  class Taken {
   public:
    Taken(Connections& from, Connection* connection) : from_(&from), connection_(connection) {}
    Taken(Taken&& other) noexcept : from_(other.from_), connection_(std::exchange(other.connection_, nullptr)) {}
    Taken& operator=(Taken&&) = delete;
    ~Taken() {
      if (connection_ != nullptr) from_->give_back(connection_);
    }
    Connection& operator*() const { return *connection_; }

   private:
    Connections* from_;
    Connection* connection_;
  };

  void add(std::unique_ptr<Connection> connection);
  // Code::io if none is free within `wait_max`.
  Result<Taken> take(std::chrono::milliseconds wait_max);

 private:
  void give_back(Connection* connection);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Connection>> all_;
  std::vector<Connection*> free_;  // the last is taken first: its cache is warm
  std::deque<std::uint64_t> waiting_;
  std::uint64_t next_ticket_ = 0;
};

}  // namespace limpid::store::sqlite
