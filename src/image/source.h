// An image that has been found and whose manifest has been read: one file per kind of source makes these.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/compression.h"
#include "archive/entry.h"
#include "archive/tar.h"
#include "image/types.h"

namespace limpid::image {

inline constexpr std::uint64_t kManifestSizeMax = std::uint64_t{4} << 20;
inline constexpr std::uint64_t kConfigSizeMax = std::uint64_t{8} << 20;
inline constexpr std::size_t kLayersMax = 1'000;
inline constexpr unsigned kIndexDepthMax = 3;
inline constexpr std::size_t kManifestsMax = 1'000;

// As a platform: all that there are (open_images()).
inline constexpr std::string_view kAllPlatforms = "all";

// How registries are spoken to.
struct RegistryOptions {
  // For every registry; "" looks for credentials in the files of `docker login` and `podman login` (docker_config.h).
  std::string username, password;
  bool read_credential_files = true;
  // Mirrors, other locations, blocked registries, and what names without a registry mean (registries_conf.h).
  bool read_registries_conf = true;
  std::string registries_conf;       // the only file of them; "": the usual ones
  std::vector<std::string> mirrors;  // "[REGISTRY=]HOST[/PATH]", asked before the registry
  // Takes any certificate, and HTTP without TLS where HTTPS gets no answer. Loopback is always spoken to either way.
  bool insecure = false;
  std::vector<std::string> plain_http;  // hosts, with their port, that are spoken to without TLS
  std::string ca_file;                  // PEM, beside the system's
  std::string cert_file, key_file;      // a client certificate, PEM
  std::string proxy;                    // as net::Options has it
  std::chrono::milliseconds connect_max{10'000};
  std::chrono::milliseconds idle_max{30'000};        // without a byte
  std::chrono::milliseconds request_max{3'600'000};  // one request with its body
  std::chrono::milliseconds first_wait{500};         // before the second attempt; doubles from one to the next
};

// The bytes of one layer that have gone by, for another thread to look at.
struct ReadCounters {
  std::atomic<std::uint64_t> fetched{0};  // of the blob, as it is stored
  std::atomic<std::uint64_t> read{0};     // of what is in it; stays 0 where that is the same
};

// Hears of every layer whose bytes are about to be read. Thread-safe.
class ReadObserver {
 public:
  virtual ~ReadObserver() = default;
  // `promised` as the manifest has it. nullptr: not of interest.
  virtual std::shared_ptr<ReadCounters> layer_begins(const LayerDescriptor& promised) = 0;
};

struct OpenOptions {
  // "os/arch[/variant]"; "" is linux on the host's architecture; kAllPlatforms is every image of an index.
  std::string platform;
  archive::InflateLimits inflate;
  archive::TarLimits tar;
  RegistryOptions registry;
  // Set by another thread or a signal handler: opening and reading end with Code::cancelled.
  const std::atomic<bool>* cancel = nullptr;
  ReadObserver* observer = nullptr;  // outlives the image
};

// A layer being read: its entries, and the digests of all of it once they have been read to the end.
class LayerReader {
 public:
  virtual ~LayerReader() = default;
  virtual archive::EntryReader& entries() = 0;
  // Reads what is left and compares both digests with those that the manifest promised; Code::mismatch names both.
  // Returns the descriptor with what was measured filled in (digest, diff_id, size).
  virtual Result<LayerDescriptor> finish() = 0;
};

class ImageSource {
 public:
  virtual ~ImageSource() = default;
  virtual const Manifest& manifest() const = 0;
  // Layer `index`, from its first entry; thread-safe, as often as wanted.
  virtual Result<std::unique_ptr<LayerReader>> open_layer(std::size_t index) const = 0;
  // With kAllPlatforms, those for the other platforms of the same index: whoever takes them has them.
  virtual std::vector<std::unique_ptr<ImageSource>> take_others() { return {}; }
};

// TARGET as the command line takes it: a prefix (docker-archive:, oci-archive:, oci-dir:, dir:, rootfs:, registry:), a
// path that is recognised by its content (behind an archive or layout, an optional :TAG or @DIGEST), or, where there is
// no such path, the name of an image in a registry.
Result<std::unique_ptr<ImageSource>> open_image(const std::string& target, const OpenOptions& options = {});

// The same, with kAllPlatforms the image for each platform, in the order of the index. Never empty.
Result<std::vector<std::unique_ptr<ImageSource>>> open_images(const std::string& target, const OpenOptions& options);

// One file per kind; `path` exists, `reference` is a tag, a full name or a digest, or "".
Result<std::unique_ptr<ImageSource>> open_docker_archive(const std::string& path, const std::string& reference,
                                                         const OpenOptions& options);
Result<std::unique_ptr<ImageSource>> open_oci_layout(const std::string& path, const std::string& reference,
                                                     const OpenOptions& options);
Result<std::unique_ptr<ImageSource>> open_oci_archive(const std::string& path, const std::string& reference,
                                                      const OpenOptions& options);
Result<std::unique_ptr<ImageSource>> open_rootfs(const std::string& path, const OpenOptions& options);
// `name` as name.h reads it. Code::usage where it is none, Code::not_found where the registry does not have it,
// Code::io where the registry cannot be reached or refuses; Code::mismatch where it sends something else than what was
// asked for.
Result<std::unique_ptr<ImageSource>> open_registry(const std::string& name, const OpenOptions& options);

}  // namespace limpid::image
