#include "service/v1/types.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace limpid::service::v1 {
namespace {

constexpr std::array<std::string_view, 7> kSeverityNames = {"Unknown", "Negligible", "Low",    "Medium",
                                                            "High",    "Critical",   "Defcon1"};

}  // namespace

std::string_view name_of(Severity severity) { return kSeverityNames.at(static_cast<std::size_t>(severity)); }

std::optional<Severity> parse_severity(std::string_view word) {
  for (std::size_t i = 0; i < kSeverityNames.size(); ++i)
    if (base::equal_ignoring_case(word, kSeverityNames.at(i))) return static_cast<Severity>(i);
  return std::nullopt;
}

Severity of(match::Severity severity) { return static_cast<Severity>(severity); }
static_assert(static_cast<int>(Severity::critical) == static_cast<int>(match::Severity::critical));

std::vector<Affects> affects_of(const std::vector<Fix>& fixed_in) {
  std::vector<Affects> affects;
  for (const Fix& fix : fixed_in) {
    Affects one{fix.package, fix.scheme, {}, {}};
    if (!fix.version.empty()) one.ranges.push_back({"", fix.version, ""});
    affects.push_back(std::move(one));
  }
  return affects;
}

std::string_view version_format(version::Scheme scheme) {
  switch (scheme) {
    case version::Scheme::dpkg:
    case version::Scheme::apk:
      return "dpkg";
    case version::Scheme::semver:
      return "semver";
    case version::Scheme::rpm:
      return "rpm";
    case version::Scheme::none:
    case version::Scheme::generic:
    case version::Scheme::pacman:
    case version::Scheme::portage:
    case version::Scheme::bitnami:
      break;
  }
  return "";
}

version::Scheme scheme_of(std::string_view name_space, std::string_view version_format) {
  static constexpr std::array<std::string_view, 4> kFormats = {"", "dpkg", "rpm", "semver"};
  const auto is_it = [&](std::string_view known) { return base::equal_ignoring_case(known, version_format); };
  if (std::ranges::none_of(kFormats, is_it)) return version::Scheme::none;
  static constexpr std::array<std::pair<std::string_view, version::Scheme>, 34> kFamilies = {{
      {"debian", version::Scheme::dpkg},
      {"ubuntu", version::Scheme::dpkg},
      {"alpine", version::Scheme::apk},
      {"wolfi", version::Scheme::apk},
      {"chainguard", version::Scheme::apk},
      {"minimos", version::Scheme::apk},
      {"npm", version::Scheme::semver},
      {"rhel", version::Scheme::rpm},
      {"centos", version::Scheme::rpm},
      {"fedora", version::Scheme::rpm},
      {"amzn", version::Scheme::rpm},
      {"scientific", version::Scheme::rpm},
      {"ol", version::Scheme::rpm},
      {"oracle", version::Scheme::rpm},
      {"rocky", version::Scheme::rpm},
      {"almalinux", version::Scheme::rpm},
      {"cloudlinux", version::Scheme::rpm},
      {"eurolinux", version::Scheme::rpm},
      {"virtuozzo", version::Scheme::rpm},
      {"miraclelinux", version::Scheme::rpm},
      {"sles", version::Scheme::rpm},
      {"sles_sap", version::Scheme::rpm},
      {"sled", version::Scheme::rpm},
      {"sle-micro", version::Scheme::rpm},
      {"sl-micro", version::Scheme::rpm},
      {"suse-microos", version::Scheme::rpm},
      {"opensuse", version::Scheme::rpm},
      {"opensuse-leap", version::Scheme::rpm},
      {"opensuse-leap-micro", version::Scheme::rpm},
      {"opensuse-tumbleweed", version::Scheme::rpm},
      {"photon", version::Scheme::rpm},
      {"mariner", version::Scheme::rpm},
      {"azurelinux", version::Scheme::rpm},
      {"openeuler", version::Scheme::rpm},
  }};
  const std::string_view family = name_space.substr(0, name_space.find(':'));
  for (const auto& [name, scheme] : kFamilies)
    if (family == name) return scheme;
  if (base::equal_ignoring_case(version_format, "dpkg")) return version::Scheme::dpkg;
  if (base::equal_ignoring_case(version_format, "rpm")) return version::Scheme::rpm;
  return version::Scheme::none;
}

std::string clair_namespace(std::string_view name_space) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kAliases = {{
      {"rhel:", "centos:"},
      {"ol:", "oracle:"},
  }};
  for (const auto& [ours, theirs] : kAliases)
    if (name_space.starts_with(ours)) return base::cat({theirs, name_space.substr(ours.size())});
  return std::string(name_space);
}

}  // namespace limpid::service::v1
