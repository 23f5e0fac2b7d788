// pacman's database of installed packages: var/lib/pacman/local/NAME-VERSION-RELEASE/desc, a file for each package.
// https://man.archlinux.org/man/pacman.8 and libalpm's lib/libalpm/be_local.c: blocks of a line %KEY% and lines of
// values, ended by an empty line.
#include <array>

#include "base/text.h"
#include "inventory/notes.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{4} << 20;
constexpr std::size_t kLicensesMax = 100;
constexpr std::string_view kFolder = "var/lib/pacman/local/";

// "…/var/lib/pacman/local/NAME/desc": any root's.
bool is_local(std::string_view path) {
  base::strip_suffix(path, "/desc");
  path = path.substr(0, path.rfind('/') + 1);
  return path == kFolder || (path.ends_with(kFolder) && path[path.size() - kFolder.size() - 1] == '/');
}

class Alpm final : public Detector {
 public:
  std::string_view name() const override { return "alpm"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr std::array kInterests = {
        Interest{.match = Interest::Match::basename, .text = "desc", .size_max = kFileMax},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    if (!is_local(file.path)) return {};
    Notes notes(file.path, skipped);
    Package package;
    std::string_view key, base_name;
    auto rest = file.content;
    while (const auto line = base::take_line(rest)) {
      if (line->empty()) {
        key = {};
      } else if (key.empty()) {
        key = *line;
      } else if (key == "%NAME%") {
        package.name = *line;
      } else if (key == "%VERSION%") {
        package.version = *line;
      } else if (key == "%BASE%") {
        base_name = *line;
      } else if (key == "%ARCH%" && is_word(*line)) {
        package.arch = *line;
      } else if (key == "%PACKAGER%") {
        package.maintainer = *line;
      } else if (key == "%LICENSE%" && package.licenses.size() < kLicensesMax) {
        package.licenses.emplace_back(*line);
      }
    }
    if (!is_word(package.name) || !is_word(package.version)) {
      notes.add(SkipReason::damaged, {"no usable %NAME% and %VERSION%"});
      return {};
    }
    package.source_name = is_word(base_name) ? std::string(base_name) : package.name;
    package.source_version = package.version;
    package.location = evidence.path;
    package.detector = evidence.detector;
    package.scheme = version::Scheme::pacman;
    evidence.packages.push_back(std::move(package));
    return {};
  }
};

}  // namespace

const Detector& alpm_detector() {
  static const Alpm instance;
  return instance;
}

}  // namespace limpid::inventory
