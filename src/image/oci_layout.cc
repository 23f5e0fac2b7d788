// OCI image layout: oci-layout, index.json, blobs/. In index.json the image is found by tag or digest;
// from there on choose.h leads. https://github.com/opencontainers/image-spec/blob/main/image-layout.md
#include "image/oci_layout.h"

#include <optional>
#include <set>
#include <utility>

#include "image/choose.h"
#include "image/reference.h"
#include "image/stored_image.h"

namespace limpid::image {
namespace {

constexpr std::uint64_t kMarkerSizeMax = 4096;

class Layout {
 public:
  Layout(std::shared_ptr<const BlobStore> store, std::string path, std::string reference, const OpenOptions& options)
      : store_(std::move(store)), path_(std::move(path)), reference_(std::move(reference)), options_(options) {}

  Result<std::unique_ptr<ImageSource>> open() {
    LIMPID_TRY(read_marker());
    LIMPID_ASSIGN(const std::vector<Descriptor> chosen, choose_by_reference());
    std::optional<Digest> wanted;
    if (const auto digest = Digest::parse(reference_)) wanted = *digest;
    ImageChooser chooser(store_, options_, ImageChooser::Reading::all);
    return chooser.open(chosen, wanted, [this](const auto& tags) { return name_of_image(path_, reference_, tags); });
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
    LIMPID_ASSIGN(const std::string text,
                  read_blob(*store_, "index.json", {"manifest-size", options_.limits.manifest_size_max}));
    LIMPID_ASSIGN_WITHIN(auto document, parse_document(text, options_.limits), {"index.json"});
    auto* index = std::get_if<Index>(&document);
    if (index == nullptr) return fail(Code::invalid, {"index.json is a manifest, not an index"});
    if (Digest::parse(reference_)) return std::move(index->manifests);  // looked for among all, nested ones too
    std::vector<Descriptor> entries;
    for (Descriptor& entry : index->manifests)
      if (!is_attestation(entry)) entries.push_back(std::move(entry));
    if (entries.empty()) return fail(Code::not_found, {"index.json lists no image"});
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

  std::shared_ptr<const BlobStore> store_;
  std::string path_;
  std::string reference_;
  const OpenOptions& options_;
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
