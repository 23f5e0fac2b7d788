#include "inventory/release_packages.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "inventory/distribution.h"

namespace limpid::inventory {
namespace {

struct ReleasePackage {
  std::string_view name, id;
};

// Most particular first.
constexpr std::array kOfRpm = {
    ReleasePackage{"oraclelinux-release", "ol"},
    ReleasePackage{"enterprise-release", "ol"},  // Oracle Linux 5
    ReleasePackage{"almalinux-release", "almalinux"},
    ReleasePackage{"rocky-release", "rocky"},
    ReleasePackage{"cloudlinux-release", "cloudlinux"},
    ReleasePackage{"eurolinux-release", "eurolinux"},
    ReleasePackage{"miraclelinux-release", "miraclelinux"},
    ReleasePackage{"sl-release", "scientific"},
    ReleasePackage{"centos-stream-release", "centos"},
    ReleasePackage{"centos-linux-release", "centos"},
    ReleasePackage{"centos-release", "centos"},
    ReleasePackage{"fedora-release-common", "fedora"},
    ReleasePackage{"fedora-release", "fedora"},
    ReleasePackage{"system-release", "amzn"},
    ReleasePackage{"sles-release", "sles"},
    ReleasePackage{"openSUSE-release", "opensuse-leap"},
    ReleasePackage{"Leap-release", "opensuse-leap"},
    ReleasePackage{"photon-release", "photon"},
    ReleasePackage{"azurelinux-release", "azurelinux"},
    ReleasePackage{"mariner-release", "mariner"},
    ReleasePackage{"openEuler-release", "openeuler"},
    ReleasePackage{"anolis-release", "anolis"},
    ReleasePackage{"mageia-release-common", "mageia"},
    ReleasePackage{"redhat-release", "rhel"},
    ReleasePackage{"redhat-release-server", "rhel"},  // up to 7
    ReleasePackage{"redhat-release-workstation", "rhel"},
    ReleasePackage{"redhat-release-client", "rhel"},
    ReleasePackage{"redhat-release-computenode", "rhel"},
};
// Their version is the release's.
constexpr std::array kOfAlpine = {ReleasePackage{"alpine-release", "alpine"}, ReleasePackage{"alpine-base", "alpine"}};
// Of distributions without releases.
constexpr std::array kRolling = {ReleasePackage{"chainguard-baselayout", "chainguard"},
                                 ReleasePackage{"wolfi-baselayout", "wolfi"}};

// Ubuntu's base-files has a number of its own, which Debian's had that it was made from: those of the releases with
// long-term support. Others had the same numbers, with a last part that differs.
constexpr std::array kOfUbuntu = {
    ReleasePackage{"7.2ubuntu5", "14.04"},  ReleasePackage{"9.4ubuntu4", "16.04"},
    ReleasePackage{"10.1ubuntu2", "18.04"}, ReleasePackage{"11ubuntu5", "20.04"},
    ReleasePackage{"12ubuntu4", "22.04"},   ReleasePackage{"13ubuntu10", "24.04"},
};

// The digits and dots that the text begins with.
std::string_view number_in(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, [](char c) { return base::is_digit(c) || c == '.'; });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

std::optional<ReleaseClue> clue(std::string_view id, std::string_view release, int rank) {
  auto distribution = parse_distribution(release.empty() ? std::string(id) : base::cat({id, ":", release}));
  if (!distribution) return std::nullopt;
  return ReleaseClue{rank, *std::move(distribution)};
}

template <class Table>
std::optional<int> rank_in(const Table& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &ReleasePackage::name);
  if (found == table.end()) return std::nullopt;
  return static_cast<int>(found - table.begin());
}

std::optional<ReleaseClue> told_by_rpm(const Package& package) {
  const auto rank = rank_in(kOfRpm, package.name);
  if (!rank) return std::nullopt;
  std::string_view version = package.version;
  if (const auto epoch = version.find(':'); epoch != std::string_view::npos) version.remove_prefix(epoch + 1);
  version = number_in(version.substr(0, version.find('-')));
  if (version.empty()) return std::nullopt;
  std::string_view id = kOfRpm.at(static_cast<std::size_t>(*rank)).id;
  // The same package in what has no releases: its version is a day.
  constexpr std::size_t kDayLength = 8;
  if (package.name == "openSUSE-release" && version.size() == kDayLength) return clue("opensuse-tumbleweed", {}, *rank);
  if (package.name == "openSUSE-release" && version.starts_with("42.")) id = "opensuse";
  auto told = clue(id, version, *rank);
  if (told && package.name == "centos-stream-release") told->distribution.name = "CentOS Stream";
  return told;
}

// "12.4+deb12u5", "12.4", "8+deb8u2", "7.1wheezy9"; "12ubuntu4.6". Nothing else, since derivatives have their own.
std::optional<ReleaseClue> told_by_base_files(const Package& package) {
  std::string_view rest = package.version;
  const std::string_view number = number_in(rest);
  rest.remove_prefix(number.size());
  const std::string_view major = number.substr(0, number.find('.'));
  if (major.empty()) return std::nullopt;
  if (rest.starts_with("ubuntu")) {
    const std::size_t last = package.version.find('.', number.size());
    const std::string_view beginning = std::string_view(package.version).substr(0, last);
    const auto rank = rank_in(kOfUbuntu, beginning);
    if (!rank) return std::nullopt;
    return clue("ubuntu", kOfUbuntu.at(static_cast<std::size_t>(*rank)).id, 0);
  }
  if (base::strip_prefix(rest, base::cat({"+deb", major, "u"})) || base::strip_prefix(rest, "wheezy")) {
    if (rest.empty() || !std::ranges::all_of(rest, base::is_digit)) return std::nullopt;
    rest = {};
  }
  return rest.empty() ? clue("debian", major, 0) : std::nullopt;
}

std::optional<ReleaseClue> told_by_apk(const Package& package) {
  const std::string_view version = std::string_view(package.version).substr(0, package.version.rfind("-r"));
  if (const auto rank = rank_in(kOfAlpine, package.name)) return clue("alpine", version, *rank);
  const auto rank = rank_in(kRolling, package.name);
  if (!rank) return std::nullopt;
  return clue(kRolling.at(static_cast<std::size_t>(*rank)).id, {}, *rank);
}

}  // namespace

std::optional<ReleaseClue> release_told_by(const Package& package) {
  switch (package.scheme) {
    case version::Scheme::rpm:
      return package.name.ends_with("-release") || package.name.find("-release-") != std::string::npos
                 ? told_by_rpm(package)
                 : std::nullopt;
    case version::Scheme::dpkg:
      return package.name == "base-files" ? told_by_base_files(package) : std::nullopt;
    case version::Scheme::apk:
      return told_by_apk(package);
    default:
      return std::nullopt;
  }
}

}  // namespace limpid::inventory
