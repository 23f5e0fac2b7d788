// `-f json`: every field documented in docs/json.md, always in the same order.
#include <iterator>
#include <map>
#include <set>

#include "base/text.h"
#include "cvss/best_vector.h"
#include "match/risk.h"
#include "report/json_writer.h"
#include "report/report.h"

namespace limpid::report {
namespace {

constexpr int kSchemaVersion = 1;

void write_image(JsonWriter& json, const Subject& subject) {
  const image::Manifest& manifest = subject.manifest;
  json.open("image");
  json.text("name", manifest.name);
  json.text("digest", manifest.digest.to_string());
  json.text("config_digest", manifest.config_digest.to_string());
  json.text("platform", manifest.platform.architecture.empty() ? "" : image::to_string(manifest.platform));
  json.text("created", manifest.created);
  json.list("tags", manifest.tags);
  json.open("labels");
  for (const auto& [key, value] : manifest.labels) json.text(key, value);
  json.close();
  json.open_list("layers");
  for (const image::LayerDescriptor& layer : manifest.layers) {
    json.open();
    json.text("digest", layer.digest.to_string());
    json.text("diff_id", layer.diff_id.to_string());
    json.number("size", layer.size);
    json.text("created_by", layer.created_by);
    if (layer.lazy) {
      json.boolean("lazy", true);
      json.number("fetched", layer.fetched);
    }
    json.close();
  }
  json.close_list();
  json.close();
}

void write_distribution(JsonWriter& json, const inventory::Distribution& distribution) {
  json.open("distribution");
  json.text("namespace", distribution.name_space);
  json.text("id", distribution.id);
  if (!distribution.parent.empty()) json.text("parent", distribution.parent);
  json.text("version_id", distribution.version_id);
  json.text("version_codename", distribution.version_codename);
  json.text("name", distribution.name);
  json.text("pretty_name", distribution.pretty_name);
  json.text("cpe_name", distribution.cpe_name);
  json.text("location", distribution.location);
  json.close();
}

// The layer as people and other tools find it again: its number from 1, and its diff ID.
void write_layer(JsonWriter& json, std::string_view name, const Subject& subject, std::uint32_t layer) {
  json.open(name);
  json.number("number", layer + 1);
  json.text("diff_id", layer < subject.inventory.layers.size() ? subject.inventory.layers[layer].to_string() : "");
  json.close();
}

void write_packages(JsonWriter& json, const Subject& subject,
                    const std::map<std::uint32_t, std::string>& available = {}) {
  json.open_list("packages");
  for (std::uint32_t i = 0; i < subject.inventory.packages.size(); ++i) {
    const inventory::Package& package = subject.inventory.packages[i];
    json.open();
    json.text("name", package.name);
    json.text("version", package.version);
    json.text("arch", package.arch);
    json.text("ecosystem", package.ecosystem);
    json.text("namespace", package.name_space);
    json.text("source_name", package.source_name);
    json.text("source_version", package.source_version);
    json.text("purl", inventory::purl(package));
    json.list("licenses", package.licenses);
    json.text("location", package.location);
    write_layer(json, "layer", subject, package.layer);
    json.text("detector", package.detector);
    json.text("maintainer", package.maintainer);
    json.text("module", package.module);
    json.text("key_id", package.key_id);
    json.text("repository", package.repository == inventory::Repository::third_party ? "third-party" : "distribution");
    if (const auto newer = available.find(i); newer != available.end()) json.text("available", newer->second);
    json.close();
  }
  json.close_list();
}

void write_skipped(JsonWriter& json, const Subject& subject) {
  json.open_list("skipped");
  for (const Skipped& skipped : subject.inventory.skipped) {
    json.open();
    json.text("path", skipped.path);
    json.text("layer", skipped.layer);
    json.text("reason", base::name_of(skipped.reason));
    json.text("detail", skipped.detail);
    json.close();
  }
  json.close_list();
  std::vector<std::string> notes = subject.manifest.notes;
  notes.insert(notes.end(), subject.inventory.notes.begin(), subject.inventory.notes.end());
  json.list("notes", notes);
}

void write_package_reference(JsonWriter& json, const inventory::Package& package) {
  json.open("package");
  json.text("name", package.name);
  json.text("version", package.version);
  json.text("arch", package.arch);
  json.text("purl", inventory::purl(package));
  json.text("source_name", package.source_name);
  json.text("source_version", package.source_version);
  json.close();
}

// What the advisory says of itself; read once for each advisory, however many packages it touches.
class DetailsReader {
 public:
  explicit DetailsReader(const vulndb::Database& database) : database_(database) {}
  Result<const vulndb::Details*> read(std::uint32_t advisory) {
    auto found = cache_.find(advisory);
    if (found == cache_.end()) {
      LIMPID_ASSIGN(vulndb::Details details, database_.details(advisory));
      found = cache_.emplace(advisory, std::move(details)).first;
    }
    return &found->second;
  }

 private:
  const vulndb::Database& database_;
  std::map<std::uint32_t, vulndb::Details> cache_;
};

void write_cvss(JsonWriter& json, const advisory::Cvss& cvss, std::string_view source) {
  json.open();
  json.text("version", cvss.version);
  json.text("vector", cvss.vector);
  json.text("source", source);
  if (const auto scores = cvss::score(cvss.vector)) json.real("score", scores->base);
  json.close();
}

// What is known of the flaw's exploitation; a probability that is not known is left out.
void write_exploitation(JsonWriter& json, const advisory::Enrichment& known) {
  json.open("exploitation");
  if (known.epss) {
    json.real("epss", known.epss->probability / 1e6);
    json.real("epss_percentile", known.epss->percentile / 1e6);
  }
  json.boolean("known_exploited", !known.kev_added.empty());
  json.text("known_exploited_since", known.kev_added);
  json.text("known_exploited_due", known.kev_due);
  json.boolean("ransomware", known.ransomware);
  json.text("ssvc_exploitation", name_of(known.exploitation));
  json.text("ssvc_automatable", name_of(known.automatable));
  json.text("ssvc_technical_impact", name_of(known.technical_impact));
  json.close();
}

Result<void> write_findings(JsonWriter& json, const ScanResult& result) {
  DetailsReader reader(result.database);
  json.open_list("findings");
  for (const match::Finding& finding : result.matches.findings) {
    const inventory::Package& package = result.subject.inventory.packages[finding.package];
    LIMPID_ASSIGN(const vulndb::Details* details, reader.read(finding.advisory_number));
    std::set<std::string> aliases(details->aliases.begin(), details->aliases.end());
    aliases.insert(details->upstream.begin(), details->upstream.end());
    aliases.emplace(finding.advisory);
    aliases.erase(std::string(finding.id));
    LIMPID_ASSIGN(const auto enrichment, result.database.enrichment(finding.id));
    const advisory::Enrichment* known = enrichment ? &*enrichment : nullptr;
    const auto best = cvss::best_vector(details->cvss, finding.feed, known);
    const auto risk =
        match::assess_risk(finding.severity, best ? std::optional(best->score) : std::nullopt, known, finding.status);
    json.open();
    json.text("id", finding.id);
    json.list("aliases", aliases);
    write_package_reference(json, package);
    json.text("namespace", package.name_space);
    json.text("kind", finding.kind == advisory::Kind::malware        ? "malware"
                      : finding.kind == advisory::Kind::unmaintained ? "unmaintained"
                                                                     : "vulnerability");
    json.text("status", advisory::name_of(finding.status));
    json.text("severity", match::name_of(finding.severity));
    json.text("severity_source", finding.severity_source);
    json.text("severity_word", finding.severity_word);
    json.text("fixed_in", finding.fixed_in);
    json.text("fixed_for_subscribers", finding.fixed_for_subscribers);
    write_layer(json, "introduced_by_layer", result.subject, package.layer);
    json.text("reason", match::reason(finding, package));
    json.boolean("uncertain", finding.uncertain);
    json.boolean("not_running", finding.not_running);
    json.boolean("data_only", finding.data_only);
    json.text("advisory", finding.advisory);
    json.text("feed", finding.feed);
    json.list("also_in_feeds", finding.also);
    json.text("title", details->title);
    json.text("description", details->description);
    json.text("published", details->published);
    json.text("modified", details->modified);
    json.open_list("cvss");
    for (const advisory::Cvss& cvss : details->cvss) write_cvss(json, cvss, finding.feed);
    if (known != nullptr)
      for (const auto& score : known->cvss) write_cvss(json, score.cvss, score.source);
    json.close_list();
    json.list("cwes", known == nullptr ? std::vector<std::string>() : known->cwes);
    write_exploitation(json, known == nullptr ? advisory::Enrichment() : *known);
    json.boolean("rejected", known != nullptr && known->rejected);
    json.boolean("disputed", known != nullptr && known->disputed);
    json.real("risk", risk.risk());
    json.list("references", details->references);
    json.close();
  }
  json.close_list();
  return {};
}

void write_summary(JsonWriter& json, const ScanResult& result) {
  const match::Count count = match::count(result.matches.findings);
  json.open("summary");
  json.number("findings", count.findings);
  json.number("fixed_by_upgrade", count.cured);
  json.number("upgrades", result.plan.upgrades.size());
  json.open("by_severity");
  for (const match::Severity severity : match::kSeverities)
    json.number(match::name_of(severity), count.by_severity[static_cast<std::size_t>(severity)]);
  json.close();
  json.open("by_status");
  for (std::size_t i = 0; i < std::size(count.by_status); ++i)
    json.number(advisory::name_of(static_cast<advisory::Status>(i)), count.by_status[i]);
  json.close();
  json.open("hidden");
  for (const auto& [why, number] : result.hidden) json.number(why, number);
  json.close();
  json.number("outdated", result.matches.outdated.size());
  json.number("unsupported", result.matches.unsupported.size());
  json.boolean("covered", result.matches.covered);
  json.close();
}

void write_support(JsonWriter& json, const match::Support& support) {
  json.open("support");
  json.text("state", match::name_of(support.state));
  json.text("standard_until", support.standard);
  json.text("extended_until", support.extended);
  json.text("paid_until", support.paid);
  json.close();
}

void write_unsupported(JsonWriter& json, const ScanResult& result) {
  const inventory::ImageInventory& image = result.subject.inventory;
  json.open_list("unsupported");
  for (const match::Unsupported& unsupported : result.matches.unsupported) {
    json.open();
    json.text("id", unsupported.id);
    json.text("kind", unsupported.package ? "package" : "release");
    json.text("state", match::name_of(unsupported.state));
    json.text("namespace", image.distribution.name_space);
    if (unsupported.package) write_package_reference(json, image.packages[*unsupported.package]);
    json.text("until", unsupported.until);
    json.text("detail", unsupported.detail);
    json.text("feed", unsupported.feed);
    json.close();
  }
  json.close_list();
}

void write_unmatched(JsonWriter& json, const ScanResult& result) {
  json.open_list("unmatched");
  for (const match::Unmatched& unmatched : result.matches.unmatched) {
    json.open();
    write_package_reference(json, result.subject.inventory.packages[unmatched.package]);
    json.text("why", match::name_of(unmatched.why));
    json.close();
  }
  json.close_list();
}

void write_database(JsonWriter& json, const vulndb::Database& database) {
  json.open("database");
  json.number("format", database.info().format);
  json.open_list("feeds");
  for (const vulndb::FeedInfo& feed : database.info().feeds) {
    json.open();
    json.text("name", feed.name);
    json.number("records", feed.records);
    json.number("statements", feed.statements);
    json.text("as_of", feed.as_of);
    json.close();
  }
  json.close_list();
  json.close();
}

void write_repositories(JsonWriter& json, const Subject& subject) {
  if (subject.inventory.repositories.empty()) return;
  json.open_list("repositories");
  for (const inventory::RepositoryEvidence& evidence : subject.inventory.repositories) {
    json.open();
    json.text("location", evidence.location);
    write_layer(json, "layer", subject, evidence.layer);
    json.list("content_sets", evidence.content_sets);
    json.list("configured", evidence.configured);
    json.text("cpe", evidence.cpe);
    json.close();
  }
  json.close_list();
}

void begin(JsonWriter& json, const Subject& subject) {
  json.open();
  json.number("schema_version", kSchemaVersion);
  json.text("target", subject.target);
  write_image(json, subject);
  write_distribution(json, subject.inventory.distribution);
}

}  // namespace

Result<std::string> inventory_json(const Subject& subject, const Style&) {
  JsonWriter json;
  begin(json, subject);
  write_packages(json, subject);
  write_repositories(json, subject);
  write_skipped(json, subject);
  json.close();
  return json.take();
}

Result<std::string> scan_json(const ScanResult& result, const Style&) {
  JsonWriter json;
  begin(json, result.subject);
  write_support(json, result.matches.support);
  json.list("warnings", result.matches.warnings);
  write_summary(json, result);
  write_unsupported(json, result);
  LIMPID_TRY(write_findings(json, result));
  std::map<std::uint32_t, std::string> available;
  for (const match::Outdated& outdated : result.matches.outdated) available[outdated.package] = outdated.available;
  write_packages(json, result.subject, available);
  write_unmatched(json, result);
  write_skipped(json, result.subject);
  write_database(json, result.database);
  json.close();
  return json.take();
}

Result<std::string> plan_json(const ScanResult& result, const Style&) {
  JsonWriter json;
  begin(json, result.subject);
  json.list("warnings", result.matches.warnings);
  write_summary(json, result);
  json.open_list("upgrades");
  for (const match::Upgrade& upgrade : result.plan.upgrades) {
    json.open();
    write_layer(json, "layer", result.subject, upgrade.layer);
    json.text("namespace", upgrade.name_space);
    json.text("source_name", upgrade.source);
    json.text("installed", upgrade.from);
    json.text("fixed_in", upgrade.fixed_in);
    json.text("available", upgrade.available);
    json.open_list("packages");
    for (const std::uint32_t package : upgrade.packages) {
      json.open();
      json.text("name", result.subject.inventory.packages[package].name);
      json.text("version", result.subject.inventory.packages[package].version);
      json.text("purl", inventory::purl(result.subject.inventory.packages[package]));
      json.close();
    }
    json.close_list();
    json.list("removes", upgrade.ids);
    json.number("findings_removed", upgrade.removes.size());
    json.number("weight", upgrade.weight);
    json.close();
  }
  json.close_list();
  json.number("left", result.plan.left);
  write_skipped(json, result.subject);
  json.close();
  return json.take();
}

}  // namespace limpid::report
