#include "service/health.h"

#include "service/v1/codec.h"

namespace limpid::service {
namespace {

using http::Request;
using http::Response;

Response plain(int status) {
  Response response;
  response.status = status;
  response.headers = {{"Server", "clair"}};
  return response;
}

}  // namespace

Response Health::handle(const Request& request) {
  if (request.path == "/health" && (request.method == "GET" || request.method == "HEAD"))
    return plain(store_.ping() ? 200 : 500);
  if (request.path == "/ready" && (request.method == "GET" || request.method == "HEAD")) return readiness();
  Response response = plain(404);
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.body = "404 page not found\n";
  return response;
}

// Without a database of advisories every image would look clean, so a node without one is not ready.
Response Health::readiness() const {
  const auto states = store_.feed_states();
  const std::shared_ptr<const v1::Compiled> compiled = catalogue_.compiled();
  const std::uint64_t statements = compiled == nullptr ? 0 : compiled->database().info().statements;
  const bool is_ready = states && statements != 0;
  std::string body;
  v1::ObjectWriter out(body);
  out.raw("ready", is_ready ? "true" : "false");
  if (!states) {
    out.text("why", "the store does not answer");
  } else if (compiled == nullptr) {
    out.text("why", "there is no database of advisories yet: no findings would mean nothing");
  } else if (statements == 0) {
    out.text("why", "the database holds no statement on any package: no findings would mean nothing");
  }
  if (compiled != nullptr) {
    v1::ObjectWriter database(out.member("database"));
    database.number("generation", compiled->generation());
    database.number("advisories", static_cast<std::int64_t>(compiled->database().info().advisories));
    database.number("statements", static_cast<std::int64_t>(statements));
    database.close();
  }
  std::string& feeds = out.member("feeds");
  feeds += '[';
  if (states) {
    for (const store::FeedState& state : *states) {
      if (&state != &states->front()) feeds += ',';
      v1::ObjectWriter feed(feeds);
      feed.text("name", state.name);
      feed.number("records", static_cast<std::int64_t>(state.records));
      feed.number("statements", static_cast<std::int64_t>(state.statements));
      feed.number("last_success", state.last_success);
      feed.number("last_attempt", state.last_attempt);
      feed.text_unless_empty("as_of", state.as_of);
      feed.text_unless_empty("problem", state.problem);
      feed.close();
    }
  }
  feeds += ']';
  out.close();
  body += '\n';
  Response response = plain(is_ready ? 200 : 503);
  response.headers.emplace_back("Content-Type", "application/json;charset=utf-8");
  response.body = std::move(body);
  return response;
}

Response Health::timed_out(const Request&) { return plain(500); }
Response Health::overloaded(const Request&) { return plain(503); }

}  // namespace limpid::service
