// Fixes of one flaw in one package in several minor releases of RHEL. Red Hat's documents name one product for all of
// them ("cpe:/a:redhat:enterprise_linux:9::appstream"), and the minor release only in the product's id.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpid::advisory {

// "AppStream-9.4.0.Z.MAIN", "7Server-7.9.Z", "rhel-9.4-eus::appstream" → 4, 9, 4 for the major releases 9, 7 and 9;
// nothing where the id names no minor release of that one.
std::optional<unsigned> redhat_minor(std::string_view product_id, std::string_view major);

struct StreamFix {
  unsigned minor = 0;
  std::string version;     // "1:1.2-3.el9_4"
  std::string introduced;  // set by separate_streams(): where the versions begin that this fixes, "" for all below it
};
// A flaw that was fixed in 7.76.1-23.el9_2.4 of one minor release and in 7.76.1-26.el9_3.2 of the next is not in
// 7.76.1-23.el9_2.5, though that is lower than the later fix. So the later fix gets a beginning: behind the versions
// that still belong to the earlier one, by their upstream version, the first number of their release, or ".elN_M".
// Where none of these tells the two apart, the higher fix counts for both. Sorts by version, each version once.
void separate_streams(std::vector<StreamFix>& fixes);

}  // namespace limpid::advisory
