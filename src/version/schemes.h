// The room's own list of its orderings: each is defined in the file named after it.
#pragma once

#include "version/ordering.h"

namespace limpid::version {

const Ordering& generic_ordering();
const Ordering& dpkg_ordering();
const Ordering& apk_ordering();
const Ordering& semver_ordering();
const Ordering& rpm_ordering();
const Ordering& pacman_ordering();
const Ordering& portage_ordering();
const Ordering& bitnami_ordering();

}  // namespace limpid::version
