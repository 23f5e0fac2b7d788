// Opening: the folder, the lock, the file, the connections; and what every write goes through.
#include "store/sqlite_store.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/engines.h"
#include "store/sqlite_schema.h"

namespace limpid::store::sqlite {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;
constexpr unsigned kReadersMax = 64;

// So that a name that was just made in `folder` outlasts a crash of the machine.
Result<void> sync_folder(const std::string& folder) {
  const base::File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.is_open() || ::fsync(file.descriptor()) != 0) return base::fail_errno({folder});
  return {};
}

std::string parent_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

Result<void> make_folder(const std::string& folder) {
  if (::access(folder.c_str(), F_OK) == 0) return {};
  const std::string parent = parent_of(folder);
  if (parent != folder) LIMPID_TRY(make_folder(parent));
  if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) return base::fail_errno({folder});
  return sync_folder(parent);
}

// Opened or made, readable by nobody else.
Result<base::File> open_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, kFileMode);
  if (descriptor < 0) return base::fail_errno({path});
  base::File file(descriptor);
  LIMPID_TRY_WITHIN(file.size(), {path});  // refuses what is not a plain file
  return file;
}

// SQLite itself would let several processes write in turn. But what they keep in memory is told stale by the store
// within one process only.
Result<base::File> lock_out_others(const std::string& path) {
  const std::string lock_path = path + ".lock";
  LIMPID_ASSIGN(base::File lock, open_file(lock_path));
  if (::flock(lock.descriptor(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return base::fail_errno({lock_path, ": flock"});
  return fail(Code::io, {path, ": another process has it open (it holds ", lock_path,
                         "); an SQLite store serves one process, PostgreSQL serves several"});
}

}  // namespace

SqliteStore::SqliteStore(const StoreOptions& options, std::string path, base::File lock)
    : options_(options), path_(std::move(path)), lock_(std::move(lock)) {}

Result<std::unique_ptr<Store>> SqliteStore::open(const StoreOptions& options) {
  std::string_view rest = options.url;
  base::strip_prefix(rest, "sqlite:");
  const std::string path(rest);
  if (path.empty()) return fail(Code::usage, {"store '", options.url, "': the path is missing"});
  if (path.find('\0') != std::string::npos) return fail(Code::usage, {"store: the path has a NUL byte"});
  LIMPID_TRY(make_folder(parent_of(path)));
  LIMPID_ASSIGN(base::File lock, lock_out_others(path));
  {
    LIMPID_ASSIGN(const base::File file, open_file(path));
    LIMPID_TRY(sync_folder(parent_of(path)));
  }
  std::unique_ptr<SqliteStore> store(new SqliteStore(options, path, std::move(lock)));
  LIMPID_ASSIGN_WITHIN(std::unique_ptr<Connection> writer, Connection::open(path, options.wait_max), {path});
  LIMPID_TRY_WITHIN(migrate(*writer), {path});
  // Readers see the last commit while a writer works; a commit is one write and one sync of the log.
  LIMPID_TRY_WITHIN(writer->execute("PRAGMA journal_mode = WAL"), {path});
  {
    LIMPID_ASSIGN_WITHIN(Statement counted, writer->query(Sql::change_number), {path});
    LIMPID_ASSIGN_WITHIN(const bool is_there, counted.step(), {path});
    if (!is_there) return fail(Code::invalid, {path, ": the count of changes is missing"});
    store->told_ = counted.integer(0);
  }
  // Whoever had a lease had the lock on the folder, too, and is gone.
  LIMPID_TRY_WITHIN(writer->execute("DELETE FROM lease"), {path});
  store->writer_.add(std::move(writer));
  for (unsigned i = 0; i < std::clamp(options.connections, 1U, kReadersMax); ++i) {
    LIMPID_ASSIGN_WITHIN(std::unique_ptr<Connection> reader, Connection::open(path, options.wait_max), {path});
    store->readers_.add(std::move(reader));
  }
  if (options.listener != nullptr) options.listener->connected(true);
  return store;
}

Result<void> SqliteStore::commit(Connection& connection, std::optional<Change>& change) {
  if (change) {
    LIMPID_ASSIGN(Statement counted, connection.query(Sql::next_change));
    LIMPID_ASSIGN(const bool is_there, counted.step());
    if (!is_there) return fail(Code::invalid, {"the count of changes is missing"});
    change->number = counted.integer(0);
    LIMPID_TRY(counted.step());
  }
  LIMPID_TRY(connection.run(Sql::commit));
  return {};
}

// In the order of the changes, one thread at a time.
void SqliteStore::hand(const Change& change) {
  const bool owed = owes_reload_;
  const Result<void> handled = owed ? options_.listener->reload() : options_.listener->changed(change);
  owes_reload_ = !handled;
  if (!handled)
    base::log(base::LogLevel::error, "store: a change is not handled",
              {{"change", change.number}, {"error", handled.error().describe()}});
  if (owed == handled.has_value()) options_.listener->connected(handled.has_value());
}

void SqliteStore::tell(const Change& change) {
  std::unique_lock lock(told_mutex_);
  told_changed_.wait(lock, [&] { return told_ + 1 >= change.number; });
  lock.unlock();
  if (options_.listener != nullptr) hand(change);
  lock.lock();
  told_ = change.number;
  told_changed_.notify_all();
}

Result<std::int64_t> namespace_id(Connection& connection, std::string_view name, version::Scheme scheme) {
  {
    LIMPID_ASSIGN(Statement found, connection.query(Sql::find_namespace, name));
    LIMPID_ASSIGN(const bool is_there, found.step());
    if (is_there) return found.integer(0);
  }
  LIMPID_TRY(connection.run(Sql::insert_namespace, name, static_cast<int>(scheme)));
  return connection.last_row();
}

Result<void> insert_notifications(Connection& connection, std::span<const NewNotification> notifications) {
  for (const NewNotification& one : notifications)
    LIMPID_TRY_WITHIN(
        connection.run(Sql::insert_notification, one.name, one.created, one.old_revision, one.new_revision),
        {"notification ", one.name});
  return {};
}

}  // namespace limpid::store::sqlite

namespace limpid::store {

Result<std::unique_ptr<Store>> open_sqlite(const StoreOptions& options) { return sqlite::SqliteStore::open(options); }

}  // namespace limpid::store
