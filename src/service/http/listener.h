// Sockets that listen, and the names of their ends.
#pragma once

#include <cstdint>
#include <string>

#include <sys/socket.h>

#include "base/error.h"
#include "base/file.h"

namespace limpid::service::http {

struct Listening {
  base::File socket;
  std::string address;  // "[::1]:6060"
  std::uint16_t port = 0;
  bool is_v6 = false;
};
// `address` is numeric or a name; "::" takes IPv4 too, and is "0.0.0.0" where there is no IPv6.
Result<Listening> listen_on(const std::string& address, std::uint16_t port);
// "127.0.0.1:41234"; an IPv4 peer of an IPv6 socket is told as IPv4.
std::string name_of(const sockaddr_storage& address);

}  // namespace limpid::service::http
