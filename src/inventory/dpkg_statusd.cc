// The packages of distroless images: one file each in var/lib/dpkg/status.d, beside checksums and scripts.
// https://github.com/GoogleContainerTools/distroless/blob/main/PACKAGE_METADATA.md
#include <array>

#include "inventory/dpkg_package.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{64} << 20;
constexpr std::array<std::string_view, 9> kSidecars = {".md5sums", ".list",   ".conffiles", ".preinst", ".postinst",
                                                       ".prerm",   ".postrm", ".triggers",  ".shlibs"};

// By name; but a package may be called so, and a file that holds a stanza is read whatever its name.
bool is_sidecar(std::string_view path, std::string_view content) {
  for (const auto ending : kSidecars) {
    if (path.ends_with(ending)) return !content.starts_with("Package:");
  }
  return false;
}

class DpkgStatusD final : public Detector {
 public:
  std::string_view name() const override { return "dpkg-status.d"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr std::array kInterests = {
        Interest{.match = Interest::Match::directory, .text = "var/lib/dpkg/status.d", .size_max = kFileMax},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    if (!is_sidecar(file.path, file.content)) {
      read_dpkg_stanzas(file.content, DpkgStatus::absent, evidence, skipped);
    }
    return {};
  }
};

}  // namespace

const Detector& dpkg_status_d_detector() {
  static const DpkgStatusD instance;
  return instance;
}

}  // namespace limpid::inventory
