#include "image/registries_conf.h"

#include <algorithm>
#include <utility>

#include <dirent.h>

#include "base/file.h"
#include "base/text.h"

namespace limpid::image {
namespace {

constexpr std::string_view kAnySubdomain = "*.";

// How much of `name` a rule's prefix takes, from the front; nothing if it does not fit. What comes next begins with a
// slash, or, behind a whole repository, with a tag's or digest's sign.
std::optional<std::size_t> length_taken(std::string_view name, std::string_view prefix) {
  std::size_t end = prefix.size();
  if (base::strip_prefix(prefix, kAnySubdomain)) {
    const std::string suffix = base::cat({".", prefix});
    const std::size_t at = name.find(suffix);
    // Within the host: what is below it is no subdomain.
    if (at == std::string_view::npos || at == 0 || name.find('/') < at) return std::nullopt;
    end = at + suffix.size();
  } else if (!name.starts_with(prefix)) {
    return std::nullopt;
  }
  const std::string_view rest = name.substr(end);
  const bool is_host = prefix.find('/') == std::string_view::npos;
  if (rest.empty() || rest.front() == '/' || (!is_host && (rest.front() == ':' || rest.front() == '@'))) return end;
  return std::nullopt;
}

const RegistryRule* rule_for(const RegistriesConf& conf, const std::string& name) {
  const RegistryRule* best = nullptr;
  for (const RegistryRule& rule : conf.rules)
    if (length_taken(name, rule.prefix) && (best == nullptr || rule.prefix.size() > best->prefix.size())) best = &rule;
  return best;
}

bool serves(const RegistryMirror& mirror, const Name& name) {
  using Pull = RegistryMirror::Pull;
  return mirror.pull == Pull::all || (mirror.pull == Pull::digest_only) == !name.digest.empty();
}

// The names of files that end in .conf, in order; none where there is no such folder.
Result<std::vector<std::string>> drop_ins(const std::string& folder) {
  std::vector<std::string> names;
  DIR* const stream = ::opendir(folder.c_str());
  if (stream == nullptr) return names;
  while (const dirent* found = ::readdir(stream)) {
    if (std::string_view(found->d_name).ends_with(".conf")) names.emplace_back(found->d_name);
    if (names.size() > kRegistriesConfFilesMax) break;
  }
  ::closedir(stream);
  if (names.size() > kRegistriesConfFilesMax)
    return fail(Code::limit, {folder, ": more than the ", kRegistriesConfFilesMax, " files that we read"});
  std::ranges::sort(names);
  return names;
}

Result<RegistriesConf> read(const std::string& path) {
  if (path == "/dev/null") return RegistriesConf{};  // how one says: none
  LIMPID_ASSIGN(const std::string text, base::read_file(path, kRegistriesConfMax));
  return parse_registries_conf(text, path);
}

Result<void> read_drop_ins(const std::string& folder, RegistriesConf& into) {
  LIMPID_ASSIGN(const std::vector<std::string> names, drop_ins(folder));
  for (const std::string& name : names) {
    LIMPID_ASSIGN(RegistriesConf more, read(base::cat({folder, "/", name})));
    merge(into, std::move(more));
  }
  return {};
}

Result<RegistriesConf> find_in(const std::string& system, const std::string& user) {
  RegistriesConf conf;
  for (const std::string& folder : {user, system}) {
    if (folder.empty()) continue;
    auto found = read(folder + "/registries.conf");
    if (!found && found.error().code() == Code::not_found) continue;
    if (!found) return found;
    conf = *std::move(found);
    break;
  }
  for (const std::string& folder : {system, user})
    if (!folder.empty()) LIMPID_TRY(read_drop_ins(folder + "/registries.conf.d", conf));
  return conf;
}

// An image's name without its tag and digest, and those.
std::pair<std::string_view, std::string_view> split_name(std::string_view text) {
  const std::size_t at = text.find('@');
  const std::string_view head = text.substr(0, at);
  const std::size_t slash = head.rfind('/');
  const std::size_t colon = head.find(':', slash == std::string_view::npos ? 0 : slash);
  const std::size_t end = std::min(colon, at);
  return {text.substr(0, end), end == std::string_view::npos ? std::string_view() : text.substr(end)};
}

}  // namespace

void merge(RegistriesConf& into, RegistriesConf later) {
  for (RegistryRule& rule : later.rules) {
    const auto same = std::ranges::find_if(into.rules, [&](const auto& one) { return one.prefix == rule.prefix; });
    if (same == into.rules.end()) {
      into.rules.push_back(std::move(rule));
    } else {
      *same = std::move(rule);
    }
  }
  if (later.search) into.search = std::move(later.search);
  if (later.credential_helpers) into.credential_helpers = std::move(later.credential_helpers);
  if (later.short_names) into.short_names = later.short_names;
  for (auto& [name, meaning] : later.aliases) into.aliases[name] = std::move(meaning);
}

Result<RegistriesConf> find_registries_conf(const RegistriesSearch& search) {
  const auto variable = [&](const char* name) { return search.environment ? search.environment(name) : std::string(); };
  const auto find = [&]() -> Result<RegistriesConf> {
    const std::string named = search.named.empty() ? variable("CONTAINERS_REGISTRIES_CONF") : search.named;
    if (!named.empty()) return read(named);
    const std::string home = variable("HOME");
    std::string config = variable("XDG_CONFIG_HOME");
    if (config.empty() && !home.empty()) config = home + "/.config";
    return find_in(search.system, config.empty() ? "" : config + "/containers");
  };
  auto conf = find();
  if (!conf) return std::unexpected(std::move(conf).error().within({"registries.conf"}));
  return conf;
}

Result<std::vector<Name>> names_meant(const RegistriesConf& conf, std::string_view text) {
  using Mode = RegistriesConf::ShortNames;
  LIMPID_ASSIGN(const Name plain, parse_name(text));
  if (names_a_registry(text)) return std::vector{plain};
  const Mode mode = conf.short_names.value_or(Mode::permissive);
  const auto [name, rest] = split_name(text);
  if (const auto alias = conf.aliases.find(std::string(name));
      mode != Mode::disabled && alias != conf.aliases.end() && !alias->second.empty()) {
    LIMPID_ASSIGN_WITHIN(Name meant, parse_name(base::cat({alias->second, rest})), {"the alias ", name});
    return std::vector{std::move(meant)};
  }
  if (!conf.search || conf.search->empty()) return std::vector{plain};
  if (mode == Mode::enforcing && conf.search->size() > 1)
    return fail(Code::usage, {"'", name, "' may be in several registries (", base::join(*conf.search, ", "),
                              ", by registries.conf): name the one that is meant"});
  std::vector<Name> names;
  for (const std::string& host : *conf.search) {
    LIMPID_ASSIGN_WITHIN(Name meant, parse_name(base::cat({host, "/", text})), {"in ", host});
    names.push_back(std::move(meant));
  }
  return names;
}

Result<std::vector<Endpoint>> endpoints_of(const RegistriesConf& conf, const Name& name) {
  const std::string text = name.text();
  const RegistryRule* rule = rule_for(conf, text);
  if (rule == nullptr) return std::vector{Endpoint{name}};
  if (rule->blocked) return fail(Code::usage, {"registries.conf blocks ", rule->prefix, " (", rule->origin, ")"});
  const std::string_view rest = std::string_view(text).substr(*length_taken(text, rule->prefix));
  const auto moved_to = [&](const std::string& location) -> Result<Name> {
    LIMPID_ASSIGN_WITHIN(Name moved, parse_name(base::cat({location, rest})),
                         {rule->origin, ": ", location, " for ", rule->prefix});
    return moved;
  };
  std::vector<Endpoint> endpoints;
  for (const RegistryMirror& mirror : rule->mirrors) {
    if (!serves(mirror, name)) continue;
    LIMPID_ASSIGN(Name moved, moved_to(mirror.location));
    endpoints.push_back({std::move(moved), mirror.insecure, true});
  }
  Endpoint last{name, rule->insecure};
  if (!rule->location.empty() && rule->location != rule->prefix) {
    LIMPID_ASSIGN(last.name, moved_to(rule->location));
  }
  endpoints.push_back(std::move(last));
  return endpoints;
}

Result<void> add_mirrors(RegistriesConf& conf, const std::vector<std::string>& mirrors) {
  for (auto text = mirrors.rbegin(); text != mirrors.rend(); ++text) {
    std::string_view location = *text;
    std::string prefix(kDockerHub);
    if (location.find('=') != std::string_view::npos) prefix = base::take_until(location, '=');
    for (const std::string_view place : {std::string_view(prefix), location}) {
      const std::string example = base::cat({place, "/x"});
      if (!names_a_registry(example) || !parse_name(example))
        return fail(Code::usage, {"the mirror '", *text, "': write [REGISTRY=]HOST[:PORT][/PATH]"});
    }
    auto rule = std::ranges::find_if(conf.rules, [&](const RegistryRule& one) { return one.prefix == prefix; });
    if (rule == conf.rules.end()) rule = conf.rules.insert(rule, {prefix, prefix, false, false, {}, {}});
    rule->mirrors.insert(rule->mirrors.begin(), {std::string(location), false, RegistryMirror::Pull::all});
  }
  return {};
}

}  // namespace limpid::image
