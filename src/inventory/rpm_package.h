// What a record of rpm's says about a package, wherever it stands: in a header, in a line of a manifest.
#pragma once

#include <optional>
#include <string_view>

#include "inventory/types.h"

namespace limpid::inventory {

inline constexpr std::size_t kRpmPackagesMax = 200'000;

struct RpmRecord {
  std::string_view name, version, release, arch, source_rpm, vendor;
  std::uint32_t epoch = 0;  // 0 and none are the same to every comparison
};

// False where name, version or release is no word: then there is no such package. Location and detector are set by the
// caller.
bool fill_rpm_package(const RpmRecord& record, Package& package);

// Whether a package comes from a distribution or from somebody else's repository, told from its vendor and its release.
Repository rpm_repository(std::string_view vendor, std::string_view release);

// Whether a vendor is the one whose distribution of this family ("rhel") it is; nothing where nobody knows who that is.
std::optional<bool> is_rpm_vendor_of(std::string_view family, std::string_view vendor);

// For the packages of one database that name no vendor: those whose signature is by a key that no package of the
// distribution's is signed with come from elsewhere.
void tell_by_signatures(std::vector<Package>& packages);

}  // namespace limpid::inventory
