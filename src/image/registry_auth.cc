#include "image/registry_auth.h"

#include <algorithm>

#include "base/base64.h"
#include "image/json_text.h"
#include "image/patience.h"

namespace limpid::image {
namespace {

using std::chrono::steady_clock;

// RFC 3986 section 2.3: what stands for itself in a query.
std::string encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (base::is_alnum(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
      result += c;
    } else {
      result += '%';
      result += kDigits[byte >> 4];
      result += kDigits[byte & 15];
    }
  }
  return result;
}

// "host:port" of a URL that check_realm() has let pass.
std::string_view authority_of(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

// The registry chooses where credentials go to get a token. They go nowhere in the clear, unless to this machine, or
// where the registry itself would have got them so.
Result<void> check_realm(std::string_view realm, bool plain_http) {
  std::string_view rest = realm;
  const bool secure = base::strip_prefix(rest, "https://");
  if (!secure && !base::strip_prefix(rest, "http://"))
    return fail(Code::invalid, {"the registry names a token server that is no http or https URL"});
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.empty() || authority.find_first_of("@\\") != std::string_view::npos)
    return fail(Code::invalid, {"the registry names a token server with a host that is none"});
  if (!secure && !plain_http && !is_loopback(authority))
    return fail(Code::usage, {"the registry wants the credentials sent to ", authority, " without encryption"});
  return {};
}

std::string basic(const Credentials& credentials) {
  return "Basic " + base::to_base64(base::cat({credentials.username, ":", credentials.password}));
}

std::string list_schemes(const std::vector<Challenge>& challenges) {
  std::string text;
  for (const Challenge& challenge : challenges) base::append(text, {text.empty() ? "" : ", ", challenge.scheme});
  return text;
}

}  // namespace

RegistryAuth::RegistryAuth(const Name& name, Result<Credentials> credentials, net::Options client,
                           RegistryOptions options, bool plain_http)
    : host_(name.host()),
      scope_(base::cat({"repository:", name.repository, ":pull"})),
      credentials_(credentials.value_or(Credentials{})),
      not_looked_up_(credentials ? std::nullopt : std::optional(std::move(credentials).error())),
      client_(std::move(client)),
      options_(std::move(options)),
      plain_http_(plain_http) {
  client_.limits.bytes_max = kTokenAnswerMax;
}

std::string RegistryAuth::how_to_log_in() const {
  if (!not_looked_up_) return "log in with `docker login` or `podman login`, or give --username and --password-stdin";
  return base::cat({"they could not be looked up (", not_looked_up_->describe(),
                    "); mend that, name another file in $REGISTRY_AUTH_FILE, or give --username and --password-stdin"});
}

Result<std::string> RegistryAuth::header() {
  const std::lock_guard lock(mutex_);
  if (scheme_ == Scheme::bearer && (token_.empty() || steady_clock::now() >= token_ends_)) LIMPID_TRY(fetch_token());
  return current();
}

std::string RegistryAuth::current() const {
  if (scheme_ == Scheme::basic) return basic(credentials_);
  if (scheme_ == Scheme::bearer && !token_.empty()) return "Bearer " + token_;
  return {};
}

Result<void> RegistryAuth::renew(const net::Response& refused, const std::string& used) {
  const std::lock_guard lock(mutex_);
  // Another thread was told the same and has dealt with it.
  if (current() != used) return {};
  std::vector<Challenge> challenges;
  std::optional<Error> unreadable;
  for (const auto& [name, value] : refused.headers) {
    if (name != "www-authenticate") continue;
    auto parsed = parse_challenges(value);
    if (!parsed) {
      unreadable = std::move(parsed).error();
      continue;
    }
    challenges.insert(challenges.end(), parsed->begin(), parsed->end());
  }
  if (challenges.empty() && unreadable) return std::unexpected(*std::move(unreadable));
  return take(challenges);
}

Result<void> RegistryAuth::take(const std::vector<Challenge>& challenges) {
  const auto find = [&](std::string_view scheme) {
    return std::ranges::find_if(challenges, [&](const Challenge& one) { return one.scheme == scheme; });
  };
  if (const auto bearer = find("bearer"); bearer != challenges.end()) {
    const bool refused_as_it_is = !credentials_.registry_token.empty() && scheme_ == Scheme::bearer;
    if (refused_as_it_is) return fail(Code::io, {"the registry refused the token of ", credentials_.origin});
    realm_ = bearer->parameter("realm");
    service_ = bearer->parameter("service");
    if (credentials_.registry_token.empty()) LIMPID_TRY(check_realm(realm_, plain_http_));
    token_.clear();
    scheme_ = Scheme::bearer;
    return {};
  }
  if (find("basic") != challenges.end()) {
    if (credentials_.username.empty() && credentials_.password.empty())
      return fail(Code::io, {"the registry wants credentials: ", how_to_log_in()});
    if (scheme_ == Scheme::basic)
      return fail(Code::io, {"the registry refused the credentials of ", credentials_.origin});
    scheme_ = Scheme::basic;
    return {};
  }
  if (challenges.empty())
    return fail(Code::io, {"the registry refused (status 401) without saying what credentials it wants"});
  return fail(Code::unsupported,
              {"the registry wants a kind of login that is not known here: ", list_schemes(challenges)});
}

Result<net::Request> RegistryAuth::token_request() const {
  net::Request request;
  request.url = realm_.substr(0, realm_.find('#'));
  const std::string query = base::cat(
      {service_.empty() ? "" : "service=", encoded(service_), service_.empty() ? "" : "&", "scope=", encoded(scope_)});
  if (!credentials_.identity_token.empty()) {
    request.method = "POST";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = base::cat(
        {"grant_type=refresh_token&client_id=limpid&", query, "&refresh_token=", encoded(credentials_.identity_token)});
    return request;
  }
  base::append(request.url, {request.url.find('?') == std::string::npos ? "?" : "&", query});
  if (!credentials_.username.empty()) {
    base::append(request.url, {"&account=", encoded(credentials_.username)});
    request.headers = {{"Authorization", basic(credentials_)}};
  }
  return request;
}

Result<void> RegistryAuth::fetch_token() {
  token_.clear();
  if (!credentials_.registry_token.empty()) {
    token_ = credentials_.registry_token;
    token_ends_ = steady_clock::time_point::max();
    return {};
  }
  LIMPID_ASSIGN(const net::Request request, token_request());
  net::Options client = client_;
  // A redirect would take a body along, and the refresh token in it.
  client.follow_redirects = request.body.empty();
  // The certificate is for the registry, not for whom it names.
  if (authority_of(realm_) != host_) client.tls.forget_identity();
  LIMPID_ASSIGN_WITHIN(const net::Response response,
                       send_patiently(options_, client_.cancel, [&] { return net::fetch(request, client); }),
                       {"token server"});
  const bool refused = response.status == 400 || response.status == 401 || response.status == 403;
  if (refused && has_credentials())
    return fail(Code::io, {"the registry's token server refused the credentials of ", credentials_.origin});
  if (refused) return fail(Code::io, {"the registry gives nobody a token without credentials: ", how_to_log_in()});
  if (response.status != 200) return fail(Code::io, {"the registry's token server answered ", response.status});
  LIMPID_TRY_WITHIN(take_token(response), {"the registry's token server"});
  return {};
}

Result<void> RegistryAuth::take_token(const net::Response& response) {
  Text json;
  LIMPID_ASSIGN(const dom::element root, json.parse(response.body));
  LIMPID_ASSIGN(const Fields fields, Fields::of(root, "its answer", {"token", "access_token", "expires_in"}));
  LIMPID_ASSIGN(std::string token, fields.text("token"));
  if (token.empty()) {
    LIMPID_ASSIGN(token, fields.text("access_token"));
  }
  const bool usable = !token.empty() && token.size() <= kTokenMax &&
                      std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7f; });
  if (!usable) return fail(Code::invalid, {"there is no usable token in its answer"});
  std::chrono::seconds life = kTokenLifeMin;
  std::uint64_t stated = 0;
  constexpr std::uint64_t kLifeMax = 86'400;
  if (const auto field = fields.find("expires_in"); field && field->get(stated) == simdjson::SUCCESS)
    life = std::max(life, std::chrono::seconds(std::min(stated, kLifeMax)));
  token_ = std::move(token);
  token_ends_ = steady_clock::now() + life - kTokenMargin;
  return {};
}

}  // namespace limpid::image
