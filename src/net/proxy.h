// Which proxy a URL goes through, and what the allow-list can still say about its target then. Private to this room.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "base/error.h"
#include "net/allow_list.h"
#include "net/url.h"

namespace limpid::net {

// The value of an environment variable, or "".
using Environment = std::function<std::string(const char* name)>;
std::string process_environment(const char* name);

// The proxy's URL, or "" for none. `setting` is Options::proxy. The environment's proxies (http_proxy, https_proxy,
// else all_proxy; upper case too) serve no host that no_proxy names and, as in Go's programs, neither localhost nor
// loopback addresses. HTTP_PROXY is not heeded in a CGI program, where a client of the web server sets it.
std::string choose_proxy(const std::string& setting, const Url& url, const Environment& environment);

// A proxy resolves and connects for us, so what we connect to is the proxy and says nothing. So the target is resolved
// here too, and every address that it has must be allowed; a host that cannot be resolved here is refused. A host that
// is listed by name passes. What remains: a name that answers us and the proxy differently; a proxy that can reach what
// its clients must not should refuse that itself. Code::io when the lookup takes longer than `most`.
Result<void> check_target_behind_proxy(const AllowList& allow, const Url& url, std::chrono::milliseconds most,
                                       const std::atomic<bool>* cancel);

}  // namespace limpid::net
