// Custom advisories. An advisory's revision is the number of the change that wrote it: it grows even beyond the life of
// a row, so that a writer that saw a forgotten row cannot overwrite the next one. A write is one round trip.
#include "store/arguments.h"
#include "store/postgres_store.h"

namespace limpid::store::postgres {
namespace {

constexpr std::size_t kNamespacesKnown = 1'000;  // by one connection
constexpr std::string_view kUniqueViolation = "23505";

CustomAdvisory advisory_of(const Rows& rows, std::size_t row) {
  CustomAdvisory advisory;
  advisory.name_space = rows.text(row, 0);
  advisory.name = rows.text(row, 1);
  advisory.deleted = rows.boolean(row, 2);
  advisory.document = rows.text(row, 3);
  advisory.revision = rows.integer(row, 4);
  return advisory;
}

Result<void> check_arguments(const CustomAdvisory& advisory, std::span<const NewNotification> notifications) {
  LIMPID_TRY(check_advisory(advisory));
  return check_notifications(notifications);
}

Change change_of(const CustomAdvisory& advisory) {
  Change change;
  change.kind = Change::Kind::advisory;
  change.name_space = advisory.name_space;
  change.name = advisory.name;
  return change;
}

Change written(const CustomAdvisory& advisory) {
  Change change = change_of(advisory);
  change.written = std::make_shared<const CustomAdvisory>(advisory);
  return change;
}

Change removed(const CustomAdvisory& advisory) {
  Change change = change_of(advisory);
  change.removed = true;
  return change;
}

std::unexpected<Error> came_second(const CustomAdvisory& advisory) {
  return fail(Code::mismatch,
              {advisory.name_space, " ", advisory.name, ": revision ", advisory.revision, " is not what is stored"});
}

// The statements of one batch are a transaction even without BEGIN and COMMIT, which cost as much as a small statement
// each. With them, the others can be asked for in the same round trip after the commit.
void begin_advisory(Batch& batch, bool has_others) {
  if (has_others) batch.add(Sql::begin);
  batch.add(Sql::lock_counter);
}

}  // namespace

// `batch` ends with the statement that makes the change itself, and that notifies the others if there are any. Nothing
// if it made none, because another writer came first.
Result<std::optional<Made>> PostgresStore::commit_advisory(Batch& batch, Change change, bool has_others) {
  const std::size_t place = batch.size() - 1;
  if (has_others) {
    batch.add(Sql::commit);
    batch.settle();
    batch.add(Sql::live_nodes, node_);
  }
  LIMPID_ASSIGN(const std::vector<Rows> answers, batch.run());
  const Rows& numbered = answers[place];
  if (numbered.empty()) return std::nullopt;
  Made made = made_of(std::move(change), numbered);
  had_others_ = numbered.boolean(0, 1);
  if (!had_others_) {
    made.others.emplace();
  } else if (has_others && answers.size() == batch.size()) {
    made.others = nodes_of(answers.back());
  }
  return made;
}

Result<std::optional<CustomAdvisory>> PostgresStore::advisory(std::string_view name_space, std::string_view name) {
  return read("advisory", [&](Connection& connection) -> Result<std::optional<CustomAdvisory>> {
    LIMPID_TRY(check_name("namespace", name_space));
    LIMPID_TRY(check_name("name of an advisory", name));
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::advisory, name_space, name));
    if (rows.empty()) return std::nullopt;
    return advisory_of(rows, 0);
  });
}

// In pieces, so that neither memory nor a repetition grows with their number. An advisory that is written while the
// pieces are read may be missing or old here; a node that listens is told of it.
Result<void> PostgresStore::all_advisories(const std::function<void(CustomAdvisory&&)>& take) {
  return observed("all_advisories", [&]() -> Result<void> {
    std::int64_t space = 0;
    std::string name;
    for (;;) {
      const auto piece = [&](Connection& connection) {
        return connection.run(Sql::all_advisories, space, name, kAdvisoriesAtOnce);
      };
      LIMPID_ASSIGN(const Rows rows, with_connection(piece));
      for (std::size_t row = 0; row < rows.size(); ++row) take(advisory_of(rows, row));
      if (rows.size() < kAdvisoriesAtOnce) return {};
      space = rows.integer(rows.size() - 1, 5);
      name = rows.text(rows.size() - 1, 1);
    }
  });
}

Result<void> PostgresStore::put_advisory(const CustomAdvisory& advisory, version::Scheme scheme,
                                         std::span<const NewNotification> notifications) {
  return write("put_advisory", [&](Connection& connection, std::optional<Made>& made) -> Result<void> {
    LIMPID_TRY(check_arguments(advisory, notifications));
    const auto known = connection.namespaces.find(advisory.name_space);
    const bool is_known = known != connection.namespaces.end();
    if (is_known && advisory.revision == 0 && notifications.size() == 1) {
      LIMPID_ASSIGN(made, add_advisory(connection, advisory, known->second, notifications.front()));
      if (made) return {};
    }
    const bool has_others = had_others_;
    Batch batch(connection);
    begin_advisory(batch, has_others);
    batch.add(Sql::insert_namespace_of_advisory, advisory.name_space, advisory.name, advisory.revision,
              static_cast<int>(scheme));
    const NotificationColumns news(notifications);
    batch.add(Sql::put_advisory, advisory.name_space, advisory.name, advisory.deleted, advisory.document,
              advisory.revision, node_, channels_.changes, news.names(), news.created(), news.old_revisions(),
              news.new_revisions());
    LIMPID_ASSIGN(made, commit_advisory(batch, written(advisory), has_others));
    if (!made) return came_second(advisory);
    if (!is_known && connection.namespaces.size() < kNamespacesKnown)
      if (const auto id = connection.run(Sql::namespace_id, advisory.name_space); id && !id->empty())
        connection.namespaces.emplace(advisory.name_space, id->integer(0, 0));
    return {};
  });
}

// Nothing if it is there already, or the notification is: which of them, and what that means, is for put_advisory().
Result<std::optional<Made>> PostgresStore::add_advisory(Connection& connection, const CustomAdvisory& advisory,
                                                        std::int64_t name_space, const NewNotification& news) {
  const bool has_others = had_others_;
  Batch batch(connection);
  if (has_others) batch.add(Sql::begin);
  batch.add(Sql::add_advisory, advisory.name_space, advisory.name, advisory.deleted, advisory.document, node_,
            channels_.changes, news.name, news.created, news.old_revision, news.new_revision, name_space);
  Result<std::optional<Made>> made = commit_advisory(batch, written(advisory), has_others);
  if (made || connection.sqlstate() != kUniqueViolation) return made;
  connection.roll_back();
  connection.begin_work();  // nothing of it stands
  return std::nullopt;
}

Result<void> PostgresStore::forget_advisory(const CustomAdvisory& advisory,
                                            std::span<const NewNotification> notifications) {
  return write("forget_advisory", [&](Connection& connection, std::optional<Made>& made) -> Result<void> {
    LIMPID_TRY(check_arguments(advisory, notifications));
    const NotificationColumns news(notifications);
    const bool has_others = had_others_;
    Batch batch(connection);
    begin_advisory(batch, has_others);
    batch.add(Sql::forget_advisory, advisory.name_space, advisory.name, advisory.revision, node_, channels_.changes,
              news.names(), news.created(), news.old_revisions(), news.new_revisions());
    LIMPID_ASSIGN(made, commit_advisory(batch, removed(advisory), has_others));
    if (!made) return came_second(advisory);
    return {};
  });
}

}  // namespace limpid::store::postgres
