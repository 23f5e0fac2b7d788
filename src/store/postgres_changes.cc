#include "store/postgres_changes.h"

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

namespace limpid::store::postgres {
namespace {

// Of one attempt to connect, and of one answer: the follower has to notice that it is cut off.
constexpr std::chrono::seconds kConnectMax{5};
constexpr std::chrono::seconds kFollowerAnswerMax{10};
// What is remembered of other nodes; node numbers are never used again, so the table would grow with every restart.
constexpr std::size_t kOthersMax = 4'096;

Change change_of(const Rows& rows, std::size_t row) {
  Change change;
  change.number = rows.integer(row, 1);
  change.kind = static_cast<Change::Kind>(rows.integer(row, 2));
  change.name_space = rows.text(row, 3);
  change.name = rows.text(row, 4);
  return change;
}

bool is_known(Change::Kind kind) {
  return kind == Change::Kind::advisory || kind == Change::Kind::layers || kind == Change::Kind::database;
}

// "12 7"
std::optional<std::pair<std::int64_t, std::int64_t>> two_numbers(std::string_view payload) {
  const auto first = base::parse_unsigned(base::take_until(payload, ' '));
  const auto second = base::parse_unsigned(payload);
  if (!first || !second || *first > INT64_MAX || *second > INT64_MAX) return std::nullopt;
  return std::pair{static_cast<std::int64_t>(*first), static_cast<std::int64_t>(*second)};
}

}  // namespace

Follower::Follower(std::string url, ChangeListener& listener, Channels channels, NodeId node)
    : url_(std::move(url)),
      listener_(listener),
      channels_(std::move(channels)),
      node_(node),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Follower::~Follower() {
  stop_ = true;
  eventfd_write(wake_.descriptor(), 1);
  if (thread_.joinable()) thread_.join();
}

// Listening begins before the node's row says so, and that before the log is read: nothing can fall in between.
Result<std::unique_ptr<Connection>> Follower::connect(Clock::time_point deadline) {
  LIMPID_ASSIGN(std::unique_ptr<Connection> connection, Connection::open(url_, deadline, &stop_, kFollowerAnswerMax));
  LIMPID_TRY(connection->execute(
      base::cat({"LISTEN ", channels_.changes, "; LISTEN ", channels_.applied, "; SET synchronous_commit = off"})));
  LIMPID_TRY(connection->run(Sql::forget_dead_nodes));
  return connection;
}

Result<void> Follower::announce() {
  LIMPID_TRY(connection_->run(Sql::announce_node, node_, handled(), channels_.applied));
  owes_announcement_ = false;
  return {};
}

// A writer that holds the counter knows of the other nodes already: its change is in the log that is read afterwards.
// One that comes later learns of this node from the counter.
Result<void> Follower::join() {
  Batch batch(*connection_);
  batch.add(Sql::begin).add(Sql::lock_counter);
  batch.add(Sql::announce_node, node_, handled(), channels_.applied);
  batch.add(Sql::count_nodes).add(Sql::commit);
  LIMPID_TRY(batch.run());
  owes_announcement_ = false;
  return {};
}

Result<void> Follower::start(Clock::time_point deadline) {
  if (!wake_.is_open()) return base::fail_errno({"eventfd"});
  LIMPID_ASSIGN(connection_, connect(deadline));
  LIMPID_ASSIGN(const Rows counted, connection_->run(Sql::change_number));
  if (counted.empty()) return fail(Code::invalid, {"the count of changes is missing"});
  {
    const std::lock_guard lock(handing_);
    set_applied(counted.integer(0, 0));
  }
  LIMPID_TRY(join());
  // Between the count and the row nobody waited for this node.
  LIMPID_TRY(catch_up());
  tell_connected(true);
  thread_ = std::thread([this] { run(); });
  return {};
}

ChangeNumber Follower::handled() {
  const std::lock_guard lock(handing_);
  return handled_;
}

bool Follower::hand_at_once(const Change& change) {
  const std::unique_lock lock(handing_, std::try_to_lock);
  return lock && change.number == handled_ + 1 && hand(change);
}

void Follower::offer(const Change& change) {
  if (hand_at_once(change)) return;
  {
    const std::lock_guard lock(mutex_);
    if (change.number <= applied_) return;
    offers_.emplace(change.number, change);
  }
  eventfd_write(wake_.descriptor(), 1);
}

bool Follower::wait_until_handled(ChangeNumber number, Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return progress_.wait_until(lock, deadline, [&] { return applied_ >= number; });
}

void Follower::wait_until_applied(std::vector<NodeId>& nodes, ChangeNumber number, Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  progress_.wait_until(lock, deadline, [&] {
    std::erase_if(nodes, [&](NodeId node) {
      const auto found = others_.find(node);
      return found != others_.end() && found->second >= number;
    });
    return nodes.empty();
  });
}

void Follower::tell_connected(bool yes) {
  const std::lock_guard lock(handing_);
  listener_.connected(yes);
}

// This, hand() and reload() with handing_ held.
void Follower::set_applied(ChangeNumber number) {
  handled_ = number;
  {
    const std::lock_guard lock(mutex_);
    applied_ = number;
    offers_.erase(offers_.begin(), offers_.upper_bound(number));
  }
  progress_.notify_all();
}

Result<void> Follower::hand(const Change& change) {
  // A newer program's kind of change is beyond this one: what it makes stale is anybody's guess.
  LIMPID_TRY_WITHIN(is_known(change.kind) ? listener_.changed(change) : listener_.reload(),
                    {"change ", change.number, " is not handled"});
  set_applied(change.number);
  return {};
}

Result<void> Follower::reload(ChangeNumber newest) {
  base::log(base::LogLevel::warn, "store: changes were missed, all is read again",
            {{"known", handled_}, {"newest", newest}});
  LIMPID_TRY(listener_.reload());
  owes_announcement_ = true;
  {
    // Of a history that is no longer the server's, if the count went back.
    const std::lock_guard lock(mutex_);
    offers_.clear();
  }
  set_applied(newest);
  return {};
}

// Whether there may be more.
Result<bool> Follower::read_log() {
  const ChangeNumber from = handled();
  LIMPID_ASSIGN(const Rows rows, connection_->run(Sql::changes_since, from, kChangesAtOnce));
  if (rows.empty()) return fail(Code::invalid, {"the count of changes is missing"});
  const ChangeNumber newest = rows.integer(0, 0);
  if (newest == from) return false;
  if (newest < from || rows.is_null(0, 1) || rows.integer(0, 1) != from + 1) {
    const std::lock_guard lock(handing_);
    LIMPID_TRY(reload(newest));
    return true;
  }
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.integer(row, 5) != node_) owes_announcement_ = true;
    const Change change = change_of(rows, row);
    const std::lock_guard lock(handing_);
    if (change.number == handled_ + 1) LIMPID_TRY(hand(change));  // or else it was handed at once meanwhile
    if (stop_) return false;
  }
  return rows.size() == kChangesAtOnce;
}

Result<void> Follower::catch_up() {
  ChangeNumber offered = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!offers_.empty()) offered = offers_.rbegin()->first;
  }
  for (bool more = true; more && !stop_;) {
    LIMPID_ASSIGN(more, read_log());
  }
  {
    // What was offered was committed, so it has been read now, unless the server has lost it meanwhile.
    const std::lock_guard lock(mutex_);
    offers_.erase(offers_.begin(), offers_.upper_bound(offered));
  }
  if (owes_announcement_) LIMPID_TRY(announce());
  return {};
}

// Hands what was made here and is next in order.
Result<void> Follower::take_offers() {
  for (;;) {
    Change next;
    {
      const std::lock_guard lock(mutex_);
      const auto found = offers_.find(applied_ + 1);
      if (found == offers_.end()) return {};
      next = found->second;
    }
    const std::lock_guard lock(handing_);
    if (next.number == handled_ + 1) LIMPID_TRY(hand(next));
  }
}

// Whether the log has something new. Notifications are hints: what they say is looked up.
bool Follower::take_notifications() {
  bool is_new = false;
  while (const auto notification = connection_->next_notification()) {
    const auto& [channel, payload] = *notification;
    const auto numbers = two_numbers(payload);
    if (!numbers) continue;
    if (channel == channels_.changes) {
      is_new = is_new || numbers->first > handled();
    } else {
      const std::lock_guard lock(mutex_);
      if (others_.size() >= kOthersMax) others_.clear();
      ChangeNumber& known = others_[numbers->first];
      known = std::max(known, numbers->second);
      progress_.notify_all();
    }
  }
  return is_new;
}

void Follower::run() {
  while (!stop_) {
    if (connection_ == nullptr) {
      reconnect();
    } else {
      follow();
    }
  }
  if (connection_ != nullptr) leave();
}

// Whoever stays alone need not ask for others any more. If this fails, the next that joins clears up.
void Follower::leave() {
  Batch batch(*connection_);
  batch.add(Sql::begin).add(Sql::lock_counter);
  batch.add(Sql::forget_node, node_).add(Sql::count_nodes);
  batch.add(Sql::commit);
  (void)batch.run();
}

// One round: waits for something, and does it. What the listener cannot handle is tried again as if the connection had
// been lost, with pauses: as a rule it has been, and the listener could not read.
void Follower::follow() {
  Result<void> done;
  if (!connection_->is_lost()) {  // it takes what has arrived, too
    bool is_new = take_notifications();
    done = take_offers();
    if (done) {
      // What is offered but not next: others' changes come before it.
      const std::lock_guard lock(mutex_);
      is_new = is_new || !offers_.empty();
    }
    if (done && is_new) {
      done = catch_up();
    } else if (done) {
      pollfd waited[] = {{connection_->socket(), POLLIN, 0}, {wake_.descriptor(), POLLIN, 0}};
      ::poll(waited, 2, -1);
      eventfd_t ignored = 0;
      if (waited[1].revents != 0) eventfd_read(wake_.descriptor(), &ignored);
      return;
    }
  }
  if (done && !connection_->is_lost()) return;
  base::log(base::LogLevel::warn, "store: cut off from the other nodes' changes",
            {{"error", done ? std::string("the connection was lost") : done.error().describe()}});
  connection_.reset();
  tell_connected(false);
}

void Follower::sleep(std::chrono::milliseconds pause) {
  const Clock::time_point end = Clock::now() + pause;
  while (!stop_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return;
    pollfd waited{wake_.descriptor(), POLLIN, 0};
    if (::poll(&waited, 1, static_cast<int>(left.count())) <= 0) continue;
    eventfd_t ignored = 0;
    eventfd_read(wake_.descriptor(), &ignored);
    (void)take_offers();  // what fails stays offered
  }
}

void Follower::reconnect() {
  Pauses pauses;
  while (!stop_) {
    Result<void> done;
    Result<std::unique_ptr<Connection>> opened = connect(Clock::now() + kConnectMax);
    if (opened) {
      connection_ = *std::move(opened);
      done = join();
      if (done) done = catch_up();
    } else {
      done = std::unexpected(std::move(opened).error());
    }
    if (done) {
      if (!stop_) tell_connected(true);
      return;
    }
    connection_.reset();
    if (stop_) return;
    const std::chrono::milliseconds pause = pauses.next();
    base::log(base::LogLevel::warn, "store: cannot follow changes, trying again",
              {{"error", done.error().describe()}, {"pause_ms", pause.count()}});
    sleep(pause);
  }
}

}  // namespace limpid::store::postgres
