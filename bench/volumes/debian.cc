// Debian's tracker and its lists of advisories, Ubuntu's CVE tracker.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "volumes/feeds.h"
#include "volumes/packed.h"

namespace limpid::volumes {
namespace {

// Packages of the same code under other names, as Ubuntu has its kernels: linux-aws, linux-hwe-5.15, …
std::vector<std::string> ubuntu_names(const SourcePackage& package, std::size_t release) {
  std::vector<std::string> names{package.name};
  if (!package.kernel) return names;
  for (const std::string_view flavour : {"aws", "azure", "gcp", "kvm"})
    names.push_back("linux-" + std::string(flavour));
  if (release % 3 == 0) {
    for (const std::string_view flavour : {"hwe", "oem", "riscv", "lowlatency"})
      names.push_back("linux-" + std::string(flavour));
  }
  return names;
}

}  // namespace

// 45,000 CVEs, 1.2 packages each, six releases.
std::uint64_t write_debian(const World& world, const std::string& out) {
  std::map<std::size_t, std::vector<std::size_t>> by_package;
  for (std::size_t number = 0; number < world.flaws(); ++number) {
    if (!World::is_of_linux(number) || !World::speaks("debian", number, 69)) continue;
    const Flaw flaw = world.flaw(number);
    by_package[flaw.package].push_back(number);
    if (World::speaks("debian twice", number, 18))
      by_package[(flaw.package * 7 + 3) % world.packages().size()].push_back(number);
  }
  File file(out + "/tracker.json");
  std::string text = "{";
  constexpr std::string_view kUrgencies[4] = {"unimportant", "not yet assigned", "low", "not yet assigned"};
  bool first_package = true;
  for (const auto& [package, numbers] : by_package) {
    text += first_package ? "\"" : "}, \"";
    first_package = false;
    text += world.packages()[package].name + "\": {";
    bool first = true;
    for (const std::size_t number : numbers) {
      const Flaw flaw = world.flaw(number);
      text += first ? "\"" : ", \"";
      first = false;
      text += flaw.id + "\": {\"scope\": \"" + (number % 3 == 0 ? "local" : "remote") + "\", \"description\": \"";
      append_json(text, world.description(flaw));
      text += "\", \"releases\": {";
      bool first_release = true;
      for (const auto& [codename, suffix] :
           {std::pair{"bullseye", "+deb11u"}, std::pair{"bookworm", "+deb12u"}, std::pair{"trixie", "+deb13u"},
            std::pair{"forky", ""}, std::pair{"sid", ""}}) {
        const auto version = world.fix(flaw, codename);
        const std::string own = version.upstream + "-" + std::to_string(version.release) +
                                (*suffix != 0 ? suffix + std::to_string(1 + version.release % 4) : "");
        auto random = random_of(codename, number);
        text += first_release ? "\"" : ", \"";
        first_release = false;
        text += std::string(codename) + "\": {\"status\": ";
        const auto at = random.below(100);
        if (at < 90) {
          text += "\"resolved\", \"repositories\": {\"" + std::string(codename) + "\": \"" + own +
                  "\"}, \"fixed_version\": \"" + (at < 16 ? "0" : own) + "\", \"urgency\": \"";
        } else {
          text += "\"open\", \"repositories\": {\"" + std::string(codename) + "\": \"" + own + "\"}, ";
          if (at < 96) text += "\"nodsa\": \"Minor issue\", \"nodsa_reason\": \"\", ";
          text += "\"urgency\": \"";
        }
        text += severity(flaw, kUrgencies);
        text += "\"}";
      }
      text += "}}";
      file.write(text);
      text.clear();
    }
  }
  file.write(text + "}}");
  return file.unpacked();
}

// DSA/list and DLA/list: some 10,000 advisories of one to a dozen flaws.
std::uint64_t write_debian_lists(const World& world, const std::string& out) {
  std::uint64_t unpacked = 0;
  for (const std::string_view kind : {"DSA", "DLA"}) {
    File file(out + "/" + std::string(kind) + ".list");
    unsigned serial = 1;
    for (std::size_t number = kind == "DSA" ? 0 : 5; number < world.flaws(); number += 60, ++serial) {
      const Flaw first = world.flaw(number);
      const auto& package = world.packages()[first.package];
      std::string ids = first.id;
      auto random = random_of(kind, number);
      for (std::size_t more = random.skewed(6, 2), i = 1; i <= more; ++i)
        ids += " " + world.flaw(std::min(number + 10 * i, world.flaws() - 1)).id;
      const auto version = world.fix(first, "bookworm");
      file.write("[0" + std::to_string(1 + random.below(9)) + " Mar " + std::to_string(first.year) + "] " +
                 std::string(kind) + "-" + std::to_string(serial) + "-1 " + package.name + " - security update\n\t{" +
                 ids + "}\n\t[" + (kind == "DSA" ? "bookworm" : "bullseye") + "] - " + package.name + " " +
                 version.upstream + "-" + std::to_string(version.release) + "\n");
    }
    unpacked += file.unpacked();
  }
  return unpacked;
}

// 53,000 files with 1.25 million states of packages that are in their release, and as many that are not.
std::uint64_t write_ubuntu(const World& world, const std::string& out) {
  struct Release {
    std::string_view pocket;
    unsigned packages;  // per cent of the sources that are in it
  };
  constexpr Release kReleases[] = {{"trusty", 60},
                                   {"esm-infra-legacy/trusty", 40},
                                   {"xenial", 70},
                                   {"esm-infra/xenial", 60},
                                   {"esm-apps/xenial", 30},
                                   {"bionic", 80},
                                   {"esm-infra/bionic", 60},
                                   {"esm-apps/bionic", 40},
                                   {"focal", 85},
                                   {"esm-infra/focal", 60},
                                   {"esm-apps/focal", 50},
                                   {"jammy", 90},
                                   {"esm-apps/jammy", 50},
                                   {"noble", 95},
                                   {"esm-apps/noble", 50},
                                   {"oracular", 95},
                                   {"plucky", 95},
                                   {"questing", 95},
                                   {"devel", 95}};
  constexpr std::string_view kPriorities[4] = {"negligible", "medium", "medium", "high"};
  File file(out + "/ubuntu-cve-tracker.tar.gz");
  Tar tar(file);
  std::string text;
  for (std::size_t number = 0; number < world.flaws(); ++number) {
    if (!World::is_of_linux(number) || !World::speaks("ubuntu", number, 80)) continue;
    const Flaw flaw = world.flaw(number);
    const auto& package = world.packages()[flaw.package];
    text = "Candidate: " + flaw.id + "\nPublicDate: " + flaw.published.substr(0, 10) + " " + flaw.published.substr(11) +
           " UTC\nReferences:\n https://cve.mitre.org/cgi-bin/cvename.cgi?name=" + flaw.id + "\n";
    for (unsigned i = 0; i < 1 + number % 3; ++i) text += " " + world.reference(flaw, i) + "\n";
    text += "Description:\n";
    std::size_t column = 0;
    const std::string description = world.description(flaw);
    for (std::size_t at = 0; at < description.size();) {
      const auto end = std::min(description.find_first_of(" \n", at), description.size());
      if (end != at) {
        if (column + end - at > 76 || column == 0) {
          text += column == 0 ? " " : "\n ";
          column = 0;
        } else {
          text += ' ';
        }
        text += description.substr(at, end - at);
        column += end - at + 1;
      }
      at = end + 1;
    }
    text += "\nUbuntu-Description:\nNotes:\nMitigation:\nBugs:\nPriority: ";
    text += severity(flaw, kPriorities);
    text += "\nDiscovered-by:\nAssigned-to:\nCVSS:\n nvd: " + World::cvss3(flaw) + " [7.5 HIGH]\n\n";
    text += "Patches_" + package.name + ":\nupstream_" + package.name + ": needs-triage\n";
    for (std::size_t r = 0; r < std::size(kReleases); ++r) {
      for (const std::string& name : ubuntu_names(package, r)) {
        auto random = random_of(kReleases[r].pocket, number, name.size());
        text += std::string(kReleases[r].pocket) + "_" + name + ": ";
        const bool is_there =
            random_of(kReleases[r].pocket, flaw.package, name.size()).below(100) < kReleases[r].packages;
        const auto at = random.below(100);
        if (!is_there) {
          text += "DNE";
        } else if (at < 38) {
          const auto version = world.fix(flaw, kReleases[r].pocket);
          text += "released (" + version.upstream + "-" + std::to_string(version.release) + "ubuntu0." +
                  std::to_string(1 + version.release % 5) + ")";
        } else if (at < 60) {
          text += at < 50 ? "not-affected (code not present)" : "not-affected";
        } else if (at < 75) {
          text += "needs-triage";
        } else if (at < 85) {
          text += "needed";
        } else if (at < 96) {
          text += "ignored (end of standard support)";
        } else {
          text += "deferred (2024-05-06)";
        }
        text += '\n';
      }
    }
    tar.add(std::string("ubuntu-cve-tracker/") + (number % 4 == 0 ? "active/" : "retired/") + flaw.id, text);
  }
  tar.end();
  return file.unpacked();
}

}  // namespace limpid::volumes
