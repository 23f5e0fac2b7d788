// apk's database of installed packages. https://man.archlinux.org/man/apk-package (the fields of an index) and
// apk-tools' src/database.c: a record is lines of `letter:value`, ended by an empty line; letters differ by case.
#include <array>

#include "base/text.h"
#include "inventory/notes.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{256} << 20;
constexpr std::size_t kLineMax = std::size_t{10} << 20;  // the D: and p: lines of real packages pass 64 KiB
constexpr std::size_t kPackagesMax = 200'000;

struct Record {
  std::string_view name, version, arch, origin, license, maintainer;
  bool empty = true;
  std::size_t offset = 0;
};

void take_field(std::string_view line, Record& record) {
  const auto value = line.substr(2);
  switch (line.front()) {
    case 'P':
      record.name = value;
      break;
    case 'V':
      record.version = value;
      break;
    case 'A':
      record.arch = value;
      break;
    case 'o':
      record.origin = value;
      break;
    case 'L':
      record.license = value;
      break;
    case 'm':
      record.maintainer = value;
      break;
    default:
      break;  // dependencies, files, checksums: nothing that an inventory lists
  }
}

// False where the database is full.
bool put(const Record& record, Evidence& evidence, Notes& notes) {
  if (record.empty || record.name.starts_with('.')) return true;  // ".build-deps": virtual, made by `apk add -t`
  if (!is_word(record.name) || !is_word(record.version)) {
    notes.add(SkipReason::damaged, {"the record at byte ", record.offset, " has no usable name and version"});
    return true;
  }
  if (evidence.packages.size() == kPackagesMax) {
    notes.add(SkipReason::too_big, {"more than ", kPackagesMax, " packages"});
    return false;
  }
  Package& package = evidence.packages.emplace_back();
  package.name = record.name;
  package.version = record.version;
  if (is_word(record.arch)) package.arch = record.arch;
  package.source_name = is_word(record.origin) ? record.origin : record.name;
  package.source_version = record.version;  // an origin's packages all carry its version
  package.maintainer = record.maintainer;
  if (!record.license.empty()) package.licenses.emplace_back(record.license);
  package.location = evidence.path;
  package.detector = evidence.detector;
  package.scheme = version::Scheme::apk;
  return true;
}

class Apk final : public Detector {
 public:
  std::string_view name() const override { return "apk"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    // Alpine's place and, below usr/, Wolfi's and newer Alpine's; at any depth for further roots inside the image.
    static constexpr std::array kInterests = {
        Interest{.match = Interest::Match::nested, .text = "lib/apk/db/installed", .size_max = kFileMax},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    Notes notes(file.path, skipped);
    Record record;
    auto rest = file.content;
    while (const auto line = base::take_line(rest)) {
      if (line->empty()) {
        if (!put(record, evidence, notes)) return {};
        record = {};
        continue;
      }
      if (record.empty) record.offset = static_cast<std::size_t>(line->data() - file.content.data());
      record.empty = false;
      if (line->size() > kLineMax) {
        notes.add(SkipReason::too_big, {"a line longer than 10 MiB in the record at byte ", record.offset});
      } else if (line->size() >= 2 && (*line)[1] == ':') {
        take_field(*line, record);
      }
    }
    put(record, evidence, notes);
    return {};
  }
};

}  // namespace

const Detector& apk_detector() {
  static const Apk instance;
  return instance;
}

}  // namespace limpid::inventory
