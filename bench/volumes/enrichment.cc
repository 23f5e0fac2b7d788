// What is said of flaws themselves: NVD, the CVE list, EPSS, CISA's catalogue. Every flaw, of Linux or not.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "volumes/feeds.h"
#include "volumes/packed.h"

namespace limpid::volumes {
namespace {

std::string cvss_data(const std::string& vector) {
  return "{\"version\":\"3.1\",\"vectorString\":\"" + vector +
         "\",\"baseScore\":7.5,\"baseSeverity\":\"HIGH\",\"attackVector\":\"NETWORK\",\"attackComplexity\":\"LOW\","
         "\"privilegesRequired\":\"NONE\",\"userInteraction\":\"NONE\",\"scope\":\"UNCHANGED\","
         "\"confidentialityImpact\":\"HIGH\",\"integrityImpact\":\"HIGH\",\"availabilityImpact\":\"HIGH\"}";
}

std::string nvd_record(const World& world, const Flaw& flaw) {
  auto random = random_of("nvd", flaw.number);
  std::string text = "{\"cve\":{\"id\":\"" + flaw.id +
                     "\",\"sourceIdentifier\":\"security@example.org\",\"published\":\"" + flaw.published +
                     ".123\",\"lastModified\":\"" + flaw.modified + ".456\",\"vulnStatus\":\"" +
                     (random.chance(4) ? "Rejected" : "Analyzed") +
                     "\",\"cveTags\":[],\"descriptions\":[{\"lang\":\"en\",\"value\":\"";
  append_json(text, world.description(flaw));
  text += "\"},{\"lang\":\"es\",\"value\":\"";
  append_json(text, world.description(flaw));
  text += "\"}],\"metrics\":{\"cvssMetricV31\":[{\"source\":\"nvd@nist.gov\",\"type\":\"Primary\",\"cvssData\":" +
          cvss_data(World::cvss3(flaw)) + ",\"exploitabilityScore\":3.9,\"impactScore\":3.6}";
  if (random.chance(45))
    text += ",{\"source\":\"" +
            std::string(random.chance(50) ? "134c704f-9b21-4f2e-91b3-4a467353bcc0" : "security@example.org") +
            "\",\"type\":\"Secondary\",\"cvssData\":" + cvss_data(World::cvss3(flaw, random.chance(60) ? 0 : 1)) +
            ",\"exploitabilityScore\":2.8,\"impactScore\":5.9}";
  text += "]";
  if (flaw.year < 2020)
    text +=
        ",\"cvssMetricV2\":[{\"source\":\"nvd@nist.gov\",\"type\":\"Primary\",\"cvssData\":{\"version\":\"2.0\","
        "\"vectorString\":\"AV:" +
        std::string(random.chance(70) ? "N" : "L") + "/AC:" + (random.chance(60) ? "L" : "M") +
        "/Au:N/C:" + (random.chance(50) ? "P" : "N") + "/I:" + (random.chance(50) ? "P" : "C") +
        "/A:" + (random.chance(50) ? "P" : "N") + "\",\"baseScore\":7.5},\"baseSeverity\":\"HIGH\"}]";
  text +=
      "},\"weaknesses\":[{\"source\":\"nvd@nist.gov\",\"type\":\"Primary\",\"description\":[{\"lang\":\"en\",\"value\":"
      "\"CWE-" +
      std::to_string(World::cwe(flaw)) +
      "\"}]}],\"configurations\":[{\"nodes\":[{\"operator\":\"OR\",\"negate\":false,\"cpeMatch\":[";
  for (std::size_t i = 0, count = 1 + random.skewed(30, 3); i < count; ++i) {
    char criteria[64];
    std::snprintf(criteria, sizeof criteria, "%016llX%016llX", static_cast<unsigned long long>(random.next()),
                  static_cast<unsigned long long>(random.next()));
    text += (i == 0 ? "{" : ",{") + std::string("\"vulnerable\":true,\"criteria\":\"cpe:2.3:a:vendor:product:") +
            std::to_string(i) + ".1:*:*:*:*:*:*:*\",\"versionEndExcluding\":\"9.8\",\"matchCriteriaId\":\"" + criteria +
            "\"}";
  }
  text += "]}]}],\"references\":[";
  for (unsigned i = 0; i < 1 + flaw.number % 4; ++i)
    text += (i == 0 ? "{" : ",{") + std::string("\"url\":\"") + world.reference(flaw, i) +
            "\",\"source\":\"security@example.org\",\"tags\":[\"Vendor Advisory\"]}";
  return text + "]}}";
}

std::string cve_record(const World& world, const Flaw& flaw) {
  auto random = random_of("cvelist", flaw.number);
  std::string description;
  append_json(description, world.description(flaw));
  const std::string in4(4, ' '), in8(8, ' '), in12(12, ' '), in16(16, ' '), in20(20, ' '), in24(24, ' ');
  std::string text = "{\n" + in4 + "\"dataType\": \"CVE_RECORD\",\n" + in4 + "\"dataVersion\": \"5.1\",\n" + in4 +
                     "\"cveMetadata\": {\n" + in8 + "\"cveId\": \"" + flaw.id + "\",\n" + in8 +
                     "\"assignerOrgId\": \"53f830b8-0a3f-465b-8143-3b8a9948e749\",\n" + in8 +
                     "\"state\": \"PUBLISHED\",\n" + in8 + "\"datePublished\": \"" + flaw.published + ".000Z\",\n" +
                     in8 + "\"dateUpdated\": \"" + flaw.modified + ".000Z\"\n" + in4 + "},\n" + in4 +
                     "\"containers\": {\n" + in8 + "\"cna\": {\n" + in12 + "\"affected\": [\n";
  for (std::size_t i = 0, count = 1 + random.skewed(24, 3); i < count; ++i)
    text += (i == 0 ? "" : ",\n") + in16 + "{\n" + in20 + "\"product\": \"product\",\n" + in20 +
            "\"vendor\": \"vendor\",\n" + in20 + "\"versions\": [\n" + in24 + "{\n" + in24 +
            "    \"status\": \"affected\",\n" + in24 + "    \"version\": \"" + std::to_string(i) + ".5\"\n" + in24 +
            "}\n" + in20 + "]\n" + in16 + "}";
  text += "\n" + in12 + "],\n" + in12 + "\"descriptions\": [\n" + in16 + "{\n" + in20 + "\"lang\": \"en\",\n" + in20 +
          "\"value\": \"" + description + "\"\n" + in16 + "}\n" + in12 + "],\n" + in12 + "\"metrics\": [\n" + in16 +
          "{\n" + in20 + "\"cvssV3_1\": {\n";
  for (const char* key : {"attackComplexity", "attackVector", "availabilityImpact", "baseSeverity",
                          "confidentialityImpact", "integrityImpact", "privilegesRequired", "scope", "userInteraction"})
    text += in24 + "\"" + key + "\": \"HIGH\",\n";
  text += in24 + "\"baseScore\": 7.5,\n" + in24 + "\"vectorString\": \"" +
          World::cvss3(flaw, random.chance(80) ? 0 : 1) + "\",\n" + in24 + "\"version\": \"3.1\"\n" + in20 + "}\n" +
          in16 + "}\n" + in12 + "],\n" + in12 + "\"problemTypes\": [\n" + in16 + "{\n" + in20 +
          "\"descriptions\": [\n" + in24 + "{\n" + in24 + "    \"cweId\": \"CWE-" + std::to_string(World::cwe(flaw)) +
          "\",\n" + in24 + "    \"description\": \"CWE\",\n" + in24 + "    \"lang\": \"en\",\n" + in24 +
          "    \"type\": \"CWE\"\n" + in24 + "}\n" + in20 + "]\n" + in16 + "}\n" + in12 + "],\n" + in12 +
          "\"providerMetadata\": {\n" + in16 + "\"orgId\": \"53f830b8-0a3f-465b-8143-3b8a9948e749\",\n" + in16 +
          "\"shortName\": \"vendor\"\n" + in12 + "},\n" + in12 + "\"references\": [\n";
  for (unsigned i = 0; i < 1 + flaw.number % 4; ++i)
    text +=
        (i == 0 ? "" : ",\n") + in16 + "{\n" + in20 + "\"url\": \"" + world.reference(flaw, i) + "\"\n" + in16 + "}";
  text += "\n" + in12 + "],\n" + in12 + "\"x_legacyV4Record\": {\n" + in16 + "\"description\": {\n" + in20 +
          "\"description_data\": [\n" + in24 + "{\n" + in24 + "    \"lang\": \"eng\",\n" + in24 + "    \"value\": \"" +
          description + "\"\n" + in24 + "}\n" + in20 + "]\n" + in16 + "}\n" + in12 + "}\n" + in8 + "},\n" + in8 +
          "\"adp\": [\n" + in12 + "{\n" + in16 + "\"title\": \"CISA ADP Vulnrichment\",\n" + in16 +
          "\"providerMetadata\": {\n" + in20 + "\"orgId\": \"134c704f-9b21-4f2e-91b3-4a467353bcc0\",\n" + in20 +
          "\"shortName\": \"CISA-ADP\"\n" + in16 + "},\n" + in16 + "\"metrics\": [\n" + in20 + "{\n" + in24 +
          "\"other\": {\n" + in24 + "    \"type\": \"ssvc\",\n" + in24 + "    \"content\": {\"id\": \"" + flaw.id +
          "\", \"options\": [{\"Exploitation\": \"" + (random.chance(15) ? "poc" : "none") +
          "\"}, {\"Automatable\": \"" + (random.chance(25) ? "yes" : "no") + "\"}, {\"Technical Impact\": \"" +
          (random.chance(30) ? "total" : "partial") +
          "\"}], \"role\": \"CISA Coordinator\", \"version\": \"2.0.3\"}\n" + in24 + "}\n" + in20 + "}\n" + in16 +
          "]\n" + in12 + "}\n" + in8 + "]\n" + in4 + "}\n}\n";
  return text;
}

}  // namespace

// The yearly feeds, as the API 2.0 has them.
std::uint64_t write_nvd(const World& world, const std::string& out) {
  std::uint64_t unpacked = 0;
  for (std::size_t number = 0; number < world.flaws();) {
    const int year = world.flaw(number).year;
    File file(out + "/nvdcve-2.0-" + std::to_string(year) + ".json.gz");
    file.write(
        "{\"resultsPerPage\":1,\"startIndex\":0,\"totalResults\":1,\"format\":\"NVD_CVE\",\"version\":\"2.0\","
        "\"timestamp\":\"2026-11-01T03:00:00.000\",\"vulnerabilities\":[");
    bool first = true;
    for (; number < world.flaws(); ++number) {
      const Flaw flaw = world.flaw(number);
      if (flaw.year != year) break;
      file.write((first ? "" : ",") + nvd_record(world, flaw));
      first = false;
    }
    file.write("]}");
    unpacked += file.unpacked();
  }
  return unpacked;
}

// The repository as its host packs it.
std::uint64_t write_cvelist(const World& world, const std::string& out) {
  File file(out + "/cvelistV5-main.tar.gz");
  Tar tar(file);
  for (std::size_t number = 0; number < world.flaws(); ++number) {
    const Flaw flaw = world.flaw(number);
    tar.add("cvelistV5-main/cves/" + std::to_string(flaw.year) + "/" + flaw.id + ".json", cve_record(world, flaw));
  }
  tar.end();
  return file.unpacked();
}

std::uint64_t write_epss(const World& world, const std::string& out) {
  File file(out + "/epss_scores-current.csv.gz");
  file.write("#model_version:v2025.03.14,score_date:2026-11-01T00:00:00+0000\ncve,epss,percentile\n");
  for (std::size_t number = 0; number < world.flaws(); ++number) {
    if (!World::speaks("epss", number, 92)) continue;
    const Flaw flaw = world.flaw(number);
    auto random = random_of("epss value", number);
    // The percentile is the rank of the probability; a third of all share theirs with others.
    constexpr std::size_t kRanks = 114'000;
    const double rank = static_cast<double>(random.below(kRanks)) / kRanks;
    char line[80];
    std::snprintf(line, sizeof line, "%s,%.5f,%.5f\n", flaw.id.c_str(), std::pow(rank, 6), rank);
    file.write(line);
  }
  return file.unpacked();
}

std::uint64_t write_kev(const World& world, const std::string& out) {
  File file(out + "/known_exploited_vulnerabilities.json");
  file.write(
      "{\"title\": \"CISA Catalog\", \"catalogVersion\": \"2026.11.01\", \"dateReleased\": "
      "\"2026-11-01T17:04:19.9796Z\", "
      "\"count\": 1600, \"vulnerabilities\": [");
  for (std::size_t number = 0; number < world.flaws(); number += 206) {
    const Flaw flaw = world.flaw(number);
    file.write((number == 0 ? "" : ", ") + ("{\"cveID\": \"" + flaw.id) +
               "\", \"vendorProject\": \"v\", \"product\": \"p\", \"dateAdded\": \"" + flaw.modified.substr(0, 10) +
               "\", \"shortDescription\": \"s\", \"requiredAction\": \"a\", \"dueDate\": \"2026-10-15\", "
               "\"knownRansomwareCampaignUse\": \"Unknown\", \"notes\": \"\"}");
  }
  file.write("]}");
  return file.unpacked();
}

}  // namespace limpid::volumes
