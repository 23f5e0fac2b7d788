// From an index down to one image: what layouts, archives of them and registries have in common. Manifests and indexes
// are read breadth first, what is no image (attestations, artifacts) is put aside, and of the rest the one is taken
// that serves the platform best. https://github.com/opencontainers/image-spec/blob/main/image-index.md
// Private to this room.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "image/blob_store.h"
#include "image/json.h"
#include "image/source.h"
#include "image/stored_image.h"

namespace limpid::image {

// What annotations name the entry of an index.
std::vector<std::string> tags_of(const Descriptor& descriptor);
// BuildKit stores provenance and SBOMs as further "images" of an index.
bool is_attestation(const Descriptor& descriptor);

class ImageChooser {
 public:
  enum class Reading : std::uint8_t {
    all,         // every manifest, to see what is there: it costs nothing
    best_listed  // of an index none but those that it lists as serving the platform best: each is a request
  };
  ImageChooser(std::shared_ptr<const BlobStore> store, const OpenOptions& options, Reading reading)
      : store_(std::move(store)), options_(options), reading_(reading) {}

  // What a person should know of the image, besides what is found on the way.
  void note(std::string text) { notes_.push_back(std::move(text)); }
  // The image that `entries` and the indexes among them lead to; with `wanted`, only what is that or below it.
  // `name_of` makes manifest.name of its tags. With kAllPlatforms, the first with all others behind it.
  using NameOf = std::function<std::string(const std::vector<std::string>& tags)>;
  Result<std::unique_ptr<ImageSource>> open(const std::vector<Descriptor>& entries, const std::optional<Digest>& wanted,
                                            const NameOf& name_of);

 private:
  // Its manifest has been read and its digest verified.
  struct Candidate {
    Descriptor descriptor;
    ImageManifest manifest;
    std::optional<Config> config;  // once it was needed
    std::vector<std::string> tags;
  };

  Result<void> collect(const std::vector<Descriptor>& entries, const std::optional<Digest>& wanted);
  Result<void> hold(std::string_view text);
  void put_aside(std::vector<Descriptor>& entries);
  void add_candidate(const Descriptor& descriptor, ImageManifest manifest, std::vector<std::string> tags);
  std::unexpected<Error> nothing_there();
  Result<Platform> platform_of(Candidate& candidate);
  Result<void> load_config(Candidate& candidate);
  Result<std::size_t> choose_by_platform();
  Result<void> refuse_unreadable_match(std::optional<std::size_t> best, unsigned best_distance);
  Result<std::unique_ptr<StoredImage>> finish(Candidate candidate, const NameOf& name_of);
  Result<std::unique_ptr<ImageSource>> finish_all(const NameOf& name_of);

  std::shared_ptr<const BlobStore> store_;
  const OpenOptions& options_;
  Reading reading_;
  bool all_ = false;   // platforms
  Platform platform_;  // the one asked for, else this machine's
  std::vector<Candidate> candidates_;
  std::vector<std::pair<Descriptor, Error>> unreadable_;
  std::vector<std::string> unread_;  // platforms that were put aside
  std::vector<std::string> artifacts_;
  std::vector<std::string> notes_;
  std::uint64_t held_ = 0;  // bytes of what was parsed
};

}  // namespace limpid::image
