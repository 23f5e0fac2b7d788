// Packages out of dpkg stanzas. Fields: https://manpages.debian.org/deb-control and dpkg's lib/dpkg/parse.c; the
// meaning of Status: https://manpages.debian.org/dpkg (PACKAGE STATES).
#include "inventory/dpkg_package.h"

#include <array>
#include <functional>
#include <string>
#include <unordered_map>

#include "base/keyed_hash.h"
#include "base/text.h"
#include "inventory/deb822.h"
#include "inventory/notes.h"

namespace limpid::inventory {
namespace {

// The addresses from which software vendors sign packages in their own repositories. Whole addresses where people of
// that company also maintain packages of the distribution itself under the same domain.
constexpr std::array<std::string_view, 38> kVendorAddresses = {
    "@docker.com",
    "@nvidia.com",
    "@hashicorp.com",
    "@mongodb.com",
    "@mariadb.org",
    "@mariadb.com",
    "maria-developers@lists.launchpad.net",
    "@elastic.co",
    "@f5.com",
    "@nginx.com",
    "@gitlab.com",
    "@grafana.com",
    "@raintank.io",
    "@datadoghq.com",
    "@nodesource.com",
    "@tailscale.com",
    "@cloudflare.com",
    "@influxdata.com",
    "@influxdb.com",
    "@osrfoundation.org",
    "@openrobotics.org",
    "@percona.com",
    "@confluent.io",
    "@timescale.com",
    "@clickhouse.com",
    "@rabbitmq.com",
    "@couchbase.com",
    "@teamviewer.com",
    "@slack-corp.com",
    "@zoom.us",
    "@newrelic.com",
    "dotnetpackages@dotnetfoundation.org",
    "gpgsecurity@microsoft.com",
    "vscode-linux@microsoft.com",
    "dotnetcore@microsoft.com",
    "cloud-sdk-release@google.com",
    "gc-team@google.com",
    "chromium-dev@chromium.org",
};

// Marks that vendors put into versions: PostgreSQL's own repository, MariaDB's, Sury's PHP, NodeSource's.
constexpr std::array<std::string_view, 6> kVendorMarks = {".pgdg",      "+maria~", "deb.sury.org",
                                                          "nodesource", "+sury",   ".root.io."};

constexpr std::array<std::string_view, 20> kCodenames = {
    "wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie", "forky",  "precise", "trusty",
    "xenial", "bionic", "focal",   "impish", "jammy",    "kinetic",  "lunar",  "mantic", "noble",   "oracular"};

bool is_vendor(std::string_view maintainer) {
  const std::string lower = base::lower(maintainer);
  for (const auto address : kVendorAddresses) {
    if (lower.find(address) != std::string::npos) return true;
  }
  return false;
}

// "1.2-1~bookworm", "3-0~debian-buster": a repository of one vendor with one build per release. The distributions' own
// backports say ~bpo12+1 or ~24.04.1.
bool names_a_release(std::string_view version) {
  const auto tilde = version.rfind('~');
  if (tilde == std::string_view::npos) return false;
  auto tail = version.substr(tilde + 1);
  if (!base::strip_prefix(tail, "debian-")) base::strip_prefix(tail, "ubuntu-");
  for (const auto codename : kCodenames) {
    if (tail == codename) return true;
  }
  return false;
}

// Sury's "8.2.0-1+0~20230101.42+debian12~1.gbp0a1b2c".
bool is_sury(std::string_view version) {
  return version.find("+0~20") != std::string_view::npos && version.find("~1.gbp") != std::string_view::npos;
}

// "+b1" at the end: built again from the same source.
std::string_view without_rebuild(std::string_view version) {
  const auto mark = version.rfind("+b");
  if (mark == std::string_view::npos || mark == 0 || mark + 2 == version.size()) return version;
  for (const char c : version.substr(mark + 2)) {
    if (!base::is_digit(c)) return version;
  }
  return version.substr(0, mark);
}

// The third word of Status. Fully or nearly so: a package whose triggers or configuration are still due is on disk and
// runs. "unpacked" and "half-installed" are not listed as installed by dpkg-query either; they are noted.
enum class State { installed, gone, partial };
State state_of(std::string_view status) {
  base::take_word(status);
  base::take_word(status);
  const auto state = base::take_word(status);
  if (state == "installed" || state == "triggers-pending" || state == "triggers-awaited" ||
      state == "half-configured") {
    return State::installed;
  }
  return state == "unpacked" || state == "half-installed" ? State::partial : State::gone;
}

// `Source: NAME`, `Source: NAME (VERSION)` or nothing.
void set_source(std::string_view source, DpkgStatus status, Package& package) {
  const auto name = base::take_word(source);
  package.source_name = is_word(name) ? std::string(name) : package.name;
  auto version = base::trim(source);
  if (base::strip_prefix(version, "(") && base::strip_suffix(version, ")") && is_word(base::trim(version))) {
    package.source_version = base::trim(version);
  } else {
    // dpkg itself writes the version wherever it differs; the tools that make status.d files do not.
    package.source_version = status == DpkgStatus::absent ? without_rebuild(package.version) : package.version;
  }
}

// False where the stanza describes nothing that is installed, or is broken, which is noted.
bool read_package(const Stanza& stanza, DpkgStatus status, Package& package, Notes& notes) {
  if (!stanza.problem.empty()) {
    notes.add(SkipReason::too_big, {"the stanza at byte ", stanza.offset, " was not read: ", stanza.problem});
    return false;
  }
  const auto name = stanza["Package"];
  const auto state = stanza["Status"];
  if (!is_word(name)) {
    // A status.d folder holds other files as well, of which nothing is to be told unless they pretend.
    if (status == DpkgStatus::required || stanza.has("Package")) {
      notes.add(SkipReason::damaged, {"the stanza at byte ", stanza.offset, " has no usable Package field"});
    }
    return false;
  }
  if (state.empty() && status == DpkgStatus::required) return false;
  if (!state.empty()) {
    switch (state_of(state)) {
      case State::installed:
        break;
      case State::gone:
        return false;
      case State::partial:
        notes.add(SkipReason::unsupported, {"package ", name, " is only partly installed (", state, ")"});
        return false;
    }
  }
  const auto version = stanza["Version"];
  if (!is_word(version)) {
    // vcpkg's status files repeat the package for each feature, without a version.
    if (!stanza.has("Feature")) notes.add(SkipReason::damaged, {"package ", name, " has no usable Version field"});
    return false;
  }
  package.name = name;
  package.version = version;
  if (const auto arch = stanza["Architecture"]; is_word(arch)) package.arch = arch;
  package.maintainer = stanza["Maintainer"];
  if (const auto license = stanza["License"]; !license.empty()) package.licenses.emplace_back(license);
  set_source(stanza["Source"], status, package);
  package.repository = dpkg_repository(package.maintainer, package.version);
  package.scheme = version::Scheme::dpkg;
  return true;
}

}  // namespace

Repository dpkg_repository(std::string_view maintainer, std::string_view version) {
  for (const auto mark : kVendorMarks) {
    if (version.find(mark) != std::string_view::npos) return Repository::third_party;
  }
  const bool foreign = names_a_release(version) || is_sury(version) || is_vendor(maintainer);
  return foreign ? Repository::third_party : Repository::distribution;
}

void read_dpkg_stanzas(std::string_view content, DpkgStatus status, Evidence& evidence, SkippedList& skipped) {
  Notes notes(evidence.path, skipped);
  StanzaReader reader(content);
  Stanza stanza;
  std::unordered_map<std::string, std::size_t, base::KeyedHash, std::equal_to<>> seen;  // name and architecture
  std::string key;
  while (reader.next(stanza)) {
    Package package;
    if (!read_package(stanza, status, package, notes)) continue;
    package.location = evidence.path;
    package.detector = evidence.detector;
    key.assign(package.name).append(1, ':').append(package.arch);
    const auto [found, fresh] = seen.try_emplace(key, evidence.packages.size());
    if (!fresh) {  // two of the same cannot be installed: as in dpkg, the later stanza is the state
      evidence.packages[found->second] = std::move(package);
      continue;
    }
    if (evidence.packages.size() == kDpkgPackagesMax) {
      notes.add(SkipReason::too_big, {"more than ", kDpkgPackagesMax, " packages"});
      return;
    }
    evidence.packages.push_back(std::move(package));
  }
}

}  // namespace limpid::inventory
