// URLs as libcurl's own parser reads them: what the allow-list judges is then exactly what is connected to. Private to
// this room.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

struct Curl_URL;  // libcurl's CURLU

namespace limpid::net {

inline constexpr std::size_t kUrlMax = std::size_t{32} << 10;

// An absolute http or https URL with a host.
class Url {
 public:
  // Code::usage otherwise. The message never repeats the text, which may hold credentials.
  static Result<Url> parse(std::string_view text);
  // Where `location` leads from here. A fragment is dropped.
  Result<void> follow(std::string_view location);

  const std::string& scheme() const { return scheme_; }  // lower case
  const std::string& host() const { return host_; }      // lower case; IPv6 in brackets; IPv4 in its usual form
  std::uint16_t port() const { return port_; }
  bool has_credentials() const { return has_credentials_; }
  void drop_credentials();
  // "https://host:8443", the port only if it isn't the scheme's own: all that a message may tell, since paths and
  // queries hold signatures and tokens.
  std::string origin() const;
  // "host:8443", as a Host header has it.
  std::string authority() const;
  // The whole URL without credentials.
  std::string text() const;
  // With them: not for messages.
  std::string full_text() const;
  // Whether credentials meant for this URL may go to `other`: the same host and port, and not from https down to http.
  bool covers(const Url& other) const;
  // A handle of the caller's for libcurl, with another host in place of this one's unless `host` is empty.
  struct Free {
    void operator()(Curl_URL* handle) const;
  };
  std::unique_ptr<Curl_URL, Free> handle(const std::string& host) const;

 private:
  Result<void> read_parts();

  std::unique_ptr<Curl_URL, Free> handle_;
  std::string scheme_, host_;
  std::uint16_t port_ = 0;
  bool has_credentials_ = false;
};

}  // namespace limpid::net
