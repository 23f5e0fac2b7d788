// The environment's proxies, and the allow-list's check when one of them connects in our place.
#include "net/proxy.h"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netdb.h>

namespace limpid::net {
namespace {

// How soon a cancelled wait is noticed.
constexpr std::chrono::milliseconds kCancelPoll{50};

std::string_view bare(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) return host.substr(1, host.size() - 2);
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

// Is `host` an address in that network?
bool is_within(std::string_view host, std::string_view network) {
  if (!parse_network(network) || !parse_network(host)) return false;
  AllowList list;
  list.only_listed();
  if (!list.allow(network)) return false;
  const std::string text(host);
  if (sockaddr_in four{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
      ::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1)
    return list.check_address(host, 0, reinterpret_cast<const sockaddr*>(&four)).has_value();
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  return ::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1 &&
         list.check_address(host, 0, reinterpret_cast<const sockaddr*>(&six)).has_value();
}

// One entry of no_proxy: "*", a name (and all below it), an address or a network, each with a port or without.
bool is_exempt(std::string_view entry, std::string_view host, std::uint16_t port) {
  if (entry == "*") return true;
  if (is_within(host, bare(entry))) return true;
  const std::size_t colon = entry.rfind(':');
  if (colon != std::string_view::npos) {
    const auto wanted = base::parse_unsigned(entry.substr(colon + 1));
    if (wanted && *wanted != port) return false;
    if (wanted) entry = entry.substr(0, colon);
  }
  entry = bare(entry);
  base::strip_prefix(entry, "*");
  base::strip_prefix(entry, ".");
  if (entry.empty() || host.size() < entry.size()) return false;
  if (!base::equal_ignoring_case(host.substr(host.size() - entry.size()), entry)) return false;
  return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

bool is_exempt_by_environment(const Url& url, const Environment& environment) {
  const std::string_view host = bare(url.host());
  if (host == "localhost" || is_within(host, "127.0.0.0/8") || is_within(host, "::1")) return true;
  std::string list = environment("no_proxy");
  if (list.empty()) list = environment("NO_PROXY");
  std::ranges::replace(list, ',', ' ');
  std::string_view rest = list;
  for (std::string_view entry = base::take_word(rest); !entry.empty(); entry = base::take_word(rest)) {
    if (is_exempt(entry, host, url.port())) return true;
  }
  return false;
}

// A lookup on a thread of its own, since getaddrinfo can neither be bounded nor cancelled. If nobody waits for it any
// more it ends by the resolver's own time limits and frees what it holds.
struct Lookup {
  std::mutex mutex;
  std::condition_variable finished;
  bool is_finished = false;
  int code = 0;
  std::vector<sockaddr_storage> addresses;
};

void look_up(const std::shared_ptr<Lookup>& lookup, const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  const std::lock_guard lock(lookup->mutex);
  lookup->code = code;
  for (const addrinfo* one = code == 0 ? found : nullptr; one != nullptr; one = one->ai_next) {
    sockaddr_storage& address = lookup->addresses.emplace_back();
    std::copy_n(reinterpret_cast<const char*>(one->ai_addr), std::min<std::size_t>(one->ai_addrlen, sizeof address),
                reinterpret_cast<char*>(&address));
  }
  if (code == 0) ::freeaddrinfo(found);
  lookup->is_finished = true;
  lookup->finished.notify_all();
}

Result<std::shared_ptr<Lookup>> start_lookup(std::string host) {
  auto lookup = std::make_shared<Lookup>();
  try {
    std::thread(look_up, lookup, std::move(host)).detach();
  } catch (const std::system_error&) {
    return fail(Code::io, {"no thread for a name lookup"});
  }
  return lookup;
}

}  // namespace

std::string process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string choose_proxy(const std::string& setting, const Url& url, const Environment& environment) {
  if (setting == "none") return "";
  if (!setting.empty()) return setting;
  if (is_exempt_by_environment(url, environment)) return "";
  const bool secure = url.scheme() == "https";
  const bool is_cgi = !environment("REQUEST_METHOD").empty();
  for (const char* name :
       {secure ? "https_proxy" : "http_proxy", secure ? "HTTPS_PROXY" : "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    if (is_cgi && std::string_view(name) == "HTTP_PROXY") continue;
    std::string value = environment(name);
    if (!value.empty()) return value;
  }
  return "";
}

Result<void> check_target_behind_proxy(const AllowList& allow, const Url& url, std::chrono::milliseconds most,
                                       const std::atomic<bool>* cancel) {
  if (allow.is_listed_host(url.host(), url.port())) return {};
  LIMPID_ASSIGN(const std::shared_ptr<Lookup> lookup, start_lookup(std::string(bare(url.host()))));
  const auto deadline = std::chrono::steady_clock::now() + most;
  std::unique_lock lock(lookup->mutex);
  while (!lookup->is_finished) {
    if (cancel != nullptr && cancel->load()) return fail(Code::cancelled, {"cancelled"});
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) return fail(Code::io, {"timed out: the name not resolved within ", most.count(), " ms"});
    lookup->finished.wait_until(lock, std::min(deadline, now + kCancelPoll));
  }
  if (lookup->code != 0 || lookup->addresses.empty())
    return fail(Code::usage, {"the host ", url.host(),
                              " is behind a proxy and cannot be resolved here to be checked, and is not listed"});
  for (const sockaddr_storage& address : lookup->addresses)
    LIMPID_TRY(allow.check_address(url.host(), url.port(), reinterpret_cast<const sockaddr*>(&address)));
  return {};
}

}  // namespace limpid::net
