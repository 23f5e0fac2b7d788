// One connection to PostgreSQL through libpq. Statements go out prepared, in batches that cost one round trip each;
// values and answers travel in binary. No call waits beyond its deadline, however the server or the network hangs.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "store/postgres_sql.h"

struct pg_conn;
struct pg_result;

namespace limpid::store::postgres {

using Clock = std::chrono::steady_clock;

// A server that has not answered a statement by then hangs.
inline constexpr std::chrono::seconds kAnswerMax{60};
// Of a migration, which may rewrite tables and waits for another node's.
inline constexpr std::chrono::seconds kMigrationMax{3'600};

// Bytes that are not text.
struct Blob {
  std::string_view bytes;
};
// A digest as its raw bytes; their number tells the algorithm. No bytes for no digest.
std::string raw_digest(const Digest& digest);

// The rows that a statement answered.
class Rows {
 public:
  explicit Rows(pg_result* result);
  std::size_t size() const;
  bool empty() const { return size() == 0; }
  // How many rows the statement wrote.
  std::uint64_t affected() const;

  bool is_null(std::size_t row, int column) const;
  std::int64_t integer(std::size_t row, int column) const;  // of any width; 0 for NULL
  bool boolean(std::size_t row, int column) const { return integer(row, column) != 0; }
  std::string_view view(std::size_t row, int column) const;  // as long as the rows live
  std::string text(std::size_t row, int column) const { return std::string(view(row, column)); }
  Digest digest(std::size_t row, int column) const;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

// A statement's values as the wire has them.
class Values {
 public:
  static constexpr std::size_t kMax = 16;

  void add(std::int64_t value);
  void add(bool value);
  void add(std::string_view text);
  void add(Blob blob);
  void add(const std::optional<std::int64_t>& value);
  void add(std::span<const std::int64_t> array);
  void add(std::span<const bool> array);
  void add(std::span<const std::string_view> array);
  void add(std::span<const Blob> array);

  int count() const { return count_; }
  const char* const* pointers() const { return pointers_.data(); }
  const int* lengths() const { return lengths_.data(); }

 private:
  void add_view(std::string_view bytes);
  std::string& add_owned();

  int count_ = 0;
  std::array<const char*, kMax> pointers_{};
  std::array<int, kMax> lengths_{};
  std::array<std::string, kMax> owned_;
};

// For one thread at a time.
class Connection {
 public:
  // Tries once, until `deadline`, or until `stop` is set. `answer_max`: how long a later call may wait for the server.
  static Result<std::unique_ptr<Connection>> open(const std::string& url, Clock::time_point deadline,
                                                  const std::atomic<bool>* stop = nullptr,
                                                  std::chrono::milliseconds answer_max = kAnswerMax);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // One statement by itself: a batch of one.
  template <class... Arguments>
  Result<Rows> run(Sql sql, const Arguments&... arguments);
  // Without preparation or values, several statements if need be; the last one's rows, as text. For setting up.
  Result<Rows> execute(const std::string& sql, std::chrono::milliseconds answer_max = kAnswerMax);
  // COPY … FROM STDIN: what `next` returns, until that is empty.
  Result<void> copy_in(const std::string& sql, const std::function<Result<std::string_view>()>& next);
  // Ends a transaction, if there is one, without effect.
  void roll_back();

  // Whether the connection is of no use any more: the server has ended it, or it hung. Costs no round trip.
  bool is_lost();
  // Neither lost nor in the middle of something: another caller may have it.
  bool is_idle();
  // The SQLSTATE of the last error that the server reported, "" if none.
  std::string_view sqlstate() const { return sqlstate_; }
  void forget_error() { sqlstate_.clear(); }
  // Whether a write may have been committed since begin_work(): if the answer was lost, nobody knows.
  bool may_have_committed() const { return may_have_committed_; }
  void begin_work();

  // Namespaces, by name, that were seen committed through this connection: they are never taken away, and what a server
  // has told a connection holds as long as that does.
  std::map<std::string, std::int64_t, std::less<>> namespaces;

  // Takes what has arrived without waiting; false if the connection is lost.
  bool consume();
  // The next notification: channel and payload.
  std::optional<std::pair<std::string, std::string>> next_notification();
  int socket() const;
  int server_version() const;

 private:
  friend class Batch;
  Connection(pg_conn* handle, std::chrono::milliseconds answer_max) : handle_(handle), answer_max_(answer_max) {}
  Result<void> connect(Clock::time_point deadline, const std::atomic<bool>* stop);
  Result<void> set_up();
  // The next answer; nullptr where libpq says that there is none.
  Result<pg_result*> next_result(Clock::time_point deadline);
  Result<void> flush(Clock::time_point deadline);
  // Waits until the socket can be read (or written, if there is more to be sent).
  Result<void> wait(bool to_write, Clock::time_point deadline);
  Error error_of(const pg_result* result);
  Error lost(std::string_view what);

  pg_conn* handle_;
  std::chrono::milliseconds answer_max_;
  std::array<bool, kSqlCount> prepared_{};
  std::string sqlstate_;
  bool lost_ = false;
  bool in_transaction_ = false;
  bool may_have_committed_ = false;
};

// Statements that are sent together and answered together. If one fails, those after it are not run.
class Batch {
 public:
  explicit Batch(Connection& connection) : connection_(connection) {}

  template <class... Arguments>
  Batch& add(Sql sql, const Arguments&... arguments) {
    static_assert(sizeof...(Arguments) <= Values::kMax);
    Values values;
    (add_one(values, arguments), ...);
    send(sql, values);
    ++count_;
    return *this;
  }
  // What is added from now on may fail without making the batch fail: its rows are missing then.
  void settle() { settled_ = sent_.size(); }
  // How many statements were added.
  std::size_t size() const { return count_; }
  // One entry for each statement.
  Result<std::vector<Rows>> run();

 private:
  struct Sent {
    Sql sql;
    bool prepares;  // the statement's preparation, which has an answer of its own
  };

  template <class Argument>
  static void add_one(Values& values, const Argument& argument) {
    if constexpr (std::same_as<Argument, bool>) {
      values.add(argument);
    } else if constexpr (std::is_integral_v<Argument>) {
      values.add(static_cast<std::int64_t>(argument));
    } else if constexpr (std::is_convertible_v<Argument, std::string_view>) {
      values.add(std::string_view(argument));
    } else {
      values.add(argument);
    }
  }
  void send(Sql sql, const Values& values);
  bool enter();
  Result<std::optional<Rows>> answer(const Sent& sent, Clock::time_point deadline);
  Result<void> finish(Clock::time_point deadline);

  Connection& connection_;
  std::vector<Sent> sent_;
  std::size_t count_ = 0;
  std::size_t settled_ = SIZE_MAX;
  bool entered_ = false;
  bool failed_to_send_ = false;
};

template <class... Arguments>
Result<Rows> Connection::run(Sql sql, const Arguments&... arguments) {
  Batch batch(*this);
  batch.add(sql, arguments...);
  LIMPID_ASSIGN(std::vector<Rows> answers, batch.run());
  return std::move(answers.front());
}

}  // namespace limpid::store::postgres
