// Opening, and what every write goes through.
#include "store/postgres_store.h"

#include <thread>

#include "base/log.h"
#include "base/text.h"
#include "store/engines.h"
#include "store/libpq.h"
#include "store/postgres_schema.h"

namespace limpid::store::postgres {
namespace {

constexpr unsigned kConnectionsMax = 1'000;
// Nodes that died without a word are looked for this often while a writer waits for them.
constexpr std::chrono::milliseconds kLook{20};
// Old changes are taken away once in so many.
constexpr ChangeNumber kPruneEvery = 1'000;

Result<void> check_url(const std::string& url) {
  LIMPID_TRY(libpq.load());
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &message);
  PQfreemem(message);  // may quote the password
  if (options == nullptr) return fail(Code::usage, {"store '", printable_url(url), "': libpq does not take this URL"});
  PQconninfoFree(options);
  return {};
}

}  // namespace

NotificationColumns::NotificationColumns(std::span<const NewNotification> notifications) {
  for (const NewNotification& one : notifications) {
    names_.push_back(one.name);
    created_.push_back(one.created);
    old_revisions_.push_back(one.old_revision);
    new_revisions_.push_back(one.new_revision);
  }
}

PostgresStore::PostgresStore(const StoreOptions& options)
    : options_(options),
      where_(printable_url(options.url)),
      pool_(options.url, std::clamp(options.connections, 1U, kConnectionsMax)) {}

Result<std::unique_ptr<Store>> PostgresStore::open(const StoreOptions& options) {
  if (options.url.find('\0') != std::string::npos) return fail(Code::usage, {"store: the URL has a NUL byte"});
  LIMPID_TRY(check_url(options.url));
  std::unique_ptr<PostgresStore> store(new PostgresStore(options));
  LIMPID_TRY_WITHIN(store->begin(), {store->where_});
  return store;
}

Result<void> PostgresStore::begin() {
  const Clock::time_point deadline = Clock::now() + options_.wait_max;
  {
    LIMPID_ASSIGN(const Pool::Taken taken, pool_.take(deadline));
    LIMPID_TRY(migrate(*taken));
    LIMPID_ASSIGN(const Rows oid, taken->execute("SELECT 'change_log'::regclass::oid::int8"));
    const std::string number = oid.text(0, 0);
    channels_ = {base::cat({"limpid_changes_", number}), base::cat({"limpid_applied_", number})};
    if (options_.listener == nullptr) return {};
    LIMPID_ASSIGN(const Rows node, taken->run(Sql::next_node));
    node_ = node.integer(0, 0);
  }
  follower_ = std::make_unique<Follower>(options_.url, *options_.listener, channels_, node_);
  return follower_->start(deadline);
}

bool PostgresStore::may_begin_again(Connection& connection, int attempt) {
  // 40001, 40P01: the server itself undid it, for others' sake. 23503 comes from a child that was made under a layer
  // while that was being deleted; where it means that a parent is gone, the use case says so itself.
  const std::string_view state = connection.sqlstate();
  if (state == "40001" || state == "40P01" || state == "23503") return true;
  return attempt == 1 && connection.is_lost() && !connection.may_have_committed();
}

Made made_of(Change change, const Rows& numbered) {
  Made made;
  made.change = std::move(change);
  made.change.number = numbered.integer(0, 0);
  return made;
}

std::vector<NodeId> nodes_of(const Rows& rows) {
  std::vector<NodeId> nodes;
  for (std::size_t row = 0; row < rows.size(); ++row) nodes.push_back(rows.integer(row, 0));
  return nodes;
}

Result<Made> PostgresStore::commit_change(Batch& batch, Change change) const {
  batch.add(Sql::make_change, static_cast<int>(change.kind), change.name_space, change.name, node_, channels_.changes);
  const std::size_t place = batch.size() - 1;
  batch.add(Sql::commit);
  batch.settle();
  batch.add(Sql::live_nodes, node_);  // after the commit: whoever begins to listen later reads what was committed
  LIMPID_ASSIGN(const std::vector<Rows> answers, batch.run());
  if (answers[place].empty()) return fail(Code::invalid, {"the count of changes is missing"});
  Made made = made_of(std::move(change), answers[place]);
  if (answers.size() == batch.size()) made.others = nodes_of(answers.back());
  return made;
}

void PostgresStore::prune(Connection& connection, ChangeNumber number) {
  if (number % kPruneEvery != 0 || number <= kChangesKept) return;
  const Result<Rows> pruned = connection.run(Sql::prune_changes, number - kChangesKept);
  if (!pruned)
    base::log(base::LogLevel::warn, "store: cannot take away old changes", {{"error", pruned.error().describe()}});
}

void PostgresStore::tell(const Made& made) {
  const ChangeNumber number = made.change.number;
  const Clock::time_point deadline = Clock::now() + kPropagationMax;
  if (follower_ != nullptr) follower_->offer(made.change);
  std::vector<NodeId> nodes;
  if (made.others) {
    nodes = *made.others;
  } else if (const auto taken = pool_.take(deadline)) {
    if (const auto rows = (*taken)->run(Sql::live_nodes, node_)) nodes = nodes_of(*rows);
  }
  tell_others(nodes, number, deadline);
  for (const NodeId node : nodes)
    base::log(base::LogLevel::warn, "store: another node has not handled a change in time",
              {{"node", node}, {"change", number}});
  if (follower_ != nullptr && !follower_->wait_until_handled(number, deadline))
    base::log(base::LogLevel::warn, "store: this node has not handled a change in time", {{"change", number}});
}

void PostgresStore::tell_others(std::vector<NodeId>& nodes, ChangeNumber number, Clock::time_point deadline) {
  while (!nodes.empty()) {
    const Clock::time_point next = std::min(deadline, Clock::now() + kLook);
    if (follower_ != nullptr) {
      follower_->wait_until_applied(nodes, number, next);
    } else {
      std::this_thread::sleep_until(next);
    }
    if (nodes.empty() || Clock::now() >= deadline) return;
    const auto taken = pool_.take(deadline);
    if (!taken) return;
    const auto rows = (*taken)->run(Sql::nodes_behind, std::span<const std::int64_t>(nodes), number);
    if (!rows) continue;
    nodes.clear();
    for (std::size_t row = 0; row < rows->size(); ++row) nodes.push_back(rows->integer(row, 0));
  }
}

}  // namespace limpid::store::postgres

namespace limpid::store {

Result<std::unique_ptr<Store>> open_postgres(const StoreOptions& options) {
  return postgres::PostgresStore::open(options);
}

}  // namespace limpid::store
