// Packages out of rpm's records (rpm_package.h).
#include "inventory/rpm_package.h"

#include <array>
#include <set>

#include "base/text.h"
#include "inventory/notes.h"

namespace limpid::inventory {
namespace {

// How the vendors of distributions begin their own name in the packages that they build.
constexpr auto kDistributions = std::to_array<std::string_view>({
    "Red Hat",    "CentOS",       "Fedora Project", "Oracle America", "AlmaLinux",
    "Rocky",      "CloudLinux",   "EuroLinux",      "Scientific",     "Amazon Linux",
    "Amazon.com", "Amazon AWS",   "SUSE",           "openSUSE",       "VMware",
    "Broadcom",   "Microsoft",    "Azure Linux",    "openEuler",      "http://openeuler.org",
    "OpenAnolis", "Anolis",       "Alibaba",        "Tencent",        "OpenCloudOS",
    "Mageia.Org", "OpenMandriva", "ALT Linux",      "Virtuozzo",      "Cybertrust",
    "Springdale", "Navy Linux",   "KylinSoft",      "UnionTech",
});

// The same, by the families whose packages' vendors are known. A family may have several lines.
struct FamilyVendor {
  std::string_view family, vendor;
};
constexpr auto kFamilyVendors = std::to_array<FamilyVendor>({
    {"rhel", "Red Hat"},
    {"centos", "CentOS"},
    {"almalinux", "AlmaLinux"},
    {"rocky", "Rocky"},
    {"ol", "Oracle America"},
    {"fedora", "Fedora Project"},
    {"amzn", "Amazon"},
    {"mariner", "Microsoft"},
    {"azurelinux", "Microsoft"},
    {"azurelinux", "Azure Linux"},
    {"photon", "VMware"},
    {"photon", "Broadcom"},
    {"sles", "SUSE"},
    {"sles_sap", "SUSE"},
    {"sled", "SUSE"},
    {"sle-micro", "SUSE"},
    {"sl-micro", "SUSE"},
    // Leap is made of SLES' packages and its own.
    {"opensuse-leap", "SUSE"},
    {"opensuse-leap", "openSUSE"},
    {"opensuse-tumbleweed", "SUSE"},
    {"opensuse-tumbleweed", "openSUSE"},
});

// EPEL is built by Fedora for Red Hat's releases, and none of their advisories speaks of it.
bool is_epel(std::string_view vendor, std::string_view release) {
  if (!vendor.starts_with("Fedora Project")) return false;
  const auto mark = release.find(".el");
  return mark != std::string_view::npos && mark + 3 < release.size() && base::is_digit(release[mark + 3]);
}

// "curl-7.50.3-1.fc25.src.rpm" → curl, 7.50.3-1.fc25. It never tells the epoch.
bool split_source(std::string_view file, Package& package) {
  base::strip_suffix(file, ".rpm");
  if (!base::strip_suffix(file, ".src")) base::strip_suffix(file, ".nosrc");
  const auto release = file.rfind('-');
  if (release == std::string_view::npos || release == 0) return false;
  const auto version = file.rfind('-', release - 1);
  if (version == std::string_view::npos || version == 0 || !is_word(file)) return false;
  package.source_name = file.substr(0, version);
  package.source_version = file.substr(version + 1);
  return true;
}

}  // namespace

Repository rpm_repository(std::string_view vendor, std::string_view release) {
  if (is_epel(vendor, release)) return Repository::third_party;
  if (vendor.empty()) return Repository::distribution;  // some distributions name none
  for (const auto known : kDistributions) {
    if (vendor.starts_with(known)) return Repository::distribution;
  }
  return Repository::third_party;
}

std::optional<bool> is_rpm_vendor_of(std::string_view family, std::string_view vendor) {
  std::optional<bool> found;
  for (const auto& known : kFamilyVendors)
    if (known.family == family) found = found.value_or(false) || vendor.starts_with(known.vendor);
  return found;
}

void tell_by_signatures(std::vector<Package>& packages) {
  std::set<std::string_view> keys;
  for (const Package& package : packages) {
    const bool own = package.repository == Repository::distribution && !package.maintainer.empty();
    if (own && !package.key_id.empty()) keys.insert(package.key_id);
  }
  if (keys.empty()) return;  // nothing to compare with
  for (Package& package : packages) {
    if (package.maintainer.empty() && !package.key_id.empty() && !keys.contains(package.key_id))
      package.repository = Repository::third_party;
  }
}

bool fill_rpm_package(const RpmRecord& record, Package& package) {
  if (!is_word(record.name) || !is_word(record.version) || !is_word(record.release)) return false;
  package.name = record.name;
  const std::string version = base::cat({record.version, '-', record.release});
  package.version = record.epoch == 0 ? version : base::cat({record.epoch, ':', version});
  if (is_word(record.arch)) package.arch = record.arch;
  if (!split_source(record.source_rpm, package)) {
    package.source_name = record.name;
    package.source_version = version;
  }
  package.maintainer = record.vendor;
  package.repository = rpm_repository(record.vendor, record.release);
  package.scheme = version::Scheme::rpm;
  return true;
}

}  // namespace limpid::inventory
