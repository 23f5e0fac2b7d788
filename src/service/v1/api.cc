#include "service/v1/api.h"

#include <utility>

#include "base/text.h"
#include "service/http/target.h"
#include "service/v1/answers.h"

namespace limpid::service::v1 {

using http::Request;
using http::Response;

std::size_t Api::queue_of(const Request& request) const {
  return request.method == "POST" && request.path.starts_with("/v1/layers") ? kQueueIndexing : kQueueQuick;
}

struct Api::Route {
  std::string_view name;  // for metrics, as Clair called it
  std::string_view method;
  std::vector<std::string_view> pattern;  // "" stands for a parameter
  Response (Api::*answer)(const Request& request, const Path& path);

  bool fits(const Path& path) const {
    if (path.size() != pattern.size()) return false;
    for (std::size_t i = 0; i < path.size(); ++i)
      if (pattern[i].empty() ? path[i].empty() : path[i] != pattern[i]) return false;
    return true;
  }
};

const std::vector<Api::Route>& Api::routes() {
  static const std::vector<Route> all = {
      {"v1/postLayer", "POST", {"v1", "layers"}, &Api::post_layer},
      {"v1/getLayer", "GET", {"v1", "layers", ""}, &Api::get_layer},
      {"v1/deleteLayer", "DELETE", {"v1", "layers", ""}, &Api::delete_layer},
      {"v1/getNamespaces", "GET", {"v1", "namespaces"}, &Api::get_namespaces},
      {"v1/getVulnerabilities", "GET", {"v1", "namespaces", "", "vulnerabilities"}, &Api::list_vulnerabilities},
      {"v1/postVulnerability", "POST", {"v1", "namespaces", "", "vulnerabilities"}, &Api::post_vulnerability},
      {"v1/getVulnerability", "GET", {"v1", "namespaces", "", "vulnerabilities", ""}, &Api::get_vulnerability},
      {"v1/putVulnerability", "PUT", {"v1", "namespaces", "", "vulnerabilities", ""}, &Api::put_vulnerability},
      {"v1/deleteVulnerability", "DELETE", {"v1", "namespaces", "", "vulnerabilities", ""}, &Api::delete_vulnerability},
      {"v1/getFixes", "GET", {"v1", "namespaces", "", "vulnerabilities", "", "fixes"}, &Api::get_fixes},
      {"v1/putFix", "PUT", {"v1", "namespaces", "", "vulnerabilities", "", "fixes", ""}, &Api::put_fix},
      {"v1/deleteFix", "DELETE", {"v1", "namespaces", "", "vulnerabilities", "", "fixes", ""}, &Api::delete_fix},
      {"v1/getNotification", "GET", {"v1", "notifications", ""}, &Api::get_notification},
      {"v1/deleteNotification", "DELETE", {"v1", "notifications", ""}, &Api::delete_notification},
      {"v1/getMetrics", "GET", {"v1", "metrics"}, &Api::get_metrics},
  };
  return all;
}

const Api::Route* Api::route_of(const Request& request, const Path* path, bool& is_known_path) {
  const Route* found = nullptr;
  is_known_path = false;
  for (const Route& route : routes()) {
    if (path == nullptr || !route.fits(*path)) continue;
    is_known_path = true;
    if (route.method == request.method) found = &route;
  }
  return found;
}

Response Api::handle(const Request& request) {
  const auto path = http::split_path(request.path);
  bool is_known_path = false;
  const Route* found = route_of(request, path ? &*path : nullptr, is_known_path);
  if (found == nullptr) return is_known_path ? text(405, "Method Not Allowed\n") : text(404, "404 page not found\n");
  Response response = (this->*found->answer)(request, *path);
  response.route = found->name;
  if (!response.ready) compress(request, response.body, response);
  return response;
}

Response Api::refused(const Request& request, Response response) {
  const auto path = http::split_path(request.path);
  bool is_known_path = false;
  if (const Route* route = route_of(request, path ? &*path : nullptr, is_known_path)) response.route = route->name;
  return response;
}

Response Api::timed_out(const Request& request) {
  Response response;
  response.status = 503;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  response.body =
      R"({"Error":{"Message":"Clair failed to respond within the configured timeout window.","Type":"Timeout"}})";
  return refused(request, std::move(response));
}

Response Api::overloaded(const Request& request) {
  return refused(request, error(503, "too many requests are waiting: try again later"));
}

void Api::answered(const Request& request, std::string_view route, int status, std::uint64_t bytes,
                   std::chrono::nanoseconds duration) {
  parts_.log.add(request.method, request.target, request.peer, status, bytes, duration);
  if (route.empty()) return;
  const std::string code = base::cat({status});
  parts_.metrics.observe("clair_api_response_duration_milliseconds",
                         std::chrono::duration<double, std::milli>(duration).count(),
                         {{"route", route}, {"code", code}});
}

Response Api::get_metrics(const Request&, const Path&) {
  Response response;
  response.headers = {{"Content-Type", "text/plain; version=0.0.4"}};
  response.body = parts_.metrics.text();
  return response;
}

}  // namespace limpid::service::v1
