#include "match/conditions.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace limpid::match {
namespace {

using inventory::Package;
using vulndb::Statement;

bool meets_architecture(const Statement& statement, const Package& package) {
  return statement.architectures.empty() || package.arch == "all" || package.arch == "noarch" ||
         std::ranges::find(statement.architectures, package.arch) != statement.architectures.end();
}

bool meets_products(const Statement& statement) {
  if (statement.products.empty()) return true;
  return std::ranges::any_of(statement.products, is_base_product);
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

}  // namespace

bool meets_conditions(const Statement& statement, const Package& package, std::string_view version) {
  if (!meets_architecture(statement, package)) return false;
  if (statement.scheme != version::Scheme::rpm) return true;
  return statement.module == package.module && meets_products(statement) && meets_flavour(statement, version);
}

bool is_base_product(std::string_view cpe) {
  if (!base::strip_prefix(cpe, "cpe:/")) return false;
  base::take_until(cpe, ':');  // the part
  if (base::take_until(cpe, ':') != "redhat") return true;
  const std::string_view product = base::take_until(cpe, ':');
  return product.starts_with("enterprise_linux") || product == "rhel_extras_other";
}

std::string advisory_namespace(const vulndb::Database& database, std::string_view name_space) {
  if (database.has_namespace(name_space)) return std::string(name_space);
  static constexpr std::pair<std::string_view, std::string_view> kSame[] = {
      {"centos:", "rhel:"},
      {"scientific:", "rhel:"},
      {"sl:", "rhel:"},
      {"almalinux:", "rhel:"},
      {"rocky:", "rhel:"},
      {"ol:", "rhel:"},
      {"sles_sap:", "sles:"},
      {"sled:", "sles:"},
      {"sl-micro:", "sle-micro:"},
      {"sle-micro-rancher:", "sle-micro:"},
      {"suse-microos:", "sle-micro:"},
  };
  std::string other;
  for (const auto& [family, same] : kSame) {
    std::string_view release = name_space;
    if (base::strip_prefix(release, family)) other = base::cat({same, release});
  }
  // Amazon Linux 1 named its releases after months, and published for all of them as one.
  if (name_space.starts_with("amzn:201")) other = "amzn:2018.03";
  return !other.empty() && database.has_namespace(other) ? other : std::string();
}

}  // namespace limpid::match
