// An image in a registry: a store whose blobs come over the network, each as a stream that is read as it arrives.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull
#include <utility>
#include <vector>

#include "base/log.h"
#include "image/choose.h"
#include "image/environment.h"
#include "image/name.h"
#include "image/registries_conf.h"
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
  Result<std::unique_ptr<archive::Source>> open_range(const std::string& name, std::uint64_t offset,
                                                      std::uint64_t size) const override {
    std::string_view rest = name;
    if (base::take_until(rest, '/') != "blobs") return BlobStore::open_range(name, offset, size);
    const std::string_view algorithm = base::take_until(rest, '/');
    LIMPID_ASSIGN(const Digest digest, Digest::parse(base::cat({algorithm, ":", rest})));
    return client_->range(digest, offset, size);
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

// `name` is what the user has asked for.
Result<std::unique_ptr<ImageSource>> open_at(const Endpoint& endpoint, const Name& name, const OpenOptions& options) {
  LIMPID_ASSIGN(std::shared_ptr<const RegistryClient> client,
                RegistryClient::connect(endpoint.name, options.registry, options.cancel));
  LIMPID_ASSIGN(RegistryClient::Document document, client->manifest(endpoint.name.reference()));
  Descriptor root;
  root.digest = document.digest;
  root.size = document.bytes.size();
  // From here on it is like the entry of a layout's index that has this tag.
  if (name.digest.empty()) root.annotations[std::string(kNameAnnotation)] = name.text();
  auto store = std::make_shared<RegistryStore>(std::move(client), std::move(document));
  ImageChooser chooser(std::move(store), options, ImageChooser::Reading::best_listed);
  if (endpoint.name != name) chooser.note("fetched from " + endpoint.name.text());
  return chooser.open({root}, std::nullopt, [&](const auto&) { return name.text(); });
}

// The user's own words are for the registry that was named, not for its mirrors.
OpenOptions options_for(const Endpoint& endpoint, const RegistriesConf& conf, const OpenOptions& options) {
  OpenOptions own = options;
  RegistryOptions& registry = own.registry;
  registry.insecure = registry.insecure || endpoint.insecure;
  registry.credential_helpers = conf.credential_helpers.value_or(std::vector<std::string>{});
  if (!endpoint.is_mirror) return own;
  for (std::string* secret : {&registry.username, &registry.password, &registry.cert_file, &registry.key_file})
    secret->clear();
  return own;
}

Result<RegistriesConf> registries_conf_for(const RegistryOptions& options) {
  RegistriesConf conf;
  if (options.read_registries_conf) {
    LIMPID_ASSIGN(conf, find_registries_conf({options.registries_conf, environment}));
  }
  LIMPID_TRY(add_mirrors(conf, options.mirrors));
  return conf;
}

// Places that were asked in vain.
class Attempts {
 public:
  void add(const Name& asked, const Name& place, Error error) {
    if (tried_.empty()) code_ = error.code();
    if (code_ != error.code()) code_ = Code::io;
    base::log(base::LogLevel::debug, "registry: not from here",
              {{"image", asked.text()}, {"place", place.text()}, {"reason", error.describe()}});
    tried_.push_back(std::move(error).within({place.text()}));
  }
  std::unexpected<Error> tell(std::string_view name) {
    if (tried_.size() == 1) return std::unexpected(std::move(tried_.front()));
    std::string text = base::cat({"there are ", tried_.size(), " places to fetch it from, and none does: "});
    for (const Error& error : tried_) base::append(text, {&error == &tried_.front() ? "" : "; ", error.describe()});
    return fail(code_, {name, ": ", text});
  }

 private:
  std::vector<Error> tried_;
  Code code_ = Code::io;
};

}  // namespace

Result<std::unique_ptr<ImageSource>> open_registry(const std::string& name, const OpenOptions& options) {
  LIMPID_ASSIGN(const RegistriesConf conf, registries_conf_for(options.registry));
  LIMPID_ASSIGN(const std::vector<Name> names, names_meant(conf, name));
  if (names.size() > 1 && !(options.registry.username.empty() && options.registry.cert_file.empty()))
    return fail(Code::usage, {"'", name,
                              "' may be in several registries, by registries.conf, and a login is for one: "
                              "name the registry"});
  Attempts attempts;
  for (const Name& meant : names) {
    auto endpoints = endpoints_of(conf, meant);
    if (!endpoints) attempts.add(meant, meant, std::move(endpoints).error());
    if (!endpoints) continue;
    for (const Endpoint& endpoint : *endpoints) {
      auto image = open_at(endpoint, meant, options_for(endpoint, conf, options));
      if (image) return image;
      if (image.error().code() == Code::cancelled)
        return std::unexpected(std::move(image).error().within({endpoint.name.text()}));
      attempts.add(meant, endpoint.name, std::move(image).error());
    }
  }
  return attempts.tell(name);
}

}  // namespace limpid::image
