#include "match/conditions.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace limpid::match {
namespace {

using inventory::Package;
using vulndb::Statement;

bool meets_architecture(const Statement& statement, const Package& package) {
  return statement.architectures.empty() || package.arch.empty() || package.arch == "all" || package.arch == "noarch" ||
         std::ranges::find(statement.architectures, package.arch) != statement.architectures.end();
}

// Gentoo: versions of one package in several slots are installed side by side (advisory::Affected::module).
bool meets_slot(std::string_view wanted, std::string_view slot) {
  if (wanted.empty()) return true;
  if (!wanted.starts_with('!')) return wanted == slot;
  for (auto word = base::take_word(wanted); !word.empty(); word = base::take_word(wanted))
    if (word.substr(1) == slot) return false;
  return true;
}

// Oracle builds some packages anew for FIPS, and some to be patched while they run: each with versions of its own,
// which say nothing of the others.
enum class Flavour : std::uint8_t { normal, fips, ksplice };
Flavour flavour_of(std::string_view version) {
  if (version.ends_with("_fips")) return Flavour::fips;
  return version.find(".ksplice") == std::string_view::npos ? Flavour::normal : Flavour::ksplice;
}
bool meets_flavour(const Statement& statement, std::string_view version) {
  for (const vulndb::RangeView& range : statement.ranges)
    if (!range.fixed.empty()) return flavour_of(range.fixed) == flavour_of(version);
  return true;
}

// The family of the namespaces that are read from another one, and that.
constexpr std::pair<std::string_view, std::string_view> kSame[] = {
    {"centos:", "rhel:"},
    {"scientific:", "rhel:"},
    {"sl:", "rhel:"},
    {"almalinux:", "rhel:"},
    {"rocky:", "rhel:"},
    {"oracle:", "ol:"},  // as Clair names it
    {"oracle:", "rhel:"},
    {"ol:", "rhel:"},
    {"eurolinux:", "rhel:"},
    {"miraclelinux:", "rhel:"},
    {"springdale:", "rhel:"},
    {"sles_sap:", "sles:"},
    {"sled:", "sles:"},
    {"sl-micro:", "sle-micro:"},
    {"sle-micro-rancher:", "sle-micro:"},
    {"suse-microos:", "sle-micro:"},
};
// The same where neither has releases: those that install Arch Linux's own packages, those made of Wolfi's.
constexpr std::pair<std::string_view, std::string_view> kSameFamily[] = {
    {"archarm", "arch"}, {"endeavouros", "arch"}, {"arcolinux", "arch"},   {"antergos", "arch"},
    {"manjaro", "arch"}, {"manjaro-arm", "arch"}, {"chainguard", "wolfi"},
};

}  // namespace

bool meets_conditions(const Statement& statement, const Package& package, std::string_view version) {
  if (statement.scheme == version::Scheme::portage) {
    // The architecture is that of the compiler's target, which need not be one that we know.
    return (package.arch.empty() || meets_architecture(statement, package)) &&
           meets_slot(statement.module, package.module);
  }
  if (!meets_architecture(statement, package)) return false;
  if (statement.scheme != version::Scheme::rpm) return true;
  return statement.module == package.module && meets_flavour(statement, version);
}

std::string advisory_namespace(const vulndb::Database& database, std::string_view name_space) {
  if (database.has_namespace(name_space)) return std::string(name_space);
  // One that rolls has no release in its namespace, whatever date or build its os-release carries.
  const std::string_view family = name_space.substr(0, name_space.find(':'));
  if (!family.empty() && database.has_namespace(family)) return std::string(family);
  for (const auto& [rebuild, same] : kSameFamily)
    if (family == rebuild && database.has_namespace(same)) return std::string(same);
  for (const auto& [rebuild, same] : kSame) {
    std::string_view release = name_space;
    if (!base::strip_prefix(release, rebuild)) continue;
    std::string other = base::cat({same, release});
    if (database.has_namespace(other)) return other;
  }
  // One set of advisories for all of a release's minor ones.
  if (std::string_view release = name_space; base::strip_prefix(release, "anolis:")) {
    std::string whole = base::cat({"anolis:", base::take_until(release, '.')});
    if (database.has_namespace(whole)) return whole;
  }
  // Amazon Linux 1 named its releases after months, and published for all of them as one.
  std::string amazon = "amzn:2018.03";
  return name_space.starts_with("amzn:201") && database.has_namespace(amazon) ? amazon : std::string();
}

}  // namespace limpid::match
