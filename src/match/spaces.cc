#include "match/spaces.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "match/conditions.h"

namespace limpid::match {
namespace {

using inventory::Package;
using Role = SecondSpace::Role;

// "1.0-1ubuntu0.1~esm2", "2.4.7-1ubuntu4.22+esm1": nobody has these without Ubuntu Pro.
bool is_esm_version(std::string_view version) {
  return version.find("+esm") != std::string_view::npos || version.find("~esm") != std::string_view::npos;
}

// "24.03 (LTS-SP2)" → "openeuler:24.03-LTS-SP2": only VERSION tells service packs apart, whose fixes differ.
std::string openeuler_release(const inventory::Distribution& distribution) {
  std::string_view version = distribution.version;
  const auto number = base::take_word(version);
  version = base::trim(version);
  if (!base::strip_prefix(version, "(") || !base::strip_suffix(version, ")") || version.empty())
    return distribution.name_space;
  return base::cat({"openeuler:", number, "-", version});
}

constexpr std::string_view kRootioName = "rootio-";

bool is_rootio(const Package& package) {
  return package.version.find(".root.io") != std::string::npos || package.name.starts_with(kRootioName) ||
         package.source_name.starts_with(kRootioName);
}

}  // namespace

Origins origins_of(const inventory::ImageInventory& image) {
  const inventory::Distribution& distribution = image.distribution;
  Origins origins;
  origins.name_space = origins.release = distribution.name_space;
  origins.parent = distribution.parent;
  if (distribution.name_space.starts_with("openeuler:")) origins.release = openeuler_release(distribution);
  origins.subscribed = std::ranges::any_of(
      distribution.esm, [](std::string_view service) { return service == "esm-infra" || service == "esm-apps"; });
  for (const Package& package : image.packages) {
    if (package.scheme == version::Scheme::rpm) continue;
    origins.rootio = origins.rootio || is_rootio(package);
    if (package.scheme == version::Scheme::dpkg)
      origins.subscribed =
          origins.subscribed || is_esm_version(package.version) || is_esm_version(package.source_version);
  }
  return origins;
}

std::string release_space(const vulndb::Database& database, const Origins& origins, const std::string& name_space) {
  const std::string& spelled = name_space == origins.name_space ? origins.release : name_space;
  if (std::string found = advisory_namespace(database, spelled); !found.empty()) return found;
  std::string other;
  std::string_view release = spelled;
  const std::string_view family = base::take_until(release, ':');
  for (const std::string_view rolling : {"echo", "minimos", "secureos", "cleanstart", "wolfi", "chainguard"})
    if (family == rolling) other = rolling;
  // Chainguard's images are made of Wolfi's packages too.
  if (other == "chainguard" && !database.has_namespace(other)) other = "wolfi";
  if (family == "anolis") other = base::cat({"anolis:", base::take_until(release, '.')});
  if (!other.empty() && database.has_namespace(other)) return other;
  return name_space == origins.name_space ? parent_space(database, origins) : std::string();
}

std::string parent_space(const vulndb::Database& database, const Origins& origins) {
  if (origins.parent.empty() || !advisory_namespace(database, origins.release).empty()) return {};
  return advisory_namespace(database, origins.parent);
}

bool is_own(const Package& package) {
  // Where the distribution's id is not what its versions or its builders' addresses say.
  static constexpr std::pair<std::string_view, std::string_view> kMarks[] = {
      {"raspbian", "+rpi"}, {"raspbian", "+rpt"},     {"raspbian", "raspberrypi"}, {"linuxmint", "mint"},
      {"pop", "system76"},  {"neon", "neon.kde.org"}, {"parrot", "parrotsec"},
  };
  const std::string_view family = std::string_view(package.name_space).substr(0, package.name_space.find(':'));
  const std::string said = base::lower(base::cat({package.version, "\n", package.maintainer}));
  bool has_marks = false;
  for (const auto& [id, mark] : kMarks) {
    if (id != family) continue;
    has_marks = true;
    if (said.contains(mark)) return true;
  }
  return !has_marks && said.contains(family);
}

SecondSpace second_space(const vulndb::Database& database, const Origins& origins, const Package& package) {
  SecondSpace second;
  const auto take = [&](Role role, std::string_view family) {
    second.role = role;
    second.name_space = base::cat({family, package.name_space});
    if (!database.has_namespace(second.name_space)) second.name_space.clear();
    if (second.name_space.empty() && role != Role::alone) second.role = Role::none;
  };
  if (package.name.starts_with("seal-")) {
    take(Role::alone, "seal:");
  } else if (package.version.contains("tuxcare.")) {
    take(Role::supplier, "tuxcare:");
  } else if (origins.rootio) {
    take(Role::supplier, "rootio:");
    second.other_name = kRootioName;
  } else if (origins.subscribed) {
    second.name_space = subscription_space(database, origins, package.name_space);
    if (!second.name_space.empty()) second.role = Role::subscription;
  }
  return second;
}

std::string subscription_space(const vulndb::Database& database, const Origins& origins, std::string_view name_space) {
  std::string esm;
  if (name_space == origins.name_space) esm = parent_space(database, origins);
  if (esm.empty()) esm = name_space;
  if (!esm.starts_with("ubuntu:")) return {};
  esm += "+esm";
  return database.has_namespace(esm) ? esm : std::string();
}

}  // namespace limpid::match
