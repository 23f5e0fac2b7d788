// How a node learns of changes. Changes are rows of a log with gapless numbers in the order of their commits; a
// notification in the writing transaction says that there is one more. Each node that listens has a follower: a thread
// with a connection of its own, which hands the changes to the listener in order, records in the node's row how far it
// has come, and notifies whoever waits for that.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/file.h"
#include "store/postgres_pool.h"
#include "store/store.h"

namespace limpid::store::postgres {

using NodeId = std::int64_t;

// Names for LISTEN and NOTIFY. They are the database's, not the schema's: so the schema is part of them.
struct Channels {
  std::string changes;  // "<number> <node that made it>"
  std::string applied;  // "<node> <number>"
};

class Follower {
 public:
  Follower(std::string url, ChangeListener& listener, Channels channels, NodeId node);
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  ~Follower();

  // Begins to listen; has begun when it returns without an error.
  Result<void> start(Clock::time_point deadline);

  // A change that was committed at this node: spares the follower the way to the log. Where it is the next in order,
  // the listener has handled it, on this thread, when this returns.
  void offer(const Change& change);
  // Until the listener has handled the change; false if it has not by then.
  bool wait_until_handled(ChangeNumber number, Clock::time_point deadline);
  // Takes out of `nodes` those known to have applied the change, waiting for all of them at most until `deadline`.
  void wait_until_applied(std::vector<NodeId>& nodes, ChangeNumber number, Clock::time_point deadline);

 private:
  Result<std::unique_ptr<Connection>> connect(Clock::time_point deadline);
  Result<void> announce();
  Result<void> join();
  void leave();
  void run();
  void follow();
  void reconnect();
  void sleep(std::chrono::milliseconds pause);
  Result<void> take_offers();
  bool take_notifications();
  Result<void> catch_up();
  Result<bool> read_log();
  bool hand_at_once(const Change& change);
  Result<void> hand(const Change& change);
  void tell_connected(bool yes);
  ChangeNumber handled();
  Result<void> reload(ChangeNumber newest);
  void set_applied(ChangeNumber number);

  const std::string url_;
  ChangeListener& listener_;
  const Channels channels_;
  const NodeId node_;
  base::File wake_;  // an eventfd: an offer is there, or the end has come
  std::atomic<bool> stop_ = false;

  // The thread's own, once it runs.
  std::unique_ptr<Connection> connection_;
  bool owes_announcement_ = false;  // others may wait for this node

  std::mutex handing_;  // held while the listener is told something; taken before mutex_
  ChangeNumber handled_ = 0;

  std::mutex mutex_;
  std::condition_variable progress_;
  std::map<ChangeNumber, Change> offers_;
  ChangeNumber applied_ = 0;                         // handled_, for other threads
  std::unordered_map<NodeId, ChangeNumber> others_;  // how far they are known to have come
  std::thread thread_;
};

}  // namespace limpid::store::postgres
