// Where one may connect to. What an API client names as the place of a layer is decided here, before a byte is sent:
// by scheme and host name as written, and by the address that the name resolved to, at the moment of connecting, so
// that neither a redirect nor a name that changes its address leads anywhere else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

#include "base/error.h"

namespace limpid::net {

// An IPv4 or IPv6 network. IPv4-mapped IPv6 addresses are taken as the IPv4 address that they are.
struct Network {
  std::uint8_t address[16] = {};  // IPv6 form
  std::uint8_t prefix = 0;        // bits, of 128
};
// "10.0.0.0/8", "::1", "192.0.2.7". Code::usage otherwise.
Result<Network> parse_network(std::string_view text);

class AllowList {
 public:
  // Public addresses of any host over http and https: loopback, private, link-local, multicast, documentation and other
  // special ranges (IANA's special-purpose registries, RFC 6890) are refused, however they are written.
  AllowList() = default;

  // Adds a host ("registry.internal", "registry.internal:5000", "*.corp.example"), a network ("10.0.0.0/8",
  // "127.0.0.1", "::1") or "localhost" (a host that may then also resolve to a private address). A host that is listed
  // may have any address. Code::usage for what is neither.
  Result<void> allow(std::string_view entry);
  // From now on nothing but what is listed is allowed.
  void only_listed() { only_listed_ = true; }

  // Code::usage with the reason if the URL's scheme is not http or https, if it has no host or credentials in it, or if
  // its host could never be allowed. Not yet a permission to connect: that is check_address().
  Result<void> check_url(std::string_view url) const;
  // May a connection for `host` (as the URL writes it, `port` as used) go to `address`?
  Result<void> check_address(std::string_view host, std::uint16_t port, const sockaddr* address) const;
  // Whether the host is listed by name, so that its addresses do not matter.
  bool is_listed_host(std::string_view host, std::uint16_t port) const;

 private:
  struct Host {
    std::string name;        // lower case; begins with "." for a wildcard
    std::uint16_t port = 0;  // 0: any
  };
  std::vector<Host> hosts_;
  std::vector<Network> networks_;
  bool only_listed_ = false;
};

}  // namespace limpid::net
