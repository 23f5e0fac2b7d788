#include "image/choose.h"

#include <algorithm>
#include <set>

#include "image/platform.h"
#include "image/reference.h"
#include "image/toc_reader.h"

namespace limpid::image {
namespace {

constexpr std::string_view kTagAnnotation = "org.opencontainers.image.ref.name";
constexpr std::string_view kNameAnnotation = "io.containerd.image.name";
constexpr std::string_view kBuildKitKind = "vnd.docker.reference.type";

std::string annotation(const Descriptor& descriptor, std::string_view key) {
  const auto found = descriptor.annotations.find(std::string(key));
  return found == descriptor.annotations.end() ? std::string() : found->second;
}

bool is_image_config(std::string_view media_type) {
  return media_type.empty() || media_type == "application/vnd.oci.image.config.v1+json" ||
         media_type == "application/vnd.docker.container.image.v1+json";
}

bool is_image_layer(const Descriptor& layer) {
  for (const std::string_view prefix : {"application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.",
                                        "application/tar", "application/x-tar"})
    if (layer.media_type.starts_with(prefix)) return true;
  return layer.media_type.empty();
}

// In-toto statements, signatures: a layer is never JSON.
bool is_document(const Descriptor& layer) { return layer.media_type.ends_with("json"); }

std::string describe_attestation(const Descriptor& descriptor) {
  return base::cat({"an attestation of what an image is made of (", descriptor.digest.to_string(), ")"});
}

void note_contradiction(const std::optional<Platform>& listed, Manifest& manifest) {
  if (!listed || listed->architecture.empty() || manifest.platform.architecture.empty()) return;
  const Platform a = normalised(*listed);
  const Platform b = normalised(manifest.platform);
  if (a.os == b.os && a.architecture == b.architecture) return;
  manifest.notes.push_back(base::cat({"the index lists the image for ", to_string(*listed), ", its config says ",
                                      to_string(manifest.platform), ": the config is believed"}));
}

// Configs mostly leave the variant to the index.
void add_variant(const std::optional<Platform>& listed, Platform& platform) {
  if (!listed || !platform.variant.empty()) return;
  Platform varied = platform;
  varied.variant = listed->variant;
  if (normalised(varied) == normalised(*listed)) platform = varied;
}

bool states_platform(const Descriptor& descriptor) {
  return descriptor.platform && !descriptor.platform->architecture.empty();
}

}  // namespace

std::vector<std::string> tags_of(const Descriptor& descriptor) {
  std::vector<std::string> tags;
  for (const std::string_view key : {kNameAnnotation, kTagAnnotation})
    if (std::string tag = annotation(descriptor, key); !tag.empty()) tags.push_back(std::move(tag));
  return tags;
}

bool is_attestation(const Descriptor& descriptor) {
  return annotation(descriptor, kBuildKitKind) == "attestation-manifest";
}

Result<std::unique_ptr<ImageSource>> ImageChooser::open(const std::vector<Descriptor>& entries,
                                                        const std::optional<Digest>& wanted, const NameOf& name_of) {
  platform_ = host_platform();
  all_ = options_.platform == kAllPlatforms;
  if (!all_ && !options_.platform.empty()) {
    LIMPID_ASSIGN(platform_, parse_platform(options_.platform));
  }
  LIMPID_TRY(collect(entries, wanted));
  if (candidates_.empty() && unread_.empty()) return nothing_there();
  if (all_) return finish_all(name_of);
  LIMPID_ASSIGN(const std::size_t index, choose_by_platform());
  return finish(std::move(candidates_[index]), name_of);
}

// Reads `entries` and the indexes among them into candidates_, in order, breadth first.
Result<void> ImageChooser::collect(const std::vector<Descriptor>& entries, const std::optional<Digest>& wanted) {
  struct Pending {
    Descriptor descriptor;
    std::vector<std::string> tags;
    bool below_wanted;
  };
  std::vector<Pending> level;
  level.reserve(entries.size());
  for (const Descriptor& entry : entries) level.push_back({entry, tags_of(entry), !wanted});
  std::set<Digest> visited;
  for (unsigned depth = 0; !level.empty(); ++depth) {
    if (depth > options_.limits.index_depth_max)
      return fail(Code::limit, {"indexes are nested beyond the limit index-depth=", options_.limits.index_depth_max});
    std::vector<Pending> next_level;
    for (Pending& pending : level) {
      if (wanted && pending.descriptor.digest == *wanted) pending.below_wanted = true;
      if (is_attestation(pending.descriptor)) {
        if (pending.below_wanted) artifacts_.push_back(describe_attestation(pending.descriptor));
        continue;
      }
      // The same manifest under two tags is one image. (By digest, so that cycles cannot be; but repeats can.)
      if (!visited.insert(pending.descriptor.digest).second) continue;
      if (visited.size() > options_.limits.manifests_max)
        return fail(Code::limit, {"more manifests than the limit manifests=", options_.limits.manifests_max});
      const std::string name = store_->manifest_name(pending.descriptor.digest);
      auto text =
          read_verified(*store_, name, pending.descriptor, {"manifest-size", options_.limits.manifest_size_max});
      if (!text) {
        // Layouts may be sparse (`skopeo copy --multi-arch` of some): only what was asked for must be there.
        unreadable_.push_back({pending.descriptor, std::move(text).error()});
        continue;
      }
      LIMPID_TRY(hold(*text));
      LIMPID_ASSIGN_WITHIN(auto document, parse_document(*text, options_.limits), {name});
      if (auto* index = std::get_if<Index>(&document)) {
        if (reading_ == Reading::best_listed) put_aside(index->manifests);
        for (Descriptor& entry : index->manifests)
          next_level.push_back({std::move(entry), pending.tags, pending.below_wanted});
      } else if (pending.below_wanted) {
        add_candidate(pending.descriptor, std::move(std::get<ImageManifest>(document)), pending.tags);
      }
    }
    level = std::move(next_level);
  }
  if (wanted && candidates_.empty() && artifacts_.empty() && !visited.contains(*wanted))
    return fail(Code::not_found, {"no image has the digest ", wanted->to_string()});
  return {};
}

// What is parsed is held until an image is chosen: all of it together is bounded.
Result<void> ImageChooser::hold(std::string_view text) {
  held_ += text.size();
  if (held_ <= options_.limits.manifests_size_max) return {};
  return fail(Code::limit,
              {"manifests of more bytes together than the limit manifests-size=", options_.limits.manifests_size_max});
}

// Leaves of an index's entries those whose manifests have to be read to choose.
void ImageChooser::put_aside(std::vector<Descriptor>& entries) {
  std::erase_if(entries, [&](const Descriptor& entry) {
    const bool artifact = !entry.artifact_type.empty() && !entry.platform;
    if (artifact) artifacts_.push_back(base::cat({"artifactType ", entry.artifact_type}));
    // BuildKit's attestations are for the platform unknown/unknown.
    return artifact || is_attestation(entry) || (entry.platform && entry.platform->architecture == "unknown");
  });
  if (all_ || entries.size() == 1) return;  // what it is for, says its config
  std::optional<unsigned> best;
  for (const Descriptor& entry : entries) {
    if (!states_platform(entry)) continue;
    const auto found = distance(platform_, *entry.platform);
    if (found && (!best || *found < *best)) best = found;
  }
  std::erase_if(entries, [&](const Descriptor& entry) {
    if (!states_platform(entry)) return false;
    const auto found = distance(platform_, *entry.platform);
    if (found && *found == *best) return false;
    unread_.push_back(to_string(*entry.platform));
    return true;
  });
}

void ImageChooser::add_candidate(const Descriptor& descriptor, ImageManifest manifest, std::vector<std::string> tags) {
  const bool named_artifact = !manifest.artifact_type.empty() && !is_image_config(manifest.config.media_type) &&
                              !std::ranges::all_of(manifest.layers, is_image_layer);
  const bool documents = !manifest.layers.empty() && std::ranges::all_of(manifest.layers, is_document);
  if (manifest.config.media_type == kEmptyConfig || named_artifact || documents) {
    // What it says it is; else what it holds.
    const std::string holds = manifest.layers.empty() ? std::string("nothing") : manifest.layers[0].media_type;
    artifacts_.push_back(manifest.artifact_type.empty() ? base::cat({"an artifact that holds ", holds})
                                                        : base::cat({"artifactType ", manifest.artifact_type}));
    return;
  }
  candidates_.push_back({descriptor, std::move(manifest), std::nullopt, std::move(tags)});
}

std::unexpected<Error> ImageChooser::nothing_there() {
  if (!unreadable_.empty()) return std::unexpected(std::move(unreadable_.front().second));
  if (!artifacts_.empty()) return fail(Code::unsupported, {"not a container image: ", list_some(artifacts_)});
  return fail(Code::not_found, {"there is no image in it"});
}

// What the index says, or else what the config says.
Result<Platform> ImageChooser::platform_of(Candidate& candidate) {
  if (states_platform(candidate.descriptor)) return *candidate.descriptor.platform;
  LIMPID_TRY(load_config(candidate));
  return candidate.config->platform;
}

Result<void> ImageChooser::load_config(Candidate& candidate) {
  if (candidate.config) return {};
  const std::string name = blob_name(candidate.manifest.config.digest);
  LIMPID_ASSIGN(const std::string text,
                read_verified(*store_, candidate.manifest.config, {"config-size", options_.limits.config_size_max}));
  if (all_) LIMPID_TRY(hold(text));
  LIMPID_ASSIGN_WITHIN(candidate.config, parse_config(text, options_.limits), {"config ", name});
  return {};
}

Result<std::size_t> ImageChooser::choose_by_platform() {
  std::optional<std::size_t> best;
  unsigned best_distance = 0;
  std::vector<std::string> offered;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    LIMPID_ASSIGN(const Platform platform, platform_of(candidates_[i]));
    offered.push_back(to_string(platform));
    const auto found = distance(platform_, platform);
    const bool is_better = found && (!best || *found < best_distance);
    if (candidates_.size() > 1 && !is_better) candidates_[i].config.reset();  // of those, one is held
    if (!is_better) continue;
    if (best) candidates_[*best].config.reset();
    best = i;
    best_distance = *found;
  }
  for (const auto& [descriptor, error] : unreadable_)
    if (descriptor.platform) offered.push_back(to_string(*descriptor.platform) + " (missing)");
  offered.insert(offered.end(), unread_.begin(), unread_.end());
  if (candidates_.size() == 1 && unreadable_.empty() && unread_.empty() && options_.platform.empty()) {
    if (!best)
      notes_.push_back(base::cat(
          {"the only image is for ", offered[0], ", not for this machine's ", to_string(platform_), ": it was taken"}));
    return std::size_t{0};
  }
  LIMPID_TRY(refuse_unreadable_match(best, best_distance));
  if (!best)
    return fail(Code::not_found,
                {"no image for the platform ", to_string(platform_), "; there are: ", list_some(offered)});
  if (candidates_.size() + unread_.size() > 1)
    notes_.push_back(base::cat({"platform ", offered[*best], " was chosen of ", list_some(offered)}));
  return *best;
}

// The image that would have been chosen is listed, but its manifest is not there or is wrong.
Result<void> ImageChooser::refuse_unreadable_match(std::optional<std::size_t> best, unsigned best_distance) {
  for (auto& [descriptor, error] : unreadable_) {
    const auto found = descriptor.platform ? distance(platform_, *descriptor.platform) : std::optional<unsigned>(0);
    if (found && (!best || *found < best_distance)) return std::unexpected(std::move(error));
  }
  return {};
}

// A part of an index is not presented as all of it.
Result<std::unique_ptr<ImageSource>> ImageChooser::finish_all(const NameOf& name_of) {
  if (!unreadable_.empty()) return std::unexpected(std::move(unreadable_.front().second));
  const std::vector<std::string> notes = notes_;
  std::unique_ptr<StoredImage> first;
  for (Candidate& candidate : candidates_) {
    notes_ = notes;
    LIMPID_ASSIGN(std::unique_ptr<StoredImage> image, finish(std::move(candidate), name_of));
    if (first) {
      first->add_other(std::move(image));
    } else {
      first = std::move(image);
    }
  }
  return first;
}

Result<std::unique_ptr<StoredImage>> ImageChooser::finish(Candidate candidate, const NameOf& name_of) {
  LIMPID_TRY(load_config(candidate));
  const Config& config = *candidate.config;
  const ImageManifest& source = candidate.manifest;
  const bool promised = config.diff_ids.size() == source.layers.size();
  if (!promised) {
    if (is_image_config(source.config.media_type) || !config.diff_ids.empty())
      return fail(Code::invalid, {"the manifest has ", source.layers.size(), " layers, its config ",
                                  config.diff_ids.size(), " diff IDs"});
    // Somebody's own kind of artifact. What it keeps in layers as images have them can be read as such.
    if (!std::ranges::all_of(source.layers, is_image_layer))
      return fail(Code::unsupported, {"not a container image: its config is ", source.config.media_type});
    notes_.push_back(base::cat({"not a container image, but ", source.config.media_type,
                                " with layers like one's: they were read, with no diff IDs to compare"}));
  }
  Manifest manifest;
  manifest.digest = candidate.descriptor.digest;
  manifest.config_digest = source.config.digest;
  manifest.tags = candidate.tags;
  manifest.name = name_of(manifest.tags);
  manifest.notes = std::move(notes_);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < source.layers.size(); ++i) {
    const Descriptor& layer = source.layers[i];
    manifest.layers.push_back(
        {layer.digest, promised ? config.diff_ids[i] : Digest(), layer.media_type, layer.size, {}, layer.urls});
    manifest.layers.back().toc = promised_toc(layer.annotations);
    names.push_back(blob_name(layer.digest));
  }
  apply_config(config, manifest);
  note_contradiction(candidate.descriptor.platform, manifest);
  add_variant(candidate.descriptor.platform, manifest.platform);
  return std::make_unique<StoredImage>(std::move(manifest), store_, std::move(names), options_);
}

}  // namespace limpid::image
