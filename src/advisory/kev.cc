// Feed "kev": CISA's catalogue of known exploited vulnerabilities,
// https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json, with its schema beside it.
//
// A record and a statement is an entry of the catalogue.
#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/json_members.h"
#include "advisory/json_parser.h"
#include "advisory/list.h"
#include "base/date.h"

namespace limpid::advisory {
namespace {

class KevReader {
 public:
  KevReader(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  Result<void> read(archive::Source& source) {
    bool is_catalogue = false;
    LIMPID_TRY(split_elements(source, [&](const std::string& key, std::string& value) -> Result<void> {
      if (key == "catalogVersion") is_catalogue = true;
      if (key != "vulnerabilities" && key != "dateReleased") return {};
      LIMPID_ASSIGN_WITHIN(const auto element, parser_.parse(value), {key});
      if (key == "vulnerabilities") return read_entry(element);
      std::string_view date;
      if (element.get(date) == simdjson::SUCCESS && date > counts_.as_of) counts_.as_of = date;
      return {};
    }));
    if (!is_catalogue) return fail(Code::invalid, {"no KEV catalogue: it has no catalogVersion"});
    return {};
  }

 private:
  Result<void> read_entry(const json::element& element) {
    if (sink_.is_cancelled()) return cancelled();
    json::object entry;
    if (element.get(entry) != simdjson::SUCCESS) return fail(Code::invalid, {"an entry that is no object"});
    ++counts_.records;
    ++counts_.statements;
    const auto day = [&](std::string_view key) {
      const auto text = text_member(entry, key).value_or("");
      return base::parse_date(text) ? std::string(text.substr(0, 10)) : std::string();
    };
    Enrichment enrichment;
    std::size_t length = 0;
    enrichment.cve = leading_cve(text_member(entry, "cveID").value_or(""), length);
    enrichment.kev_added = day("dateAdded");
    enrichment.kev_due = day("dueDate");
    enrichment.ransomware = text_member(entry, "knownRansomwareCampaignUse").value_or("") == "Known";
    if (enrichment.cve.empty()) {
      counts_.drop("no CVE id");
    } else if (enrichment.kev_added.empty()) {
      counts_.drop("no date");
    } else {
      json::array cwes;
      if (entry.at_key("cwes").get(cwes) == simdjson::SUCCESS)
        for (const auto cwe : cwes) {
          std::string_view id;
          if (cwe.get(id) == simdjson::SUCCESS && id.starts_with("CWE-")) enrichment.cwes.emplace_back(id);
        }
      sink_.enrichment(std::move(enrichment));
    }
    return {};
  }

  FeedCounts& counts_;
  Sink& sink_;
  JsonParser parser_;
};

class KevFeed final : public Feed {
 public:
  std::string_view name() const override { return "kev"; }
  std::string_view description() const override {
    return "CISA's known exploited vulnerabilities: known_exploited_vulnerabilities.json";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, {"known_exploited_vulnerabilities.json"}));
    KevReader reader(counts, sink);
    for (const auto& path : paths) {
      LIMPID_ASSIGN(auto file, InputFile::open(path));
      LIMPID_TRY_WITHIN(reader.read(file.source()), {path});
    }
    return counts;
  }
};

}  // namespace

const Feed& kev_feed() {
  static const KevFeed feed;
  return feed;
}

}  // namespace limpid::advisory
