// The smaller feeds: Alpine's and Wolfi's secdb, Arch, Azure Linux, Photon, Bottlerocket.
#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "volumes/feeds.h"
#include "volumes/packed.h"

namespace limpid::volumes {
namespace {

// {"packages": [{"pkg": {"name": …, "secfixes": {version: [id]}}}]} of the flaws that `who` speaks of.
void put_secdb(const World& world, File& file, std::string_view who, unsigned percent, std::size_t packages_max) {
  std::map<std::size_t, std::map<std::string, std::string>> packages;
  for (std::size_t number = 0; number < world.flaws(); number += 5) {
    if (!World::speaks(who, number, percent)) continue;
    const Flaw flaw = world.flaw(number);
    if (flaw.package >= packages_max) continue;
    const auto version = world.fix(flaw, "secdb");
    auto& ids =
        packages[flaw.package][number % 9 == 0 ? "0" : version.upstream + "-r" + std::to_string(version.release)];
    ids += (ids.empty() ? "\"" : ", \"") + flaw.id + "\"";
  }
  bool first = true;
  for (const auto& [package, versions] : packages) {
    std::string text = first ? "" : ", ";
    first = false;
    text += "{\"pkg\": {\"name\": \"" + world.packages()[package].name + "\", \"secfixes\": {";
    bool first_version = true;
    for (const auto& [version, ids] : versions) {
      text += (first_version ? "\"" : ", \"") + version + "\": [" + ids + "]";
      first_version = false;
    }
    file.write(text + "}}}");
  }
}

struct AzureSection {
  std::string definitions, tests, objects, states;
};

}  // namespace

// Twenty releases with some 10,000 ids each; Wolfi's 22,000 fixes of 1,616 packages.
std::uint64_t write_alpine(const World& world, const std::string& out) {
  std::uint64_t unpacked = 0;
  for (int release = 3; release < 23; ++release) {
    for (const std::string repository : {"main", "community"}) {
      File file(out + "/v3." + std::to_string(release) + "-" + repository + ".json");
      file.write(
          "{\"apkurl\": \"{{urlprefix}}/{{distroversion}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk\", "
          "\"archs\": [\"x86_64\", \"aarch64\"], \"reponame\": \"" +
          repository + "\", \"urlprefix\": \"https://dl-cdn.alpinelinux.org/alpine\", \"distroversion\": \"v3." +
          std::to_string(release) + "\", \"packages\": [");
      put_secdb(world, file, repository, 4 + static_cast<unsigned>(release) / 4, 1'500);
      file.write("]}");
      unpacked += file.unpacked();
    }
  }
  File file(out + "/wolfi-security.json");
  file.write(
      "{\"apkurl\": \"{{urlprefix}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk\", \"archs\": [\"x86_64\"], "
      "\"reponame\": \"os\", \"urlprefix\": \"https://packages.wolfi.dev\", \"packages\": [");
  put_secdb(world, file, "wolfi", 45, 1'616);
  file.write("]}");
  return unpacked + file.unpacked();
}

// 2,800 groups.
std::uint64_t write_arch(const World& world, const std::string& out) {
  File file(out + "/all.json");
  file.write("[");
  std::size_t serial = 0;
  for (std::size_t number = 0; number < world.flaws(); number += 115) {
    const Flaw flaw = world.flaw(number);
    const auto& package = world.packages()[flaw.package];
    const auto version = world.fix(flaw, "arch");
    const auto own = version.upstream + "-" + std::to_string(version.release);
    ++serial;
    file.write((serial == 1 ? "" : ", ") + ("{\"name\": \"AVG-" + std::to_string(serial)) + "\", \"packages\": [\"" +
               package.name +
               "\"], \"status\": \"Fixed\", \"severity\": \"High\", \"type\": \"multiple issues\", \"affected\": \"" +
               own + "\", \"fixed\": \"" + own + "1\", \"ticket\": null, \"issues\": [\"" + flaw.id + "\", \"" +
               world.flaw(std::min(number + 5, world.flaws() - 1)).id + "\"], \"advisories\": [\"ASA-202401-" +
               std::to_string(serial) + "\"]}");
  }
  file.write("]");
  return file.unpacked();
}

// 9,000 definitions in two files.
std::uint64_t write_azurelinux(const World& world, const std::string& out) {
  std::uint64_t unpacked = 0;
  for (const auto& [name, title, step] : {std::tuple{"azurelinux-3.0-oval.xml", "Azure Linux", 80},
                                          std::tuple{"cbl-mariner-2.0-oval.xml", "CBL-Mariner", 60}}) {
    File file(out + "/" + name);
    AzureSection section;
    for (std::size_t number = 0; number < world.flaws(); number += static_cast<std::size_t>(step)) {
      const Flaw flaw = world.flaw(number);
      const std::string& package = world.packages()[flaw.package].name;
      const auto version = world.fix(flaw, name);
      const std::string own = version.upstream + "-" + std::to_string(version.release) + ".azl3";
      const std::string serial = "oval:com.microsoft.azurelinux:";
      const std::string at = std::to_string(number);
      section.definitions +=
          "    <definition class=\"vulnerability\" id=\"" + serial + "def:" + at +
          "\" version=\"1\">\n      <metadata>\n        <title>" + flaw.id + " affecting package " + package +
          " for versions less than " + own + "</title>\n        <affected family=\"unix\">\n          <platform>" +
          title + "</platform>\n        </affected>\n        <reference ref_id=\"" + flaw.id +
          "\" ref_url=\"https://nvd.nist.gov/vuln/detail/" + flaw.id +
          "\" source=\"CVE\"/>\n        <patchable>true</patchable>\n        <advisory_date>" + flaw.published +
          "Z</advisory_date>\n        <severity>High</severity>\n        <description>" + flaw.id +
          " affecting package " + package + " for versions less than " + own +
          ". A patched version of the package is available.</description>\n      </metadata>\n"
          "      <criteria operator=\"AND\">\n        <criterion comment=\"Package " +
          package + " is earlier than " + own + ", affected by " + flaw.id + "\" test_ref=\"" + serial + "tst:" + at +
          "\"/>\n      </criteria>\n    </definition>\n";
      section.tests += "    <linux-def:rpminfo_test check=\"at least one\" id=\"" + serial + "tst:" + at +
                       "\" version=\"1\">\n      <linux-def:object object_ref=\"" + serial + "obj:" + at +
                       "\"/>\n      <linux-def:state state_ref=\"" + serial + "ste:" + at +
                       "\"/>\n    </linux-def:rpminfo_test>\n";
      section.objects += "    <linux-def:rpminfo_object id=\"" + serial + "obj:" + at +
                         "\" version=\"1\">\n      <linux-def:name>" + package +
                         "</linux-def:name>\n    </linux-def:rpminfo_object>\n";
      section.states +=
          "    <linux-def:rpminfo_state id=\"" + serial + "ste:" + at +
          "\" version=\"1\">\n      <linux-def:evr datatype=\"evr_string\" operation=\"less than\">0:" + own +
          "</linux-def:evr>\n    </linux-def:rpminfo_state>\n";
    }
    file.write(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<oval_definitions>\n  <generator>\n    "
        "<oval:timestamp>2026-11-01T00:00:00Z</oval:timestamp>\n  </generator>\n  <definitions>\n");
    file.write(section.definitions);
    file.write("  </definitions>\n  <tests>\n" + section.tests + "  </tests>\n  <objects>\n" + section.objects +
               "  </objects>\n  <states>\n" + section.states + "  </states>\n</oval_definitions>\n");
    unpacked += file.unpacked();
  }
  return unpacked;
}

// 60,000 rows in five files.
std::uint64_t write_photon(const World& world, const std::string& out) {
  std::uint64_t unpacked = 0;
  for (const std::string release : {"1", "2", "3", "4", "5"}) {
    File file(out + "/cve_data_photon" + release + ".0.json");
    file.write("[");
    bool first = true;
    for (std::size_t number = 0; number < world.flaws(); number += 5) {
      const Flaw flaw = world.flaw(number);
      if (!World::speaks("photon" + release, number, 6)) continue;
      const auto version = world.fix(flaw, "photon" + release);
      const auto own = version.upstream + "-" + std::to_string(version.release) + ".ph" + release;
      const auto& binaries = world.packages()[flaw.package].binaries;
      for (std::size_t b = 0; b < std::min<std::size_t>(binaries.size(), 4); ++b) {
        file.write((first ? "{\"cve_id\": \"" : ", {\"cve_id\": \"") + flaw.id + "\", \"pkg\": \"" + binaries[b] +
                   "\", \"cve_score\": 7.5, \"aff_ver\": \"all versions before " + own +
                   " are vulnerable\", \"res_ver\": \"" + own + "\"}");
        first = false;
      }
    }
    file.write("]");
    unpacked += file.unpacked();
  }
  return unpacked;
}

// 400 updates.
std::uint64_t write_bottlerocket(const World& world, const std::string& out) {
  File file(out + "/updateinfo.xml.gz");
  file.write("<?xml version=\"1.0\"?>\n<updates>");
  for (std::size_t number = 0; number < world.flaws(); number += 825) {
    const Flaw flaw = world.flaw(number);
    const std::string& package = world.packages()[flaw.package].name;
    const auto version = world.fix(flaw, "bottlerocket");
    std::string text =
        "<update author=\"x\" from=\"x\" status=\"final\" type=\"security\" version=\"1.4\"><id>BRSA-" +
        std::to_string(number) + "</id><title>" + package + " " + flaw.id + "</title><issued date=\"" + flaw.published +
        "Z\"/><severity>medium</severity><description>" + world.description(flaw) +
        "</description><references><reference href=\"https://cve.mitre.org/\" id=\"" + flaw.id +
        "\" type=\"cve\"/></references><pkglist><collection short=\"bottlerocket\"><name>Bottlerocket</name>";
    for (const std::string architecture : {"x86_64", "aarch64"})
      text += "<package arch=\"" + architecture + "\" name=\"" + package + "\" version=\"" + version.upstream +
              "\" release=\"" + std::to_string(version.release) + ".br1\" epoch=\"0\"/>";
    file.write(text + "</collection></pkglist></update>");
  }
  file.write("</updates>");
  return file.unpacked();
}

}  // namespace limpid::volumes
