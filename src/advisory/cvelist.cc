// Feed "cvelist": CVE records 5, as the CVE list publishes them: https://github.com/CVEProject/cvelistV5, with what
// CISA adds to them (https://github.com/cisagov/vulnrichment). Format:
// https://cveproject.github.io/cve-schema/schema/docs/.
//
// A record and a statement is a CVE.
#include <algorithm>

#include "advisory/cvss_json.h"
#include "advisory/documents.h"
#include "advisory/ids.h"
#include "advisory/list.h"

namespace limpid::advisory {
namespace {

constexpr std::uint64_t kCveRecordSizeMax = std::uint64_t{16} << 20;  // the largest real one: 6 MB

bool is_cve_file(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return name.starts_with("CVE-") && name.ends_with(".json");
}

class CveReader {
 public:
  CveReader(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  Result<void> read(std::string& text) {
    LIMPID_ASSIGN(const auto root, parser_.parse(text));
    json::object record, metadata;
    if (root.get(record) != simdjson::SUCCESS || record.at_key("cveMetadata").get(metadata) != simdjson::SUCCESS)
      return fail(Code::invalid, {"no CVE record 5: it has no cveMetadata"});
    ++counts_.records;
    ++counts_.statements;
    Enrichment enrichment;
    std::size_t length = 0;
    enrichment.cve = leading_cve(text_member(metadata, "cveId").value_or(""), length);
    if (enrichment.cve.empty()) {
      counts_.drop("no CVE id");
      return {};
    }
    enrichment.rejected = text_member(metadata, "state").value_or("") == "REJECTED";
    enrichment.published = utc(text_member(metadata, "datePublished").value_or(""));
    enrichment.modified = utc(text_member(metadata, "dateUpdated").value_or(""));
    if (enrichment.modified > counts_.as_of) counts_.as_of = enrichment.modified;
    json::object containers;
    if (record.at_key("containers").get(containers) == simdjson::SUCCESS) {
      json::object container;
      if (containers.at_key("cna").get(container) == simdjson::SUCCESS) read_container(container, enrichment);
      json::array others;
      if (containers.at_key("adp").get(others) == simdjson::SUCCESS)
        for (const auto other : others)
          if (other.get(container) == simdjson::SUCCESS) read_container(container, enrichment);
    }
    sink_.enrichment(std::move(enrichment));
    return {};
  }

 private:
  static void read_container(const json::object& container, Enrichment& to) {
    std::string_view source;
    if (container.at_key("providerMetadata").at_key("shortName").get(source) != simdjson::SUCCESS) source = {};
    json::array list;
    if (container.at_key("metrics").get(list) == simdjson::SUCCESS)
      for (const auto element : list)
        if (json::object metric; element.get(metric) == simdjson::SUCCESS) read_metric(metric, source, to);
    if (container.at_key("tags").get(list) == simdjson::SUCCESS)
      for (const auto element : list)
        if (std::string_view tag; element.get(tag) == simdjson::SUCCESS && tag == "disputed") to.disputed = true;
    if (container.at_key("problemTypes").get(list) == simdjson::SUCCESS)
      for (const auto type : list) {
        json::array descriptions;
        if (type.at_key("descriptions").get(descriptions) != simdjson::SUCCESS) continue;
        for (const auto description : descriptions)
          if (std::string_view cwe;
              description.at_key("cweId").get(cwe) == simdjson::SUCCESS && cwe.starts_with("CWE-"))
            to.cwes.emplace_back(cwe);
      }
  }

  static void read_metric(const json::object& metric, std::string_view source, Enrichment& to) {
    for (const std::string_view key : {"cvssV4_0", "cvssV3_1", "cvssV3_0", "cvssV2_0"})
      if (json::object data; metric.at_key(key).get(data) == simdjson::SUCCESS) add_cvss(data, source, false, to);
    json::object other, content;
    if (metric.at_key("other").get(other) != simdjson::SUCCESS ||
        other.at_key("content").get(content) != simdjson::SUCCESS)
      return;
    const auto type = text_member(other, "type").value_or("");
    if (type == "kev") to.kev_added = text_or_empty(content, "dateAdded").substr(0, 10);
    json::array options;
    if (type != "ssvc" || content.at_key("options").get(options) != simdjson::SUCCESS) return;
    for (const auto element : options) {
      json::object option;
      if (element.get(option) != simdjson::SUCCESS) continue;
      for (const auto pair : option)
        if (std::string_view value; pair.value.get(value) == simdjson::SUCCESS) read_decision(pair.key, value, to);
    }
  }

  // An unknown word of a later version is no statement.
  static void read_decision(std::string_view point, std::string_view value, Enrichment& to) {
    using Exploitation = Enrichment::Exploitation;
    using Automatable = Enrichment::Automatable;
    using Impact = Enrichment::TechnicalImpact;
    const auto is = [&](std::string_view word) { return base::equal_ignoring_case(value, word); };
    if (point == "Exploitation") {
      const auto found = is("none")         ? Exploitation::none
                         : is("poc")        ? Exploitation::poc
                         : is("public poc") ? Exploitation::poc
                         : is("active")     ? Exploitation::active
                                            : Exploitation::unknown;
      to.exploitation = std::max(to.exploitation, found);
    } else if (point == "Automatable") {
      to.automatable = is("yes") ? Automatable::yes : is("no") ? Automatable::no : to.automatable;
    } else if (point == "Technical Impact") {
      to.technical_impact = is("total") ? Impact::total : is("partial") ? Impact::partial : to.technical_impact;
    }
  }

  FeedCounts& counts_;
  Sink& sink_;
  JsonParser parser_;
};

class CvelistFeed final : public Feed {
 public:
  std::string_view name() const override { return "cvelist"; }
  std::string_view description() const override {
    return "CVE records 5 with CISA's SSVC decisions: the CVE list's zip, a tar archive, a folder or one CVE-….json";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    CveReader reader(counts, sink);
    const DocumentKind kind{.size_max = kCveRecordSizeMax, .is_document = is_cve_file};
    const auto visit = [&](const std::string& /*name*/, std::string& text) { return reader.read(text); };
    LIMPID_TRY(each_document(input, kind, sink, counts, visit));
    return counts;
  }
};

}  // namespace

const Feed& cvelist_feed() {
  static const CvelistFeed feed;
  return feed;
}

}  // namespace limpid::advisory
