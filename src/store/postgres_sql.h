// Every statement that the PostgreSQL engine runs on a request's path, in one table, so that a test can ask the planner
// about each. The texts stand in postgres_sql.cc.
#pragma once

#include <cstddef>
#include <cstdint>

namespace limpid::store::postgres {

enum class Sql : std::uint8_t {
  begin,
  commit,
  rollback,
  lock_counter,
  make_change,
  change_number,
  changes_since,
  prune_changes,
  next_node,
  announce_node,
  forget_node,
  forget_dead_nodes,
  count_nodes,
  live_nodes,
  nodes_behind,
  find_layer,
  layer_engine,
  ancestry,
  features,
  insert_layer,
  replace_layer,
  insert_namespaces,
  insert_features,
  insert_layer_features,
  delete_layer_features,
  lock_descendants,
  delete_features_of_descendants,
  delete_descendants,
  inventory,
  put_inventory,
  versions_of,
  layers_introducing,
  namespace_id,
  namespaces,
  advisory,
  all_advisories,
  insert_namespace_of_advisory,
  add_advisory,  // a new one, in a namespace whose number is known, with one notification
  put_advisory,
  forget_advisory,
  insert_notifications,
  notification,
  delete_notification,
  claim_notification,
  renew_claim,
  end_claim,
  purge_notifications,
  notifications_waiting,
  database,
  next_upload,
  insert_generation,
  delete_old_chunks,
  delete_old_generations,
  generation,
  chunk,
  feed_states,
  put_feed_state,
  acquire_lease,
  release_lease,
  value,
  set_value,
  ping,
  last = ping,
};
inline constexpr std::size_t kSqlCount = static_cast<std::size_t>(Sql::last) + 1;

const char* text_of(Sql sql);
// Whether it changes rows. (Not so the statements that begin and end transactions.)
bool writes(Sql sql);

inline constexpr int kChangesAtOnce = 1'000;     // rows of changes_since
inline constexpr int kAdvisoriesAtOnce = 1'000;  // rows of all_advisories

}  // namespace limpid::store::postgres
