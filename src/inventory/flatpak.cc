// Applications that flatpak installed: the AppStream metadata that each exports. The newest release that it names is
// the one that is there. https://docs.flatpak.org/en/latest/conventions.html#metainfo-files and
// https://www.freedesktop.org/software/appstream/docs/sect-Metadata-Releases.html
#include <array>

#include "base/text.h"
#include "inventory/notes.h"
#include "inventory/registered.h"
#include "inventory/xml_elements.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{4} << 20;

class Metainfo final : public XmlElements {
 public:
  std::string id, version;

  void start(std::size_t depth, std::string_view element, const Attribute& attribute) override {
    if (element != "release" || depth != 3) return;
    const auto number = attribute("version"), date = attribute("date");
    // They should stand newest first, but where all have a date that decides.
    if (number.empty() || (!version.empty() && (date_.empty() || date <= date_))) return;
    version = number;
    date_ = date;
  }
  void end(std::size_t depth, std::string_view element, std::string_view text) override {
    if (element == "id" && depth == 2 && id.empty()) id = base::trim(text);
  }

 private:
  std::string date_;
};

class Flatpak final : public Detector {
 public:
  std::string_view name() const override { return "flatpak"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr std::array kInterests = {
        Interest{
            .match = Interest::Match::suffix, .text = ".metainfo.xml", .size_max = kFileMax, .below = "flatpak/app"},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& /*skipped*/) const override {
    // An application's own tree has the same again, and that of libraries that it brings.
    if (file.path.find("/files/") != std::string_view::npos) return {};
    Metainfo metainfo;
    LIMPID_TRY(read_xml(file.content, metainfo));
    if (!is_word(metainfo.id) || !is_word(metainfo.version)) return {};  // neither has to be told
    Package& package = evidence.packages.emplace_back();
    package.ecosystem = "Flatpak";
    package.name = package.source_name = metainfo.id;
    package.version = package.source_version = metainfo.version;
    package.location = evidence.path;
    package.detector = evidence.detector;
    package.kind = PackageKind::library;
    package.scheme = version::Scheme::generic;
    return {};
  }
};

}  // namespace

const Detector& flatpak_detector() {
  static const Flatpak instance;
  return instance;
}

}  // namespace limpid::inventory
