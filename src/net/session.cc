#include "net/session.h"

#include <algorithm>
#include <iterator>

#include "net/line.h"
#include "net/url.h"

namespace limpid::net {
namespace {

// More are not kept for later: each holds a connection or two open.
constexpr std::size_t kIdleMax = 16;
// Connections that one line keeps: the registry, its token server, and where blobs are.
constexpr long kConnectionsMax = 4;

}  // namespace

std::unique_ptr<Line> make_line(const AllowList* allow) {
  auto line = std::make_unique<Line>();
  line->allow = allow;
  line->multi.reset(curl_multi_init());
  if (line->multi) curl_multi_setopt(line->multi.get(), CURLMOPT_MAXCONNECTS, kConnectionsMax);
  return line;
}

Session::Session() = default;
Session::~Session() = default;

std::unique_ptr<Line> Session::take(const AllowList* allow) {
  {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(idle_.rbegin(), idle_.rend(), [&](const auto& line) { return line->allow == allow; });
    if (found != idle_.rend()) {
      std::unique_ptr<Line> line = std::move(*found);
      idle_.erase(std::next(found).base());
      return line;
    }
  }
  return make_line(allow);
}

void Session::give_back(std::unique_ptr<Line> line) {
  std::unique_ptr<Line> one_too_many;  // goes after the lock: closing takes time
  const std::lock_guard lock(mutex_);
  if (idle_.size() == kIdleMax) {
    one_too_many = std::move(idle_.front());
    idle_.erase(idle_.begin());
  }
  idle_.push_back(std::move(line));
}

}  // namespace limpid::net
