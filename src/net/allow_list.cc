// Where one may connect to: hosts and networks that are listed, and otherwise public addresses only.
#include "net/allow_list.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "net/url.h"

namespace limpid::net {
namespace {

using Address = std::array<std::uint8_t, 16>;  // IPv6 form

constexpr std::size_t kHostMax = 253;  // RFC 1035
constexpr unsigned kIpv4Bits = 96;     // in front of an IPv4 address in its IPv6 form
constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::uint8_t kNat64[12] = {0, 0x64, 0xff, 0x9b};  // RFC 6052: 64:ff9b::/96, the IPv4 address behind it

struct Special {
  std::uint64_t network;  // IPv4: the address; IPv6: its upper half
  std::uint8_t prefix;
  std::string_view what;
};

constexpr std::uint64_t ipv4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return (std::uint64_t{a} << 24) | (b << 16) | (c << 8) | d;
}

// https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast.
constexpr Special kSpecial4[] = {
    {ipv4(0, 0, 0, 0), 8, "of this network"},
    {ipv4(10, 0, 0, 0), 8, "private"},
    {ipv4(100, 64, 0, 0), 10, "shared by carriers"},
    {ipv4(127, 0, 0, 0), 8, "loopback"},
    {ipv4(169, 254, 0, 0), 16, "link-local"},
    {ipv4(172, 16, 0, 0), 12, "private"},
    {ipv4(192, 0, 0, 0), 24, "reserved for protocols"},
    {ipv4(192, 0, 2, 0), 24, "for documentation"},
    {ipv4(192, 31, 196, 0), 24, "reserved for protocols"},
    {ipv4(192, 52, 193, 0), 24, "reserved for protocols"},
    {ipv4(192, 88, 99, 0), 24, "a 6to4 relay's"},
    {ipv4(192, 168, 0, 0), 16, "private"},
    {ipv4(192, 175, 48, 0), 24, "reserved for protocols"},
    {ipv4(198, 18, 0, 0), 15, "for benchmarks"},
    {ipv4(198, 51, 100, 0), 24, "for documentation"},
    {ipv4(203, 0, 113, 0), 24, "for documentation"},
    {ipv4(224, 0, 0, 0), 4, "multicast"},
    {ipv4(240, 0, 0, 0), 4, "reserved"},
    // Not in the registry, but answered by the host of a virtual machine in one large public cloud.
    {ipv4(168, 63, 129, 16), 32, "a cloud platform's own"},
};

// Inside 2000::/3, outside of which nothing is public:
// https://www.iana.org/assignments/iana-ipv6-special-registry. Addresses that lead on to an IPv4 address through a
// relay (Teredo in 2001::/23, 6to4) are refused with the rest.
constexpr Special kSpecial6[] = {
    {0x2001'0000'0000'0000, 23, "reserved for protocols"}, {0x2001'0db8'0000'0000, 32, "for documentation"},
    {0x2002'0000'0000'0000, 16, "a 6to4 relay's"},         {0x2620'004f'8000'0000, 48, "reserved for protocols"},
    {0x3fff'0000'0000'0000, 20, "for documentation"},
};

Address from_ipv4(const in_addr& address) {
  Address out;
  std::memcpy(out.data(), kMapped, sizeof kMapped);
  std::memcpy(out.data() + 12, &address, 4);
  return out;
}

bool is_ipv4(const Address& address) { return std::memcmp(address.data(), kMapped, sizeof kMapped) == 0; }

// The one strict form of each family.
std::optional<Address> parse_address(const std::string& text) {
  in_addr four{};
  if (::inet_pton(AF_INET, text.c_str(), &four) == 1) return from_ipv4(four);
  Address six;
  if (::inet_pton(AF_INET6, text.c_str(), six.data()) == 1) return six;
  return std::nullopt;
}

// Whatever a resolver would take for an address without asking anyone: "127.1" and "0x7f000001" too, in brackets too.
std::optional<Address> parse_literal(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string text(host);
  if (const auto strict = parse_address(text)) return strict;
  in_addr four{};
  if (::inet_aton(text.c_str(), &four) != 0) return from_ipv4(four);
  return std::nullopt;
}

std::optional<Address> from_socket_address(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, address, sizeof four);
    return from_ipv4(four.sin_addr);
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 six{};
  std::memcpy(&six, address, sizeof six);
  Address out;
  std::memcpy(out.data(), &six.sin6_addr, out.size());
  return out;
}

std::string to_text(const Address& address) {
  char text[INET6_ADDRSTRLEN] = {};
  is_ipv4(address) ? ::inet_ntop(AF_INET, address.data() + 12, text, sizeof text)
                   : ::inet_ntop(AF_INET6, address.data(), text, sizeof text);
  return text;
}

bool contains(const Network& network, const Address& address) {
  // An IPv6 network around all of IPv4's addresses, such as ::/0, means IPv6 to whoever writes it.
  if (network.prefix < kIpv4Bits && is_ipv4(address)) return false;
  const unsigned whole = network.prefix / 8;
  if (std::memcmp(network.address, address.data(), whole) != 0) return false;
  const unsigned bits = network.prefix % 8;
  return bits == 0 || ((network.address[whole] ^ address[whole]) >> (8 - bits)) == 0;
}

// "" for a public address.
std::string_view special(const Address& address) {
  const auto find = [](const auto& table, std::uint64_t value, unsigned width) -> std::string_view {
    for (const Special& entry : table) {
      if (((value ^ entry.network) >> (width - entry.prefix)) == 0) return entry.what;
    }
    return {};
  };
  if (is_ipv4(address)) return find(kSpecial4, ipv4(address[12], address[13], address[14], address[15]), 32);
  if ((address[0] & 0xe0U) != 0x20) return "not public";
  std::uint64_t upper = 0;
  for (std::size_t i = 0; i < 8; ++i) upper = (upper << 8) | address[i];
  return find(kSpecial6, upper, 64);
}

// The IPv4 address behind a NAT64 address.
std::optional<Address> behind_nat64(const Address& address) {
  if (std::memcmp(address.data(), kNat64, sizeof kNat64) != 0) return std::nullopt;
  in_addr four{};
  std::memcpy(&four, address.data() + 12, 4);
  return from_ipv4(four);
}

// One spelling for each host: lower case, no brackets, no dot at the end, addresses as inet_ntop writes them.
std::string normalize(std::string_view host) {
  std::string name = base::lower(host);
  if (name.ends_with('.')) name.pop_back();
  if (const auto address = parse_literal(name)) return to_text(*address);
  return name;
}

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > kHostMax || name.front() == '.' || name.find("..") != std::string_view::npos)
    return false;
  const auto allowed = [](char c) { return base::is_alnum(c) || c == '-' || c == '_' || c == '.'; };
  // A last label of digits makes an address of it, and then not a well-formed one.
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return std::ranges::all_of(name, allowed) && !std::ranges::all_of(last, base::is_digit);
}

bool is_localhost(std::string_view name) { return name == "localhost" || name.ends_with(".localhost"); }

}  // namespace

Result<Network> parse_network(std::string_view text) {
  std::string_view rest = text;
  const std::string address_text(base::take_until(rest, '/'));
  const auto address = parse_address(address_text);
  if (!address) return fail(Code::usage, {"'", text, "' is not a network: no IPv4 or IPv6 address"});
  const unsigned skipped = address_text.find(':') == std::string::npos ? kIpv4Bits : 0;
  std::uint64_t prefix = 128;
  if (address_text.size() != text.size()) {
    const auto bits = rest.size() <= 3 ? base::parse_unsigned(rest) : std::nullopt;
    if (!bits || *bits > 128 - skipped)
      return fail(Code::usage, {"'", text, "' is not a network: no prefix of 0 to ", 128 - skipped, " bits"});
    prefix = *bits + skipped;
  }
  Network network;
  network.prefix = static_cast<std::uint8_t>(prefix);
  for (std::size_t i = 0; i < address->size(); ++i) {
    const std::size_t kept = std::min<std::size_t>(8, prefix - std::min<std::size_t>(prefix, i * 8));
    network.address[i] = static_cast<std::uint8_t>((*address)[i] & (0xff00U >> kept));
  }
  return network;
}

Result<void> AllowList::allow(std::string_view entry) {
  std::string_view text = entry;
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (text.find('/') != std::string_view::npos || parse_address(std::string(text))) {
    LIMPID_ASSIGN(const Network network, parse_network(text));
    networks_.push_back(network);
    return {};
  }
  Host host;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    const auto port = base::parse_unsigned(text.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return fail(Code::usage, {"'", entry, "' has no port after its colon"});
    host.port = static_cast<std::uint16_t>(*port);
    text = text.substr(0, colon);
  }
  const bool bracketed = text.starts_with('[') && text.ends_with(']');
  const bool wildcard = text.starts_with("*.");
  host.name = normalize(wildcard ? text.substr(2) : text);
  const bool is_address = parse_address(bracketed ? std::string(text.substr(1, text.size() - 2)) : std::string(text)) &&
                          (bracketed || text.find(':') == std::string_view::npos);
  if (!is_address && !is_name(host.name))
    return fail(Code::usage, {"'", entry, "' is neither a host (with a port or not) nor a network"});
  if (wildcard) host.name.insert(0, 1, '.');
  hosts_.push_back(std::move(host));
  return {};
}

bool AllowList::is_listed_host(std::string_view host, std::uint16_t port) const {
  const std::string name = normalize(host);
  return std::ranges::any_of(hosts_, [&](const Host& listed) {
    if (listed.port != 0 && listed.port != port) return false;
    return listed.name.starts_with('.') ? name.size() > listed.name.size() && name.ends_with(listed.name)
                                        : name == listed.name;
  });
}

Result<void> AllowList::check_url(std::string_view text) const {
  LIMPID_ASSIGN(const Url url, Url::parse(text));
  if (url.has_credentials()) return fail(Code::usage, {"a URL with credentials in it"});
  if (is_listed_host(url.host(), url.port())) return {};
  std::string_view name = url.host();
  if (name.ends_with('.')) name.remove_suffix(1);
  if (const auto address = parse_literal(name)) {
    sockaddr_in6 socket_address{};
    socket_address.sin6_family = AF_INET6;
    std::memcpy(&socket_address.sin6_addr, address->data(), address->size());
    return check_address(name, url.port(), reinterpret_cast<const sockaddr*>(&socket_address));
  }
  // A name may still lead into a listed network.
  if (!networks_.empty()) return {};
  if (only_listed_) return fail(Code::usage, {"the host ", name, " is not one that is allowed"});
  if (is_localhost(name)) return fail(Code::usage, {"the host ", name, " is this machine, and not allowed"});
  return {};
}

Result<void> AllowList::check_address(std::string_view host, std::uint16_t port, const sockaddr* address) const {
  if (is_listed_host(host, port)) return {};
  const auto target = from_socket_address(address);
  if (!target) return fail(Code::usage, {"the host ", host, " has an address that is neither IPv4 nor IPv6"});
  const auto is_listed = [&](const Address& one) {
    return std::ranges::any_of(networks_, [&](const Network& network) { return contains(network, one); });
  };
  const auto inner = behind_nat64(*target);
  if (is_listed(*target) || (inner && is_listed(*inner))) return {};
  const std::string shown = to_text(*target);
  if (only_listed_) return fail(Code::usage, {"the address ", shown, " of ", host, " is not one that is allowed"});
  const std::string_view what = special(inner.value_or(*target));
  if (!what.empty()) return fail(Code::usage, {"the address ", shown, " of ", host, " is ", what, ", and not allowed"});
  return {};
}

}  // namespace limpid::net
