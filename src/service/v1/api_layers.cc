// Layers: posting, reports, deleting.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "service/http/target.h"
#include "service/v1/answers.h"
#include "service/v1/api.h"
#include "service/v1/codec.h"

namespace limpid::service::v1 {

using http::Request;
using http::Response;

namespace {

Part part_of(std::string_view query) {
  if (http::query_has(query, "vulnerabilities")) return Part::vulnerabilities;
  return http::query_has(query, "features") ? Part::features : Part::layer;
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

Response Api::post_layer(const Request& request, const Path&) {
  const auto layer = parse_layer(request.body);
  if (!layer) return error(400, layer.error().message());
  const std::uint64_t moment = parts_.cache.moment();
  IndexOutcome outcome = parts_.indexer.post(*layer);
  if (outcome.status == 201) {
    if (!outcome.made.name.empty()) expect(std::move(outcome), moment);
    return json(201, layer_echo(*layer));
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

}  // namespace limpid::service::v1
