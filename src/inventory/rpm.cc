// rpm's database of installed packages, in whichever of its three forms (rpm_databases.h). Where it stands:
// https://github.com/rpm-software-management/rpm/blob/master/docs/man/rpm.8.md (FILES) and %_dbpath of each
// distribution.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/text.h"
#include "inventory/matcher.h"
#include "inventory/registered.h"
#include "inventory/rpm_databases.h"
#include "inventory/rpm_package.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{512} << 20;
constexpr std::size_t kOwnedMax = 100'000;

// "nodejs:18:8080020230322153530:63b34585:x86_64" → "nodejs:18", of which advisories speak.
std::string_view module_of(std::string_view label) {
  const auto name = label.find(':');
  if (name == std::string_view::npos) return {};
  return label.substr(0, label.find(':', name + 1));
}

// Turns headers into packages.
class Taking {
 public:
  Taking(Evidence& evidence, Notes& notes) : evidence_(evidence), notes_(notes) {}

  // False where the database is full.
  bool take(std::uint64_t number, Bytes blob) {
    const auto header = read_rpm_header(blob);
    if (!header) {
      notes_.add(SkipReason::damaged, {"package ", number, ": ", header.error().describe()});
      return true;
    }
    Package package;
    if (!fill_rpm_package({header->name, header->version, header->release, header->arch, header->source_rpm,
                           header->vendor, header->epoch.value_or(0)},
                          package)) {
      notes_.add(SkipReason::damaged, {"package ", number, " has no usable name, version and release"});
      return true;
    }
    if (!header->license.empty()) package.licenses.emplace_back(header->license);
    if (const auto module = module_of(header->module); is_word(module)) package.module = module;
    package.key_id = header->key_id;
    package.location = evidence_.path;
    package.detector = evidence_.detector;
    take_files(*header, number, package);
    return put(number, std::move(package));
  }

 private:
  // Of the files that it owns, those that some detector wants: ownership is asked of no others.
  void take_files(const RpmHeader& header, std::uint64_t number, Package& package) {
    const bool whole = each_rpm_file(header, [&](std::string_view path) {
      if (!matcher().look(path) || owned_ > kOwnedMax) return;
      if (++owned_ > kOwnedMax) {
        notes_.add(SkipReason::too_big, {"more than ", kOwnedMax, " owned files that matter"});
      } else {
        package.owned.emplace_back(path);
      }
    });
    if (!whole) notes_.add(SkipReason::damaged, {"package ", number, ": its list of files contradicts itself"});
  }

  bool put(std::uint64_t number, Package package) {
    const auto [found, fresh] = seen_.try_emplace(number, evidence_.packages.size());
    if (!fresh) {
      notes_.add(SkipReason::damaged, {"package ", number, " is there twice: the later one counts"});
      evidence_.packages[found->second] = std::move(package);
      return true;
    }
    if (evidence_.packages.size() == kRpmPackagesMax) {
      notes_.add(SkipReason::too_big, {"more than ", kRpmPackagesMax, " packages"});
      return false;
    }
    evidence_.packages.push_back(std::move(package));
    return true;
  }

  Evidence& evidence_;
  Notes& notes_;
  std::unordered_map<std::uint64_t, std::size_t> seen_;  // by number
  std::size_t owned_ = 0;
};

class Rpm final : public Detector {
 public:
  std::string_view name() const override { return "rpm"; }
  std::uint32_t version() const override { return 2; }
  std::span<const Interest> interests() const override;
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    Notes notes(file.path, skipped);
    if (file.path.ends_with(kLogSuffix)) {
      // Read together with its database. Alone, it may hold changes to a database of a lower layer.
      if (file.beside == nullptr && file.bytes.size() != 0) {
        notes.add(SkipReason::unsupported, {"a write-ahead log of ", file.bytes.size(),
                                            " bytes whose database is not in this layer: its changes are not known"});
      }
      return {};
    }
    LIMPID_TRY(read_packages(file, evidence, notes));
    tell_by_signatures(evidence.packages);
    return {};
  }

 private:
  static Result<void> read_packages(const WantedFile& file, Evidence& evidence, Notes& notes) {
    Taking taking(evidence, notes);
    const RpmBlobTaker take = [&](std::uint64_t number, Bytes blob) { return taking.take(number, blob); };
    std::vector<std::uint8_t> buffer;
    const std::size_t size = std::min<std::uint64_t>(file.bytes.size(), kRpmHeadSize);
    LIMPID_ASSIGN(const Bytes head, file.bytes.at(0, size, buffer));
    if (is_rpm_sqlite(head)) return read_rpm_sqlite(file.bytes, file.beside, take, notes);
    if (is_rpm_ndb(head)) return read_rpm_ndb(file.bytes, take, notes);
    if (is_rpm_bdb(head)) return read_rpm_bdb(file.bytes, take, notes);
    // A database of which nothing was ever written back from its log.
    if (head.empty() && file.beside != nullptr && file.beside->size() != 0) {
      return read_rpm_sqlite(file.bytes, file.beside, take, notes);
    }
    if (head.empty()) return fail(Code::truncated, {"an empty file where rpm's database should be"});
    return fail(Code::invalid, {"neither SQLite, NDB nor Berkeley DB, which rpm's database would be"});
  }
};

std::span<const Interest> Rpm::interests() const {
  // At any depth: the system's own, and those of further roots inside the image.
  constexpr auto at = [](std::string_view path) {
    return Interest{.match = Interest::Match::nested, .text = path, .size_max = kFileMax, .random_access = true};
  };
  static constexpr std::array kInterests = {
      at("var/lib/rpm/Packages"),
      at("var/lib/rpm/Packages.db"),
      at("var/lib/rpm/rpmdb.sqlite"),
      at("var/lib/rpm/rpmdb.sqlite-wal"),
      // Fedora, SUSE and systems that keep /var for what they do not ship.
      at("usr/lib/sysimage/rpm/Packages"),
      at("usr/lib/sysimage/rpm/Packages.db"),
      at("usr/lib/sysimage/rpm/rpmdb.sqlite"),
      at("usr/lib/sysimage/rpm/rpmdb.sqlite-wal"),
      // rpm-ostree.
      at("usr/share/rpm/Packages"),
      at("usr/share/rpm/Packages.db"),
      at("usr/share/rpm/rpmdb.sqlite"),
      at("usr/share/rpm/rpmdb.sqlite-wal"),
  };
  return kInterests;
}

}  // namespace

const Detector& rpm_detector() {
  static const Rpm instance;
  return instance;
}

}  // namespace limpid::inventory
