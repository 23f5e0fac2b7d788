// The detectors, each made in its own file; registry.cc puts them in order.
#pragma once

#include "inventory/detector.h"

namespace limpid::inventory {

const Detector& os_release_detector();
const Detector& dpkg_detector();
const Detector& dpkg_status_d_detector();
const Detector& dpkg_files_detector();
const Detector& apk_detector();
const Detector& rpm_detector();
const Detector& rpm_manifest_detector();
const Detector& alpm_detector();
const Detector& opkg_detector();
const Detector& portage_detector();
const Detector& chisel_detector();
const Detector& cos_detector();
const Detector& bottlerocket_detector();
const Detector& xbps_detector();
const Detector& slackware_detector();
const Detector& snap_detector();
const Detector& homebrew_detector();
const Detector& flatpak_detector();
const Detector& store_paths_detector();
const Detector& bitnami_detector();
const Detector& repositories_detector();

// Its facts are no clues to the distribution: the merge tells them by the name.
inline constexpr std::string_view kRepositoriesDetector = "repositories";
// The file that older images of Bitnami's have in place of documents, or beside them: the merge lists what both name
// once, from the document.
inline constexpr std::string_view kBitnamiDetector = "bitnami", kBitnamiComponents = ".bitnami_components.json";

}  // namespace limpid::inventory
