#include <algorithm>

#include "advisory/list.h"

namespace limpid::advisory {

const std::vector<const Feed*>& feeds() {
  static const std::vector<const Feed*> all = {
      &debian_feed(),      &debian_lists_feed(), &debian_changelogs_feed(),
      &ubuntu_feed(),      &alpine_feed(),       &redhat_feed(),
      &redhat_oval_feed(), &almalinux_feed(),    &rocky_feed(),
      &oracle_feed(),      &amazon_feed(),       &fedora_feed(),
      &suse_feed(),        &suse_oval_feed(),    &azurelinux_feed(),
      &photon_feed(),      &arch_feed(),         &bottlerocket_feed(),
      &wolfi_feed(),       &echo_feed(),         &rootio_feed(),
      &openeuler_feed(),   &cvrf_feed(),         &ubuntu_vex_feed(),
      &anolis_feed(),      &altlinux_feed(),     &osv_feed(),
      &distro_info_feed(), &endoflife_feed(),    &debian_support_feed(),
      &nvd_feed(),         &cvelist_feed(),      &epss_feed(),
      &kev_feed(),         &gentoo_feed(),       &redhat_repositories_feed(),
  };
  return all;
}

const Feed* find_feed(std::string_view name) {
  const auto found = std::ranges::find(feeds(), name, &Feed::name);
  return found == feeds().end() ? nullptr : *found;
}

}  // namespace limpid::advisory
