// Connections that stay open from one request to the next: for whoever asks one server often, as a client of a registry
// does. Requests whose Options name the same Session go over a connection that is open already, where scheme, host,
// port, proxy and all of Tls are the same and nobody else is using it; else they make one. One that the server has
// closed meanwhile is replaced without a word.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace limpid::net {

class AllowList;
struct Line;

// Thread-safe: requests on several threads have connections of their own. What was let through by one AllowList is not
// used for requests under another.
class Session {
 public:
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

 private:
  friend class Transfer;
  std::unique_ptr<Line> take(const AllowList* allow);
  void give_back(std::unique_ptr<Line> line);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Line>> idle_;  // the one used last stands last
};

}  // namespace limpid::net
