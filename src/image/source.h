// An image that has been found and whose manifest has been read: one file per kind of source makes these.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

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

struct OpenOptions {
  // "os/arch[/variant]"; "" is linux on the host's architecture.
  std::string platform;
  archive::InflateLimits inflate;
  archive::TarLimits tar;
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
};

// TARGET as the command line takes it: a prefix (docker-archive:, oci-archive:, oci-dir:, dir:, rootfs:) or a path that
// is recognised by its content; behind an archive or layout, an optional :TAG or @DIGEST.
Result<std::unique_ptr<ImageSource>> open_image(const std::string& target, const OpenOptions& options = {});

// One file per kind; `path` exists, `reference` is a tag, a full name or a digest, or "".
Result<std::unique_ptr<ImageSource>> open_docker_archive(const std::string& path, const std::string& reference,
                                                         const OpenOptions& options);
Result<std::unique_ptr<ImageSource>> open_oci_layout(const std::string& path, const std::string& reference,
                                                     const OpenOptions& options);
Result<std::unique_ptr<ImageSource>> open_oci_archive(const std::string& path, const std::string& reference,
                                                      const OpenOptions& options);
Result<std::unique_ptr<ImageSource>> open_rootfs(const std::string& path, const OpenOptions& options);

}  // namespace limpid::image
