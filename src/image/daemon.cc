// Asks a daemon what an image is made of, and has it exported only once a layer is really wanted: layers that are known
// by their diff IDs cost nothing. The export is a docker-archive, which has to be read out of order; so it is put down
// in a file without a name and read as any other. https://docs.docker.com/reference/api/engine/ (/images/{name}/json,
// …/history, …/get)
#include "image/daemon.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "image/archive_store.h"
#include "image/docker_archive.h"
#include "image/local_json.h"
#include "image/name.h"
#include "image/platform.h"
#include "image/reference.h"

namespace limpid::image {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kAnswerMax = std::uint64_t{8} << 20;
// Podman writes the whole archive down before its first byte is sent.
constexpr milliseconds kExportSilenceMax{600'000};
// Whoever meant a registry does not wait for a daemon that hangs.
constexpr milliseconds kGuessMax{3'000};

class Daemon {
 public:
  Daemon(DaemonPlace place, const OpenOptions& options) : place_(std::move(place)), options_(options) {}

  const DaemonPlace& place() const { return place_; }

  Result<Inspected> inspect(const std::string& name, milliseconds most) const {
    LIMPID_ASSIGN(const net::Response answer, ask(base::cat({"/images/", name, "/json"}), most));
    return parse_inspected(answer.body);
  }
  Result<std::vector<std::string>> history(const std::string& id, std::size_t layers) const {
    LIMPID_ASSIGN(const net::Response answer, ask(base::cat({"/images/", id, "/history"}), options_.registry.idle_max));
    return parse_daemon_history(answer.body, layers);
  }
  // The whole image as a docker-archive.
  Result<base::File> get(const std::string& id) const {
    net::Options options = client();
    options.limits.idle = std::max(options.limits.idle, kExportSilenceMax);
    options.limits.total = options_.registry.request_max;
    options.limits.bytes_max = options_.limits.export_size_max;
    options.limits.bytes_name = "export-size";
    LIMPID_ASSIGN(net::Stream stream, net::open_stream(request(base::cat({"/images/", id, "/get"})), options));
    if (stream.response.status != 200) {
      const auto body = archive::read_all(*stream.body, kAnswerMax);
      return refusal(stream.response.status, body ? *body : std::string());
    }
    LIMPID_ASSIGN(base::File file, base::temporary_file());
    for (;;) {
      LIMPID_ASSIGN(const Bytes bytes, stream.body->next());
      if (bytes.empty()) return file;
      LIMPID_TRY_WITHIN(base::write_all(file.descriptor(), bytes), {"writing the daemon's export to a temporary file"});
    }
  }

 private:
  net::Options client() const {
    net::Options options;
    options.tls = place_.tls;
    options.unix_socket = place_.socket;
    options.follow_redirects = false;
    options.limits.connect = options_.registry.connect_max;
    options.limits.idle = options_.registry.idle_max;
    options.limits.bytes_max = kAnswerMax;
    options.cancel = options_.cancel;
    return options;
  }
  net::Request request(const std::string& path) const {
    net::Request request;
    request.url = place_.url + path;
    return request;
  }
  Result<net::Response> ask(const std::string& path, milliseconds most) const {
    net::Options options = client();
    options.limits.total = options.limits.idle = most;
    options.limits.connect = std::min(options.limits.connect, most);
    LIMPID_ASSIGN(net::Response answer, net::fetch(request(path), options));
    if (answer.status != 200) return refusal(answer.status, answer.body);
    return answer;
  }
  static std::unexpected<Error> refusal(int status, std::string_view body) {
    const std::string message = parse_daemon_message(body);
    return fail(status == 404 ? Code::not_found : Code::io,
                {message.empty() ? "the daemon answers with status " : message + " (status ", status,
                 message.empty() ? "" : ")"});
  }

  DaemonPlace place_;
  OpenOptions options_;
};

// A daemon promises no blobs: its layers are what they are unpacked, however it happens to export them.
class BareLayer final : public LayerReader {
 public:
  explicit BareLayer(std::unique_ptr<LayerReader> inner) : inner_(std::move(inner)) {}
  archive::EntryReader& entries() override { return inner_->entries(); }
  void may_use(base::SpareThreads& spare) override { inner_->may_use(spare); }
  Result<LayerDescriptor> finish() override {
    LIMPID_ASSIGN(LayerDescriptor measured, inner_->finish());
    measured.digest = measured.diff_id;
    measured.size = measured.tar_size;
    return measured;
  }

 private:
  std::unique_ptr<LayerReader> inner_;
};

class DaemonImage final : public ImageSource {
 public:
  DaemonImage(Manifest manifest, std::string id, Daemon daemon, OpenOptions options)
      : manifest_(std::move(manifest)), id_(std::move(id)), daemon_(std::move(daemon)), options_(std::move(options)) {}

  const Manifest& manifest() const override { return manifest_; }

  Result<std::unique_ptr<LayerReader>> open_layer(std::size_t index) const override {
    if (index >= manifest_.layers.size())
      return fail(Code::internal, {"there is no layer ", index, " of ", manifest_.layers.size()});
    LIMPID_ASSIGN(const ImageSource* exported, exported_once());
    LIMPID_ASSIGN(auto layer, exported->open_layer(index));
    return std::make_unique<BareLayer>(std::move(layer));
  }

 private:
  // Whoever comes first has it exported; the others wait, and share a failure.
  Result<const ImageSource*> exported_once() const {
    const std::lock_guard lock(mutex_);
    if (exported_) return exported_.get();
    if (failure_) return std::unexpected(*failure_);
    auto image = export_image();
    if (!image) {
      failure_ = std::move(image).error().within({daemon_.place().address, ": exporting ", id_});
      return std::unexpected(*failure_);
    }
    exported_ = *std::move(image);
    return exported_.get();
  }

  Result<std::unique_ptr<ImageSource>> export_image() const {
    LIMPID_ASSIGN(base::File file, daemon_.get(id_));
    LIMPID_ASSIGN(const std::uint64_t size, file.size());
    base::log(base::LogLevel::debug, "daemon: the image was exported",
              {{"daemon", daemon_.place().address}, {"image", id_}, {"bytes", size}});
    LIMPID_ASSIGN(auto store, ArchiveStore::open(std::move(file), options_, ArchiveStore::Purpose::read));
    OpenOptions any = options_;
    any.platform = kAllPlatforms;  // it was judged by what the daemon says
    LIMPID_ASSIGN(auto image, open_docker_in(std::move(store), manifest_.name, "", any));
    const std::vector<LayerDescriptor>& layers = image->manifest().layers;
    const auto same = [](const LayerDescriptor& a, const LayerDescriptor& b) { return a.diff_id == b.diff_id; };
    if (!std::ranges::equal(layers, manifest_.layers, same))
      return fail(Code::mismatch, {"the daemon exported another image than it had described"});
    return image;
  }

  Manifest manifest_;
  std::string id_;
  Daemon daemon_;
  OpenOptions options_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<ImageSource> exported_;
  mutable std::optional<Error> failure_;
};

Result<std::unique_ptr<ImageSource>> open_at(DaemonPlace place, const std::string& name, milliseconds most,
                                             const OpenOptions& options) {
  LIMPID_TRY(check_daemon(place));
  // What is read now needs no file later (cli/sandbox.h).
  LIMPID_ASSIGN_WITHIN(place.tls, net::with_contents(std::move(place.tls)), {place.address});
  Daemon daemon(place, options);
  LIMPID_ASSIGN_WITHIN(Inspected image, daemon.inspect(name, most), {place.address});
  const std::string id = image.id.to_string();
  Manifest manifest;
  manifest.name = name;
  if (!image.id_is_manifest) manifest.config_digest = image.id;
  manifest.tags = image.tags;
  manifest.platform = image.config.platform;
  LIMPID_TRY_WITHIN(judge_platform(options.platform, manifest), {place.address});
  auto made_by = daemon.history(id, image.config.diff_ids.size());
  if (!made_by) {  // it only decorates the report
    base::log(base::LogLevel::debug, "daemon: no history of the image",
              {{"daemon", place.address}, {"reason", made_by.error().describe()}});
    made_by = std::vector<std::string>(image.config.diff_ids.size());
  }
  for (std::size_t i = 0; i < image.config.diff_ids.size(); ++i) {
    LayerDescriptor layer;
    layer.diff_id = image.config.diff_ids[i];
    manifest.layers.push_back(std::move(layer));
  }
  apply_config(image.config, manifest);
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) manifest.layers[i].created_by = std::move((*made_by)[i]);
  base::log(base::LogLevel::debug, "daemon: has the image", {{"daemon", place.address}, {"image", id}});
  return std::make_unique<DaemonImage>(std::move(manifest), id, std::move(daemon), options);
}

}  // namespace

Result<std::unique_ptr<ImageSource>> open_in_daemon(DaemonKind kind, const std::string& name,
                                                    const OpenOptions& options) {
  // An ID is a name as well. Nothing that passes here needs an escape in a URL.
  LIMPID_TRY(parse_name(name));
  LIMPID_ASSIGN(const std::vector<DaemonPlace> places, daemon_places(kind, daemon_environment));
  std::optional<Error> first;
  std::vector<std::string> absent;
  for (const DaemonPlace& place : places) {
    auto image = open_at(place, name, options.registry.idle_max, options);
    if (image) return image;
    if (!place.named && image.error().code() == Code::not_found && !check_daemon(place)) {
      absent.push_back(place.address);  // no socket there
    } else if (!first) {
      first = std::move(image).error();
    }
  }
  if (first) return std::unexpected(*std::move(first));
  return fail(Code::io, {"no socket of ", name_of(kind), " (tried ", list_some(absent), "): is it running? ",
                         kind == DaemonKind::docker ? "DOCKER_HOST" : "CONTAINER_HOST", " may name another"});
}

std::unique_ptr<ImageSource> find_in_daemons(const std::string& name, const OpenOptions& options,
                                             std::vector<std::string>& asked) {
  for (const DaemonKind kind : {DaemonKind::docker, DaemonKind::podman}) {
    const auto note = [&](const Error& error) {
      base::log(base::LogLevel::debug, "daemon: the image is looked for elsewhere",
                {{"daemon", name_of(kind)}, {"reason", error.describe()}});
      asked.push_back(base::cat({name_of(kind), ": ", error.describe()}));
    };
    const auto places = daemon_places(kind, daemon_environment);
    if (!places) {
      note(places.error());
      continue;
    }
    for (const DaemonPlace& place : *places) {
      const auto listening = check_daemon(place);
      if (!listening && !place.named && listening.error().code() == Code::not_found) continue;
      auto image = open_at(place, name, kGuessMax, options);
      if (image) return *std::move(image);
      note(image.error());
    }
  }
  return nullptr;
}

}  // namespace limpid::image
