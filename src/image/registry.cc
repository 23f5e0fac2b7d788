// An image in a registry: a store whose blobs come over the network, each as a stream that is read as it arrives.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull
#include <utility>

#include "image/choose.h"
#include "image/name.h"
#include "image/registry_client.h"
#include "image/source.h"

namespace limpid::image {
namespace {

constexpr std::string_view kNameAnnotation = "io.containerd.image.name";

class Owned final : public archive::Source {
 public:
  explicit Owned(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<Bytes> next() override { return std::exchange(given_, true) ? Bytes{} : base::as_bytes(bytes_); }

 private:
  std::string bytes_;
  bool given_ = false;
};

// "manifests/<algorithm>/<hex>" and "blobs/<algorithm>/<hex>".
class RegistryStore final : public BlobStore {
 public:
  // `root` is at hand already.
  RegistryStore(std::shared_ptr<const RegistryClient> client, RegistryClient::Document root)
      : client_(std::move(client)), root_(std::move(root)) {}

  Result<Blob> open(const std::string& name) const override {
    std::string_view rest = name;
    const std::string_view kind = base::take_until(rest, '/');
    const std::string_view algorithm = base::take_until(rest, '/');
    LIMPID_ASSIGN(const Digest digest, Digest::parse(base::cat({algorithm, ":", rest})));
    if (kind == "blobs") return client_->blob(digest);
    if (kind != "manifests") return fail(Code::not_found, {"'", name, "' is no name in a registry"});
    if (digest == root_.digest) return owned(root_.bytes);
    LIMPID_ASSIGN(RegistryClient::Document document, client_->manifest(digest.to_string()));
    return owned(std::move(document.bytes));
  }
  bool contains(const std::string& name) const override { return open(name).has_value(); }
  std::string manifest_name(const Digest& digest) const override {
    std::string name = digest.to_string();
    name.replace(name.find(':'), 1, "/");
    return "manifests/" + name;
  }

 private:
  static Blob owned(std::string bytes) {
    Blob blob;
    blob.size = bytes.size();
    blob.source = std::make_unique<Owned>(std::move(bytes));
    return blob;
  }

  std::shared_ptr<const RegistryClient> client_;
  RegistryClient::Document root_;
};

Result<std::unique_ptr<ImageSource>> open_named(const Name& name, const OpenOptions& options) {
  LIMPID_ASSIGN(std::shared_ptr<const RegistryClient> client,
                RegistryClient::connect(name, options.registry, options.cancel));
  LIMPID_ASSIGN(RegistryClient::Document document, client->manifest(name.reference()));
  Descriptor root;
  root.digest = document.digest;
  root.size = document.bytes.size();
  // From here on it is like the entry of a layout's index that has this tag.
  if (name.digest.empty()) root.annotations[std::string(kNameAnnotation)] = name.text();
  auto store = std::make_shared<RegistryStore>(std::move(client), std::move(document));
  ImageChooser chooser(std::move(store), options, ImageChooser::Reading::best_listed);
  return chooser.open({root}, std::nullopt, [&](const auto&) { return name.text(); });
}

}  // namespace

Result<std::unique_ptr<ImageSource>> open_registry(const std::string& name, const OpenOptions& options) {
  LIMPID_ASSIGN(const Name parsed, parse_name(name));
  auto image = open_named(parsed, options);
  if (!image) return std::unexpected(std::move(image).error().within({parsed.text()}));
  return image;
}

}  // namespace limpid::image
