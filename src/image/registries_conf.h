// Where images are fetched from in place of the registry that their names say, and which registries are meant by names
// that say none: registries.conf, which Podman, Buildah, CRI-O and skopeo share.
// https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "image/name.h"

namespace limpid::image {

inline constexpr std::uint64_t kRegistriesConfMax = std::uint64_t{1} << 20;  // bytes of one file
inline constexpr std::size_t kRegistriesConfFilesMax = 1'000;                // of one folder of drop-ins
inline constexpr std::size_t kRegistryRulesMax = 10'000;
inline constexpr std::size_t kMirrorsMax = 100;  // of one rule

struct RegistryMirror {
  enum class Pull : std::uint8_t { all, digest_only, tag_only };
  std::string location;  // "mirror.example:5000/path": stands where the rule's prefix stood
  bool insecure = false;
  Pull pull = Pull::all;  // which names it is asked for
};

// One [[registry]].
struct RegistryRule {
  std::string prefix;    // of names: "quay.io", "quay.io/team", "*.example.com"
  std::string location;  // what stands in its place; "" for the same
  bool insecure = false;
  bool blocked = false;
  std::vector<RegistryMirror> mirrors;
  std::string origin;  // the file
};

struct RegistriesConf {
  enum class ShortNames : std::uint8_t { permissive, enforcing, disabled };
  std::vector<RegistryRule> rules;                             // no prefix twice
  std::optional<std::vector<std::string>> search;              // unqualified-search-registries; empty: not set
  std::optional<std::vector<std::string>> credential_helpers;  // whom to ask for logins (docker_config.h)
  std::optional<ShortNames> short_names;
  std::map<std::string, std::string> aliases;  // "fedora" → "registry.fedoraproject.org/fedora"; "" for none any more
};

// `path` is for messages. Version 1 of the format, [registries.search] and so on, is read as what it meant. Keys of
// other programs are passed over. Code::invalid, Code::limit.
Result<RegistriesConf> parse_registries_conf(std::string_view text, const std::string& path);
// What `later` says wins: a rule as a whole by its prefix, an alias by its name, everything else by being there.
void merge(RegistriesConf& into, RegistriesConf later);

struct RegistriesSearch {
  std::string named;                                         // by the user: nothing else is read then
  std::function<std::string(const char* name)> environment;  // "" for what is not set
  std::string system = "/etc/containers";
};
// `named`, or $CONTAINERS_REGISTRIES_CONF: the only file then, and it has to exist. Else the user's registries.conf
// ($XDG_CONFIG_HOME/containers, ~/.config/containers), else the system's; and after it, in the order of their names,
// the system's and then the user's drop-ins (registries.conf.d/*.conf).
Result<RegistriesConf> find_registries_conf(const RegistriesSearch& search);

// The names that `text` may stand for, to be tried in this order: itself if it names a registry; else its alias; else
// it in each registry to be searched; else Docker Hub's. Code::usage where that is left open and has to be clear.
Result<std::vector<Name>> names_meant(const RegistriesConf& conf, std::string_view text);

// Where an image can be had.
struct Endpoint {
  Name name;
  bool insecure = false;
  bool is_mirror = false;
};
// Of the rule with the longest prefix that fits, the mirrors and then the location; without a rule, the name itself.
// Code::usage where the rule blocks it, or makes of it what is no name.
Result<std::vector<Endpoint>> endpoints_of(const RegistriesConf& conf, const Name& name);

// "[REGISTRY=]HOST[:PORT][/PATH]" each, of Docker Hub without the first: mirrors that come before all others.
// Code::usage.
Result<void> add_mirrors(RegistriesConf& conf, const std::vector<std::string>& mirrors);

}  // namespace limpid::image
