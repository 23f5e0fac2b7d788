// One repository of a registry, over HTTP: its manifests and blobs.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md,
// https://distribution.github.io/distribution/spec/api/
//
// Requests are repeated where that may help (patience.h), a blob that breaks off is asked for from there on, and
// credentials go to the registry and its token server only. Private to this room.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "image/blob_store.h"
#include "image/name.h"
#include "image/registry_auth.h"
#include "image/source.h"
#include "net/client.h"

namespace limpid::image {

// How often a blob is resumed: in all, and without a byte more in between.
inline constexpr unsigned kResumesMax = 100;
inline constexpr unsigned kResumesInVainMax = 3;

class RegistryClient : public std::enable_shared_from_this<RegistryClient> {
 public:
  // Looks for credentials and certificates, which it reads, and, where both are allowed, whether the registry speaks
  // TLS.
  static Result<std::shared_ptr<const RegistryClient>> connect(const Name& name, const RegistryOptions& options,
                                                               const std::atomic<bool>* cancel);

  struct Document {
    std::string bytes;
    Digest digest;  // of these bytes
  };
  // By tag or digest; the digest is what was asked for, or else what the registry promised for the tag.
  Result<Document> manifest(const std::string& reference) const;
  // Thread-safe, as manifest() is. The bytes are not verified here: whoever reads them compares digests.
  Result<Blob> blob(const Digest& digest) const;
  // The bytes [offset, offset + size) of a blob (registry_range.cc). Code::unsupported where the registry sends the
  // whole instead.
  Result<std::unique_ptr<archive::Source>> range(const Digest& digest, std::uint64_t offset, std::uint64_t size) const;

 private:
  friend class BlobStream;
  friend class RangeStream;
  // A blob from some byte on.
  struct Part {
    std::unique_ptr<archive::Source> body;
    std::optional<std::uint64_t> size;  // of the whole blob
    std::uint64_t from = 0;
  };
  using Send = std::function<Result<net::Response>(const net::Request&)>;

  RegistryClient(const Name& name, const RegistryOptions& options, const std::atomic<bool>* cancel)
      : name_(name), options_(options), cancel_(cancel) {}
  net::Options client_options() const;
  Result<void> find_certificates();
  Result<void> find_origin();
  Result<net::Response> ask(const std::string& path, const net::Headers& headers, const Send& send) const;
  Result<Part> open_part(const Digest& digest, std::uint64_t from) const;
  Result<std::unique_ptr<archive::Source>> open_range(const Digest& digest, std::uint64_t offset,
                                                      std::uint64_t end) const;
  std::unexpected<Error> refusal(const net::Response& response, std::string_view what) const;

  const Name name_;
  const RegistryOptions options_;
  const std::atomic<bool>* const cancel_;
  const std::shared_ptr<net::Session> session_ = std::make_shared<net::Session>();
  net::Tls tls_;
  std::string origin_;  // "https://host:port"
  std::unique_ptr<RegistryAuth> auth_;
};

// "bytes 5-9/10" of RFC 9110 section 14.4; `size` is empty where it stands as *.
struct ContentRange {
  std::uint64_t first = 0, last = 0;
  std::optional<std::uint64_t> size;
};
std::optional<ContentRange> parse_content_range(std::string_view value);

}  // namespace limpid::image
