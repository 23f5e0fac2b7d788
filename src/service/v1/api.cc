#include "service/v1/api.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "base/date.h"
#include "base/log.h"
#include "base/text.h"
#include "service/gzip.h"
#include "service/http/target.h"
#include "service/v1/codec.h"
#include "service/v1/notifications.h"
#include "version/ordering.h"

namespace limpid::service::v1 {
namespace {

using http::Request;
using http::Response;

constexpr std::string_view kNotFound = "the resource cannot be found";
constexpr std::string_view kStoreFailed = "database: an error occured when querying the backend";
constexpr std::size_t kCompressFrom = 256;  // a smaller body would not get smaller
constexpr int kWriteAttempts = 50;

bool wants_gzip(const Request& request) { return request.header("Accept-Encoding").contains("gzip"); }

Response json(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json;charset=utf-8"}, {"Server", "clair"}};
  response.body = std::move(body);
  return response;
}

// Where the client takes it and it is worth it.
bool compress(const Request& request, std::string_view body, Response& response) {
  if (!wants_gzip(request) || body.size() < kCompressFrom) return false;
  std::string packed = gzip(body);
  if (packed.empty()) return false;
  response.body = std::move(packed);
  response.headers.emplace_back("Content-Encoding", "gzip");
  return true;
}

Response error(int status, std::string_view message) { return json(status, error_body(message)); }

// What no store could keep is the client's fault: a NUL byte, a name of a million letters.
Response store_error(const Error& problem) {
  if (problem.code() == Code::invalid || problem.code() == Code::limit) return error(400, problem.message());
  base::log(base::LogLevel::error, "store failed", {{"error", problem.describe()}});
  return error(500, kStoreFailed);
}

// The compiled database is damaged, or we are wrong.
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

// What an edit of a vulnerability may end with: an answer for the client that is no failure of ours.
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

Part part_of(std::string_view query) {
  if (http::query_has(query, "vulnerabilities")) return Part::vulnerabilities;
  return http::query_has(query, "features") ? Part::features : Part::layer;
}

// Integers as Go's ParseInt takes them: a sign and digits.
Result<std::int64_t> parse_limit(const std::string& value) {
  std::string_view digits = value;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t limit = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), limit);
  if (problem != std::errc() || end != digits.data() + digits.size() || digits.empty())
    return fail(Code::invalid, {"invalid limit format: parsing \"", value, "\": invalid syntax"});
  return limit;
}

// What the store could not look up later must not be in what it keeps.
Result<void> check_text(std::string_view what, std::string_view text) {
  if (text.size() > store::kNameLengthMax)
    return fail(Code::limit, {what, ": ", text.size(), " bytes, more than ", store::kNameLengthMax});
  if (text.contains('\0') || !base::is_utf8(text)) return fail(Code::invalid, {what, ": no text"});
  return {};
}

Result<Fix> fix_of(const FeatureRequest& request, std::string_view name_space) {
  LIMPID_TRY(check_text("name of a feature", request.name));
  LIMPID_TRY(check_text("version", request.version));
  const bool none = request.version == "None";
  Fix fix;
  fix.package = request.name;
  fix.scheme = scheme_of(name_space, request.version_format);
  if (none) return fix;
  const version::Ordering* ordering = version::find_ordering(fix.scheme);
  if (ordering == nullptr) return fail(Code::invalid, {"unknown version format"});
  // dpkg itself only warns about odd characters; in an advisory they are a slip that would match nothing.
  const auto is_fit = [](char c) { return base::is_alnum(c) || std::string_view(".-+~:_^").contains(c); };
  if (!ordering->parse(request.version).valid || !std::ranges::all_of(request.version, is_fit))
    return fail(Code::invalid, {"invalid version"});
  fix.version = request.version;
  return fix;
}

// The request's own fixes, checked.
Result<std::vector<Fix>> fixes_of(const VulnerabilityRequest& request) {
  std::vector<Fix> fixes;
  for (const FeatureRequest& feature : request.fixed_in) {
    if (feature.name.empty()) return fail(Code::invalid, {"could not find/insert invalid Feature"});
    if (!feature.name_space.empty() && feature.name_space != request.name_space)
      return fail(Code::invalid, {"could not insert an invalid vulnerability that contains FixedIn FeatureVersion that "
                                  "are not in the same namespace as the Vulnerability"});
    LIMPID_ASSIGN(Fix fix, fix_of(feature, request.name_space));
    fixes.push_back(std::move(fix));
  }
  return fixes;
}

// Puts fixes in the place of what was said of their packages; what says the same already stays as it is. Of several for
// one package the last counts.
void set_fixes(Vulnerability& vulnerability, std::span<const Fix> fixes) {
  std::map<std::string_view, const Fix*> wanted;
  for (const Fix& fix : fixes) wanted[fix.package] = &fix;
  for (const Fix& there : vulnerability.fixed_in) {
    const auto same = wanted.find(there.package);
    if (same != wanted.end() && *same->second == there) wanted.erase(same);
  }
  const auto is_replaced = [&](const auto& one) { return wanted.contains(one.package); };
  std::erase_if(vulnerability.fixed_in, is_replaced);
  std::erase_if(vulnerability.affects, is_replaced);
  for (const auto& [package, fix] : wanted) {
    vulnerability.fixed_in.push_back(*fix);
    for (Affects& affects : affects_of({*fix})) vulnerability.affects.push_back(std::move(affects));
  }
  std::ranges::sort(vulnerability.fixed_in, {}, &Fix::package);
  std::ranges::stable_sort(vulnerability.affects, {}, &Affects::package);
}

// What was there (or nothing) with what the request says of it; its fixes stay.
Vulnerability stated(const VulnerabilityRequest& request, Severity severity, const std::optional<Vulnerability>& before,
                     const std::string& name_space, const std::string& name) {
  Vulnerability after = before.value_or(Vulnerability{});
  after.name_space = name_space;
  after.name = name;
  after.description = request.description;
  after.link = request.link;
  after.severity = severity;
  after.metadata = request.metadata;
  return after;
}

void append_feature_request(std::string& to, const FeatureRequest& feature) {
  ObjectWriter out(to);
  out.text_unless_empty("Name", feature.name);
  out.text_unless_empty("NamespaceName", feature.name_space);
  out.text_unless_empty("VersionFormat", feature.version_format);
  out.text_unless_empty("Version", feature.version);
  out.close();
}

std::string echo(const VulnerabilityRequest& request) {
  std::string body;
  ObjectWriter envelope(body);
  ObjectWriter out(envelope.member("Vulnerability"));
  out.text_unless_empty("Name", request.name);
  out.text_unless_empty("NamespaceName", request.name_space);
  out.text_unless_empty("Description", request.description);
  out.text_unless_empty("Link", request.link);
  out.text_unless_empty("Severity", request.severity);
  if (!request.metadata.empty()) out.raw("Metadata", request.metadata);
  if (!request.fixed_in.empty()) {
    out.member("FixedIn") += '[';
    for (const FeatureRequest& feature : request.fixed_in) {
      if (&feature != &request.fixed_in.front()) body += ',';
      append_feature_request(body, feature);
    }
    body += ']';
  }
  out.close();
  envelope.close();
  body += '\n';
  return body;
}

std::string echo(const LayerRequest& request) {
  std::string body;
  ObjectWriter envelope(body);
  ObjectWriter out(envelope.member("Layer"));
  out.text("Name", request.name);
  out.text("Path", request.path);
  if (!request.headers.empty()) {
    // Clients ignore the echo; the values are often credentials.
    std::map<std::string, bool> names;
    for (const auto& [name, value] : request.headers) names[name] = true;
    ObjectWriter headers(out.member("Headers"));
    for (const auto& [name, yes] : names) headers.text(name, "***");
    headers.close();
  }
  out.text_unless_empty("ParentName", request.parent);
  out.text("Format", request.format);
  out.number("IndexedByVersion", kEngine);
  out.close();
  envelope.close();
  body += '\n';
  return body;
}

std::string fixes_body(const Vulnerability& vulnerability) {
  std::string body;
  ObjectWriter envelope(body);
  envelope.member("Features") += '[';
  for (const Fix& fix : vulnerability.fixed_in) {
    if (&fix != &vulnerability.fixed_in.front()) body += ',';
    append_fix(body, fix, vulnerability.name_space);
  }
  body += ']';
  envelope.close();
  body += '\n';
  return body;
}

}  // namespace

http::ReadyPointer Api::ready(const Request& request, std::string_view& route) {
  constexpr std::string_view kPrefix = "/v1/layers/";
  if (request.method != "GET" || !request.path.starts_with(kPrefix)) return nullptr;
  const std::string_view raw = request.path.substr(kPrefix.size());
  if (raw.empty() || raw.contains('/')) return nullptr;
  route = "v1/getLayer";
  const Part part = part_of(request.query);
  if (!raw.contains('%')) return parts_.cache.find(raw, part, wants_gzip(request));
  const auto name = http::decode_percent(raw);
  return name ? parts_.cache.find(*name, part, wants_gzip(request)) : nullptr;
}

std::size_t Api::queue_of(const Request& request) const {
  return request.method == "POST" && request.path.starts_with("/v1/layers") ? kQueueIndexing : kQueueQuick;
}

// ── Routes ──

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

Response Api::handle(const Request& request) {
  const auto path = http::split_path(request.path);
  const Route* found = nullptr;
  bool known_path = false;
  for (const Route& route : routes()) {
    if (!path || !route.fits(*path)) continue;
    known_path = true;
    if (route.method == request.method) found = &route;
  }
  if (found == nullptr) return known_path ? text(405, "Method Not Allowed\n") : text(404, "404 page not found\n");
  Response response = (this->*found->answer)(request, *path);
  response.route = found->name;
  if (!response.ready) compress(request, response.body, response);
  return response;
}

Response Api::timed_out(const Request&) {
  Response response;
  response.status = 503;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  response.body =
      R"({"Error":{"Message":"Clair failed to respond within the configured timeout window.","Type":"Timeout"}})";
  return response;
}

Response Api::overloaded(const Request&) { return error(503, "too many requests are waiting: try again later"); }

void Api::answered(const Request& request, std::string_view route, int status, std::uint64_t bytes,
                   std::chrono::nanoseconds duration) {
  parts_.log.add(request.method, request.target, request.peer, status, bytes, duration);
  if (route.empty()) return;
  const std::string code = base::cat({status});
  parts_.metrics.observe("clair_api_response_duration_milliseconds",
                         std::chrono::duration<double, std::milli>(duration).count(),
                         {{"route", route}, {"code", code}});
}

// ── Layers ──

Response Api::post_layer(const Request& request, const Path&) {
  const auto layer = parse_layer(request.body);
  if (!layer) return error(400, layer.error().message());
  const std::uint64_t moment = parts_.cache.moment();
  IndexOutcome outcome = parts_.indexer.post(*layer);
  if (outcome.status == 201) {
    if (!outcome.made.name.empty()) expect(std::move(outcome), moment);
    return json(201, echo(*layer));
  }
  base::log(outcome.status == 500 ? base::LogLevel::error : base::LogLevel::warn, "layer refused",
            {{"layer", layer->name.substr(0, 200)},
             {"status", outcome.status},
             {"message", outcome.message},
             {"why", outcome.reason}});
  return error(outcome.status, outcome.message);
}

// Whoever has posted a layer asks for its report next: what that will need stands ready then.
void Api::expect(IndexOutcome&& outcome, std::uint64_t moment) {
  const store::NewLayer& made = outcome.made;
  parts_.catalogue.expect(made.added);
  const auto layer = parts_.store.find_layer(made.name);
  if (!layer || !*layer) return;
  // Another layer may have taken the name meanwhile. One that was made of the same has the same features.
  if ((*layer)->diff_id != made.diff_id || (*layer)->parent_id != made.parent_id || (*layer)->engine != made.engine)
    return;
  ReportCache::Known known;
  known.layer = **layer;
  known.features = std::make_shared<const std::vector<store::HeldFeature>>(std::move(outcome.features));
  parts_.cache.remember(known, moment);
}

Response Api::get_layer(const Request& request, const Path& path) {
  const std::string& name = path[2];
  const Part part = part_of(request.query);
  const bool packed = wants_gzip(request);
  const std::uint64_t moment = parts_.cache.moment();
  std::shared_ptr<const ReportCache::Known> known = parts_.cache.known(name);
  if (known == nullptr || !known->certain) {
    const auto layer = parts_.store.find_layer(name);
    if (!layer) return store_error(layer.error());
    if (!*layer) return error(404, kNotFound);
    if (known != nullptr && known->layer.id == (*layer)->id && known->layer.engine == (*layer)->engine) {
      parts_.cache.confirm(name, (*layer)->id);
      if (http::ReadyPointer answer = parts_.cache.find(name, part, packed)) {
        Response response;
        response.ready = std::move(answer);
        return response;
      }
    } else {
      auto fresh = std::make_shared<ReportCache::Known>();
      fresh->layer = **layer;
      known = fresh;
    }
  }
  const bool asked_before = known->is_asked_for;
  if (part != Part::layer && known->features == nullptr) {
    auto features = parts_.store.features(known->layer.id);
    if (!features) return store_error(features.error());
    std::ranges::sort(*features, {}, &store::HeldFeature::feature);
    auto with_features = std::make_shared<ReportCache::Known>(*known);
    with_features->features = std::make_shared<const std::vector<store::HeldFeature>>(*std::move(features));
    known = with_features;
  }

  std::string body = part == Part::vulnerabilities ? parts_.bodies.take() : std::string();
  ObjectWriter envelope(body);
  ObjectWriter out(envelope.member("Layer"));
  out.text("Name", known->layer.name);
  out.text_unless_empty("NamespaceName", known->layer.name_space);
  out.text_unless_empty("ParentName", known->layer.parent);
  out.number("IndexedByVersion", known->layer.engine);
  if (part != Part::layer && !known->features->empty()) {
    out.member("Features");
    const auto written = parts_.catalogue.append_features(body, *known->features, part == Part::vulnerabilities);
    if (!written) return internal_error(written.error());
  }
  out.close();
  envelope.close();
  body += '\n';
  Response response = json(200, {});
  if (compress(request, body, response)) {
    parts_.bodies.give(std::move(body));
  } else if (!asked_before && body.size() >= BodyPool::kBodyBytes / 4) {
    response.body = std::move(body);
    http::ReadyPointer once = http::make_ready(
        std::move(response), [bodies = &parts_.bodies](std::string sent) { bodies->give(std::move(sent)); });
    response = Response();
    response.ready = std::move(once);
    auto asked = *known;
    asked.is_asked_for = true;
    parts_.cache.remember(asked, moment);
    return response;
  } else {
    response.body = parts_.bodies.settle(std::move(body));
  }
  http::ReadyPointer ready = http::make_ready(std::move(response));
  response = Response();
  response.ready = std::move(ready);
  parts_.cache.put(*known, part, packed, response.ready, moment);
  return response;
}

Response Api::delete_layer(const Request&, const Path& path) {
  const auto deleted = parts_.store.delete_layer(path[2]);
  if (!deleted) return answer_of(deleted.error());
  return *deleted ? empty() : error(404, kNotFound);
}

// ── Namespaces and vulnerabilities ──

Response Api::get_namespaces(const Request&, const Path&) {
  auto stored = parts_.store.namespaces();
  if (!stored) return store_error(stored.error());
  std::map<std::string, version::Scheme> names;
  for (const store::Namespace& one : parts_.catalogue.namespaces())
    names[clair_namespace(one.name)] = scheme_of(one.name, {});
  for (const store::Namespace& one : *stored) names[one.name] = one.scheme;
  std::string body;
  ObjectWriter envelope(body);
  envelope.member("Namespaces") += '[';
  for (bool first = true; const auto& [name, scheme] : names) {
    if (!std::exchange(first, false)) body += ',';
    ObjectWriter out(body);
    out.text("Name", name);
    out.text_unless_empty("VersionFormat", version_format(scheme));
    out.close();
  }
  body += ']';
  envelope.close();
  body += '\n';
  return json(200, std::move(body));
}

Result<bool> Api::knows_namespace(std::string_view name_space) {
  const std::shared_ptr<const Compiled> compiled = parts_.catalogue.compiled();
  if (compiled != nullptr && compiled->knows(name_space)) return true;
  LIMPID_ASSIGN(const std::vector<store::Namespace> stored, parts_.store.namespaces());
  return std::ranges::find(stored, name_space, &store::Namespace::name) != stored.end();
}

Response Api::list_vulnerabilities(const Request& request, const Path& path) {
  const std::string& name_space = path[2];
  const auto limit_text = http::query_value(request.query, "limit");
  if (!limit_text) return error(400, "must provide limit query parameter");
  const auto limit = parse_limit(*limit_text);
  if (!limit) return error(400, limit.error().message());
  if (*limit < 0) return error(400, "limit value should not be less than zero");
  std::string after;
  if (const auto token = http::query_value(request.query, "page"); token && !token->empty()) {
    const auto payload = parts_.tokens.open(*token, base::seconds_now());
    // "v:" and the key of the last one listed.
    if (!payload || !payload->starts_with("v:"))
      return error(400, "invalid page format: invalid or expired pagination token");
    after = payload->substr(2);
  }
  const auto known = knows_namespace(name_space);
  if (!known) return store_error(known.error());
  if (!*known) return error(404, kNotFound);

  const auto count = static_cast<std::size_t>(std::min(*limit, kPageMax));
  auto listed = parts_.catalogue.list(name_space, after, count + 1);
  if (!listed) return internal_error(listed.error());
  const bool more = listed->size() > count;
  if (more) listed->pop_back();
  std::string body;
  ObjectWriter envelope(body);
  envelope.member("Vulnerabilities") += '[';
  for (const Compiled::Listed& one : *listed) {
    if (&one != &listed->front()) body += ',';
    append_vulnerability(body, one.vulnerability, false);
  }
  body += ']';
  if (more) {
    const std::string& last = listed->empty() ? after : listed->back().key;
    envelope.text("NextPage", parts_.tokens.seal(base::cat({"v:", last}), base::seconds_now()));
  }
  envelope.close();
  body += '\n';
  return json(200, std::move(body));
}

Result<Api::Standing> Api::standing(const std::string& name_space, const std::string& name, bool remembered) {
  Standing standing;
  standing.compiled = parts_.catalogue.compiled();
  if (standing.compiled != nullptr) {
    LIMPID_ASSIGN(standing.underneath, standing.compiled->find(name_space, name));
  }
  if (remembered) {
    const Overlay::EntryPointer entry = parts_.catalogue.overlay().find(name_space, name);
    standing.before = entry == nullptr ? standing.underneath : std::nullopt;
    if (entry != nullptr) {
      standing.revision = entry->revision;
      if (!entry->deleted) standing.before = entry->vulnerability;
    }
    return standing;
  }
  LIMPID_ASSIGN(const std::optional<store::CustomAdvisory> row, parts_.store.advisory(name_space, name));
  standing.before = row ? std::nullopt : standing.underneath;
  if (row) {
    standing.revision = row->revision;
    if (!row->deleted) {
      LIMPID_ASSIGN(standing.before, parse_stored(row->document));
    }
  }
  return standing;
}

Result<void> Api::change(const std::string& name_space, const std::string& name, const Edit& edit) {
  // What is remembered is nearly always right, and the store refuses what was made from anything else. Only the store
  // itself can say that there is nothing to change.
  bool remembered = true;
  for (int attempt = 1;; ++attempt, remembered = false) {
    LIMPID_ASSIGN(const Standing now, standing(name_space, name, remembered));
    const Result<std::optional<Vulnerability>> edited = edit(now.before);
    if (remembered && (!edited || *edited == now.before)) continue;
    LIMPID_TRY(edited);
    const std::optional<Vulnerability>& before = now.before;
    const std::optional<Vulnerability>& after = *edited;
    if (after == before) return {};

    store::CustomAdvisory advisory;
    advisory.name_space = name_space;
    advisory.name = name;
    advisory.revision = now.revision;
    advisory.deleted = !after;
    if (after) {
      advisory.document = stored(*after);
      advisory.aside = std::make_shared<const Written>(Written{*after, now.compiled, now.underneath});
    }
    store::NewNotification notification = make_notification(before ? &*before : nullptr, nullptr, base::seconds_now());
    notification.new_revision = advisory.document;
    version::Scheme scheme = scheme_of(name_space, {});
    if (scheme == version::Scheme::none && after && !after->fixed_in.empty()) scheme = after->fixed_in.front().scheme;
    const std::span<const store::NewNotification> notifications(&notification, 1);
    // Where nothing lies underneath, a row that only says "deleted" would hide what a feed may say one day.
    const Result<void> written = !after && !now.underneath ? parts_.store.forget_advisory(advisory, notifications)
                                                           : parts_.store.put_advisory(advisory, scheme, notifications);
    if (written) {
      parts_.notify();
      return {};
    }
    if (written.error().code() != Code::mismatch || attempt == kWriteAttempts) return written;
  }
}

Response Api::post_vulnerability(const Request& request, const Path&) {
  const auto body = parse_vulnerability(request.body);
  if (!body) return error(400, body.error().message());
  if (body->name.empty() || body->name_space.empty())
    return error(400, "insertVulnerability needs at least the Name and the Namespace");
  const auto severity = parse_severity(body->severity);
  if (!severity) return error(400, "failed to parse Severity from input");
  const auto fixes = fixes_of(*body);
  if (!fixes) return error(400, fixes.error().message());
  const auto changed = change(body->name_space, body->name, [&](const std::optional<Vulnerability>& before) {
    Vulnerability after = stated(*body, *severity, before, body->name_space, body->name);
    // Merged by package: what is not spoken of stays.
    set_fixes(after, *fixes);
    return Result<std::optional<Vulnerability>>(std::move(after));
  });
  if (!changed) return answer_of(changed.error());
  return json(201, echo(*body));
}

Response Api::get_vulnerability(const Request& request, const Path& path) {
  const auto found = parts_.catalogue.find(path[2], path[4]);
  if (!found) return internal_error(found.error());
  if (!*found) return error(404, kNotFound);
  std::string body;
  ObjectWriter envelope(body);
  append_vulnerability(envelope.member("Vulnerability"), **found, http::query_has(request.query, "fixedIn"));
  envelope.close();
  body += '\n';
  return json(200, std::move(body));
}

Response Api::put_vulnerability(const Request& request, const Path& path) {
  const auto body = parse_vulnerability(request.body);
  if (!body) return error(400, body.error().message());
  if (!body->fixed_in.empty()) return error(400, "Vulnerability.FixedIn must be empty");
  const auto severity = parse_severity(body->severity);
  if (!severity) return error(400, "failed to parse Severity from input");
  const auto changed = change(path[2], path[4], [&](const std::optional<Vulnerability>& before) {
    return Result<std::optional<Vulnerability>>(stated(*body, *severity, before, path[2], path[4]));
  });
  if (!changed) return answer_of(changed.error());
  return json(200, echo(*body));
}

Response Api::delete_vulnerability(const Request&, const Path& path) {
  const auto changed =
      change(path[2], path[4], [](const std::optional<Vulnerability>& before) -> Result<std::optional<Vulnerability>> {
        if (!before) return fail(Code::not_found, {kNotFound});
        return std::nullopt;
      });
  return changed ? empty() : answer_of(changed.error());
}

// ── Fixes ──

Response Api::get_fixes(const Request&, const Path& path) {
  const auto found = parts_.catalogue.find(path[2], path[4]);
  if (!found) return internal_error(found.error());
  return *found ? json(200, fixes_body(**found)) : error(404, kNotFound);
}

Response Api::put_fix(const Request& request, const Path& path) {
  const auto feature = parse_feature(request.body);
  if (!feature) return error(400, feature.error().message());
  if (feature->name != path[6]) return error(400, "feature name in URL and JSON do not match");
  const auto fix = fix_of(*feature, path[2]);
  if (!fix) return error(400, fix.error().message());
  const auto changed =
      change(path[2], path[4], [&](const std::optional<Vulnerability>& before) -> Result<std::optional<Vulnerability>> {
        if (!before) return fail(Code::not_found, {kNotFound});
        Vulnerability after = *before;
        set_fixes(after, std::span(&*fix, 1));
        return after;
      });
  if (!changed) return answer_of(changed.error());
  std::string body;
  ObjectWriter envelope(body);
  append_feature_request(envelope.member("Feature"), *feature);
  envelope.close();
  body += '\n';
  return json(200, std::move(body));
}

Response Api::delete_fix(const Request&, const Path& path) {
  const auto changed =
      change(path[2], path[4], [&](const std::optional<Vulnerability>& before) -> Result<std::optional<Vulnerability>> {
        if (!before) return fail(Code::not_found, {kNotFound});
        Vulnerability after = *before;
        const auto is_it = [&](const auto& one) { return one.package == path[6]; };
        if (std::erase_if(after.fixed_in, is_it) == 0) return fail(Code::not_found, {kNotFound});
        std::erase_if(after.affects, is_it);
        return after;
      });
  return changed ? empty() : answer_of(changed.error());
}

// ── Notifications ──

Response Api::get_notification(const Request& request, const Path& path) {
  PageRequest page;
  if (const auto limit_text = http::query_value(request.query, "limit")) {
    const auto limit = parse_limit(*limit_text);
    if (!limit) return error(400, limit.error().message());
    if (*limit < -1) return error(400, "limit value should not be less than zero");
    page.limit = std::min(*limit, kPageMax);
  }
  page.token = http::query_value(request.query, "page").value_or("");
  const auto notification = parts_.store.notification(path[2]);
  if (!notification) return answer_of(notification.error());
  if (!*notification) return error(404, kNotFound);
  auto value = notification_page(parts_.store, **notification, page, parts_.tokens, base::seconds_now());
  if (!value && value.error().code() == Code::invalid) return error(400, value.error().message());
  if (!value) return store_error(value.error());
  std::string body;
  ObjectWriter envelope(body);
  envelope.raw("Notification", *value);
  envelope.close();
  body += '\n';
  return json(200, std::move(body));
}

Response Api::delete_notification(const Request&, const Path& path) {
  const auto deleted = parts_.store.delete_notification(path[2], base::seconds_now());
  if (!deleted) return answer_of(deleted.error());
  return *deleted ? empty() : error(404, kNotFound);
}

Response Api::get_metrics(const Request&, const Path&) {
  Response response;
  response.headers = {{"Content-Type", "text/plain; version=0.0.4"}};
  response.body = parts_.metrics.text();
  return response;
}

}  // namespace limpid::service::v1
