// opkg's database of installed packages, of OpenWrt and Yocto: dpkg's format and, all but the files, its fields.
// https://git.yoctoproject.org/opkg/tree/README
#include <array>

#include "inventory/dpkg_package.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

class Opkg final : public Detector {
 public:
  std::string_view name() const override { return "opkg"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    // OpenWrt's place below usr/, Yocto's below var/.
    static constexpr std::array kInterests = {
        Interest{.match = Interest::Match::nested, .text = "lib/opkg/status", .size_max = kDpkgFileMax},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    read_dpkg_stanzas(file.content, DpkgStatus::required, evidence, skipped);
    return {};
  }
};

}  // namespace

const Detector& opkg_detector() {
  static const Opkg instance;
  return instance;
}

}  // namespace limpid::inventory
