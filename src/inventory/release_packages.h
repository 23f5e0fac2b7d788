// The release that a package database itself tells, for images whose release files were taken away: the package that
// brought those files has the release in its version.
#pragma once

#include <optional>
#include <string_view>

#include "inventory/types.h"

namespace limpid::inventory {

// How much a package's name says: of two that tell a release the lower rank is believed, since rebuilds of Red Hat also
// carry its package. Nothing for a package that tells none.
struct ReleaseClue {
  int rank = 0;
  Distribution distribution;  // location "": the caller knows it
};
std::optional<ReleaseClue> release_told_by(const Package& package);

}  // namespace limpid::inventory
