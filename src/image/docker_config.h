// Credentials for registries, where `docker login` and `podman login` keep them.
// https://docs.docker.com/reference/cli/docker/login/,
// https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
//
// The files are not trusted: sizes are bounded, and an error names file and key, never a value.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "image/name.h"

namespace limpid::image {

inline constexpr std::uint64_t kCredentialFileMax = std::uint64_t{4} << 20;
inline constexpr std::size_t kCredentialEntriesMax = 10'000;

struct Credentials {
  std::string username, password;
  std::string identity_token;  // an OAuth 2 refresh token, in place of a password
  std::string registry_token;  // a bearer token, to be shown as it is
  std::string origin;          // where they were found, for messages: "~/.docker/config.json: auths.ghcr.io"
  bool empty() const {
    return username.empty() && password.empty() && identity_token.empty() && registry_token.empty();
  }
};

// One file's contents. A key is a host, or, as containers/image has it, a host and the beginning of a path. What is
// wrong with one key is of no concern to those who want another.
struct CredentialFile {
  enum class Form : std::uint8_t { current, old };  // the old: of ~/.dockercfg, nothing but the entries
  std::vector<std::pair<std::string, Result<Credentials>>> entries;  // "auths", keys as written
  std::vector<std::pair<std::string, Result<std::string>>>
      helpers;        // "credHelpers": key → NAME of docker-credential-NAME
  std::string store;  // "credsStore": the same for every other host
};
// `path` is for messages.
Result<CredentialFile> parse_credential_file(std::string_view text, const std::string& path,
                                             CredentialFile::Form form = CredentialFile::Form::current);

// What a key of such a file stands for: without scheme, and Docker Hub's several names as one.
std::string normalised_key(std::string_view key);

struct CredentialSearch {
  std::function<std::string(const char* name)> environment;  // "" for what is not set
  const std::atomic<bool>* cancel = nullptr;
  // registries.conf's `credential-helpers`, asked in this order; kCredentialFiles among them is the files. None: these.
  std::vector<std::string> helpers{};
  std::string runtime = "/run/containers";  // has a folder for each user's number
};
inline constexpr std::string_view kCredentialFiles = "containers-auth.json";

// The files that there may be, in the order in which they are asked: $REGISTRY_AUTH_FILE, $DOCKER_CONFIG/config.json,
// $XDG_RUNTIME_DIR/containers/auth.json (/run/containers/UID/auth.json where that is not set),
// $XDG_CONFIG_HOME/containers/auth.json (~/.config), ~/.docker/config.json (only where $DOCKER_CONFIG names no other),
// ~/.dockercfg. Only the first has to exist if it is named.
// The first that knows `name` decides: its helper for that host, else its entry (the longest key that fits), else its
// store. Empty credentials where none does. An error if nobody has any, and somebody could not be asked.
Result<Credentials> find_credentials(const Name& name, const CredentialSearch& search);

}  // namespace limpid::image
