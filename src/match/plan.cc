#include "match/plan.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "version/ordering.h"

namespace limpid::match {
namespace {

bool older(version::Scheme scheme, std::string_view a, std::string_view b) {
  const version::Ordering* ordering = version::find_ordering(scheme);
  return ordering != nullptr && ordering->compare(ordering->parse(a), ordering->parse(b)) < 0;
}

const std::string& matched_version(const inventory::Package& package) {
  return package.kind == inventory::PackageKind::binary ? package.source_version : package.version;
}

// Each flaw once, the most severe first.
std::vector<std::string> ids_of(const std::vector<Finding>& findings, const std::vector<std::uint32_t>& indices) {
  std::map<std::string_view, Severity> severities;
  for (const std::uint32_t index : indices) {
    Severity& severity = severities[findings[index].id];
    severity = std::max(severity, findings[index].severity);
  }
  std::vector<std::pair<std::string_view, Severity>> ordered(severities.begin(), severities.end());
  std::ranges::stable_sort(ordered, [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> ids;
  for (const auto& [id, severity] : ordered) ids.emplace_back(id);
  return ids;
}

}  // namespace

std::uint64_t weight_of(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return 81;
    case Severity::high:
      return 27;
    case Severity::medium:
      return 9;
    case Severity::unknown:
      return 3;  // nobody has looked yet: more than what somebody called negligible
    case Severity::low:
      return 3;
    case Severity::negligible:
      return 1;
  }
  return 0;
}

Plan plan_upgrades(const inventory::ImageInventory& image, const Matches& matches) {
  std::map<std::tuple<std::uint32_t, std::string, std::string>, Upgrade> by_source;
  Plan plan;
  for (std::uint32_t index = 0; index < matches.findings.size(); ++index) {
    const Finding& finding = matches.findings[index];
    if (finding.status == advisory::Status::not_affected) continue;  // nothing that an upgrade could remove
    if (finding.fixed_in.empty()) {
      ++plan.left;
      continue;
    }
    ++plan.removed;
    const inventory::Package& package = image.packages[finding.package];
    const std::string& source = package.kind == inventory::PackageKind::binary ? package.source_name : package.name;
    Upgrade& upgrade = by_source[{package.layer, package.name_space, source}];
    upgrade.layer = package.layer;
    upgrade.name_space = package.name_space;
    upgrade.source = source;
    if (upgrade.packages.empty() || upgrade.packages.back() != finding.package)
      upgrade.packages.push_back(finding.package);
    if (upgrade.from.empty() || older(package.scheme, matched_version(package), upgrade.from))
      upgrade.from = matched_version(package);
    if (upgrade.fixed_in.empty() || older(package.scheme, upgrade.fixed_in, finding.fixed_in))
      upgrade.fixed_in = finding.fixed_in;
    upgrade.removes.push_back(index);
    upgrade.weight += weight_of(finding.severity);
  }
  std::map<std::uint32_t, const std::string*> available;
  for (const Outdated& outdated : matches.outdated) available[outdated.package] = &outdated.available;
  for (auto& [key, upgrade] : by_source) {
    std::ranges::sort(upgrade.packages);
    const auto offered = available.find(upgrade.packages.front());
    const version::Scheme scheme = image.packages[upgrade.packages.front()].scheme;
    if (offered != available.end() && !older(scheme, *offered->second, upgrade.fixed_in))
      upgrade.available = *offered->second;
    upgrade.ids = ids_of(matches.findings, upgrade.removes);
    plan.upgrades.push_back(std::move(upgrade));
  }
  std::ranges::stable_sort(plan.upgrades, [](const Upgrade& a, const Upgrade& b) {
    return std::tuple(a.layer, b.weight, std::string_view(a.source)) <
           std::tuple(b.layer, a.weight, std::string_view(b.source));
  });
  return plan;
}

}  // namespace limpid::match
