// What Homebrew installed: a formula's version is a folder, Cellar/NAME/VERSION, with INSTALL_RECEIPT.json in it; a
// cask's version stands in the receipt, Caskroom/NAME/.metadata/INSTALL_RECEIPT.json.
// https://docs.brew.sh/Formula-Cookbook#homebrew-terminology and https://docs.brew.sh/Cask-Cookbook
#include <array>

#include "base/text.h"
#include "inventory/json_record.h"
#include "inventory/notes.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{4} << 20;

class Homebrew final : public Detector {
 public:
  std::string_view name() const override { return "homebrew"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr std::array kInterests = {
        Interest{.match = Interest::Match::basename, .text = "INSTALL_RECEIPT.json", .size_max = kFileMax},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    const auto folders = base::split(file.path, '/');
    if (folders.size() < 4) return {};
    const auto from_end = [&](std::size_t count) { return folders[folders.size() - count]; };
    const std::string_view name = from_end(3);
    std::string number;
    if (from_end(4) == "Cellar") {
      number = from_end(2);
    } else if (from_end(4) == "Caskroom" && from_end(2) == ".metadata") {
      LIMPID_TRY(
          read_json_object(file.content, "source", [&](const JsonRecord& source) { number = source.text("version"); }));
    } else {
      return {};
    }
    if (!is_word(name) || !is_word(number)) {
      Notes(file.path, skipped).add(SkipReason::damaged, {"no usable name and version"});
      return {};
    }
    Package& package = evidence.packages.emplace_back();
    package.ecosystem = "Homebrew";
    package.name = package.source_name = name;
    package.version = package.source_version = number;
    package.location = evidence.path;
    package.detector = evidence.detector;
    package.kind = PackageKind::library;
    package.scheme = version::Scheme::generic;
    return {};
  }
};

}  // namespace

const Detector& homebrew_detector() {
  static const Homebrew instance;
  return instance;
}

}  // namespace limpid::inventory
