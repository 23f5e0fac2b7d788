#include "store/postgres_connection.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include "base/text.h"
#include "store/libpq.h"

namespace limpid::store::postgres {
namespace {

// Type numbers that PostgreSQL has fixed (pg_type.dat), needed where an array names its elements' type.
constexpr std::int32_t kBoolType = 16;
constexpr std::int32_t kByteaType = 17;
constexpr std::int32_t kInt8Type = 20;
constexpr std::int32_t kTextType = 25;

// How long a wait for a connection may go on before it looks whether it shall stop.
constexpr std::chrono::milliseconds kStopCheck{100};

// So long is an answer looked for before the thread sleeps until it comes: about as long as a durable commit takes.
constexpr std::chrono::microseconds kLookTime{400};

// The planner gets no chance to read a large table whole because it was small a minute ago, nor to plan each call
// anew; where only a whole scan will do, it is still done. A node that hangs in a transaction is cut off, and so is
// one whose machine is gone. Durability is not the operator's default's affair: store.h promises it.
constexpr const char* kSettings =
    "SET enable_seqscan = off; SET jit = off; SET plan_cache_mode = force_generic_plan; "
    "SET default_transaction_isolation = 'read committed'; SET client_min_messages = warning; "
    "SET idle_in_transaction_session_timeout = '30s'; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; "
    "SET tcp_keepalives_count = 3; "
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

// Waking a thread costs 20 to 40 us on a virtual machine, a tenth of a whole commit: so the answer is looked for again
// and again at first, with everybody else let through in between. By one thread at a time; more would take the
// processors from the server that they wait for.
bool comes_soon(int socket) {
  static std::atomic_flag somebody_looks;
  if (somebody_looks.test_and_set(std::memory_order_acquire)) return false;
  const auto end = std::chrono::steady_clock::now() + kLookTime;
  bool is_there = false;
  do {
    pollfd looked_at{socket, POLLIN, 0};
    is_there = ::poll(&looked_at, 1, 0) > 0;
    if (!is_there) ::sched_yield();
  } while (!is_there && std::chrono::steady_clock::now() < end);
  somebody_looks.clear(std::memory_order_release);
  return is_there;
}

template <class Integer>
void append_big_endian(std::string& out, Integer value) {
  for (int shift = static_cast<int>(sizeof(Integer)) * 8 - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xFF));
}

// An array's head: one dimension (none if it is empty), no NULLs, indices from 1 on.
void append_array_head(std::string& out, std::int32_t type, std::size_t count) {
  append_big_endian(out, std::int32_t{count == 0 ? 0 : 1});
  append_big_endian(out, std::int32_t{0});
  append_big_endian(out, type);
  if (count == 0) return;
  append_big_endian(out, static_cast<std::int32_t>(count));
  append_big_endian(out, std::int32_t{1});
}

void append_element(std::string& out, std::string_view bytes) {
  append_big_endian(out, static_cast<std::int32_t>(bytes.size()));
  out.append(bytes);
}

// libpq's messages come in several lines, indented by tabs.
std::string one_line(std::string_view message) {
  std::string line;
  while (!message.empty()) base::append(line, {line.empty() ? "" : " ", base::take_word(message)});
  return std::string(base::trim(line));
}

Code code_of(std::string_view sqlstate) {
  if (sqlstate == "23505") return Code::mismatch;   // somebody else wrote under this name first
  if (sqlstate == "23503") return Code::not_found;  // what it refers to is gone
  if (sqlstate == "22021") return Code::invalid;    // bytes that are no text
  if (sqlstate == "54000" || sqlstate == "22001") return Code::limit;
  return Code::io;
}

// What says that this connection, or the server behind it, is of no more use: 08 connection, 57P shut down, and a
// server that takes no writes because another one does now.
bool means_lost(std::string_view sqlstate) {
  return sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "25006" || sqlstate == "25P03";
}

}  // namespace

std::string raw_digest(const Digest& digest) {
  const std::string hex = digest.hex();
  const auto value = [](char c) { return base::is_digit(c) ? c - '0' : c - 'a' + 10; };
  std::string raw;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    raw.push_back(static_cast<char>(value(hex[i]) << 4 | value(hex[i + 1])));
  return raw;
}

// ── Rows ──

void Rows::Clear::operator()(pg_result* result) const { PQclear(result); }
Rows::Rows(pg_result* result) : result_(result) {}
std::size_t Rows::size() const { return static_cast<std::size_t>(PQntuples(result_.get())); }
std::uint64_t Rows::affected() const { return base::parse_unsigned(PQcmdTuples(result_.get())).value_or(0); }

bool Rows::is_null(std::size_t row, int column) const {
  return PQgetisnull(result_.get(), static_cast<int>(row), column) != 0;
}

std::string_view Rows::view(std::size_t row, int column) const {
  const int line = static_cast<int>(row);
  return {PQgetvalue(result_.get(), line, column), static_cast<std::size_t>(PQgetlength(result_.get(), line, column))};
}

std::int64_t Rows::integer(std::size_t row, int column) const {
  const std::string_view bytes = view(row, column);
  if (bytes.empty()) return 0;
  std::uint64_t value = (bytes[0] & 0x80) != 0 ? UINT64_MAX : 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return static_cast<std::int64_t>(value);
}

Digest Rows::digest(std::size_t row, int column) const {
  const Bytes raw = base::as_bytes(view(row, column));
  if (raw.empty()) return {};
  return Digest::of_raw(raw.size() == 64 ? base::HashAlgorithm::sha512 : base::HashAlgorithm::sha256, raw);
}

// ── Values ──

void Values::add_view(std::string_view bytes) {
  const auto place = static_cast<std::size_t>(count_++);
  pointers_[place] = bytes.data() == nullptr ? "" : bytes.data();  // nullptr would mean NULL
  lengths_[place] = static_cast<int>(bytes.size());
}

std::string& Values::add_owned() { return owned_[static_cast<std::size_t>(count_)]; }

void Values::add(std::int64_t value) {
  std::string& out = add_owned();
  append_big_endian(out, value);
  add_view(out);
}
void Values::add(bool value) {
  std::string& out = add_owned();
  out.push_back(value ? 1 : 0);
  add_view(out);
}
void Values::add(std::string_view text) { add_view(text); }
void Values::add(Blob blob) { add_view(blob.bytes); }
void Values::add(const std::optional<std::int64_t>& value) {
  if (value) return add(*value);
  ++count_;  // stays nullptr
}
void Values::add(std::span<const std::int64_t> array) {
  std::string& out = add_owned();
  append_array_head(out, kInt8Type, array.size());
  for (const std::int64_t value : array) {
    append_big_endian(out, std::int32_t{8});
    append_big_endian(out, value);
  }
  add_view(out);
}
void Values::add(std::span<const bool> array) {
  std::string& out = add_owned();
  append_array_head(out, kBoolType, array.size());
  for (const bool value : array) append_element(out, value ? std::string_view("\1", 1) : std::string_view("\0", 1));
  add_view(out);
}
void Values::add(std::span<const std::string_view> array) {
  std::string& out = add_owned();
  append_array_head(out, kTextType, array.size());
  for (const std::string_view text : array) append_element(out, text);
  add_view(out);
}
void Values::add(std::span<const Blob> array) {
  std::string& out = add_owned();
  append_array_head(out, kByteaType, array.size());
  for (const Blob& blob : array) append_element(out, blob.bytes);
  add_view(out);
}

// ── Connection ──

Connection::~Connection() { PQfinish(handle_); }

Result<std::unique_ptr<Connection>> Connection::open(const std::string& url, Clock::time_point deadline,
                                                     const std::atomic<bool>* stop,
                                                     std::chrono::milliseconds answer_max) {
  LIMPID_TRY(libpq.load());
  // Later ones override earlier ones, and the URL stands in between: what comes before it are our defaults.
  const std::array<const char*, 8> keywords = {
      "application_name",    "tcp_user_timeout", "keepalives_idle", "keepalives_count",
      "keepalives_interval", "dbname",           "client_encoding", nullptr};
  const std::array<const char*, 8> values = {"limpid", "20000", "10", "3", "5", url.c_str(), "UTF8", nullptr};
  pg_conn* handle = PQconnectStartParams(keywords.data(), values.data(), 1);
  if (handle == nullptr) return fail(Code::io, {"out of memory"});
  std::unique_ptr<Connection> connection(new Connection(handle, answer_max));
  // libpq's own receiver would print to stderr. A server that goes while nothing was asked says so in a notice.
  const auto receiver = [](void* context, const pg_result* notice) {
    const char* state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
    if (state != nullptr && means_lost(state)) static_cast<Connection*>(context)->lost_ = true;
  };
  PQsetNoticeReceiver(handle, receiver, connection.get());
  LIMPID_TRY(connection->connect(deadline, stop));
  LIMPID_TRY(connection->set_up());
  return connection;
}

Result<void> Connection::connect(Clock::time_point deadline, const std::atomic<bool>* stop) {
  for (PostgresPollingStatusType next = PGRES_POLLING_WRITING;;) {
    if (PQstatus(handle_) == CONNECTION_BAD || next == PGRES_POLLING_FAILED)
      return std::unexpected(lost("cannot connect"));
    if (next == PGRES_POLLING_OK) return {};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return fail(Code::io, {"cannot connect: no answer in time"});
    if (stop != nullptr && *stop) return fail(Code::cancelled, {"stopped"});
    pollfd waited{PQsocket(handle_), static_cast<short>(next == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::min(left, kStopCheck).count()));
    if (ready > 0) next = PQconnectPoll(handle_);
  }
}

Result<void> Connection::set_up() {
  if (PQsetnonblocking(handle_, 1) != 0) return std::unexpected(lost("cannot set up"));
  LIMPID_TRY_WITHIN(execute(kSettings), {"settings"});
  return {};
}

Error Connection::lost(std::string_view what) {
  lost_ = true;
  return Error(Code::io, base::cat({what, ": ", one_line(PQerrorMessage(handle_))}));
}

Error Connection::error_of(const pg_result* result) {
  const auto field = [&](int which) -> std::string_view {
    const char* text = PQresultErrorField(result, which);
    return text == nullptr ? std::string_view() : text;
  };
  sqlstate_ = field(PG_DIAG_SQLSTATE);
  // Without a state it is libpq that speaks: the server is gone.
  if (sqlstate_.empty() || means_lost(sqlstate_)) lost_ = true;
  if (sqlstate_.empty()) return Error(Code::io, one_line(PQresultErrorMessage(result)));
  return Error(code_of(sqlstate_), base::cat({one_line(field(PG_DIAG_MESSAGE_PRIMARY)), " (", sqlstate_, ")"}));
}

Result<void> Connection::wait(bool to_write, Clock::time_point deadline) {
  if (!to_write && comes_soon(PQsocket(handle_))) return {};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      lost_ = true;
      return fail(Code::io, {"the server has not answered in time"});
    }
    pollfd waited{PQsocket(handle_), static_cast<short>(to_write ? POLLIN | POLLOUT : POLLIN), 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1'000'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) {
      lost_ = true;
      return base::fail_errno({"poll"});
    }
  }
}

Result<pg_result*> Connection::next_result(Clock::time_point deadline) {
  for (;;) {
    const int unsent = PQflush(handle_);
    if (PQisBusy(handle_) == 0) return PQgetResult(handle_);
    LIMPID_TRY(wait(unsent > 0, deadline));
    // Failing, it leaves an error for PQgetResult().
    if (PQconsumeInput(handle_) == 0) return PQgetResult(handle_);
  }
}

Result<void> Connection::flush(Clock::time_point deadline) {
  for (;;) {
    const int unsent = PQflush(handle_);
    if (unsent == 0) return {};
    if (unsent < 0) return std::unexpected(lost("cannot send"));
    LIMPID_TRY(wait(true, deadline));
    if (PQconsumeInput(handle_) == 0) return std::unexpected(lost("cannot send"));
  }
}

Result<Rows> Connection::execute(const std::string& sql, std::chrono::milliseconds answer_max) {
  const Clock::time_point deadline = Clock::now() + answer_max;
  if (PQsendQuery(handle_, sql.c_str()) == 0) return std::unexpected(lost("cannot send"));
  Rows rows(nullptr);
  std::optional<Error> error;
  for (;;) {
    LIMPID_ASSIGN(pg_result * result, next_result(deadline));
    if (result == nullptr) break;
    rows = Rows(result);
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !error) error = error_of(result);
  }
  if (error) return std::unexpected(*std::move(error));
  return rows;
}

Result<void> Connection::copy_in(const std::string& sql, const std::function<Result<std::string_view>()>& next) {
  if (PQsendQuery(handle_, sql.c_str()) == 0) return std::unexpected(lost("cannot send"));
  {
    LIMPID_ASSIGN(pg_result * result, next_result(Clock::now() + answer_max_));
    const Rows begun(result);
    if (PQresultStatus(result) != PGRES_COPY_IN) {
      Error error = error_of(result);
      while (auto rest = next_result(Clock::now() + answer_max_)) {
        if (*rest == nullptr) break;
        PQclear(*rest);
      }
      return std::unexpected(std::move(error));
    }
  }
  std::optional<Error> error;
  for (;;) {
    Result<std::string_view> bytes = next();
    if (!bytes) error = std::move(bytes).error();
    if (!bytes || bytes->empty()) break;
    LIMPID_TRY(flush(Clock::now() + answer_max_));  // so that libpq holds one piece and no more
    if (PQputCopyData(handle_, bytes->data(), static_cast<int>(bytes->size())) != 1)
      return std::unexpected(lost("cannot send"));
  }
  LIMPID_TRY(flush(Clock::now() + answer_max_));
  if (PQputCopyEnd(handle_, error ? "the caller gave up" : nullptr) != 1) return std::unexpected(lost("cannot send"));
  for (;;) {
    LIMPID_ASSIGN(pg_result * result, next_result(Clock::now() + answer_max_));
    if (result == nullptr) break;
    const Rows ended(result);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && !error) error = error_of(result);
  }
  if (error) return std::unexpected(*std::move(error));
  return {};
}

void Connection::roll_back() {
  const PGTransactionStatusType status = PQtransactionStatus(handle_);
  if (lost_ || status == PQTRANS_IDLE) return;
  const std::string state = sqlstate_;  // of what went wrong before
  if (status == PQTRANS_ACTIVE || !run(Sql::rollback)) lost_ = true;
  sqlstate_ = state;
}

bool Connection::is_lost() {
  if (lost_ || PQstatus(handle_) == CONNECTION_BAD) return true;
  // An idle server says nothing, except that it goes; or settings and notifications, which may be taken.
  pollfd waited{PQsocket(handle_), POLLIN, 0};
  if (::poll(&waited, 1, 0) == 0) return false;
  return !consume();
}

bool Connection::is_idle() {
  return !lost_ && PQstatus(handle_) == CONNECTION_OK && PQtransactionStatus(handle_) == PQTRANS_IDLE &&
         PQpipelineStatus(handle_) == PQ_PIPELINE_OFF;
}

void Connection::begin_work() {
  sqlstate_.clear();
  may_have_committed_ = false;
}

bool Connection::consume() {
  if (lost_ || PQconsumeInput(handle_) == 0 || PQstatus(handle_) == CONNECTION_BAD) return !(lost_ = true);
  (void)PQisBusy(handle_);  // reads what has come: a farewell among it makes the connection lost
  pollfd waited{PQsocket(handle_), POLLIN, 0};
  char byte = 0;
  if (::poll(&waited, 1, 0) > 0 && ::recv(waited.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) lost_ = true;
  return !lost_;
}

std::optional<std::pair<std::string, std::string>> Connection::next_notification() {
  PGnotify* notification = PQnotifies(handle_);
  if (notification == nullptr) return std::nullopt;
  std::pair<std::string, std::string> copy{notification->relname, notification->extra};
  PQfreemem(notification);
  return copy;
}

int Connection::socket() const { return PQsocket(handle_); }
int Connection::server_version() const { return PQserverVersion(handle_); }

// ── Batch ──

bool Batch::enter() {
  if (entered_) return true;
  connection_.sqlstate_.clear();
  entered_ = PQenterPipelineMode(connection_.handle_) == 1;
  return entered_;
}

void Batch::send(Sql sql, const Values& values) {
  if (failed_to_send_) return;
  const std::size_t place = static_cast<std::size_t>(sql);
  const std::string name = base::cat({"s", place});
  failed_to_send_ = connection_.lost_ || !enter();
  if (!failed_to_send_ && !connection_.prepared_[place]) {
    failed_to_send_ = PQsendPrepare(connection_.handle_, name.c_str(), text_of(sql), 0, nullptr) == 0;
    connection_.prepared_[place] = true;  // until it turns out otherwise
    sent_.push_back({sql, true});
  }
  if (failed_to_send_) return;
  if (sql == Sql::begin) connection_.in_transaction_ = true;
  if (sql == Sql::rollback || sql == Sql::commit) connection_.in_transaction_ = false;
  // Set before a single byte of it is on its way.
  if (sql == Sql::commit || (writes(sql) && !connection_.in_transaction_)) connection_.may_have_committed_ = true;
  constexpr auto kBinary = [] {
    std::array<int, Values::kMax> formats{};
    formats.fill(1);
    return formats;
  }();
  failed_to_send_ = PQsendQueryPrepared(connection_.handle_, name.c_str(), values.count(), values.pointers(),
                                        values.lengths(), kBinary.data(), 1) == 0;
  sent_.push_back({sql, false});
}

// Nothing for a preparation.
Result<std::optional<Rows>> Batch::answer(const Sent& sent, Clock::time_point deadline) {
  LIMPID_ASSIGN(pg_result * result, connection_.next_result(deadline));
  if (result == nullptr) return std::unexpected(connection_.lost("no answer"));
  Rows rows(result);
  const ExecStatusType status = PQresultStatus(result);
  const bool is_good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  if (!is_good && sent.prepares) connection_.prepared_[static_cast<std::size_t>(sent.sql)] = false;
  std::optional<Error> error;
  if (status == PGRES_PIPELINE_ABORTED) {
    error = Error(Code::internal, "not run after another error");
  } else if (!is_good) {
    error = connection_.error_of(result);
  } else if (sent.sql == Sql::commit && !sent.prepares && std::strcmp(PQcmdStatus(result), "COMMIT") != 0) {
    error = Error(Code::internal, "COMMIT of a failed transaction");
  }
  // Each statement's answer ends with a nullptr.
  if (!connection_.lost_) {
    LIMPID_ASSIGN(pg_result * end, connection_.next_result(deadline));
    if (end != nullptr) {
      PQclear(end);
      return std::unexpected(connection_.lost("answers out of step"));
    }
  }
  if (error) return std::unexpected(*std::move(error));
  if (sent.prepares) return std::optional<Rows>();
  return std::optional<Rows>(std::move(rows));
}

Result<void> Batch::finish(Clock::time_point deadline) {
  LIMPID_ASSIGN(pg_result * result, connection_.next_result(deadline));
  const Rows synced(result);
  if (result == nullptr || PQresultStatus(result) != PGRES_PIPELINE_SYNC)
    return std::unexpected(result == nullptr ? connection_.lost("no answer") : connection_.error_of(result));
  if (PQexitPipelineMode(connection_.handle_) == 0) return std::unexpected(connection_.lost("answers out of step"));
  return {};
}

Result<std::vector<Rows>> Batch::run() {
  if (failed_to_send_ || PQpipelineSync(connection_.handle_) == 0)
    return std::unexpected(connection_.lost("cannot send"));
  const Clock::time_point deadline = Clock::now() + connection_.answer_max_;
  std::vector<Rows> answers;
  std::optional<Error> error;  // the first
  bool is_settled = false;
  for (std::size_t i = 0; i < sent_.size() && !(error && connection_.lost_); ++i) {
    Result<std::optional<Rows>> one = answer(sent_[i], deadline);
    if (!one && !error) {
      error = std::move(one).error();
      is_settled = i >= settled_;
      // The server answers in order and commits with the answer to COMMIT, or after all others: what it refused before
      // that, even with its last words, is not committed.
      if (!connection_.sqlstate_.empty() && sent_[i].sql != Sql::commit && !is_settled)
        connection_.may_have_committed_ = false;
    }
    if (one && *one && !error) answers.push_back(**std::move(one));
  }
  if (!connection_.lost_) {
    if (Result<void> finished = finish(deadline); !finished && !error) {
      error = std::move(finished).error();
      is_settled = settled_ <= sent_.size();
    }
  }
  // A transaction that was answered with COMMIT is committed, whatever became of the connection afterwards.
  if (error && !is_settled) return std::unexpected(*std::move(error));
  return answers;
}

}  // namespace limpid::store::postgres
