// Names of images in registries, [DOMAIN[:PORT]/]PATH[:TAG][@DIGEST], as Docker reads them: what has no domain is
// Docker Hub's, what has no path there is in library/, and what has neither tag nor digest is `latest`.
// https://github.com/distribution/reference (regexp.go, normalize.go)
#pragma once

#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/error.h"

namespace limpid::image {

inline constexpr std::size_t kRepositoryMax = 255;
inline constexpr std::size_t kTagMax = 128;
inline constexpr std::size_t kNameMax = 1024;  // all of it
inline constexpr std::string_view kDockerHub = "docker.io";

struct Name {
  std::string domain;      // "docker.io", "localhost:5000", "[::1]:5000"; never empty
  std::string repository;  // "library/alpine"
  std::string tag;         // "" where a digest stands without one
  Digest digest;           // empty where only a tag is given; where both are, it is the digest that counts

  // Where the domain's registry is spoken to: Docker Hub's has a host of its own.
  std::string host() const;
  // What the API takes for this image: the digest, else the tag.
  std::string reference() const;
  // "docker.io/library/alpine:3.19@sha256:…".
  std::string text() const;
  bool operator==(const Name&) const = default;
};

// Whether it begins with a domain. Which registry is meant by one that does not is a matter of configuration
// (registries_conf.h); parse_name() takes it for Docker Hub's.
bool names_a_registry(std::string_view text);

// Code::usage with what is wrong where `text` is none.
Result<Name> parse_name(std::string_view text);

// Whether it is loopback, by name or address: "localhost", "127.0.0.1:5000", "[::1]".
bool is_loopback(std::string_view host);

}  // namespace limpid::image
