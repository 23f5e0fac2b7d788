// libcurl's multi interface with a single transfer in it. libcurl works only while start() or next() runs, so a slow
// reader holds the sender back through TCP, and memory is one buffer here and one in libcurl.
#include "net/transfer.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/openssl.h"
#include "net/curl.h"
#include "net/line.h"

namespace limpid::net {
namespace {

using std::chrono::milliseconds;

// How long one wait lasts at most: with somebody who may cancel, and without.
constexpr milliseconds kCancelPoll{50};
constexpr milliseconds kPoll{1000};
constexpr std::uint64_t kCaFileMax = std::uint64_t{16} << 20;
// What is read of an answer that nobody wants (a redirect, a refusal) so that its connection can be used again.
constexpr std::uint64_t kRestMax = std::uint64_t{64} << 10;
constexpr milliseconds kRestTime{100};

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

bool append_to(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return false;
  static_cast<void>(list.release());
  list.reset(longer);
  return true;
}

milliseconds until(Transfer::Clock::time_point when) {
  return std::chrono::ceil<milliseconds>(when - Transfer::Clock::now());
}

// Appends what a file holds.
Result<void> read_authorities(const std::string& file, std::string& to) {
  LIMPID_ASSIGN_WITHIN(const std::string pem, base::read_file(file, kCaFileMax), {"ca_file"});
  if (pem.find("-----BEGIN ") == std::string::npos)
    return fail(Code::usage, {"ca_file: ", file, ": no certificate in PEM form in it"});
  base::append(to, {"\n", pem});
  return {};
}

// The system's certificates and those of `tls`, as one PEM text.
Result<std::string> authorities(CURL* easy, const Tls& tls) {
  std::string own = tls.ca;
  if (!tls.ca_file.empty()) LIMPID_TRY(read_authorities(tls.ca_file, own));
  char* system_file = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_CAINFO, &system_file) != CURLE_OK || system_file == nullptr) return own;
  // A machine without certificates of its own is one that trusts only these.
  if (const auto system = base::read_file(system_file, kCaFileMax)) base::append(own, {"\n", *system});
  return own;
}

// Failures of which libcurl's own words tell more than the code, and hold nothing that either side sent in a header.
bool has_safe_detail(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return true;
    default:
      return false;
  }
}

std::string_view kind_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "name not resolved";
    case CURLE_COULDNT_CONNECT:
      return "not connected";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
      return "TLS";
    case CURLE_GOT_NOTHING:
      return "closed without an answer";
    default:
      return "HTTP";
  }
}

}  // namespace

struct Transfer::State {
  const Options& options;
  const Clock::time_point deadline;
  Exchange exchange;
  std::string host;  // of its URL, for the allow-list
  std::uint16_t port = 0;
  bool is_secure = false;
  std::unique_ptr<Line> line;
  std::unique_ptr<CURL, FreeEasy> easy;  // after line: goes first
  List header_list, connect_to;
  char detail[CURL_ERROR_SIZE] = {};

  // The answer.
  Headers headers;
  std::size_t header_bytes = 0;
  int status = 0;
  bool has_headers = false;
  std::unique_ptr<std::uint8_t[]> buffer;
  std::size_t buffered = 0;
  std::uint64_t received = 0;

  // How it goes.
  bool was_closed = false;  // by the TLS peer's close_notify
  bool is_added = false, is_connected = false, is_paused = false, is_finished = false;
  Clock::time_point last_activity;
  curl_off_t uploaded = 0;
  std::optional<Error> failure;  // the end, if it is not a good one
  std::optional<Error> refusal;  // the allow-list's, of the first address that it refused

  explicit State(const Options& given) : options(given), deadline(Clock::now() + given.limits.total) {}
  ~State() {
    remove();
    easy.reset();
    if (line && options.session) options.session->give_back(std::move(line));
  }

  void remove();
  Result<void> begin(Exchange next);
  void forget();
  Result<void> configure();
  Result<void> configure_request();
  Result<void> configure_tls();
  Result<void> configure_server_name();
  template <class Value>
  void set(CURLoption option, Value value) {
    if (setting == CURLE_OK) setting = curl_easy_setopt(easy.get(), option, value);
  }
  CURLcode setting = CURLE_OK;  // the first that set() failed with

  void read_rest();
  Result<void> step(milliseconds wait_max = kPoll);
  Result<void> check_time();
  void wait(milliseconds most);
  void conclude(CURLcode code);
  bool ends_with_connection() const;
  std::optional<std::uint64_t> length_of_body() const;
  Error error_of(CURLcode code) const;

  bool take_header(std::string_view text);
  void take_header_field(std::string_view text);
  void end_header_block();

  static CURLcode on_tls_context(CURL*, void* context, void* used);
  static void on_tls_event(const SSL* ssl, int where, int what);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent);
  static int on_connected(void* self, char*, char*, int, int);
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address);
};

void Transfer::State::remove() {
  if (!is_added) return;
  read_rest();
  line->was_closed = nullptr;
  curl_multi_remove_handle(line->multi.get(), easy.get());
  is_added = false;
}

// ---- libcurl's callbacks: what ends a transfer from inside one is noted as `failure` before libcurl is told to stop.

std::size_t Transfer::State::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& state = *static_cast<State*>(self);
  state.last_activity = Clock::now();
  return state.take_header({data, size * count}) ? size * count : 0;
}

bool Transfer::State::take_header(std::string_view text) {
  header_bytes += text.size();
  if (header_bytes > kResponseHeadersMax) {
    failure = Error(Code::limit, base::cat({"the answer's headers are larger than ", kResponseHeadersMax, " bytes"}));
    return false;
  }
  if (has_headers) return true;  // trailers of a chunked body: nobody reads them
  if (text.starts_with("HTTP/")) {
    headers.clear();  // of an interim answer, or of what a proxy said before
  } else if (text == "\r\n" || text == "\n") {
    end_header_block();
  } else {
    take_header_field(text);
  }
  return !failure;
}

void Transfer::State::take_header_field(std::string_view text) {
  if (base::is_space(text.front())) {  // RFC 9112 section 5.2: a folded line belongs to the one before
    if (!headers.empty()) base::append(headers.back().second, {" ", base::trim(text)});
    return;
  }
  std::string_view value = text;
  const std::string_view name = base::take_until(value, ':');
  headers.emplace_back(base::lower(base::trim(name)), std::string(base::trim(value)));
}

void Transfer::State::end_header_block() {
  long code = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &code);
  if (code >= 100 && code < 200) return;
  status = static_cast<int>(code);
  has_headers = true;
}

std::string limit_text(const Limits& limits) {
  if (limits.bytes_name.empty()) return base::cat({limits.bytes_max});
  return base::cat({"the limit ", limits.bytes_name, "=", limits.bytes_max});
}

std::size_t Transfer::State::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& state = *static_cast<State*>(self);
  const std::size_t bytes = size * count;
  state.last_activity = Clock::now();
  if (bytes > archive::kBufferSize - state.buffered) {
    state.is_paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  const std::uint64_t bytes_max = state.options.limits.bytes_max;
  if (bytes > bytes_max - state.received) {
    state.failure =
        Error(Code::limit, base::cat({"the body is larger than ", limit_text(state.options.limits), " bytes"}));
    return CURL_WRITEFUNC_ERROR;
  }
  std::copy_n(reinterpret_cast<const std::uint8_t*>(data), bytes, state.buffer.get() + state.buffered);
  state.buffered += bytes;
  state.received += bytes;
  return bytes;
}

int Transfer::State::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  auto& state = *static_cast<State*>(self);
  if (sent != state.uploaded) state.last_activity = Clock::now();
  state.uploaded = sent;
  return 0;
}

// libcurl takes a TLS connection that just ends for one that was closed. Where the body lasts to the end of the
// connection anyone on the way could cut it short then, so the peer's farewell is watched for.
CURLcode Transfer::State::on_tls_context(CURL*, void* context, void* used) {
  auto* tls = static_cast<SSL_CTX*>(context);
  if (SSL_CTX_set_ex_data(tls, 0, used) != 1) return CURLE_OUT_OF_MEMORY;
  SSL_CTX_set_info_callback(tls, &State::on_tls_event);
  return CURLE_OK;
}

void Transfer::State::on_tls_event(const SSL* ssl, int where, int what) {
  if (where != SSL_CB_READ_ALERT || (what & 0xff) != SSL_AD_CLOSE_NOTIFY) return;
  const auto* used = static_cast<Line*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0));
  if (used->was_closed != nullptr) *used->was_closed = true;
}

// Called when the connection is ready, be it new (TLS and a proxy's tunnel included) or an old one: from here on
// silence counts.
int Transfer::State::on_connected(void* self, char*, char*, int, int) {
  auto& state = *static_cast<State*>(self);
  state.is_connected = true;
  state.was_closed = false;  // if anybody took leave until here, it was on another connection
  state.last_activity = Clock::now();
  return CURL_PREREQFUNC_OK;
}

curl_socket_t Transfer::State::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& state = *static_cast<State*>(self);
  // A proxy's address is the operator's choice; the target was judged before (check_target_behind_proxy).
  if (state.options.allow != nullptr && state.exchange.proxy.empty() && address->family != AF_UNIX) {
    auto allowed = state.options.allow->check_address(state.host, state.port, &address->addr);
    if (!allowed) {
      if (!state.refusal) state.refusal = std::move(allowed).error();
      return CURL_SOCKET_BAD;
    }
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// ---- One exchange's settings.

Result<void> Transfer::State::begin(Exchange next) {
  LIMPID_TRY(initialize_curl());
  remove();
  exchange = std::move(next);
  host = exchange.url->host();
  port = exchange.url->port();
  is_secure = exchange.url->scheme() == "https";
  if (!line) line = options.session ? options.session->take(options.allow) : make_line(options.allow);
  easy.reset(curl_easy_init());
  if (!buffer) buffer = std::make_unique_for_overwrite<std::uint8_t[]>(archive::kBufferSize);
  if (!line->multi || !easy) return fail(Code::io, {"libcurl has no memory for a transfer"});
  forget();
  LIMPID_TRY(configure());
  if (setting != CURLE_OK) return fail(Code::internal, {"libcurl refused a setting: ", curl_easy_strerror(setting)});
  if (curl_multi_add_handle(line->multi.get(), easy.get()) != CURLM_OK)
    return fail(Code::internal, {"libcurl took no handle"});
  line->was_closed = &was_closed;
  is_added = true;
  return {};
}

void Transfer::State::forget() {
  header_list.reset();
  connect_to.reset();
  setting = CURLE_OK;
  headers.clear();
  header_bytes = buffered = 0;
  received = 0;
  status = 0;
  uploaded = 0;
  was_closed = has_headers = is_connected = is_paused = is_finished = false;
  failure.reset();
  refusal.reset();
  detail[0] = '\0';
}

Result<void> Transfer::State::configure() {
  void* self = this;
  set(CURLOPT_ERRORBUFFER, &detail[0]);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // otherwise a cancelled transfer waits for its name lookup to end
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  // HTTP/2 would let the sender fill libcurl's large window before a pause is felt; there is one stream anyway.
  set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(CURLOPT_HTTP_CONTENT_DECODING, 0L);  // a blob arrives as it is stored
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_BUFFERSIZE, long{archive::kBufferSize / 2});
  const milliseconds connect = std::min(options.limits.connect, std::max(until(deadline), milliseconds(1)));
  set(CURLOPT_CONNECTTIMEOUT_MS, long{connect.count()});
  set(CURLOPT_HEADERFUNCTION, &State::on_header);
  set(CURLOPT_HEADERDATA, self);
  set(CURLOPT_WRITEFUNCTION, &State::on_body);
  set(CURLOPT_WRITEDATA, self);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &State::on_progress);
  set(CURLOPT_XFERINFODATA, self);
  set(CURLOPT_PREREQFUNCTION, &State::on_connected);
  set(CURLOPT_PREREQDATA, self);
  set(CURLOPT_OPENSOCKETFUNCTION, &State::open_socket);
  set(CURLOPT_OPENSOCKETDATA, self);
  set(CURLOPT_PROXY, exchange.proxy.c_str());  // "" keeps libcurl from reading the environment itself
  set(CURLOPT_NOPROXY, "");
  if (!options.unix_socket.empty()) set(CURLOPT_UNIX_SOCKET_PATH, options.unix_socket.c_str());
  LIMPID_TRY(configure_server_name());
  LIMPID_TRY(configure_request());
  return is_secure || exchange.proxy.starts_with("https:") ? configure_tls() : Result<void>();
}

Result<void> Transfer::State::configure_request() {
  for (const auto& [name, value] : exchange.headers) {
    // "Name;" is libcurl's way to send a header without a value; "Name:" would keep it from sending one.
    if (!append_to(header_list, value.empty() ? name + ";" : base::cat({name, ": ", value})))
      return fail(Code::io, {"libcurl has no memory for a header"});
  }
  const bool has_type = std::ranges::any_of(
      exchange.headers, [](const auto& header) { return base::equal_ignoring_case(header.first, "content-type"); });
  // What libcurl would add by itself to a request with a body.
  if (!append_to(header_list, "Expect:") || (!has_type && !append_to(header_list, "Content-Type:")))
    return fail(Code::io, {"libcurl has no memory for a header"});
  set(CURLOPT_HTTPHEADER, header_list.get());
  set(CURLOPT_HEADEROPT, long{CURLHEADER_SEPARATE});  // a proxy's CONNECT carries none of them
  if (exchange.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (exchange.method != "GET" || !exchange.body.empty()) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(exchange.body.size()));
    set(CURLOPT_POSTFIELDS, exchange.body.data());
    set(CURLOPT_CUSTOMREQUEST, exchange.method.c_str());
  }
  return {};
}

Result<void> Transfer::State::configure_tls() {
  LIMPID_TRY(libssl.load());  // for on_tls_context(), which gets libcurl's own
  const Tls& tls = options.tls;
  set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set(CURLOPT_SSL_VERIFYPEER, tls.insecure ? 0L : 1L);
  set(CURLOPT_SSL_VERIFYHOST, tls.insecure ? 0L : 2L);
  set(CURLOPT_SSL_CTX_FUNCTION, &State::on_tls_context);
  set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(line.get()));
  const auto set_pem = [&](CURLoption option, std::string pem) {
    curl_blob blob{pem.data(), pem.size(), CURL_BLOB_COPY};
    set(option, &blob);
  };
  if (tls.has_authorities()) {
    LIMPID_ASSIGN(const std::string pem, authorities(easy.get(), tls));
    set_pem(CURLOPT_CAINFO_BLOB, pem);
    set_pem(CURLOPT_PROXY_CAINFO_BLOB, pem);
  }
  if (exchange.has_identity && tls.has_identity()) {
    set(CURLOPT_KEYPASSWD, "");  // an encrypted key is an error, and no question at the terminal
    // One text or file may hold both.
    if (!tls.cert.empty()) {
      set_pem(CURLOPT_SSLCERT_BLOB, tls.cert);
      set_pem(CURLOPT_SSLKEY_BLOB, tls.key.empty() ? tls.cert : tls.key);
      return {};
    }
    set(CURLOPT_SSLCERT, tls.cert_file.c_str());
    set(CURLOPT_SSLKEY, tls.key_file.empty() ? tls.cert_file.c_str() : tls.key_file.c_str());
  }
  return {};
}

// libcurl sends and verifies the URL's host, so the name to verify becomes the URL's host and the connection is led to
// the real one; the Host header still names what the caller asked for.
Result<void> Transfer::State::configure_server_name() {
  const bool renamed = exchange.has_identity && !options.tls.server_name.empty() && is_secure;
  const auto handle = exchange.url->handle(renamed ? options.tls.server_name : "");
  if (!handle) return fail(Code::usage, {"'", options.tls.server_name, "' is no name of a TLS server"});
  char* text = nullptr;
  if (curl_url_get(handle.get(), CURLUPART_URL, &text, 0) != CURLUE_OK)
    return fail(Code::io, {"libcurl has no memory for a URL"});
  set(CURLOPT_URL, text);
  curl_free(text);
  if (!renamed) return {};
  if (!append_to(connect_to, base::cat({"::", exchange.url->host(), ":", exchange.url->port()})) ||
      !append_to(header_list, "Host: " + exchange.url->authority()))
    return fail(Code::io, {"libcurl has no memory for a name"});
  set(CURLOPT_CONNECT_TO, connect_to.get());
  return {};
}

// ---- Driving it.

// One round: what libcurl can do now, or a wait for what it waits for.
Result<void> Transfer::State::step(milliseconds wait_max) {
  LIMPID_TRY(check_time());
  const std::size_t before = buffered;
  const bool had_headers = has_headers;
  if (is_paused) {
    is_paused = false;
    curl_easy_pause(easy.get(), CURLPAUSE_CONT);  // hands over at once what libcurl held back, and may pause again
  }
  int running = 0;
  if (curl_multi_perform(line->multi.get(), &running) != CURLM_OK)
    return fail(Code::internal, {"libcurl's loop failed"});
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(line->multi.get(), &left)) {
    if (message->msg == CURLMSG_DONE) conclude(message->data.result);
  }
  if (!is_finished && buffered == before && had_headers == has_headers && !is_paused) wait(wait_max);
  return {};
}

// libcurl closes a connection whose answer is left unread. Where little is left, it is read.
void Transfer::State::read_rest() {
  if (!options.session || !has_headers || is_finished || failure) return;
  const bool unwanted = status < 200 || status > 299;
  const auto length = length_of_body();
  if (length ? *length - std::min(*length, received) > kRestMax : !unwanted) return;
  const std::uint64_t most = received + kRestMax;
  const Clock::time_point end = Clock::now() + kRestTime;
  while (!is_finished && received <= most && Clock::now() < end) {
    buffered = 0;
    if (!step(kRestTime)) return;
  }
}

void Transfer::State::wait(milliseconds most) {
  if (options.cancel != nullptr) most = std::min(most, kCancelPoll);
  most = std::min(most, until(deadline));
  if (is_connected) most = std::min(most, until(last_activity + options.limits.idle));
  if (most.count() > 0) curl_multi_poll(line->multi.get(), nullptr, 0, static_cast<int>(most.count()), nullptr);
}

Result<void> Transfer::State::check_time() {
  const Limits& limits = options.limits;
  if (options.cancel != nullptr && options.cancel->load()) return fail(Code::cancelled, {"cancelled"});
  const Clock::time_point now = Clock::now();
  if (now >= deadline) return fail(Code::io, {"timed out: not done within ", limits.total.count(), " ms"});
  if (is_connected && now >= last_activity + limits.idle)
    return fail(Code::io, {"timed out: no byte within ", limits.idle.count(), " ms"});
  return {};
}

void Transfer::State::conclude(CURLcode code) {
  is_finished = true;
  if (!failure && code != CURLE_OK) failure = error_of(code);
  if (!failure && !has_headers) failure = Error(Code::truncated, "the answer ends within its headers");
  if (!failure && ends_with_connection() && is_secure && !was_closed)
    failure =
        Error(Code::truncated, base::cat({"the answer ends early, after ", received, " bytes without a farewell"}));
}

// RFC 9112 section 6.3: neither a length nor chunks, and an answer that has a body.
bool Transfer::State::ends_with_connection() const {
  if (exchange.method == "HEAD" || status == 204 || status == 304) return false;
  return std::ranges::none_of(headers, [](const auto& header) {
    return header.first == "content-length" || header.first == "transfer-encoding";
  });
}

std::optional<std::uint64_t> Transfer::State::length_of_body() const {
  curl_off_t length = -1;
  curl_easy_getinfo(easy.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length < 0) return std::nullopt;
  return static_cast<std::uint64_t>(length);
}

Error Transfer::State::error_of(CURLcode code) const {
  if (code == CURLE_OPERATION_TIMEDOUT)  // libcurl knows of no other time limit of ours
    return {Code::io, base::cat({"timed out: not connected within ", options.limits.connect.count(), " ms"})};
  if (refusal && code == CURLE_COULDNT_CONNECT) return *refusal;
  if (code == CURLE_PARTIAL_FILE && !has_headers) return {Code::truncated, "the answer ends within its headers"};
  if (code == CURLE_PARTIAL_FILE || (code == CURLE_RECV_ERROR && has_headers))
    return {Code::truncated, base::cat({"the answer ends early, ", received, " bytes into its body"})};
  if (code == CURLE_OUT_OF_MEMORY && !has_headers && is_connected)  // how libcurl says that one line is over its limit
    return {Code::limit, "a header of the answer is too large"};
  std::string text = base::cat({kind_of(code), ": ", curl_easy_strerror(code)});
  if (has_safe_detail(code) && detail[0] != '\0') text = base::cat({kind_of(code), ": ", detail});
  return {Code::io, std::move(text)};
}

// ---- What the room sees.

Result<Tls> with_contents(Tls tls) {
  if (!tls.ca_file.empty()) LIMPID_TRY(read_authorities(tls.ca_file, tls.ca));
  const auto read = [](const std::string& file, std::string& to) -> Result<void> {
    if (file.empty() || !to.empty()) return {};
    LIMPID_ASSIGN(to, base::read_file(file, kCaFileMax));
    if (to.empty()) return fail(Code::usage, {file, ": the file is empty"});
    return {};
  };
  LIMPID_TRY_WITHIN(read(tls.cert_file, tls.cert), {"client certificate"});
  LIMPID_TRY_WITHIN(read(tls.key_file, tls.key), {"key of the client certificate"});
  tls.ca_file.clear(), tls.cert_file.clear(), tls.key_file.clear();
  return tls;
}

Transfer::Transfer(const Options& options) : state_(std::make_unique<State>(options)) {}
Transfer::~Transfer() = default;

Result<void> Transfer::start(Exchange exchange) {
  LIMPID_TRY(state_->begin(std::move(exchange)));
  state_->last_activity = Clock::now();
  while (!state_->has_headers && !state_->is_finished) LIMPID_TRY(state_->step());
  if (!state_->has_headers) return std::unexpected(*state_->failure);
  return {};
}

Result<Bytes> Transfer::next() {
  State& state = *state_;
  if (state.failure && state.buffered == 0) return std::unexpected(*state.failure);
  state.last_activity = Clock::now();  // what the reader took to come back is not the sender's silence
  while (state.buffered == 0 && !state.is_finished) {
    if (auto stepped = state.step(); !stepped) {
      state.failure = std::move(stepped).error();
      state.is_finished = true;
      state.remove();
    }
  }
  if (state.buffered == 0 && state.failure) return std::unexpected(*state.failure);
  return Bytes{state.buffer.get(), std::exchange(state.buffered, 0)};
}

int Transfer::status() const { return state_->status; }
const Headers& Transfer::headers() const { return state_->headers; }
milliseconds Transfer::time_left() const { return std::max(until(state_->deadline), milliseconds(0)); }

}  // namespace limpid::net
