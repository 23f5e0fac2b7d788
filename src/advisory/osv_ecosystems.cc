#include "advisory/osv_ecosystems.h"

#include <algorithm>
#include <array>
#include <utility>

#include "advisory/redhat_products.h"
#include "advisory/release_names.h"
#include "advisory/suse_products.h"
#include "base/text.h"

namespace limpid::advisory {
namespace {

using version::Scheme;

std::string exact(std::string_view name) { return std::string(name); }
std::string small(std::string_view name) { return base::lower(name); }

// "https://github.com/Z/Foo.git/" → "github.com/z/foo".
std::string repository(std::string_view name) {
  if (const auto scheme = name.find("://"); scheme != std::string_view::npos) name.remove_prefix(scheme + 3);
  while (base::strip_suffix(name, "/")) {
  }
  base::strip_suffix(name, ".git");
  return base::lower(name);
}

// "Owner/Repo/sub/path" → "owner/repo".
std::string owner_and_repository(std::string_view name) {
  auto rest = name;
  const auto owner = base::take_until(rest, '/');
  const auto repository_name = base::take_until(rest, '/');
  return repository_name.empty() ? base::lower(owner) : base::lower(base::cat({owner, "/", repository_name}));
}

// The namespace of what stands behind the ecosystem's colon.
std::string debian_release(std::string_view suffix) { return debian_namespace(suffix); }
std::string alpine_release(std::string_view suffix) { return alpine_namespace(suffix); }
std::string ubuntu_release(std::string_view suffix) {
  const bool pro = base::strip_prefix(suffix, "Pro:");
  base::strip_suffix(suffix, ":LTS");
  // What is left of FIPS, Realtime and the like is no number: other code with other versions.
  auto name_space = ubuntu_namespace(suffix);
  if (pro && !name_space.empty()) name_space += "+esm";
  return name_space;
}

// "9" and "9.2" are both of the release 9.
std::string major_of(std::string_view family, std::string_view suffix) {
  const auto major = base::take_until(suffix, '.');
  const bool number = !major.empty() && std::ranges::all_of(major, base::is_digit);
  return number ? base::cat({family, major}) : std::string();
}
std::string almalinux_release(std::string_view suffix) { return major_of("almalinux:", suffix); }
std::string rocky_release(std::string_view suffix) { return major_of("rocky:", suffix); }
std::string suse_release(std::string_view suffix) { return suse_namespace(base::cat({"SUSE ", suffix})); }
std::string mageia_release(std::string_view suffix) { return major_of("mageia:", suffix); }

// A release that is kept as it is written: "4.0", "24.03-LTS-SP1", "stream".
std::string word_of(std::string_view family, std::string_view suffix) {
  constexpr std::size_t kLengthMax = 32;
  const bool word = !suffix.empty() && suffix.size() <= kLengthMax &&
                    std::ranges::all_of(suffix, [](char c) { return base::is_alnum(c) || c == '.' || c == '-'; });
  return word ? base::cat({family, suffix}) : std::string();
}
std::string openeuler_release(std::string_view suffix) { return word_of("openeuler:", suffix); }
std::string alpaquita_release(std::string_view suffix) { return word_of("alpaquita:", suffix); }
std::string bellsoft_release(std::string_view suffix) { return word_of("bellsoft-hardened-containers:", suffix); }
std::string photon_release(std::string_view suffix) {
  const bool whole = std::ranges::all_of(suffix, base::is_digit);
  return word_of("photon:", whole && !suffix.empty() ? base::cat({suffix, ".0"}) : std::string(suffix));
}
// Azure Linux was CBL-Mariner up to its second release.
std::string azure_release(std::string_view suffix) {
  const auto major = base::take_until(suffix, '.');
  const auto number = base::parse_unsigned(major);
  if (!number) return {};
  return base::cat({*number < 3 ? "mariner:" : "azurelinux:", major, ".0"});
}
// What follows "Red Hat:" is a CPE name without its beginning: "enterprise_linux:9::appstream".
std::string redhat_cpe(std::string_view suffix) {
  static constexpr std::array<std::string_view, 6> kSystems = {"baseos",      "server",      "client",
                                                               "workstation", "computenode", "hypervisor"};
  const auto edition = suffix.substr(std::min(suffix.size(), suffix.rfind(':') + 1));
  const bool system = std::ranges::find(kSystems, edition) != kSystems.end();
  return base::cat({system ? "cpe:/o:redhat:" : "cpe:/a:redhat:", suffix});
}
std::string redhat_release(std::string_view suffix) { return redhat_product(redhat_cpe(suffix)).name_space; }
std::string opensuse_release(std::string_view suffix) { return suse_namespace(base::cat({"openSUSE ", suffix})); }

struct Ecosystem {
  std::string_view name;        // as OSV spells it
  std::string_view name_space;  // "" where the release tells it
  Scheme scheme;                // none: no ordering of ours
  KeyKind key_kind = KeyKind::source;
  std::string (*package)(std::string_view name) = exact;
  std::string (*release)(std::string_view suffix) = nullptr;
};

constexpr std::array kEcosystems = {
    Ecosystem{"Debian", "", Scheme::dpkg, KeyKind::source, exact, debian_release},
    Ecosystem{"Ubuntu", "", Scheme::dpkg, KeyKind::source, exact, ubuntu_release},
    Ecosystem{"Alpine", "", Scheme::apk, KeyKind::source, exact, alpine_release},
    Ecosystem{"AlmaLinux", "", Scheme::rpm, KeyKind::binary, exact, almalinux_release},
    Ecosystem{"Rocky Linux", "", Scheme::rpm, KeyKind::source, exact, rocky_release},
    Ecosystem{"SUSE", "", Scheme::rpm, KeyKind::source, exact, suse_release},
    Ecosystem{"openSUSE", "", Scheme::rpm, KeyKind::source, exact, opensuse_release},
    Ecosystem{"Red Hat", "", Scheme::rpm, KeyKind::binary, exact, redhat_release},
    Ecosystem{"openEuler", "", Scheme::rpm, KeyKind::source, exact, openeuler_release},
    Ecosystem{"Mageia", "", Scheme::rpm, KeyKind::source, exact, mageia_release},
    Ecosystem{"Photon OS", "", Scheme::rpm, KeyKind::binary, exact, photon_release},
    Ecosystem{"Azure Linux", "", Scheme::rpm, KeyKind::source, exact, azure_release},
    Ecosystem{"Alpaquita", "", Scheme::apk, KeyKind::source, exact, alpaquita_release},
    Ecosystem{"BellSoft Hardened Containers", "", Scheme::apk, KeyKind::source, exact, bellsoft_release},
    Ecosystem{"CleanStart", "cleanstart", Scheme::apk},
    Ecosystem{"Echo", "echo", Scheme::dpkg},
    Ecosystem{"Wolfi", "wolfi", Scheme::apk},
    Ecosystem{"Chainguard", "chainguard", Scheme::apk},
    Ecosystem{"MinimOS", "minimos", Scheme::apk},
    Ecosystem{"npm", "npm", Scheme::semver, KeyKind::binary},
    Ecosystem{"Go", "go", Scheme::semver, KeyKind::binary},
    Ecosystem{"crates.io", "crates.io", Scheme::semver, KeyKind::binary},
    Ecosystem{"Hex", "hex", Scheme::semver, KeyKind::binary, small},
    Ecosystem{"Pub", "pub", Scheme::semver, KeyKind::binary, small},
    Ecosystem{"SwiftURL", "swifturl", Scheme::semver, KeyKind::binary, repository},
    Ecosystem{"GitHub Actions", "github actions", Scheme::semver, KeyKind::binary, owner_and_repository},
    Ecosystem{"Julia", "julia", Scheme::semver, KeyKind::binary},
    Ecosystem{"Bitnami", "bitnami", Scheme::bitnami, KeyKind::binary},
    // Known, and waiting for their ordering.
    Ecosystem{"PyPI", "pypi", Scheme::none},
    Ecosystem{"Maven", "maven", Scheme::none},
    Ecosystem{"NuGet", "nuget", Scheme::none},
    Ecosystem{"RubyGems", "rubygems", Scheme::none},
    Ecosystem{"Packagist", "packagist", Scheme::none},
    Ecosystem{"Hackage", "hackage", Scheme::none},
    Ecosystem{"GHC", "ghc", Scheme::none},
    Ecosystem{"CRAN", "cran", Scheme::none},
    Ecosystem{"Bioconductor", "bioconductor", Scheme::none},
    Ecosystem{"ConanCenter", "conancenter", Scheme::none},
    Ecosystem{"opam", "opam", Scheme::none},
    Ecosystem{"VSCode", "vscode", Scheme::none},
    Ecosystem{"Kubernetes", "kubernetes", Scheme::none},
    Ecosystem{"Android", "", Scheme::none},
    Ecosystem{"Linux", "", Scheme::none},
    Ecosystem{"OSS-Fuzz", "", Scheme::none},
    Ecosystem{"GIT", "", Scheme::none},
    Ecosystem{"Docker Hardened Images", "", Scheme::none},
};

// Seal rebuilds single packages of distributions, under names of its own, and spells ecosystems its own way.
struct SealBase {
  std::string_view ecosystem, family;
  Scheme scheme;
};
constexpr std::array kSealBases = {
    SealBase{"redhat", "rhel:", Scheme::rpm},           SealBase{"centos", "centos:", Scheme::rpm},
    SealBase{"Oracle Linux", "ol:", Scheme::rpm},       SealBase{"cbl-mariner", "mariner:", Scheme::rpm},
    SealBase{"azurelinux", "azurelinux:", Scheme::rpm}, SealBase{"debian", "debian:", Scheme::dpkg},
    SealBase{"ubuntu", "ubuntu:", Scheme::dpkg},        SealBase{"alpine", "alpine:v", Scheme::apk},
};

OsvPackage resolve_seal(std::string_view ecosystem, std::string_view name) {
  OsvPackage resolved;
  if (name.empty()) {
    resolved.why_not = "no package name";
    return resolved;
  }
  base::strip_prefix(ecosystem, "Seal:");
  auto suffix = ecosystem;
  const auto base_name = base::take_until(suffix, ':');
  const auto row = std::ranges::find_if(
      kSealBases, [&](const SealBase& known) { return base::equal_ignoring_case(known.ecosystem, base_name); });
  if (row != kSealBases.end()) {
    if (row->scheme == Scheme::apk) base::strip_prefix(suffix, "v");
    const auto release = word_of(row->family, suffix);
    if (!release.empty()) resolved.name_space = base::cat({"seal:", release});
    resolved.package = name;
    resolved.key_kind = KeyKind::binary;
    resolved.scheme = row->scheme;
  }
  if (resolved.name_space.empty()) resolved.why_not = "a base of Seal's that is not read";
  return resolved;
}

OsvPackage resolve_plain(std::string_view ecosystem, std::string_view name) {
  OsvPackage resolved;
  auto suffix = ecosystem;
  const auto base_name = base::take_until(suffix, ':');
  const auto row = std::ranges::find_if(
      kEcosystems, [&](const Ecosystem& known) { return base::equal_ignoring_case(known.name, base_name); });
  if (row == kEcosystems.end()) {
    // Not named: a hostile file could make up any number of reasons.
    resolved.why_not = "no ordering for an unknown ecosystem";
    return resolved;
  }
  if (row->scheme == Scheme::none) {
    resolved.why_not = base::cat({"no ordering for ecosystem ", row->name});
    return resolved;
  }
  if (name.empty()) {
    resolved.why_not = "no package name";
    return resolved;
  }
  resolved.name_space = row->release == nullptr ? std::string(row->name_space) : row->release(suffix);
  if (resolved.name_space.empty()) {
    resolved.why_not = base::cat({"a release or variant of ", row->name, " that is not read"});
    return resolved;
  }
  resolved.package = row->package(name);
  resolved.key_kind = row->key_kind;
  resolved.scheme = row->scheme;
  if (row->release == redhat_release) resolved.product = redhat_product(redhat_cpe(suffix)).cpe;
  return resolved;
}

}  // namespace

OsvPackage resolve_osv_package(std::string_view ecosystem, std::string_view name) {
  if (name.starts_with("seal-") || ecosystem.starts_with("Seal:")) return resolve_seal(ecosystem, name);
  // Those who rebuild the packages of another ecosystem name it behind their own name.
  static constexpr std::pair<std::string_view, std::string_view> kSuppliers[] = {{"Root:", "rootio:"},
                                                                                 {"TuxCare:", "tuxcare:"}};
  for (const auto& [supplier, family] : kSuppliers) {
    if (!base::strip_prefix(ecosystem, supplier)) continue;
    auto resolved = resolve_plain(ecosystem, name);
    if (!resolved.name_space.empty()) resolved.name_space.insert(0, family);
    return resolved;
  }
  return resolve_plain(ecosystem, name);
}

}  // namespace limpid::advisory
