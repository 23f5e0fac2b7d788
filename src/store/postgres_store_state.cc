// Leases and small texts.
#include <algorithm>

#include "store/arguments.h"
#include "store/postgres_store.h"

namespace limpid::store::postgres {
namespace {

// Beyond this a lease is for ever.
constexpr std::chrono::seconds kLeaseMax = std::chrono::years{100};

Result<void> check_lease(std::string_view name, std::string_view owner) {
  LIMPID_TRY(check_name("name of a lease", name));
  return check_name("owner of a lease", owner);
}

}  // namespace

Result<bool> PostgresStore::acquire_lease(std::string_view name, std::string_view owner, std::chrono::seconds ttl) {
  return write("acquire_lease", [&](Connection& connection, std::optional<Made>&) -> Result<bool> {
    LIMPID_TRY(check_lease(name, owner));
    const std::chrono::seconds length = std::clamp(ttl, std::chrono::seconds{0}, kLeaseMax);
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::acquire_lease, name, owner, length.count()));
    return rows.affected() != 0;
  });
}

Result<void> PostgresStore::release_lease(std::string_view name, std::string_view owner) {
  return write("release_lease", [&](Connection& connection, std::optional<Made>&) -> Result<void> {
    LIMPID_TRY(check_lease(name, owner));
    LIMPID_TRY(connection.run(Sql::release_lease, name, owner));
    return {};
  });
}

Result<std::optional<std::string>> PostgresStore::value(std::string_view key) {
  return read("value", [&](Connection& connection) -> Result<std::optional<std::string>> {
    LIMPID_TRY(check_name("key", key));
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::value, key));
    if (rows.empty()) return std::nullopt;
    return rows.text(0, 0);
  });
}

Result<void> PostgresStore::set_value(std::string_view key, std::string_view value) {
  return write("set_value", [&](Connection& connection, std::optional<Made>&) -> Result<void> {
    LIMPID_TRY(check_name("key", key));
    LIMPID_TRY(check_text("value", value));
    LIMPID_TRY(connection.run(Sql::set_value, key, value));
    return {};
  });
}

Result<void> PostgresStore::ping() {
  return observed("ping", [this]() -> Result<void> {
    for (bool is_second = false;; is_second = true) {
      LIMPID_ASSIGN(const Pool::Taken taken, pool_.take_at_once(Clock::now() + options_.wait_max));
      taken->begin_work();
      const auto answer = taken->run(Sql::ping);
      if (answer) return {};
      if (is_second || !taken->is_lost()) return std::unexpected(answer.error());
    }
  });
}

}  // namespace limpid::store::postgres
