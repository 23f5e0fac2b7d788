// The compiled database, whose bytes lie in the server in pieces, and the feeds' states.
#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "store/arguments.h"
#include "store/postgres_store.h"

namespace limpid::store::postgres {
namespace {

constexpr std::size_t kChunkSize = std::size_t{1} << 20;
constexpr mode_t kFileMode = 0600;

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * bytes - 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xFF));
}

// A file as COPY … (FORMAT binary) wants it: rows of (upload, number, bytes).
class ChunkRows {
 public:
  ChunkRows(const base::File& file, std::int64_t upload) : file_(file), upload_(upload) {}

  // Nothing after the end.
  Result<std::string_view> next() {
    row_.clear();
    if (is_ended_) return std::string_view();
    if (number_ == 0) {
      row_.append(std::string_view("PGCOPY\n\377\r\n\0", 11));
      append_big_endian(row_, 0, 8);  // no flags, no extension
    }
    chunk_.resize(kChunkSize);
    LIMPID_ASSIGN(const std::size_t size, fill());
    is_ended_ = size < kChunkSize;
    if (size > 0) {
      append_big_endian(row_, 3, 2);  // columns
      append_big_endian(row_, 8, 4);
      append_big_endian(row_, static_cast<std::uint64_t>(upload_), 8);
      append_big_endian(row_, 8, 4);
      append_big_endian(row_, number_++, 8);
      append_big_endian(row_, size, 4);
      row_.append(base::as_text({chunk_.data(), size}));
    }
    if (is_ended_) append_big_endian(row_, 0xFFFF, 2);
    return row_;
  }
  std::uint64_t size() const { return size_; }  // so far

 private:
  Result<std::size_t> fill() {
    std::size_t filled = 0;
    while (filled < kChunkSize) {
      LIMPID_ASSIGN(const std::size_t count, file_.read_at(size_, std::span(chunk_).subspan(filled)));
      if (count == 0) break;
      filled += count;
      size_ += count;
    }
    return filled;
  }

  const base::File& file_;
  const std::int64_t upload_;
  std::vector<std::uint8_t> chunk_;
  std::string row_;
  std::uint64_t number_ = 0, size_ = 0;
  bool is_ended_ = false;
};

Result<std::optional<DatabaseRecord>> read_database(Connection& connection) {
  LIMPID_ASSIGN(const Rows rows, connection.run(Sql::database));
  if (rows.empty()) return std::nullopt;
  return DatabaseRecord{rows.integer(0, 0), rows.text(0, 1), static_cast<std::uint64_t>(rows.integer(0, 2)),
                        rows.integer(0, 3)};
}

std::unexpected<Error> came_second(const DatabaseRecord& record, std::int64_t current) {
  return fail(Code::mismatch, {"generation ", current, " is current: ", record.generation, " cannot follow it"});
}

// The pieces first, under a number that nothing points to yet: no other writer waits while they are sent.
Result<std::int64_t> upload(Connection& connection, const DatabaseRecord& record, const std::string& path) {
  LIMPID_ASSIGN(const base::File file, base::File::open(path));
  LIMPID_ASSIGN(const Rows numbered, connection.run(Sql::next_upload));
  const std::int64_t number = numbered.integer(0, 0);
  ChunkRows chunks(file, number);
  LIMPID_TRY(connection.run(Sql::begin));
  LIMPID_TRY_WITHIN(connection.copy_in("COPY generation_chunk (upload, number, bytes) FROM STDIN (FORMAT binary)",
                                       [&] { return chunks.next(); }),
                    {path});
  if (chunks.size() != record.size)
    return fail(Code::invalid, {path, ": ", chunks.size(), " bytes, not the ", record.size, " of its record"});
  return number;
}

std::unexpected<Error> not_kept(std::int64_t generation) {
  return fail(Code::not_found, {"generation ", generation, ": its bytes are not kept"});
}

Result<void> download(Connection& connection, std::int64_t generation, const std::string& path) {
  LIMPID_ASSIGN(const Rows rows, connection.run(Sql::generation, generation));
  if (rows.empty()) return not_kept(generation);
  const std::int64_t upload = rows.integer(0, 0);
  const auto size = static_cast<std::uint64_t>(rows.integer(0, 1));
  const base::File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
  if (!file.is_open()) return base::fail_errno({path});
  std::int64_t number = 0;
  for (std::uint64_t done = 0; done < size; ++number) {
    LIMPID_ASSIGN(const Rows chunk, connection.run(Sql::chunk, upload, number));
    if (chunk.empty()) return not_kept(generation);  // another generation has pushed it out meanwhile
    const std::string_view bytes = chunk.view(0, 0);
    if (bytes.empty() || bytes.size() > size - done)
      return fail(Code::invalid, {"generation ", generation, ", piece ", number, ": ", bytes.size(), " bytes"});
    LIMPID_TRY_WITHIN(base::write_all(file.descriptor(), base::as_bytes(bytes)), {path});
    done += bytes.size();
  }
  return {};
}

}  // namespace

Result<std::optional<DatabaseRecord>> PostgresStore::database() {
  return read("database", [](Connection& connection) { return read_database(connection); });
}

Result<void> PostgresStore::publish_database(const DatabaseRecord& record, const std::string& path,
                                             std::span<const NewNotification> notifications) {
  return write("publish_database", [&](Connection& connection, std::optional<Made>& made) -> Result<void> {
    LIMPID_TRY(check_database(record));
    LIMPID_TRY(check_notifications(notifications));
    LIMPID_ASSIGN(const std::optional<DatabaseRecord> current, read_database(connection));
    const std::int64_t generation = current ? current->generation : 0;
    if (record.generation != generation + 1) return came_second(record, generation);
    LIMPID_ASSIGN(const std::int64_t number, upload(connection, record, path));
    LIMPID_ASSIGN(const Rows inserted, connection.run(Sql::insert_generation, record.generation, number, record.sha256,
                                                      record.size, record.created));
    if (inserted.affected() == 0) return came_second(record, record.generation);
    const NotificationColumns news(notifications);
    Batch rest(connection);
    rest.add(Sql::lock_counter);
    rest.add(Sql::delete_old_chunks, record.generation).add(Sql::delete_old_generations, record.generation);
    rest.add(Sql::insert_notifications, news.names(), news.created(), news.old_revisions(), news.new_revisions());
    Change change;
    change.kind = Change::Kind::database;
    LIMPID_ASSIGN(made, commit_change(rest, std::move(change)));
    return {};
  });
}

Result<void> PostgresStore::fetch_database(std::int64_t generation, const std::string& path) {
  return read("fetch_database", [&](Connection& connection) { return download(connection, generation, path); });
}

Result<std::vector<FeedState>> PostgresStore::feed_states() {
  return read("feed_states", [](Connection& connection) -> Result<std::vector<FeedState>> {
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::feed_states));
    std::vector<FeedState> states;
    for (std::size_t row = 0; row < rows.size(); ++row)
      states.push_back({rows.text(row, 0), rows.integer(row, 1), rows.integer(row, 2), rows.integer(row, 3),
                        rows.text(row, 4), static_cast<std::uint64_t>(rows.integer(row, 5)),
                        static_cast<std::uint64_t>(rows.integer(row, 6)), rows.text(row, 7)});
    return states;
  });
}

Result<void> PostgresStore::put_feed_state(const FeedState& state) {
  return write("put_feed_state", [&](Connection& connection, std::optional<Made>&) -> Result<void> {
    LIMPID_TRY(check_feed_state(state));
    LIMPID_TRY(connection.run(Sql::put_feed_state, state.name, state.last_attempt, state.last_success,
                              state.last_change, state.problem, state.records, state.statements, state.as_of));
    return {};
  });
}

}  // namespace limpid::store::postgres
