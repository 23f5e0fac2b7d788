// Which files a dpkg package owns: info/PACKAGE.list and .md5sums, and distroless' status.d/PACKAGE.md5sums.
// https://manpages.debian.org/deb-md5sums
// An ordinary image lists 40,000 paths. Ownership is only ever asked of files that hold evidence of some package, so
// only the paths that some detector wants are kept; which those are follows from the detectors by itself.
#include <array>

#include "archive/entry.h"
#include "base/text.h"
#include "inventory/matcher.h"
#include "inventory/notes.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{32} << 20;
constexpr std::size_t kOwnedMax = 100'000;
constexpr std::size_t kMd5HexLength = 32;

// "/usr/bin/x" or "<md5>  usr/bin/x" (" *" for binary mode) → "usr/bin/x"; "" for anything else.
std::string_view path_in(std::string_view line, bool sums) {
  if (sums) {
    if (line.size() < kMd5HexLength + 2) return {};
    line.remove_prefix(kMd5HexLength + 2);
    base::strip_prefix(line, "./");
  }
  while (base::strip_prefix(line, "/")) {
  }
  return line.size() <= archive::kPathLengthMax ? line : std::string_view{};
}

class DpkgFiles final : public Detector {
 public:
  std::string_view name() const override { return "dpkg-files"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    using enum Interest::Match;
    static constexpr std::array kInterests = {
        Interest{.match = directory, .text = "var/lib/dpkg/info", .ending = ".list", .size_max = kFileMax},
        Interest{.match = directory, .text = "var/lib/dpkg/info", .ending = ".md5sums", .size_max = kFileMax},
        Interest{.match = directory, .text = "var/lib/dpkg/status.d", .ending = ".md5sums", .size_max = kFileMax},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    Notes notes(file.path, skipped);
    auto owner = file.path.substr(file.path.rfind('/') + 1);
    const bool sums = base::strip_suffix(owner, ".md5sums");
    base::strip_suffix(owner, ".list");
    evidence.owner = owner;
    auto rest = file.content;
    while (const auto line = base::take_line(rest)) {
      const auto path = path_in(*line, sums);
      if (path.empty() || !matcher().look(path)) continue;
      if (evidence.owned.size() == kOwnedMax) {
        notes.add(SkipReason::too_big, {"more than ", kOwnedMax, " owned files that matter"});
        break;
      }
      evidence.owned.emplace_back(path);
    }
    return {};
  }
};

}  // namespace

const Detector& dpkg_files_detector() {
  static const DpkgFiles instance;
  return instance;
}

}  // namespace limpid::inventory
