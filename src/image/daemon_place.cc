#include "image/daemon_place.h"

#include <cerrno>
#include <cstdlib>
#include <optional>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "image/docker_config.h"
#include "image/local_json.h"

namespace limpid::image {
namespace {

// The host in URLs of a socket: never looked up.
constexpr std::string_view kSocketUrl = "http://localhost";

DaemonPlace socket_place(DaemonKind kind, std::string path) {
  DaemonPlace place;
  place.kind = kind;
  place.address = "unix://" + path;
  place.socket = std::move(path);
  place.url = kSocketUrl;
  return place;
}

// What docker's clients keep in a folder; each may be missing.
net::Tls tls_in(const std::string& folder) {
  const auto file = [&](std::string_view name) {
    std::string path = base::cat({folder, "/", name});
    return ::access(path.c_str(), F_OK) == 0 || errno != ENOENT ? path : std::string();
  };
  net::Tls tls;
  tls.ca_file = file("ca.pem");
  tls.cert_file = file("cert.pem");
  tls.key_file = file("key.pem");
  return tls;
}

// As docker's own clients read DOCKER_TLS_VERIFY and DOCKER_CERT_PATH; nothing where TLS is not asked for.
std::optional<net::Tls> tls_of(const DaemonEnvironment& environment) {
  const bool verify = !environment("DOCKER_TLS_VERIFY").empty();
  std::string folder = environment("DOCKER_CERT_PATH");
  if (!verify && folder.empty()) return std::nullopt;
  if (folder.empty()) folder = environment("HOME") + "/.docker";
  net::Tls tls = tls_in(folder);
  tls.insecure = !verify;
  tls.ca_file = folder + "/ca.pem";  // a folder without it is a mistake
  return tls;
}

// "unix:///path", "tcp://host:port", "http://…", "https://…". With `tls`, that is spoken over TCP.
Result<DaemonPlace> parse_address(DaemonKind kind, std::string_view address, std::string_view variable,
                                  const std::optional<net::Tls>& tls) {
  constexpr std::string_view kPlainPort = ":2375", kTlsPort = ":2376";
  std::string_view rest = address;
  if (base::strip_prefix(rest, "unix://")) {
    if (!rest.starts_with('/')) return fail(Code::usage, {variable, ": '", address, "' is no path of a socket"});
    DaemonPlace place = socket_place(kind, std::string(rest));
    place.named = true;
    return place;
  }
  if (rest.starts_with("ssh://"))
    return fail(Code::unsupported, {variable,
                                    ": ssh:// is not spoken; forward the daemon's socket (ssh -L) and name that, "
                                    "or save the image to a file there"});
  DaemonPlace place;
  place.kind = kind;
  place.named = true;
  place.address = address;
  place.tls = tls.value_or(net::Tls());
  bool secure = tls.has_value();
  if (base::strip_prefix(rest, "https://"))
    secure = true;
  else if (!base::strip_prefix(rest, "tcp://") && !base::strip_prefix(rest, "http://"))
    return fail(Code::usage,
                {variable, ": '", address, "' is no address of a daemon: use unix://PATH or tcp://HOST:PORT"});
  const std::string authority(base::take_until(rest, '/'));
  if (authority.empty()) return fail(Code::usage, {variable, ": '", address, "' names no host"});
  const std::size_t bracket = authority.rfind(']');
  const bool has_port = authority.find(':', bracket == std::string::npos ? 0 : bracket) != std::string::npos;
  place.url = base::cat({secure ? "https://" : "http://", authority, has_port ? "" : secure ? kTlsPort : kPlainPort});
  return place;
}

std::string docker_folder(const DaemonEnvironment& environment) {
  const std::string named = environment("DOCKER_CONFIG");
  return named.empty() ? environment("HOME") + "/.docker" : named;
}

// What docker's context names; no host for its default one.
struct Context {
  std::string host;
  std::optional<net::Tls> tls;
};
Result<Context> find_context(const DaemonEnvironment& environment) {
  const std::string folder = docker_folder(environment);
  std::string context = environment("DOCKER_CONTEXT");
  if (context.empty()) {
    const auto text = base::read_file(folder + "/config.json", kCredentialFileMax);
    if (!text) return Context();
    LIMPID_ASSIGN_WITHIN(context, parse_current_context(*text), {folder, "/config.json"});
  }
  if (context.empty() || context == "default") return Context();
  const std::string id = base::sha256(base::as_bytes(context)).hex();
  const std::string path = base::cat({folder, "/contexts/meta/", id, "/meta.json"});
  LIMPID_ASSIGN_WITHIN(const std::string text, base::read_file(path, kCredentialFileMax),
                       {"docker's context '", context, "'"});
  LIMPID_ASSIGN_WITHIN(ContextEndpoint endpoint, parse_context(text), {path});
  Context found{std::move(endpoint.host), std::nullopt};
  net::Tls tls = tls_in(base::cat({folder, "/contexts/tls/", id, "/docker"}));
  tls.insecure = endpoint.skip_tls_verify;
  if (tls.insecure || tls.has_authorities() || tls.has_identity()) found.tls = std::move(tls);
  return found;
}

Result<std::vector<DaemonPlace>> docker_places(const DaemonEnvironment& environment) {
  Context named{environment("DOCKER_HOST"), tls_of(environment)};
  std::string_view origin = "DOCKER_HOST";
  if (named.host.empty()) {
    LIMPID_ASSIGN(named, find_context(environment));
    origin = "docker's context";
  }
  if (!named.host.empty()) {
    LIMPID_ASSIGN(DaemonPlace place, parse_address(DaemonKind::docker, named.host, origin, named.tls));
    return std::vector<DaemonPlace>{std::move(place)};
  }
  std::vector<DaemonPlace> places{socket_place(DaemonKind::docker, "/var/run/docker.sock")};
  if (const std::string runtime = environment("XDG_RUNTIME_DIR"); runtime.starts_with('/'))
    places.push_back(socket_place(DaemonKind::docker, runtime + "/docker.sock"));
  if (const std::string home = environment("HOME"); home.starts_with('/'))
    places.push_back(socket_place(DaemonKind::docker, home + "/.docker/run/docker.sock"));
  return places;
}

Result<std::vector<DaemonPlace>> podman_places(const DaemonEnvironment& environment) {
  if (const std::string address = environment("CONTAINER_HOST"); !address.empty()) {
    LIMPID_ASSIGN(DaemonPlace place, parse_address(DaemonKind::podman, address, "CONTAINER_HOST", std::nullopt));
    return std::vector<DaemonPlace>{std::move(place)};
  }
  std::vector<DaemonPlace> places;
  if (const std::string runtime = environment("XDG_RUNTIME_DIR"); runtime.starts_with('/'))
    places.push_back(socket_place(DaemonKind::podman, runtime + "/podman/podman.sock"));
  places.push_back(socket_place(DaemonKind::podman, "/run/podman/podman.sock"));
  return places;
}

}  // namespace

std::string_view name_of(DaemonKind kind) { return kind == DaemonKind::docker ? "Docker" : "Podman"; }

std::string daemon_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

Result<std::vector<DaemonPlace>> daemon_places(DaemonKind kind, const DaemonEnvironment& environment) {
  return kind == DaemonKind::docker ? docker_places(environment) : podman_places(environment);
}

Result<void> check_daemon(const DaemonPlace& place) {
  if (place.socket.empty()) return {};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (place.socket.size() >= sizeof address.sun_path || place.socket.find('\0') != std::string::npos)
    return fail(Code::usage, {place.address, ": too long for the path of a socket"});
  place.socket.copy(address.sun_path, sizeof address.sun_path - 1);
  const base::File socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return base::fail_errno({"socket"});
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);  // NOLINT: how sockets are spoken to
  if (::connect(socket.descriptor(), generic, sizeof address) == 0 || errno == EAGAIN) return {};
  return base::fail_errno({place.address});
}

}  // namespace limpid::image
