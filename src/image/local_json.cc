#include "image/local_json.h"

#include <algorithm>

#include "image/json_text.h"
#include "image/source.h"

namespace limpid::image {
namespace {

constexpr std::size_t kAciListMax = 1'000;

Result<void> read_layers(dom::element element, Config& config) {
  LIMPID_ASSIGN(const Fields fields, Fields::of(element, "RootFS", {"Type", "Layers"}));
  LIMPID_ASSIGN(const std::string type, fields.text("Type"));
  if (!type.empty() && type != "layers") return fail(Code::unsupported, {"RootFS.Type '", type, "' is not 'layers'"});
  LIMPID_ASSIGN(const std::vector<std::string> layers, fields.texts("Layers"));
  if (layers.size() > kLayersMax)
    return fail(Code::limit, {layers.size(), " layers, more than the ", kLayersMax, " that we read"});
  for (const std::string& layer : layers) {
    LIMPID_ASSIGN_WITHIN(Digest digest, Digest::parse(layer), {"RootFS.Layers[", config.diff_ids.size(), "]"});
    config.diff_ids.push_back(std::move(digest));
  }
  return {};
}

Result<bool> names_manifest(dom::element element, const std::string& id) {
  LIMPID_ASSIGN(const Fields fields, Fields::of(element, "Descriptor", {"digest"}));
  LIMPID_ASSIGN(const std::string digest, fields.text("digest"));
  return digest == id;
}

struct Named {
  std::string name, value;
};
// The lists of {"name", "value"} that an ACI's manifest consists of; `name` is "imageName" among dependencies.
Result<std::vector<Named>> read_named(const Fields& fields, std::string_view list, std::string_view name = "name") {
  std::vector<Named> found;
  if (!fields.has(list)) return found;
  LIMPID_ASSIGN(const dom::array array, fields.list(list, list, kAciListMax));
  for (const dom::element item : array) {
    LIMPID_ASSIGN(const Fields entry, Fields::of(item, list, {name, "value"}));
    LIMPID_ASSIGN(std::string key, entry.text(name));
    LIMPID_ASSIGN(std::string value, entry.text("value"));
    found.push_back({std::move(key), std::move(value)});
  }
  return found;
}

Result<void> read_aci_app(dom::element element, Config& config) {
  LIMPID_ASSIGN(const Fields fields, Fields::of(element, "app", {"exec", "user", "environment"}));
  LIMPID_ASSIGN(config.entrypoint, fields.texts("exec"));
  LIMPID_ASSIGN(config.user, fields.text("user"));
  LIMPID_ASSIGN(const std::vector<Named> environment, read_named(fields, "environment"));
  for (const Named& one : environment) config.environment.push_back(base::cat({one.name, "=", one.value}));
  return {};
}

}  // namespace

Result<Inspected> parse_inspected(std::string_view text) {
  Text json;
  LIMPID_ASSIGN(const dom::element root, json.parse(text));
  LIMPID_ASSIGN(const Fields fields, Fields::of(root, "the description",
                                                {"Id", "RepoTags", "Created", "Author", "Config", "Os", "Architecture",
                                                 "Variant", "OsVersion", "RootFS", "Descriptor"}));
  Inspected image;
  LIMPID_ASSIGN(const std::string id, fields.text("Id"));
  LIMPID_ASSIGN_WITHIN(image.id, Digest::parse(id), {"Id"});
  LIMPID_ASSIGN(image.tags, fields.texts("RepoTags"));
  Config& config = image.config;
  LIMPID_ASSIGN(config.platform.os, fields.text("Os"));
  if (config.platform.os.empty()) config.platform.os = "linux";
  LIMPID_ASSIGN(config.platform.architecture, fields.text("Architecture"));
  LIMPID_ASSIGN(config.platform.variant, fields.text("Variant"));
  LIMPID_ASSIGN(config.platform.os_version, fields.text("OsVersion"));
  LIMPID_ASSIGN(config.created, fields.text("Created"));
  LIMPID_ASSIGN(config.author, fields.text("Author"));
  if (const auto runtime = fields.find("Config")) LIMPID_TRY(read_runtime(*runtime, config));
  if (const auto rootfs = fields.find("RootFS")) LIMPID_TRY(read_layers(*rootfs, config));
  if (const auto descriptor = fields.find("Descriptor")) {
    LIMPID_ASSIGN(image.id_is_manifest, names_manifest(*descriptor, id));
  }
  return image;
}

Result<std::vector<std::string>> parse_daemon_history(std::string_view text, std::size_t layers) {
  Text json;
  LIMPID_ASSIGN(const dom::element root, json.parse(text));
  dom::array array;
  if (root.get(array) != simdjson::SUCCESS) return fail(Code::invalid, {"the history is no list"});
  if (array.size() > kHistoryMax)
    return fail(Code::limit, {"a history of more than the ", kHistoryMax, " steps that we read"});
  std::vector<std::string> all, sized;
  for (const dom::element item : array) {
    LIMPID_ASSIGN(const Fields fields, Fields::of(item, "history[]", {"CreatedBy", "Size"}));
    LIMPID_ASSIGN(std::string step, fields.text("CreatedBy"));
    std::int64_t size = 0;
    if (const auto value = fields.find("Size"); value && value->get(size) != simdjson::SUCCESS)
      return fields.wrong("Size", "a whole number");
    if (size > 0) sized.push_back(step);
    all.push_back(std::move(step));
  }
  // A step that added bytes is a layer; so if they are as many as the layers, they are the layers. Where they are
  // fewer, a layer without bytes is among the other steps, and which one cannot be told unless all of them are layers.
  std::vector<std::string> steps(layers);
  if (sized.size() == layers)
    steps = std::move(sized);
  else if (all.size() == layers)
    steps = std::move(all);
  std::ranges::reverse(steps);
  return steps;
}

std::string parse_daemon_message(std::string_view text) {
  Text json;
  const auto root = json.parse(text);
  if (!root) return {};
  const auto fields = Fields::of(*root, "the answer", {"message"});
  return fields ? fields->text("message").value_or("") : "";
}

Result<std::string> parse_current_context(std::string_view text) {
  Text json;
  LIMPID_ASSIGN(const dom::element root, json.parse(text));
  LIMPID_ASSIGN(const Fields fields, Fields::of(root, "the configuration", {"currentContext"}));
  return fields.text("currentContext");
}

Result<ContextEndpoint> parse_context(std::string_view text) {
  Text json;
  LIMPID_ASSIGN(const dom::element root, json.parse(text));
  LIMPID_ASSIGN(const Fields fields, Fields::of(root, "the context", {"Endpoints"}));
  const auto endpoints = fields.find("Endpoints");
  if (!endpoints) return fail(Code::invalid, {"the context names no endpoint"});
  LIMPID_ASSIGN(const Fields kinds, Fields::of(*endpoints, "Endpoints", {"docker"}));
  const auto docker = kinds.find("docker");
  if (!docker) return fail(Code::invalid, {"the context names no endpoint of Docker"});
  LIMPID_ASSIGN(const Fields endpoint, Fields::of(*docker, "Endpoints.docker", {"Host", "SkipTLSVerify"}));
  ContextEndpoint found;
  LIMPID_ASSIGN(found.host, endpoint.text("Host"));
  if (const auto skip = endpoint.find("SkipTLSVerify"); skip && skip->get(found.skip_tls_verify) != simdjson::SUCCESS)
    return fail(Code::invalid, {"Endpoints.docker.SkipTLSVerify is neither true nor false"});
  return found;
}

Result<AciManifest> parse_aci_manifest(std::string_view text) {
  Text json;
  LIMPID_ASSIGN(const dom::element root, json.parse(text));
  LIMPID_ASSIGN(const Fields fields,
                Fields::of(root, "the manifest", {"acKind", "name", "labels", "app", "dependencies", "annotations"}));
  LIMPID_ASSIGN(const std::string kind, fields.text("acKind"));
  if (kind != "ImageManifest") return fail(Code::invalid, {"acKind is '", kind, "', not 'ImageManifest'"});
  AciManifest manifest;
  LIMPID_ASSIGN(manifest.name, fields.text("name"));
  LIMPID_ASSIGN(const std::vector<Named> labels, read_named(fields, "labels"));
  for (const Named& label : labels) {
    if (label.name == "version") manifest.version = label.value;
    if (label.name == "os") manifest.config.platform.os = label.value;
    if (label.name == "arch") manifest.config.platform.architecture = label.value;
    manifest.config.labels.insert_or_assign(label.name, label.value);
  }
  LIMPID_ASSIGN(const std::vector<Named> annotations, read_named(fields, "annotations"));
  for (const Named& annotation : annotations) {
    if (annotation.name == "created") manifest.config.created = annotation.value;
    if (annotation.name == "authors") manifest.config.author = annotation.value;
  }
  if (const auto app = fields.find("app")) LIMPID_TRY(read_aci_app(*app, manifest.config));
  LIMPID_ASSIGN(const std::vector<Named> dependencies, read_named(fields, "dependencies", "imageName"));
  for (const Named& dependency : dependencies) manifest.dependencies.push_back(dependency.name);
  return manifest;
}

}  // namespace limpid::image
