// What dpkg's status file and the status.d files of distroless images have in common: a stanza becomes a package.
#pragma once

#include <cstddef>
#include <string_view>

#include "inventory/types.h"

namespace limpid::inventory {

inline constexpr std::uint64_t kDpkgFileMax = std::uint64_t{256} << 20;
inline constexpr std::size_t kDpkgPackagesMax = 200'000;

enum class DpkgStatus {
  required,  // a status file: only what the Status field says is installed
  absent,    // status.d: what is listed is installed
};

// Reads all stanzas of `content` into evidence.packages. Never fails: what is broken is noted, the rest is read.
void read_dpkg_stanzas(std::string_view content, DpkgStatus status, Evidence& evidence, SkippedList& skipped);

// Whether a package comes from the distribution or from somebody else's repository, told from its Maintainer field and
// the shape of its version.
Repository dpkg_repository(std::string_view maintainer, std::string_view version);

}  // namespace limpid::inventory
