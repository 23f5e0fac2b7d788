// Opening the socket that the server listens on.
#include "service/http/listener.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include "base/text.h"

namespace limpid::service::http {
namespace {

constexpr std::string_view kEveryInterface = "::";
constexpr int kBacklog = 4'096;  // the kernel lowers it to its own limit

// What the kernel says that has no IPv6, or has it switched off.
bool is_without_ipv6(int problem) { return problem == EAFNOSUPPORT || problem == EADDRNOTAVAIL; }

// `problem` becomes errno where it fails.
Result<base::File> open_listening(const addrinfo& where, const std::string& name, int& problem) {
  const auto failed = [&](std::string_view what) {
    problem = errno;
    return base::fail_errno({what, name});
  };
  base::File socket(::socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return failed("socket for ");
  const int on = 1;
  const int off = 0;
  ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where.ai_family == AF_INET6 &&
      ::setsockopt(socket.descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0)
    return failed("IPv4 beside IPv6 on ");
  if (::bind(socket.descriptor(), where.ai_addr, where.ai_addrlen) != 0) return failed("bind ");
  if (::listen(socket.descriptor(), kBacklog) != 0) return failed("listen on ");
  return socket;
}

}  // namespace

std::string name_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return base::cat({text.data(), ":", ntohs(v4.sin_port)});
  }
  if (address.ss_family != AF_INET6) return "unknown";
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    return base::cat({text.data(), ":", ntohs(v6.sin6_port)});
  }
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return base::cat({"[", text.data(), "]:", ntohs(v6.sin6_port)});
}

Result<Listening> listen_on(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string name = base::cat({address, " port ", port});
  if (const int error = ::getaddrinfo(address.c_str(), base::cat({port}).c_str(), &hints, &found); error != 0)
    return fail(Code::usage, {"address ", address, ": ", ::gai_strerror(error)});
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
  Listening listening;
  int problem = 0;
  auto socket = open_listening(*found, name, problem);
  // Every interface, where all have IPv4 only.
  if (!socket && address == kEveryInterface && is_without_ipv6(problem)) return listen_on("0.0.0.0", port);
  if (!socket) return std::unexpected(socket.error());
  listening.socket = *std::move(socket);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(listening.socket.descriptor(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
    return base::fail_errno({"address of ", name});
  listening.address = name_of(bound);
  listening.is_v6 = bound.ss_family == AF_INET6;
  sockaddr_in v4{};
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  std::memcpy(&v4, &bound, sizeof v4);
  listening.port = ntohs(v4.sin_port);
  return listening;
}

}  // namespace limpid::service::http
