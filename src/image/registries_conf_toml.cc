// The only file that includes toml++, which is slow to compile.
#include <algorithm>

#include "base/text.h"
#include "base/toml.h"
#include "image/registries_conf.h"

namespace limpid::image {
namespace {

using Texts = std::vector<std::string>;

// A table's fields, each of the type that it has to have; what is not there is as it was.
class Fields {
 public:
  Fields(const toml::table& table, std::string where) : table_(table), where_(std::move(where)) {}

  template <class Value>
  Result<void> read(std::string_view key, Value& into) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return {};
    const auto value = node->value_exact<Value>();
    if (!value)
      return fail(Code::invalid, {where_, key, " is no ", std::same_as<Value, bool> ? "true or false" : "text"});
    into = *value;
    return {};
  }
  Result<void> read(std::string_view key, std::optional<Texts>& into) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return {};
    const toml::array* list = node->as_array();
    if (list == nullptr) return fail(Code::invalid, {where_, key, " is no list"});
    if (list->size() > kRegistryRulesMax)
      return fail(Code::limit, {where_, key, " has more than the ", kRegistryRulesMax, " entries that we read"});
    into.emplace();
    for (const toml::node& one : *list) {
      const auto text = one.value_exact<std::string>();
      if (!text) return fail(Code::invalid, {where_, key, " has an entry that is no text"});
      into->push_back(*text);
    }
    return {};
  }
  // The tables of [[key]]; nullptr for none.
  Result<const toml::array*> tables(std::string_view key, std::size_t most) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return nullptr;
    const toml::array* list = node->as_array();
    if (list == nullptr ||
        !std::all_of(list->begin(), list->end(), [](const toml::node& one) { return one.is_table(); }))
      return fail(Code::invalid, {where_, key, " is no list of tables"});
    if (list->size() > most)
      return fail(Code::limit, {where_, key, " has more than the ", most, " entries that we read"});
    return list;
  }
  Result<const toml::table*> table(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) return fail(Code::invalid, {where_, key, " is no table"});
    return node->as_table();
  }

 private:
  const toml::table& table_;
  std::string where_;
};

Result<void> check_location(std::string_view location, std::string_view what) {
  if (location.find("://") != std::string_view::npos)
    return fail(Code::invalid, {what, " '", location, "' is a URL; a host is wanted, with its port and path"});
  if (location.empty() || !names_a_registry(base::cat({location, "/x"})))
    return fail(Code::invalid, {what, " '", location, "' does not begin with a registry's host"});
  return {};
}

Result<RegistryMirror> read_mirror(const toml::table& table, const std::string& where, bool by_digest_only) {
  const Fields fields(table, where);
  RegistryMirror mirror;
  std::string pull;
  LIMPID_TRY(fields.read("location", mirror.location));
  LIMPID_TRY(fields.read("insecure", mirror.insecure));
  LIMPID_TRY(fields.read("pull-from-mirror", pull));
  LIMPID_TRY(check_location(mirror.location, where + "location"));
  if (pull == "digest-only" || (pull.empty() && by_digest_only)) {
    mirror.pull = RegistryMirror::Pull::digest_only;
  } else if (pull == "tag-only") {
    mirror.pull = RegistryMirror::Pull::tag_only;
  } else if (!pull.empty() && pull != "all") {
    return fail(Code::invalid, {where, "pull-from-mirror '", pull, "': it is all, digest-only or tag-only"});
  }
  return mirror;
}

Result<RegistryRule> read_rule(const toml::table& table, const std::string& where) {
  const Fields fields(table, where);
  RegistryRule rule;
  bool by_digest_only = false;
  LIMPID_TRY(fields.read("prefix", rule.prefix));
  LIMPID_TRY(fields.read("location", rule.location));
  LIMPID_TRY(fields.read("insecure", rule.insecure));
  LIMPID_TRY(fields.read("blocked", rule.blocked));
  LIMPID_TRY(fields.read("mirror-by-digest-only", by_digest_only));
  if (!rule.location.empty()) LIMPID_TRY(check_location(rule.location, where + "location"));
  if (rule.prefix.empty()) rule.prefix = rule.location;
  std::string example = rule.prefix;
  if (example.starts_with("*.")) example.replace(0, 1, "any");
  LIMPID_TRY(check_location(example, where + "prefix"));
  LIMPID_ASSIGN(const toml::array* mirrors, fields.tables("mirror", kMirrorsMax));
  for (std::size_t i = 0; mirrors != nullptr && i < mirrors->size(); ++i) {
    LIMPID_ASSIGN(RegistryMirror mirror,
                  read_mirror(*(*mirrors)[i].as_table(), base::cat({where, "mirror[", i, "]."}), by_digest_only));
    rule.mirrors.push_back(std::move(mirror));
  }
  return rule;
}

Result<void> read_short_names(const Fields& fields, RegistriesConf& conf) {
  using Mode = RegistriesConf::ShortNames;
  std::string mode;
  LIMPID_TRY(fields.read("short-name-mode", mode));
  if (mode == "permissive") conf.short_names = Mode::permissive;
  if (mode == "enforcing") conf.short_names = Mode::enforcing;
  if (mode == "disabled") conf.short_names = Mode::disabled;
  if (!mode.empty() && !conf.short_names)
    return fail(Code::invalid, {"short-name-mode '", mode, "': it is permissive, enforcing or disabled"});
  LIMPID_ASSIGN(const toml::table* aliases, fields.table("aliases"));
  if (aliases == nullptr) return {};
  if (aliases->size() > kRegistryRulesMax)
    return fail(Code::limit, {"aliases has more than the ", kRegistryRulesMax, " entries that we read"});
  for (const auto& [key, value] : *aliases) {
    const auto text = value.value_exact<std::string>();
    if (!text) return fail(Code::invalid, {"aliases.", key.str(), " is no text"});
    if (!text->empty() && !names_a_registry(*text))
      return fail(Code::invalid, {"aliases.", key.str(), " '", *text, "' does not name a registry"});
    conf.aliases[std::string(key.str())] = *text;
  }
  return {};
}

// [registries.search], .insecure and .block, each with a list `registries`.
Result<void> read_version_1(const toml::table& table, RegistriesConf& conf) {
  const Fields fields(table, "registries.");
  for (const std::string_view kind : {"search", "insecure", "block"}) {
    LIMPID_ASSIGN(const toml::table* part, fields.table(kind));
    if (part == nullptr) continue;
    std::optional<Texts> hosts;
    LIMPID_TRY(Fields(*part, base::cat({"registries.", kind, "."})).read("registries", hosts));
    if (!hosts) continue;
    if (kind == "search") {
      conf.search = std::move(hosts);
      continue;
    }
    for (const std::string& host : *hosts) {
      LIMPID_TRY(check_location(host, base::cat({"registries.", kind})));
      auto rule = std::ranges::find_if(conf.rules, [&](const RegistryRule& one) { return one.prefix == host; });
      if (rule == conf.rules.end()) rule = conf.rules.insert(rule, {host, host, false, false, {}, {}});
      (kind == "block" ? rule->blocked : rule->insecure) = true;
    }
  }
  return {};
}

Result<RegistriesConf> read(const toml::table& root) {
  RegistriesConf conf;
  const Fields fields(root, "");
  LIMPID_TRY(fields.read("unqualified-search-registries", conf.search));
  LIMPID_TRY(fields.read("credential-helpers", conf.credential_helpers));
  LIMPID_TRY(read_short_names(fields, conf));
  LIMPID_ASSIGN(const toml::array* rules, fields.tables("registry", kRegistryRulesMax));
  for (std::size_t i = 0; rules != nullptr && i < rules->size(); ++i) {
    LIMPID_ASSIGN(RegistryRule rule, read_rule(*(*rules)[i].as_table(), base::cat({"registry[", i, "]."})));
    const auto same = [&](const RegistryRule& one) { return one.prefix == rule.prefix; };
    if (std::ranges::any_of(conf.rules, same))
      return fail(Code::invalid, {"there are two rules for '", rule.prefix, "'"});
    conf.rules.push_back(std::move(rule));
  }
  LIMPID_ASSIGN(const toml::table* version_1, fields.table("registries"));
  if (version_1 != nullptr) {
    if (conf.search || !conf.rules.empty())
      return fail(Code::invalid, {"[registries.…] of the format's version 1 stands beside version 2's keys"});
    LIMPID_TRY(read_version_1(*version_1, conf));
  }
  for (const std::string& host : conf.search.value_or(Texts{}))
    LIMPID_TRY(check_location(host, "unqualified-search-registries:"));
  return conf;
}

}  // namespace

Result<RegistriesConf> parse_registries_conf(std::string_view text, const std::string& path) {
  if (text.size() > kRegistriesConfMax)
    return fail(Code::limit, {path, ": ", text.size(), " bytes, more than the ", kRegistriesConfMax, " that we read"});
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return fail(Code::invalid, {path, ": line ", error.source().begin.line, ": ", error.description()});
  }
  auto conf = read(parsed.table());
  if (!conf) return std::unexpected(std::move(conf).error().within({path}));
  for (RegistryRule& rule : conf->rules) rule.origin = path;
  return conf;
}

}  // namespace limpid::image
