// The stores of Nix and Guix: each thing that was ever built is a folder, nix/store/HASH-NAME-VERSION[-OUTPUT], and its
// name is all that tells of it. The databases of both list the same folders.
// https://nix.dev/manual/nix/latest/store/store-path and https://guix.gnu.org/manual/en/html_node/The-Store.html
#include <algorithm>
#include <array>

#include "base/text.h"
#include "inventory/notes.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

constexpr std::size_t kHashLength = 32;
// What a name may end in behind the version: parts of one package that are installed apart.
constexpr std::array<std::string_view, 16> kOutputs = {"bin",      "dev",    "lib",   "out",    "man",  "doc",
                                                       "info",     "devdoc", "debug", "static", "dist", "data",
                                                       "terminfo", "env",    "tex",   "py"};

// False for what is no folder of a package with a version: sources, scripts, profiles.
bool split_store_name(std::string_view folder, std::string_view& name, std::string_view& version) {
  if (folder.size() < kHashLength + 2 || folder[kHashLength] != '-') return false;
  if (!std::ranges::all_of(folder.substr(0, kHashLength),
                           [](char c) { return base::is_digit(c) || base::is_lower(c); }))
    return false;
  const std::string_view rest = folder.substr(kHashLength + 1);
  if (!is_word(rest) || rest.ends_with(".drv") || rest.ends_with(".patch")) return false;
  for (auto hyphen = rest.find('-'); hyphen != std::string_view::npos; hyphen = rest.find('-', hyphen + 1)) {
    if (hyphen == 0 || hyphen + 1 == rest.size() || !base::is_digit(rest[hyphen + 1])) continue;
    name = rest.substr(0, hyphen);
    version = rest.substr(hyphen + 1);
    if (base::strip_suffix(name, "-unstable")) version = rest.substr(name.size() + 1);
    const auto last = version.rfind('-');
    if (last != std::string_view::npos && std::ranges::find(kOutputs, version.substr(last + 1)) != kOutputs.end())
      version = version.substr(0, last);
    return !name.empty();
  }
  return false;
}

class StorePaths final : public Detector {
 public:
  std::string_view name() const override { return "store-paths"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr std::array kInterests = {
        Interest{.match = Interest::Match::folders, .text = "nix/store", .size_max = 1},
        Interest{.match = Interest::Match::folders, .text = "gnu/store", .size_max = 1},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& folder, Evidence& evidence, SkippedList& /*skipped*/) const override {
    std::string_view name, number;
    if (!split_store_name(folder.path.substr(folder.path.rfind('/') + 1), name, number)) return {};
    Package& package = evidence.packages.emplace_back();
    package.ecosystem = folder.path.starts_with("gnu/") ? "guix" : "nix";
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

const Detector& store_paths_detector() {
  static const StorePaths instance;
  return instance;
}

}  // namespace limpid::inventory
