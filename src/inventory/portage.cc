// Gentoo's database of installed packages: var/db/pkg/CATEGORY/NAME-VERSION/, a folder for each package and in it a
// file for each thing that is known of it. https://projects.gentoo.org/pms/latest/pms.html (3.1 Restrictions upon
// Names) and https://wiki.gentoo.org/wiki/VDB
//
// Each file makes a package of its own, with the one thing it says; the merge puts them together.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "inventory/matcher.h"
#include "inventory/notes.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kWordFileMax = std::uint64_t{64} << 10;
constexpr std::uint64_t kContentsMax = std::uint64_t{64} << 20;
constexpr std::size_t kOwnedMax = 10'000;
constexpr std::string_view kFolder = "var/db/pkg";

// "foo-bar-1.2-r3" → foo-bar, 1.2-r3. False where no version is.
bool split_name(std::string_view full, std::string_view& name, std::string_view& version) {
  std::string_view rest = full;
  const auto revision = rest.rfind("-r");
  if (revision != std::string_view::npos && revision + 2 < rest.size() &&
      std::ranges::all_of(rest.substr(revision + 2), base::is_digit))
    rest = rest.substr(0, revision);
  const auto hyphen = rest.rfind('-');
  if (hyphen == std::string_view::npos || hyphen == 0 || hyphen + 1 == rest.size() || !base::is_digit(rest[hyphen + 1]))
    return false;
  name = full.substr(0, hyphen);
  version = full.substr(hyphen + 1);
  return true;
}

// What the category's folder is called, the package's folder and the file.
struct Place {
  std::string_view category, package, file;
};
bool take_place(std::string_view path, Place& place) {
  const auto take_last = [&] {
    const auto slash = path.rfind('/');
    const auto last = path.substr(slash + 1);
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
    return last;
  };
  place.file = take_last();
  place.package = take_last();
  place.category = take_last();
  return path == kFolder || (path.ends_with(kFolder) && path[path.size() - kFolder.size() - 1] == '/');
}

// "x86_64-pc-linux-gnu" → amd64: what Gentoo calls it. "" for what we don't know.
std::string_view keyword_of(std::string_view host) {
  struct Machine {
    std::string_view prefix, keyword;
  };
  static constexpr std::array kMachines = {
      Machine{"x86_64-", "amd64"},   Machine{"i486-", "x86"},       Machine{"i586-", "x86"},
      Machine{"i686-", "x86"},       Machine{"aarch64", "arm64"},   Machine{"arm", "arm"},
      Machine{"powerpc64", "ppc64"}, Machine{"powerpc-", "ppc"},    Machine{"riscv", "riscv"},
      Machine{"s390", "s390"},       Machine{"sparc", "sparc"},     Machine{"alpha", "alpha"},
      Machine{"mips", "mips"},       Machine{"loongarch", "loong"}, Machine{"hppa", "hppa"},
      Machine{"ia64", "ia64"},
  };
  for (const Machine& machine : kMachines)
    if (host.starts_with(machine.prefix)) return machine.keyword;
  return {};
}

// "obj /usr/bin/a b 376c02bd… 1649284374" → usr/bin/a b.
std::string_view owned_file(std::string_view line) {
  if (!base::strip_prefix(line, "obj /")) return {};
  for (int fields = 0; fields < 2; ++fields) {
    const auto blank = line.rfind(' ');
    if (blank == std::string_view::npos) return {};
    line = line.substr(0, blank);
  }
  return line;
}

class Portage final : public Detector {
 public:
  std::string_view name() const override { return "portage"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr auto in_package = [](std::string_view name, std::uint64_t size_max) {
      return Interest{.match = Interest::Match::basename, .text = name, .size_max = size_max, .below = kFolder};
    };
    static constexpr std::array kInterests = {
        in_package("PF", kWordFileMax),         in_package("SLOT", kWordFileMax),
        in_package("CHOST", kWordFileMax),      in_package("LICENSE", kWordFileMax),
        in_package("repository", kWordFileMax), in_package("CONTENTS", kContentsMax),
    };
    return kInterests;
  }

  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    Place place;
    // What is being installed, or was interrupted in being so.
    if (!take_place(file.path, place) || place.package.starts_with("-MERGING-")) return {};
    Notes notes(file.path, skipped);
    std::string_view full = place.package, content = file.content;
    const auto word = base::trim(base::take_line(content).value_or(""));
    if (place.file == "PF") full = word;
    std::string_view name, number;
    if (!split_name(full, name, number) || !is_word(place.category) || !is_word(full)) {
      notes.add(SkipReason::damaged, {"'", full, "' is no name and version of a package"});
      return {};
    }
    Package package;
    package.name = base::cat({place.category, '/', name});
    package.version = number;
    package.source_name = package.name;
    package.source_version = package.version;
    package.location = evidence.path;
    package.detector = evidence.detector;
    package.scheme = version::Scheme::portage;
    add(place.file, word, file.content, package, notes);
    evidence.packages.push_back(std::move(package));
    return {};
  }

 private:
  // `word` is the first line of the file.
  static void add(std::string_view file, std::string_view word, std::string_view content, Package& package,
                  Notes& notes) {
    if (file == "SLOT") {
      if (is_word(word)) package.module = word.substr(0, word.find('/'));  // without the sub-slot
    } else if (file == "CHOST") {
      package.arch = keyword_of(word);
    } else if (file == "LICENSE") {
      if (!word.empty() && word.size() <= kWordLengthMax) package.licenses.emplace_back(word);
    } else if (file == "repository") {
      if (word != "gentoo" && !word.empty()) package.repository = Repository::third_party;
    } else if (file == "CONTENTS") {
      while (const auto line = base::take_line(content)) {
        const auto path = owned_file(*line);
        if (path.empty() || !matcher().look(path)) continue;
        if (package.owned.size() == kOwnedMax) {
          notes.add(SkipReason::too_big, {"more than ", kOwnedMax, " owned files that matter"});
          break;
        }
        package.owned.emplace_back(path);
      }
    }
  }
};

}  // namespace

const Detector& portage_detector() {
  static const Portage instance;
  return instance;
}

}  // namespace limpid::inventory
