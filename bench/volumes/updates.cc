// Feeds of updates of rpm distributions: an update fixes a few flaws of one source package in each of its packages.
#include <algorithm>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "volumes/feeds.h"
#include "volumes/packed.h"

namespace limpid::volumes {
namespace {

struct Update {
  std::string id, date;
  const SourcePackage* package = nullptr;
  std::vector<std::string> binaries;  // those of the package that there are already
  World::Version version;
  std::vector<std::string> cves;
  std::string description, severity, title;
};

constexpr std::string_view kSeverities[4] = {"Low", "Moderate", "Important", "Critical"};

// Every `step`th flaw of Linux begins an update that fixes some that follow it.
template <class Use>
void each_update(const World& world, std::string_view who, std::string_view prefix, std::size_t step, const Use& use) {
  std::size_t serial = 0;
  for (std::size_t number = 0; number < world.flaws(); number += 5 * step) {
    const Flaw first = world.flaw(number);
    auto random = random_of(who, number, 5);
    Update update;
    update.package = &world.packages()[first.package];
    for (std::size_t b = 0; b < update.package->binaries.size(); ++b)
      if (World::ships(first, b)) update.binaries.push_back(update.package->binaries[b]);
    update.version = world.fix(first, who);
    update.date = first.published;
    char id[48];
    // Of one vendor's releases none has another's numbers.
    std::snprintf(id, sizeof id, "-%d:%05zu", first.year, 40 * serial++ + 1 + random_of(who, 0).below(40));
    update.id = std::string(prefix) + id;
    update.severity = severity(first, kSeverities);
    update.title = update.severity + ": " + update.package->name + " security update";
    update.description =
        "The " + update.package->name + " packages provide what their name says.\n\nSecurity Fix(es):\n\n";
    for (std::size_t i = 0, count = 1 + random.skewed(6, 2); i < count; ++i) {
      const Flaw flaw = world.flaw(std::min(number + 5 * i, (world.flaws() - 1) / 5 * 5));
      update.cves.push_back(flaw.id);
      update.description += "* " + world.title(flaw) + " (" + flaw.id + ")\n\n";
    }
    update.description +=
        "For more details about the security issue(s), including the impact, a CVSS score, "
        "acknowledgments, and other related information, refer to the CVE page(s).";
    use(number, update);
  }
}

std::string json_list(const std::vector<std::string>& words, std::string_view before, std::string_view after) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ", ";
    text += std::string(before) + word + std::string(after);
  }
  return text;
}

void put_updateinfo(File& file, const Update& update, std::string_view release, std::string_view collection,
                    std::string_view tag) {
  std::string text = "<update status=\"final\" version=\"1.4\" type=\"security\"><id>" + update.id + "</id><title>" +
                     update.title + "</title><issued date=\"" + update.date.substr(0, 10) + " 20:41:00\" /><severity>" +
                     update.severity + "</severity><release>" + std::string(release) + "</release><description>" +
                     update.description + "</description><references>";
  for (const std::string& cve : update.cves)
    text += "<reference href=\"https://cve.mitre.org/cgi-bin/cvename.cgi?name=" + cve + "\" id=\"" + cve +
            "\" type=\"cve\" />";
  text += "</references><pkglist><collection short=\"" + std::string(collection) + "\"><name>" + std::string(release) +
          "</name>";
  const std::string own_release = std::to_string(update.version.release) + std::string(tag);
  for (const std::string_view architecture : {"x86_64", "aarch64", "src"}) {
    for (const std::string& binary : update.binaries) {
      if (architecture == "src" && &binary != update.binaries.data()) break;
      text += "<package name=\"" + binary + "\" version=\"" + update.version.upstream + "\" release=\"" + own_release +
              "\" epoch=\"0\" arch=\"" + std::string(architecture) + "\"><filename>Packages/" + binary + "-" +
              update.version.upstream + "-" + own_release + "." + std::string(architecture) +
              ".rpm</filename></package>";
    }
  }
  file.write(text + "</collection></pkglist></update>");
}

}  // namespace

// Errata of three releases: 5,700, of which 4,480 are of security.
std::uint64_t write_almalinux(const World& world, const std::string& out) {
  std::uint64_t unpacked = 0;
  for (const std::string release : {"8", "9", "10"}) {
    File file(out + "/errata-" + release + ".full.json");
    file.write("{\"schema_version\": \"1.0\", \"data\": [");
    bool first = true;
    each_update(
        world, "almalinux" + release, "ALSA", release == "10" ? 100 : 35,
        [&](std::size_t number, const Update& update) {
          std::string text = first ? "" : ", ";
          first = false;
          text += "{\"id\": \"" + update.id + "\", \"type\": \"security\", \"severity\": \"" + update.severity +
                  "\", \"title\": \"" + update.title + "\", \"description\": \"";
          append_json(text, update.description);
          text +=
              "\", \"issued_date\": " + std::to_string(1'500'000'000 + number * 700) + ", \"references\": [" +
              json_list(update.cves, "{\"type\": \"cve\", \"href\": \"https://access.redhat.com\", \"id\": \"", "\"}") +
              ", {\"id\": \"" + update.id + "\", \"type\": \"self\", \"href\": \"https://errata.almalinux.org/" +
              release + "/" + update.id + ".html\"}], \"packages\": [";
          bool first_package = true;
          for (const std::string& binary : update.binaries) {
            for (const std::string_view architecture : {"x86_64", "aarch64", "ppc64le", "s390x"}) {
              text += first_package ? "" : ", ";
              first_package = false;
              text += "{\"name\": \"" + binary + "\", \"epoch\": \"0\", \"version\": \"" + update.version.upstream +
                      "\", \"release\": \"" + std::to_string(update.version.release) + ".el" + release +
                      "\", \"arch\": \"" + std::string(architecture) + "\", \"src\": \"" + update.package->name +
                      ".src.rpm\"}";
            }
          }
          file.write(text + "], \"modules\": []}");
        });
    file.write("]}");
    unpacked += file.unpacked();
  }
  return unpacked;
}

// The pages of the API: 4,000 updates of three releases.
std::uint64_t write_rocky(const World& world, const std::string& out) {
  std::uint64_t unpacked = 0;
  for (const std::string release : {"8", "9", "10"}) {
    File file(out + "/page-" + release + ".json");
    file.write("{\"total\": 100, \"page\": 1, \"advisories\": [");
    bool first = true;
    each_update(world, "rocky" + release, "RLSA", release == "10" ? 100 : 40, [&](std::size_t, const Update& update) {
      std::string text = first ? "" : ", ";
      first = false;
      text += "{\"name\": \"" + update.id + "\", \"kind\": \"Security\", \"severity\": \"" + update.severity +
              "\", \"synopsis\": \"" + update.title + "\", \"description\": \"";
      append_json(text, update.description);
      text +=
          "\", \"published_at\": \"" + update.date + "+00:00\", \"cves\": [" +
          json_list(update.cves, "{\"cwe\": \"UNKNOWN\", \"cvss3_scoring_vector\": \"UNKNOWN\", \"cve\": \"", "\"}") +
          "], \"fixes\": [], \"packages\": [";
      bool first_package = true;
      for (const std::string& binary : update.binaries) {
        for (const std::string_view architecture : {"x86_64", "aarch64"}) {
          text += first_package ? "" : ", ";
          first_package = false;
          text += "{\"nevra\": \"" + binary + "-0:" + update.version.upstream + "-" +
                  std::to_string(update.version.release) + ".el" + release + "." + std::string(architecture) +
                  ".rpm\", \"module_name\": null, \"module_stream\": null, \"product_name\": \"Rocky Linux " + release +
                  " " + std::string(architecture) + "\", \"repo_name\": \"BaseOS\"}";
        }
      }
      file.write(text + "]}");
    });
    file.write("]}");
    unpacked += file.unpacked();
  }
  return unpacked;
}

// One OVAL file of 10,000 definitions of four releases, each package with a test, an object and a state.
std::uint64_t write_oracle(const World& world, const std::string& out) {
  File file(out + "/com.oracle.elsa-all.xml.bz2");
  file.write(
      "<oval_definitions><generator><oval:timestamp>2026-11-01T00:00:00</oval:timestamp></generator><definitions>\n");
  std::string tests, objects, states;
  for (const std::string release : {"7", "8", "9", "10"}) {
    each_update(
        world, "oracle" + release, "ELSA", release == "10" ? 90 : 22, [&](std::size_t number, const Update& update) {
          const std::string serial = release + std::to_string(1'000'000 + number);
          const std::string evr =
              "0:" + update.version.upstream + "-" + std::to_string(update.version.release) + ".0.1.el" + release;
          std::string id = update.id;
          id[id.find(':')] = '-';
          std::string text = "<definition id=\"oval:com.oracle.elsa:def:" + serial +
                             "\" version=\"501\" class=\"patch\">\n<metadata>\n<title>\n" + id + ":  " + update.title +
                             " \n</title>\n<affected family=\"unix\">\n<platform>Oracle Linux " + release +
                             "</platform>\n</affected>\n<reference source=\"elsa\" ref_id=\"" + id +
                             "\" ref_url=\"https://linux.oracle.com/errata/" + id + ".html\"/>\n";
          for (const std::string& cve : update.cves)
            text += "<reference source=\"CVE\" ref_id=\"" + cve + "\" ref_url=\"https://linux.oracle.com/cve/" + cve +
                    ".html\"/>\n";
          text += "<description>\n" + update.description +
                  "\n</description>\n<advisory>\n<severity>MODERATE</severity>\n"
                  "<issued date=\"" +
                  update.date.substr(0, 10) + "\"/>\n";
          for (const std::string& cve : update.cves)
            text +=
                "<cve href=\"https://linux.oracle.com/cve/" + cve + ".html\" public=\"20240101\">" + cve + "</cve>\n";
          const std::string test = "oval:com.oracle.elsa:tst:" + serial;
          text += "</advisory>\n</metadata>\n<criteria operator=\"AND\">\n<criterion test_ref=\"" + test +
                  "000\" comment=\"Oracle Linux " + release + " is installed\"/>\n<criteria operator=\"OR\">\n";
          const auto two_digits = [](std::size_t value) { return std::to_string(100 + value); };
          for (const std::string_view architecture : {"x86_64", "aarch64"}) {
            text += "<criteria operator=\"AND\">\n<criterion test_ref=\"" + test +
                    (architecture == "x86_64" ? "001" : "002") + "\" comment=\"Oracle Linux arch is " +
                    std::string(architecture) + "\"/>\n<criteria operator=\"OR\">\n";
            for (std::size_t b = 0; b < update.binaries.size(); ++b) {
              const std::string& binary = update.binaries[b];
              text += "<criteria operator=\"AND\">\n<criterion test_ref=\"" + test + two_digits(b) + "\" comment=\"" +
                      binary + " is earlier than " + evr + "\"/>\n<criterion test_ref=\"" + test + "999\" comment=\"" +
                      binary + " is signed with the Oracle Linux " + release + " key\"/>\n</criteria>\n";
            }
            text += "</criteria>\n</criteria>\n";
          }
          file.write(text + "</criteria>\n</criteria>\n</definition>\n");
          for (std::size_t b = 0; b < update.binaries.size(); ++b) {
            const std::string number_of_test = serial + two_digits(b);
            tests += "<rpminfo_test id=\"oval:com.oracle.elsa:tst:" + number_of_test + "\" version=\"501\" comment=\"" +
                     update.binaries[b] + " is earlier than " + evr +
                     "\" check=\"at least one\">\n<object object_ref=\"oval:com.oracle.elsa:obj:" + number_of_test +
                     "\"/>\n<state state_ref=\"oval:com.oracle.elsa:ste:" + serial + "\"/>\n</rpminfo_test>\n";
            objects += "<rpminfo_object id=\"oval:com.oracle.elsa:obj:" + number_of_test +
                       "\" version=\"501\">\n<name>" + update.binaries[b] + "</name>\n</rpminfo_object>\n";
          }
          states += "<rpminfo_state id=\"oval:com.oracle.elsa:ste:" + serial +
                    "\" version=\"501\">\n<evr datatype=\"evr_string\" operation=\"less than\">" + evr +
                    "</evr>\n</rpminfo_state>\n";
        });
  }
  file.write("</definitions>\n<tests>\n");
  file.write(tests);
  file.write("</tests>\n<objects>\n");
  file.write(objects);
  file.write("</objects>\n<states>\n");
  file.write(states);
  file.write("</states>\n</oval_definitions>\n");
  return file.unpacked();
}

// updateinfo.xml of each repository: 6,000 updates.
std::uint64_t write_amazon(const World& world, const std::string& out) {
  std::uint64_t unpacked = 0;
  for (const auto& [release, collection, tag, step] :
       {std::tuple{"Amazon Linux AMI", "amazon-linux-ami", ".amzn1", std::size_t{45}},
        std::tuple{"Amazon Linux 2", "amazon-linux-2", ".amzn2", std::size_t{25}},
        std::tuple{"Amazon Linux 2023", "amazon-linux-2023", ".amzn2023", std::size_t{35}}}) {
    File file(out + "/" + collection + "-updateinfo.xml.gz");
    file.write("<?xml version=\"1.0\" ?>\n<updates>");
    each_update(world, collection, "ALAS2", step,
                [&](std::size_t, const Update& update) { put_updateinfo(file, update, release, collection, tag); });
    file.write("</updates>");
    unpacked += file.unpacked();
  }
  return unpacked;
}

// Bodhi's pages: 22,000 updates of twelve releases, each of a source package or two.
std::uint64_t write_fedora(const World& world, const std::string& out) {
  std::uint64_t unpacked = 0;
  for (int release = 32; release < 44; ++release) {
    File file(out + "/F" + std::to_string(release) + ".json");
    file.write("{\"updates\": [");
    bool first = true;
    const std::string number = std::to_string(release);
    each_update(world, "fedora" + number, "FEDORA", 36, [&](std::size_t, const Update& update) {
      std::string text = first ? "" : ", ";
      first = false;
      std::string alias = update.id;
      alias[alias.find(':')] = '-';
      text += "{\"autokarma\": true, \"stable_karma\": 3, \"alias\": \"" + alias + "-F" + number +
              "\", \"type\": \"security\", \"status\": \"stable\", \"severity\": \"medium\", \"title\": \"" +
              update.package->name + "\", \"notes\": \"";
      append_json(text, update.description);
      text += "\", \"date_pushed\": \"" + update.date.substr(0, 10) + " 01:17:00\", \"release\": {\"name\": \"F" +
              number + "\", \"version\": \"" + number + "\", \"id_prefix\": \"FEDORA\"}, \"builds\": [{\"nvr\": \"" +
              update.package->name + "-" + update.version.upstream + "-" + std::to_string(update.version.release) +
              ".fc" + number + "\", \"epoch\": 0, \"type\": \"rpm\"}], \"bugs\": [" +
              json_list(update.cves, "{\"security\": true, \"bug_id\": 2000000, \"title\": \"", " a flaw\"}") + "]}";
      file.write(text);
    });
    file.write("]}");
    unpacked += file.unpacked();
  }
  return unpacked;
}

}  // namespace limpid::volumes
