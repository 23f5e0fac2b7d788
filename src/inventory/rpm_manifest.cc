// The list of packages that distroless images of Mariner and Azure Linux have in place of rpm's database:
// var/lib/rpmmanifest/container-manifest-2. Lines of ten columns with tabs between, as made by
// https://github.com/microsoft/azurelinux (toolkit/tools/imagegen): name, version-release, time of installation, of
// building, vendor, epoch or "(none)", size, architecture, epoch as a number, source package's file.
#include <array>

#include "base/text.h"
#include "inventory/notes.h"
#include "inventory/registered.h"
#include "inventory/rpm_package.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{64} << 20;
constexpr std::size_t kColumns = 10;

bool take_line(std::string_view line, Package& package) {
  const auto columns = base::split(line, '\t');
  if (columns.size() != kColumns) return false;
  const auto absent = [](std::string_view text) { return text == "(none)" ? std::string_view{} : text; };
  const auto hyphen = columns[1].rfind('-');
  const auto epoch = base::parse_unsigned(absent(columns[8]).empty() ? "0" : columns[8]);
  if (hyphen == std::string_view::npos || !epoch || *epoch > UINT32_MAX) return false;
  return fill_rpm_package({columns[0], columns[1].substr(0, hyphen), columns[1].substr(hyphen + 1), absent(columns[7]),
                           absent(columns[9]), absent(columns[4]), static_cast<std::uint32_t>(*epoch)},
                          package);
}

class RpmManifest final : public Detector {
 public:
  std::string_view name() const override { return "rpm-manifest"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr std::array kInterests = {
        Interest{
            .match = Interest::Match::nested, .text = "var/lib/rpmmanifest/container-manifest-2", .size_max = kFileMax},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    Notes notes(file.path, skipped);
    auto rest = file.content;
    for (std::size_t number = 1; const auto line = base::take_line(rest); ++number) {
      if (line->empty()) continue;
      Package package;
      if (!take_line(*line, package)) {
        notes.add(SkipReason::damaged, {"line ", number, " names no package"});
        continue;
      }
      if (evidence.packages.size() == kRpmPackagesMax) {
        notes.add(SkipReason::too_big, {"more than ", kRpmPackagesMax, " packages"});
        return {};
      }
      package.location = evidence.path;
      package.detector = evidence.detector;
      evidence.packages.push_back(std::move(package));
    }
    return {};
  }
};

}  // namespace

const Detector& rpm_manifest_detector() {
  static const RpmManifest instance;
  return instance;
}

}  // namespace limpid::inventory
