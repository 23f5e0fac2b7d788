// The registry of detectors (detector.h): one line each.
#include <array>
#include <string>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/text.h"
#include "inventory/registered.h"

namespace limpid::inventory {

std::span<const Detector* const> detectors() {
  static const std::array all = {
      &os_release_detector(),   &dpkg_detector(),    &dpkg_status_d_detector(), &dpkg_files_detector(),
      &apk_detector(),          &rpm_detector(),     &rpm_manifest_detector(),  &alpm_detector(),
      &opkg_detector(),         &portage_detector(), &chisel_detector(),        &cos_detector(),
      &bottlerocket_detector(), &xbps_detector(),    &slackware_detector(),     &snap_detector(),
      &homebrew_detector(),     &flatpak_detector(), &store_paths_detector(),   &bitnami_detector(),
      &repositories_detector(),
  };
  return all;
}

std::string detector_set_id() {
  std::string names;
  for (const Detector* detector : detectors()) base::append(names, {detector->name(), '/', detector->version(), '\n'});
  return base::sha256(base::as_bytes(names)).hex();
}

}  // namespace limpid::inventory
