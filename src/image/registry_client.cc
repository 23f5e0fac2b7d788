#include "image/registry_client.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "image/environment.h"
#include "image/host_certificates.h"
#include "image/json_text.h"
#include "image/patience.h"

namespace limpid::image {

// Bytes of a blob, asked for again from where they broke off.
class BlobStream final : public archive::Source {
 public:
  BlobStream(std::shared_ptr<const RegistryClient> client, const Digest& digest, RegistryClient::Part part)
      : client_(std::move(client)), digest_(digest), part_(std::move(part)), size_(part_.size) {}

  Result<Bytes> next() override {
    while (!failure_) {
      auto bytes = part_.body->next();
      if (bytes && !bytes->empty()) {
        const Bytes fresh = bytes->subspan(skip(bytes->size()));
        at_ += fresh.size();
        if (!fresh.empty()) return fresh;
        continue;
      }
      const bool whole = bytes && (!size_ || at_ == *size_);
      if (whole) return bytes;
      Error broken = bytes ? Error(Code::truncated, base::cat({"the blob ends after ", at_, " bytes of ", *size_}))
                           : std::move(bytes).error();
      if (auto resumed = resume(std::move(broken)); !resumed) failure_ = std::move(resumed).error();
    }
    return std::unexpected(*failure_);
  }

 private:
  // How many of the next `count` bytes we have had before: a server may not know ranges, and begin anew.
  std::size_t skip(std::size_t count) {
    const auto again = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, count));
    skip_ -= again;
    return again;
  }

  Result<void> resume(Error broken) {
    const bool may_help = broken.code() == Code::io || broken.code() == Code::truncated;
    in_vain_ = at_ == resumed_at_ ? in_vain_ + 1 : 1;
    resumed_at_ = at_;
    if (!may_help || ++resumes_ > kResumesMax || in_vain_ > kResumesInVainMax)
      return std::unexpected(std::move(broken));
    part_.body.reset();  // ends the connection, if it still stands
    LIMPID_TRY(wait(client_->options_.first_wait, client_->cancel_));
    auto part = client_->open_part(digest_, at_);
    if (!part) return std::unexpected(std::move(part).error().within({"resuming after ", at_, " bytes"}));
    if (size_ && part->size && *part->size != *size_)
      return fail(Code::mismatch, {"the blob had ", *size_, " bytes, and has ", *part->size, " now"});
    if (!size_) size_ = part->size;
    part_ = *std::move(part);
    skip_ = at_ - part_.from;
    return {};
  }

  std::shared_ptr<const RegistryClient> client_;
  const Digest digest_;
  RegistryClient::Part part_;
  std::optional<std::uint64_t> size_;
  std::uint64_t at_ = 0;    // bytes given so far
  std::uint64_t skip_ = 0;  // bytes of this part that were given before
  std::uint64_t resumed_at_ = ~std::uint64_t{0};
  unsigned resumes_ = 0, in_vain_ = 0;
  std::optional<Error> failure_;
};

namespace {

constexpr std::array<std::string_view, 4> kManifestTypes{"application/vnd.oci.image.index.v1+json",
                                                         "application/vnd.oci.image.manifest.v1+json",
                                                         "application/vnd.docker.distribution.manifest.list.v2+json",
                                                         "application/vnd.docker.distribution.manifest.v2+json"};
constexpr std::string_view kSchema1 = "application/vnd.docker.distribution.manifest.v1+";
constexpr std::uint64_t kProbeAnswerMax = std::uint64_t{1} << 20;

// "https://host:8443" of a URL, in one spelling.
std::string origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string origin = base::lower(url.substr(0, url.find_first_of("/?#", scheme + 3)));
  std::string_view view = origin;
  if (view.starts_with("https://")) base::strip_suffix(view, ":443");
  if (view.starts_with("http://")) base::strip_suffix(view, ":80");
  return std::string(view);
}

std::string_view media_type_of(const net::Response& response) {
  std::string_view rest = response.header("content-type");
  return base::trim(base::take_until(rest, ';'));
}

// The registry's own word for what is wrong ("MANIFEST_UNKNOWN"), "" if there is none. Its messages are not repeated:
// they may hold what was sent.
std::string error_code_of(std::string_view body) {
  Text json;
  const auto root = json.parse(body);
  if (!root) return {};
  std::string_view code;
  if (root->at_pointer("/errors/0/code").get(code) != simdjson::SUCCESS) return {};
  constexpr std::size_t kCodeMax = 64;
  const bool is_word = !code.empty() && code.size() <= kCodeMax &&
                       std::ranges::all_of(code, [](char c) { return base::is_upper(c) || c == '_'; });
  return is_word ? std::string(code) : std::string();
}

Credentials given_credentials(const RegistryOptions& options) {
  Credentials given;
  given.username = options.username;
  given.password = options.password;
  given.origin = "--username";
  return given;
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view value) {
  std::string_view rest = base::trim(value);
  if (!base::equal_ignoring_case(base::take_until(rest, ' '), "bytes")) return std::nullopt;
  const auto first = base::parse_unsigned(base::take_until(rest, '-'));
  const auto last = base::parse_unsigned(base::take_until(rest, '/'));
  if (!first || !last || *last < *first) return std::nullopt;
  ContentRange range{*first, *last, std::nullopt};
  if (rest == "*") return range;
  range.size = base::parse_unsigned(rest);
  if (!range.size || *range.size <= *last) return std::nullopt;
  return range;
}

Result<std::shared_ptr<const RegistryClient>> RegistryClient::connect(const Name& name, const RegistryOptions& options,
                                                                      const std::atomic<bool>* cancel) {
  std::shared_ptr<RegistryClient> client(new RegistryClient(name, options, cancel));
  LIMPID_TRY(client->find_certificates());
  LIMPID_TRY(client->find_origin());
  Result<Credentials> credentials;
  if (!options.username.empty()) {
    credentials = given_credentials(options);
  } else if (options.read_credential_files) {
    // Now, though nobody may ask for them: later, programs can no longer be started (cli/sandbox.h).
    credentials = find_credentials(name, {environment, cancel, options.credential_helpers});
    if (!credentials && credentials.error().code() == Code::cancelled) return std::unexpected(credentials.error());
    if (!credentials)
      base::log(base::LogLevel::debug, "registry: no look at logins",
                {{"registry", name.domain}, {"reason", credentials.error().describe()}});
  }
  client->auth_ = std::make_unique<RegistryAuth>(name, std::move(credentials), client->client_options(), options,
                                                 client->origin_.starts_with("http://"));
  return client;
}

net::Options RegistryClient::client_options() const {
  net::Options client;
  client.tls = tls_;
  client.proxy = options_.proxy;
  client.limits.connect = options_.connect_max;
  client.limits.idle = options_.idle_max;
  client.limits.total = options_.request_max;
  client.cancel = cancel_;
  client.session = session_;
  return client;
}

// What is read now needs no file later (cli/sandbox.h).
Result<void> RegistryClient::find_certificates() {
  tls_.insecure = options_.insecure;
  tls_.ca_file = options_.ca_file;
  tls_.cert_file = options_.cert_file;
  tls_.key_file = options_.key_file;
  LIMPID_ASSIGN(tls_, net::with_contents(std::move(tls_)));
  return add_host_certificates(name_, {environment}, tls_);
}

// Asks without credentials. A registry on loopback mostly does without TLS, any other mostly with it.
Result<void> RegistryClient::find_origin() {
  const std::string host = name_.host();
  const auto is_named = [&](const std::string& one) { return base::equal_ignoring_case(one, host); };
  if (std::ranges::any_of(options_.plain_http, is_named)) {
    origin_ = "http://" + host;
    return {};
  }
  const bool tls_meant = tls_.has_authorities() || tls_.has_identity();
  origin_ = "https://" + host;
  if (!options_.insecure && (tls_meant || !is_loopback(host))) return {};
  std::array<std::string, 2> origins{"https://" + host, "http://" + host};
  if (is_loopback(host) && !tls_meant) std::swap(origins[0], origins[1]);

  net::Options client = client_options();
  client.limits.bytes_max = kProbeAnswerMax;
  client.follow_redirects = false;
  std::optional<Error> first_error;
  for (const std::string& origin : origins) {
    net::Request request;
    request.url = origin + "/v2/";
    const auto answer = net::fetch(request, client);
    // 400 is what servers say to one who does not begin with TLS.
    if (answer && answer->status != 400) {
      origin_ = origin;
      return {};
    }
    if (!answer && answer.error().code() == Code::cancelled) return std::unexpected(answer.error());
    if (!answer && !first_error) first_error = answer.error();
  }
  if (first_error) return std::unexpected(*std::move(first_error));
  return fail(Code::io, {host, ": speaks neither HTTPS nor HTTP as a registry does (status 400)"});
}

Result<net::Response> RegistryClient::ask(const std::string& path, const net::Headers& headers,
                                          const Send& send) const {
  for (bool renewed = false;; renewed = true) {
    LIMPID_ASSIGN(const std::string authorization, auth_->header());
    net::Request request;
    request.url = base::cat({origin_, "/v2/", name_.repository, path});
    request.headers = headers;
    if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
    auto response = send_patiently(options_, cancel_, [&] { return send(request); });
    if (!response || response->status != 401 || renewed) return response;
    // Only the registry itself may say where credentials go.
    if (origin_of(response->url) != origin_of(request.url)) return response;
    LIMPID_TRY(auth_->renew(*response, authorization));
  }
}

std::unexpected<Error> RegistryClient::refusal(const net::Response& response, std::string_view what) const {
  const int status = response.status;
  const std::string word = error_code_of(response.body);
  std::string reason = base::cat({"status ", status});
  if (!word.empty()) base::append(reason, {", ", word});
  if (origin_of(response.url) != origin_of(origin_))
    return fail(status == 404 ? Code::not_found : Code::io,
                {what, ": ", origin_of(response.url), ", to which the registry leads, refuses it (", reason, ")"});
  if (status == 404) return fail(Code::not_found, {what, ": the registry does not have it (", reason, ")"});
  if (status == 429) {
    const auto asked = net::retry_after(response);
    if (asked.count() == 0) return fail(Code::io, {what, ": the registry gets too many requests (", reason, ")"});
    return fail(Code::io, {what, ": the registry gets too many requests, and wants to be asked again in ",
                           asked.count(), " s (", reason, ")"});
  }
  if (status == 401 || status == 403) {
    if (auth_->has_credentials())
      return fail(Code::io, {what, ": there is no such repository, or it may not be read with the credentials of ",
                             auth_->origin(), " (", reason, ")"});
    return fail(Code::io, {what, ": there is no such repository, or it wants credentials: ", auth_->how_to_log_in(),
                           " (", reason, ")"});
  }
  return fail(Code::io, {what, ": the registry answered with ", reason});
}

Result<RegistryClient::Document> RegistryClient::manifest(const std::string& reference) const {
  net::Options client = client_options();
  client.limits.bytes_max = options_.manifest_size_max;
  client.limits.bytes_name = "manifest-size";
  std::string accept;
  for (const std::string_view type : kManifestTypes) base::append(accept, {accept.empty() ? "" : ", ", type});
  const Send send = [&](const net::Request& request) { return net::fetch(request, client); };
  LIMPID_ASSIGN(net::Response response, ask("/manifests/" + reference, {{"Accept", accept}}, send));
  const std::string what = "manifest " + reference;
  if (response.status != 200) return refusal(response, what);
  if (media_type_of(response).starts_with(kSchema1))
    return fail(Code::unsupported, {what, ": is one of Docker's schema 1, which has no config; push the image anew"});

  Digest promised;
  if (const auto asked = Digest::parse(reference)) {
    promised = *asked;
  } else if (const std::string_view told = response.header("docker-content-digest"); !told.empty()) {
    LIMPID_ASSIGN_WITHIN(promised, Digest::parse(told), {what, ": Docker-Content-Digest"});
  }
  base::Hasher hasher(promised.empty() ? base::HashAlgorithm::sha256 : promised.algorithm());
  hasher.update(base::as_bytes(response.body));
  Document document{std::move(response.body), hasher.finish()};
  if (!promised.empty() && document.digest != promised)
    return fail(Code::mismatch, {what, ": its bytes have the digest ", document.digest.to_string(), ", but ",
                                 promised.to_string(), " was promised"});
  return document;
}

Result<Blob> RegistryClient::blob(const Digest& digest) const {
  LIMPID_ASSIGN(Part part, open_part(digest, 0));
  Blob blob;
  blob.size = part.size.value_or(0);
  blob.size_is_known = part.size.has_value();
  blob.source = std::make_unique<BlobStream>(shared_from_this(), digest, std::move(part));
  return blob;
}

Result<RegistryClient::Part> RegistryClient::open_part(const Digest& digest, std::uint64_t from) const {
  const net::Options client = client_options();
  const std::string what = "blob " + digest.to_string();
  net::Headers headers;
  if (from > 0) headers.emplace_back("Range", base::cat({"bytes=", from, "-"}));
  Part part;
  const Send send = [&](const net::Request& request) -> Result<net::Response> {
    LIMPID_ASSIGN(net::Stream stream, net::open_stream(request, client));
    part.body = std::move(stream.body);
    return std::move(stream.response);
  };
  LIMPID_ASSIGN(const net::Response response, ask("/blobs/" + digest.to_string(), headers, send));
  if (response.status == 200) {
    part.size = base::parse_unsigned(response.header("content-length"));
    return part;
  }
  if (from > 0 && response.status == 416)
    return fail(Code::truncated, {what, ": the registry has no more than ", from, " bytes of it"});
  if (from == 0 || response.status != 206) return refusal(response, what);
  const auto range = parse_content_range(response.header("content-range"));
  if (!range || range->first != from)
    return fail(Code::invalid, {what, ": bytes from ", from, " on were asked for, others came"});
  part.size = range->size;
  part.from = from;
  return part;
}

}  // namespace limpid::image
