// Slackware's database of installed packages: a text file for each, named NAME-VERSION-ARCH-BUILD, in
// var/lib/pkgtools/packages (var/log/packages up to 14.2).
// http://www.slackware.com/config/packages.php and pkgtools' installpkg
#include <array>

#include "base/text.h"
#include "inventory/notes.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{32} << 20;

class Slackware final : public Detector {
 public:
  std::string_view name() const override { return "slackware"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr std::array kInterests = {
        Interest{.match = Interest::Match::directory, .text = "var/lib/pkgtools/packages", .size_max = kFileMax},
        Interest{.match = Interest::Match::directory, .text = "var/log/packages", .size_max = kFileMax},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    if (!file.content.starts_with("PACKAGE NAME:")) return {};
    const std::string_view full = file.path.substr(file.path.rfind('/') + 1);
    std::string_view rest = full;
    const auto take_last = [&] {
      const auto hyphen = rest.rfind('-');
      if (hyphen == std::string_view::npos) return std::string_view{};
      const auto last = rest.substr(hyphen + 1);
      rest = rest.substr(0, hyphen);
      return last;
    };
    const auto build = take_last(), arch = take_last(), number = take_last();
    if (!is_word(rest) || !is_word(number) || !is_word(arch) || !is_word(build)) {
      Notes(file.path, skipped).add(SkipReason::damaged, {"its name is no NAME-VERSION-ARCH-BUILD"});
      return {};
    }
    Package& package = evidence.packages.emplace_back();
    package.name = package.source_name = rest;
    package.version = package.source_version = base::cat({number, '-', build});
    package.arch = arch;
    package.location = evidence.path;
    package.detector = evidence.detector;
    package.scheme = version::Scheme::generic;
    return {};
  }
};

}  // namespace

const Detector& slackware_detector() {
  static const Slackware instance;
  return instance;
}

}  // namespace limpid::inventory
