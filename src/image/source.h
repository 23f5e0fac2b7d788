// An image that has been found and whose manifest has been read: one file per kind of source makes these.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/compression.h"
#include "archive/entry.h"
#include "archive/tar.h"
#include "base/spare.h"
#include "image/limits.h"
#include "image/types.h"

namespace limpid::image {

// As a platform: all that there are (open_images()).
inline constexpr std::string_view kAllPlatforms = "all";

// How registries are spoken to.
struct RegistryOptions {
  // For every registry; "" looks for credentials in the files of `docker login` and `podman login` (docker_config.h).
  std::string username, password;
  bool read_credential_files = true;
  std::vector<std::string> credential_helpers;  // of registries.conf, which fills this in (CredentialSearch)
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
  std::chrono::milliseconds idle_max{30'000};          // without a byte
  std::chrono::milliseconds request_max{3'600'000};    // one request with its body
  std::uint64_t manifest_size_max = kManifestSizeMax;  // as in ImageLimits
  std::chrono::milliseconds first_wait{500};           // before the second attempt; doubles from one to the next
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
  ImageLimits limits;
  RegistryOptions registry;
  // Set by another thread or a signal handler: opening and reading end with Code::cancelled.
  const std::atomic<bool>* cancel = nullptr;
  ReadObserver* observer = nullptr;  // outlives the image
  // Hosts and networks, as net::AllowList takes them, from which layers are fetched that a manifest only names a URL
  // of.
  std::vector<std::string> foreign_layers_from;
  std::string containerd_root;  // "": $CONTAINERD_ROOT, else /var/lib/containerd
};

// A layer being read: its entries, and the digests of all of it once they have been read to the end.
class LayerReader {
 public:
  virtual ~LayerReader() = default;
  virtual archive::EntryReader& entries() = 0;
  // As archive::Source::may_use().
  virtual void may_use(base::SpareThreads& /*spare*/) {}
  // Reads what is left and compares both digests with those that the manifest promised; Code::mismatch names both.
  // Returns the descriptor with what was measured filled in (digest, diff_id, size).
  virtual Result<LayerDescriptor> finish() = 0;
};

// Which files of a layer will be read: how large the one at `path` (normalised) may be for that, 0 for not at all.
using WantedSize = std::function<std::uint64_t(std::string_view path)>;

class ImageSource {
 public:
  virtual ~ImageSource() = default;
  virtual const Manifest& manifest() const = 0;
  // Layer `index`, from its first entry; thread-safe, as often as wanted.
  virtual Result<std::unique_ptr<LayerReader>> open_layer(std::size_t index) const = 0;
  // With kAllPlatforms, those for the other platforms of the same index: whoever takes them has them.
  virtual std::vector<std::unique_ptr<ImageSource>> take_others() { return {}; }
  // The same entries, told by the layer's table of contents: of the content only what is read is fetched, and files
  // that `wanted` names together where they lie close to each other. Each piece is compared with the digest that the
  // table has for it, and the table with the manifest's; the layer as a whole is not measured (LayerDescriptor::lazy).
  // Code::unsupported where there is no such table, or no reading in parts. After this or any other error, also one in
  // the midst of it, the layer can still be read whole.
  virtual Result<std::unique_ptr<LayerReader>> open_layer_lazily(std::size_t /*index*/,
                                                                 const WantedSize& /*wanted*/) const {
    return fail(Code::unsupported, {"layers cannot be read in parts here"});
  }
};

// TARGET as the command line takes it: a prefix (docker:, podman:, containerd:, registry:, docker-archive:,
// oci-archive:, oci-dir:, aci:, dir:, rootfs:), a path that is recognised by its content (behind an archive or layout,
// an optional :TAG or @DIGEST), or, where there is no such path, the name of an image at a daemon or in a registry.
Result<std::unique_ptr<ImageSource>> open_image(const std::string& target, const OpenOptions& options = {});

// The same, with kAllPlatforms the image for each platform, in the order of the index. Never empty.
Result<std::vector<std::unique_ptr<ImageSource>>> open_images(const std::string& target, const OpenOptions& options);
// Without opening anything: the path of this machine that `target` stands for, "" if nothing is there; nothing if it is
// to be found elsewhere (a registry, a daemon).
std::optional<std::string> local_path(const std::string& target);
// Of those that are elsewhere: whether it is in the files of a runtime, which may lie anywhere.
bool is_in_runtime(const std::string& target);

// One file per kind; `path` exists, `reference` is a tag, a full name or a digest, or "".
Result<std::unique_ptr<ImageSource>> open_docker_archive(const std::string& path, const std::string& reference,
                                                         const OpenOptions& options);
Result<std::unique_ptr<ImageSource>> open_oci_layout(const std::string& path, const std::string& reference,
                                                     const OpenOptions& options);
Result<std::unique_ptr<ImageSource>> open_oci_archive(const std::string& path, const std::string& reference,
                                                      const OpenOptions& options);
Result<std::unique_ptr<ImageSource>> open_rootfs(const std::string& path, const OpenOptions& options);
// An App Container Image, a tar with a manifest and the root file system: one layer.
Result<std::unique_ptr<ImageSource>> open_aci(const std::string& path, const OpenOptions& options);
// `name` is a name, or "sha256:…" of an image that containerd has pulled: its content is read where it lies.
Result<std::unique_ptr<ImageSource>> open_containerd(const std::string& name, const OpenOptions& options);
// `name` as name.h reads it. Code::usage where it is none, Code::not_found where the registry does not have it,
// Code::io where the registry cannot be reached or refuses; Code::mismatch where it sends something else than what was
// asked for.
Result<std::unique_ptr<ImageSource>> open_registry(const std::string& name, const OpenOptions& options);

}  // namespace limpid::image
