// Images that containerd has pulled, read where it keeps them: names in a bolt database, content as files by digest. No
// daemon has to run, nothing is copied; but the folder is root's.
// https://github.com/containerd/containerd/blob/main/docs/content-flow.md,
// https://github.com/containerd/containerd/blob/main/core/metadata/buckets.go
#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "image/bolt.h"
#include "image/choose.h"
#include "image/name.h"
#include "image/reference.h"
#include "image/source.h"

namespace limpid::image {
namespace {

constexpr std::string_view kDefaultRoot = "/var/lib/containerd";
constexpr std::string_view kContentFolder = "/io.containerd.content.v1.content";
constexpr std::string_view kNamesFile = "/io.containerd.metadata.v1.bolt/meta.db";
// The names are read without containerd's leave: again, if it wrote meanwhile.
constexpr unsigned kReadingsMax = 20;
constexpr std::size_t kNamespacesMax = 1'000;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

// Says why a blob that a manifest names may not be there.
class ContentStore final : public BlobStore {
 public:
  explicit ContentStore(std::unique_ptr<BlobStore> files) : files_(std::move(files)) {}
  Result<Blob> open(const std::string& name) const override {
    auto blob = files_->open(name);
    if (blob || blob.error().code() != Code::not_found) return blob;
    return fail(Code::not_found, {name,
                                  " is not in containerd's content: the image was not pulled for this platform, or "
                                  "its layers were thrown away once unpacked (discard_unpacked_layers)"});
  }
  bool contains(const std::string& name) const override { return files_->contains(name); }

 private:
  std::unique_ptr<BlobStore> files_;
};

// What `name` may be called there: as given, and as containerd's clients write it.
std::vector<std::string> spellings_of(const std::string& name) {
  std::vector<std::string> spellings{name};
  if (const auto parsed = parse_name(name); parsed && parsed->text() != name) spellings.push_back(parsed->text());
  return spellings;
}

// v1 / NAMESPACE / images / NAME / target / digest.
Result<std::optional<Digest>> find_in_namespace(Bolt& names, const Bolt::Bucket& space, const std::string& name) {
  LIMPID_ASSIGN(const auto images, names.bucket(space, "images"));
  if (!images) return std::nullopt;
  for (const std::string& spelling : spellings_of(name)) {
    LIMPID_ASSIGN(const auto image, names.bucket(*images, spelling));
    if (!image) continue;
    LIMPID_ASSIGN(const auto target, names.bucket(*image, "target"));
    if (!target) continue;
    LIMPID_ASSIGN(const auto digest, names.value(*target, "digest"));
    if (!digest) continue;
    LIMPID_ASSIGN_WITHIN(const Digest parsed, Digest::parse(*digest), {"the image's digest"});
    return parsed;
  }
  return std::nullopt;
}

// Every namespace's image by that name; only one's where $CONTAINERD_NAMESPACE names it.
using ByNamespace = std::map<std::string, Digest>;
Result<ByNamespace> find_everywhere(Bolt& names, const std::string& name) {
  LIMPID_ASSIGN(const auto version, names.bucket(names.top(), "v1"));
  if (!version) return fail(Code::unsupported, {"containerd's database has no bucket 'v1'"});
  std::vector<std::string> spaces{environment("CONTAINERD_NAMESPACE")};
  if (spaces[0].empty()) {
    LIMPID_ASSIGN(spaces, names.buckets(*version));
  }
  if (spaces.size() > kNamespacesMax)
    return fail(Code::limit, {"more than the ", kNamespacesMax, " namespaces that we look into"});
  ByNamespace found;
  for (const std::string& one : spaces) {
    LIMPID_ASSIGN(const auto space, names.bucket(*version, one));
    if (!space) continue;
    LIMPID_ASSIGN(const auto digest, find_in_namespace(names, *space, name));
    if (digest) found.emplace(one, *digest);
  }
  return found;
}

// An answer counts only if the database did not change while it was put together; nor does an error.
Result<ByNamespace> find_by_name(const std::string& path, const std::string& name) {
  for (unsigned reading = 0; reading < kReadingsMax; ++reading) {
    LIMPID_ASSIGN(base::File file, base::File::open(path));
    LIMPID_ASSIGN_WITHIN(Bolt names, Bolt::open(std::move(file)), {path});
    auto found = find_everywhere(names, name);
    LIMPID_ASSIGN_WITHIN(const bool current, names.is_current(), {path});
    if (!current) continue;
    if (!found) return std::unexpected(std::move(found).error().within({path}));
    return found;
  }
  return fail(Code::io, {path, ": containerd wrote to it during each of ", kReadingsMax, " readings; try again"});
}

Result<Digest> choose_digest(const ByNamespace& found, const std::string& name) {
  if (found.empty())
    return fail(Code::not_found, {"containerd has no image '", spellings_of(name).back(), "'",
                                  environment("CONTAINERD_NAMESPACE").empty() ? "" : " in $CONTAINERD_NAMESPACE"});
  std::vector<std::string> spaces;
  for (const auto& [space, digest] : found) spaces.push_back(space);
  if (std::ranges::any_of(found, [&](const auto& one) { return one.second != found.begin()->second; }))
    return fail(Code::usage, {"namespaces have different images by that name; choose one by $CONTAINERD_NAMESPACE: ",
                              list_some(spaces)});
  return found.begin()->second;
}

std::unexpected<Error> explain(Error error, const std::string& root) {
  if (error.code() == Code::not_found)
    return fail(Code::io, {"there is no containerd at ", root, "; --containerd-root may name another folder"});
  return std::unexpected(std::move(error).within({"containerd's content (root's, as a rule)"}));
}

}  // namespace

Result<std::unique_ptr<ImageSource>> open_containerd(const std::string& name, const OpenOptions& options) {
  std::string root = options.containerd_root.empty() ? environment("CONTAINERD_ROOT") : options.containerd_root;
  if (root.empty()) root = kDefaultRoot;
  auto files = open_directory_store(base::cat({root, kContentFolder}));
  if (!files) return explain(std::move(files).error(), root);
  const auto store = std::make_shared<ContentStore>(*std::move(files));

  Descriptor entry;
  if (auto digest = Digest::parse(name)) {
    entry.digest = *std::move(digest);
  } else {
    LIMPID_TRY(parse_name(name));
    LIMPID_ASSIGN(const ByNamespace found, find_by_name(base::cat({root, kNamesFile}), name));
    LIMPID_ASSIGN(entry.digest, choose_digest(found, name));
    entry.annotations["io.containerd.image.name"] = spellings_of(name).back();
  }
  LIMPID_ASSIGN(const Blob blob, store->open(blob_name(entry.digest)));
  entry.size = blob.size;
  ImageChooser chooser(store, options, ImageChooser::Reading::all);
  return chooser.open({entry}, std::nullopt, [&](const auto&) { return name; });
}

}  // namespace limpid::image
