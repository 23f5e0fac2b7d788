#include "service/v1/answers.h"

#include <charconv>
#include <utility>

#include "base/log.h"
#include "service/gzip.h"
#include "service/v1/codec.h"

namespace limpid::service::v1 {
namespace {

using http::Request;
using http::Response;

constexpr std::string_view kStoreFailed = "database: an error occured when querying the backend";
constexpr std::size_t kCompressFrom = 256;  // a smaller body would not get smaller

}  // namespace

bool wants_gzip(const Request& request) { return request.header("Accept-Encoding").contains("gzip"); }

Response json(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json;charset=utf-8"}, {"Server", "clair"}};
  response.body = std::move(body);
  return response;
}

bool compress(const Request& request, std::string_view body, Response& response) {
  if (!wants_gzip(request) || body.size() < kCompressFrom) return false;
  std::string packed = gzip(body);
  if (packed.empty()) return false;
  response.body = std::move(packed);
  response.headers.emplace_back("Content-Encoding", "gzip");
  return true;
}

Response error(int status, std::string_view message) { return json(status, error_body(message)); }

Response store_error(const Error& problem) {
  if (problem.code() == Code::invalid || problem.code() == Code::limit) return error(400, problem.message());
  base::log(base::LogLevel::error, "store failed", {{"error", problem.describe()}});
  return error(500, kStoreFailed);
}

Response internal_error(const Error& problem) {
  base::log(base::LogLevel::error, "request failed", {{"error", problem.describe()}});
  return error(500, kStoreFailed);
}

Response text(int status, std::string_view body) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"}, {"X-Content-Type-Options", "nosniff"}};
  response.body = body;
  return response;
}

Response empty() { return {}; }

Response answer_of(const Error& problem) {
  switch (problem.code()) {
    case Code::not_found:
      return error(404, kNotFound);
    case Code::invalid:
    case Code::usage:
    case Code::limit:
      return error(400, problem.message());
    default:
      return store_error(problem);
  }
}

Result<std::int64_t> parse_limit(const std::string& value) {
  std::string_view digits = value;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t limit = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), limit);
  if (problem != std::errc() || end != digits.data() + digits.size() || digits.empty())
    return fail(Code::invalid, {"invalid limit format: parsing \"", value, "\": invalid syntax"});
  return limit;
}

}  // namespace limpid::service::v1
