// Lists of what a system of fixed parts is made of, as JSON: Container-Optimized OS' etc/cos-package-info.json
// (https://cloud.google.com/container-optimized-os/docs/how-to/vulnerability-scanning) and Bottlerocket's
// usr/share/bottlerocket/application-inventory.json (https://github.com/bottlerocket-os/bottlerocket-core-kit,
// packages' inventory).
#include <array>

#include "base/text.h"
#include "inventory/json_record.h"
#include "inventory/notes.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{16} << 20;

class Cos final : public Detector {
 public:
  std::string_view name() const override { return "cos"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr std::array kInterests = {
        Interest{.match = Interest::Match::nested, .text = "etc/cos-package-info.json", .size_max = kFileMax},
    };
    return kInterests;
  }
  // The list of packages that were used to build is not read. The version is that of the build of the system; the
  // one of the ebuild says which release of the program it is.
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    Notes notes(file.path, skipped);
    return read_json_list(file.content, "installedPackages", [&](const JsonRecord& record) {
      const auto name = record.text("name"), version = record.text("version"), category = record.text("category"),
                 ebuild = record.text("ebuild_version");
      if (!is_word(name) || !is_word(version)) return notes.add(SkipReason::damaged, {"no usable name and version"});
      Package& package = evidence.packages.emplace_back();
      package.name = name;
      package.version = version;
      package.source_name = is_word(category) ? base::cat({category, '/', name}) : std::string(name);
      package.source_version = is_word(ebuild) ? ebuild : version;
      package.location = evidence.path;
      package.detector = evidence.detector;
      package.scheme = version::Scheme::generic;
    });
  }
};

class Bottlerocket final : public Detector {
 public:
  std::string_view name() const override { return "bottlerocket"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr std::array kInterests = {
        Interest{.match = Interest::Match::nested,
                 .text = "usr/share/bottlerocket/application-inventory.json",
                 .size_max = kFileMax},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    Notes notes(file.path, skipped);
    return read_json_list(file.content, "Content", [&](const JsonRecord& record) {
      const auto name = record.text("Name"), version = record.text("Version"), release = record.text("Release"),
                 epoch = record.text("Epoch"), arch = record.text("Architecture");
      if (!is_word(name) || !is_word(version)) return notes.add(SkipReason::damaged, {"no usable Name and Version"});
      Package& package = evidence.packages.emplace_back();
      package.name = name;
      if (is_word(epoch) && epoch != "0") package.version = base::cat({epoch, ':'});
      package.version += version;
      if (is_word(release)) base::append(package.version, {'-', release});
      if (is_word(arch)) package.arch = arch;
      package.maintainer = record.text("Publisher").substr(0, kWordLengthMax);
      package.source_name = package.name;
      package.source_version = package.version;
      package.location = evidence.path;
      package.detector = evidence.detector;
      package.scheme = version::Scheme::rpm;
    });
  }
};

}  // namespace

const Detector& cos_detector() {
  static const Cos instance;
  return instance;
}
const Detector& bottlerocket_detector() {
  static const Bottlerocket instance;
  return instance;
}

}  // namespace limpid::inventory
