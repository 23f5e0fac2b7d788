// Namespaces, vulnerabilities and their fixes: the compiled database's, and those that clients post.
#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "base/date.h"
#include "base/text.h"
#include "service/http/target.h"
#include "service/v1/answers.h"
#include "service/v1/api.h"
#include "service/v1/codec.h"
#include "service/v1/notifications.h"
#include "version/ordering.h"

namespace limpid::service::v1 {

using http::Request;
using http::Response;

namespace {

constexpr int kWriteAttempts = 50;

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

}  // namespace

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
  return json(201, vulnerability_echo(*body));
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
  return json(200, vulnerability_echo(*body));
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
  append_feature(envelope.member("Feature"), *feature);
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

}  // namespace limpid::service::v1
