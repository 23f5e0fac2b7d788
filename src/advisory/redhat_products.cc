#include "advisory/redhat_products.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace limpid::advisory {
namespace {

constexpr std::size_t kMajorDigitsMax = 2;

std::string_view digits(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, base::is_digit);
  const auto length = static_cast<std::size_t>(end - text.begin());
  return length > kMajorDigitsMax ? std::string_view() : text.substr(0, length);
}

// RHEL itself and what extends a release of it, whose versions are those of RHEL.
bool is_enterprise_linux(std::string_view product) {
  if (product.starts_with("enterprise_linux")) return true;
  for (const std::string_view kind : {"rhel_eus", "rhel_aus", "rhel_tus", "rhel_e4s", "rhel_els", "rhel_extras",
                                      "rhel_mission_critical", "rhel_productivity", "rhel_eus_long_life"}) {
    if (product.starts_with(kind)) return true;
  }
  return product == "rhel";
}

bool is_extended(std::string_view product) {
  if (!base::strip_prefix(product, "rhel_") && !base::strip_prefix(product, "enterprise_linux_")) return false;
  static constexpr std::array<std::string_view, 6> kKinds = {"eus", "aus", "tus", "e4s", "els", "eus_long_life"};
  return std::ranges::find(kKinds, product) != kKinds.end();
}

std::string join_parts(std::vector<std::string_view> parts) {
  while (!parts.empty() && parts.back().empty()) parts.pop_back();
  std::string cpe = "cpe:/";
  for (std::size_t i = 0; i < parts.size(); ++i) base::append(cpe, {i == 0 ? "" : ":", parts[i]});
  return cpe;
}

}  // namespace

RedHatProduct redhat_layered_product(std::string_view cpe) {
  cpe = base::trim(cpe);
  if (!redhat_product(cpe).name_space.empty() || !base::strip_prefix(cpe, "cpe:/")) return {};
  auto parts = base::split(cpe, ':');
  constexpr std::size_t kVendor = 1, kProduct = 2;
  if (parts.size() <= kProduct || parts[kVendor] != "redhat" || parts[kProduct].empty()) return {};
  if (is_enterprise_linux(parts[kProduct])) return {};  // of a release that cannot be told
  RedHatProduct found;
  found.name_space = "rhel";
  found.cpe = join_parts(std::move(parts));
  return found;
}

RedHatProduct redhat_product(std::string_view cpe) {
  RedHatProduct found;
  cpe = base::trim(cpe);
  std::string_view rest = cpe;
  if (!base::strip_prefix(rest, "cpe:/")) return found;
  auto parts = base::split(rest, ':');  // part, vendor, product, version, update, edition
  constexpr std::size_t kVendor = 1, kProduct = 2, kVersion = 3, kEdition = 5;
  if (parts.size() <= kProduct || parts[kVendor] != "redhat") return found;
  const auto product = parts[kProduct];
  if (product == "hummingbird") {
    found.name_space = product;
    return found;
  }
  std::string_view major;
  if (is_enterprise_linux(product)) {
    if (parts.size() > kVersion) major = digits(parts[kVersion]);
    if (product == "enterprise_linux" && parts.size() > kVersion) parts[kVersion] = major;
  } else if (parts.size() > kEdition) {
    auto edition = parts[kEdition];
    if (base::strip_prefix(edition, "el")) major = digits(edition);
  }
  if (major.empty()) return found;
  found.name_space = base::cat({"rhel:", major});
  found.is_extended = is_extended(product);
  found.is_base = !found.is_extended && product.starts_with("enterprise_linux");
  found.cpe = join_parts(std::move(parts));
  return found;
}

}  // namespace limpid::advisory
