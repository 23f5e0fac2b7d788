// Who asks: the Authorization header of requests to one repository, as the registry wants it. Basic sends the
// credentials along; Bearer trades them for a short-lived token at the server that the registry names.
// https://distribution.github.io/distribution/spec/auth/token/, …/spec/auth/oauth/
// Private to this room.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "image/challenge.h"
#include "image/docker_config.h"
#include "image/name.h"
#include "image/source.h"
#include "net/client.h"

namespace limpid::image {

inline constexpr std::uint64_t kTokenAnswerMax = std::uint64_t{1} << 20;
inline constexpr std::size_t kTokenMax = std::size_t{64} << 10;
// How long a token is good for if the server does not say, and at least.
inline constexpr std::chrono::seconds kTokenLifeMin{60};
// A token is not used in its last moments.
inline constexpr std::chrono::seconds kTokenMargin{10};

// Thread-safe.
class RegistryAuth {
 public:
  // `client` and `options` are those of the registry; `plain_http` if it is itself spoken to without TLS. That
  // credentials could not be looked up is told only if the registry wants some.
  RegistryAuth(const Name& name, Result<Credentials> credentials, net::Options client, RegistryOptions options,
               bool plain_http);

  // What to send now, "" for nothing. Fetches a token if one is wanted.
  Result<std::string> header();
  // The registry refused `used`, which header() gave, with 401: makes the next header() another one. Errors: what it
  // wants is not known to us, or nothing that we have.
  Result<void> renew(const net::Response& refused, const std::string& used);
  // Where the credentials are from, "" without any.
  const std::string& origin() const { return credentials_.origin; }
  bool has_credentials() const { return !credentials_.empty(); }
  // What to do, for messages, where there are none.
  std::string how_to_log_in() const;

 private:
  enum class Scheme : std::uint8_t { none, basic, bearer };

  Result<void> take(const std::vector<Challenge>& challenges);
  std::string current() const;
  Result<void> fetch_token();
  Result<net::Request> token_request() const;
  Result<void> take_token(const net::Response& response);

  const std::string host_, scope_;
  const Credentials credentials_;
  const std::optional<Error> not_looked_up_;
  net::Options client_;
  const RegistryOptions options_;
  const bool plain_http_;

  std::mutex mutex_;
  Scheme scheme_ = Scheme::none;
  std::string realm_, service_, token_;
  std::chrono::steady_clock::time_point token_ends_;
};

}  // namespace limpid::image
