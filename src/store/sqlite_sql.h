// Every statement that the SQLite engine runs on a request's path, in one table, so that a test can ask the planner
// about each. The texts stand in sqlite_sql.cc.
#pragma once

#include <cstddef>
#include <cstdint>

namespace limpid::store::sqlite {

enum class Sql : std::uint8_t {
  begin_read,
  begin_write,
  commit,
  rollback,
  next_change,
  change_number,
  find_layer,
  layer_exists,
  layer_engine,
  ancestry,
  features,
  insert_layer,
  update_layer,
  insert_layer_feature,
  delete_layer_features,
  delete_features_of_descendants,
  delete_descendants,
  find_namespace,
  insert_namespace,
  find_feature,
  insert_feature,
  inventory,
  put_inventory,
  versions_of,
  layers_of_feature,
  layer_name,
  namespaces,
  advisory,
  all_advisories,
  put_advisory,
  forget_advisory,
  insert_notification,
  notification,
  delete_notification,
  claim_notification,
  renew_claim,
  end_claim,
  purge_notifications,
  notifications_waiting,
  database,
  put_database,
  feed_states,
  put_feed_state,
  acquire_lease,
  release_lease,
  value,
  set_value,
  last = set_value,
};
inline constexpr std::size_t kSqlCount = static_cast<std::size_t>(Sql::last) + 1;

const char* text_of(Sql sql);

}  // namespace limpid::store::sqlite
