// The feeds by name, for registry.cc and tests. A new feed adds one line here and one there.
#pragma once

#include "advisory/feed.h"

namespace limpid::advisory {

const Feed& almalinux_feed();
const Feed& alpine_feed();
const Feed& altlinux_feed();
const Feed& amazon_feed();
const Feed& anolis_feed();
const Feed& arch_feed();
const Feed& azurelinux_feed();
const Feed& bottlerocket_feed();
const Feed& cvelist_feed();
const Feed& cvrf_feed();
const Feed& debian_feed();
const Feed& debian_changelogs_feed();
const Feed& debian_lists_feed();
const Feed& debian_support_feed();
const Feed& distro_info_feed();
const Feed& echo_feed();
const Feed& endoflife_feed();
const Feed& epss_feed();
const Feed& fedora_feed();
const Feed& gentoo_feed();
const Feed& kev_feed();
const Feed& nvd_feed();
const Feed& openeuler_feed();
const Feed& oracle_feed();
const Feed& osv_feed();
const Feed& photon_feed();
const Feed& redhat_feed();
const Feed& redhat_oval_feed();
const Feed& redhat_repositories_feed();
const Feed& rocky_feed();
const Feed& rootio_feed();
const Feed& suse_feed();
const Feed& suse_oval_feed();
const Feed& ubuntu_feed();
const Feed& ubuntu_vex_feed();
const Feed& wolfi_feed();

}  // namespace limpid::advisory
