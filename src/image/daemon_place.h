// Where the container daemons of this machine listen: Docker's, and Podman's, which speaks the same language.
// https://docs.docker.com/reference/cli/docker/#environment-variables,
// https://docs.docker.com/engine/manage-resources/contexts/,
// https://docs.podman.io/en/latest/markdown/podman-system-service.1.html
//
// Private to this room.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/client.h"

namespace limpid::image {

enum class DaemonKind : std::uint8_t { docker, podman };
std::string_view name_of(DaemonKind kind);  // "Docker", "Podman"

struct DaemonPlace {
  DaemonKind kind = DaemonKind::docker;
  std::string address;  // as messages call it: "unix:///var/run/docker.sock"
  std::string socket;   // its path; "" for one over TCP
  std::string url;      // scheme, host and port in front of every path
  net::Tls tls;
  bool named = false;  // by the user, not only looked for
};

using DaemonEnvironment = std::function<std::string(const char* name)>;  // "" for what is not set
std::string daemon_environment(const char* name);                        // the process's

// What the user named ($DOCKER_HOST, then docker's context; $CONTAINER_HOST), else every usual place, there or not.
// Code::usage for an address that is none, Code::unsupported for ssh.
Result<std::vector<DaemonPlace>> daemon_places(DaemonKind kind, const DaemonEnvironment& environment);

// Whether somebody listens at `place`'s socket, and we may talk to them; says what is wrong otherwise. Nothing is asked
// over TCP.
Result<void> check_daemon(const DaemonPlace& place);

}  // namespace limpid::image
