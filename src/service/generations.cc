#include "service/generations.h"

#include <filesystem>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "service/files.h"
#include "vulndb/database.h"

namespace limpid::service {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> generation_of(std::string_view name) {
  if (!base::strip_prefix(name, "limpid-") || !base::strip_suffix(name, ".db")) return std::nullopt;
  return base::parse_unsigned(name);
}

}  // namespace

std::string Generations::path_of(std::int64_t generation) const {
  return base::cat({folder_, "/limpid-", generation, ".db"});
}

bool Generations::has(const store::DatabaseRecord& record) const {
  const auto hash = hash_file(path_of(record.generation));
  return hash && hash->sha256 == record.sha256 && hash->size == record.size;
}

Result<std::string> Generations::current(store::DatabaseRecord& record) {
  LIMPID_TRY(make_folders(folder_));
  const std::lock_guard lock(mutex_);
  LIMPID_ASSIGN(const auto found, store_.database());
  record = found.value_or(store::DatabaseRecord{});
  if (!found) return std::string();
  if (!has(record)) LIMPID_TRY_WITHIN(transfer(record), {"database of generation ", record.generation});
  return path_of(record.generation);
}

// What comes over a network, or out of a database that others write, is read through before it is used.
Result<void> Generations::transfer(const store::DatabaseRecord& record) const {
  const std::string beside = path_of(record.generation) + ".transfer";
  const auto arrive = [&]() -> Result<void> {
    LIMPID_TRY(store_.fetch_database(record.generation, beside));
    LIMPID_ASSIGN(const FileHash hash, hash_file(beside));
    if (hash.size != record.size || hash.sha256 != record.sha256)
      return fail(Code::mismatch, {"the store's bytes are not those that were published: ", hash.size, " bytes of ",
                                   record.size, ", SHA-256 ", hash.sha256, " instead of ", record.sha256});
    LIMPID_ASSIGN(const vulndb::Database database, vulndb::Database::open(beside));
    LIMPID_TRY(database.verify());
    LIMPID_TRY(sync_path(beside));
    return rename_file(beside, path_of(record.generation));
  };
  auto arrived = arrive();
  if (!arrived) remove_quietly(beside);
  return arrived;
}

Result<void> Generations::offer(std::int64_t generation, const std::string& candidate) {
  const std::lock_guard lock(mutex_);
  const std::string beside = path_of(generation) + ".new";
  LIMPID_TRY(link_file(candidate, beside));
  LIMPID_TRY(sync_path(beside));
  LIMPID_TRY(rename_file(beside, path_of(generation)));
  return sync_path(folder_);
}

Result<void> Generations::withdraw(std::int64_t generation, const std::string& sha256) {
  const std::lock_guard lock(mutex_);
  LIMPID_ASSIGN(const auto record, store_.database());
  if (record && record->generation == generation && record->sha256 == sha256) return {};
  // current() may have put the other's file there meanwhile.
  const auto hash = hash_file(path_of(generation));
  if (hash && hash->sha256 == sha256) remove_quietly(path_of(generation));
  return {};
}

void Generations::remove_old(std::int64_t current) {
  const std::lock_guard lock(mutex_);
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder_, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const auto generation = generation_of(entry->path().filename().native());
    if (generation && static_cast<std::int64_t>(*generation) < current - 1) remove_quietly(entry->path().string());
  }
  if (error)
    base::log(base::LogLevel::warn, "old databases not removed", {{"folder", folder_}, {"why", error.message()}});
}

}  // namespace limpid::service
