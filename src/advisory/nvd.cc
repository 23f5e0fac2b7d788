// Feed "nvd": the National Vulnerability Database: pages of its API 2.0 and the yearly feeds of the same form,
// https://nvd.nist.gov/developers/vulnerabilities and https://nvd.nist.gov/feeds/json/cve/2.0/, mirrors that list the
// records under "cve_items", and the retired feeds 1.1. CVSS vectors, weaknesses, and what became of the id; which
// products a CVE is about is not read (CPE names are no package names).
//
// A record and a statement is a CVE.
#include "advisory/cvss_json.h"
#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/json_members.h"
#include "advisory/list.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kOwnSource = "nvd@nist.gov";

class NvdReader {
 public:
  NvdReader(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  Result<void> read(archive::Source& source) {
    bool has_list = false;
    LIMPID_TRY(split_elements(source, [&](const std::string& key, std::string& value) -> Result<void> {
      if (key == "timestamp" || key == "CVE_data_timestamp") return read_timestamp(value);
      // An empty page has an empty list, which is never visited; its own words tell it.
      if (key == "totalResults" || key == "format") has_list = true;
      if (key != "vulnerabilities" && key != "cve_items" && key != "CVE_Items") return {};
      has_list = true;
      LIMPID_ASSIGN_WITHIN(const auto element, parser_.parse(value), {"record ", counts_.records + 1});
      return read_item(element);
    }));
    if (!has_list) return fail(Code::invalid, {"no document of NVD: it has no list of vulnerabilities"});
    return {};
  }

 private:
  Result<void> read_timestamp(std::string& value) {
    LIMPID_ASSIGN_WITHIN(const auto element, parser_.parse(value), {"timestamp"});
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) return {};
    auto time = utc(text);
    if (time > counts_.as_of) counts_.as_of = std::move(time);
    return {};
  }

  Result<void> read_item(const json::element& element) {
    if (sink_.is_cancelled()) return cancelled();
    json::object item, cve;
    if (element.get(item) != simdjson::SUCCESS)
      return fail(Code::invalid, {"record ", counts_.records + 1, " is no object"});
    ++counts_.records;
    ++counts_.statements;
    const bool wrapped = item.at_key("cve").get(cve) == simdjson::SUCCESS;
    Enrichment enrichment;
    if (json::object metadata; wrapped && cve.at_key("CVE_data_meta").get(metadata) == simdjson::SUCCESS) {
      read_old(metadata, item, cve, enrichment);
    } else {
      read_record(wrapped ? cve : item, enrichment);
    }
    if (enrichment.cve.empty()) {
      counts_.drop("no CVE id");
    } else {
      sink_.enrichment(std::move(enrichment));
    }
    return {};
  }

  static void set_id(std::string_view id, Enrichment& to) {
    std::size_t length = 0;
    to.cve = leading_cve(id, length);
    if (length != id.size()) to.cve.clear();
  }

  // https://csrc.nist.gov/schema/nvd/api/2.0/cve_api_json_2.0.schema
  void read_record(const json::object& cve, Enrichment& to) {
    set_id(text_member(cve, "id").value_or(""), to);
    to.published = utc(text_member(cve, "published").value_or(""));
    to.modified = utc(text_member(cve, "lastModified").value_or(""));
    to.rejected = text_member(cve, "vulnStatus").value_or("") == "Rejected";
    read_tags(cve, to);
    json::object metrics;
    if (cve.at_key("metrics").get(metrics) == simdjson::SUCCESS)
      for (const auto metric : metrics) read_metrics(metric.value, to);
    // Entries of CISA's catalogue, as NVD repeats them.
    to.kev_added = text_or_empty(cve, "cisaExploitAdd");
    to.kev_due = text_or_empty(cve, "cisaActionDue");
    read_weaknesses(cve, to);
  }

  static void read_tags(const json::object& cve, Enrichment& to) {
    json::array sources;
    if (cve.at_key("cveTags").get(sources) != simdjson::SUCCESS) return;
    for (const auto source : sources) {
      json::array tags;
      if (source.at_key("tags").get(tags) != simdjson::SUCCESS) continue;
      for (const auto tag : tags) {
        std::string_view text;
        if (tag.get(text) == simdjson::SUCCESS && text == "disputed") to.disputed = true;
      }
    }
  }

  void read_metrics(const json::element& list, Enrichment& to) {
    json::array metrics;
    if (list.get(metrics) != simdjson::SUCCESS) return;
    for (const auto element : metrics) {
      json::object metric, data;
      if (element.get(metric) != simdjson::SUCCESS || metric.at_key("cvssData").get(data) != simdjson::SUCCESS)
        continue;
      const auto source = text_member(metric, "source").value_or("");
      add_cvss(data, source, text_member(metric, "type").value_or("") == "Primary", to);
    }
  }

  static void add_weakness(const json::array& descriptions, Enrichment& to) {
    for (const auto description : descriptions) {
      std::string_view value;
      // NVD-CWE-noinfo and NVD-CWE-Other say nothing.
      if (description.at_key("value").get(value) == simdjson::SUCCESS && value.starts_with("CWE-"))
        to.cwes.emplace_back(value);
    }
  }
  static void read_weaknesses(const json::object& cve, Enrichment& to) {
    json::array weaknesses;
    if (cve.at_key("weaknesses").get(weaknesses) != simdjson::SUCCESS) return;
    for (const auto weakness : weaknesses) {
      json::array descriptions;
      if (weakness.at_key("description").get(descriptions) == simdjson::SUCCESS) add_weakness(descriptions, to);
    }
  }

  // https://csrc.nist.gov/schema/nvd/feed/1.1/nvd_cve_feed_json_1.1.schema: all assessments are NVD's own.
  void read_old(const json::object& metadata, const json::object& item, const json::object& cve, Enrichment& to) {
    set_id(text_member(metadata, "ID").value_or(""), to);
    to.published = utc(text_member(item, "publishedDate").value_or(""));
    to.modified = utc(text_member(item, "lastModifiedDate").value_or(""));
    json::object impact;
    if (item.at_key("impact").get(impact) == simdjson::SUCCESS) {
      for (const auto& [outer, inner] : {std::pair{"baseMetricV3", "cvssV3"}, std::pair{"baseMetricV2", "cvssV2"}}) {
        json::object metric, data;
        if (impact.at_key(outer).get(metric) == simdjson::SUCCESS &&
            metric.at_key(inner).get(data) == simdjson::SUCCESS)
          add_cvss(data, kOwnSource, true, to);
      }
    }
    json::array list;
    if (cve.at_key("description").at_key("description_data").get(list) == simdjson::SUCCESS)
      for (const auto description : list) {
        std::string_view value;
        if (description.at_key("value").get(value) != simdjson::SUCCESS) continue;
        if (value.starts_with("** REJECT **")) to.rejected = true;
        if (value.starts_with("** DISPUTED **")) to.disputed = true;
      }
    if (cve.at_key("problemtype").at_key("problemtype_data").get(list) == simdjson::SUCCESS)
      for (const auto type : list) {
        json::array descriptions;
        if (type.at_key("description").get(descriptions) == simdjson::SUCCESS) add_weakness(descriptions, to);
      }
  }

  FeedCounts& counts_;
  Sink& sink_;
  JsonParser parser_;
};

class NvdFeed final : public Feed {
 public:
  std::string_view name() const override { return "nvd"; }
  std::string_view description() const override {
    return "NVD's assessments by CVE: pages of its API 2.0 or its feeds (.json, packed or not), or a folder of them";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths,
                  list_inputs(input.path, {".json", ".json.gz", ".json.xz", ".json.zst", ".json.bz2"}));
    NvdReader reader(counts, sink);
    for (const auto& path : paths) {
      LIMPID_ASSIGN(auto file, InputFile::open(path));
      LIMPID_TRY_WITHIN(reader.read(file.source()), {path});
    }
    return counts;
  }
};

}  // namespace

const Feed& nvd_feed() {
  static const NvdFeed feed;
  return feed;
}

}  // namespace limpid::advisory
