#include "image/docker_config.h"

#include <algorithm>
#include <optional>

#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/text.h"
#include "image/credential_helper.h"
#include "image/json_text.h"

namespace limpid::image {
namespace {

// What Docker calls its Hub in these files and to helpers.
constexpr std::string_view kDockerHubKey = "https://index.docker.io/v1/";

Result<dom::object> object_of(dom::element element, std::string_view what) {
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return fail(Code::invalid, {what, " is not a JSON object"});
  if (object.size() > kCredentialEntriesMax)
    return fail(Code::limit, {what, " has more than the ", kCredentialEntriesMax, " entries that we read"});
  return object;
}

// "user:password" in base64, as docker login writes it.
Result<void> read_auth(std::string_view encoded, std::string_view what, Credentials& into) {
  const auto text = base::from_base64(encoded);
  if (!text) return fail(Code::invalid, {what, ".auth is not base64"});
  std::string_view rest = *text;
  if (rest.find(':') == std::string_view::npos) return fail(Code::invalid, {what, ".auth holds no user and password"});
  into.username = base::take_until(rest, ':');
  while (rest.ends_with('\0')) rest.remove_suffix(1);  // as Docker does
  into.password = rest;
  return {};
}

Result<Credentials> read_entry(dom::element element, std::string_view what) {
  LIMPID_ASSIGN(const Fields fields,
                Fields::of(element, what, {"auth", "username", "password", "identitytoken", "registrytoken"}));
  Credentials entry;
  LIMPID_ASSIGN(const std::string auth, fields.text("auth"));
  LIMPID_ASSIGN(entry.username, fields.text("username"));
  LIMPID_ASSIGN(entry.password, fields.text("password"));
  LIMPID_ASSIGN(entry.identity_token, fields.text("identitytoken"));
  LIMPID_ASSIGN(entry.registry_token, fields.text("registrytoken"));
  if (!auth.empty()) LIMPID_TRY(read_auth(auth, what, entry));
  return entry;
}

// Docker Hub's other names.
bool is_docker_hub(std::string_view host) {
  return host == kDockerHub || host == "index.docker.io" || host == "registry-1.docker.io";
}

// The keys that fit a name, the longest first: "host/a/b", "host/a", "host".
std::vector<std::string> keys_for(const Name& name) {
  std::vector<std::string> keys;
  std::string key = base::cat({name.domain, "/", name.repository});
  for (;;) {
    keys.push_back(key);
    const std::size_t slash = key.rfind('/');
    if (slash == std::string::npos) return keys;
    key.resize(slash);
  }
}

// A key as messages may have it: without a user and password that somebody put into a URL.
std::string_view shown(std::string_view key) { return key.substr(key.rfind('@') + 1); }

// The entry of the longest key that fits; of two spellings of one key, the first.
template <class Value>
const std::pair<std::string, Result<Value>>* look_up(const std::vector<std::pair<std::string, Result<Value>>>& entries,
                                                     const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    const auto found =
        std::ranges::find_if(entries, [&](const auto& entry) { return normalised_key(entry.first) == key; });
    if (found != entries.end()) return &*found;
  }
  return nullptr;
}

struct AuthFile {
  std::string path;
  bool must_exist = false;
  CredentialFile::Form form = CredentialFile::Form::current;
};

std::vector<AuthFile> files_to_ask(const CredentialSearch& search) {
  std::vector<AuthFile> files;
  const auto variable = [&](const char* name) { return search.environment ? search.environment(name) : std::string(); };
  if (std::string path = variable("REGISTRY_AUTH_FILE"); !path.empty()) files.push_back({std::move(path), true});
  const std::string docker = variable("DOCKER_CONFIG");
  if (!docker.empty()) files.push_back({docker + "/config.json"});
  if (const std::string runtime = variable("XDG_RUNTIME_DIR"); !runtime.empty()) {
    files.push_back({runtime + "/containers/auth.json"});
  } else {  // without a session: root, cron, CI
    files.push_back({base::cat({search.runtime, "/", ::getuid(), "/auth.json"})});
  }
  const std::string home = variable("HOME");
  std::string config = variable("XDG_CONFIG_HOME");
  if (config.empty() && !home.empty()) config = home + "/.config";
  if (!config.empty()) files.push_back({config + "/containers/auth.json"});
  if (docker.empty() && !home.empty()) files.push_back({home + "/.docker/config.json"});
  if (!home.empty()) files.push_back({home + "/.dockercfg", false, CredentialFile::Form::old});
  return files;
}

Result<std::optional<CredentialFile>> read(const AuthFile& file) {
  auto text = base::read_file(file.path, kCredentialFileMax);
  if (!text && text.error().code() == Code::not_found && !file.must_exist) return std::nullopt;
  if (!text) return std::unexpected(std::move(text).error().within({"credentials"}));
  LIMPID_ASSIGN(CredentialFile parsed, parse_credential_file(*text, file.path, file.form));
  return parsed;
}

Result<Credentials> ask(const std::string& helper, const std::string& server, const std::string& path,
                        std::string_view key, const CredentialSearch& search) {
  LIMPID_ASSIGN_WITHIN(Credentials found, ask_helper(helper, server, search.cancel), {path, ": ", key});
  found.origin = base::cat({path, ": ", key, " (docker-credential-", helper, ")"});
  return found;
}

Result<Credentials> find_in(const CredentialFile& file, const std::string& path, const Name& name,
                            const CredentialSearch& search) {
  const std::vector<std::string> keys = keys_for(name);
  const std::string server = name.domain == kDockerHub ? std::string(kDockerHubKey) : name.domain;
  const auto wrong = [&](const Error& error) { return std::unexpected(Error(error).within({path})); };
  if (const auto* helper = look_up(file.helpers, keys)) {
    // Asked by what is written there, as containers/image does; Docker writes the host.
    if (!helper->second) return wrong(helper->second.error());
    const bool plain = normalised_key(helper->first) == name.domain;
    return ask(*helper->second, plain ? server : helper->first, path, base::cat({"credHelpers.", shown(helper->first)}),
               search);
  }
  // With a store, docker login leaves entries that are empty.
  const auto* entry = look_up(file.entries, keys);
  if (entry != nullptr && !entry->second) return wrong(entry->second.error());
  if (entry != nullptr && !entry->second->empty()) {
    Credentials found = *entry->second;
    found.origin = base::cat({path, ": auths.", shown(entry->first)});
    return found;
  }
  if (!file.store.empty()) return ask(file.store, server, path, "credsStore", search);
  return Credentials{};
}

Result<Credentials> find_in_files(const Name& name, const CredentialSearch& search) {
  for (const AuthFile& file : files_to_ask(search)) {
    LIMPID_ASSIGN(const std::optional<CredentialFile> parsed, read(file));
    if (!parsed) continue;
    LIMPID_ASSIGN(Credentials found, find_in(*parsed, file.path, name, search));
    if (!found.empty()) return found;
  }
  return Credentials{};
}

Result<void> read_entries(dom::element element, std::string_view what, CredentialFile& into) {
  LIMPID_ASSIGN(const dom::object object, object_of(element, what.empty() ? "the file" : what));
  for (const auto field : object)
    into.entries.emplace_back(std::string(field.key),
                              read_entry(field.value, base::cat({what, what.empty() ? "" : ".", shown(field.key)})));
  return {};
}

Result<void> read_helpers(dom::element element, CredentialFile& into) {
  LIMPID_ASSIGN(const dom::object object, object_of(element, "credHelpers"));
  for (const auto field : object) {
    std::string_view helper;
    Result<std::string> read;
    if (field.value.get(helper) == simdjson::SUCCESS) {
      read = helper;
    } else {
      read = fail(Code::invalid, {"credHelpers.", shown(field.key), " is not text"});
    }
    into.helpers.emplace_back(std::string(field.key), std::move(read));
  }
  return {};
}

}  // namespace

std::string normalised_key(std::string_view key) {
  std::string_view rest = key;
  // A key with a scheme is of the days of URLs: its path is the API's, not a repository's.
  if (base::strip_prefix(rest, "https://") || base::strip_prefix(rest, "http://")) rest = base::take_until(rest, '/');
  while (rest.ends_with('/')) rest.remove_suffix(1);
  std::string_view path = rest;
  const std::string_view host = base::take_until(path, '/');
  if (!is_docker_hub(host)) return std::string(rest);
  // "index.docker.io/v1" is that URL without its scheme.
  if (path.empty() || path == "v1") return std::string(kDockerHub);
  return base::cat({kDockerHub, "/", path});
}

Result<CredentialFile> parse_credential_file(std::string_view text, const std::string& path,
                                             CredentialFile::Form form) {
  CredentialFile file;
  const auto parse = [&]() -> Result<void> {
    if (text.size() > kCredentialFileMax)
      return fail(Code::limit, {text.size(), " bytes, more than the ", kCredentialFileMax, " that we read"});
    if (base::trim(text).empty()) return {};  // touched, never written
    Text json;
    LIMPID_ASSIGN(const dom::element root, json.parse(text));
    if (form == CredentialFile::Form::old) return read_entries(root, "", file);
    LIMPID_ASSIGN(const Fields fields, Fields::of(root, "the file", {"auths", "credHelpers", "credsStore"}));
    LIMPID_ASSIGN(file.store, fields.text("credsStore"));
    if (const auto auths = fields.find("auths")) LIMPID_TRY(read_entries(*auths, "auths", file));
    if (const auto helpers = fields.find("credHelpers")) LIMPID_TRY(read_helpers(*helpers, file));
    return {};
  };
  LIMPID_TRY_WITHIN(parse(), {path});
  return file;
}

Result<Credentials> find_credentials(const Name& name, const CredentialSearch& search) {
  std::vector<std::string> helpers = search.helpers;
  if (helpers.empty()) helpers.emplace_back(kCredentialFiles);
  std::optional<Error> failure;
  for (const std::string& helper : helpers) {
    auto found = helper == kCredentialFiles ? find_in_files(name, search)
                                            : ask(helper, name.domain, "registries.conf", "credential-helpers", search);
    if (found ? !found->empty() : found.error().code() == Code::cancelled) return found;
    if (!found && !failure) failure = std::move(found).error();
  }
  if (failure) return std::unexpected(*std::move(failure));
  return Credentials{};
}

}  // namespace limpid::image
