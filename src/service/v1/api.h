// The fifteen routes of Clair's v1 API: statuses, messages and shapes as clients know them (docs/api-v1.md).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "service/http/server.h"
#include "service/metrics.h"
#include "service/request_log.h"
#include "service/v1/body_pool.h"
#include "service/v1/catalogue.h"
#include "service/v1/indexer.h"
#include "service/v1/report_cache.h"
#include "service/v1/tokens.h"
#include "store/store.h"

namespace limpid::service::v1 {

inline constexpr std::size_t kBodyMax = std::size_t{1} << 20;
inline constexpr std::size_t kQueueQuick = 0, kQueueIndexing = 1;
inline constexpr std::int64_t kPageMax = 10'000;  // a page is never longer, whatever the client asks for

class Api final : public http::Handler {
 public:
  struct Parts {
    store::Store& store;
    Catalogue& catalogue;
    ReportCache& cache;
    Indexer& indexer;
    const Tokens& tokens;
    Metrics& metrics;
    RequestLog& log;
    BodyPool& bodies;
    std::function<void()> notify;  // a notification was made
  };
  explicit Api(Parts parts) : parts_(std::move(parts)) {}

  http::ReadyPointer ready(const http::Request& request, std::string_view& route) override;
  http::Response handle(const http::Request& request) override;
  http::Response timed_out(const http::Request& request) override;
  http::Response overloaded(const http::Request& request) override;
  std::size_t body_max() const override { return kBodyMax; }
  std::size_t queue_of(const http::Request& request) const override;
  void answered(const http::Request& request, std::string_view route, int status, std::uint64_t bytes,
                std::chrono::nanoseconds duration) override;

 private:
  using Path = std::vector<std::string>;

  struct Route;
  static const std::vector<Route>& routes();
  // The path's route for the request's method; nullptr if there is none, and whether one of another method has it.
  static const Route* route_of(const http::Request& request, const Path* path, bool& is_known_path);
  // Refused before anybody looked at it: counted as if somebody had.
  static http::Response refused(const http::Request& request, http::Response response);

  // One for each route; `path` has the decoded segments.
  http::Response post_layer(const http::Request& request, const Path& path);
  http::Response get_layer(const http::Request& request, const Path& path);
  http::Response delete_layer(const http::Request& request, const Path& path);
  http::Response get_namespaces(const http::Request& request, const Path& path);
  http::Response list_vulnerabilities(const http::Request& request, const Path& path);
  http::Response post_vulnerability(const http::Request& request, const Path& path);
  http::Response get_vulnerability(const http::Request& request, const Path& path);
  http::Response put_vulnerability(const http::Request& request, const Path& path);
  http::Response delete_vulnerability(const http::Request& request, const Path& path);
  http::Response get_fixes(const http::Request& request, const Path& path);
  http::Response put_fix(const http::Request& request, const Path& path);
  http::Response delete_fix(const http::Request& request, const Path& path);
  http::Response get_notification(const http::Request& request, const Path& path);
  http::Response delete_notification(const http::Request& request, const Path& path);
  http::Response get_metrics(const http::Request& request, const Path& path);

  // One change of one vulnerability, tried again while other writers come first. `edit` gets what is there (or nothing)
  // and says what shall be there.
  using Edit = std::function<Result<std::optional<Vulnerability>>(const std::optional<Vulnerability>&)>;
  Result<void> change(const std::string& name_space, const std::string& name, const Edit& edit);
  // What a change starts from: as this node remembers it, or as the store has it.
  void expect(IndexOutcome&& outcome, std::uint64_t moment);
  struct Standing {
    std::shared_ptr<const Compiled> compiled;
    std::optional<Vulnerability> before, underneath;  // underneath: the compiled database's word
    std::int64_t revision = 0;                        // of the stored row, 0 for none
  };
  Result<Standing> standing(const std::string& name_space, const std::string& name, bool remembered);
  Result<bool> knows_namespace(std::string_view name_space);

  Parts parts_;
};

}  // namespace limpid::service::v1
