// URLs through libcurl's parser.
#include "net/url.h"

#include <optional>

#include "net/curl.h"

namespace limpid::net {
namespace {

// Nothing if the URL has no such part.
std::optional<std::string> part(CURLU* handle, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle, which, &text, flags) != CURLUE_OK || text == nullptr) return std::nullopt;
  std::string copy = text;
  curl_free(text);
  return copy;
}

Result<void> set_url(CURLU* handle, std::string_view text, unsigned flags) {
  if (text.size() > kUrlMax) return fail(Code::usage, {"a URL of ", text.size(), " bytes"});
  if (text.find('\0') != std::string_view::npos) return fail(Code::usage, {"a URL with a NUL byte"});
  const CURLUcode code = curl_url_set(handle, CURLUPART_URL, std::string(text).c_str(), flags);
  if (code == CURLUE_UNSUPPORTED_SCHEME) return fail(Code::usage, {"a URL that is neither http nor https"});
  if (code != CURLUE_OK) return fail(Code::usage, {"not a URL: ", curl_url_strerror(code)});
  return {};
}

}  // namespace

Result<void> initialize_curl() {
  LIMPID_TRY(libcurl.load());
  // A failure here (no memory, no random bytes) shows as a failure to make handles.
  [[maybe_unused]] static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  return {};
}

void Url::Free::operator()(Curl_URL* handle) const { curl_url_cleanup(handle); }

Result<Url> Url::parse(std::string_view text) {
  LIMPID_TRY(initialize_curl());
  // libcurl would take "http:/host" and "http:///host" for what was meant; nobody else does.
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !text.substr(colon).starts_with("://") ||
      text.substr(colon).starts_with(":///"))
    return fail(Code::usage, {"not an absolute URL with a host"});
  Url url;
  url.handle_.reset(curl_url());
  if (!url.handle_) return fail(Code::io, {"libcurl has no memory for a URL"});
  LIMPID_TRY(set_url(url.handle_.get(), text, 0));
  LIMPID_TRY(url.read_parts());
  return url;
}

Result<void> Url::follow(std::string_view location) {
  // Servers write spaces and raw UTF-8 into Location; browsers encode them, so we do.
  LIMPID_TRY(set_url(handle_.get(), location, CURLU_URLENCODE));
  return read_parts();
}

Result<void> Url::read_parts() {
  curl_url_set(handle_.get(), CURLUPART_FRAGMENT, nullptr, 0);
  scheme_ = base::lower(part(handle_.get(), CURLUPART_SCHEME).value_or(""));
  if (scheme_ != "http" && scheme_ != "https") return fail(Code::usage, {"a URL that is neither http nor https"});
  host_ = base::lower(part(handle_.get(), CURLUPART_HOST).value_or(""));
  if (host_.empty()) return fail(Code::usage, {"a URL without a host"});
  for (const char c : host_) {
    if (static_cast<unsigned char>(c) >= 0x80)
      return fail(Code::usage, {"a URL whose host is not ASCII: write it in its xn-- form"});
    // libcurl decodes one, and takes what comes out for a name: written again it would be another.
    if (c == '%') return fail(Code::usage, {"a URL whose host has a percent sign"});
  }
  if (part(handle_.get(), CURLUPART_ZONEID)) return fail(Code::usage, {"a URL whose host has an IPv6 zone"});
  const auto port = base::parse_unsigned(part(handle_.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or(""));
  if (!port || *port == 0 || *port > 65535) return fail(Code::usage, {"a URL with an impossible port"});
  port_ = static_cast<std::uint16_t>(*port);
  has_credentials_ = part(handle_.get(), CURLUPART_USER) || part(handle_.get(), CURLUPART_PASSWORD);
  return {};
}

void Url::drop_credentials() {
  for (const CURLUPart which : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS})
    curl_url_set(handle_.get(), which, nullptr, 0);
  has_credentials_ = false;
}

std::string Url::authority() const {
  const bool usual = port_ == (scheme_ == "https" ? 443 : 80);
  return usual ? host_ : base::cat({host_, ":", port_});
}

std::string Url::origin() const { return base::cat({scheme_, "://", authority()}); }

std::string Url::text() const {
  const std::unique_ptr<CURLU, Free> copy(curl_url_dup(handle_.get()));
  if (!copy) return origin();
  for (const CURLUPart which : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS})
    curl_url_set(copy.get(), which, nullptr, 0);
  return part(copy.get(), CURLUPART_URL).value_or(origin());
}

std::string Url::full_text() const { return part(handle_.get(), CURLUPART_URL).value_or(origin()); }

bool Url::covers(const Url& other) const {
  return host_ == other.host_ && port_ == other.port_ && (scheme_ == other.scheme_ || other.scheme_ == "https");
}

std::unique_ptr<Curl_URL, Url::Free> Url::handle(const std::string& host) const {
  std::unique_ptr<Curl_URL, Free> copy(curl_url_dup(handle_.get()));
  if (copy && !host.empty() && curl_url_set(copy.get(), CURLUPART_HOST, host.c_str(), 0) != CURLUE_OK) copy.reset();
  return copy;
}

}  // namespace limpid::net
