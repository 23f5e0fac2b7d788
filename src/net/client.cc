// The client's rules: what goes into a request, where a redirect may lead and what it may carry along, and the three
// ways to take the answer. Talking HTTP itself is src/net/transfer.cc's.
#include "net/client.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "net/proxy.h"
#include "net/transfer.h"
#include "net/url.h"

#ifndef LIMPID_VERSION
#error "the build defines LIMPID_VERSION"
#endif

namespace limpid::net {
namespace {

// Headers that belong to one connection or to how libcurl frames a message, and Accept-Encoding, which would change
// the bytes of a blob. They are not the caller's.
constexpr std::string_view kIgnoredHeaders[] = {
    "host", "content-length", "transfer-encoding", "connection", "keep-alive",     "proxy-connection",
    "te",   "trailer",        "upgrade",           "expect",     "accept-encoding"};
// Headers that say nothing about who asks, and so follow a redirect to another host.
constexpr std::string_view kHarmlessHeaders[] = {"if-none-match", "if-modified-since", "accept", "range"};

bool is_one_of(std::string_view name, const auto& names) {
  return std::ranges::any_of(names, [&](std::string_view one) { return base::equal_ignoring_case(name, one); });
}

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view punctuation = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return base::is_alnum(c) || punctuation.find(c) != std::string_view::npos;
  });
}

Result<void> check_request(const Request& request) {
  if (!is_token(request.method)) return fail(Code::usage, {"a method that is no token"});
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return fail(Code::usage, {"a header whose name is no token"});
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      return fail(Code::usage, {"the header ", name, " has a line end or a NUL byte in its value"});
  }
  return {};
}

// One request on its way, across redirects.
class Journey {
 public:
  Journey(const Request& request, const Options& options) : request_(request), options_(options), transfer_(options_) {}

  // Returns when the last answer's headers are there; `response` gets all but the body.
  Result<void> run(Response& response);
  // The next bytes of that answer's body.
  Result<Bytes> pull();

 private:
  Result<void> go();
  Exchange next_exchange(std::string proxy) const;
  // False if the answer is the last one.
  Result<bool> follow_redirect(const Url& first);
  void change_method();
  std::string_view header(std::string_view name) const;

  Request request_;
  Options options_;
  Transfer transfer_;
  std::optional<Url> url_;
  bool is_home_ = true;  // all hops so far went to the first URL's host and port
  bool has_body_ = true;
};

std::string_view find_header(const Headers& headers, std::string_view name) {
  const auto found = std::ranges::find_if(headers, [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view Journey::header(std::string_view name) const { return find_header(transfer_.headers(), name); }

Exchange Journey::next_exchange(std::string proxy) const {
  Exchange exchange;
  exchange.method = request_.method;
  exchange.url = &*url_;
  exchange.proxy = std::move(proxy);
  exchange.has_identity = is_home_;
  if (has_body_) exchange.body = request_.body;
  bool has_agent = false;
  for (const auto& header : request_.headers) {
    const std::string& name = header.first;
    if (is_one_of(name, kIgnoredHeaders) || (!is_home_ && !is_one_of(name, kHarmlessHeaders))) continue;
    if (!has_body_ && base::lower(name).starts_with("content-")) continue;
    has_agent = has_agent || base::equal_ignoring_case(name, "user-agent");
    exchange.headers.push_back(header);
  }
  const std::string own_agent = options_.user_agent.empty() ? "limpid/" LIMPID_VERSION : options_.user_agent;
  if (!has_agent) exchange.headers.emplace_back("User-Agent", own_agent);
  return exchange;
}

Result<void> Journey::go() {
  const bool local = !options_.unix_socket.empty();
  std::string proxy = local ? std::string() : choose_proxy(options_.proxy, *url_, process_environment);
  if (options_.allow != nullptr && !proxy.empty()) {
    const auto most = std::min(options_.limits.connect, transfer_.time_left());
    LIMPID_TRY(check_target_behind_proxy(*options_.allow, *url_, most, options_.cancel));
  }
  return transfer_.start(next_exchange(std::move(proxy)));
}

Result<void> Journey::run(Response& response) {
  LIMPID_TRY(check_request(request_));
  if (options_.allow != nullptr) LIMPID_TRY(options_.allow->check_url(request_.url));
  LIMPID_ASSIGN(url_, Url::parse(request_.url));
  LIMPID_ASSIGN(const Url first, Url::parse(request_.url));
  for (int hops = 0;; ++hops) {
    LIMPID_TRY_WITHIN(go(), {url_->origin()});
    LIMPID_ASSIGN_WITHIN(const bool again, follow_redirect(first), {url_->origin(), ": redirect"});
    if (!again) break;
    if (hops == kRedirectsMax) return fail(Code::limit, {first.origin(), ": more than ", kRedirectsMax, " redirects"});
  }
  const auto length = base::parse_unsigned(header("content-length"));
  if (request_.method != "HEAD" && length && *length > options_.limits.bytes_max)
    return fail(Code::limit,
                {url_->origin(), ": a body of ", *length, " bytes, more than ", limit_text(options_.limits)});
  response.status = transfer_.status();
  response.headers = transfer_.headers();
  response.url = url_->text();
  return {};
}

Result<bool> Journey::follow_redirect(const Url& first) {
  const int status = transfer_.status();
  const bool is_redirect = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  const std::string location(header("location"));
  const bool may_follow = options_.follow_redirects && options_.unix_socket.empty();
  if (!may_follow || !is_redirect || location.empty()) return false;
  LIMPID_TRY(url_->follow(location));
  // Judged with the credentials that Location may have held, before they are dropped.
  if (options_.allow != nullptr) LIMPID_TRY(options_.allow->check_url(url_->full_text()));
  // Once it has been elsewhere, a request that is sent back may have been made up there: it gets nothing any more.
  is_home_ = is_home_ && first.covers(*url_);
  if (!is_home_) url_->drop_credentials();
  if (status == 303 || ((status == 301 || status == 302) && request_.method == "POST")) change_method();
  return true;
}

void Journey::change_method() {
  if (request_.method == "HEAD") return;
  request_.method = "GET";
  has_body_ = false;
}

Result<Bytes> Journey::pull() {
  LIMPID_ASSIGN_WITHIN(const Bytes bytes, transfer_.next(), {url_->origin()});
  return bytes;
}

class BodySource final : public archive::Source {
 public:
  explicit BodySource(std::unique_ptr<Journey> journey) : journey_(std::move(journey)) {}
  Result<Bytes> next() override { return journey_->pull(); }

 private:
  std::unique_ptr<Journey> journey_;
};

// A file that vanishes again unless it was written to its end.
class OutputFile {
 public:
  ~OutputFile() {
    if (!is_whole_ && file_.is_open() && file_.size()) ::unlink(path_.c_str());  // size() refuses what is no plain file
  }
  Result<void> create(const std::string& path) {
    path_ = path;
    base::File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600));
    if (!file.is_open()) return base::fail_errno({path});
    // One that was there before keeps its permissions otherwise.
    if (::fchmod(file.descriptor(), 0600) != 0) return base::fail_errno({path, ": chmod"});
    file_ = std::move(file);
    return {};
  }
  Result<void> write(Bytes bytes) {
    LIMPID_TRY_WITHIN(base::write_all(file_.descriptor(), bytes), {path_});
    return {};
  }
  void keep() { is_whole_ = true; }

 private:
  base::File file_;
  std::string path_;
  bool is_whole_ = false;
};

}  // namespace

std::string_view Response::header(std::string_view name) const { return find_header(headers, name); }

Result<Response> fetch(const Request& request, const Options& options) {
  Response response;
  Journey journey(request, options);
  LIMPID_TRY(journey.run(response));
  for (;;) {
    LIMPID_ASSIGN(const Bytes bytes, journey.pull());
    if (bytes.empty()) return response;
    response.body.append(base::as_text(bytes));
  }
}

Result<Response> fetch_to_file(const Request& request, const std::string& path, const Options& options) {
  Response response;
  Journey journey(request, options);
  LIMPID_TRY(journey.run(response));
  if (response.status < 200 || response.status > 299) return response;
  OutputFile file;
  LIMPID_TRY(file.create(path));
  for (;;) {
    LIMPID_ASSIGN(const Bytes bytes, journey.pull());
    if (bytes.empty()) break;
    LIMPID_TRY(file.write(bytes));
  }
  file.keep();
  return response;
}

Result<Stream> open_stream(const Request& request, const Options& options) {
  Stream stream;
  auto journey = std::make_unique<Journey>(request, options);
  LIMPID_TRY(journey->run(stream.response));
  stream.body = std::make_unique<BodySource>(std::move(journey));
  return stream;
}

}  // namespace limpid::net
