// OCI image layout: oci-layout, index.json, blobs/. From index.json down to one image: by tag or digest, then by
// platform. https://github.com/opencontainers/image-spec/blob/main/image-layout.md
#include "image/oci_layout.h"

#include <algorithm>
#include <set>
#include <utility>

#include "image/platform.h"
#include "image/reference.h"
#include "image/stored_image.h"

namespace limpid::image {
namespace {

constexpr std::string_view kTagAnnotation = "org.opencontainers.image.ref.name";
constexpr std::string_view kNameAnnotation = "io.containerd.image.name";
constexpr std::string_view kBuildKitKind = "vnd.docker.reference.type";
constexpr std::string_view kEmptyConfig = "application/vnd.oci.empty.v1+json";
constexpr std::uint64_t kMarkerSizeMax = 4096;

std::string annotation(const Descriptor& descriptor, std::string_view key) {
  const auto found = descriptor.annotations.find(std::string(key));
  return found == descriptor.annotations.end() ? std::string() : found->second;
}

std::vector<std::string> tags_of(const Descriptor& descriptor) {
  std::vector<std::string> tags;
  for (const std::string_view key : {kNameAnnotation, kTagAnnotation})
    if (std::string tag = annotation(descriptor, key); !tag.empty()) tags.push_back(std::move(tag));
  return tags;
}

// BuildKit stores provenance and SBOMs as further "images" of the index.
bool is_attestation(const Descriptor& descriptor) {
  return annotation(descriptor, kBuildKitKind) == "attestation-manifest";
}

// An image of the layout: its manifest has been read and its digest verified.
struct Candidate {
  Descriptor descriptor;
  ImageManifest manifest;
  std::optional<Config> config;  // once it was needed
  std::vector<std::string> tags;
};

class Layout {
 public:
  Layout(std::shared_ptr<const BlobStore> store, std::string path, std::string reference, const OpenOptions& options)
      : store_(std::move(store)), path_(std::move(path)), reference_(std::move(reference)), options_(options) {}

  Result<std::unique_ptr<ImageSource>> open() {
    LIMPID_TRY(read_marker());
    LIMPID_ASSIGN(const std::vector<Descriptor> chosen, choose_by_reference());
    LIMPID_TRY(collect(chosen));
    if (candidates_.empty()) return nothing_there();
    LIMPID_ASSIGN(const std::size_t index, choose_by_platform());
    return finish(std::move(candidates_[index]));
  }

 private:
  Result<void> read_marker() {
    auto marker = read_blob(*store_, "oci-layout", kMarkerSizeMax);
    if (!marker && marker.error().code() == Code::not_found)
      return fail(Code::not_found, {"no OCI layout: the file oci-layout is missing"});
    if (!marker) return std::unexpected(std::move(marker).error());
    return check_layout_marker(*marker);
  }

  Result<std::vector<Descriptor>> choose_by_reference() {
    LIMPID_ASSIGN(const std::string text, read_blob(*store_, "index.json", kManifestSizeMax));
    LIMPID_ASSIGN_WITHIN(auto document, parse_document(text), {"index.json"});
    auto* index = std::get_if<Index>(&document);
    if (index == nullptr) return fail(Code::invalid, {"index.json is a manifest, not an index"});
    std::vector<Descriptor> entries;
    for (Descriptor& entry : index->manifests)
      if (!is_attestation(entry)) entries.push_back(std::move(entry));
    if (entries.empty()) return fail(Code::not_found, {"index.json lists no image"});
    if (Digest::parse(reference_)) return entries;  // looked for among all of them, nested ones too
    if (!reference_.empty()) return choose_by_tag(std::move(entries));
    LIMPID_TRY(refuse_ambiguous(entries));
    return entries;
  }

  Result<std::vector<Descriptor>> choose_by_tag(std::vector<Descriptor> entries) const {
    std::vector<Descriptor> matching;
    std::vector<std::string> known;
    for (Descriptor& entry : entries) {
      bool matches = false;
      for (std::string& tag : tags_of(entry)) {
        matches = matches || reference_matches(tag, reference_);
        known.push_back(std::move(tag));
      }
      if (matches) matching.push_back(std::move(entry));
    }
    if (!matching.empty()) return matching;
    if (known.empty()) return fail(Code::not_found, {"no image is tagged '", reference_, "'; none has a tag"});
    return fail(Code::not_found, {"no image is tagged '", reference_, "'; there are: ", list_some(known)});
  }

  // Entries under different tags are different images, not one for several platforms.
  static Result<void> refuse_ambiguous(const std::vector<Descriptor>& entries) {
    std::set<Digest> digests;
    std::set<std::vector<std::string>> tag_sets;
    std::vector<std::string> known;
    for (const Descriptor& entry : entries) {
      digests.insert(entry.digest);
      std::vector<std::string> tags = tags_of(entry);
      if (!tag_sets.insert(tags).second) continue;
      known.insert(known.end(), tags.begin(), tags.end());
    }
    if (digests.size() < 2 || tag_sets.size() < 2) return {};
    return fail(Code::usage,
                {"there are ", digests.size(), " images; choose one by :TAG or @DIGEST. Tags: ", list_some(known)});
  }

  // Reads `entries` and the indexes among them into candidates_, in order, breadth first.
  Result<void> collect(const std::vector<Descriptor>& entries) {
    const auto wanted = Digest::parse(reference_);
    struct Pending {
      Descriptor descriptor;
      std::vector<std::string> tags;
      bool below_wanted;
    };
    std::vector<Pending> level;
    for (const Descriptor& entry : entries) level.push_back({entry, tags_of(entry), !wanted});
    std::set<Digest> visited;
    for (unsigned depth = 0; !level.empty(); ++depth) {
      if (depth > kIndexDepthMax)
        return fail(Code::limit, {"indexes are nested deeper than the ", kIndexDepthMax, " levels that we read"});
      std::vector<Pending> next_level;
      for (Pending& pending : level) {
        if (is_attestation(pending.descriptor)) continue;
        if (wanted && pending.descriptor.digest == *wanted) pending.below_wanted = true;
        // The same manifest under two tags is one image. (By digest, so that cycles cannot be; but repeats can.)
        if (!visited.insert(pending.descriptor.digest).second) continue;
        if (visited.size() > kManifestsMax)
          return fail(Code::limit, {"there are more than the ", kManifestsMax, " manifests that we read"});
        const std::string name = blob_name(pending.descriptor.digest);
        auto text = read_verified(*store_, pending.descriptor, kManifestSizeMax);
        if (!text) {
          // Layouts may be sparse (`skopeo copy --multi-arch` of some): only what was asked for must be there.
          unreadable_.push_back({pending.descriptor, std::move(text).error()});
          continue;
        }
        LIMPID_ASSIGN_WITHIN(auto document, parse_document(*text), {name});
        if (auto* index = std::get_if<Index>(&document)) {
          for (Descriptor& entry : index->manifests)
            next_level.push_back({std::move(entry), pending.tags, pending.below_wanted});
        } else if (pending.below_wanted) {
          add_candidate(pending.descriptor, std::move(std::get<ImageManifest>(document)), pending.tags);
        }
      }
      level = std::move(next_level);
    }
    if (wanted && candidates_.empty() && artifacts_.empty() && !visited.contains(*wanted))
      return fail(Code::not_found, {"no image has the digest ", reference_});
    return {};
  }

  void add_candidate(const Descriptor& descriptor, ImageManifest manifest, std::vector<std::string> tags) {
    if (manifest.config.media_type == kEmptyConfig) {
      artifacts_.push_back(manifest.artifact_type.empty() ? "unknown" : manifest.artifact_type);
      return;
    }
    candidates_.push_back({descriptor, std::move(manifest), std::nullopt, std::move(tags)});
  }

  std::unexpected<Error> nothing_there() {
    if (!unreadable_.empty()) return std::unexpected(std::move(unreadable_.front().second));
    if (!artifacts_.empty())
      return fail(Code::unsupported, {"not a container image: artifactType ", list_some(artifacts_)});
    return fail(Code::not_found, {"there is no image in it"});
  }

  // What the index says, or else what the config says.
  Result<Platform> platform_of(Candidate& candidate) {
    if (candidate.descriptor.platform && !candidate.descriptor.platform->architecture.empty())
      return *candidate.descriptor.platform;
    LIMPID_TRY(load_config(candidate));
    return candidate.config->platform;
  }

  Result<void> load_config(Candidate& candidate) {
    if (candidate.config) return {};
    const std::string name = blob_name(candidate.manifest.config.digest);
    LIMPID_ASSIGN(const std::string text, read_verified(*store_, candidate.manifest.config, kConfigSizeMax));
    LIMPID_ASSIGN_WITHIN(candidate.config, parse_config(text), {"config ", name});
    return {};
  }

  Result<std::size_t> choose_by_platform() {
    Platform wanted = host_platform();
    if (!options_.platform.empty()) {
      LIMPID_ASSIGN(wanted, parse_platform(options_.platform));
    }
    std::optional<std::size_t> best;
    unsigned best_distance = 0;
    std::vector<std::string> offered;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      LIMPID_ASSIGN(const Platform platform, platform_of(candidates_[i]));
      offered.push_back(to_string(platform));
      const auto found = distance(wanted, platform);
      if (found && (!best || *found < best_distance)) best = i, best_distance = *found;
    }
    for (const auto& [descriptor, error] : unreadable_)
      if (descriptor.platform) offered.push_back(to_string(*descriptor.platform) + " (missing)");
    if (candidates_.size() == 1 && unreadable_.empty() && options_.platform.empty()) {
      if (!best)
        notes_.push_back(base::cat(
            {"the only image is for ", offered[0], ", not for this machine's ", to_string(wanted), ": it was taken"}));
      return std::size_t{0};
    }
    LIMPID_TRY(refuse_unreadable_match(wanted, best, best_distance));
    if (!best)
      return fail(Code::not_found,
                  {"no image for the platform ", to_string(wanted), "; there are: ", list_some(offered)});
    if (candidates_.size() > 1)
      notes_.push_back(base::cat({"platform ", offered[*best], " was chosen of ", list_some(offered)}));
    return *best;
  }

  // The image that would have been chosen is listed, but its manifest is not there or is wrong.
  Result<void> refuse_unreadable_match(const Platform& wanted, std::optional<std::size_t> best,
                                       unsigned best_distance) {
    for (auto& [descriptor, error] : unreadable_) {
      const auto found = descriptor.platform ? distance(wanted, *descriptor.platform) : std::optional<unsigned>(0);
      if (found && (!best || *found < best_distance)) return std::unexpected(std::move(error));
    }
    return {};
  }

  Result<std::unique_ptr<ImageSource>> finish(Candidate candidate) {
    LIMPID_TRY(load_config(candidate));
    const Config& config = *candidate.config;
    const ImageManifest& source = candidate.manifest;
    const bool promised = config.diff_ids.size() == source.layers.size();
    if (!promised) {
      if (is_image_config(source.config.media_type) || !config.diff_ids.empty())
        return fail(Code::invalid, {"the manifest has ", source.layers.size(), " layers, its config ",
                                    config.diff_ids.size(), " diff IDs"});
      // Somebody's own kind of artifact. What it keeps in layers as images have them can be read as such.
      if (!std::all_of(source.layers.begin(), source.layers.end(), is_image_layer))
        return fail(Code::unsupported, {"not a container image: its config is ", source.config.media_type});
      notes_.push_back(base::cat({"not a container image, but ", source.config.media_type,
                                  " with layers like one's: they were read, with no diff IDs to compare"}));
    }
    Manifest manifest;
    manifest.digest = candidate.descriptor.digest;
    manifest.config_digest = source.config.digest;
    manifest.tags = candidate.tags;
    manifest.name = name_of_image(path_, reference_, manifest.tags);
    manifest.notes = std::move(notes_);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < source.layers.size(); ++i) {
      const Descriptor& layer = source.layers[i];
      manifest.layers.push_back(
          {layer.digest, promised ? config.diff_ids[i] : Digest(), layer.media_type, layer.size, {}});
      names.push_back(blob_name(layer.digest));
    }
    apply_config(config, manifest);
    note_contradiction(candidate, manifest);
    return std::make_unique<StoredImage>(std::move(manifest), store_, std::move(names), options_);
  }

  static bool is_image_config(std::string_view media_type) {
    return media_type.empty() || media_type == "application/vnd.oci.image.config.v1+json" ||
           media_type == "application/vnd.docker.container.image.v1+json";
  }

  static bool is_image_layer(const Descriptor& layer) {
    for (const std::string_view prefix : {"application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.",
                                          "application/tar", "application/x-tar"})
      if (layer.media_type.starts_with(prefix)) return true;
    return layer.media_type.empty();
  }

  static void note_contradiction(const Candidate& candidate, Manifest& manifest) {
    const auto& listed = candidate.descriptor.platform;
    if (!listed || listed->architecture.empty() || manifest.platform.architecture.empty()) return;
    const Platform a = normalised(*listed);
    const Platform b = normalised(manifest.platform);
    if (a.os == b.os && a.architecture == b.architecture) return;
    manifest.notes.push_back(base::cat({"the index lists the image for ", to_string(*listed), ", its config says ",
                                        to_string(manifest.platform), ": the config is believed"}));
  }

  std::shared_ptr<const BlobStore> store_;
  std::string path_;
  std::string reference_;
  const OpenOptions& options_;
  std::vector<Candidate> candidates_;
  std::vector<std::pair<Descriptor, Error>> unreadable_;
  std::vector<std::string> artifacts_;
  std::vector<std::string> notes_;
};

}  // namespace

Result<std::unique_ptr<ImageSource>> open_layout_in(std::shared_ptr<const BlobStore> store, const std::string& path,
                                                    const std::string& reference, const OpenOptions& options) {
  return Layout(std::move(store), path, reference, options).open();
}

Result<std::unique_ptr<ImageSource>> open_oci_layout(const std::string& path, const std::string& reference,
                                                     const OpenOptions& options) {
  LIMPID_ASSIGN(auto store, open_directory_store(path));
  return open_layout_in(std::move(store), path, reference, options);
}

}  // namespace limpid::image
