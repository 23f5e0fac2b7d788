// dpkg's database of installed packages, var/lib/dpkg/status. https://manpages.debian.org/dpkg (FILES)
#include <array>

#include "inventory/dpkg_package.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

class Dpkg final : public Detector {
 public:
  std::string_view name() const override { return "dpkg"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    // At any depth: the system's own, and those of further roots inside the image (a builder's rootfs, a chroot).
    static constexpr std::array kInterests = {
        Interest{.match = Interest::Match::nested, .text = "lib/dpkg/status", .size_max = kDpkgFileMax},
        // Systems with a read-only /usr that moved the database there.
        Interest{.match = Interest::Match::exact, .text = "usr/lib/dpkg-db/status", .size_max = kDpkgFileMax},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    read_dpkg_stanzas(file.content, DpkgStatus::required, evidence, skipped);
    return {};
  }
};

}  // namespace

const Detector& dpkg_detector() {
  static const Dpkg instance;
  return instance;
}

}  // namespace limpid::inventory
